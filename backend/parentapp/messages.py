"""The family's conversations with the school: the list, whom to write to, one conversation with its forms. The messages room decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.core.clock import school_day
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.messages import acceptance, actions, changing, offers, opening, queries
from backend.messages.routes_bot import with_the_bot
from backend.messages.thanks import is_nod
from backend.pages import Refusal, go, page
from backend.pages.forms import into
from backend.pages.talk import BODY_BYTES_MAX, change_message, message_of, read_talk, refusal_of, shown
from backend.parentapp.family import AnyRequest, all_children, child_of, today
from schemas.messages import NewMessage, NewThread, Question


class _Offer(msgspec.Struct):
    offer_id: UUID


_LIST = "/app/messages"
_NEW = "/app/{school_id:int}/children/{pupil_id:uuid}/messages/new"
_THREAD = "/app/{school_id:int}/messages/{thread_id:uuid}"
KINDS = ("absent", "late", "pickup", "medicine", "urgent")


@get(_LIST, include_in_schema=False, **GUARDIAN)
async def messages_page(request: AnyRequest, q: FromQuery[str] = "") -> Response[bytes]:
    house, principal = house_of(request), principal_of(request)
    reader, language = house.database.reader, language_of(request)
    heads, found = [], []
    for school_id in principal.guardian_in:
        heads += await queries.family_threads(reader, school_id, principal.account_id, today(request), language)
        if q.strip():
            one = await queries.search_messages(
                reader, school_id, principal.account_id, today(request), q[:200], language, side="family"
            )
            found += one.messages
    children = await all_children(request)
    heads.sort(key=lambda head: str(head.last_at), reverse=True)
    return page(request, "app/messages.html", heads=heads, children=children, q=q, found=found, kinds=KINDS)


@get(_NEW, include_in_schema=False, **GUARDIAN)
async def new_page(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], kind: FromQuery[str] = ""
) -> Response[bytes]:
    return await _contacts(request, school_id, pupil_id, kind)


@post(_NEW, include_in_schema=False, **GUARDIAN)
async def open_page(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> Response[bytes]:
    form, _ = await read_talk(request)
    house, account_id = house_of(request), principal_of(request).account_id
    desk, _, staff_id = form.get("to", "").partition(":")
    kind = form.get("kind", "") if form.get("kind") in KINDS else ""
    await child_of(request, school_id, pupil_id)
    try:
        new = into(
            NewThread,
            {
                "thread_id": str(new_id()),
                "pupil_id": str(pupil_id),
                "desk": desk,
                "staff_id": staff_id or None,
                "private": form.get("private") == "yes",
            },
        )
        thread_id, _ = await opening.open_thread(house, account_id, school_id, new)
    except Problem as problem:
        return await _contacts(request, school_id, pupil_id, kind, refused=refusal_of(request, problem))
    kind = "urgent" if desk == "duty" else kind
    return go(f"/app/{school_id}/messages/{thread_id}" + (f"?kind={kind}" if kind else ""))


async def _contacts(
    request: AnyRequest, school_id: int, pupil_id: UUID, kind: str, *, refused: Refusal | None = None
) -> Response[bytes]:
    house = house_of(request)
    found = await opening.contacts(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        pupil_id,
        house.clock.now(),
        language_of(request),
    )
    child = await child_of(request, school_id, pupil_id)
    return page(
        request,
        "app/message_new.html",
        status=refused.status if refused else 200,
        contacts=found.contacts,
        child=child,
        kind=kind if kind in KINDS else "",
        refused=refused,
    )


@get(_THREAD, include_in_schema=False, **GUARDIAN)
async def thread_page(
    request: AnyRequest,
    school_id: FromPath[int],
    thread_id: FromPath[UUID],
    kind: FromQuery[str] = "",
    before: FromQuery[UUID | None] = None,
) -> Response[bytes]:
    """Opening it here is reading it."""
    return await _show(request, school_id, thread_id, {"kind": kind if kind in KINDS else ""}, before=before)


@post(_THREAD, include_in_schema=False, request_max_body_size=BODY_BYTES_MAX, **GUARDIAN)
async def talk(request: AnyRequest, school_id: FromPath[int], thread_id: FromPath[UUID]) -> Response[bytes]:
    """`do`: send, send after suggestions were looked at (`asked`), `answered` by one of them, mute or hear."""
    form, files = await read_talk(request)
    house, account_id, language = house_of(request), principal_of(request).account_id, language_of(request)
    here = f"/app/{school_id}/messages/{thread_id}"
    try:
        match form.get("do", "send"):
            case "mute" | "hear":
                await changing.mute(house, account_id, school_id, thread_id, form["do"] == "mute")
                return go(here)
            case "answered":
                offer_id = into(_Offer, {"offer_id": form.get("offer_id", "")}).offer_id
                kind = form.get("answered_by", "announcement")
                await offers.answered(house, account_id, school_id, offer_id, kind)
                return go(here, "messages.glad")
        found = None if form.get("asked") else await _offered(request, school_id, thread_id, form, bool(files))
        if found:
            return await _show(request, school_id, thread_id, form, suggested=found)
        new = into(NewMessage, await message_of(house, account_id, school_id, form, files))
        posted, _ = await actions.send(house, account_id, school_id, thread_id, new, language)
    except Problem as problem:
        return await _show(request, school_id, thread_id, form, refused=refusal_of(request, problem))
    there = f"/app/{school_id}/messages/{posted.thread_id}"
    if posted.promise:
        return go(there, "messages.sent_promise", promise=posted.promise)
    return go(there, "messages.sent_urgent" if new.urgent else "messages.sent")


async def _offered(
    request: AnyRequest, school_id: int, thread_id: UUID, form: dict[str, str], files: bool
) -> tuple[UUID, list[Any]] | None:
    """What may answer a plain question already. Nothing for thanks, for typed messages, and when nothing fits."""
    text = form.get("text", "").strip()
    if files or form.get("kind") or len(text) < 8 or is_nod(text):
        return None
    house, account_id, language = house_of(request), principal_of(request).account_id, language_of(request)
    who = await queries.require_party(house.database.reader, school_id, account_id, thread_id, house.clock.now())
    question = Question(new_id(), who.pupil_id, text[:4000])
    suggested = await offers.suggestions(house, account_id, school_id, question, language)
    suggested = await with_the_bot(house, account_id, question, suggested, language)
    if not suggested:
        return None
    await offers.keep_offer(house, account_id, school_id, question, len(suggested))
    return question.offer_id, suggested


@post(_THREAD + "/{message_id:uuid}", include_in_schema=False, **GUARDIAN)
async def change(
    request: AnyRequest, school_id: FromPath[int], thread_id: FromPath[UUID], message_id: FromPath[UUID]
) -> Response[bytes]:
    """`do`: withdraw, edit, report."""
    form, _ = await read_talk(request)
    house, account_id = house_of(request), principal_of(request).account_id
    try:
        said = await change_message(house, account_id, school_id, thread_id, message_id, form)
    except Problem as problem:
        return await _show(request, school_id, thread_id, {}, refused=refusal_of(request, problem))
    return go(f"/app/{school_id}/messages/{thread_id}", said)


async def _show(
    request: AnyRequest,
    school_id: int,
    thread_id: UUID,
    form: dict[str, str],
    *,
    before: UUID | None = None,
    suggested: tuple[UUID, list[Any]] | None = None,
    refused: Refusal | None = None,
) -> Response[bytes]:
    house, account_id, language = house_of(request), principal_of(request).account_id, language_of(request)
    reader, now = house.database.reader, house.clock.now()
    found = await queries.thread(reader, school_id, account_id, thread_id, now, language, before=before)
    theirs = [one for one in found.messages if one.side == "school"]
    if theirs and before is None:
        await changing.read_up_to(house, account_id, school_id, thread_id, theirs[-1].message_id)
    rules = await acceptance.rules_for(reader, school_id, account_id, now, language)
    return page(
        request,
        "app/message_thread.html",
        status=refused.status if refused else 200,
        back_path=f"/app/{school_id}/messages/{thread_id}",
        talk=found,
        lines=shown(found.messages),
        form={"kind": "urgent", **form} if found.head.desk == "duty" and "kind" not in form else form,
        message_id=form.get("message_id") or new_id(),
        on=school_day(now),
        rules=rules,
        suggested=suggested,
        refused=refused,
        kinds=KINDS,
    )


ROUTES: list[Any] = [messages_page, new_page, open_page, thread_page, talk, change]
