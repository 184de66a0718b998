"""A teacher's desk of conversations: what waits first, one conversation with its requests, and one message to a class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.attendance.actions import take_roll
from backend.attendance.queries import class_day
from backend.console import carrying
from backend.console import queries as console
from backend.console.desks import AnyRequest, console_page, desk_of, today_of
from backend.console.warning import not_seen
from backend.core.clock import school_day
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.messages import acceptance, actions, blocks, changing, deciding, groups, queries
from backend.pages import Refusal, go
from backend.pages.forms import into, whole_number
from backend.pages.talk import BODY_BYTES_MAX, change_message, message_of, read_talk, refusal_of, shown
from schemas.attendance import RollException, RollIn
from schemas.drafts import CarriedMessage, Found
from schemas.messages import Decision, NewBlock, NewGroupMessage, NewMessage

_ROOT = "/console/{school_id:int}/messages"
_THREAD = _ROOT + "/{thread_id:uuid}"
_GROUP = "/console/{school_id:int}/group-messages"
QUICK = ("quick_yes", "quick_noted", "quick_call", "quick_meet")


@get(_ROOT, include_in_schema=False, **STAFF)
async def messages_page(request: AnyRequest, school_id: FromPath[int], q: FromQuery[str] = "") -> Response[bytes]:
    desk = await desk_of(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    reader, language = house.database.reader, language_of(request)
    found = await queries.staff_threads(reader, school_id, account_id, today_of(request), language)
    hits = []
    if q.strip():
        searched = await queries.search_messages(
            reader, school_id, account_id, today_of(request), q[:200], language, side="school"
        )
        hits = searched.messages
    return console_page(
        request,
        desk,
        "console/messages.html",
        heads=found.threads,
        standing=await deciding.standing_today(reader, school_id, account_id, house.clock.now()),
        q=q,
        found=hits,
    )


@get(_THREAD, include_in_schema=False, **STAFF)
async def thread_page(
    request: AnyRequest, school_id: FromPath[int], thread_id: FromPath[UUID], before: FromQuery[UUID | None] = None
) -> Response[bytes]:
    """Opening it here is reading it; in quiet hours the family is told of that later."""
    return await _show(request, school_id, thread_id, {}, before=before)


@post(_THREAD, include_in_schema=False, request_max_body_size=BODY_BYTES_MAX, **STAFF)
async def write(request: AnyRequest, school_id: FromPath[int], thread_id: FromPath[UUID]) -> Response[bytes]:
    form, files = await read_talk(request)
    house, account_id = house_of(request), principal_of(request).account_id
    await queries.require_party(house.database.reader, school_id, account_id, thread_id, house.clock.now())
    try:
        if form.get("do") == "block":
            values = {**form, "block_id": str(new_id()), "thread_id": str(thread_id)}
            wanted = {name: values.get(name, "") for name in ("block_id", "thread_id", "guardian_id", "reason")}
            await blocks.ask_block(house, account_id, school_id, into(NewBlock, wanted))
            return go(f"/console/{school_id}/messages/{thread_id}", "messages.block_asked_said")
        new = into(NewMessage, await message_of(house, account_id, school_id, form, files))
        await actions.send(house, account_id, school_id, thread_id, new, language_of(request))
    except Problem as problem:
        return await _show(request, school_id, thread_id, form, refused=refusal_of(request, problem))
    return go(f"/console/{school_id}/messages/{thread_id}", "messages.sent")


@post(_THREAD + "/{message_id:uuid}", include_in_schema=False, **STAFF)
async def change(
    request: AnyRequest, school_id: FromPath[int], thread_id: FromPath[UUID], message_id: FromPath[UUID]
) -> Response[bytes]:
    """`do`: confirm or decline what was asked for; edit, withdraw, report."""
    form, _ = await read_talk(request)
    house, account_id = house_of(request), principal_of(request).account_id
    await queries.require_party(house.database.reader, school_id, account_id, thread_id, house.clock.now())
    try:
        if form.get("do") in ("confirmed", "declined"):
            await _decide(request, school_id, message_id, form)
            said = f"messages.{form['do']}_said"
        else:
            said = await change_message(house, account_id, school_id, thread_id, message_id, form)
    except Problem as problem:
        return await _show(request, school_id, thread_id, {}, refused=refusal_of(request, problem))
    return go(f"/console/{school_id}/messages/{thread_id}", said)


@post("/console/{school_id:int}/message-requests/{message_id:uuid}", include_in_schema=False, **STAFF)
async def decide(request: AnyRequest, school_id: FromPath[int], message_id: FromPath[UUID]) -> Response[bytes]:
    """One tap, from the inbox or from the roll (`class_id`, `day`)."""
    form, _ = await read_talk(request)
    await desk_of(request, school_id)
    await _decide(request, school_id, message_id, form)
    said = "messages.declined_said" if form.get("do") == "declined" else "messages.confirmed_said"
    try:
        class_id = UUID(form.get("class_id", ""))
    except ValueError:
        return go(f"/console/{school_id}/messages", said)
    return go(f"/console/{school_id}/classes/{class_id}/roll", said)


async def _decide(request: AnyRequest, school_id: int, message_id: UUID, form: dict[str, str]) -> None:
    """An absence that is confirmed after the roll was called also mends the roll, through the roll's own action."""
    house, account_id = house_of(request), principal_of(request).account_id
    state = "declined" if form.get("do") == "declined" else "confirmed"
    decision = into(Decision, {"state": state, "note": form.get("note", "")})
    decided = await deciding.decide(house, account_id, school_id, message_id, decision)
    today = today_of(request)
    if state == "confirmed" and decided.kind == "absent" and decided.from_on <= today <= decided.to_on:
        await _excuse(request, school_id, decided)


