"""When a weekday, week or month names no appointment: habits, wishes, reviews, names of things, the weather, advice. It finds no time itself."""

from __future__ import annotations

import re

from backend.announcements.checking.reading import Reading

# Habits: said beside the time, or of the whole sentence.
_EVERY_BEFORE = re.compile(
    r"\b(?:(?P<moi>moi)|hang|cac|nhung|thuong(?: thi| la)?|cu(?: den| toi| vao| dung| moi)?|dinh ky|bat ky"
    r"|thoi quen|trung binh)"
    r"(?: (?:ngay|buoi|sang|chieu|toi|trua|dem|hom|dau|cuoi|ky|dip|lan|vao))*\s*$"
)
_EVERY_AFTER = re.compile(
    r"(?:\s*\)?,?\s*(?:nao\b|nao cung|hang (?:tuan|thang|nam|hoc ky)|hang tuan|(?P<moi>moi) (?:tuan|thang"
    r"|nam|lan)|cua tung|thi thuong)"
    r"|\s+cac (?:thang|tuan|nam)\b)"
)
_EVERY = re.compile(
    r"\b(?:hang (?:ngay|tuan|thang|nam)|(?P<moi>moi) (?:ngay|tuan|thang|nam|thu|khi|lan|hoc ky|ky|quy)|thuong xuyen"
    r"|thuong le|nhu thuong le|luon luon|dinh ky|thanh nep"
    r"|giu nep|thoi quen|tu (?:gio|nay)(?! (?:den|toi|cho))|thuong thi|tuan nao|thang nao|thu nao|every"
    r"|weekly|monthly|1 tuan|mot tuan \d|lan/(?:tuan|thang)|buoi/tuan|tiet/tuan"
    r"|(?P<years>moi) nam)\b"
)
# Wishes.
_WISH = re.compile(
    r"\b(?:(?<!to )(?<!chinh )(?<!vien )chuc|have (?:a|an)|enjoy|happy|wish(?:es|ing)?|don (?:mung |chao "
    r"|mot )?(?:tet|xuan|he|nam moi|tuan moi))\b"
)
_WISH_AFTER = re.compile(
    r"[^.\n]{0,14}\b(?:vui ve|an lanh|vui nhe|vui nha|am ap|binh an|nhe nhang|an vui|tot lanh|hanh phuc)\b"
    r"|\s*(?:minh |lai |thay tro |co tro |ta )?(?:gap lai|hen gap)\b"
)
# What has been.
_BEEN_BEFORE = re.compile(
    r"\b(?:hoi|suot|tu (?:dau|giua|cuoi|he)?|ca|may|ke tu|trai qua|ket thuc|vay la|the la|vay la het"
    r"|trong suot|ngay tu|so voi|nhu"
    r"|la|cua|qua|khep lai|vua qua|vua"
    r"|tong ket|nhin lai|nhan xet|danh gia|so ket)\s*$"
)
_SINCE = re.compile(r"\s*(?:den|toi|cho den|cho toi) (?:nay|gio|hien|bay gio|hom nay)\b")
_BEEN_AFTER = re.compile(
    r"\s*(?:vua qua|vua roi|vua xong|truoc\b|qua\b(?! (?:truong|lop|nha|ben|san|phong))|roi\b|da qua)"
)
_JUDGED = re.compile(
    r"\b(?:cam on|ghi nhan|khen|biet on|tuyen duong|tu hao|chuc mung|dang khen|thi dua|ne nep|hang hai"
    r"|nhan xet|tong ket|so ket|diem danh|nhat ky"
    r"|(?P<rat>rat|kha|cuc ky|that|qua) (?!mong\b|can\b|vui duoc|han hanh|vui moi|quan trong|tran trong"
    r"|kinh)\w+|ngoan|gioi|tien bo|xep (?:loai|nhat|hang|thu|cuoi)|cao nhat|top \d|nhan giai|doat|hinh anh"
    r"|vui qua|vui lam|lon han|nhin ma|mung lam|thanh cong"
    r"|da (?!nang\b|bong\b|den han\b|dang k[yi]\b)\w+|con chua|chua ai|chua em|ket qua|bao cao|tinh hinh"
    r"|dat \d|explored|learn(?:ed|t)|enjoyed"
    r"|visited|made|worked|studied|was|were|have been|review|recap|highlights)\b"
)
_FORMS = {
    "chuc": ("chúc",),
    "da": ("đã",),
    "moi": ("mỗi",),
    "cu": ("cứ",),
    "hoi": ("hồi",),
    "qua": ("quá",),
    "rat": ("rất",),
    "that": ("thật",),
    "kha": ("khá",),
}
_AHEAD = re.compile(
    r"\b(?:se|sap|nho|moi|nop|mang|dem|hop|dang k[yi]|tap trung|du kien|to chuc|de nghi|vui long|chuan bi"
    r"|gui|han|cham nhat|bat dau|doi"
    r"|please|will|bring|join|submit)\b"
)
_AHEAD_FORMS = {
    "dem": ("đem",),
    "mang": ("mang",),
    "nho": ("nhớ", "nhờ"),
    "moi": ("mời",),
    "han": ("hạn",),
    "hop": ("họp",),
    "nop": ("nộp",),
    "doi": ("đổi", "dời"),
}
# `Tháng này em nghỉ sáu buổi`, `tuần này con quên vở`.
_MISBEHAVED = re.compile(
    r"[^.,;\n]{0,30}\b(?:quen|chua|vang|di (?:tre|muon)|noi (?:trong khong|chuyen|tuc)|danh|bi|thieu"
    r"|nghi (?:hoc )?(?:\d|may|mot|hai|ba)|khong (?:lam|thuoc|nop))\b"
)
# The name of a thing, and a month or week that says which one.
_NAMED_BY_EDGE = re.compile(
    r"\b(?:bai|phieu|bai tap|btvn|de cuong|ket qua|diem|so|so lien lac|thuc don|bao cao|nhan xet|chu de"
    r"|chu diem|lop|doi|khao sat|de|bai kiem tra|bai thi"
    r"|cau hoi|kien thuc|chat luong|hoc luc|ban tin|an sang|chao co|sinh hoat|tong ket|so ket|truc|qua"
    r"|phan thuong|chuong trinh|hoat dong|tiet|ngay nghi|truyen"
    r"|on tap|kiem tra|thi|ky thi|luong|lich nghi|gio|giai|tranh|doc|dip nghi|nghi|ky nghi|phong trao)\s*$"
)
_NAMED_BY_NEXT = re.compile(
    r"\b(?:tien|phi|hoc phi|tien an|hoc phi|khoan|an|thu|ban tru|boi|xe|thuc don|chu de|chu diem|thue"
    r"|luong|quy|hoa don|phieu thu|phieu|bang luong|ke hoach|bao cao"
    r"|thong bao|giay bao|thoi khoa bieu|lich hoc|hoc|bai|so|suat an|bua an|ban tin|tap san|sinh nhat|diem"
    r"|xep loai|muc thu|xe dua don|don|com|sua|truc nhat|truc|sao do|doi co do|to truc|co do)\s*$"
)
_WORN = re.compile(
    r"\b(?:tien thuong|phuc|ao|trang phuc|do dung|do|banh|hoi cho|ve sinh|bai tap|bai|bai hat|bai ve|sach"
    r"|vo|kham pha|qua|tui|an toan|dam bao|dich|thoi tiet"
    r"|khong khi|hoat canh|tiet muc|chuc|giay|non|gio|chu de|hat|ve|tho|mung|tranh|chuong trinh|ban tin"
    r"|canh|chua|le|sac|phong vi|huong vi|mon an|mon)\b[^.\n,;]{0,18}$"
)
_BOOKED = re.compile(
    r"\b(?:tru|tinh|cong(?: don)?|chuyen|bu tru|cong bo|tra|hoan|khau tru)(?: \w+)?\s*(?:vao|sang|qua|trong|cho)?\s*$"
)
# The weather, and advice for a whole season.
_WEATHER = re.compile(
    r"[^.\n,;]{0,30}\b(?:mua (?:nhieu|to|lon|phun|bao|keo|lu)|(?:con|chac|co|troi|se) (?:\w+ )?(?:mua|ret"
    r"|lanh|nang|bao|nong)|tro ret|ret dam|nang nong|thoi tiet)\b"
)
_NO_ASK_OF_WEATHER = re.compile(r"\b(?:nghi hoc|hop|doi gio|hoc bu|doi lich|hoan)\b")
_ADVICE = re.compile(
    r"\b(?:khong (?:de|cho|choi|tu|dot|duoc|nen|tham|su dung|uong|dieu|di|lam|tao|ra|tam|vuot)"
    r"|phong (?:tranh|chong|ngua)|duoi nuoc|an toan|mu bao hiem"
    r"|cham ngoan|phao|tre em|quan ly|giu gin|bao ve|tranh xa|doi mu|nguoi lon)\b"
)
# `Ai hỏi lịch tuần sau thì cô chưa có`, `để cô xếp`.
_UNKNOWN = re.compile(r"\b(?:chua (?:co|biet|chot|xep|ro)|khi co|ai hoi)\b")
# What a family does at home on its own days.
_AT_HOME = re.compile(
    r"[\s,]*(?:thi |la )?(?:(?:ranh|ranh roi|nghi) )?(?:(?:thi )?(?:ba me|bo me|co tro minh|thay tro minh"
    r"|cha me|phu huynh|gia dinh|ca nha|con|cac con|be|cac be"
    r"|em|cac em|cac chau|chau|minh|nha minh|ban) )?(?:chi can |van |cung |ai cung |nen |nho |co the |cu "
    r"|tranh thu |hay "
    r"|duoc |se ){0,5}"
    r"(?:doc|on (?:lai|tap|bai)|choi|nghi ngoi|ngu|luyen|xem lai|giup (?:ba|bo|me|gia)"
    r"|danh thoi gian|cho con|kem|rua|tam|nau|nghi\b(?! hoc)|khong co)\b"
)
# `Mấy hôm nữa cô gửi ảnh` promises, and nobody has to be anywhere.
_OWN_DEED = re.compile(
    r"\s*(?:co|thay|nha truong|em|minh|lop truong|chi|anh|truong|ban phu huynh|bep)\s+(?:se )?(?:gui|dang"
    r"|tra|phat|chia se|up|bao|thong bao|nhan|cap nhat|danh gia|tong ket|xep|thuong|tang)"
    r" (?:anh|bai|ket qua|diem|video|hinh|ca nha|moi nguoi|lich|tin|sau|lai|rieng|phieu|qua|ne nep|loai)\b"
)


