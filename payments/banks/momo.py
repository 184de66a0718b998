"""MoMo's gateway v2: a wallet that families are sent to and that settles into a clearing account. It knows their wire and no bill.

They are content with 204 and no body within 15 seconds. Our own access key is part of what they sign and never of what they send.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from backend.core.crypto import same
from payments.banks import reading
from payments.banks.line import BankLine, Nothing, Unreadable
from payments.banks.reading import Number
from payments.banks.wire import Call, Keys, Order, Provider, Told, Understood, always

PROVIDER: Final = "momo"
REQUEST_TYPE: Final = "captureWallet"
AMOUNT_MIN: Final = 1_000
_SIGNED = ("amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType", "requestId",
           "responseTime", "resultCode", "transId")  # fmt: skip
_SIGNED_QUESTION = ("orderId", "partnerCode", "requestId")
_SIGNED_REQUEST = ("amount", "extraData", "ipnUrl", "orderId", "orderInfo", "partnerCode", "redirectUrl", "requestId",
                   "requestType")  # fmt: skip


class _Body(msgspec.Struct, rename="camel"):
    partner_code: str | None = None
    order_id: str | None = None
    amount: Number | None = None
    order_info: str | None = None
    trans_id: int | str | None = None
    result_code: int | str | None = None
    response_time: int | None = None
    last_updated: int | None = None


def proves(auth: str, secret: str, keys: Keys, call: Call, now: datetime) -> bool:
    """The raw values as they stand in the body. An unset key closes the door."""
    try:
        told = msgspec.json.decode(call.said, type=dict[str, Any])
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False
    access = keys.get("access_key", "")
    signature = told.get("signature")
    if not secret or not access or not isinstance(signature, str):
        return False
    return same(signature.encode("utf-8", "replace"), sign(secret, access, told))


def sign(secret: str, access: str, told: Mapping[str, Any]) -> str:
    return _hmac(secret, f"accessKey={access}", _SIGNED, told)


def sign_request(secret: str, access: str, asked: Mapping[str, Any]) -> str:
    return _hmac(secret, f"accessKey={access}", _SIGNED_REQUEST, asked)


def sign_question(secret: str, access: str, asked: Mapping[str, Any]) -> str:
    return _hmac(secret, f"accessKey={access}", _SIGNED_QUESTION, asked)


def _hmac(secret: str, first: str, names: tuple[str, ...], values: Mapping[str, Any]) -> str:
    text = "&".join([first, *(f"{name}={_text(values.get(name))}" for name in names)])
    return hmac.digest(secret.encode(), text.encode("utf-8", "replace"), "sha256").hex()


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def tells(body: bytes) -> list[Told]:
    return [Told(event_key(body), body)]


def event_key(body: bytes) -> str:
    """Their number of the transaction. One that is only authorised may be paid later under the same number."""
    read = _read(body)
    if isinstance(read, Unreadable) or read.trans_id in (None, "", 0, "0"):
        return reading.key_or_hash(None, body)
    paid = str(read.result_code) == "0"
    return reading.key_or_hash(str(read.trans_id) if paid else f"{read.trans_id}-{read.result_code}", body)


def understand(body: bytes) -> Understood:
    """Of the IPN, and of the answer to `query`, which has the same fields; there the time is that of the answer, unless it says more."""
    read = _read(body)
    if isinstance(read, Unreadable):
        return read
    if read.result_code is None:
        return Unreadable("no_state")
    if str(read.result_code) != "0":
        return Nothing("not_paid")
    amount = reading.whole_dong(read.amount)
    booked_at = reading.milliseconds_instant(read.last_updated or read.response_time)
    account_number = reading.stripped(read.partner_code)
    order = reading.stripped(read.order_id)
    if read.trans_id in (None, "", 0, "0") or order is None:
        return Unreadable("no_id")
    if amount is None:
        return Unreadable("no_amount")
    if booked_at is None:
        return Unreadable("no_date")
    if account_number is None:
        return Unreadable("no_account")
    return BankLine(
        source=PROVIDER,
        event_key=event_key(body),
        account_number=account_number,
        direction="in",
        amount=amount,
        memo=reading.memo_of(read.order_info),
        booked_at=booked_at,
        bank_reference=str(read.trans_id),
        order_code=order,
    )


def _order_of(body: bytes) -> Order | None:
    read = _read(body)
    if isinstance(read, Unreadable) or not read.order_id or not read.order_id.isprintable():
        return None
    return Order(read.order_id[:100], reading.whole_dong(read.amount))


def _read(body: bytes) -> _Body | Unreadable:
    try:
        return msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Unreadable("not_json")


MOMO: Final = Provider(
    name=PROVIDER,
    title="MoMo",
    method="POST",
    settles_into="gateway",
    proofs=("hmac",),
    keys=("partner_code", "access_key"),
    secret_made_here=False,
    proves=proves,
    tells=tells,
    understand=lambda body: understand(body),
    understand_pulled=lambda body: understand(body),
    answer=always(204),
    order_of=_order_of,
)
