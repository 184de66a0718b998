"""Forms, messages to a class and dates on their way out: held for a second person or for the moment to think again, by the rules of letters.

They are drafts as letters are, so that undo, approval, return and the sweep are the same (drafts.py, leaving.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from backend.announcements import carried, draft_rows
from backend.announcements.drafts import require_author, require_state, require_version, set_off
from backend.announcements.rules import is_held, rules_of
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import CONFLICT, INVALID, FieldError
from backend.identity.entitlement import standing
from schemas.drafts import CarriedEvent, CarriedForm, CarriedIn

_OWN_ID = {CarriedForm: "/form_id", CarriedEvent: "/event_id"}
_OTHER_ID = (
    "Bản nháp phải mang đúng mã của biểu mẫu hay tin nhắn.",
    "The draft has to have the id of its form or message.",
)


async def submit(house: House, account_id: UUID, school_id: int, draft_id: UUID, new: CarriedIn) -> str:
    """Written and sent in one: `waiting` where the school wants a second person, else `scheduled`. The same request again is the same draft."""
    now = house.clock.now()
    if carried.id_of(new.carried) not in (None, draft_id):
        own = _OWN_ID.get(type(new.carried), "/group_message_id")
        raise INVALID(FieldError(own, *_OTHER_ID))
    async with house.database.school(school_id) as tx:
        who = await standing(tx, school_id, account_id, on=school_day(now))
        row = await draft_rows.locked(tx, draft_id)
        if row is not None:
            require_author(row, who)
            if draft_rows.carried_of(row) == new.carried and row["state"] in ("waiting", "scheduled", "published"):
                return str(row["state"])
            require_state(row, "draft")
        await carried.require_whole(tx, account_id, new.carried, now)
        letter = await carried.letter_of(tx, account_id, new.carried, now)
        if row is None:
            await _begin(tx, who.staff_id, account_id, draft_id, new, letter, now)
        else:
            require_version(row, new.version)
            await draft_rows.add_version(tx, draft_id, new.version + 1, letter, account_id, now, carried=new.carried)
        rules = await rules_of(tx, school_id)
        undo = rules.undo_seconds if new.undo_seconds is None else new.undo_seconds
        return await set_off(tx, account_id, draft_id, letter, now, held=is_held(who, rules), undo_seconds=undo)


async def _begin(
    tx: SchoolTx, staff_id: UUID, account_id: UUID, draft_id: UUID, new: CarriedIn, letter: Any, now: datetime
) -> None:
    """Raises CONFLICT where a letter stands under the id, or somebody began at the same moment."""
    if new.version != 0 or await draft_rows.is_published(tx, draft_id):
        raise CONFLICT()
    if not await draft_rows.begin(tx, draft_id, staff_id, letter, account_id, now, carried=new.carried):
        raise CONFLICT()


async def must_wait(house: House, account_id: UUID, school_id: int) -> bool:
    """Whether what this person writes now waits, for somebody else or for a moment."""
    reader = house.database.reader
    who = await standing(reader, school_id, account_id, on=school_day(house.clock.now()))
    rules = await rules_of(reader, school_id)
    return is_held(who, rules) or rules.undo_seconds > 0
