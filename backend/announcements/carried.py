"""What is no letter and waits by the rules of letters: a form, other words for one, a message to a class, a date for the calendar. It owns no table.

Each kind is asked twice, when it is sent and when it leaves, by the room that owns it; this module only knows which room that is.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from backend.announcements.following import own_letter
from backend.announcements.happenings import in_words, put_in, require_addable
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.forms.actions import open_form, own_form, require_askable
from backend.forms.rewording import require_rewordable, reword_form
from backend.messages.groups import require_writable, send_in
from schemas.announcements import To, ToClass, ToPupils
from schemas.drafts import Carried, CarriedEvent, CarriedForm, CarriedMessage, CarriedWords, Letter


async def require_whole(tx: SchoolTx, account_id: UUID, carried: Carried, now: datetime) -> None:
    """Raises every wrong field, pointing at the form's or message's own, and FORBIDDEN where its writer may not write to these families."""
    match carried:
        case CarriedForm(form):
            await require_askable(tx, account_id, form, school_day(now))
        case CarriedWords(form_id, text):
            await require_rewordable(tx, account_id, form_id, text, now)
        case CarriedMessage(message):
            await require_writable(tx, account_id, message, now)
        case CarriedEvent(announcement_id, event):
            await require_addable(tx, account_id, announcement_id, event, now)


async def leave(tx: SchoolTx, account_id: UUID, carried: Carried, now: datetime) -> None:
    """Out to the families, in the caller's transaction."""
    match carried:
        case CarriedForm(form):
            await open_form(tx, account_id, form, at=now)
        case CarriedWords(form_id, text):
            await reword_form(tx, account_id, form_id, text, at=now)
        case CarriedMessage(message):
            await send_in(tx, account_id, message, now)
        case CarriedEvent(announcement_id, event):
            await put_in(tx, account_id, announcement_id, event, now)


async def letter_of(tx: SchoolTx, account_id: UUID, carried: Carried, now: datetime) -> Letter:
    """The words and the families, as the list, the look and the checker read them. What leaves is never made from this."""
    match carried:
        case CarriedForm(form):
            return Letter(form.title.strip(), form.body.strip(), form.audience)
        case CarriedWords(form_id, text):
            form = await own_form(tx, account_id, form_id, on=school_day(now))
            return Letter(text.title.strip(), text.body.strip(), msgspec.json.decode(form["audience"], type=To))
        case CarriedMessage(message):
            told = ToPupils(message.pupil_ids) if message.pupil_ids else ToClass(message.class_id)
            return Letter("", message.text.strip(), told)
        case CarriedEvent(announcement_id, event):
            row = await own_letter(tx, account_id, announcement_id, now)
            return Letter(event.title.strip(), in_words(event), msgspec.json.decode(row["audience"], type=To))
    raise AssertionError("every kind is named above")


def id_of(carried: Carried) -> UUID | None:
    """The id that its draft has to have; other words for a form may have any."""
    match carried:
        case CarriedForm(form):
            return form.form_id
        case CarriedMessage(message):
            return message.group_message_id
        case CarriedEvent(_, event):
            return event.event_id
    return None
