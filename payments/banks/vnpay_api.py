"""What is asked of VNPay 2.1.0: what became of a payment (`querydr`). Their answer is signed, and believed only then."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from backend.core.crypto import same
from payments.banks import vnpay
from payments.banks.asking import Asker, Away, Refused
from payments.banks.pulling import Seen
from payments.banks.wire import Told

_ASKED: Final = ("vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TxnRef", "vnp_TransactionDate",
                 "vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo")  # fmt: skip
_ANSWERED: Final = ("vnp_ResponseId", "vnp_Command", "vnp_ResponseCode", "vnp_Message", "vnp_TmnCode", "vnp_TxnRef",
                    "vnp_Amount", "vnp_BankCode", "vnp_PayDate", "vnp_TransactionNo", "vnp_TransactionType",
                    "vnp_TransactionStatus", "vnp_OrderInfo", "vnp_PromotionCode", "vnp_PromotionAmount")  # fmt: skip
_FOUND, _NOT_FOUND = "00", "91"
# Asked twice in one minute, or their own trouble: the same question is answered later.
_LATER: Final = frozenset(("94", "99"))
_PAID, _FAILED = "00", "02"


async def look(
    asker: Asker,
    url: str,
    secret: str,
    keys: Mapping[str, str],
    *,
    order: str,
    ordered_at: datetime,
    request_id: str,
    at: datetime,
) -> Seen | Away | Refused:
    """`ordered_at`: the instant that stood in the address of their page, by which they find the order again."""
    asked = {
        "vnp_RequestId": request_id,
        "vnp_Version": vnpay.VERSION,
        "vnp_Command": "querydr",
        "vnp_TmnCode": keys["tmn_code"],
        "vnp_TxnRef": order,
        "vnp_TransactionDate": vnpay.stamp(ordered_at),
        "vnp_CreateDate": vnpay.stamp(at),
        "vnp_IpAddr": "127.0.0.1",
        "vnp_OrderInfo": f"Hoi ket qua {order}",
    }
    body = {**asked, "vnp_SecureHash": sign(secret, _ASKED, asked)}
    answer = await asker.ask(
        vnpay.PROVIDER, "POST", url, headers={"content-type": "application/json"}, content=msgspec.json.encode(body)
    )
    if not isinstance(answer, bytes):
        return answer
    told = vnpay.answer_of(answer)
    if told is None:
        return Away("unreadable_answer")
    code = told.get("vnp_ResponseCode", "")
    if code in _LATER:
        return Away(f"VNPAY_{code}")
    if code == _NOT_FOUND:
        return Seen(over=False)
    if code != _FOUND:
        return Refused(f"VNPAY_{code[:8]}")
    if not same(told.get("vnp_SecureHash", "").lower().encode(), sign(secret, _ANSWERED, told).encode()):
        return Away("answer_not_proved")
    if told.get("vnp_TxnRef") != order or told.get("vnp_TmnCode") != keys["tmn_code"]:
        return Away("another_answer")
    if told.get("vnp_TransactionStatus") == _PAID:
        return Seen(True, (Told(vnpay.event_key(told, answer), answer),))
    return Seen(told.get("vnp_TransactionStatus") == _FAILED)


def sign(secret: str, names: tuple[str, ...], values: Mapping[str, str]) -> str:
    """The values alone, in the order of their manual, with bars between."""
    text = "|".join(values.get(name, "") for name in names)
    return hmac.digest(secret.encode(), text.encode(), "sha512").hex()
