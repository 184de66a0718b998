"""When a reader of our Zalo Official Account last wrote, and how many free answers that left. It owns zalo_followers.

Who the reader is stands in chat_links (channel `zalo`, the user id as chat id). The bot tells here of every message and follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from backend.core.database import Database, Reader, Tx
from notifications.dead_addresses import REVIVE, chat_hash, revive

CHANNEL: Final = "zalo"
WINDOW: Final = timedelta(hours=48)
REPLIES: Final = 8


class Follower(msgspec.Struct, frozen=True):
    last_interacted_at: datetime | None
    replies_left: int
    unfollowed: bool

    def closed(self, now: datetime) -> str | None:
        """Why nothing can be said for nothing now; None: the window is open."""
        if self.unfollowed:
            return "unfollowed"
        if self.last_interacted_at is None or now - self.last_interacted_at >= WINDOW:
            return "window_closed"
        return "replies_used" if self.replies_left <= 0 else None


_INTERACTED = """
INSERT INTO zalo_followers AS f (user_id, last_interacted_at, replies_left, changed_at)
VALUES ($1, $2, $3, $2)
    ON CONFLICT (user_id)
    DO UPDATE SET last_interacted_at = excluded.last_interacted_at,
                  replies_left = excluded.replies_left,
                  unfollowed_at = NULL,
                  changed_at = excluded.changed_at
            WHERE f.last_interacted_at IS NULL OR f.last_interacted_at < excluded.last_interacted_at
"""

_FOLLOWED = """
INSERT INTO zalo_followers AS f (user_id, followed_at, unfollowed_at, changed_at)
VALUES ($1, CASE WHEN $3 THEN $2::timestamptz END, CASE WHEN $3 THEN NULL ELSE $2::timestamptz END, $2)
    ON CONFLICT (user_id)
    DO UPDATE SET followed_at = coalesce(excluded.followed_at, f.followed_at),
                  unfollowed_at = excluded.unfollowed_at,
                  changed_at = excluded.changed_at
            WHERE f.changed_at <= excluded.changed_at
"""

_READ = """
SELECT f.user_id, f.last_interacted_at, f.replies_left, f.unfollowed_at IS NOT NULL AS unfollowed
  FROM zalo_followers f
 WHERE f.user_id = ANY ($1::text[])
"""

# Not over a window that a newer message has opened meanwhile.
_ANSWERED = """
UPDATE zalo_followers f
   SET replies_left = a.rest
  FROM unnest($1::text[], $2::smallint[]) AS a (user_id, rest)
 WHERE f.user_id = a.user_id
   AND f.last_interacted_at <= $3
"""


_INTERACTED_AND_LIVES = f"""
WITH came AS ({_INTERACTED})
{REVIVE.replace("$1", "$4").replace("$2", "$5").replace("$3", "$2")}
"""


async def interacted(database: Database, user_id: str, *, at: datetime) -> None:
    """A message, a tap on a button or a menu, a call: the window opens anew. Following alone does not open it."""
    await database.keep(_INTERACTED_AND_LIVES, user_id, at, REPLIES, chat_hash(user_id), CHANNEL)


async def followed(tx: Tx, user_id: str, *, follows: bool, at: datetime) -> None:
    """Events come late and out of order: an older one changes nothing."""
    await tx.execute(_FOLLOWED, user_id, at, follows)
    if follows:
        await revive(tx, CHANNEL, chat_hash(user_id), at=at)


async def followers(reader: Reader, user_ids: Sequence[str]) -> Mapping[str, Follower]:
    if not user_ids:
        return {}
    rows = await reader.fetch(_READ, list(user_ids))
    return {r["user_id"]: Follower(r["last_interacted_at"], r["replies_left"] or 0, r["unfollowed"]) for r in rows}


async def answered(database: Database, left: Mapping[str, int], *, began_at: datetime) -> None:
    """What our own messages left of each reader's free answers, by Zalo's figure where it gave one."""
    if left:
        await database.keep(_ANSWERED, list(left), list(left.values()), began_at)
