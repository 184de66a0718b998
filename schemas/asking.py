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
