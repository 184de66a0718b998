"""What became of the orders whose call may never come: each gateway is asked about its own. What it tells is kept as a pull's.

Together with orders.py it owns gateway_orders.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

import msgspec

from backend.core.house import House
from payments import queries
from payments.banks import momo_api, payos, payos_api, vnpay, vnpay_api
from payments.banks.asking import Asker, Away, Refused
from payments.banks.pulling import Pulled, Seen, Since
from payments.banks.wire import Told
from payments.feeds import Hook
from payments.orders import channel_of

_ORDERS_MAX: Final = 200
# A gateway may still be at work on what was begun in the last minute of an order.
_SURELY_OVER: Final = timedelta(hours=2)


class OpenOrder(msgspec.Struct, frozen=True):
    order_code: str
    created_at: datetime
    expires_at: datetime


async def check(
    house: House, asker: Asker, hook: Hook, since: Since, keep: Callable[[Sequence[Told]], Awaitable[int]]
) -> Pulled:
    """`keep` answers how many of the movements nobody had told.

    A gateway that is away ends the round, and the next one begins with the rest. One that refuses every order refuses us.
    """
    told: list[Told] = []
    recovered = 0
    answers: list[Seen | Refused] = []
    for order in await _open(house.database.reader, hook.hook_key, since=since.at, limit=_ORDERS_MAX):
        seen = await _look(house, asker, hook, order, since.now)
        if isinstance(seen, Away):
            return Pulled(tuple(told), None, seen, recovered)
        answers.append(seen)
        over = False
        if isinstance(seen, Seen):
            # What it tells is kept before the order is closed, or a failure in between would lose it.
            recovered += await keep(seen.told)
            told += seen.told
            over = seen.over or since.now > order.expires_at + _SURELY_OVER
        await _looked_at(house, hook.hook_key, order.order_code, over=over)
    refusals = [one for one in answers if isinstance(one, Refused)]
    return Pulled(tuple(told), None, refusals[0] if refusals and len(refusals) == len(answers) else None, recovered)


async def _look(house: House, asker: Asker, hook: Hook, order: OpenOrder, now: datetime) -> Seen | Away | Refused:
    settings = house.settings
    if hook.provider == payos.PROVIDER:
        return await payos_api.look(asker, channel_of(hook, settings.payos_base_url), int(order.order_code))
    request_id = uuid4().hex
    if hook.provider == vnpay.PROVIDER:
        return await vnpay_api.look(
            asker,
            settings.vnpay_api_url,
            hook.secret,
            hook.keys,
            order=order.order_code,
            ordered_at=order.created_at,
            request_id=request_id,
            at=now,
        )
    return await momo_api.look(
        asker, settings.momo_base_url, hook.secret, hook.keys, order=order.order_code, request_id=request_id
    )


async def _open(reader: queries.Door, hook_key: str, *, since: datetime, limit: int) -> list[OpenOrder]:
    """Those that a family was sent to, the longest not looked at first."""
    rows = await reader.fetch(
        """
        SELECT order_code, created_at, expires_at
          FROM gateway_orders
         WHERE hook_key = $1
           AND closed_at IS NULL
           AND pay_url IS NOT NULL
           AND created_at > $2
         ORDER BY checked_at NULLS FIRST, created_at
         LIMIT $3
        """,
        hook_key,
        since,
        limit,
    )
    return [OpenOrder(**row) for row in rows]


async def _looked_at(house: House, hook_key: str, order_code: str, *, over: bool) -> None:
    await house.database.keep(
        """
        UPDATE gateway_orders
           SET checked_at = $3,
               closed_at = CASE WHEN $4::boolean THEN $3::timestamptz END
         WHERE hook_key = $1
           AND order_code = $2
        """,
        hook_key,
        order_code,
        house.clock.now(),
        over,
    )
