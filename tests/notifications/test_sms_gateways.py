"""SMS for notices: parts as carriers count them, two gateways behind one station, and nothing sent twice that may have been taken."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import msgspec
import pytest

from backend.core.house import House
from backend.core.ids import new_id
from notifications import sent_texts
from notifications.audience import OneClass
from notifications.channels.sms import SmsSender
from notifications.channels.sms_parts import parts_of, plain_text
from notifications.channels.speedsms import SpeedSmsSender
from notifications.dead_addresses import phone_hash
from notifications.delivery import drain
from notifications.outbox import publish
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.paid_stations import SmsStation
from notifications.sent_texts import Text
from notifications.stations import Stations
from notifications.text_gateways import TextGateways
from notifications.texts import text_message
from notifications.tracking import Tracked, tracked, tracking_id
from tests.factories import World
from tests.notifications.conftest import NOW, notice
from tests.twins.sms import Fault as EsmsFault
from tests.twins.sms import SmsTwin
from tests.twins.speedsms import Fault, SpeedSmsTwin

PHONE = "+84912345678"
ASKED = TryLater("asked_before", uncertain=True, repeatable=False)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("Con nghi hoc hom nay", "gsm7", 20, 1),
        ("Con nghỉ học hôm nay", "ucs2", 20, 1),
        ("a" * 160, "gsm7", 160, 1), ("a" * 161, "gsm7", 161, 2), ("a" * 306, "gsm7", 306, 2), ("a" * 307, "gsm7", 307, 3),
        ("ạ" * 70, "ucs2", 70, 1), ("ạ" * 71, "ucs2", 71, 2), ("ạ" * 134, "ucs2", 134, 2), ("ạ" * 135, "ucs2", 135, 3),
        ("{" * 80, "gsm7", 160, 1), ("{" * 81, "gsm7", 162, 2),
        ("Gia: 50.000đ", "ucs2", 12, 1),
        ("😀" * 35, "ucs2", 70, 1), ("😀" * 36, "ucs2", 72, 2),
        ("à è é ì ò ù É Ä Ö", "gsm7", 17, 1),
    ],
)  # fmt: skip
def test_parts_are_counted_as_carriers_do(text: str, encoding: str, units: int, count: int) -> None:
    assert parts_of(text) == type(parts_of(text))(encoding, units, count)


def test_a_delivery_has_one_name_that_finds_it_again() -> None:
    of = Tracked(123_456_789, new_id(), new_id())
    name = tracking_id(of.school_id, of.notice_id, of.guardian_id)
    assert len(name) == 48 and tracked(name) == of
    assert tracked(str(UUID(int=5))) is None and tracked("!" * 48) is None


@pytest.fixture
async def esms() -> AsyncIterator[SmsTwin]:
    twin = SmsTwin()
    await twin.start()
    yield twin
    await twin.stop()


@pytest.fixture
async def speed() -> AsyncIterator[SpeedSmsTwin]:
    twin = SpeedSmsTwin()
    await twin.start()
    yield twin
    await twin.stop()


@pytest.fixture
async def first(esms: SmsTwin) -> AsyncIterator[SmsSender]:
    made = SmsSender(api_key=esms.api_key, secret_key=esms.secret_key, brand=esms.brand, base_url=esms.base_url)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def second(speed: SpeedSmsTwin) -> AsyncIterator[SpeedSmsSender]:
    made = SpeedSmsSender(token=speed.token, brand=speed.brand, base_url=speed.base_url)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def both(still_house: House, first: SmsSender, second: SpeedSmsSender) -> TextGateways:
    return TextGateways(still_house, [first, second])


def text(**changes: object) -> Text:
    of = Tracked(1, new_id(), new_id())
    made = Text(tracking_id(1, of.notice_id, of.guardian_id), PHONE, "Xin chào gia đình", b"h" * 32, of, 3)
    return msgspec.structs.replace(made, **changes)


_SPEED: list[tuple[Fault, Outcome]] = [
    (Fault("007"), Refused("channel_down", "SPEEDSMS_007")),
    (Fault("300"), Refused("channel_down", "SPEEDSMS_300")),
    (Fault("105"), Refused("address_dead", "SPEEDSMS_105")),
    (Fault("110"), Refused("our_bug", "SPEEDSMS_110")),
    (Fault("999"), Refused("unknown", "SPEEDSMS_999")),
    (Fault("500"), TryLater("SPEEDSMS_500", uncertain=True)),
    (Fault(http=503), TryLater("HTTP_503")),
    (Fault(http=502), TryLater("HTTP_502", uncertain=True)),
    (Fault(http=200), TryLater("unreadable_answer", uncertain=True)),
    (Fault(http=429), TryLater("HTTP_429", 60.0, pauses_channel=True)),
    (Fault(cut=True), TryLater("connection_lost", uncertain=True)),
]


@pytest.mark.parametrize(("fault", "meaning"), _SPEED)
async def test_every_answer_of_speedsms_has_one_meaning(
    speed: SpeedSmsTwin, second: SpeedSmsSender, fault: Fault, meaning: Outcome
) -> None:
    speed.misbehave(fault)
    assert await second.post(PHONE, "Xin chào", "r") == meaning
    assert isinstance(await second.post(PHONE, "Xin chào", "r"), Sent)
    assert await second.post("+84212345678", "Xin chào", "r") == Refused("address_dead", "SPEEDSMS_105")
    assert await second.post(PHONE, "a" * 161, "r") == Refused("our_bug", "too_long")


async def test_a_wrong_token_stops_speedsms(speed: SpeedSmsTwin) -> None:
    stranger = SpeedSmsSender(token="wrong", brand=speed.brand, base_url=speed.base_url)
    await stranger.open()
    assert await stranger.post(PHONE, "a", "r") == Refused("channel_down", "SPEEDSMS_HTTP_401")
    await stranger.close()


async def test_the_first_gateway_that_works_carries_a_text(
    both: TextGateways, esms: SmsTwin, speed: SpeedSmsTwin
) -> None:
    assert isinstance(await both.post(text(), first=True), Sent)
    assert (len(esms.telephones[PHONE]), len(speed.telephones[PHONE])) == (1, 0)


@pytest.mark.parametrize("fault", [EsmsFault("103"), EsmsFault("101"), EsmsFault(http=503)])
async def test_a_gateway_that_is_down_is_passed_over_and_rests(
    both: TextGateways, esms: SmsTwin, speed: SpeedSmsTwin, fault: EsmsFault
) -> None:
    esms.misbehave(fault)
    for _ in range(2):
        assert isinstance(await both.post(text(), first=True), Sent)
    assert (esms.requests, len(speed.telephones[PHONE])) == (1, 2)


async def test_what_may_have_been_taken_goes_to_no_second_gateway(
    both: TextGateways, esms: SmsTwin, speed: SpeedSmsTwin
) -> None:
    one = text()
    esms.misbehave(EsmsFault(cut=True))
    assert await both.post(one, first=True) == TryLater("connection_lost", uncertain=True)
    esms.misbehave(EsmsFault("103"))
    assert await both.post(one, first=False) == Refused("channel_down", "ESMS_103")
    assert isinstance(await both.post(one, first=False), Sent)
    assert (len(esms.telephones[PHONE]), speed.requests) == (1, 0)


@pytest.mark.parametrize("http", [500, 502, 504])
async def test_an_error_page_behind_which_a_text_may_be_is_no_reason_to_go_elsewhere(
    both: TextGateways, esms: SmsTwin, speed: SpeedSmsTwin, http: int
) -> None:
    esms.misbehave(EsmsFault(http=http))
    assert await both.post(text(), first=True) == TryLater(f"HTTP_{http}", uncertain=True)
    assert speed.requests == 0


async def test_a_refused_number_is_not_tried_elsewhere(both: TextGateways, esms: SmsTwin, speed: SpeedSmsTwin) -> None:
    esms.misbehave(EsmsFault("108"))
    assert await both.post(text(), first=True) == Refused("address_dead", "ESMS_108")
    assert speed.requests == 0


async def test_a_gateway_without_memory_is_never_asked_twice(
    still_house: House, second: SpeedSmsSender, speed: SpeedSmsTwin
) -> None:
    """Its process killed in the middle, or the answer lost: the text may have gone, and it costs money."""
    alone, one = TextGateways(still_house, [second]), text()
    speed.misbehave(Fault(cut=True))
    assert await alone.post(one, first=True) == TryLater("connection_lost", uncertain=True, repeatable=False)
    assert await alone.post(one, first=False) == ASKED
    assert len(speed.telephones[PHONE]) == 1
    killed = text()
    assert await sent_texts.ask(still_house, "speedsms", killed)
    assert await alone.post(killed, first=False) == ASKED
    assert len(speed.telephones[PHONE]) == 1


async def test_what_certainly_was_not_taken_may_be_asked_again(
    still_house: House, second: SpeedSmsSender, speed: SpeedSmsTwin
) -> None:
    alone, one = TextGateways(still_house, [second]), text()
    speed.misbehave(Fault(http=503))
    assert await alone.post(one, first=True) == TryLater("HTTP_503")
    assert isinstance(await alone.post(one, first=False), Sent)


async def test_after_a_crash_a_text_that_the_second_gateway_may_have_is_not_sent_by_the_first(
    both: TextGateways, still_house: House, esms: SmsTwin
) -> None:
    one = text()
    assert await sent_texts.ask(still_house, "speedsms", one)
    assert await both.post(one, first=False) == ASKED
    assert esms.requests == 0


@pytest.fixture
def stationed(stations: Stations, both: TextGateways) -> Stations:
    stations.add(SmsStation(both, part_price=850))
    return stations


async def tell_by_sms(
    house: House, owner: asyncpg.Connection, world: World, stations: Stations, **changes: object
) -> tuple[str, str | None]:
    told = notice(**changes)
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    await owner.execute("DELETE FROM deliveries WHERE notice_id = $1", told.notice_id)
    await owner.execute(
        "INSERT INTO deliveries (school_id, notice_id, guardian_id, channel, state, due_at) VALUES ($1, $2, $3, 'sms', 'due', $4)",
        world.school_id, told.notice_id, world.parent.person_id, house.clock.now(),
    )  # fmt: skip
    await allow_spending(owner, world.school_id, "sms")
    await drain(house, stations, world.school_id)
    row = await owner.fetchrow(
        "SELECT state, reason FROM deliveries WHERE notice_id = $1 AND channel = 'sms'", told.notice_id
    )
    assert row is not None
    return row["state"], row["reason"]


async def allow_spending(owner: asyncpg.Connection, school_id: int, channel: str) -> None:
    await owner.execute(
        "INSERT INTO channel_budgets (school_id, channel, month_cap, set_by, set_at) VALUES ($1, $2, 1000000, $3, $4)"
        " ON CONFLICT DO NOTHING",
        school_id, channel, new_id(), NOW,
    )  # fmt: skip


async def test_a_notice_reaches_the_number_on_the_roll(
    still_house: House, stationed: Stations, esms: SmsTwin, owner: asyncpg.Connection, world: World
) -> None:
    assert await tell_by_sms(still_house, owner, world, stationed) == ("sent", None)
    (heard,) = esms.telephones[world.parent.phone]
    assert heard.startswith("Truong THCS Thu Nghiem: Hop phu huynh. Xem: https://truong.example/app/")
    (name,) = esms.accepted
    of = tracked(name)
    assert of is not None and (of.school_id, of.guardian_id) == (world.school_id, world.parent.person_id)


async def test_a_dead_number_is_kept_as_dead_and_costs_nothing_more(
    still_house: House, stationed: Stations, esms: SmsTwin, owner: asyncpg.Connection, world: World
) -> None:
    esms.misbehave(EsmsFault("108"))
    assert await tell_by_sms(still_house, owner, world, stationed) == ("refused", "ESMS_108")
    hashed = phone_hash(still_house.cipher, world.parent.phone)
    why = await owner.fetchval("SELECT why FROM dead_addresses WHERE channel = 'sms' AND address_hash = $1", hashed)
    assert why == "ESMS_108"
    asked = esms.requests
    assert await tell_by_sms(still_house, owner, world, stationed) == ("refused", "ESMS_108")
    assert esms.requests == asked
    await owner.execute("DELETE FROM dead_addresses WHERE address_hash = $1", hashed)


def test_an_sms_holds_no_mark_no_sum_and_no_whole_name() -> None:
    kinds = (
        "absence",
        "mark",
        "announcement",
        "invoice",
        "payment",
        "message",
        "form",
        "feed",
        "reminder",
        "digest",
        "event",
        "homework",
        "dossier",
    )
    for kind, language in itertools.product(kinds, ("vi", "en")):
        said = text_message(
            kind, language, school_name="Trường THCS Nguyễn Tri Phương", title="Điểm 2 môn Toán",
            params={"amount": 650_000, "fee": "Tiền ăn", "personal": True}, children=["Nguyễn Thị Minh An"],
            link="https://truong.example/app/12/notices/" + "0199e0a4-6c00-7d11-a1b2-000000000005",
        )  # fmt: skip
        assert "650" not in said and "Toán" not in said and "Nguyễn Thị" not in said
        assert parts_of(plain_text(said)).count <= 2


async def test_the_price_is_the_parts_times_their_price(still_house: House, both: TextGateways) -> None:
    from notifications.leases import Batch, Claimed, Told
    from notifications.rounds import Item

    told = Told(new_id(), "announcement", "Họp phụ huynh", {}, False, NOW, False)
    row = Claimed(told, new_id(), "sms", None, "vi", 1, 0, False, True, (), False, frozenset(), PHONE)
    batch = Batch(1, "Trường THCS Thử Nghiệm", new_id(), [row])
    station = SmsStation(both, part_price=850)
    assert await station.price(still_house, batch, Item(row)) == 850
    long_house = dataclasses.replace(
        still_house, settings=msgspec.structs.replace(still_house.settings, public_url="https://" + "x" * 60 + ".vn")
    )
    assert await station.price(long_house, batch, Item(row)) == 1700
