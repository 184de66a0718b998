"""A school in the middle of things, for looking at its pages: a full class with marks and rolls, bills, letters, transfers that wait.

Made through the rooms' own actions where there is one.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import asyncpg
from PIL import Image

from backend.announcements.actions import announce
from backend.attendance.actions import take_roll
from backend.core.clock import school_day
from backend.core.house import House
from backend.core.ids import new_id
from backend.feed import drafts, posts
from backend.files.actions import keep
from backend.forms.actions import create_form
from backend.forms.signing import sign
from backend.gradebook.actions import enter_marks, publish_marks
from backend.homework import changing, family, writing
from backend.identity.tokens import TokenOffice
from backend.timetable.publishing import publish
from payments import accounts, invoices
from payments.banks.line import BankLine
from payments.settle import settle
from payments.statements import imports
from schemas.announcements import NewAnnouncement, ToClass
from schemas.attendance import RollException, RollIn
from schemas.feed import PhotoIn, PostIn
from schemas.forms import (
    Consent,
    Day,
    NewForm,
    NewSignature,
    Number,
    OneOf,
    Paper,
    Question,
    SeveralOf,
    ShortText,
)
from schemas.gradebook import MarkLine, MarksIn, MarksToPublish
from schemas.homework import HomeworkChange, HomeworkLine, NewHomework
from schemas.payments import NewFee
from schemas.timetable import LessonIn, TimetableIn
from tests.factories import World, add_pupils

A_MONDAY = date(2026, 10, 5)


@dataclass
class Busy:
    world: World
    announcement_id: UUID
    notice_id: UUID
    fee_id: UUID
    invoice_id: UUID
    transaction_id: UUID
    statement_id: UUID
    pointing_id: UUID
    form_id: UUID
    post_id: UUID
    homework_id: UUID


async def busy_school(owner: asyncpg.Connection, house: House, world: World, *, pupils: int = 38) -> Busy:
    await add_pupils(owner, world, pupils)
    school_id, class_id, child = world.school_id, world.class_id, world.child.pupil_id
    teacher = world.teacher.account_id
    exceptions = [RollException(child, "late", "Xe hỏng"), RollException(world.classmate.pupil_id, "unexcused")]
    for day in (A_MONDAY + timedelta(days=n) for n in range(26) if n % 7 != 6):  # a month with every school day
        await take_roll(house, teacher, school_id, class_id, day, "morning", RollIn(exceptions))
    for kind, ordinal, value in (("regular", 1, "8,5"), ("regular", 2, "7"), ("midterm", 1, "9"), ("final", 1, "10")):
        lines = [MarkLine(child, value), MarkLine(world.classmate.pupil_id, value)]
        await enter_marks(house, teacher, school_id, class_id, MarksIn("TOAN", 1, kind, lines, ordinal))
    await publish_marks(house, teacher, school_id, class_id, MarksToPublish("TOAN", 1))
    announcement_id = new_id()
    letter = NewAnnouncement(
        announcement_id, "Họp phụ huynh", "8 giờ Chủ nhật 29/11/2026,\nphòng học lớp 6A1.", ToClass(class_id), True
    )
    announced, _ = await announce(house, teacher, school_id, letter)
    fee_id, invoice_id = await a_fee(owner, house, world)
    transaction_id = await a_transfer(owner, house, world, "NGUYEN MINH AN nop tien", 690_000, "in")
    statement_id = await a_statement(
        owner, house, world, "sao-ke-thang-9.csv", "Ngày;Nội dung;Ghi nợ;Ghi có;Số dư;Số chứng từ"
    )
    pointing_id = await a_statement(owner, house, world, "so-quy.csv", "Lúc;Vì;Ra;Vào;Còn;Mã")
    form_id = await a_form(house, world)
    post_id = await a_feed(house, world)
    await a_timetable(house, world)
    homework_id = await some_homework(house, world)
    return Busy(
        world,
        announcement_id,
        announced.notice_id,
        fee_id,
        invoice_id,
        transaction_id,
        statement_id,
        pointing_id,
        form_id,
        post_id,
        homework_id,
    )


async def some_homework(house: House, world: World) -> UUID:
    """For tomorrow and for the next lesson; the first was changed since, and the child's mother has seen and ticked it."""
    school_id, day = world.school_id, school_day(house.clock.now()) + timedelta(days=1)
    lines = [
        HomeworkLine(new_id(), world.class_id, "TOAN", day, "Bài 1, 2 trang 45"),
        HomeworkLine(new_id(), world.class_id, "VAN", None, "Soạn bài Thánh Gióng"),
        HomeworkLine(new_id(), world.class_id, None, day, "Mặc đồng phục", "Thước kẻ, ê-ke"),
    ]
    await writing.write(house, world.teacher.account_id, school_id, NewHomework(lines))
    first = lines[0].homework_id
    change = HomeworkChange(1, day, "Bài 1, 2, 3 trang 45")
    await changing.change(house, world.teacher.account_id, school_id, first, change)
    await family.look(house, world.parent.account_id, school_id, world.child.pupil_id)
    await family.tick(house, world.parent.account_id, school_id, world.child.pupil_id, first, done=True)
    return first


async def a_timetable(house: House, world: World) -> None:
    """Five lessons every morning since the first day of school."""
    lessons = [
        LessonIn(weekday=weekday, session="morning", period=period, subject_code=code, staff_id=world.teacher.person_id)
        for weekday in range(1, 7)
        for period, code in enumerate(("TOAN", "VAN", "GDTC", "HDTN", "LSDL"), 1)
    ]
    first = date(2026, 9, 5)
    admin = world.admin.account_id
    await publish(house, admin, world.school_id, world.class_id, first, TimetableIn(lessons))


