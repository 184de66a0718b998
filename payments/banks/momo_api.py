"""What is asked of MoMo: a payment to send a family to, and what became of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from payments.banks import momo
from payments.banks.asking import Asker, Away, Refused
from payments.banks.pulling import Seen

_CREATE: Final = "/v2/gateway/api/create"
_QUERY: Final = "/v2/gateway/api/query"
_HEADERS: Final = {"content-type": "application/json; charset=UTF-8"}
_PAID: Final = 0
# Access denied, a bad request, a wrong signature: these tell of the question and not of the order.
_OUR_FAULT: Final = frozenset((11, 12, 13, 20, 11007))
# Begun, at work, authorised, or not known yet because the family did not come to their page: all of these may still be paid.
_MAY_BE_PAID: Final = frozenset((42, 1000, 7000, 7002, 9000))


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
        momo.PROVIDER, "POST", base_url + _CREATE, headers=_HEADERS, content=msgspec.json.encode(body)
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


async def look(
    asker: Asker, base_url: str, secret: str, keys: Mapping[str, str], *, order: str, request_id: str
) -> Seen | Away | Refused:
    """What became of an order. Their answer carries no signature: it is believed as what their own address said over TLS."""
    asked: dict[str, Any] = {"partnerCode": keys["partner_code"], "requestId": request_id, "orderId": order}
    body = {**asked, "lang": "vi", "signature": momo.sign_question(secret, keys["access_key"], asked)}
    answer = await asker.ask(
        momo.PROVIDER, "POST", base_url + _QUERY, headers=_HEADERS, content=msgspec.json.encode(body)
    )
    if not isinstance(answer, bytes):
        return answer
    try:
        told = msgspec.json.decode(answer, type=_Answer)
    except (msgspec.DecodeError, ValueError):
        return Away("unreadable_answer")
    if told.result_code in _OUR_FAULT:
        return Refused(f"MOMO_{told.result_code}")
    if told.order_id != order:
        return Away("another_answer")
    if told.result_code == _PAID:
        return Seen(True, tuple(momo.tells(answer)))
    return Seen(told.result_code not in _MAY_BE_PAID)
