"""The demo school's own file is read whole: every class, every teacher, no doubt and nobody in two classes at once."""

from __future__ import annotations

from collections import Counter

from backend.core.ids import new_id
from backend.demo.timetable import workbook
from backend.people.roster.invented import invent_school
from backend.spreadsheets.workbook import read_grids
from backend.timetable.sheets.names import Member, Names
from backend.timetable.sheets.plan import KnownClass, make_plan
from tests.timetable.test_sheets import SUBJECTS


def test_the_demo_schools_file_holds_no_doubt_and_no_clash() -> None:
    school = invent_school(pupils=16, classes=16)
    classes = [KnownClass(new_id(), name, ["morning"]) for name in school.classes]
    staff = [Member(new_id(), person.full_name) for person in school.staff]
    by_name = {known.name: known.class_id for known in classes}
    homerooms = {
        (by_name[person.homeroom], ""): frozenset({member.staff_id})
        for person, member in zip(school.staff, staff, strict=True)
        if person.homeroom
    }
    names = Names({**SUBJECTS, "NT": "Nghệ thuật"}, staff, homerooms)
    plan = make_plan(read_grids(workbook(school), "tkb.xlsx"), classes, names)
    assert (plan.faults, plan.missing) == ([], [])
    lessons = [one for week in plan.weeks.values() for one in week]
    assert len(lessons) >= 16 * 25 and all(one.staff_id or one.title == "Chào cờ" for one in lessons)
    taught = Counter((one.staff_id, one.weekday, one.session, one.period) for one in lessons if one.staff_id)
    assert max(taught.values()) == 1
