"""Circular 22 by its vectors (tests/gradebook/vectors.json, computed independently with rational arithmetic)."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.gradebook import circular22 as c22

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("vectors.json").read_text(encoding="utf-8")
)
LEVELS = {"Tốt": c22.GOOD, "Khá": c22.FAIR, "Đạt": c22.PASS, "Chưa đạt": c22.FAIL}


def decimals(texts: list[str]) -> list[Decimal]:
    return [Decimal(text) for text in texts]


@pytest.mark.parametrize("vector", VECTORS["tt22_semester"], ids=lambda v: v["id"])
def test_a_semester_average_is_the_one_in_the_gradebook(vector: dict[str, Any]) -> None:
    average = c22.semester_average(decimals(vector["tx"]), Decimal(vector["gk"]), Decimal(vector["ck"]))
    assert str(average) == vector["dtbmhk"]


@pytest.mark.parametrize("vector", VECTORS["tt22_year"], ids=lambda v: v["id"])
def test_a_year_average_is_made_of_rounded_semesters(vector: dict[str, Any]) -> None:
    assert str(c22.year_average(Decimal(vector["hk1"]), Decimal(vector["hk2"]))) == vector["dtbmcn"]


@pytest.mark.parametrize("vector", VECTORS["tt22_n_tx"], ids=lambda v: str(v["periods"]))
def test_periods_decide_how_many_regular_marks_there_are(vector: dict[str, int]) -> None:
    assert c22.regular_marks_required(vector["periods"]) == vector["n_tx"]


def test_a_commented_subject_has_two_regular_marks_whatever_its_periods() -> None:
    assert c22.regular_marks_required(105, commented=True) == 2


@pytest.mark.parametrize("vector", VECTORS["tt22_class"], ids=lambda v: v["id"])
def test_the_learning_level_and_its_adjustment(vector: dict[str, Any]) -> None:
    scored, commented = decimals(vector["scored"]), [word == "Đ" for word in vector["comment"]]
    assert c22.learning_level(scored, commented) == LEVELS[vector["base"]]
    assert c22.adjusted_level(scored, commented) == LEVELS[vector["final"]]


@pytest.mark.parametrize("vector", VECTORS["tt22_end_to_end"], ids=lambda v: v["id"])
def test_a_whole_year_of_one_pupil(vector: dict[str, Any]) -> None:
    semesters: dict[str, list[Decimal]] = {"hk1": [], "hk2": [], "cn": []}
    for name, (tx1, gk1, ck1, tx2, gk2, ck2, hk1, hk2, cn) in vector[
        "subjects[tx1,gk1,ck1,tx2,gk2,ck2,hk1,hk2,cn]"
    ].items():
        first = c22.semester_average(decimals(tx1), Decimal(gk1), Decimal(ck1))
        second = c22.semester_average(decimals(tx2), Decimal(gk2), Decimal(ck2))
        year = c22.year_average(first, second)
        assert (str(first), str(second), str(year)) == (hk1, hk2, cn), name
        assert first is not None and second is not None and year is not None
        for key, value in zip(semesters, (first, second, year), strict=True):
            semesters[key].append(value)
    for key, scored in semesters.items():
        expected = vector[f"kqht_{key}"].rpartition("→")[2].strip()
        assert c22.adjusted_level(scored, [True] * 4) == LEVELS[expected], key


@pytest.mark.parametrize(("midterm", "final"), [(None, Decimal(8)), (Decimal(8), None), (None, None)])
def test_without_a_periodic_mark_there_is_no_average(midterm: Decimal | None, final: Decimal | None) -> None:
    assert c22.semester_average([Decimal(8), Decimal(9)], midterm, final) is None


def test_a_year_needs_both_semesters() -> None:
    assert c22.year_average(None, Decimal(8)) is None
    assert c22.year_average(Decimal(8), None) is None


@pytest.mark.parametrize(
    ("regular", "midterm", "final", "expected"),
    [
        ([True, True], True, True, True),
        ([True, False], True, True, False),
        ([True, True], False, True, False),
        ([True, True], True, False, False),
        ([True], True, True, None),
        ([True, True], None, True, None),
        ([True, True], True, None, None),
    ],
)
def test_a_commented_subject_passes_only_whole(
    regular: list[bool], midterm: bool | None, final: bool | None, expected: bool | None
) -> None:
    assert c22.semester_passed(regular, midterm, final) is expected


def test_the_second_semester_is_the_year_of_a_commented_subject() -> None:
    assert c22.year_passed(False, True) is True
    assert c22.year_passed(True, False) is False


tenths = st.integers(0, 100).map(lambda n: Decimal(n) / 10)


@given(st.lists(tenths, min_size=1, max_size=5), tenths, tenths)
def test_rounding_is_half_up_of_the_exact_fraction(regular: list[Decimal], midterm: Decimal, final: Decimal) -> None:
    exact = Fraction(sum(map(Fraction, regular)) + 2 * Fraction(midterm) + 3 * Fraction(final)) / (len(regular) + 5)
    average = c22.semester_average(regular, midterm, final)
    assert average is not None
    assert Fraction(average) * 10 == (exact * 10 + Fraction(1, 2)).__floor__()
