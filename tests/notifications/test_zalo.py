"""The Zalo Official Account: tokens that work once, windows, quotas, and every code with one meaning."""

from __future__ import annotations

import asyncio
import io
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from notifications import zalo_command, zalo_followers
from notifications.audience import OneClass
from notifications.channel_tokens import ChannelTokens, NoPair, NoToken, Pair, authorise
from notifications.channels.wire import Answer, Wire
from notifications.channels.zalo import ZaloSender
from notifications.channels.zalo_answers import read_reply, read_template
from notifications.channels.zalo_tokens import ZaloTokenWire
from notifications.dead_addresses import chat_hash
from notifications.delivery import drain
from notifications.outbox import publish
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.stations import Stations
from notifications.zalo_station import ZaloStation
from tests.conftest import test_settings
from tests.factories import Person, World
from tests.notifications.conftest import ACCOUNT, NOW, notice
from tests.twins.zalo import Fault, ZaloTwin


@pytest.fixture
async def sender(wire: Wire, zalo: ZaloTwin, process: Callable[[], ChannelTokens]) -> ZaloSender:
    return ZaloSender(wire, process(), base_url=zalo.base_url)


async def test_permission_is_exchanged_for_a_first_pair(
    oauth: ZaloTokenWire, zalo: ZaloTwin, still_house: House
) -> None:
    verifier = "v" * 43
    url = oauth.permission_url("https://truong.example/zalo", verifier, "state")
    challenge = dict(part.split("=") for part in url.partition("?")[2].split("&"))["code_challenge"]
    pair = await oauth.exchange(zalo.permit(challenge), verifier)
    assert isinstance(pair, Pair) and pair.lives_seconds == 90_000
    wrong = await oauth.exchange(zalo.permit(challenge), "w" * 43)
    assert wrong == NoPair("ZALO_-14019", final=False)


async def test_tokens_are_kept_sealed_and_used_again(
    process: Callable[[], ChannelTokens], zalo: ZaloTwin, owner: asyncpg.Connection
) -> None:
    token = await process().access()
    assert token == await process().access() and zalo.refreshes == 0
    row = await owner.fetchrow("SELECT access_sealed, refresh_sealed FROM channel_tokens")
    assert row is not None and token.encode() not in row["access_sealed"] and b"refresh" not in row["refresh_sealed"]


async def test_after_twenty_hours_one_of_many_processes_renews(
    process: Callable[[], ChannelTokens], zalo: ZaloTwin, clock: StoppedClock
) -> None:
    old = await process().access()
    clock.advance(timedelta(hours=21))
    tokens = await asyncio.gather(*(process().access() for _ in range(8)))
    assert zalo.refreshes == 1
    # Who came while another was asking still used the old one, which lives 25 hours unless renewed; afterwards all have the new.
    assert {await process().access() for _ in range(3)} == set(tokens) - {old}


async def test_a_token_refused_before_its_time_is_renewed_once_for_all(
    process: Callable[[], ChannelTokens], zalo: ZaloTwin
) -> None:
    first, second = process(), process()
    old = await first.access()
    assert await second.access() == old
    zalo.expire_access()
    assert len(set(await asyncio.gather(first.after_refusal(old), second.after_refusal(old)))) == 1
    assert zalo.refreshes == 1


async def test_an_old_token_found_dead_by_another_process_is_looked_up_not_renewed(
    process: Callable[[], ChannelTokens], zalo: ZaloTwin, wire: Wire, clock: StoppedClock
) -> None:
    """The pair dies when another is issued: a process that remembers the old one is refused and reads the new one."""
    slow = ZaloSender(wire, process(), base_url=zalo.base_url)
    zalo.readers["r1"].last = zalo.now()
    assert isinstance((await slow.post("r1", "a")).outcome, Sent)
    other = process()
    await other.after_refusal(await other.access())
    assert zalo.refreshes == 1
    assert isinstance((await slow.post("r1", "b")).outcome, Sent)
    assert zalo.refreshes == 1 and zalo.readers["r1"].heard == ["a", "b"]


