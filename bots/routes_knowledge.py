"""The doors of the knowledge: what a school or an area tells, as drafts, publications and confirmed facts; and what nobody answered."""

from typing import Any

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody

from backend.core.http import house_of
from backend.identity.guards import AREA, STAFF
from backend.identity.principal import principal_of
from bots.editor import area_unanswered, editing, looking, unanswered
from bots.editor.owners import Owner
from schemas.knowledge import (
    AreaUnanswered,
    NewConfirmation,
    NewDraft,
    NewPublication,
    Saved,
    TopicPage,
    Topics,
    Unanswered,
)

AnyRequest = Request[Any, Any, Any]

SCHOOL = "/v1/schools/{school_id:int}/knowledge"
AREA_ROOT = "/v1/area/{area_code:str}/knowledge"
_TOPIC = "/topics/{topic:str}"


@get(SCHOOL, tags=["knowledge"], **STAFF)
async def list_knowledge(request: AnyRequest, school_id: FromPath[int]) -> Topics:
    """Every answer with its state: shipped, the area's, the school's own, drafted, expired; and how many facts wait to be confirmed."""
    return await looking.topics(house_of(request), principal_of(request), Owner(school_id))


@get(SCHOOL + _TOPIC, tags=["knowledge"], **STAFF)
async def read_knowledge(request: AnyRequest, school_id: FromPath[int], topic: FromPath[str]) -> TopicPage:
    """One answer: what families hear, versions, facts to confirm, and who did what."""
    return await looking.topic_page(house_of(request), principal_of(request), Owner(school_id), topic)


@post(SCHOOL + _TOPIC + "/versions", status_code=201, tags=["knowledge"], **STAFF)
async def draft_knowledge(
    request: AnyRequest, school_id: FromPath[int], topic: FromPath[str], data: JSONBody[NewDraft]
) -> Saved:
    """Save another version; nobody is told it before it is published. `own-…` names a question of the school's own."""
    return await editing.save(house_of(request), principal_of(request), Owner(school_id), topic, data)


@post(SCHOOL + _TOPIC + "/publications", status_code=204, tags=["knowledge"], **STAFF)
async def publish_knowledge(
    request: AnyRequest, school_id: FromPath[int], topic: FromPath[str], data: JSONBody[NewPublication]
) -> None:
    """Tell a version from its first day on; an earlier one takes back what came after; without a version nothing of one's own is told."""
    await editing.publish(house_of(request), principal_of(request), Owner(school_id), topic, data)


@post(SCHOOL + _TOPIC + "/confirmations", status_code=204, tags=["knowledge"], **STAFF)
async def confirm_fact(
    request: AnyRequest, school_id: FromPath[int], topic: FromPath[str], data: JSONBody[NewConfirmation]
) -> None:
    """Stand for a fact that is marked as to be confirmed, with other words if need be; or take that back."""
    await editing.confirm(house_of(request), principal_of(request), Owner(school_id), topic, data)


@get(SCHOOL + "/unanswered", tags=["knowledge"], **STAFF)
async def list_unanswered(request: AnyRequest, school_id: FromPath[int]) -> Unanswered:
    """Questions of the last ninety days that found no answer, in groups; numbers and names are masked."""
    return await unanswered.unanswered(house_of(request), principal_of(request), school_id)


@post(SCHOOL + "/unanswered/{group:str}/set-aside", status_code=204, tags=["knowledge"], **STAFF)
async def set_unanswered_aside(request: AnyRequest, school_id: FromPath[int], group: FromPath[str]) -> None:
    """Show this group, and what is asked like it, no more."""
    await unanswered.set_aside(house_of(request), principal_of(request), school_id, group)


@get(AREA_ROOT, tags=["knowledge"], **AREA)
async def list_area_knowledge(request: AnyRequest, area_code: FromPath[str]) -> Topics:
    """The same for a commune or province: what it tells in all its schools, unless a school has a text of its own."""
    return await looking.topics(house_of(request), principal_of(request), Owner(area_code=area_code))


@get(AREA_ROOT + "/unanswered", tags=["knowledge"], **AREA)
async def list_area_unanswered(request: AnyRequest, area_code: FromPath[str]) -> AreaUnanswered:
    """What families of the area's schools asked and nothing answers, in groups of at least three people: masked words, no school by name."""
    return await area_unanswered.unanswered(house_of(request), principal_of(request), area_code)


@get(AREA_ROOT + _TOPIC, tags=["knowledge"], **AREA)
async def read_area_knowledge(request: AnyRequest, area_code: FromPath[str], topic: FromPath[str]) -> TopicPage:
    """One answer of the area: what is told, versions, facts, deeds."""
    return await looking.topic_page(house_of(request), principal_of(request), Owner(area_code=area_code), topic)


@post(AREA_ROOT + _TOPIC + "/versions", status_code=201, tags=["knowledge"], **AREA)
async def draft_area_knowledge(
    request: AnyRequest, area_code: FromPath[str], topic: FromPath[str], data: JSONBody[NewDraft]
) -> Saved:
    """Save another version for the area."""
    return await editing.save(house_of(request), principal_of(request), Owner(area_code=area_code), topic, data)


@post(AREA_ROOT + _TOPIC + "/publications", status_code=204, tags=["knowledge"], **AREA)
async def publish_area_knowledge(
    request: AnyRequest, area_code: FromPath[str], topic: FromPath[str], data: JSONBody[NewPublication]
) -> None:
    """Tell a version in every school of the area that has no text of its own; or take it away."""
    await editing.publish(house_of(request), principal_of(request), Owner(area_code=area_code), topic, data)


@post(AREA_ROOT + _TOPIC + "/confirmations", status_code=204, tags=["knowledge"], **AREA)
async def confirm_area_fact(
    request: AnyRequest, area_code: FromPath[str], topic: FromPath[str], data: JSONBody[NewConfirmation]
) -> None:
    """Stand for a marked fact in all schools of the area."""
    await editing.confirm(house_of(request), principal_of(request), Owner(area_code=area_code), topic, data)


ROUTES: list[Any] = [
    list_area_unanswered, list_knowledge, read_knowledge, draft_knowledge, publish_knowledge, confirm_fact, list_unanswered, set_unanswered_aside,
    list_area_knowledge, read_area_knowledge, draft_area_knowledge, publish_area_knowledge, confirm_area_fact,
]  # fmt: skip
