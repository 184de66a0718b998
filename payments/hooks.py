"""Where bank feeds call: prove, keep what arrived, answer, and only then understand. It owns bank_events.

A webhook is one statement. What it means is worked out afterwards, from the kept bytes, by the bell or by the sweep that
finds events whose bell was lost; doing it twice is doing it once.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog

from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.metrics import BANK_EVENTS
from backend.core.problems import problem
from payments import accounts, settle
from payments.accounts import Hook
from payments.banks import sepay
from payments.banks.line import Unreadable
from payments.settle import Settled

log = structlog.get_logger()

JOB = "settle_bank_event"

HOOK_NOT_PROVED = problem(
    "hook-not-proved",
    401,
    vi="Không xác nhận được nguồn gửi.",
    en="The sender could not be verified.",
)

# What an audit may want to see later. The key of `Authorization` is a secret and is never kept.
_HEADERS_KEPT = ("content-type", "user-agent", "x-forwarded-for", "x-sepay-timestamp", "x-sepay-signature")
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
        hook = await accounts.hook_of(house.database.reader, house.cipher, provider, hook_key)
        self._known.pop(key, None)
        if hook is not None:
            self._known[key] = (time.monotonic(), hook)
            if len(self._known) > _HOOKS_REMEMBERED_MAX:
                self._known.popitem(last=False)
        return hook


async def receive_sepay(house: House, book: HookBook, hook_key: str, headers: Mapping[str, str], body: bytes) -> None:
    """Raises HOOK_NOT_PROVED, for unknown hooks too: a guesser learns nothing. Otherwise the event is kept."""
    now = house.clock.now()
    hook = await book.find(house, sepay.PROVIDER, hook_key)
    if hook is not None and not sepay.proves(hook.auth, hook.secret, headers, body, now):
        # The secret may have been changed a moment ago.
        hook = await book.find(house, sepay.PROVIDER, hook_key, fresh=True)
    if hook is None or not sepay.proves(hook.auth, hook.secret, headers, body, now):
        BANK_EVENTS.labels(sepay.PROVIDER, "refused").inc()
        log.warning("hook_not_proved", provider=sepay.PROVIDER, known=hook is not None)
        raise HOOK_NOT_PROVED()
    event_key = sepay.event_key(body)
    kept = await house.database.keep(
        """
        INSERT INTO bank_events AS e
               (provider, hook_key, event_key, school_id, bank_account_id, headers, body, received_at)
        VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8)
            ON CONFLICT (provider, hook_key, event_key)
            DO UPDATE SET repeats = e.repeats + 1
        RETURNING repeats, understood_at
        """,
        hook.provider,
        hook.hook_key,
        event_key,
        hook.school_id,
        hook.bank_account_id,
        msgspec.json.encode({name: headers[name] for name in _HEADERS_KEPT if name in headers}).decode(),
        body,
        now,
    )
    assert kept is not None, "an upsert returns its row"
    BANK_EVENTS.labels(sepay.PROVIDER, "repeated" if kept["repeats"] else "kept").inc()
    if kept["understood_at"] is None:
        await house.queue.ring(JOB, hook.school_id, hook.provider, hook.hook_key, event_key)


async def settle_event(house: House, school_id: int, provider: str, hook_key: str, event_key: str) -> Settled | None:
    """None when somebody else has understood it already."""
    try:
        async with house.database.school(school_id) as tx:
            settled = await _understand(house, tx, provider, hook_key, event_key)
    except Exception:
        await _count_attempt(house, provider, hook_key, event_key)
        raise
    if settled is not None:
        BANK_EVENTS.labels(provider, settled.state).inc()
    return settled


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


async def _understand(house: House, tx: SchoolTx, provider: str, hook_key: str, event_key: str) -> Settled | None:
    now = house.clock.now()
    event: Any = await tx.fetchrow(
        """
        SELECT bank_account_id, body, received_at, understood_at
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
    line = sepay.understand(event["body"])
    if isinstance(line, Unreadable):
        settled = await settle.keep_unreadable(
            tx, account, provider, event_key, event["body"], line, received_at=event["received_at"], at=now
        )
    else:
        settled = await settle.settle(tx, account, line, received_at=event["received_at"], at=now)
    await tx.execute(
        """
        UPDATE bank_events
           SET understood_at = $4,
               outcome = $5,
               attempts = attempts + 1
         WHERE provider = $1
           AND hook_key = $2
           AND event_key = $3
        """,
        provider,
        hook_key,
        event_key,
        now,
        settled.state,
    )
    return settled


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
