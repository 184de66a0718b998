"""Where a person can be reached: the push addresses of signed-in devices, and linked chats. It owns devices and device_tokens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from backend.core.crypto import token_hash
from backend.core.database import Reader, Tx

# A family's phones, tablets and browsers; more living addresses than this are forgotten ones, oldest first.
_DEVICES_MAX = 10


class Device(msgspec.Struct, frozen=True, gc=False):
    account_id: UUID
    token_hash: bytes
    token: str
    kind: Literal["fcm_token", "fcm_fid", "webpush"]
    platform: Literal["android", "ios", "web"]
    language: str
    p256dh: str | None = None
    auth: str | None = None


class Dead(msgspec.Struct, frozen=True):
    """An address that the provider called dead in a send that began at `began_at`."""

    account_id: UUID
    token_hash: bytes
    why: str
    began_at: datetime


_DEVICES = """
SELECT d.account_id, d.token_hash, d.token, d.token_kind, d.platform, d.language, d.session_id, d.p256dh, d.auth
  FROM devices d
 WHERE d.account_id = ANY ($1::uuid[])
   AND d.retired_at IS NULL
   AND d.token_kind = ANY ($2::text[])
 ORDER BY d.account_id, d.refreshed_at DESC
 LIMIT 5000
"""

_REVOKED = """
SELECT s.session_id
  FROM sessions s
 WHERE s.session_id = ANY ($1::uuid[])
   AND s.revoked_at IS NOT NULL
"""


FCM = ("fcm_token", "fcm_fid")


async def devices_of(
    reader: Reader, account_ids: Sequence[UUID], *, kinds: Sequence[str] = FCM
) -> dict[UUID, list[Device]]:
    """Living addresses of signed-in devices. Who has signed out anywhere hears nothing there from that moment on."""
    rows = await reader.fetch(_DEVICES, account_ids, list(kinds))
    revoked = set()
    if rows:
        # Devices and sessions are spread by different keys, so this is a second statement and not a join.
        revoked = {row["session_id"] for row in await reader.fetch(_REVOKED, [row["session_id"] for row in rows])}
    found: dict[UUID, list[Device]] = defaultdict(list)
    for account_id, hashed, token, kind, platform, language, session_id, p256dh, auth in rows:
        if session_id not in revoked:
            found[account_id].append(Device(account_id, hashed, token, kind, platform, language, p256dh, auth))
    return {account_id: devices[:_DEVICES_MAX] for account_id, devices in found.items()}


_CHATS = """
SELECT c.account_id, c.chat_id
  FROM account_chats c
 WHERE c.account_id = ANY ($1::uuid[])
   AND c.channel = $2
 ORDER BY c.account_id, c.linked_at
 LIMIT 1000
"""

_BLOCKED = """
SELECT l.chat_id
  FROM chat_links l
 WHERE l.channel = $2
   AND l.chat_id = ANY ($1::text[])
   AND (l.blocked_at IS NOT NULL OR l.unlinked_at IS NOT NULL)
"""


async def chats_of(reader: Reader, account_ids: Sequence[UUID], channel: str) -> dict[UUID, list[str]]:
    """Chats that a family linked and neither unlinked nor blocked."""
    rows = await reader.fetch(_CHATS, account_ids, channel)
    closed = set()
    if rows:
        closed = {row["chat_id"] for row in await reader.fetch(_BLOCKED, [row["chat_id"] for row in rows], channel)}
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in rows:
        if row["chat_id"] not in closed:
            found[row["account_id"]].append(row["chat_id"])
    return dict(found)


async def still_linked(reader: Reader, channel: str, chat_id: str, account_id: UUID) -> bool:
    """Asked once more before each message leaves: a batch takes its time, and stop is obeyed at once."""
    return bool(
        await reader.fetchval(
            """
            SELECT true
              FROM chat_links l
             WHERE l.channel = $1
               AND l.chat_id = $2
               AND l.account_id = $3
               AND l.unlinked_at IS NULL
            """,
            channel,
            chat_id,
            account_id,
        )
    )


async def register(
    tx: Tx,
    *,
    account_id: UUID,
    session_id: UUID,
    token: str,
    kind: str,
    platform: str,
    language: str,
    at: datetime,
    p256dh: str | None = None,
    auth: str | None = None,
) -> None:
    """Keep or refresh one address. It leaves whoever had it before, and replaces the older address of the same session.

    A token belongs to an installation, not to a person: after another parent signs in on the phone, the first must not be
    written to there. An installation that moves from token to installation id keeps only the newer one.
    """
    hashed = token_hash(token)
    before = await tx.fetchval("SELECT account_id FROM device_tokens WHERE token_hash = $1 FOR UPDATE", hashed)
    await tx.execute(
        """
        INSERT INTO device_tokens AS t (token_hash, account_id)
        VALUES ($1, $2)
            ON CONFLICT (token_hash)
            DO UPDATE SET account_id = excluded.account_id
        """,
        hashed,
        account_id,
    )
    if before is not None and before != account_id:
        await _retire_one(tx, before, hashed, "moved", at)
    await tx.execute(
        """
        UPDATE devices d
           SET retired_at = $4, retired_why = 'replaced'
         WHERE d.account_id = $1
           AND d.session_id = $2
           AND d.token_hash <> $3
           AND d.retired_at IS NULL
        """,
        account_id,
        session_id,
        hashed,
        at,
    )
    await tx.execute(
        """
        INSERT INTO devices AS d
               (account_id, token_hash, session_id, token, token_kind, platform, language, registered_at, refreshed_at,
                p256dh, auth)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10)
            ON CONFLICT (account_id, token_hash)
            DO UPDATE SET p256dh = excluded.p256dh, auth = excluded.auth,
                          session_id = excluded.session_id, platform = excluded.platform, language = excluded.language,
                          refreshed_at = greatest(d.refreshed_at, excluded.refreshed_at),
                          retired_at = NULL, retired_why = NULL
        """,
        account_id,
        hashed,
        session_id,
        token,
        kind,
        platform,
        language,
        at,
        p256dh,
        auth,
    )


async def unregister(tx: Tx, *, account_id: UUID, hashed: bytes, at: datetime) -> bool:
    """The app forgets its address, as on signing out. True when this account had it."""
    return await _retire_one(tx, account_id, hashed, "unregistered", at)


async def _retire_one(tx: Tx, account_id: UUID, hashed: bytes, why: str, at: datetime) -> bool:
    found = await tx.fetchval(
        """
        UPDATE devices d
           SET retired_at = $4, retired_why = $3
         WHERE d.account_id = $1
           AND d.token_hash = $2
           AND d.retired_at IS NULL
     RETURNING true
        """,
        account_id,
        hashed,
        why,
        at,
    )
    return bool(found)


_RETIRE = """
UPDATE devices d
   SET retired_at = $4, retired_why = $3
 WHERE d.account_id = $1
   AND d.token_hash = $2
   AND d.retired_at IS NULL
   AND d.refreshed_at < $5
"""


async def retire(tx: Tx, dead: Iterable[Dead], *, at: datetime) -> None:
    """Unless the device refreshed its address after the send began: then the answer was about an older registration."""
    ordered = sorted(dead, key=lambda one: (one.account_id.bytes, one.token_hash))
    if ordered:
        await tx.executemany(_RETIRE, [(one.account_id, one.token_hash, one.why, at, one.began_at) for one in ordered])
