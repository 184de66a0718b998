"""Forms from the school's side: opened, closed, opened again, extended. It owns forms and form_pupils.

Other words for one that is out are rewording.py, what families sign is in signing.py, how those missing are asked again in chasing.py.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.announcements.rules import require_unheld
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import CONFLICT, FORBIDDEN, INVALID, NOT_FOUND, FieldError, Problem
from backend.core.versions import TOUCH_FAMILIES
from backend.forms import problems
from backend.forms.addressing import addressed, require_audience
from backend.forms.wording import Words, insert_version, read_words, told
from backend.identity.audit import record
from backend.identity.entitlement import Standing, standing
from notifications.audience import PUPILS, Audience, parameters
from notifications.bells import BELL, BELL_BEHIND
from notifications.outbox import Notice, publish
from schemas.announcements import To
from schemas.forms import FormOpened, NewForm, Per, Until

_AHEAD = timedelta(days=366)


async def create_form(house: House, account_id: UUID, school_id: int, new: NewForm) -> tuple[FormOpened, bool]:
    """At once. Where the school wants a second person, or a moment to think again, it goes through announcements.carrying."""
    async with house.database.school(school_id) as tx:
        who, _ = await require_askable(tx, account_id, new, school_day(house.clock.now()))
        await require_unheld(tx, who, school_id)
        return await open_form(tx, account_id, new, at=house.clock.now())


async def require_askable(tx: SchoolTx, account_id: UUID, new: NewForm, today: date) -> tuple[Standing, Words]:
    """Whether a form is whole and its writer may ask these families."""
    who = await require_audience(tx, account_id, new.audience, today)
    wrong = day_errors(new.due_on, today)
    try:
        words = read_words(new.title, new.body, new.questions, signature=new.signature)
    except Problem as problem:
        raise INVALID(*problem.errors, *wrong) from problem
    if wrong:
        raise INVALID(*wrong)
    return who, words


async def open_form(tx: SchoolTx, account_id: UUID, new: NewForm, *, at: datetime) -> tuple[FormOpened, bool]:
    """What was opened, and whether it is new: the same request again opens nothing twice. In the caller's transaction."""
    today = school_day(at)
    who, words = await require_askable(tx, account_id, new, today)
    made = await put_out(tx, new, words, Author(account_id, who.staff_id), at=at)
    return (made, True) if made else (await _repeated(tx, new, words, who.staff_id), False)


class Author(msgspec.Struct, frozen=True):
    """Who stands under a form: a member of the school's staff, or an area's office. `account_id` is who pressed the key."""

    account_id: UUID
    staff_id: UUID | None = None
    from_area: str | None = None
    per: Per = "pupil"


async def put_out(
    tx: SchoolTx, new: NewForm, words: Words, author: Author, *, at: datetime, version: int = 1
) -> FormOpened | None:
    """The form, the pupils it asks about and the promise to their families, together. None when one stands under this id already."""
    today, notice_id = school_day(at), new_id()
    if not await _insert(tx, new, author, version, notice_id, at):
        return None
    await insert_version(tx, new.form_id, version, words, author.account_id, at)
    families = await addressed(tx, new.audience, today)
    pupils = await ask_pupils(tx, new.form_id, families, today, at)
    notice = Notice(
        notice_id=notice_id,
        kind="form",
        source_kind="form",
        source_id=str(new.form_id),
        title=words.title,
        body=words.body or None,
        params=told(new.form_id, words.title, new.due_on, new.signature, per=author.per),
        created_by=author.account_id,
        created_at=at,
    )
    published = await publish(tx, notice, families, bell=BELL if author.from_area is None else BELL_BEHIND)
    detail = {
        "audience": msgspec.to_builtins(new.audience)["kind"],
        "pupils": len(pupils),
        "guardians": published.guardians,
    }
    await record(tx, "form.opened", "form", new.form_id, at=at, actor=author.account_id, detail=detail)
    return FormOpened(new.form_id, version, notice_id, at, len(pupils), published.guardians)


