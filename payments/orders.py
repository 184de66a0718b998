"""Sending a family to a gateway to pay one bill. It owns gateway_orders: the order code leads back to exactly that bill.

The order is kept before the gateway hears of it, so that its call can never come first. No transaction waits on the gateway,
and coming back from its page proves nothing: the bill is paid when the gateway tells our hook, or its list tells our pull.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID

import asyncpg
import msgspec
import structlog

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import NOT_FOUND, problem
from payments import feeds, queries
from payments.banks import momo, momo_api, payos, payos_api, vnpay
from payments.banks.asking import Asker, Away, Refused
from payments.feeds import Hook
from payments.requests import NOTHING_TO_PAY
from schemas.gateways import PayLink, ProviderName

log = structlog.get_logger()

NO_GATEWAY = problem(
    "no-gateway",
    404,
    vi="Trường không nhận khoản này qua cổng thanh toán; xin chuyển khoản theo mã QR.",
    en="The school takes no payment for this through a gateway; please pay by the QR code.",
)
GATEWAY_AWAY = problem(
    "gateway-away",
    503,
    vi="Cổng thanh toán chưa trả lời, xin thử lại sau ít phút hoặc chuyển khoản theo mã QR.",
    en="The gateway does not answer; please try again in a moment or pay by the QR code.",
)
GATEWAY_REFUSED = problem(
    "gateway-refused",
    409,
    vi="Cổng thanh toán không nhận khoản này; xin chuyển khoản theo mã QR.",
    en="The gateway does not take this payment; please pay by the QR code.",
)

# payOS first: its money arrives on the school's own account at once.
_PREFERRED: Final = ("payos", "vnpay", "momo")
_LIVES: Final = {"payos": timedelta(hours=24), "vnpay": timedelta(minutes=15), "momo": timedelta(minutes=60)}
# A link that ends any moment is not given out again.
_LEFT_MIN = timedelta(minutes=3)


class Asked(msgspec.Struct, frozen=True):
    """What a family wants to pay, and who asks."""

    school_id: int
    invoice_id: UUID
    actor: UUID
    reference: str
    amount: int
    address: str
    at: datetime


async def pay_link(
    house: House, asker: Asker, actor: UUID, school_id: int, invoice_id: UUID, provider: str | None, *, address: str
) -> PayLink:
    """For a guardian of the pupil. The same bill asked for again gets the same link while it lives."""
    now = house.clock.now()
    reader = house.database.reader
    row = await queries.invoice_to_pay(reader, school_id, actor, invoice_id, on=school_day(now))
    if row is None:
        raise NOT_FOUND()
    if row["remaining"] <= 0:
        raise NOTHING_TO_PAY()
    hook = await _gateway(house, school_id, row["bank_account_id"], provider)
    asked = Asked(school_id, invoice_id, actor, row["reference"], row["remaining"], address, now)
    known = await _living(reader, hook, asked)
    if known is not None:
        return _shown(hook, asked, known["order_code"], known["pay_url"], known["expires_at"])
    expires_at = now + _LIVES[hook.provider]
    order_code = await _kept(house, hook, asked, expires_at)
    url = await _asked_for(house, asker, hook, asked, order_code, expires_at)
    if isinstance(url, Away | Refused):
        log.warning("gateway_order_failed", provider=hook.provider, reason=url.reason)
        raise GATEWAY_AWAY(headers={"retry-after": "30"}) if isinstance(url, Away) else GATEWAY_REFUSED()
    await house.database.keep(
        "UPDATE gateway_orders SET pay_url = $3 WHERE hook_key = $1 AND order_code = $2", hook.hook_key, order_code, url
    )
    return _shown(hook, asked, order_code, url, expires_at)


async def offered(reader: queries.Door, school_id: int, invoice_id: UUID) -> list[str]:
    """The gateways at which this bill can be paid, the preferred one first."""
    row = await reader.fetchrow(
        """
        SELECT array_agg(DISTINCT h.provider) AS providers
          FROM invoices i
          JOIN bank_hooks h
            ON h.school_id = i.school_id
           AND h.closed_at IS NULL
           AND h.secret_sealed IS NOT NULL
           AND (h.provider IN ('vnpay', 'momo') OR (h.provider = 'payos' AND h.bank_account_id = i.bank_account_id))
         WHERE i.school_id = $1
           AND i.invoice_id = $2
        """,
        school_id,
        invoice_id,
    )
    found = (row["providers"] if row else None) or []
    return [name for name in _PREFERRED if name in found]


async def _gateway(house: House, school_id: int, bank_account_id: int, provider: str | None) -> Hook:
    """payOS pays into the bill's own account; a clearing account serves every bill."""
    for name in _PREFERRED if provider is None else (provider,):
        for hook in await feeds.hooks_of_school(house.database.reader, house.cipher, school_id, name):
            if name != payos.PROVIDER or hook.bank_account_id == bank_account_id:
                return hook
    raise NO_GATEWAY()