# `Cuối năm các con học tốt cô sẽ xin cho đi xem phim`.
_PROMISED = re.compile(
    r"\b(?:hoc tot|ngoan|tien bo|cham chi|dat giai)\b[^.\n]{0,30}\b(?:co|thay|lop|truong|ba me) (?:se|thuong|tang)\b"
)


def _said(reading: Reading, m: re.Match[str] | None) -> bool:
    return m is not None and reading.means(m.start(), m.end(), _FORMS)


def _around(reading: Reading, start: int, end: int) -> tuple[int, int]:
    """The sentence, as far as it can say anything of the time: a text without full stops stays linear."""
    first, last = reading.sentence_at(start)
    return max(first, start - 240), min(last, end + 240)


def is_habit(reading: Reading, start: int, end: int) -> bool:
    """`Cứ sáng thứ Tư`, `cuối mỗi tuần`, `thứ Năm nào cũng`: no one day."""
    plain = reading.plain
    first, last = reading.sentence_at(start)
    if _said(reading, _EVERY_BEFORE.search(plain, max(first, start - 26), start)):
        return True
    after = _EVERY_AFTER.match(plain, end, last)
    # `Tập từ giữa tháng 9, mỗi tuần hai buổi`: only its weekdays are a habit.
    if re.search(r"\bthang\b|\btuan (?:sau|toi|ke)", plain[start:end]):
        return _said(reading, after) and after is not None and "tuan" not in after.group()
    if _said(reading, after):
        return True
    return _said(reading, _EVERY.search(plain, max(first, start - 60), min(last, end + 60))) or _is_rhythm(
        plain, start, end
    )


