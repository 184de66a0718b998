"""The inbox's pages over HTTP: what is overdue comes first, what did not arrive stands beside the telephone, and who is second is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar

from backend.core.house import House
from bots import desk
from tests.bots.inbox_scenes import linked, the_handoff, word
from tests.factories import Person, World
from tests.twins.libretranslate import LibreTranslateTwin


async def page(client: httpx.AsyncClient, who: Person, path: str) -> str:
    answer = await client.get(path, headers=who.headers | {"accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


async def send(client: httpx.AsyncClient, who: Person, path: str, **form: str) -> httpx.Response:
    return await client.post(path, data=form, headers=who.headers | {"accept": "text/html"})


async def test_overdue_questions_come_first_and_are_counted_on_the_first_page(
    client: httpx.AsyncClient, house: House, world: World, owner: asyncpg.Connection
) -> None:
    for account_id, question in ((world.parent.account_id, "Câu hỏi sớm"), (world.neighbour.account_id, "Câu hỏi gấp")):
        await (await linked(house, owner, account_id)).asks_for_a_person(question)
    now = house.clock.now()
    for question, due in (("Câu hỏi sớm", now + timedelta(hours=2)), ("Câu hỏi gấp", now - timedelta(hours=2))):
        await owner.execute(
            "UPDATE chat_handoffs SET due_at = $3 WHERE school_id = $1 AND question = $2",
            world.school_id,
            question,
            due,
        )
    inbox = await page(client, world.admin, f"/console/{world.school_id}/inbox")
    assert inbox.index("Câu hỏi gấp") < inbox.index("Câu hỏi sớm") and inbox.count("Quá hạn từ") == 1
    assert "2 câu hỏi của gia đình" in await page(client, world.admin, f"/console/{world.school_id}")
    for person in (world.teacher, world.accountant):
        assert "câu hỏi của gia đình đang chờ" not in await page(client, person, f"/console/{world.school_id}")
        theirs = await page(client, person, f"/console/{world.school_id}/inbox")
        assert "Câu hỏi gấp" not in theirs and "Câu hỏi sớm" not in theirs


async def test_who_comes_second_reads_who_was_first_and_loses_nothing_that_was_typed(
    client: httpx.AsyncClient, house: House, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "INSERT INTO staff_roles (school_id, staff_id, role, granted_at) VALUES ($1, $2, 'inbox', now())",
        world.school_id, world.accountant.person_id,
    )  # fmt: skip
    await (await linked(house, owner, world.parent.account_id)).asks_for_a_person()
    path = f"/console/{world.school_id}/inbox/{(await the_handoff(owner, world.school_id))['handoff_id']}"
    assert (await send(client, world.accountant, path, do="take")).status_code == 303
    second = await send(client, world.admin, path, do="reply", text="Tôi trả lời luôn nhé.")
    assert second.status_code == 409 and "Hoàng Thị Kế đã nhận" in second.text
    given = await send(client, world.admin, path, do="assign", staff_id=str(world.admin.person_id))
    assert given.status_code == 303
    empty = await send(client, world.admin, path, do="reply", text="   ")
    assert empty.status_code == 422 and 'id="text-wrong"' in empty.text
    done = await send(client, world.admin, path, do="hand_back")
    assert done.status_code == 303
    assert "Đã trả lại trợ lý" in await page(client, world.admin, path)


async def test_what_did_not_arrive_stands_beside_the_number_to_call(
    client: httpx.AsyncClient, house: House, world: World, owner: asyncpg.Connection
) -> None:
    await (await linked(house, owner, world.parent.account_id)).asks_for_a_person()
    asked = await the_handoff(owner, world.school_id)
    await desk.reply(house, world.admin.account_id, world.school_id, asked["handoff_id"], word("Dạ."))
    await owner.execute(
        "UPDATE chat_word_sends SET state = 'refused', outcome = 'address_dead', finished_at = now() WHERE handoff_id = $1",
        asked["handoff_id"],
    )
    shown = await page(client, world.admin, f"/console/{world.school_id}/inbox/{asked['handoff_id']}")
    assert "Chưa gửi được vào Telegram: gia đình đã chặn" in shown
    assert shown.count(f'href="tel:{world.parent.phone}"') >= 2


@pytest.fixture
async def translator() -> AsyncIterator[LibreTranslateTwin]:
    twin = LibreTranslateTwin(api_key="twin-key")
    await twin.start()
    yield twin
    await twin.stop()


async def test_a_word_in_the_other_language_is_translated_on_wish_where_the_school_allows_it(
    client: httpx.AsyncClient, app: Litestar, house: House, world: World, owner: asyncpg.Connection,
    translator: LibreTranslateTwin, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    served: House = app.state.house
    changed = msgspec.structs.replace(
        served.settings, translation_url=translator.base_url, translation_api_key="twin-key"
    )
    monkeypatch.setattr(served, "settings", changed)
    family = await linked(house, owner, world.parent.account_id)
    await family.sends(button="g:en")
    await family.asks_for_a_person("May my child sit in front?")
    path = f"/console/{world.school_id}/inbox/{(await the_handoff(owner, world.school_id))['handoff_id']}"
    assert "Gia đình dùng tiếng Anh" in await page(client, world.admin, path)
    refused = await send(client, world.admin, path, do="translate", number="1")
    assert refused.status_code == 409 and translator.asked == []
    await owner.execute(
        "INSERT INTO message_settings (school_id, quiet_from, quiet_to, quiet_weekdays, answer_by, translation, changed_by, changed_at)"
        " VALUES ($1, '17:30', '06:30', '{5,6}', '17:00', true, $2, now())",
        world.school_id, world.admin.account_id,
    )  # fmt: skip
    shown = await send(client, world.admin, path, do="translate", number="1")
    assert shown.status_code == 200 and "Bản dịch máy:" in shown.text and "[vi]" in shown.text
    assert "May my child sit in front?" in shown.text, "the original stays"
