"""SMS through eSMS's brand-name gateway. It knows numbers and texts, no notice and no table; accepted is not delivered.

Texts leave without accents: one accented letter more than halves what fits into a message and costs the school double.
"""

from __future__ import annotations

import time

import aiohttp
import msgspec
import structlog

from backend.core.text import strip_marks
from notifications.allowances import Allowance, turn
from notifications.outcomes import Outcome, Refused, Sent, TryLater

log = structlog.get_logger()

_TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5)
_PATH = "/MainService.svc/json/SendMultipleMessage_V4_post_json/"
_CARE = "2"  # customer care: to our own families, any time of the day
_LENGTH_MAX = 160
_PATIENCE_SECONDS = 20.0
_PLAIN = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\u00a0": " ", "#": "", "&": "va"}
)

# eSMS's codes that were described to us. Every other one is a refusal nobody has described: not retried, and shown.
_ACCEPTED = frozenset({"100", "124"})  # 124: this RequestId was accepted before
_ADDRESS_DEAD = frozenset({"99", "108", "177"})  # blocked, not a number, network not registered
_CHANNEL_DOWN = frozenset(
    {"101", "102", "103", "104", "118", "140", "146"}
)  # keys, price, balance, brand, type, IP, template


class _Answer(msgspec.Struct):
    CodeResult: str | int = ""
    SMSID: str | int = ""


class SmsSender:
    def __init__(
        self, *, api_key: str, secret_key: str, brand: str, base_url: str, limit: Allowance | None = None
    ) -> None:
        self._keys = {"ApiKey": api_key, "SecretKey": secret_key, "Brandname": brand}
        self._url = base_url + _PATH
        self.limit = limit
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, phone_e164: str, text: str, request_id: str) -> Outcome:
        """`request_id` makes a repetition within a day the same message, so that trying again is safe and paid once."""
        if not await turn(self.limit, time.monotonic() + _PATIENCE_SECONDS):
            return TryLater("rate_limited")
        return await self.post(phone_e164, text, request_id)

    async def post(self, phone_e164: str, text: str, request_id: str) -> Outcome:
        """In a turn already taken."""
        assert self._session is not None, "open() comes first"
        assert 0 < len(request_id) <= 50, "eSMS takes ids of at most 50 characters"
        plain = plain_text(text)
        if len(plain) > _LENGTH_MAX:
            return Refused("our_bug", "too_long")
        body = {
            **self._keys,
            "Phone": phone_e164.removeprefix("+"),
            "Content": plain,
            "SmsType": _CARE,
            "IsUnicode": "0",
            "RequestId": request_id,
        }
        try:
            async with self._session.post(
                self._url, data=msgspec.json.encode(body), headers={"content-type": "application/json"}
            ) as response:
                return read_answer(response.status, await response.read())
        except TimeoutError:
            return TryLater("timeout", uncertain=True)
        except aiohttp.ClientConnectorError:
            return TryLater("connection_refused")
        except (aiohttp.ClientError, OSError):
            return TryLater("connection_lost", uncertain=True)


def plain_text(text: str) -> str:
    """What GSM-7 carries at one unit a letter: no accents, no typographic signs, none of the signs that gateways refuse."""
    plain = strip_marks(text.translate(_PLAIN))
    return "".join(c if (" " <= c <= "~" and c not in "^{}\\[~]|`") or c == "\n" else " " for c in plain)


def read_answer(status: int, body: bytes) -> Outcome:
    if status >= 500 or status == 429:
        return TryLater(f"HTTP_{status}")
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
    if code in _CHANNEL_DOWN:
        log.error("sms_channel_down", code=code)
        return Refused("channel_down", f"ESMS_{code}")
    return Refused("unknown", f"ESMS_{code}")
