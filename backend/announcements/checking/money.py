"""Sums of money in a Vietnamese text, as integers of đồng. Numbers of pupils, telephone and account numbers are no money."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from backend.announcements.checking.reading import Reading


class Sum(msgspec.Struct, frozen=True):
    start: int
    end: int
    amount: int


_UNIT = r"(?:vn?d|vnđ|vn dong|dong|d|₫|đ)"
_THOUSAND = r"(?:k|nghin|ngan|ng|n|ngh)"
_MILLION = r"(?:trieu|tr|mil(?:lion)?)"

# 1tr2, 1tr250, 1 triệu 250 nghìn, 1,5 triệu, 2 triệu rưỡi.
_MILLIONS = re.compile(
    rf"(?<![\w.,/])(\d{{1,3}})(?:[.,](\d{{1,3}}))?\s?{_MILLION}(?![a-z])(?:\s?(\d{{1,3}})(?![\d.,]?\d"
    rf"|\s?(?:thang|hoc sinh|hs|em|ngay|h\b|/))\s?({_THOUSAND})?(?![a-z])|\s+(ruoi))?"
)
_THOUSANDS = re.compile(
    rf"(?<![\w.,/])(\d{{1,4}})(?:[.,](\d))?\s?(k|nghin|ngan|ng|n(?=\W|$)|cành|canh)(?:\s?(?:{_UNIT}))?(?![a-z0-9])"
)
_GROUPED = re.compile(
    rf"(?<![\w.,/+])(\d{{1,3}}(?:([., ])\d{{3}})(?:\2\d{{3}}){{0,3}})(?![\d]|[.,]\d)\s?(?:({_UNIT})(?![a-z])|(k)\b)?"
)
_BARE = re.compile(rf"(?<![\w.,/+])(\d{{4,9}})\s?{_UNIT}(?![a-z])")
_SMALL = re.compile(r"(?<![\w.,/+])([1-9]\d{2})\s?(?:dong|vnd)(?![a-z])")
_RANGE_K = re.compile(r"(?<![\w.,/])(\d{1,4})\s?(?:-|den|toi|to|hoac|/)\s?(?=\d{1,4}\s?(k|nghin|ngan|tr|trieu)\b)")
# `BHYT năm 2027 đóng 631.800đ`: to pay is no đồng.
_UNIT_FORMS = {"dong": ("đồng",)}
# `Áo lớp trăm hai một cái`.
_HUNDRED = re.compile(
    r"\b(?:(?P<hundreds>mot|hai|ba|bon|nam|sau|bay|tam|chin) )?tram (?P<tens>ruoi|mot|hai|ba|tu|nam|sau|bay|tam|chin)"
    r"(?= (?:mot |1 |moi |/ ?)(?:cai|em|chau|bo|nguoi|suat|ve|con|ban|be|nha|ao|hoc sinh)\b)"
)
_CODE = re.compile(r"(?:vnd|vn₫|₫)\s?(\d{1,3}(?:[.,]\d{3})+|\d{4,9})(?![\d.,]*\d)")

_NO_MONEY_BEFORE = re.compile(
    r"\b(?:stk|so tk|so tai khoan|tai khoan|tk|so the|account(?: no| number)?|sdt|dt|dien thoai|hotline"
    r"|tel|phone|zalo|ma so|mst|ma hs|ma|so hd|so|id|cccd)\b[^\n\d]{0,18}$"
)
_NO_MONEY_AFTER = re.compile(
    r"\s*(?:hoc sinh|hs\b|em\b|phu huynh|nguoi|luot|cuon|quyen|tre\b|chau\b|giao vien|met|m2|m²|km\b|ml\b"
    r"|kcal|calo|gram|g\b|kg|buoc|truong\b|ban doc|thi sinh|view|like|cay|qua\b|suat|chiec|gia dinh|don vi"
    r"|ha\b|nam\b|tu moi)"
)

_DIGITS = {
    "khong": 0,
    "mot": 1,
    "hai": 2,
    "ba": 3,
    "bon": 4,
    "tu": 4,
    "nam": 5,
    "lam": 5,
    "nham": 5,
    "sau": 6,
    "bay": 7,
    "bảy": 7,
    "tam": 8,
    "chin": 9,
}
_FORMS = {
    "ngan": ("ngàn",), "tu": ("tư",), "nam": ("năm",), "sau": ("sáu",), "bay": ("bảy", "bẩy"), "le": ("lẻ",), "mot": ("một", "mốt"),
    "tram": ("trăm",),
    "muoi": ("mươi", "mười"), "ty": ("tỷ", "tỉ"), "chin": ("chín",), "tam": ("tám",), "chuc": ("chục",), "nghin": ("nghìn",), "trieu": ("triệu",),
    "ruoi": ("rưỡi",), "khong": ("không",), "bon": ("bốn",), "lam": ("lăm",), "hai": ("hai",), "ba": ("ba",),
}  # fmt: skip
_NUMBER_WORD = (
    r"(?:khong|mot|hai|ba|bon|tu|nam|lam|nham|sau|bay|tam|chin|muoi|chuc|tram|nghin|ngan|trieu|ty|linh|le|ruoi)"
)
_WORDS = re.compile(rf"\b{_NUMBER_WORD}(?:[ \t]+{_NUMBER_WORD}){{1,16}}\b")


def sums(reading: Reading) -> list[Sum]:
    """Every sum, in the order of the text, without overlaps."""
    found: list[Sum] = []
    for one in sorted(_candidates(reading), key=lambda s: (s.start, -s.end)):
        if one.amount >= 500 and (not found or one.start >= found[-1].end):
            found.append(one)
    return found


def _candidates(reading: Reading) -> Iterator[Sum]:
    plain = reading.plain
    for m in _MILLIONS.finditer(plain):
        amount = int(m[1]) * 1_000_000 + (int((m[2] + "00000")[:6]) if m[2] else 0)
        if m[3]:
            amount += int(m[3]) * 1000 if m[4] else int((m[3] + "00")[:3]) * 1000
        amount += 500_000 if m[5] else 0
        if not _NO_MONEY_AFTER.match(plain, m.end()):
            yield Sum(m.start(), m.end(), amount)
    for m in _THOUSANDS.finditer(plain):
        if m[3] == "k" and _is_class(reading, m):
            continue
        if m[3] == "k" and int(m[1]) <= 12 and plain.endswith(("lop ", "khoi "), 0, m.start()):
            continue
        if not _NO_MONEY_AFTER.match(plain, m.end()):
            yield Sum(m.start(), m.end(), int(m[1]) * 1000 + (int(m[2]) * 100 if m[2] else 0))
    for m in _RANGE_K.finditer(plain):
        yield Sum(m.start(), m.end(1), int(m[1]) * (1000 if m[2] in ("k", "nghin", "ngan") else 1_000_000))
    yield from _grouped(plain)
    for m in _BARE.finditer(plain):
        if reading.means(m.start(), m.end(), _UNIT_FORMS) and not _NO_MONEY_BEFORE.search(
            plain[max(0, m.start() - 30) : m.start()]
        ):
            yield Sum(m.start(), m.end(), int(m[1]))
    for m in _SMALL.finditer(plain):
        yield Sum(m.start(), m.end(), int(m[1]))
    for m in _CODE.finditer(plain):
        yield Sum(m.start(), m.end(), int(re.sub(r"\D", "", m[1])))
    for m in _HUNDRED.finditer(plain):
        tens = 5 if m["tens"] == "ruoi" else _DIGITS[m["tens"]]
        yield Sum(m.start(), m.end(), (_DIGITS[m["hundreds"] or "mot"] * 100 + tens * 10) * 1000)
    for m in _WORDS.finditer(plain):
        end = m.end()
        if m.group().endswith((" mot", " moi")) and _NO_MONEY_AFTER.match(plain, end):
            end -= 4  # `năm chục nghìn một cháu`
        spoken = _spoken(plain[m.start() : end].split()) if reading.means(m.start(), end, _FORMS) else 0
        if spoken and (end < m.end() or not _NO_MONEY_AFTER.match(plain, end)):
            yield Sum(m.start(), end, spoken)


def _is_class(reading: Reading, m: re.Match[str]) -> bool:
    """`Lớp 9H đá với 9K`."""
    return (
        int(m[1]) <= 12
        and m[2] is None
        and reading.shown[m.start() : m.end()].endswith("K")
        and not _PRICED.search(reading.plain, max(0, m.start() - 14), m.start())
    )


_PRICED = re.compile(r"\b(?:gia|phi|tien|nop|dong|thu|ve|quy|them|con|la)\W*$")


def _grouped(plain: str) -> Iterator[Sum]:
    for m in _GROUPED.finditer(plain):
        amount = int(re.sub(r"\D", "", m[1]))
        unit = m[3] or m[4]
        if m[1].startswith("0") or (amount < 1000 and not unit):
            continue
        if m[2] == " " and not unit:
            continue
        if not unit:
            if _NO_MONEY_AFTER.match(plain, m.end()) or _NO_MONEY_BEFORE.search(
                plain[max(0, m.start() - 30) : m.start()]
            ):
                continue
            if amount < 5000 or amount % 100:
                continue
        yield Sum(m.start(), m.end(), amount * 1000 if m[4] and amount < 100_000 else amount)


def _spoken(words: list[str]) -> int:
    """`một triệu hai trăm năm mươi nghìn` → 1250000; 0 for what is no sum of money (`hai ba`, `năm mươi`)."""
    if words[0] in ("nghin", "ngan", "trieu", "ty", "linh", "le", "ruoi"):
        return 0  # `sông Ngàn Sâu`
    if not any(word in ("nghin", "ngan", "trieu", "ty") for word in words):
        return 0
    total = group = 0
    last = 1
    digit: int | None = None
    for word in words:
        if word in _DIGITS:
            if digit is not None and group % 10 == 0 and last == 10:
                group += digit
            digit = _DIGITS[word]
        elif word in ("muoi", "chuc"):
            group += (digit if digit is not None else 1) * 10
            digit, last = None, 10
        elif word == "tram":
            group += (digit or 1) * 100
            digit, last = None, 100
        elif word in ("linh", "le"):
            digit = None
        elif word == "ruoi":
            total += last // 2 if last >= 1000 else 0
            group += last // 2 if last < 1000 else 0
        else:
            scale = {"nghin": 1000, "ngan": 1000, "trieu": 1_000_000, "ty": 1_000_000_000}[word]
            total += (group + (digit or 0) or 1) * scale
            group, digit, last = 0, None, scale
    rest = group + (digit or 0)
    if rest:
        # `một triệu hai` is 1.2 million, `một triệu hai trăm` 1.2 million as well.
        total += rest * (
            last // 10
            if rest < 10 and last >= 1_000_000
            else 1000
            if last >= 1_000_000 and rest >= 100
            else 100
            if last == 1000 and rest < 10
            else 1
        )
    return total
