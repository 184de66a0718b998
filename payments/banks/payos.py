"""payOS: payment links over the school's own bank account. It knows their wire, signs what is asked of them, and knows no bill.

They are content with any 2xx. Everything signed is verified over the raw dictionary: their own kit goes through a strict
model, so that one new field breaks it. There is no clock in the signature; what was played again is the same event.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from backend.core.crypto import same
from payments.banks import reading
from payments.banks.line import BankLine, Nothing, Unreadable
from payments.banks.reading import Number
from payments.banks.wire import Call, Keys, Order, Provider, Told, Understood, always

PROVIDER: Final = "payos"
_SIGNED_REQUEST = ("amount", "cancelUrl", "description", "orderCode", "returnUrl")
# What confirm-webhook sends to try an address out.
_TEST = (123, "TF230204212323", "124c33293c43417ab7879e14c8d9eb18")


class Data(msgspec.Struct, rename="camel"):
    """One movement, of a webhook or of a link's list of transactions."""

    order_code: int | None = None
    amount: Number | None = None
    description: str | None = None
    account_number: str | None = None
    reference: str | None = None
    transaction_date_time: str | None = None
    payment_link_id: str | None = None
    code: str | None = None
    counter_account_name: str | None = None
    counter_account_number: str | None = None
    virtual_account_number: str | None = None


class _Body(msgspec.Struct):
    data: Data


def proves(auth: str, secret: str, keys: Keys, call: Call, now: datetime) -> bool:
    try:
        body = json.loads(call.said)
    except (ValueError, RecursionError):
        return False
    if not isinstance(body, dict) or not isinstance(body.get("data"), dict):
        return False
    return verifies(secret, body["data"], body.get("signature"))


def verifies(secret: str, data: Mapping[str, Any], signature: object) -> bool:
    """Of a webhook and of their answers. An unset key closes the door."""
    return (
        bool(secret) and isinstance(signature, str) and same(signature.encode("utf-8", "replace"), sign(secret, data))
    )


def sign(secret: str, data: Mapping[str, Any]) -> str:
    return _hmac(secret, "&".join(f"{key}={_text(data[key])}" for key in sorted(data)))


def sign_request(secret: str, asked: Mapping[str, Any]) -> str:
    """Five fields, in this order, as they are."""
    return _hmac(secret, "&".join(f"{key}={asked[key]}" for key in _SIGNED_REQUEST))


def _hmac(secret: str, text: str) -> str:
    return hmac.digest(secret.encode(), text.encode("utf-8", "surrogatepass"), "sha256").hex()


def _text(value: Any) -> str:
    if value is None or value in ("null", "undefined"):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def tells(body: bytes) -> list[Told]:
    return [Told(event_key(body), body)]


def event_key(body: bytes) -> str:
    data = _data(body)
    return reading.key_or_hash(None, body) if isinstance(data, Unreadable) else movement_key(data, body)


def movement_key(data: Data, said: bytes) -> str:
    """The bank's reference within the channel; without one, what else makes a movement of a link one of its kind."""
    if data.reference and data.reference.strip():
        return reading.key_or_hash(data.reference, said)
    if data.payment_link_id and data.transaction_date_time:
        return reading.key_or_hash(f"{data.payment_link_id}-{data.amount}-{data.transaction_date_time}"[:64], said)
    return reading.key_or_hash(None, said)


def understand(body: bytes) -> Understood:
    data = _data(body)
    if isinstance(data, Unreadable):
        return data
    if (data.order_code, data.reference, data.payment_link_id) == _TEST:
        return Nothing("test")
    if data.code not in (None, "", "00"):
        return Nothing("not_paid")
    return line_of(data, body)


def understand_pulled(item: bytes) -> Understood:
    """A transaction of a link, as `pulled_item` wrote it down."""
    try:
        return line_of(msgspec.json.decode(item, type=Data), item)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Unreadable("not_json")


def pulled_item(order_code: int, link_id: str, transaction: msgspec.Raw) -> bytes:
    """Their list of a link's transactions leaves out whose they are."""
    told = msgspec.json.decode(transaction, type=dict[str, Any])
    return msgspec.json.encode({**told, "orderCode": order_code, "paymentLinkId": link_id})


def pulled_key(item: bytes) -> str:
    try:
        return movement_key(msgspec.json.decode(item, type=Data), item)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return reading.key_or_hash(None, item)


def line_of(data: Data, said: bytes) -> BankLine | Unreadable:
    amount = reading.whole_dong(data.amount)
    booked_at = reading.instant(data.transaction_date_time)
    account_number = reading.stripped(data.account_number)
    if amount is None:
        return Unreadable("no_amount")
    if booked_at is None:
        return Unreadable("no_date")
    if account_number is None:
        return Unreadable("no_account")
    return BankLine(
        source=PROVIDER,
        event_key=movement_key(data, said),
        account_number=account_number,
        direction="in",
        amount=amount,
        memo=reading.memo_of(data.description),
        booked_at=booked_at,
        bank_reference=reading.stripped(data.reference),
        virtual_account=reading.stripped(data.virtual_account_number),
        payer_account=reading.stripped(data.counter_account_number),
        payer_name=reading.stripped(data.counter_account_name),
        order_code=None if data.order_code is None else str(data.order_code),
    )


def _order_of(body: bytes) -> Order | None:
    data = _data(body)
    if isinstance(data, Unreadable) or data.order_code is None:
        return None
    return Order(str(data.order_code)[:64], reading.whole_dong(data.amount))


def _data(body: bytes) -> Data | Unreadable:
    try:
        return msgspec.json.decode(body, type=_Body).data
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Unreadable("not_json")


PAYOS: Final = Provider(
    name=PROVIDER,
    title="payOS",
    method="POST",
    settles_into="bank",
    proofs=("hmac",),
    keys=("client_id", "api_key"),
    secret_made_here=False,
    proves=proves,
    tells=tells,
    understand=lambda body: understand(body),
    understand_pulled=understand_pulled,
    answer=always(200, b'{"success":true}'),
    order_of=_order_of,
)
