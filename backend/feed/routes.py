"""The doors of a class's feed for those who write and decide. What families see and do is in routes_family.py."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec.structs import replace

from backend.core.clock import school_day
from backend.core.http import house_of, language_of
from backend.feed import consents, drafts, posts, queries, reports, settings, talk
from backend.feed.checking import context_of, found_in
from backend.feed.routes_family import PICTURE, by_consent
from backend.feed.routes_family import ROUTES as FAMILY
from backend.identity.entitlement import standing
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from schemas.feed import (
    ClassConsents,
    CommentDecision,
    FeedReportDecision,
    FeedReports,
    FeedSettings,
    MoreTags,
    PostIn,
    PostKept,
    SentBack,
    StaffFeed,
    StaffPost,
    Waiting,
)

AnyRequest = Request[Any, Any, Any]
SCHOOL = "/v1/schools/{school_id:int}"
CLASS = SCHOOL + "/classes/{class_id:uuid}/feed"
POST = SCHOOL + "/feed/posts/{post_id:uuid}"
TAGS = ["feed"]


@get(SCHOOL + "/feed-settings", tags=TAGS, **STAFF)
async def feed_settings(request: AnyRequest, school_id: FromPath[int]) -> FeedSettings:
    """Who approves posts, whether comments wait, and how long posts stay after the school year."""
    house, account_id = house_of(request), principal_of(request).account_id
    await standing(house.database.reader, school_id, account_id, on=school_day(house.clock.now()))
    return await settings.of_school(house.database.reader, school_id)


@put(SCHOOL + "/feed-settings", tags=TAGS, status_code=204, **STAFF)
async def keep_feed_settings(request: AnyRequest, school_id: FromPath[int], data: JSONBody[FeedSettings]) -> None:
    """For the administrator."""
    await settings.keep(house_of(request), principal_of(request).account_id, school_id, data)


@get(CLASS, tags=TAGS, **STAFF)
async def class_feed(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> StaffFeed:
    """A class's posts in every state, for its teachers and the administrator. Drafts are shown to their author only."""
    house, account_id = house_of(request), principal_of(request).account_id
    today = school_day(house.clock.now())
    return await queries.of_class(
        house.database.reader, school_id, account_id, class_id, today, language_of(request)
    )  # fmt: skip


@get(CLASS + "/consents", tags=TAGS, **STAFF)
async def class_consents(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> ClassConsents:
    """How far each pupil may be shown, before a picture is tagged. Who said so, only the family knows."""
    house, account_id = house_of(request), principal_of(request).account_id
    return await consents.of_class(
        house.database.reader, school_id, account_id, class_id, school_day(house.clock.now())
    )  # fmt: skip


@get(SCHOOL + "/feed/waiting", tags=TAGS, **STAFF)
async def feed_waiting(request: AnyRequest, school_id: FromPath[int]) -> Waiting:
    """Posts and comments on which the reader may decide, the longest waiting first."""
    house, account_id = house_of(request), principal_of(request).account_id
    return await queries.waiting(
        house.database.reader, school_id, account_id, school_day(house.clock.now()), language_of(request)
    )


@get(POST, tags=TAGS, **STAFF)
async def staff_post(request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID]) -> StaffPost:
    """One post, with who is on its pictures and whether their families agree."""
    house, account_id = house_of(request), principal_of(request).account_id
    today = school_day(house.clock.now())
    return await queries.post(house.database.reader, school_id, account_id, post_id, today, language_of(request))


@put(
    POST,
    tags=TAGS,
    status_code=201,
    responses={200: ResponseSpec(PostKept, description="The draft was there and is changed", generate_examples=False)},
    **STAFF,
)
async def keep_post(
    request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID], data: JSONBody[PostIn]
) -> Response[PostKept]:
    """Keep a draft as a whole, under an id of the client's. A post that waits goes back to a draft; a published one stays."""
    account_id = principal_of(request).account_id
    kept, new = await drafts.keep_draft(house_of(request), account_id, school_id, post_id, data)
    kept = await _with_findings(request, school_id, kept)
    return Response(kept, status_code=201 if new else 200)


@delete(POST, tags=TAGS, **STAFF)
async def delete_post(request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID]) -> None:
    """Delete one's own draft with its pictures. A published post is hidden instead."""
    await drafts.delete_draft(house_of(request), principal_of(request).account_id, school_id, post_id)


