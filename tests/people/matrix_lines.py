"""Who may read and change the roll."""

from __future__ import annotations

from backend.core.ids import new_id
from tests.identity.matrix import ACCOUNTANTS, ADMINS, BY_SCHOOL, HOMEROOM, STAFF, TEACHERS, Ask, Line, Scene


def school(scene: Scene, rest: str) -> str:
    return f"/v1/schools/{scene.target.school_id}{rest}"


def of_class(scene: Scene, rest: str) -> str:
    return school(scene, f"/classes/{scene.target.class_id}{rest}")


def of_pupil(scene: Scene, rest: str = "") -> str:
    return school(scene, f"/pupils/{scene.target.pupil_id}{rest}")


async def a_closed_day(scene: Scene) -> None:
    await scene.owner.execute(
        "INSERT INTO closed_days (school_id, closed_on, reason, decided_by, decided_at) VALUES ($1, '2026-10-07', 'Bão', $2, $3)"
        " ON CONFLICT DO NOTHING",
        scene.target.school_id,
        scene.world.admin.account_id,
        scene.house.clock.now(),
    )


ROSTER = {"data": ("lop.csv", "Họ tên,Lớp\nLê Văn Mới,6A1\n".encode(), "text/csv")}


async def a_roster(scene: Scene) -> str:
    """A file that the target school's own administrator uploaded."""
    admin = scene.world.admin if scene.target.school_id == scene.world.school_id else scene.world.other_admin
    answer = await scene.client.post(school(scene, "/roster-imports"), files=ROSTER, headers=admin.headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["import_id"])


YEAR = {
    "starts_on": "2027-09-05",
    "ends_on": "2028-05-31",
    "terms": [
        {"term": 1, "starts_on": "2027-09-05", "ends_on": "2028-01-15"},
        {"term": 2, "starts_on": "2028-01-16", "ends_on": "2028-05-31"},
    ],
}

LINES = {
    ("GET", "/v1/schools/{school_id}/me"): Line(ask=lambda s: Ask(school(s, "/me")), allowed=STAFF, targets=BY_SCHOOL),
    ("GET", "/v1/schools/{school_id}/classes"): Line(
        ask=lambda s: Ask(school(s, "/classes")), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/classes/{class_id}/pupils"): Line(
        ask=lambda s: Ask(of_class(s, "/pupils")), allowed=TEACHERS | ACCOUNTANTS | ADMINS
    ),
    ("GET", "/v1/schools/{school_id}/pupils"): Line(
        ask=lambda s: Ask(school(s, "/pupils"), params={"q": "an"}), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/pupils/{pupil_id}"): Line(
        ask=lambda s: Ask(of_pupil(s)), allowed=HOMEROOM | ACCOUNTANTS | ADMINS
    ),
    ("GET", "/v1/schools/{school_id}/staff"): Line(
        ask=lambda s: Ask(school(s, "/staff")), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/calendar"): Line(
        ask=lambda s: Ask(school(s, "/calendar")), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("POST", "/v1/schools/{school_id}/pupils"): Line(
        ask=lambda s: Ask(
            school(s, "/pupils"),
            json={"pupil_id": str(new_id()), "full_name": "Lý Thị Mới", "class_id": str(s.target.class_id)},
        ),
        allowed=ADMINS,
        passes={201},
    ),
    ("POST", "/v1/schools/{school_id}/pupils/{pupil_id}/transfer"): Line(
        ask=lambda s: Ask(of_pupil(s, "/transfer"), json={"class_id": str(s.world.other_class_id), "on": "2026-10-20"}),
        allowed=ADMINS,
        targets=("own", "classmate"),
    ),
    ("PUT", "/v1/schools/{school_id}/guardians/{guardian_id}/phone"): Line(
        ask=lambda s: Ask(
            school(s, f"/guardians/{s.target.guardian.person_id}/phone"), json={"phone": s.target.guardian.phone}
        ),
        allowed=ADMINS,
    ),
    ("PATCH", "/v1/schools/{school_id}/pupils/{pupil_id}/guardians/{guardian_id}"): Line(
        ask=lambda s: Ask(of_pupil(s, f"/guardians/{s.target.guardian.person_id}"), json={"may_collect": False}),
        allowed=ADMINS,
    ),
    ("PUT", "/v1/schools/{school_id}/classes/{class_id}/assignments"): Line(
        ask=lambda s: Ask(of_class(s, "/assignments"), json={"assignments": []}), allowed=ADMINS
    ),
    ("PUT", "/v1/schools/{school_id}/years/{school_year}"): Line(
        ask=lambda s: Ask(school(s, "/years/2027-2028"), json=YEAR), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("PUT", "/v1/schools/{school_id}/closed-days/{on}"): Line(
        ask=lambda s: Ask(school(s, "/closed-days/2026-10-08"), json={"reason": "Bão số 9"}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
    ),
    ("DELETE", "/v1/schools/{school_id}/closed-days/{on}"): Line(
        ask=lambda s: Ask(school(s, "/closed-days/2026-10-07")),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=a_closed_day,
    ),
    ("POST", "/v1/schools/{school_id}/roster-imports"): Line(
        ask=lambda s: Ask(school(s, "/roster-imports"), files=ROSTER), allowed=ADMINS, targets=BY_SCHOOL, passes={201}
    ),
    ("GET", "/v1/schools/{school_id}/roster-imports"): Line(
        ask=lambda s: Ask(school(s, "/roster-imports")), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/roster-imports/{import_id}"): Line(
        ask=lambda s: Ask(school(s, f"/roster-imports/{s.made}")), allowed=ADMINS, targets=BY_SCHOOL, prepare=a_roster
    ),
    ("GET", "/v1/schools/{school_id}/roster-imports/{import_id}/errors"): Line(
        ask=lambda s: Ask(school(s, f"/roster-imports/{s.made}/errors")),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=a_roster,
    ),
    ("POST", "/v1/schools/{school_id}/roster-imports/{import_id}/apply"): Line(
        ask=lambda s: Ask(school(s, f"/roster-imports/{s.made}/apply")),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=a_roster,
    ),
    ("GET", "/v1/schools/{school_id}/about"): Line(
        ask=lambda s: Ask(school(s, "/about")), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("PUT", "/v1/schools/{school_id}/about"): Line(
        ask=lambda s: Ask(school(s, "/about"), json={"school_hours": "7h15 – 16h30"}), allowed=ADMINS, targets=BY_SCHOOL
    ),
}
