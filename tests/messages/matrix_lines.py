"""Lines of the authorisation matrix for the talk between families and school."""

from __future__ import annotations

import io
from typing import Any, NamedTuple
from uuid import UUID

from PIL import Image

from backend.core.clock import school_day
from backend.core.ids import new_id
from backend.files.actions import keep
from backend.messages.actions import send
from backend.messages.blocks import ask_block
from backend.messages.groups import send_to_group
from backend.messages.moderation import report
from backend.messages.offers import keep_offer
from backend.messages.opening import open_thread
from schemas.messages import Absent, NewBlock, NewGroupMessage, NewMessage, NewReport, NewThread, Question
from tests.factories import Person
from tests.identity.matrix import (
    ADMINS,
    ALL,
    BY_SCHOOL,
    FAMILY,
    GUARDIANS,
    HOMEROOM,
    NOTHING,
    STAFF,
    TEACHERS,
    Ask,
    Line,
    Scene,
    on_any,
)

# Those who belong to a conversation with the homeroom teacher; the other school's class of the world has none, so its
# administrator sits at that desk.
THREAD = FAMILY | HOMEROOM | {("other_admin", "foreign")}
_PICTURE = io.BytesIO()
Image.new("RGB", (4, 4), "red").save(_PICTURE, "PNG")
PIXEL = _PICTURE.getvalue()
HOURS = {"quiet_from": "18:00", "quiet_to": "06:30", "quiet_weekdays": [6], "answer_by": "17:00"}


def school(scene: Scene, rest: str) -> str:
    return f"/v1/schools/{scene.target.school_id}{rest}"


async def a_talk(scene: Scene) -> Any:
    """A conversation of the target's guardian with the homeroom teacher, with one message."""
    guardian, target = scene.target.guardian.account_id, scene.target
    new = NewThread(new_id(), target.pupil_id, "homeroom")
    thread_id, _ = await open_thread(scene.house, guardian, target.school_id, new)
    posted, _ = await send(
        scene.house, guardian, target.school_id, thread_id, NewMessage(new_id(), "Thưa cô", accepts_rules=1)
    )
    return posted


async def a_message_of_asker(scene: Scene) -> Any:
    """The target's conversation, and in it a message of the asker's own where the asker belongs to it."""
    posted = await a_talk(scene)
    if scene.asker is not None and (scene.asker_name, scene.target.name) in THREAD:
        new = NewMessage(new_id(), "Tin của tôi", accepts_rules=1)
        posted, _ = await send(scene.house, scene.asker.account_id, scene.target.school_id, posted.thread_id, new)
    return posted


def talk(scene: Scene, rest: str = "") -> str:
    return school(scene, f"/threads/{scene.made.thread_id}{rest}")


def message(scene: Scene, rest: str) -> str:
    return talk(scene, f"/messages/{scene.made.message_id}{rest}")


def new_message() -> dict[str, Any]:
    return {"message_id": str(new_id()), "text": "Thưa cô, cháu hơi mệt", "accepts_rules": 1}


def new_thread(scene: Scene) -> dict[str, Any]:
    return {"thread_id": str(new_id()), "pupil_id": str(scene.target.pupil_id), "desk": "homeroom"}


def of_pupil(scene: Scene, rest: str) -> str:
    return f"/v1/family/schools/{scene.target.school_id}/pupils/{scene.target.pupil_id}{rest}"


def turn(scene: Scene) -> dict[str, Any]:
    world = scene.world
    who: UUID = (world.other_admin if scene.target.name == "foreign" else world.teacher).person_id
    return {"turns": [{"staff_id": str(who), "weekday": 0, "from_at": "06:30", "to_at": "18:00"}]}


# Guardians of a pupil of the school; the neighbour's child goes to the same one.
MEMBERS = {
    *((who, "own") for who in ("parent", "parent2", "classmate_parent", "neighbour")),
    ("stranger", "foreign"),
}


async def a_message_of_another(scene: Scene) -> Any:
    """In the target's conversation, a message of the side that the asker is not on."""
    posted = await a_talk(scene)
    if (scene.asker_name, scene.target.name) in FAMILY - {("parent2", "own")}:
        posted = await _answer(scene, posted)
    return posted


