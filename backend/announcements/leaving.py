"""What is due leaves: letters and what waits like them, an area's letters and forms, reminders, the end. Each letter leaves in one transaction.

Two workers in one school do not wait for each other (SKIP LOCKED); what one holds the other leaves alone, and what one has done is done.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from backend.announcements import area_sendings, carried, letters, reminding
from backend.announcements.draft_rows import carried_of, letter_of
from backend.announcements.drafts import JOB, as_announcement, require_sendable
from backend.announcements.letters import Writer
from backend.core.across_schools import schools_with_letters_due
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.forms.area_asking import ask_next
from backend.identity.audit import record
from notifications.outbox import let_expire

log = structlog.get_logger()

_SCHOOLS_AT_ONCE = 500
_LETTERS_AT_ONCE = 200
# How long a letter rests after something went wrong that is nobody's fault; after the last it is given back to its author.
RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
_GAVE_UP = "Máy chủ không gửi được sau nhiều lần thử. / The server could not send it after several attempts."


async def sweep(house: House) -> None:
    """Rings for every school where something is due: the rows are the promise, the bell is only quicker."""
    for school_id in await schools_with_letters_due(house.database.reader, house.clock.now(), limit=_SCHOOLS_AT_ONCE):
        await house.queue.ring(JOB, school_id)


async def publish_everywhere(house: House) -> None:
    """While Redis is away nobody hears a bell: the worker does the schools itself, one after the other."""
    for school_id in await schools_with_letters_due(house.database.reader, house.clock.now(), limit=_SCHOOLS_AT_ONCE):
        await publish_due(house, school_id)


async def publish_due(house: House, school_id: int) -> int:
    """Everything of one school that is due now; how many letters and reminders have left. May run twice at once."""
    left = 0
    for leave in (_next_letter, area_sendings.publish_next, area_sendings.recall_next, ask_next, reminding.remind_next):
        for _ in range(_LETTERS_AT_ONCE):
            found = await leave(house, school_id)
            if found is None:
                break
            left += found
    async with house.database.school(school_id) as tx:
        await let_expire(tx, at=house.clock.now())
    return left


_DUE = """
SELECT d.announcement_id, d.version, d.failures, d.approved_by, d.author_staff_id, v.letter::text AS letter,
       v.carries::text AS carries, s.account_id
  FROM announcement_drafts d
  JOIN announcement_versions v
    ON v.school_id = d.school_id
   AND v.announcement_id = d.announcement_id
   AND v.version = d.version
  JOIN staff s
    ON s.school_id = d.school_id
   AND s.staff_id = d.author_staff_id
 WHERE d.school_id = $1
   AND d.state = 'scheduled'
   AND d.due_at <= $2
 ORDER BY d.due_at, d.announcement_id
 LIMIT 1
   FOR NO KEY UPDATE OF d SKIP LOCKED
"""


async def _next_letter(house: House, school_id: int) -> int | None:
    """1 when a letter has left, 0 when one was put off or given back, None when nothing is due."""
    now = house.clock.now()
    failed: Any = None
    try:
        async with house.database.school(school_id) as tx:
            row = await tx.fetchrow(_DUE, school_id, now)
            if row is None:
                return None
            failed = row
            try:
                async with tx.savepoint():
                    await _leave(tx, row, now)
            except Problem as problem:
                # Expected trouble is final: the class is gone, the writer no longer teaches it, its day is over.
                await _give_back(
                    tx,
                    row["announcement_id"],
                    problem.sentence("vi") + " ".join(["", *(error.vi for error in problem.errors)]),
                    now,
                )
                return 0
            return 1
    except Exception as error:
        if failed is None:
            raise
        log.error("letter_failed", kind=type(error).__name__, failures=failed["failures"] + 1, exc_info=True)
        await _put_off(house, school_id, failed, now)
        return 0


async def _leave(tx: SchoolTx, row: Any, now: datetime) -> None:
    """The writer's right is asked once more: between writing and leaving may lie a term."""
    letter, what = letter_of(row), carried_of(row)
    if what is not None:
        await carried.leave(tx, row["account_id"], what, now)
        await _set_published(tx, row["announcement_id"], now)
        return
    await require_sendable(tx, row["account_id"], letter, now, leaves=now)
    new = as_announcement(row["announcement_id"], letter)
    writer = Writer(row["account_id"], row["author_staff_id"], approved_by=row["approved_by"])
    await letters.put_out(tx, new, writer, new_id(), now)
    await _set_published(tx, row["announcement_id"], now)


async def _set_published(tx: SchoolTx, announcement_id: UUID, now: datetime) -> None:
    await tx.execute(
        """
        UPDATE announcement_drafts
           SET state      = 'published',
               due_at     = NULL,
               changed_at = $3
         WHERE school_id = $1
           AND announcement_id = $2
        """,
        tx.school_id,
        announcement_id,
        now,
    )


async def _give_back(tx: SchoolTx, announcement_id: UUID, reason: str, now: datetime) -> None:
    given = await tx.fetchval(
        """
        UPDATE announcement_drafts
           SET state           = 'draft',
               due_at          = NULL,
               approved_by     = NULL,
               approved_at     = NULL,
               returned_by     = NULL,
               returned_at     = $3,
               returned_reason = $4,
               changed_at      = $3
         WHERE school_id = $1
           AND announcement_id = $2
           AND state = 'scheduled'
        RETURNING true
        """,
        tx.school_id,
        announcement_id,
        now,
        reason[:500],
    )
    if given:  # its author may have taken it back meanwhile
        await record(tx, "announcement.given_back", "announcement", announcement_id, at=now, actor_kind="system")


async def _put_off(house: House, school_id: int, row: Any, now: datetime) -> None:
    """One letter that cannot leave does not stop the others."""
    async with house.database.school(school_id) as tx:
        if row["failures"] >= len(RETRY_AFTER):
            await _give_back(tx, row["announcement_id"], _GAVE_UP, now)
            return
        await tx.execute(
            """
            UPDATE announcement_drafts
               SET due_at   = $3,
                   failures = failures + 1
             WHERE school_id = $1
               AND announcement_id = $2
               AND state = 'scheduled'
            """,
            school_id,
            row["announcement_id"],
            now + RETRY_AFTER[row["failures"]],
        )
