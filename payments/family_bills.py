"""A family's open bills, each with the code that pays it, in one look: for the chat. It owns nothing and writes nothing.

Only a guardian finds anything here: who keeps the school's books has the books.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from backend.core.house import House
from payments.codes import BEHIND, BILL, ORDER, SEES
from payments.requests import bill_request
from schemas.payments import PaymentRequest


class BillToPay(msgspec.Struct, frozen=True):
    """What it is for, until when, and the code."""

    pupil_id: UUID
    pupil_name: str
    title: str
    due_on: date
    voluntary: bool
    request: PaymentRequest


# $4 one pupil, $5 one bill; either may be left open. Gifts come last.
_TO_PAY = f"""
    SELECT {BILL}, account.bank_bin, account.account_number, account.account_name, account.reference_prefix
      {BEHIND}
     WHERE i.school_id = $1
       AND {SEES}
       AND ($4::uuid IS NULL OR i.pupil_id = $4)
       AND ($5::uuid IS NULL OR i.invoice_id = $5)
       AND balance.remaining > 0
       AND account.closed_at IS NULL
     {ORDER}
     LIMIT 12
"""


async def bills_to_pay(
    house: House,
    account_id: UUID,
    school_id: int,
    *,
    on: date,
    pupil_id: UUID | None = None,
    invoice_id: UUID | None = None,
) -> list[BillToPay]:
    """Empty where nothing is open, or nothing of it is theirs."""
    rows = await house.database.reader.fetch(_TO_PAY, school_id, account_id, on, pupil_id, invoice_id)
    return [
        BillToPay(
            row["pupil_id"],
            row["pupil_name"],
            row["title"],
            row["due_on"],
            row["voluntary"],
            bill_request(school_id, row, house.cipher, on=on),
        )
        for row in rows
    ]
