"""What the chat tells, on pages: a school's answers and an area's, the editor with its look, history, and facts to confirm."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console.desks import AnyRequest, admin_desk, shown_in_form, today_of
from backend.console.knowledge_form import FIELDS, LANGUAGES, LISTS, FormRefusal, read, typed_of
from backend.console.queries import Desk
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.core.text import fold
from backend.identity.guards import AREA, STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, page, read_form
from backend.pages.forms import into, whole_number
from bots.editor import area_unanswered, drafts, editing, looking, unanswered
from bots.editor.owners import Owner
from schemas.knowledge import LEVELS, Content, Level, NewConfirmation, NewPublication, TopicLine, UnansweredGroup

_SCHOOL = "/console/{school_id:int}/knowledge"
_AREA = "/console/area/{area_code:str}/knowledge"
_ONE = "/{topic:str}"


@get(_SCHOOL, include_in_schema=False, **STAFF)
async def knowledge_page(
    request: AnyRequest, school_id: FromPath[int], q: FromQuery[str] = "", only: FromQuery[str] = ""
) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    return await _list(request, Owner(school_id), desk, q, only)


@get(_SCHOOL + _ONE, include_in_schema=False, **STAFF)
async def topic_page(
    request: AnyRequest,
    school_id: FromPath[int],
    topic: FromPath[str],
    level: FromQuery[str] = "",
    version: FromQuery[str] = "",
    group: FromQuery[str] = "",
) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    asked = await _asked(request, school_id, group) if group else {}
    return await _topic(request, Owner(school_id), desk, topic, level, version=version, form=asked)


@post(_SCHOOL + _ONE, include_in_schema=False, **STAFF)
async def change_topic(request: AnyRequest, school_id: FromPath[int], topic: FromPath[str]) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    return await _change(request, Owner(school_id), desk, topic)


@get(_AREA, include_in_schema=False, **AREA)
async def area_knowledge_page(
    request: AnyRequest, area_code: FromPath[str], q: FromQuery[str] = "", only: FromQuery[str] = ""
) -> Response[bytes]:
    return await _list(request, Owner(area_code=area_code), None, q, only)


@get(_AREA + _ONE, include_in_schema=False, **AREA)
async def area_topic_page(
    request: AnyRequest,
    area_code: FromPath[str],
    topic: FromPath[str],
    level: FromQuery[str] = "",
    version: FromQuery[str] = "",
    group: FromQuery[str] = "",
) -> Response[bytes]:
    form: dict[str, str] = {}
    if group:
        form = _begun(await area_unanswered.group_of(house_of(request), principal_of(request), area_code, group))
    return await _topic(request, Owner(area_code=area_code), None, topic, level, version=version, form=form)


@post(_AREA + _ONE, include_in_schema=False, **AREA)
async def change_area_topic(request: AnyRequest, area_code: FromPath[str], topic: FromPath[str]) -> Response[bytes]:
    return await _change(request, Owner(area_code=area_code), None, topic)


def _base(owner: Owner) -> str:
    return (
        f"/console/{owner.school_id}/knowledge"
        if owner.school_id is not None
        else f"/console/area/{owner.area_code}/knowledge"
    )


# -- The list ---------------------------------------------------------------------------------------------------------


async def _list(request: AnyRequest, owner: Owner, desk: Desk | None, q: str, state: str) -> Response[bytes]:
    found = (await looking.topics(house_of(request), principal_of(request), owner)).topics
    counts = {
        name: sum(_is(line, name) for line in found) for name in ("own", "draft", "area", "expired", "to_confirm")
    }
    words = fold(q).split()
    shown = [
        line
        for line in found
        if (not state or _is(line, state)) and all(word in fold(f"{line.title} {line.topic}") for word in words)
    ]
    return page(
        request, "console/knowledge.html",
        desk=desk, base=_base(owner), topics=shown, counts=counts, q=q, state=state, fresh=f"own-{new_id().hex[-12:]}",
    )  # fmt: skip


def _is(line: TopicLine, state: str) -> bool:
    return line.to_confirm > 0 if state == "to_confirm" else line.state == state


# -- One answer -------------------------------------------------------------------------------------------------------


async def _topic(
    request: AnyRequest,
    owner: Owner,
    desk: Desk | None,
    topic: str,
    level: str,
    *,
    version: str = "",
    form: Mapping[str, str] | None = None,
    refused: Refusal | None = None,
    look: Mapping[str, str] | None = None,
) -> Response[bytes]:
    house, who = house_of(request), principal_of(request)
    at: Level = next((one for one in LEVELS if one == level), "")
    found = await looking.topic_page(house, who, owner, topic)
    number = whole_number(version)
    chosen = next((one for one in found.versions if (one.level, one.version) == (at, number)), None)
    if not form:
        form = typed_of(await drafts.begin_from(house, who, owner, topic, at, found.versions, number), chosen)
    newest = max((one.version for one in found.versions if one.level == at), default=0)
    told = found.told.get(at or "general") or found.told["general"]
    return page(
        request, "console/knowledge_topic.html",
        status=refused.status if refused else 200,
        desk=desk, base=_base(owner), topic=found, own=topic.startswith("own-"), level=at, levels=LEVELS, told=told,
        form=form, fields=FIELDS, lists=LISTS, languages=LANGUAGES, newest=newest, today=today_of(request), look=look,
        history=list(drafts.with_changes(found.versions)), refused=refused,
    )  # fmt: skip


async def _asked(request: AnyRequest, school_id: int, group: str) -> dict[str, str]:
    """A form begun with a group of questions: how families asked, and nothing that names anybody."""
    return _begun(await unanswered.group_of(house_of(request), principal_of(request), school_id, group))


def _begun(found: UnansweredGroup) -> dict[str, str]:
    phrases = [line[:200] for line in dict.fromkeys([found.question, *found.examples]) if len(line) > 2]
    return typed_of(Content(phrases=phrases), None) | {"vi_title": found.question[:120]}


async def _change(request: AnyRequest, owner: Owner, desk: Desk | None, topic: str) -> Response[bytes]:
    """`do`: preview, save, publish (what is typed), tell (a version), withdraw, confirm, unconfirm."""
    form = await read_form(request)
    here = f"{_base(owner)}/{topic}"
    level = form.get("level", "")
    house, who = house_of(request), principal_of(request)
    try:
        match form.get("do", ""):
            case "tell" | "withdraw" as do:
                version = whole_number(form.get("version", "")) if do == "tell" else None
                await editing.publish(
                    house, who, owner, topic, into(NewPublication, {"level": level, "version": version})
                )
                said = "knowledge.withdrawn" if version is None else "knowledge.published"
            case "confirm" | "unconfirm" as do:
                values = {name: form.get(name, "").strip() for name in ("fact", "words_vi", "words_en")}
                await editing.confirm(
                    house, who, owner, topic, into(NewConfirmation, {**values, "confirmed": do == "confirm"})
                )
                said = f"knowledge.{do}ed"
            case "preview":
                draft = editing.read(topic, read(form), today_of(request))
                look = await drafts.preview(house, who, owner, topic, draft)
                return await _topic(request, owner, desk, topic, level, form=form, look=look)
            case do:
                saved = await editing.save(house, who, owner, topic, read(form))
                if do == "publish":
                    await editing.publish(house, who, owner, topic, NewPublication(saved.level, saved.version))
                said = "knowledge.published" if do == "publish" else "knowledge.saved"
    except Problem as problem:
        refused = FormRefusal(shown_in_form(problem), language_of(request))
        kept = form if form.get("do") in ("preview", "save", "publish") else None
        return await _topic(request, owner, desk, topic, level, form=kept, refused=refused)
    return go(here + (f"?level={level}" if level in LEVELS and level else ""), said)


ROUTES: list[Any] = [
    knowledge_page, topic_page, change_topic, area_knowledge_page, area_topic_page, change_area_topic,
]  # fmt: skip
