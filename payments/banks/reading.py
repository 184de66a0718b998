"""How the wires of all gateways are read: amounts, instants and texts, strictly or not at all. It knows no gateway."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Final

from backend.core.clock import SCHOOL_ZONE
from schemas.money import DONG_MAX

EVENT_KEY_MAX: Final = 64
MEMO_MAX: Final = 1000

Number = int | float | str


def key_or_hash(key: str | int | None, said: bytes) -> str:
    """The gateway's id of a movement; for what has none, its own hash, so that even nonsense is kept once."""
    text = "" if key is None else str(key).strip()
    if not text or len(text) > EVENT_KEY_MAX or not text.isprintable():
        return "body-" + hashlib.sha256(said).hexdigest()[:48]
    return text


def whole_dong(value: Number | None) -> int | None:
    """Whole and more than nothing: `350000.0` of a careless encoder is whole, half a đồng or a minus is not."""
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None
    if value is None or isinstance(value, bool) or value != value or not 0 < value <= DONG_MAX or value != int(value):
        return None
    return int(value)


def signed_dong(value: Number | None) -> int | None:
    """Below zero is money that left. None for nothing, for fractions and for what is no number."""
    if isinstance(value, str):
        digits = value.removeprefix("-")
        value = int(value) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None
    if value is None or isinstance(value, bool):
        return None
    size = whole_dong(abs(value))
    return None if size is None else (-size if value < 0 else size)


def balance(value: Number | None) -> int | None:
    """What the account held, where that is told: none at all is a balance too."""
    return 0 if value in (0, "0") else signed_dong(value)


def instant(text: str | None) -> datetime | None:
    """Local time of Vietnam without an offset, unless one is written."""
    try:
        read = datetime.fromisoformat((text or "").strip())
        found = (read if read.tzinfo else read.replace(tzinfo=SCHOOL_ZONE)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if 2000 <= found.year <= 2200 else None


def compact_instant(text: str | None) -> datetime | None:
    """`20240521091806`, local."""
    digits = (text or "").strip()
    if len(digits) != 14 or not (digits.isascii() and digits.isdigit()):
        return None
    return instant(f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}T{digits[8:10]}:{digits[10:12]}:{digits[12:]}")


def milliseconds_instant(value: int | None) -> datetime | None:
    try:
        found = datetime.fromtimestamp((value or 0) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if 2000 <= found.year <= 2200 else None


def stripped(text: str | None) -> str | None:
    return storable(text or "").strip()[:200] or None


def memo_of(*texts: str | None) -> str:
    """The first that says anything."""
    return storable(next((text for text in texts if text), ""))[:MEMO_MAX]


def storable(text: str) -> str:
    """PostgreSQL keeps no NUL, and a lone surrogate has no UTF-8."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
