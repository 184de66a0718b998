"""What teachers type as a mark: `7,5`, `8.0`, `10`, `Đ`, `CĐ`. It reads one value and says why it cannot be a mark."""

from __future__ import annotations

import re
from decimal import Decimal

from backend.core.text import clean

_SCORE = re.compile(r"(10|[0-9])(?:[.,]([0-9]*))?")
# With or without the mark on the letter: many keyboards and old sheets have none.
_PASSED = {
    "Đ": True,
    "D": True,
    "ĐẠT": True,
    "DAT": True,
    "CĐ": False,
    "CD": False,
    "CHƯA ĐẠT": False,
    "CHUA DAT": False,
}

NOT_A_SCORE = ("Điểm là số từ 0 đến 10, ví dụ 7 hoặc 7,5.", "A mark is a number from 0 to 10, such as 7 or 7.5.")
TOO_FINE = ("Điểm chỉ lấy một chữ số thập phân.", "A mark has at most one decimal place.")
NOT_A_RESULT = ("Môn này đánh giá bằng nhận xét: ghi Đ hoặc CĐ.", "This subject is assessed by comment: write Đ or CĐ.")
IS_SCORED = (
    "Môn này đánh giá bằng điểm số, không ghi Đ hoặc CĐ.",
    "This subject is scored; Đ or CĐ cannot be entered.",
)


class NotAMark(ValueError):
    """`sentences` says why, in Vietnamese and English."""

    def __init__(self, sentences: tuple[str, str]) -> None:
        super().__init__(sentences[1])
        self.sentences = sentences


def read_score(value: str | int | float) -> Decimal:
    """0–10 with at most one decimal, exactly. A finer number is refused, not rounded: the teacher decides what was meant."""
    # repr() of a float is the shortest text that means it, so 7.5 stays 7.5.
    text = clean(value) if isinstance(value, str) else repr(value)
    if text.upper() in _PASSED:
        raise NotAMark(IS_SCORED)
    match = _SCORE.fullmatch(text)
    if match is None:
        raise NotAMark(NOT_A_SCORE)
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > 1:
        raise NotAMark(TOO_FINE)
    score = Decimal(f"{match[1]}.{fraction or '0'}")
    if score > 10:
        raise NotAMark(NOT_A_SCORE)
    return score


def read_passed(value: str | int | float) -> bool:
    passed = _PASSED.get(clean(value).upper()) if isinstance(value, str) else None
    if passed is None:
        raise NotAMark(NOT_A_RESULT)
    return passed
