"""Shapes of the parents' API: the home screen, the inbox, and what is asked of a family."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from schemas.attendance import RollMark, Session
from schemas.gradebook import MarkKind, Score
from schemas.people import Relation

NoticeKind = Literal[
    "absence", "mark", "announcement", "invoice", "payment",
    "message", "form", "feed", "reminder", "digest", "event",
]  # fmt: skip


class TodayMark(msgspec.Struct, frozen=True):
    session: Session
    mark: RollMark
    note: str | None
    at: datetime


class NewestMark(msgspec.Struct, frozen=True):
    subject_code: str
    subject: str
    term: int
    kind: MarkKind
    ordinal: int
    score: Score
    passed: bool | None
    published_at: datetime


class ToPay(msgspec.Struct, frozen=True):
    """`amount` is what remains of the invoice, in đồng."""

    invoice_id: UUID
    title: str
    amount: int
    due_on: date
    overdue: bool


class ToAcknowledge(msgspec.Struct, frozen=True):
    notice_id: UUID
    title: str | None
    urgent: bool
    created_at: datetime


class ToDo(msgspec.Struct, frozen=True):
    pay: list[ToPay]
    acknowledge: list[ToAcknowledge]


class HomeChild(msgspec.Struct, frozen=True):
    """One child. `attendance` is empty while no roll was taken today; `newest_marks` are published ones, newest first."""

    school_id: int
    school_name: str
    pupil_id: UUID
    full_name: str
    relation: Relation
    can_act: bool
    class_id: UUID | None
    class_name: str | None
    attendance: list[TodayMark]
    unread_notices: int
    newest_marks: list[NewestMark]
    balance_due: int
    to_do: ToDo


class Home(msgspec.Struct, frozen=True):
    """Every child of the account in every school. `unread_notices` counts a notice about two children once."""

    on: date
    unread_notices: int
    children: list[HomeChild]


class NoticeChild(msgspec.Struct, frozen=True):
    pupil_id: UUID
    full_name: str


class NoticeRow(msgspec.Struct, frozen=True):
    """A notice as it is kept. Without title and body its text is rendered from `params` in the reader's language.

    `mark_now` is what the roll says today about the absence that the notice told of.
    """

    notice_id: UUID
    kind: NoticeKind
    title: str | None
    body: str | None
    params: dict[str, Any]
    urgent: bool
    needs_acknowledgement: bool
    created_at: datetime
    opened_at: datetime | None
    acknowledged_at: datetime | None
    children: list[NoticeChild]
    mark_now: RollMark | None = None


class FamilyNotice(msgspec.Struct, frozen=True):
    """A notice in the reader's language, in full."""

    school_id: int
    notice_id: UUID
    kind: NoticeKind
    title: str
    body: str
    urgent: bool
    needs_acknowledgement: bool
    created_at: datetime
    opened_at: datetime | None
    acknowledged_at: datetime | None
    children: list[NoticeChild]


class Inbox(msgspec.Struct, frozen=True):
    """A page of notices, newest first. `next` is the cursor of the following page, null at the end."""

    notices: list[FamilyNotice]
    next: UUID | None
