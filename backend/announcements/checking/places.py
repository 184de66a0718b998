"""Where families go: the place as the sender wrote it. `tại sao` and `tại nhà` are no places to go to."""

from __future__ import annotations

import re

import msgspec

from backend.announcements.checking.place_ends import end_of, trimmed
from backend.announcements.checking.reading import EMOJI, Reading


class Place(msgspec.Struct, frozen=True):
    start: int
    end: int


_NOUN = (
    r"(?:phong|hoi truong|san|truong|quan|quan an|quan ca phe|nha(?! (?:minh|em|con|be|chau|truong))|lop|cong|thu vien|van phong"
    r"|trung tam|cong vien|bao tang|rap|khu|co so|svd|be boi|ho boi|tram|ubnd|diem truong|can ?tin|canteen"
    r"|bep an"
    r"|zoom|google meet|gg meet|meet|teams|ms teams|online|tang|day|toa|khach san|nha hang|cung|vuon"
    r"|trang trai|nong trai|thanh co|lang|thanh pho|tp|chua|den|nghia trang|dai|quang truong|sieu thi"
    r"|benh vien|campus|hanh lang|san khau|lau \d|ky tuc|ban cong|quay|gian hang"
    r"|thao cam vien|khu du lich|kdl"
    r"|p\.? ?\d|bai|ben|hoi quan"
    r"|kho|ngan hang|nha thi dau|phong tap|sanh|truoc cong|truoc san|ngoai san|duoi san|san|khuon vien|dia chi|so \d|pho"
    r"|duong|xa|phuong|hem)(?![a-z])"
)
# In a text with marks the first word of a place is one of these; `phong trào` is no room.
_FORMS = {
    "phong": "phòng", "san": "sân", "truong": "trường", "cong": "cổng công", "lang": "làng lăng", "day": "dãy", "tang": "tầng", "ben": "bến bên",
    "bai": "bãi", "den": "đền", "dai": "đài", "chua": "chùa", "vuon": "vườn", "cung": "cung", "pho": "phố", "xa": "xã", "phuong": "phường",
    "duong": "đường", "hem": "hẻm", "rap": "rạp", "tram": "trạm", "toa": "tòa toà", "lop": "lớp", "nha": "nhà", "sanh": "sảnh", "so": "số",
    "quan": "quán quận", "khu": "khu", "hoi": "hội", "bep": "bếp", "thanh": "thành", "be": "bể", "ho": "hồ",
}  # fmt: skip
_ENGLISH = re.compile(
    r"\b(?:at|in|to|visit|from|outside)\s+(?:the |our |your )?(?P<place>(?:(?!at |in |to |the |on |from "
    r"|by |of |and )[\w'.-]+ ){0,4}?(?:auditorium"
    r"|hall|room|gym|gymnasium|campus|library|playground"
    r"|zoo|museum|office|theatre|theater|park|farm|pool|canteen|lobby|gate|field|lab|studio|cafeteria"
    r"|stadium|centre|center|reception|foyer)\b"
    r"(?:,? (?:room|hall|floor|building|block|level|campus) ?\w{1,3}|,? \d+(?:st|nd|rd|th) floor"
    r"| [A-D0-9]\d{0,3}\b)*)"
)
_LABEL = re.compile(
    r"(?:^|(?<=[\n.;,!|(•*+-])|(?<=[\s\W]))(?:dia diem(?: (?:to chuc|hop|tap trung|du kien|thi|kham|nhan"
    r"|don|nop|tiem|khong doi|cu|moi))?|noi (?:hop|to chuc|tap trung|don)|dd|place|venue|location|where"
    r"|o dau)\s*(?:\([^)\n]{0,30}\)\s*)?[:：=-]\s*(?:tai |o |la )?"
)
_AT = re.compile(
    rf"\b(?:dia diem|tai|o|at|tren|qua ung dung|qua|trong|in|den|toi|ve|ra|vao|len|sang|di choi|di|tham quan"
    rf"|tu)\s+(?:cac )?(?=(?P<noun>{_NOUN}))"
)
_AT_CAPITAL = re.compile(
    r"\b(?:tai|o|at|di tham|tham quan|da ngoai|cam trai|trai nghiem(?: tai| o)?|di|den tham|ve nguon|vieng"
    r"|thuc te(?: tai| o)?|tham|visit|visiting|field trip to|trip to|den|ve)\s+(?=(\w))"
)
_NOT_PLACE = re.compile(
    r"(?:truong hop|cong (?:thanh|thong) |phong trao|nha nuoc|nha (?:minh|em|con)|san pham|san sang"
    r"|lop (?:hoc )?(?:hang|moi|minh ngoan)"
    r"|truong ban|lop truong|cong (?:an|viec|van|tac|bo|khai|lap|dan|cu|nghe|ty|dong|thuc)|khu vuc khac"
    r"|dai dien|den (?:het|truoc|khi|ngay|du|hop|luc|gio|nhan|don|thoi|nay|tu)|nha(?=,|\.|$| \d)|day (?:hoc|du"
    r"|la|thi)|co so (?:thong|de|cho)|tang (?:cuong|qua|thuong|len|ca)|bai (?:tap|hoc|thi|viet|lam|\d)|ben (?:canh|nhau)"
    r"|so (?:tien|luong|lien|dt|dien|tai)|meet the|the (?:le|duc|thao|hien|nao)|lop (?:\d"
    r"|la)[^.\n]{0,20}(?:nghi|gioi)|vuon len|co so (?:du lieu|vat chat)|lang nghe|tram nghe|san khau hoa"
    r"|day du|nha truong(?! van hoa)|duong (?:link|day|dan)|xa hoi|phuong (?:an|phap|tien|huong)|rap khuon"
    r"|nha o\b)"
)
# Prepositions that as often lead elsewhere, and what they lead to then; and places one must not go to.
_WEAK = ("den", "toi", "trong", "qua", "in", "tren", "sang", "ra", "vao", "ve", "len", "di", "tu")
_NOWHERE = re.compile(r"(?:lop|truong|so|p\.? ?\d|day|the|bai|xa|thanh|ben|tang|duong|phuong|pho|quan)\b")
_FORBIDDEN = re.compile(r"\b(?:khong|cam|tranh)(?: \w+){0,3}? (?:vao|do|dung|tu tap|dau|de|ra|mang)\b")
_HOUSE = re.compile(r"\d{1,4}[A-Za-z]?(?:/\d+)* [A-ZĐ][a-zà-ỹ]+ [A-ZĐ]")
# After a comma or a bracket the place may stand without `tại`.
_ALONE = re.compile(
    r"(?:[,;(\n|]|\s-)\s*((?:hoi truong|phong (?:hop|hoc|da nang|hoi dong|\d+|[a-z]\d+)|san (?:truong"
    r"|van dong|bong|so \d|co)|nha (?:da nang|thi dau|van hoa|an|hat|sach|khach)|tang \d|lau \d|day nha [a-z]\b|phong (?!(?:khi"
    r"|trao|benh|chong|cach|bi|tranh|dao tao|giao duc)\b)[a-z]+ [a-z]+|kho truong|cung [a-z]+"
    r"|cong (?:chinh|truong|so|phu|sau|truoc)|nha hang|khach san|bao tang|khu du lich|cong vien"
    r"|trung tam [a-z]+"
    r"|thu vien|san truoc|hoi truong))\b"
)
# English names of halls stand by themselves: `18h30, Blue Sky Theatre, tầng 5`; `in the Black Box`.
_VENUE = re.compile(
    r"(?<![\w’'])(?P<place>(?:(?!Dear|The|Our|Please)[A-Z][\w'’]+ ){1,3}(?:Hall|Library|Theatre|Theater|Gym|Gymnasium|Auditorium|Studio|Lobby|Court"
    r"|Campus|Centre|Center|Park|Playground|Box|Stadium|Arena|Café|Cafe)\b(?:, (?:tầng|lầu|floor|level|khu|campus) \w+)?"
    r"|(?:Room|Hall|Studio|Lab) [A-Z]?\d{1,4}\b)"
)
_ALONE_FORMS = {
    "be": ("bể",),
    "day": ("dãy",),
    "cong": ("cổng", "công"),
    "kho": ("kho",),
    "cung": ("cung",),
    "nha": ("nhà",),
    "truong": ("trường",),
    "phong": ("phòng",),
    "san": ("sân",),
    "hop": ("họp",),
    "hoc": ("học",),
}
# `tại nhà thờ`, `ở nhà văn hóa` are places; `ở nhà với con` is none.
_AT_HOME = re.compile(
    r"(?:o|tai|at|in|trong) (?:nha(?=\s*(?:[.,;:!?)\n]|$)|\s+(?:minh|em|con|be|chau|ban|cac|voi|de|va|nhe|nha|khi|neu|trong"
    r"|cho|truoc|sau|cung|theo|luc|do|vi|tu|rieng|a|co|tap|di|ve sinh|thi(?! dau)|them|moi|nghi|on|lam|hoc)\b)|home\b)"
)
_SCHOOL_ONLY = re.compile(
    r"(?<!suc )(?<!phai )(?<!can )\b(?:den|toi|ve|tai|o|len|vao)\s+(?:truong|lop)\b(?! (?:hop|ca|truong|\d|hoc|minh))"
)