async def test_a_refresh_token_used_twice_needs_a_person_and_says_so(
    process: Callable[[], ChannelTokens], zalo: ZaloTwin, sender: ZaloSender, clock: StoppedClock, still_house: House
) -> None:
    zalo.grant()  # somebody else used ours
    assert (await sender.post("r1", "a")).outcome == Refused("channel_down", "ZALO_-14020")
    asked = zalo.refreshes
    assert (await sender.post("r1", "a")).outcome == Refused("channel_down", "ZALO_-14020")
    assert zalo.refreshes == asked  # it is not asked for ever
    pair = zalo.grant()
    await authorise(still_house, ACCOUNT, Pair(pair["access_token"], pair["refresh_token"], 90_000))
    zalo.readers["r1"].last = zalo.now()
    assert isinstance((await sender.post("r1", "a")).outcome, Sent)


async def test_killed_before_the_wire_the_next_process_renews(
    process: Callable[[], ChannelTokens], zalo: ZaloTwin, owner: asyncpg.Connection, clock: StoppedClock
) -> None:
    """The row is taken by a process that is no more; a minute later another asks with the same refresh token."""
    await process().access()
    clock.advance(timedelta(hours=26))
    await owner.execute(
        "UPDATE channel_tokens SET taken_by = gen_random_uuid(), taken_until = $1", clock.now() + timedelta(seconds=60)
    )
    waiting = asyncio.create_task(process().access())
    await asyncio.sleep(0)
    clock.advance(timedelta(seconds=61))
    assert (await waiting).startswith("access-") and zalo.refreshes == 1


async def test_killed_between_the_answer_and_keeping_it_is_said_aloud(
    process: Callable[[], ChannelTokens], zalo: ZaloTwin, clock: StoppedClock
) -> None:
    """The wire's own gap: the new pair is lost, the old one dead. Nothing hides it, and nothing loops."""
    clock.advance(timedelta(hours=26))
    zalo.misbehave(Fault(cut=True))
    with pytest.raises(NoToken) as lost:
        await process().access()
    assert (lost.value.code, lost.value.final) == ("connection_lost", False)
    with pytest.raises(NoToken) as dead:
        await process().access()
    assert (dead.value.code, dead.value.final) == ("ZALO_-14020", True)


async def test_the_token_before_is_tried_when_the_newest_is_refused(
    process: Callable[[], ChannelTokens],
    zalo: ZaloTwin,
    owner: asyncpg.Connection,
    still_house: House,
    clock: StoppedClock,
) -> None:
    clock.advance(timedelta(hours=26))
    await process().access()
    good = zalo._refresh
    assert good is not None
    seal = still_house.cipher.seal
    await owner.execute(
        "UPDATE channel_tokens SET refresh_sealed = $1, before_sealed = $2",
        seal("never issued", "channel_tokens"), seal(good, "channel_tokens"),
    )  # fmt: skip
    clock.advance(timedelta(hours=26))
    assert (await process().access()).startswith("access-")


@pytest.mark.parametrize("fault", [Fault(http=503), Fault(lost=True), Fault(http=200)])
async def test_a_token_endpoint_in_bad_weather_is_asked_again(
    process: Callable[[], ChannelTokens], zalo: ZaloTwin, clock: StoppedClock, fault: Fault
) -> None:
    clock.advance(timedelta(hours=26))
    zalo.misbehave(fault)
    with pytest.raises(NoToken) as weather:
        await process().access()
    assert not weather.value.final
    assert (await process().access()).startswith("access-")


