"""Shapes of an area's forms: what a commune or province asks the families of all its schools, and the numbers that come back."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.area_letters import SchoolLevel
from schemas.forms import Body, Per, Question, Questions, RemindDays, Signature, Title


class NewAreaForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`form_id` is made by the client. `per`: asked about every `pupil`, or of each `family` once, whose answer then stands for all its
    children in the area's schools; a family's form has no files and no second signature. Without `undo_seconds` it waits a minute."""

    form_id: UUID
    area_code: Annotated[str, Meta(min_length=1, max_length=20, examples=["31"])]
    title: Title
    body: Body
    questions: Questions
    signature: Signature
    due_on: date
    per: Per = "pupil"
    level: SchoolLevel | None = None
    remind_days: RemindDays = msgspec.field(default_factory=lambda: [3, 1])
    undo_seconds: Annotated[int, Meta(ge=0, le=3600)] = 60


class FormCounts(msgspec.Struct, frozen=True):
    """Numbers, never names. `families` answered a family's form, each counted in the school where it signed. `tally` counts answers by
    question and choice; it is null where fewer than five have answered, so that nobody's answer is told by a number."""

    pupils: int = 0
    done: int = 0
    partly: int = 0
    missing: int = 0
    disagree: int = 0
    nobody: int = 0
    families: int = 0
    tally: dict[str, dict[str, int]] | None = None


class AreaFormSchool(msgspec.Struct, frozen=True):
    """`state`: `due` while the school's copy is being brought to the area's form, `done`, or `stopped` where it was taken back in time.

    `counts` are as of `counted_at`, at most some minutes old while the form is open."""

    school_id: int
    name: str
    code: str
    state: Literal["due", "done", "stopped"]
    opened_at: datetime | None
    guardians: int | None
    counted_at: datetime | None
    counts: FormCounts | None


class AreaForm(msgspec.Struct, frozen=True):
    """`state`: waiting until it may leave, leaving school by school, open, closed (also when its day is over), or taken_back."""

    form_id: UUID
    area_code: str
    area_name: Annotated[str, Meta(examples=["Thành phố Hải Phòng"])]
    level: SchoolLevel | None
    per: Per
    signature: Signature
    version: int
    title: str
    body: str
    questions: list[Question]
    due_on: date
    remind_days: list[int]
    created_at: datetime
    due_at: datetime
    state: Literal["waiting", "leaving", "open", "closed", "taken_back"]
    schools: int
    opened: int
    behind: Annotated[int, Meta(description="Schools whose copy is being brought to the newest words, day or state")]
    guardians: int
    pupils: int
    answered: int


class AreaFormList(msgspec.Struct, frozen=True):
    """Newest first, at most 100."""

    forms: list[AreaForm]


class AreaFormPage(msgspec.Struct, frozen=True):
    """A form with the numbers of every school, and their sum. Whose answers they are only the schools know."""

    form: AreaForm
    total: FormCounts
    schools: list[AreaFormSchool]