async def close(house: House, account_id: UUID, school_id: int, form_id: UUID) -> None:
    """Nothing is signed, withdrawn or chased any more. Twice is once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        form = await own_form(tx, account_id, form_id, on=school_day(now))
        if form["closed_at"] is None:
            await tx.execute(SET_CLOSED, school_id, form_id, now)
            await record(tx, "form.closed", "form", form_id, at=now, actor=account_id)


async def reopen(house: House, account_id: UUID, school_id: int, form_id: UUID, until: Until) -> None:
    """Open again, until a day from today on. What was signed before still counts."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        form = await own_form(tx, account_id, form_id, on=school_day(now))
        if form["closed_at"] is None and form["due_on"] >= school_day(now):
            raise problems.STILL_OPEN()
        _require_day(until.due_on, school_day(now))
        await tx.execute(SET_OPEN, school_id, form_id, until.due_on)
        detail = {"due_on": until.due_on.isoformat()}
        await record(tx, "form.reopened", "form", form_id, at=now, actor=account_id, detail=detail)


async def extend(house: House, account_id: UUID, school_id: int, form_id: UUID, until: Until) -> None:
    """A later last day; never an earlier one, since families plan by what they were told."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        form = await own_form(tx, account_id, form_id, on=school_day(now))
        if form["closed_at"] is not None:
            raise problems.FORM_CLOSED()
        _require_day(until.due_on, school_day(now))
        if until.due_on < form["due_on"]:
            raise INVALID(FieldError("/due_on", *problems.LATER_ONLY))
        if until.due_on > form["due_on"]:
            await tx.execute(SET_OPEN, school_id, form_id, until.due_on)
            detail = {"from": form["due_on"].isoformat(), "to": until.due_on.isoformat()}
            await record(tx, "form.extended", "form", form_id, at=now, actor=account_id, detail=detail)


_FORM = """
SELECT f.form_id, f.version, f.signature, f.due_on, f.closed_at, f.author_staff_id, f.from_area, f.per,
       f.audience::text AS audience, f.notice_id, f.opened_at, v.title, v.text_sha256
  FROM forms f
  JOIN form_versions v
    ON v.school_id = f.school_id
   AND v.form_id = f.form_id
   AND v.version = f.version
 WHERE f.school_id = $1
   AND f.form_id = $2
   FOR UPDATE OF f
"""
SET_CLOSED = f"""
WITH closed AS (
        UPDATE forms
           SET closed_at = $3
         WHERE school_id = $1
           AND form_id = $2),
     shut AS (
        UPDATE form_pupils
           SET open = false
         WHERE school_id = $1
           AND form_id = $2
           AND open)
{TOUCH_FAMILIES.format(pupils="SELECT a.pupil_id FROM form_pupils a WHERE a.school_id = $1 AND a.form_id = $2")}
"""
SET_OPEN = f"""
WITH opened AS (
        UPDATE forms
           SET closed_at = NULL,
               due_on    = $3
         WHERE school_id = $1
           AND form_id = $2),
     unlocked AS (
        UPDATE form_pupils
           SET open = true
         WHERE school_id = $1
           AND form_id = $2
           AND NOT open)
{TOUCH_FAMILIES.format(pupils="SELECT a.pupil_id FROM form_pupils a WHERE a.school_id = $1 AND a.form_id = $2")}
"""


async def own_form(tx: SchoolTx, account_id: UUID, form_id: UUID, *, on: date, areas_too: bool = False) -> Any:
    """The form, locked, for its author and the administrator. An area's stays as the area wrote it: the school only chases it and enters
    what was signed on paper (`areas_too`)."""
    who = await standing(tx, tx.school_id, account_id, on=on)
    form = await locked_form(tx, form_id)
    if form["from_area"] is not None and not areas_too:
        raise problems.FORM_OF_AREA()
    if not (who.admin or form["author_staff_id"] == who.staff_id):
        raise FORBIDDEN()
    return form


async def locked_form(tx: SchoolTx, form_id: UUID) -> Any:
    form = await tx.fetchrow(_FORM, tx.school_id, form_id)
    if form is None:
        raise NOT_FOUND()
    return form


async def close_expired(tx: SchoolTx, *, at: datetime) -> int:
    """What ran out is closed, so that families' pages need not read it any more. They see no difference: the day had told them."""
    found = await tx.fetch(
        """
        SELECT form_id
          FROM forms
         WHERE school_id = $1
           AND closed_at IS NULL
           AND due_on < $2
         ORDER BY form_id
           FOR UPDATE
        """,
        tx.school_id,
        school_day(at),
    )
    for row in found:
        await tx.execute(SET_CLOSED, tx.school_id, row["form_id"], at)
        await record(tx, "form.closed", "form", row["form_id"], at=at, actor_kind="system")
    return len(found)


