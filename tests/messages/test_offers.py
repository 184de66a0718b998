"""Before a question reaches the teacher: what the school has said already, what is owed, what the roll says, what the bot knows."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from backend.core.house import House
from backend.core.ids import new_id
from backend.messages.likeness import about, best
from tests.factories import Person, World
from tests.scenes import a_fee
from tests.timetable.scenes import MONDAY, a_week, publish

pytestmark = pytest.mark.usefixtures("clock")


async def announce(web: httpx.AsyncClient, world: World, title: str, body: str, class_id: Any = None) -> None:
    letter = {
        "announcement_id": str(new_id()), "title": title, "body": body,
        "audience": {"kind": "class", "class_id": str(class_id or world.class_id)},
    }  # fmt: skip
    answer = await web.post(f"/v1/schools/{world.school_id}/announcements", json=letter, headers=world.admin.headers)
    assert answer.status_code == 201, answer.text


async def offered(
    web: httpx.AsyncClient, world: World, who: Person, text: str, *, offer_id: str = ""
) -> httpx.Response:
    path = f"/v1/family/schools/{world.school_id}/threads/before-asking"
    body = {"offer_id": offer_id or str(new_id()), "pupil_id": str(world.child.pupil_id), "text": text}
    return await web.post(path, json=body, headers=who.headers)


async def test_the_classs_own_notices_come_first(web: httpx.AsyncClient, world: World) -> None:
    await announce(web, world, "Họp phụ huynh giữa kỳ", "8 giờ Chủ nhật 18/10/2026 tại phòng 6A1.")
    await announce(web, world, "Tiêm vắc xin cúm", "Đăng ký với y tế trước 20/10.")
    await announce(web, world, "Họp phụ huynh lớp bạn", "Lớp khác họp hôm khác.", world.other_class_id)
    answer = await offered(web, world, world.parent, "Cô ơi bao giờ họp phụ huynh giữa kỳ vậy ạ?")
    first = answer.json()["suggestions"][0]
    assert (first["kind"], first["title"]) == ("announcement", "Họp phụ huynh giữa kỳ")
    assert "lớp bạn" not in answer.text and "vắc xin" not in answer.text
    assert (await offered(web, world, world.neighbour, "Bao giờ họp phụ huynh?")).status_code == 404


async def test_a_question_of_money_is_answered_with_the_bills(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, school_house: House
) -> None:
    await a_fee(owner, school_house, world)
    answer = await offered(web, world, world.parent, "Cô ơi tháng này nhà em còn khoản tiền nào phải đóng tiền ạ?")
    fees = next(one for one in answer.json()["suggestions"] if one["kind"] == "fees")
    assert "Tiền ăn bán trú tháng 11: còn 690.000 đ" in fees["text"]


async def test_the_bot_offers_what_it_knows(web: httpx.AsyncClient, world: World) -> None:
    answer = await offered(web, world, world.parent, "thủ tục xin chuyển trường cho con như thế nào")
    assert [one["kind"] for one in answer.json()["suggestions"]][-1] == "bot"
    nothing = await offered(web, world, world.parent, "zxcv qwer asdf")
    assert nothing.json()["suggestions"] == []


async def test_what_answered_is_counted_and_the_question_is_kept_nowhere(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    offer_id = str(new_id())
    await offered(web, world, world.parent, "Cô ơi cháu làm mất áo xyzzy", offer_id=offer_id)
    path = f"/v1/family/schools/{world.school_id}/threads/before-asking/{offer_id}/answered"
    assert (await web.post(path, json={"kind": "announcement"}, headers=world.parent2.headers)).status_code == 404
    for _ in range(2):
        answer = await web.post(path, json={"kind": "announcement"}, headers=world.parent.headers)
        assert answer.status_code == 204
    row = await owner.fetchrow("SELECT * FROM question_offers WHERE school_id = $1", world.school_id)
    assert row["answered_by"] == "announcement" and "xyzzy" not in str(dict(row))
    assert await owner.fetchval("SELECT count(*) FROM chat_states WHERE chat_id LIKE $1", f"%{offer_id}%") == 0


def test_likeness_asks_for_more_than_a_common_word() -> None:
    found = ["Họp phụ huynh giữa kỳ tại phòng 6A1", "Mua bảo hiểm y tế", "Nghỉ Tết từ 15/2"]

    def ask(question: str) -> list[str]:
        return best(question, found, lambda one: one, most=3)

    assert ask("bao gio hop giua ky a") == [found[0]]
    assert ask("tết nghỉ từ hôm nào cô") == [found[2]]
    assert ask("cháu quên áo ở lớp") == []
    assert about("đóng học phí chưa") == {"fees"} and about("con đến lớp chưa cô") == {"attendance"}
    assert about("cháu quên áo") == frozenset()


async def test_a_question_about_lessons_is_answered_with_the_next_days(web: httpx.AsyncClient, world: World) -> None:
    nothing = await offered(web, world, world.parent, "Cô ơi mai con học môn gì ạ?")
    assert "timetable" not in {one["kind"] for one in nothing.json()["suggestions"]}
    await publish(web, world, MONDAY, a_week())
    answer = await offered(web, world, world.parent, "Cô ơi mai con học môn gì ạ?")
    lessons = next(one for one in answer.json()["suggestions"] if one["kind"] == "timetable")
    assert (
        lessons["text"].splitlines()[1] == "thứ Năm 15/10: sáng Toán, Ngữ văn, Ngoại ngữ 1, Khoa học tự nhiên, Tin học"
    )
    assert lessons["path"].endswith(f"/children/{world.child.pupil_id}/timetable")
    other = await offered(web, world, world.parent, "Cô ơi con quên áo mưa ở lớp")
    assert "timetable" not in {one["kind"] for one in other.json()["suggestions"]}
