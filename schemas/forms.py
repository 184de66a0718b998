"""Shapes of slips and questionnaires: what a school asks, what a family answers and signs, and how far it has come."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.announcements import To
from schemas.people import Relation

Signature = Literal["one", "both", "answer"]
# Asked about every pupil, or answered once for all children that a guardian has in an area's schools.
Per = Literal["pupil", "family"]
Deed = Literal["signed", "withdrawn"]
Device = Literal["phone", "tablet", "computer", "paper", "unknown"]
PupilState = Literal["missing", "partly", "done", "disagree", "nobody"]

QuestionId = Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,30}$", examples=["q1"])]
Words = Annotated[str, Meta(min_length=1, max_length=500, examples=["Gia đình đồng ý cho con đi tham quan?"])]
Option = Annotated[str, Meta(min_length=1, max_length=150, examples=["Cơm gà"])]
Options = Annotated[list[Option], Meta(min_length=2, max_length=30)]
Title = Annotated[str, Meta(min_length=1, max_length=150, examples=["Phiếu đồng ý đi tham quan"])]
Body = Annotated[
    str, Meta(max_length=5000, examples=["Tham quan Bảo tàng ngày 12/12/2026, đi từ 7 giờ, về lúc 11 giờ."])
]
RemindDays = Annotated[list[Annotated[int, Meta(ge=0, le=30)]], Meta(max_length=10)]


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An earlier question that offers choices, and the answers after which a later one is asked; of several choices one is enough."""

    question: QuestionId
    answers: Annotated[list[Option], Meta(min_length=1, max_length=30)]


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    id: QuestionId
    text: Words
    required: bool = True


