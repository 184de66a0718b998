"""Who may write to whom, and who may see who has read it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.announcements import area, drafts, groups, happenings, rules, templates
from backend.announcements.actions import announce
from backend.core.clock import SystemClock, school_day
from backend.core.ids import new_id
from backend.files.actions import upload
from backend.files.area import upload_area
from backend.identity.principal import Principal
from schemas.announcements import AnnouncementRules, NewAnnouncement, ToClass
from schemas.area_letters import NewAreaLetter
from schemas.drafts import DraftIn, DraftSend, Letter
from schemas.groups import GroupIn
from schemas.happenings import NewEvent
from schemas.templates import TemplateIn
from tests.factories import Person
from tests.files.matrix_lines import PICTURE
from tests.identity.matrix import (
    ADMINS,
    BY_SCHOOL,
    FAMILY,
    GUARDIANS,
    NOTHING,
    STAFF,
    TEACHERS,
    Ask,
    Line,
    Scene,
    on_any,
)


def root(scene: Scene, rest: str = "") -> str:
    return f"/v1/schools/{scene.target.school_id}/announcements{rest}"


def letter(scene: Scene) -> dict[str, Any]:
    return {
        "announcement_id": str(new_id()),
        "title": "Họp phụ huynh",
        "body": "Thứ Sáu, 18 giờ.",
        "audience": {"kind": "class", "class_id": str(scene.target.class_id)},
    }


async def by_the_administrator(scene: Scene) -> str:
    """A letter to the target's class, written by the administrator of its school."""
    admin = scene.world.admin if scene.target.school_id == scene.world.school_id else scene.world.other_admin
    new = NewAnnouncement(new_id(), "Họp phụ huynh", "Thứ Sáu, 18 giờ.", ToClass(scene.target.class_id))
    made, _ = await announce(scene.house, admin.account_id, scene.target.school_id, new)
    return str(made.announcement_id)


def admin_of(scene: Scene) -> Person:
    return scene.world.admin if scene.target.school_id == scene.world.school_id else scene.world.other_admin


def a_letter(scene: Scene) -> Letter:
    return Letter("Họp phụ huynh", "18 giờ ngày 16/10/2026, phòng học lớp.", ToClass(scene.target.class_id))


async def _draft_of(scene: Scene, who: Person, letter: Letter) -> str:
    announcement_id = new_id()
    await drafts.save(scene.house, who.account_id, scene.target.school_id, announcement_id, DraftIn(letter))
    return str(announcement_id)


async def an_id(scene: Scene) -> str:
    return str(new_id())


def a_carried_form(scene: Scene) -> dict[str, Any]:
    form = {
        "form_id": scene.made,
        "title": "Phiếu đồng ý",
        "body": "Tham quan Bảo tàng.",
        "questions": [],
        "audience": {"kind": "class", "class_id": str(scene.target.class_id)},
        "signature": "one",
        "due_on": IN_A_WEEK.isoformat(),
    }
    return {"carried": {"kind": "form", "form": form}, "undo_seconds": 3600}


async def draft_of_the_administrator(scene: Scene) -> str:
    return await _draft_of(scene, admin_of(scene), a_letter(scene))


async def scheduled_by_the_administrator(scene: Scene) -> str:
    made = await draft_of_the_administrator(scene)
    await drafts.send(scene.house, admin_of(scene).account_id, scene.target.school_id, UUID(made), DraftSend(1, 3600))
    return made


async def waiting_of_a_teacher(scene: Scene) -> str:
    """Of whoever is homeroom teacher there; where nobody is, of nobody, and the administrator's own letter waits."""
    house, admin = scene.house, admin_of(scene)
    teachers = {"own": scene.world.teacher, "classmate": scene.world.teacher, "neighbour": scene.world.other_teacher}
    author = teachers.get(scene.target.name, admin)
    await rules.set_rules(house, admin.account_id, scene.target.school_id, AnnouncementRules("everything"))
    made = await _draft_of(scene, author, a_letter(scene))
    await drafts.send(house, author.account_id, scene.target.school_id, UUID(made), DraftSend(1))
    return made


async def with_a_file(scene: Scene) -> tuple[str, str]:
    admin = admin_of(scene)
    kept = await upload(
        scene.house, admin.account_id, scene.target.school_id, file_id=new_id(), name="a.png", data=PICTURE
    )
    letter = msgspec.structs.replace(a_letter(scene), file_ids=[kept.file_id])
    return await _draft_of(scene, admin, letter), str(kept.file_id)


