"""Who may read and change the timetable: all staff read, administrators publish, the homeroom teacher changes single days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from backend.core.clock import school_day
from backend.timetable import imports
from tests.console.page_lines import Form, base, nothing, of_class, sent, shown
from tests.factories import YEAR
from tests.identity.matrix import ADMINS, ALL, BY_SCHOOL, FAMILY, HOMEROOM, STAFF, Ask, Line, Scene
from tests.timetable.sheets import xlsx

LESSONS = [{"weekday": n, "session": "morning", "period": 1, "subject_code": "TOAN"} for n in range(1, 7)]


def a_class(scene: Scene, rest: str) -> str:
    return f"/v1/schools/{scene.target.school_id}/classes/{scene.target.class_id}{rest}"


def a_school(scene: Scene, rest: str) -> str:
    return f"/v1/schools/{scene.target.school_id}{rest}"


def day(scene: Scene) -> date:
    """Whatever the day: tomorrow, or Monday after a Saturday, lies ahead and has a lesson."""
    today = school_day(scene.house.clock.now())
    return today + timedelta(days=2 if today.weekday() == 5 else 1)


async def a_week(scene: Scene) -> date:
    """The class has a lesson every working day, in a year that holds today and has no holiday near."""
    on, known = day(scene), (scene.target.school_id, scene.target.class_id)
    await scene.owner.execute(
        "UPDATE school_years SET starts_on = $2, ends_on = $3 WHERE school_id = $1 AND school_year = $4",
        known[0], on - timedelta(days=90), on + timedelta(days=90), YEAR,
    )  # fmt: skip
    await scene.owner.execute("DELETE FROM lesson_changes WHERE school_id = $1 AND class_id = $2", *known)
    await scene.owner.execute("DELETE FROM timetable_lessons WHERE school_id = $1 AND class_id = $2", *known)
    await scene.owner.execute("DELETE FROM timetables WHERE school_id = $1 AND class_id = $2", *known)
    for first in (on - timedelta(days=30), on + timedelta(days=20)):
        await scene.owner.execute(
            "INSERT INTO timetables (school_id, class_id, valid_from, source, published_by, published_at)"
            " VALUES ($1, $2, $3, 'hand', $4, '2026-10-01Z')",
            *known, first, scene.world.admin.account_id,
        )  # fmt: skip
        await scene.owner.executemany(
            "INSERT INTO timetable_lessons (school_id, class_id, valid_from, weekday, session, period, subject_code)"
            " VALUES ($1, $2, $3, $4, 'morning', 1, 'TOAN')",
            [(*known, first, weekday) for weekday in range(1, 8)],
        )
    return on + timedelta(days=20)


async def a_file(scene: Scene) -> UUID:
    """Uploaded by the administrator of the school asked about."""
    admin = scene.world.admin if scene.target.school_id == scene.world.school_id else scene.world.other_admin
    first = day(scene)
    await scene.owner.execute(
        "UPDATE school_years SET starts_on = $2, ends_on = $3 WHERE school_id = $1 AND school_year = $4",
        scene.target.school_id, first - timedelta(days=90), first + timedelta(days=90), YEAR,
    )  # fmt: skip
    read = await imports.upload(scene.house, admin.account_id, scene.target.school_id, FILE, "tkb.xlsx", first)
    return read.import_id


def in_form(rest: str, form: Form, allowed: Any, *, targets: tuple[str, ...] = ALL, of_a_class: bool = False) -> Line:
    """A form about tomorrow, which a holiday may refuse (422) to whoever may ask."""
    line = sent(of_class(rest) if of_a_class else lambda s: rest, form, allowed, targets=targets, prepare=a_week)
    return replace(line, passes={303, 422})


FILE = xlsx({"TKB": [["Thứ", "Tiết", "6A1"], ["Thứ 2", 1, "Toán"], [None, 2, "#N/A"]]})
CLASS = "/v1/schools/{school_id}/classes/{class_id}"
IMPORTS = "/v1/schools/{school_id}/timetable-imports"
PAGES = "/console/{school_id}/timetable"
ROOM = "/console/{school_id}/classes/{class_id}/timetable"
BELL = {"session": "morning", "period": 1, "starts_at": "07:00", "ends_at": "07:45"}
# A holiday that happens to be tomorrow refuses with 422; who may not ask hears nothing of it.
ON_ANY_DAY = {200, 204, 422}

LINES = {
    ("POST", IMPORTS): Line(
        ask=lambda s: Ask(a_school(s, "/timetable-imports"), files={"data": ("tkb.xlsx", FILE)}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=a_file,
    ),
    ("GET", IMPORTS): Line(ask=lambda s: Ask(a_school(s, "/timetable-imports")), allowed=ADMINS, targets=BY_SCHOOL),
    ("GET", IMPORTS + "/{import_id}"): Line(
        ask=lambda s: Ask(a_school(s, f"/timetable-imports/{s.made}")),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=a_file,
    ),
    ("GET", IMPORTS + "/{import_id}/errors"): Line(
        ask=lambda s: Ask(a_school(s, f"/timetable-imports/{s.made}/errors")),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=a_file,
    ),
    ("POST", IMPORTS + "/{import_id}/apply"): Line(
        ask=lambda s: Ask(a_school(s, f"/timetable-imports/{s.made}/apply"), json={}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=a_file,
    ),
    ("GET", "/v1/family/schools/{school_id}/pupils/{pupil_id}/timetable"): Line(
        ask=lambda s: Ask(f"/v1/family/schools/{s.target.school_id}/pupils/{s.target.pupil_id}/timetable"),
        allowed=FAMILY,
    ),
    ("GET", CLASS + "/timetable"): Line(ask=lambda s: Ask(a_class(s, "/timetable")), allowed=STAFF),
    ("GET", "/v1/schools/{school_id}/timetable/mine"): Line(
        ask=lambda s: Ask(a_school(s, "/timetable/mine")), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/timetables"): Line(
        ask=lambda s: Ask(a_school(s, "/timetables")), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("PUT", CLASS + "/timetables/{valid_from}"): Line(
        ask=lambda s: Ask(a_class(s, f"/timetables/{day(s)}"), json={"lessons": LESSONS}),
        allowed=ADMINS,
        prepare=a_week,
    ),
    ("DELETE", CLASS + "/timetables/{valid_from}"): Line(
        ask=lambda s: Ask(a_class(s, f"/timetables/{s.made}")), allowed=ADMINS, prepare=a_week
    ),
    ("PUT", CLASS + "/timetable/{on}/{session}/{period}"): Line(
        ask=lambda s: Ask(a_class(s, f"/timetable/{day(s)}/morning/1"), json={"kind": "cancelled"}),
        allowed=HOMEROOM | ADMINS,
        prepare=a_week,
        passes=ON_ANY_DAY,
    ),
    ("DELETE", CLASS + "/timetable/{on}/{session}/{period}"): Line(
        ask=lambda s: Ask(a_class(s, f"/timetable/{day(s)}/morning/1")), allowed=HOMEROOM | ADMINS, prepare=a_week
    ),
    ("PUT", CLASS + "/timetable/{on}"): Line(
        ask=lambda s: Ask(a_class(s, f"/timetable/{day(s)}"), json={"sessions": ["morning"]}),
        allowed=HOMEROOM | ADMINS,
        prepare=a_week,
        passes=ON_ANY_DAY,
    ),
    ("PUT", "/v1/schools/{school_id}/timetable/days/{on}"): Line(
        ask=lambda s: Ask(a_school(s, f"/timetable/days/{day(s)}"), json={"sessions": ["morning"]}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=a_week,
        passes=ON_ANY_DAY,
    ),
    ("DELETE", CLASS + "/timetable/{on}"): Line(
        ask=lambda s: Ask(a_class(s, f"/timetable/{day(s)}")), allowed=HOMEROOM | ADMINS, prepare=a_week
    ),
    ("GET", "/v1/schools/{school_id}/bells"): Line(
        ask=lambda s: Ask(a_school(s, "/bells")), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("PUT", "/v1/schools/{school_id}/bells"): Line(
        ask=lambda s: Ask(a_school(s, "/bells"), json={"valid_from": "2026-09-05", "times": [BELL]}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
    ),
    # Pages
    ("GET", PAGES): shown(lambda s: "/timetable", STAFF, targets=BY_SCHOOL),
    ("POST", PAGES + "/school-day"): in_form(
        "/timetable/school-day", lambda s: {"on": str(day(s)), "sessions": "morning"}, ADMINS, targets=BY_SCHOOL
    ),
    ("GET", PAGES + "/bells"): shown(lambda s: "/timetable/bells", STAFF, targets=BY_SCHOOL),
    ("POST", PAGES + "/bells"): in_form(
        "/timetable/bells",
        lambda s: {"valid_from": "2026-09-05", "begins-morning-1": "07:00", "ends-morning-1": "07:45"},
        ADMINS,
        targets=BY_SCHOOL,
    ),
    ("GET", PAGES + "/import"): shown(lambda s: "/timetable/import", ADMINS, targets=BY_SCHOOL),
    ("POST", PAGES + "/import"): Line(
        ask=lambda s: Ask(
            f"{base(s)}/timetable/import", form={"valid_from": str(day(s))}, files={"file": ("tkb.xlsx", FILE)}
        ),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=a_file,
        by_cookie=True,
        passes={303},
    ),
    ("GET", PAGES + "/import/{import_id}"): shown(
        lambda s: f"/timetable/import/{s.made}", ADMINS, targets=BY_SCHOOL, prepare=a_file
    ),
    ("GET", PAGES + "/import/{import_id}/errors"): shown(
        lambda s: f"/timetable/import/{s.made}/errors", ADMINS, targets=BY_SCHOOL, prepare=a_file
    ),
    ("POST", PAGES + "/import/{import_id}/apply"): sent(
        lambda s: f"/timetable/import/{s.made}/apply", nothing, ADMINS, targets=BY_SCHOOL, prepare=a_file
    ),
    ("GET", ROOM): shown(of_class("/timetable"), STAFF),
    ("POST", ROOM + "/withdraw"): sent(
        of_class("/timetable/withdraw"), lambda s: {"valid_from": str(s.made)}, ADMINS, prepare=a_week
    ),
    ("GET", ROOM + "/edit"): shown(of_class("/timetable/edit"), ADMINS, prepare=a_week),
    ("POST", ROOM + "/edit"): sent(
        of_class("/timetable/edit"),
        lambda s: {"valid_from": str(day(s)), "l-1-morning-1": "Toán"},
        ADMINS,
        prepare=a_week,
    ),
    ("GET", ROOM + "/change"): shown(of_class("/timetable/change"), HOMEROOM | ADMINS, prepare=a_week),
    ("POST", ROOM + "/change"): in_form(
        "/timetable/change",
        lambda s: {"on": str(day(s)), "slot": "morning.1", "kind": "cancelled"},
        HOMEROOM | ADMINS,
        of_a_class=True,
    ),
    ("POST", ROOM + "/change/day"): in_form(
        "/timetable/change/day",
        lambda s: {"on": str(day(s)), "sessions": "morning"},
        HOMEROOM | ADMINS,
        of_a_class=True,
    ),
    ("POST", ROOM + "/change/take-back"): in_form(
        "/timetable/change/take-back", lambda s: {"on": str(day(s))}, HOMEROOM | ADMINS, of_a_class=True
    ),
}
