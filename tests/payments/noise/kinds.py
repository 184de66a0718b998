"""The list of noise classes, and what the functions that make them share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.payments.noise.school import FEES, Bill, Line, School

CLASSES: dict[str, tuple[str, int, Callable[[School, str], Line]]] = {}


def noise(must: str, share: int) -> Callable[[Callable[[School], tuple[Any, ...]]], None]:
    """Registers a class under its function's name: what must become of its lines, and how many of a hundred and fifty there are."""

    def register(make: Callable[[School], tuple[Any, ...]]) -> None:
        def line(at: School, name: str) -> Line:
            memo, amount, codes, *account = make(at)
            return Line(name, must, memo, amount, tuple(codes), *account)

        CLASSES[make.__name__] = (must, share, line)

    return register


def a_bill(at: School) -> Bill:
    return at.rng.choice(at.bills)


def qr(at: School, bill: Bill) -> str:
    return f"{bill.code} {at.rng.choice(FEES)}"[:25]
