"""A broadcast to thousands of families as a school has them: some without the app, some with dead tokens, some with wrong numbers.

Everything between the publish and the providers' answers is the production code; only the minutes are the test's. The twins answer.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from backend.core.clock import StoppedClock
from backend.core.crypto import token_hash
from backend.core.house import House
from backend.core.ids import new_id
from notifications import zns_templates
from notifications.audience import WholeSchool
from notifications.channel_tokens import ChannelTokens, Pair, authorise
from notifications.channels.fcm import FcmSender
from notifications.channels.fcm_credentials import FcmCredentials
from notifications.channels.sms import SmsSender
from notifications.channels.wire import Wire
from notifications.channels.zalo_tokens import ZaloTokenWire
from notifications.channels.zns import ZnsSender
from notifications.delivery import drain
from notifications.outbox import Notice, publish
from notifications.paid_stations import SmsStation, ZnsStation
from notifications.push import PushStation
from notifications.stations import Stations
from notifications.text_gateways import TextGateways
from tests.bench.province import found_province
from tests.twins.fcm import Fault, FcmTwin
from tests.twins.sms import SmsTwin
from tests.twins.zalo import Template, ZaloTwin

WITHOUT_APP, DEAD_TOKENS, WRONG_PHONES, WITHOUT_ZALO = 0.30, 0.10, 0.05, 0.15
MINUTES = 15
SMS_PRICE, ZNS_PRICE = 850, 300
_TEMPLATES = f"""
[[template]]
kind = "announcement"
template_id = "301234"
price = {ZNS_PRICE}
[template.parameters]
noi_dung = {{ from = "summary", max = 40 }}
duong_dan = {{ from = "path", max = 80 }}
"""


@dataclass(frozen=True)
class Family:
    guardian_id: UUID
    account_id: UUID
    phone: str
    token: str
    has_app: bool
    token_lives: bool
    phone_works: bool
    has_zalo: bool

    @property
    def by_app(self) -> bool:
        return self.has_app and self.token_lives

    @property
    def reachable(self) -> bool:
        return self.by_app or self.phone_works


@dataclass(frozen=True)
class Outcome:
    """`minute_of` is when a provider first took the notice for a family. Costs are in đồng."""

    families: list[Family]
    minute_of: dict[UUID, int]
    called: set[UUID]
    spent: int
    all_by_sms: int
    texts: int
    templates: int

    @property
    def reachable(self) -> list[Family]:
        return [one for one in self.families if one.reachable]

    @property
    def reached(self) -> list[Family]:
        return [one for one in self.reachable if one.guardian_id in self.minute_of]


@dataclass(frozen=True)
class Wires:
    stations: Stations
    fcm: FcmTwin
    zalo: ZaloTwin
    esms: SmsTwin


@asynccontextmanager
async def wires(house: House, clock: StoppedClock, folder: Path) -> AsyncIterator[Wires]:
    """Twins of all providers, and the stations that speak to them."""
    async with AsyncExitStack() as stack:
        fcm, zalo, esms = FcmTwin(), ZaloTwin(), SmsTwin()
        zalo.now = lambda: clock.now().timestamp()
        for twin in (fcm, zalo, esms):
            await twin.start()
            stack.push_async_callback(twin.stop)
        stations = Stations()
        push = FcmSender(FcmCredentials(fcm.credentials()), project_id=fcm.project_id, base_url=fcm.base_url)
        text = SmsSender(api_key=esms.api_key, secret_key=esms.secret_key, brand=esms.brand, base_url=esms.base_url)
        wire = Wire()
        for opened in (push, text, wire):
            await opened.open()
            stack.push_async_callback(opened.close)
        stations.push = PushStation(push)
        stations.sms = TextGateways(house, [text])
        stations.add(SmsStation(stations.sms, part_price=SMS_PRICE))
        account, pair = f"zalo:{new_id()}", zalo.grant()
        await authorise(house, account, Pair(pair["access_token"], pair["refresh_token"], int(pair["expires_in"])))
        renewing = ZaloTokenWire(wire, app_id=zalo.app_id, app_secret=zalo.app_secret, base_url=zalo.base_url)
        tokens = ChannelTokens(house, account, renewing.refresh)
        (folder / "templates.toml").write_text(_TEMPLATES, encoding="utf-8")
        zalo.templates["301234"] = Template({"noi_dung": 40, "duong_dan": 80}, price=ZNS_PRICE)
        templates = zns_templates.read(str(folder / "templates.toml"))
        stations.add(ZnsStation(ZnsSender(wire, tokens, base_url=zalo.base_url), templates))
        yield Wires(stations, fcm, zalo, esms)


async def populate(owner: asyncpg.Connection, count: int, *, seed: int = 11) -> tuple[int, list[Family]]:
    """A school of `count` families; the same seed draws the same ones."""
    luck = random.Random(seed)
    province = await found_province(owner, 1, count)
    (school_id,) = province.schools
    rows = await owner.fetch(
        "SELECT guardian_id, account_id, phone_e164 FROM guardians WHERE school_id = $1 ORDER BY guardian_id", school_id
    )
    families = [
        Family(
            row["guardian_id"],
            row["account_id"],
            # A number of a real network's shape, never the same twice.
            f"+8497{school_id % 100:02d}{number:05d}",
            f"tok-{school_id}-{number:06d}",
            luck.random() >= WITHOUT_APP,
            luck.random() >= DEAD_TOKENS,
            luck.random() >= WRONG_PHONES,
            luck.random() >= WITHOUT_ZALO,
        )
        for number, row in enumerate(rows)
    ]
    await owner.executemany(
        "UPDATE guardians SET phone_e164 = $3, account_id = $4 WHERE school_id = $1 AND guardian_id = $2",
        [(school_id, one.guardian_id, one.phone, one.account_id if one.has_app else None) for one in families],
    )
    return school_id, families


async def install_app(owner: asyncpg.Connection, house: House, families: list[Family]) -> None:
    now = house.clock.now()
    installed = [(one.account_id, token_hash(one.token), new_id(), one.token, now) for one in families if one.has_app]
    await owner.executemany(
        "INSERT INTO device_tokens (token_hash, account_id) VALUES ($2, $1)", [one[:2] for one in installed]
    )
    await owner.executemany(
        "INSERT INTO devices (account_id, token_hash, session_id, token, token_kind, platform, language, registered_at, refreshed_at)"
        " VALUES ($1, $2, $3, $4, 'fcm_token', 'android', 'vi', $5, $5)",
        installed,
    )


async def broadcast(
    owner: asyncpg.Connection,
    house: House,
    clock: StoppedClock,
    wired: Wires,
    school_id: int,
    families: list[Family],
) -> Outcome:
    fcm, zalo, esms = wired.fcm, wired.zalo, wired.esms
    await install_app(owner, house, families)
    for one in families:
        if not one.token_lives:
            fcm.misbehave(one.token, Fault("unregistered"))
    zalo.without_zalo |= {one.phone for one in families if not (one.has_zalo and one.phone_works)}
    zalo.daily_left, zalo.balance = 1_000_000, 1_000_000_000
    esms.dead |= {one.phone for one in families if not one.phone_works}
    await owner.executemany(
        "INSERT INTO channel_budgets (school_id, channel, month_cap, set_by, set_at) VALUES ($1, $2, 100000000, $3, $4)",
        [(school_id, channel, new_id(), clock.now()) for channel in ("zns", "sms")],
    )
    notice = Notice(
        notice_id=new_id(), kind="announcement", source_kind="announcement", source_id="bão", created_at=clock.now(),
        title="Ngày mai nghỉ học", body="Do bão số 5, học sinh nghỉ học thứ Tư 25/11/2026.", urgent=True,
    )  # fmt: skip
    async with house.database.school(school_id) as tx:
        await publish(tx, notice, WholeSchool())
    minute_of: dict[UUID, int] = {}
    for minute in range(MINUTES + 1):
        while await drain(house, wired.stations, school_id):
            pass
        for guardian_id in await _taken(owner, school_id, notice.notice_id):
            minute_of.setdefault(guardian_id, minute)
        clock.advance(timedelta(minutes=1))
    return Outcome(
        families,
        minute_of,
        called={
            row["guardian_id"]
            for row in await owner.fetch(
                "SELECT guardian_id FROM call_list WHERE school_id = $1 AND notice_id = $2", school_id, notice.notice_id
            )
        },
        spent=await owner.fetchval(
            "SELECT coalesce(sum(price), 0)::bigint FROM paid_sends WHERE school_id = $1 AND state IN ('sent', 'uncertain')",
            school_id,
        ),
        all_by_sms=len(families) * SMS_PRICE,
        texts=sum(len(heard) for heard in esms.telephones.values()),
        templates=sum(len(heard) for heard in zalo.telephones.values()),
    )


async def _taken(owner: asyncpg.Connection, school_id: int, notice_id: UUID) -> list[UUID]:
    rows: list[Any] = await owner.fetch(
        "SELECT DISTINCT guardian_id FROM deliveries"
        " WHERE school_id = $1 AND notice_id = $2 AND state = 'sent' AND channel <> 'call'",
        school_id, notice_id,
    )  # fmt: skip
    return [row["guardian_id"] for row in rows]
