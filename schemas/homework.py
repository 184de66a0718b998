"""Shapes of homework: what teachers write for a class, what families read of it, and who has looked."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.drafts import Found
from schemas.files import Kept

LINES_MAX = 60
FILES_MAX = 5
SubjectCode = Annotated[str, Meta(min_length=1, max_length=10, examples=["TOAN"])]
Body = Annotated[str, Meta(max_length=2000, examples=["Bài 1, 2, 3 trang 45"])]
Bring = Annotated[str, Meta(max_length=300, examples=["Thước kẻ, ê-ke"])]
Closed = Annotated[str, Meta(examples=["Chủ nhật"])]
Author = Annotated[str, Meta(examples=["Cô Quyên"])]
ByName = Annotated[str, Meta(examples=["Bùi Thị Ngọc Quyên"])]
PupilName = Annotated[str, Meta(examples=["Đinh Quỳnh Phương"])]
Files = Annotated[list[UUID], Meta(max_length=FILES_MAX)]


class HomeworkLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One assignment, under an id of the client's: sent twice, it is written once.

    Without `subject_code` it is a word to the class (dặn dò). Without `due_on` it is for the next lesson. `pupil_ids` empty: the whole class.
    """

    homework_id: UUID
    class_id: UUID
    subject_code: SubjectCode | None = None
    due_on: date | None = None
    body: Body = ""
    bring: Bring = ""
    file_ids: Files = []
    pupil_ids: Annotated[list[UUID], Meta(max_length=100)] = []


class NewHomework(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several subjects and parallel classes at once; all of it is written, or nothing."""

    lines: Annotated[list[HomeworkLine], Meta(min_length=1, max_length=LINES_MAX)]


class HomeworkKept(msgspec.Struct, frozen=True):
    """`written` is what is new; `told` counts the pupils whose families are told now, once a day however much follows."""

    written: int
    told: int


class LineFindings(msgspec.Struct, frozen=True):
    """`line` counts from 0. `closed`: why there is no school on its day."""

    line: int
    findings: list[Found]
    closed: Closed | None


class HomeworkLook(msgspec.Struct, frozen=True):
    """What its writer should look at once more; empty where there is nothing. It refuses nothing."""

    lines: list[LineFindings]


class HomeworkChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of it anew. `revision` is the one that the change was made from."""

    revision: Annotated[int, Meta(ge=1, examples=[1])]
    due_on: date | None = None
    body: Body = ""
    bring: Bring = ""
    file_ids: Files = []


class HomeworkRevision(msgspec.Struct, frozen=True):
    homework_id: UUID
    revision: int


class ClassHomeworkItem(msgspec.Struct, frozen=True):
    """Counted in pupils: `seen` by a guardian since it was last changed, `done` ticked by the family. `for_pupils` empty: the whole class."""

    homework_id: UUID
    subject_code: SubjectCode | None
    subject: str | None
    given_on: date
    due_on: date | None
    body: Body
    bring: Bring
    files: list[Kept]
    for_pupils: list[PupilName]
    author: Author
    revision: int
    changed_at: datetime
    withdrawn: bool
    mine_to_change: bool
    pupils: int
    seen: int
    done: int


class ClassHomework(msgspec.Struct, frozen=True):
    """Newest first, the last fortnight and whatever is still due."""

    class_id: UUID
    class_name: str
    items: list[ClassHomeworkItem]


class HomeworkVersion(msgspec.Struct, frozen=True):
    revision: int
    due_on: date | None
    body: Body
    bring: Bring
    files: int
    withdrawn: bool
    changed_by: ByName | None
    changed_at: datetime


class HomeworkPupil(msgspec.Struct, frozen=True):
    """In the order of the class list: this is no ranking."""

    pupil_id: UUID
    full_name: PupilName
    seen_at: datetime | None
    done_at: datetime | None


class HomeworkDetail(msgspec.Struct, frozen=True):
    item: ClassHomeworkItem
    class_id: UUID
    class_name: str
    pupils: list[HomeworkPupil]
    versions: list[HomeworkVersion]


class PupilHomeworkItem(msgspec.Struct, frozen=True):
    """`due_on` null: for the next lesson. `edited`: it has been changed since it was written."""

    homework_id: UUID
    subject_code: SubjectCode | None
    subject: str | None
    given_on: date
    due_on: date | None
    body: Body
    bring: Bring
    files: list[Kept]
    author: Author
    changed_at: datetime
    edited: bool
    done_at: datetime | None


class PupilHomework(msgspec.Struct, frozen=True):
    """By the day on which it is due, what is for the next lesson last; from a fortnight back. `on` is the school's day."""

    pupil_id: UUID
    class_name: str | None
    on: date
    items: list[PupilHomeworkItem]
