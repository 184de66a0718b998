"""VNPay 2.1.0, a gateway that families are sent to and that settles into a clearing account. It knows their wire and no bill.

They call with GET and are always answered 200; what we mean stands in RspCode. 00 and 02 content them, anything else makes
them call again every 5 minutes, ten times: so a payment that failed or was given up is confirmed with 00 as well.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote_plus, unquote_to_bytes

import msgspec

from backend.core.clock import SCHOOL_ZONE
from backend.core.crypto import same
from payments.banks import reading
from payments.banks.line import BankLine, Nothing, Unreadable
from payments.banks.wire import Answer, Call, Kept, Keys, Order, Provider, Told, Understood

PROVIDER: Final = "vnpay"
VERSION: Final = "2.1.0"
_NOT_SIGNED = ("vnp_SecureHash", "vnp_SecureHashType")
_HUNDRED = 100
_PARAMETERS_MAX = 60


def _said(code: str, message: str) -> Answer:
    return Answer(200, msgspec.json.encode({"RspCode": code, "Message": message}))


CONFIRMED = _said("00", "Confirm Success")
ORDER_UNKNOWN = _said("01", "Order not found")
DONE_ALREADY = _said("02", "Order already confirmed")
WRONG_AMOUNT = _said("04", "Invalid amount")
BAD_CHECKSUM = _said("97", "Invalid checksum")
OTHER_ERROR = _said("99", "Unknown error")


def proves(auth: str, secret: str, keys: Keys, call: Call, now: datetime) -> bool:
    """Over the parameters as they arrived; a name that comes twice could mean two things and proves nothing."""
    pairs = _pairs(call.said)
    names = [name for name, _ in pairs]
    if not secret or len(set(names)) != len(names) or len(names) > _PARAMETERS_MAX:
        return False
    signature = dict(pairs).get(b"vnp_SecureHash", b"").lower()
    return same(signature, sign(secret, pairs).encode())


def sign(secret: str, pairs: list[tuple[bytes, bytes]]) -> str:
    """All `vnp_*` but the hash, without the empty ones, sorted by name, form-encoded."""
    signed = sorted(
        (name, value)
        for name, value in pairs
        if name.startswith(b"vnp_") and value and name.decode("latin-1") not in _NOT_SIGNED
    )
    text = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in signed)
    return hmac.digest(secret.encode(), text.encode(), "sha512").hex()


def pay_url(
    base: str,
    secret: str,
    keys: Keys,
    *,
    order: str,
    amount: int,
    info: str,
    return_url: str,
    ip: str,
    at: datetime,
    until: datetime,
) -> str:
    """Where the family's browser is sent. Nothing is asked of VNPay for it: the signature is the request."""
    asked: Mapping[str, str] = {
        "vnp_Version": VERSION,
        "vnp_Command": "pay",
        "vnp_TmnCode": keys["tmn_code"],
        "vnp_Amount": str(amount * _HUNDRED),
        "vnp_CurrCode": "VND",
        "vnp_TxnRef": order,
        "vnp_OrderInfo": info,
        "vnp_OrderType": "other",
        "vnp_Locale": "vn",
        "vnp_ReturnUrl": return_url,
        "vnp_IpAddr": ip,
        "vnp_CreateDate": stamp(at),
        "vnp_ExpireDate": stamp(until),
    }
    pairs = [(name.encode(), value.encode()) for name, value in sorted(asked.items())]
    query = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
    return f"{base}?{query}&vnp_SecureHash={sign(secret, pairs)}"


def tells(query: bytes) -> list[Told]:
    return [Told(event_key(_values(query), query), query)]


def event_key(told: Mapping[str, str], said: bytes) -> str:
    """Their number of the transaction with our order: a payment that was given up has the number 0."""
    number, order = told.get("vnp_TransactionNo", ""), told.get("vnp_TxnRef", "")
    return reading.key_or_hash(f"{number}-{order}" if number and order else None, said)


