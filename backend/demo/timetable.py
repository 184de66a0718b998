"""The demo school's timetable: invented so that no teacher stands in two classes, written as a spreadsheet, and sent through the doors."""

from __future__ import annotations

import io
import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

from backend.demo.visitor import Refused, Visitor
from backend.people.roster.invented import InventedSchool

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Periods a week of a lower secondary school, beside Chào cờ and Sinh hoạt lớp.
_WEEKLY = {
    "Toán": 4, "Ngữ văn": 4, "Tiếng Anh": 3, "Khoa học tự nhiên": 4, "Lịch sử và Địa lí": 3, "Giáo dục công dân": 1, "Tin học": 1,
    "Công nghệ": 1, "Giáo dục thể chất": 2, "Nghệ thuật": 2,
}  # fmt: skip
_SHORT = {
    "Khoa học tự nhiên": "KHTN",
    "Lịch sử và Địa lí": "LS&ĐL",
    "Giáo dục công dân": "GDCD",
    "Giáo dục thể chất": "GDTC",
}
_DAYS = ("Thứ 2", "Thứ 3", "Thứ 4", "Thứ 5", "Thứ 6")
_AFTERNOONS = (1, 3)
BELLS = [
    ("morning", "07:00", "07:45"), ("morning", "07:50", "08:35"), ("morning", "08:50", "09:35"), ("morning", "09:40", "10:25"),
    ("morning", "10:30", "11:15"), ("afternoon", "13:45", "14:30"), ("afternoon", "14:35", "15:20"),
]  # fmt: skip

Slot = tuple[int, str, int]


async def a_timetable(admin: Visitor, base: str, school: InventedSchool, today: date) -> int:
    """The hours, then the file: looked at and published from the Monday before last. How many classes have one now."""
    periods: Counter[str] = Counter()
    times = []
    for session, starts_at, ends_at in BELLS:
        periods[session] += 1
        times.append({"session": session, "period": periods[session], "starts_at": starts_at, "ends_at": ends_at})
    first = today - timedelta(days=today.weekday() + 7)
    await admin.put(f"{base}/bells", {"valid_from": str(first), "times": times})
    files = {"data": ("thoi-khoa-bieu.xlsx", workbook(school), _XLSX)}
    read = await admin.post(f"{base}/timetable-imports?valid_from={first}", None, files=files, expect=201)
    done = await admin.post(f"{base}/timetable-imports/{read['import_id']}/apply", {"keep_clashes": False})
    return int(done["classes_new"])


async def a_changed_day(teacher: Visitor, base: str, class_id: str, today: date) -> None:
    """On the next day with lessons the second one falls out, and the families hear of it; a holiday refuses, and rightly so."""
    on = today + timedelta(days=1 if today.weekday() < 4 else 7 - today.weekday())
    path = f"{base}/classes/{class_id}/timetable/{on}/morning/2"
    try:
        await teacher.put(path, {"kind": "cancelled", "note": "Thầy cô đi tập huấn", "tell_families": True})
    except Refused as refused:
        if refused.kind not in ("invalid", "outside-school-year"):
            raise


def weeks(school: InventedSchool, seed: int = 1) -> dict[str, dict[Slot, str]]:
    """Class → slot → cell. Each subject goes where its teacher is free and the class has had it least that day."""
    chance = random.Random(seed)
    teachers = {
        (name, teaching.subject): person.full_name
        for person in school.staff
        for teaching in person.teaching
        for name in teaching.classes
    }
    homerooms = {person.homeroom: person.full_name for person in school.staff if person.homeroom}
    slots = [(day, "Sáng", period) for day in range(5) for period in range(1, 6)]
    slots += [(day, "Chiều", period) for day in _AFTERNOONS for period in (1, 2)]
    busy: set[tuple[str, Slot]] = {(who, (4, "Sáng", 5)) for who in homerooms.values()}
    found: dict[str, dict[Slot, str]] = {}
    for name in school.classes:
        week: dict[Slot, str] = {(0, "Sáng", 1): "Chào cờ", (4, "Sáng", 5): "Sinh hoạt lớp - GVCN"}
        left = Counter(_WEEKLY)
        on_day: Counter[tuple[int, str]] = Counter()
        for slot in slots:
            fits = [
                subject
                for subject, count in left.items()
                if count and slot not in week and (teachers.get((name, subject), ""), slot) not in busy
            ]
            if fits:
                subject = min(fits, key=lambda one: (on_day[slot[0], one], -left[one], chance.random()))
                week[slot] = _cell(subject, teachers.get((name, subject)))
                busy.add((teachers.get((name, subject), ""), slot))
                busy.discard(("", slot))
                left[subject] -= 1
                on_day[slot[0], subject] += 1
        found[name] = week
    return found


def _cell(subject: str, teacher: str | None) -> str:
    return f"{_SHORT.get(subject, subject)} - {teacher}" if teacher else _SHORT.get(subject, subject)


def workbook(school: InventedSchool) -> bytes:
    """One sheet for the mornings and one for the afternoons, the days merged over their periods, as timetable programs export them."""
    import openpyxl

    of_class = weeks(school)
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for session, days, periods in (("Sáng", range(5), 5), ("Chiều", _AFTERNOONS, 2)):
        sheet: Any = book.create_sheet(f"TKB {session}")
        sheet.append([f"{school.name.upper()} – THỜI KHÓA BIỂU BUỔI {session.upper()}"])
        sheet.append(["Thứ", "Tiết", *school.classes])
        for day in days:
            top = sheet.max_row + 1
            for period in range(1, periods + 1):
                cells = [of_class[name].get((day, session, period)) for name in school.classes]
                sheet.append([_DAYS[day] if period == 1 else None, period, *cells])
            sheet.merge_cells(start_row=top, start_column=1, end_row=top + periods - 1, end_column=1)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
