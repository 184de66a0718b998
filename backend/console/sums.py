"""Sums as people write them into forms. It knows figures, no form."""

from __future__ import annotations


def written_sum(text: str) -> str:
    """`690.000 đ` and `-1,000` as figures; anything that is no sum stays as it is and is refused by whoever reads it."""
    bare = text.strip().removesuffix("đ").replace(".", "").replace(",", "").replace(" ", "").replace("\u00a0", "")
    return bare.replace("\u2212", "-") or text
