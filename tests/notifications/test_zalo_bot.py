"""A Zalo bot's texts: every answer with one meaning, and the token in the address in no log."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from notifications.channels.zalo_bot import ZaloBotSender
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from tests.twins.zalobot import Fault, ZaloBotTwin


@pytest.fixture
async def twin() -> AsyncIterator[ZaloBotTwin]:
    made = ZaloBotTwin()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def sender(twin: ZaloBotTwin) -> AsyncIterator[ZaloBotSender]:
    made = ZaloBotSender(twin.token, base_url=twin.base_url)
    await made.open()
    yield made
    await made.close()


_ANSWERS: list[tuple[Fault, Outcome]] = [
    (Fault(code=401), Refused("channel_down", "ZALOBOT_401")),
    (Fault(code=429, retry_after="7"), TryLater("ZALOBOT_429", 7.0, pauses_channel=True)),
    (Fault(code=429), TryLater("ZALOBOT_429", 30.0, pauses_channel=True)),
    (Fault(code=408), TryLater("ZALOBOT_408", uncertain=True)),
    (Fault(code=500), TryLater("ZALOBOT_500", uncertain=True)),
    (Fault(http=503), TryLater("ZALOBOT_503")),
    (Fault(http=200), TryLater("unreadable_answer", uncertain=True)),
    (Fault(code=418), Refused("unknown", "ZALOBOT_418")),
    (Fault(cut=True), TryLater("connection_lost", uncertain=True)),
    (Fault(lost=True), TryLater("connection_lost", uncertain=True)),
]


@pytest.mark.parametrize(("fault", "meaning"), _ANSWERS)
async def test_every_answer_has_one_meaning(
    twin: ZaloBotTwin, sender: ZaloBotSender, fault: Fault, meaning: Outcome
) -> None:
    twin.chats["c1"].started = True
    twin.misbehave(fault)
    assert await sender.post("c1", "Xin chào") == meaning
    assert isinstance(await sender.post("c1", "Xin chào"), Sent)


async def test_a_chat_that_is_gone_is_dead_and_our_own_mistake_is_not(twin: ZaloBotTwin, sender: ZaloBotSender) -> None:
    assert await sender.post("nobody", "a") == Refused("address_dead", "ZALOBOT_404")
    twin.chats["c2"].started = twin.chats["c2"].blocked = True
    assert await sender.post("c2", "a") == Refused("address_dead", "ZALOBOT_403")
    assert await sender.post("c2", "") == Refused("our_bug", "ZALOBOT_400")


async def test_a_wrong_token_stops_the_channel_and_is_not_logged(
    twin: ZaloBotTwin, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = ZaloBotSender("1:very-secret-token", base_url=twin.base_url)
    await stranger.open()
    assert await stranger.post("c1", "a") == Refused("channel_down", "ZALOBOT_401")
    await stranger.close()
    captured = capsys.readouterr()
    assert "very-secret-token" not in captured.out + captured.err
