"""An FCM twin that notes when it was asked and whether it took the message, and how many requests fell into the fullest stretch of time."""

from __future__ import annotations

import time

from aiohttp import web

from tests.twins.fcm import FcmTwin


class CountingTwin(FcmTwin):
    def __init__(self, *, remember: bool = True) -> None:
        super().__init__(remember=remember)
        self.asked: list[tuple[float, bool]] = []

    async def _send(self, request: web.Request) -> web.StreamResponse:
        at, answer = time.monotonic(), await super()._send(request)
        self.asked.append((at, answer.status == 200))
        return answer


def most_within(moments: list[float], seconds: float) -> int:
    """The most that any window of this length holds."""
    ordered = sorted(moments)
    most = first = 0
    for place, at in enumerate(ordered):
        while at - ordered[first] >= seconds:
            first += 1
        most = max(most, place - first + 1)
    return most
