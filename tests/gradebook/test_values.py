"""What teachers type as a mark."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.gradebook.values import IS_SCORED, NOT_A_RESULT, NOT_A_SCORE, TOO_FINE, NotAMark, read_passed, read_score


@pytest.mark.parametrize(
    ("typed", "score"),
    [("7,5", "7.5"), ("7.5", "7.5"), (" 8 ", "8.0"), ("10", "10.0"), ("10,0", "10.0"), ("0", "0.0"), ("9,", "9.0"),
     (7, "7.0"), (7.5, "7.5"), (0, "0.0"), (10.0, "10.0"), ("7,50", "7.5")],
)  # fmt: skip
def test_a_score_is_read_exactly(typed: str | int | float, score: str) -> None:
    assert read_score(typed) == Decimal(score)


@pytest.mark.parametrize(
    ("typed", "why"),
    [("11", NOT_A_SCORE), ("10,1", NOT_A_SCORE), ("-1", NOT_A_SCORE), ("x", NOT_A_SCORE), ("", NOT_A_SCORE),
     (",5", NOT_A_SCORE), ("1e1", NOT_A_SCORE), (float("nan"), NOT_A_SCORE), (1e-7, NOT_A_SCORE), (True, NOT_A_SCORE),
     ("8,25", TOO_FINE), (8.25, TOO_FINE), (0.1 + 0.2, TOO_FINE), ("Đ", IS_SCORED), ("cđ", IS_SCORED),
     ("७", NOT_A_SCORE)],
)  # fmt: skip
def test_what_is_no_score_is_refused_with_its_reason(typed: str | float, why: tuple[str, str]) -> None:
    with pytest.raises(NotAMark) as refused:
        read_score(typed)
    assert refused.value.sentences == why


@pytest.mark.parametrize(
    ("typed", "passed"), [("Đ", True), ("đ", True), ("d", True), ("CĐ", False), ("cđ", False), ("CĐ", False)]
)
def test_a_result_is_read_with_or_without_marks(typed: str, passed: bool) -> None:
    assert read_passed(typed) is passed


@pytest.mark.parametrize("typed", ["8", 8, 1, True, "K", ""])
def test_a_commented_subject_takes_no_number(typed: str | int) -> None:
    with pytest.raises(NotAMark) as refused:
        read_passed(typed)
    assert refused.value.sentences == NOT_A_RESULT


@given(st.integers(0, 100), st.sampled_from([",", "."]))
def test_every_mark_of_the_scale_survives_both_commas(tenths: int, comma: str) -> None:
    assert read_score(f"{tenths // 10}{comma}{tenths % 10}") == Decimal(tenths) / 10


@given(st.text(max_size=12) | st.floats() | st.integers())
def test_anything_is_read_or_refused(typed: str | int | float) -> None:
    with suppress(NotAMark):
        assert 0 <= read_score(typed) <= 10
    with suppress(NotAMark):
        assert read_passed(typed) in (True, False)
