"""What is no longer needed goes: old codes, used-up tokens, the traces of sessions long over. Once a night."""

from __future__ import annotations

from datetime import timedelta

from backend.core.house import House
from backend.identity.accounts import forget_releases

CODES_KEPT = timedelta(days=1)
# A copied refresh token is noticed as long as its row is there.
USED_TOKENS_KEPT = timedelta(days=30)
SESSIONS_KEPT = timedelta(days=90)
# Longer than any process that follows them may be away (bots/contacts.py).
RELEASES_KEPT = timedelta(days=60)


async def forget_old(house: House) -> None:
    now = house.clock.now()
    async with house.database.directory() as tx:
        await tx.execute(
            """
            DELETE FROM one_time_codes
             WHERE expires_at < $1
            """,
            now - CODES_KEPT,
        )
        await tx.execute(
            """
            DELETE FROM refresh_tokens
             WHERE expires_at < $1
                OR used_at < $2
            """,
            now, now - USED_TOKENS_KEPT,
        )  # fmt: skip
        # The row itself stays: that a session was revoked must be known as long as a device may have an address from it.
        await tx.execute(
            """
            UPDATE sessions
               SET address = '',
                   device_name = ''
             WHERE coalesce(revoked_at, expires_at) < $1
               AND address <> ''
            """,
            now - SESSIONS_KEPT,
        )
        await forget_releases(tx, before=now - RELEASES_KEPT)
