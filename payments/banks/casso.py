"""Casso's bank feed, old and new: version 1 tells an array under a shared token, V2 one movement under a signature.

It knows their wire and nothing of bills. They are content with 200 and a JSON body that says success.
"""

from __future__ import annotations

import hmac
import json
from datetime import datetime
from typing import Any, Final

import msgspec

from backend.core.crypto import same
from payments.banks import reading
from payments.banks.line import BankLine, Nothing, Unreadable
from payments.banks.reading import Number
from payments.banks.wire import Call, Keys, Provider, Told, Understood, always

PROVIDER: Final = "casso"
CLOCK_SECONDS_MAX: Final = 300
SUCCESS: Final = b'{"success":true}'
_ITEMS_MAX = 500
_TEST_REFERENCE = "MA_GIAO_DICH_THU_NGHIEM"


class _Movement(msgspec.Struct):
    """Every name under which one of the three wires (v1, V2, list) tells something. None is required of any."""

    id: int | str | None = None
    tid: str | None = None
    reference: str | None = None
    description: str | None = None
    amount: Number | None = None
    when: str | None = None
    transaction_date_time: str | None = msgspec.field(name="transactionDateTime", default=None)
    account_number: str | None = msgspec.field(name="accountNumber", default=None)
    bank_sub_acc_id: str | None = None
    bank_sub_acc_id_listed: str | None = msgspec.field(name="bankSubAccId", default=None)
    sub_acc_id: str | None = msgspec.field(name="subAccId", default=None)
    virtual_account: str | None = msgspec.field(name="virtualAccount", default=None)
    virtual_account_number: str | None = msgspec.field(name="virtualAccountNumber", default=None)
    corresponsive_account: str | None = msgspec.field(name="corresponsiveAccount", default=None)
    corresponsive_name: str | None = msgspec.field(name="corresponsiveName", default=None)
    counter_account_number: str | None = msgspec.field(name="counterAccountNumber", default=None)
    counter_account_name: str | None = msgspec.field(name="counterAccountName", default=None)
    running_balance: Number | None = msgspec.field(name="runningBalance", default=None)
    cusum_balance: Number | None = None
    cusum_balance_listed: Number | None = msgspec.field(name="cusumBalance", default=None)


class _Envelope(msgspec.Struct):
    data: msgspec.Raw


def proves(auth: str, secret: str, keys: Keys, call: Call, now: datetime) -> bool:
    """By the way that was agreed for this hook. An unset secret closes the door."""
    if not secret:
        return False
    if auth == "token":
        return same(call.headers.get("secure-token", "").strip(), secret)
    return auth == "hmac" and _proves_signature(secret, call.headers.get("x-casso-signature", ""), call.said, now)


def _proves_signature(secret: str, header: str, body: bytes, now: datetime) -> bool:
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    stamp, signature = parts.get("t", ""), parts.get("v1", "")
    if not (stamp.isascii() and stamp.isdigit()) or len(stamp) > 16:
        return False
    if abs(now.timestamp() - int(stamp) / 1000) > CLOCK_SECONDS_MAX:
        return False
    return any(same(signature, sign(secret, stamp, form)) for form in signed_forms(body))


def sign(secret: str, stamp: str, form: bytes) -> str:
    return hmac.digest(secret.encode(), stamp.encode() + b"." + form, "sha512").hex()


def signed_forms(body: bytes) -> list[bytes]:
    """The body with all keys sorted, as compact JSON, in the three ways their own samples write it.

    Node writes letters and `/` as they are, Python escapes letters, PHP escapes both. The plain form comes first.
    """
    try:
        told = json.loads(body)
        plain = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        escaped = json.dumps(told, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        forms = [plain.encode(), escaped.encode(), escaped.replace("/", "\\/").encode()]
    except (ValueError, TypeError, RecursionError):
        return []
    return list(dict.fromkeys(forms))


def tells(body: bytes) -> list[Told]:
    """Version 1 reports many at once: each movement is kept under its own id, in its own bytes."""
    items = _items(body)
    if len(items) <= 1:
        return [Told(_key(items[0]) if items else reading.key_or_hash(None, body), body)]
    told: dict[str, Told] = {}
    for item in items[:_ITEMS_MAX]:
        key = _key(item)
        told.setdefault(key, Told(key, b'{"error":0,"data":[' + item + b"]}"))
    if len(items) > _ITEMS_MAX:
        rest = b'{"error":0,"data":[' + b",".join(items[_ITEMS_MAX:]) + b"]}"
        key = reading.key_or_hash(None, rest)
        told[key] = Told(key, rest)  # ends as unreadable: a person and the next pull see to it
    return list(told.values())


def understand(body: bytes) -> Understood:
    items = _items(body)
    if len(items) != 1:
        return Unreadable("too_many" if items else "not_json")
    return understand_pulled(items[0])


def understand_pulled(item: bytes) -> Understood:
    """One movement of a hook or of their list."""
    try:
        read = msgspec.json.decode(item, type=_Movement)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Unreadable("not_json")
    reference = reading.stripped(read.reference or read.tid)
    if str(read.id) == "0" and reference == _TEST_REFERENCE:
        return Nothing("test")
    amount = reading.signed_dong(read.amount)
    booked_at = reading.instant(read.transaction_date_time or read.when)
    account_number = reading.stripped(
        read.account_number or read.bank_sub_acc_id or read.bank_sub_acc_id_listed or read.sub_acc_id
    )
    if read.id is None or not str(read.id).strip():
        return Unreadable("no_id")
    if amount is None:
        return Unreadable("no_amount")
    if booked_at is None:
        return Unreadable("no_date")
    if account_number is None:
        return Unreadable("no_account")
    return BankLine(
        source=PROVIDER,
        event_key=_key(item),
        account_number=account_number,
        direction="in" if amount > 0 else "out",
        amount=abs(amount),
        memo=reading.memo_of(read.description),
        booked_at=booked_at,
        bank_reference=reference,
        virtual_account=reading.stripped(read.virtual_account_number or read.virtual_account),
        payer_account=reading.stripped(read.counter_account_number or read.corresponsive_account),
        payer_name=reading.stripped(read.counter_account_name or read.corresponsive_name),
        balance_after=reading.balance(
            next(
                (b for b in (read.running_balance, read.cusum_balance, read.cusum_balance_listed) if b is not None),
                None,
            )
        ),
    )


def pulled_key(item: bytes) -> str:
    return _key(item)


def _items(body: bytes) -> list[bytes]:
    try:
        data = msgspec.json.decode(body, type=_Envelope).data
        if bytes(data).lstrip()[:1] == b"[":
            return [bytes(item) for item in msgspec.json.decode(data, type=list[msgspec.Raw])]
        return [bytes(data)] if bytes(data).lstrip()[:1] == b"{" else []
    except (msgspec.DecodeError, ValueError, RecursionError):
        return []


def _key(item: bytes) -> str:
    read: Any = None
    try:
        read = msgspec.json.decode(item, type=_Movement)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return reading.key_or_hash(None, item)
    return reading.key_or_hash(read.id, item)


CASSO: Final = Provider(
    name=PROVIDER,
    title="Casso",
    method="POST",
    settles_into="bank",
    proofs=("hmac", "token"),
    keys=(),
    pull_keys=("api_key",),
    # V2's security key is Casso's; the token of version 1 the school chooses.
    secret_made_here=False,
    proves=proves,
    tells=tells,
    understand=lambda body: understand(body),
    understand_pulled=understand_pulled,
    answer=always(200, SUCCESS),
)
