"""What receiving banks and wallets make of a memo: the frames measured in published statements (payments reference, 5.1)."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.payments.noise.school import HOME, School, bare, person


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def payer(at: School) -> str:
    """A parent whose name is no pupil's: what happens when it is stands in a class of its own."""
    while True:
        name = bare(person(at.rng)).upper()
        if name not in at.names:
            return name


def _any(rng: random.Random, ways: list[Callable[[], str]]) -> str:
    return rng.choice(ways)()


def vietcombank(at: School, memo: str) -> str:
    r = at.rng
    return _any(r, [
        lambda: f"MBVCB.{digits(r, 10)}.{memo}.CT tu {digits(r, 13)} {payer(at)} toi {HOME} TRUONG THCS HOA BINH",
        lambda: f"{digits(r, 6)}.{digits(r, 2)}0926.{digits(r, 6)}.{memo}",
        lambda: f"MBVCB.{digits(r, 10)}.{memo}.CT tu {digits(r, 13)}",
        lambda: f"PARTNER.DIRECT_DEBITS_VCB.MSE.{digits(r, 11)}.{digits(r, 14)}.{memo}",
    ])  # fmt: skip


def bidv(at: School, memo: str) -> str:
    r = at.rng
    return _any(r, [
        lambda: f"TKThe :{digits(r, 4)}xxx tai {r.choice(['VCB', 'MB', 'TECHCOMBANK'])}. {memo} -CTLNHIDI{digits(r, 15)}-1/1-CRE-{digits(r, 3)}",
        lambda: f"REM Tfr Ac:{digits(r, 13)} O@L_{digits(r, 6)}_{digits(r, 4)}_{memo}",
        lambda: f"TKThe :{digits(r, 12)}, tai MB. {memo}",
    ])  # fmt: skip


def vietinbank(at: School, memo: str) -> str:
    r = at.rng
    return _any(r, [
        lambda: f"CT nhanh 247 den: {memo}; thoi gian GD:0{r.randint(1, 9)}/09/2026 14:{digits(r, 1)}2:37",
        lambda: f"Chuyen tien den tu NAPAS Noi dung: {memo}",
        lambda: f"CT nhanh 247 den: {memo} TRUONG THCS HOA BINH",
    ])  # fmt: skip


def agribank(at: School, memo: str) -> str:
    r = at.rng
    return _any(r, [
        lambda: f"MB({digits(r, 6)})({memo})",
        lambda: f"IBFT {memo}",
        lambda: f"{memo}-{digits(r, 2)}0926-14:02:37 {digits(r, 6)}",
        lambda: f"FT{digits(r, 14)} {memo}",
    ])  # fmt: skip


def wallet(at: School, memo: str) -> str:
    r = at.rng
    return _any(r, [
        lambda: f"MA_GD:{digits(r, 12)}|CASZLP|{memo}#{digits(r, 5)}",
        lambda: f"MOMOIBFT{digits(r, 11)} {memo}",
        lambda: f"MOMO-CASHOUT-{digits(r, 10)}-{memo}",
    ])  # fmt: skip


BANKS = (vietcombank, bidv, vietinbank, agribank)


def framed(at: School, memo: str) -> str:
    return at.rng.choice(BANKS)(at, memo)
