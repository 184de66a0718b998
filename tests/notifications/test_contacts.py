"""Whom a school cannot reach: by name, with the reason and since when; one living address is enough not to be on the list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from backend.console.contacts import meaning
from backend.core.house import House
from backend.core.ids import new_id
from notifications.addresses import register
from notifications.dead_addresses import chat_hash, email_hash, phone_hash
from tests.factories import Person, World

AT = datetime.now(UTC) - timedelta(days=2)


async def listed(client: httpx.AsyncClient, world: World) -> dict[str, dict[str, Any]]:
    answer = await client.get(
        f"/v1/schools/{world.school_id}/contacts/problems", headers={"authorization": f"Bearer {world.admin.token}"}
    )
    assert answer.status_code == 200
    body = answer.json()
    assert body["unreachable_count"] == len(body["guardians"]) <= body["guardians_count"]
    return {one["guardian_id"]: one for one in body["guardians"]}


async def dead_number(
    owner: asyncpg.Connection, house: House, world: World, person: Person, why: str = "ESMS_108"
) -> None:
    """A number of this school's own, so that no other test's roll knows it."""
    phone = f"+8497{person.account_id.int % 10_000_000:07d}"
    await owner.execute(
        "UPDATE guardians SET phone_e164 = $3 WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        person.person_id,
        phone,
    )
    await dead(owner, phone_hash(house.cipher, phone), "sms", why)


async def dead(owner: asyncpg.Connection, hashed: bytes, channel: str, why: str) -> None:
    await owner.execute(
        "INSERT INTO dead_addresses (address_hash, channel, why, dead_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        hashed, channel, why, AT,
    )  # fmt: skip


async def test_a_mobile_number_that_nobody_called_dead_is_enough(client: httpx.AsyncClient, world: World) -> None:
    assert str(world.parent.person_id) not in await listed(client, world)


async def test_a_dead_number_without_any_device_is_listed_with_reason_and_day(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await dead_number(owner, house, world, world.parent)
    one = (await listed(client, world))[str(world.parent.person_id)]
    assert one["pupil_names"] == [world.child.full_name] and one["class_names"] == ["6A1"]
    assert [(r["channel"], r["why"]) for r in one["reasons"]] == [("push", "no_device"), ("sms", "ESMS_108")]
    assert datetime.fromisoformat(one["reasons"][1]["since"]) == AT


@pytest.mark.parametrize("way", ["device", "browser", "telegram", "email"])
async def test_any_living_address_takes_a_guardian_off_the_list(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World, way: str
) -> None:
    await dead_number(owner, house, world, world.parent)
    assert str(world.parent.person_id) in await listed(client, world)
    mother = world.parent.account_id
    if way in ("device", "browser"):
        async with house.database.directory() as tx:
            await register(
                tx, account_id=mother, session_id=new_id(), token=f"t{new_id().hex}", platform="web", language="vi", at=AT,
                kind="webpush" if way == "browser" else "fcm_token",
            )  # fmt: skip
    elif way == "telegram":
        await chat(owner, mother, "telegram", mother.hex)
    else:
        await box(owner, mother, f"{mother.hex}@example.com")
    assert str(world.parent.person_id) not in await listed(client, world)


async def chat(owner: asyncpg.Connection, account_id: object, channel: str, chat_id: str) -> None:
    for table in ("account_chats", "chat_links"):
        await owner.execute(
            f"INSERT INTO {table} (account_id, channel, chat_id, linked_at) VALUES ($1, $2, $3, $4)",
            account_id,
            channel,
            chat_id,
            AT,
        )


async def box(owner: asyncpg.Connection, account_id: object, email: str) -> None:
    await owner.execute(
        "INSERT INTO account_emails (account_id, email, language, asked_at, confirmed_at) VALUES ($1, $2, 'vi', $3, $3)",
        account_id, email, AT,
    )  # fmt: skip


async def test_every_address_that_died_is_named_with_its_code(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    mother = world.parent.account_id
    await dead_number(owner, house, world, world.parent)
    async with house.database.directory() as tx:
        await register(
            tx, account_id=mother, session_id=new_id(), token=f"t{new_id().hex}", kind="fcm_token", platform="android",
            language="vi", at=AT,
        )  # fmt: skip
    await owner.execute(
        "UPDATE devices SET retired_at = $2, retired_why = 'UNREGISTERED' WHERE account_id = $1", mother, AT
    )
    await chat(owner, mother, "telegram", f"t{mother.hex}")
    await dead(owner, chat_hash(f"t{mother.hex}"), "telegram", "forbidden")
    await chat(owner, mother, "zalo_bot", f"z{mother.hex}")
    await owner.execute("UPDATE chat_links SET blocked_at = $2 WHERE chat_id = $1", f"z{mother.hex}", AT)
    await box(owner, mother, f"{mother.hex}@example.com")
    await dead(owner, email_hash(house.cipher, f"{mother.hex}@example.com"), "email", "SMTP_550_5.1.1")
    one = (await listed(client, world))[str(world.parent.person_id)]
    assert {(r["channel"], r["why"]) for r in one["reasons"]} == {
        ("push", "UNREGISTERED"), ("telegram", "forbidden"), ("zalo_bot", "blocked"), ("email", "SMTP_550_5.1.1"), ("sms", "ESMS_108"),
    }  # fmt: skip


async def test_landlines_and_missing_numbers_are_no_contact_and_custody_counts(
    client: httpx.AsyncClient, owner: asyncpg.Connection, world: World
) -> None:
    for phone, why in (("+842438251234", "not_mobile"), (None, "no_phone")):
        await owner.execute(
            "UPDATE guardians SET phone_e164 = $3, full_name = 'Lê Thị Bình' WHERE school_id = $1 AND guardian_id = $2",
            world.school_id, world.parent.person_id, phone,
        )  # fmt: skip
        assert (await listed(client, world))[str(world.parent.person_id)]["reasons"][-1]["why"] == why
    await owner.execute(
        "UPDATE guardianships SET gets_notices = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.parent.person_id,
    )
    assert str(world.parent.person_id) not in await listed(client, world)


async def test_the_page_shows_the_same_to_the_administrator(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await dead_number(owner, house, world, world.parent)
    client.cookies.clear()
    page = await client.get(
        f"/console/{world.school_id}/contacts",
        headers={"authorization": f"Bearer {world.admin.token}", "accept": "text/html"},
    )
    assert page.status_code == 200
    assert world.child.full_name in page.text and "ESMS_108" in page.text and "nhà mạng báo" in page.text


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("UNREGISTERED", "app_ended"), ("WEBPUSH_410", "browser_ended"), ("SMTP_550", "box_dead"), ("ESMS_99", "number_dead"),
        ("SPEEDSMS_105", "number_dead"), ("forbidden", "blocked"), ("ZALO_-217", "blocked"), ("ZALOBOT_403", "blocked"),
        ("chat_not_found", "blocked"), ("no_phone", "no_phone"), ("something new", "other"),
    ],
)  # fmt: skip
def test_every_code_has_a_sentence(why: str, told: str) -> None:
    assert meaning(why) == told
