"""SMS through SpeedSMS's brand-name gateway. It has no idempotency key: what may have been accepted must not be asked again."""

from __future__ import annotations

import base64
from datetime import timedelta

import msgspec
import structlog

from notifications.allowances import Allowance
from notifications.channels.sms_parts import parts_of, plain_text
from notifications.channels.wire import Answer, Wire
from notifications.outcomes import Outcome, Refused, Sent, TryLater

log = structlog.get_logger()

_PATH = "/index.php/sms/send"
_BRAND = 3  # customer care under the registered name
_TEXT_LIMIT_SECONDS = 60.0

_ADDRESS_DEAD = frozenset({"105"})
INVALID = frozenset(f"SPEEDSMS_{code}" for code in _ADDRESS_DEAD)
_CHANNEL_DOWN = frozenset({"007", "008", "009", "300"})  # IP, account, API, balance
_OUR_BUG = frozenset({"101", "110", "113"})  # parameters, encoding, length


class _Data(msgspec.Struct):
    tranId: str | int = ""
    invalidPhone: list[str] = []


class _Body(msgspec.Struct):
    status: str = ""
    code: str | int = ""
    data: _Data | None = None


class SpeedSmsSender:
    name = "speedsms"
    repeats_for = timedelta()

    def __init__(self, *, token: str, brand: str, base_url: str, limit: Allowance | None = None) -> None:
        self._headers = {"authorization": "Basic " + base64.b64encode(f"{token}:x".encode()).decode()}
        self._brand = brand
        self._url = base_url + _PATH
        self.limit = limit
        self._wire = Wire()

    async def open(self) -> None:
        await self._wire.open()

    async def close(self) -> None:
        await self._wire.close()

    async def post(self, phone_e164: str, text: str, request_id: str, *, parts_max: int = 1) -> Outcome:
        """In a turn already taken. `request_id` is not sent: this gateway knows no name of ours."""
        plain = plain_text(text)
        if parts_of(plain).count > parts_max:
            return Refused("our_bug", "too_long")
        body = {"to": [phone_e164.removeprefix("+")], "content": plain, "sms_type": _BRAND, "sender": self._brand}
        answer = await self._wire.post_json(self._url, body, self._headers)
        return read_answer(answer) if isinstance(answer, Answer) else answer


def read_answer(answer: Answer) -> Outcome:
    if answer.status == 429:
        return TryLater("HTTP_429", answer.retry_after or _TEXT_LIMIT_SECONDS, pauses_channel=True)
    if answer.status in (401, 403):
        return Refused("channel_down", f"SPEEDSMS_HTTP_{answer.status}")
    if answer.status >= 500:
        # 503 is said before a message is taken; any other error page says nothing about the message behind it.
        return TryLater(f"HTTP_{answer.status}", answer.retry_after, uncertain=answer.status != 503)
    try:
        body = msgspec.json.decode(answer.body, type=_Body)
    except msgspec.DecodeError:
        return TryLater("unreadable_answer", uncertain=True)
    code = str(body.code)
    if body.status == "success" and body.data is not None:
        # One number was asked for: when it stands on the list of invalid ones, nothing was sent.
        return Refused("address_dead", "SPEEDSMS_105") if body.data.invalidPhone else Sent(str(body.data.tranId))
    if code in _ADDRESS_DEAD:
        return Refused("address_dead", f"SPEEDSMS_{code}")
    if code in _CHANNEL_DOWN:
        log.error("sms_channel_down", code=code)
        return Refused("channel_down", f"SPEEDSMS_{code}")
    if code == "500":
        return TryLater("SPEEDSMS_500", uncertain=True)
    return Refused("our_bug" if code in _OUR_BUG else "unknown", f"SPEEDSMS_{code}")
