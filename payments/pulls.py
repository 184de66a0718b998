"""What gateways gave up telling is read from their own lists, kept raw, and settled through the same door under the same keys.

It owns gateway_pulls. Gateways are asked side by side and each hook has its own time, so that one that is slow, down or
refuses us keeps nobody else waiting.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog

from backend.core.house import House
from backend.core.metrics import BANK_EVENTS
from payments import feeds, hooks, order_checks
from payments.banks import casso, casso_list, sepay, sepay_list
from payments.banks.asking import Asker, Away
from payments.banks.providers import PROVIDERS
from payments.banks.pulling import Pulled, Since
from payments.banks.wire import Told
from payments.feeds import Hook

log = structlog.get_logger()

# Minutes until a hook is pulled again after so many failures in a row; the last one for all that follow.
_MINUTES_AFTER_FAILURES: Final = (10, 10, 20, 40, 60)
_MINUTES_AFTER_REFUSAL: Final = 60
_HOOK_SECONDS_MAX: Final = 90.0
_HOOKS_AT_ONCE: Final = 4  # of one gateway
_HOOKS_MAX: Final = 1000
_KEPT_AT_ONCE: Final = 500
# A first pull, and every nightly one, reads so far back.
_DAYS_BACK: Final = timedelta(days=3)


class Came(msgspec.Struct, frozen=True):
    """How a pull of one hook ended: movements in the list, those that no hook had told, and what cut it short."""

    hook_key: str
    listed: int
    recovered: int
    error: str | None


async def pull_due(house: House, asker: Asker, *, everything: bool = False) -> list[Came]:
    """Every hook whose time has come; at night `everything`, from three days back, whatever the cursors say."""
    due = await _due(house, everything=everything)
    by_provider: dict[str, list[Hook]] = defaultdict(list)
    for hook in due:
        by_provider[hook.provider].append(hook)
    came = await asyncio.gather(
        *(_pull_provider(house, asker, group, everything=everything) for group in by_provider.values())
    )
    return [one for group in came for one in group]


async def _pull_provider(house: House, asker: Asker, group: Sequence[Hook], *, everything: bool) -> list[Came]:
    turns = asyncio.Semaphore(_HOOKS_AT_ONCE)

    async def one(hook: Hook) -> Came:
        async with turns:
            try:
                return await pull_hook(house, asker, hook, everything=everything)
            except (
                Exception
            ) as failure:  # not even the failure could be written down: the next pull begins where this one did
                log.error("pull_lost", provider=hook.provider, error=type(failure).__name__)
                return Came(hook.hook_key, 0, 0, "our_fault")

    return list(await asyncio.gather(*(one(hook) for hook in group)))


async def pull_hook(house: House, asker: Asker, hook: Hook, *, everything: bool = False) -> Came:
    """What went wrong is written down beside the hook, where the accountant reads it."""
    now = house.clock.now()
    listed = recovered = 0
    try:
        async with asyncio.timeout(_HOOK_SECONDS_MAX):
            pulled = await _ask(house, asker, hook, await _since(house, hook, now, everything=everything))
        listed = len(pulled.told)
        recovered = pulled.recovered + await _keep(house, hook, pulled.told, now)
    except TimeoutError:
        pulled = Pulled((), None, Away("timeout"))
    except Exception as failure:
        log.error("pull_failed", provider=hook.provider, error=type(failure).__name__)
        pulled = Pulled((), None, Away("our_fault"))
    error = pulled.cut_by.reason if pulled.cut_by else None
    await _remember(house, hook, pulled, now)
    if error:
        BANK_EVENTS.labels(hook.provider, "pull_failed").inc()
        log.warning("pull_cut_short", provider=hook.provider, reason=error)
    return Came(hook.hook_key, listed, recovered, error)


async def _ask(house: House, asker: Asker, hook: Hook, since: Since) -> Pulled:
    settings = house.settings
    if hook.provider == sepay.PROVIDER:
        accounts = await _accounts(house, hook)
        return await sepay_list.pull(asker, settings.sepay_base_url, hook.keys["token"], accounts, since)
    if hook.provider == casso.PROVIDER:
        return await casso_list.pull(asker, settings.casso_base_url, hook.keys["api_key"], since)
    told_by_orders = msgspec.structs.replace(since, at=since.now - _DAYS_BACK)
    return await order_checks.check(
        house, asker, hook, told_by_orders, lambda told: _keep(house, hook, told, since.now)
    )


async def _accounts(house: House, hook: Hook) -> list[str]:
    """The hook's own account, and the school's others that no hook of this gateway has for its own."""
    rows = await house.database.reader.fetch(
        """
        SELECT a.account_number
          FROM bank_accounts a
         WHERE a.school_id = $1
           AND a.kind = 'bank'
           AND (a.bank_account_id = $2
                OR (a.closed_at IS NULL
                    AND NOT EXISTS (SELECT
                                      FROM bank_hooks h
                                     WHERE h.school_id = a.school_id
                                       AND h.bank_account_id = a.bank_account_id
                                       AND h.provider = $3
                                       AND h.keys_sealed IS NOT NULL
                                       AND h.closed_at IS NULL)))
         ORDER BY a.bank_account_id
         LIMIT 50
        """,
        hook.school_id,
        hook.bank_account_id,
        hook.provider,
    )
    return [row["account_number"] for row in rows]


async def _keep(house: House, hook: Hook, told: Sequence[Told], now: datetime) -> int:
    """Under the hook's own keys, so that a movement told by both is one row. Answers how many only the list has told."""
    recovered = 0
    for start in range(0, len(told), _KEPT_AT_ONCE):
        part = {one.event_key: one.said for one in told[start : start + _KEPT_AT_ONCE]}
        kept = await house.database.keep(
            """
            WITH kept AS (
              INSERT INTO bank_events AS e
                     (provider, hook_key, event_key, school_id, bank_account_id, headers, body, door, received_at,
                      pull_told_at)
              SELECT $1, $2, t.event_key, $3, $4, '{}'::jsonb, t.said, 'pull', $5, $5
                FROM unnest($6::text[], $7::bytea[]) AS t (event_key, said)
                  ON CONFLICT (provider, hook_key, event_key)
                  DO UPDATE SET pull_told_at = excluded.pull_told_at
                   WHERE e.pull_told_at IS NULL
              RETURNING e.event_key, e.hook_told_at, e.understood_at
            )
            SELECT count(*) FILTER (WHERE hook_told_at IS NULL) AS recovered,
                   array_agg(event_key) FILTER (WHERE understood_at IS NULL) AS waiting
              FROM kept
            """,
            hook.provider,
            hook.hook_key,
            hook.school_id,
            hook.bank_account_id,
            now,
            list(part),
            list(part.values()),
        )
        assert kept is not None, "a sum returns its row"
        recovered += kept["recovered"]
        for event_key in (kept["waiting"] or [])[:20]:  # the sweep finds the rest
            await house.queue.ring(hooks.JOB, hook.school_id, hook.provider, hook.hook_key, event_key)
    if recovered:
        BANK_EVENTS.labels(hook.provider, "recovered").inc(recovered)
    return recovered


