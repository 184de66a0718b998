"""One message a day over all children and schools, at the hour that a person chose. It owns digests and digest_items.

The deliveries that wait for it are `held` in their schools; a row for the person gathers them, so that no statement crosses schools.
A digest goes by one free channel after the other until one takes it, and is never paid for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from backend.core.database import Database, SchoolTx, Tx
from backend.core.ids import new_id
from notifications.leases import LEASE
from notifications.quiet import spread

BATCH = 200
# What was not delivered for a day is no longer today's news; it stands in the family's inbox.
USEFUL_FOR = timedelta(hours=20)


class Held(msgspec.Struct, frozen=True):
    """A delivery that waits for its person's digest."""

    account_id: UUID
    notice_id: UUID
    guardian_id: UUID
    due_at: datetime


class Digest(msgspec.Struct, frozen=True):
    """One person's, in our hands."""

    account_id: UUID
    due_at: datetime
    digest_id: UUID
    channel: str
    attempts: int
    failures: int
    done_with: frozenset[bytes]


class Piece(msgspec.Struct, frozen=True):
    account_id: UUID
    due_at: datetime
    school_id: int
    notice_id: UUID
    guardian_id: UUID


_HOLD = """
INSERT INTO digest_items (account_id, school_id, notice_id, guardian_id, due_at, held_at)
SELECT h.account_id, $1, h.notice_id, h.guardian_id, h.due_at, $6
  FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[]) AS h (account_id, notice_id, guardian_id, due_at)
 ORDER BY h.account_id, h.notice_id
    ON CONFLICT (account_id, school_id, notice_id, guardian_id)
    DO UPDATE SET due_at = excluded.due_at
"""

_PLAN = """
INSERT INTO digests (account_id, due_at, digest_id, state, again_at)
SELECT p.account_id, p.due_at, p.digest_id, 'due', p.again_at
  FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::timestamptz[]) AS p (account_id, due_at, digest_id, again_at)
 ORDER BY p.account_id
    ON CONFLICT (account_id, due_at) DO NOTHING
"""


async def hold(tx: SchoolTx, held: Sequence[Held], *, at: datetime) -> None:
    """In the transaction that marks the deliveries as held."""
    await tx.execute(
        _HOLD,
        tx.school_id,
        [one.account_id for one in held],
        [one.notice_id for one in held],
        [one.guardian_id for one in held],
        [one.due_at for one in held],
        at,
    )
    people = sorted({(one.account_id, one.due_at) for one in held})
    await tx.execute(
        _PLAN,
        [account for account, _ in people],
        [due_at for _, due_at in people],
        [new_id() for _ in people],
        [spread(due_at, account) for account, due_at in people],
    )


_DUE = """
SELECT d.account_id, d.due_at
  FROM digests d
 WHERE d.state = 'due' AND d.again_at <= $1
    OR d.state = 'leased' AND d.lease_until < $1
 ORDER BY d.due_at
 LIMIT $2
"""

# Without a lock: whoever comes second finds the row no longer due when it is read again.
_CLAIM = """
UPDATE digests d
   SET state = 'leased', lease_token = $3, lease_until = $4, attempts = d.attempts + 1
  FROM unnest($1::uuid[], $2::timestamptz[]) AS mine (account_id, due_at)
 WHERE d.account_id = mine.account_id
   AND d.due_at = mine.due_at
   AND (d.state = 'due' AND d.again_at <= $5 OR d.state = 'leased' AND d.lease_until < $5)
RETURNING d.account_id, d.due_at, d.digest_id, d.channel, d.attempts, d.failures, d.done_with
"""

_PIECES = """
SELECT i.account_id, i.due_at, i.school_id, i.notice_id, i.guardian_id
  FROM digest_items i
  JOIN unnest($1::uuid[], $2::timestamptz[]) AS mine (account_id, due_at)
    ON i.account_id = mine.account_id
   AND i.due_at = mine.due_at
 ORDER BY i.account_id, i.school_id, i.notice_id
"""


async def claim(database: Database, lease: UUID, *, now: datetime) -> tuple[list[Digest], list[Piece]]:
    """Up to BATCH people's digests and what waits for them."""
    due = await database.reader.fetch(_DUE, now, BATCH)
    if not due:
        return [], []
    keys = [row["account_id"] for row in due], [row["due_at"] for row in due]
    async with database.directory() as tx:
        mine = await tx.fetch(_CLAIM, *keys, lease, now + LEASE, now)
        keys = [row["account_id"] for row in mine], [row["due_at"] for row in mine]
        pieces = await tx.fetch(_PIECES, *keys)
    digests = [
        Digest(
            row["account_id"], row["due_at"], row["digest_id"], row["channel"], row["attempts"], row["failures"],
            frozenset(row["done_with"]),
        )
        for row in mine
    ]  # fmt: skip
    return digests, [Piece(*row) for row in pieces]


class Done(msgspec.Struct, frozen=True):
    """What became of a digest. `again_at` only with `due`; `channel` is the one of its next try."""

    digest: Digest
    state: str
    channel: str
    again_at: datetime | None = None
    reason: str | None = None
    failed: bool = False
    done_with: frozenset[bytes] = frozenset()

    @property
    def over(self) -> bool:
        return self.state != "due"


_SETTLE = """
UPDATE digests d
   SET state       = o.state,
       channel     = o.channel,
       again_at    = coalesce(o.again_at, d.again_at),
       reason      = o.reason,
       failures    = d.failures + o.failed,
       done_with   = d.done_with || (SELECT coalesce(array_agg(h.hash), '{}')
                                       FROM unnest($9::uuid[], $10::bytea[]) AS h (digest_id, hash)
                                      WHERE h.digest_id = d.digest_id),
       finished_at = CASE WHEN o.state <> 'due' THEN $11::timestamptz END,
       lease_token = NULL,
       lease_until = NULL
  FROM unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::smallint[])
    AS o (account_id, due_at, state, channel, again_at, reason, failed)
 WHERE d.account_id = o.account_id
   AND d.due_at = o.due_at
   AND d.lease_token = $1
"""

_FORGET = """
DELETE FROM digest_items i
 USING unnest($1::uuid[], $2::timestamptz[]) AS over (account_id, due_at)
 WHERE i.account_id = over.account_id
   AND i.due_at = over.due_at
"""


async def settle(tx: Tx, lease: UUID, done: Sequence[Done], *, at: datetime) -> None:
    """After the deliveries in their schools have been written: what is over needs its pieces no more."""
    hashes = [(one.digest.digest_id, address) for one in done for address in one.done_with]
    await tx.execute(
        _SETTLE,
        lease,
        [one.digest.account_id for one in done],
        [one.digest.due_at for one in done],
        [one.state for one in done],
        [one.channel for one in done],
        [one.again_at for one in done],
        [one.reason for one in done],
        [int(one.failed) for one in done],
        [digest_id for digest_id, _ in hashes],
        [address for _, address in hashes],
        at,
    )
    over = [one.digest for one in done if one.over]
    if over:
        await tx.execute(_FORGET, [one.account_id for one in over], [one.due_at for one in over])