async def published_with_a_file(scene: Scene) -> tuple[str, str]:
    admin = admin_of(scene)
    kept = await upload(
        scene.house, admin.account_id, scene.target.school_id, file_id=new_id(), name="a.png", data=PICTURE
    )
    new = NewAnnouncement(
        new_id(), "Họp phụ huynh", "Thứ Sáu.", ToClass(scene.target.class_id), file_ids=[kept.file_id]
    )
    await announce(scene.house, admin.account_id, scene.target.school_id, new)
    return str(new.announcement_id), str(kept.file_id)


async def group_of_the_administrator(scene: Scene) -> str:
    group_id = new_id()
    new = GroupIn(f"Nhóm {group_id.hex[-8:]}", "club", [scene.target.pupil_id])
    await groups.put_group(scene.house, admin_of(scene).account_id, scene.target.school_id, group_id, new)
    return str(group_id)


async def with_an_event(scene: Scene) -> tuple[str, str, str]:
    """The administrator's letter with a file and a date: ids of announcement, file and event."""
    announcement_id, file_id = await published_with_a_file(scene)
    event = NewEvent(new_id(), "Họp phụ huynh", IN_A_WEEK)
    account_id = admin_of(scene).account_id
    await happenings.add_event(scene.house, account_id, scene.target.school_id, UUID(announcement_id), event)
    return announcement_id, file_id, str(event.event_id)


async def as_the_family_has_it(scene: Scene) -> tuple[str, str, str]:
    """Ids of notice, file and event."""
    announcement_id, file_id, event_id = await with_an_event(scene)
    notice_id = await scene.owner.fetchval(
        "SELECT notice_id FROM announcements WHERE school_id = $1 AND announcement_id = $2::text::uuid",
        scene.target.school_id,
        announcement_id,
    )
    return str(notice_id), file_id, event_id


async def an_area_letter(scene: Scene) -> str:
    made = await area.send(scene.house, area_principal(scene), area_letter(scene))
    return str(made.letter_id)


async def an_area_letter_with_a_file(scene: Scene) -> tuple[str, str]:
    file_id, who = new_id(), area_principal(scene)
    await upload_area(scene.house, who.account_id, file_id=file_id, name="anh.png", data=PICTURE)
    new = msgspec.structs.replace(area_letter(scene), file_ids=[file_id])
    made = await area.send(scene.house, who, new)
    return str(made.letter_id), str(file_id)


def area_principal(scene: Scene) -> Principal:
    officer = scene.world.area_admin
    return Principal(account_id=officer.account_id, session_id=new_id(), expires_at=0)


def area_letter(scene: Scene) -> NewAreaLetter:
    return NewAreaLetter(new_id(), scene.world.province, "Nghỉ học tránh bão", "Ngày mai nghỉ học.", undo_seconds=3600)


def of_letter(scene: Scene, rest: str) -> str:
    return root(scene, f"/{scene.made[0]}{rest}")


def of_notice(scene: Scene, rest: str) -> str:
    return f"/v1/family/notices/{scene.target.school_id}/{scene.made[0]}{rest}"


IN_A_WEEK = school_day(SystemClock().now()) + timedelta(days=7)
ONE = "/v1/schools/{school_id}/announcements/{announcement_id}"
NOTICE = "/v1/family/notices/{school_id}/{notice_id}"
AREA_LETTERS = "/v1/area/letters"
OFFICER = on_any("area_admin")
# A letter to the class is both children's: whoever is guardian of one of them has it.
CLASS_FAMILIES = FAMILY | {
    ("classmate_parent", "own"), ("parent", "classmate"), ("parent2", "classmate"),
}  # fmt: skip


async def a_template(scene: Scene) -> str:
    template_id, new = new_id(), TemplateIn("Họp", "Họp phụ huynh", "Ngày {ngay}.")
    account_id = admin_of(scene).account_id
    await templates.put_template(scene.house, account_id, scene.target.school_id, template_id, new)
    return str(template_id)


def template_root(scene: Scene, rest: str = "") -> str:
    return f"/v1/schools/{scene.target.school_id}/announcement-templates{rest}"


