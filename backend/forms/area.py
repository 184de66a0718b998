"""An area's form: written once for all its schools, worded anew, extended, closed, chased and taken back in one deed. It owns area_forms.

A deed changes the area's row and marks every school's copy as due, in one statement each; a worker then brings school by school to what
the area's row says (area_asking.py), so that neither memory nor locks grow with the province. What an area writes needs no approval of a
school, as its letters need none: the office that signs it answers for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.announcements.area import NO_SCHOOLS, require_area
from backend.core.clock import school_day
from backend.core.database import Tx
from backend.core.house import House
from backend.core.problems import CONFLICT, INVALID, NOT_FOUND, FieldError, Problem, problem
from backend.forms import problems
from backend.forms.actions import day_errors
from backend.forms.wording import Words, read_words
from backend.identity.audit import record_account
from backend.identity.principal import Principal
from schemas.area_forms import NewAreaForm
from schemas.forms import FormText, Paper, Question, Until

HAS_LEFT = problem(
    "area-form-left",
    409,
    vi="Phiếu đã bắt đầu gửi nên không hoàn tác được; chỉ còn đóng phiếu.",
    en="The form has begun to leave and cannot be taken back; it can be closed.",
)
_NO_FILES = (
    "Phiếu mỗi gia đình trả lời một lần không nhận tệp: tệp chỉ nằm ở một trường.",
    "A form that a family answers once takes no files: a file lies in one school only.",
)
_ONE_SIGNS = (
    "Phiếu mỗi gia đình trả lời một lần thì một người ký là đủ.",
    "Of a form that a family answers once, one signature is enough.",
)


async def send(house: House, who: Principal, new: NewAreaForm) -> None:
    """Promised to every school at once; nothing leaves before the moment to think again is over. The same request again is the same form."""
    now = house.clock.now()
    await require_area(house.database.reader, who, new.area_code)
    words = read_area_form(new, now)
    async with house.database.directory() as tx:
        if await _insert(tx, who, new, words, now):
            schools = await tx.fetchval(
                _PROMISE, new.form_id, new.area_code, new.level, now + timedelta(seconds=new.undo_seconds)
            )
            if not schools:
                raise INVALID(FieldError("/level", *NO_SCHOOLS))
            await _record(tx, who, "sent", new.form_id, now, area=new.area_code, schools=schools, per=new.per)
        else:
            row = await _locked(tx, who, new.form_id)
            same = (row["text_sha256"], row["area_code"], row["per"], row["signature"], row["level"])
            if same != (words.sha256, new.area_code, new.per, new.signature, new.level):
                raise CONFLICT()


def read_area_form(new: NewAreaForm, now: datetime) -> Words:
    """Its words, or every wrong field of it."""
    wrong = [*day_errors(new.due_on, school_day(now)), *_unfit(new.per, new.questions)]
    if new.per == "family" and new.signature == "both":
        wrong.append(FieldError("/signature", *_ONE_SIGNS))
    try:
        words = read_words(new.title, new.body, new.questions, signature=new.signature)
    except Problem as found:
        raise INVALID(*found.errors, *wrong) from found
    if wrong:
        raise INVALID(*wrong)
    return words


def _unfit(per: str, questions: Sequence[Question]) -> list[FieldError]:
    if per != "family":
        return []
    return [
        FieldError(f"/questions/{place}/kind", *_NO_FILES)
        for place, one in enumerate(questions)
        if isinstance(one, Paper)
    ]


async def take_back(house: House, who: Principal, form_id: UUID) -> None:
    """Before the first school has it: nobody is asked. Afterwards HAS_LEFT. Twice is once."""
    now = house.clock.now()
    async with house.database.directory() as tx:
        row = await _locked(tx, who, form_id)
        if row["taken_back_at"] is not None:
            return
        # Each promise is under the lock of whoever publishes it, so this waits for a school that is being told just now.
        if any(one["opened_at"] is not None for one in await tx.fetch(_LOCK_ASKINGS, form_id)):
            raise HAS_LEFT()
        await tx.execute(_TAKE_BACK, form_id, now, who.account_id)
        await tx.execute(_STOP, form_id)
        await _record(tx, who, "taken_back", form_id, now)


async def reword(house: House, who: Principal, form_id: UUID, text: FormText) -> None:
    """Other words in every school. Whoever had signed signs anew, which `new_version` has to say as soon as a school has it."""
    now = house.clock.now()
    async with house.database.directory() as tx:
        row = await _open(tx, who, form_id)
        unfit = _unfit(row["per"], text.questions)
        words = read_words(text.title, text.body, text.questions, signature=row["signature"])
        if unfit:
            raise INVALID(*unfit)
        if words.sha256 == row["text_sha256"]:
            return
        if row["has_left"] and not text.new_version:
            raise problems.FORM_ANSWERED()
        asked = msgspec.json.encode(words.questions).decode()
        await tx.execute(_REWORD, form_id, words.title, words.body, asked, words.sha256, who.account_id)
        await _bring(tx, form_id, now)
        await _record(tx, who, "reworded", form_id, now)


async def close(house: House, who: Principal, form_id: UUID) -> None:
    """In every school; those that were not asked yet never are. Twice is once."""
    now = house.clock.now()
    async with house.database.directory() as tx:
        row = await _locked(tx, who, form_id)
        if row["closed_at"] is None and row["taken_back_at"] is None:
            await tx.execute(_CLOSE, form_id, now, who.account_id)
            await _bring(tx, form_id, now)
            await _record(tx, who, "closed", form_id, now)


async def set_last_day(house: House, who: Principal, form_id: UUID, until: Until) -> None:
    """A later last day for one that is open, a new one for one that is closed, in every school."""
    now = house.clock.now()
    today = school_day(now)
    async with house.database.directory() as tx:
        row = await _locked(tx, who, form_id)
        if row["taken_back_at"] is not None:
            raise problems.FORM_CLOSED()
        if wrong := day_errors(until.due_on, today):
            raise INVALID(*wrong)
        is_open = row["closed_at"] is None and row["due_on"] >= today
        if is_open and until.due_on < row["due_on"]:
            raise INVALID(FieldError("/due_on", *problems.LATER_ONLY))
        if is_open and until.due_on == row["due_on"]:
            return
        await tx.execute(_UNTIL, form_id, until.due_on, who.account_id)
        await _bring(tx, form_id, now)
        deed = "extended" if is_open else "reopened"
        await _record(tx, who, deed, form_id, now, due_on=until.due_on.isoformat())


async def remind(house: House, who: Principal, form_id: UUID) -> None:
    """Those whose answer is missing, in every school, and nobody twice a day."""
    now = house.clock.now()
    async with house.database.directory() as tx:
        await _open(tx, who, form_id)
        await tx.execute(_REMIND, form_id, now, who.account_id)
        await _bring(tx, form_id, now)
        await _record(tx, who, "reminded", form_id, now)


async def _open(tx: Tx, who: Principal, form_id: UUID) -> Any:
    row = await _locked(tx, who, form_id)
    if row["closed_at"] is not None or row["taken_back_at"] is not None:
        raise problems.FORM_CLOSED()
    return row


async def _bring(tx: Tx, form_id: UUID, now: datetime) -> None:
    """Every copy is to become what the row says now; a school that was not reached yet keeps its minute."""
    await tx.execute(_DUE, form_id, now)


async def _record(tx: Tx, who: Principal, deed: str, form_id: UUID, now: datetime, **more: Any) -> None:
    detail = {"form": str(form_id), **more}
    await record_account(tx, who.account_id, f"area_form.{deed}", at=now, detail=detail)


_LOCKED = """
SELECT f.area_code, f.level, f.per, f.signature, f.text_sha256, f.due_on, f.taken_back_at, f.closed_at,
       EXISTS (SELECT
                 FROM area_form_askings s
                WHERE s.form_id = f.form_id
                  AND s.opened_at IS NOT NULL) AS has_left
  FROM area_forms f
  JOIN account_areas a
    ON a.area_code = f.area_code
   AND a.account_id = $2
 WHERE f.form_id = $1
   FOR NO KEY UPDATE OF f
