"""An amount in Vietnamese words, as a receipt must state it. It knows numbers only.

The usual packages drop the silent places; a money document may not. Every group of three digits below the first
non-empty one is read in full (`không trăm linh năm`), so that no digit can be written in between afterwards; that is
why the words stand on a receipt at all.
"""

from __future__ import annotations

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
# Groups inside one "tỷ"; above it the reading starts again: 10¹² is "một nghìn tỷ", 10¹⁸ is "một tỷ tỷ".
_GROUP_NAMES = ("", "nghìn", "triệu")
_BILLION = 1_000_000_000


def amount_in_words(amount: int) -> str:
    """`1005021` → `Một triệu không trăm linh năm nghìn không trăm hai mươi mốt đồng`."""
    words = f"{number_in_words(amount)} đồng"
    return words[0].upper() + words[1:]


def number_in_words(number: int) -> str:
    if number < 0:
        return f"âm {number_in_words(-number)}"
    return " ".join(_read(number, leading=True)) or _DIGITS[0]


def _read(number: int, *, leading: bool) -> list[str]:
    """`leading` says that nothing was read before, so that silent places in front stay silent."""
    billions, rest = divmod(number, _BILLION)
    words = [*_read(billions, leading=leading), "tỷ"] if billions else []
    for power in (2, 1, 0):
        group = rest // 1000**power % 1000
        if group:
            words += _read_group(group, leading=leading and not words)
            words += [_GROUP_NAMES[power]] if power else []
    return words


def _read_group(group: int, *, leading: bool) -> list[str]:
    hundreds, tens, units = group // 100, group // 10 % 10, group % 10
    words = [_DIGITS[hundreds], "trăm"] if hundreds or not leading else []
    if tens == 0:
        return [*words, *(["linh"] if words and units else []), *([_DIGITS[units]] if units else [])]
    words += ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
    return [*words, *_unit_after_tens(tens, units)]


def _unit_after_tens(tens: int, units: int) -> list[str]:
    """mười một but hai mươi mốt; mười bốn but hai mươi tư; always lăm."""
    if units == 0:
        return []
    if units == 5:
        return ["lăm"]
    if tens > 1 and units in (1, 4):
        return ["mốt" if units == 1 else "tư"]
    return [_DIGITS[units]]
