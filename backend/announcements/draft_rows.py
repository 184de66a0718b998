"""The rows of drafts and their versions, under their lock. When a letter may move is drafts.py; announcement_drafts is theirs and leaving.py's."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import SchoolTx
from backend.core.problems import NOT_FOUND
from schemas.drafts import Carried, Letter

_CARRIED: msgspec.json.Decoder[Carried] = msgspec.json.Decoder(Carried)
_ROW = """
SELECT d.state, d.version, d.author_staff_id, d.undo_seconds, d.due_at, d.approved_by, v.letter::text AS letter,
       v.carries::text AS carries
  FROM announcement_drafts d
  JOIN announcement_versions v
    ON v.school_id = d.school_id
   AND v.announcement_id = d.announcement_id
   AND v.version = d.version
 WHERE d.school_id = $1
   AND d.announcement_id = $2
   FOR NO KEY UPDATE OF d
"""


async def locked(tx: SchoolTx, announcement_id: UUID) -> Any:
    return await tx.fetchrow(_ROW, tx.school_id, announcement_id)


async def one(tx: SchoolTx, announcement_id: UUID) -> Any:
    row = await locked(tx, announcement_id)
    if row is None:
        raise NOT_FOUND()
    return row


def letter_of(row: Any) -> Letter:
    return msgspec.json.decode(row["letter"], type=Letter)


def carried_of(row: Any) -> Carried | None:
    """None for a letter."""
    return None if row["carries"] is None else _CARRIED.decode(row["carries"])


async def is_published(tx: SchoolTx, announcement_id: UUID) -> bool:
    found = await tx.fetchval(
        """
        SELECT true
          FROM announcements
         WHERE school_id = $1
           AND announcement_id = $2
        """,
        tx.school_id,
        announcement_id,
    )
    return bool(found)


async def begin(
    tx: SchoolTx,
    announcement_id: UUID,
    staff_id: UUID,
    letter: Letter,
    account_id: UUID,
    at: datetime,
    *,
    carried: Carried | None = None,
) -> bool:
    """The first version. False when a draft stands under this id already."""
    made = await tx.fetchval(
        """
        INSERT INTO announcement_drafts (school_id, announcement_id, state, version, author_staff_id, created_at, changed_at)
        VALUES ($1, $2, 'draft', 1, $3, $4, $4)
            ON CONFLICT (school_id, announcement_id) DO NOTHING
        RETURNING true
        """,
        tx.school_id,
        announcement_id,
        staff_id,
        at,
    )
    if made:
        await _write(tx, announcement_id, 1, letter, account_id, at, carried)
    return bool(made)


async def add_version(
    tx: SchoolTx,
    announcement_id: UUID,
    version: int,
    letter: Letter,
    account_id: UUID,
    at: datetime,
    *,
    carried: Carried | None = None,
) -> None:
    await _write(tx, announcement_id, version, letter, account_id, at, carried)
    await tx.execute(
        """
        UPDATE announcement_drafts
           SET version    = $3,
               changed_at = $4
         WHERE school_id = $1
           AND announcement_id = $2
        """,
        tx.school_id,
        announcement_id,
        version,
        at,
    )


async def _write(
    tx: SchoolTx,
    announcement_id: UUID,
    version: int,
    letter: Letter,
    account_id: UUID,
    at: datetime,
    carried: Carried | None,
) -> None:
    await tx.execute(
        """
        INSERT INTO announcement_versions (school_id, announcement_id, version, letter, written_by, written_at, carries)
        VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7::jsonb)
        """,
        tx.school_id,
        announcement_id,
        version,
        msgspec.json.encode(letter).decode(),
        account_id,
        at,
        None if carried is None else msgspec.json.encode(carried).decode(),
    )


async def move(
    tx: SchoolTx,
    announcement_id: UUID,
    state: str,
    at: datetime,
    *,
    due_at: datetime | None = None,
    undo_seconds: int = 0,
    approved_by: UUID | None = None,
    returned_by: UUID | None = None,
    reason: str | None = None,
) -> None:
    """Each step begins anew: an approval does not outlive an undo, nor a reason the next sending."""
    await tx.execute(
        """
        UPDATE announcement_drafts
           SET state           = $3,
               changed_at      = $4,
               due_at          = $5,
               undo_seconds    = $6,
               approved_by     = $7,
               approved_at     = CASE WHEN $7::uuid IS NOT NULL THEN $4::timestamptz END,
               returned_by     = $8,
               returned_at     = CASE WHEN $9::text IS NOT NULL THEN $4::timestamptz END,
               returned_reason = $9,
               failures        = 0
         WHERE school_id = $1
           AND announcement_id = $2
        """,
        tx.school_id,
        announcement_id,
        state,
        at,
        due_at,
        undo_seconds,
        approved_by,
        returned_by,
        reason,
    )
