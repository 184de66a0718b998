"""A class's feed at the console: writing and tagging, approving, comments, reports and the school's settings. The feed's room decides."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from backend.console.desks import AnyRequest, admin_desk, console_page, desk_of, shown_in_form, today_of
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import NOT_FOUND, Problem
from backend.feed import consents, drafts, posts, queries, reports, settings, talk
from backend.files.actions import upload
from backend.files.content import FILE_BYTES_MAX
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into, open_form
from schemas.feed import CommentDecision, FeedReportDecision, FeedSettings, PostIn, SentBack, StaffPost

_ROOT = "/console/{school_id:int}/feed"
_CLASS = "/console/{school_id:int}/classes/{class_id:uuid}/feed"
# Ten pictures of a telephone.
_BODY_BYTES_MAX = 80 * 1024 * 1024


@get(_ROOT, include_in_schema=False, **STAFF)
async def feed_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _queue(request, school_id)


async def _queue(request: AnyRequest, school_id: int, *, refused: Refusal | None = None) -> Response[bytes]:
    """What waits for the reader; for administrators the reports and settings, too."""
    desk = await desk_of(request, school_id)
    reader, account_id, today = house_of(request).database.reader, principal_of(request).account_id, today_of(request)
    return console_page(
        request,
        desk,
        "console/feed_queue.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/feed",
        waiting=await queries.waiting(reader, school_id, account_id, today, language_of(request)),
        reports=(await reports.reports(reader, school_id, account_id, today)).reports if desk.admin else [],
        settings=await settings.of_school(reader, school_id),
        refused=refused,
    )


@get(_CLASS, include_in_schema=False, **STAFF)
async def class_page(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> Response[bytes]:
    return await _class(request, school_id, class_id)


async def _class(
    request: AnyRequest, school_id: int, class_id: UUID, *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, account_id, today = house_of(request).database.reader, principal_of(request).account_id, today_of(request)
    found = await queries.of_class(reader, school_id, account_id, class_id, today, language_of(request))
    return console_page(
        request,
        desk,
        "console/feed_class.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/classes/{class_id}/feed",
        feed=found,
        new_post=new_id(),
        refused=refused,
    )


@get(_CLASS + "/{post_id:uuid}", include_in_schema=False, **STAFF)
async def post_page(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], post_id: FromPath[UUID]
) -> Response[bytes]:
    return await _form(request, school_id, class_id, post_id)


async def _form(
    request: AnyRequest,
    school_id: int,
    class_id: UUID,
    post_id: UUID,
    *,
    refused: Refusal | None = None,
    form: dict[str, str] | None = None,
    warned: bool = False,
) -> Response[bytes]:
    """`warned`: the checker's findings are shown, and the next press hands in. `form` holds what was typed and could not be kept."""
    desk = await desk_of(request, school_id)
    reader, account_id, today = house_of(request).database.reader, principal_of(request).account_id, today_of(request)
    pupils = await consents.of_class(reader, school_id, account_id, class_id, today)
    kept = await _kept(request, school_id, class_id, post_id)
    return console_page(
        request,
        desk,
        "console/feed_form.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/classes/{class_id}/feed/{post_id}",
        pupils=pupils,
        post_id=post_id,
        kept=kept,
        form=form or _fields(kept),
        warned=warned,
        refused=refused,
    )


async def _kept(request: AnyRequest, school_id: int, class_id: UUID, post_id: UUID) -> StaffPost | None:
    """The draft, where it is kept already; a post that is no draft of the reader's is not changed here."""
    reader, account_id, today = house_of(request).database.reader, principal_of(request).account_id, today_of(request)
    try:
        found = await queries.post(reader, school_id, account_id, post_id, today, language_of(request))
    except Problem as problem:
        if problem.kind is not NOT_FOUND:
            raise
        return None
    if not found.mine or found.class_id != class_id or found.state not in ("draft", "waiting"):
        raise NOT_FOUND()
    return found


def _fields(kept: StaffPost | None) -> dict[str, str]:
    if kept is None:
        return {}
    fields = {"body": kept.body, "praise": str(kept.pupil_id or kept.kind)}
    if kept.comments_allowed:
        fields["comments_allowed"] = "yes"
    for photo in kept.photos:
        if photo.nobody_recognisable:
            fields[f"none-{photo.file_id}"] = "yes"
        fields |= {f"tag-{photo.file_id}-{one.pupil_id}": "yes" for one in photo.tags}
    return fields


@post(_CLASS + "/{post_id:uuid}", include_in_schema=False, request_max_body_size=_BODY_BYTES_MAX, **STAFF)
async def keep_post(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], post_id: FromPath[UUID]
) -> Response[bytes]:
    """`do`: save (pictures come and are tagged), hand_in (after a look at what the checker found), or hand_in_anyway."""
    house, account_id = house_of(request), principal_of(request).account_id
    await consents.of_class(house.database.reader, school_id, account_id, class_id, today_of(request))
    kept = await _kept(request, school_id, class_id, post_id)
    sent = await open_form(request)
    form = {name: value for name, value in sent.multi_items() if not isinstance(value, UploadFile)}
    here = f"/console/{school_id}/classes/{class_id}/feed"
    try:
        new = [await _uploaded(request, school_id, one) for one in sent.getall("photos", []) if _is_picture(one)]
        draft = into(PostIn, _draft(class_id, form, kept, new))
        await drafts.keep_draft(house, account_id, school_id, post_id, draft)
        if form.get("do") not in ("hand_in", "hand_in_anyway"):
            return go(f"{here}/{post_id}", "feed.saved")
        if form.get("do") == "hand_in":
            written = await _kept(request, school_id, class_id, post_id)
            if written is not None and written.findings:
                return await _form(request, school_id, class_id, post_id, warned=True)
        done = await posts.hand_in(house, account_id, school_id, post_id)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _form(request, school_id, class_id, post_id, refused=refused, form=form)
    return go(here, f"feed.said_{done.state}")


