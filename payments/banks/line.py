"""What every bank door understands its input into: one movement on one account. It knows no provider and no bill."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class BankLine(msgspec.Struct, frozen=True):
    """`event_key` is the source's own id of the movement; `bank_reference` is the bank's, seen by all.

    `own`: the bank's or the school's own business (interest, a fee, a transfer between its accounts), no bill's.
    `order_code` is the order that a family was sent to the gateway with; `balance_after` is what the account then held.
    """

    source: str
    event_key: str
    account_number: str
    direction: Literal["in", "out"]
    amount: int
    memo: str
    booked_at: datetime
    bank_reference: str | None = None
    virtual_account: str | None = None
    payer_account: str | None = None
    payer_name: str | None = None
    own: str | None = None
    order_code: str | None = None
    balance_after: int | None = None


class Unreadable(msgspec.Struct, frozen=True):
    """A body that was kept but says nothing certain. `reason` is a stable name; a person looks at the rest."""

    reason: str


class Nothing(msgspec.Struct, frozen=True):
    """Understood, and no money moved: a test button, a payment that failed or was given up."""

    reason: Literal["test", "not_paid"]
