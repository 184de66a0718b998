"""Shapes of how a school asks: its rules, and whom a reminder would reach."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from schemas.money import PositiveDong

ReminderDay = Annotated[int, Meta(ge=-30, le=90, description="Days after the due day; below nothing, before it")]


class AskingRules(Struct, forbid_unknown_fields=True):
    pupil_codes: bool
    reminders: bool
    reminder_days: Annotated[list[ReminderDay], Meta(max_length=10)]


class RemindedBill(Struct):
    invoice_id: UUID
    pupil_id: UUID
    pupil_name: str
    class_name: str | None
    title: str
    due_on: date
    remaining: PositiveDong


class RemindedFamily(Struct):
    """One message: the guardians with the same children, and everything it is about."""

    guardians: int
    amount: PositiveDong
    bills: list[RemindedBill]


class Spared(Struct):
    """Why open bills are not reminded of today, counted."""

    why: Literal["money_on_its_way", "just_paid", "credit", "bank_silent"]
    bills: int


class ReminderPreview(Struct):
    on: date
    rules: AskingRules
    families: list[RemindedFamily]
    spared: list[Spared]


class StandingCode(Struct):
    """A pupil's own code for whatever is to pay; the payer types the amount. `virtual`: the account is the pupil's own."""

    code: str
    pupil_id: UUID
    pupil_name: str
    bank_bin: str
    bank_name: str
    account_number: str
    account_name: str
    virtual: bool
    payload: str
    seal: str


class StandingCodes(Struct):
    codes: list[StandingCode]


class NewPupilCodes(Struct, forbid_unknown_fields=True):
    bank_account_id: Annotated[int, Meta(ge=1)]


class PupilCodesMade(Struct):
    made: int


class NewVirtualAccount(Struct, forbid_unknown_fields=True):
    """`pupil` is the school's or the ministry's code of the pupil, or our id."""

    virtual_account: Annotated[str, Meta(max_length=40)]
    pupil: Annotated[str, Meta(max_length=60)]


class VirtualAccountList(Struct, forbid_unknown_fields=True):
    rows: Annotated[list[NewVirtualAccount], Meta(min_length=1, max_length=5000)]
