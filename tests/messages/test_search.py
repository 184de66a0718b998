"""Searching messages: marks folded to find and counted to rank, in one's own threads only, by the index."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from backend.messages import search
from backend.messages.queries import SEARCH_OF_FAMILY, SEARCH_OF_STAFF
from tests.factories import Person, World
from tests.messages.scenes import open_thread, root, said
from tests.wednesday import MORNING, TODAY

pytestmark = pytest.mark.usefixtures("clock")


async def found(web: httpx.AsyncClient, world: World, who: Person, asked: str, *, staff: bool = False) -> list[str]:
    path = f"/v1/{'' if staff else 'family/'}schools/{world.school_id}/messages/search"
    answer = await web.get(path, params={"q": asked}, headers=who.headers)
    assert answer.status_code == 200, answer.text
    return [one["text"] for one in answer.json()["messages"]]


async def test_marks_are_not_needed_and_exact_ones_come_first(web: httpx.AsyncClient, world: World) -> None:
    thread_id = await open_thread(web, world, world.parent)
    for text in ("Con ma ở lớp", "Má cháu đón", "Mạ non", "Cháu là học sinh mới mà", "Không liên quan"):
        await said(web, world, world.parent, thread_id, text)
    assert (await found(web, world, world.parent, "má"))[0] == "Má cháu đón"
    assert (await found(web, world, world.parent, "mà"))[0] == "Cháu là học sinh mới mà"
    assert (await found(web, world, world.parent, "ma"))[0] == "Con ma ở lớp"
    assert len(await found(web, world, world.parent, "ma")) == 4
    assert await found(web, world, world.parent, "hoc sinh m") == ["Cháu là học sinh mới mà"]
    assert await found(web, world, world.parent, "MÁ CHÁU") == ["Má cháu đón", "Cháu là học sinh mới mà"]


async def test_the_two_ways_of_placing_a_tone_are_one(web: httpx.AsyncClient, world: World) -> None:
    thread_id = await open_thread(web, world, world.parent)
    for text in ("Bạn Hoa nghỉ", "Bạn Hoà nghỉ"):
        await said(web, world, world.parent, thread_id, text)
    assert (await found(web, world, world.parent, "hòa"))[0] == "Bạn Hoà nghỉ"
    assert search.marked_words("Thuỷ khoẻ, quý hoàng, hoà") == ["thủy", "khỏe", "quý", "hoàng", "hòa"]


async def test_only_the_own_threads_are_searched(web: httpx.AsyncClient, world: World) -> None:
    own = await open_thread(web, world, world.parent)
    alone = await open_thread(web, world, world.parent, private=True)
    subject = await open_thread(web, world, world.parent, desk="teacher", staff_id=str(world.subject_teacher.person_id))
    for thread_id, text in ((own, "bí mật chung"), (alone, "bí mật riêng"), (subject, "bí mật môn Toán")):
        await said(web, world, world.parent, thread_id, text)
    assert set(await found(web, world, world.parent, "bi mat")) == {"bí mật chung", "bí mật riêng", "bí mật môn Toán"}
    assert set(await found(web, world, world.parent2, "bi mat")) == {"bí mật chung", "bí mật môn Toán"}
    assert set(await found(web, world, world.teacher, "bi mat", staff=True)) == {"bí mật chung", "bí mật riêng"}
    assert await found(web, world, world.subject_teacher, "bi mat", staff=True) == ["bí mật môn Toán"]
    for nobody in (world.classmate_parent, world.neighbour):
        assert await found(web, world, nobody, "bi mat") == []
    assert await found(web, world, world.admin, "bi mat", staff=True) == []


async def test_what_was_edited_away_or_withdrawn_is_not_found(web: httpx.AsyncClient, world: World) -> None:
    thread_id = await open_thread(web, world, world.parent)
    edited = await said(web, world, world.parent, thread_id, "giày dép")
    withdrawn = await said(web, world, world.parent, thread_id, "giày cũ")
    path = root(world, f"/{thread_id}/messages/")
    await web.post(f"{path}{edited}/edit", json={"text": "quần áo"}, headers=world.parent.headers)
    await web.post(f"{path}{withdrawn}/withdraw", headers=world.parent.headers)
    assert await found(web, world, world.parent, "giay") == []
    assert await found(web, world, world.parent, "quan ao") == ["quần áo"]


@pytest.mark.parametrize("asked", ["'", "a & b | !c", "\\", "😀", "':*", "  .  ", "x" * 200])
async def test_whatever_is_typed_is_only_words(web: httpx.AsyncClient, world: World, asked: str) -> None:
    assert await found(web, world, world.parent, asked) == []


_MANY = """
INSERT INTO messages (school_id, message_id, thread_id, side, guardian_id, account_id, kind, folded, sent_at)
SELECT $1, ('01a22163-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, $2, 'family', $3, $4, 'text', false, $5
  FROM generate_series(1, 4000) AS n
"""
_THEIR_TEXTS = """
INSERT INTO message_texts (school_id, message_id, version, thread_id, state, body, folded_line, marked_line, terms, written_by, written_at)
SELECT $1, m.message_id, 1, m.thread_id, 'written', repeat('lời nhắn ', 40), repeat('loi nhan ', 40), repeat('lời nhắn ', 40),
       array_to_tsvector(array[m.school_id || '_' || right(m.message_id::text, 4), m.school_id || '_hop']), m.account_id, m.sent_at
  FROM messages m
 WHERE m.school_id = $1
   AND m.message_id::text LIKE '01a22163-0000-7000-%'
"""


_BY_WORD = "SELECT x.message_id FROM message_texts x WHERE x.school_id = $1 AND x.terms @@ $2::tsquery"


@pytest.mark.parametrize("asked", ["hop", "hop 1234"])
@pytest.mark.parametrize("statement", [SEARCH_OF_FAMILY, SEARCH_OF_STAFF])
async def test_words_are_found_by_an_index(
    web: httpx.AsyncClient, owner: asyncpg.Connection, world: World, statement: str, asked: str
) -> None:
    """Among thousands of messages, without any wish being whispered to the planner."""
    thread_id = await open_thread(web, world, world.parent)
    change = owner.transaction()
    await change.start()
    try:
        who = world.parent
        await owner.execute(_MANY, world.school_id, thread_id, who.person_id, who.account_id, MORNING)
        await owner.execute(_THEIR_TEXTS, world.school_id)
        await owner.execute("ANALYZE messages, message_texts")
        plan = await owner.fetch(
            "EXPLAIN " + statement, world.school_id, who.account_id, TODAY, search.query_of(world.school_id, asked),
            search.exact_words("họp"), search.folded_line("họp"), 30,
        )  # fmt: skip
        by_word = await owner.fetch("EXPLAIN " + _BY_WORD, world.school_id, f"'{world.school_id}_1234'")
    finally:
        await change.rollback()
    lines = "\n".join(row[0] for row in plan)
    assert "Seq Scan on message_texts" not in lines, lines
    # Through the threads or through the words: the planner sees which are fewer.
    assert "message_texts_by_term" in lines or "message_texts_by_thread" in lines or "message_texts_pkey" in lines, (
        lines
    )
    assert "message_texts_by_term" in str(by_word), by_word
