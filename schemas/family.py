"""Shapes of the parents' API: the home screen, the inbox, and what is asked of a family."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.attendance import RollMark, Session
from schemas.gradebook import MarkKind, Score
from schemas.people import Relation

NoticeKind = Literal[
    "absence", "mark", "announcement", "invoice", "payment",
    "message", "form", "feed", "reminder", "digest", "event", "homework",
    "dossier",
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
    fee_id: UUID
    title: str
    amount: int
    due_on: date
    overdue: bool


class ToSign(msgspec.Struct, frozen=True):
    form_id: UUID
    title: str
    signature: Literal["one", "both", "answer"]
    due_on: date
    per: Literal["pupil", "family"] = "pupil"


class ToAcknowledge(msgspec.Struct, frozen=True):
    """`about` is the same for several notices of one announcement."""

    notice_id: UUID
    about: str
    title: str | None
    urgent: bool
    created_at: datetime
    area: str | None = None


class ToReply(msgspec.Struct, frozen=True):
    """A message of the school that asks for an answer and has none. In a `private` conversation only its guardian can give it."""

    thread_id: UUID
    message_id: UUID
    author: str
    private: bool
    asked_at: datetime


class ToBring(msgspec.Struct, frozen=True):
    """To school on the next day, as a teacher wrote it; ticked as done it is gone."""

    what: str
    due_on: date


class ToHandIn(msgspec.Struct, frozen=True):
    """A request to the school that waits for the family: for papers that are missing, or to be collected."""

    dossier_id: UUID
    number: str
    title: str
    state: Literal["needs_papers", "ready"]


class ToDo(msgspec.Struct, frozen=True):
    pay: list[ToPay]
    sign: list[ToSign]
    acknowledge: list[ToAcknowledge]
    reply: list[ToReply] = []
    bring: list[ToBring] = []
    hand_in: list[ToHandIn] = []


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


class TakenBy(msgspec.Struct, frozen=True):
    """Which guardian has said "I take this one"."""

    name: str | None
    relation: Relation
    mine: bool
    at: datetime


class TodoChild(msgspec.Struct, frozen=True):
    pupil_id: UUID
    full_name: str


class TodoLine(msgspec.Struct, frozen=True):
    """One thing to do, whichever children it is about, with the one place where it is done.

    `key` names it for claims. `shared`: another guardian has it, too, and one of them is enough. `open`: it waits for the reader; false
    while another guardian has taken it on and it is not overdue. `amount` is what remains to pay, in đồng.
    """

    key: str
    kind: Literal["pay", "sign", "answer", "acknowledge", "reply", "bring", "papers", "collect"]
    school_id: int
    school_name: str
    title: str | None
    children: list[TodoChild]
    amount: int | None
    due_on: date | None
    overdue: bool
    urgent: bool
    shared: bool
    open: bool
    link: str
    taken_by: TakenBy | None


class Todo(msgspec.Struct, frozen=True):
    """What is open for the reader first, then what others take care of; each by urgency."""

    on: date
    lines: list[TodoLine]


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`take_over` takes it from the guardian who has it."""

    key: Annotated[str, Meta(min_length=1, max_length=200, examples=["form:0199e0a4-6c00-7d11-a1b2-000000000005"])]
    take_over: bool = False


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: Annotated[str, Meta(min_length=1, max_length=200, examples=["form:0199e0a4-6c00-7d11-a1b2-000000000005"])]


class Home(msgspec.Struct, frozen=True):
    """Every child of the account in every school. `unread_notices` counts a notice about two children once.

    `to_do` is one list over all children and schools, folded; each child's own `to_do` repeats what it alone is about.
    """

    on: date
    unread_notices: int
    to_do: list[TodoLine]
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


class NoticeForm(msgspec.Struct, frozen=True):
    form_id: UUID
    title: str


class FamilyNotice(msgspec.Struct, frozen=True):
    """A notice in the reader's language, in full. A reminder names in `of` the notice that it says once more: the answer is given there.

    `forms` are those it asks to answer.
    """

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
    of: UUID | None = None
    forms: list[NoticeForm] = []


class Inbox(msgspec.Struct, frozen=True):
    """A page of notices, newest first. `next` is the cursor of the following page, null at the end."""

    notices: list[FamilyNotice]
    next: UUID | None