def _is_picture(sent: Any) -> bool:
    return isinstance(sent, UploadFile) and bool(sent.filename)


async def _uploaded(request: AnyRequest, school_id: int, sent: UploadFile) -> UUID:
    data = await sent.read(FILE_BYTES_MAX + 1)
    account_id, file_id = principal_of(request).account_id, new_id()
    await upload(house_of(request), account_id, school_id, file_id=file_id, name=sent.filename, data=data)
    return file_id


def _draft(class_id: UUID, form: dict[str, str], kept: StaffPost | None, new: list[UUID]) -> dict[str, Any]:
    praise = form.get("praise") or "news"
    single = praise not in ("news", "class_praise")
    photos: list[dict[str, Any]] = []
    for photo in kept.photos if kept else []:
        if form.get(f"remove-{photo.file_id}") == "yes":
            continue
        start = f"tag-{photo.file_id}-"
        tags = [name.removeprefix(start) for name in form if name.startswith(start)]
        nobody = form.get(f"none-{photo.file_id}") == "yes"
        photos.append({"file_id": str(photo.file_id), "pupil_ids": tags, "nobody_recognisable": nobody})
    return {
        "class_id": str(class_id),
        "body": form.get("body", "").strip(),
        "kind": "pupil_praise" if single else praise,
        "pupil_id": praise if single else None,
        "comments_allowed": form.get("comments_allowed") == "yes",
        "photos": [*photos, *({"file_id": str(one)} for one in new)],
    }


@post(_ROOT + "/posts/{post_id:uuid}/{deed:str}", include_in_schema=False, **STAFF)
async def post_deed(
    request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID], deed: FromPath[str]
) -> Response[bytes]:
    """approve, send-back, hide, show, delete."""
    house, account_id = house_of(request), principal_of(request).account_id
    found = await queries.post(
        house.database.reader, school_id, account_id, post_id, today_of(request), language_of(request)
    )
    form = await read_form(request)
    note = into(SentBack, {"note": form.get("note", "").strip()}).note
    deeds: dict[str, Any] = {
        "approve": lambda: posts.approve(house, account_id, school_id, post_id),
        "send-back": lambda: posts.send_back(house, account_id, school_id, post_id, note),
        "hide": lambda: posts.hide(house, account_id, school_id, post_id, note),
        "show": lambda: posts.show(house, account_id, school_id, post_id),
        "delete": lambda: drafts.delete_draft(house, account_id, school_id, post_id),
    }
    if deed not in deeds:
        raise NOT_FOUND()
    try:
        await deeds[deed]()
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _class(request, school_id, found.class_id, refused=refused)
    back = f"/console/{school_id}/feed" if deed in ("approve", "send-back") else f"/console/{school_id}/classes/{found.class_id}/feed"  # fmt: skip
    return go(back, "feed.done")


async def _decided(request: AnyRequest, school_id: int, deed: Awaitable[None]) -> Response[bytes]:
    try:
        await deed
    except Problem as problem:
        return await _queue(request, school_id, refused=Refusal(shown_in_form(problem), language_of(request)))
    return go(f"/console/{school_id}/feed", "feed.done")


@post(_ROOT + "/comments/{comment_id:uuid}", include_in_schema=False, **STAFF)
async def decide_comment(request: AnyRequest, school_id: FromPath[int], comment_id: FromPath[UUID]) -> Response[bytes]:
    form = await read_form(request)

    async def deed() -> None:
        state = into(CommentDecision, {"state": form.get("state", "")}).state
        await talk.decide(house_of(request), principal_of(request).account_id, school_id, comment_id, state)

    return await _decided(request, school_id, deed())


@post(_ROOT + "/reports/{report_id:uuid}", include_in_schema=False, **STAFF)
async def decide_report(request: AnyRequest, school_id: FromPath[int], report_id: FromPath[UUID]) -> Response[bytes]:
    await admin_desk(request, school_id)
    form = await read_form(request)

    async def deed() -> None:
        decision = into(FeedReportDecision, {"state": form.get("state", "")})
        await reports.decide(house_of(request), principal_of(request).account_id, school_id, report_id, decision)

    return await _decided(request, school_id, deed())


@post(_ROOT + "/settings", include_in_schema=False, **STAFF)
async def keep_settings(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    await admin_desk(request, school_id)
    form = await read_form(request)

    async def deed() -> None:
        values: dict[str, Any] = {name: form[name] for name in ("approval", "keep_days") if form.get(name)}
        kept = into(FeedSettings, values)
        kept = msgspec.structs.replace(kept, moderate_comments=form.get("moderate_comments") == "yes")
        await settings.keep(house_of(request), principal_of(request).account_id, school_id, kept)

    return await _decided(request, school_id, deed())


ROUTES: list[Any] = [
    feed_page,
    class_page,
    post_page,
    keep_post,
    post_deed,
    decide_comment,
    decide_report,
    keep_settings,
]
