"""What parents mean when they ask for homework: tonight's, tomorrow's, a subject's, a Friday's; for the right child and nobody else's."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from backend.core.house import House
from backend.core.ids import new_id
from backend.homework import family, writing
from schemas.homework import HomeworkLine, NewHomework
from tests.bots.scenes import sibling, stopped, talker
from tests.factories import Pupil, World
from tests.homework.scenes import FRIDAY, TOMORROW


async def given(house: House, world: World, *lines: dict[str, Any]) -> list[HomeworkLine]:
    from msgspec import convert

    here = {"class_id": str(world.class_id), "due_on": TOMORROW}
    made = [convert({**here, "homework_id": str(new_id()), **line}, HomeworkLine) for line in lines]
    await writing.write(stopped(house), world.teacher.account_id, world.school_id, NewHomework(made))
    return made


@pytest.fixture
async def evening(house: House, world: World) -> list[HomeworkLine]:
    return await given(
        house,
        world,
        {"subject_code": "TOAN", "body": "Bài 1, 2\ntrang 45"},
        {"subject_code": "VAN", "body": "Soạn bài Thánh Gióng"},
        {"body": "Mặc đồng phục", "bring": "Thước kẻ, ê-ke"},
        {"subject_code": "GDTC", "body": "Ôn bài thể dục", "due_on": FRIDAY},
    )


async def test_tonight_is_what_is_due_tomorrow_and_what_was_given_today(
    house: House, world: World, evening: list[HomeworkLine]
) -> None:
    asked = talker(house, world.parent.account_id)
    told = (await asked.says("hôm nay con có bài tập gì không")).text.splitlines()
    assert told == [
        "Cho mai (thứ Năm 15/10), Nguyễn Minh An có 2 bài: Toán, Ngữ văn. Mang theo: Thước kẻ, ê-ke.",
        "– Toán: Bài 1, 2; trang 45",
        "– Ngữ văn: Soạn bài Thánh Gióng",
        "– Dặn dò: Mặc đồng phục",
        "Cho thứ Sáu 16/10, Nguyễn Minh An có 1 bài: Giáo dục thể chất.",
        "– Giáo dục thể chất: Ôn bài thể dục",
        "Tính đến lúc này; thầy cô có thể ghi thêm.",
    ]


@pytest.mark.parametrize(
    ("text", "first", "without"),
    [
        ("mai con mang gì đi học", "Cho mai (thứ Năm 15/10), Nguyễn Minh An có 2 bài", "thể dục"),
        ("bài tập Toán của con là gì", "Cho mai (thứ Năm 15/10), Nguyễn Minh An có 1 bài: Toán.", "Thánh Gióng"),
        ("thứ sáu có bài tập gì không", "Cho thứ Sáu 16/10, Nguyễn Minh An có 1 bài: Giáo dục thể chất.", "Toán"),
        (
            "what homework does my son have tonight",
            "For tomorrow (Thursday 15/10), Nguyễn Minh An's homework (2): Mathematics, Literature.",
            "Cho",
        ),
        ("con có bài tập tiếng anh không", "Chưa có bài nào của môn này được ghi cho Nguyễn Minh An.", "Tính đến"),
        ("bài tập thứ hai của con", "Cho thứ Hai 19/10 chưa có bài tập hay dặn dò nào", "Tính đến"),
    ],
)
async def test_the_first_line_answers(
    house: House, world: World, evening: list[HomeworkLine], text: str, first: str, without: str
) -> None:
    told = (await talker(house, world.parent.account_id).says(text)).text
    assert told.startswith(first), told
    assert without not in told


async def test_nothing_written_is_said_honestly(house: House, world: World) -> None:
    answer = await talker(house, world.parent.account_id).says("hôm nay cô giao bài tập gì")
    assert answer.text.splitlines() == [
        "Chưa có bài tập hay dặn dò nào được ghi cho Nguyễn Minh An.",
        "Có thể thầy cô dặn ngay trên lớp: xem vở của con, hoặc nhắn thầy cô trong ứng dụng.",
    ]
    assert [button.press for button in answer.buttons] == ["i:contact-teacher"]


async def test_what_is_ticked_and_for_others_is_told_so(
    house: House, world: World, evening: list[HomeworkLine], owner: asyncpg.Connection
) -> None:
    await given(
        house, world, {"subject_code": "TOAN", "body": "Chép phạt", "pupil_ids": [str(world.classmate.pupil_id)]}
    )
    first = evening[0].homework_id
    await family.tick(stopped(house), world.parent.account_id, world.school_id, world.child.pupil_id, first, done=True)
    told = (await talker(house, world.parent.account_id).says("hôm nay con có bài tập gì")).text
    assert "– Toán: Bài 1, 2; trang 45 (đã xong)" in told and "Chép phạt" not in told
    assert "Chép phạt" in (await talker(house, world.classmate_parent.account_id).says("con có bài tập gì")).text
    assert "bài 1" not in (await talker(house, world.neighbour.account_id).says("con có bài tập gì")).text.lower()
    assert "Toán" not in (await talker(house).says("con có bài tập gì")).text


async def test_which_child_is_asked_only_when_it_is_open(
    house: House, world: World, evening: list[HomeworkLine], owner: asyncpg.Connection
) -> None:
    other: Pupil = await sibling(owner, world)
    parent = talker(house, world.parent.account_id)
    asked = await parent.says("hôm nay con có bài tập gì")
    assert len(asked.buttons) >= 2 and "Toán" not in asked.text
    assert "2 bài" in (await parent.presses(asked.buttons[0].label)).text or "Chưa có" in parent.last.answer.text  # type: ignore[union-attr]
    named = await talker(house, world.parent.account_id).says(f"bé {other.full_name.split()[-1]} có bài tập gì không")
    assert other.full_name in named.text
