"""Shapes of what a family wants to hear, of who was not reached, and of what reaching costs."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Choice = Literal["instant", "digest", "off"]
PreferredChannel = Literal["push", "webpush", "zalo", "zalo_bot", "telegram", "email"]
PaidChannel = Literal["zns", "sms"]
TimeOfDay = Annotated[
    str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="HH:MM in Vietnam", examples=["18:30"])
]


class KindChoices(msgspec.Struct, forbid_unknown_fields=True):
    """At once, with the day's digest, or not at all; absence cannot be switched off, since it is about where the child is."""

    announcement: Choice = "instant"
    absence: Literal["instant"] = "instant"
    mark: Choice = "instant"
    homework: Choice = "digest"
    message: Choice = "instant"
    form: Choice = "instant"
    event: Choice = "instant"
    invoice: Choice = "instant"
    payment: Choice = "instant"
    reminder: Choice = "instant"
    feed: Choice = "instant"
    dossier: Choice = "instant"


class Preferences(msgspec.Struct, forbid_unknown_fields=True):
    """Of one person, over all schools. Quiet hours absent: as the school's server has them; equal: never quiet.

    `zalo_templates`: whether Zalo messages may come to the telephone number (ZNS). “Stop” in a Zalo chat says no; absent: as it was.
    """

    kinds: KindChoices = msgspec.field(default_factory=KindChoices)
    digest_at: TimeOfDay = "18:30"
    quiet_from: TimeOfDay | None = None
    quiet_until: TimeOfDay | None = None
    preferred_channel: PreferredChannel | None = None
    language: Literal["vi", "en"] | None = None
    zalo_templates: bool | None = None


class Unreached(msgspec.Struct, frozen=True):
    """A guardian whom nothing reached, or a pupil about whom nobody gets notices (then without a guardian).

    `reason` is where the last way ended. `home_reached`: another guardian of the same children was reached.
    """

    guardian_id: UUID | None
    guardian_name: str | None
    has_phone: bool
    pupil_names: list[str]
    class_name: str | None
    channel: str | None
    reason: str
    call_result: Literal["reached", "not_reached"] | None
    home_reached: bool


class Remainder(msgspec.Struct, frozen=True):
    """`addressed` = `reached` + `pending` + `unreached`, exactly: everybody is in one of the three."""

    addressed_count: int
    reached_count: int
    pending_count: int
    unreached_count: int
    homes_count: int
    homes_reached_count: int
    urgency: Literal["ordinary", "important", "urgent", "emergency"]
    unreached: list[Unreached]


class EmergencyIn(msgspec.Struct, forbid_unknown_fields=True):
    """Why families are to be woken. It is kept with the notice and in the audit trail."""

    reason: Annotated[str, Meta(min_length=5, max_length=500, examples=["Bão số 9: học sinh nghỉ học ngày mai"])]


class Call(msgspec.Struct, frozen=True):
    """A family to ring up about a notice that nothing else brought to it."""

    notice_id: UUID
    notice_kind: str
    notice_title: str | None
    guardian_id: UUID
    guardian_name: str | None
    phone: str | None
    pupil_names: list[str]
    class_name: str | None
    listed_at: datetime
    result: Literal["reached", "not_reached"] | None
    calls_count: int
    called_at: datetime | None


class CallList(msgspec.Struct, frozen=True):
    """Oldest first; who was reached is no longer on it."""

    calls: list[Call]


class CallResult(msgspec.Struct, forbid_unknown_fields=True):
    """What became of a call. Reached counts as the family being reached; not reached stays on the list."""

    result: Literal["reached", "not_reached"]


class ChannelBudget(msgspec.Struct, frozen=True):
    """In đồng. `uncertain_count`: sent, perhaps, but never answered; counted as spent."""

    channel: PaidChannel
    month_cap: int
    spent: int
    left: int
    sent_count: int
    uncertain_count: int


class Budgets(msgspec.Struct, frozen=True):
    month: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}$", examples=["2026-11"])]
    channels: list[ChannelBudget]


class MonthCap(msgspec.Struct, forbid_unknown_fields=True):
    """In đồng a month; 0 stops what costs money on this channel."""

    month_cap: Annotated[int, Meta(ge=0, le=10_000_000_000, examples=[2_000_000])]
