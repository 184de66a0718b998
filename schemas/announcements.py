"""Shapes of announcements: what is written, to whom, and who has read it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta


class ToSchool(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="school"):
    """Every family of the school."""


class ToGrade(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="grade"):
    grade: Annotated[int, Meta(ge=0, le=12)]


class ToClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="class"):
    class_id: UUID


class ToPupils(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="pupils"):
    """The families of these pupils. Such a message may be personal, so that lock screens do not show its title."""

    pupil_ids: Annotated[list[UUID], Meta(min_length=1, max_length=500)]


To = ToSchool | ToGrade | ToClass | ToPupils


class NewAnnouncement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`announcement_id` is made by the client, so that a repeated request is the same announcement."""

    announcement_id: UUID
    title: Annotated[str, Meta(min_length=1, max_length=150, examples=["Họp phụ huynh lớp 6A1"])]
    body: Annotated[str, Meta(min_length=1, max_length=5000, examples=["18 giờ thứ Sáu, tại phòng học lớp 6A1."])]
    audience: To
    needs_acknowledgement: bool = False
    urgent: bool = False


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
    """An announcement with how far it has come. `class_name` is of an announcement to one class."""

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


class AnnouncementPage(msgspec.Struct, frozen=True):
    """Newest first. `next` is the cursor of the following page, null at the end."""

    announcements: list[AnnouncementRow]
    next: UUID | None
