"""Pupils compared with each other: one class one spelling, one pupil one row, one number one pupil."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable

from backend.people.roster.class_names import class_key, grade_of
from backend.people.roster.pupils import Taken
from backend.spreadsheets.cells import fold
from schemas.roster import BadCell, RosterGuardian, RosterPupil, RosterStaff

# Beyond these a birth year cannot belong to the grade; narrower ones would hit pupils who started late or repeated years.
_YOUNGER_YEARS_MAX, _OLDER_YEARS_MAX = 3, 8
_AGES = range(1, 80)
_STRANGE_SHARE = 0.3


def one_spelling(pupils: list[Taken], staff: list[RosterStaff]) -> None:
    """`6A1`, `6.A1` and `6A01` in one file are one class: the most frequent spelling wins."""
    spellings: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for taken in pupils:
        spellings[class_key(taken.pupil.class_name)][taken.pupil.class_name] += 1
    best = {key: counted.most_common(1)[0][0] for key, counted in spellings.items()}
    for taken in pupils:
        taken.pupil.class_name = best[class_key(taken.pupil.class_name)]
    for person in staff:
        if person.homeroom is not None:
            person.homeroom = best.get(class_key(person.homeroom), person.homeroom)
        for teaching in person.teaching:
            teaching.classes[:] = [best.get(class_key(name), name) for name in teaching.classes]


def lost_tens(pupils: list[Taken], wrong: list[BadCell]) -> list[Taken]:
    """Excel stores class 6.10 as the number 6.1. The trace: after 6.9 the file comes back to 6.1 and never names 6.10."""
    order: dict[str, list[str]] = defaultdict(list)
    for taken in pupils:
        grade, point, index = taken.pupil.class_name.partition(".")
        if point and index.isdigit() and (not order[grade] or order[grade][-1] != index):
            order[grade].append(index)
    doubtful = {
        grade
        for grade, blocks in order.items()
        if "10" not in blocks and "9" in blocks and "1" in blocks[blocks.index("9") :]
    }
    kept = []
    for taken in pupils:
        grade, _, index = taken.pupil.class_name.partition(".")
        if grade in doubtful and index == "1":
            wrong.append(taken.bad("class_became_number", "class", taken.pupil.class_name))
        else:
            kept.append(taken)
    return kept


def plausible_ages(pupils: list[Taken], school_year: str | None, today: dt.date, wrong: list[BadCell]) -> None:
    """A birth year far from the grade's is a slip of the pen. The file itself says what is usual: it may be an old one."""
    dated = [t for t in pupils if t.pupil.born_on is not None]
    started = _started(dated, school_year, today)
    strange = [t for t in dated if not _fits(t.pupil, started)]
    # Where a third of the pupils are "too old", the school is not of the usual kind and the measure does not hold.
    impossible = [t for t in dated if t.pupil.born_on is not None and today.year - t.pupil.born_on.year not in _AGES]
    measured = strange if len(strange) <= _STRANGE_SHARE * len(dated) or len(dated) < 4 else []
    for taken in {id(t): t for t in (*measured, *impossible)}.values():
        born = taken.pupil.born_on
        assert born is not None
        wrong.append(taken.bad("date_implausible", "birth", f"{born:%d/%m/}{born.year:04d}"))
        taken.pupil.born_on = None


