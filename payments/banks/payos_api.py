"""What is asked of payOS: a link to pay, and what became of one. Their answers are signed, and believed only then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from payments.banks import payos
from payments.banks.asking import Asker, Away, Refused
from payments.banks.pulling import Seen
from payments.banks.wire import Told

_PATH: Final = "/v2/payment-requests"
# A link in one of these is never paid any more.
_OVER: Final = frozenset({"PAID", "CANCELLED", "EXPIRED", "FAILED"})


class Channel(msgspec.Struct, frozen=True):
    """One payment channel of theirs, with its three secrets."""

    base_url: str
    client_id: str
    api_key: str
    checksum_key: str


async def create(
    asker: Asker, channel: Channel, *, order_code: int, amount: int, description: str, return_url: str, until: datetime
) -> str | Away | Refused:
    """The address of their page."""
    asked: dict[str, Any] = {
        "orderCode": order_code,
        "amount": amount,
        "description": description,
        "returnUrl": return_url,
        "cancelUrl": return_url,
    }
    body = {**asked, "expiredAt": int(until.timestamp()), "signature": payos.sign_request(channel.checksum_key, asked)}
    data = await _ask(asker, channel, "POST", _PATH, msgspec.json.encode(body))
    if not isinstance(data, Mapping):
        return data
    url = data.get("checkoutUrl")
    if data.get("orderCode") != order_code or data.get("amount") != amount or not isinstance(url, str):
        return Away("another_answer")
    return url if url.startswith(("https://", "http://127.0.0.1")) else Away("another_answer")


async def look(asker: Asker, channel: Channel, order_code: int) -> Seen | Away | Refused:
    """A link with every transaction that was made through it, each under the key that its webhook has."""
    data = await _ask(asker, channel, "GET", f"{_PATH}/{order_code}")
    if not isinstance(data, Mapping):
        return data
    if data.get("orderCode") != order_code or not isinstance(data.get("transactions"), list | None):
        return Away("another_answer")
    items = [
        payos.pulled_item(order_code, str(data.get("id", "")), msgspec.Raw(msgspec.json.encode(one)))
        for one in data.get("transactions") or []
        if isinstance(one, dict)
    ]
    return Seen(data.get("status") in _OVER, tuple(Told(payos.pulled_key(item), item) for item in items))


async def _ask(
    asker: Asker, channel: Channel, method: str, path: str, content: bytes | None = None
) -> Mapping[str, Any] | Away | Refused:
    answer = await asker.ask(
        payos.PROVIDER,
        method,
        channel.base_url + path,
        headers={
            "x-client-id": channel.client_id,
            "x-api-key": channel.api_key,
            "content-type": "application/json",
        },
        content=content,
    )
    if not isinstance(answer, bytes):
        return answer
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError):
        return Away("unreadable_answer")
    if not isinstance(told, dict):
        return Away("unreadable_answer")
    if told.get("code") != "00":
        return Refused(f"PAYOS_{str(told.get('code'))[:20]}")
    if not isinstance(told.get("data"), dict) or not payos.verifies(
        channel.checksum_key, told["data"], told.get("signature")
    ):
        return Away("answer_not_proved")
    data: dict[str, Any] = told["data"]
    return data