async def a_feed(house: House, world: World) -> UUID:
    """A post that families read, with a picture on which nobody can be recognised, and a draft that waits with words to look at."""
    school_id, now = world.school_id, house.clock.now()
    picture = io.BytesIO()
    Image.effect_noise((900, 600), 80).convert("RGB").save(picture, "JPEG")
    file_id, post_id = new_id(), new_id()
    async with house.database.school(school_id) as tx:
        await keep(
            tx, file_id=file_id, name="anh.jpg", data=picture.getvalue(), made_by=world.teacher.account_id, at=now
        )
    shown = PostIn(world.class_id, "Cả lớp trồng cây.", photos=[PhotoIn(file_id, nobody_recognisable=True)])
    waiting = PostIn(world.class_id, "Bạn An đứng nhất lớp, bạn Ân kém nhất lớp.")
    for one_id, post in ((post_id, shown), (new_id(), waiting)):
        await drafts.keep_draft(house, world.teacher.account_id, school_id, one_id, post)
        await posts.hand_in(house, world.teacher.account_id, school_id, one_id)
    await posts.approve(house, world.admin.account_id, school_id, post_id)
    return post_id


async def a_form(house: House, world: World) -> UUID:
    """A slip of every kind of question; the child's mother has signed it."""
    asked: list[Question] = [
        Consent("go", "Gia đình đồng ý cho con đi tham quan?"),
        OneOf("meal", "Bữa trưa", required=False, options=["Cơm gà", "Cơm chay"]),
        SeveralOf("help", "Phụ huynh có thể giúp gì?", required=False, options=["Đi cùng đoàn", "Chụp ảnh"]),
        Number("people", "Mấy người đi cùng?", required=False, least=0, most=4),
        Day("on", "Ngày tiêm gần nhất", required=False),
        ShortText("note", "Điều cần lưu ý", required=False),
        Paper("card", "Ảnh thẻ bảo hiểm y tế", required=False),
    ]
    due_on = school_day(house.clock.now()) + timedelta(days=6)
    body = "Tham quan Bảo tàng, đi từ 7 giờ, về lúc 11 giờ."
    form = NewForm(new_id(), "Phiếu tham quan", body, asked, ToClass(world.class_id), "both", due_on)
    await create_form(house, world.teacher.account_id, world.school_id, form)
    signed = NewSignature(new_id(), 1, [world.child.pupil_id], {"go": "yes", "note": "Say xe"}, world.parent.full_name)
    await sign(house, world.parent.account_id, world.school_id, form.form_id, signed, user_agent="iPhone")
    return form.form_id


async def a_fee(owner: asyncpg.Connection, house: House, world: World, *, amount: int = 690_000) -> tuple[UUID, UUID]:
    """The fee, and the child's invoice."""
    fee_id = new_id()
    due_on = school_day(house.clock.now()) + timedelta(days=7)
    fee = NewFee(
        fee_id,
        world.class_id,
        "Tiền ăn bán trú tháng 11",
        amount,
        due_on,
        bank_account_id=world.bank_account_id,
        legal_basis="Nghị quyết 18/2025/NQ-HĐND",
    )
    await invoices.create_fee(house, world.accountant.account_id, world.school_id, fee)
    invoice_id = await owner.fetchval(
        "SELECT invoice_id FROM invoices WHERE school_id = $1 AND fee_id = $2 AND pupil_id = $3",
        world.school_id,
        fee_id,
        world.child.pupil_id,
    )
    return fee_id, invoice_id


async def a_transfer(
    owner: asyncpg.Connection, house: House, world: World, memo: str, amount: int, direction: str
) -> UUID:
    """A movement on the school's account that the bank has reported."""
    now = house.clock.now()
    account = await accounts.receiving(house.database.reader, world.bank_account_id)
    line = BankLine("sepay", str(new_id()), account.account_number, direction, amount, memo, now)  # type: ignore[arg-type]
    async with house.database.school(world.school_id) as tx:
        return (await settle(tx, account, line, received_at=now, at=now)).transaction_id


async def a_statement(owner: asyncpg.Connection, house: House, world: World, name: str, head: str) -> UUID:
    """A statement of the school's account that waits to be booked; its balance does not follow and one row is unreadable."""
    number = await owner.fetchval(
        "SELECT account_number FROM bank_accounts WHERE bank_account_id = $1", world.bank_account_id
    )
    rows = (
        f"Số tài khoản:;{number}\nSố dư đầu kỳ;1.000.000\n{head}\n"
        "02/09/2026;NGUYEN MINH AN nop tien an ban tru thang 11 lop 6A1;;690.000;1.690.000;FT26245000000001\n"
        "03/09/2026;PHI SMS THANG 09/2026;11.000;;1.679.000;FT26246000000002\n"
        "09/13/2026;TRAN B chuyen tien;;1.000,000;1.680.000;FT26247000000003\n"
        "04/09/2026;LE C chuyen tien;;350.000;2.030.000;FT26247000000004\n"
    )
    accountant = TokenOffice(house.cipher).verify(world.accountant.token, now=house.clock.now().timestamp())
    assert accountant is not None
    found = await imports.upload(house, accountant, world.school_id, rows.encode(), name, world.bank_account_id)
    return found.statement_id


async def without_undo(owner: asyncpg.Connection, world: World) -> None:
    """What this school writes leaves when it is sent."""
    await owner.execute(
        "INSERT INTO announcement_rules (school_id, approval, undo_seconds, reminder_hour, changed_by, changed_at)"
        " VALUES ($1, 'none', 0, 19, $2, '2026-09-01Z')",
        world.school_id,
        world.admin.account_id,
    )
