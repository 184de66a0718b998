"""Which days are deadlines, which are the event's, and which of them lie behind the sender already."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from backend.announcements.checking.asks import Ask
from backend.announcements.checking.days import Day
from backend.announcements.checking.reading import Reading
from backend.announcements.checking.vague import Vague
from backend.announcements.checking.weeks import Weekday

_FILL = (
    r"(?:[\s:,(\-]|\b(?:ngay|la|vao|luc|thu|hai|ba|tu|nam|sau|bay|chu nhat|cn|sang|trua|chieu|toi|het|cuoi"
    r"|buoi|hom|t|nop|dang ky|dk|gui|ve|thoi gian|gio|the|on|end of|day|nay|muon nhat|cham nhat|lop|khi"
    r"|tam|of|giua)\b|\bt[2-7]\b|\d{1,2}\s?(?:h|g|gio|:)\s?\d{0,2}(?:\s?(?:phut|p|am|pm))?|thu [2-7]"
    r"|\b\d{1,2}\s?[ap]m\b)*"
)
_DUE_BEFORE = re.compile(
    r"\b(?:truoc|trc|trk|han(?: chot| cuoi(?: cung)?(?: nop(?: \w+){0,6})?| nop(?: \w+){0,5}| dang k[yi]"
    r"| tra loi| phan hoi| thanh toan"
    r"| dong| thu)?|cham nh[au]t|muon nh[au]t|tre nh[au]t|som nhat den|den het|het|den ngay|cho den|ket thuc"
    r"|khong qua|han\b[^.;,\n]{0,45}\bla|deadline|by|before|no later than|until|till|due(?: date)?"
    r"|tu nay den|keo dai den|trong"
    r"|toi het|den|bat dau thu)" + _FILL + r"$"
)
# `từ 8g00 đến 11g00 ngày …` spans hours of one day.
_HOURS_SPAN = re.compile(
    r"\d\s?(?:h|g|gio|:)\s?\d{0,2}\s*(?:phut\s*)?(?:-|den|toi|to)\s*\d{1,2}\s?(?:h|g|gio|:)[^.;]{0,40}$"
)
_DUE_AFTER = re.compile(
    r"[\s,)]*(?:la han|la ngay (?:cuoi|chot|het han)|het han|chot (?:so|danh sach|ds|sl)|la (?:deadline"
    r"|chot)|tro ve truoc|(?:co|em|minh|thay|lop truong) (?:dong|chot|thu|tong hop|lap danh sach|khoa"
    r"|dong form)|khoa (?:form|so)"
    r"|dong form)"
)
_DUE_TIME = re.compile(
    r"\b(?:truoc|trc|trk|cham nh[au]t|muon nh[au]t|tre nh[au]t|den het|han(?: chot| nop| cuoi)?|by|before"
    r"|deadline)\s*:?\s*(?:luc\s*)?\d{1,2}\s?(?:h|g|gio|:\d\d|am|pm)|\b(?:trong (?:vong )?(?:\d{1,2}|mot"
    r"|hai|ba|bon|nam|bay|24) ?(?:ngay|gio|h|tuan|hom|tieng)|trong (?:ngay|hom nay|sang nay|chieu nay"
    r"|toi nay|buoi|sang mai|ngay mai|tuan|thang|dau gio)|ngay (?:hom nay|trong|bay gio|tu hom nay)"
    r"|ngay khi nhan|within \d+|dau (?:gio|buoi|tuan|thang)|cung ngay|hang thang|hang tuan|moi thang"
    r"|truoc (?:khi|tet|le|gio|buoi|tiet|tuan|thang|he|hom|thu|cuoi|mung)|het (?:tuan|thang|ngay|hoc ky)"
    r"|as soon as possible|asap|today|tonight|tomorrow)\b"
)
_EVENT_BEFORE = re.compile(
    r"\b(?:tham quan|nghi|phuong an|ve viec|hop|su kien|le|buoi|chuyen|ngay hoi|hoi (?:thao|thi|cho|trai"
    r"|khoe)|thi|kiem tra|kham"
    r"|tiem|du|tham du|chuong trinh|ngoai khoa|to chuc|dien ra|khai giang|trai nghiem|dip|da ngoai"
    r"|cam trai|meeting|trip|event|(?<!tuyen )(?<!hoc )sinh|giao luu|bieu dien|toa dam|xuat phat|bat dau"
    r"|ap dung|ke tu|can cu"
    r"|so \d|van ban|cong van|thong bao)\b[^.\n;]{0,40}$"
)
_REPORTED = re.compile(
    r"\b(?:can cu|(?:tai|qua) (?:phien|cuoc|buoi|hoi nghi|ky)\b|sau (?:buoi|cuoc|khi|dot|hoi"
    r"|le|ky)|theo (?:cong van|ke hoach|quyet dinh|thong bao|tinh than|noi dung|nghi quyet"
    r"|thong tu"
    r"|bien ban)|cong van|quyet dinh|nghi quyet|nghi dinh|thong tu|ke hoach so|hop dong|bien ban|ky niem"
    r"|chao mung|sinh ngay|ban hanh|ky ngay|da [a-z]+(?: [a-z]+)? (?:vao )?ngay|da (?:ky|ki|hop|to chuc"
    r"|dien ra|thong bao|gui|thu|nop|dong|nhan|duoc"
    r"|xay ra|tham gia|tham du|hoan thanh|ket thuc|chuyen|thong qua)|vua qua|vua roi|hom qua|hom kia"
    r"|bua kia|hom no|bua truoc|hom truoc|cam on"
    r"|chuc mung|ket qua|(?<!le )(?<!hop )(?<!buoi )(?<!hoi nghi )tong ket|nhin lai|thay (?:vi|cho)"
    r"|gia han|lui|doi (?:tu|lich|sang)|chuyen tu|cu\b"
    r"|hoan|bao cao|ghi nhan|da xong|xong xuoi|thoi tiet|nghi hoc ngay|vang (?:ngay|hom)|tu ngay|ke tu|hinh anh|dip"
    r"|lan truoc|on|thanks?|was|were|held on|last)\b"
)
_TU_BEFORE = re.compile(
    r"\b(?:tu|ke tu|tu ngay|since|bat dau tu|tinh tu)\s*(?:(?:luc\s*)?\d{1,2}\s?(?:h|g|gio)\s?\d{0,2}\s*)?(?:ngay\s*)?$"
)
_LETTER_DATE = re.compile(r"^[\s\w.,()/:\-–]{0,40}?,?\s*(?:ngay|ng)?\s*$")
_LABEL = re.compile(
    r"^\s*(?:[-+*•·]|\d[.)])?\s*[^\w\n]*\s*(?:thoi gian|thoi diem|ngay|luc|khi nao|when|date|time|han"
    r"|han (?:chot|nop|cuoi)|deadline)[^:\n]{0,25}:"
)
_AHEAD = re.compile(
    r"\b(?:se|moi|de nghi|vui long|nop|dong|dang ky|han|truoc|cham nhat|tham du|hop|to chuc|dien ra|mang"
    r"|tap trung|co mat|chuan bi|den|xac nhan|kinh mong|nho|khai giang|kham|tiem|thi|kiem tra|don|please"
    r"|join|will|submit|return|pay|due|deadline|register|by|meeting|invited|nghi|bat dau|thu)\b"
)
# `Cảm ơn ba mẹ đã nộp trước ngày …`: even a last day is only told.
_THANKED = re.compile(
    r"\bcam on\b[^.;\n]{0,40}\bda\b|\b(?:100%|tat ca|toan bo|du 100%|moi (?:gia dinh|em|nha))[^.;\n]{0,40}\bda\b"
    r"|\bda (?:nop|gui|thu|chuyen|dong|hoan thanh)\b[^.;\n]{0,40}\bdung han\b"
)
# `Nhà nào cũng đi cho vui nhé`: an invitation without a word of inviting.
_COAXED = re.compile(
    r"\b(?:rang|dung (?:tre|quen|lo)|cung nhau|di cho vui|nha nao cung|co len|gop mat|chung vui|cho kip"
    r"|dung gio|nho (?!lai\b)|du (?:le|hop|buoi|gala))\b"
    r"|\b(?:lien hoan|tat nien|hop|dien|di|tap|cam trai|xem|an|gap|tham|du|choi|hoc bu"
    r"|lao dong)\b[^.;\n]{0,80}\b(?:nhe|nghen|nhen|nha)\W*$"
)
_TOLD_WITH = re.compile(
    r"\b(?:vui qua|hay qua|dep qua|de quen|bo quen|quen|xinh|ra lo|rat (?!mong|vui|han hanh|tran trong|can"
    r"|kinh)\w+|tuyet (?!doi)|hao hung|vo dich|a quan|huy chuong|nhat toan|xep (?:nhat|nhi|ba|thu)"
    r"|giai (?:nhat|nhi|ba|khuyen khich|vang|bac|dong)|chuc mung|(?:thang|thua|hoa|ty so|ti so) \d|ne nep"
    r"|ai lo|khong (?:nhan|bo sung)|thay con|ghi nhan|khen)\b"
)
_CALLED = re.compile(
    r"\b(?:nop|dang k[yi]|nhan|dong|thanh toan|chuyen|gui|mang|moi|xem|tham gia|du|xac nhan|phan hoi"
    r"|tra loi|dien|binh chon|ung ho|mo cua|tap trung|co mat"
    r"|ghe|thu|dat|mua|don|lam|ky)\b"
)
# `Bác sĩ khám hôm 1/10`: mostly told.
_HOM = re.compile(r"\bhom (?:\w+ ){0,2}$")
# `Ảnh buổi cắm trại 10/10 em để trong album`.
_KEPT = re.compile(r"\W*(?:anh|hinh|video|clip|bien ban|file|album|tai lieu|diem|bai thi|bai viet|quyen|san pham)\b")
_INVITED = re.compile(r"\b(?:moi|nho|nhac|mang|tap trung|co mat|dang k[yi]|han|truoc|cham nhat|nop|de nghi)\b")
_HAS_BEEN = re.compile(r"\bda (?!nang\b|bong\b|den han\b|dang k[yi]\b)[a-z]+")
_HOUR = re.compile(r"(?<!\d)(\d{1,2})\s?(?:h|g|gio|:)\s?(\d{2})?")


def is_due(reading: Reading, start: int, end: int) -> bool:
    """A day said as the last one for something."""
    first, _ = reading.sentence_at(start)
    before = reading.plain[max(first, start - 60) : start]
    m = _DUE_BEFORE.search(before)
    if m and _HOURS_SPAN.search(before):
        m = None
    return bool(m) or bool(_DUE_AFTER.match(reading.plain, end))


def has_deadline(
    reading: Reading, found: list[Day], weekdays: list[Weekday], vagues: list[Vague], deeds: list[Ask]
) -> bool:
    if _DUE_TIME.search(reading.plain):
        return True
    spans = (
        [(d.start, d.end) for d in found] + [(w.start, w.end) for w in weekdays] + [(v.start, v.end) for v in vagues]
    )
    if any(is_due(reading, *span) for span in spans):
        return True
    if any(day.until for day in found if _label_of_collecting(reading, day.start)):
        return True
    due = [ask for ask in deeds if ask.kind in ("pay", "hand_in", "register", "answer")]
    for ask in due:
        first, last = ask.sentence
        for start, _ in spans:
            if first <= start < last and _is_for(reading, start, ask) and not _of_the_event(reading, first, start, ask):
                return True
    return any(_label_of_collecting(reading, start) for start, _ in spans)


_IN_CASE = re.compile(r"\b(?:thi|neu|de)\b")


def _is_for(reading: Reading, start: int, ask: Ask) -> bool:
    """`Thứ Hai (7/12) nộp phiếu` is when; `đi học thứ Bảy thì đăng ký` is what for."""
    if start > ask.start:
        return True
    between = reading.plain[start : ask.start]
    for m in _IN_CASE.finditer(reading.plain, start, ask.start):
        if reading.means(m.start(), m.end(), {"thi": ("thì",), "de": ("để",), "neu": ("nếu",)}):
            return False
    return len(between) < (30 if ask.kind in ("register", "answer") else 60)


def _of_the_event(reading: Reading, first: int, start: int, ask: Ask) -> bool:
    head = reading.plain[ask.start if ask.start < start else max(first, start - 15) : start]
    return bool(_EVENT_BEFORE.search(head)) and not re.search(
        r"\b(?:nop|dong|gui|chuyen) ?(?:vao|ngay|luc|trong|sang|chieu)[\s:]*$", head
    )


def _label_of_collecting(reading: Reading, start: int) -> bool:
    first, _ = reading.line_at(start)
    return bool(
        re.search(
            (
                r"\b(?:thoi gian|ngay|han|lich)\s+(?:thu|nop|dang k[yi]|dong|nhan (?:don|ho so|phieu|dang ky)|gui"
                r"|tra loi|phan hoi|hoan thanh|chuyen khoan|thanh toan|binh chon|khao sat|ban|phat hanh"
                r"|mo)[^:\n]{0,30}"
            ),
            reading.plain[first:start],
        )
    )


def past(reading: Reading, found: list[Day], sent_at: datetime) -> Day | None:
    """The first day still asked for that lies before the day, or before the hour, of sending."""
    today = sent_at.date()
    ahead = [day.start for day in found if day.on and day.on >= today]
    for place, day in enumerate(found):
        if (
            day.on is None
            or day.on > today
            or (day.until and day.until >= today)
            or (day.kind == "relative" and day.on < today)
        ):
            continue
        # One of a list of days that goes on: `thứ Ba 6/10 tổ 1, thứ Tư 7/10 tổ 2`.
        if any(0 < start - day.end < 40 and "," in reading.plain[day.end : start] for start in ahead) and not is_due(
            reading, day.start, day.end
        ):
            continue
        before = found[place - 1] if place else None
        if before and before.until == day.on and day.on >= today and before.on != day.on:
            continue
        if not _asked_for(reading, day):
            continue
        if day.on < today or _hour_is_over(reading, day, sent_at):
            return day
    return None


def _asked_for(reading: Reading, day: Day) -> bool:
    first, last = reading.sentence_at(day.start)
    first, last = max(first, day.start - 400), min(last, day.end + 400)
    line_first, _ = reading.line_at(day.start)
    sentence, head = reading.plain[first:last], reading.plain[first : day.start]
    if (day.year_told and day.on and day.on.year < 2020) or (_TU_BEFORE.search(head) and not day.until):
        return False
    if re.search(r"\bnam hoc\b[^.\n]{0,12}$", head) or (
        _LETTER_DATE.fullmatch(head)
        and reading.plain[day.end : last].strip() == ""
        and not _LABEL.match(reading.plain[line_first:last])
        and len(head) < 45
        and not _AHEAD.search(head)
    ):
        return False
    due = is_due(reading, day.start, day.end)
    if not due and _KEPT.match(sentence):
        return False
    if _HOM.search(head) and not _INVITED.search(sentence):
        return False
    if _TOLD_WITH.search(sentence) and not (due and _CALLED.search(sentence)):
        return False
    # `Tuần 14 (từ 7/12 đến 11/12)`: a range is asked for only where something is to be done in it.
    if re.search(r"\btu\b[^.;\n]{0,40}$", head) and not _CALLED.search(sentence):
        return False
    if re.search(r"\bxong(?: xuoi| roi)?\b", reading.plain[day.end : last]):
        return False
    if _THANKED.search(head) or re.search(r"\bcam on\b", reading.plain[day.end : last]):
        return False
    if _REPORTED.search(head[-110:]) and not is_due(reading, day.start, day.end):
        return False
    if not is_due(reading, day.start, day.end) and _HAS_BEEN.search(reading.plain, day.end, last):
        return False
    if re.match(r"[\s,)]*(?:vua qua|vua roi|da |roi\b|toi qua|lop .{0,20} da )", reading.plain[day.end : day.end + 30]):
        return False
    return bool(
        is_due(reading, day.start, day.end)
        or _LABEL.match(reading.plain[line_first:last])
        or _AHEAD.search(sentence)
        or _COAXED.search(sentence)
        or _next_asks(reading, sentence, last)
    ) and not re.search(r"\b(?:da (?:dien ra|to chuc|ket thuc|hoan thanh)|thanh cong tot dep|was held)\b", sentence)


# `Lịch bảo vệ: 13h30 ngày 9/10, phòng Lab 2. Các nhóm có mặt trước 15 phút.`
_COME = re.compile(
    r"\b(?:co mat|nho (?!lai\b)|mang|dem theo|den dung gio|toi dung gio|dung gio|tham du|moi|chuan bi"
    r"|lien he|dang k[yi])\b"
)


def _next_asks(reading: Reading, sentence: str, last: int) -> bool:
    if not _HOUR.search(sentence) or _HAS_BEEN.search(sentence):
        return False
    first, end = reading.sentence_at(min(last + 2, len(reading.plain) - 1))
    return first >= last and bool(_COME.search(reading.plain, first, end))


def _hour_is_over(reading: Reading, day: Day, sent_at: datetime) -> bool:
    """Today's event whose hour had passed when it was sent. A range of hours counts by its end, and parts of the day said alone do not."""
    first, last = reading.sentence_at(day.start)
    window = reading.plain[max(first, day.start - 32) : min(last, day.end + 32)]
    hours = [(int(m[1]), int(m[2] or 0)) for m in _HOUR.finditer(window) if int(m[1]) < 24 and int(m[2] or 0) < 60]
    if not hours:
        return False
    hour, minute = max(hours)
    if hour < 12 and re.search(r"\b(?:chieu|toi|pm)\b", window):
        hour += 12
    at = datetime.combine(day.on or sent_at.date(), datetime.min.time()) + timedelta(hours=hour, minutes=minute)
    return at + timedelta(minutes=20) < sent_at.replace(tzinfo=None)
