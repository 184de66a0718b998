"""Shapes of announcements: what is written, to whom, in which state it is, and who has read it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.files import Kept


class ToSchool(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="school"):
    """Every family of the school."""


class ToGrade(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="grade"):
    grade: Annotated[int, Meta(ge=0, le=12)]


class ToClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="class"):
    class_id: UUID


class ToPupils(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="pupils"):
    """The families of these pupils. Such a message may be personal, so that lock screens do not show its title."""

    pupil_ids: Annotated[list[UUID], Meta(min_length=1, max_length=500)]


class ToGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="group"):
    """The families of a club, a bus line, a choir, as the group stands when the letter leaves."""

    group_id: UUID


class ToAbsent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="absent"):
    """The families of those who are absent on the day the letter leaves; of one class, or of the school."""

    class_id: UUID | None = None


class ToUnpaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="unpaid"):
    """The families who owe something that is due when the letter leaves. Gifts are owed by nobody."""

    class_id: UUID | None = None


class ToUnacknowledged(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="unacknowledged"):
    """The homes that got another letter and where nobody has acknowledged it."""

    announcement_id: UUID
    class_id: UUID | None = None


class ToUnanswered(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="unanswered"):
    """The homes that were asked with a form and from whom an answer is still missing."""

    form_id: UUID
    class_id: UUID | None = None


To = ToSchool | ToGrade | ToClass | ToPupils | ToGroup | ToAbsent | ToUnpaid | ToUnacknowledged | ToUnanswered
FileIds = Annotated[list[UUID], Meta(max_length=5)]


class NewAnnouncement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`announcement_id` is made by the client, so that a repeated request is the same announcement.

    `file_ids` were uploaded by the author; `corrects` is an earlier announcement that this one puts right.
    """

    announcement_id: UUID
    title: Annotated[str, Meta(min_length=1, max_length=150, examples=["Họp phụ huynh lớp 6A1"])]
    body: Annotated[str, Meta(min_length=1, max_length=5000, examples=["18 giờ thứ Sáu, tại phòng học lớp 6A1."])]
    audience: To
    needs_acknowledgement: bool = False
    urgent: bool = False
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    file_ids: FileIds = []
    corrects: UUID | None = None


class Announced(msgspec.Struct, frozen=True):
    """`guardians` were addressed; `without_account` of them have never signed in, so the app cannot reach them."""

    announcement_id: UUID
    notice_id: UUID
    published_at: datetime
    guardians: int
    without_account: int


class AudienceIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    audience: To


class AnnouncementRow(msgspec.Struct, frozen=True):
    """An announcement with how far it has come. `class_name` is of an announcement to one class, `group_name` of one to a group.

    `author` is the commune's or province's office where the letter came from there. `corrected_by` is a later one that puts it right.
    `area_file_ids` hang on a letter of the area; with one announcement they stand in `files` too.
    """

    announcement_id: UUID
    notice_id: UUID
    title: str
    body: str
    audience: To
    class_name: str | None
    needs_acknowledgement: bool
    urgent: bool
    author: str
    mine: bool
    published_at: datetime
    recalled_at: datetime | None
    recipients: int
    opened: int
    acknowledged: int
    group_name: str | None = None
    expires_at: datetime | None = None
    files: list[Kept] = []
    corrects: UUID | None = None
    corrected_by: UUID | None = None
    from_area: bool = False
    area_file_ids: list[UUID] = []


class AnnouncementPage(msgspec.Struct, frozen=True):
    """Newest first. `next` is the cursor of the following page, null at the end."""

    announcements: list[AnnouncementRow]
    next: UUID | None


Approval = Literal["none", "teachers", "everything"]


class AnnouncementRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a school writes. `approval`: nobody's letters, teachers' letters, or every letter needs a second person.

    `undo_seconds`: how long a letter waits before it leaves; `reminder_hour`: when reminders of the evening before go out.
    """

    approval: Approval = "none"
    undo_seconds: Annotated[int, Meta(ge=0, le=3600)] = 30
    reminder_hour: Annotated[int, Meta(ge=6, le=21)] = 19


class AskAgain(msgspec.Struct, forbid_unknown_fields=True):
    """`reminder_id` is made by the client, so that a repeated request is the same reminder."""

    reminder_id: UUID


class AskedAgain(msgspec.Struct, frozen=True):
    """`guardians` had not answered and are asked again; 0 when everybody has."""

    reminder_id: UUID
    guardians: int
