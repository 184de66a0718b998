"""What FCM's answers mean for us (messaging reference of Firebase, error codes). Pure: status, headers and body in, Outcome out."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from notifications.outcomes import Outcome, Refused, Sent, TryLater

_QUOTA_SECONDS = 60.0
_RETRY_AFTER_SECONDS_MAX = 24 * 3600.0


class _Detail(msgspec.Struct):
    type: str = msgspec.field(name="@type", default="")
    errorCode: str = ""
    fieldViolations: list[Any] = []


class _Error(msgspec.Struct):
    status: str = ""
    details: list[_Detail] = []


class _Body(msgspec.Struct):
    error: _Error = msgspec.field(default_factory=_Error)


class _Accepted(msgspec.Struct):
    name: str = ""


_DECODER = msgspec.json.Decoder(_Body)
_NAME_DECODER = msgspec.json.Decoder(_Accepted)

# The platform's own key (APNs, web push) is wrong: that platform stops, the others go on, every address is kept.
PLATFORM_DOWN = frozenset({"THIRD_PARTY_AUTH_ERROR", "APNS_AUTH_ERROR"})

_ADDRESS_DEAD = frozenset({"UNREGISTERED", "SENDER_ID_MISMATCH"})
# The codes of an address that is none (any more).
INVALID = _ADDRESS_DEAD | {"INVALID_ARGUMENT"}


def read_sent(body: bytes) -> Sent:
    return Sent(_name(body))


def read_answer(status: int, body: bytes, retry_after: str | None, *, now: datetime) -> Outcome:
    if status == 200:
        return read_sent(body)
    try:
        error = _DECODER.decode(body).error
    except msgspec.DecodeError:
        error = _Error()
    code = next((detail.errorCode for detail in error.details if detail.errorCode), "")
    wait = _seconds(retry_after, now)
    if status == 429 or code == "QUOTA_EXCEEDED":
        return TryLater("QUOTA_EXCEEDED", wait if wait is not None else _QUOTA_SECONDS, pauses_channel=True)
    if status >= 500 or status == 408:
        return TryLater(code or error.status or f"HTTP_{status}", wait)
    if code in _ADDRESS_DEAD:
        return Refused("address_dead", code)
    if code in PLATFORM_DOWN or status in (401, 403):
        return Refused("channel_down", code or error.status or f"HTTP_{status}")
    if status == 400:
        return _bad_request(error, code)
    if status == 404:
        # Without a code of FCM's the address itself is not meant: the project or the path is unknown.
        return Refused("channel_down", "NOT_FOUND")
    return Refused("unknown", code or error.status or f"HTTP_{status}")


def _bad_request(error: _Error, code: str) -> Outcome:
    """Field violations speak of our message; FCM's own code, for a message that was measured before it left, of the address."""
    if any(detail.fieldViolations for detail in error.details) or code != "INVALID_ARGUMENT":
        return Refused("our_bug", code or error.status or "BAD_REQUEST")
    return Refused("address_dead", code)


def _name(body: bytes) -> str:
    """`projects/<project>/messages/<id>`: the last part is the provider's name for the message."""
    try:
        return _NAME_DECODER.decode(body).name.rpartition("/")[2]
    except msgspec.DecodeError:
        return ""


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """RFC 9110 §10.2.3: seconds or a date. Nonsense is no figure; a day is the most we wait."""
    if not retry_after:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), _RETRY_AFTER_SECONDS_MAX)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), _RETRY_AFTER_SECONDS_MAX)