async def _due(house: House, *, everything: bool) -> list[Hook]:
    now = house.clock.now()
    rows = await house.database.reader.fetch(
        """
        SELECT hook_key, provider, auth, secret_sealed, keys_sealed, school_id, bank_account_id
          FROM bank_hooks
         WHERE keys_sealed IS NOT NULL
           AND closed_at IS NULL
           AND provider = ANY ($1::text[])
         ORDER BY hook_key
         LIMIT $2
        """,
        [provider.name for provider in PROVIDERS.values() if provider.understand_pulled is not None],
        _HOOKS_MAX,
    )
    known = [feeds.opened(house.cipher, row) for row in rows]
    able = [hook for hook in known if feeds.can_pull(PROVIDERS[hook.provider], hook.keys)]
    if everything:
        return able
    later = await house.database.reader.fetch(
        """
        SELECT hook_key
          FROM gateway_pulls
         WHERE hook_key = ANY ($1::text[])
           AND next_at > $2
        """,
        [hook.hook_key for hook in able],
        now,
    )
    waiting = {row["hook_key"] for row in later}
    return [hook for hook in able if hook.hook_key not in waiting]


async def _since(house: House, hook: Hook, now: datetime, *, everything: bool) -> Since:
    row = await house.database.reader.fetchrow(
        "SELECT cursor, succeeded_at FROM gateway_pulls WHERE hook_key = $1", hook.hook_key
    )
    if row is None or everything:
        return Since(None, now - _DAYS_BACK, now)
    last = row["succeeded_at"] or now - _DAYS_BACK
    return Since(row["cursor"], last - timedelta(hours=1), now)


async def _remember(house: House, hook: Hook, pulled: Pulled, now: datetime) -> None:
    failed = pulled.cut_by is not None
    refused = failed and not isinstance(pulled.cut_by, Away)
    await house.database.keep(
        """
        INSERT INTO gateway_pulls AS p
               (hook_key, school_id, cursor, tried_at, succeeded_at, failures, error, next_at)
        VALUES ($1, $2, $3, $4, CASE WHEN $5 THEN NULL ELSE $4::timestamptz END, $5::boolean::int, $6,
                $4::timestamptz + make_interval(mins => $8))
            ON CONFLICT (hook_key)
            DO UPDATE SET cursor = coalesce(excluded.cursor, p.cursor),
                          tried_at = excluded.tried_at,
                          succeeded_at = coalesce(excluded.succeeded_at, p.succeeded_at),
                          failures = CASE WHEN $5 THEN p.failures + 1 ELSE 0 END,
                          error = excluded.error,
                          next_at = excluded.tried_at
                                  + make_interval(mins => CASE WHEN $5 AND NOT $9
                                                               THEN ($7::int[])[least(p.failures + 1, cardinality($7::int[]))]
                                                               ELSE $8 END)
        """,
        hook.hook_key,
        hook.school_id,
        pulled.cursor,
        now,
        failed,
        pulled.cut_by.reason if pulled.cut_by else None,
        list(_MINUTES_AFTER_FAILURES),
        _MINUTES_AFTER_REFUSAL if refused else 9,  # a little less than the cron line's ten
        refused,
    )
