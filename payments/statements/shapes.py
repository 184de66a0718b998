"""What a statement says, whatever its format: accounts, each with its lines, balances and what could not be read."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from payments.statements.columns import Role
from payments.statements.reasons import BadLine

Direction = Literal["in", "out"]
Part = Literal["", "fee", "tax"]


class Line(msgspec.Struct, frozen=True):
    """One movement. `posted_on` is the bank's booking day, `made_on` the day of the transfer where the bank tells it apart.

    `part` tells a fee or a tax that the bank took in the same row.
    """

    sheet: str
    row: int
    cells: tuple[str, ...]
    direction: Direction
    amount: int
    memo: str
    posted_on: dt.date
    made_on: dt.date | None = None
    made_at: dt.time | None = None
    value_on: dt.date | None = None
    balance: int | None = None
    reference: str | None = None
    payer_account: str | None = None
    payer_name: str | None = None
    part: Part = ""
    reversal: bool = False


class Section(msgspec.Struct, frozen=True):
    """One account in a file. `account_number` is None when the file does not say whose lines these are."""

    layout: str
    sheet: str
    account_number: str | None
    lines: tuple[Line, ...]
    bad: tuple[BadLine, ...] = ()
    opening: int | None = None
    closing: int | None = None
    # Sums that the bank prints at the end, where it does.
    printed_debits: int | None = None
    printed_credits: int | None = None
    opened_on: dt.date | None = None
    closed_on: dt.date | None = None
    bank_bin: str | None = None
    header_row: int | None = None
    titles: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    signature: str | None = None


class Statement(msgspec.Struct, frozen=True):
    """Everything in one file. `heads` are the first rows of a sheet in which no heading was found, for a person to point."""

    kind: str
    sections: tuple[Section, ...]
    bad: tuple[BadLine, ...] = ()
