"""What the twins of Casso, payOS, VNPay, MoMo and of SePay's list have in common: they sign, retry, give up and answer as the vendors do.

They share no code with the house, so that a mistake in our signing cannot cancel itself out.
"""

from __future__ import annotations

import asyncio
import hmac
import itertools
import os
from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from tests.twins.bank import VIETNAM
from tests.twins.hosting import Hosted

ids = itertools.count(os.getpid() * 1_000_000 + 500_001)
Sleep = Callable[[float], Awaitable[None]]


def now_text() -> str:
    return datetime.now(VIETNAM).strftime("%Y-%m-%d %H:%M:%S")


def signature_of(secret: str, text: str, digest: str) -> str:
    return hmac.new(secret.encode(), text.encode(), digest).hexdigest()


async def until_content(call: Callable[[], Awaitable[bool]], minutes: tuple[float, ...], sleep: Sleep) -> bool:
    """One call more than there are waits; afterwards the gateway is silent for good."""
    for wait in (*minutes, None):
        if await call():
            return True
        if wait is not None:
            await sleep(wait * 60)
    return False


class Gateway(Hosted):
    """`wrong` puts statuses in front of the next answers, `seconds_slow` holds them back."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = 0
        self.wrong: list[int] = []
        self.seconds_slow = 0.0

    async def trouble(self) -> web.Response | None:
        self.requests += 1
        if self.seconds_slow:
            await asyncio.sleep(self.seconds_slow)
        return web.Response(status=self.wrong.pop(0), text="<html>trouble</html>") if self.wrong else None
