"""What any provider of e-invoices and e-receipts must be able to do, and what it may answer. It knows no wire and no table.

Expected weather is a value: Issued, TryLater, Refused. A document is named by our own key, so that after a crash between
sending and noting we ask first whether the provider has it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec


class Login(msgspec.Struct, frozen=True):
    """The school's account at the provider."""

    school_id: int
    tax_code: str
    user_name: str
    password: str


class Document(msgspec.Struct, frozen=True):
    """One document over one receipt. Of the child it carries the name, as the payer's invoice must."""

    key: UUID
    document_type: str
    series: str
    made_at: datetime
    buyer_name: str
    item: str
    amount: int
    in_words: str
    paid_by: str


class Issued(msgspec.Struct, frozen=True):
    series: str
    number: str
    lookup_code: str
    issued_at: datetime


class Cancelled(msgspec.Struct, frozen=True):
    """It no longer counts at the provider."""


class Absent(msgspec.Struct, frozen=True):
    """The provider has nothing under this key: it is safe to issue."""


class TryLater(msgspec.Struct, frozen=True):
    """`uncertain`: it may have happened; look it up before trying again."""

    reason: str
    uncertain: bool = False


class Refused(msgspec.Struct, frozen=True):
    """Trying again changes nothing: a person must mend the account, the series or the item."""

    reason: str


class Provider(Protocol):
    async def issue(self, login: Login, document: Document) -> Issued | TryLater | Refused: ...
    async def look_up(self, login: Login, key: UUID) -> Issued | Cancelled | Absent | TryLater | Refused: ...
    async def cancel(self, login: Login, issued: Issued, reason: str) -> Cancelled | TryLater | Refused: ...
