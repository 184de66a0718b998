"""Names of children in a text: whole names, given names behind a word for a child, lists of names. An adult's title makes an adult."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from backend.announcements.checking.lexicons import lexicon
from backend.announcements.checking.reading import Reading
from backend.core.text import fold

_SURNAMES = (
    "nguyen|tran|le|pham|hoang|huynh|phan|vu|vo|dang|bui|do|ho|ngo|duong|ly|dinh|doan|trinh|truong|mai"
    "|dao|to|ta|ha|cao|luong|thai|chau|phung|quach|vuong|lam|kieu|giang|lo|vang|sung"
    "|tang|ton|luu|la|mac|nong|hua|thach|son|kim|danh|ma|vi|trieu|ban|ly a|quan|tong|bach|chu|dam|khuat"
    "|nghiem|phi|tu|a|y|h'|ksor|rmah|siu|dieu|thao"
)
_SURE_SURNAMES = (
    "nguyen|tran|pham|hoang|huynh|phan|dang|bui|ngo|duong|dinh|doan|trinh|truong|luong|phung|quach|vuong"
    "|giang|le|vu|vo|do|ho|ly|mai|dao"
)
# Family names as they are written; `Trường` and `Đỏ` are none.
_FAMILY_FORMS = {
    "phan": ("phan",), "nguyen": ("nguyễn",), "tran": ("trần",), "pham": ("phạm",), "hoang": ("hoàng",), "vo": ("võ",), "vu": ("vũ",),
    "dang": ("đặng",),
    "bui": ("bùi",), "ngo": ("ngô",), "duong": ("dương",), "dinh": ("đinh",), "doan": ("đoàn",), "trinh": ("trịnh",), "cao": ("cao",),
    "mai": ("mai",),
    "phung": ("phùng",), "vuong": ("vương",), "huynh": ("huỳnh",),
    "truong": ("trương",), "to": ("tô",), "ha": ("hà",), "son": ("sơn",), "ban": ("bàn",), "lo": ("lò", "lô"), "la": ("la", "lã"), "ma": ("ma", "mã"),
    "danh": ("danh",), "ly": ("lý", "lí"), "do": ("đỗ",), "dao": ("đào",), "giang": ("giàng", "giang"), "tu": ("từ",), "phi": ("phí",), "y": ("y",),
    "sung": ("sùng",), "thao": ("thào",), "vang": ("vàng",), "thai": ("thái",), "ho": ("hồ",), "le": ("lê",), "vi": ("vi",), "ta": ("tạ",),
    "chau": ("châu",), "luong": ("lương",), "lam": ("lâm",), "hua": ("hứa",), "thach": ("thạch",), "mac": ("mạc",), "dam": ("đàm",),
    "quan": ("quan", "quản"),
    "tong": ("tống",), "bach": ("bạch",), "ton": ("tôn",), "tang": ("tăng",), "trieu": ("triệu",), "dieu": ("điểu",), "kieu": ("kiều",),
}  # fmt: skip
_SCHOOL = re.compile(r"truong (?:th|thcs|thpt|mn|mam|tieu|mau|quoc|pho|dai|chuyen|cao|song)\b")
_CHILD = r"(?:em|be|chau|con|ban|hs|hoc sinh|tro|cu|nhoc|bn|pupil|student|little|classmate|son|daughter|boy|girl)"
_CAP = r"[^\W\d_a-zà-ỹ][^\W\d_A-Z]*"
_TITLED = re.compile(rf"\b(?P<who>{_CHILD})\s+(?P<name>\w)", re.IGNORECASE)
_FULL_NAME = re.compile(rf"(?<![\w.])(?P<family>{_SURNAMES})(?P<rest>(?:[ ]\w+){{1,4}})", re.IGNORECASE)
# `Gia Bảo tuần rồi …`: a sentence that begins with a name.
_NO_OPENING = ("hoi", "quy", "co", "thay", "ban", "lop", "truong", "doan", "doi", "kinh", "chuc", "be", "em")
_OPENING = re.compile(r"[^\w]*(?P<name>([A-ZĐ][^\W\d_]*) ([A-ZĐÁÂÉÝỶ][^\W\d_]*))\b(?! [A-ZĐ])")
_WESTERN = re.compile(
    r"\b(?P<name>[A-Z][a-z]+(?: [A-Z][a-z]+)? (?:Nguyen|Tran|Le|Pham|Hoang|Huynh|Phan|Vu|Vo|Dang|Bui"
    r"|Do|Ho|Ngo|Duong|Ly|Dinh|Truong|Smith|Brown|Kim|Lee|Park|Johnson|Williams))\b"
)
_ADULT_BEFORE = re.compile(
    r"\b(?:co|thay|gv|gvcn|giao vien|chu nhiem|hieu truong|pho hieu truong|hieu pho|ke toan|thu quy|bac"
    r"|ong|ba|chi|anh|di|chu|ms|mrs|mr|dr|bs|bac si|nsut|ts|ths|pgs|gs|lien he|lh|ctk|chu tk|chu tai khoan"
    r"|ten tk|tai khoan|nguoi nhan|duong|pho|truong|thcs|thpt|tieu hoc|th|mam non|mn|quy|giai|cup|tuong"
    r"|anh hung|nha tho|nha van|nha|tac gia|xa|phuong|quan|huyen|tp|tinh|thon|ban|ky|dien gia|chuyen gia"
    r"|bao cao vien|tm|khu|me|bo|ba|phu huynh|phhs|y ta|bao ve|luong y|hoi|gala|chua|benh vien|bv|tram"
    r"|cong vien)[\s:.]*(?:la |co |thay |gvcn |em |hoc sinh )?$"
)


def children(reading: Reading) -> Iterator[tuple[int, int]]:
    """Places of children's names. A title of an adult before a name makes it an adult's."""
    shown, plain = reading.shown, reading.plain
    for m in _FULL_NAME.finditer(plain):
        before = plain[max(0, m.start() - 30) : m.start()]
        if _ADULT_BEFORE.search(before) and not re.search(r"\b(?:em|be|chau|con|ban)\s*$", before):
            continue
        if not reading.means(m.start("family"), m.end("family"), _FAMILY_FORMS) or _SCHOOL.match(plain, m.start()):
            continue
        size = _capitals(shown[m.start() : m.end()], reading.shouting)
        if size >= 2 or (size == 0 and not reading.shouting and _small_name(plain, m)):
            yield m.start(), m.start() + len(" ".join(shown[m.start() : m.end()].split()[: size or 3]))
    for m in _TITLED.finditer(plain):
        word = re.match(r"[^\W\d_]+(?: [^\W\d_]+){0,3}", shown[m.start("name") :])
        if not word or (reading.shouting and not re.search(rf"\b(?:{_SURE_SURNAMES})\b", word.group().lower())):
            continue
        first = word.group().split()[0]
        if (
            first[0].isupper()
            and first not in _given_names()["none"]
            and not (first.isupper() and len(first) > 3 and not reading.shouting)
        ):
            if not re.search(r"\b(?:cac|nhung|quy|moi|toan the|thu)\s*$", plain[max(0, m.start() - 9) : m.start()]):
                size = max(1, _capitals(word.group(), reading.shouting))
                yield m.start("name"), m.start("name") + len(" ".join(word.group().split()[:size]))
        elif _is_given(reading, m["who"], word.group()):
            yield m.start("name"), m.start("name") + len(word.group().split()[0])
        elif (
            not reading.marked
            and m["who"] in ("em", "be", "chau", "ban")
            and re.match(rf"(?:{_SURE_SURNAMES}) [a-z]+", plain[m.start("name") :])
        ):
            yield m.start("name"), m.start("name") + len(word.group())
    for start, end in reading.sentences:
        opening = _OPENING.match(shown, start, end)
        if (
            opening
            and not reading.shouting
            and fold(opening[2]) not in _NO_OPENING
            and opening[3].lower() in {*_given_names()["names"], "anh", "an"}
        ):
            yield opening.span("name")
    yield from _single(reading)
    for m in _WESTERN.finditer(shown):
        if not _ADULT_BEFORE.search(plain[max(0, m.start() - 30) : m.start()]):
            yield m.span("name")
    yield from _listed(reading)


# A given name alone, at the head of a sentence or behind somebody: `Quân hôm nay đánh lộn với Phong`.
_SINGLE = re.compile(
    r"(?:(?:^|[.!?\n]\s*)(?:Hôm nay |Sáng nay |Chiều nay )?|\b(?:với|nhà|bạn|thằng|nhỏ|mẹ|ba"
    r"|bố|má|cho|của|còn|và|hơn|như|giống) )(?P<name>[A-ZĐ][a-zà-ỹ]+)(?= [a-zà-ỹ])"
)
_RATHER_A_WORD = re.compile(
    r"(?:Phong trào|Bảo (?:hiểm|vệ|mẫu|tàng)|Công|Thông|Tài|Danh|Hoa|Việt|Trường|Chiến|Nhân"
    r"|Sang|Thành|Thái|Tiên|Gia|Mai|Trung|Quốc|Tâm lý|Minh chứng|Phương|Như|Thanh|Hà|Nam|Hải"
    r"|Khoa|Hương|Bích|Phúc|Phú|Lâm|Hòa|Hồng|Vinh|Nguyên|Trọng|Toàn|Hạnh|Thịnh|Thư|Vy|My|Đức"
    r"|Đạt|Dương)\b"
)


# `Bố Hải Đăng`, `nhà Tùng Lâm`: a child is called by its parents.
_OF_PARENTS = re.compile(r"\b(?i:bố|mẹ|má|nhà|bạn|bé) (?P<name>[A-ZĐ][a-zà-ỹ]+ [A-ZĐÁÂÝỶ][a-zà-ỹ]+)(?= [a-zà-ỹ])")
_NO_CHILD = re.compile(
    r"(?:Việt|Trường|Văn|Thiếu|Hát|Thờ|Nước|Xuất|Sách|Giáo|Hàng|Nam|Khách|Thi|Mẫu|Mầm|Cô|Thầy|Bà|Đa)\b"
)


def _single(reading: Reading) -> Iterator[tuple[int, int]]:
    if reading.shouting or not reading.marked:
        return
    for m in _OF_PARENTS.finditer(reading.shown):
        if not _NO_CHILD.match(m["name"]):
            yield m.span("name")
    for m in _SINGLE.finditer(reading.shown):
        if m["name"].lower() in _given_names()["names"] and not _RATHER_A_WORD.match(reading.shown, m.start("name")):
            yield m.span("name")


def _is_given(reading: Reading, who: str, words: str) -> bool:
    """`em minh khoi`, `bạn tuấn`: a given name in small letters right behind the word for a child, as telephones write it."""
    first, _, rest = words.partition(" ")
    if who.lower() not in ("em", "be", "chau", "ban") or not first.islower():
        return False
    folded = fold(first)
    if rest and f"{first} {rest.split()[0]}" in _given_names()["compounds"]:
        return False
    if reading.marked:
        return first in _given_names()["names"] and not rest.startswith(("em", "bè"))
    return folded in given_names() or (
        bool(rest) and fold(rest.split()[0]) in given_names() and folded in _given_names()["middle"]
    )


@cache
def _given_names() -> dict[str, frozenset[str]]:
    """`names` with their marks, `middle` and `words` without; `words` are given names that mean something else without marks.

    `none` are no names though they are written large.
    """
    return {
        key: frozenset(value.split(";" if key == "compounds" else None))
        for key, value in lexicon("persons")["given"].items()
    }


def is_given_name(word: str, *, marked: bool) -> bool:
    """Whether children bear it. Where a text has marks they decide: `Lan` is a name, `lạn` none."""
    return word.lower() in _given_names()["names"] if marked else fold(word) in given_names()


@cache
def given_names() -> frozenset[str]:
    known = _given_names()
    return frozenset(fold(name) for name in known["names"]) - known["words"]


def _listed(reading: Reading) -> Iterator[tuple[int, int]]:
    """Given names alone in numbered or comma lists behind a colon: `Nam, Bảo, Gia Hân`."""
    if reading.shouting:
        return
    for m in re.finditer(
        (
            rf"[:(\n]\s*(?:\d{{1,2}}[.)]\s*"
            rf"|[-+*•]\s*)?(?P<names>{_CAP}(?: {_CAP}){{0,3}}(?:\s?(?:\([^)\n]{{0,30}}\)|[-–:]\s[^,;\d\n]{{2,20}}"
            rf"|\s(?:tốt|khá|giỏi|trung bình|yếu|kém|đạt|chưa đạt)(?:\s(?!và\b)[^,;\n]{{2,30}})?"
            rf"|[:\-–]?\s?\d[\d.,]*\w{{0,4}})?\s?(?:,|;|và|va)\s?{_CAP}(?: {_CAP}){{0,3}}){{1,20}})"
        ),
        reading.shown,
    ):
        first = m["names"].split()[0].strip(",;")
        if first not in _given_names()["none"] and not re.search(
            r"thứ|Thứ|Toán|(?<! )Văn|(?<! )Anh,|Tiếng|(?<! )Hóa|Sử\b|Địa\b", m["names"]
        ):
            yield m.start("names"), m.end("names")


def _capitals(words: str, shouting: bool) -> int:
    if shouting:
        return min(4, len(words.split()))
    size = 0
    for word in words.split():
        if (
            not word[0].isupper()
            or (word in _given_names()["none"] and size >= 2)
            or (word.isupper() and len(word) > 3 and size == 0)
        ):
            break
        size += 1
    return size


def _small_name(plain: str, m: re.Match[str]) -> bool:
    before = plain[max(0, m.start() - 12) : m.start()]
    return (
        bool(re.search(rf"\b{_CHILD}\s*$", before)) and bool(re.match(rf"(?:{_SURE_SURNAMES})\b", m.group()))
    ) or bool(
        re.match(
            rf"(?:{_SURE_SURNAMES}) (?:van|thi|duc|minh|gia|bao|hoang|ngoc|thanh|quoc|anh|tuan|duy|khanh) \w+",
            m.group(),
        )
    )
