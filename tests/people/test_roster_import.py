"""A roster file from the upload to the roll, through HTTP and the command, on a real database."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import openpyxl
import pytest

from backend.core.house import House
from backend.people import personal_id
from backend.people.roster.command import run
from backend.people.roster.invented import invent_school
from backend.people.roster.messy import to_xlsx, write_school
from tests.conftest import test_settings
from tests.factories import World
from tests.people.sheets import Sheet, csv_bytes, xlsx
from tests.wednesday import TODAY

HEADER = [
    "STT",
    "Họ tên",
    "Lớp",
    "Ngày sinh",
    "Giới tính",
    "Mã định danh Bộ GD&ĐT",
    "Số định danh cá nhân",
    "Họ tên mẹ",
    "SĐT mẹ",
]
AN = [1, "Lê Văn An", "7A", "01/05/2014", "Nam", "3100000001", "031214000001", "Mùa Thị E", "0912345678"]
BINH = [2, "Lê Thị Bình", "7A", "02/05/2014", "Nữ", "3100000002", "031314000002", "Mùa Thị E", "0912345678"]
CHI = [3, "Hồ Thị Chi", "7B", "03/05/2014", "Nữ", "3100000003", "031314000003", "Hồ Thị Gấm", "0912345679"]


class Office:
    """The school's office at the doors of the import."""

    def __init__(self, web: httpx.AsyncClient, world: World, owner: asyncpg.Connection) -> None:
        self.web, self.world, self.owner = web, world, owner
        self.base = f"/v1/schools/{world.school_id}/roster-imports"

    async def upload(self, data: bytes, name: str = "lop 7.xlsx", *, status: int = 201, **query: str) -> Any:
        answer = await self.web.post(
            self.base, files={"data": (name, data)}, params=query, headers=self.world.admin.headers
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    async def apply(self, import_id: str, *, status: int = 200, headers: dict[str, str] | None = None) -> Any:
        answer = await self.web.post(f"{self.base}/{import_id}/apply", headers=headers or self.world.admin.headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def bring(self, *rows: list[Any]) -> Any:
        read = await self.upload(book(*rows))
        return await self.apply(read["import_id"])

    async def roll(self) -> list[tuple[Any, ...]]:
        """Every fact of the roll that an import may write, apart from times."""
        rows = await self.owner.fetch(
            """
            SELECT p.pupil_id, p.full_name, p.born_on, p.sex, p.personal_id_index, p.moedu_id, p.school_code, p.status, p.source,
                   c.name, e.from_on, e.to_on, b.kind, b.valid_from, g.guardian_id, g.full_name, g.phone_e164
              FROM pupils p
              LEFT JOIN enrolments e ON e.school_id = p.school_id AND e.pupil_id = p.pupil_id
              LEFT JOIN classes c ON c.school_id = e.school_id AND c.class_id = e.class_id
              LEFT JOIN guardianships b ON b.school_id = p.school_id AND b.pupil_id = p.pupil_id
              LEFT JOIN guardians g ON g.school_id = b.school_id AND g.guardian_id = b.guardian_id
             WHERE p.school_id = $1
             ORDER BY p.pupil_id, e.from_on, g.guardian_id
            """,
            self.world.school_id,
        )
        staff = await self.owner.fetch(
            """
            SELECT s.staff_id, s.full_name, s.phone_e164, s.email, r.role, a.class_id, a.kind, a.subject_code, a.from_on, a.to_on
              FROM staff s
              LEFT JOIN staff_roles r ON r.school_id = s.school_id AND r.staff_id = s.staff_id
              LEFT JOIN assignments a ON a.school_id = s.school_id AND a.staff_id = s.staff_id
             WHERE s.school_id = $1
             ORDER BY s.staff_id, r.role, a.class_id, a.kind, a.subject_code
            """,
            self.world.school_id,
        )
        directory = await self.owner.fetch(
            "SELECT phone_e164, person_kind, person_id, name_fold FROM phone_directory WHERE school_id = $1 ORDER BY 1, 2, 3",
            self.world.school_id,
        )
        return [tuple(row) for row in (*rows, *staff, *directory)]

    async def pupil(self, name: str) -> Any:
        return await self.owner.fetchrow(
            """
            SELECT p.*, c.name AS class_name, e.from_on
              FROM pupils p
              LEFT JOIN enrolments e ON e.school_id = p.school_id AND e.pupil_id = p.pupil_id AND e.to_on IS NULL
              LEFT JOIN classes c ON c.school_id = e.school_id AND c.class_id = e.class_id
             WHERE p.school_id = $1 AND p.full_name = $2
            """,
            self.world.school_id,
            name,
        )


@pytest.fixture
def office(web: httpx.AsyncClient, world: World, owner: asyncpg.Connection) -> Office:
    return Office(web, world, owner)


def book(*rows: list[Any]) -> bytes:
    return xlsx(Sheet("DS", [HEADER, *rows]))


def changed(row: list[Any], **columns: Any) -> list[Any]:
    places = {"name": 1, "class_name": 2, "born": 3, "moedu": 5, "personal": 6, "mother": 7, "phone": 8}
    new = list(row)
    for name, value in columns.items():
        new[places[name]] = value
    return new


async def test_a_whole_school_arrives_and_again_changes_nothing(office: Office) -> None:
    data = to_xlsx(write_school(invent_school(5)))
    read = await office.upload(data, "truong.xlsx")
    before = await office.roll()
    assert (read["classes_new"], read["state"], read["school_year"]) == (33, "read", "2026-2027")
    assert read["pupils_new"] == read["pupils_read"] >= 1180
    assert read["staff_new"] == 60
    assert read["bad_rows"] and read["sheets"]
    assert await office.roll() == before, "a dry run writes nothing"

    done = await office.apply(read["import_id"])
    assert (done["state"], done["pupils_new"], done["staff_new"]) == ("applied", read["pupils_new"], 60)
    # Read right away, by joins over tables that were nearly empty a moment ago: without fresh statistics this takes minutes.
    after = await office.roll()
    again = await office.upload(data, "truong.xlsx")
    numbers = {
        name: again[name] for name in again if name.endswith(("_new", "_changed", "_begun", "_ended", "_unsure"))
    }
    assert set(numbers.values()) == {0}, numbers
    assert again["pupils_same"] == read["pupils_new"]
    await office.apply(again["import_id"])
    assert await office.roll() == after


async def test_a_pupil_arrives_with_numbers_sealed_and_a_family_that_can_sign_in(office: Office, house: House) -> None:
    await office.bring(AN, BINH)
    an = await office.pupil("Lê Văn An")
    assert (an["class_name"], str(an["born_on"]), an["sex"], an["moedu_id"], an["source"]) == (
        "7A",
        "2014-05-01",
        "male",
        "3100000001",
        "file",
    )
    assert house.cipher.open(an["personal_id_sealed"], personal_id.PURPOSE) == "031214000001"
    assert an["personal_id_index"] == personal_id.index(house.cipher, "031214000001")
    mothers = await office.owner.fetch(
        "SELECT g.guardian_id, g.full_name, g.phone_e164, b.kind, b.source FROM guardians g JOIN guardianships b USING (school_id, guardian_id)"
        " WHERE g.school_id = $1 AND g.phone_e164 = '+84912345678'",
        office.world.school_id,
    )
    assert len(mothers) == 2 and len({row["guardian_id"] for row in mothers}) == 1, (
        "brother and sister share their mother"
    )
    assert {(row["kind"], row["source"]) for row in mothers} == {("mother", "file")}
    listed = await office.owner.fetch(
        "SELECT person_id FROM phone_directory WHERE school_id = $1 AND phone_e164 = '+84912345678'",
        office.world.school_id,
    )
    assert [row["person_id"] for row in listed] == [mothers[0]["guardian_id"]]
    found = await office.web.get(
        f"/v1/schools/{office.world.school_id}/pupils", params={"q": "031214000001"}, headers=office.world.admin.headers
    )
    assert [p["full_name"] for p in found.json()["pupils"]] == ["Lê Văn An"]


async def test_a_changed_file_changes_exactly_that(office: Office) -> None:
    await office.bring(AN, BINH, CHI)
    corrected = changed(AN, name="Lê Văn Ân", born="11/05/2014")
    moved = changed(CHI, class_name="7A", phone="0912345670")
    read = await office.upload(book(corrected, BINH, moved))
    told = {
        change["full_name"]: {f["field"]: (f["before"], f["after"]) for f in change["fields"]}
        for change in read["changes"]
    }
    assert told == {
        "Lê Văn Ân": {"full_name": ("Lê Văn An", "Lê Văn Ân"), "born_on": ("2014-05-01", "2014-05-11")},
        "Hồ Thị Chi": {"class": ("7B", "7A"), "guardian_phone": ("+84912345679", "+84912345670")},
    }
    assert (read["pupils_new"], read["pupils_changed"], read["pupils_same"], read["guardians_changed"]) == (0, 2, 1, 1)
    await office.apply(read["import_id"])
    chi = await office.pupil("Hồ Thị Chi")
    assert (chi["class_name"], chi["from_on"]) == ("7A", TODAY)
    seats = await office.owner.fetch(
        "SELECT to_on FROM enrolments WHERE school_id = $1 AND pupil_id = $2 ORDER BY from_on",
        office.world.school_id,
        chi["pupil_id"],
    )
    assert [str(seat["to_on"]) for seat in seats] == ["2026-10-13", "None"], "no day belongs to two classes"
    phones = await office.owner.fetch(
        "SELECT phone_e164 FROM phone_directory WHERE school_id = $1 AND name_fold = 'ho thi gam'",
        office.world.school_id,
    )
    assert [row["phone_e164"] for row in phones] == ["+84912345670"]
    again = await office.upload(book(corrected, BINH, moved))
    assert (again["pupils_changed"], again["pupils_same"]) == (0, 3)


async def test_who_left_and_comes_back_keeps_the_time_before(office: Office) -> None:
    await office.bring(AN, BINH)
    an = await office.pupil("Lê Văn An")
    await office.owner.execute(
        "UPDATE enrolments SET to_on = '2026-09-30' WHERE school_id = $1 AND pupil_id = $2",
        office.world.school_id,
        an["pupil_id"],
    )
    await office.owner.execute(
        "UPDATE pupils SET status = 'left' WHERE school_id = $1 AND pupil_id = $2",
        office.world.school_id,
        an["pupil_id"],
    )
    assert (await office.bring(AN, BINH))["pupils_changed"] == 1
    seats = await office.owner.fetch(
        "SELECT from_on, to_on FROM enrolments WHERE school_id = $1 AND pupil_id = $2 ORDER BY from_on",
        office.world.school_id,
        an["pupil_id"],
    )
    assert [(str(s["from_on"]), str(s["to_on"])) for s in seats] == [
        ("2026-09-05", "2026-09-30"),
        ("2026-10-14", "None"),
    ]
    assert (await office.pupil("Lê Văn An"))["status"] == "enrolled"


async def test_a_new_school_year_seats_the_same_pupils_in_new_classes(office: Office) -> None:
    await office.bring(AN, BINH)
    await office.owner.execute(
        "INSERT INTO school_years (school_id, school_year, starts_on, ends_on) VALUES ($1, '2027-2028', '2027-09-05', '2028-05-31')",
        office.world.school_id,
    )
    up = [changed(row, class_name="8A") for row in (AN, BINH)]
    read = await office.upload(xlsx(Sheet("DS", [["Năm học 2027 - 2028"], HEADER, *up])))
    assert (read["school_year"], read["pupils_new"], read["pupils_changed"], read["classes_new"]) == (
        "2027-2028",
        0,
        2,
        1,
    )
    await office.apply(read["import_id"])
    seats = await office.owner.fetch(
        "SELECT e.school_year, c.name, e.from_on FROM enrolments e JOIN classes c USING (school_id, class_id) JOIN pupils p USING (school_id, pupil_id)"
        " WHERE p.school_id = $1 AND p.full_name = 'Lê Văn An' AND e.to_on IS NULL ORDER BY 1",
        office.world.school_id,
    )
    assert [tuple(map(str, seat)) for seat in seats] == [
        ("2026-2027", "7A", "2026-09-05"),
        ("2027-2028", "8A", "2027-09-05"),
    ]


async def test_a_number_that_changed_hands_takes_the_old_account_away(office: Office, house: House) -> None:
    await office.bring(CHI)
    mother: UUID = await office.owner.fetchval(
        "SELECT guardian_id FROM guardians WHERE school_id = $1 AND name_fold = 'ho thi gam'", office.world.school_id
    )
    await office.owner.execute(
        "UPDATE guardians SET account_id = $3 WHERE school_id = $1 AND guardian_id = $2",
        office.world.school_id,
        mother,
        office.world.stranger.account_id,
    )
    await office.bring(changed(CHI, phone="0912345670"))
    assert (
        await office.owner.fetchval(
            "SELECT account_id FROM guardians WHERE school_id = $1 AND guardian_id = $2", office.world.school_id, mother
        )
        is None
    )


async def test_gaps_in_a_file_take_nothing_away(office: Office) -> None:
    await office.bring(AN)
    before = await office.roll()
    read = await office.upload(book(changed(AN, born=None, moedu=None, mother=None, phone=None)))
    assert (read["pupils_same"], read["pupils_changed"], read["guardians_new"]) == (1, 0, 0)
    await office.apply(read["import_id"])
    assert await office.roll() == before


async def test_pupils_the_file_does_not_name_are_told_and_stay(office: Office) -> None:
    await office.bring(AN, BINH)
    read = await office.upload(book(AN))
    assert [(m["full_name"], m["class_name"]) for m in read["missing"]] == [("Lê Thị Bình", "7A")]
    await office.apply(read["import_id"])
    assert (await office.pupil("Lê Thị Bình"))["status"] == "enrolled"


async def test_numbers_that_point_to_two_pupils_are_reported_and_nothing_is_taken(office: Office) -> None:
    await office.bring(AN, BINH)
    before = await office.roll()
    read = await office.upload(book(changed(AN, moedu="3100000002"), changed(BINH, moedu="3100000001")))
    assert (read["pupils_unsure"], read["pupils_changed"], read["pupils_missing"]) == (2, 0, 0)
    assert [(b["row"], b["code"]) for b in read["bad_rows"]] == [(2, "numbers_disagree"), (3, "numbers_disagree")]
    await office.apply(read["import_id"])
    assert await office.roll() == before


async def test_a_number_of_another_pupil_is_reported_and_not_taken(office: Office) -> None:
    await office.bring(AN)
    read = await office.upload(book(changed(CHI, moedu="3100000001", personal=None)))
    assert (read["pupils_new"], read["pupils_unsure"]) == (0, 1)
    assert [(b["row"], b["code"]) for b in read["bad_rows"]] == [(2, "number_of_another")]
    await office.apply(read["import_id"])
    assert await office.pupil("Hồ Thị Chi") is None


async def test_without_numbers_name_birth_and_class_find_the_pupil_and_another_birth_date_is_a_question(
    office: Office,
) -> None:
    bare = changed(AN, moedu=None, personal=None)
    await office.bring(bare)
    assert (await office.upload(book(bare)))["pupils_same"] == 1
    read = await office.upload(book(changed(bare, born="09/09/2014")))
    assert (read["pupils_new"], read["pupils_unsure"]) == (0, 1)
    assert read["bad_rows"][0]["code"] == "birth_differs"
    moved = await office.upload(book(changed(bare, class_name="7C")))
    assert [(c["matched_by"], c["fields"][0]["field"]) for c in moved["changes"]] == [("name_birth", "class")]


async def test_namesakes_without_birth_dates_stay_two_pupils_on_every_import(office: Office) -> None:
    one = changed(AN, born=None, moedu=None, personal=None)
    two = changed(one, phone="0912345670", mother="Giàng Thị Mỷ")
    assert (await office.bring(one, two))["pupils_new"] == 2
    before = await office.roll()
    assert (await office.bring(two, one))["pupils_same"] == 2
    assert await office.roll() == before


async def test_a_row_that_the_database_refuses_leaves_nothing_behind(office: Office) -> None:
    before = await office.roll()
    read = await office.upload(book(AN, BINH, CHI))
    await office.owner.execute(
        "ALTER TABLE guardians ADD CONSTRAINT guardians_refused CHECK (full_name <> 'Hồ Thị Gấm') NOT VALID"
    )
    try:
        await office.apply(read["import_id"], status=500)
    finally:
        await office.owner.execute("ALTER TABLE guardians DROP CONSTRAINT guardians_refused")
    assert await office.roll() == before
    assert await office.pupil("Lê Văn An") is None
    assert (await office.apply(read["import_id"]))["pupils_new"] == 3, (
        "and the same import can be applied once the cause is gone"
    )


async def test_applying_twice_answers_what_was_done_the_first_time(office: Office) -> None:
    read = await office.upload(book(AN))
    first = await office.apply(read["import_id"])
    assert await office.apply(read["import_id"]) == first
    events = await office.owner.fetch(
        "SELECT action FROM audit_events WHERE school_id = $1 AND subject_kind = 'roster_import' ORDER BY happened_at, action",
        office.world.school_id,
    )
    assert sorted(row["action"] for row in events) == ["roster.applied", "roster.read"]


async def test_the_kept_file_is_sealed_and_looked_at_again(office: Office) -> None:
    read = await office.upload(book(AN))
    kept = await office.owner.fetchval(
        "SELECT file_bytes FROM roster_imports WHERE import_id = $1", UUID(read["import_id"])
    )
    assert b"PK\x03\x04" not in kept
    answer = await office.web.get(f"{office.base}/{read['import_id']}", headers=office.world.admin.headers)
    assert answer.json()["pupils_new"] == 1
    listed = await office.web.get(office.base, headers=office.world.admin.headers)
    assert [entry["import_id"] for entry in listed.json()["imports"]] == [read["import_id"]]
    assert "bad_rows" not in listed.json()["imports"][0]


async def test_the_file_comes_back_with_its_errors(office: Office) -> None:
    read = await office.upload(book(AN, changed(BINH, born="31/02/2014")))
    answer = await office.web.get(f"{office.base}/{read['import_id']}/errors", headers=office.world.admin.headers)
    assert answer.status_code == 200
    assert "lop%207-loi.xlsx" in answer.headers["content-disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert "không có trong lịch" in sheet["J3"].value


@pytest.mark.parametrize(
    ("data", "status", "kind"),
    [
        (b"%PDF-1.7", 422, "roster-not-a-table"),
        (b"", 422, "invalid"),
        pytest.param(b"x" * 10_485_761, 422, "roster-too-big", id="too big"),
    ],
)
async def test_what_is_no_roster_is_refused_with_a_reason(office: Office, data: bytes, status: int, kind: str) -> None:
    assert (await office.upload(data, status=status))["type"].endswith(kind)


async def test_a_year_the_school_does_not_have_is_refused(office: Office) -> None:
    assert (await office.upload(book(AN), status=422, school_year="2031-2032"))["errors"][0][
        "pointer"
    ] == "?school_year"


async def test_staff_come_with_classes_and_subjects_and_never_as_administrators(office: Office) -> None:
    def staff(*rows: list[Any]) -> bytes:
        head = ["STT", "Họ và tên", "Chức vụ", "Chủ nhiệm lớp", "Môn dạy", "Phân công giảng dạy", "Điện thoại"]
        return xlsx(Sheet("DS", [HEADER, AN]), Sheet("CBGV", [head, *rows]))

    principal = [1, "Mai Thị Diệp", "Hiệu trưởng", None, None, None, "0961000001"]
    teacher = [2, "Lê Thị Cúc", "Giáo viên", "7A", "Ngữ văn", "Ngữ văn: 7A; Lịch sử và Địa lí: 7A", "0961000002"]
    accountant = [3, "Bùi Thị Tiền", "Kế toán", None, None, None, "0961000003"]
    nobody = [4, "Vũ Văn Không", "Giáo viên", None, "Toán", "Toán: 9Z", None]
    read = await office.upload(staff(principal, teacher, accountant, nobody))
    assert [b["code"] for b in read["bad_rows"]] == ["staff_without_phone"]
    await office.apply(read["import_id"])
    roles = await office.owner.fetch(
        "SELECT s.full_name, r.role FROM staff s JOIN staff_roles r USING (school_id, staff_id) WHERE s.school_id = $1 AND s.source = 'file' ORDER BY 1",
        office.world.school_id,
    )
    assert [tuple(row) for row in roles] == [("Bùi Thị Tiền", "accountant"), ("Lê Thị Cúc", "teacher")]
    duties = await office.owner.fetch(
        "SELECT a.kind, a.subject_code FROM assignments a JOIN staff s USING (school_id, staff_id) WHERE s.school_id = $1 AND s.full_name = 'Lê Thị Cúc' AND a.to_on IS NULL ORDER BY 1, 2",
        office.world.school_id,
    )
    assert [tuple(row) for row in duties] == [("homeroom", ""), ("subject", "LSDL"), ("subject", "VAN")]

    successor = [2, "Đào Thị Sen", "Giáo viên", "7A", "Ngữ văn", None, "0961000005"]
    read = await office.upload(staff(principal, successor))
    assert (read["staff_new"], read["duties_begun"], read["duties_ended"]) == (1, 1, 1)
    assert read["needs_second_factor"] is True


async def test_only_the_schools_own_administrator_gets_in(office: Office) -> None:
    read = await office.upload(book(AN))
    world = office.world
    for person in (world.teacher, world.accountant, world.other_admin, world.parent, world.area_admin):
        for method, path in (
            ("GET", ""),
            ("GET", f"/{read['import_id']}"),
            ("GET", f"/{read['import_id']}/errors"),
            ("POST", f"/{read['import_id']}/apply"),
        ):
            answer = await office.web.request(method, office.base + path, headers=person.headers)
            assert answer.status_code == 403, (person.full_name, method, path)
        answer = await office.web.post(office.base, files={"data": ("a.xlsx", book(AN))}, headers=person.headers)
        assert answer.status_code == 403
    assert (await office.web.get(office.base)).status_code == 401
    foreign = f"/v1/schools/{world.other_school_id}/roster-imports/{read['import_id']}"
    assert (await office.web.get(foreign, headers=world.other_admin.headers)).status_code == 404


async def test_the_command_compares_and_writes(
    world: World, owner: asyncpg.Connection, database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "lop 7.csv"
    path.write_bytes(csv_bytes([HEADER, AN, BINH, CHI], "cp1258", ";"))
    settings = test_settings(database_url=database_url)
    count = "SELECT count(*) FROM pupils WHERE school_id = $1 AND source = 'file'"
    out = io.StringIO()
    assert await run(path, settings, dry_run=True, as_json=False, school=world.school_id, out=out) == 0
    assert "3 thêm mới" in out.getvalue()
    assert await owner.fetchval(count, world.school_id) == 0
    assert await run(path, settings, dry_run=False, as_json=False, school=world.school_id, out=io.StringIO()) == 0
    assert await owner.fetchval(count, world.school_id) == 3
    again = io.StringIO()
    assert await run(path, settings, dry_run=False, as_json=False, school=world.school_id, out=again) == 0
    assert "0 thêm mới, 0 thay đổi, 3 giữ nguyên" in again.getvalue()
    assert await run(path, settings, dry_run=False, as_json=False, school=None, out=io.StringIO()) == 1, (
        "several schools: one must be chosen"
    )
