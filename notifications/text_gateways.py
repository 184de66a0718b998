"""Which SMS gateway carries a text: the first in the settings' order that works; another only while it is certain that none took it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import msgspec
import structlog

from backend.core.house import House
from notifications import sent_texts
from notifications.allowances import Allowance, turn
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.sent_texts import Text

log = structlog.get_logger()

_PATIENCE_SECONDS = 20.0
_REST_SECONDS = 60.0
_NO_TURN = TryLater("rate_limited")
_ASKED_BEFORE = TryLater("asked_before", uncertain=True, repeatable=False)
# The shortest memory of a gateway of ours; what has none is remembered by us (sent_texts.py).
REPEATS_FOR = timedelta(hours=23)


class Gateway(Protocol):
    name: str
    repeats_for: timedelta
    limit: Allowance | None

    async def post(self, phone_e164: str, text: str, request_id: str, *, parts_max: int = 1) -> Outcome: ...


class TextGateways:
    """Also carries one-time codes, which are no notices."""

    def __init__(self, house: House, gateways: Sequence[Gateway]) -> None:
        assert gateways, "without a gateway there is no station"
        self._house = house
        self._gateways = gateways
        self._resting: dict[str, float] = {}

    async def send(self, phone_e164: str, text: str, request_id: str) -> Outcome:
        """A one-time code. Asked again it goes the same way: only a first attempt may choose another gateway."""
        return await self.post(Text(request_id, phone_e164, text), first=True)

    async def post(self, text: Text, *, first: bool) -> Outcome:
        """`first`: no attempt of this text has touched a wire, so that whichever gateway works may carry it."""
        if not first and await self._somewhere(text):
            return _ASKED_BEFORE
        outcome: Outcome | None = None
        for gateway in self._in_turn() if first else self._gateways[:1]:
            answer = await self._by(gateway, text)
            # What everybody would refuse, or may have been taken, ends the search.
            if not _passes_on(answer):
                return answer
            if answer != _NO_TURN:
                self._resting[gateway.name] = time.monotonic() + _REST_SECONDS
                log.warning("sms_gateway_passed_over", gateway=gateway.name, code=_code(answer))
            outcome = outcome or answer
        assert outcome is not None
        return outcome

    def _in_turn(self) -> list[Gateway]:
        """Whoever was down just now comes last, not never."""
        now = time.monotonic()
        return sorted(self._gateways, key=lambda one: self._resting.get(one.name, 0.0) > now)

    async def _somewhere(self, text: Text) -> bool:
        forgetful = [one for one in self._gateways if not one.repeats_for]
        return any([await sent_texts.was_asked(self._house, one.name, text) for one in forgetful])

    async def _by(self, gateway: Gateway, text: Text) -> Outcome:
        if not await turn(gateway.limit, time.monotonic() + _PATIENCE_SECONDS):
            return _NO_TURN
        if gateway.repeats_for:
            return await gateway.post(text.phone, text.body, text.request_id, parts_max=text.parts_max)
        if not await sent_texts.ask(self._house, gateway.name, text):
            return _ASKED_BEFORE
        outcome = await gateway.post(text.phone, text.body, text.request_id, parts_max=text.parts_max)
        if isinstance(outcome, Sent):
            await sent_texts.named(self._house, gateway.name, text, outcome.provider_id)
        elif isinstance(outcome, Refused) or not outcome.uncertain:
            await sent_texts.take_back(self._house, gateway.name, text)
        else:
            return msgspec.structs.replace(outcome, repeatable=False)
        return outcome


def _passes_on(outcome: Outcome) -> bool:
    """Certainly not taken, for a reason that is the gateway's own."""
    if isinstance(outcome, TryLater):
        return not outcome.uncertain
    return isinstance(outcome, Refused) and outcome.why == "channel_down"


def _code(outcome: Outcome) -> str:
    return "" if isinstance(outcome, Sent) else outcome.code
