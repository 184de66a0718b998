"""The form of a class's homework as values: one field a subject, one day for all or each subject's next lesson, copies to parallel classes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from uuid import UUID, uuid5

import msgspec

from backend.core.problems import BAD_REQUEST, INVALID, FieldError, Problem
from backend.homework.desk import Ahead, Desk, Parallel
from backend.homework.rules import NOTHING
from backend.pages.forms import into
from schemas.homework import HomeworkLine, HomeworkLook

NOT_FOR_SOME = (
    "Bài cho riêng vài em không chép sang lớp khác được.",
    "What is for some pupils cannot be copied to other classes.",
)
GENERAL = "general"
_FIELDS = {"due_on": "due_on", "file_ids": "file", "bring": "bring", "pupil_ids": "some", "class_id": "copy"}


class Said(msgspec.Struct, frozen=True):
    """Lines, and for each the field of the form in which its text stands."""

    lines: list[HomeworkLine]
    fields: list[str]


def lines_of(form: Mapping[str, str], desk: Desk, ahead: Mapping[UUID, Ahead], files: Sequence[str]) -> Said:
    """`ahead` by class. Raises INVALID that points at the form's own fields."""
    codes = [one.code for one in (*desk.own, *desk.others) if form.get(f"body-{one.code}", "").strip()]
    general, bring = form.get(GENERAL, "").strip(), form.get("bring", "").strip()
    some = [str(one.pupil_id) for one in desk.pupils if form.get(f"some-{one.pupil_id}")]
    copies = copied(form, desk)
    if some and copies:
        raise INVALID(FieldError("/copy", *NOT_FOR_SOME))
    # A file alone belongs to nothing in particular; beside a single subject it is that subject's.
    alone = len(codes) == 1 and not general and not bring
    whole = bool(general or bring or (files and not alone))
    said: list[tuple[str | None, str]] = [(code, form[f"body-{code}"]) for code in codes]
    if whole:
        said.append((None, general))
    if not said:
        raise INVALID(FieldError(f"/{first_field(desk)}", *NOTHING))
    key = _key(form)
    lines, fields = [], []
    for room in (None, *copies):
        class_id = desk.class_id if room is None else room.class_id
        for code, body in said:
            if room is not None and not room.takes(code):
                continue
            values = {
                "homework_id": str(uuid5(key, f"{class_id}:{code or ''}")),
                "class_id": str(class_id),
                "subject_code": code,
                "due_on": _due_on(form, code, ahead[class_id]),
                "body": body,
                "bring": bring if code is None else "",
                "file_ids": list(files) if (code is None or alone) else [],
                "pupil_ids": some,
            }
            field = f"body-{code}" if code else GENERAL
            try:
                lines.append(into(HomeworkLine, values))
            except Problem as problem:
                raise INVALID(*(_placed(error, error.pointer, field) for error in problem.errors)) from problem
            fields.append(field)
    return Said(lines, fields)


def _key(form: Mapping[str, str]) -> UUID:
    """Of this filling in of the form: sent twice, it is written once."""
    try:
        return UUID(form.get("key", ""))
    except ValueError as error:
        raise BAD_REQUEST() from error


def _due_on(form: Mapping[str, str], code: str | None, ahead: Ahead) -> str | None:
    """A subject's next lesson; where no timetable says when that is, it is left open. A word to the class is for its next day."""
    if form.get("when") != "lesson":
        return form.get("due_on", "").strip() or "?"
    if code is None:
        return str(ahead.next_day)
    return str(ahead.lessons[code]) if code in ahead.lessons else None


def copied(form: Mapping[str, str], desk: Desk) -> list[Parallel]:
    return [one for one in desk.parallel if form.get(f"copy-{one.class_id}")]


def first_field(desk: Desk) -> str:
    return f"body-{desk.own[0].code}" if desk.own else GENERAL


def marks_of(found: HomeworkLook, said: Said) -> set[str]:
    """What was found, as the form carries it: changed words, or another day, make other marks."""
    marks: set[str] = set()
    for line in found.lines:
        field, due_on = said.fields[line.line], said.lines[line.line].due_on
        marks |= {f"{field}:{_mark(f'{one.defect}:{one.words}')}" for one in line.findings}
        marks |= {f"{due_on}"} if line.closed else set()
    return marks


def _mark(text: str) -> str:
    return blake2b(text.encode(), digest_size=6).hexdigest()


def in_fields(problem: Problem, said: Said) -> Problem:
    """What the room says of its lines, at the fields of the form."""
    errors = []
    for error in problem.errors:
        _, _, rest = error.pointer.partition("/lines/")
        number, _, within = rest.partition("/")
        field = said.fields[int(number)] if number.isdigit() and int(number) < len(said.fields) else GENERAL
        errors.append(_placed(error, f"/{within}", field))
    return Problem(problem.kind, errors=tuple(errors), params=problem.params)


def _placed(error: FieldError, pointer: str, field: str) -> FieldError:
    name = pointer.strip("/").partition("/")[0]
    return FieldError(f"/{_FIELDS.get(name, field)}", error.vi, error.en)