_ANSWERS: list[tuple[Fault, Outcome]] = [
    (Fault(error=-213), Refused("address_dead", "ZALO_-213")),
    (Fault(error=-217), Refused("address_dead", "ZALO_-217")),
    (Fault(error=-227), Refused("address_dead", "ZALO_-227")),
    (Fault(error=-230), Refused("unreachable", "ZALO_-230")),
    (Fault(error=-218), Refused("unreachable", "ZALO_-218")),
    (Fault(error=-224), Refused("channel_down", "ZALO_-224")),
    (Fault(error=-201), Refused("our_bug", "ZALO_-201")),
    (Fault(error=-999), Refused("unknown", "ZALO_-999")),
    (Fault(error=-32), TryLater("ZALO_-32", 60.0, pauses_channel=True)),
    (Fault(http=429), TryLater("ZALO_HTTP_429", 60.0, pauses_channel=True)),
    (Fault(http=503), TryLater("ZALO_HTTP_503")),
    (Fault(http=502), TryLater("ZALO_HTTP_502", uncertain=True)),
    (Fault(http=200), TryLater("unreadable_answer", uncertain=True)),
    (Fault(cut=True), TryLater("connection_lost", uncertain=True)),
    (Fault(lost=True), TryLater("connection_lost", uncertain=True)),
]


@pytest.mark.parametrize(("fault", "meaning"), _ANSWERS)
async def test_every_code_of_a_consultation_message_has_one_meaning(
    sender: ZaloSender, zalo: ZaloTwin, fault: Fault, meaning: Outcome
) -> None:
    zalo.readers["r1"].last = zalo.now()
    zalo.misbehave(fault)
    assert (await sender.post("r1", "Xin chào")).outcome == meaning
    assert isinstance((await sender.post("r1", "Xin chào")).outcome, Sent)


def test_at_night_it_is_tried_after_six() -> None:
    night = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)  # half past eleven in Vietnam
    outcome = read_reply(Answer(200, b'{"error":-234,"message":"x"}'), night).outcome
    assert outcome == TryLater("ZALO_-234", 6.5 * 3600)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (-108, "address_dead"), (-118, "address_dead"), (-119, "address_dead"),
        (-110, "unreachable"), (-114, "unreachable"), (-139, "unreachable"), (-141, "unreachable"),
        (-133, "unreachable"), (-144, "unreachable"), (-147, "unreachable"), (-131, "unreachable"), (-146, "unreachable"),
        (-115, "channel_down"), (-120, "channel_down"), (-124, "channel_down"), (-101, "channel_down"),
        (-112, "our_bug"), (-132, "our_bug"), (-100, "unknown"), (-777, "unknown"),
    ],
)  # fmt: skip
def test_every_code_of_a_template_message_has_one_meaning(code: int, meaning: str) -> None:
    outcome = read_template(Answer(200, b'{"error":%d,"message":"x"}' % code), NOW).outcome
    assert isinstance(outcome, Refused) and outcome.why == meaning


async def linked(owner: asyncpg.Connection, person: Person, user_id: str) -> None:
    for table in ("chat_links", "account_chats"):
        await owner.execute(
            f"INSERT INTO {table} (account_id, channel, chat_id, linked_at) VALUES ($1, 'zalo', $2, $3)",
            person.account_id, user_id, NOW,
        )  # fmt: skip


async def wrote(house: House, zalo: ZaloTwin, user_id: str) -> None:
    """The reader wrote to us just now: Zalo opens its window, and our bot notes it."""
    reader = zalo.readers[user_id]
    reader.last, reader.free_left = zalo.now(), 8
    await zalo_followers.interacted(house.database, user_id, at=house.clock.now())


@pytest.fixture
def stationed(stations: Stations, sender: ZaloSender) -> Stations:
    stations.add(ZaloStation(sender))
    return stations


async def tell_by_zalo(
    house: House, owner: asyncpg.Connection, world: World, stations: Stations
) -> tuple[str, str | None]:
    """A notice whose turn on this channel has come, for the own child's mother."""
    told = notice()
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    await owner.execute("DELETE FROM deliveries WHERE notice_id = $1", told.notice_id)
    await owner.execute(
        "INSERT INTO deliveries (school_id, notice_id, guardian_id, channel, state, due_at) VALUES ($1, $2, $3, 'zalo', 'due', $4)",
        world.school_id, told.notice_id, world.parent.person_id, house.clock.now(),
    )  # fmt: skip
    await drain(house, stations, world.school_id)
    row = await owner.fetchrow(
        "SELECT state, reason FROM deliveries WHERE notice_id = $1 AND channel = 'zalo'", told.notice_id
    )
    assert row is not None
    return row["state"], row["reason"]


