"""The demo school arrives through the doors a real school uses: a founding command, a spreadsheet, sign-ins, requests, webhooks."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from backend.core.clock import school_day
from backend.core.ids import new_id
from backend.core.phones import national
from backend.demo.dossiers import some_requests
from backend.demo.homework import some_homework
from backend.demo.stage import Say, Stage, both_languages
from backend.demo.timetable import a_changed_day, a_timetable
from backend.demo.visitor import Refused, Visitor
from backend.people.founding import Founding, found_school
from backend.people.roster.invented import InventedSchool, invent_school
from backend.people.roster.messy import to_xlsx, write_school
from schemas.roster import RosterGuardian, RosterPupil
from tests.twins.bank import SepayTwin

ADMIN_NAME, ADMIN_PHONE = "Bùi Văn Trưởng", "0966000001"
BANK = {"bank_bin": "970436", "account_number": "0123499999", "account_name": "TRUONG THCS NGUYEN TRAI"}

ABOUT = {
    "address": "12 Đường Cầu Đất, phường Ngô Quyền, thành phố Hải Phòng",
    "phone": "0225 3825 000",
    "duty_phone": "0225 3825 113",
    "office_hours": "thứ Hai đến thứ Sáu, 7 giờ 30 – 11 giờ 30 và 13 giờ 30 – 17 giờ",
    "school_hours": "vào lớp 7 giờ, tan học 11 giờ 30; buổi chiều 13 giờ 45 – 16 giờ 45",
    "principal_hours": "sáng thứ Năm hằng tuần",
    "lunch_menu": "thứ Hai thịt kho trứng, thứ Ba cá sốt cà chua, thứ Tư gà rang gừng, thứ Năm bò xào, thứ Sáu đậu nhồi thịt",
    "lunch_price": "32.000 đ một suất",
    "lunch_cutoff": "8 giờ sáng",
    "uniform": "áo trắng thứ Hai và thứ Sáu, các ngày khác tự chọn",
}
POOL = {
    "content": {
        "vi": {"title": "Bể bơi của trường", "first": "Bể bơi mở từ 16 giờ 45 đến 18 giờ, thứ Hai đến thứ Sáu."},
        "en": {"title": "The school's pool", "first": "The pool is open from 16:45 to 18:00, Monday to Friday."},
        "phrases": ["bể bơi mở cửa mấy giờ", "trường có bể bơi không", "is there a swimming pool"],
    }
}


class DemoPerson(msgspec.Struct):
    what: str
    name: str
    phone: str


class Cast(msgspec.Struct):
    """Who plays: kept beside the data, so that a second start prints the same people."""

    school_id: int
    class_id: str
    class_name: str
    people: list[DemoPerson]
    hook_path: str = ""
    hook_secret: str = ""

    def find(self, what: str) -> DemoPerson:
        return next(person for person in self.people if person.what.startswith(what))

    @property
    def parent(self) -> DemoPerson:
        return self.find("parent")

    @property
    def teacher(self) -> DemoPerson:
        return self.find("homeroom teacher")


async def seed(stage: Stage, *, say: Say) -> Cast:
    kept = stage.data_dir / "cast.json"
    if kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=Cast)
    school = invent_school()
    cast = await arrive(stage, school, say=say)
    await a_school_day(stage, cast, school, say=say)
    await a_fee_and_some_payments(stage, cast, say=say)
    await requests_to_the_school(stage, cast, say=say)
    kept.write_bytes(msgspec.json.encode(cast))
    kept.chmod(0o600)
    return cast


async def arrive(stage: Stage, school: InventedSchool, *, say: Say, path: Path | None = None) -> Cast:
    """The school is founded by the command; its administrator signs in, uploads the messy workbook, looks, and applies it."""
    house = stage.house
    founding = Founding(
        code="DEMO-THCS-01",
        name=school.name,
        level="lower_secondary",
        province_code="31",
        address="12 Đường Cầu Đất, phường Ngô Quyền, thành phố Hải Phòng",
        phone="0225 3825 000",
        admin_name=ADMIN_NAME,
        admin_phone=ADMIN_PHONE,
    )
    now = house.clock.now()
    school_id = await found_school(house.database, founding, at=now, today=school_day(now))
    say(both_languages("founded", name=school.name))
    admin = Visitor(stage.url, ADMIN_NAME)
    await admin.sign_in(house, ADMIN_PHONE, kind="console")
    workbook = to_xlsx(write_school(school))
    if path is not None:
        path.write_bytes(workbook)
    base = f"/v1/schools/{school_id}"
    read = await admin.post(
        f"{base}/roster-imports", None, files={"data": ("danh-sach-hoc-sinh.xlsx", workbook, _XLSX)}, expect=201
    )
    counts = read.get("summary", read)
    say(
        both_languages(
            "read",
            pupils=counts["pupils_read"],
            classes=counts["classes_new"],
            guardians=counts["guardians_new"],
            wrong=len(read["bad_rows"]),
        )
    )
    await admin.post(f"{base}/roster-imports/{read['import_id']}/apply")
    say(both_languages("applied"))
    class_name = _class_of_the_play(school)
    classes = (await admin.get(f"{base}/classes"))["classes"]
    class_id = next(c["class_id"] for c in classes if c["name"] == class_name)
    opened = await admin.post(f"{base}/bank-accounts", BANK, expect=201)
    await _tell_families(admin, base)
    taught = await a_timetable(admin, base, school, school_day(house.clock.now()))
    say(both_languages("timetable", classes=taught))
    people = _people(school, class_name)
    cast = Cast(school_id, class_id, class_name, people, opened["account"]["hook_path"], opened["hook_secret"])
    await admin.close()
    return cast


async def _tell_families(admin: Visitor, base: str) -> None:
    """What the school says of itself and a question of its own, so that the chat has something to tell of this very school."""
    await admin.put(f"{base}/about", ABOUT)
    saved = await admin.post(f"{base}/knowledge/topics/own-be-boi/versions", POOL, expect=201)
    await admin.post(f"{base}/knowledge/topics/own-be-boi/publications", {"version": saved["version"]}, expect=204)


def _class_of_the_play(school: InventedSchool) -> str:
    """A class whose homeroom teacher also teaches it a subject, so that one person can show both."""
    for person in school.staff:
        if person.homeroom and person.phone_e164 and any(person.homeroom in t.classes for t in person.teaching):
            return person.homeroom
    return school.classes[0]


def _people(school: InventedSchool, class_name: str) -> list[DemoPerson]:
    homeroom = next(s for s in school.staff if s.homeroom == class_name and s.phone_e164)
    accountant = next(s for s in school.staff if s.position and "toán" in s.position.lower() and s.phone_e164)
    child, parent = _family_of(school.pupils, class_name)
    return [
        DemoPerson(f"parent of {child.full_name} ({class_name})", parent.name or "", national(parent.phone_e164 or "")),
        DemoPerson(f"homeroom teacher of {class_name}", homeroom.full_name, national(homeroom.phone_e164 or "")),
        DemoPerson("accountant", accountant.full_name, national(accountant.phone_e164 or "")),
        DemoPerson("school administrator", ADMIN_NAME, ADMIN_PHONE),
    ]


def _family_of(pupils: list[RosterPupil], class_name: str) -> tuple[RosterPupil, RosterGuardian]:
    """A pupil of the class with a mother whose phone nobody shares, so that the demo's sign-in needs no choosing."""
    phones = [g.phone_e164 for p in pupils for g in p.guardians]
    for pupil in pupils:
        for guardian in pupil.guardians:
            if (
                pupil.class_name == class_name
                and guardian.relation == "mother"
                and guardian.phone_e164
                and phones.count(guardian.phone_e164) == 1
            ):
                return pupil, guardian
    raise AssertionError("the invented school has no such family")


