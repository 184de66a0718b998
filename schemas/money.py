"""Money is a whole number of đồng, never a float. This module owns its bounds on the wire and its look in figures."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

CURRENCY: Final = "VND"

# Beyond 2^53 a JSON number is no longer exact in a browser; no school bill comes near a thousand billion đồng.
DONG_MAX: Final = 1_000_000_000_000

Dong = Annotated[int, Meta(ge=0, le=DONG_MAX, description="Whole đồng (VND), never a fraction", examples=[1_500_000])]
PositiveDong = Annotated[
    int, Meta(ge=1, le=DONG_MAX, description="Whole đồng (VND), more than none", examples=[1_500_000])
]
SignedDong = Annotated[
    int, Meta(ge=-DONG_MAX, le=DONG_MAX, description="Whole đồng (VND); below zero is owed to the family")
]


def format_dong(amount: int) -> str:
    """`1500000` → `1.500.000 đ`, as Vietnamese price tags write it; the blank does not break a line in two."""
    return f"{group_digits(amount)}\u00a0đ"


def group_digits(amount: int) -> str:
    """`1500000` → `1.500.000`."""
    if not is_dong(amount):
        raise TypeError(f"money is a whole number of đồng, not {type(amount).__name__}")
    return f"{amount:,}".replace(",", ".")


def is_dong(value: object) -> bool:
    """A bool is an int to Python and a float may look whole; neither is money."""
    return isinstance(value, int) and not isinstance(value, bool)
