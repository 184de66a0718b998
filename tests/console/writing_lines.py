"""Who may write to families on the console's pages, decide about it, and follow it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from backend.announcements.actions import announce
from backend.core.ids import new_id
from schemas.announcements import NewAnnouncement, ToClass
from tests.announcements import matrix_lines as letter_lines
from tests.console.page_lines import Form, nothing, sent, shown
from tests.identity.matrix import ADMINS, BY_SCHOOL, NOTHING, STAFF, TEACHERS, Ask, Line, Scene, on_any


def letter_form(scene: Scene) -> Mapping[str, str]:
    return {
        "announcement_id": str(new_id()),
        "to": f"class:{scene.target.class_id}",
        "title": "Họp phụ huynh",
        "body": "8 giờ Chủ nhật 29/11/2026, phòng 6A1.",
        "do": "send",
    }


async def a_letter(scene: Scene) -> UUID:
    """To the target's class, from the school's administrator."""
    world, announcement_id = scene.world, new_id()
    author = world.other_admin if scene.target.name == "foreign" else world.admin
    new = NewAnnouncement(announcement_id, "Họp", "8 giờ Chủ nhật 29/11/2026.", ToClass(scene.target.class_id))
    await announce(scene.house, author.account_id, scene.target.school_id, new)
    return announcement_id


DRAFT = "/console/{school_id}/announcements/drafts/{announcement_id}"
LETTER = "/console/{school_id}/announcements/{announcement_id}"
SETTINGS = "/console/{school_id}/announcements/settings"
GROUP = "/console/{school_id}/groups/{group_id}"
AREA_LETTER = "/console/area/letters/{letter_id}"
_DECIDERS = {pair for pair in ADMINS if pair[1] != "foreign"}  # the other school's one administrator wrote it
_RULES = {"approval": "none", "undo_seconds": "30", "reminder_hour": "19"}
_MODEL = {"name": "Họp", "title": "Họp", "body": "Ngày {ngay}.", "do": "save"}


def of_area(path: Callable[[Scene], str], form: Form | None = None, prepare: Any = None) -> Line:
    return Line(
        ask=lambda s: Ask("/console/area/letters" + path(s), form=form(s) if form else None),
        allowed=on_any("area_admin"),
        targets=NOTHING,
        prepare=prepare,
        by_cookie=True,
        passes={303} if form else None,
    )


def area_form(scene: Scene) -> Mapping[str, str]:
    new = letter_lines.area_letter(scene)
    words = {"letter_id": str(new.letter_id), "area_code": new.area_code, "title": new.title, "body": new.body}
    return {**words, "do": "send"}


def event_form(scene: Scene) -> Mapping[str, str]:
    return {"event_id": str(new_id()), "title": "Họp", "held_on": letter_lines.IN_A_WEEK.isoformat()}


LETTERS = {
    ("GET", "/console/{school_id}/announcements"): shown(lambda s: "/announcements", STAFF, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/announcements/new"): shown(lambda s: "/announcements/new", STAFF, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/announcements/new"): sent(
        lambda s: "/announcements/new", letter_form, TEACHERS | ADMINS
    ),
    ("GET", "/console/{school_id}/announcements/{announcement_id}"): shown(
        lambda s: f"/announcements/{s.made}", TEACHERS | ADMINS, prepare=a_letter
    ),
    ("POST", "/console/{school_id}/announcements/{announcement_id}/again"): sent(
        lambda s: f"/announcements/{s.made}/again",
        lambda s: {"reminder_id": str(new_id())},
        ADMINS,
        prepare=a_letter,
    ),
    ("POST", "/console/{school_id}/announcements/{announcement_id}/recall"): sent(
        lambda s: f"/announcements/{s.made}/recall", nothing, ADMINS, prepare=a_letter
    ),
    ("GET", DRAFT): shown(
        lambda s: f"/announcements/drafts/{s.made}", ADMINS, prepare=letter_lines.draft_of_the_administrator
    ),
    ("GET", DRAFT + "/edit"): shown(
        lambda s: f"/announcements/drafts/{s.made}/edit", ADMINS, prepare=letter_lines.draft_of_the_administrator
    ),
    ("POST", DRAFT + "/take-back"): sent(
        lambda s: f"/announcements/drafts/{s.made}/take-back",
        nothing,
        ADMINS,
        prepare=letter_lines.scheduled_by_the_administrator,
    ),
    ("POST", DRAFT + "/approve"): sent(
        lambda s: f"/announcements/drafts/{s.made}/approve",
        lambda s: {"version": "1"},
        _DECIDERS,
        prepare=letter_lines.waiting_of_a_teacher,
    ),
    ("POST", DRAFT + "/return"): sent(
        lambda s: f"/announcements/drafts/{s.made}/return",
        lambda s: {"reason": "Thiếu địa điểm."},
        _DECIDERS,
        prepare=letter_lines.waiting_of_a_teacher,
    ),
    ("POST", DRAFT + "/discard"): sent(
        lambda s: f"/announcements/drafts/{s.made}/discard",
        nothing,
        ADMINS,
        prepare=letter_lines.draft_of_the_administrator,
    ),
    ("POST", LETTER + "/events"): sent(
        lambda s: f"/announcements/{s.made}/events", event_form, ADMINS, prepare=a_letter
    ),
    ("POST", LETTER + "/events/{event_id}/cancel"): sent(
        lambda s: f"/announcements/{s.made[0]}/events/{s.made[2]}/cancel",
        nothing,
        ADMINS,
        prepare=letter_lines.with_an_event,
    ),
    ("POST", LETTER + "/reminders/{about_on}"): sent(
        lambda s: f"/announcements/{s.made}/reminders/{letter_lines.IN_A_WEEK}", nothing, ADMINS, prepare=a_letter
    ),
    ("POST", LETTER + "/form"): sent(
        lambda s: f"/announcements/{s.made}/form",
        lambda s: {"form_id": str(new_id()), "due_on": letter_lines.IN_A_WEEK.isoformat()},
        ADMINS,
        prepare=a_letter,
    ),
    ("GET", SETTINGS): shown(lambda s: "/announcements/settings", STAFF, targets=BY_SCHOOL),
    ("POST", SETTINGS): sent(lambda s: "/announcements/settings", lambda s: _RULES, ADMINS, targets=BY_SCHOOL),
    ("POST", SETTINGS + "/templates/{template_id}"): sent(
        lambda s: f"/announcements/settings/templates/{new_id()}", lambda s: _MODEL, ADMINS, targets=BY_SCHOOL
    ),
    ("GET", "/console/{school_id}/groups"): shown(lambda s: "/groups", STAFF, targets=BY_SCHOOL),
    ("GET", GROUP): shown(
        lambda s: f"/groups/{s.made}",
        {pair for pair in STAFF if pair[0] != "accountant"},
        targets=BY_SCHOOL,
        prepare=letter_lines.group_of_the_administrator,
    ),
    ("POST", GROUP): sent(
        lambda s: f"/groups/{s.made}",
        lambda s: {"name": f"Nhóm {new_id().hex}", "kind": "club", "do": "save"},
        ADMINS,
        prepare=letter_lines.group_of_the_administrator,
    ),
    ("GET", "/console/area/letters"): of_area(lambda s: ""),
    ("POST", "/console/area/letters"): of_area(lambda s: "", area_form),
    ("GET", AREA_LETTER): of_area(lambda s: f"/{s.made}", prepare=letter_lines.an_area_letter),
    ("POST", AREA_LETTER + "/take-back"): of_area(
        lambda s: f"/{s.made}/take-back", nothing, letter_lines.an_area_letter
    ),
    ("POST", AREA_LETTER + "/recall"): of_area(lambda s: f"/{s.made}/recall", nothing, letter_lines.an_area_letter),
}
