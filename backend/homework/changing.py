"""Changing and withdrawing homework. Every wording stays in homework_versions, which it owns with writing.py; nothing is deleted."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import CONFLICT, FORBIDDEN, INVALID, NOT_FOUND
from backend.core.text import clean, clean_lines
from backend.core.versions import TOUCH_FAMILIES
from backend.files import actions as files
from backend.homework import rules, telling
from backend.identity.audit import record
from backend.identity.entitlement import standing
from schemas.homework import HomeworkChange, HomeworkRevision

# Its class is held as well, as writing holds it: whether anything is left of a day must not change meanwhile.
_HELD = """
SELECT h.homework_id, h.class_id, h.subject_code, h.written_by, h.given_on, h.due_on, h.body, h.bring, h.file_ids, h.revision,
       h.withdrawn_at
  FROM homework h
  JOIN classes c
    ON c.school_id = h.school_id
   AND c.class_id = h.class_id
 WHERE h.school_id = $1
   AND h.homework_id = $2
   FOR NO KEY UPDATE OF c, h
"""
# Everybody who ever sat in its class: what they see of it may have changed.
_CHANGE = """
WITH changed AS (
       UPDATE homework
          SET due_on = $3, body = $4, bring = $5, file_ids = $6, revision = $7, changed_at = $8::timestamptz,
              withdrawn_at = CASE WHEN $9::boolean THEN $8::timestamptz END
        WHERE school_id = $1
          AND homework_id = $2
       RETURNING homework_id, class_id),
     touched AS ({touch})
INSERT INTO homework_versions (school_id, homework_id, revision, due_on, body, bring, file_ids, withdrawn, changed_by, changed_at)
SELECT $1, changed.homework_id, $7, $3::date, $4, $5, $6, $9::boolean, $10, $8::timestamptz
  FROM changed
""".format(
    touch=TOUCH_FAMILIES.format(
        pupils="SELECT e.pupil_id FROM enrolments e JOIN changed ON changed.class_id = e.class_id WHERE e.school_id = $1"
    )
)


async def change(
    house: House, account_id: UUID, school_id: int, homework_id: UUID, new: HomeworkChange
) -> HomeworkRevision:
    """Nobody is told again. Raises CONFLICT where somebody else has changed it since; the same wording again changes nothing."""
    now = house.clock.now()
    new = msgspec.structs.replace(
        new, body=clean_lines(new.body), bring=clean(new.bring), file_ids=list(dict.fromkeys(new.file_ids))
    )
    async with house.database.school(school_id) as tx:
        row = await _held(tx, account_id, homework_id, school_day(now))
        if row["withdrawn_at"] is not None:
            raise rules.WITHDRAWN()
        if (row["due_on"], row["body"], row["bring"], row["file_ids"]) == (
            new.due_on, new.body, new.bring, new.file_ids,
        ):  # fmt: skip
            return HomeworkRevision(homework_id, row["revision"])
        if row["revision"] != new.revision:
            raise CONFLICT()
        _refuse_wrong(row, new, school_day(now))
        await files.hang(tx, new.file_ids, by=account_id, at=now, pointer="/file_ids", had=row["file_ids"])
        revision = row["revision"] + 1
        await tx.execute(
            _CHANGE, school_id, homework_id, new.due_on, new.body, new.bring, new.file_ids, revision, now, False, account_id
        )  # fmt: skip
        detail = {"revision": revision}
        await record(tx, "homework.changed", "homework", homework_id, at=now, actor=account_id, detail=detail)
        return HomeworkRevision(homework_id, revision)


def _refuse_wrong(row: Any, new: HomeworkChange, today: date) -> None:
    """A day that it had before may stay, also when it has passed."""
    wrong = rules.wrong_text(new)
    if new.due_on != row["due_on"]:
        wrong += rules.wrong_day(new.due_on, today)
    if wrong:
        raise INVALID(*wrong)


async def withdraw(house: House, account_id: UUID, school_id: int, homework_id: UUID) -> None:
    """Out of the families' sight, kept for staff. Twice is once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        row = await _held(tx, account_id, homework_id, school_day(now))
        if row["withdrawn_at"] is not None:
            return
        await tx.execute(
            _CHANGE, school_id, homework_id, row["due_on"], row["body"], row["bring"], row["file_ids"], row["revision"] + 1,
            now, True, account_id,
        )  # fmt: skip
        await telling.unring(tx, row["class_id"], row["given_on"], at=now)
        await record(tx, "homework.withdrawn", "homework", homework_id, at=now, actor=account_id)


async def _held(tx: SchoolTx, account_id: UUID, homework_id: UUID, today: date) -> Any:
    """Locked. NOT_FOUND for who is nothing to the class, FORBIDDEN for who may only read."""
    row = await tx.fetchrow(_HELD, tx.school_id, homework_id)
    who = await standing(tx, tx.school_id, account_id, class_id=row["class_id"] if row else None, on=today)
    if row is None or not who.of_class:
        raise NOT_FOUND()
    if not rules.may_change(who, row["subject_code"], wrote=row["written_by"] == account_id):
        raise FORBIDDEN()
    return row