async def test_inside_the_window_a_notice_is_an_answer(
    still_house: House, stationed: Stations, zalo: ZaloTwin, owner: asyncpg.Connection, world: World
) -> None:
    user = f"u{world.parent.account_id.hex}"
    await linked(owner, world.parent, user)
    await wrote(still_house, zalo, user)
    assert await tell_by_zalo(still_house, owner, world, stationed) == ("sent", None)
    (heard,) = zalo.readers[user].heard
    assert heard.splitlines()[1] == "Họp phụ huynh" and "https://truong.example/app/" in heard
    assert await owner.fetchval("SELECT replies_left FROM zalo_followers WHERE user_id = $1", user) == 7


async def test_outside_the_window_nothing_is_asked_of_zalo(
    still_house: House,
    stationed: Stations,
    zalo: ZaloTwin,
    owner: asyncpg.Connection,
    world: World,
    clock: StoppedClock,
) -> None:
    user = f"u{world.parent.account_id.hex}"
    station = stationed.of("zalo")
    assert isinstance(station, ZaloStation)
    await linked(owner, world.parent, user)
    assert await tell_by_zalo(still_house, owner, world, stationed) == ("refused", "window_closed")
    await wrote(still_house, zalo, user)
    assert list(await station.reaches(still_house, [world.parent.account_id])) == [world.parent.account_id]
    clock.advance(timedelta(hours=48))
    assert list(await station.reaches(still_house, [world.parent.account_id])) == []
    assert await tell_by_zalo(still_house, owner, world, stationed) == ("refused", "window_closed")
    assert zalo.readers[user].heard == []


async def test_after_eight_free_answers_the_ninth_goes_another_way(
    still_house: House,
    stationed: Stations,
    zalo: ZaloTwin,
    owner: asyncpg.Connection,
    world: World,
    clock: StoppedClock,
) -> None:
    user = f"u{world.parent.account_id.hex}"
    await linked(owner, world.parent, user)
    await wrote(still_house, zalo, user)
    found = [await tell_by_zalo(still_house, owner, world, stationed) for _ in range(9)]
    assert found == [("sent", None)] * 8 + [("refused", "replies_used")]
    clock.advance(timedelta(minutes=1))
    await wrote(still_house, zalo, user)
    assert await tell_by_zalo(still_house, owner, world, stationed) == ("sent", None)


async def test_who_blocked_us_is_dead_until_they_write_again(
    still_house: House,
    stationed: Stations,
    zalo: ZaloTwin,
    owner: asyncpg.Connection,
    world: World,
    clock: StoppedClock,
) -> None:
    user = f"u{world.parent.account_id.hex}"
    await linked(owner, world.parent, user)
    await wrote(still_house, zalo, user)
    zalo.readers[user].blocked = True
    assert await tell_by_zalo(still_house, owner, world, stationed) == ("refused", "ZALO_-217")
    row = await owner.fetchrow("SELECT why, revived_at FROM dead_addresses WHERE address_hash = $1", chat_hash(user))
    assert row is not None and tuple(row) == ("ZALO_-217", None)
    calls = zalo.calls_left = 0
    assert await tell_by_zalo(still_house, owner, world, stationed) == ("refused", "ZALO_-217")
    assert zalo.calls_left == calls  # nobody was asked
    zalo.calls_left, zalo.readers[user].blocked = None, False
    clock.advance(timedelta(minutes=1))
    await wrote(still_house, zalo, user)
    assert await tell_by_zalo(still_house, owner, world, stationed) == ("sent", None)


async def test_events_out_of_order_leave_the_newest(still_house: House, owner: asyncpg.Connection) -> None:
    late, early = NOW, NOW - timedelta(hours=1)
    async with still_house.database.directory() as tx:
        await zalo_followers.followed(tx, "ooo", follows=False, at=late)
        await zalo_followers.followed(tx, "ooo", follows=True, at=early)
    await zalo_followers.interacted(still_house.database, "ooo", at=late + timedelta(hours=1))
    await zalo_followers.interacted(still_house.database, "ooo", at=early)
    row = await owner.fetchrow("SELECT last_interacted_at, unfollowed_at FROM zalo_followers WHERE user_id = 'ooo'")
    assert row is not None and tuple(row) == (late + timedelta(hours=1), None)