@post(POST + "/hand-in", tags=TAGS, status_code=200, **STAFF)
async def hand_in(request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID]) -> PostKept:
    """Publish one's own draft, or let it wait for somebody's approval.

    Every picture needs the children on it, or the word that none can be recognised; every child on it needs its family's consent.
    Whoever lacks it is named to the teacher. What the checker finds in its words is told and refuses nothing.
    """
    kept = await posts.hand_in(house_of(request), principal_of(request).account_id, school_id, post_id)
    return await _with_findings(request, school_id, kept)


async def _with_findings(request: AnyRequest, school_id: int, kept: PostKept) -> PostKept:
    """As the console shows them to the writer before the post leaves."""
    house, account_id = house_of(request), principal_of(request).account_id
    body = await queries.own_words(house.database.reader, school_id, account_id, kept.post_id)
    context = await context_of(house.database.reader, school_id)
    return replace(kept, findings=found_in(body, context, house.clock.now(), language_of(request)))


@post(POST + "/approve", tags=TAGS, status_code=200, **STAFF)
async def approve_post(request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID]) -> PostKept:
    """Publish somebody else's post: an administrator, or another teacher of the class where the school says so."""
    return await posts.approve(house_of(request), principal_of(request).account_id, school_id, post_id)


@post(POST + "/send-back", tags=TAGS, status_code=204, **STAFF)
async def send_back_post(
    request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID], data: JSONBody[SentBack]
) -> None:
    """Back to its author, with a word why."""
    await posts.send_back(house_of(request), principal_of(request).account_id, school_id, post_id, data.note)


@post(POST + "/hide", tags=TAGS, status_code=204, **STAFF)
async def hide_post(
    request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID], data: JSONBody[SentBack]
) -> None:
    """Out of the families' sight, by its author, the homeroom teacher or the administrator. Its place stays."""
    await posts.hide(house_of(request), principal_of(request).account_id, school_id, post_id, data.note)


@post(POST + "/show", tags=TAGS, status_code=204, **STAFF)
async def show_post(request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID]) -> None:
    """Bring a hidden post back, for the administrator."""
    await posts.show(house_of(request), principal_of(request).account_id, school_id, post_id)


@post(POST + "/tags", tags=TAGS, status_code=204, **STAFF)
async def tag_more(
    request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID], data: JSONBody[MoreTags]
) -> None:
    """More children are on a picture. Without their consent it is out of sight from now on."""
    await posts.tag_more(house_of(request), principal_of(request).account_id, school_id, post_id, data)


@get(POST + "/files/{file_id:uuid}", tags=TAGS, responses={200: PICTURE}, **STAFF)
async def staff_picture(
    request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID], file_id: FromPath[UUID]
) -> Response[bytes]:
    """A picture of a post, for the teachers of its class and the administrator."""
    house, account_id = house_of(request), principal_of(request).account_id
    await queries.require_photo(
        house.database.reader, school_id, account_id, post_id, file_id, school_day(house.clock.now())
    )
    return await by_consent(request, school_id, file_id)


@post(SCHOOL + "/feed/comments/{comment_id:uuid}", tags=TAGS, status_code=204, **STAFF)
async def decide_comment(
    request: AnyRequest, school_id: FromPath[int], comment_id: FromPath[UUID], data: JSONBody[CommentDecision]
) -> None:
    """Show, refuse or hide a comment, by the post's author, the homeroom teacher or the administrator."""
    await talk.decide(house_of(request), principal_of(request).account_id, school_id, comment_id, data.state)


@get(SCHOOL + "/feed/reports", tags=TAGS, **STAFF)
async def feed_reports(request: AnyRequest, school_id: FromPath[int]) -> FeedReports:
    """What families reported of feeds, waiting ones first, for the administrator."""
    house, account_id = house_of(request), principal_of(request).account_id
    return await reports.reports(house.database.reader, school_id, account_id, school_day(house.clock.now()))


@post(SCHOOL + "/feed/reports/{report_id:uuid}", tags=TAGS, status_code=204, **STAFF)
async def decide_feed_report(
    request: AnyRequest, school_id: FromPath[int], report_id: FromPath[UUID], data: JSONBody[FeedReportDecision]
) -> None:
    """Hide what was reported, or keep it, which also brings it back."""
    await reports.decide(house_of(request), principal_of(request).account_id, school_id, report_id, data)


ROUTES: list[Any] = [
    feed_settings,
    keep_feed_settings,
    class_feed,
    class_consents,
    feed_waiting,
    staff_post,
    keep_post,
    delete_post,
    hand_in,
    approve_post,
    send_back_post,
    hide_post,
    show_post,
    tag_more,
    staff_picture,
    decide_comment,
    feed_reports,
    decide_feed_report,
    *FAMILY,
]
