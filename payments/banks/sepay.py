"""SePay's bank feed: prove that a webhook is theirs, name it, understand it. It knows their wire and nothing of bills.

Their success answer is exactly `{"success": true}` with 200, for repeats too; anything else makes them call again after
1, 1, 2, 3, 5, 8 and 13 minutes. They allow a body as JSON or as a form.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from backend.core.crypto import same
from payments.banks import reading
from payments.banks.line import BankLine, Unreadable
from payments.banks.reading import Number
from payments.banks.wire import Call, Keys, Provider, Told, always

PROVIDER: Final = "sepay"
SUCCESS: Final = b'{"success": true}'
CLOCK_SECONDS_MAX: Final = 300


class _Body(msgspec.Struct, rename="camel"):
    """Only what we use; they add fields from time to time. Numbers arrive as text when the body is a form."""

    id: int | str | None = None
    account_number: str | None = None
    sub_account: str | None = None
    transaction_date: str | None = None
    transfer_type: str | None = None
    transfer_amount: Number | None = None
    content: str | None = None
    description: str | None = None
    reference_code: str | None = None
    accumulated: Number | None = None


class _Pulled(msgspec.Struct):
    """One transaction of their list: the same movement in other words, amounts as text with two decimals."""

    id: int | str | None = None
    account_number: str | None = None
    sub_account: str | None = None
    transaction_date: str | None = None
    amount_in: Number | None = None
    amount_out: Number | None = None
    accumulated: Number | None = None
    transaction_content: str | None = None
    reference_number: str | None = None


def proves_api_key(secret: str, authorization: str) -> bool:
    """`Authorization: Apikey <key>`. An unset secret closes the door."""
    scheme, _, key = authorization.partition(" ")
    return bool(secret) and scheme.lower() == "apikey" and same(key.strip(), secret)


def proves_signature(secret: str, timestamp: str, signature: str, body: bytes, now: datetime) -> bool:
    """HMAC-SHA256 over `timestamp.body`, the raw bytes. Old signatures are refused, or they could be played again."""
    if not secret or not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
        return False
    if abs(now.timestamp() - int(timestamp)) > CLOCK_SECONDS_MAX:
        return False
    return same(signature.strip(), sign(secret, timestamp, body))


def sign(secret: str, timestamp: str, body: bytes) -> str:
    return "sha256=" + hmac.digest(secret.encode(), timestamp.encode() + b"." + body, "sha256").hex()


def proves(auth: str, secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """By the way of proof that was agreed for this hook, never by the weaker one that a caller picks."""
    if auth == "hmac":
        timestamp, signature = headers.get("x-sepay-timestamp", ""), headers.get("x-sepay-signature", "")
        return proves_signature(secret, timestamp, signature, body, now)
    return auth == "apikey" and proves_api_key(secret, headers.get("authorization", ""))


def event_key(body: bytes) -> str:
    """SePay's id of the movement; for a body without one, its own hash, so that even nonsense is kept once."""
    read = _read(body)
    return reading.key_or_hash(None if isinstance(read, Unreadable) else read.id, body)


def understand(body: bytes) -> BankLine | Unreadable:
    """Never raises: whatever came is a line, or a reason why it is none."""
    read = _read(body)
    if isinstance(read, Unreadable):
        return read
    direction = (read.transfer_type or "").strip().lower()
    amount = reading.whole_dong(read.transfer_amount)
    booked_at = reading.instant(read.transaction_date)
    account_number = reading.stripped(read.account_number)
    if read.id is None or not str(read.id).strip():
        return Unreadable("no_id")
    if direction not in ("in", "out"):
        return Unreadable("no_direction")
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
        direction="in" if direction == "in" else "out",
        amount=amount,
        memo=reading.memo_of(read.content, read.description),
        booked_at=booked_at,
        bank_reference=reading.stripped(read.reference_code),
        virtual_account=reading.stripped(read.sub_account),
        # Their feed says 0 where the bank told no balance.
        balance_after=reading.balance(read.accumulated) or None,
    )


def understand_pulled(item: bytes) -> BankLine | Unreadable:
    """What their list says of a movement, in the words of the hook, so that both doors tell the same line."""
    try:
        read = msgspec.json.decode(item, type=_Pulled)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Unreadable("not_json")
    came, left = (_without_decimals(value) for value in (read.amount_in, read.amount_out))
    return understand(
        msgspec.json.encode(
            _Body(
                id=read.id,
                account_number=read.account_number,
                sub_account=read.sub_account,
                transaction_date=read.transaction_date,
                transfer_type=("out" if left else "in") if came or left else None,
                transfer_amount=came or left,
                content=read.transaction_content,
                reference_code=read.reference_number,
                accumulated=_without_decimals(read.accumulated),
            )
        )
    )


def pulled_key(item: bytes) -> str:
    try:
        return reading.key_or_hash(msgspec.json.decode(item, type=_Pulled).id, item)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return reading.key_or_hash(None, item)


def _without_decimals(value: Number | None) -> Number | None:
    """`18067000.00` is a whole number of đồng, `0.50` is none."""
    if isinstance(value, str) and value.strip("0") == ".":
        return None
    return value.removesuffix(".00") if isinstance(value, str) else (value or None)


def _read(body: bytes) -> _Body | Unreadable:
    start = body.lstrip()[:1]
    try:
        if start == b"{":
            return msgspec.json.decode(body, type=_Body)
        if start and b"=" in body:
            return msgspec.convert(_form(body), type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError):
        return Unreadable("not_json")
    return Unreadable("not_json")


def _form(body: bytes) -> dict[str, Any]:
    return dict(parse_qsl(body.decode("ascii"), encoding="utf-8", errors="strict", max_num_fields=100))


def _proves(auth: str, secret: str, keys: Keys, call: Call, now: datetime) -> bool:
    return proves(auth, secret, call.headers, call.said, now)


SEPAY: Final = Provider(
    name=PROVIDER,
    title="SePay",
    method="POST",
    settles_into="bank",
    proofs=("hmac", "apikey"),
    keys=(),
    pull_keys=("token",),
    secret_made_here=True,
    proves=_proves,
    # Looked up at the call, so that a test can put a fault into it.
    tells=lambda body: [Told(event_key(body), body)],
    understand=lambda body: understand(body),
    understand_pulled=understand_pulled,
    answer=always(200, SUCCESS),
)
