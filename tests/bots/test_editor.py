"""The editor over HTTP and what families then hear: drafts, publication, taking back, confirmed facts, areas, and what nobody answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.text import fold
from bots import intents_own
from bots.answers.layers import Question
from bots.chats import look
from bots.editor import masks, unanswered
from tests.bots.scenes import Talker, talker
from tests.factories import Person, World

TOPIC = "uniform"
ASKED = "con mặc đồng phục ngày nào"


def root(owner: int | str) -> str:
    return f"/v1/schools/{owner}/knowledge" if isinstance(owner, int) else f"/v1/area/{owner}/knowledge"


class Editor:
    """One person at the JSON door of one owner."""

    def __init__(self, client: httpx.AsyncClient, who: Person, owner: int | str) -> None:
        self.client, self.who, self.owner = client, who, owner

    async def page(self, topic: str = TOPIC) -> Any:
        answer = await self.client.get(f"{root(self.owner)}/topics/{topic}", headers=self.who.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, rest: str, body: Any, topic: str = TOPIC, expected: int | None = None) -> Any:
        answer = await self.client.post(
            f"{root(self.owner)}/topics/{topic}/{rest}", headers=self.who.headers, json=body
        )
        assert answer.status_code == (expected or (201 if rest == "versions" else 204)), answer.text
        return answer.json() if answer.content else None

    async def draft(self, first: str, topic: str = TOPIC, **more: Any) -> int:
        content = {"vi": {"title": "Đồng phục", "first": first}, **more.pop("content", {})}
        return int((await self.post("versions", {"content": content, **more}, topic))["version"])

    async def publish(self, version: int | None, topic: str = TOPIC, **more: Any) -> None:
        await self.post("publications", {"version": version, **more}, topic)

    async def line(self, topic: str = TOPIC) -> Any:
        answer = await self.client.get(root(self.owner), headers=self.who.headers)
        return next(line for line in answer.json()["topics"] if line["topic"] == topic)


@pytest.fixture
def school(client: httpx.AsyncClient, world: World) -> Editor:
    return Editor(client, world.admin, world.school_id)


@pytest.fixture
def province(client: httpx.AsyncClient, world: World) -> Editor:
    return Editor(client, world.area_admin, world.province)


def parent(house: House, world: World) -> Talker:
    who = talker(house, world.parent.account_id)
    who.at = house.clock.now()
    return who


def stranger_elsewhere(house: House, world: World) -> Talker:
    who = talker(house, world.stranger.account_id)
    who.at = house.clock.now()
    return who


async def test_a_draft_is_told_to_nobody_and_a_publication_to_the_schools_families_only(
    house: House, world: World, school: Editor
) -> None:
    version = await school.draft("Thứ hai mặc áo trắng.")
    assert "áo trắng" not in (await parent(house, world).says(ASKED)).text
    assert (await school.line())["state"] == "draft"
    await school.publish(version)
    said = (await parent(house, world).says(ASKED)).text
    assert said.startswith("Thứ hai mặc áo trắng.") and "Nhà trường viết ngày" in said
    assert "áo trắng" not in (await stranger_elsewhere(house, world).says(ASKED)).text
    assert (await school.line())["state"] == "own"


async def test_an_earlier_version_takes_back_what_came_after_and_everything_says_who(
    house: House, world: World, school: Editor, owner: asyncpg.Connection
) -> None:
    first = await school.draft("Áo trắng.")
    await school.publish(first)
    second = await school.draft("Áo xanh.")
    await school.publish(second)
    assert (await parent(house, world).says(ASKED)).text.startswith("Áo xanh.")
    await school.publish(first)
    assert (await parent(house, world).says(ASKED)).text.startswith("Áo trắng.")
    page = await school.page()
    assert [(deed["deed"], deed["version"], deed["by"]) for deed in page["deeds"]] == [
        ("published", 1, world.admin.full_name),
        ("published", 2, world.admin.full_name),
        ("published", 1, world.admin.full_name),
    ]
    assert {one["version"]: one["state"] for one in page["versions"]} == {1: "current", 2: "draft"}
    await school.publish(None)
    assert "Áo" not in (await parent(house, world).says(ASKED)).text.split("\n")[0]
    recorded = await owner.fetch(
        "SELECT action FROM audit_events WHERE school_id = $1 AND subject_kind = 'knowledge' ORDER BY audit_id",
        world.school_id,
    )
    assert [row["action"].partition(".")[2] for row in recorded] == [
        "drafted", "published", "drafted", "published", "published", "withdrawn",
    ]  # fmt: skip


async def test_the_same_words_make_no_version_and_somebody_elses_save_is_not_overwritten(school: Editor) -> None:
    assert await school.draft("Áo trắng.", based_on=0) == await school.draft("Áo  trắng.") == 1
    refused = await school.post(
        "versions", {"content": {"vi": {"title": "Đồng phục", "first": "Áo xanh."}}, "based_on": 0}, expected=409
    )
    assert refused["type"] == "/problems/knowledge-changed-meanwhile"


async def test_the_areas_text_is_told_in_its_schools_until_a_school_has_its_own(
    house: House, world: World, school: Editor, province: Editor
) -> None:
    await province.publish(await province.draft("Tỉnh: mặc gì cũng được."))
    assert (await parent(house, world).says(ASKED)).text.startswith("Tỉnh: mặc gì cũng được.")
    assert "Tỉnh:" not in (await stranger_elsewhere(house, world).says(ASKED)).text
    assert (await school.line())["state"] == "area"
    await school.publish(await school.draft("Trường: áo trắng."))
    assert (await parent(house, world).says(ASKED)).text.startswith("Trường: áo trắng.")


async def test_the_commune_stands_between_school_and_province_and_an_answer_costs_two_statements_at_most(
    house: House, world: World, client: httpx.AsyncClient, owner: asyncpg.Connection, province: Editor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    commune = f"C{world.school_id}"
    await owner.execute("UPDATE schools SET commune_code = $2 WHERE school_id = $1", world.school_id, commune)
    await owner.execute(
        "INSERT INTO account_areas (account_id, area_code, granted_at) VALUES ($1, $2, $3)",
        world.area_admin.account_id, commune, house.clock.now(),
    )  # fmt: skip
    office = Editor(client, world.area_admin, commune)
    await province.publish(await province.draft("Tỉnh nói."))
    await office.publish(await office.draft("Xã nói."))
    asked: list[str] = []
    run = house.database.reader._run

    async def counted(verb: str, sql: str, arguments: Any) -> Any:
        asked.append(sql)
        return await run(verb, sql, arguments)

    monkeypatch.setattr(house.database.reader, "_run", counted)
    counts = []
    for _ in range(2):
        who = parent(house, world)
        who.chat = await look(house, who.chat.channel, who.chat.chat_id, who.chat.account_id)
        assert (await who.says(ASKED)).text.startswith("Xã nói.")
        counts.append(len(asked))
        asked.clear()
    assert counts == [2, 1]


async def test_a_text_for_later_waits_and_a_text_that_is_over_cannot_be_published(
    house: House, world: World, school: Editor
) -> None:
    today = school_day(house.clock.now())
    await school.publish(await school.draft("Bây giờ."))
    later = await school.draft("Tháng sau.", from_on=str(today + timedelta(days=30)))
    await school.publish(later)
    assert (await parent(house, world).says(ASKED)).text.startswith("Bây giờ.")
    asks = parent(house, world)
    asks.waits(days=31)
    assert (await asks.says(ASKED)).text.startswith("Tháng sau.")
    wrong = await school.post(
        "versions",
        {"content": {}, "from_on": str(today), "until_on": str(today - timedelta(days=1))},
        expected=422,
    )
    assert {error["pointer"] for error in wrong["errors"]} == {"/content/vi/first", "/until_on"}


async def test_a_confirmed_fact_loses_its_mark_for_the_schools_families_only(
    house: House, world: World, school: Editor
) -> None:
    fact = next(one for one in (await school.page("lunch-register"))["facts"] if "giữa năm" in one["vi"])
    asked = "đăng ký ăn bán trú thế nào"
    assert "※" in (await parent(house, world).says(asked)).text
    await school.post(
        "confirmations", {"fact": fact["fact"], "words_vi": "Giữa năm không nhận thêm."}, "lunch-register"
    )
    said = (await parent(house, world).says(asked)).text
    assert "Giữa năm không nhận thêm." in said and "※" not in said
    assert "※" in (await stranger_elsewhere(house, world).says(asked)).text
    page = await school.page("lunch-register")
    confirmed = next(one for one in page["facts"] if one["fact"] == fact["fact"])
    assert confirmed["confirmed"] and confirmed["by"] == world.admin.full_name and confirmed["at"]
    await school.post("confirmations", {"fact": fact["fact"], "confirmed": False}, "lunch-register")
    assert "※" in (await parent(house, world).says(asked)).text
    assert [deed["deed"] for deed in (await school.page("lunch-register"))["deeds"]] == ["unconfirmed", "confirmed"]


async def test_a_blank_that_nobody_fills_is_pointed_at(school: Editor) -> None:
    text = {"title": "Đồng phục", "first": "Giá {gia_tien}.", "school": ["Giờ: {school_hours}."], "where": "{phone}"}
    refused = await school.post("versions", {"content": {"vi": text}}, expected=422)
    assert {error["pointer"] for error in refused["errors"]} == {"/content/vi/first", "/content/vi/where"}


# -- Questions of a school's own, and what nobody answered ------------------------------------------------------------

POOL = {
    "content": {
        "vi": {"title": "Bể bơi của trường", "first": "Bể bơi mở từ 16 giờ 30 đến 18 giờ."},
        "phrases": ["bể bơi mở cửa mấy giờ"],
    }
}

HOURS = {
    "content": {"vi": {"title": "Giờ mùa đông", "first": "Mùa đông vào lớp 7 giờ 30."}, "phrases": ["mấy giờ vào lớp"]}
}
RABBITS = {
    "content": {
        "vi": {"title": "Vườn thỏ", "first": "Trường nuôi sáu con thỏ, lớp 3 chăm."},
        "phrases": ["trường có nuôi thỏ trong vườn không", "trường có nuôi thỏ không"],
    }
}


async def test_a_question_of_the_schools_own_is_answered_to_its_families(
    house: House, world: World, school: Editor
) -> None:
    await school.post("versions", POOL, "own-be-boi")
    assert "16 giờ 30" not in (await parent(house, world).says("bể bơi mấy giờ mở cửa ạ")).text
    await school.publish(1, "own-be-boi")
    assert "16 giờ 30" in (await parent(house, world).says("be boi may gio mo cua vay a")).text
    assert "16 giờ 30" not in (await stranger_elsewhere(house, world).says("bể bơi mấy giờ mở cửa ạ")).text
    # What a trained intent surely means stays its own, however a school words its question; the school's is offered beside it.
    await school.post("versions", HOURS, "own-gio")
    await school.publish(1, "own-gio")
    answer = await parent(house, world).says("mấy giờ vào lớp")
    assert answer.intent == "school-hours" and any(button.press == "i:own-gio" for button in answer.buttons)
    # Nobody's child but one's own, whatever a school writes; and what the model knows stays the model's.
    assert (await parent(house, world).says("điểm của bạn Trần Bảo Ân lớp con tôi")).intent == "none"
    assert (await parent(house, world).says(ASKED)).intent == "uniform"


async def test_what_nobody_answered_is_grouped_without_persons_and_becomes_an_answer(
    house: House, world: World, school: Editor, client: httpx.AsyncClient
) -> None:
    for text in (
        "Trường có nuôi thỏ trong vườn không ạ?",
        "trường mình có nuôi thỏ trong vườn cho Nguyễn Minh An xem không, 0912 345 678",
        "truong co nuoi tho khong",
    ):
        who = parent(house, world)
        await who.says(text)
        await who.presses("h")
    listed = (await client.get(f"{root(world.school_id)}/unanswered", headers=world.admin.headers)).json()["groups"]
    rabbits = next(group for group in listed if "tho" in fold(group["question"]))
    words = " ".join([rabbits["question"], *rabbits["examples"]])
    assert rabbits["people"] == 3 and "0912" not in words and "Minh An" not in words
    await school.post("versions", RABBITS, "own-tho")
    await school.publish(1, "own-tho")
    left = (await client.get(f"{root(world.school_id)}/unanswered", headers=world.admin.headers)).json()["groups"]
    assert rabbits["group"] not in {group["group"] for group in left}


async def test_a_group_set_aside_stays_away_and_old_questions_are_forgotten(
    house: House, world: World, client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    asks = parent(house, world)
    await asks.says("cho hỏi trường có nuôi thỏ trong vườn không")
    groups = (await client.get(f"{root(world.school_id)}/unanswered", headers=world.admin.headers)).json()["groups"]
    assert len(groups) == 1
    path = f"{root(world.school_id)}/unanswered/{groups[0]['group']}/set-aside"
    for _ in range(2):
        assert (await client.post(path, headers=world.admin.headers)).status_code == 204
    await parent(house, world).says("trường có nuôi thỏ trong vườn không ạ")
    assert (await client.get(f"{root(world.school_id)}/unanswered", headers=world.admin.headers)).json() == {
        "groups": []
    }
    await owner.execute(
        "UPDATE chat_unanswered SET asked_at = asked_at - interval '91 days' WHERE school_id = $1", world.school_id
    )
    await unanswered.forget_old(house)
    assert await owner.fetchval("SELECT count(*) FROM chat_unanswered WHERE school_id = $1", world.school_id) == 0


def test_words_that_no_trained_example_is_as_like_are_the_schools() -> None:
    pool = [Question("own-be-boi", ("Bể bơi của trường", "bể bơi mở cửa mấy giờ"))]
    assert intents_own.nearer_than("school-hours", "bể bơi mở cửa mấy giờ ạ", pool) == "own-be-boi"
    assert (
        intents_own.nearer_than("school-hours", "mấy giờ vào lớp", [Question("own-gio", ("mấy giờ vào lớp",))]) is None
    )
    assert intents_own.nearest("mấy giờ mở cửa", pool) is None


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("gọi 0912.345.678 giúp", "gọi ‹số› giúp"),
        ("chuyển vào 1903 6688 7788 nhé", "chuyển vào ‹số› nhé"),
        ("viết cho co.lan@truong.edu.vn", "viết cho ‹thư điện tử›"),
        ("xem https://a.vn/x?id=1 đi", "xem ‹đường dẫn› đi"),
        ("bé Nguyễn Minh An lớp 6A1 học bơi", "bé ‹tên› lớp 6A1 học bơi"),
        ("BỂ BƠI MẤY GIỜ MỞ, CHÁU NGUYỄN MINH AN", "bể bơi mấy giờ mở, cháu ‹tên›"),
    ],
)
def test_numbers_addresses_and_names_are_masked(typed: str, shown: str) -> None:
    assert masks.masked(typed) == shown


def test_names_of_the_roll_are_masked_however_they_are_typed() -> None:
    names = frozenset({"nguyen minh an"})
    assert masks.without_known_names("chau nguyen minh an di boi", names) == "chau ‹tên› di boi"
    assert masks.without_known_names("CHÁU NGUYỄN MINH AN", names) == "CHÁU ‹tên›"


async def test_the_school_fills_its_own_lines(house: House, world: World, client: httpx.AsyncClient) -> None:
    path = f"/v1/schools/{world.school_id}/about"
    answer = await client.put(
        path, headers=world.admin.headers, json={"school_hours": "7h15 – 16h30", "duty_phone": "0911 222 333"}
    )
    assert answer.status_code == 200, answer.text
    assert "7h15 – 16h30" in (await parent(house, world).says("mấy giờ con tan học")).text
    assert (await client.get(path, headers=world.admin.headers)).json()["duty_phone"] == "0911 222 333"
    refused = await client.put(path, headers=world.admin.headers, json={"clubs": "{x}"})
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/clubs"
    await client.put(path, headers=world.admin.headers, json={})
    assert "7h15" not in (await parent(house, world).says("mấy giờ con tan học")).text
