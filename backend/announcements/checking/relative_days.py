"""Today, tomorrow, the day after, yesterday, in the words of a family chat; and when `mai` is a person or a flower. Knows no calendar."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backend.announcements.checking.reading import Reading

_TODAY = (
    r"hom nay|h nay|hnay|hum nay|hqua nay|bua nay|ngay nay|(?:sang|trua|chieu|toi|dem) (?:hom )?nay|today"
    r"|tonight|this (?:morning|afternoon|evening)"
)
_TOMORROW = r"ngay mai|hom mai|bua mai|(?:sang|trua|chieu|toi|dem) (?:ngay |hom )?mai|sang mai|tomorrow|tmr"
_RELATIVE = re.compile(
    rf"\b(?:(?P<d0>{_TODAY})|(?P<d1>{_TOMORROW})|(?P<d2>ngay kia|ngay mot|ngay mốt|bua kia|bua mot|(?:sang"
    rf"|chieu) (?:ngay )?(?:kia|mot)(?! (?:so|vai|chut|it|ngay|buoi|tiet|tuan|lan|lop)))"
    r"|(?P<b1>hom qua|ngay hom qua|bua qua|(?:sang|chieu|toi|dem) qua|yesterday|last night))\b"
)
_SINCE_DAYS = re.compile(
    r"(?:(?<!so )(?<!op )(?<!et )(?<!ng )(?<!oi )(?<!h)(?<!h\d)(?<!:)(?<!:\d)(?<!g)(?<!g\d)\d|\b(?:may|dao"
    r"|nhung|suot|vai|ca)) $"
)
# `Xin báo cho tôi qua số …` is no last night, `tới nay` no tonight.
_FORMS = {
    "toi": ("tối",),
    "qua": ("qua",),
    "sang": ("sáng",),
    "chieu": ("chiều",),
    "trua": ("trưa",),
    "dem": ("đêm",),
    "mai": ("mai",),
    "hom": ("hôm", "hom"),
}
_MAI_FORMS = {
    "thi": ("thị",),
    "co": ("cô",),
    "chi": ("chị",),
    "di": ("dì",),
    "chua": ("chùa",),
    "pho": ("phố",),
    "san": ("sân",),
    "bac": ("bác",),
    "chu": ("chú",),
}
_MAI = re.compile(r"\bmai\b")
_MAI_PERSON_BEFORE = re.compile(
    r"\b(?:(?:co|thay|chi|bac|di|chu|ba|ong|ms|mrs|miss|gvcn|gv|ten)\.?\s*:?|(?:thi|hoa|canh|cay|banh|o|mau|quan|hoang"
    r"|bach|ngoc|thanh|phuong|xuan|tuyet|truc|quynh|chua|san|pho)\.?)$"
)
_MAI_SOFT_BEFORE = re.compile(r"\b(?:con|em|ban|be|chau|anh|hs|hoc sinh)\s*$")
_NAY_MAI = re.compile(r"(?<!hom )(?<!sang )(?<!chieu )(?<!toi )(?<!trua )\bnay$")  # `nay mai` is some day soon
_MAI_LATER = re.compile(r"\s+(?:mot|moi|sau|an tang|tang)\b")


def relative_days(reading: Reading) -> Iterator[tuple[int, int, int]]:
    """Start, end and how many days from today."""
    plain = reading.plain
    for m in _meant(reading):
        if m.group() == "ngay nay" or (
            m.group().endswith(("hom nay", "bua nay", "hum nay")) and _since_days(reading, m.start())
        ):
            continue
        if m.group("d1") and m.group() != "ngay mai" and _capital_name(reading, m.end() - 3):
            continue
        ahead = {"d0": 0, "d1": 1, "d2": 2, "b1": -1}[m.lastgroup or "d0"]
        yield m.start(), m.end(), ahead
    for m in _MAI.finditer(plain):
        if _mai_is_tomorrow(reading, m.start(), m.end()):
            yield m.start(), m.end(), 1


def _meant(reading: Reading) -> Iterator[re.Match[str]]:
    position = 0
    while m := _RELATIVE.search(reading.plain, position):
        meant = reading.means(m.start(), m.end(), _FORMS)
        position = (
            m.end() if meant else m.start() + 1
        )  # `của tôi hôm nay`: perhaps only its first word means something else
        if meant:
            yield m


def _since_days(reading: Reading, start: int) -> bool:
    """`Mấy hôm nay` is no day; `em Mẩy hôm nay` is a child's."""
    m = _SINCE_DAYS.search(reading.plain, max(0, start - 7), start)
    return m is not None and reading.means(
        m.start(),
        m.end(),
        {"may": ("mấy",), "nhung": ("những",), "ca": ("cả",), "vai": ("vài",), "dao": ("dạo",), "suot": ("suốt",)},
    )


def _capital_name(reading: Reading, start: int) -> bool:
    return (
        not reading.shouting
        and reading.shown[start].isupper()
        and reading.shown[start - 2 : start - 1].islower()
        and reading.shown[max(0, start - 5) : start].strip()[:1].isupper()
    )


def _mai_is_tomorrow(reading: Reading, start: int, end: int) -> bool:
    """`Mai các con mang áo mưa` is a day, `cô Mai` is a person, `mai một` is neither."""
    plain, shown = reading.plain, reading.shown
    before = plain[max(0, start - 16) : start].rstrip(" ")
    if reading.marked and shown[start:end].lower() != "mai":
        return False  # `mái nhà`, `mãi`
    person = _MAI_PERSON_BEFORE.search(plain, max(0, start - 16), start - 1 if before else start)
    if person and reading.means(person.start(), person.end(), _MAI_FORMS):
        return False
    if _MAI_LATER.match(plain, end) or _NAY_MAI.search(before):
        return False
    if reading.shouting:
        return not before or before[-1] in "\n.:,;!?-("
    if not shown[start].isupper():
        return not (
            _MAI_SOFT_BEFORE.search(before)
            and shown == shown.lower()
            and not re.match(r"\s+(?:nho|mang|di|den|nghi|hoc|mac|nop|co|thi|se|la|phai)\b", plain[end : end + 9])
        )
    follows = re.match(r" +(\S)", shown[end : end + 4])
    if follows and follows[1].isupper():
        return False
    return not before or before[-1] in "\n.:,;!?-(" or ord(before[-1]) > 0x2190
