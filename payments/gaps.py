"""The gap finder: what gateways told our hooks against what their lists know, by account and day. It writes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from backend.core.crypto import Cipher
from payments import feeds
from payments.banks.providers import PROVIDERS
from payments.queries import Door
from schemas.gateways import GapDay, Gaps, HookHealth, Recovered

# SePay gives up after 33 minutes: what no hook has told by then, none will tell.
GIVEN_UP_AFTER: Final = timedelta(minutes=40)
DAYS_SHOWN: Final = 31


async def gaps(door: Door, cipher: Cipher, school_id: int, *, at: datetime) -> Gaps:
    """Of the last month."""
    since = at - timedelta(days=DAYS_SHOWN)
    hooks = await door.fetch(
        """
        SELECT hook_key, provider, auth, secret_sealed, keys_sealed, school_id, bank_account_id, created_at, closed_at
          FROM bank_hooks
         WHERE school_id = $1
           AND (closed_at IS NULL OR closed_at > $2)
         ORDER BY created_at, hook_key
         LIMIT 200
        """,
        school_id,
        since,
    )
    keys = [hook["hook_key"] for hook in hooks]
    heard = {row["hook_key"]: row for row in await _heard(door, school_id, keys, since, at)}
    pulls = {row["hook_key"]: row for row in await _pulls(door, school_id, keys)}
    return Gaps(
        hooks=[_health(cipher, hook, heard.get(hook["hook_key"]), pulls.get(hook["hook_key"])) for hook in hooks],
        days=[GapDay(**row) for row in await _days(door, school_id, keys, since)],
        recovered=[Recovered(**row) for row in await _recovered(door, school_id, keys, since)],
    )


async def _heard(door: Door, school_id: int, keys: list[str], since: datetime, at: datetime) -> Any:
    """`missed`: in the list for longer than the gateway goes on trying, and never told; `unheard`: since the last it told."""
    return await door.fetch(
        """
        SELECT e.hook_key,
               max(e.hook_told_at) AS last_told_at,
               count(*) FILTER (WHERE e.hook_told_at IS NULL AND e.booked_at < $4) AS missed,
               count(*) FILTER (WHERE e.hook_told_at IS NULL
                                  AND e.booked_at < $4
                                  AND e.booked_at > coalesce(l.last_told_at, '-infinity'::timestamptz)) AS unheard
          FROM bank_events e
          LEFT JOIN (SELECT hook_key, max(hook_told_at) AS last_told_at
                       FROM bank_events
                      WHERE hook_key = ANY ($2::text[])
                      GROUP BY hook_key) l
            ON l.hook_key = e.hook_key
         WHERE e.school_id = $1
           AND e.hook_key = ANY ($2::text[])
           AND e.received_at > $3
         GROUP BY e.hook_key
        """,
        school_id,
        keys,
        since,
        at - GIVEN_UP_AFTER,
    )


async def _pulls(door: Door, school_id: int, keys: list[str]) -> Any:
    return await door.fetch(
        """
        SELECT hook_key, succeeded_at, error
          FROM gateway_pulls
         WHERE hook_key = ANY ($2::text[])
           AND school_id = $1
        """,
        school_id,
        keys,
    )


async def _days(door: Door, school_id: int, keys: list[str], since: datetime) -> Any:
    """Per account and day of the bank, as the hooks and as the lists tell it."""
    return await door.fetch(
        """
        SELECT account_number,
               (booked_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS booked_on,
               count(*) FILTER (WHERE hook_told_at IS NOT NULL) AS pushed,
               count(*) FILTER (WHERE pull_told_at IS NOT NULL) AS pulled,
               count(*) FILTER (WHERE hook_told_at IS NOT NULL AND pull_told_at IS NOT NULL) AS both,
               count(*) FILTER (WHERE hook_told_at IS NULL) AS recovered,
               coalesce(sum(amount) FILTER (WHERE hook_told_at IS NULL AND direction = 'in'), 0)::bigint AS recovered_in,
               coalesce(sum(amount) FILTER (WHERE hook_told_at IS NULL AND direction = 'out'), 0)::bigint AS recovered_out
          FROM bank_events
         WHERE hook_key = ANY ($2::text[])
           AND school_id = $1
           AND booked_at > $3
           AND account_number IS NOT NULL
         GROUP BY account_number, booked_on
         ORDER BY booked_on DESC, account_number
         LIMIT 400
        """,
        school_id,
        keys,
        since,
    )


async def _recovered(door: Door, school_id: int, keys: list[str], since: datetime) -> Any:
    return await door.fetch(
        """
        SELECT provider, event_key, account_number, direction, amount, booked_at, received_at AS recovered_at,
               outcome AS state
          FROM bank_events
         WHERE hook_key = ANY ($2::text[])
           AND school_id = $1
           AND hook_told_at IS NULL
           AND received_at > $3
           AND account_number IS NOT NULL
         ORDER BY received_at DESC, event_key
         LIMIT 200
        """,
        school_id,
        keys,
        since,
    )


def _health(cipher: Cipher, hook: Any, heard: Any, pull: Any) -> HookHealth:
    provider = PROVIDERS[hook["provider"]]
    return HookHealth(
        hook_key=hook["hook_key"],
        provider=provider.name,
        title=provider.title,
        bank_account_id=hook["bank_account_id"],
        path=feeds.hook_path(provider.name, hook["hook_key"]),
        auth=hook["auth"],
        pulls=feeds.can_pull(provider, feeds.opened(cipher, hook).keys),
        created_at=hook["created_at"],
        closed_at=hook["closed_at"],
        last_told_at=heard["last_told_at"] if heard else None,
        last_pulled_at=pull["succeeded_at"] if pull else None,
        pull_error=pull["error"] if pull else None,
        missed=heard["missed"] if heard else 0,
        silent=bool(heard and heard["unheard"] and hook["closed_at"] is None),
    )
