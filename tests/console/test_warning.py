"""What would expose a child to many families is shown once before a form or a message to a class leaves; nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import httpx

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.ids import new_id
from tests.factories import World
from tests.feed.test_pages import browser
from tests.scenes import without_undo

EXPOSING = "Em Nguyễn Minh An lớp 6A1 học kém nhất lớp, gọi cho mẹ em số 0961234567."


def looked(page: str) -> str:
    return page.split('name="looked" value="', 1)[1].split('"', 1)[0]


async def test_a_form_is_looked_at_again_and_sent_by_the_second_press(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, house: House
) -> None:
    await without_undo(owner, world)
    path, who = f"/console/{world.school_id}/forms/new", browser(world.teacher)
    form: dict[str, Any] = {
        "form_id": str(new_id()), "to": f"class:{world.class_id}", "title": "Phiếu", "body": EXPOSING, "rows": "0",
        "signature": "one", "due_on": str(school_day(house.clock.now()) + timedelta(days=4)), "remind_days": "",
    }  # fmt: skip
    shown = await web.post(path, data=form, headers=who)
    assert shown.status_code == 200 and 'id="warned"' in shown.text and EXPOSING in shown.text
    assert await owner.fetchval("SELECT count(*) FROM forms WHERE school_id = $1", world.school_id) == 0
    # Other words that expose somebody else are not what was looked at.
    form["looked"] = looked(shown.text)
    other = await web.post(path, data={**form, "body": EXPOSING.replace("0961234567", "0987654321")}, headers=who)
    assert other.status_code == 200 and 'id="warned"' in other.text
    assert (await web.post(path, data=form, headers=who)).status_code == 303


async def test_a_message_to_a_class_is_looked_at_again_and_a_harmless_one_leaves_at_once(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await without_undo(owner, world)
    path, who = f"/console/{world.school_id}/group-messages/new", browser(world.teacher)
    message = {"class_id": str(world.class_id), "accepts_rules": "1"}
    plain = {**message, "group_message_id": str(new_id()), "text": "Mai các con mang bút màu."}
    assert (await web.post(path, data=plain, headers=who)).status_code == 303
    bad = {**message, "group_message_id": str(new_id()), "text": EXPOSING}
    shown = await web.post(path, data=bad, headers=who)
    assert shown.status_code == 200 and 'id="warned"' in shown.text and EXPOSING in shown.text
    again = await web.post(path, data={**bad, "looked": looked(shown.text)}, headers=who)
    assert again.status_code == 303
