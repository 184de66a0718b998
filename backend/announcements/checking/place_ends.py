"""Where the name of a place ends: before the hour, the deed or the courtesy behind it. It knows no place."""

from __future__ import annotations

import re

from backend.announcements.checking.reading import EMOJI, Reading

_STOP = re.compile(
    r"[,;:!?\n()\[\]|]|\.(?=\s|$)|\s[-–]\s(?=(?:thoi gian|luc|ngay|chi phi|phi|noi dung|trang phuc))|\b(?:luc"
    r"|vao|vao luc|tu (?=\d|ngay|thu|giua|dau|cuoi|tuan|thang|sang|chieu|toi|hom)|(?:dau|giua"
    r"|cuoi) (?=tuan|thang|nam|ky|hoc ky)|tuan (?=sau|toi|nay|le)|thang (?=sau|toi|nay|\d)|ngay (?=\d|thu)"
    r"|de|cho|truoc|sau (?=gio|khi|tiet|buoi)|van|voi|gap"
    r"|nhe|do (?=a\b|nha\b|nhe\b)"
    r"|nha(?! (?:xe|van|da|thi|an"
    r"|hat|bep|the|truyen|trung|khach"
    r"|hang|[a-z]\b))|a|va|hoac|nhung|do"
    r"|sang (?=thu|ngay|mai|chu|nay|\d)|chieu|toi (?=thu|ngay|mai|nay|\d)|thu (?:[2-7]|hai|ba|tu|nam|sau"
    r"|bay)|chu nhat|cn|hom|mai|se|duoc|bat dau|dung|theo|thoi gian|at|on|from|by|for|to|and|with|before"
    r"|nham|(?<!co )nhan|don|hop|du|lam|mang|nop|gio|phi|trong (?=ngay|thang|tuan|khoang|gio|hai|ba|vong)|cung|neu"
    r"|khi|vi|bang|qua|co(?! (?:nhan tao|so|vu))|la|phu huynh|ph|cac con|hs|hoc sinh|cac em|roi"
    r"|xong|ke ben|nghe(?=\s*(?:[.,!]|$|may |ca |moi |cac |em |con ))|nghen|nhen|hi(?=\s*(?:[.,!]"
    r"|$))|thi(?! dau)|cua con|hen|dum|giup"
    r"|khong|chua|minh|tui minh|em (?=xin|moi|gui|se)|cu (?=cho|de|di|den|ve)|thay gi|xem|lay"
    r"|mot (?=chuyen|buoi|ngay|vong)|de nghi|kinh"
    r"|xin|han|moi|trong cay|quet|day|sinh hoat|khai truong|khai mac|khanh thanh|co vu|da banh|choi)\b"
    r"|(?<!phong )(?<!lop )\d{1,2}\s?(?:h|g|gio|:)\d{0,2}\b|(?<!phong )(?<!lop )\b0\d{2,3}[ .]?\d{3}"
    r"|(?<!phong )(?<!lop )(?<![\w])\d{1,2}[/-]\d{1,2}[/-]?"
)
# `sân cờ` does not end before `có`.
_STOP_FORMS = {
    "khong": ("không",), "chua": ("chưa",), "minh": ("mình",), "cu": ("cứ",), "to": ("to",), "xem": ("xem",), "lay": ("lấy",),
    "day": ("dạy",), "trong": ("trồng", "trong"), "choi": ("chơi",), "khai": ("khai",),
    "co": ("có",), "la": ("là",), "hop": ("họp",), "thi": ("thì", "thi"), "va": ("và",), "du": ("dự",), "lam": ("làm",), "nop": ("nộp",),
    "hen": ("hẹn",), "van": ("vẫn",),
    "moi": ("mời", "mọi"), "don": ("đón",), "nhan": ("nhận",), "gio": ("giờ",), "han": ("hạn",), "qua": ("qua",), "mang": ("mang",), "vi": ("vì",),
    "cho": ("cho",), "do": ("do", "đó"),
    "theo": ("theo",), "cung": ("cùng",), "nha": ("nha",), "mai": ("mai",), "phi": ("phí",),
    "chieu": ("chiều",), "toi": ("tối", "tới"), "voi": ("với",),
}  # fmt: skip
_COMPOUND = re.compile(r"(?:phong (?:thi|hop|hoc|du)|san (?:van|co)|nha (?:thi|van))$")
_GOES_ON = re.compile(
    r"\s*[,(-]\s*(?=(?:tang|day|khu|nha(?! (?:nao|minh|truong|em|ai)\b)|phong|so|duong|phuong|xa|truong"
    r"|co so|quan|tp|cong|thanh pho|tinh"
    r"|tru so|hoi truong|toa|lau|san|p\.|q\.|lop \d|\d+ [A-Za-z]|thon|to|kp|khu pho|h\.|huyen|ap|ha noi|floor"
    r"|building|block|canh|doi dien|ben|gan)\b)"
)
_PROPER_ON = re.compile(
    r"\s*,\s*(?=(?:\d+[A-Za-z]?(?:/\d+)* )?[A-ZĐ][a-zà-ỹ]+ [A-ZĐ][a-zà-ỹ]+(?: [A-ZĐ][a-zà-ỹ]+)?\s*(?:[.,;(]|$))"
)


def end_of(reading: Reading, start: int, end: int) -> int:
    position = start
    for _ in range(4):
        m = _STOP.search(reading.plain, position, end)
        while (
            m
            and m.group()[0].isalpha()
            and (
                _is_of_a_name(reading, m, start)
                or not reading.means(m.start(), m.end(), _STOP_FORMS)
                or (
                    not reading.marked and m.group() == "cho" and reading.shown[m.end() + 1 : m.end() + 2].isupper()
                )  # a market
                or _COMPOUND.match(reading.plain, start, m.end())
            )
        ):
            m = _STOP.search(reading.plain, m.end(), end)
        emoji = EMOJI.search(reading.shown, position, m.start() if m else end)
        stop = emoji.start() if emoji else m.start() if m else end
        on = None if emoji else _GOES_ON.match(reading.plain, stop) or _PROPER_ON.match(reading.shown, stop)
        if not on or on.end() >= end:
            return trimmed(reading, start, min(stop, start + 120))
        position = on.end()
    return trimmed(reading, start, position)


_DAY_NAME = re.compile(r"(?:Thứ|Thu|Chủ|Chu|CN|Sáng|Chiều|Tối|Lúc|Ngày|Vào|Từ|Mời|Kính|PH|HS|GV)")


def _is_of_a_name(reading: Reading, m: re.Match[str], start: int) -> bool:
    """`Cần Giờ` is one name, though `giờ` alone would end a place."""
    word = reading.shown[m.start() : m.end()]
    return not reading.shouting and m.start() > start and word[0].isupper() and not _DAY_NAME.match(word)


def trimmed(reading: Reading, start: int, end: int) -> int:
    while end > start and reading.shown[end - 1] in " .,;:-–*_|(\"'":
        end -= 1
    return end
