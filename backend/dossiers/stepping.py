"""A request goes on: by the office, or by the family. It owns dossier_steps, and writes dossiers with filing.py.

Whoever takes a step says how many they have seen, so that nobody decides over papers that came, or a withdrawal, a moment before.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import FORBIDDEN, INVALID, NOT_FOUND, FieldError
from backend.core.text import clean_lines
from backend.core.versions import TOUCH_FAMILIES
from backend.dossiers import machine, problems, telling
from backend.dossiers.promise import LOOKED_AHEAD, closed_days, days_left, promised
from backend.dossiers.rules import OFFICE
from backend.files.actions import hang
from backend.identity.audit import record
from backend.identity.entitlement import require_guardian, require_role
from schemas.dossiers import FamilyDeed, OfficeDeed, State, Stepped

_DOSSIER = """
SELECT d.dossier_id, d.number, d.pupil_id, d.guardian_id, d.title_vi, d.title_en, d.sensitive, d.state, d.steps, d.promised_on,
       d.days_left
  FROM dossiers d
 WHERE d.school_id = $1
   AND d.dossier_id = $2
   FOR UPDATE OF d
"""


class Taken(msgspec.Struct, frozen=True):
    """One step as it is written. `of_guardian`: whose words and papers they are."""

    deed: OfficeDeed | FamilyDeed
    state: State
    note: str
    promised_on: date | None
    days_left: int | None
    account_id: UUID
    staff_id: UUID | None
    of_guardian: UUID | None


async def office_step(house: House, account_id: UUID, school_id: int, dossier_id: UUID, deed: OfficeDeed) -> Stepped:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await require_role(tx, school_id, account_id, *OFFICE, on=school_day(now))
        row = await _locked(tx, dossier_id)
        of_guardian = row["guardian_id"] if deed.step in ("add", "withdraw") else None
        return await _take(tx, row, deed, "school", account_id, who.staff_id, of_guardian, at=now)


async def family_step(house: House, account_id: UUID, school_id: int, dossier_id: UUID, deed: FamilyDeed) -> Stepped:
    """Whoever may act for the child adds papers; only who filed the request takes it back."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        row = await _locked(tx, dossier_id)
        guardian_id = await require_guardian(tx, school_id, account_id, row["pupil_id"], on=school_day(now), act=True)
        own = await tx.fetchval(_IS_APPLICANT, school_id, row["guardian_id"], account_id)
        if deed.step == "withdraw" and not own:
            raise FORBIDDEN()
        whose = row["guardian_id"] if own else guardian_id
        return await _take(tx, row, deed, "family", account_id, None, whose, at=now)


# One person may stand in the roll twice.
_IS_APPLICANT = """
SELECT true
  FROM guardians g
 WHERE g.school_id = $1
   AND g.guardian_id = $2
   AND g.account_id = $3
"""


async def _locked(tx: SchoolTx, dossier_id: UUID) -> Any:
    row = await tx.fetchrow(_DOSSIER, tx.school_id, dossier_id)
    if row is None:
        raise NOT_FOUND()
    return row


async def _take(
    tx: SchoolTx,
    row: Any,
    deed: OfficeDeed | FamilyDeed,
    side: machine.Side,
    account_id: UUID,
    staff_id: UUID | None,
    of_guardian: UUID | None,
    *,
    at: datetime,
) -> Stepped:
    if (before := await _taken_before(tx, row["dossier_id"], deed.step_id, account_id)) is not None:
        return before
    if deed.seen != row["steps"]:
        raise problems.CHANGED()
    state = machine.after(row["state"], deed.step, side)
    if state is None:
        raise problems.NOT_NOW()
    note = _note(deed, side)
    today = school_day(at)
    promised_on, left = await _clock(tx, row, deed, state, today)
    await hang(tx, deed.file_ids, by=account_id, at=at, pointer="/file_ids")
    taken = Taken(deed, state, note, promised_on, left, account_id, staff_id, of_guardian)
    await _write(tx, row, taken, at)
    detail = {"step": deed.step, "state": state, "files": len(deed.file_ids)}
    await record(tx, "dossier.step", "dossier", row["dossier_id"], at=at, actor=account_id, detail=detail)
    if state != row["state"] or deed.step == "postpone":
        said = "postponed" if deed.step == "postpone" else state
        about = telling.About(
            row["dossier_id"], row["number"], row["pupil_id"], row["title_vi"], row["title_en"], row["sensitive"], said, promised_on
        )  # fmt: skip
        await telling.tell(tx, about, by=account_id, at=at)
    return Stepped(state, row["steps"] + 1, promised_on)


