"""Links that open a bank's app with the transfer filled in, as far as such links are known. It knows no bill.

`bank_apps.csv` is dated data with its confidence; only rows that were seen in use are offered (`check` means second-hand). The form of
the link is that of vietqr.io's directory, checked 2026-08: ba = account@bank code, am = amount, tn = memo, bn = beneficiary. Whether an
app fills in all of it differs from release to release, so a link is an offer beside the QR code and never the only way.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from urllib.parse import quote

import msgspec

from payments.banks import directory

_TABLE = Path(__file__).with_name("bank_apps.csv")
_DOOR = "https://dl.vietqr.io/pay"


class Target(msgspec.Struct, frozen=True):
    """Where the money goes."""

    bank_bin: str
    account_number: str
    account_name: str
    amount: int
    memo: str


class AppLink(msgspec.Struct, frozen=True):
    name: str
    link: str


class _App(msgspec.Struct, frozen=True):
    app: str
    name: str


def links(target: Target) -> list[AppLink]:
    """Empty where the receiving bank has no code that the links understand."""
    bank = directory.bank_of(target.bank_bin)
    if bank is None or not bank.code:
        return []
    beneficiary = f"{target.account_number}@{bank.code.lower()}"
    asked = (
        f"&ba={quote(beneficiary, safe='@')}&am={target.amount}&tn={quote(target.memo)}&bn={quote(target.account_name)}"
    )
    return [AppLink(app.name, f"{_DOOR}?app={app.app}{asked}") for app in _known()]


@cache
def _known() -> tuple[_App, ...]:
    with _TABLE.open(encoding="utf-8", newline="") as table:
        return tuple(_App(row["app"], row["name"]) for row in csv.DictReader(table) if row["confidence"] != "check")