async def _answer(scene: Scene, posted: Any) -> Any:
    staff = desk(scene)
    new = NewMessage(new_id(), "Vâng", accepts_rules=1)
    answered, _ = await send(scene.house, staff.account_id, scene.target.school_id, posted.thread_id, new)
    return answered


def desk(scene: Scene) -> Person:
    """Who sits at the homeroom desk of the target's class."""
    world = scene.world
    return {"foreign": world.other_admin, "neighbour": world.other_teacher}.get(scene.target.name, world.teacher)


async def an_absence(scene: Scene) -> Any:
    posted = await a_talk(scene)
    today = school_day(scene.house.clock.now())
    new = NewMessage(new_id(), request=Absent(today, today, "Cháu sốt"), accepts_rules=1)
    account_id = scene.target.guardian.account_id
    absent, _ = await send(scene.house, account_id, scene.target.school_id, posted.thread_id, new)
    return absent


class Picture(NamedTuple):
    thread_id: UUID
    file_id: UUID


async def a_picture(scene: Scene) -> Picture:
    posted = await a_talk(scene)
    file_id, account_id = new_id(), scene.target.guardian.account_id
    async with scene.house.database.school(scene.target.school_id) as tx:
        await keep(tx, file_id=file_id, name="ảnh.png", data=PIXEL, made_by=account_id, at=scene.house.clock.now())
    new = NewMessage(new_id(), "Ảnh đây ạ", file_ids=[file_id], accepts_rules=1)
    await send(scene.house, account_id, scene.target.school_id, posted.thread_id, new)
    return Picture(posted.thread_id, file_id)


async def a_report(scene: Scene) -> UUID:
    posted, new = await a_talk(scene), NewReport(new_id(), "insult")
    account_id = desk(scene).account_id
    await report(scene.house, account_id, scene.target.school_id, posted.thread_id, posted.message_id, new)
    return new.report_id


def a_block(scene: Scene) -> dict[str, Any]:
    guardian = scene.target.guardian.person_id
    return {
        "block_id": str(new_id()), "thread_id": str(scene.made.thread_id), "guardian_id": str(guardian), "reason": "Nhắn quá nhiều",
    }  # fmt: skip


async def an_asked_block(scene: Scene) -> UUID:
    posted = await a_talk(scene)
    new = NewBlock(new_id(), posted.thread_id, scene.target.guardian.person_id, "Nhắn quá nhiều")
    await ask_block(scene.house, desk(scene).account_id, scene.target.school_id, new)
    return new.block_id


def question(scene: Scene) -> dict[str, Any]:
    return {"offer_id": str(new_id()), "pupil_id": str(scene.target.pupil_id), "text": "Bao giờ họp phụ huynh?"}


async def an_offer(scene: Scene) -> UUID:
    asked = Question(new_id(), scene.target.pupil_id, "Bao giờ họp phụ huynh?")
    await keep_offer(scene.house, scene.target.guardian.account_id, scene.target.school_id, asked, 1)
    return asked.offer_id


def to_all(scene: Scene) -> dict[str, Any]:
    return {
        "group_message_id": str(new_id()), "class_id": str(scene.target.class_id), "text": "Mai mang áo mưa.", "accepts_rules": 1,
    }  # fmt: skip


async def a_group_message(scene: Scene) -> UUID:
    new = NewGroupMessage(new_id(), scene.target.class_id, "Mai mang áo mưa.", accepts_rules=1)
    admin = scene.world.other_admin if scene.target.name == "foreign" else scene.world.admin
    await send_to_group(scene.house, admin.account_id, scene.target.school_id, new)
    return new.group_message_id


