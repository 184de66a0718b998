"""A timetable file through the doors: looked at, its faults named by cell, applied once, nothing lost."""

from __future__ import annotations

import asyncio
import io
from datetime import date
from typing import Any

import httpx
import openpyxl

from tests.factories import Person, World
from tests.timetable.scenes import MONDAY, NEXT_MONDAY, a_week, day, publish, titles
from tests.timetable.sheets import block, whole_school, xlsx


def address(world: World, rest: str = "") -> str:
    return f"/v1/schools/{world.school_id}/timetable-imports{rest}"


async def upload(
    web: httpx.AsyncClient, world: World, data: bytes, query: str = "", *, by: Person | None = None
) -> httpx.Response:
    files = {"data": ("tkb.xlsx", data)}
    return await web.post(address(world, query), files=files, headers=(by or world.admin).headers)


async def apply(web: httpx.AsyncClient, world: World, import_id: str, **how: Any) -> httpx.Response:
    return await web.post(address(world, f"/{import_id}/apply"), json=how, headers=world.admin.headers)


async def test_a_file_is_looked_at_and_applied_once(web: httpx.AsyncClient, world: World) -> None:
    await publish(web, world, MONDAY, a_week())
    read = await upload(web, world, whole_school())
    assert read.status_code == 201, read.text
    seen = read.json()
    assert seen["valid_from"] == str(NEXT_MONDAY), "the title says so"
    assert [(one["class_name"], one["does"]) for one in seen["classes"]] == [("6A1", "changed"), ("6A2", "new")]
    assert (seen["lessons_read"], seen["missing"]) == (63, [])
    assert {one["code"] for one in seen["faults"]} == {"teacher_unknown"}
    assert (seen["faults"][0]["cell"], seen["faults"][0]["value"]) == ("D6", "N.Văn - Lan")
    assert (
        len(titles(await day(web, world, NEXT_MONDAY))) == 5
        and titles(await day(web, world, NEXT_MONDAY))[0] == "Chào cờ"
    )
    assert titles(await day(web, world, date(2026, 10, 20))) != ["x"]

    done = await apply(web, world, seen["import_id"], tell_families=True)
    assert done.status_code == 200 and done.json()["state"] == "applied"
    assert titles(await day(web, world, date(2026, 10, 20)))[-2:] == ["Giáo dục thể chất", "Mĩ thuật"]
    assert (await apply(web, world, seen["import_id"])).json()["applied_at"] == done.json()["applied_at"]
    notices = (await web.get("/v1/family/notices", headers=world.parent.headers)).json()["notices"]
    assert [one["title"] for one in notices] == ["Thời khóa biểu mới của lớp 6A1"]
    again = (await upload(web, world, whole_school())).json()
    assert (again["classes_same"], again["classes_changed"], again["classes_new"]) == (2, 0, 0)
    assert (await apply(web, world, again["import_id"], tell_families=True)).status_code == 200
    assert len((await web.get("/v1/family/notices", headers=world.parent.headers)).json()["notices"]) == 1
    listed = (await web.get(address(world), headers=world.admin.headers)).json()["imports"]
    assert [one["state"] for one in listed] == ["applied", "applied"]


async def test_a_file_of_mornings_leaves_the_afternoons_and_other_classes_alone(
    web: httpx.AsyncClient, world: World
) -> None:
    await publish(web, world, MONDAY, a_week())
    mornings = xlsx({"TKB Sáng": [["Thứ", "Tiết", "6A1"], *block(["Thứ 3"], [("MT",)], periods=1)]})
    seen = (await upload(web, world, mornings)).json()
    assert (seen["valid_from"], seen["missing"], seen["classes"][0]["sessions"]) == (
        str(NEXT_MONDAY),
        ["6A2"],
        ["morning"],
    )
    await apply(web, world, seen["import_id"])
    assert titles(await day(web, world, date(2026, 10, 20))) == ["Mĩ thuật", "Giáo dục thể chất", "Mĩ thuật"]


async def test_clashes_are_shown_and_kept_only_when_meant(web: httpx.AsyncClient, world: World) -> None:
    rows = [["Thứ", "Tiết", "6A1", "6A2"], ["Thứ 2", 1, "Toán - Cúc", "Văn - Cô Cúc"]]
    seen = (await upload(web, world, xlsx({"TKB": rows}))).json()
    assert seen["clashing"] == [
        {"weekday": 1, "session": "morning", "period": 1, "teacher": "Đỗ Thị Cúc", "class_name": "6A2", "other_class": "6A1"}
    ]  # fmt: skip
    refused = await apply(web, world, seen["import_id"])
    assert refused.status_code == 409 and "đã dạy lớp 6A1" in refused.json()["errors"][0]["detail"]
    assert (await apply(web, world, seen["import_id"], keep_clashes=True)).status_code == 200


async def test_the_file_comes_back_with_its_faults_beside_their_rows(web: httpx.AsyncClient, world: World) -> None:
    rows = [["Thứ", "Tiết", "6A1", "9B"], ["Thứ 2", 1, "Toán - Cô Mận", "Toán"], [None, 2, "#N/A", None]]
    seen = (await upload(web, world, xlsx({"TKB": rows}))).json()
    assert {(one["cell"], one["code"]) for one in seen["faults"]} == {
        ("D1", "class_unknown"),
        ("C2", "teacher_unknown"),
        ("C3", "cell_error"),
    }
    answer = await web.get(address(world, f"/{seen['import_id']}/errors"), headers=world.admin.headers)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    beside = {row: str(sheet.cell(row, 5).value) for row in (1, 2, 3)}
    assert beside[3].startswith("C3 Ô này là lỗi công thức") and beside[2].startswith("C2 Không tìm thấy giáo viên")
    assert beside[1].startswith("D1 Năm học này không có lớp này")


async def test_a_day_gone_by_and_files_without_a_timetable_are_refused(web: httpx.AsyncClient, world: World) -> None:
    await publish(web, world, MONDAY, a_week())
    past = await upload(web, world, whole_school(), "?valid_from=2026-10-12")
    assert past.status_code == 422 and past.json()["type"] == "/problems/timetable-past"
    nothing = await upload(web, world, xlsx({"a": [["Họ tên"], ["An"]]}))
    assert nothing.status_code == 201 and nothing.json()["classes_read"] == 0
    refused = await apply(web, world, nothing.json()["import_id"])
    assert refused.json()["type"] == "/problems/timetable-nothing-read"
    broken = await upload(web, world, b"PK\x03\x04 not a workbook")
    assert broken.status_code == 422 and broken.json()["type"].startswith("/problems/roster-")
    assert (await upload(web, world, whole_school(), by=world.teacher)).status_code == 403


async def test_two_who_apply_the_same_file_tell_families_once(web: httpx.AsyncClient, world: World) -> None:
    seen = (await upload(web, world, whole_school())).json()
    both = await asyncio.gather(*(apply(web, world, seen["import_id"], tell_families=True) for _ in range(3)))
    assert {(one.status_code, one.json()["state"]) for one in both} == {(200, "applied")}
    assert len((await web.get("/v1/family/notices", headers=world.parent.headers)).json()["notices"]) == 1
