"""Where gateways call: prove, keep what arrived, answer. It owns bank_events together with understanding.py.

A call is one statement, whoever makes it. What it means is worked out afterwards, from the kept bytes (understanding.py).
"""

from __future__ import annotations

import time
from collections import OrderedDict

import msgspec
import structlog

from backend.core.house import House
from backend.core.metrics import BANK_EVENTS
from backend.core.problems import problem
from payments import feeds
from payments.banks.wire import Answer, Call, Kept, Provider
from payments.feeds import Hook

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
