"""Shapes of the accountant's reports on the wire: day book, debts, collection, day close, public account of voluntary funds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from schemas.money import CURRENCY, Dong, SignedDong
from schemas.payments import Reference, Title


class AccountDay(Struct):
    """One account over the days asked for: what it began with, what came and went, what it ended with."""

    bank_account_id: int
    name: str
    opening: SignedDong
    received: Dong
    spent: Dong
    closing: SignedDong


class Movement(Struct):
    """`amount` is what the account gained; below zero it lost. `balance` is what the account held afterwards."""

    bank_account_id: int
    moved_at: datetime
    entered_at: datetime
    amount: SignedDong
    balance: SignedDong
    kind: str
    memo: str
    bank_reference: str | None
    receipts: list[str]


class DayBook(Struct):
    school_name: str
    from_on: date
    to_on: date
    accounts: list[AccountDay]
    movements: list[Movement]
    currency: str = CURRENCY


class OwedBill(Struct):
    invoice_id: UUID
    title: Title
    reference: Reference
    due_on: date
    days_late: int
    asked: Dong
    paid: Dong
    remaining: Dong


class Debtor(Struct):
    pupil_id: UUID
    pupil_name: str
    class_name: str | None
    remaining: Dong
    bills: list[OwedBill]


class DebtList(Struct):
    """Who owes what is due. Voluntary items are nobody's debt and never stand here."""

    school_name: str
    on: date
    remaining: Dong
    debtors: list[Debtor]
    currency: str = CURRENCY


class Collected(Struct):
    """One item in one class. Of voluntary items only what came in is told: nobody owes them."""

    title: Title
    category: str
    class_name: str | None
    voluntary: bool
    bills: int | None
    asked: Dong | None
    paid_in_period: SignedDong
    paid: Dong
    remaining: Dong | None


class Collection(Struct):
    school_name: str
    from_on: date
    to_on: date
    rows: list[Collected]
    currency: str = CURRENCY


class ClosedBy(Struct):
    """A close as it was signed. `added` and `vanished` are the movements of that day that came or went since."""

    revision: int
    closing: SignedDong
    stated: SignedDong
    stated_by: Literal["statement", "person", "count"]
    note: str | None
    closed_by: str | None
    closed_at: datetime
    seal: str
    intact: bool
    added: list[Movement]
    vanished: list[str]


class AccountClose(Struct):
    """One account on one day. `opened_on` is the day of the balance it was brought into the books with, if there is one.

    `by_statement` is what the newest imported statement says the bank held at the end of the day.
    """

    bank_account_id: int
    name: str
    kind: str
    opened_on: date | None
    opening: SignedDong
    received: Dong
    spent: Dong
    closing: SignedDong
    by_statement: SignedDong | None
    stated: SignedDong | None
    difference: SignedDong | None
    movements: list[Movement]
    close: ClosedBy | None


class DayClose(Struct):
    school_name: str
    on: date
    accounts: list[AccountClose]
    currency: str = CURRENCY


class NewDayClose(Struct, forbid_unknown_fields=True):
    """What the bank says, or what lay in the box when it was counted. A difference must be explained.

    Without `stated` the bank's word is the statement of that day, if one was imported.
    """

    bank_account_id: Annotated[int, Meta(ge=1)]
    on: date
    stated: SignedDong | None = None
    note: Annotated[str, Meta(max_length=500)] | None = None


class NewOpening(Struct, forbid_unknown_fields=True):
    """What an account held on the morning of the first day in these books."""

    bank_account_id: Annotated[int, Meta(ge=1)]
    on: date
    amount: SignedDong


class Fund(Struct):
    """A voluntary item; a voluntary fee without an item counts to the item of its name, or stands without one. Nobody who gave is named."""

    item_id: UUID | None
    fund: str
    received: SignedDong
    spent: SignedDong
    balance: SignedDong


class FundAccount(Struct):
    """`bank` is what the account holds by the ledger; the funds and the four other lines sum to it, or `agrees` is false."""

    bank_account_id: int
    name: str
    funds: list[Fund]
    opening: SignedDong
    other_items: SignedDong
    not_laid: SignedDong
    other_spending: SignedDong
    bank: SignedDong
    agrees: bool


class FundSpending(Struct):
    """`bank_account_id` is the account that the money left; none while nobody has said which money it was."""

    spent_on: date
    fund: str
    amount: SignedDong
    purpose: str
    document: str
    bank_account_id: int | None


class FundIncome(Struct):
    """All that came in for a fund on one day of the bank: never who gave, nor a number that leads to a giver."""

    received_on: date
    item_id: UUID | None
    fund: str
    amount: SignedDong
    bank_account_id: int


class FundAccounts(Struct):
    """`incomes` sum to what each fund received.

    `without_account` is the sum of spendings that stand with no money that left: it is in no balance yet.
    """

    school_name: str
    accounts: list[FundAccount]
    spendings: list[FundSpending]
    incomes: list[FundIncome]
    without_account: SignedDong
    currency: str = CURRENCY


AccountNumber = Annotated[str, Meta(pattern="^[0-9]{3,10}$", examples=["1121"])]


class AccountNumbers(Struct, forbid_unknown_fields=True):
    """By subject: a book (`bank`), a kind or category in it (`bank:cash`, `income:tuition`), or one account or item (`income:…`)."""

    numbers: Annotated[dict[Annotated[str, Meta(min_length=1, max_length=80)], AccountNumber], Meta(max_length=500)]


class Sealed(Struct):
    revision: int
    seal: str
