"""Shapes of the books on the wire: refunds, write-offs, periods, balances."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from schemas.money import PositiveDong, SignedDong

Reason = Annotated[str, Meta(min_length=1, max_length=300, examples=["Phụ huynh chuyển nhầm hai lần."])]
_Limit = Annotated[int, Meta(ge=0, le=1_000_000_000, description="Whole đồng (VND)", examples=[10_000])]


class NewRefund(Struct, forbid_unknown_fields=True):
    """What goes back of a credit that lies on no bill; with `credit_pupil_id`, of what became that family's credit."""

    amount: PositiveDong
    payee_bin: Annotated[str, Meta(pattern="^[0-9]{6}$", examples=["970436"])]
    payee_account: Annotated[str, Meta(pattern="^[0-9A-Za-z]{1,19}$", examples=["0011000999999"])]
    payee_name: Annotated[str, Meta(min_length=1, max_length=100, examples=["NGUYEN THI HOA"])]
    reason: Reason
    credit_pupil_id: UUID | None = None


class PaidBy(Struct, forbid_unknown_fields=True):
    """The outgoing bank transaction by which an approved refund left."""

    outgoing_transaction_id: UUID


class Proposed(Struct):
    id: UUID


class RefundItem(Struct):
    refund_id: UUID
    code: str
    transaction_id: UUID
    amount: PositiveDong
    payee_bin: str
    payee_account: str
    payee_name: str
    reason: str
    state: Literal["proposed", "approved", "rejected", "exported", "paid"]
    proposed_by: UUID
    proposed_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    paid_at: datetime | None


class RefundList(Struct):
    refunds: list[RefundItem]


class NewWriteOff(Struct, forbid_unknown_fields=True):
    amount: PositiveDong
    reason: Reason


class WriteOffLimits(Struct, forbid_unknown_fields=True):
    """How much one person of a role may write off of one bill at once."""

    accountant_amount: _Limit
    school_admin_amount: _Limit


class NewPeriodChange(Struct, forbid_unknown_fields=True):
    action: Literal["close", "reopen"]
    month: Annotated[str, Meta(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-09"])]
    reason: Reason


class PeriodChange(Struct):
    change_id: UUID
    action: Literal["close", "reopen"]
    through_on: date
    reason: str
    proposed_by: UUID
    proposed_at: datetime
    confirmed_by: UUID | None
    confirmed_at: datetime | None
    # Taken back by whoever proposed it, or turned down by somebody else.
    dropped_by: UUID | None = None
    dropped_at: datetime | None = None


class PeriodChanges(Struct):
    closed_through: date | None
    changes: list[PeriodChange]


class Balance(Struct):
    account: str
    kept_for: str
    balance: SignedDong


class Balances(Struct):
    """Debit less credit; the sum over all accounts is nothing."""

    on: date
    balances: list[Balance]
