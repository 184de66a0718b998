"""Shapes of an imported bank statement on the wire: what a file holds, what of it is new, and how its sums come out."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from schemas.money import CURRENCY, Dong

# Opening and closing balances may be below nothing and above what one transfer moves.
BalanceDong = Annotated[int, Meta(description="Whole đồng (VND); an account may be overdrawn", examples=[12_345_678])]
ColumnRole = Literal[
    "number", "posted", "date", "value_date", "request_date", "reference", "memo", "debit", "credit", "amount", "side",
    "balance", "payer_account", "payer_name", "payer_bank", "fee", "tax", "currency", "none",
]  # fmt: skip
LineState = Literal["new", "known", "told"]


class StatementFile(Struct, kw_only=True):
    """One uploaded file. `lines_known` stood in an earlier statement, `lines_told` came through another door (a webhook) before."""

    statement_id: UUID
    file_name: str
    state: Literal["read", "applied"]
    uploaded_at: datetime
    applied_at: datetime | None = None
    kind: str
    lines_read: int = 0
    lines_new: int = 0
    lines_known: int = 0
    lines_told: int = 0
    rows_unreadable: int = 0
    agrees: bool = True


class StatementFileList(Struct):
    statements: list[StatementFile]


class StatementColumn(Struct):
    title: str
    role: ColumnRole


class BalanceBreak(Struct):
    """A row whose printed balance does not follow from the one before it."""

    row: int
    expected: BalanceDong
    printed: BalanceDong


class StatementAccount(Struct, kw_only=True):
    """One account in the file with its control totals: opening + credits − debits = computed; difference = closing − computed."""

    layout: str
    bank_account_id: int | None
    bank_name: str | None
    account_number: str | None
    ours: bool
    sheet: str
    first_on: date | None
    last_on: date | None
    lines_read: int
    credits: BalanceDong
    debits: BalanceDong
    opening: BalanceDong | None
    closing: BalanceDong | None
    computed: BalanceDong | None
    difference: BalanceDong | None
    printed_credits_difference: BalanceDong | None
    printed_debits_difference: BalanceDong | None
    balances: int
    breaks_count: int
    breaks: list[BalanceBreak]
    agrees: bool
    header_row: int | None
    signature: str | None
    columns: list[StatementColumn]
    currency: str = CURRENCY


class StatementLine(Struct, kw_only=True):
    sheet: str
    row: int
    account_number: str
    posted_on: date
    made_on: date | None
    made_at: time | None
    value_on: date | None
    direction: Literal["in", "out"]
    amount: Dong
    memo: str
    reference: str | None
    own: str | None
    state: LineState
    transaction_id: UUID | None


class StatementBadRow(Struct, kw_only=True):
    """`row`: the row is not in our books. `note`: please look."""

    sheet: str
    row: int
    cell: str | None
    value: str
    code: str
    severity: Literal["row", "note"]
    vi: str
    en: str


class StatementHead(Struct):
    """The first rows of a sheet, for a person to point at the heading."""

    sheet: str
    rows: list[StatementHeadRow]


class StatementHeadRow(Struct):
    row: int
    cells: list[str]


class StatementReview(StatementFile, kw_only=True):
    """What applying the file does. At most 200 lines and 1,000 bad rows are shown; the errors file has them all."""

    accounts: list[StatementAccount] = []
    lines: list[StatementLine] = []
    bad_rows: list[StatementBadRow] = []
    heads: list[StatementHead] = []


class ColumnMapping(Struct, forbid_unknown_fields=True):
    """What the columns under the heading in `row` of `sheet` mean, kept for this account's next files as well."""

    bank_account_id: Annotated[int, Meta(ge=1)]
    sheet: Annotated[str, Meta(max_length=100)]
    row: Annotated[int, Meta(ge=1)]
    roles: Annotated[list[ColumnRole], Meta(min_length=1, max_length=100)]
