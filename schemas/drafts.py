"""Shapes of letters before they leave: drafts and their versions, the look before sending, approval."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.announcements import FileIds, To
from schemas.files import Kept
from schemas.forms import FormText, NewForm
from schemas.happenings import NewEvent
from schemas.messages import NewGroupMessage

DraftState = Literal["draft", "waiting", "scheduled", "published", "discarded"]
DraftDeed = Literal["edit", "send", "take_back", "approve", "return", "discard"]


class Letter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A letter that is being written; anything may still be missing. Without `send_at` it leaves when it is sent."""

    title: Annotated[str, Meta(max_length=150)] = ""
    body: Annotated[str, Meta(max_length=5000)] = ""
    audience: To | None = None
    needs_acknowledgement: bool = False
    urgent: bool = False
    send_at: Annotated[datetime, Meta(tz=True)] | None = None
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    file_ids: FileIds = []
    corrects: UUID | None = None


class DraftIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`version` is the one that was edited, 0 for a new draft: two people do not overwrite each other."""

    letter: Letter
    version: Annotated[int, Meta(ge=0)] = 0


class CarriedForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="form"):
    """A form that is to be opened."""

    form: NewForm


class CarriedWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="form_words"):
    """Other words for a form that is out."""

    form_id: UUID
    text: FormText


class CarriedMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="class_message"):
    """A message to the families of a class, each in a conversation of its own."""

    message: NewGroupMessage


class CarriedEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="event"):
    """A date for the calendar of those who got a letter, where it says more than the letter or nobody has approved that."""

    announcement_id: UUID
    event: NewEvent


Carried = CarriedForm | CarriedWords | CarriedMessage | CarriedEvent


class CarriedIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form, a message to a class or a date that is to leave as letters do. `version` is the draft that was edited, 0 for a new one.

    The draft of a form has the form's id, that of a message the message's, that of a date the event's.
    """

    carried: Carried
    version: Annotated[int, Meta(ge=0)] = 0
    undo_seconds: Annotated[int, Meta(ge=0, le=3600)] | None = None


class DraftSend(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`undo_seconds`: how long to wait before it leaves; by default as the school has it."""

    version: Annotated[int, Meta(ge=1)]
    undo_seconds: Annotated[int, Meta(ge=0, le=3600)] | None = None


class DraftVersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Annotated[int, Meta(ge=1)]


class DraftReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=500, examples=["Thiếu địa điểm."])]


class Draft(msgspec.Struct, frozen=True):
    """`due_at`: when a scheduled letter leaves. `may` is what the reader can do with it now.

    Where `carried` is set, it is no letter but a form or a message to a class, and `letter` repeats its words and audience.
    """

    announcement_id: UUID
    state: DraftState
    version: int
    letter: Letter
    author: str
    mine: bool
    changed_at: datetime
    due_at: datetime | None
    approved_by: str | None
    returned_by: str | None
    returned_reason: str | None
    class_name: str | None
    group_name: str | None
    files: list[Kept]
    may: list[DraftDeed] = []
    carried: Carried | None = None


class DraftList(msgspec.Struct, frozen=True):
    """Own drafts and, for administrators, what waits for approval or is about to leave; newest first, at most 200."""

    drafts: list[Draft]


class WrittenVersion(msgspec.Struct, frozen=True):
    version: int
    letter: Letter
    written_by: str
    written_at: datetime
    carried: Carried | None = None


class VersionList(msgspec.Struct, frozen=True):
    versions: list[WrittenVersion]


class ChannelPrice(msgspec.Struct, frozen=True):
    """`people` who may be told this way, at `each` đồng for a message of so many parts; `total` at most."""

    channel: str
    people: int
    each: int
    total: int


class Found(msgspec.Struct, frozen=True):
    """What would make families ask back, miss it or be harmed: a stable name, a sentence, and the words it is about."""

    defect: str
    sentence: str
    words: str | None = None


class SeenDate(msgspec.Struct, frozen=True):
    """A day that the letter names or means. `words` where it is only meant: thứ 6 này is Friday 04/12/2026."""

    on: date
    words: str | None = None
    deadline: bool = False


class Unreachable(msgspec.Struct, frozen=True):
    pupil_id: UUID
    full_name: str
    class_name: str | None


class Look(msgspec.Struct, frozen=True):
    """Before sending. `asks`: what families are asked to do (attend, pay, hand_in, register, answer, bring).

    Counted in homes: a home is reached when one of its guardians can be. Live audiences are counted as of now.
    """

    homes: int
    homes_reached: int
    guardians: int
    guardians_with_app: int
    unreached: list[Unreachable]
    prices: list[ChannelPrice]
    findings: list[Found]
    dates: list[SeenDate]
    amounts: list[int]
    place: str | None
    asks: list[str]
    needs_approval: bool
    leaves_at: datetime
