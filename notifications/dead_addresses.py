"""Numbers, chats and e-mail addresses that their provider called dead: not written to again until they live. It owns dead_addresses.

Devices carry the same in their own row (addresses.py). Kept by hash: an address that was corrected is another address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog

from backend.core.crypto import Cipher, token_hash
from backend.core.database import Reader, Tx
from backend.core.house import House
from notifications.outcomes import Refused
from notifications.rounds import Try

log = structlog.get_logger()

# A number may be taken up again, and its owner may come to Zalo: after this long it is tried once more. A chat lives again only by
# its reader's own deed, an e-mail address by being confirmed anew.
_TRIED_AGAIN_AFTER: Final = {"sms": timedelta(days=90), "zns": timedelta(days=30)}
_SEALED_FOR: Final = "addresses"


class DeadAddress(msgspec.Struct, frozen=True):
    why: str
    dead_at: datetime


_DEAD = """
SELECT d.address_hash, d.why, d.dead_at
  FROM dead_addresses d
 WHERE d.address_hash = ANY ($1::bytea[])
   AND d.channel = $2
   AND d.revived_at IS NULL
   AND d.dead_at > $3
"""

_BURY = """
INSERT INTO dead_addresses AS d (address_hash, channel, why, dead_at)
SELECT b.address_hash, $2, b.why, $4
  FROM unnest($1::bytea[], $3::text[]) AS b (address_hash, why)
 ORDER BY b.address_hash
    ON CONFLICT (address_hash, channel)
    DO UPDATE SET why = excluded.why,
                  dead_at = CASE WHEN d.revived_at IS NULL AND d.why = excluded.why THEN d.dead_at ELSE excluded.dead_at END,
                  revived_at = NULL
"""

REVIVE = """
UPDATE dead_addresses d
   SET revived_at = $3
 WHERE d.address_hash = $1
   AND d.channel = $2
   AND d.revived_at IS NULL
"""


def phone_hash(cipher: Cipher, phone_e164: str) -> bytes:
    """Keyed: there are few enough numbers to try them all against a plain hash."""
    return cipher.blind_index(phone_e164, _SEALED_FOR)


def email_hash(cipher: Cipher, email: str) -> bytes:
    return cipher.blind_index(email.lower(), _SEALED_FOR)


def chat_hash(chat_id: str) -> bytes:
    return token_hash(chat_id)


async def dead_among(
    reader: Reader, channel: str, hashes: Sequence[bytes], *, now: datetime
) -> Mapping[bytes, DeadAddress]:
    if not hashes:
        return {}
    # Whatever does not end by itself is asked for from the beginning of time.
    since = now - _TRIED_AGAIN_AFTER.get(channel, timedelta(days=36_500))
    rows = await reader.fetch(_DEAD, list(hashes), channel, since)
    return {row["address_hash"]: DeadAddress(row["why"], row["dead_at"]) for row in rows}


async def bury(house: House, channel: str, tries: Iterable[Try]) -> None:
    """After a round: what the provider called dead just now. What is known as dead already keeps its first day."""
    dead = {
        one.address_hash: one.outcome.code
        for one in tries
        if isinstance(one.outcome, Refused) and one.outcome.why == "address_dead"
    }
    if dead:
        async with house.database.directory() as tx:
            await tx.execute(_BURY, list(dead), channel, list(dead.values()), house.clock.now())
        log.info("addresses_dead", channel=channel, count=len(dead))


async def bury_one(house: House, channel: str, address_hash: bytes, why: str) -> None:
    """A report that came later says that the address takes nothing."""
    async with house.database.directory() as tx:
        await tx.execute(_BURY, [address_hash], channel, [why], house.clock.now())


async def revive(tx: Tx, channel: str, address_hash: bytes, *, at: datetime) -> None:
    """The address has shown that it lives: somebody wrote from it, followed again, or confirmed it."""
    await tx.execute(REVIVE, address_hash, channel, at)
