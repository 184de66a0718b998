"""Marks and averages of one's own child. Only published marks; the averages are the gradebook's own."""

from __future__ import annotations

from decimal import Decimal

from backend.gradebook.queries import grades_for_family
from bots.answers.asking import Asker
from bots.slots import Slots
from schemas.gradebook import MarkValue, PupilGrades, SubjectResult
from schemas.people import Child

_KINDS = {"mid-term": "midterm", "end-term": "final"}


async def of_child(asker: Asker, child: Child, slots: Slots) -> str | None:
    grades = await _grades(asker, child)
    if grades is None:
        return None
    subjects = _asked_for(grades, slots)
    term = _term(subjects, slots)
    lines = []
    for subject in subjects:
        for result in subject.terms:
            marks = [mark for mark in result.marks if _KINDS.get(str(slots.get("exam")), mark.kind) == mark.kind]
            if result.term == term and marks:
                lines.append(asker.say("marks_line", subject=subject.name, marks=_marks(asker, marks)))
    if not lines:
        return asker.say("marks_none", child=child.full_name, what=_what(asker, subjects, slots))
    return "\n".join([asker.say("marks_head", child=child.full_name, term=term, year=grades.school_year), *lines])


async def averages(asker: Asker, child: Child, slots: Slots) -> str | None:
    grades = await _grades(asker, child)
    if grades is None:
        return None
    subjects = _asked_for(grades, slots)
    whole_year = slots.get("term") == 0
    term = _term(subjects, slots)
    name = asker.say("whole_year") if whole_year else asker.say("term_name", term=term)
    lines = []
    for subject in subjects:
        average, passed = _result(subject, None if whole_year else term)
        if average is not None or passed is not None:
            lines.append(asker.say("marks_line", subject=subject.name, marks=_value(asker, average, passed)))
    if not lines:
        what = _what(asker, subjects, {"subject": slots["subject"]} if "subject" in slots else {})
        return asker.say("average_none", child=child.full_name, term=name, what=what)
    return "\n".join([asker.say("average_head", child=child.full_name, term=name), *lines, asker.say("average_note")])


async def standing(asker: Asker, child: Child, slots: Slots) -> str | None:
    """No ranks are produced; what there is instead are the averages."""
    found = await averages(asker, child, slots)
    return None if found is None else f"{asker.say('ranking')}\n{found}"


async def _grades(asker: Asker, child: Child) -> PupilGrades | None:
    return await grades_for_family(
        asker.house.database.reader,
        child.school_id,
        asker.account_id,
        child.pupil_id,
        asker.today,
        language=asker.language,
    )


def _asked_for(grades: PupilGrades, slots: Slots) -> list[SubjectResult]:
    asked = slots.get("subject")
    return [subject for subject in grades.subjects if asked is None or subject.code == asked]


def _term(subjects: list[SubjectResult], slots: Slots) -> int:
    """The term asked for, else the newest with anything in it."""
    asked = slots.get("term")
    if asked in (1, 2):
        return int(asked)
    return max((result.term for subject in subjects for result in subject.terms if result.marks), default=1)


def _result(subject: SubjectResult, term: int | None) -> tuple[Decimal | None, bool | None]:
    if term is None:
        return subject.year_average, subject.year_passed
    for result in subject.terms:
        if result.term == term:
            return result.average, result.passed
    return None, None


def _marks(asker: Asker, marks: list[MarkValue]) -> str:
    by_kind: dict[str, list[str]] = {}
    for mark in marks:
        by_kind.setdefault(mark.kind, []).append(_value(asker, mark.score, mark.passed))
    return " · ".join(f"{asker.say(f'kind_{kind}')} {', '.join(values)}" for kind, values in by_kind.items())


def _value(asker: Asker, score: Decimal | None, passed: bool | None) -> str:
    if score is not None:
        text = f"{score:f}"
        return text if asker.language == "en" else text.replace(".", ",")
    return asker.say("passed" if passed else "not_passed")


def _what(asker: Asker, subjects: list[SubjectResult], slots: Slots) -> str:
    what = ""
    if "subject" in slots:
        name = subjects[0].name if subjects else str(slots["subject"])
        what += asker.say("marks_of_subject", subject=name)
    if slots.get("term") in (1, 2):
        what += asker.say("marks_of_term", term=slots["term"])
    return what
