"""Lines of the authorisation matrix for the talk between families and school."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backend.core.ids import new_id
from backend.messages.actions import send
from backend.messages.opening import open_thread
from schemas.messages import NewMessage, NewThread
from tests.identity.matrix import (
    ADMINS,
    BY_SCHOOL,
    FAMILY,
    GUARDIANS,
    HOMEROOM,
    NOTHING,
    STAFF,
    Ask,
    Line,
    Scene,
    on_any,
)

# Those who belong to a conversation with the homeroom teacher; the other school's class of the world has none, so its
# administrator sits at that desk.
THREAD = FAMILY | HOMEROOM | {("other_admin", "foreign")}
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
}
