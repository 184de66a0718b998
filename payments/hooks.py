"""Where gateways call: prove, keep what arrived, answer, and only then understand. It owns bank_events.

A call is one statement, whoever makes it. What it means is worked out afterwards, from the kept bytes, by the bell or by the
sweep that finds events whose bell was lost; doing it twice is doing it once.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any

import msgspec
import structlog

from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.metrics import BANK_EVENTS
from backend.core.problems import problem
from payments import accounts, feeds, settle
from payments.banks.line import BankLine, Unreadable
from payments.banks.providers import PROVIDERS
from payments.banks.wire import Answer, Call, Kept, Provider, Understood
from payments.feeds import Hook
from payments.references import views

log = structlog.get_logger()

JOB = "settle_bank_event"

HOOK_NOT_PROVED = problem(
    "hook-not-proved",
    401,
    vi="Không xác nhận được nguồn gửi.",
    en="The sender could not be verified.",
)

# What an audit may want to see later. Keys of `Authorization` and `secure-token` are secrets and are never kept.
_HEADERS_KEPT = (
    "content-type",
    "user-agent",
    "x-forwarded-for",
    "x-sepay-timestamp",
    "x-sepay-signature",
    "x-casso-signature",
)
_HOOKS_REMEMBERED_MAX = 2000
_HOOKS_REMEMBERED_SECONDS = 60.0


class Outcome(msgspec.Struct, frozen=True):
    """The state of the movement, or why there was none: `test`, `not_paid`."""

    state: str


class HookBook:
    """Hooks by key, remembered for a minute, so that keeping a webhook is a single round trip."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], tuple[float, Hook]] = OrderedDict()

    async def find(self, house: House, provider: str, hook_key: str, *, fresh: bool = False) -> Hook | None:
        key = (provider, hook_key)
        known = self._known.get(key)
        if known is not None and not fresh and time.monotonic() - known[0] < _HOOKS_REMEMBERED_SECONDS:
            return known[1]
        hook = await feeds.hook_of(house.database.reader, house.cipher, provider, hook_key)
        self._known.pop(key, None)
        if hook is not None:
            self._known[key] = (time.monotonic(), hook)
            if len(self._known) > _HOOKS_REMEMBERED_MAX:
                self._known.popitem(last=False)
        return hook


async def receive(house: House, book: HookBook, provider: Provider, hook_key: str, call: Call) -> Answer:
    """Raises HOOK_NOT_PROVED, for unknown hooks too: a guesser learns nothing. Otherwise what was told is kept."""
    try:
        hook = await _proved(house, book, provider, hook_key, call)
        if hook is None:
            if provider.refusal is None:
                raise HOOK_NOT_PROVED()
            return provider.refusal
        return provider.answer(call.said, await _keep(house, provider, hook, call))
    except Exception as error:
        if provider.failure is None or getattr(error, "kind", None) is HOOK_NOT_PROVED:
            raise
        log.error("hook_failed", provider=provider.name, error=type(error).__name__)
        BANK_EVENTS.labels(provider.name, "failed").inc()
        return provider.failure


async def _proved(house: House, book: HookBook, provider: Provider, hook_key: str, call: Call) -> Hook | None:
    now = house.clock.now()
    hook = await book.find(house, provider.name, hook_key)
    if hook is not None and not provider.proves(hook.auth, hook.secret, hook.keys, call, now):
        # The secret may have been changed a moment ago.
        hook = await book.find(house, provider.name, hook_key, fresh=True)
    if hook is not None and provider.proves(hook.auth, hook.secret, hook.keys, call, now):
        return hook
    BANK_EVENTS.labels(provider.name, "refused").inc()
    log.warning("hook_not_proved", provider=provider.name, known=hook is not None)
    return None


async def _keep(house: House, provider: Provider, hook: Hook, call: Call) -> Kept:
    """One round trip, and with it what the named order asks for. A row that only a pull has told is not a repeat."""
    told = provider.tells(call.said)
    order = provider.order_of(call.said)
    kept = await house.database.keep(
        """
        WITH asked AS (
          SELECT amount
            FROM gateway_orders
           WHERE hook_key = $2
             AND order_code = $9
        ), kept AS (
          INSERT INTO bank_events AS e
                 (provider, hook_key, event_key, school_id, bank_account_id, headers, body, received_at, hook_told_at)
          SELECT $1, $2, t.event_key, $3, $4, $5::jsonb, t.said, $6, $6
            FROM unnest($7::text[], $8::bytea[]) AS t (event_key, said)
              ON CONFLICT (provider, hook_key, event_key)
              DO UPDATE SET repeats = e.repeats + CASE WHEN e.hook_told_at IS NULL THEN 0 ELSE 1 END,
                            hook_told_at = coalesce(e.hook_told_at, excluded.hook_told_at)
          RETURNING e.event_key, e.repeats, e.understood_at
        )
        SELECT (SELECT amount FROM asked) AS order_amount,
               min(kept.repeats) AS repeats,
               array_agg(kept.event_key) FILTER (WHERE kept.understood_at IS NULL) AS waiting
          FROM kept
        """,
        provider.name,
        hook.hook_key,
        hook.school_id,
        hook.bank_account_id,
        msgspec.json.encode({name: call.headers[name] for name in _HEADERS_KEPT if name in call.headers}).decode(),
        house.clock.now(),
        [one.event_key for one in told],
        [one.said for one in told],
        order.order_code if order else None,
    )
    assert kept is not None, "a sum returns its row"
    BANK_EVENTS.labels(provider.name, "repeated" if kept["repeats"] else "kept").inc(len(told))
    for event_key in (kept["waiting"] or [])[:20]:  # the sweep finds the rest
        await house.queue.ring(JOB, hook.school_id, provider.name, hook.hook_key, event_key)
    return Kept(kept["repeats"], kept["order_amount"])