TEMPLATES = "/v1/schools/{school_id}/announcement-templates"


def draft_root(scene: Scene, rest: str = "") -> str:
    return f"/v1/schools/{scene.target.school_id}/announcement-drafts{rest}"


def group_root(scene: Scene, rest: str = "") -> str:
    return f"/v1/schools/{scene.target.school_id}/groups{rest}"


DRAFTS = "/v1/schools/{school_id}/announcement-drafts"
AREA_FILES = "/v1/area/files"
DRAFT = DRAFTS + "/{announcement_id}"
_TEACHING = frozenset(pair for pair in STAFF if pair[0] != "accountant")

LINES = {
    ("GET", ONE + "/following"): Line(
        ask=lambda s: Ask(of_letter(s, "/following")), allowed=ADMINS, prepare=published_with_a_file
    ),
    ("POST", ONE + "/events"): Line(
        ask=lambda s: Ask(
            of_letter(s, "/events"), json={"event_id": str(new_id()), "title": "Họp", "held_on": IN_A_WEEK.isoformat()}
        ),
        allowed=ADMINS,
        passes={201},
        prepare=published_with_a_file,
    ),
    ("DELETE", ONE + "/events/{event_id}"): Line(
        ask=lambda s: Ask(of_letter(s, f"/events/{s.made[2]}")), allowed=ADMINS, prepare=with_an_event
    ),
    ("POST", ONE + "/reminders"): Line(
        ask=lambda s: Ask(of_letter(s, "/reminders"), json={"about_on": IN_A_WEEK.isoformat()}),
        allowed=ADMINS,
        passes={201},
        prepare=published_with_a_file,
    ),
    ("DELETE", ONE + "/reminders/{about_on}"): Line(
        ask=lambda s: Ask(of_letter(s, f"/reminders/{IN_A_WEEK}")), allowed=ADMINS, prepare=published_with_a_file
    ),
    ("GET", NOTICE + "/letter"): Line(
        ask=lambda s: Ask(of_notice(s, "/letter")), allowed=CLASS_FAMILIES, prepare=as_the_family_has_it
    ),
    ("GET", NOTICE + "/files/{file_id}"): Line(
        ask=lambda s: Ask(of_notice(s, f"/files/{s.made[1]}")), allowed=CLASS_FAMILIES, prepare=as_the_family_has_it
    ),
    ("GET", "/v1/family/events"): Line(
        ask=lambda s: Ask("/v1/family/events"), allowed=on_any(*GUARDIANS), targets=NOTHING
    ),
    ("GET", "/v1/family/events/{school_id}/{event_id}/ics"): Line(
        ask=lambda s: Ask(f"/v1/family/events/{s.target.school_id}/{s.made[2]}/ics"),
        allowed=CLASS_FAMILIES,
        prepare=as_the_family_has_it,
    ),
    ("GET", AREA_LETTERS + "/look"): Line(
        ask=lambda s: Ask(AREA_LETTERS + "/look", params={"area_code": s.world.province}),
        allowed=OFFICER,
        targets=NOTHING,
    ),
    ("POST", AREA_LETTERS): Line(
        ask=lambda s: Ask(AREA_LETTERS, json=msgspec.to_builtins(area_letter(s))),
        allowed=OFFICER,
        targets=NOTHING,
        passes={201},
    ),
    ("GET", AREA_LETTERS): Line(ask=lambda s: Ask(AREA_LETTERS), allowed=OFFICER, targets=NOTHING),
    ("GET", AREA_LETTERS + "/{letter_id}"): Line(
        ask=lambda s: Ask(f"{AREA_LETTERS}/{s.made}"), allowed=OFFICER, targets=NOTHING, prepare=an_area_letter
    ),
    ("POST", AREA_LETTERS + "/{letter_id}/take-back"): Line(
        ask=lambda s: Ask(f"{AREA_LETTERS}/{s.made}/take-back"),
        allowed=OFFICER,
        targets=NOTHING,
        prepare=an_area_letter,
    ),
    ("POST", AREA_LETTERS + "/{letter_id}/recall"): Line(
        ask=lambda s: Ask(f"{AREA_LETTERS}/{s.made}/recall"), allowed=OFFICER, targets=NOTHING, prepare=an_area_letter
    ),
    ("GET", AREA_LETTERS + "/{letter_id}/files/{file_id}"): Line(
        ask=lambda s: Ask(f"{AREA_LETTERS}/{s.made[0]}/files/{s.made[1]}"),
        allowed=OFFICER,
        targets=NOTHING,
        prepare=an_area_letter_with_a_file,
    ),
    ("POST", AREA_FILES): Line(
        ask=lambda s: Ask(
            AREA_FILES, params={"file_id": str(new_id())}, files={"data": ("anh.png", PICTURE, "image/png")}
        ),
        allowed=OFFICER,
        targets=NOTHING,
        passes={201},
    ),
    ("GET", AREA_FILES + "/{file_id}"): Line(
        ask=lambda s: Ask(f"{AREA_FILES}/{s.made[1]}"),
        allowed=OFFICER,
        targets=NOTHING,
        prepare=an_area_letter_with_a_file,
    ),
    ("GET", TEMPLATES): Line(ask=lambda s: Ask(template_root(s)), allowed=STAFF, targets=BY_SCHOOL),
    ("PUT", TEMPLATES + "/{template_id}"): Line(
        ask=lambda s: Ask(
            template_root(s, f"/{new_id()}"), json={"name": "Họp", "title": "Họp", "body": "Ngày {ngay}."}
        ),
        allowed=ADMINS,
        targets=BY_SCHOOL,
    ),
    ("DELETE", TEMPLATES + "/{template_id}"): Line(
        ask=lambda s: Ask(template_root(s, f"/{s.made}")), allowed=ADMINS, targets=BY_SCHOOL, prepare=a_template
    ),
    ("GET", DRAFTS): Line(ask=lambda s: Ask(draft_root(s)), allowed=STAFF, targets=BY_SCHOOL),
    ("POST", DRAFTS + "/look"): Line(
        ask=lambda s: Ask(draft_root(s, "/look"), json=msgspec.to_builtins(a_letter(s))), allowed=TEACHERS | ADMINS
    ),
    ("PUT", DRAFT): Line(
        ask=lambda s: Ask(
            draft_root(s, f"/{new_id()}"), json={"letter": msgspec.to_builtins(a_letter(s)), "version": 0}
        ),
        allowed=STAFF,
        targets=BY_SCHOOL,
    ),
    # An unfinished letter is its author's alone (tests/announcements/test_drafts.py); these are the administrator's.
    ("GET", DRAFT): Line(
        ask=lambda s: Ask(draft_root(s, f"/{s.made}")), allowed=ADMINS, prepare=draft_of_the_administrator
    ),
    ("GET", DRAFT + "/versions"): Line(
        ask=lambda s: Ask(draft_root(s, f"/{s.made}/versions")), allowed=ADMINS, prepare=draft_of_the_administrator
    ),
    ("GET", DRAFT + "/files/{file_id}"): Line(
        ask=lambda s: Ask(draft_root(s, f"/{s.made[0]}/files/{s.made[1]}")), allowed=ADMINS, prepare=with_a_file
    ),
    ("PUT", DRAFT + "/carried"): Line(
        ask=lambda s: Ask(draft_root(s, f"/{s.made}/carried"), json=a_carried_form(s)),
        allowed=TEACHERS | ADMINS,
        prepare=an_id,
    ),
    ("POST", DRAFT + "/send"): Line(
        ask=lambda s: Ask(draft_root(s, f"/{s.made}/send"), json={"version": 1, "undo_seconds": 3600}),
        allowed=ADMINS,
        prepare=draft_of_the_administrator,
    ),
    ("POST", DRAFT + "/take-back"): Line(
        ask=lambda s: Ask(draft_root(s, f"/{s.made}/take-back")), allowed=ADMINS, prepare=scheduled_by_the_administrator
    ),
    # The other school has one administrator alone, whose own letter it is: nobody there may decide it.
    ("POST", DRAFT + "/approve"): Line(
        ask=lambda s: Ask(draft_root(s, f"/{s.made}/approve"), json={"version": 1}),
        allowed={pair for pair in ADMINS if pair[1] != "foreign"},
        prepare=waiting_of_a_teacher,
    ),
    ("POST", DRAFT + "/return"): Line(
        ask=lambda s: Ask(draft_root(s, f"/{s.made}/return"), json={"reason": "Thiếu địa điểm."}),
        allowed={pair for pair in ADMINS if pair[1] != "foreign"},
        prepare=waiting_of_a_teacher,
    ),
    ("DELETE", DRAFT): Line(
        ask=lambda s: Ask(draft_root(s, f"/{s.made}")), allowed=ADMINS, prepare=draft_of_the_administrator
    ),
    ("GET", "/v1/schools/{school_id}/announcement-rules"): Line(
        ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/announcement-rules"), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("PUT", "/v1/schools/{school_id}/announcement-rules"): Line(
        ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/announcement-rules", json={"approval": "none"}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
    ),
    ("GET", "/v1/schools/{school_id}/groups"): Line(ask=lambda s: Ask(group_root(s)), allowed=STAFF, targets=BY_SCHOOL),
    ("PUT", "/v1/schools/{school_id}/groups/{group_id}"): Line(
        ask=lambda s: Ask(
            group_root(s, f"/{new_id()}"), json={"name": f"Nhóm {new_id().hex}", "kind": "club", "pupil_ids": []}
        ),
        allowed=_TEACHING,
        targets=BY_SCHOOL,
    ),
    ("GET", "/v1/schools/{school_id}/groups/{group_id}"): Line(
        ask=lambda s: Ask(group_root(s, f"/{s.made}")), allowed=ADMINS, prepare=group_of_the_administrator
    ),
    ("DELETE", "/v1/schools/{school_id}/groups/{group_id}"): Line(
        ask=lambda s: Ask(group_root(s, f"/{s.made}")), allowed=ADMINS, prepare=group_of_the_administrator
    ),
    ("GET", "/v1/schools/{school_id}/announcements/{announcement_id}/files/{file_id}"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made[0]}/files/{s.made[1]}")),
        allowed=TEACHERS | ADMINS,
        prepare=published_with_a_file,
    ),
    ("POST", "/v1/schools/{school_id}/announcements"): Line(
        ask=lambda s: Ask(root(s), json=letter(s)), allowed=TEACHERS | ADMINS, passes={201}
    ),
    ("POST", "/v1/schools/{school_id}/announcements/preview"): Line(
        ask=lambda s: Ask(root(s, "/preview"), json={"audience": letter(s)["audience"]}), allowed=TEACHERS | ADMINS
    ),
    ("GET", "/v1/schools/{school_id}/announcements"): Line(
        ask=lambda s: Ask(root(s)), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/announcements/{announcement_id}"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}")), allowed=TEACHERS | ADMINS, prepare=by_the_administrator
    ),
    ("GET", "/v1/schools/{school_id}/announcements/{announcement_id}/receipts"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/receipts")), allowed=TEACHERS | ADMINS, prepare=by_the_administrator
    ),
    # What follows is the author's and the administrator's (tests/announcements/test_following.py); these letters are the administrator's.
    ("GET", "/v1/schools/{school_id}/announcements/{announcement_id}/progress"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/progress")), allowed=ADMINS, prepare=by_the_administrator
    ),
    ("GET", "/v1/schools/{school_id}/announcements/{announcement_id}/live"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/live")), allowed=ADMINS, prepare=by_the_administrator
    ),
    ("GET", "/v1/schools/{school_id}/announcements/{announcement_id}/receipts/{guardian_id}"): Line(
        # Nobody is asked about, so that who may ask hears that there is no such person.
        ask=lambda s: Ask(root(s, f"/{s.made}/receipts/{new_id()}")),
        allowed=ADMINS,
        passes={404},
        prepare=by_the_administrator,
    ),
    ("GET", "/v1/schools/{school_id}/announcements/{announcement_id}/receipts.xlsx"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/receipts.xlsx")), allowed=ADMINS, prepare=by_the_administrator
    ),
    ("GET", "/v1/schools/{school_id}/announcements/{announcement_id}/receipts.csv"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/receipts.csv")), allowed=ADMINS, prepare=by_the_administrator
    ),
    ("POST", "/v1/schools/{school_id}/announcements/{announcement_id}/again"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/again"), json={"reminder_id": str(new_id())}),
        allowed=ADMINS,
        prepare=by_the_administrator,
    ),
    # A teacher recalls only own letters (tests/announcements/test_announcing.py); these are the administrator's.
    ("POST", "/v1/schools/{school_id}/announcements/{announcement_id}/recall"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/recall")), allowed=ADMINS, prepare=by_the_administrator
    ),
}