async def _taken_before(tx: SchoolTx, dossier_id: UUID, step_id: UUID, account_id: UUID) -> Stepped | None:
    """The same step once more is the same step; somebody else's id is not."""
    row = await tx.fetchrow(
        """
        SELECT s.number, s.state, s.promised_on, s.account_id
          FROM dossier_steps s
         WHERE s.school_id = $1
           AND s.dossier_id = $2
           AND s.step_id = $3
        """,
        tx.school_id,
        dossier_id,
        step_id,
    )
    if row is None:
        return None
    if row["account_id"] != account_id:
        raise problems.CHANGED()
    return Stepped(row["state"], row["number"], row["promised_on"])


def _note(deed: OfficeDeed | FamilyDeed, side: machine.Side) -> str:
    note = clean_lines(deed.note)
    if side in machine.RULES[deed.step].words and not note:
        raise INVALID(FieldError("/note", *problems.WORDS_NEEDED))
    if deed.step == "add" and not note and not deed.file_ids:
        raise INVALID(FieldError("/file_ids", *problems.NOTHING_ADDED))
    return note


async def _clock(
    tx: SchoolTx, row: Any, deed: OfficeDeed | FamilyDeed, state: State, today: date
) -> tuple[date | None, int | None]:
    """The promise after the step: it stands while papers are waited for, and goes on with the days that were left."""
    if isinstance(deed, OfficeDeed) and deed.step == "postpone":
        if deed.promised_on is None or deed.promised_on <= today:
            raise INVALID(FieldError("/promised_on", *problems.DAY_NEEDED))
        if deed.promised_on > today + LOOKED_AHEAD:
            raise INVALID(FieldError("/promised_on", *problems.DAY_TOO_FAR))
        return deed.promised_on, None
    before: State = row["state"]
    if (state == "needs_papers") == (before == "needs_papers"):
        return row["promised_on"], row["days_left"]
    closed = await closed_days(tx, tx.school_id, today)
    if state == "needs_papers":
        return None, days_left(today, row["promised_on"], closed)
    return promised(today, row["days_left"], closed), None


_STEP = f"""
WITH moved AS (
        UPDATE dossiers
           SET state = $4, steps = $5, promised_on = $6, days_left = $7, changed_at = $8,
               closed_at = CASE WHEN $9 THEN $8::timestamptz END
         WHERE school_id = $1
           AND dossier_id = $2),
     step AS (
        INSERT INTO dossier_steps (school_id, dossier_id, number, step_id, step, state, note, file_ids, promised_on, guardian_id,
                                   staff_id, account_id, happened_at)
        VALUES ($1, $2, $5, $10, $11, $4, $12, $13, $6, $14, $15, $16, $8))
{TOUCH_FAMILIES.format(pupils="SELECT $3::uuid")}
"""


async def _write(tx: SchoolTx, row: Any, taken: Taken, at: datetime) -> None:
    await tx.execute(
        _STEP,
        tx.school_id,
        row["dossier_id"],
        row["pupil_id"],
        taken.state,
        row["steps"] + 1,
        taken.promised_on,
        taken.days_left,
        at,
        taken.state in machine.CLOSED,
        taken.deed.step_id,
        taken.deed.step,
        taken.note,
        list(dict.fromkeys(taken.deed.file_ids)),
        taken.of_guardian,
        taken.staff_id,
        taken.account_id,
    )
