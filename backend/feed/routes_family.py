"""The feed's doors for families: reading, pictures, thanks, comments, reports, and each child's consent."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.core.clock import school_day
from backend.core.http import house_of, language_of
from backend.feed import consents, family, reports, talk
from backend.files.routes_serving import serve
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from schemas.feed import CommentKept, ConsentIn, Consents, FamilyFeed, FamilyPost, NewComment, NewFeedReport

AnyRequest = Request[Any, Any, Any]
SCHOOL = "/v1/family/schools/{school_id:int}"
POST = SCHOOL + "/feed/posts/{post_id:uuid}"
CONSENTS = SCHOOL + "/pupils/{pupil_id:uuid}/consents"
TAGS = ["feed"]
PICTURE = ResponseSpec(bytes, description="A picture", media_type="image/jpeg", generate_examples=False)


@get("/v1/family/feed", tags=TAGS, **GUARDIAN)
async def family_feed(
    request: AnyRequest,
    before: FromQuery[Annotated[str | None, Parameter(description="`next` of the page before", max_length=100)]] = None,
    limit: FromQuery[Annotated[int, Parameter(ge=1, le=50)]] = family.PAGE,
) -> FamilyFeed:
    """What the classes of a family's children show, newest first, over all children and schools."""
    house, principal = house_of(request), principal_of(request)
    return await family.feed(
        house.database.reader,
        principal.account_id,
        principal.guardian_in,
        school_day(house.clock.now()),
        language_of(request),
        before=before,
        limit=limit,
    )


@get(POST, tags=TAGS, **GUARDIAN)
async def family_post(request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID]) -> FamilyPost:
    """One post, for the families of its class."""
    house, account_id = house_of(request), principal_of(request).account_id
    today = school_day(house.clock.now())
    return await family.post(house.database.reader, school_id, account_id, post_id, today, language_of(request))


@get(POST + "/files/{file_id:uuid}", tags=TAGS, responses={200: PICTURE}, **GUARDIAN)
async def family_picture(
    request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID], file_id: FromPath[UUID]
) -> Response[bytes]:
    """A picture of a post, as long as everybody on it agrees. A device asks again each time it shows it."""
    house, account_id = house_of(request), principal_of(request).account_id
    await family.require_photo(
        house.database.reader, school_id, account_id, post_id, file_id, school_day(house.clock.now())
    )
    return await by_consent(request, school_id, file_id)


async def by_consent(request: AnyRequest, school_id: int, file_id: UUID) -> Response[bytes]:
    """Consent can be withdrawn, so no device shows the picture again without asking; what has not changed is not sent twice."""
    answer = await serve(request, school_id, file_id)
    answer.headers["cache-control"] = "private, no-cache"
    return answer


@post(POST + "/thanks", tags=TAGS, status_code=204, **GUARDIAN)
async def thank(request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID]) -> None:
    """Say thank you. Only the author is told, and only how many did."""
    await talk.thank(house_of(request), principal_of(request).account_id, school_id, post_id)


@post(
    POST + "/comments",
    tags=TAGS,
    status_code=201,
    responses={200: ResponseSpec(CommentKept, description="The same request was here before", generate_examples=False)},
    **GUARDIAN,
)
async def comment(
    request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID], data: JSONBody[NewComment]
) -> Response[CommentKept]:
    """Comment where the teacher takes comments. The class reads it under the role for the child, after a look where the school wants one."""
    kept, new = await talk.comment(house_of(request), principal_of(request).account_id, school_id, post_id, data)
    return Response(kept, status_code=201 if new else 200)


@post(SCHOOL + "/feed/comments/{comment_id:uuid}/withdraw", tags=TAGS, status_code=204, **GUARDIAN)
async def withdraw_comment(request: AnyRequest, school_id: FromPath[int], comment_id: FromPath[UUID]) -> None:
    """Take one's own comment back. Its place stays."""
    await talk.withdraw(house_of(request), principal_of(request).account_id, school_id, comment_id)


@post(POST + "/reports", tags=TAGS, status_code=204, **GUARDIAN)
async def report(
    request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID], data: JSONBody[NewFeedReport]
) -> None:
    """Tell the school that a post, a picture or a comment is not right. "My child is on it" hides a picture at once."""
    await reports.report(house_of(request), principal_of(request).account_id, school_id, post_id, data)


@get(CONSENTS, tags=TAGS, **GUARDIAN)
async def child_consents(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> Consents:
    """How far a child may be shown: what counts, what each guardian wishes, and everything that was said, with the time."""
    house, account_id = house_of(request), principal_of(request).account_id
    return await consents.of_child(
        house.database.reader, school_id, account_id, pupil_id, school_day(house.clock.now())
    )  # fmt: skip


@put(CONSENTS, tags=TAGS, status_code=204, **GUARDIAN)
async def keep_consents(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], data: JSONBody[ConsentIn]
) -> None:
    """Give or withdraw one's consent for a child. The strictest wish of all guardians counts, from this moment on."""
    await consents.wish(house_of(request), principal_of(request).account_id, school_id, pupil_id, data)


ROUTES: list[Any] = [
    family_feed,
    family_post,
    family_picture,
    thank,
    comment,
    withdraw_comment,
    report,
    child_consents,
    keep_consents,
]