async def a_school_day(stage: Stage, cast: Cast, school: InventedSchool, *, say: Say) -> None:
    house = stage.house
    teacher = Visitor(stage.url, cast.teacher.name)
    await teacher.sign_in(house, cast.teacher.phone, kind="console")
    base = f"/v1/schools/{cast.school_id}"
    pupils = (await teacher.get(f"{base}/classes/{cast.class_id}/pupils"))["pupils"]
    today = school_day(house.clock.now())
    for back in range(7, -1, -1):
        day = today - timedelta(days=back)
        await take_roll(teacher, f"{base}/classes/{cast.class_id}/roll/{day}/morning", _roll(pupils, day, today))
    say(both_languages("roll"))
    await _marks(stage, base, cast, school, pupils)
    say(both_languages("marks"))
    await teacher.post(f"{base}/announcements", _announcement(cast, today), expect=201)
    say(both_languages("announced"))
    await a_changed_day(teacher, base, cast.class_id, today)
    await some_homework(teacher, base, cast.class_id, today)
    say(both_languages("homework"))
    await teacher.close()


def _roll(pupils: list[dict[str, Any]], day: date, today: date) -> dict[str, Any]:
    absent = pupils[day.toordinal() % len(pupils)]["pupil_id"]
    late = pupils[(day.toordinal() + 3) % len(pupils)]["pupil_id"]
    exceptions = [{"pupil_id": absent, "mark": "excused", "note": "Ốm, có đơn"}, {"pupil_id": late, "mark": "late"}]
    # Today's roll is taken even on a day off, so that the demo's families see something about today.
    return {"exceptions": exceptions, "make_up": day == today}


async def take_roll(teacher: Visitor, path: str, roll: dict[str, Any]) -> None:
    """On days without school the door refuses, and rightly so."""
    try:
        await teacher.put(path, roll)
    except Refused as refused:
        if refused.kind not in ("not-a-school-day", "outside-school-year"):
            raise


