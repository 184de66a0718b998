"""ZNS: templates as data, values within their limits, the receipt that finds its delivery, and nothing sent twice that may have gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.settings import SettingsRefused
from notifications import zns_templates
from notifications.audience import OneClass
from notifications.channel_tokens import ChannelTokens
from notifications.channels.wire import Wire
from notifications.channels.zns import ZnsSender
from notifications.delivery import drain
from notifications.outbox import publish
from notifications.paid_stations import ZnsStation
from notifications.stations import Stations
from notifications.tracking import tracked
from tests.factories import World
from tests.notifications.conftest import notice
from tests.notifications.test_sms_gateways import allow_spending
from tests.twins.zalo import Fault, Template, ZaloTwin

FILE = """
[[template]]
kind = "announcement"
template_id = "301234"
price = 300
[template.parameters]
ten_truong = { from = "school", max = 12 }
hoc_sinh = { from = "child", max = 30 }
noi_dung = { from = "summary", max = 40 }
ngay = { from = "day", max = 10 }
duong_dan = { from = "path", max = 80 }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "templates.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
def stationed(
    stations: Stations,
    zalo: ZaloTwin,
    wire: Wire,
    process: Callable[[], ChannelTokens],
    file: Path,
) -> Stations:
    zalo.templates["301234"] = Template({"ten_truong": 12, "hoc_sinh": 30, "noi_dung": 40, "ngay": 10, "duong_dan": 80})
    tokens = process()
    stations.add(ZnsStation(ZnsSender(wire, tokens, base_url=zalo.base_url), zns_templates.read(str(file))))
    return stations


async def tell_by_zns(
    house: House, owner: asyncpg.Connection, world: World, stations: Stations
) -> tuple[str, str | None]:
    told = notice()
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    await owner.execute("DELETE FROM deliveries WHERE notice_id = $1", told.notice_id)
    await owner.execute(
        "INSERT INTO deliveries (school_id, notice_id, guardian_id, channel, state, due_at) VALUES ($1, $2, $3, 'zns', 'due', $4)",
        world.school_id, told.notice_id, world.parent.person_id, house.clock.now(),
    )  # fmt: skip
    await allow_spending(owner, world.school_id, "zns")
    await drain(house, stations, world.school_id)
    row = await owner.fetchrow(
        "SELECT state, reason FROM deliveries WHERE notice_id = $1 AND channel = 'zns'", told.notice_id
    )
    assert row is not None
    return row["state"], row["reason"]


async def test_a_notice_fills_its_template_within_the_limits(
    still_house: House,
    stationed: Stations,
    zalo: ZaloTwin,
    owner: asyncpg.Connection,
    world: World,
) -> None:
    assert await tell_by_zns(still_house, owner, world, stationed) == ("sent", None)
    (got,) = zalo.telephones[world.parent.phone]
    assert got["template_data"]["ten_truong"] == "Trường THCS…" and got["template_data"]["noi_dung"] == "Họp phụ huynh"
    assert got["template_data"]["ngay"] == "24/11/2026" and got["template_data"]["duong_dan"].startswith("app/")
    assert got["phone"] == world.parent.phone.removeprefix("+")
    of = tracked(got["tracking_id"])
    assert of is not None and (of.school_id, of.guardian_id) == (world.school_id, world.parent.person_id)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(error=-118), "ZNS_-118"),
        (Fault(error=-114), "ZNS_-114"),
        (Fault(error=-144), "ZNS_-144"),
        (Fault(error=-999), "ZNS_-999"),
    ],
)
async def test_a_refusal_goes_on_to_the_next_step(
    still_house: House, stationed: Stations, zalo: ZaloTwin, owner: asyncpg.Connection, world: World,
    fault: Fault, reason: str,
) -> None:  # fmt: skip
    zalo.misbehave(fault)
    assert await tell_by_zns(still_house, owner, world, stationed) == ("refused", reason)
    await owner.execute("DELETE FROM dead_addresses WHERE channel = 'zns'")


async def test_what_may_have_gone_is_not_sent_again(
    still_house: House, stationed: Stations, zalo: ZaloTwin, owner: asyncpg.Connection, world: World,
    clock: StoppedClock,
) -> None:  # fmt: skip
    zalo.misbehave(Fault(cut=True))
    state, reason = await tell_by_zns(still_house, owner, world, stationed)
    assert state in ("refused", "dead") and reason == "uncertain"
    assert len(zalo.telephones[world.parent.phone]) == 1


async def test_a_kind_without_a_template_costs_nothing(
    still_house: House, stations: Stations, zalo: ZaloTwin, wire: Wire, process: Callable[[], ChannelTokens], owner: asyncpg.Connection,
    world: World, tmp_path: Path,
) -> None:  # fmt: skip
    path = tmp_path / "other.toml"
    path.write_text(FILE.replace('"announcement"', '"absence"'), encoding="utf-8")
    sender = ZnsSender(wire, process(), base_url=zalo.base_url)
    stations.add(ZnsStation(sender, zns_templates.read(str(path))))
    assert await tell_by_zns(still_house, owner, world, stations) == ("refused", "no_template")


async def test_an_empty_balance_stops_the_channel_and_keeps_the_number(
    still_house: House,
    stationed: Stations,
    zalo: ZaloTwin,
    owner: asyncpg.Connection,
    world: World,
) -> None:
    zalo.balance = 100
    assert (await tell_by_zns(still_house, owner, world, stationed))[0] == "due"
    assert await owner.fetchval("SELECT reason FROM channel_states WHERE channel = 'zns'") == "ZNS_-115"
    assert await owner.fetchval("SELECT count(*) FROM dead_addresses WHERE channel = 'zns'") == 0


def test_a_school_may_have_a_template_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "two.toml"
    path.write_text(
        FILE + FILE.replace("301234", "999").replace("price = 300", "price = 250\nschools = [7]"), encoding="utf-8"
    )
    read = zns_templates.read(str(path))
    own, common = read.of(7, "announcement"), read.of(8, "announcement")
    assert own is not None and common is not None
    assert (own.template_id, own.price, common.template_id) == ("999", 250, "301234")
    assert read.of(7, "mark") is None


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (FILE.replace('"school"', '"password"'), "parameters"),
        (FILE.replace("price = 300", "price = -1"), "price"),
        (FILE + FILE, "two templates for announcement"),
        ("nonsense", "NHIPCAU_ZNS_TEMPLATES_FILE"),
    ],
)
def test_a_wrong_file_is_no_start(tmp_path: Path, wrong: str, named: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(wrong, encoding="utf-8")
    with pytest.raises(SettingsRefused, match=named):
        zns_templates.read(str(path))