LINES = {
    ("GET", "/v1/family/threads"): Line(
        ask=lambda s: Ask("/v1/family/threads"), allowed=on_any(*GUARDIANS), targets=NOTHING
    ),
    ("GET", "/v1/family/schools/{school_id}/pupils/{pupil_id}/contacts"): Line(
        ask=lambda s: Ask(of_pupil(s, "/contacts")), allowed=FAMILY
    ),
    # It looks only into one's own conversations, and a stranger's there are none.
    ("GET", "/v1/family/schools/{school_id}/messages/search"): Line(
        ask=lambda s: Ask(f"/v1/family/schools/{s.target.school_id}/messages/search", params={"q": "thưa cô"}),
        allowed=on_any(*GUARDIANS),
        targets=NOTHING,
    ),
    ("GET", "/v1/schools/{school_id}/messages/search"): Line(
        ask=lambda s: Ask(school(s, "/messages/search"), params={"q": "thưa cô"}), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/threads"): Line(
        ask=lambda s: Ask(school(s, "/threads")), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("POST", "/v1/schools/{school_id}/threads"): Line(
        ask=lambda s: Ask(school(s, "/threads"), json=new_thread(s)), allowed=THREAD
    ),
    ("GET", "/v1/schools/{school_id}/threads/{thread_id}"): Line(
        ask=lambda s: Ask(talk(s)), allowed=THREAD, prepare=a_talk
    ),
    ("POST", "/v1/schools/{school_id}/threads/{thread_id}/messages"): Line(
        ask=lambda s: Ask(talk(s, "/messages"), json=new_message()), allowed=THREAD, prepare=a_talk, passes={201}
    ),
    ("POST", "/v1/schools/{school_id}/threads/{thread_id}/read"): Line(
        ask=lambda s: Ask(talk(s, "/read"), json={"message_id": str(s.made.message_id)}),
        allowed=THREAD,
        prepare=a_talk,
    ),
    ("POST", "/v1/schools/{school_id}/threads/{thread_id}/mute"): Line(
        ask=lambda s: Ask(talk(s, "/mute"), json={"muted": True}), allowed=FAMILY, prepare=a_talk
    ),
    ("POST", "/v1/schools/{school_id}/threads/{thread_id}/messages/{message_id}/edit"): Line(
        ask=lambda s: Ask(message(s, "/edit"), json={"text": "Nói lại"}), allowed=THREAD, prepare=a_message_of_asker
    ),
    ("POST", "/v1/schools/{school_id}/threads/{thread_id}/messages/{message_id}/withdraw"): Line(
        ask=lambda s: Ask(message(s, "/withdraw")), allowed=THREAD, prepare=a_message_of_asker
    ),
    ("GET", "/v1/schools/{school_id}/quiet-hours"): Line(
        ask=lambda s: Ask(school(s, "/quiet-hours")), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("PUT", "/v1/schools/{school_id}/quiet-hours"): Line(
        ask=lambda s: Ask(school(s, "/quiet-hours"), json=HOURS), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("DELETE", "/v1/schools/{school_id}/quiet-hours"): Line(
        ask=lambda s: Ask(school(s, "/quiet-hours")), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/message-settings"): Line(
        ask=lambda s: Ask(school(s, "/message-settings")), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("PUT", "/v1/schools/{school_id}/message-settings"): Line(
        ask=lambda s: Ask(school(s, "/message-settings"), json={"quiet": HOURS}), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/duty-roster"): Line(
        ask=lambda s: Ask(school(s, "/duty-roster")), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("PUT", "/v1/schools/{school_id}/duty-roster"): Line(
        ask=lambda s: Ask(school(s, "/duty-roster"), json=turn(s)), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("POST", "/v1/family/schools/{school_id}/threads/before-asking"): Line(
        ask=lambda s: Ask(f"/v1/family/schools/{s.target.school_id}/threads/before-asking", json=question(s)),
        allowed=FAMILY,
    ),
    # Somebody's own offer; parent2 is family of the child, and did not ask.
    ("POST", "/v1/family/schools/{school_id}/threads/before-asking/{offer_id}/answered"): Line(
        ask=lambda s: Ask(
            f"/v1/family/schools/{s.target.school_id}/threads/before-asking/{s.made}/answered", json={"kind": "bot"}
        ),
        allowed=FAMILY - {("parent2", "own")},
        prepare=an_offer,
    ),
    ("GET", "/v1/schools/{school_id}/message-rules"): Line(
        ask=lambda s: Ask(school(s, "/message-rules")), allowed=STAFF | MEMBERS, targets=BY_SCHOOL
    ),
    ("POST", "/v1/schools/{school_id}/message-rules"): Line(
        ask=lambda s: Ask(school(s, "/message-rules"), json={"version": 1}), allowed=STAFF | MEMBERS, targets=BY_SCHOOL
    ),
    ("POST", "/v1/schools/{school_id}/group-messages"): Line(
        ask=lambda s: Ask(school(s, "/group-messages"), json=to_all(s)), allowed=TEACHERS | ADMINS, passes={201}
    ),
    # The administrator's own; a teacher reads only those she sent (test_groups.py).
    ("GET", "/v1/schools/{school_id}/group-messages/{group_message_id}"): Line(
        ask=lambda s: Ask(school(s, f"/group-messages/{s.made}")), allowed=ADMINS, prepare=a_group_message
    ),
    ("POST", "/v1/schools/{school_id}/message-requests/{message_id}"): Line(
        ask=lambda s: Ask(school(s, f"/message-requests/{s.made.message_id}"), json={"state": "confirmed"}),
        allowed=HOMEROOM | ADMINS,
        prepare=an_absence,
    ),
    ("POST", "/v1/schools/{school_id}/threads/{thread_id}/messages/{message_id}/report"): Line(
        ask=lambda s: Ask(message(s, "/report"), json={"report_id": str(new_id()), "reason": "insult"}),
        allowed=THREAD,
        prepare=a_message_of_another,
    ),
    # Nobody translates where nobody has turned it on; who may not read is refused before that.
    ("GET", "/v1/schools/{school_id}/threads/{thread_id}/messages/{message_id}/translation"): Line(
        ask=lambda s: Ask(message(s, "/translation"), params={"to": "en"}), allowed=THREAD, prepare=a_talk, passes={409}
    ),
    ("GET", "/v1/schools/{school_id}/threads/{thread_id}/live"): Line(
        ask=lambda s: Ask(talk(s, "/live")), allowed=THREAD, prepare=a_talk
    ),
    ("GET", "/v1/schools/{school_id}/threads/{thread_id}/files/{file_id}"): Line(
        ask=lambda s: Ask(talk(s, f"/files/{s.made.file_id}")), allowed=THREAD, prepare=a_picture
    ),
    ("GET", "/v1/schools/{school_id}/message-reports"): Line(
        ask=lambda s: Ask(school(s, "/message-reports")), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("POST", "/v1/schools/{school_id}/message-reports/{report_id}"): Line(
        ask=lambda s: Ask(school(s, f"/message-reports/{s.made}"), json={"state": "kept"}),
        allowed=ADMINS,
        prepare=a_report,
    ),
    ("GET", "/v1/schools/{school_id}/message-blocks"): Line(
        ask=lambda s: Ask(school(s, "/message-blocks")), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("POST", "/v1/schools/{school_id}/message-blocks"): Line(
        ask=lambda s: Ask(school(s, "/message-blocks"), json=a_block(s)),
        allowed=HOMEROOM | {("other_admin", "foreign")},
        prepare=a_talk,
    ),
    ("POST", "/v1/schools/{school_id}/message-blocks/{block_id}"): Line(
        ask=lambda s: Ask(school(s, f"/message-blocks/{s.made}"), json={"state": "refused"}),
        allowed=ADMINS,
        prepare=an_asked_block,
    ),
    ("GET", "/v1/schools/{school_id}/urgent-calls"): Line(
        ask=lambda s: Ask(school(s, "/urgent-calls")), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/threads/{thread_id}/oversight"): Line(
        ask=lambda s: Ask(talk(s, "/oversight"), params={"reason": "Phụ huynh khiếu nại"}),
        allowed=ADMINS,
        prepare=a_talk,
    ),
}


def page(scene: Scene, rest: str) -> str:
    return f"/console/{scene.target.school_id}{rest}"


def app(scene: Scene, rest: str) -> str:
    return f"/app/{scene.target.school_id}{rest}"


def of_thread(scene: Scene, rest: str = "") -> str:
    return f"/messages/{scene.made.thread_id}{rest}"


def a_page(path: Any, allowed: Any, *, prepare: Any = None, targets: Any = ALL, form: Any = None) -> Line:
    return Line(
        ask=lambda s: Ask(path(s), form=form(s) if form else None),
        allowed=allowed,
        prepare=prepare,
        targets=targets,
        by_cookie=True,
        passes={303} if form else None,
    )


def written(scene: Scene) -> dict[str, str]:
    return {"message_id": str(new_id()), "text": "Dạ vâng ạ", "accepts_rules": "1", "do": "send"}


# What the school's side may open in the console; families have their own pages.
DESK = HOMEROOM | {("other_admin", "foreign")}

LINES |= {
    ("GET", "/app/messages"): Line(
        ask=lambda s: Ask("/app/messages"), allowed=on_any(*GUARDIANS), targets=NOTHING, by_cookie=True
    ),
    ("GET", "/app/{school_id}/children/{pupil_id}/messages/new"): a_page(
        lambda s: app(s, f"/children/{s.target.pupil_id}/messages/new"), FAMILY
    ),
    ("POST", "/app/{school_id}/children/{pupil_id}/messages/new"): a_page(
        lambda s: app(s, f"/children/{s.target.pupil_id}/messages/new"), FAMILY, form=lambda s: {"to": "homeroom"}
    ),
    ("GET", "/app/{school_id}/messages/{thread_id}"): a_page(lambda s: app(s, of_thread(s)), FAMILY, prepare=a_talk),
    ("POST", "/app/{school_id}/messages/{thread_id}"): a_page(
        lambda s: app(s, of_thread(s)), FAMILY, prepare=a_talk, form=written
    ),
    ("POST", "/app/{school_id}/messages/{thread_id}/{message_id}"): a_page(
        lambda s: app(s, of_thread(s, f"/{s.made.message_id}")),
        FAMILY,
        prepare=a_message_of_asker,
        form=lambda s: {"do": "withdraw"},
    ),
    ("GET", "/console/{school_id}/messages"): a_page(lambda s: page(s, "/messages"), STAFF, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/messages/{thread_id}"): a_page(lambda s: page(s, of_thread(s)), DESK, prepare=a_talk),
    ("POST", "/console/{school_id}/messages/{thread_id}"): a_page(
        lambda s: page(s, of_thread(s)), DESK, prepare=a_talk, form=written
    ),
    ("POST", "/console/{school_id}/messages/{thread_id}/{message_id}"): a_page(
        lambda s: page(s, of_thread(s, f"/{s.made.message_id}")),
        DESK,
        prepare=a_message_of_asker,
        form=lambda s: {"do": "withdraw"},
    ),
    ("POST", "/console/{school_id}/message-requests/{message_id}"): a_page(
        lambda s: page(s, f"/message-requests/{s.made.message_id}"),
        HOMEROOM | ADMINS,
        prepare=an_absence,
        form=lambda s: {"do": "confirmed"},
    ),
    ("GET", "/console/{school_id}/group-messages/new"): a_page(
        lambda s: page(s, "/group-messages/new"), STAFF, targets=BY_SCHOOL
    ),
    ("POST", "/console/{school_id}/group-messages/new"): a_page(
        lambda s: page(s, "/group-messages/new"),
        TEACHERS | ADMINS,
        form=lambda s: {name: str(value) for name, value in to_all(s).items()},
    ),
    ("GET", "/console/{school_id}/group-messages/{group_message_id}"): a_page(
        lambda s: page(s, f"/group-messages/{s.made}"), ADMINS, prepare=a_group_message
    ),
    ("GET", "/console/{school_id}/message-hours"): a_page(
        lambda s: page(s, "/message-hours"), STAFF, targets=BY_SCHOOL
    ),
    ("POST", "/console/{school_id}/message-hours"): a_page(
        lambda s: page(s, "/message-hours"), STAFF, targets=BY_SCHOOL, form=lambda s: {"do": "schools"}
    ),
    ("GET", "/console/{school_id}/moderation"): a_page(lambda s: page(s, "/moderation"), ADMINS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/moderation/reports/{report_id}"): a_page(
        lambda s: page(s, f"/moderation/reports/{s.made}"), ADMINS, prepare=a_report, form=lambda s: {"do": "kept"}
    ),
    ("POST", "/console/{school_id}/moderation/blocks/{block_id}"): a_page(
        lambda s: page(s, f"/moderation/blocks/{s.made}"),
        ADMINS,
        prepare=an_asked_block,
        form=lambda s: {"do": "refused"},
    ),
    ("GET", "/console/{school_id}/moderation/threads/{thread_id}"): a_page(
        lambda s: page(s, f"/moderation/threads/{s.made.thread_id}?reason=Ph%E1%BB%A5+huynh+khi%E1%BA%BFu+n%E1%BA%A1i"),
        ADMINS,
        prepare=a_talk,
    ),
}
