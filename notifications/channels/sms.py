"""SMS through eSMS's brand-name gateway. It knows numbers and texts, no notice and no table; accepted is not delivered.

Texts leave without accents: one accented letter more than halves what fits into a message and costs the school double.
"""

from __future__ import annotations

import time
from datetime import timedelta

import msgspec
import structlog

from notifications.allowances import Allowance, turn
from notifications.channels.sms_parts import parts_of, plain_text
from notifications.channels.wire import Answer, Wire
from notifications.outcomes import Outcome, Refused, Sent, TryLater

log = structlog.get_logger()

__all__ = ["SmsSender", "plain_text", "read_answer"]

_PATH = "/MainService.svc/json/SendMultipleMessage_V4_post_json/"
_CARE = "2"  # customer care: to our own families, any time of the day
_PATIENCE_SECONDS = 20.0
REQUEST_ID_MAX = 50

# eSMS's codes that were described to us. Every other one is a refusal nobody has described: not retried, and shown.
_ACCEPTED = frozenset({"100", "124"})  # 124: this RequestId was accepted before
_ADDRESS_DEAD = frozenset({"108"})  # not a number
# 99: blocked, or an error that eSMS does not name; 177: our brand is not registered with this network. The number may be well.
_UNREACHABLE = frozenset({"99", "177"})
_CHANNEL_DOWN = frozenset(
    {"101", "102", "103", "104", "118", "140", "146"}
)  # keys, price, balance, brand, type, IP, template


# 99 is nearly always a reader who blocked us.
BLOCKED = frozenset({"ESMS_99"})
INVALID = frozenset(f"ESMS_{code}" for code in _ADDRESS_DEAD)


class _Answer(msgspec.Struct):
    CodeResult: str | int = ""
    SMSID: str | int = ""


class SmsSender:
    name = "esms"
    # It remembers a RequestId for a day: until then asking again is safe and paid once.
    repeats_for = timedelta(hours=23)

    def __init__(
        self,
        *,
        api_key: str,
        secret_key: str,
        brand: str,
        base_url: str,
        limit: Allowance | None = None,
        callback_url: str = "",
    ) -> None:
        self._keys = {"ApiKey": api_key, "SecretKey": secret_key, "Brandname": brand}
        self._url = base_url + _PATH
        self._callback_url = callback_url
        self.limit = limit
        self._wire = Wire()

    async def open(self) -> None:
        await self._wire.open()

    async def close(self) -> None:
        await self._wire.close()

    async def send(self, phone_e164: str, text: str, request_id: str) -> Outcome:
        """One message. `request_id` makes a repetition within a day the same message, so that trying again is safe and paid once."""
        if not await turn(self.limit, time.monotonic() + _PATIENCE_SECONDS):
            return TryLater("rate_limited")
        return await self.post(phone_e164, text, request_id)

    async def post(self, phone_e164: str, text: str, request_id: str, *, parts_max: int = 1) -> Outcome:
        """In a turn already taken."""
        assert 0 < len(request_id) <= REQUEST_ID_MAX, "eSMS takes ids of at most 50 characters"
        plain = plain_text(text)
        if parts_of(plain).count > parts_max:
            return Refused("our_bug", "too_long")
        body = {
            **self._keys,
            "Phone": phone_e164.removeprefix("+"),
            "Content": plain,
            "SmsType": _CARE,
            "IsUnicode": "0",
            "RequestId": request_id,
            **({"CallbackUrl": self._callback_url} if self._callback_url else {}),
        }
        answer = await self._wire.post_json(self._url, body, {})
        return read_answer(answer.status, answer.body) if isinstance(answer, Answer) else answer


def read_answer(status: int, body: bytes) -> Outcome:
    if status >= 500 or status == 429:
        # 503 and 429 are said before a message is taken; any other error page says nothing about the message behind it.
        return TryLater(f"HTTP_{status}", uncertain=status not in (429, 503))
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except msgspec.DecodeError:
        # It may have been accepted; the same RequestId makes asking again safe.
        return TryLater("unreadable_answer", uncertain=True)
    code = str(answer.CodeResult)
    if code in _ACCEPTED:
        return Sent(str(answer.SMSID))
    if code in _ADDRESS_DEAD:
        return Refused("address_dead", f"ESMS_{code}")
    if code in _UNREACHABLE:
        return Refused("unreachable", f"ESMS_{code}")
    if code in _CHANNEL_DOWN:
        log.error("sms_channel_down", code=code)
        return Refused("channel_down", f"ESMS_{code}")
    return Refused("unknown", f"ESMS_{code}")