def place(reading: Reading, sentences: list[tuple[int, int]]) -> Place | None:
    """The named place: a labelled one first, then one in the sentences that ask somebody to go, then any other."""
    if labelled := _labelled(reading):
        return labelled
    spans = [*sentences, (0, len(reading.plain))]
    for start, end in spans:
        if (found := _at(reading, start, end)) and reading.plain.endswith(
            ("tai ", "o ", "at ", "cac ", "dia diem "), 0, found.start
        ):
            return found
    for start, end in spans:
        if found := _at(reading, start, end) or _english(reading, start, end):
            return found
    for start, end in spans:
        if found := _capital(reading, start, end):
            return found
    for start, end in spans:
        if found := _anywhere(reading, start, end):
            return found
    if not reading.shouting and (m := _VENUE.search(reading.shown)):
        return Place(m.start("place"), m.end("place"))
    if (m := _ALONE.search(reading.plain)) and reading.means(m.start(1), m.end(), _ALONE_FORMS):
        return Place(m.start(1), end_of(reading, m.start(1), reading.sentence_at(m.start(1))[1]))
    for start, end in spans:
        if m := _SCHOOL_ONLY.search(reading.plain, start, end):
            word = m.group().rsplit(" ", 1)[1]
            return Place(m.end() - len(word), m.end())
    return None