def is_wish(reading: Reading, start: int, end: int) -> bool:
    first, last = reading.sentence_at(start)
    m = _WISH.search(reading.plain, max(first, start - 90), start)
    return (_said(reading, m) and m is not None and "," not in reading.plain[m.start() : start]) or bool(
        _WISH_AFTER.match(reading.plain, end, last)
    )


def is_told(reading: Reading, start: int, end: int) -> bool:
    """A period that is wished, reviewed, part of a name, or given with advice for its whole length."""
    plain = reading.plain
    first, last = _around(reading, start, end)
    said = plain[start:end]
    ahead = bool(re.search(r"\b(?:sau|toi|next|ke|nua)\b", said))
    if is_wish(reading, start, end) or (plain[end : end + 1] == ":" and not ahead):
        return True
    if not ahead and _has_been(reading, start, end, first, last):
        return True
    if _is_a_name(reading, start, end, first, said, ahead=ahead):
        return True
    if _BOOKED.search(plain, max(first, start - 24), start) and "thang" in said:
        return True
    if _WEATHER.match(plain, end, last) and not _NO_ASK_OF_WEATHER.search(plain, first, last):
        return True
    if re.search(r"\b(?:he|tet)\b", said) and _ADVICE.search(plain, end, last):
        return True
    if "thang" in said and _PAID.match(plain, end, last) and not re.search(r"\b(?:cuoi|dau|giua|sang|sau|toi)\b", said):
        return True
    if "tuan" in said and not ahead and _is_rhythm(plain, start, end):
        return True
    if _UNKNOWN.search(plain, end, min(last, end + 30)) or _UNKNOWN.search(plain, max(first, start - 20), start):
        return True
    if (
        ("tuan" in said or re.search(r"\bhe\b", said))
        and not re.search(r"\b(?:sau|toi|ke)\b", said)
        and _AT_HOME.match(plain, end, last)
    ):
        return True
    if _PROMISED.search(plain, end, last):
        return True
    return bool(_OWN_DEED.match(plain, end, last))


