"""Whose turn it is in each chat, in one statement for all that arrived, was answered, or asks what waits: at most one process answers a
chat at a time, oldest update first, each once.

It owns chat_turns and, with updates.py, chat_updates. The statement goes through the chat's own door (database.py), which may read what
the asker's account may be told of, so that whoever gets a turn knows the family as well.

How it holds together. A turn is a row of chat_turns that somebody has taken until an instant. Arriving, finishing and asking all write
that row first, so they queue up at it: whoever comes second decides by what the first has left, not by what was true when its
statement began. Only *what waits* is read as of then; so whoever finds less than there must be looks once more (`Told.look_again`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from bots.chats import JOINED, KNOWN, Chat, chat_of

LEASE = timedelta(seconds=60)


class Arrived(msgspec.Struct, frozen=True):
    """`sent_at`: when the messenger says it was written, for those whose update ids have no order."""

    update_id: str
    body: bytes
    received_at: datetime
    sent_at: datetime | None = None


class Done(msgspec.Struct, frozen=True):
    """An update that was answered, or never will be. `language` and `state` are where the talk stands; None: as it was."""

    update_id: str
    outcome: str
    language: str | None = None
    state: str | None = None


class Asked(msgspec.Struct, frozen=True):
    """What one chat has to say to the book. `by`: who asks; a turn that is `by`'s already stays its own. `takes`: it wants the turn."""

    channel: str
    chat_id: str
    by: UUID
    now: datetime
    today: date
    default_school: int | None
    takes: bool = True
    done: Done | None = None
    arrived: tuple[Arrived, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        return self.channel, self.chat_id


class Claimed(msgspec.Struct, frozen=True):
    """An update to answer now, with all that is known of its chat. `by` and `arrived` are the turn's, to finish it with."""

    update_id: str
    body: bytes
    received_at: datetime
    attempts: int
    chat: Chat
    parts_sent: int
    by: UUID
    arrived: int


class Told(msgspec.Struct, frozen=True):
    """`new`: the updates that were not known before. `free`: nobody has the turn now. `arrived`: how many the chat has ever kept."""

    new: frozenset[str]
    claimed: Claimed | None
    mine: bool
    free: bool
    arrived: int

    def look_again(self, arrived_before: int | None) -> bool:
        """Something waits that this look could not see: it came, or was let go, while the statement stood at the chat's row."""
        if self.claimed is not None:
            return False
        more = bool(self.new) if arrived_before is None else self.arrived > arrived_before
        return self.mine or (self.free and more)


# The next in a chat's line: Telegram counts its updates, so order is by number, shorter numbers first; Zalo tells the time.
_ORDER = "sent_at NULLS FIRST, length({of}.update_id), {of}.update_id"
# $1-$10 what each chat asks (one row a chat), $11-$16 what arrived, $17 and $18, beside each chat, the school's day and the school that
# strangers ask about. Written in the order of the chats, so that two processes with many chats in common cannot wait for each other.
BOOK = f"""
    WITH asked AS (
    SELECT a.*
      FROM unnest($1::text[], $2::text[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::boolean[],
                  $7::text[], $8::text[], $9::text[], $10::text[])
        AS a (channel, chat_id, asker, at, until, takes, done, outcome, language, state)
    ),
         arriving AS (
    SELECT b.*
      FROM unnest($11::text[], $12::text[], $13::text[], $14::bytea[], $15::timestamptz[], $16::timestamptz[])
        AS b (channel, chat_id, update_id, body, received_at, sent_at)
     WHERE NOT EXISTS (SELECT 1
                         FROM chat_updates k
                        WHERE k.channel = b.channel
                          AND k.chat_id = b.chat_id
                          AND k.update_id = b.update_id)
    ),
         lined AS (
    SELECT a.channel, a.chat_id, a.asker, a.at, a.until, next.arriving,
           CASE WHEN next.leased_until >= a.at THEN NULL ELSE next.update_id END AS update_id,
           (SELECT count(*) FROM arriving b WHERE b.channel = a.channel AND b.chat_id = a.chat_id) AS more
      FROM asked a
      LEFT JOIN LATERAL (SELECT w.*
                           FROM ((SELECT u.update_id, u.sent_at, u.leased_until, false AS arriving
                                    FROM chat_updates u
                                   WHERE u.channel = a.channel
                                     AND u.chat_id = a.chat_id
                                     AND u.answered_at IS NULL
                                     AND u.update_id IS DISTINCT FROM a.done
                                   ORDER BY u.channel, u.chat_id, u.{_ORDER.format(of="u")}
                                   LIMIT 1)
                                 UNION ALL
                                 (SELECT b.update_id, b.sent_at, NULL, true
                                    FROM arriving b
                                   WHERE b.channel = a.channel
                                     AND b.chat_id = a.chat_id
                                   ORDER BY b.{_ORDER.format(of="b")}
                                   LIMIT 1)) AS w
                          ORDER BY w.{_ORDER.format(of="w")}
                          LIMIT 1) AS next
        ON a.takes
    ),
         taken AS (
    INSERT INTO chat_turns AS t (channel, chat_id, taken_by, taken_until, arrived, looked_at)
    SELECT n.channel, n.chat_id, n.asker, CASE WHEN n.update_id IS NOT NULL THEN n.until END, n.more, n.at
      FROM lined n
     ORDER BY n.channel, n.chat_id
        ON CONFLICT (channel, chat_id)
        DO UPDATE SET taken_by = CASE WHEN t.taken_until >= excluded.looked_at AND t.taken_by <> excluded.taken_by
                                      THEN t.taken_by ELSE excluded.taken_by END,
                      taken_until = CASE WHEN t.taken_until >= excluded.looked_at AND t.taken_by <> excluded.taken_by
                                         THEN t.taken_until ELSE excluded.taken_until END,
                      arrived = t.arrived + excluded.arrived,
                      looked_at = excluded.looked_at
    RETURNING t.channel, t.chat_id, t.taken_by, t.taken_until, t.arrived
    ),
         turns AS (
    SELECT n.*, t.arrived, t.taken_until IS NULL AS free, (t.taken_by = n.asker AND t.taken_until IS NOT NULL) AS mine
      FROM taken t
      JOIN lined n
        ON n.channel = t.channel
       AND n.chat_id = t.chat_id
    ),
         kept AS (
    INSERT INTO chat_updates AS u (channel, chat_id, update_id, body, received_at, sent_at, leased_until, attempts)
    SELECT b.channel, b.chat_id, b.update_id, b.body, b.received_at, b.sent_at,
           CASE WHEN t.mine AND t.arriving AND b.update_id = t.update_id THEN t.until END,
           CASE WHEN t.mine AND t.arriving AND b.update_id = t.update_id THEN 1 ELSE 0 END
      FROM arriving b
      JOIN turns t
        ON t.channel = b.channel
       AND t.chat_id = b.chat_id
     ORDER BY b.channel, b.chat_id, b.update_id
        ON CONFLICT (channel, chat_id, update_id) DO NOTHING
    RETURNING u.channel, u.chat_id, u.update_id, u.body, u.received_at, u.attempts, u.parts_sent
    ),
         claimed AS (
    UPDATE chat_updates u
       SET leased_until = t.until, attempts = u.attempts + 1
      FROM turns t
     WHERE u.channel = t.channel
       AND u.chat_id = t.chat_id
       AND u.update_id = t.update_id
       AND u.answered_at IS NULL
       AND t.mine
       AND NOT t.arriving
    RETURNING u.channel, u.chat_id, u.update_id, u.body, u.received_at, u.attempts, u.parts_sent
    ),
         done AS (
    UPDATE chat_updates u
       SET answered_at = a.at, outcome = a.outcome, leased_until = NULL
      FROM asked a
     WHERE u.channel = a.channel
       AND u.chat_id = a.chat_id
       AND u.update_id = a.done
    ),
         remembered AS (
    INSERT INTO chat_states AS s (channel, chat_id, language, state, updated_at)
    SELECT a.channel, a.chat_id, a.language, a.state::jsonb, a.at
      FROM asked a
     WHERE a.state IS NOT NULL
     ORDER BY a.channel, a.chat_id
        ON CONFLICT (channel, chat_id)
        DO UPDATE SET language = excluded.language, state = excluded.state, updated_at = excluded.updated_at
    ),
         mine AS (
    SELECT k.* FROM kept k WHERE k.attempts > 0
     UNION ALL
    SELECT c.* FROM claimed c
    )
    SELECT t.channel, t.chat_id, t.mine, t.free, t.arrived,
           array(SELECT k.update_id FROM kept k WHERE k.channel = t.channel AND k.chat_id = t.chat_id) AS new,
           c.update_id, c.body, c.received_at, c.attempts, c.parts_sent,
{KNOWN}
      FROM turns t
      LEFT JOIN mine c
        ON c.channel = t.channel
       AND c.chat_id = t.chat_id
      LEFT JOIN unnest($1::text[], $2::text[], $17::date[], $18::bigint[]) AS me (channel, chat_id, today, default_school)
        ON me.channel = c.channel
       AND me.chat_id = c.chat_id
{JOINED}
     CROSS JOIN LATERAL (SELECT l.account_id) AS who
"""


def arguments(asked: Sequence[Asked]) -> list[Any]:
    """BOOK's: one row a chat, and what arrived."""
    come = [(one, update) for one in asked for update in one.arrived]
    done = [one.done for one in asked]
    return [
        [one.channel for one in asked],
        [one.chat_id for one in asked],
        [one.by for one in asked],
        [one.now for one in asked],
        [one.now + LEASE for one in asked],
        [one.takes for one in asked],
        [of.update_id if of else None for of in done],
        [of.outcome if of else None for of in done],
        [of.language if of else None for of in done],
        [of.state if of else None for of in done],
        [one.channel for one, _ in come],
        [one.chat_id for one, _ in come],
        [update.update_id for _, update in come],
        [update.body for _, update in come],
        [update.received_at for _, update in come],
        [update.sent_at for _, update in come],
        [one.today for one in asked],
        [one.default_school for one in asked],
    ]


def told(rows: Sequence[Any], asked: Sequence[Asked]) -> Mapping[tuple[str, str], Told]:
    """What the book answered each of them."""
    by = {one.key: one for one in asked}
    return {key: _told(row, by[key]) for row in rows if (key := (row["channel"], row["chat_id"]))}


def _told(row: Any, asked: Asked) -> Told:
    claimed = None
    if row["update_id"] is not None:
        chat = chat_of(asked.channel, asked.chat_id, row, asked.now)
        claimed = Claimed(
            row["update_id"], row["body"], row["received_at"], row["attempts"], chat, row["parts_sent"], asked.by, row["arrived"]
        )  # fmt: skip
    return Told(frozenset(row["new"]), claimed, row["mine"], row["free"], row["arrived"])
