"""What went through gateways that remember no name of ours: asked before the wire is touched, named by the gateway afterwards. It owns sent_texts.

With it a text that may have been accepted is not sent a second time, and a report by the gateway's own number finds its delivery.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from backend.core.house import House
from notifications.tracking import Tracked

# A gateway's report comes within days; the promise not to repeat is over with the notice's own use.
_KEPT: Final = timedelta(days=30)
_ASKED: Final = "asked"
_NOBODY: Final = UUID(int=0)

_ASK = """
INSERT INTO sent_texts (provider_id, gateway, school_id, notice_id, guardian_id, address_hash, sent_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT DO NOTHING
RETURNING true
"""

_IS_ASKED = """
SELECT true
  FROM sent_texts t
 WHERE t.provider_id = $1
   AND t.gateway = $2
"""

_TAKE_BACK = """
DELETE FROM sent_texts t
 WHERE t.provider_id = $1
   AND t.gateway = $2
"""

_FIND = """
SELECT t.school_id, t.notice_id, t.guardian_id, t.address_hash
  FROM sent_texts t
 WHERE t.provider_id = $1
   AND t.gateway = $2
"""

_FORGET = """
DELETE FROM sent_texts t
 WHERE t.sent_at < $1
"""


class Text(msgspec.Struct, frozen=True):
    """`request_id` is our own name for it; `of` is empty for what is no notice, such as a one-time code."""

    request_id: str
    phone: str
    body: str
    address_hash: bytes = b""
    of: Tracked | None = None
    parts_max: int = 1


class Found(msgspec.Struct, frozen=True):
    of: Tracked
    address_hash: bytes


async def ask(house: House, gateway: str, text: Text) -> bool:
    """Before the wire is touched. False: it was asked before, and nobody knows what became of it."""
    row = await house.database.keep(_ASK, text.request_id, f"{gateway}:{_ASKED}", *_owner(house, text))
    return row is not None


async def was_asked(house: House, gateway: str, text: Text) -> bool:
    return bool(await house.database.reader.fetchval(_IS_ASKED, text.request_id, f"{gateway}:{_ASKED}"))


async def take_back(house: House, gateway: str, text: Text) -> None:
    """It certainly was not accepted, so it may be asked again."""
    await house.database.keep(_TAKE_BACK, text.request_id, f"{gateway}:{_ASKED}")


async def named(house: House, gateway: str, text: Text, provider_id: str) -> None:
    if text.of is not None and provider_id:
        await house.database.keep(_ASK, provider_id, gateway, *_owner(house, text))


async def find(house: House, gateway: str, provider_id: str) -> Found | None:
    row = await house.database.reader.fetchrow(_FIND, provider_id, gateway)
    if row is None:
        return None
    return Found(Tracked(row["school_id"], row["notice_id"], row["guardian_id"]), row["address_hash"])


async def forget_old(house: House) -> None:
    async with house.database.directory() as tx:
        await tx.execute(_FORGET, house.clock.now() - _KEPT)


def _owner(house: House, text: Text) -> tuple[object, ...]:
    of = text.of
    return (
        of.school_id if of else 0,
        of.notice_id if of else _NOBODY,
        of.guardian_id if of else _NOBODY,
        text.address_hash,
        house.clock.now(),
    )
