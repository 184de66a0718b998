"""A letter that asks for consent becomes a form in one tap: its words, its families, its last day. The forms room owns the form."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from backend.announcements.following import own_letter
from backend.announcements.rules import require_unheld
from backend.core.clock import school_day
from backend.core.house import House
from backend.forms.actions import open_form
from backend.identity.entitlement import standing
from schemas.announcements import To
from schemas.forms import FormOpened, NewForm


async def form_of_letter(
    house: House, account_id: UUID, school_id: int, announcement_id: UUID, form_id: UUID, due_on: date
) -> NewForm:
    """As it would be opened, for the way of what waits (announcements.carrying)."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        return _form(await own_letter(tx, account_id, announcement_id, now), form_id, due_on)


async def make_form(
    house: House, account_id: UUID, school_id: int, announcement_id: UUID, form_id: UUID, due_on: date
) -> FormOpened:
    """One guardian signs for a child. The same request again is the same form; a letter to a live state makes none.

    Of an approved letter it leaves at once, since its words and families are those that were approved. Of another one it waits for a
    second person where the school wants one: NEEDS_APPROVAL.
    """
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        letter = await own_letter(tx, account_id, announcement_id, now)
        if letter["approved_by"] is None:
            who = await standing(tx, school_id, account_id, on=school_day(now))
            await require_unheld(tx, who, school_id)
        made, _ = await open_form(tx, account_id, _form(letter, form_id, due_on), at=now)
        return made


def _form(letter: Any, form_id: UUID, due_on: date) -> NewForm:
    return NewForm(
        form_id=form_id,
        title=letter["title"],
        body=letter["body"],
        questions=[],
        audience=msgspec.json.decode(letter["audience"], type=To),
        signature="one",
        due_on=due_on,
    )
