"""Shapes of an area's letters: what a commune or province writes to all its schools, and how far it has come."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.announcements import FileIds
from schemas.files import Kept

SchoolLevel = Literal["preschool", "primary", "lower_secondary", "upper_secondary", "mixed"]


class NewAreaLetter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`letter_id` is made by the client. `level`: only schools of this kind. `file_ids` were
    uploaded for the area by the writer. Without `undo_seconds` it waits a minute."""

    letter_id: UUID
    area_code: Annotated[str, Meta(min_length=1, max_length=20, examples=["31"])]
    title: Annotated[str, Meta(min_length=1, max_length=150, examples=["Nghỉ học tránh bão"])]
    body: Annotated[str, Meta(min_length=1, max_length=5000, examples=["Học sinh nghỉ học ngày 16/10/2026."])]
    level: SchoolLevel | None = None
    needs_acknowledgement: bool = False
    urgent: bool = False
    send_at: Annotated[datetime, Meta(tz=True)] | None = None
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    undo_seconds: Annotated[int, Meta(ge=0, le=3600)] = 60
    file_ids: FileIds = []


class AreaLook(msgspec.Struct, frozen=True):
    """Before sending, as the rolls stand. `people` are told once each, also those who are guardians in several of the schools."""

    schools: int
    pupils: int
    guardians: int
    guardians_signed_in: int
    people: int


class AreaLetter(msgspec.Struct, frozen=True):
    """`state`: waiting until it may leave, leaving school by school, sent, taken_back before it left, recalled afterwards.

    `guardians` were addressed so far, in the `published` of the `schools`.
    """

    letter_id: UUID
    area_code: str
    area_name: Annotated[str, Meta(examples=["Thành phố Hải Phòng"])]
    title: str
    body: str
    level: SchoolLevel | None
    needs_acknowledgement: bool
    urgent: bool
    expires_at: datetime | None
    created_at: datetime
    due_at: datetime
    state: Literal["waiting", "leaving", "sent", "taken_back", "recalled"]
    schools: int
    published: int
    guardians: int
    files: list[Kept] = []


class AreaLetterList(msgspec.Struct, frozen=True):
    """Newest first, at most 100."""

    letters: list[AreaLetter]


class AreaSchoolProgress(msgspec.Struct, frozen=True):
    school_id: int
    name: str
    state: Literal["due", "published", "stopped", "to_recall", "recalled"]
    guardians: int | None
    published_at: datetime | None


class AreaProgress(msgspec.Struct, frozen=True):
    letter: AreaLetter
    schools: list[AreaSchoolProgress]
