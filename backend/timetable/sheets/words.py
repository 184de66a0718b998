"""What one cell says: `Toán - Cô Lan - P.201`, `Toán (Lan)`, `T.Anh-Hoa`, `Chào cờ`. Also how a lesson is written back. Pure."""

from __future__ import annotations

import re
from uuid import UUID

import msgspec

from backend.core.text import clean, fold
from backend.timetable.sheets.names import Names
from schemas.timetable import Content

_BRACKETS = re.compile(r"[()\[\]]")
_SPACED = re.compile(r"\s+[-–—|/]\s+|\s*[\n;]\s*|\s*\|\s*")
_ROOM = re.compile(
    r"(?:p|ph|phong)\s?[a-z]?\s?\d{1,4}[a-z]?(?: \d{1,3})?|(?:phong|san|nha|hoi truong|lab|thu vien|xuong)\b.*"
)
_TITLED = re.compile(r"\s+(?=(?:cô|thầy|co|thay|gv)\.?\s+\S)", re.IGNORECASE)
_LENGTH_MAX = 80
_ROOM_MAX = 30
_NOTHING = frozenset({"", "nghi", "trong", "x", "khong", "0"})


class Said(msgspec.Struct, frozen=True):
    """content None: the slot is empty. `doubts` are codes of faults.REASONS; `unread`: the cell was not taken at all."""

    content: Content | None
    doubts: tuple[str, ...] = ()
    unread: str | None = None


def read_lesson(text: str, names: Names, class_id: UUID | None, *, teacher: str = "") -> Said:
    """`teacher`: from a column of its own beside the subject's."""
    parts = _parts(text, names, class_id)
    if not parts or fold(parts[0]) in _NOTHING:
        return Said(None)
    head, *rest = parts
    subject, doubts = names.subject(head), []
    title = None if subject else names.activity(head) or head
    if subject is None and names.activity(head) is None:
        doubts.append("subject_unknown")
    rooms = [part for part in rest if _ROOM.fullmatch(fold(part))]
    people = [part for part in rest if part not in rooms]
    if clean(teacher):
        people.append(clean(teacher))
    staff_id, words, doubt = _teacher(people, names, class_id, subject)
    if doubt:
        doubts.append(doubt)
    room = ", ".join(rooms) or None
    if any(len(one or "") > most for one, most in ((title, _LENGTH_MAX), (words, _LENGTH_MAX), (room, _ROOM_MAX))):
        return Said(None, unread="cell_long")
    return Said(Content(subject_code=subject, title=title, staff_id=staff_id, teacher=words, room=room), tuple(doubts))


def _teacher(
    people: list[str], names: Names, class_id: UUID | None, subject: str | None
) -> tuple[UUID | None, str | None, str | None]:
    """(member of staff, or the words, doubt). Two teachers of one lesson stay in words."""
    if not people:
        return None, None, None
    text = ", ".join(people)
    if len(people) > 1:
        return None, text, None
    found = names.teachers(text, class_id, subject)
    if len(found) == 1:
        return found[0].staff_id, None, None
    return None, text, "teacher_several" if found else "teacher_unknown"


def _parts(text: str, names: Names, class_id: UUID | None) -> list[str]:
    """The subject first, then whatever stands beside it."""
    parts = [part for piece in _SPACED.split(_BRACKETS.sub("\n", text)) if (part := clean(piece).strip(" -–—,.:"))]
    if len(parts) > 1 and not _known(parts[0], names) and _known(f"{parts[0]} {parts[1]}", names):
        parts[:2] = [f"{parts[0]} {parts[1]}"]
    if not parts or _known(parts[0], names):
        return parts
    return [*_apart(parts[0], names, class_id, alone=len(parts) == 1), *parts[1:]]


def _known(text: str, names: Names) -> bool:
    return names.subject(text) is not None or names.activity(text) is not None


def _apart(text: str, names: Names, class_id: UUID | None, *, alone: bool) -> list[str]:
    """`Toán-Lan`, `Toán Cô Lan`, `Toán Lan`: where the head is known, and the rest is somebody of the school or a room."""
    for place in [match.start() for match in re.finditer(r"[-–—/]", text)][::-1]:
        head, tail = text[:place].strip(), text[place + 1 :].strip()
        if head and tail and _known(head, names):
            return [head, *(clean(one) for one in re.split(r"[-–—/]", tail) if clean(one))]
    titled = _TITLED.split(text, maxsplit=1)
    if len(titled) == 2:
        return titled
    words = text.split()
    for place in range(len(words) - 1, 0, -1) if alone else ():
        head, tail = " ".join(words[:place]), " ".join(words[place:])
        if _known(head, names) and (_ROOM.fullmatch(fold(tail)) or names.teachers(tail, class_id, None)):
            return [head, tail]
    return [text]


def write_lesson(lesson: Content, names: Names) -> str:
    """As people write it, and as read_lesson reads it."""
    staff = {member.staff_id: member.full_name for member in names.staff}
    what = names.subjects.get(lesson.subject_code, lesson.subject_code) if lesson.subject_code else lesson.title
    teacher = staff.get(lesson.staff_id) if lesson.staff_id else lesson.teacher
    return " - ".join(part for part in (what, teacher, lesson.room) if part)
