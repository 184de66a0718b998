"""One conversation with a family as a page: take it, answer, give it on, hand back. Every deed is a form; a script only makes it live."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Literal
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from backend.console.desks import AnyRequest, console_page, desk_of, shown_in_form, today_of
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import INVALID, NOT_FOUND, FieldError, Problem
from backend.files.actions import upload
from backend.files.content import FILE_BYTES_MAX
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.messages.hours import translates
from backend.messages.translation import NOT_TRANSLATED, ask
from backend.pages import Refusal, go
from backend.pages.forms import into, open_form, whole_number
from bots import canned, desk, desk_reading
from schemas.conversations import AssignTo, Conversation, NewWord

_ONE = "/console/{school_id:int}/inbox/{handoff_id:uuid}"
_NO_TEXT = ("Chưa chọn câu trả lời mẫu.", "No ready answer is chosen.")


@get(_ONE, include_in_schema=False, **STAFF)
async def conversation_page(
    request: AnyRequest, school_id: FromPath[int], handoff_id: FromPath[UUID]
) -> Response[bytes]:
    return await _show(request, school_id, handoff_id, {})


@post(_ONE, include_in_schema=False, request_max_body_size=FILE_BYTES_MAX + 65_536, **STAFF)
async def conversation_deed(
    request: AnyRequest, school_id: FromPath[int], handoff_id: FromPath[UUID]
) -> Response[bytes]:
    """`do`: take, assign, hand_back, close; canned fills the field, translate shows a word in the reader's language; else a reply."""
    sent = await open_form(request)
    form = {name: value for name, value in sent.items() if not isinstance(value, UploadFile)}
    await _seen(request, school_id, handoff_id)  # who may not see it learns nothing of its form
    here = f"/console/{school_id}/inbox/{handoff_id}"
    do = form.get("do", "reply")
    try:
        if do == "canned":
            return await _with_canned(request, school_id, handoff_id, form)
        if do == "translate":
            return await _translated(request, school_id, handoff_id, form)
        if do == "reply":
            await _uploaded(request, school_id, sent.get("picture"), form)
        await _deed(request, school_id, handoff_id, do, form)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _show(request, school_id, handoff_id, form, refused=refused)
    if do in ("take", "assign", "hand_back", "close"):
        # Who gave it to somebody else and does not keep the inbox sees it no more.
        stays = do == "take" or (await desk_of(request, school_id)).keeps_inbox
        return go(here if stays else f"/console/{school_id}/inbox", f"console.inbox_{do}_said")
    return go(here + "#foot")


def _deed(
    request: AnyRequest, school_id: int, handoff_id: UUID, do: str, form: dict[str, str]
) -> Awaitable[Any]:  # fmt: skip
    house, account_id = house_of(request), principal_of(request).account_id
    if do == "take":
        return desk.take(house, account_id, school_id, handoff_id)
    if do == "assign":
        wanted = into(AssignTo, {"staff_id": form.get("staff_id", "")})
        return desk.assign(house, account_id, school_id, handoff_id, wanted)
    if do in ("hand_back", "close"):
        how: Literal["hand_back", "close"] = "close" if do == "close" else "hand_back"
        return desk.finish(house, account_id, school_id, handoff_id, how)
    values = {"word_id": form.get("word_id") or str(new_id()), "file_id": form.get("file_id") or None}
    if text := form.get("text", "").strip():
        values["text"] = text
    return desk.reply(house, account_id, school_id, handoff_id, into(NewWord, values))


async def _uploaded(request: AnyRequest, school_id: int, sent: object, form: dict[str, str]) -> None:
    """A picture is kept before the answer is judged, so that nothing is lost when the answer is refused."""
    if not isinstance(sent, UploadFile) or not sent.filename:
        return
    data, file_id = await sent.read(FILE_BYTES_MAX + 1), new_id()
    account_id = principal_of(request).account_id
    await upload(house_of(request), account_id, school_id, file_id=file_id, name=sent.filename, data=data)
    form["file_id"] = str(file_id)


async def _seen(request: AnyRequest, school_id: int, handoff_id: UUID) -> Conversation:
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    return await desk_reading.conversation(reader, school_id, account_id, handoff_id, today_of(request))


async def _with_canned(
    request: AnyRequest, school_id: int, handoff_id: UUID, form: dict[str, str]
) -> Response[bytes]:  # fmt: skip
    """Without a script: the ready answer stands below what was typed."""
    ready = {str(one["canned_id"]): one["text"] for one in await _ready(request, school_id, handoff_id)}
    chosen = ready.get(form.get("canned_id", ""))
    if chosen is None:
        raise INVALID(FieldError("/canned_id", *_NO_TEXT))
    typed = form.get("text", "").strip()
    return await _show(request, school_id, handoff_id, {**form, "text": f"{typed}\n{chosen}".strip()})


async def _ready(
    request: AnyRequest, school_id: int, handoff_id: UUID, talk: Conversation | None = None
) -> list[dict[str, Any]]:
    house, account_id = house_of(request), principal_of(request).account_id
    answers = (await canned.read(house, account_id, school_id)).answers
    if not answers:
        return []
    talk = talk or await _seen(request, school_id, handoff_id)
    name = await desk_reading.my_name(house.database.reader, school_id, account_id)
    blanks = await canned.blanks_of(house.database.reader, school_id, talk, name)
    return [
        {"canned_id": one.canned_id, "title": one.title, "text": canned.filled(one, talk.language, blanks)}
        for one in answers
    ]


async def _translated(
    request: AnyRequest, school_id: int, handoff_id: UUID, form: dict[str, str]
) -> Response[bytes]:  # fmt: skip
    """Only on the reader's wish, and where the school and the operator allow it; nothing of it is kept."""
    house = house_of(request)
    number = whole_number(form.get("number", ""))
    talk = await _seen(request, school_id, handoff_id)
    said = next((one for one in talk.words if one.number == number and one.side == "family"), None)
    if said is None:
        raise NOT_FOUND()
    if not await _may_translate(request, school_id):
        raise NOT_TRANSLATED()
    settings, language = house.settings, language_of(request)
    text = await ask(settings.translation_url, settings.translation_api_key, said.text, language)
    return await _show(request, school_id, handoff_id, form, translated={said.number: text})


async def _may_translate(request: AnyRequest, school_id: int) -> bool:
    house = house_of(request)
    if not house.settings.translation_url:
        return False
    return await translates(house.database.reader, school_id, house.clock.now())


async def _show(
    request: AnyRequest,
    school_id: int,
    handoff_id: UUID,
    form: dict[str, str],
    *,
    translated: dict[int, str] | None = None,
    refused: Refusal | None = None,
) -> Response[bytes]:
    at = await desk_of(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    talk = await _seen(request, school_id, handoff_id)
    open_one = talk.state in ("waiting", "taken")
    people = []
    if open_one:
        reader, today = house.database.reader, today_of(request)
        people = (await desk_reading.assignees(reader, school_id, account_id, handoff_id, today)).staff
    return console_page(
        request,
        at,
        "console/conversation.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/inbox/{handoff_id}",
        talk=talk,
        open_one=open_one,
        answering=open_one and (talk.mine or talk.state == "waiting"),
        people=people,
        ready=await _ready(request, school_id, handoff_id, talk) if open_one else [],
        may_translate=await _may_translate(request, school_id),
        translated=translated or {},
        now=house.clock.now(),
        form=form,
        word_id=form.get("word_id") or new_id(),
        refused=refused,
    )


ROUTES: list[Any] = [conversation_page, conversation_deed]