def _labelled(reading: Reading) -> Place | None:
    for m in _LABEL.finditer(reading.plain):
        _, stop = reading.line_at(m.end())
        start = m.end()
        while start < stop and reading.plain[start] == " ":
            start += 1
        emoji = EMOJI.search(reading.shown, start, stop)
        stop = emoji.start() if emoji else stop
        dot = re.search(
            r"(?<!\b[PQHĐ])(?<!\bTP)(?<!\bKP)\.(?=\s|$)|[;|!]|\s[-–•*]\s(?=(?:Thời|thời|Thoi|thoi|Nội|Trang"
            r"|Chi phí|Phí|Lưu ý|TG|Time|Cost|Fee))|,\s*(?=(?:thời gian|thoi gian|lúc|luc|vào lúc|vao luc|from"
            r"|at \d|mang)\b)",
            reading.shown[start:stop],
        )
        end = trimmed(reading, start, start + dot.start() if dot else stop)
        if end - start >= 2 and not re.match(
            r"(?:xem|theo|se thong bao|thong bao sau|chua|tba|tbc|\?|\.)", reading.plain[start:end]
        ):
            return Place(start, end)
    return None


def _at(reading: Reading, start: int, end: int) -> Place | None:
    elsewhere: Place | None = None
    for m in _AT.finditer(reading.plain, start, end):
        word = re.match(r"[a-z]+", reading.plain[m.end() : m.end() + 10])
        forms = _FORMS.get(word.group(), "") if word and reading.marked else ""
        if forms and reading.shown[m.end() : m.end() + len(word.group() if word else "")].lower() not in forms.split():
            continue
        if _NOT_PLACE.match(reading.plain, m.end()) or _AT_HOME.match(reading.plain, m.start()):
            continue
        if m.group().split()[0] in _WEAK and _NOWHERE.match(reading.plain, m.end()):
            continue
        if _FORBIDDEN.search(reading.plain, max(start, m.start() - 50), m.start()):
            continue
        stop = end_of(reading, m.end(), end)
        text = reading.plain[m.end() : stop].strip()
        if len(text) < 3 or text in (
            "truong",
            "truong ta",
            "truong minh",
            "lop",
            "phong",
            "cong",
            "san",
            "nha",
            "the",
            "school",
            "school hall the",
        ):
            continue
        if m.group().split()[0] in ("tai", "o", "at", "dia"):
            return Place(m.end(), stop)
        elsewhere = elsewhere or Place(m.end(), stop)
    return elsewhere


