"""The banks of Vietnam by their BIN, from `vietnam_banks.csv` beside this file.

A BIN that is not in the table is still a bank: never fail on it. Names and codes differ between lists and change with
mergers; only the BIN is a key.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

UPDATED_ON: Final = date(2026, 11, 1)
# What stands in the place of a BIN for money that lies at no bank: clearing accounts of gateways, and the cash box.
GATEWAYS: Final = MappingProxyType({"VNPAY": "VNPay", "MOMO": "MoMo"})
CASH: Final = "CASH"
CARD: Final = "CARD"  # the terminal at the counter, not a gateway that calls
_TABLE = Path(__file__).with_name("vietnam_banks.csv")


class Bank(msgspec.Struct, frozen=True):
    """`scan_transfer` says whether the bank's own app can pay by scanning: yes, no, or None where sources disagree."""

    bin: str
    code: str
    short_name: str
    name: str
    scan_transfer: bool | None


def bank_of(bank_bin: str) -> Bank | None:
    return banks().get(bank_bin)


def bank_name(bank_bin: str) -> str:
    """What a person reads; the BIN itself for a bank that we do not know."""
    if bank_bin == CASH:
        return "Tiền mặt"
    if bank_bin == CARD:
        return "Thẻ tại quầy"
    if bank_bin in GATEWAYS:
        return GATEWAYS[bank_bin]
    bank = bank_of(bank_bin)
    return bank.short_name if bank else bank_bin


@cache
def banks() -> MappingProxyType[str, Bank]:
    with _TABLE.open(encoding="utf-8", newline="") as table:
        return MappingProxyType({row["bin"]: _bank(row) for row in csv.DictReader(table)})


def _bank(row: dict[str, str]) -> Bank:
    scans = {"1": True, "0": False}.get(row["scan_transfer"])
    return Bank(row["bin"], row["code"], row["short_name"], row["name_vi"] or row["short_name"], scans)
