"""A letter that asks for consent becomes a form in one tap: its words, its families, its last day. The forms room owns the form."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from backend.announcements.reminding import own_letter
from backend.core.house import House
from backend.core.problems import CONFLICT
from backend.forms.actions import open_form
from schemas.announcements import To
from schemas.forms import FormOpened, NewForm

_AUDIENCE = """
SELECT n.audience::text AS audience, n.body
  FROM announcements n
 WHERE n.school_id = $1
   AND n.announcement_id = $2
"""


async def make_form(
    house: House, account_id: UUID, school_id: int, announcement_id: UUID, form_id: UUID, due_on: date
) -> FormOpened:
    """One guardian signs for a child. The same request again is the same form; a letter to a live state makes none."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        letter = await own_letter(tx, account_id, announcement_id, now)
        row: Any = await tx.fetchrow(_AUDIENCE, school_id, announcement_id)
        if row is None:
            raise CONFLICT()
        new = NewForm(
            form_id=form_id,
            title=letter["title"],
            body=row["body"],
            questions=[],
            audience=msgspec.json.decode(row["audience"], type=To),
            signature="one",
            due_on=due_on,
        )
        made, _ = await open_form(tx, account_id, new, at=now)
        return made
