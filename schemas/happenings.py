"""Shapes of what follows from a letter: an entry in the families' calendar, a reminder of the evening before."""

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.files import Kept


class NewEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`event_id` is made by the client. Without `starts_at` it is the whole day."""

    event_id: UUID
    title: Annotated[str, Meta(min_length=1, max_length=150, examples=["Họp phụ huynh lớp 6A1"])]
    held_on: date
    starts_at: time | None = None
    ends_at: time | None = None
    place: Annotated[str, Meta(max_length=200, examples=["Phòng học lớp 6A1"])] | None = None


class Event(msgspec.Struct, frozen=True):
    event_id: UUID
    announcement_id: UUID
    title: str
    held_on: date
    starts_at: time | None
    ends_at: time | None
    place: str | None
    cancelled_at: datetime | None = None


class NewReminder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`about_on`: the day that the letter is about; the reminder comes the evening before."""

    about_on: date


class Reminder(msgspec.Struct, frozen=True):
    announcement_id: UUID
    about_on: date
    remind_at: datetime
    state: Literal["due", "sent", "dropped"]


class Following(msgspec.Struct, frozen=True):
    """What follows from one letter."""

    events: list[Event]
    reminders: list[Reminder]


class FamilyEvent(msgspec.Struct, frozen=True):
    """`children` are the reader's own to whom it matters."""

    school_id: int
    school_name: str
    event_id: UUID
    notice_id: UUID
    title: str
    held_on: date
    starts_at: time | None
    ends_at: time | None
    place: str | None
    children: list[str]


class FamilyEvents(msgspec.Struct, frozen=True):
    """From today on, soonest first."""

    events: list[FamilyEvent]


class FamilyLetter(msgspec.Struct, frozen=True):
    """What hangs on a notice that a school wrote. Of a recalled one nothing is left but that it was taken back.

    `corrected_by` and `corrects` are notices to the same reader.
    """

    notice_id: UUID
    recalled_at: datetime | None
    expires_at: datetime | None
    past: bool
    from_area: str | None
    files: list[Kept]
    events: list[Event]
    corrected_by: UUID | None
    corrects: UUID | None
    area_file_ids: list[UUID] = []
