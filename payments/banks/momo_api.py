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
    told = await _ask(
        asker, base_url + _CREATE, {**asked, "signature": momo.sign_request(secret, keys["access_key"], asked)}
    )
    if not isinstance(told, _Told):
        return told
    if told.answer.result_code != 0:
        return Refused(f"MOMO_{told.answer.result_code}")
    if told.answer.order_id != order or not (told.answer.pay_url or "").startswith(("https://", "http://127.0.0.1")):
        return Away("another_answer")
    return told.answer.pay_url or ""


async def look(
    asker: Asker, base_url: str, secret: str, keys: Mapping[str, str], *, order: str, request_id: str
) -> Seen | Away | Refused:
    """What became of an order. Their answer carries no signature: it is believed as what their own address said over TLS."""
    asked: dict[str, Any] = {"partnerCode": keys["partner_code"], "requestId": request_id, "orderId": order}
    told = await _ask(
        asker, base_url + _QUERY, {**asked, "signature": momo.sign_question(secret, keys["access_key"], asked)}
    )
    if not isinstance(told, _Told):
        return told
    if told.answer.result_code in _OUR_FAULT:
        return Refused(f"MOMO_{told.answer.result_code}")
    if told.answer.order_id != order:
        return Away("another_answer")
    if told.answer.result_code == _PAID:
        return Seen(True, tuple(momo.tells(told.said)))
    return Seen(told.answer.result_code not in _MAY_BE_PAID)


class _Told(msgspec.Struct, frozen=True):
    """`said` is the answer as it came: where it tells of money, that is what is kept."""

    answer: _Answer
    said: bytes


async def _ask(asker: Asker, url: str, asked: Mapping[str, Any]) -> _Told | Away | Refused:
    said = await asker.ask(
        momo.PROVIDER, "POST", url, headers=_HEADERS, content=msgspec.json.encode({**asked, "lang": "vi"})
    )
    if not isinstance(said, bytes):
        return said
    try:
        return _Told(msgspec.json.decode(said, type=_Answer), said)
    except (msgspec.DecodeError, ValueError):
        return Away("unreadable_answer")
