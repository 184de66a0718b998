"""How pages write days, times, money and marks, in Vietnamese and in English. Pure; it knows no table and no page."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from backend.core.clock import SCHOOL_ZONE
from schemas.money import format_dong

_WEEKDAYS_VI = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def money(amount: int, language: str = "vi") -> str:
    """`1.500.000 đ`; English readers in Vietnam read the sign, but expect commas between the thousands."""
    return format_dong(amount) if language != "en" else f"{amount:,}\u00a0đ"


def score(value: Decimal | float | str | None, language: str = "vi") -> str:
    """A mark with its one decimal: `8,5` in Vietnamese, `8.5` in English; whole marks keep their zero."""
    if value is None:
        return ""
    text = f"{Decimal(str(value)):.1f}"
    return text if language == "en" else text.replace(".", ",")


def day(value: date | str | None, language: str = "vi") -> str:
    """`05/09/2026`; the English form names the month, so that nobody reads it the American way."""
    if value is None:
        return ""
    on = _date(value)
    if language == "en":
        return f"{on.day} {_MONTHS_EN[on.month - 1]} {on.year}"
    return f"{on.day:02d}/{on.month:02d}/{on.year}"


def weekday(value: date | str, language: str = "vi") -> str:
    return (_WEEKDAYS_EN if language == "en" else _WEEKDAYS_VI)[_date(value).weekday()]


def moment(value: datetime | str | None, language: str = "vi") -> str:
    """`14:05, 05/09/2026`, always on the school's clock."""
    if value is None:
        return ""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    here = at.astimezone(SCHOOL_ZONE)
    return f"{here:%H:%M}, {day(here.date(), language)}"


def clock(value: datetime | str, language: str = "vi") -> str:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{at.astimezone(SCHOOL_ZONE):%H:%M}"


def phone(value: str | None, language: str = "vi") -> str:
    """`+84961234567` → `0961 234 567`, as people in Vietnam write it."""
    if not value:
        return ""
    digits = "0" + value.removeprefix("+84") if value.startswith("+84") else value
    return f"{digits[:4]} {digits[4:7]} {digits[7:]}" if digits.startswith("0") and len(digits) == 10 else digits


def _date(value: date | str) -> date:
    if isinstance(value, datetime):
        return value.astimezone(SCHOOL_ZONE).date()
    return date.fromisoformat(value) if isinstance(value, str) else value
