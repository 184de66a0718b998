"""Shapes of the gateways on the wire: hooks and their keys, what pulling found, links to pay at a gateway."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from schemas.money import Dong, PositiveDong

ProviderName = Literal["sepay", "casso", "payos", "vnpay", "momo"]
Secret = Annotated[str, Meta(min_length=8, max_length=256)]
KeyName = Literal["token", "api_key", "client_id", "tmn_code", "partner_code", "access_key"]
Keys = dict[KeyName, Annotated[str, Meta(max_length=256)]]


class NewHook(Struct, forbid_unknown_fields=True):
    """`secret` where the gateway gives it (Casso V2, payOS, VNPay, MoMo); otherwise it is made here and shown once."""

    provider: ProviderName
    auth: Literal["hmac", "apikey", "token"] | None = None
    secret: Secret | None = None
    keys: Keys = {}


class HookKeys(Struct, forbid_unknown_fields=True):
    """A new secret, and keys that have changed; the others stay."""

    secret: Secret | None = None
    keys: Keys = {}


class HookShown(Struct):
    """`pulls`: the gateway's own list is read every ten minutes, so that what the hook gave up is recovered."""

    hook_key: str
    provider: ProviderName
    title: str
    bank_account_id: int
    path: str
    auth: str
    pulls: bool
    created_at: datetime


class OpenedHook(Struct):
    """`secret` is shown this once, and only if it was made here."""

    hook: HookShown
    secret: str | None


class HookHealth(Struct):
    """`silent`: the gateway's list knows movements that the hook has not told for more than forty minutes."""

    hook_key: str
    provider: ProviderName
    title: str
    bank_account_id: int
    path: str
    auth: str
    pulls: bool
    created_at: datetime
    closed_at: datetime | None
    last_told_at: datetime | None
    last_pulled_at: datetime | None
    pull_error: str | None
    missed: int
    silent: bool


class GapDay(Struct):
    """One account and day: how many movements the hooks told, how many the lists know, and how many only the lists told."""

    account_number: str
    booked_on: date
    pushed: int
    pulled: int
    both: int
    recovered: int
    recovered_in: Dong
    recovered_out: Dong


class Recovered(Struct):
    """A movement that no hook told; it was found in the gateway's list and settled through the same door."""

    provider: ProviderName
    event_key: str
    account_number: str
    direction: Literal["in", "out"]
    amount: PositiveDong
    booked_at: datetime
    recovered_at: datetime
    state: str


class Gaps(Struct):
    hooks: list[HookHealth]
    days: list[GapDay]
    recovered: list[Recovered]


class PayLink(Struct):
    """Where to send the browser. Coming back from there proves nothing: the bill is paid when the gateway says so to us."""

    provider: ProviderName
    invoice_id: UUID
    order_code: str
    amount: PositiveDong
    pay_url: str
    expires_at: datetime


class PayLinkAsked(Struct, forbid_unknown_fields=True):
    """`provider` where the school has several."""

    provider: Literal["payos", "vnpay", "momo"] | None = None
