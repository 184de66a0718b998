"""Demo only: the bank of the demo pays one invoice, through the real, signed webhook. It owns no table and moves no money itself."""

from __future__ import annotations

from uuid import UUID

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import NOT_FOUND
from payments import feeds, queries
from payments.banks import console, sepay
from payments.banks.console import Asgi
from payments.requests import payment_request


async def bank_pays(
    house: House, app: Asgi, account_id: UUID, school_id: int, invoice_id: UUID, *, amount: int | None = None
) -> tuple[int, bytes]:
    """Status and answer of the webhook. `amount` is what is still due unless another is named."""
    if not house.settings.demo:
        raise NOT_FOUND()
    now = house.clock.now()
    reader = house.database.reader
    row = await queries.invoice_to_pay(reader, school_id, account_id, invoice_id, on=school_day(now))
    asked = await payment_request(reader, house.cipher, school_id, account_id, invoice_id, on=school_day(now))
    hook = await feeds.hook_of(reader, house.cipher, sepay.PROVIDER, row["hook_key"] or "") if row else None
    if hook is None:
        raise NOT_FOUND()
    event_id = new_id().int % 10**15
    body = console.transfer_body(event_id, asked.account_number, amount or asked.amount, asked.memo, now)
    return await console.call_webhook(app, hook, body, now)