def understand(query: bytes) -> Understood:
    return _understood(_values(query), query)


def understand_pulled(body: bytes) -> Understood:
    """An answer to `querydr`: its code tells of the question and its status of the payment, as the IPN's two do."""
    told = answer_of(body)
    return Unreadable("not_json") if told is None else _understood(told, body)


def answer_of(body: bytes) -> dict[str, str] | None:
    """Some of their values come as numbers and some as null."""
    try:
        told = msgspec.json.decode(body, type=dict[str, str | int | None])
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return {name: "" if value is None else reading.storable(str(value)) for name, value in told.items()}


def _understood(told: Mapping[str, str], said: bytes) -> Understood:
    if told.get("vnp_ResponseCode") != "00" or told.get("vnp_TransactionStatus") != "00":
        if told.get("vnp_ResponseCode") and told.get("vnp_TransactionStatus"):
            return Nothing("not_paid")
        return Unreadable("no_state")
    amount = _amount(told)
    booked_at = reading.compact_instant(told.get("vnp_PayDate"))
    account_number = reading.stripped(told.get("vnp_TmnCode"))
    order = reading.stripped(told.get("vnp_TxnRef"))
    if order is None:
        return Unreadable("no_id")
    if amount is None:
        return Unreadable("no_amount")
    if booked_at is None:
        return Unreadable("no_date")
    if account_number is None:
        return Unreadable("no_account")
    return BankLine(
        source=PROVIDER,
        event_key=event_key(told, said),
        account_number=account_number,
        direction="in",
        amount=amount,
        memo=reading.memo_of(told.get("vnp_OrderInfo")),
        booked_at=booked_at,
        bank_reference=reading.stripped(told.get("vnp_BankTranNo")),
        order_code=order,
    )


def answer(query: bytes, kept: Kept) -> Answer:
    """The checksum is proved by now. Order, amount, already done, recorded: in this order, as their manual asks."""
    order = order_of(query)
    if order is None or kept.order_amount is None:
        return ORDER_UNKNOWN
    if order.amount != kept.order_amount:
        return WRONG_AMOUNT
    return DONE_ALREADY if kept.repeats else CONFIRMED


def order_of(query: bytes) -> Order | None:
    told = _values(query)
    code = told.get("vnp_TxnRef", "")
    return Order(code, _amount(told)) if code and len(code) <= 100 and code.isprintable() else None


def _amount(told: Mapping[str, str]) -> int | None:
    """They count in hundredths of a đồng; what is no whole đồng is no amount."""
    hundredths = reading.whole_dong(told.get("vnp_Amount")) if len(told.get("vnp_Amount", "")) < 15 else None
    return hundredths // _HUNDRED if hundredths and hundredths % _HUNDRED == 0 else None


def _pairs(query: bytes) -> list[tuple[bytes, bytes]]:
    pairs = (part.partition(b"=")[::2] for part in query.split(b"&") if part)
    return [(_decoded(name), _decoded(value)) for name, value in pairs]


def _decoded(part: bytes) -> bytes:
    return unquote_to_bytes(part.replace(b"+", b" "))


def _values(query: bytes) -> dict[str, str]:
    return {
        name.decode("utf-8", "replace"): reading.storable(value.decode("utf-8", "replace"))
        for name, value in _pairs(query)
    }


def stamp(at: datetime) -> str:
    return at.astimezone(SCHOOL_ZONE).strftime("%Y%m%d%H%M%S")


VNPAY: Final = Provider(
    name=PROVIDER,
    title="VNPay",
    method="GET",
    settles_into="gateway",
    proofs=("hmac",),
    keys=("tmn_code",),
    secret_made_here=False,
    proves=proves,
    tells=tells,
    understand=lambda query: understand(query),
    understand_pulled=lambda body: understand_pulled(body),
    answer=answer,
    refusal=BAD_CHECKSUM,
    failure=OTHER_ERROR,
    order_of=order_of,
    orders_only=True,
)
