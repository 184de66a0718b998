"""Shapes of identity: asking for a code, signing in, who am I, signed-in devices, roles, the audit trail."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

PhoneText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=40,
        description="A telephone number as people write it.",
        examples=["0912 345 678", "+84912345678"],
    ),
]
DeviceName = Annotated[
    str, Meta(max_length=80, description="What the reader calls the device.", examples=["Điện thoại của mẹ"])
]
DeviceKind = Literal["app", "browser", "console"]
Language = Literal["vi", "en"]
PersonKind = Literal["guardian", "staff"]
Role = Literal["teacher", "accountant", "school_admin", "inbox"]
SixDigits = Annotated[str, Meta(min_length=6, max_length=12, description="Six digits; blanks do not matter.")]


class AskForCode(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    phone: PhoneText


class CodeAsked(msgspec.Struct, kw_only=True):
    """The same for every telephone number, known or not."""

    expires_in_seconds: int
    ask_again_in_seconds: int


class VerifyCode(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    phone: PhoneText
    code: SixDigits
    device_name: DeviceName = ""
    device_kind: DeviceKind = "app"
    person: Annotated[str, Meta(max_length=64, description="Key of the person, where two share the phone.")] | None = (
        None
    )


class ChoosePerson(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    ticket: Annotated[str, Meta(max_length=1000)]
    person: Annotated[str, Meta(max_length=64)]
    device_name: DeviceName = ""
    device_kind: DeviceKind = "app"


class PasswordSignIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    phone: PhoneText
    password: Annotated[str, Meta(min_length=1, max_length=200)]
    totp: SixDigits | None = None
    device_name: DeviceName = ""
    device_kind: DeviceKind = "console"


class Renew(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    refresh_token: Annotated[str, Meta(min_length=1, max_length=200)]


class SignedIn(msgspec.Struct, kw_only=True, tag_field="outcome", tag="signed_in"):
    """The access token goes into `Authorization: Bearer`; the refresh token is used once, for the next pair."""

    account_id: UUID
    session_id: UUID
    full_name: str
    language: Language
    device_kind: DeviceKind
    second_factor: bool
    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime


class PersonChoice(msgspec.Struct, kw_only=True):
    key: str
    masked_name: str
    kinds: list[PersonKind]


class Choose(msgspec.Struct, kw_only=True, tag_field="outcome", tag="choose"):
    """The code was right and several people share this phone: say who you are, with the ticket instead of the code."""

    ticket: str
    ticket_expires_at: datetime
    people: list[PersonChoice]


class MyPerson(msgspec.Struct, kw_only=True):
    """Who the account is in one school."""

    school_id: int
    school_name: str
    kind: PersonKind
    person_id: UUID
    roles: list[Role] = []


class Me(msgspec.Struct, kw_only=True):
    account_id: UUID
    full_name: str
    phone: str
    language: Language
    has_password: bool
    second_factor_enrolled: bool
    second_factor: Annotated[bool, Meta(description="Whether this session has passed the second factor.")]
    persons: list[MyPerson]
    areas: list[str]


class ChangeMe(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    language: Language


class Session(msgspec.Struct, kw_only=True):
    """A signed-in device."""

    session_id: UUID
    device_name: str
    device_kind: DeviceKind
    address: str
    created_at: datetime
    last_used_at: datetime
    current: bool


class SetPassword(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    password: Annotated[str, Meta(min_length=10, max_length=200)]
    current: Annotated[str, Meta(max_length=200, description="The password so far, if there is one.")] | None = None


class SecondFactorSecret(msgspec.Struct, kw_only=True):
    """For an authenticator app; it counts only after it was confirmed with a code."""

    secret: str
    otpauth_uri: str


class SecondFactorCode(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    totp: SixDigits


class AccessToken(msgspec.Struct, kw_only=True):
    """A new access token of the same session; the refresh token stays as it is."""

    access_token: str
    access_expires_at: datetime
    second_factor: bool


class Invite(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    reset: Annotated[
        bool, Meta(description="Also drop the password and the second factor and sign out everywhere.")
    ] = False


class GrantRole(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    role: Role


class StaffRoles(msgspec.Struct, kw_only=True):
    staff_id: UUID
    roles: list[Role]


class AuditEvent(msgspec.Struct, kw_only=True):
    audit_id: UUID
    happened_at: datetime
    actor_kind: Literal["account", "system", "command"]
    actor_account_id: UUID | None
    actor_name: str | None
    action: str
    subject_kind: str
    subject_id: str
    detail: dict[str, Any]
    request_id: str | None


class AuditPage(msgspec.Struct, kw_only=True):
    """Newest first. `before` asks for the next page; null: there is none."""

    events: list[AuditEvent]
    before: UUID | None


class AccountEvent(msgspec.Struct, kw_only=True):
    event_id: UUID
    happened_at: datetime
    action: str
    address: str | None


class AccountEventPage(msgspec.Struct, kw_only=True):
    events: list[AccountEvent]
    before: UUID | None


class AreaSchool(msgspec.Struct, kw_only=True):
    """A school of the area, in counts only: an area sees no pupil."""

    school_id: int
    code: str
    name: str
    level: str
    province_code: str | None
    commune_code: str | None
    pupils: int
    classes: int
    staff: int
    guardians: int
    guardians_signed_in: int
