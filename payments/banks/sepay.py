"""SePay's bank feed: prove that a webhook is theirs, name it, understand it. It knows their wire and nothing of bills.

Their success answer is exactly `{"success": true}` with 200, for repeats too; anything else makes them call again after
1, 1, 2, 3, 5, 8 and 13 minutes. They allow a body as JSON or as a form.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from backend.core.clock import SCHOOL_ZONE
from backend.core.crypto import same
from payments.banks.line import BankLine, Unreadable
from schemas.money import DONG_MAX

PROVIDER: Final = "sepay"
SUCCESS: Final = b'{"success": true}'
CLOCK_SECONDS_MAX: Final = 300
_EVENT_KEY_MAX = 64
_MEMO_MAX = 1000

_Number = int | float | str


class _Body(msgspec.Struct, rename="camel"):
    """Only what we use; they add fields from time to time. Numbers arrive as text when the body is a form."""

    id: int | str | None = None
    account_number: str | None = None
    sub_account: str | None = None
    transaction_date: str | None = None
    transfer_type: str | None = None
    transfer_amount: _Number | None = None
    content: str | None = None
    description: str | None = None
    reference_code: str | None = None


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
    key = "" if isinstance(read, Unreadable) or read.id is None else str(read.id).strip()
    if not key or len(key) > _EVENT_KEY_MAX or not key.isprintable():
        return "body-" + hashlib.sha256(body).hexdigest()[:48]
    return key


def understand(body: bytes) -> BankLine | Unreadable:
    """Never raises: whatever came is a line, or a reason why it is none."""
    read = _read(body)
    if isinstance(read, Unreadable):
        return read
    direction = (read.transfer_type or "").strip().lower()
    amount = _whole_dong(read.transfer_amount)
    booked_at = _instant(read.transaction_date or "")
    account_number = _stripped(read.account_number)
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
        memo=_storable(read.content or read.description or "")[:_MEMO_MAX],
        booked_at=booked_at,
        bank_reference=_stripped(read.reference_code),
        virtual_account=_stripped(read.sub_account),
    )


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


def _whole_dong(value: _Number | None) -> int | None:
    """Whole and more than nothing: `350000.0` of a careless encoder is whole, half a đồng or a minus is not."""
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None
    if value is None or value != value or not 0 < value <= DONG_MAX or value != int(value):
        return None
    return int(value)


def _instant(text: str) -> datetime | None:
    """Local time of Vietnam without an offset, unless one is written."""
    try:
        read = datetime.fromisoformat(text.strip())
        instant = (read if read.tzinfo else read.replace(tzinfo=SCHOOL_ZONE)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant if 2000 <= instant.year <= 2200 else None


def _stripped(text: str | None) -> str | None:
    return _storable(text or "").strip()[:200] or None


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL, and a lone surrogate has no UTF-8."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
