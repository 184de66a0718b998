"""What a child is asked for, by table and by property: days, part of a period, siblings, papers, absences, instalments."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.fees.amounts import Child, Relief, Terms, asked, parts, school_days, total

D = date
SEPTEMBER: dict[str, Any] = {"scope": "school", "period_from": D(2026, 9, 1), "period_to": D(2026, 9, 30)}
# 1 and 2 September 2026 are the national day; the month has 22 weekdays, so 20 days of school.
CLOSED = frozenset((D(2026, 9, 1), D(2026, 9, 2)))
HERE = Child(joined_on=D(2026, 8, 15))
POOR = Relief("exemption", "poor", "GCN hộ nghèo 12/2026", D(2026, 1, 1), D(2026, 12, 31), percent=50)


def of(child: Child = HERE, unit: int = 35_000, **terms: Any) -> list[tuple[str, int]]:
    lines = asked(Terms(**{**SEPTEMBER, **terms}), unit, child, CLOSED, on=D(2026, 9, 5))
    return [(line.kind, line.amount) for line in lines]


def test_days_of_school_leave_out_weekends_holidays_and_closed_days() -> None:
    assert len(school_days(D(2026, 9, 1), D(2026, 9, 30), CLOSED, saturdays=False)) == 20
    assert len(school_days(D(2026, 9, 1), D(2026, 9, 30), CLOSED, saturdays=True)) == 24


@pytest.mark.parametrize(
    ("child", "terms", "lines"),
    [
        (HERE, {}, [("base", 35_000)]),
        (HERE, {"quantity": 3}, [("base", 105_000)]),
        (HERE, {"counting": "school_days"}, [("base", 700_000)]),
        (Child(joined_on=D(2026, 9, 14)), {"counting": "school_days"}, [("base", 13 * 35_000)]),
        (Child(joined_on=D(2026, 8, 1), left_on=D(2026, 9, 11)), {"counting": "school_days"}, [("base", 7 * 35_000)]),
        (Child(joined_on=D(2026, 10, 1)), {"counting": "school_days"}, []),
        (Child(joined_on=D(2026, 9, 14)), {}, [("base", 35_000)]),
        (Child(joined_on=D(2026, 9, 14)), {"pro_rata": True}, [("base", 35_000 * 13 // 20)]),
        (Child(joined_on=D(2026, 10, 5)), {"pro_rata": True}, []),
        (Child(joined_on=D(2026, 8, 1), attended=17), {"counting": "attended_days"}, [("base", 17 * 35_000)]),
        (Child(joined_on=D(2026, 8, 1)), {"counting": "attended_days"}, []),
        (Child(joined_on=D(2026, 8, 1), sibling=2), {"sibling_percent": 10}, [("base", 35_000), ("sibling", -3_500)]),
        (HERE, {"sibling_percent": 10}, [("base", 35_000)]),
        (Child(joined_on=D(2026, 8, 1), reliefs=(POOR,)), {}, [("base", 35_000), ("exemption", -17_500)]),
        (Child(joined_on=D(2026, 8, 1), reliefs=(POOR, POOR, POOR)), {},
         [("base", 35_000), ("exemption", -17_500), ("exemption", -17_500)]),
        (Child(joined_on=D(2026, 8, 1), credited_days=(D(2026, 8, 20), D(2026, 8, 21))), {"counting": "school_days"},
         [("base", 700_000), ("absence_credit", -70_000)]),
        (Child(joined_on=D(2026, 8, 1), credited_days=(D(2026, 8, 20), D(2026, 8, 21)), reliefs=(POOR,)), {"counting": "school_days"},
         [("base", 700_000), ("exemption", -350_000), ("absence_credit", -35_000)]),
        (Child(joined_on=D(2026, 9, 29), credited_days=(D(2026, 8, 20), D(2026, 8, 21))), {"counting": "school_days"},
         [("base", 70_000), ("absence_credit", -35_000)]),
        (Child(joined_on=D(2026, 8, 1), credited_days=(D(2026, 8, 20),)), {}, [("base", 35_000)]),
    ],
)  # fmt: skip
def test_what_a_child_is_asked_for(child: Child, terms: dict[str, Any], lines: list[tuple[str, int]]) -> None:
    assert of(child, **terms) == lines


def test_a_paper_counts_from_its_first_to_its_last_day() -> None:
    for first, last, counts in [(D(2026, 9, 1), D(2026, 9, 1), True), (D(2026, 9, 2), D(2027, 1, 1), False)]:
        relief = Relief("support", "poor", "QĐ 1", first, last, amount=10_000)
        assert (("support", -10_000) in of(Child(joined_on=D(2026, 8, 1), reliefs=(relief,)))) is counts


@given(st.integers(1, 10**9), st.integers(1, 12))
def test_instalments_add_up_and_differ_by_a_dong_at_most(whole: int, count: int) -> None:
    each = parts(whole, count)
    assert sum(each) == whole and max(each) - min(each) <= 1 and each == sorted(each, reverse=True)


_DAYS = st.dates(D(2026, 7, 1), D(2026, 11, 30))
_RELIEFS = st.builds(
    Relief, st.sampled_from(["exemption", "support"]), st.just("poor"), st.just("QĐ"), _DAYS, _DAYS,
    percent=st.integers(1, 100), amount=st.none() | st.integers(1, 10**7),
)  # fmt: skip


@given(
    st.builds(
        Child,
        joined_on=_DAYS,
        left_on=st.none() | _DAYS,
        sibling=st.integers(1, 4),
        reliefs=st.lists(_RELIEFS, max_size=4).map(tuple),
        attended=st.integers(0, 24),
        credited_days=st.lists(_DAYS, max_size=30).map(tuple),
    ),
    st.integers(1, 5_000_000),
    st.sampled_from(["fixed", "school_days", "attended_days"]),
    st.integers(0, 100),
    st.booleans(),
)
def test_nobody_is_asked_below_nothing_nor_beyond_the_whole(
    child: Child, unit: int, counting: Any, percent: int, pro_rata: bool
) -> None:
    terms = Terms(**SEPTEMBER, counting=counting, sibling_percent=percent, pro_rata=pro_rata)
    lines = asked(terms, unit, child, CLOSED, on=D(2026, 9, 5))
    assert 0 <= total(lines) <= unit * (1 if counting == "fixed" else 30)
    assert all(line.amount < 0 for line in lines[1:]) and all(isinstance(line.amount, int) for line in lines)
