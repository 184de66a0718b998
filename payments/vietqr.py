"""VietQR: the payload that every Vietnamese bank app scans, written and strictly read back. It knows nothing of bills.

The format is that of NAPAS 247 on EMVCo. Lengths count characters, the check sum runs over UTF-8 bytes; values may
contain anything that looks like a tag, so the payload is always walked, never searched.
"""

from __future__ import annotations

import binascii
import re
from enum import StrEnum
from typing import Final

import msgspec

from backend.core.text import strip_marks

GUID: Final = "A000000727"
GUID_VNPAY: Final = "A000000775"
# One transfer over NAPAS 247 stays below this; a larger bill is paid in parts.
AMOUNT_MAX: Final = 499_999_999
MEMO_MAX: Final = 25
ACCOUNT_MAX: Final = 19
VALUE_MAX: Final = 99

_Objects = dict[str, str | None]

_PRINTABLE_ASCII = re.compile(r"[\x20-\x7e]*")
_ACCOUNT = re.compile(r"[0-9A-Za-z]{1,19}")
_BIN = re.compile(r"[0-9]{6}")
_AMOUNT = re.compile(r"([0-9]+)(?:\.([0-9]*))?")
_TAG = re.compile(r"[0-9]{2}")


class Fault(StrEnum):
    """Why a payload is refused. Stable names; the sentences are in the catalogue."""

    TOO_SHORT = "too_short"
    BAD_TAG = "bad_tag"
    BAD_LENGTH = "bad_length"
    VALUE_CUT = "value_cut"
    LEFT_OVER = "left_over"
    TAG_TWICE = "tag_twice"
    NO_CHECK_SUM = "no_check_sum"
    CHECK_SUM = "check_sum"
    BAD_VERSION = "bad_version"
    BAD_INITIATION = "bad_initiation"
    NOT_VIETQR = "not_vietqr"
    BAD_BIN = "bad_bin"
    BAD_ACCOUNT = "bad_account"
    BAD_SERVICE = "bad_service"
    BAD_CURRENCY = "bad_currency"
    BAD_COUNTRY = "bad_country"
    BAD_AMOUNT = "bad_amount"
    OVER_LIMIT = "over_limit"
    BAD_TEXT = "bad_text"
    TOO_LONG = "too_long"


class VietQRError(ValueError):
    def __init__(self, fault: Fault, where: str, found: str = "") -> None:
        super().__init__(f"{fault} at {where}" + (f": {found!r}" if found else ""))
        self.fault = fault
        self.where = where


class Service(StrEnum):
    TO_ACCOUNT = "QRIBFTTA"
    TO_CARD = "QRIBFTTC"
    PURCHASE = "QRPUSH"
    CASH = "QRCASH"


class VietQR(msgspec.Struct, frozen=True):
    """What the code asks the payer's app to do. `extra` keeps objects that we do not interpret, by path (`62.05`)."""

    bank_bin: str
    account: str
    amount: int | None = None
    memo: str | None = None
    bill_number: str | None = None
    service: str | None = Service.TO_ACCOUNT.value
    initiation: str | None = None
    extra: tuple[tuple[str, str], ...] = ()


def encode(code: VietQR) -> str:
    """The payload with its check sum. Refuses whatever some bank app would stumble over."""
    _check_writable(code)
    beneficiary: _Objects = {"00": code.bank_bin, "01": code.account}
    account_info: _Objects = {"00": GUID, "02": code.service}
    additional: _Objects = {"01": code.bill_number, "08": code.memo}
    root: _Objects = {
        "00": "01",
        # A fixed amount under "11" misbehaves in at least one large bank's app, so the two always go together.
        "01": code.initiation or ("11" if code.amount is None else "12"),
        "53": "704",
        "54": None if code.amount is None else str(code.amount),
        "58": "VN",
    }
    templates = {"": root, "38": account_info, "38.01": beneficiary, "62": additional}
    for path, value in code.extra:
        template, _, tag = path.rpartition(".")
        templates[template][tag] = value
    account_info["01"] = _write(beneficiary, "38.01")
    root["38"] = _write(account_info, "38")
    root["62"] = _write(additional, "62") or None
    payload = _write(root, "payload") + "6304"
    return payload + check_sum(payload)


def decode(text: str) -> VietQR:
    """Read a scanned payload, or say exactly what is wrong with it."""
    payload = text.strip()
    if len(payload) < 12:
        raise VietQRError(Fault.TOO_SHORT, "payload")
    root = _walk(payload, "")
    _check_frame(payload, root)
    account_info = _account_info(root)
    beneficiary = _walk(account_info.pop("01", ""), "38.01")
    additional = _walk(root.pop("62", ""), "62")
    code = VietQR(
        bank_bin=_matching(_BIN, beneficiary.pop("00", ""), Fault.BAD_BIN, "38.01.00"),
        account=_matching(_ACCOUNT, beneficiary.pop("01", ""), Fault.BAD_ACCOUNT, "38.01.01"),
        amount=read_amount(root.pop("54")) if "54" in root else None,
        memo=additional.pop("08", None),
        bill_number=additional.pop("01", None),
        service=account_info.pop("02", None),
        initiation=root.pop("01", None),
        extra=_left(root, "") + _left(account_info, "38.") + _left(beneficiary, "38.01.") + _left(additional, "62."),
    )
    if code.initiation not in (None, "11", "12"):
        raise VietQRError(Fault.BAD_INITIATION, "01", code.initiation or "")
    return code


