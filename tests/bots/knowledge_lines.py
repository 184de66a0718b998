"""Who may look at and change what the chat tells: a school's administrators, and the officers of an area."""

from __future__ import annotations

from datetime import date
from typing import Any

from backend.core.ids import new_id
from backend.identity.principal import Principal
from bots.chats import Chat, Memory
from bots.editor import editing, looking, unanswered
from bots.editor.owners import Owner
from schemas.knowledge import Content, NewDraft, Text
from tests.identity.matrix import ADMINS, BY_SCHOOL, NOTHING, Ask, Line, Scene, on_any

TOPIC = "school-hours"
DRAFT: dict[str, Any] = {"content": {"vi": {"title": "Giờ học", "first": "Vào lớp lúc 7 giờ 15."}}}
SCHOOL = "/v1/schools/{school_id}/knowledge"
AREA = "/v1/area/{area_code}/knowledge"
OFFICER = on_any("area_admin")


def administrator(scene: Scene) -> Principal:
    world = scene.world
    who = world.admin if scene.target.school_id == world.school_id else world.other_admin
    return Principal(account_id=who.account_id, session_id=new_id(), expires_at=0)


def officer(scene: Scene) -> Principal:
    return Principal(account_id=scene.world.area_admin.account_id, session_id=new_id(), expires_at=0)


def new_draft() -> NewDraft:
    return NewDraft(Content(vi=Text("Giờ học", "Vào lớp lúc 7 giờ 15.")), from_on=date(2026, 1, 1))


async def a_draft(scene: Scene) -> int:
    return (
        await editing.save(scene.house, administrator(scene), Owner(scene.target.school_id), TOPIC, new_draft())
    ).version


async def an_area_draft(scene: Scene) -> int:
    owner = Owner(area_code=scene.world.province)
    return (await editing.save(scene.house, officer(scene), owner, TOPIC, new_draft())).version


async def a_fact(scene: Scene) -> str:
    page = await looking.topic_page(scene.house, administrator(scene), Owner(scene.target.school_id), "holidays")
    return page.facts[0].fact


async def an_area_fact(scene: Scene) -> str:
    page = await looking.topic_page(scene.house, officer(scene), Owner(area_code=scene.world.province), "holidays")
    return page.facts[0].fact


async def a_group(scene: Scene) -> str:
    chat = Chat(channel="web", chat_id="matrix", account_id=None, language="", memory=Memory())
    await unanswered.note(scene.house, scene.target.school_id, chat, "1", "bể bơi mở cửa mấy giờ", "none")
    return (await unanswered.unanswered(scene.house, administrator(scene), scene.target.school_id)).groups[0].group


def of_school(rest: str = "", *, json: Any = None, prepare: Any = None) -> Line:
    return Line(
        ask=lambda s: Ask(
            f"/v1/schools/{s.target.school_id}/knowledge" + rest.format(made=s.made), json=json(s) if json else None
        ),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=prepare,
    )


def of_area(rest: str = "", *, json: Any = None, prepare: Any = None) -> Line:
    return Line(
        ask=lambda s: Ask(f"/v1/area/{s.world.province}/knowledge" + rest, json=json(s) if json else None),
        allowed=OFFICER,
        targets=NOTHING,
        prepare=prepare,
    )


LINES = {
    ("GET", SCHOOL): of_school(),
    ("GET", SCHOOL + "/topics/{topic}"): of_school(f"/topics/{TOPIC}"),
    ("POST", SCHOOL + "/topics/{topic}/versions"): of_school(f"/topics/{TOPIC}/versions", json=lambda s: DRAFT),
    ("POST", SCHOOL + "/topics/{topic}/publications"): of_school(
        f"/topics/{TOPIC}/publications", json=lambda s: {"version": s.made}, prepare=a_draft
    ),
    ("POST", SCHOOL + "/topics/{topic}/confirmations"): of_school(
        "/topics/holidays/confirmations", json=lambda s: {"fact": s.made}, prepare=a_fact
    ),
    ("GET", SCHOOL + "/unanswered"): of_school("/unanswered"),
    ("POST", SCHOOL + "/unanswered/{group}/set-aside"): of_school(
        "/unanswered/{made}/set-aside", json=lambda s: {}, prepare=a_group
    ),
    ("GET", AREA): of_area(),
    ("GET", AREA + "/unanswered"): of_area("/unanswered"),
    ("GET", AREA + "/topics/{topic}"): of_area(f"/topics/{TOPIC}"),
    ("POST", AREA + "/topics/{topic}/versions"): of_area(f"/topics/{TOPIC}/versions", json=lambda s: DRAFT),
    ("POST", AREA + "/topics/{topic}/publications"): of_area(
        f"/topics/{TOPIC}/publications", json=lambda s: {"version": s.made}, prepare=an_area_draft
    ),
    ("POST", AREA + "/topics/{topic}/confirmations"): of_area(
        "/topics/holidays/confirmations", json=lambda s: {"fact": s.made}, prepare=an_area_fact
    ),
}
