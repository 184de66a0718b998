"""What a payer is asked for, as a VietQR code: one bill, a family's bills together, or whatever a pupil has to pay.

It owns nothing. The amount is always what is still due at the moment of asking, so a code is made anew each time it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.crypto import Cipher
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError, problem
from payments import accounts, codes, ledger, queries, references, seals, vietqr
from payments.accounts import Receiving
from payments.banks import apps, directory
from payments.queries import Door
from payments.references import How
from schemas.payments import AppLink, FamilyRequest, PaymentRequest, RequestedBill

# A seal on a screen lasts until the next look at the bill; on paper, until the bill is long decided.
SEAL_DAYS = 60
_LAST_DAY = date(2070, 1, 1)
# The words behind a code that stands for several bills; no name, no class, no number.
TITLE_OF_SEVERAL = "CAC KHOAN THU"

# There is no code to pay where nothing is due.
NOTHING_TO_PAY = problem(
    "nothing-to-pay", 404, vi="Phiếu thu này không còn phải nộp.", en="This invoice asks for nothing any more."
)
NOTHING_OPEN = problem(
    "nothing-open", 404, vi="Gia đình không còn khoản nào phải nộp.", en="The family has nothing left to pay."
)


class Asked(msgspec.Struct, frozen=True):
    """What the house asks for under one code right now. `amount` is None on a standing code, which any amount may be paid to."""

    kind: seals.Kind
    school_id: int
    code: str
    title: str
    bank_bin: str
    account_number: str
    prefix: str
    remaining: int
    amount: int | None

    @property
    def memo(self) -> str:
        return memo_of(self.code, self.title, self.prefix)

    @property
    def payload(self) -> str:
        return vietqr.encode(vietqr.VietQR(self.bank_bin, self.account_number, self.amount, self.memo))

    def sealed(self, cipher: Cipher, *, on: date) -> str:
        account = seals.account_key(self.bank_bin, self.account_number)
        until = on + timedelta(days=SEAL_DAYS)
        return seals.seal(cipher, seals.Sealed(self.kind, self.school_id, self.code, account, self.amount or 0, until))


def notice_seal(
    cipher: Cipher, account: Receiving, school_id: int, reference: str, amount: int, *, due_on: date, on: date
) -> str:
    """For the words that tell a family of a new bill; they are read until well after it was due."""
    until = min(max(due_on, on) + timedelta(days=SEAL_DAYS), _LAST_DAY)
    key = seals.account_key(account.bank_bin, account.account_number)
    return seals.seal(cipher, seals.Sealed(seals.Kind.BILL, school_id, reference, key, amount, until))


async def asked_now(
    door: codes.Door, school_id: int, code: str, *, at_account: tuple[str, str] | None = None
) -> Asked | None:
    """What the house would put into a QR code for this code at this moment; `at_account` for a virtual account of it.

    Nothing left to pay gives `remaining` 0 and no picture. None for a code that is not in use.
    """
    row = await codes.asked_under(door, school_id, code)
    if row is None:
        return None
    account = await accounts.receiving(door, row["bank_account_id"])
    bank_bin, account_number = at_account or (account.bank_bin, account.account_number)
    kind = {"bill": seals.Kind.BILL, "request": seals.Kind.REQUEST, "pupil": seals.Kind.PUPIL}[row["kind"]]
    return Asked(
        kind,
        school_id,
        code,
        {"bill": row["title"], "request": TITLE_OF_SEVERAL, "pupil": ""}[row["kind"]],
        bank_bin,
        account_number,
        account.reference_prefix,
        row["remaining"],
        None if kind is seals.Kind.PUPIL else min(row["remaining"], vietqr.AMOUNT_MAX),
    )


async def payment_request(
    door: Door, cipher: Cipher, school_id: int, account_id: UUID, invoice_id: UUID, *, on: date
) -> PaymentRequest:
    """One bill, for a guardian of the pupil or the people who keep the school's money."""
    row = await queries.invoice_to_pay(door, school_id, account_id, invoice_id, on=on)
    if row is None:
        raise NOT_FOUND()
    if row["remaining"] <= 0:
        raise NOTHING_TO_PAY()
    return bill_request(school_id, row, cipher, on=on)


