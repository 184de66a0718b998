"""Shapes of devices, receipts and deliveries that failed."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

TokenKind = Literal["fcm_token", "fcm_fid"]
Platform = Literal["android", "ios", "web"]
Language = Literal["vi", "en"]

# Registration tokens and installation ids hold URL-safe letters; anything else could not be an address of FCM's.
PushToken = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=1024,
        pattern=r"^[A-Za-z0-9_:.%-]+$",
        description="The registration token or installation id that Firebase gave the app",
        examples=["c-7xZ_Q1:APA91bExampleExampleExample"],
    ),
]


class DeviceRegistration(msgspec.Struct, forbid_unknown_fields=True):
    """Sent by the app after signing in and whenever Firebase gives it a new address."""

    token: PushToken
    token_kind: TokenKind
    platform: Platform
    language: Language = "vi"


class WebPushKeys(msgspec.Struct, forbid_unknown_fields=True):
    """The browser's public key and secret, in base64url without padding."""

    p256dh: Annotated[str, Meta(min_length=86, max_length=88, pattern=r"^[A-Za-z0-9_=-]+$", examples=["B" + "A" * 86])]
    auth: Annotated[str, Meta(min_length=22, max_length=24, pattern=r"^[A-Za-z0-9_=-]+$", examples=["A" * 22])]


class WebPushRegistration(msgspec.Struct, forbid_unknown_fields=True):
    """What `PushSubscription.toJSON()` of a browser says, without its time of expiry."""

    endpoint: Annotated[
        str,
        Meta(
            min_length=12,
            max_length=1024,
            pattern=r"^https?://[\x21-\x7e]+$",
            description="Address at the browser's push service",
            examples=["https://fcm.googleapis.com/fcm/send/c-7xZ_Q1:APA91bExample"],
        ),
    ]
    keys: WebPushKeys
    language: Language = "vi"


class EmailWish(msgspec.Struct, forbid_unknown_fields=True):
    """Where somebody wants to read notices; a letter with a link goes there first."""

    email: Annotated[
        str,
        Meta(
            min_length=6,
            max_length=254,
            pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$",
            examples=["phuhuynh@example.com"],
        ),
    ]
    language: Language = "vi"


class EmailState(msgspec.Struct, frozen=True):
    """`waiting`: the link was not followed yet, and nothing else is sent there."""

    email: str | None
    state: Literal["none", "waiting", "confirmed", "unsubscribed"]


class DeviceRegistered(msgspec.Struct, frozen=True):
    """`device_id` names the address without telling it; the app keeps it for signing out."""

    device_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", examples=["9f" * 32])]
    refreshed_at: datetime


class Recipient(msgspec.Struct, frozen=True):
    """One guardian to whom a notice went, as the sender sees it by name. `push` is what became of the push, and `reason` why."""

    guardian_id: UUID
    guardian_name: str | None
    pupil_names: list[str]
    class_name: str | None
    push: Literal["due", "leased", "sent", "refused", "dead", "skipped"] | None
    reason: str | None
    delivered_at: datetime | None
    opened_at: datetime | None
    acknowledged_at: datetime | None


class Receipts(msgspec.Struct, frozen=True):
    """Counts over all recipients, and the recipients themselves, those who have not answered first; `more` are left out of the list."""

    recipients_count: int
    sent_count: int
    delivered_count: int
    opened_count: int
    acknowledged_count: int
    recipients: list[Recipient]
    more: int = 0


class DeliveryProblem(msgspec.Struct, frozen=True):
    """A guardian whom a notice could not reach on a channel, and why."""

    notice_id: UUID
    notice_kind: Literal[
        "absence",
        "mark",
        "announcement",
        "invoice",
        "payment",
        "message",
        "form",
        "feed",
        "reminder",
        "digest",
        "event",
        "homework",
        "dossier",
    ]
    notice_title: str | None
    guardian_id: UUID
    guardian_name: str | None
    pupil_names: list[str]
    channel: Literal["push", "webpush", "zalo", "zalo_bot", "telegram", "email", "zns", "sms", "call"]
    state: Literal["refused", "dead"]
    reason: str | None
    finished_at: datetime


class ContactReason(msgspec.Struct, frozen=True):
    """Why one way to a guardian does not work. `why` is ours (no_account, no_device, no_phone, not_mobile) or a provider's code."""

    channel: Literal["account", "push", "webpush", "telegram", "zalo", "zalo_bot", "email", "sms"]
    why: str
    since: datetime


class UnreachableGuardian(msgspec.Struct, frozen=True):
    """A guardian who gets notices and has no living address. `since` is when the last one ended."""

    guardian_id: UUID
    guardian_name: str | None
    pupil_names: list[str]
    class_names: list[str]
    since: datetime
    reasons: list[ContactReason]


class UnreachableGuardians(msgspec.Struct, frozen=True):
    """Counts over all guardians who get notices; by name those whom nothing reaches, the longest first."""

    guardians_count: int
    unreachable_count: int
    guardians: list[UnreachableGuardian]


class DeliveryCount(msgspec.Struct, frozen=True):
    channel: str
    state: str
    reason: str | None
    count: int


class DeliveryProblems(msgspec.Struct, frozen=True):
    """`counts`: every delivery of the last thirty days by channel, state and reason. `problems`: the newest that failed for good."""

    counts: list[DeliveryCount]
    problems: list[DeliveryProblem]


Status = Literal[
    "accepted", "delayed", "uncertain", "bounced", "blocked", "invalid", "delivered", "opened", "acknowledged"
]


class ChannelProgress(msgspec.Struct, frozen=True):
    """Deliveries of one channel. `refused` were turned away for good, `skipped` were no longer needed or not possible."""

    channel: Annotated[str, Meta(examples=["push"])]
    waiting: int
    accepted: int
    refused: int
    skipped: int


class Progress(msgspec.Struct, frozen=True):
    """Counted in people: `accepted` by at least one channel, `waiting` on at least one."""

    recipients: int
    accepted: int
    waiting: int
    delivered: int
    opened: int
    acknowledged: int
    channels: list[ChannelProgress]


class Happening(msgspec.Struct, frozen=True):
    """`delayed` will be tried again, `uncertain` was sent without an answer; `bounced`, `blocked` and `invalid` are a final no."""

    at: datetime
    channel: Annotated[str, Meta(examples=["push"])]
    status: Status
    code: Annotated[str | None, Meta(description="The provider's own word", examples=["UNREGISTERED"])]


class Happenings(msgspec.Struct, frozen=True):
    """In order of time; nothing is ever taken out."""

    guardian_id: UUID
    happenings: list[Happening]
