"""How codes leave the house: once, by the right way, tried again, and not readable afterwards. Against twins on the real wires."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import httpx
import msgspec
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.identity import codes, forgetting, sending
from backend.worker import create_worker
from notifications.channels.sms import SmsSender, plain_text
from notifications.channels.telegram import TelegramSender
from tests.conftest import test_settings
from tests.factories import World, fresh_phone
from tests.identity.scenes import ask, open_code, verify
from tests.twins.sms import Fault, SmsTwin
from tests.twins.telegram import TelegramTwin

TOKEN = "123456:" + "t" * 35


@dataclass
class Senders:
    sms: SmsSender | None = None
    telegram_sender: TelegramSender | None = None


@pytest.fixture(autouse=True)
async def _no_other_codes(owner: asyncpg.Connection) -> None:
    """The sweep looks at all codes, also those that other tests left waiting."""
    await owner.execute("DELETE FROM one_time_codes")


@pytest.fixture
async def gateway() -> AsyncIterator[SmsTwin]:
    twin = SmsTwin()
    await twin.start()
    yield twin
    await twin.stop()


@pytest.fixture
async def sms(gateway: SmsTwin) -> AsyncIterator[SmsSender]:
    sender = SmsSender(
        api_key=gateway.api_key, secret_key=gateway.secret_key, brand=gateway.brand, base_url=gateway.base_url
    )
    await sender.open()
    yield sender
    await sender.close()


def _house(house: House, clock: StoppedClock | None = None, **settings: object) -> House:
    return House(
        test_settings(**settings), house.database, house.queue, clock or house.clock, house.cipher, house.redis_url
    )


async def _code_id(owner: asyncpg.Connection, phone: str) -> object:
    return await owner.fetchval("SELECT code_id FROM one_time_codes WHERE phone_e164 = $1", phone)


def _texts(gateway: SmsTwin, phone: str) -> list[str]:
    return gateway.telephones[phone]


async def test_the_code_that_arrives_by_sms_signs_in(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World, gateway: SmsTwin, sms: SmsSender
) -> None:
    phone = world.parent.phone
    await ask(client, phone)
    await sending.send_code(house, Senders(sms), await _code_id(owner, phone))  # type: ignore[arg-type]
    [text] = _texts(gateway, phone)
    found = re.search(r"\b\d{6}\b", text)
    assert found is not None
    # Sent, it is not readable any more, not even by us.
    assert await open_code(owner, house, phone) is None
    assert (await verify(client, phone, found.group())).status_code == 200


async def test_a_code_is_sent_once_however_often_the_bell_rings(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World, gateway: SmsTwin, sms: SmsSender
) -> None:
    import asyncio

    phone = world.parent.phone
    await ask(client, phone)
    code_id = await _code_id(owner, phone)
    await asyncio.gather(*(sending.send_code(house, Senders(sms), code_id) for _ in range(4)))  # type: ignore[arg-type]
    await sending.send_waiting(house, Senders(sms))
    assert len(_texts(gateway, phone)) == 1


async def test_nothing_is_ever_sent_to_an_unknown_number(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, gateway: SmsTwin, sms: SmsSender
) -> None:
    phone = fresh_phone()
    await ask(client, phone)
    await sending.send_code(house, Senders(sms), await _code_id(owner, phone))  # type: ignore[arg-type]
    assert _texts(gateway, phone) == []


async def test_a_replaced_code_is_not_sent(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World, gateway: SmsTwin, sms: SmsSender
) -> None:
    phone = world.parent.phone
    await ask(client, phone)
    old = await _code_id(owner, phone)
    await ask(client, phone)
    await sending.send_code(house, Senders(sms), old)  # type: ignore[arg-type]
    assert _texts(gateway, phone) == []


async def test_a_broken_gateway_is_tried_again_by_the_schedule(
    timed: httpx.AsyncClient,
    clock: StoppedClock,
    owner: asyncpg.Connection,
    house: House,
    world: World,
    gateway: SmsTwin,
    sms: SmsSender,
) -> None:
    phone = world.parent.phone
    await ask(timed, phone)
    slow = _house(house, clock)
    gateway.misbehave(Fault(http=500, times=2))
    await sending.send_code(slow, Senders(sms), await _code_id(owner, phone))  # type: ignore[arg-type]
    for wait in sending.RETRY_AFTER_SECONDS[:2]:
        clock.advance(timedelta(seconds=wait - 1))
        await sending.send_waiting(slow, Senders(sms))
        assert _texts(gateway, phone) == []
        clock.advance(timedelta(seconds=1))
        await sending.send_waiting(slow, Senders(sms))
    [text] = _texts(gateway, phone)
    assert "dung trong 5 phut" in text


async def test_a_code_nobody_takes_is_given_up_and_forgotten(
    timed: httpx.AsyncClient,
    clock: StoppedClock,
    owner: asyncpg.Connection,
    house: House,
    world: World,
    gateway: SmsTwin,
    sms: SmsSender,
) -> None:
    phone = world.parent.phone
    await ask(timed, phone)
    slow = _house(house, clock)
    gateway.misbehave(Fault(http=500, times=None))
    for _ in range(len(sending.RETRY_AFTER_SECONDS) + 3):
        await sending.send_waiting(slow, Senders(sms))
        clock.advance(timedelta(seconds=45))
    row = await owner.fetchrow(
        "SELECT send_attempts, code_sealed, sent_at FROM one_time_codes WHERE phone_e164 = $1", phone
    )
    assert (row["send_attempts"], row["code_sealed"], row["sent_at"]) == (
        len(sending.RETRY_AFTER_SECONDS) + 1,
        None,
        None,
    )


async def test_a_refused_number_is_not_tried_again(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World, gateway: SmsTwin, sms: SmsSender
) -> None:
    phone = world.parent.phone
    await ask(client, phone)
    gateway.misbehave(Fault(code="99"))
    await sending.send_code(house, Senders(sms), await _code_id(owner, phone))  # type: ignore[arg-type]
    await sending.send_waiting(house, Senders(sms))
    assert _texts(gateway, phone) == []
    assert await open_code(owner, house, phone) is None


async def test_a_linked_chat_comes_before_an_sms(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World, gateway: SmsTwin, sms: SmsSender
) -> None:
    twin = TelegramTwin(TOKEN)
    await twin.start()
    telegram = TelegramSender(TOKEN, base_url=twin.base_url)
    await telegram.open()
    try:
        chat = twin.open_chat(501)
        chat.started = True
        await owner.execute(
            "INSERT INTO account_chats (account_id, channel, chat_id, linked_at) VALUES ($1, 'telegram', '501', '2026-09-01')",
            world.parent.account_id,
        )
        by_chat = _house(house, code_channel="telegram")
        for phone in (world.parent.phone, world.parent2.phone):  # the father has linked no chat
            await ask(client, phone)
            await sending.send_code(by_chat, Senders(sms, telegram), await _code_id(owner, phone))  # type: ignore[arg-type]
        assert _texts(gateway, world.parent.phone) == []
        assert re.search(r"\d{6}", chat.heard[-1]["text"])
        assert len(_texts(gateway, world.parent2.phone)) == 1
        # Telegram away, or the bot blocked: the SMS goes.
        chat.blocked = True
        await ask(client, world.parent.phone)
        await sending.send_code(by_chat, Senders(sms, telegram), await _code_id(owner, world.parent.phone))  # type: ignore[arg-type]
        assert len(_texts(gateway, world.parent.phone)) == 1
    finally:
        await telegram.close()
        await twin.stop()


async def test_a_shared_phones_code_goes_to_the_phone_and_to_nobodys_chat(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World, gateway: SmsTwin, sms: SmsSender
) -> None:
    from tests.identity.scenes import add_guardian

    await add_guardian(owner, world.school_id, world.parent.phone, "Bà Ngoại", world.child)
    await owner.execute(
        "INSERT INTO account_chats (account_id, channel, chat_id, linked_at) VALUES ($1, 'telegram', '502', '2026-09-01')",
        world.parent.account_id,
    )
    telegram = TelegramSender(TOKEN, base_url="http://127.0.0.1:9")  # it would fail, were it asked
    await ask(client, world.parent.phone)
    await sending.send_code(
        _house(house, code_channel="telegram"), Senders(sms, telegram), await _code_id(owner, world.parent.phone)
    )  # type: ignore[arg-type]
    assert len(_texts(gateway, world.parent.phone)) == 1


# The demo


async def test_only_the_demo_prints_and_shows_codes(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    phone = world.parent.phone
    for settings in ({"mode": "test", "code_channel": "print"}, {"mode": "demo", "code_channel": "sms"}):
        await ask(client, phone)
        await sending.send_code(_house(house, **settings), Senders(), await _code_id(owner, phone))  # type: ignore[arg-type]
        assert await open_code(owner, house, phone) is not None, "unsent"
        assert await codes.shown_in_demo(_house(house, **settings), phone) is None
        assert not re.search(r"\d{6}", capsys.readouterr().err.replace(str(await _code_id(owner, phone)), ""))
    demo = _house(house, mode="demo", code_channel="print")
    await ask(client, phone)
    await sending.send_code(demo, Senders(), await _code_id(owner, phone))  # type: ignore[arg-type]
    code = await codes.shown_in_demo(demo, phone)
    assert code is not None and code in capsys.readouterr().err
    assert (await verify(client, phone, code)).status_code == 200
    assert await codes.shown_in_demo(demo, phone) is None


def test_a_production_start_needs_a_way_to_send_codes() -> None:
    from backend.core.settings import Settings, SettingsRefused, refuse_unsafe

    with pytest.raises(SettingsRefused) as refused:
        refuse_unsafe(Settings(code_channel="telegram"))
    assert "NHIPCAU_TELEGRAM_TOKEN" in str(refused.value) and "NHIPCAU_SMS_API_KEY" in str(refused.value)
    with pytest.raises(SettingsRefused) as refused:
        refuse_unsafe(Settings(code_channel="pigeon"))
    assert "NHIPCAU_CODE_CHANNEL" in str(refused.value)


# Texts, the worker, forgetting


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("purpose", ["sign_in", "invitation"])
async def test_every_text_fits_into_one_plain_sms(house: House, language: str, purpose: str) -> None:
    now = house.clock.now()
    row = {
        "purpose": purpose, "language": language, "expires_at": now + timedelta(hours=24),
        "params": msgspec.json.encode({"school": "Trường Tiểu học và Trung học cơ sở Nguyễn Bỉnh Khiêm số 12 thị trấn"}).decode(),
    }  # fmt: skip
    text = sending.text_of("123456", row, now)
    assert "123456" in text and len(plain_text(text)) <= 160
    assert plain_text(text).isascii()


@pytest.mark.usefixtures("empty_queue")
async def test_the_worker_hears_the_bell_and_sends(
    client: httpx.AsyncClient,
    owner: asyncpg.Connection,
    world: World,
    gateway: SmsTwin,
    redis_url: str,
    database_url: str,
) -> None:
    await ask(client, world.parent.phone)
    settings = test_settings(
        sms_api_key=gateway.api_key,
        sms_secret_key=gateway.secret_key,
        sms_brand=gateway.brand,
        sms_base_url=gateway.base_url,
    )
    await create_worker(settings, redis_url=redis_url, database_url=database_url, burst=True).async_run()
    assert len(_texts(gateway, world.parent.phone)) == 1


async def test_what_is_no_longer_needed_is_forgotten(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    from tests.identity.scenes import renew, sign_in

    signed_in = await sign_in(timed, owner, house, world.parent.phone)
    await renew(timed, signed_in["refresh_token"])
    clock.advance(forgetting.SESSIONS_KEPT + timedelta(days=house.settings.refresh_token_days + 1))
    await forgetting.forget_old(_house(house, clock))
    assert await owner.fetchval("SELECT count(*) FROM one_time_codes WHERE phone_e164 = $1", world.parent.phone) == 0
    assert (
        await owner.fetchval("SELECT count(*) FROM refresh_tokens WHERE account_id = $1", world.parent.account_id) == 0
    )
    row = await owner.fetchrow(
        "SELECT address, device_name FROM sessions WHERE session_id = $1", signed_in["session_id"]
    )
    assert tuple(row) == ("", "")
