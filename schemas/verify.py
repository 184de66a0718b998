"""Shapes of the question "is it really the school?" and of reports of fraud."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

TEXT_MAX = 4_000

What = Literal["qr", "seal", "receipt", "account", "phone", "link", "amount"]
Told = Literal["school", "not_school", "unknown"]


class Question(Struct, forbid_unknown_fields=True):
    """A message, an account or telephone number, a link, a code, or the text behind a QR picture."""

    text: Annotated[str, Meta(min_length=1, max_length=TEXT_MAX)]


class Finding(Struct):
    """One thing that was recognised. `school`, `amount` and `until` are told only where the thing itself proves them."""

    what: What
    told: Told
    reason: str
    shown: str
    school: str | None = None
    amount: int | None = None
    until: date | None = None


class Verdict(Struct):
    """`not_school` as soon as anything in it is not the school's; `school` only when something proves it."""

    told: Told
    findings: list[Finding]


class NewFraudReport(Struct, forbid_unknown_fields=True):
    report_id: UUID
    school: Annotated[str, Meta(min_length=1, max_length=200, description="Name or code of the school")]
    text: Annotated[str, Meta(min_length=5, max_length=TEXT_MAX)]


class FraudReported(Struct):
    report_id: UUID
    first: bool


class FraudCase(Struct):
    case_id: UUID
    kind: Literal["account", "phone", "link", "message"]
    subject: str
    state: Literal["reported", "confirmed", "dismissed"]
    reports: int
    opened_at: datetime
    decided_at: datetime | None
    texts: list[str]


class FraudCases(Struct):
    cases: list[FraudCase]


class OfficialContact(Struct):
    phone: str
    label: str


class NewOfficialContact(Struct, forbid_unknown_fields=True):
    phone: Annotated[str, Meta(min_length=3, max_length=30)]
    label: Annotated[str, Meta(min_length=1, max_length=100)]


class OfficialContacts(Struct):
    contacts: list[OfficialContact]
