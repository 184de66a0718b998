"""The console's pages: what the API's doors allow, its pages allow, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from backend.core.ids import new_id
from backend.identity.tokens import TokenOffice
from backend.people.roster import imports
from tests.console.knowledge_lines import KNOWLEDGE
from tests.console.money_lines import MONEY
from tests.console.page_lines import Form, base, nothing, of_class, of_pupil, sent, shown
from tests.console.writing_lines import LETTERS
from tests.identity.matrix import (
    ACCOUNTANTS,
    ADMINS,
    BY_SCHOOL,
    HOMEROOM,
    NOTHING,
    SIGNED_IN,
    STAFF,
    TEACHERS,
    WORKERS,
    Ask,
    Line,
    Scene,
    on_any,
)
from tests.identity.matrix_lines import WORKING, begun_by_asker, password_of_asker, session_of_asker, turned_on_by_asker
from tests.people.matrix_lines import a_closed_day

MONDAY = "2026-10-05"
GUARDIAN = "/console/{school_id}/pupils/{pupil_id}/guardians/{guardian_id}"
MEMBER = "/console/{school_id}/staff/{staff_id}"


def of_member(rest: str) -> Callable[[Scene], str]:
    def path(scene: Scene) -> str:
        member = scene.world.other_admin if scene.target.name == "foreign" else scene.world.subject_teacher
        return f"/staff/{member.person_id}{rest}"

    return path


def roll_form(scene: Scene) -> Mapping[str, str]:
    return {"day": MONDAY, "session": "morning", f"mark-{scene.target.pupil_id}": "late"}


def sheet_form(scene: Scene) -> Mapping[str, str]:
    return {"term": "1", "was": "{}", f"m.{scene.target.pupil_id}.regular.1": "7,5"}


def own_page(rest: str, form: Form, prepare: Any) -> Line:
    return Line(
        ask=lambda s: Ask(f"/console/account{rest}", form=form(s)),
        allowed=WORKING,
        targets=NOTHING,
        prepare=prepare,
        by_cookie=True,
    )


ROSTER = "Họ và tên,Lớp,Ngày sinh\nLý Thị Mới,6A1,01/02/2015\n".encode()


async def a_roster(scene: Scene) -> UUID:
    """A file that the target's school has uploaded and not yet applied."""
    admin = scene.world.other_admin if scene.target.name == "foreign" else scene.world.admin
    who = TokenOffice(scene.house.cipher).verify(admin.token, now=scene.house.clock.now().timestamp())
    assert who is not None
    return (await imports.upload(scene.house, who, scene.target.school_id, ROSTER, "ds.csv", None)).import_id


async def a_question(scene: Scene) -> UUID:
    handoff_id = new_id()
    await scene.owner.execute(
        "INSERT INTO chat_handoffs (school_id, handoff_id, channel, chat_id, question, asked_at, state)"
        " VALUES ($1, $2, 'web', 'visitor:x', 'Học phí?', $3, 'waiting')",
        scene.target.school_id,
        handoff_id,
        scene.house.clock.now(),
    )
    return handoff_id


