"""Shapes of e-invoices and e-receipts on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from schemas.money import PositiveDong
from schemas.payments import FeeCategory

DocumentType = Literal["internal", "e_invoice", "e_receipt"]
DocumentState = Literal["due", "leased", "done", "refused", "given_up", "withdrawn"]
Series = Annotated[str, Meta(pattern="^[0-9A-Z]{6,12}$", examples=["1C26TTH"])]


class NewDocumentAccount(Struct, forbid_unknown_fields=True):
    """The school's account at MISA meInvoice. `types` says what an item of a category needs; what is not named needs none."""

    tax_code: Annotated[str, Meta(pattern="^[0-9]{10}(-[0-9]{3})?$", examples=["0101243150"])]
    user_name: Annotated[str, Meta(min_length=1, max_length=100)]
    password: Annotated[str, Meta(min_length=1, max_length=200)]
    invoice_series: Series | None = None
    receipt_series: Series | None = None
    types: dict[FeeCategory, DocumentType] = {}


class DocumentAccount(Struct):
    provider: str
    tax_code: str
    user_name: str
    invoice_series: str | None
    receipt_series: str | None
    types: dict[str, DocumentType]


class FeeDocument(Struct, forbid_unknown_fields=True):
    document_type: DocumentType | None


class TaxDocument(Struct):
    """`outcome` is the provider's last word on it; `series`, `number` and `lookup_code` are the provider's."""

    document_id: UUID
    receipt_id: UUID
    receipt_number: str
    deed: Literal["issue", "cancel"]
    document_type: DocumentType
    state: DocumentState
    amount: PositiveDong
    pupil_name: str
    title: str
    attempts: int
    due_at: datetime
    series: str | None
    number: str | None
    lookup_code: str | None
    issued_at: datetime | None
    outcome: str | None


class DocumentList(Struct):
    account: DocumentAccount | None
    documents: list[TaxDocument]
