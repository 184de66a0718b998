"""Shapes of fee items, plans and papers on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from schemas.money import CURRENCY, Dong, PositiveDong, SignedDong
from schemas.payments import BillDong, FeeCategory, Title

Unit = Literal["once", "month", "day", "session", "term", "year"]
Receiver = Literal["school", "parents_board", "social_insurance", "third_party"]
DocumentType = Literal["receipt", "e_receipt", "e_invoice", "none"]
Ground = Literal["poor", "near_poor", "disabled", "orphan", "merit", "martyr", "ethnic", "other"]
Scope = Literal["school", "grade", "class", "pupils"]
Counting = Literal["fixed", "school_days", "attended_days"]
_Text = Annotated[str, Meta(max_length=300)]
_Document = Annotated[str, Meta(min_length=1, max_length=200, examples=["18/2025/NQ-HĐND"])]


class NewFeeItem(Struct, forbid_unknown_fields=True):
    """`item_id` is made by the client: sent twice, it is one item. Sums are đồng per unit; `cap_amount` is the council's ceiling."""

    item_id: UUID
    title: Title
    category: FeeCategory
    unit_amount: BillDong
    valid_from: date
    valid_to: date
    obligatory: bool = False
    unit: Unit = "once"
    basis_document: _Text | None = None
    basis_article: _Text | None = None
    basis_issuer: _Text | None = None
    basis_on: date | None = None
    cap_amount: PositiveDong | None = None
    cap_document: _Text | None = None
    previous_amount: PositiveDong | None = None
    receiver: Receiver = "school"
    receiver_name: _Text | None = None
    bank_account_id: Annotated[int, Meta(ge=1)] | None = None
    document_type: DocumentType = "receipt"
    equal_share: bool = True
    for_foreigners: bool = False
    absence_hour: (
        Annotated[int, Meta(ge=0, le=23, description="Absences told before this hour are given back")] | None
    ) = None
    planned_use: Annotated[str, Meta(max_length=2000)] = ""


class BrokenRule(Struct):
    """Why the item may not be collected: the rule's stable name, the field to mend, its sentence and source.

    `mark` is `sure` for a rule read in its source, `check` for one to be confirmed."""

    rule: Annotated[str, Meta(examples=["over_the_cap"])]
    field: str
    sentence: str
    source: str
    mark: Literal["sure", "check"]


class FeeItem(Struct):
    item_id: UUID
    title: str
    category: FeeCategory
    obligatory: bool
    unit: Unit
    unit_amount: BillDong
    basis: str | None
    cap_amount: Dong | None
    cap_document: str | None
    receiver: Receiver
    receiver_name: str | None
    document_type: DocumentType
    absence_hour: int | None
    planned_use: str
    valid_from: date
    valid_to: date
    closed_at: datetime | None
    billed: Dong
    received: Dong
    spent: SignedDong
    broken_rules: list[BrokenRule]
    currency: str = CURRENCY


class FeeItemList(Struct):
    items: list[FeeItem]


class NewPlan(Struct, forbid_unknown_fields=True):
    """To whom an item is billed, how much of it, and when. One date in `due_on` is one instalment.

    `counting`: `fixed` = quantity × unit; `school_days` = days of school of the period, paid ahead; `attended_days` = from the roll, afterwards.
    `credit_from`..`credit_to` is an earlier period whose absences, told in time, are given back here, each day once."""

    plan_id: UUID
    item_id: UUID
    title: Title
    due_on: Annotated[list[date], Meta(min_length=1, max_length=12)]
    scope: Scope = "school"
    class_ids: Annotated[list[UUID], Meta(max_length=200)] = []
    grades: Annotated[list[Annotated[int, Meta(ge=0, le=12)]], Meta(max_length=13)] = []
    pupil_ids: Annotated[list[UUID], Meta(max_length=3000)] = []
    counting: Counting = "fixed"
    quantity: Annotated[int, Meta(ge=1, le=366)] = 1
    period_from: date | None = None
    period_to: date | None = None
    saturdays: bool = False
    credit_from: date | None = None
    credit_to: date | None = None
    pro_rata: bool = False
    sibling_percent: Annotated[int, Meta(ge=0, le=100)] = 0


class BillLine(Struct):
    """How an amount came about: `quantity` of `each` (of `of` days, where it is a part), or a sum taken off with its paper."""

    kind: Literal["base", "sibling", "exemption", "support", "absence_credit"]
    amount: SignedDong
    quantity: int | None = None
    each: int | None = None
    of: int | None = None
    percent: int | None = None
    ground: str | None = None


class PlannedBill(Struct):
    pupil_id: UUID
    pupil_name: str
    class_name: str
    amount: Dong
    lines: list[BillLine]
    billed: bool


class PlanPreview(Struct):
    """`new_bills` are those that publishing would make now. `nothing_to_pay` are wholly exempt or were not there."""

    plan_id: UUID
    title: str
    published_at: datetime | None
    new_bills: int
    already_billed: int
    nothing_to_pay: int
    amount: Dong
    broken_rules: list[BrokenRule]
    bills: list[PlannedBill]
    currency: str = CURRENCY


class PlanBilled(Struct):
    """How many bills this request made; none when everybody had theirs already."""

    plan_id: UUID
    bills_made: int


class NewExemption(Struct, forbid_unknown_fields=True):
    """Exactly one of `percent` and `amount` (đồng off each bill). Without `item_id` it holds for every item."""

    exemption_id: UUID
    pupil_id: UUID
    ground: Ground
    document: _Document
    document_on: date
    valid_from: date
    valid_to: date
    kind: Literal["exemption", "support"] = "exemption"
    item_id: UUID | None = None
    percent: Annotated[int, Meta(ge=1, le=100)] | None = None
    amount: PositiveDong | None = None


class Exemption(Struct):
    exemption_id: UUID
    pupil_id: UUID
    pupil_name: str
    item_title: str | None
    kind: str
    ground: str
    percent: int | None
    amount: int | None
    document: str
    document_on: date
    valid_from: date
    valid_to: date
    revoked_at: datetime | None


class ExemptionList(Struct):
    exemptions: list[Exemption]


class Granted(Struct):
    """`bills_adjusted` open bills ask for less now."""

    exemption_id: UUID
    bills_adjusted: int


class NewSpending(Struct, forbid_unknown_fields=True):
    """Below nothing only to meet a mistaken line, which `corrects` names. `transaction_id` is the money that left an account for it."""

    spending_id: UUID
    spent_on: date
    amount: Annotated[int, Meta(ge=-100_000_000_000, le=100_000_000_000)]
    purpose: Annotated[str, Meta(min_length=1, max_length=300)]
    document: _Document
    corrects: UUID | None = None
    transaction_id: UUID | None = None


class Spending(Struct):
    spent_on: date
    amount: SignedDong
    purpose: str
    document: str


class BillExplained(Struct):
    """What a family may ask about a bill: why, who decided, how the amount came about, what is planned and what was spent."""

    invoice_id: UUID
    title: str
    category: FeeCategory
    obligatory: bool
    why: str
    basis: str | None
    cap_amount: Dong | None
    cap_document: str | None
    receiver: Receiver
    receiver_name: str | None
    decided_by: str | None
    decided_on: date
    asked: Dong
    lines: list[BillLine]
    adjustments: list[BillAdjustment]
    planned_use: str
    planned: Dong
    received: Dong
    spent: SignedDong
    spendings: list[Spending]
    currency: str = CURRENCY


class BillAdjustment(Struct):
    kind: str
    amount: SignedDong
    reason: str
    made_on: date
