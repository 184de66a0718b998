"""Shapes of money on the wire: fees, invoices, payment requests, bank transactions, receipts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from schemas.money import CURRENCY, Dong, PositiveDong, SignedDong

FeeCategory = Literal[
    "tuition", "service", "collected_on_behalf", "agreed", "voluntary", "parents_board", "sponsorship"
]
InvoiceState = Literal["open", "part", "paid", "cancelled"]
TransactionState = Literal[
    "settled", "part", "over", "ambiguous", "unmatched", "duplicate", "unreadable", "ignored", "refunded"
]
ReceiptKind = Literal["transfer", "cash", "card"]
Reference = Annotated[str, Meta(description="Stands first in the transfer's memo", examples=["HP2600017"])]
# A single transfer over NAPAS 247 stays below 500 million đồng.
BillDong = Annotated[
    int, Meta(ge=1_000, le=499_999_999, description="Whole đồng (VND), 1.000 đ to 499.999.999 đ", examples=[1_250_000])
]
Title = Annotated[str, Meta(min_length=1, max_length=120, examples=["Tiền ăn bán trú tháng 9"])]
Note = Annotated[str, Meta(min_length=1, max_length=300, examples=["Phụ huynh báo đã chuyển khoản lúc 14 giờ."])]


class NewFee(Struct, forbid_unknown_fields=True):
    """`fee_id` is made by the client (UUIDv7): the same request sent twice is one fee."""

    fee_id: UUID
    class_id: UUID
    title: Title
    amount: BillDong
    due_on: date
    category: FeeCategory = "agreed"
    mandatory: bool = False
    legal_basis: Annotated[str, Meta(max_length=300)] | None = None
    cap_amount: (
        Annotated[int, Meta(ge=1, description="The council's ceiling; a service in a public school needs it")] | None
    ) = None
    bank_account_id: Annotated[int, Meta(ge=1)] | None = None


class Fee(Struct):
    fee_id: UUID
    class_id: UUID
    class_name: str
    title: str
    category: FeeCategory
    mandatory: bool
    legal_basis: str | None
    amount: BillDong
    due_on: date
    bank_account_id: int
    created_at: datetime
    cancelled_at: datetime | None
    invoices: int
    invoices_paid: int
    billed: Dong
    received: Dong
    currency: str = CURRENCY


class FeeList(Struct):
    fees: list[Fee]


class Billed(Struct):
    """How many invoices this request made; none when everybody had theirs already."""

    fee_id: UUID
    invoices_made: int


class Invoice(Struct):
    invoice_id: UUID
    fee_id: UUID
    title: str
    pupil_id: UUID
    pupil_name: str
    reference: Reference
    amount: BillDong
    paid: Dong
    remaining: Dong
    due_on: date
    overdue: bool
    state: InvoiceState
    currency: str = CURRENCY


class InvoiceList(Struct):
    class_id: UUID
    class_name: str
    invoices: list[Invoice]


class ExternalDocument(Struct):
    """The e-invoice or e-receipt over a receipt, as the provider numbered it; looked up there by its code."""

    document_type: Literal["e_invoice", "e_receipt"]
    series: str
    number: str
    lookup_code: str


class ReceiptLine(Struct):
    receipt_id: UUID
    number: Annotated[str, Meta(examples=["2026/000123"])]
    kind: ReceiptKind
    amount: PositiveDong
    issued_at: datetime
    cancelled_at: datetime | None
    document: ExternalDocument | None


class CheckedReceipt(Struct):
    """What the holder of a paper may learn: the school made it, over this amount, and whether it still counts. Nobody is named."""

    school_name: str
    kind: Literal["transfer", "cash", "card", "cancellation"]
    number: Annotated[str, Meta(examples=["2026/000123"])]
    amount: PositiveDong
    issued_at: datetime
    cancelled_at: datetime | None
    currency: str = CURRENCY


class FamilyInvoice(Struct):
    invoice_id: UUID
    title: str
    category: FeeCategory
    mandatory: bool
    legal_basis: str | None
    reference: Reference
    amount: BillDong
    paid: Dong
    remaining: Dong
    due_on: date
    overdue: bool
    state: InvoiceState
    receipts: list[ReceiptLine]


class FamilyInvoices(Struct):
    """`due` is what the bills still ask for; `credit` is money of the family that lies with the school."""

    pupil_id: UUID
    pupil_name: str
    due: Dong
    credit: SignedDong
    currency: str
    invoices: list[FamilyInvoice]


class AppLink(Struct):
    """Opens a bank's app; whether it fills everything in depends on the app."""

    name: str
    link: str


class PaymentRequest(Struct):
    """What a bank app needs to pay the rest of one invoice; `payload` is the VietQR text behind the picture.

    `amount` is what this code asks for; where more `remaining` is left than one transfer may carry, it takes `parts` transfers.
    `seal` proves at /verify that the school asks this.
    """

    invoice_id: UUID
    reference: Reference
    amount: PositiveDong
    remaining: PositiveDong
    parts: Annotated[int, Meta(ge=1)]
    memo: Annotated[str, Meta(max_length=25)]
    bank_bin: Annotated[str, Meta(pattern="^[0-9]{6}$")]
    bank_name: str
    account_number: str
    account_name: str
    payload: str
    seal: str
    seal_until: date
    apps: list[AppLink]
    currency: str = CURRENCY


