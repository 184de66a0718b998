"""The bank of the demo: makes a transfer as SePay would report it, signs it, and calls the school's own webhook with it.

It goes through the same door as a real bank, signature and all, inside the process. It is wired up in demo mode only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from typing import Any

import msgspec

from backend.core.clock import SCHOOL_ZONE
from payments.banks import sepay
from payments.feeds import Hook

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


def transfer_body(event_id: int, account_number: str, amount: int, memo: str, at: datetime) -> bytes:
    """SePay's body for a credit, framed as a receiving bank frames a memo that came over NAPAS."""
    trace = f"{event_id % 10**10:010d}"
    return msgspec.json.encode(
        {
            "id": event_id,
            "gateway": "Vietcombank",
            "transactionDate": at.astimezone(SCHOOL_ZONE).strftime("%Y-%m-%d %H:%M:%S"),
            "accountNumber": account_number,
            "code": None,
            "content": f"MBVCB.{trace}.{memo}.CT tu 0011000999999",
            "transferType": "in",
            "transferAmount": amount,
            "accumulated": 0,
            "subAccount": None,
            "referenceCode": f"MBVCB.{trace}",
            "description": "BankAPINotify",
        }
    )


async def call_webhook(app: Asgi, hook: Hook, body: bytes, at: datetime) -> tuple[int, bytes]:
    """Status and answer of the webhook, called as HTTP would call it."""
    timestamp = str(int(at.timestamp()))
    proof = (
        {"x-sepay-timestamp": timestamp, "x-sepay-signature": sepay.sign(hook.secret, timestamp, body)}
        if hook.auth == "hmac"
        else {"authorization": f"Apikey {hook.secret}"}
    )
    headers = {"content-type": "application/json", "content-length": str(len(body)), "host": "console.bank", **proof}
    path = f"/hooks/{hook.provider}/{hook.hook_key}"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    return await _exchange(app, scope, body)


async def _exchange(app: Asgi, scope: MutableMapping[str, Any], body: bytes) -> tuple[int, bytes]:
    sent: list[Any] = []
    received = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return received.pop() if received else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    status = next(message["status"] for message in sent if message["type"] == "http.response.start")
    answer = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return status, answer