def _started(dated: list[Taken], school_year: str | None, today: dt.date) -> int:
    starts = sorted(
        t.pupil.born_on.year + grade + 5 for t in dated if t.pupil.born_on and (grade := grade_of(t.pupil.class_name))
    )
    if len(starts) >= 5:
        return starts[len(starts) // 2]
    return int(school_year[:4]) if school_year else today.year if today.month >= 7 else today.year - 1


def _fits(pupil: RosterPupil, started: int) -> bool:
    grade = grade_of(pupil.class_name)
    if not grade or pupil.born_on is None:
        return True
    older = started - grade - 5 - pupil.born_on.year
    return -_YOUNGER_YEARS_MAX <= older <= _OLDER_YEARS_MAX


def one_row_each(pupils: list[Taken], wrong: list[BadCell]) -> tuple[list[Taken], Counter[str]]:
    """Repeated rows, the same pupil on several sheets, and namesakes. Returns the pupils and, by sheet, how many only repeat others."""
    repeats: Counter[str] = Counter()
    kept = _without_exact_repeats(pupils, wrong, repeats)
    kept = _one_row_for_each_adult(kept)
    kept = _merged_across_sheets(kept, wrong, repeats)
    kept = _in_two_classes(kept, wrong)
    kept = _namesakes(kept, wrong)
    _shared_numbers(kept, wrong)
    return kept, repeats


def _grouped(pupils: Iterable[Taken], key: Callable[[Taken], Hashable]) -> dict[Hashable, list[Taken]]:
    groups: dict[Hashable, list[Taken]] = defaultdict(list)
    for taken in pupils:
        if (value := key(taken)) is not None:
            groups[value].append(taken)
    return groups


def _by_number(name: str) -> Callable[[Taken], Hashable]:
    return lambda taken: getattr(taken.pupil, name)


def _who(taken: Taken) -> tuple[str, str]:
    return fold(taken.pupil.full_name), taken.pupil.class_name


def _without_exact_repeats(pupils: list[Taken], wrong: list[BadCell], repeats: Counter[str]) -> list[Taken]:
    seen: dict[Hashable, Taken] = {}
    kept = []
    for taken in pupils:
        p = taken.pupil
        guardians = frozenset((g.name, g.phone_e164, g.relation) for g in p.guardians)
        key = (
            p.full_name.casefold(),
            p.class_name,
            p.born_on,
            p.sex,
            p.personal_id,
            p.moedu_id,
            p.school_code,
            guardians,
        )
        first = seen.setdefault(key, taken)
        if first is taken:
            kept.append(taken)
        elif first.pupil.sheet != p.sheet:
            repeats[p.sheet] += 1
        else:
            wrong.append(taken.bad("repeated_row", "full_name", p.full_name, f"({first.row.number})"))
    return kept


def _one_row_for_each_adult(pupils: list[Taken]) -> list[Taken]:
    """Some programs write a pupil once for each parent. The rows agree in all that is the pupil's own and follow each other
    or carry the same number; the adults are others. Anything less is left to the rules for repeated pupils."""
    kept: list[Taken] = []
    latest: dict[Hashable, Taken] = {}
    for taken in pupils:
        first = latest.get(_who(taken))
        if first is not None and _same_but_for_adults(first, taken, kept[-1] is first):
            first.pupil.guardians = _united(first.pupil.guardians, taken.pupil.guardians)
        else:
            kept.append(taken)
            latest[_who(taken)] = taken
    return kept


def _same_but_for_adults(first: Taken, other: Taken, adjacent: bool) -> bool:
    one, two = first.pupil, other.pupil
    own = [(p.sheet, p.born_on, p.sex, p.personal_id, p.moedu_id, p.school_code) for p in (one, two)]
    if own[0] != own[1] or one.born_on is None or not one.guardians or not two.guardians:
        return False
    if not (adjacent or one.personal_id or one.moedu_id or one.school_code):
        return False
    parents = [{g.relation for g in p.guardians if g.relation != "guardian"} for p in (one, two)]
    names = [{fold(g.name or "") for g in p.guardians} for p in (one, two)]
    return not (parents[0] & parents[1]) and not (names[0] & names[1])


def _merged_across_sheets(pupils: list[Taken], wrong: list[BadCell], repeats: Counter[str]) -> list[Taken]:
    """One sheet may give birth dates and another the parents. A pupil is the same when name and class are, and each sheet has only one."""
    gone: set[int] = set()
    for group in _grouped(pupils, _who).values():
        sheets = Counter(t.pupil.sheet for t in group)
        if len(sheets) < 2 or max(sheets.values()) > 1:
            continue
        first = group[0]
        for other in group[1:]:
            if _contradict(first.pupil, other.pupil):
                continue
            _complete(first, other, wrong)
            gone.add(id(other))
            repeats[other.pupil.sheet] += 1
    return [taken for taken in pupils if id(taken) not in gone]


def _contradict(one: RosterPupil, two: RosterPupil) -> bool:
    """Two different birth dates or numbers are two pupils, or an error that must be seen; never one pupil."""
    pairs = (
        (one.born_on, two.born_on),
        (one.personal_id, two.personal_id),
        (one.moedu_id, two.moedu_id),
        (one.school_code, two.school_code),
    )
    return any(left is not None and right is not None and left != right for left, right in pairs)


def _complete(first: Taken, other: Taken, wrong: list[BadCell]) -> None:
    one, two = first.pupil, other.pupil
    one.born_on, one.personal_id = one.born_on or two.born_on, one.personal_id or two.personal_id
    one.moedu_id, one.school_code = one.moedu_id or two.moedu_id, one.school_code or two.school_code
    if one.sex is not None and two.sex is not None and one.sex != two.sex:
        wrong.append(other.bad("sheets_disagree", "sex", two.sex, f"({first.pupil.sheet}!{first.row.number})"))
        one.sex = None
    else:
        one.sex = one.sex or two.sex
    one.guardians = _united(one.guardians, two.guardians)


def _united(one: list[RosterGuardian], two: list[RosterGuardian]) -> list[RosterGuardian]:
    """Every phone and every name once; a name without a phone gives way to the same name with one."""
    joined = list(dict.fromkeys([*one, *two]))
    called = {fold(g.name) for g in joined if g.name is not None and g.phone_e164 is not None}
    phones = {g.phone_e164 for g in joined if g.name is not None and g.phone_e164 is not None}
    return [
        g
        for g in joined
        if not (g.phone_e164 is None and fold(g.name or "") in called)
        and not (g.name is None and g.phone_e164 in phones)
    ]


def _in_two_classes(pupils: list[Taken], wrong: list[BadCell]) -> list[Taken]:
    """The same number and the same name in two classes: the file must say which. Neither row is taken."""
    gone: set[int] = set()
    for number in ("personal_id", "moedu_id"):
        for group in _grouped(pupils, _by_number(number)).values():
            names, classes = {fold(t.pupil.full_name) for t in group}, {t.pupil.class_name for t in group}
            if len(group) > 1 and len(names) == 1 and len(classes) > 1:
                for taken in group:
                    if id(taken) not in gone:
                        wrong.append(taken.bad("two_classes", "class", taken.pupil.class_name, _others(taken, group)))
                        gone.add(id(taken))
    return [taken for taken in pupils if id(taken) not in gone]


def _namesakes(pupils: list[Taken], wrong: list[BadCell]) -> list[Taken]:
    gone: set[int] = set()
    for group in _grouped(pupils, _who).values():
        if len(group) == 1:
            continue
        for position, taken in enumerate(group):
            rivals = [t for t in group[:position] if id(t) not in gone and not _told_apart(t.pupil, taken.pupil)]
            if not rivals:
                continue
            first, second = rivals[0], taken
            if first.pupil.born_on is not None and first.pupil.born_on == second.pupil.born_on:
                wrong.append(
                    second.bad("same_pupil_twice", "full_name", second.pupil.full_name, f"({first.row.number})")
                )
                wrong.append(
                    first.bad("same_pupil_first", "full_name", first.pupil.full_name, f"({second.row.number})")
                )
                gone.add(id(second))
            else:
                wrong.append(second.bad("same_name", "full_name", second.pupil.full_name, f"({first.row.number})"))
    kept = [taken for taken in pupils if id(taken) not in gone]
    for group in _grouped(
        kept, lambda t: (fold(t.pupil.full_name), t.pupil.born_on) if t.pupil.born_on else None
    ).values():
        for position, taken in enumerate(group):
            if any(
                not _numbers_differ(t.pupil, taken.pupil) or t.pupil.class_name == taken.pupil.class_name
                for t in group[:position]
            ):
                wrong.append(
                    taken.bad("same_name_and_birth", "full_name", taken.pupil.full_name, _others(taken, group))
                )
    return kept


def _told_apart(one: RosterPupil, two: RosterPupil) -> bool:
    if one.born_on is not None and two.born_on is not None and one.born_on != two.born_on:
        return True
    return _numbers_differ(one, two)


def _numbers_differ(one: RosterPupil, two: RosterPupil) -> bool:
    pairs = ((one.personal_id, two.personal_id), (one.moedu_id, two.moedu_id), (one.school_code, two.school_code))
    return any(left is not None and right is not None and left != right for left, right in pairs)


def _shared_numbers(pupils: list[Taken], wrong: list[BadCell]) -> None:
    """Two pupils with one number: nobody can tell whose it is, so neither keeps it."""
    for number in ("personal_id", "moedu_id", "school_code"):
        for group in _grouped(pupils, _by_number(number)).values():
            if len(group) > 1:
                for taken in group:
                    wrong.append(
                        taken.bad(f"{number}_twice", number, getattr(taken.pupil, number), _others(taken, group))
                    )
                for taken in group:
                    setattr(taken.pupil, number, None)


def _others(taken: Taken, group: list[Taken]) -> str:
    places = [f"{t.pupil.sheet}!{t.row.number}" for t in group if t is not taken]
    return f"({', '.join(places[:5])})"
