"""A letter that asks for consent becomes a form in one tap: its words, its families, its last day. The forms room owns the form."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from backend.announcements.following import own_letter
from backend.core.house import House
from backend.forms.actions import open_form
from schemas.announcements import To
from schemas.forms import FormOpened, NewForm


async def make_form(
    house: House, account_id: UUID, school_id: int, announcement_id: UUID, form_id: UUID, due_on: date
) -> FormOpened:
    """One guardian signs for a child. The same request again is the same form; a letter to a live state makes none."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        letter = await own_letter(tx, account_id, announcement_id, now)
        new = NewForm(
            form_id=form_id,
            title=letter["title"],
            body=letter["body"],
            questions=[],
            audience=msgspec.json.decode(letter["audience"], type=To),
            signature="one",
            due_on=due_on,
        )
        made, _ = await open_form(tx, account_id, new, at=now)
        return made
