"""Shapes of the talk between families and school: threads, messages of every kind, what is promised, what is kept in order."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.files import Kept

Desk = Literal["homeroom", "teacher", "office", "duty"]
Side = Literal["family", "school"]
Kind = Literal["text", "absent", "late", "pickup", "medicine"]
TextState = Literal["written", "edited", "withdrawn", "hidden", "restored"]
RequestState = Literal["waiting", "confirmed", "declined", "withdrawn"]
UrgentReason = Literal["sick_or_hurt", "child_missing", "safety", "pickup_changed", "family_emergency"]
ReportReason = Literal["insult", "threat", "private_data", "advertising", "fraud", "other"]

TEXT_MAX = 4000
Text = Annotated[str, Meta(max_length=TEXT_MAX, examples=["Thưa cô, hôm nay cháu hơi sốt, nhờ cô để ý giúp."])]
Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["08:15"])]
ClockOfDay = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["17:30"])]


class NewThread(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A conversation about one pupil. There is one for each counterpart: opened again, it is the one that is there.

    `staff_id` goes with desk `teacher`. A family's `private` keeps it between the asking guardian and the school's side;
    the school says with `guardian_id` which guardian it means alone.
    """

    thread_id: UUID
    pupil_id: UUID
    desk: Desk
    staff_id: UUID | None = None
    private: bool = False
    guardian_id: UUID | None = None


class Absent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="absent"):
    """The pupil will not come from the first to the last day, both included."""

    from_on: date
    to_on: date
    reason: Annotated[str, Meta(min_length=1, max_length=300, examples=["Cháu sốt, gia đình xin cho nghỉ."])]


class Late(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="late"):
    on: date
    arrives_at: Clock
    reason: Annotated[str, Meta(max_length=300)] = ""


class Pickup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="pickup"):
    """Somebody collects the pupil: on one day, or every day up to `until_on`. `leaves_at`: before school is over."""

    on: date
    collector: Annotated[str, Meta(min_length=1, max_length=100, examples=["Nguyễn Văn Tú (chú ruột)"])]
    phone: Annotated[str, Meta(min_length=1, max_length=20)]
    until_on: date | None = None
    leaves_at: Clock | None = None
    reason: Annotated[str, Meta(max_length=300)] = ""


class Medicine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="medicine"):
    """A medicine that the pupil is to take at school. It counts only once a teacher has taken note of it."""

    name: Annotated[str, Meta(min_length=1, max_length=100, examples=["Siro ho Prospan"])]
    dose: Annotated[str, Meta(min_length=1, max_length=100, examples=["5 ml, sau ăn"])]
    at: Annotated[list[Clock], Meta(min_length=1, max_length=6)]
    from_on: date
    until_on: date
    note: Annotated[str, Meta(max_length=300)] = ""


Request = Absent | Late | Pickup | Medicine


class Urgent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What cannot wait goes to the person on duty at once, with a reason and in words; how often a family does so is counted."""

    reason: UrgentReason
    words: Annotated[str, Meta(min_length=10, max_length=500, examples=["Cháu chưa về nhà, gọi không được ạ."])]


class NewMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`message_id` is made by the client, so that a repeated request is the same message. A request may come without a text."""

    message_id: UUID
    text: Text = ""
    request: Request | None = None
    urgent: Urgent | None = None
    file_ids: Annotated[list[UUID], Meta(max_length=5)] = []
    awaits_answer: Annotated[
        bool, Meta(description="The school asks for an answer: it stands on the family's list until there is one.")
    ] = False
    accepts_rules: Annotated[int | None, Meta(description="The version of the community rules taken note of.")] = None


class Posted(msgspec.Struct, frozen=True):
    """`thread_id` is where the message stands: what is urgent stands with the duty. `promise` says when an answer usually comes."""

    message_id: UUID
    thread_id: UUID
    sent_at: datetime
    folded: Annotated[bool, Meta(description="A nod or thanks: shown small, and nobody is woken for it.")]
    promised_at: datetime | None
    promise: Annotated[str | None, Meta(examples=["Cô Cúc thường trả lời trước 17:00 thứ Hai, 30/11/2026."])]