# Behind `tại` and `ở` nearly everything is a place.
_ANYWHERE = re.compile(r"\b(?:tai|o)\s+(?=(?P<word>[a-z]{2,}))")
_NO_ANYWHERE = re.compile(
    r"(?:sao|day|do|kia|lai|nha|truong|lop|cac|nhung|moi|tren|duoi|trong|ngoai|giua|dau|cuoi"
    r"|gan|ben|canh|mot|hai|hien|thoi|noi|ngay|muc|phan|tuoi|do tuoi"
    r"|tin|anh|hinh|link|file|app|ung dung|ma|bai|cau|cho|chung|minh|em|con|co|thay|ban|nguoi"
    r"|ca|tung|moi nguoi|quy|nuoc|nam|thang|tuan|buoi|mon|lua|khoi"
    r"|tieu hoc|thcs|thpt|ky|ki|vi tri|dia chi|duong dan|website|trang|zalo|nhom|facebook|gmail"
    r"|email|voi|luon|xa|ve|form|link|chuyen|het|suc|the|group|hoc ky)\b"
)
_ANYWHERE_FORMS = {"tai": ("tại",), "o": ("ở",)}


def _anywhere(reading: Reading, start: int, end: int) -> Place | None:
    if not reading.marked:
        return None
    for m in _ANYWHERE.finditer(reading.plain, start, end):
        if not reading.means(m.start(), m.end(), _ANYWHERE_FORMS) or _NO_ANYWHERE.match(reading.plain, m.end()):
            continue
        # No name is longer; and a text of nothing else stays linear.
        stop = end_of(reading, m.end(), min(end, m.end() + 160))
        if 1 < len(reading.plain[m.end() : stop].split()) <= 8:
            return Place(m.end(), stop)
    return None


def _english(reading: Reading, start: int, end: int) -> Place | None:
    m = None if reading.marked and reading.plain.count(" the ") < 1 else _ENGLISH.search(reading.plain, start, end)
    return Place(m.start("place"), m.end("place")) if m else None


def _capital(reading: Reading, start: int, end: int) -> Place | None:
    """A proper name after `tại`, `tham quan`: only where capitals mean something."""
    if reading.shouting:
        return None
    for m in _AT_CAPITAL.finditer(reading.plain, start, end):
        if (reading.shown[m.start(1)].isupper() or _HOUSE.match(reading.shown, m.start(1))) and not _NOT_PLACE.match(
            reading.plain, m.end()
        ):
            if m.group().split()[0] in ("di", "den", "ve") and re.match(
                r"(?:thu|t[2-7]|cn|chu nhat|ph|phhs|hs|gvcn)\b", reading.plain[m.end() : m.end() + 9]
            ):
                continue
            stop = end_of(reading, m.end(), end)
            if stop - m.end() >= 3:
                return Place(m.end(), stop)
    return None