_ASK = f"""
WITH asked AS (
        INSERT INTO form_pupils (school_id, form_id, pupil_id, open, asked_at)
        SELECT $1, $6, wanted.pupil_id, true, $7
          FROM ({PUPILS}) AS wanted
          JOIN pupils known
            ON known.school_id = $1
           AND known.pupil_id = wanted.pupil_id
         ORDER BY wanted.pupil_id
            ON CONFLICT (school_id, form_id, pupil_id) DO NOTHING
     RETURNING pupil_id),
     touched AS ({TOUCH_FAMILIES.format(pupils="SELECT q.pupil_id FROM asked q")})
SELECT pupil_id
  FROM asked
"""


async def ask_pupils(tx: SchoolTx, form_id: UUID, audience: Audience, today: date, at: datetime) -> list[UUID]:
    """Who belongs to the audience now and was not asked yet. Who joins the class later is asked by the same statement."""
    asked = await tx.fetch(_ASK, tx.school_id, today, *parameters(audience), form_id, at)
    return [row["pupil_id"] for row in asked]


def _require_day(due_on: date, today: date) -> None:
    if wrong := day_errors(due_on, today):
        raise INVALID(*wrong)


def day_errors(due_on: date, today: date) -> list[FieldError]:
    if due_on < today:
        return [FieldError("/due_on", *problems.PAST)]
    return [FieldError("/due_on", *problems.TOO_FAR)] if due_on > today + _AHEAD else []


async def _insert(tx: SchoolTx, new: NewForm, author: Author, version: int, notice_id: UUID, at: datetime) -> bool:
    audience = msgspec.to_builtins(new.audience)
    made = await tx.fetchval(
        """
        INSERT INTO forms (school_id, form_id, signature, audience_kind, audience, due_on, remind_days,
                           author_staff_id, notice_id, opened_at, version, from_area, per)
        VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10, $11, $12, $13)
            ON CONFLICT (school_id, form_id) DO NOTHING
        RETURNING true
        """,
        tx.school_id, new.form_id, new.signature, audience["kind"], msgspec.json.encode(audience).decode(), new.due_on,
        sorted(set(new.remind_days), reverse=True), author.staff_id, notice_id, at, version, author.from_area, author.per,
    )  # fmt: skip
    return bool(made)


async def _repeated(tx: SchoolTx, new: NewForm, words: Words, author: UUID) -> FormOpened:
    """The answer of the first time. Other words or another audience under the same id are a conflict, not a change."""
    before = await tx.fetchrow(_FORM, tx.school_id, new.form_id)
    assert before is not None, "the id was taken"
    same = (before["signature"], before["author_staff_id"], before["text_sha256"]) == (
        new.signature,
        author,
        words.sha256,
    ) and msgspec.json.decode(before["audience"], type=To) == new.audience
    if not same:
        raise CONFLICT()
    counts = await tx.fetchrow(
        """
        SELECT (SELECT count(*)
                  FROM form_pupils a
                 WHERE a.school_id = $1
                   AND a.form_id = $2) AS pupils,
               (SELECT count(*)
                  FROM notice_recipients r
                 WHERE r.school_id = $1
                   AND r.notice_id = $3) AS guardians
        """,
        tx.school_id,
        new.form_id,
        before["notice_id"],
    )
    assert counts is not None, "an aggregate answers one row"
    return FormOpened(
        new.form_id, before["version"], before["notice_id"], before["opened_at"], counts["pupils"], counts["guardians"]
    )
