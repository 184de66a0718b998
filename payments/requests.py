"""What a payer is asked for: one invoice's remainder as a VietQR code. It owns nothing; the amount is always what is still due."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import asyncpg

from backend.core.problems import NOT_FOUND, problem
from payments import queries, references, vietqr
from payments.banks import directory
from payments.queries import Door
from payments.references import How
from schemas.payments import PaymentRequest

# There is no code to pay where nothing is due.
NOTHING_TO_PAY = problem(
    "nothing-to-pay", 404, vi="Phiếu thu này không còn phải nộp.", en="This invoice asks for nothing any more."
)


async def payment_request(
    door: Door, school_id: int, account_id: UUID, invoice_id: UUID, *, on: date
) -> PaymentRequest:
    """For a guardian of the pupil or the people who keep the school's money."""
    row = await queries.invoice_to_pay(door, school_id, account_id, invoice_id, on=on)
    if row is None:
        raise NOT_FOUND()
    if row["remaining"] <= 0:
        raise NOTHING_TO_PAY()
    return _request(row)


def _request(row: asyncpg.Record) -> PaymentRequest:
    memo = memo_of(row["reference"], row["title"], row["reference_prefix"])
    payload = vietqr.encode(
        vietqr.VietQR(row["bank_bin"], row["account_number"], min(row["remaining"], vietqr.AMOUNT_MAX), memo)
    )
    return PaymentRequest(
        invoice_id=row["invoice_id"],
        reference=row["reference"],
        amount=min(row["remaining"], vietqr.AMOUNT_MAX),
        memo=memo,
        bank_bin=row["bank_bin"],
        bank_name=directory.bank_name(row["bank_bin"]),
        account_number=row["account_number"],
        account_name=row["account_name"],
        payload=payload,
    )


def memo_of(reference: str, title: str, prefix: str) -> str:
    """The reference first, then what fits of the title; never a name, a class or a birthday.

    A title that could be read as another reference is left out.
    """
    memo = vietqr.plain_memo(f"{reference} {title}")
    for candidate in (references.views(memo), references.views(memo.replace(" ", ""))):
        if {
            (found.code, found.how in (How.WORD, How.RUN_TOGETHER)) for found in references.find(candidate, prefix)
        } != {(reference, True)}:
            return reference
    return memo