class NewFamilyRequest(Struct, forbid_unknown_fields=True):
    """Without `invoice_ids`: everything that is owed, without the gifts."""

    invoice_ids: Annotated[list[UUID], Meta(min_length=1, max_length=200)] | None = None


class RequestedBill(Struct):
    invoice_id: UUID
    pupil_id: UUID
    pupil_name: str
    title: str
    due_on: date
    remaining: PositiveDong
    voluntary: bool


class FamilyRequest(Struct):
    """One code over several bills of one family, in the order in which the money is laid."""

    school_id: int
    code: Reference
    bills: list[RequestedBill]
    amount: PositiveDong
    remaining: PositiveDong
    parts: Annotated[int, Meta(ge=1)]
    memo: Annotated[str, Meta(max_length=25)]
    bank_bin: Annotated[str, Meta(pattern="^[0-9]{6}$")]
    bank_name: str
    account_number: str
    account_name: str
    payload: str
    seal: str
    seal_until: date
    apps: list[AppLink]
    currency: str = CURRENCY


class FamilyRequests(Struct):
    requests: list[FamilyRequest]


class Suggested(Struct):
    invoice_id: UUID
    reference: Reference
    pupil_name: str
    class_name: str
    title: str
    remaining: Dong
    score: int
    reasons: list[str]


class Allocated(Struct):
    """`remaining` is what the bill still asks for now."""

    invoice_id: UUID
    fee_id: UUID
    reference: Reference
    pupil_name: str
    title: str
    amount: SignedDong
    remaining: Dong


class Transaction(Struct):
    """`held` is what lies neither on a bill nor in a family's credit."""

    transaction_id: UUID
    bank_account_id: int
    source: str
    direction: Literal["in", "out"]
    amount: Dong
    held: SignedDong
    memo: str
    bank_reference: str | None
    booked_at: datetime
    received_at: datetime
    state: TransactionState
    reasons: list[str]
    decided_at: datetime
    by_person: bool
    suggestions: list[Suggested]
    allocations: list[Allocated]


class TransactionList(Struct):
    transactions: list[Transaction]
    next_before: UUID | None


class ShareIn(Struct, forbid_unknown_fields=True):
    invoice_id: UUID
    amount: PositiveDong


class ManualMatch(Struct, forbid_unknown_fields=True):
    """Lays a transaction on bills. What is left over must go to a family's credit, or the request is refused."""

    note: Note
    shares: Annotated[list[ShareIn], Meta(max_length=50)] = []
    credit_pupil_id: UUID | None = None


class CounterPayment(Struct, forbid_unknown_fields=True):
    """`payment_id` is made by the client (UUIDv7): the same request sent twice takes the money once."""

    payment_id: UUID
    means: Literal["cash", "card"]
    shares: Annotated[list[ShareIn], Meta(min_length=1, max_length=50)]
    payer_name: Annotated[str, Meta(max_length=100)] | None = None
    note: Note | None = None


class CounterTaken(Struct):
    """`fresh` is false when the same payment had been taken before."""

    transaction_id: UUID
    amount: PositiveDong
    fresh: bool


class CounterBill(Struct):
    invoice_id: UUID
    title: str
    reference: Reference
    due_on: date
    mandatory: bool
    remaining: PositiveDong


class CounterBills(Struct):
    bills: list[CounterBill]


class Reasoned(Struct, forbid_unknown_fields=True):
    note: Note


class NewBankAccount(Struct, forbid_unknown_fields=True):
    """`bank_bin` is a bank's, or VNPAY or MOMO for the clearing account of that gateway (`account_number` is then the code of the
    terminal or partner), or CASH for a cash box."""

    bank_bin: Annotated[str, Meta(pattern="^([0-9]{6}|VNPAY|MOMO|CASH)$", examples=["970436"])]
    account_number: Annotated[str, Meta(pattern="^[0-9A-Za-z_-]{1,30}$", examples=["0123499999"])]
    account_name: Annotated[str, Meta(min_length=1, max_length=100, examples=["TRUONG THCS NGUYEN THUONG HIEN"])]
    reference_prefix: Annotated[str, Meta(pattern="^[A-Z]{2,5}$", examples=["HP"])] = "HP"
    hook_auth: Literal["hmac", "apikey"] = "hmac"


class BankAccount(Struct):
    bank_account_id: int
    kind: Literal["bank", "gateway", "cash"]
    bank_bin: str
    bank_name: str
    account_number: str
    account_name: str
    reference_prefix: str
    hook_path: str | None
    hook_auth: str | None


class OpenedBankAccount(Struct):
    """`hook_secret` is shown this once; it is entered at the bank feed together with the address `hook_path`. Only banks have one."""

    account: BankAccount
    hook_secret: str | None


class BankAccountList(Struct):
    accounts: list[BankAccount]


class Disagreement(Struct):
    """A row of the books that contradicts another. There must be none."""

    check: str
    subject: str
    expected: int
    found: int


class Reconciliation(Struct):
    checked_at: datetime
    disagreements: list[Disagreement]