async def _marks(stage: Stage, base: str, cast: Cast, school: InventedSchool, pupils: list[dict[str, Any]]) -> None:
    """Three teachers of the class, each for the own subject, enter two regular marks and publish them."""
    entered: set[str] = set()
    for person in school.staff:
        if len(entered) == 3 or not person.phone_e164 or not any(cast.class_name in t.classes for t in person.teaching):
            continue
        teacher = Visitor(stage.url, person.full_name)
        await teacher.sign_in(stage.house, person.phone_e164, kind="console")
        for subject in sorted(await _scored_subjects_of(teacher, base, cast) - entered):
            await _enter(teacher, f"{base}/classes/{cast.class_id}/marks", subject, pupils)
            entered.add(subject)
        await teacher.close()


async def _enter(teacher: Visitor, path: str, subject: str, pupils: list[dict[str, Any]]) -> None:
    for ordinal in (1, 2):
        lines = [
            {
                "pupil_id": p["pupil_id"],
                "value": f"{6 + (n * 7 + ordinal * 3 + len(subject)) % 9 / 2:.1f}".replace(".", ","),
            }
            for n, p in enumerate(pupils)
        ]
        body = {"subject_code": subject, "term": 1, "kind": "regular", "ordinal": ordinal, "lines": lines}
        await teacher.put(path, body)
    await teacher.post(f"{path}/publish", {"subject_code": subject, "term": 1})


async def _scored_subjects_of(teacher: Visitor, base: str, cast: Cast) -> set[str]:
    """What this teacher teaches the class, by the roll's own assignments; commented subjects take other marks."""
    me = await teacher.get(f"{base}/me")
    taught = {a["subject_code"] for a in me["assignments"] if a["class_id"] == cast.class_id}
    return taught - {"", "GDTC", "NT", "AN", "MT", "HDTN", "GDDP"}


def _announcement(cast: Cast, today: date) -> dict[str, Any]:
    friday = today + timedelta(days=(4 - today.weekday()) % 7 or 7)
    return {
        "announcement_id": str(new_id()),
        "title": f"Họp phụ huynh lớp {cast.class_name}",
        "body": (
            f"Kính mời phụ huynh dự họp lúc 18 giờ 00, thứ Sáu ngày {friday:%d/%m/%Y} tại phòng học lớp {cast.class_name}. "
            "Phụ huynh bận xin nhắn cho giáo viên chủ nhiệm trước 17 giờ thứ Năm."
        ),
        "audience": {"kind": "class", "class_id": cast.class_id},
        "needs_acknowledgement": True,
    }


async def a_fee_and_some_payments(stage: Stage, cast: Cast, *, say: Say) -> None:
    """Every third family pays; the bank reports it through its signed webhook."""
    accountant = Visitor(stage.url, "accountant")
    await accountant.sign_in(stage.house, cast.find("accountant").phone, kind="console")
    base = f"/v1/schools/{cast.school_id}"
    today = school_day(stage.house.clock.now())
    item = {
        "item_id": str(new_id()),
        "title": "Tiền ăn bán trú",
        "category": "agreed",
        "unit": "day",
        "unit_amount": 32_500,
        "basis_document": "Nghị quyết của HĐND thành phố về các khoản thu dịch vụ giáo dục; thoả thuận với cha mẹ học sinh",
        "absence_hour": 8,
        "planned_use": "Suất ăn trưa: thực phẩm, gas, công nấu",
        "valid_from": str(today - timedelta(days=90)),
        "valid_to": str(today + timedelta(days=270)),
    }
    await accountant.post(f"{base}/fee-items", item, expect=201)
    plan = {
        "plan_id": str(new_id()),
        "item_id": item["item_id"],
        "title": "Tiền ăn bán trú tháng 12",
        "scope": "class",
        "class_ids": [cast.class_id],
        "quantity": 20,
        "due_on": [str(today + timedelta(days=14))],
    }
    await accountant.post(f"{base}/fee-plans", plan, expect=201)
    await accountant.post(f"{base}/fee-plans/{plan['plan_id']}/publish")
    spending = {
        "spending_id": str(new_id()),
        "spent_on": str(today),
        "amount": 1_240_000,
        "purpose": "Thực phẩm tuần 1",
        "document": "Hóa đơn 0000123",
    }
    await accountant.post(f"{base}/fee-items/{item['item_id']}/spendings", spending, expect=204)
    invoices = (await accountant.get(f"{base}/classes/{cast.class_id}/invoices"))["invoices"]
    own = cast.parent.what
    async with httpx.AsyncClient(base_url=stage.url, timeout=30) as http:
        bank = SepayTwin(http, cast.hook_path, BANK["account_number"], cast.hook_secret)
        for invoice in invoices[::3]:
            if invoice["pupil_name"] not in own:
                await bank.call(bank.credit(invoice["remaining"], f"{invoice['reference']} {invoice['pupil_name']}"))
    say(both_languages("billed", count=len(invoices)))
    await accountant.close()


async def requests_to_the_school(stage: Stage, cast: Cast, *, say: Say) -> None:
    parent, admin = Visitor(stage.url, cast.parent.name), Visitor(stage.url, ADMIN_NAME)
    await parent.sign_in(stage.house, cast.parent.phone)
    await admin.sign_in(stage.house, ADMIN_PHONE, kind="console")
    say(both_languages("requests", count=await some_requests(cast.school_id, parent, admin)))
    await parent.close()
    await admin.close()


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