async def _excuse(request: AnyRequest, school_id: int, decided: deciding.Decided) -> None:
    house, account_id, today = house_of(request), principal_of(request).account_id, today_of(request)
    if decided.class_id is None:
        return
    try:
        roll = await class_day(house.database.reader, school_id, account_id, decided.class_id, today, today=today)
    except Problem:
        return  # whoever does not teach the class does not touch its roll
    for taken in roll.taken:
        marks = [(p.pupil_id, m) for p in roll.pupils for m in p.marks if m.session == taken.session]
        if not any(pupil_id == decided.pupil_id and m.mark == "unexcused" for pupil_id, m in marks):
            continue
        exceptions = [
            RollException(pupil_id, "excused" if pupil_id == decided.pupil_id else m.mark, m.note)
            for pupil_id, m in marks
            if m.mark != "present"
        ]
        corrected = RollIn(exceptions, revision=taken.revision, make_up=roll.closed is not None)
        await take_roll(house, account_id, school_id, decided.class_id, today, taken.session, corrected)


@get(_GROUP + "/new", include_in_schema=False, **STAFF)
async def group_form(
    request: AnyRequest,
    school_id: FromPath[int],
    class_id: FromQuery[UUID | None] = None,
    draft: FromQuery[UUID | None] = None,
) -> Response[bytes]:
    """`draft`: a message that came back from approval, or was taken back."""
    if draft is not None:
        return await _group(request, school_id, carrying.fields_of(await carrying.draft_of(request, school_id, draft)))
    return await _group(request, school_id, {"class_id": str(class_id or "")})


@post(_GROUP + "/new", include_in_schema=False, **STAFF)
async def send_to_group(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    form, _ = await read_talk(request)
    await desk_of(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    accepts = form.get("accepts_rules", "")
    try:
        new = into(
            NewGroupMessage,
            {
                "group_message_id": form.get("group_message_id", ""),
                "class_id": form.get("class_id", ""),
                "text": form.get("text", "").strip(),
                "awaits_answer": form.get("awaits_answer") == "yes",
                "accepts_rules": whole_number(accepts),
            },
        )
        if warned := await not_seen(request, school_id, new.text, form):
            return await _group(request, school_id, form, warned=warned)
        if await carrying.waits(request, school_id, form):
            return await carrying.submitted(request, school_id, new.group_message_id, CarriedMessage(new), form)
        await groups.send_to_group(house, account_id, school_id, new)
    except Problem as problem:
        return await _group(request, school_id, form, refused=refusal_of(request, problem))
    return go(f"/console/{school_id}/group-messages/{new.group_message_id}", "messages.sent")


async def _group(
    request: AnyRequest,
    school_id: int,
    form: dict[str, str],
    *,
    refused: Refusal | None = None,
    warned: Sequence[Found] = (),
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    reader = house.database.reader
    today = await console.today(reader, school_id, account_id, on=today_of(request))
    return console_page(
        request,
        desk,
        "console/group_message_form.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/group-messages/new",
        classes=today.classes if desk.admin else [one for one in today.classes if one.mine],
        form=form,
        warned=warned,
        group_message_id=form.get("group_message_id") or new_id(),
        rules=await acceptance.rules_for(reader, school_id, account_id, house.clock.now(), language_of(request)),
        refused=refused,
    )


@get(_GROUP + "/{group_message_id:uuid}", include_in_schema=False, **STAFF)
async def group_page(
    request: AnyRequest, school_id: FromPath[int], group_message_id: FromPath[UUID]
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    house = house_of(request)
    found = await groups.group_message(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        group_message_id,
        house.clock.now(),
        language_of(request),
    )
    return console_page(request, desk, "console/group_message.html", group=found)


async def _show(
    request: AnyRequest,
    school_id: int,
    thread_id: UUID,
    form: dict[str, str],
    *,
    before: UUID | None = None,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    house, account_id, language = house_of(request), principal_of(request).account_id, language_of(request)
    reader, now = house.database.reader, house.clock.now()
    found = await queries.thread(reader, school_id, account_id, thread_id, now, language, before=before)
    theirs = [one for one in found.messages if one.side == "family"]
    if theirs and before is None:
        await changing.read_up_to(house, account_id, school_id, thread_id, theirs[-1].message_id)
    return console_page(
        request,
        desk,
        "console/message_thread.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/messages/{thread_id}",
        talk=found,
        lines=shown(found.messages),
        family=await queries.family_of(reader, school_id, found.head.pupil_id, school_day(now)),
        form=form,
        message_id=form.get("message_id") or new_id(),
        quick=QUICK,
        rules=await acceptance.rules_for(reader, school_id, account_id, now, language),
        refused=refused,
    )


ROUTES: list[Any] = [
    messages_page,
    thread_page,
    write,
    change,
    decide,
    group_form,
    send_to_group,
    group_page,
]