"""


async def _locked(tx: Tx, who: Principal, form_id: UUID) -> Any:
    row = await tx.fetchrow(_LOCKED, form_id, who.account_id)
    if row is None:
        raise NOT_FOUND()
    return row


_PROMISE = """
WITH promised AS (
        INSERT INTO area_form_askings (form_id, school_id, state, due_at)
        SELECT $1, s.school_id, 'due', $4
          FROM schools s
         WHERE $2 IN (s.province_code, s.commune_code)
           AND ($3::text IS NULL OR s.level = $3)
         ORDER BY s.school_id
            ON CONFLICT DO NOTHING
     RETURNING 1)
SELECT count(*)
  FROM promised
"""
_LOCK_ASKINGS = """
SELECT opened_at
  FROM area_form_askings
 WHERE form_id = $1
 ORDER BY school_id
   FOR NO KEY UPDATE
"""
_STOP = """
UPDATE area_form_askings
   SET state = 'stopped'
 WHERE form_id = $1
"""
_DUE = """
UPDATE area_form_askings
   SET state  = 'due',
       due_at = $2
 WHERE form_id = $1
   AND state = 'done'
"""
_TAKE_BACK = """
UPDATE area_forms
   SET taken_back_at = $2,
       changed_by    = $3
 WHERE form_id = $1
"""
_REWORD = """
UPDATE area_forms
   SET title       = $2,
       body        = $3,
       questions   = $4::jsonb,
       text_sha256 = $5,
       changed_by  = $6,
       version     = version + 1
 WHERE form_id = $1
"""
_CLOSE = """
UPDATE area_forms
   SET closed_at  = $2,
       changed_by = $3
 WHERE form_id = $1
"""
_UNTIL = """
UPDATE area_forms
   SET closed_at  = NULL,
       due_on     = $2,
       changed_by = $3
 WHERE form_id = $1
"""
_REMIND = """
UPDATE area_forms
   SET remind_asked_at = $2,
       changed_by      = $3
 WHERE form_id = $1
"""


async def _insert(tx: Tx, who: Principal, new: NewAreaForm, words: Words, now: datetime) -> bool:
    made = await tx.fetchval(
        """
        INSERT INTO area_forms (form_id, area_code, area_name, level, per, signature, version, title, body, questions,
                                text_sha256, due_on, remind_days, created_by, created_at, changed_by, due_at)
        VALUES ($1, $2, coalesce((SELECT p.name FROM provinces p WHERE p.province_code = $2), $2), $3, $4, $5, 1, $6, $7,
                $8::jsonb, $9, $10, $11, $12, $13, $12, $14)
            ON CONFLICT (form_id) DO NOTHING
        RETURNING true
        """,
        new.form_id, new.area_code, new.level, new.per, new.signature, words.title, words.body,
        msgspec.json.encode(words.questions).decode(), words.sha256, new.due_on,
        sorted(set(new.remind_days), reverse=True), who.account_id, now, now + timedelta(seconds=new.undo_seconds),
    )  # fmt: skip
    return bool(made)