def check_sum(payload: str) -> str:
    """CRC-16/CCITT-FALSE over the bytes, the closing `6304` included."""
    return f"{binascii.crc_hqx(payload.encode(), 0xFFFF):04X}"


def plain_memo(text: str, length_max: int = MEMO_MAX) -> str:
    """A memo that every route lets through: upper-case ASCII letters, digits and single blanks, cut to what fits."""
    letters = re.sub(r"[^0-9A-Z]+", " ", strip_marks(text).upper()).strip()
    return letters[:length_max].rstrip()


def read_amount(text: str) -> int:
    """`50000`, `50000.` and `50000.00` are fifty thousand đồng; a fraction of a đồng is nobody's money."""
    match = _AMOUNT.fullmatch(text)
    if len(text) > 13 or match is None or (match[2] or "").strip("0") or not int(match[1]):
        raise VietQRError(Fault.BAD_AMOUNT, "54", text)
    return int(match[1])


def _check_writable(code: VietQR) -> None:
    _matching(_BIN, code.bank_bin, Fault.BAD_BIN, "38.01.00")
    _matching(_ACCOUNT, code.account, Fault.BAD_ACCOUNT, "38.01.01")
    if code.service is not None and code.service not in set(Service):
        raise VietQRError(Fault.BAD_SERVICE, "38.02", code.service)
    if code.amount is not None and code.amount <= 0:
        raise VietQRError(Fault.BAD_AMOUNT, "54", str(code.amount))
    if code.amount is not None and code.amount > AMOUNT_MAX:
        raise VietQRError(Fault.OVER_LIMIT, "54", str(code.amount))
    for where, value in (("62.01", code.bill_number), ("62.08", code.memo), *code.extra):
        if value is not None and _PRINTABLE_ASCII.fullmatch(value) is None:
            raise VietQRError(Fault.BAD_TEXT, where, value)
    for where, value in (("62.01", code.bill_number), ("62.08", code.memo)):
        if value is not None and not 1 <= len(value) <= MEMO_MAX:
            raise VietQRError(Fault.TOO_LONG if value else Fault.BAD_TEXT, where, value)


def _write(objects: _Objects, where: str) -> str:
    for tag, value in objects.items():
        if value is not None and len(value) > VALUE_MAX:
            raise VietQRError(Fault.TOO_LONG, f"{where}.{tag}")
    return "".join(f"{tag}{len(value):02d}{value}" for tag, value in sorted(objects.items()) if value is not None)


def _walk(value: str, where: str) -> dict[str, str]:
    """One level of tag, length, value. Anything that does not come out even is a fault with its place."""
    objects: dict[str, str] = {}
    position = 0
    while position < len(value):
        tag, length = value[position : position + 2], value[position + 2 : position + 4]
        place = f"{where}.{tag}" if where else tag
        if len(length) < 2:
            raise VietQRError(Fault.LEFT_OVER, where or "payload", value[position:])
        if not _ascii_pair(tag):
            raise VietQRError(Fault.BAD_TAG, place, tag)
        if not _ascii_pair(length) or length == "00":
            raise VietQRError(Fault.BAD_LENGTH, place, length)
        if tag in objects:
            raise VietQRError(Fault.TAG_TWICE, place)
        position += 4 + int(length)
        if position > len(value):
            raise VietQRError(Fault.VALUE_CUT, place)
        objects[tag] = value[position - int(length) : position]
    return objects


def _check_frame(payload: str, root: dict[str, str]) -> None:
    """First and last object, and the check sum between them; takes `00` and `63` out of the objects."""
    tags = list(root)
    if tags[-1] != "63" or re.fullmatch(r"[0-9A-Fa-f]{4}", root["63"]) is None:
        raise VietQRError(Fault.NO_CHECK_SUM, "63")
    if check_sum(payload[:-4]) != root.pop("63").upper():
        raise VietQRError(Fault.CHECK_SUM, "63")
    if tags[0] != "00" or root.pop("00") != "01":
        raise VietQRError(Fault.BAD_VERSION, "00")


def _account_info(root: dict[str, str]) -> dict[str, str]:
    """The objects of template 38, once it is sure that this is VietQR and in đồng."""
    if "38" not in root:
        vnpay = GUID_VNPAY in root.get("26", "")
        raise VietQRError(Fault.NOT_VIETQR, "26" if vnpay else "38", "VNPAY-QR" if vnpay else "")
    account_info = _walk(root.pop("38"), "38")
    if account_info.pop("00", "").upper() != GUID:
        raise VietQRError(Fault.NOT_VIETQR, "38.00")
    if root.pop("53", "") != "704":
        raise VietQRError(Fault.BAD_CURRENCY, "53")
    if root.pop("58", "").upper() != "VN":
        raise VietQRError(Fault.BAD_COUNTRY, "58")
    return account_info


def _matching(pattern: re.Pattern[str], value: str, fault: Fault, where: str) -> str:
    if pattern.fullmatch(value) is None:
        raise VietQRError(fault, where, value)
    return value


def _ascii_pair(pair: str) -> bool:
    return _TAG.fullmatch(pair) is not None and pair.isascii()


def _left(objects: dict[str, str], prefix: str) -> tuple[tuple[str, str], ...]:
    return tuple((prefix + tag, value) for tag, value in objects.items())
