"""Forms and messages to a class sent from the console: at once where nothing waits, else as a draft like a letter. The announcements room decides."""

from __future__ import annotations

from uuid import UUID

from litestar import Response

from backend.announcements import carrying, draft_queries
from backend.console.desks import AnyRequest, today_of
from backend.console.writing import to_of
from backend.core.http import house_of
from backend.core.problems import NOT_FOUND
from backend.identity.principal import principal_of
from backend.pages import go
from backend.pages.forms import whole_number
from schemas.drafts import Carried, CarriedEvent, CarriedForm, CarriedIn, CarriedMessage, CarriedWords, Draft


async def waits(request: AnyRequest, school_id: int, form: dict[str, str]) -> bool:
    """Also for what has been a draft before: it goes on as one."""
    if form.get("version"):
        return True
    return await carrying.must_wait(house_of(request), principal_of(request).account_id, school_id)


async def submitted(
    request: AnyRequest, school_id: int, draft_id: UUID, what: Carried, form: dict[str, str]
) -> Response[bytes]:
    """On to the draft's page, which tells when it leaves or who has to approve."""
    new = CarriedIn(what, whole_number(form.get("version", "")) or 0)
    await carrying.submit(house_of(request), principal_of(request).account_id, school_id, draft_id, new)
    return go(f"/console/{school_id}/announcements/drafts/{draft_id}")


async def draft_of(request: AnyRequest, school_id: int, draft_id: UUID) -> Draft:
    """One's own that may be written anew. Raises NOT_FOUND for others."""
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    found = await draft_queries.draft(reader, school_id, account_id, draft_id, today=today_of(request))
    if found.carried is None or "edit" not in found.may:
        raise NOT_FOUND()
    return found


def fields_of(draft: Draft) -> dict[str, str]:
    """As the page of its kind is filled in; questions are rows and not among them."""
    fields = {"version": str(draft.version), "to": to_of(draft.letter.audience)}
    match draft.carried:
        case CarriedForm(form):
            return fields | {
                "form_id": str(form.form_id),
                "title": form.title,
                "body": form.body,
                "signature": form.signature,
                "due_on": form.due_on.isoformat(),
                "remind_days": ", ".join(map(str, form.remind_days)),
            }
        case CarriedWords(_, text):
            return fields | {
                "title": text.title,
                "body": text.body,
                "new_version": "yes" if text.new_version else "",
            }
        case CarriedMessage(message):
            return fields | {
                "group_message_id": str(message.group_message_id),
                "class_id": str(message.class_id),
                "text": message.text,
                "awaits_answer": "yes" if message.awaits_answer else "",
            }
    return fields


def edited_at(school_id: int, draft: Draft) -> str | None:
    """The page where it is written anew. None for a letter."""
    match draft.carried:
        case CarriedForm():
            return f"/console/{school_id}/forms/new?draft={draft.announcement_id}"
        case CarriedWords(form_id):
            return f"/console/{school_id}/forms/{form_id}/text?draft={draft.announcement_id}"
        case CarriedMessage():
            return f"/console/{school_id}/group-messages/new?draft={draft.announcement_id}"
        case CarriedEvent(announcement_id):
            return f"/console/{school_id}/announcements/{announcement_id}"
    return None


def went_to(school_id: int, draft: Draft) -> str:
    """Where it stands once it has left."""
    match draft.carried:
        case CarriedForm(form):
            return f"/console/{school_id}/forms/{form.form_id}"
        case CarriedWords(form_id):
            return f"/console/{school_id}/forms/{form_id}"
        case CarriedMessage(message):
            return f"/console/{school_id}/group-messages/{message.group_message_id}"
        case CarriedEvent(announcement_id):
            return f"/console/{school_id}/announcements/{announcement_id}"
    return f"/console/{school_id}/announcements/{draft.announcement_id}"