def bill_request(school_id: int, row: Any, cipher: Cipher, *, on: date) -> PaymentRequest:
    asked = Asked(
        seals.Kind.BILL,
        school_id,
        row["reference"],
        row["title"],
        row["bank_bin"],
        row["account_number"],
        row["reference_prefix"],
        row["remaining"],
        min(row["remaining"], vietqr.AMOUNT_MAX),
    )
    return PaymentRequest(
        invoice_id=row["invoice_id"],
        reference=asked.code,
        **_on_the_wire(asked, row["account_name"], cipher, on=on),
    )


async def family_requests(
    house: House, account_id: UUID, school_id: int, invoice_ids: Sequence[UUID] | None
) -> list[FamilyRequest]:
    """All that the family owes a school, or the bills that it chose: one request for each receiving account."""
    now = house.clock.now()
    today = school_day(now)
    # Asked before the till is held, so that nobody holds the till of a school where nothing is theirs to pay.
    if not await codes.open_bills(house.database.reader, school_id, account_id, invoice_ids, on=today):
        raise NOTHING_OPEN()
    async with house.database.school(school_id) as tx:
        await ledger.hold_till(tx, at=now)
        rows = await codes.open_bills(tx, school_id, account_id, invoice_ids, on=today)
        if invoice_ids is not None and {row["invoice_id"] for row in rows} != set(invoice_ids):
            raise INVALID(
                FieldError(
                    "/invoice_ids",
                    "Có phiếu thu không phải của gia đình hoặc không còn phải nộp.",
                    "One of the bills is not the family's or asks for nothing any more.",
                )
            )
        if not rows:
            raise NOTHING_OPEN()
        found: list[FamilyRequest] = []
        for bank_account_id, group in groupby(
            sorted(rows, key=lambda row: row["bank_account_id"]), key=lambda row: row["bank_account_id"]
        ):
            bills = list(group)
            account = await accounts.receiving(tx, bank_account_id)
            ids = [bill["invoice_id"] for bill in bills]
            code = await codes.request_over(tx, bank_account_id, ids, by=account_id, at=now)
            found.append(_family_request(account, code, bills, house.cipher, on=today))
        return found


async def family_request(house: House, account_id: UUID, school_id: int, code: str) -> FamilyRequest:
    """A request as it stands now: what was paid since is no longer asked for."""
    today = school_day(house.clock.now())
    reader = house.database.reader
    rows = await codes.bills_of_request(reader, school_id, account_id, code.upper(), on=today)
    if not rows:
        raise NOT_FOUND()
    account = await accounts.receiving(reader, rows[0]["bank_account_id"])
    open_rows = [row for row in rows if row["remaining"] > 0]
    if not open_rows:
        raise NOTHING_OPEN()
    return _family_request(account, code.upper(), open_rows, house.cipher, on=today)


def _family_request(account: Receiving, code: str, bills: Sequence[Any], cipher: Cipher, *, on: date) -> FamilyRequest:
    total = sum(bill["remaining"] for bill in bills)
    asked = Asked(
        seals.Kind.REQUEST,
        account.school_id,
        code,
        TITLE_OF_SEVERAL,
        account.bank_bin,
        account.account_number,
        account.reference_prefix,
        total,
        min(total, vietqr.AMOUNT_MAX),
    )
    return FamilyRequest(
        school_id=account.school_id,
        code=code,
        bills=[
            RequestedBill(
                bill["invoice_id"],
                bill["pupil_id"],
                bill["pupil_name"],
                bill["title"],
                bill["due_on"],
                bill["remaining"],
                bill["voluntary"],
            )
            for bill in bills
        ],
        **_on_the_wire(asked, account.account_name, cipher, on=on),
    )


def _on_the_wire(asked: Asked, account_name: str, cipher: Cipher, *, on: date) -> dict[str, Any]:
    assert asked.amount is not None
    target = apps.Target(asked.bank_bin, asked.account_number, account_name, asked.amount, asked.memo)
    return {
        "amount": asked.amount,
        "remaining": asked.remaining,
        "parts": -(-asked.remaining // vietqr.AMOUNT_MAX),
        "memo": asked.memo,
        "bank_bin": asked.bank_bin,
        "bank_name": directory.bank_name(asked.bank_bin),
        "account_number": asked.account_number,
        "account_name": account_name,
        "payload": asked.payload,
        "seal": asked.sealed(cipher, on=on),
        "seal_until": on + timedelta(days=SEAL_DAYS),
        "apps": [AppLink(one.name, one.link) for one in apps.links(target)],
    }


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