LINES = {
    **KNOWLEDGE,
    ("GET", "/console"): Line(
        ask=lambda s: Ask("/console"), allowed=on_any(*WORKERS, "other_admin"), targets=NOTHING, by_cookie=True
    ),
    ("GET", "/console/area"): Line(
        ask=lambda s: Ask("/console/area"), allowed=on_any("area_admin"), targets=NOTHING, by_cookie=True
    ),
    ("GET", "/console/{school_id}"): shown(lambda s: "", STAFF, targets=BY_SCHOOL),
    # The roll and the marks.
    ("GET", "/console/{school_id}/classes/{class_id}/roll"): shown(of_class("/roll"), TEACHERS | ADMINS),
    ("POST", "/console/{school_id}/classes/{class_id}/roll"): sent(of_class("/roll"), roll_form, TEACHERS | ADMINS),
    ("GET", "/console/{school_id}/classes/{class_id}/marks/{subject}"): shown(
        of_class("/marks/TOAN"), TEACHERS | ADMINS
    ),
    ("POST", "/console/{school_id}/classes/{class_id}/marks/{subject}"): sent(
        of_class("/marks/TOAN"), sheet_form, TEACHERS | ADMINS
    ),
    ("POST", "/console/{school_id}/classes/{class_id}/marks/{subject}/publish"): sent(
        of_class("/marks/TOAN/publish"), lambda s: {"term": "1"}, TEACHERS | ADMINS
    ),
    **LETTERS,
    **MONEY,
    # The roll of pupils, and who works here.
    ("GET", "/console/{school_id}/classes"): shown(lambda s: "/classes?find=an", STAFF, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/classes/{class_id}"): shown(of_class(""), TEACHERS | ACCOUNTANTS | ADMINS),
    ("GET", "/console/{school_id}/classes/{class_id}/register"): shown(
        of_class("/register?month=2026-10"), TEACHERS | ADMINS
    ),
    ("GET", "/console/{school_id}/classes/{class_id}/averages"): shown(of_class("/averages?term=1"), HOMEROOM | ADMINS),
    ("GET", "/console/{school_id}/unreached"): shown(lambda s: "/unreached", ADMINS, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/classes/{class_id}/teachers"): shown(of_class("/teachers"), ADMINS),
    ("POST", "/console/{school_id}/classes/{class_id}/teachers"): sent(of_class("/teachers"), nothing, ADMINS),
    ("GET", "/console/{school_id}/pupils/{pupil_id}"): shown(of_pupil(), HOMEROOM | ACCOUNTANTS | ADMINS),
    ("GET", "/console/{school_id}/pupils/new"): shown(lambda s: "/pupils/new", ADMINS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/pupils/new"): sent(
        lambda s: "/pupils/new",
        lambda s: {"pupil_id": str(new_id()), "full_name": "Lý Thị Mới", "class_id": str(s.target.class_id)},
        ADMINS,
    ),
    ("POST", "/console/{school_id}/pupils/{pupil_id}/transfer"): sent(
        of_pupil("/transfer"),
        lambda s: {"class_id": str(s.world.other_class_id), "on": "2026-10-20"},
        ADMINS,
        targets=("own", "classmate"),
    ),
    ("POST", GUARDIAN + "/phone"): sent(
        lambda s: of_pupil(f"/guardians/{s.target.guardian.person_id}/phone")(s),
        lambda s: {"phone": s.target.guardian.phone},
        ADMINS,
    ),
    ("POST", GUARDIAN + "/custody"): sent(
        lambda s: of_pupil(f"/guardians/{s.target.guardian.person_id}/custody")(s),
        lambda s: {"can_view": "yes", "can_act": "yes", "gets_notices": "yes"},
        ADMINS,
    ),
    ("GET", "/console/{school_id}/staff"): shown(lambda s: "/staff", ADMINS, targets=BY_SCHOOL),
    ("POST", MEMBER + "/grant"): sent(of_member("/grant"), lambda s: {"role": "accountant"}, ADMINS, targets=BY_SCHOOL),
    ("POST", MEMBER + "/take"): sent(of_member("/take"), lambda s: {"role": "accountant"}, ADMINS, targets=BY_SCHOOL),
    ("POST", MEMBER + "/invite"): sent(of_member("/invite"), nothing, ADMINS, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/calendar"): shown(lambda s: "/calendar", STAFF, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/calendar/close"): sent(
        lambda s: "/calendar/close", lambda s: {"on": "2026-10-08", "reason": "Bão số 9"}, ADMINS, targets=BY_SCHOOL
    ),
    ("POST", "/console/{school_id}/calendar/open/{day}"): sent(
        lambda s: "/calendar/open/2026-10-07", nothing, ADMINS, targets=BY_SCHOOL, prepare=a_closed_day
    ),
    ("GET", "/console/{school_id}/contacts"): shown(lambda s: "/contacts", ADMINS, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/audit"): shown(lambda s: "/audit", ADMINS, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/import"): shown(lambda s: "/import", ADMINS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/import"): Line(
        ask=lambda s: Ask(base(s) + "/import", files={"file": ("ds.csv", ROSTER, "text/csv")}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        by_cookie=True,
        passes={303},
    ),
    ("GET", "/console/{school_id}/import/{import_id}"): shown(
        lambda s: f"/import/{s.made}", ADMINS, targets=BY_SCHOOL, prepare=a_roster
    ),
    ("GET", "/console/{school_id}/import/{import_id}/errors"): shown(
        lambda s: f"/import/{s.made}/errors", ADMINS, targets=BY_SCHOOL, prepare=a_roster
    ),
    ("POST", "/console/{school_id}/import/{import_id}/apply"): sent(
        lambda s: f"/import/{s.made}/apply", nothing, ADMINS, targets=BY_SCHOOL, prepare=a_roster
    ),
    ("GET", "/console/{school_id}/inbox"): shown(lambda s: "/inbox", STAFF, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/inbox/settings"): shown(lambda s: "/inbox/settings", ADMINS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/inbox/settings"): sent(
        lambda s: "/inbox/settings", lambda s: {"do": "time", "answer_minutes": "60"}, ADMINS, targets=BY_SCHOOL
    ),
    ("GET", "/console/{school_id}/inbox/{handoff_id}"): shown(
        lambda s: f"/inbox/{s.made}", ADMINS, targets=BY_SCHOOL, prepare=a_question
    ),
    ("POST", "/console/{school_id}/inbox/{handoff_id}"): sent(
        lambda s: f"/inbox/{s.made}", lambda s: {"text": "Đã gọi điện."}, ADMINS, targets=BY_SCHOOL, prepare=a_question
    ),
    # One's own account.
    ("GET", "/console/account"): Line(
        ask=lambda s: Ask("/console/account"), allowed=SIGNED_IN, targets=NOTHING, by_cookie=True
    ),
    ("POST", "/console/account/password"): own_page(
        "/password", lambda s: {"password": "con mèo trèo cây cau"}, session_of_asker
    ),
    ("POST", "/console/account/second-factor"): own_page("/second-factor", nothing, password_of_asker),
    ("POST", "/console/account/second-factor/confirm"): own_page(
        "/second-factor/confirm", lambda s: {"totp": s.made}, begun_by_asker
    ),
    ("POST", "/console/account/second-factor/check"): own_page(
        "/second-factor/check", lambda s: {"totp": s.made}, turned_on_by_asker
    ),
    ("POST", "/console/account/second-factor/off"): own_page(
        "/second-factor/off", lambda s: {"totp": s.made}, turned_on_by_asker
    ),
}
