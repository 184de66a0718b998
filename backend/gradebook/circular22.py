"""The arithmetic of circular 22/2021 for grades 6–12, in exact decimals. It knows no table, no clock and no pupil.

Every average is rounded once, half up, to one decimal; later formulas use that rounded value, as printed.
Binary floats and banker's rounding are both wrong here: 8.25 must become 8.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

TENTH = Decimal("0.1")
_MIDTERM_WEIGHT = 2
_FINAL_WEIGHT = 3
# A commented subject has two regular assessments a semester, whatever its periods (articles 6 and 7).
_REGULAR_WHEN_COMMENTED = 2

GOOD, FAIR, PASS, FAIL = "good", "fair", "pass", "fail"  # Tốt, Khá, Đạt, Chưa đạt
_RANK = {FAIL: 0, PASS: 1, FAIR: 2, GOOD: 3}
_BY_RANK = {rank: level for level, rank in _RANK.items()}


def rounded(value: Decimal) -> Decimal:
    return value.quantize(TENTH, ROUND_HALF_UP)


def regular_marks_required(periods_a_year: int, *, commented: bool = False) -> int:
    """How many regular marks a semester has (article 6): up to 35 periods 2, up to 70 periods 3, above 4."""
    if commented or periods_a_year <= 35:
        return _REGULAR_WHEN_COMMENTED
    return 3 if periods_a_year <= 70 else 4


def regular_marks_allowed(periods_a_year: int, *, commented: bool = False) -> int:
    """One more than required: the result of an elective module counts as a further regular mark (THPT)."""
    return regular_marks_required(periods_a_year, commented=commented) + 1


def semester_average(regular: Sequence[Decimal], midterm: Decimal | None, final: Decimal | None) -> Decimal | None:
    """ĐTBmhk = (Σ regular + 2·midterm + 3·final) / (n + 5), n being the regular marks recorded.

    None while the midterm or the final is missing: an average over fewer weights would be a number that means nothing.
    """
    if midterm is None or final is None or not regular:
        return None
    total = sum(regular, Decimal(0)) + _MIDTERM_WEIGHT * midterm + _FINAL_WEIGHT * final
    return rounded(total / (len(regular) + _MIDTERM_WEIGHT + _FINAL_WEIGHT))


def year_average(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    """ĐTBmcn = (ĐTBmhkI + 2·ĐTBmhkII) / 3, from the rounded semester averages."""
    if first is None or second is None:
        return None
    return rounded((first + 2 * second) / 3)


def semester_passed(regular: Sequence[bool], midterm: bool | None, final: bool | None) -> bool | None:
    """A commented subject is Đạt when all its required assessments were rated Đạt. None while one is missing."""
    if midterm is None or final is None or len(regular) < _REGULAR_WHEN_COMMENTED:
        return None
    return all(regular) and midterm and final


def year_passed(first: bool | None, second: bool | None) -> bool | None:
    """The result of the second semester is the result of the year."""
    del first
    return second


def learning_level(scored: Sequence[Decimal], commented: Sequence[bool]) -> str:
    """KQHT of a semester or year (article 9, clause 2), before the adjustment of clause 3."""
    failed = sum(not passed for passed in commented)
    lowest = min(scored, default=Decimal(0))
    if not failed and lowest >= Decimal("6.5") and _at_least(scored, "8.0") >= 6:
        return GOOD
    if not failed and lowest >= Decimal("5.0") and _at_least(scored, "6.5") >= 6:
        return FAIR
    if failed <= 1 and lowest >= Decimal("3.5") and _at_least(scored, "5.0") >= 6:
        return PASS
    return FAIL


def adjusted_level(scored: Sequence[Decimal], commented: Sequence[bool]) -> str:
    """Clause 3: a level that fell by two or more below good or fair because of one single subject is raised by one.

    The one subject is read as made harmless (it may count towards the six subjects), the usual reading.
    """
    actual = learning_level(scored, commented)
    for would in _levels_without_one_subject(scored, commented):
        if would in (GOOD, FAIR) and _RANK[would] - _RANK[actual] >= 2:
            return _BY_RANK[_RANK[actual] + 1]
    return actual


def _levels_without_one_subject(scored: Sequence[Decimal], commented: Sequence[bool]) -> list[str]:
    mended = [learning_level([*scored[:i], Decimal(10), *scored[i + 1 :]], commented) for i in range(len(scored))]
    mended += [
        learning_level(scored, [*commented[:i], True, *commented[i + 1 :]])
        for i, passed in enumerate(commented)
        if not passed
    ]
    return mended


def _at_least(scored: Sequence[Decimal], bound: str) -> int:
    return sum(score >= Decimal(bound) for score in scored)
