"""SMS through eSMS's wire: plain text, one message an id, every code with its meaning."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.sms import SmsSender, plain_text, read_answer
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from tests.twins.sms import Fault, SmsTwin

PHONE = "+84961234567"


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


async def test_a_text_arrives_without_accents(gateway: SmsTwin, sms: SmsSender) -> None:
    outcome = await sms.send(PHONE, "Mã đăng nhập Nhịp Cầu: 123456. Đừng đưa mã này cho ai.", "id-1")
    assert outcome == Sent("sms-1")
    assert gateway.telephones[PHONE] == ["Ma dang nhap Nhip Cau: 123456. Dung dua ma nay cho ai."]


async def test_the_same_id_is_sent_and_paid_once(gateway: SmsTwin, sms: SmsSender) -> None:
    gateway.misbehave(Fault(cut=True))
    assert await sms.send(PHONE, "Ma 1", "id-1") == TryLater("connection_lost", uncertain=True)
    assert await sms.send(PHONE, "Ma 1", "id-1") == Sent("")
    assert gateway.telephones[PHONE] == ["Ma 1"]


_ANSWERS: list[tuple[str, Outcome]] = [
    ("99", Refused("unreachable", "ESMS_99")),
    ("108", Refused("address_dead", "ESMS_108")),
    ("101", Refused("channel_down", "ESMS_101")),
    ("103", Refused("channel_down", "ESMS_103")),
    ("104", Refused("channel_down", "ESMS_104")),
    ("146", Refused("channel_down", "ESMS_146")),
    ("777", Refused("unknown", "ESMS_777")),
]


@pytest.mark.parametrize(("code", "meaning"), _ANSWERS)
async def test_every_code_has_one_meaning(gateway: SmsTwin, sms: SmsSender, code: str, meaning: Outcome) -> None:
    gateway.misbehave(Fault(code=code))
    assert await sms.send(PHONE, "Ma 1", "id-1") == meaning


async def test_a_broken_gateway_is_tried_later(gateway: SmsTwin, sms: SmsSender) -> None:
    gateway.misbehave(Fault(http=503))
    assert await sms.send(PHONE, "Ma 1", "id-1") == TryLater("HTTP_503")
    await gateway.stop()
    sender = SmsSender(api_key="x", secret_key="y", brand="z", base_url=gateway.base_url)
    await sender.open()
    assert await sender.send(PHONE, "Ma 1", "id-1") == TryLater("connection_refused")
    await sender.close()


async def test_wrong_keys_stop_the_channel(gateway: SmsTwin) -> None:
    sender = SmsSender(api_key="x", secret_key="y", brand=gateway.brand, base_url=gateway.base_url)
    await sender.open()
    assert await sender.send(PHONE, "Ma 1", "id-1") == Refused("channel_down", "ESMS_101")
    await sender.close()


async def test_a_text_for_two_messages_is_our_mistake_and_costs_nothing(gateway: SmsTwin, sms: SmsSender) -> None:
    assert await sms.send(PHONE, "a" * 161, "id-1") == Refused("our_bug", "too_long")
    assert gateway.requests == 0


@given(st.text(max_size=200))
def test_whatever_is_written_leaves_as_plain_letters(text: str) -> None:
    plain = plain_text(text)
    assert all(character == "\n" or " " <= character <= "~" for character in plain)
    assert not set(plain) & set("^{}\\[~]|`#&")


@given(st.integers(100, 599), st.binary(max_size=100))
def test_nonsense_from_the_gateway_never_calls_a_number_dead(status: int, body: bytes) -> None:
    outcome = read_answer(status, body)
    assert not (isinstance(outcome, Refused) and outcome.why == "address_dead")