class EditedText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=TEXT_MAX)]


class RequestRow(msgspec.Struct, frozen=True):
    kind: Literal["absent", "late", "pickup", "medicine"]
    from_on: date
    to_on: date
    detail: dict[str, str | list[str] | None]
    state: RequestState
    decided_at: datetime | None
    decided_by: str | None
    note: str | None


class MessageRow(msgspec.Struct, frozen=True):
    """A message as the reader sees it. `text` is null for one that was withdrawn or hidden: its place stays.

    `read_at` is when the other side read it, as far as that is told yet.
    """

    message_id: UUID
    side: Side
    author: str
    mine: bool
    kind: Kind
    state: TextState
    text: str | None
    changed_at: datetime | None
    sent_at: datetime
    folded: bool
    urgent_reason: UrgentReason | None
    group_message_id: UUID | None
    request: RequestRow | None
    read_at: datetime | None
    promised_at: datetime | None
    files: list[Kept] = []
    awaits_answer: bool = False


class ThreadHead(msgspec.Struct, frozen=True):
    """What a list shows of a thread. `waiting_since` is for the school's side: the oldest that nobody has answered."""

    school_id: int
    thread_id: UUID
    pupil_id: UUID
    pupil_name: str
    class_name: str | None
    desk: Desk
    staff_id: UUID | None
    counterpart: str
    private: bool
    last_at: datetime | None
    last_text: str | None
    last_side: Side | None
    unread: int
    waiting_since: datetime | None
    urgent: bool
    requests_waiting: int
    muted: bool


class Threads(msgspec.Struct, frozen=True):
    """For families the newest first; for the school urgent ones, then those waiting longest, then the newest."""

    threads: list[ThreadHead]


class Thread(msgspec.Struct, frozen=True):
    """One conversation, oldest message first. `before` is the cursor of the page of older ones, null at the beginning."""

    head: ThreadHead
    side: Side
    may_write: bool
    closed_because: str | None
    promise: str | None
    folded_count: int
    messages: list[MessageRow]
    before: UUID | None


class ReadUpTo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    message_id: UUID


class Muted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    muted: bool


class Contact(msgspec.Struct, frozen=True):
    """Somebody a family can write to about a child, with what it may expect."""

    desk: Desk
    staff_id: UUID | None
    name: str
    subjects: list[str]
    promise: str | None


class Contacts(msgspec.Struct, frozen=True):
    contacts: list[Contact]


class Found(msgspec.Struct, frozen=True):
    """`exact`: how many of the words stand there with the marks they were asked with."""

    school_id: int
    thread_id: UUID
    message_id: UUID
    pupil_name: str
    counterpart: str
    text: str
    sent_at: datetime
    exact: int


class FoundMessages(msgspec.Struct, frozen=True):
    messages: list[Found]


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    offer_id: UUID
    pupil_id: UUID
    text: Annotated[str, Meta(min_length=1, max_length=TEXT_MAX, examples=["Thứ mấy họp phụ huynh vậy cô?"])]


class Suggestion(msgspec.Struct, frozen=True):
    """Something that may answer already. `path` leads to it in the family's web app."""

    kind: Literal["announcement", "fees", "attendance", "timetable", "bot"]
    title: str
    text: str
    at: datetime | None
    path: str | None


class Suggestions(msgspec.Struct, frozen=True):
    offer_id: UUID
    suggestions: list[Suggestion]


class AnsweredBy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["announcement", "fees", "attendance", "timetable", "bot"]


class Rules(msgspec.Struct, frozen=True):
    version: int
    valid_from: date
    title: str
    lines: list[str]
    accepted_at: datetime | None


class RulesAccepted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: Literal["confirmed", "declined"]
    note: Annotated[str, Meta(max_length=300)] = ""


class NewGroupMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To the families of a class, or of some of its pupils. Each family answers in a conversation of its own."""

    group_message_id: UUID
    class_id: UUID
    text: Annotated[str, Meta(min_length=1, max_length=TEXT_MAX)]
    pupil_ids: Annotated[list[UUID], Meta(max_length=200)] | None = None
    accepts_rules: int | None = None
    awaits_answer: bool = False


class GroupReply(msgspec.Struct, frozen=True):
    pupil_id: UUID
    pupil_name: str
    thread_id: UUID
    read: bool
    replied_at: datetime | None


class GroupMessage(msgspec.Struct, frozen=True):
    group_message_id: UUID
    class_id: UUID
    class_name: str
    text: str
    author: str
    sent_at: datetime
    families: int
    read: int
    replied: int
    replies: list[GroupReply]


class QuietHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Quiet from one hour to the other, over midnight when the first is the later one, and on whole weekdays (Monday is 0)."""

    quiet_from: ClockOfDay
    quiet_to: ClockOfDay
    quiet_weekdays: Annotated[list[Annotated[int, Meta(ge=0, le=6)]], Meta(max_length=7)]
    answer_by: ClockOfDay


class MyQuietHours(msgspec.Struct, frozen=True):
    own: QuietHours | None
    school: QuietHours


class MessageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    quiet: QuietHours
    translation: bool = False


class DutyTurn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On a weekday from one hour to the other; `24:00` is the end of the day."""

    staff_id: UUID
    weekday: Annotated[int, Meta(ge=0, le=6)]
    from_at: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["06:30"])]
    to_at: Annotated[str, Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", examples=["18:00"])]


class DutyRoster(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole week. Outside of all turns an administrator is called."""

    turns: Annotated[list[DutyTurn], Meta(max_length=200)]


class DutyRow(msgspec.Struct, frozen=True):
    staff_id: UUID
    staff_name: str
    weekday: int
    from_at: str
    to_at: str


class DutyRows(msgspec.Struct, frozen=True):
    turns: list[DutyRow]


class NewReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    report_id: UUID
    reason: ReportReason
    note: Annotated[str, Meta(max_length=500)] = ""


class ReportRow(msgspec.Struct, frozen=True):
    report_id: UUID
    message_id: UUID
    thread_id: UUID
    pupil_name: str
    author: str
    text: str | None
    reason: ReportReason
    note: str | None
    reported_by: str | None
    reported_at: datetime
    state: Literal["waiting", "kept", "hidden"]


class Reports(msgspec.Struct, frozen=True):
    reports: list[ReportRow]


class ReportDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: Literal["kept", "hidden"]
    note: Annotated[str, Meta(max_length=300)] = ""


class NewBlock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asked by a member of staff who is written to, decided by an administrator."""

    block_id: UUID
    thread_id: UUID
    guardian_id: UUID
    reason: Annotated[str, Meta(min_length=5, max_length=300)]


class BlockDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: Literal["granted", "refused", "ended"]
    until_on: date | None = None


class BlockRow(msgspec.Struct, frozen=True):
    block_id: UUID
    guardian_name: str
    staff_name: str
    reason: str
    asked_at: datetime
    state: Literal["waiting", "granted", "refused", "ended"]
    until_on: date | None


class Blocks(msgspec.Struct, frozen=True):
    blocks: list[BlockRow]


class TextVersion(msgspec.Struct, frozen=True):
    version: int
    state: TextState
    text: str | None
    written_by: str | None
    written_at: datetime


class OverseenMessage(msgspec.Struct, frozen=True):
    message_id: UUID
    side: Side
    author: str
    sent_at: datetime
    versions: list[TextVersion]


class Overseen(msgspec.Struct, frozen=True):
    """Everything that was ever written in a thread, withdrawn and edited texts included. Each look is recorded with its reason."""

    thread_id: UUID
    pupil_name: str
    messages: list[OverseenMessage]


class UrgentCalls(msgspec.Struct, frozen=True):
    class Family(msgspec.Struct, frozen=True):
        guardian_name: str
        pupil_name: str
        calls: int
        last_at: datetime

    families: list[Family]


class Translation(msgspec.Struct, frozen=True):
    """The original is always kept and shown beside it."""

    message_id: UUID
    language: Literal["vi", "en"]
    text: str
