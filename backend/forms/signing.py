"""Families answer, sign and withdraw; the school enters what was signed on paper. What is written stands in deeds.py.

Until the last day everybody with custody may sign, sign anew and withdraw; the newest of each person counts. A guardian without
custody reads the form of a child they may see, and cannot sign it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError, Problem
from backend.core.text import clean
from backend.files import actions as files
from backend.forms import drawn, problems, questions, slip
from backend.forms.actions import own_form
from backend.forms.deeds import ANSWERS, BY_NAME, Deed, Words, hold, people_of, repeated, write
from notifications import receipts
from schemas.forms import Answers, NewSignature, Paper, PaperSlip, Question, Signed, Withdrawal


async def sign(
    house: House,
    account_id: UUID,
    school_id: int,
    form_id: UUID,
    new: NewSignature,
    *,
    user_agent: str | None,
    copied: bool = False,
) -> Signed:
    """For one or several children at once. Sent twice it is signed once. `copied`: what was signed in another school holds here too."""
    now = house.clock.now()
    drawing = await drawn.read(new.drawing)
    async with house.database.school(school_id) as tx:
        form = await hold(tx, form_id, now)
        people = await people_of(tx, account_id, form_id, new.pupil_ids, now)
        answers, wrong = questions.read(form.questions, new.answers)
        before = await repeated(tx, form_id, new.signature_id, "signed", account_id=account_id, pupil_ids=new.pupil_ids)
        if before is not None:
            return before
        name = clean(new.name)
        if form.signature != "answer" and not name:
            wrong.append(FieldError("/name", *problems.NAME_NEEDED))
        _require_open(form, new.version)
        if wrong:
            raise INVALID(*wrong)
        await _hang_files(tx, form.questions, answers, account_id, now)
        deed = Deed(
            signature_id=new.signature_id,
            deed="signed",
            via="app",
            signer_name=name or people[0]["guardian_name"] or "–",
            drawing=drawing,
            account_id=account_id,
            device=slip.device_of(user_agent),
            at=now,
            copied=copied,
        )
        signed = await write(tx, form, deed, people, [answers] * len(people))
        await _notice_opened(tx, form, account_id, now)
        return signed


async def withdraw(
    house: House, account_id: UUID, school_id: int, form_id: UUID, what: Withdrawal, *, user_agent: str | None
) -> Signed:
    """Until the last day. What was signed stays in the history; it only does not count any more."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        form = await hold(tx, form_id, now)
        people = await people_of(tx, account_id, form_id, what.pupil_ids, now)
        before = await repeated(
            tx, form_id, what.signature_id, "withdrawn", account_id=account_id, pupil_ids=what.pupil_ids
        )
        if before is not None:
            return before
        _require_open(form, form.version)
        standing = [one for one in people if one["deed"] == "signed" and one["version"] == form.version]
        if {one["pupil_id"] for one in standing} != set(what.pupil_ids):
            raise problems.NOT_SIGNED()
        deed = Deed(
            signature_id=what.signature_id,
            deed="withdrawn",
            via="app",
            signer_name=standing[0]["signer_name"],
            drawing=None,
            account_id=account_id,
            device=slip.device_of(user_agent),
            at=now,
        )
        return await write(tx, form, deed, standing, [ANSWERS.decode(one["answers"]) for one in standing])


async def enter_paper(house: House, account_id: UUID, school_id: int, form_id: UUID, new: PaperSlip) -> Signed:
    """What a guardian signed on paper and handed in, entered by the author or the administrator. It never replaces what a guardian signed
    with the own account: who wants something else says so there."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await own_form(tx, account_id, form_id, on=school_day(now), areas_too=True)
        form = await hold(tx, form_id, now)
        people = await people_of(tx, new.guardian_id, form_id, [new.pupil_id], now, sql=BY_NAME)
        answers, wrong = questions.read(form.questions, new.answers)
        before = await repeated(
            tx, form_id, new.signature_id, "signed", account_id=account_id, pupil_ids=[new.pupil_id]
        )
        if before is not None:
            return before
        _require_open(form, new.version)
        if any(one["deed"] == "signed" and one["version"] == form.version and one["via"] == "app" for one in people):
            raise problems.SIGNED_IN_APP()
        if wrong:
            raise INVALID(*wrong)
        await _hang_files(tx, form.questions, answers, account_id, now)
        deed = Deed(
            signature_id=new.signature_id,
            deed="signed",
            via="paper",
            signer_name=people[0]["guardian_name"] or "–",
            drawing=None,
            account_id=account_id,
            device="paper",
            at=now,
            entered_by=await tx.fetchval(_STAFF_NAME, school_id, account_id),
        )
        return await write(tx, form, deed, people, [answers])


_STAFF_NAME = """
SELECT full_name
  FROM staff
 WHERE school_id = $1
   AND account_id = $2
 LIMIT 1
"""


def _require_open(form: Words, version: int) -> None:
    if not form.open:
        raise problems.FORM_CLOSED()
    if version != form.version:
        raise problems.FORM_CHANGED()


async def _hang_files(
    tx: SchoolTx, asked: Sequence[Question], answers: Answers, account_id: UUID, at: datetime
) -> None:
    """What was uploaded as an answer now belongs to the slip. Only the signer's own uploads can."""
    wrong = []
    for question in asked:
        if isinstance(question, Paper) and question.id in answers:
            try:
                await files.hang(tx, [UUID(str(answers[question.id]))], by=account_id, at=at)
            except Problem as problem:
                wrong += [FieldError(f"/answers/{question.id}", error.vi, error.en) for error in problem.errors]
    if wrong:
        raise INVALID(*wrong)


async def _notice_opened(tx: SchoolTx, form: Words, account_id: UUID, at: datetime) -> None:
    """Who has signed has read. Guardians who get no notices were not written to."""
    try:
        await receipts.record(tx, account_id, form.notice_id, "opened", at=at)
    except Problem as problem:
        if problem.kind is not NOT_FOUND:
            raise