async def settle_event(house: House, school_id: int, provider: str, hook_key: str, event_key: str) -> Outcome | None:
    """The named state it came to; None when somebody else has understood it already."""
    try:
        async with house.database.school(school_id) as tx:
            outcome = await _understand(house, tx, provider, hook_key, event_key)
    except Exception:
        await _count_attempt(house, provider, hook_key, event_key)
        raise
    if outcome is not None:
        BANK_EVENTS.labels(provider, outcome.state).inc()
    return outcome


async def settle_waiting(house: House, limit: int = 500) -> int:
    """The sweep. One event that fails does not hold up the others: its n-th try comes n² minutes after it was received.

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
    for event in waiting:
        try:
            done += await settle_event(house, **event) is not None
        except Exception as error:
            log.error("bank_event_failed", provider=event["provider"], error=type(error).__name__)
    return done


async def _understand(house: House, tx: SchoolTx, provider: str, hook_key: str, event_key: str) -> Outcome | None:
    now = house.clock.now()
    event: Any = await tx.fetchrow(
        """
        SELECT bank_account_id, body, door, received_at, understood_at
          FROM bank_events
         WHERE provider = $1
           AND hook_key = $2
           AND event_key = $3
           FOR UPDATE
        """,
        provider,
        hook_key,
        event_key,
    )
    if event is None or event["understood_at"] is not None:
        return None
    account = await accounts.receiving(tx, event["bank_account_id"])
    line = _read(PROVIDERS[provider], event)
    if isinstance(line, BankLine):
        line = await _with_order(tx, PROVIDERS[provider], hook_key, line)
    outcome: str
    if isinstance(line, BankLine):
        outcome = (await settle.settle(tx, account, line, received_at=event["received_at"], at=now)).state
    elif isinstance(line, Unreadable):
        # Under the event's own key, so that what is told again is the same again.
        settled = await settle.keep_unreadable(
            tx, account, provider, event_key, event["body"], line, received_at=event["received_at"], at=now
        )
        outcome = settled.state
    else:
        outcome = line.reason
    movement = line if isinstance(line, BankLine) else None
    await tx.execute(
        """
        UPDATE bank_events
           SET understood_at = $4,
               outcome = $5,
               attempts = attempts + 1,
               account_number = $6,
               direction = $7,
               amount = $8,
               booked_at = $9
         WHERE provider = $1
           AND hook_key = $2
           AND event_key = $3
        """,
        provider,
        hook_key,
        event_key,
        now,
        outcome,
        movement and movement.account_number,
        movement and movement.direction,
        movement and movement.amount,
        movement and movement.booked_at,
    )
    return Outcome(outcome)


def _read(provider: Provider, event: Any) -> Understood:
    if event["door"] == "pull" and provider.understand_pulled is not None:
        return provider.understand_pulled(event["body"])
    return provider.understand(event["body"])


async def _with_order(tx: SchoolTx, provider: Provider, hook_key: str, line: BankLine) -> BankLine | Unreadable:
    """The order leads to exactly one bill, whose reference then leads the memo, however little of it the gateway kept."""
    if line.order_code is None:
        return line
    order = await tx.fetchrow(
        """
        SELECT reference, amount
          FROM gateway_orders
         WHERE hook_key = $1
           AND order_code = $2
           AND school_id = $3
        """,
        hook_key,
        line.order_code,
        tx.school_id,
    )
    if order is None:
        return Unreadable("unknown_order") if provider.orders_only else line
    if provider.orders_only and order["amount"] != line.amount:
        return Unreadable("wrong_amount")
    if order["reference"] in views(line.memo).words:
        return line
    return msgspec.structs.replace(line, memo=f"{order['reference']} {line.memo}".strip())


async def _count_attempt(house: House, provider: str, hook_key: str, event_key: str) -> None:
    await house.database.keep(
        """
        UPDATE bank_events
           SET attempts = attempts + 1
         WHERE provider = $1
           AND hook_key = $2
           AND event_key = $3
           AND understood_at IS NULL
        """,
        provider,
        hook_key,
        event_key,
    )