async def _living(reader: queries.Door, hook: Hook, asked: Asked) -> asyncpg.Record | None:
    row: asyncpg.Record | None = await reader.fetchrow(
        """
        SELECT order_code, pay_url, expires_at
          FROM gateway_orders
         WHERE hook_key = $1
           AND invoice_id = $2
           AND amount = $3
           AND expires_at > $4
           AND pay_url IS NOT NULL
           AND closed_at IS NULL
         ORDER BY created_at DESC
         LIMIT 1
        """,
        hook.hook_key,
        asked.invoice_id,
        asked.amount,
        asked.at + _LEFT_MIN,
    )
    return row


async def _kept(house: House, hook: Hook, asked: Asked, expires_at: datetime) -> str:
    """A code of 15 digits, drawn by chance: below 2^53, as payOS wants it, and nobody's guess."""
    while True:
        number = str(10**14 + secrets.randbelow(9 * 10**14))
        code = f"{asked.reference}-{number}" if hook.provider == momo.PROVIDER else number
        row = await house.database.keep(
            """
            INSERT INTO gateway_orders
                   (hook_key, order_code, school_id, invoice_id, reference, amount, asked_by, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                ON CONFLICT (hook_key, order_code) DO NOTHING
            RETURNING order_code
            """,
            hook.hook_key,
            code,
            asked.school_id,
            asked.invoice_id,
            asked.reference,
            asked.amount,
            asked.actor,
            asked.at,
            expires_at,
        )
        if row is not None:
            return code


async def _asked_for(
    house: House, asker: Asker, hook: Hook, asked: Asked, order_code: str, expires_at: datetime
) -> str | Away | Refused:
    """The memo is the reference alone: no name, no class, and nine characters, which is all that payOS takes everywhere."""
    settings = house.settings
    return_url = f"{settings.public_url}/app/invoices"
    if hook.provider == payos.PROVIDER:
        return await payos_api.create(
            asker,
            channel_of(hook, settings.payos_base_url),
            order_code=int(order_code),
            amount=asked.amount,
            description=asked.reference,
            return_url=return_url,
            until=expires_at,
        )
    if hook.provider == vnpay.PROVIDER:
        return vnpay.pay_url(
            settings.vnpay_pay_url,
            hook.secret,
            hook.keys,
            order=order_code,
            amount=asked.amount,
            info=f"{asked.reference} nop tien truong",
            return_url=return_url,
            ip=asked.address,
            at=asked.at,
            until=expires_at,
        )
    return await momo_api.create(
        asker,
        settings.momo_base_url,
        hook.secret,
        hook.keys,
        order=order_code,
        amount=asked.amount,
        info=f"{asked.reference} nop tien truong",
        return_url=return_url,
        ipn_url=settings.public_url + feeds.hook_path(hook.provider, hook.hook_key),
    )


def channel_of(hook: Hook, base_url: str) -> payos_api.Channel:
    return payos_api.Channel(base_url, hook.keys.get("client_id", ""), hook.keys.get("api_key", ""), hook.secret)


def _shown(hook: Hook, asked: Asked, order_code: str, url: str, expires_at: datetime) -> PayLink:
    provider = cast(ProviderName, hook.provider)
    return PayLink(provider, asked.invoice_id, order_code, asked.amount, url, expires_at)
