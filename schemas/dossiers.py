"""Shapes of requests to the school: what a family files, what the office does with it, and how far it has come."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.files import Kept
from schemas.people import Relation

State = Literal[
    "received", "needs_papers", "answered", "in_work", "granted", "refused", "ready", "sent", "collected", "withdrawn"
]
OfficeStep = Literal["add", "withdraw", "ask", "start", "postpone", "grant", "refuse", "ready", "send", "collect"]
Step = Literal[
    "file", "add", "withdraw", "ask", "start", "postpone", "grant", "refuse", "ready", "send", "collect"
]  # fmt: skip

Kind = Annotated[str, Meta(pattern=r"^[a-z0-9-]{3,40}$", examples=["confirm-enrolment"])]
Number = Annotated[str, Meta(examples=["HS-2026-0042"])]
Title = Annotated[str, Meta(examples=["Giấy xác nhận học sinh đang học"])]
Details = Annotated[str, Meta(max_length=2000, examples=["Xin 2 bản để làm thẻ xe buýt."])]
Note = Annotated[str, Meta(max_length=1000, examples=["Thiếu bản sao giấy khai sinh."])]
Files = Annotated[list[UUID], Meta(max_length=10)]
PaperName = Annotated[str, Meta(min_length=1, max_length=200, examples=["Bản sao giấy khai sinh"])]
Seen = Annotated[
    int, Meta(ge=1, examples=[3], description="How many steps the writer has seen; after another one it is refused.")
]


No = Annotated[bool, Meta(examples=[False])]
Promise = Annotated[date, Meta(examples=["2026-10-16"])]
Applicant = Annotated[str, Meta(examples=["Nguyễn Thị Hoa"])]


class DossierKind(msgspec.Struct, frozen=True):
    """What may be asked of the school. `papers` and `about` are what the school's own answers tell; `topic` names that answer.

    `promised_on` is the day that would be promised to whoever files today. A `sensitive` kind is about poverty, illness or disability.
    """

    kind: Kind
    title: Title
    topic: Annotated[str, Meta(examples=["confirm-enrolment"])]
    open: bool
    working_days: Annotated[int, Meta(examples=[2])]
    promised_on: Promise
    sensitive: No
    homeroom: No
    about: Annotated[str, Meta(examples=["Xin tại văn phòng trường, ghi rõ dùng vào việc gì."])] = ""
    papers: Annotated[list[str], Meta(examples=[["Giấy khai sinh"]])] = []
    fee: Annotated[str, Meta(examples=["Không thu."])] = ""


class DossierKinds(msgspec.Struct, frozen=True):
    kinds: list[DossierKind]


class KindRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`open`: families may file it in the app. `homeroom`: the class's homeroom teacher may follow it; never for a sensitive kind."""

    open: bool
    working_days: Annotated[int, Meta(ge=1, le=60, examples=[3])]
    homeroom: bool = False


class NewDossier(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`dossier_id` comes from the sender, so that the same request twice is one. `file_ids` were uploaded before."""

    dossier_id: UUID
    pupil_id: UUID
    kind: Kind
    details: Details = ""
    file_ids: Files = []


class CounterDossier(NewDossier, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Entered by the office for a guardian who came. `papers` are those handed over on paper."""

    guardian_id: UUID
    papers: Annotated[list[PaperName], Meta(max_length=20)] = []


class OfficeDeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`note` says which papers are missing, why it is refused or takes longer, or where the result is collected.

    `add` and `withdraw` enter what the family brought or said at the counter.
    """

    step_id: UUID
    seen: Seen
    step: OfficeStep
    note: Note = ""
    file_ids: Files = []
    promised_on: Promise | None = None


class FamilyDeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`add`: papers or words that were missing. `withdraw`: the family wants it no more."""

    step_id: UUID
    seen: Seen
    step: Literal["add", "withdraw"]
    note: Note = ""
    file_ids: Files = []


class DossierStep(msgspec.Struct, frozen=True):
    """`by` is the school's member of staff or the guardian. What another guardian wrote or attached is not shown to a family."""

    number: int
    step: Step
    state: State
    note: Annotated[str, Meta(examples=["Gửi bổ sung giấy khai sinh."])]
    files: list[Kept]
    promised_on: Promise | None
    by: Annotated[str, Meta(examples=["Nguyễn Thị Hoa"])] | None
    by_school: No
    at: datetime


class DossierRow(msgspec.Struct, frozen=True, kw_only=True):
    """`promised_on` is empty while papers of the family are waited for. `waits`: the family has something to do."""

    school_id: int
    dossier_id: UUID
    number: Number
    kind: Kind
    title: Title
    sensitive: No
    pupil_id: UUID
    pupil_name: str
    class_name: str | None
    state: State
    steps: int
    received_at: datetime
    changed_at: datetime
    promised_on: Promise | None
    overdue: No
    waits: No


class FamilyDossier(DossierRow, frozen=True, kw_only=True):
    """`own`: filed by the reader; only then `details` and `papers` are shown. `next` are the steps the reader may take."""

    school_name: str
    own: bool
    applicant: Applicant | None
    via: Literal["app", "counter"]
    details: Details
    papers: list[PaperName]
    history: list[DossierStep]
    next: list[Literal["add", "withdraw"]] = []


class FamilyDossierRow(DossierRow, frozen=True, kw_only=True):
    """`note` is the school's newest word: which papers are missing, where to collect, why it was refused."""

    school_name: str
    note: Annotated[str, Meta(examples=["Nhận tại văn phòng, giờ hành chính."])]


class FamilyDossiers(msgspec.Struct, frozen=True):
    """What waits for the family first, then the newest."""

    dossiers: list[FamilyDossierRow]


class StaffDossierRow(DossierRow, frozen=True, kw_only=True):
    applicant: Applicant | None


class DossierPage(msgspec.Struct, frozen=True):
    """`next` is the `before` of the following page. `overdue` and `waiting` count what the whole school has: late, and not yet looked at."""

    dossiers: list[StaffDossierRow]
    next: Annotated[str, Meta(examples=["2026-10-1601a220b3-ce56-7e5c-8bfe-7a20096247f2"])] | None
    overdue: int
    waiting: int
    open: int


class StaffDossier(StaffDossierRow, frozen=True, kw_only=True):
    relation: Relation | None
    phone: str | None
    via: Literal["app", "counter"]
    details: Details
    papers: list[PaperName]
    history: list[DossierStep]
    next: list[OfficeStep] = []


class Filed(msgspec.Struct, frozen=True):
    dossier_id: UUID
    number: Number
    promised_on: Promise | None
    received_at: datetime


class Stepped(msgspec.Struct, frozen=True):
    """Where the request stands after the step."""

    state: State
    steps: int
    promised_on: Promise | None
