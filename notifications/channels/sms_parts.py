"""How many messages a text is, as carriers count (3GPP TS 23.038), and the text that GSM-7 carries at one unit a letter. Pure."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from backend.core.text import strip_marks

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
_PLAIN: Final = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\u00a0": " ", "#": "", "&": "va"}
)
PARTS_MAX: Final = 3


class Parts(msgspec.Struct, frozen=True):
    encoding: Literal["gsm7", "ucs2"]
    units: int
    count: int


def parts_of(text: str) -> Parts:
    """One accented letter makes the whole text UCS-2, and more than halves what fits into a part."""
    if all(c in _BASIC or c in _EXTENDED for c in text):
        units = sum(2 if c in _EXTENDED else 1 for c in text)
        return Parts("gsm7", units, 1 if units <= 160 else -(-units // 153))
    units = len(text.encode("utf-16-le")) // 2
    return Parts("ucs2", units, 1 if units <= 70 else -(-units // 67))


def plain_text(text: str) -> str:
    """No accents, no typographic signs, none of the signs that gateways refuse or that count twice."""
    plain = strip_marks(text.translate(_PLAIN))
    return "".join(c if (" " <= c <= "~" and c not in "^{}\\[~]|`") or c == "\n" else " " for c in plain)
