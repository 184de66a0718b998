"""Which child a question means: order of birth, the only girl, names used at home; asked only where it stays open."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from backend.core.house import House
from tests.bots.scenes import sibling, talker
from tests.factories import Pupil, World


async def _born(owner: asyncpg.Connection, pupil: Pupil, day: str, sex: str) -> None:
    await owner.execute(
        "UPDATE pupils SET born_on = $3::text::date, sex = $4 WHERE school_id = $1 AND pupil_id = $2",
        pupil.school_id, pupil.pupil_id, day, sex,
    )  # fmt: skip


@pytest.fixture
async def three(world: World, owner: asyncpg.Connection) -> list[str]:
    """An the eldest, a girl; Bình; Cường the youngest."""
    binh, cuong = await sibling(owner, world), await sibling(owner, world, "Nguyễn Gia Cường")
    await _born(owner, world.child, "2012-03-01", "female")
    await _born(owner, binh, "2014-05-01", "male")
    await _born(owner, cuong, "2016-07-01", "male")
    return ["Nguyễn Minh An", "Nguyễn Gia Bình", "Nguyễn Gia Cường"]


@pytest.mark.parametrize(
    ("said", "which"),
    [
        ("con út hôm nay có đi học không", 2),
        ("con cả hôm nay có đi học không", 0),
        ("đứa thứ hai hôm nay có đi học không", 1),
        ("con thứ ba hôm nay có đi học không", 2),
        ("con gái tôi hôm nay có đi học không", 0),
        ("has my youngest arrived at school today", 2),
        ("is my daughter at school today", 0),
    ],
)
async def test_order_of_birth_and_the_only_girl_name_a_child(
    house: House, world: World, three: list[str], said: str, which: int
) -> None:
    answer = (await talker(house, world.parent.account_id).says(said)).text
    assert [name for name in three if name in answer] == [three[which]]


async def test_two_boys_and_twins_are_asked_about(
    house: House, world: World, owner: asyncpg.Connection, three: list[str]
) -> None:
    assert "bé nào" in (await talker(house, world.parent.account_id).says("con trai tôi hôm nay có đi học không")).text
    await owner.execute("UPDATE pupils SET born_on = '2014-05-01' WHERE school_id = $1", world.school_id)
    assert "bé nào" in (await talker(house, world.parent.account_id).says("con út hôm nay có đi học không")).text


async def test_a_name_used_at_home_is_asked_about_once_and_kept_by_a_button(
    house: House, world: World, three: list[str]
) -> None:
    parent = talker(house, world.parent.account_id)
    asked = await parent.says("bé Na hôm nay có đi học không")
    assert "gọi bé nào là “Na”" in asked.text
    told = await parent.presses("Nguyễn Gia Bình (6A2)")
    assert "Nguyễn Gia Bình" in told.text
    assert "“Na” là Nguyễn Gia Bình" in (await parent.presses("Từ nay gọi Nguyễn Gia Bình là “Na”")).text
    parent.waits(minutes=30)
    for said in ("bé Na còn nợ bao nhiêu", "be na con no bao nhieu", "na còn nợ bao nhiêu tiền"):
        assert "Nguyễn Gia Bình" in (await parent.says(said)).text, said
    father = talker(house, world.parent2.account_id)
    assert "Nguyễn Gia Bình" not in (await father.says("bé Na còn nợ bao nhiêu")).text


async def test_a_name_is_told_in_words_and_let_go(house: House, world: World, three: list[str]) -> None:
    parent = talker(house, world.parent.account_id)
    for said in ("ở nhà gọi bé An là Na", "Bình ở nhà gọi là Tí nhé", "tên ở nhà của Cường là Bin", "we call An Annie"):
        assert "Đã nhớ" in (await parent.says(said)).text or "Noted" in (await parent.says(said)).text, said
    assert "Nguyễn Gia Cường" in (await parent.says("Bé Bin hôm nay có đi học không")).text
    await parent.says("ở nhà gọi bé Bình là Na")
    assert "Nguyễn Gia Bình" in (await parent.says("bé Na còn nợ bao nhiêu")).text, "the newer word holds"
    await parent.says("ở nhà gọi bé Bình là Na")
    await parent.presses("Bỏ tên “Na”")
    parent.waits(minutes=30)
    assert "bé nào" in (await parent.says("bé Na còn nợ bao nhiêu")).text


async def test_names_that_confuse_or_break_are_refused(house: House, world: World, three: list[str]) -> None:
    parent = talker(house, world.parent.account_id)
    assert "nhầm" in (await parent.says("ở nhà gọi bé An là Bình")).text
    assert "chỉ chữ và số" in (await parent.says("ở nhà gọi bé An là <b>x</b>")).text
    for name in ("Na", "Bi", "Su"):
        await parent.says(f"ở nhà gọi bé An là {name}")
    assert "nhiều nhất 3" in (await parent.says("ở nhà gọi bé An là Tôm")).text


async def test_not_my_child_is_refused_kindly(house: House, world: World, three: list[str]) -> None:
    parent = talker(house, world.parent.account_id)
    await parent.says("bé Na hôm nay có đi học không")
    assert "con của chính bạn" in (await parent.presses("Không phải con tôi")).text


async def test_the_button_of_an_older_question_is_stale(house: House, world: World, three: list[str]) -> None:
    parent = talker(house, world.parent.account_id)
    older = await parent.says("con còn nợ bao nhiêu")
    await parent.says("hôm nay con có đi học không")
    assert "đã cũ" in (await parent._turn(button=older.buttons[0].press)).text


async def test_names_are_kept_in_the_app_too(
    client: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    page = {**world.parent.headers, "accept": "text/html"}
    body = {"school_id": world.school_id, "pupil_id": str(world.child.pupil_id), "nickname": "Na"}
    given = await client.put("/v1/chat/nicknames", json=body, headers=world.parent.headers)
    assert [one["nickname"] for one in given.json()["nicknames"]] == ["Na"]
    wrong = await client.post("/chat/names", data={"pupil_id": body["pupil_id"], "nickname": "a/b"}, headers=page)
    assert wrong.status_code == 422 and "a/b" in wrong.text and "chỉ chữ và số" in wrong.text
    kept = await client.post("/chat/names", data={"pupil_id": body["pupil_id"], "nickname": "Bống"}, headers=page)
    assert kept.status_code == 303
    shown = (await client.get("/chat/names", headers=page)).text
    assert "Na" in shown and "Bống" in shown and world.classmate.full_name not in shown
    theirs = {**body, "pupil_id": str(world.classmate.pupil_id)}
    assert (await client.put("/v1/chat/nicknames", json=theirs, headers=world.parent.headers)).status_code == 404
    await client.delete(f"/v1/chat/nicknames/{world.school_id}/Na", headers=world.parent.headers)
    left = await client.get("/v1/chat/nicknames", headers=world.parent.headers)
    assert [one["nickname"] for one in left.json()["nicknames"]] == ["Bống"]
