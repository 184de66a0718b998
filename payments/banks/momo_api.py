"""What is asked of MoMo: a payment to send a family to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from payments.banks import momo
from payments.banks.asking import Asker, Away, Refused

_PATH: Final = "/v2/gateway/api/create"


class _Answer(msgspec.Struct, rename="camel"):
    result_code: int
    order_id: str | None = None
    pay_url: str | None = None


async def create(
    asker: Asker,
    base_url: str,
    secret: str,
    keys: Mapping[str, str],
    *,
    order: str,
    amount: int,
    info: str,
    return_url: str,
    ipn_url: str,
) -> str | Away | Refused:
    """The address of their page."""
    asked: dict[str, Any] = {
        "partnerCode": keys["partner_code"],
        "requestId": order,
        "amount": amount,
        "orderId": order,
        "orderInfo": info,
        "redirectUrl": return_url,
        "ipnUrl": ipn_url,
        "requestType": momo.REQUEST_TYPE,
        "extraData": "",
    }
    body = {**asked, "lang": "vi", "signature": momo.sign_request(secret, keys["access_key"], asked)}
    answer = await asker.ask(
        momo.PROVIDER,
        "POST",
        base_url + _PATH,
        headers={"content-type": "application/json; charset=UTF-8"},
        content=msgspec.json.encode(body),
    )
    if not isinstance(answer, bytes):
        return answer
    try:
        told = msgspec.json.decode(answer, type=_Answer)
    except (msgspec.DecodeError, ValueError):
        return Away("unreadable_answer")
    if told.result_code != 0:
        return Refused(f"MOMO_{told.result_code}")
    if told.order_id != order or not (told.pay_url or "").startswith(("https://", "http://127.0.0.1")):
        return Away("another_answer")
    return told.pay_url or ""
