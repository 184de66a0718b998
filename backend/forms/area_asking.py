"""An area's form in one school: its copy is brought to what the area's row says, in one transaction of that school. It owns area_form_askings
with area.py and area_counting.py.

Whatever was decided meanwhile, and in whatever order, the copy becomes the newest state: opened, worded, extended, closed, chased.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.announcements.area_folding import fold
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.forms.actions import SET_CLOSED, SET_OPEN, Author, locked_form, put_out
from backend.forms.chasing import chase
from backend.forms.deeds import QUESTIONS
from backend.forms.rewording import word_anew
from backend.forms.wording import Words
from backend.identity.audit import record
from schemas.announcements import ToSchool
from schemas.forms import NewForm

_NEXT = """
SELECT form_id, opened_at, reminded_at
  FROM area_form_askings
 WHERE school_id = $1
   AND state = 'due'
   AND due_at <= $2
 ORDER BY due_at, form_id
 LIMIT 1
   FOR NO KEY UPDATE SKIP LOCKED
"""
# Read once the school's row is held, so that what was decided before it was marked due is seen.
_FORM = """
SELECT form_id, area_name, per, signature, version, title, body, questions::text AS questions, text_sha256, due_on, remind_days,
       changed_by, closed_at, remind_asked_at
  FROM area_forms
 WHERE form_id = $1
"""
_DONE = """
UPDATE area_form_askings
   SET state       = 'done',
       opened_at   = coalesce(opened_at, $3),
       guardians   = coalesce($4, guardians),
       reminded_at = coalesce($5, reminded_at),
       count_at    = $6
 WHERE form_id = $1
   AND school_id = $2
"""


class _Done(msgspec.Struct):
    """What became of it, for the school's row."""

    opened_at: datetime | None = None
    guardians: int | None = None
    reminded_at: datetime | None = None


async def ask_next(house: House, school_id: int) -> int | None:
    """1 when a form was opened here, 0 when a copy was brought to date, None when nothing is due."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        asking = await tx.fetchrow(_NEXT, school_id, now)
        if asking is None:
            return None
        area = await tx.fetchrow(_FORM, asking["form_id"])
        assert area is not None, "an area's form stays for ever"
        done = await (_open if asking["opened_at"] is None else _bring)(tx, area, asking, now)
        known = asking["opened_at"] or done.opened_at
        count_at = now if known is not None else None
        await tx.execute(_DONE, area["form_id"], school_id, done.opened_at, done.guardians, done.reminded_at, count_at)
        return int(done.opened_at is not None)


async def _open(tx: SchoolTx, area: Any, asking: Any, now: datetime) -> _Done:
    """Not where it was closed, or its day was over, before the school's turn came: there it is asked when the area opens it again."""
    if area["closed_at"] is not None or area["due_on"] < school_day(now):
        return _Done()
    new = NewForm(
        form_id=area["form_id"],
        title=area["title"],
        body=area["body"],
        questions=QUESTIONS.decode(area["questions"]),
        audience=ToSchool(),
        signature=area["signature"],
        due_on=area["due_on"],
        remind_days=list(area["remind_days"]),
    )
    author = Author(area["changed_by"], from_area=area["area_name"], per=area["per"])
    made = await put_out(tx, new, _words(area), author, at=now, version=area["version"])
    assert made is not None, "the row says that the school has no copy"
    if area["per"] == "family":
        await fold(tx, area["form_id"], made.notice_id, now)
    return _Done(now, made.guardians)


async def _bring(tx: SchoolTx, area: Any, asking: Any, now: datetime) -> _Done:
    form, by = await locked_form(tx, area["form_id"]), area["changed_by"]
    if form["version"] < area["version"]:
        await word_anew(tx, form, _words(area), area["version"], by, at=now)
    if area["closed_at"] is not None:
        if form["closed_at"] is None:
            await tx.execute(SET_CLOSED, tx.school_id, area["form_id"], now)
            await record(tx, "form.closed", "form", area["form_id"], at=now, actor=by)
        return _Done()
    await _set_day(tx, form, area["due_on"], by, now)
    asked_at = area["remind_asked_at"]
    if asked_at is None or (asking["reminded_at"] is not None and asking["reminded_at"] >= asked_at):
        return _Done()
    if area["due_on"] >= school_day(now):
        told = await chase(tx, area["form_id"], by_hand=True, at=now)
        detail = {"guardians": told}
        await record(tx, "form.reminded", "form", area["form_id"], at=now, actor=by, detail=detail)
    return _Done(reminded_at=asked_at)


async def _set_day(tx: SchoolTx, form: Any, due_on: date, by: UUID, now: datetime) -> None:
    reopened = form["closed_at"] is not None and due_on >= school_day(now)
    if due_on == form["due_on"] and not reopened:
        return
    await tx.execute(SET_OPEN, tx.school_id, form["form_id"], due_on)
    detail = {"from": form["due_on"].isoformat(), "to": due_on.isoformat()}
    deed = "form.reopened" if form["closed_at"] is not None else "form.extended"
    await record(tx, deed, "form", form["form_id"], at=now, actor=by, detail=detail)


def _words(area: Any) -> Words:
    return Words(area["title"], area["body"], QUESTIONS.decode(area["questions"]))
