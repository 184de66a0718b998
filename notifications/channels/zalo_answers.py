"""What Zalo's codes mean for us, as data: consultation messages of an Official Account, and ZNS templates. Pure.

Zalo answers HTTP 200 and says in `error` what happened. Its published tables contradict each other, so a code that nobody has
described to us is a refusal that is not retried and is shown as it came.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

import msgspec

from backend.core.clock import SCHOOL_ZONE
from notifications.channels.wire import Answer
from notifications.outcomes import Outcome, Refused, Sent, TryLater

# The access token is not (or no longer) good: get another once, then ask again.
TOKEN_REFUSED: Final = frozenset({-216, -220, -124})

_LIMIT_SECONDS = 60.0
_MORNING = time(6)

# What a reader has done: left, blocked, been banned. It ends with the next message or follow.
_GONE: Final = frozenset({-213, -217, -227})
# Outside the window, or its free answers are used up: another way now, this one again after the reader's next message.
_OUT_OF_WINDOW: Final = frozenset({-211, -218, -230, -232})
_ACCOUNT_DOWN: Final = frozenset({-204, -209, -212, -219, -221, -224})

_TEMPLATE_DEAD: Final = frozenset({-108, -118, -119})
_TEMPLATE_UNREACHABLE: Final = frozenset({-110, -114, -139, -141})
# Not before midnight or six in the morning. What is sent for money is pressing, so the next step takes it rather than waiting.
_TEMPLATE_NOT_NOW: Final = frozenset({-133, -144, -147})
_TEMPLATE_DOWN: Final = frozenset({-101, -102, -103, -104, -105, -106, -107, -115, -120, -135, -136, -137, -138})
# One template's trouble, not the account's: its kind of notice goes another way.
_TEMPLATE_OWN: Final = frozenset({-109, -117, -131, -145, -146})
# A reader who turned us away: the whole account, or this kind of template message (-139) or all of them (-141).
BLOCKED: Final = frozenset({*(f"ZALO_{code}" for code in _GONE), "ZNS_-139", "ZNS_-141"})
INVALID: Final = frozenset(f"ZNS_{code}" for code in _TEMPLATE_DEAD)
_OUR_BUG: Final = frozenset({-201, -210, -233, -111, -112, -113, -132})


class _Quota(msgspec.Struct):
    quota_type: str = ""
    remain: int | str | None = None


class _Data(msgspec.Struct):
    message_id: str = ""
    msg_id: str = ""
    attachment_id: str = ""
    quota: _Quota | None = None


class _Body(msgspec.Struct):
    error: int = 0
    message: str = ""
    data: _Data | None = None


_DECODER = msgspec.json.Decoder(_Body, strict=False)


class Read(msgspec.Struct, frozen=True):
    """`replies_left`: how many more free answers this reader's window holds, when Zalo says so. `attachment_id`: of an upload."""

    outcome: Outcome
    replies_left: int | None = None
    token_refused: bool = False
    attachment_id: str = ""


def read_reply(answer: Answer, now: datetime) -> Read:
    """The answer to a consultation message."""
    early, body = _read(answer)
    if early is not None:
        return early
    code = body.error
    if code == 0:
        data = body.data or _Data()
        return Read(Sent(data.message_id), _replies_left(data.quota), attachment_id=data.attachment_id)
    if code in _GONE:
        return Read(Refused("address_dead", f"ZALO_{code}"))
    if code in _OUT_OF_WINDOW:
        return Read(Refused("unreachable", f"ZALO_{code}"), 0)
    if code in _ACCOUNT_DOWN:
        return Read(Refused("channel_down", f"ZALO_{code}"))
    if code == -234:
        return Read(TryLater("ZALO_-234", _until_morning(now)))
    return Read(_rest(code, "ZALO"))


def read_template(answer: Answer, now: datetime) -> Read:
    """The answer to a ZNS template message."""
    early, body = _read(answer)
    if early is not None:
        return early
    code = body.error
    if code == 0:
        return Read(Sent((body.data or _Data()).msg_id))
    if code in _TEMPLATE_DEAD:
        return Read(Refused("address_dead", f"ZNS_{code}"))
    if code in _TEMPLATE_UNREACHABLE or code in _TEMPLATE_OWN or code in _TEMPLATE_NOT_NOW:
        return Read(Refused("unreachable", f"ZNS_{code}"))
    if code in _TEMPLATE_DOWN:
        return Read(Refused("channel_down", f"ZNS_{code}"))
    return Read(_rest(code, "ZNS"))


def _read(answer: Answer) -> tuple[Read | None, _Body]:
    if answer.status == 401:
        return Read(Refused("channel_down", "ZALO_HTTP_401"), token_refused=True), _Body()
    if answer.status == 429:
        return Read(TryLater("ZALO_HTTP_429", answer.retry_after or _LIMIT_SECONDS, pauses_channel=True)), _Body()
    if answer.status >= 500:
        # 503 is said before a message is taken; any other error page says nothing about the message behind it.
        late = TryLater(f"ZALO_HTTP_{answer.status}", answer.retry_after, uncertain=answer.status != 503)
        return Read(late), _Body()
    try:
        body = _DECODER.decode(answer.body)
    except msgspec.DecodeError:
        return Read(TryLater("unreadable_answer", uncertain=True)), _Body()
    if body.error in TOKEN_REFUSED:
        return Read(Refused("channel_down", f"ZALO_{body.error}"), token_refused=True), body
    if body.error == -32:
        return Read(TryLater("ZALO_-32", answer.retry_after or _LIMIT_SECONDS, pauses_channel=True)), body
    return None, body


def _rest(code: int, provider: str) -> Outcome:
    return Refused("our_bug" if code in _OUR_BUG else "unknown", f"{provider}_{code}")


def _replies_left(quota: _Quota | None) -> int | None:
    """Only the free answers of the window are told by `reply`; the others cost money and are not ours to count."""
    if quota is None or quota.quota_type != "reply" or quota.remain is None:
        return None
    try:
        return max(0, int(quota.remain))
    except ValueError:
        return None


def _until_morning(now: datetime) -> float:
    here = now.astimezone(SCHOOL_ZONE)
    at = datetime.combine(here.date(), _MORNING, SCHOOL_ZONE)
    return ((at if at > here else at + timedelta(days=1)) - here).total_seconds()