# `Tháng 10 nhà trường thu tiền ăn`: the month that is paid for.
_PAID = re.compile(r"[^.,;\n]{0,24}\b(?:thu|tien|phi|hoc phi)\b")


def _is_rhythm(plain: str, start: int, end: int) -> bool:
    """`Cuối tuần về quê, đầu tuần vô`: how every week goes."""
    around = plain[max(0, start - 120) : end + 120]
    return bool(
        re.search(r"\bcuoi tuan\b(?! (?:sau|toi|nay|ke))", around)
        and re.search(r"\b(?:dau|trong) tuan\b(?! (?:sau|toi|nay|ke))", around)
    )


def _has_been(reading: Reading, start: int, end: int, first: int, last: int) -> bool:
    plain = reading.plain
    if _SINCE.match(plain, end) or _BEEN_AFTER.match(plain, end):
        return True
    before = _BEEN_BEFORE.search(plain, max(first, start - 16), start)
    if (
        before
        and before.group().split()[0] in ("hoi", "suot", "trai", "nhin", "so", "vua", "vay", "the")
        and _said(reading, before)
    ):
        return True
    if re.search(r"\bnay\b", plain[start:end]) and _MISBEHAVED.match(plain, end, last):
        return True
    judged = any(_said(reading, m) for m in _JUDGED.finditer(plain, first, last))
    return judged and not any(reading.means(*m.span(), _AHEAD_FORMS) for m in _AHEAD.finditer(plain, first, last))


_THINGS = {
    "qua": ("quà",), "do": ("đồ",), "de": ("đề",), "so": ("sổ", "số"), "doi": ("đội",), "thi": ("thi",), "bai": ("bài",), "don": ("đơn",),
    "thu": ("thu",), "an": ("ăn",), "hoc": ("học",), "boi": ("bơi",), "truc": ("trực",), "lop": ("lớp",), "doc": ("đọc",), "gio": ("giờ",),
    "giai": ("giải",), "tranh": ("tranh",), "nghi": ("nghỉ",), "xe": ("xe",), "phi": ("phí",), "com": ("cơm",), "quy": ("quỹ",),
}  # fmt: skip


def _means_thing(reading: Reading, m: re.Match[str] | None) -> bool:
    return m is not None and reading.means(m.start(), m.end(), _THINGS)


def _is_a_name(reading: Reading, start: int, end: int, first: int, said: str, *, ahead: bool) -> bool:
    plain, low = reading.plain, max(first, start - 40)
    if re.match(r"(?:vao|khoang|tam|trong|du kien|den|tu|truoc|sang|qua|ra|het)\b", said):
        return bool(re.search(r"\b(?:cac (?:ngay|buoi)|ngay|buoi) $", plain[low:start]) and said.startswith("trong"))
    if re.search(r"\b(?:xuan|he|thu|dong|ha|tet)\b", said) and _WORN.search(plain, low, start):
        return True
    if re.match(r"(?:dau|cuoi|giua) (?:tuan|nam|hoc|ky|ki|hk|thang)(?! (?:nay|sau|toi))", said) or said in (
        "cuoi tuan",
        "dau tuan",
    ):
        return _means_thing(reading, _NAMED_BY_EDGE.search(plain, low, start))
    if re.search(r"\b(?:thang|tuan) (?:nay|sau|toi|ke)", said):
        return _means_thing(reading, _NAMED_BY_NEXT.search(plain, low, start))
    return False
