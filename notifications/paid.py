"""Messages that cost money: the price is reserved before the wire is touched and settled by the answer. It owns paid_sends.

The row is the ledger that decides after a crash. Reserved and never answered, it is asked again by the same key where the provider
knows keys, and is otherwise `uncertain`: not repeated, counted as spent, and shown. Nothing is paid twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
import structlog

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from notifications import budgets
from notifications.leases import Batch
from notifications.outcomes import Refused, Sent, TryLater, stops_channel
from notifications.retries import Verdict
from notifications.rounds import Item, PaidStation

log = structlog.get_logger()

# What one transaction reserves. Where nobody can be asked again, a crash makes this many uncertain, so there it is little.
_SLICE, _SLICE_WITHOUT_KEY = 40, 5
# A message is begun only while our lease outlives the longest wait for its answer.
_LEASE_LEFT = timedelta(seconds=30)
UNCERTAIN = Verdict("dead", "uncertain")

_State = Literal["sent", "released", "uncertain"]


class Kept(msgspec.Struct, frozen=True):
    """A row of the ledger as the next worker finds it."""

    state: str
    reserved_at: datetime


async def post_paid(
    house: House, station: PaidStation, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]
) -> None:
    """Slice by slice: reserve, send, settle. What is settled without sending carries its verdict."""
    size = _SLICE if station.repeats_for else _SLICE_WITHOUT_KEY
    waiting = list(items)
    while waiting:
        part, waiting = waiting[:size], waiting[size:]
        priced = [(item, price) for item in part if (price := await _price(house, station, batch, item)) is not None]
        going = await _reserve(house, station, batch, priced) if priced else []
        try:
            if going:
                await station.deliver(house, batch, going, resting)
        finally:
            await asyncio.shield(asyncio.create_task(_settle(house, station, batch, going)))
        tries = [one.outcome for item in going for one in item.tries]
        # Where no turn came for any of them, or none may begin any more, none comes for those behind them.
        if any(map(stops_channel, tries)) or (tries and not any(tries)):
            for item in waiting:
                item.ruled = Verdict("due", "channel_paused", house.clock.now())
            return


async def _price(house: House, station: PaidStation, batch: Batch, item: Item) -> int | None:
    """A message that cannot be priced must not keep the others of its batch from leaving."""
    try:
        return await station.price(house, batch, item)
    except Exception as error:
        log.error("message_not_priced", notice_id=str(item.row.notice.notice_id), kind=type(error).__name__)
        item.ruled = Verdict("dead", f"our_bug:{type(error).__name__}")
        return None


_STILL_OURS = """
SELECT d.notice_id, d.guardian_id
  FROM deliveries d
 WHERE d.school_id = $1
   AND d.lease_token = $2
   AND d.lease_until > $3
   AND d.channel = $4
   AND d.notice_id = ANY ($5::uuid[])
   AND d.guardian_id = ANY ($6::uuid[])
 ORDER BY d.notice_id, d.guardian_id
   FOR UPDATE
"""

_KEPT = """
SELECT p.notice_id, p.guardian_id, p.state, p.reserved_at
  FROM paid_sends p
 WHERE p.school_id = $1
   AND p.channel = $2
   AND p.notice_id = ANY ($3::uuid[])
   AND p.guardian_id = ANY ($4::uuid[])
"""

# A message that was never answered keeps its first instant and price: it is the same message, asked for again.
_RESERVE = """
INSERT INTO paid_sends AS p
       (school_id, notice_id, guardian_id, channel, state, price, spent_month, lease_token, reserved_at)
SELECT $1, r.notice_id, r.guardian_id, $2, 'reserved', r.price, $6, $7, $8
  FROM unnest($3::uuid[], $4::uuid[], $5::bigint[]) AS r (notice_id, guardian_id, price)
 ORDER BY r.notice_id, r.guardian_id
    ON CONFLICT (school_id, notice_id, guardian_id, channel)
    DO UPDATE SET state       = 'reserved',
                  price       = CASE p.state WHEN 'reserved' THEN p.price ELSE excluded.price END,
                  spent_month = CASE p.state WHEN 'reserved' THEN p.spent_month ELSE excluded.spent_month END,
                  reserved_at = CASE p.state WHEN 'reserved' THEN p.reserved_at ELSE excluded.reserved_at END,
                  lease_token = excluded.lease_token,
                  settled_at  = NULL
            WHERE p.state IN ('reserved', 'released')
"""

_GIVEN_UP = """
UPDATE paid_sends p
   SET state = 'uncertain', settled_at = $5
 WHERE p.school_id = $1
   AND p.channel = $2
   AND p.notice_id = ANY ($3::uuid[])
   AND p.guardian_id = ANY ($4::uuid[])
   AND p.state = 'reserved'
