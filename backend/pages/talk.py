"""What the pages of both sides of a conversation share: reading the form with its files, folding thanks. It holds no rule about a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile

from backend.core.house import House
from backend.core.http import language_of, open_form
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.files.actions import upload
from backend.files.content import FILE_BYTES_MAX
from backend.messages import changing, moderation
from backend.pages.forms import Refusal, into, whole_number
from schemas.messages import EditedText, MessageRow, NewReport

AnyRequest = Request[Any, Any, Any]
# Three pictures of a phone, with a little around them; the JSON door takes them one by one.
BODY_BYTES_MAX = 3 * FILE_BYTES_MAX + 65_536
FILES_MAX = 3
_SHOWN_IN_FORM = frozenset({400, 409, 413, 415, 422, 429, 503})

_FIELDS = {
    "absent": ("from_on", "to_on", "reason"),
    "late": ("on", "arrives_at", "reason"),
    "pickup": ("on", "collector", "phone", "until_on", "leaves_at", "reason"),
    "medicine": ("name", "dose", "from_on", "until_on", "note"),
}


async def read_talk(request: AnyRequest) -> tuple[dict[str, str], list[UploadFile]]:
    """Texts by name (the last of each), and the files that were chosen."""
    form = await open_form(request)
    texts = {name: value for name, value in form.items() if not isinstance(value, UploadFile)}
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile) and value.filename]
    return texts, files[:FILES_MAX]


async def message_of(
    house: House, account_id: UUID, school_id: int, form: dict[str, str], files: Sequence[UploadFile]
) -> dict[str, Any]:
    """The values of a NewMessage. Files are kept first, so that a form that comes back need not send them again."""
    kept = [one for one in form.get("kept", "").split(",") if one]
    for file in files:
        file_id = new_id()
        data = await file.read(FILE_BYTES_MAX + 1)
        await upload(house, account_id, school_id, file_id=file_id, name=file.filename or "", data=data)
        kept.append(str(file_id))
    form["kept"] = ",".join(kept)
    values: dict[str, Any] = {
        "message_id": form.get("message_id", ""),
        "text": form.get("text", ""),
        "file_ids": kept,
        "awaits_answer": form.get("awaits_answer") == "yes",
        "accepts_rules": whole_number(form.get("accepts_rules", "")),
    }
    kind = form.get("kind", "")
    if kind == "urgent":
        values["urgent"] = {"reason": form.get("reason", ""), "words": form.get("words", "").strip()}
    elif kind in _FIELDS:
        values["request"] = _request(kind, form)
    return values


def _request(kind: str, form: dict[str, str]) -> dict[str, Any]:
    request: dict[str, Any] = {"kind": kind, **{name: form.get(name, "").strip() for name in _FIELDS[kind]}}
    if kind == "pickup":
        request["until_on"], request["leaves_at"] = request["until_on"] or None, request["leaves_at"] or None
    if kind == "absent":
        request["to_on"] = request["to_on"] or request["from_on"]
    if kind == "medicine":
        request["at"] = [form[name].strip() for name in ("at_1", "at_2", "at_3") if form.get(name, "").strip()]
        request["until_on"] = request["until_on"] or request["from_on"]
    return request


async def change_message(
    house: House, account_id: UUID, school_id: int, thread_id: UUID, message_id: UUID, form: dict[str, str]
) -> str:
    """`do`: report, edit, withdraw. Answers the word that says what was done."""
    match form.get("do"):
        case "report":
            values = {"report_id": str(new_id()), "reason": form.get("reason", ""), "note": form.get("note", "")}
            await moderation.report(house, account_id, school_id, thread_id, message_id, into(NewReport, values))
            return "messages.reported_said"
        case "edit":
            text = into(EditedText, {"text": form.get("text", "")}).text
            await changing.edit(house, account_id, school_id, thread_id, message_id, text)
            return "messages.edited_said"
        case _:
            await changing.withdraw(house, account_id, school_id, thread_id, message_id)
            return "messages.withdrawn_said"


class TalkRefusal(Refusal):
    """The fields of a form are flat; those of the message that it becomes lie under `request` and `urgent`."""

    def at(self, field: str) -> str | None:
        plain = field.partition("_")[0] if field.startswith("at_") else field
        under = (f"request/{plain}", f"urgent/{plain}", plain, f"request/{plain}/0")
        return next((said for name in under if (said := self.fields.get(name))), None)


def refusal_of(request: AnyRequest, problem: Problem) -> Refusal:
    """For the form to show; raises the problem again where it is about the page and not the form."""
    if problem.kind.status not in _SHOWN_IN_FORM and problem.kind.name != "messages-blocked":
        raise problem
    return TalkRefusal(problem, language_of(request))


class Line(msgspec.Struct, frozen=True):
    """One message, or several thanks in a row folded into one small line."""

    message: MessageRow | None
    folded: list[MessageRow]


def shown(messages: Sequence[MessageRow]) -> list[Line]:
    lines: list[Line] = []
    for message in messages:
        if not message.folded or message.state != "written":
            lines.append(Line(message, []))
        elif lines and lines[-1].message is None:
            lines[-1].folded.append(message)
        else:
            lines.append(Line(None, [message]))
    return lines
