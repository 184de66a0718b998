"""SePay's side of the wire: keeps an account, signs what it reports, and calls again by SePay's own schedule until it is content.

Strict where they are strict: only 200 or 201 with `{"success": true}` counts, and after eight tries they give up. It shares
no code with the house, so that a mistake in our signing cannot cancel itself out.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import httpx

VIETNAM = timezone(timedelta(hours=7))
# Minutes between the eight attempts; afterwards SePay is silent for good.
RETRY_MINUTES = (1, 1, 2, 3, 5, 8, 13)

_ids = itertools.count(os.getpid() * 1_000_000 + 1)


@dataclass
class Event:
    event_id: int
    body: bytes


@dataclass
class Attempt:
    event_id: int
    status: int
    accepted: bool


@dataclass
class SepayTwin:
    http: httpx.AsyncClient
    hook_path: str
    account_number: str
    secret: str
    auth: str = "hmac"
    attempts: list[Attempt] = field(default_factory=list)
    balance: int = 0

    def credit(self, amount: int, memo: str, **changes: object) -> Event:
        return self._movement("in", amount, memo, **changes)

    def debit(self, amount: int, memo: str, **changes: object) -> Event:
        return self._movement("out", amount, memo, **changes)

    def _movement(self, direction: str, amount: int, memo: str, **changes: object) -> Event:
        event_id = next(_ids)
        self.balance += amount if direction == "in" else -amount
        body = {
            "id": event_id,
            "gateway": "Vietcombank",
            "transactionDate": datetime.now(VIETNAM).strftime("%Y-%m-%d %H:%M:%S"),
            "accountNumber": self.account_number,
            "code": None,
            "content": memo,
            "transferType": direction,
            "transferAmount": amount,
            "accumulated": self.balance,
            "subAccount": None,
            "referenceCode": f"MBVCB.{event_id:010d}",
            "description": f"BankAPINotify {memo}",
            **changes,
        }
        return Event(event_id, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())

    def headers(self, body: bytes, *, at: float | None = None, secret: str | None = None) -> dict[str, str]:
        key = self.secret if secret is None else secret
        if self.auth == "apikey":
            return {"content-type": "application/json", "authorization": f"Apikey {key}"}
        timestamp = str(int(time.time() if at is None else at))
        digest = hmac.new(key.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
        return {
            "content-type": "application/json",
            "x-sepay-timestamp": timestamp,
            "x-sepay-signature": f"sha256={digest}",
        }

    async def call(self, event: Event) -> bool:
        """One attempt. True when SePay would be content."""
        answer = await self.http.post(self.hook_path, content=event.body, headers=self.headers(event.body))
        accepted = answer.status_code in (200, 201) and _says_success(answer)
        self.attempts.append(Attempt(event.event_id, answer.status_code, accepted))
        return accepted

    async def report(self, event: Event, sleep: Callable[[float], Awaitable[None]]) -> bool:
        """Until it is accepted or the schedule ends; `sleep` takes seconds, so that a test need not wait."""
        for minutes in (*RETRY_MINUTES, None):
            if await self.call(event):
                return True
            if minutes is not None:
                await sleep(minutes * 60)
        return False

    async def replay(self, events: Iterable[Event]) -> None:
        """All at once, as happens after an outage: every one must be accepted, the ones told before as well."""
        assert all(await asyncio.gather(*(self.call(event) for event in events)))


def _says_success(answer: httpx.Response) -> bool:
    try:
        said: bool = answer.json() == {"success": True}
        return said
    except json.JSONDecodeError:
        return False