"""


async def _reserve(house: House, station: PaidStation, batch: Batch, priced: Sequence[tuple[Item, int]]) -> list[Item]:
    """Those that may be sent now, with their rows committed; the others carry a verdict."""
    now = house.clock.now()
    month = school_day(now).replace(day=1)
    keys = ([i.row.notice.notice_id for i, _ in priced], [i.row.guardian_id for i, _ in priced])
    async with house.database.school(batch.school_id) as tx:
        ours = await tx.fetch(_STILL_OURS, batch.school_id, batch.lease, now + _LEASE_LEFT, station.channel, *keys)
        held = {(row["notice_id"], row["guardian_id"]) for row in ours}
        kept = {
            (row["notice_id"], row["guardian_id"]): Kept(row["state"], row["reserved_at"])
            for row in await tx.fetch(_KEPT, batch.school_id, station.channel, *keys)
        }
        left = await budgets.left(tx, station.channel, month)
        going: list[tuple[Item, int]] = []
        given_up: list[Item] = []
        cost = 0
        for item, price in priced:
            found = kept.get(item.row.key[:2])
            new = found is None or found.state == "released"
            if item.row.key[:2] not in held:
                item.ruled = Verdict("due", "lease_short", now)
            elif found is not None and found.state == "sent":
                item.ruled = Verdict("sent")
            elif found is not None and not new and not _may_repeat(station, found, now):
                item.ruled = UNCERTAIN
                given_up.append(item)
            elif new and price > left - cost:
                item.ruled = Verdict("skipped", "budget")
            else:
                going.append((item, price))
                cost += price if new else 0
        await _write(tx, station.channel, month, batch.lease, going, given_up, now)
        if cost:
            await budgets.spend(tx, station.channel, month, cost)
    return [item for item, _ in going]


def _may_repeat(station: PaidStation, found: Kept, now: datetime) -> bool:
    return found.state == "reserved" and now - found.reserved_at < station.repeats_for


async def _write(
    tx: SchoolTx,
    channel: str,
    month: date,
    lease: UUID,
    going: Sequence[tuple[Item, int]],
    given_up: Sequence[Item],
    now: datetime,
) -> None:
    if going:
        await tx.execute(
            _RESERVE,
            tx.school_id,
            channel,
            [item.row.notice.notice_id for item, _ in going],
            [item.row.guardian_id for item, _ in going],
            [price for _, price in going],
            month,
            lease,
            now,
        )
    if given_up:
        await tx.execute(
            _GIVEN_UP,
            tx.school_id,
            channel,
            [item.row.notice.notice_id for item in given_up],
            [item.row.guardian_id for item in given_up],
            now,
        )


_SETTLE = """
WITH answer AS MATERIALIZED (
        SELECT a.notice_id, a.guardian_id, a.state, a.code, a.provider_id
          FROM unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[])
            AS a (notice_id, guardian_id, state, code, provider_id)),
     settled AS (
        UPDATE paid_sends p
           SET state = a.state, code = a.code, provider_id = a.provider_id, settled_at = $9
          FROM answer a
         WHERE p.school_id = $1
           AND p.channel = $2
           AND p.lease_token = $3
           AND p.notice_id = a.notice_id
           AND p.guardian_id = a.guardian_id
           AND p.state = 'reserved'
     RETURNING p.state, p.price, p.spent_month)
SELECT s.spent_month, sum(s.price)::bigint AS price
  FROM settled s
 WHERE s.state = 'released'
 GROUP BY s.spent_month
"""


async def _settle(house: House, station: PaidStation, batch: Batch, items: Sequence[Item]) -> None:
    answers = [(item, *settled) for item in items if (settled := _answer(station, item))]
    for item, state, _, _ in answers:
        if state == "uncertain":
            item.ruled = UNCERTAIN
    if not answers:
        return
    async with house.database.school(batch.school_id) as tx:
        released = await tx.fetch(
            _SETTLE,
            batch.school_id,
            station.channel,
            batch.lease,
            [item.row.notice.notice_id for item, *_ in answers],
            [item.row.guardian_id for item, *_ in answers],
            [state for _, state, _, _ in answers],
            [code for _, _, code, _ in answers],
            [provider_id for _, _, _, provider_id in answers],
            house.clock.now(),
        )
        for row in released:
            await budgets.spend(tx, station.channel, row["spent_month"], -row["price"])


def _answer(station: PaidStation, item: Item) -> tuple[_State, str | None, str | None] | None:
    """(state, code, provider's id); None leaves it reserved, to be asked again by its key."""
    outcomes = [one.outcome for one in item.tries if one.outcome is not None]
    for outcome in outcomes:
        if isinstance(outcome, Sent):
            return "sent", None, outcome.provider_id or None
    for outcome in outcomes:
        if isinstance(outcome, TryLater) and outcome.uncertain:
            return None if station.repeats_for and outcome.repeatable else ("uncertain", outcome.code, None)
    code = next((outcome.code for outcome in outcomes if isinstance(outcome, TryLater | Refused)), None)
    return "released", code, None
