"""Where families go: the place as the sender wrote it. `tại sao` and `tại nhà` are no places to go to."""

from __future__ import annotations

import re

import msgspec

from backend.announcements.checking.reading import EMOJI, Reading


class Place(msgspec.Struct, frozen=True):
    start: int
    end: int


_NOUN = (
    r"(?:phong|hoi truong|san|truong|quan|quan an|quan ca phe|nha(?! (?:minh|em|con|be|chau|truong))|lop|cong|thu vien|van phong"
    r"|trung tam|cong vien|bao tang|rap|khu|co so|svd|be boi|ho boi|tram|ubnd|diem truong|can ?tin|canteen"
    r"|bep an"
    r"|zoom|google meet|gg meet|meet|teams|ms teams|online|tang|day|toa|khach san|nha hang|cung|vuon"
    r"|trang trai|nong trai|lang|thanh pho|tp|chua|den|nghia trang|dai|quang truong|sieu thi|benh vien"
    r"|thao cam vien|khu du lich|kdl"
    r"|p\.? ?\d|bai|ben|hoi quan"
    r"|nha thi dau|phong tap|sanh|truoc cong|truoc san|ngoai san|duoi san|san|khuon vien|dia chi|so \d|pho"
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
    r"|thuc te(?: tai| o)?|visit|visiting|field trip to|trip to|den|ve)\s+(?=(\w))"
)
_NOT_PLACE = re.compile(
    r"(?:truong hop|cong (?:thanh|thong) |phong trao|nha nuoc|nha (?:minh|em|con)|san pham|san sang"
    r"|lop (?:hoc )?(?:hang|moi|minh ngoan)"
    r"|truong ban|lop truong|cong (?:an|viec|van|tac|bo|khai|lap|dan|cu|nghe|ty|dong|thuc)|khu vuc khac"
    r"|dai dien|den (?:het|truoc|khi|ngay|du|hop|luc|gio|nhan|don|thoi|nay|tu)|nha(?=,|\.|$)|day (?:hoc|du"
    r"|la|thi)|tang (?:cuong|qua|thuong|len|ca)|bai (?:tap|hoc|thi|viet|lam|\d)|ben (?:canh|nhau)"
    r"|so (?:tien|luong|lien|dt|dien|tai)|meet the|the (?:le|duc|thao|hien|nao)|lop (?:\d"
    r"|la)[^.\n]{0,20}(?:nghi|gioi)|vuon len|co so (?:du lieu|vat chat)|lang nghe|tram nghe|san khau hoa"
    r"|day du|nha truong(?! van hoa)|duong (?:link|day)|xa hoi|phuong (?:an|phap|tien|huong)|rap khuon"
    r"|nha o\b)"
)
_STOP = re.compile(
    r"[,;:!?\n(\[|]|\.(?=\s|$)|\s[-–]\s(?=(?:thoi gian|luc|ngay|chi phi|phi|noi dung|trang phuc))|\b(?:luc"
    r"|vao|vao luc|tu (?=\d|ngay|thu)|ngay (?=\d|thu)|de|cho|truoc|sau (?=gio|khi|tiet|buoi)|van|voi|gap"
    r"|nhe|do (?=a\b|nha\b|nhe\b)"
    r"|nha(?! (?:xe|van|da|thi|an"
    r"|hat|bep|the|truyen|trung|khach"
    r"|hang|[a-z]\b))|a|va|hoac|nhung|do"
    r"|sang (?=thu|ngay|mai|chu|nay|\d)|chieu|toi (?=thu|ngay|mai|nay|\d)|thu (?:[2-7]|hai|ba|tu|nam|sau"
    r"|bay)|chu nhat|cn|hom|mai|se|duoc|bat dau|dung|theo|thoi gian|at|on|from|by|for|to|and|with|before"
    r"|nham|nhan|don|hop|du|lam|mang|nop|gio|phi|trong (?=ngay|thang|tuan|khoang|gio|hai|ba|vong)|cung|neu"
    r"|khi|vi|bang|qua|co|la|phu huynh|ph|cac con|hs|hoc sinh|cac em|roi|xong|thi(?! dau)|cua con|hen|dum|giup"
    r"|de nghi|kinh|xin|han|moi)\b"
    r"|\d{1,2}\s?(?:h|g|gio|:)\d{0,2}\b|(?<![\w])\d{1,2}[/-]\d{1,2}[/-]?"
)
# `sân cờ` does not end before `có`.
_STOP_FORMS = {
    "co": ("có",), "la": ("là",), "hop": ("họp",), "thi": ("thì", "thi"), "va": ("và",), "du": ("dự",), "lam": ("làm",), "nop": ("nộp",),
    "hen": ("hẹn",), "van": ("vẫn",),
    "moi": ("mời", "mọi"), "don": ("đón",), "nhan": ("nhận",), "gio": ("giờ",), "han": ("hạn",), "qua": ("qua",), "mang": ("mang",), "vi": ("vì",),
    "cho": ("cho",), "do": ("do", "đó"),
    "theo": ("theo",), "mai": ("mai",), "phi": ("phí",),
    "chieu": ("chiều",), "toi": ("tối", "tới"), "voi": ("với",),
}  # fmt: skip
_COMPOUND = re.compile(r"(?:phong (?:thi|hop|hoc|du)|san (?:van|co)|nha (?:thi|van))$")
_GOES_ON = re.compile(
    r"\s*[,(-]\s*(?=(?:tang|day|khu|nha|phong|so|duong|phuong|xa|truong|co so|quan|tp|cong|thanh pho|tinh"
    r"|tru so|hoi truong|toa|lau|san|p\.|q\.|lop \d|\d+ [A-Za-z]|thon|to|kp|khu pho|h\.|huyen|ap|ha noi|floor"
    r"|building|block|canh|doi dien|ben|gan|\d+[a-z]? )\b)"
)
# Prepositions that as often lead elsewhere, and what they lead to then; and places one must not go to.
_WEAK = ("den", "toi", "trong", "qua", "in", "tren", "sang", "ra", "vao", "ve", "len", "di", "tu")
_NOWHERE = re.compile(r"(?:lop|truong|so|p\.? ?\d|day|the|bai|xa|thanh|ben|tang|duong|phuong|pho|quan)\b")
_FORBIDDEN = re.compile(r"\b(?:khong|cam|tranh)(?: \w+){0,3}? (?:vao|do|dung|tu tap|dau|de|ra|mang)\b")
_HOUSE = re.compile(r"\d{1,4}[A-Za-z]?(?:/\d+)* [A-ZĐ][a-zà-ỹ]+ [A-ZĐ]")
# After a comma or a bracket the place may stand without `tại`.
_ALONE = re.compile(
    r"(?:[,;(\n|]|\s-)\s*((?:hoi truong|phong (?:hop|hoc|da nang|hoi dong|\d+|[a-z]\d+)|san (?:truong"
    r"|van dong|bong)|nha (?:da nang|thi dau|van hoa)"
    r"|thu vien|san truoc|hoi truong))\b"
)
_ALONE_FORMS = {"truong": ("trường",), "phong": ("phòng",), "san": ("sân",), "hop": ("họp",), "hoc": ("học",)}
_AT_HOME = re.compile(
    r"(?:o|tai|at|in|trong) (?:nha(?! (?:xe|van|thi|da|an|hat|bep|the|truyen|trung|khach|[a-z]\b|[a-z]?\d))|home)\b"
)
_SCHOOL_ONLY = re.compile(r"\b(?:den|toi|ve|tai|o|len|vao)\s+(?:truong|lop)\b(?! (?:hop|ca|truong|\d|hoc))")


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
    if (m := _ALONE.search(reading.plain)) and reading.means(m.start(1), m.end(), _ALONE_FORMS):
        return Place(m.start(1), _stop(reading, m.start(1), reading.sentence_at(m.start(1))[1]))
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
        end = _trim(reading, start, start + dot.start() if dot else stop)
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
        stop = _stop(reading, m.end(), end)
        text = reading.plain[m.end() : stop].strip()
        if len(text) < 3 or text in (
            "truong",
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
            stop = _stop(reading, m.end(), end)
            if stop - m.end() >= 3:
                return Place(m.end(), stop)
    return None


def _stop(reading: Reading, start: int, end: int) -> int:
    position = start
    for _ in range(4):
        m = _STOP.search(reading.plain, position, end)
        while (
            m
            and m.group()[0].isalpha()
            and (
                _is_of_a_name(reading, m, start)
                or not reading.means(m.start(), m.end(), _STOP_FORMS)
                or _COMPOUND.match(reading.plain, start, m.end())
            )
        ):
            m = _STOP.search(reading.plain, m.end(), end)
        emoji = EMOJI.search(reading.shown, position, m.start() if m else end)
        stop = emoji.start() if emoji else m.start() if m else end
        on = _GOES_ON.match(reading.plain, stop) if not emoji else None
        if not on or on.end() >= end:
            return _trim(reading, start, min(stop, start + 120))
        position = on.end()
    return _trim(reading, start, position)


_DAY_NAME = re.compile(r"(?:Thứ|Thu|Chủ|Chu|CN|Sáng|Chiều|Tối|Lúc|Ngày|Vào|Từ|Mời|Kính|PH|HS|GV)")


def _is_of_a_name(reading: Reading, m: re.Match[str], start: int) -> bool:
    """`Cần Giờ` is one name, though `giờ` alone would end a place."""
    word = reading.shown[m.start() : m.end()]
    return not reading.shouting and m.start() > start and word[0].isupper() and not _DAY_NAME.match(word)


def _trim(reading: Reading, start: int, end: int) -> int:
    while end > start and reading.shown[end - 1] in " .,;:-–*_|(\"'":
        end -= 1
    return end
