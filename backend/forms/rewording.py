"""Other words for a form that is out; after the first answer everybody signs them anew. It writes forms together with actions.py."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from backend.announcements.rules import require_unheld
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.versions import TOUCH_FAMILIES
from backend.forms import problems
from backend.forms.actions import own_form
from backend.forms.wording import Words, insert_version, read_words, tell_again
from backend.identity.audit import record
from backend.identity.entitlement import standing
from schemas.forms import FormChanged, FormText

_SIGNED = """
SELECT guardian_id, array_agg(pupil_id ORDER BY pupil_id) AS pupil_ids
  FROM form_answers
 WHERE school_id = $1
   AND form_id = $2
   AND version = $3
   AND deed = 'signed'
 GROUP BY guardian_id
 ORDER BY guardian_id
"""
_SET_VERSION = f"""
WITH changed AS (
        UPDATE forms
           SET version = $3
         WHERE school_id = $1
           AND form_id = $2)
{TOUCH_FAMILIES.format(pupils="SELECT a.pupil_id FROM form_pupils a WHERE a.school_id = $1 AND a.form_id = $2")}
"""


async def reword(house: House, account_id: UUID, school_id: int, form_id: UUID, text: FormText) -> FormChanged:
    """At once. Where the school wants a second person, other words wait for one as a new form does (announcements.carrying)."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        form, words, _ = await require_rewordable(tx, account_id, form_id, text, now)
        if words.sha256 != form["text_sha256"]:
            who = await standing(tx, school_id, account_id, on=school_day(now))
            await require_unheld(tx, who, school_id)
        return await reword_form(tx, account_id, form_id, text, at=now)


async def require_rewordable(
    tx: SchoolTx, account_id: UUID, form_id: UUID, text: FormText, now: datetime
) -> tuple[Any, Words, list[Any]]:
    """The form, locked; the words as they would be kept; and who has signed what they would replace."""
    form = await own_form(tx, account_id, form_id, on=school_day(now))
    if form["closed_at"] is not None:
        raise problems.FORM_CLOSED()
    words = read_words(text.title, text.body, text.questions, signature=form["signature"])
    signed = await tx.fetch(_SIGNED, tx.school_id, form_id, form["version"])
    if signed and words.sha256 != form["text_sha256"] and not text.new_version:
        raise problems.FORM_ANSWERED()
    return form, words, signed


async def reword_form(tx: SchoolTx, account_id: UUID, form_id: UUID, text: FormText, *, at: datetime) -> FormChanged:
    """In the caller's transaction. The same words again change nothing."""
    form, words, signed = await require_rewordable(tx, account_id, form_id, text, at)
    if words.sha256 == form["text_sha256"]:
        return FormChanged(form["version"], 0)
    version = form["version"] + 1
    return await _set_words(tx, form, words, version, signed, account_id, at)


async def word_anew(
    tx: SchoolTx, form: Any, words: Words, version: int, account_id: UUID, *, at: datetime
) -> FormChanged:
    """An area's other words, under the area's number of them. The form is locked."""
    signed = await tx.fetch(_SIGNED, tx.school_id, form["form_id"], form["version"])
    return await _set_words(tx, form, words, version, signed, account_id, at)


async def _set_words(
    tx: SchoolTx, form: Any, words: Words, version: int, signed: list[Any], account_id: UUID, at: datetime
) -> FormChanged:
    await insert_version(tx, form["form_id"], version, words, account_id, at)
    await tx.execute(_SET_VERSION, tx.school_id, form["form_id"], version)
    again = await tell_again(tx, form, words, signed, at=at) if signed else 0
    detail = {"version": version, "asked_again": again}
    await record(tx, "form.reworded", "form", form["form_id"], at=at, actor=account_id, detail=detail)
    return FormChanged(version, again)