class Asked(Wording, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    """`id` is the form's own; answers name it. With `when` it is asked only after one of those answers; whatever else was filled in is
    left out then, and `required` holds only where it is asked. Without `when` nothing of it stands in the words that are signed.
    """

    when: Condition | msgspec.UnsetType = msgspec.UNSET


class Consent(Asked, frozen=True, forbid_unknown_fields=True, tag="consent"):
    """yes or no."""


class OneOf(Asked, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="one_of"):
    options: Options


class SeveralOf(Asked, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="several_of"):
    options: Options


class Number(Asked, frozen=True, forbid_unknown_fields=True, tag="number"):
    """Up to two decimals."""

    least: int | None = None
    most: int | None = None


class ShortText(Asked, frozen=True, forbid_unknown_fields=True, tag="text"):
    """At most 500 letters."""


class Day(Asked, frozen=True, forbid_unknown_fields=True, tag="date"):
    earliest: date | None = None
    latest: date | None = None


class Paper(Asked, frozen=True, forbid_unknown_fields=True, tag="file"):
    """The answer is the `file_id` of a picture or PDF that the guardian uploaded before."""


Question = Consent | OneOf | SeveralOf | Number | ShortText | Day | Paper
Questions = Annotated[list[Question], Meta(max_length=30)]
Answer = str | list[str] | int | float
Answers = dict[str, Answer]


class NewForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`form_id` is made by the client, so that a repeated request is the same form.

    `signature`: `one` guardian signs for a child, `both` (all who hold custody) sign, or it is just an `answer` without a signature.
    `remind_days` are days before `due_on` on which those whose answer is missing are reminded.
    """

    form_id: UUID
    title: Title
    body: Body
    questions: Questions
    audience: To
    signature: Signature
    due_on: date
    remind_days: RemindDays = msgspec.field(default_factory=lambda: [3, 1])


class FormText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Other words. Once somebody has answered they are a new version, which `new_version` has to say: everybody is asked again."""

    title: Title
    body: Body
    questions: Questions
    new_version: bool = False


class Until(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    due_on: date


class FormOpened(msgspec.Struct, frozen=True):
    """`guardians` were told; `pupils` are asked about."""

    form_id: UUID
    version: int
    notice_id: UUID
    opened_at: datetime
    pupils: int
    guardians: int


class FormChanged(msgspec.Struct, frozen=True):
    """`asked_again`: guardians whose signatures are under the older words and no longer count."""

    version: int
    asked_again: int


class Reminded(msgspec.Struct, frozen=True):
    """Guardians who were written to; whoever was reminded today already is not among them."""

    guardians: int


class FormRow(msgspec.Struct, frozen=True):
    """A form with how far it has come. `may_read_answers`: the reader wrote it or runs the school. `from_area`: the commune or province
    that wrote it, whose words, last day and end it keeps."""

    form_id: UUID
    version: int
    title: str
    body: str
    questions: list[Question]
    text_sha256: str
    signature: Signature
    audience: To
    from_area: str | None
    per: Per
    class_name: str | None
    due_on: date
    remind_days: list[int]
    author: str
    mine: bool
    may_read_answers: bool
    opened_at: datetime
    closed_at: datetime | None
    open: bool
    pupils: int
    answered: int


class FormPage(msgspec.Struct, frozen=True):
    """Newest first. `next` is the cursor of the following page, null at the end."""

    forms: list[FormRow]
    next: UUID | None


class Signer(msgspec.Struct, frozen=True):
    """A guardian of a pupil in the results. `counts`: signed, not withdrawn, and under the present words.

    `answers` are null for readers who may only see who is missing. `entitled` is false for one whose custody has ended since.
    """

    guardian_id: UUID
    full_name: str | None
    relation: Relation
    entitled: bool
    has_account: bool
    deed: Deed | None = None
    counts: bool = False
    version: int | None = None
    at: datetime | None = None
    via: Literal["app", "paper"] | None = None
    signature_id: UUID | None = None
    answers: Answers | None = None


class PupilResult(msgspec.Struct, frozen=True):
    """`differ` names the questions that guardians answered differently; a yes beside a no makes the state `disagree`."""

    pupil_id: UUID
    full_name: str
    class_name: str | None
    state: PupilState
    differ: list[str]
    signers: list[Signer]


class FormResults(msgspec.Struct, frozen=True):
    """`tally` counts answers by question and choice, over pupils whose guardians agree; null without the right to read answers."""

    form: FormRow
    counts: dict[str, int]
    tally: dict[str, dict[str, int]] | None
    pupils: list[PupilResult]


class NewSignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`version` and the words read are what is signed. One signature may be for several children; their answers are then the same.

    `name` is typed by the signer; `drawing` may add a drawn one (a PNG as base64). Forms that are just an answer need neither.
    """

    signature_id: UUID
    version: int
    pupil_ids: Annotated[list[UUID], Meta(min_length=1, max_length=20)]
    answers: Answers
    name: Annotated[str, Meta(max_length=100, examples=["Nguyễn Thu Ý"])] = ""
    drawing: Annotated[str, Meta(max_length=120_000)] | None = None


class Withdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    signature_id: UUID
    pupil_ids: Annotated[list[UUID], Meta(min_length=1, max_length=20)]


class PaperSlip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A slip that a guardian signed on paper and handed in; the school enters what it says."""

    signature_id: UUID
    version: int
    pupil_id: UUID
    guardian_id: UUID
    answers: Answers


class SlipSeal(msgspec.Struct, frozen=True):
    """`sha256` is of the exact text that was signed for the child."""

    pupil_id: UUID
    sha256: str


class Signed(msgspec.Struct, frozen=True):
    signature_id: UUID
    at: datetime
    slips: list[SlipSeal]


class FamilySigner(msgspec.Struct, frozen=True):
    """Who of the family has signed for a child. What others answered is theirs and not shown."""

    name: str | None
    relation: Relation
    mine: bool
    signed: bool
    at: datetime | None


class FamilyFormChild(msgspec.Struct, frozen=True):
    """`waits`: something of the reader is still missing. `answers` are the reader's own newest, null before the first or when withdrawn."""

    pupil_id: UUID
    full_name: str
    may_sign: bool
    waits: bool
    signers: list[FamilySigner]
    signature_id: UUID | None
    answers: Answers | None


class FamilyForm(msgspec.Struct, frozen=True):
    school_id: int
    school_name: str
    form_id: UUID
    version: int
    title: str
    body: str
    questions: list[Question]
    text_sha256: str
    signature: Signature
    due_on: date
    open: bool
    author: str
    notice_id: UUID
    per: Per
    children: list[FamilyFormChild]


class FamilyFormRow(msgspec.Struct, frozen=True):
    school_id: int
    form_id: UUID
    per: Per
    title: str
    signature: Signature
    due_on: date
    open: bool
    waits: bool
    children: list[str]


class FamilyForms(msgspec.Struct, frozen=True):
    """Open forms first, then what was closed in the last months."""

    forms: list[FamilyFormRow]


class SignedSlip(msgspec.Struct, frozen=True):
    """What was signed, provably: `sha256` is of `text` in UTF-8, byte for byte."""

    school_name: str
    title: str
    pupil_name: str
    text: str
    sha256: str
    deed: Deed
    signer_name: str
    via: Literal["app", "paper"]
    device: Device
    at: datetime
    version: int
    counts: bool
    drawn: bool
    number: int


class SlipHistory(msgspec.Struct, frozen=True):
    """Everything that was signed and withdrawn for a child under a form, oldest first."""

    slips: list[SignedSlip]


class FormRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`remind_hour`: the hour of the school's day at which reminders leave."""

    remind_hour: Annotated[int, Meta(ge=6, le=20)]