async def test_the_command_keeps_what_zalo_grants(
    database_url: str, owner: asyncpg.Connection, zalo: ZaloTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = test_settings(
        database_url=database_url, zalo_app_id=zalo.app_id, zalo_app_secret=zalo.app_secret,
        zalo_oa_id="77", zalo_oauth_url=zalo.base_url,
    )  # fmt: skip
    zalo.now = time.time
    monkeypatch.setattr("sys.stdin", io.StringIO(str(zalo.grant()["refresh_token"]) + "\n"))
    assert await zalo_command.authorise(settings, redirect_uri="", by_refresh_token=True) == 0
    assert await owner.fetchval("SELECT access_until > now() FROM channel_tokens WHERE account = 'zalo:77'")
    monkeypatch.setattr("sys.stdin", io.StringIO("used already\n"))
    assert await zalo_command.authorise(settings, redirect_uri="", by_refresh_token=True) == 1
    incomplete = test_settings(database_url=database_url)
    assert (
        await zalo_command.authorise(incomplete, redirect_uri="https://truong.example/zalo", by_refresh_token=False)
        == 2
    )


_RENEWS = """
import asyncio, os, signal, sys
from backend.core.clock import SystemClock
from backend.core.crypto import Cipher
from backend.core.database import Database
from backend.core.house import House
from backend.core.queue import SilentBell
from backend.core.settings import Settings
from notifications.channel_tokens import ChannelTokens
from notifications.channels.wire import Wire
from notifications.channels.zalo_tokens import ZaloTokenWire

async def main(database_url, secret, base_url, app_id, app_secret, when):
    database = await Database.open(database_url, writers=1, readers=1)
    house = House(Settings(mode="test", secret_key=secret), database, SilentBell(), SystemClock(), Cipher(secret), "")
    wire = Wire()
    await wire.open()
    oauth = ZaloTokenWire(wire, app_id=app_id, app_secret=app_secret, base_url=base_url)

    async def ask(token):
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        pair = await oauth.refresh(token)
        os.kill(os.getpid(), signal.SIGKILL)
        return pair

    await ChannelTokens(house, "zalo:test", ask).access()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize(("when", "lost"), [("before", False), ("after", True)])
async def test_a_process_killed_while_renewing(
    house: House,
    oauth: ZaloTokenWire,
    zalo: ZaloTwin,
    owner: asyncpg.Connection,
    database_url: str,
    when: str,
    lost: bool,
) -> None:
    """Before the wire nothing is lost. After Zalo's answer and before keeping it, the pair is gone, and the channel says so."""
    zalo.now = time.time
    pair = zalo.grant()
    await authorise(house, ACCOUNT, Pair(pair["access_token"], pair["refresh_token"], 90_000))
    long_ago = datetime.now(UTC) - timedelta(hours=26)
    await owner.execute("UPDATE channel_tokens SET access_until = $1, refreshed_at = $1, authorised_at = $1", long_ago)
    arguments = [database_url, house.settings.secret_key, zalo.base_url, zalo.app_id, zalo.app_secret, when]
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", _RENEWS, *arguments)
    assert await killed.wait() == -signal.SIGKILL
    taken = await owner.fetchrow("SELECT taken_until, refreshed_at FROM channel_tokens WHERE account = $1", ACCOUNT)
    assert taken is not None and taken["taken_until"] > datetime.now(UTC) and taken["refreshed_at"] == long_ago
    await owner.execute(
        "UPDATE channel_tokens SET taken_until = $1", datetime.now(UTC) - timedelta(seconds=1)
    )  # a minute later
    following = ChannelTokens(house, ACCOUNT, oauth.refresh)
    if lost:
        with pytest.raises(NoToken) as dead:
            await following.access()
        assert (dead.value.code, dead.value.final) == ("ZALO_-14020", True)
    else:
        assert await following.access() in zalo._access
