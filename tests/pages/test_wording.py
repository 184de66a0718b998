"""Days, times, money and marks as people in Vietnam write them, and as English readers expect them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from backend.pages import wording


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [(Decimal("8.5"), "8,5", "8.5"), (10, "10,0", "10.0"), (0, "0,0", "0.0"), (7.25, "7,2", "7.2"), (None, "", "")],
)
def test_marks(value: Decimal | float | None, vi: str, en: str) -> None:
    assert (wording.score(value), wording.score(value, "en")) == (vi, en)


def test_money() -> None:
    assert wording.money(1_250_000) == "1.250.000\u00a0đ"
    assert wording.money(1_250_000, "en") == "1,250,000\u00a0đ"


def test_days_and_moments_are_the_schools() -> None:
    late_in_utc = datetime(2026, 11, 24, 18, 5, tzinfo=UTC)
    assert wording.moment(late_in_utc) == "01:05, 25/11/2026"
    assert wording.moment(late_in_utc, "en") == "01:05, 25 Nov 2026"
    assert wording.day(late_in_utc) == "25/11/2026"
    assert (wording.day(date(2026, 9, 5)), wording.weekday("2026-09-05")) == ("05/09/2026", "Thứ Bảy")
    assert wording.weekday(date(2026, 9, 6), "en") == "Sunday"
    assert (wording.day(None), wording.moment(None)) == ("", "")


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("+84961234567", "0961 234 567"), ("+842253825000", "0225 3825000"), ("", ""), (None, "")],
)
def test_phones(stored: str | None, shown: str) -> None:
    assert wording.phone(stored).replace(" ", "") == shown.replace(" ", "")
