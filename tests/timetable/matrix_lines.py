"""Who may read and change the timetable: all staff read, administrators publish, the homeroom teacher changes single days."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from backend.core.clock import school_day
from backend.timetable import imports
from tests.factories import YEAR
from tests.identity.matrix import ADMINS, BY_SCHOOL, FAMILY, HOMEROOM, STAFF, Ask, Line, Scene
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


FILE = xlsx({"TKB": [["Thứ", "Tiết", "6A1"], ["Thứ 2", 1, "Toán"], [None, 2, "#N/A"]]})
CLASS = "/v1/schools/{school_id}/classes/{class_id}"
IMPORTS = "/v1/schools/{school_id}/timetable-imports"
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
}
