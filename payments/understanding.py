"""What kept events of gateways mean: read from their bytes, settled, and noted in bank_events, which it shares with hooks.py.

The bell understands an event at once, the sweep those whose bell was lost, many in one transaction; doing it twice is doing
it once. An event that fails holds up no other: the batch it was in is halved until it stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import msgspec
import structlog

from backend.core.database import DatabaseAway, SchoolTx
from backend.core.house import House
from backend.core.metrics import BANK_EVENTS
from payments import accounts, settle
from payments.banks.line import BankLine, Unreadable
from payments.banks.providers import PROVIDERS
from payments.banks.wire import Provider, Understood
from payments.references import views

log = structlog.get_logger()

# Bells find one another waiting; more at once only hold the till of the school for longer.
_AT_ONCE = 500
_WAITING_MAX = 5_000


class Outcome(msgspec.Struct, frozen=True):
    """The state of the movement, or why there was none: `test`, `not_paid`."""

    state: str


class Key(msgspec.Struct, frozen=True):
    """By which an event is kept."""

    provider: str
    hook_key: str
    event_key: str


class _Event(msgspec.Struct):
    """A kept event, what its bytes say, and what it came to."""

    key: Key
    row: Any
    said: Understood
    outcome: str = ""

    @property
    def line(self) -> BankLine | None:
        return self.said if isinstance(self.said, BankLine) else None


async def settle_event(house: House, school_id: int, provider: str, hook_key: str, event_key: str) -> Outcome | None:
    """The named state it came to; None when somebody else has understood it already."""
    key = Key(provider, hook_key, event_key)
    try:
        outcomes = await _settle(house, school_id, [key])
    except Exception:
        await _count_attempt(house, key)
        raise
    return outcomes[0] if outcomes else None


async def settle_waiting(house: House, limit: int = _WAITING_MAX, at_once: int = _AT_ONCE) -> int:
    """The sweep; how many it understood. An event that fails is tried for the n-th time n² minutes after it was received.

    It is never given up; the nightly check names it until it is understood.
    """
    waiting = await house.database.reader.fetch(
        """
        SELECT school_id, provider, hook_key, event_key
          FROM bank_events
         WHERE understood_at IS NULL
           AND received_at <= $1::timestamptz - make_interval(mins => attempts::int * attempts)
         ORDER BY received_at, event_key
         LIMIT $2
        """,
        house.clock.now(),
        limit,
    )
    done = 0
    for school_id, events in groupby(
        sorted(waiting, key=lambda row: int(row["school_id"])), lambda row: row["school_id"]
    ):
        keys = [Key(row["provider"], row["hook_key"], row["event_key"]) for row in events]
        for start in range(0, len(keys), at_once):
            done += await _settle_some(house, school_id, keys[start : start + at_once])
    return done


async def _settle_some(house: House, school_id: int, keys: Sequence[Key]) -> int:
    try:
        if len(keys) == 1:
            return await settle_event(house, school_id, *msgspec.structs.astuple(keys[0])) is not None
        return len(await _settle(house, school_id, keys))
    except DatabaseAway as away:
        log.error("bank_events_wait", events=len(keys), error=type(away).__name__)
        return 0
    except Exception as error:
        if len(keys) == 1:
            log.error("bank_event_failed", provider=keys[0].provider, error=type(error).__name__)
            return 0
    half = len(keys) // 2
    return await _settle_some(house, school_id, keys[:half]) + await _settle_some(house, school_id, keys[half:])


async def _settle(house: House, school_id: int, keys: Sequence[Key]) -> list[Outcome]:
    async with house.database.school(school_id) as tx:
        events = await _understand(house, tx, keys)
    for event in events:
        BANK_EVENTS.labels(event.key.provider, event.outcome).inc()
    return [Outcome(event.outcome) for event in events]


async def _understand(house: House, tx: SchoolTx, keys: Sequence[Key]) -> list[_Event]:
    """Those of the events that nobody has understood yet, in one transaction."""
    now = house.clock.now()
    rows = await tx.fetch(
        """
        SELECT e.provider, e.hook_key, e.event_key, e.bank_account_id, e.body, e.door, e.received_at
          FROM unnest($2::text[], $3::text[], $4::text[]) AS k (provider, hook_key, event_key)
          JOIN bank_events e
            ON e.provider = k.provider
           AND e.hook_key = k.hook_key
           AND e.event_key = k.event_key
         WHERE e.school_id = $1
           AND e.understood_at IS NULL
         ORDER BY e.received_at, e.event_key, e.hook_key
           FOR UPDATE OF e
        """,
        tx.school_id,
        *_columns(keys),
    )
    events = [_read(row) for row in rows]
    await _add_orders(tx, events)
    for bank_account_id in dict.fromkeys(event.row["bank_account_id"] for event in events):
        account = await accounts.receiving(tx, bank_account_id)
        ours = [event for event in events if event.row["bank_account_id"] == bank_account_id]
        lines = [(event, event.line) for event in ours if event.line is not None]
        if lines:
            received = [event.row["received_at"] for event, _ in lines]
            settled = await settle.settle_many(tx, account, [line for _, line in lines], received_at=received, at=now)
            for (event, _), one in zip(lines, settled, strict=True):
                event.outcome = one.state
        for event in ours:
            if isinstance(event.said, Unreadable):
                # Under the event's own key, so that what is told again is the same again.
                kept = await settle.keep_unreadable(
                    tx, account, event.key.provider, event.key.event_key, event.row["body"], event.said,
                    received_at=event.row["received_at"], at=now,
                )  # fmt: skip
                event.outcome = kept.state
            elif not isinstance(event.said, BankLine):
                event.outcome = event.said.reason
    await _note(tx, events, now)
    return events


def _columns(keys: Iterable[Key]) -> list[list[str]]:
    rows = [msgspec.structs.astuple(key) for key in keys]
    return [[row[place] for row in rows] for place in range(3)]


def _read(row: Any) -> _Event:
    provider = PROVIDERS[row["provider"]]
    read = (row["door"] == "pull" and provider.understand_pulled) or provider.understand
    return _Event(Key(row["provider"], row["hook_key"], row["event_key"]), row, read(row["body"]))


async def _add_orders(tx: SchoolTx, events: Sequence[_Event]) -> None:
    named = [(event, line) for event in events if (line := event.line) is not None and line.order_code is not None]
    if not named:
        return
    rows = await tx.fetch(
        """
        SELECT o.hook_key, o.order_code, o.reference, o.amount
          FROM unnest($2::text[], $3::text[]) AS n (hook_key, order_code)
          JOIN gateway_orders o
            ON o.hook_key = n.hook_key
           AND o.order_code = n.order_code
         WHERE o.school_id = $1
        """,
        tx.school_id,
        [event.key.hook_key for event, _ in named],
        [line.order_code for _, line in named],
    )
    orders = {(row["hook_key"], row["order_code"]): row for row in rows}
    for event, line in named:
        event.said = _with_order(PROVIDERS[event.key.provider], line, orders.get((event.key.hook_key, line.order_code)))


def _with_order(provider: Provider, line: BankLine, order: Any) -> BankLine | Unreadable:
    """The order leads to exactly one bill, whose reference then leads the memo, however little of it the gateway kept."""
    if order is None:
        return Unreadable("unknown_order") if provider.orders_only else line
    if provider.orders_only and order["amount"] != line.amount:
        return Unreadable("wrong_amount")
    if order["reference"] in views(line.memo).words:
        return line
    return msgspec.structs.replace(line, memo=f"{order['reference']} {line.memo}".strip())


async def _note(tx: SchoolTx, events: Sequence[_Event], now: Any) -> None:
    if not events:
        return
    lines = [event.line for event in events]
    await tx.execute(
        """
        UPDATE bank_events AS e
           SET understood_at = $5,
               outcome = n.outcome,
               attempts = e.attempts + 1,
               account_number = n.account_number,
               direction = n.direction,
               amount = n.amount,
               booked_at = n.booked_at
          FROM unnest($2::text[], $3::text[], $4::text[], $6::text[], $7::text[], $8::text[], $9::bigint[],
                      $10::timestamptz[])
            AS n (provider, hook_key, event_key, outcome, account_number, direction, amount, booked_at)
         WHERE e.school_id = $1
           AND e.provider = n.provider
           AND e.hook_key = n.hook_key
           AND e.event_key = n.event_key
        """,
        tx.school_id,
        *_columns(event.key for event in events),
        now,
        [event.outcome for event in events],
        [line and line.account_number for line in lines],
        [line and line.direction for line in lines],
        [line and line.amount for line in lines],
        [line and line.booked_at for line in lines],
    )


async def _count_attempt(house: House, key: Key) -> None:
    await house.database.keep(
        """
        UPDATE bank_events
           SET attempts = attempts + 1
         WHERE provider = $1
           AND hook_key = $2
           AND event_key = $3
           AND understood_at IS NULL
        """,
        key.provider,
        key.hook_key,
        key.event_key,
    )
