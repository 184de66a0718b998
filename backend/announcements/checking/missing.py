"""What families would ask back for: when, where, how much, by when, whom to turn to. Only where something is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backend.announcements.checking import deadlines
from backend.announcements.checking.asks import Ask
from backend.announcements.checking.days import Day
from backend.announcements.checking.notice import DEEDS, Notice
from backend.announcements.checking.shapes import Defect, DefectName

_GIVEN = re.compile(
    r"\b(?:ung ho|quyen gop|tai tro|tu nguyen|tuy tam|tuy kha nang|tuy long|phu (?:mot|1) (?:chut"
    r"|tay|it)|chung tay|giup do|(?:mot|1) it|bao nhieu cung|it nhieu|donat\w+|sponsor\w*)\b"
)
_ON_THE_BILL = re.compile(
    r"\b(?:theo|tren|trong|o) (?:phieu (?:thu|bao|thong bao)|hoa don|giay bao|bang (?:ke|thu|gia)"
    r"|thong bao thu|muc (?:da|thu da))|\bso tien (?:ghi|hien|xem|tren|trong|cua tung|cu the|tuong ung"
    r"|trong)|\b(?:thanh toan|nop|dong|hien|xem|muc thu|so tien)[^.\n]{0,25}(?:theo|tren|trong"
    r"|o) (?:ung dung|app)\b|\bxem (?:so tien|muc thu|chi tiet (?:cac )?khoan)|\bmuc thu (?:xem"
    r"|theo|tren|nhu|trong)"
    r"|\bnhu (?:da thong bao|thang truoc|moi thang)|\bda (?:thong bao|gui) (?:muc thu|phieu|hoa don)"
    r"|\bhoa don\b|\binvoice|\bphieu bao\b|\bthong bao so tien|\bstatement|\bbill\b"
)
_LATER = re.compile(
    r"\b(?:se (?:duoc )?(?:thong bao|bao|co thong bao|gui)|thong bao sau|lich cu the (?:se|sau)"
    r"|thoi gian cu the (?:se|sau)|to be announced|tba|tbc|bao sau|thong bao (?:cu the |chi tiet )?sau)\b"
)
# An event lasts `trong ngày …`; a payment is due in it.
_ALL_DAY = (
    "tat ca trong ngay ",
    "dien ra trong ngay ",
    "to chuc trong ngay ",
    "nhan trong ngay ",
    "don khach trong ngay ",
    "mo cua trong ngay ",
    "ca ngay ",
)
# To fetch or sign something by a day is to know when.
_FETCHED = re.compile(r"(?:den|toi|len|ve|qua|ra) (?:nhan|ky|lay|linh|lam)$")
# A meeting behind a link needs no place.
_ONLINE = re.compile(
    r"\b(?:zoom|(?:link|google|gg) meet|meet\.google|teams|online|truc tuyen|livestream|goi video|video call)\b"
)
# Who warns of fraudsters tells what they ask for.
_FRAUD = re.compile(r"\b(?:lua dao|mao danh|gia mao|gia danh|ke gian|scam)\b")
# A place named without `tại`, too loosely to be told as a fact and enough for a family to find it.
_SOMEWHERE = re.compile(
    r"\b(?:"
    r"(?<!di )san (?!choi|pham|tai|sang|co y|long|xuat|khau tro)[a-z]+"
    r"|(?<!tiem )phong (?!trao|cum|dung|tap|van|ngua|chong|tranh|cach|benh|khi|ho|bi|gd|giao duc|canh)[a-z0-9]+"
    r"|vuon (?!dau|tre|len)[a-z]+|(?:o|tai|den|toi|trong|ra|,) hoi truong"
    r"|nha (?:van hoa|thi dau|da nang|tap|hang|rieng|an|xe|the chat|hat|tho|trung bay)"
    r"|quan (?:ca ?phe|cafe|an|com)|(?<=: )quan|rap |bao tang|cong vien|thao cam vien|so thu"
    r"|khu (?:du lich|sinh thai|di tich|vui choi|[a-z]\b)|trang trai|lang (?:lua|gom|nghe|co|hoa|van hoa)"
    r"|chua |dinh lang|thuy dinh|nghia trang|dai tuong niem|(?:ho|be) (?:boi|[a-z]+ mua)|tram y te|sieu thi"
    r"|ben xe|bai (?:bien|co|trong|giu|gui|xe|de)|cay xang|nga (?:ba|tu|nam)"
    r"|cong (?:chinh|phu|so|sau|truoc|\d|cho|lang)|(?:o|tai|den|toi|truoc|ra) cong truong|sanh|nha cua"
    r"|buu dien|kho (?:sach|noi tru)|tai nha|mai am|can tin|cang tin|(?:o|tai|den|len|qua|ghe) thu vien"
    r"|thu vien tang|(?:tang|lau) (?:\d|tret|thuong)|hanh lang|day (?:nha )?[a-z]\b|\d+ (?:duong|pho)"
    r"|(?:mai|o|tai|ngoai) hien|ban gv|ban giao vien"
    r")\b"
)
_FEASTS = re.compile(
    r"\b(?:(?:ngay|dem|ram|vao|dip|hom|tet) trung thu|noel|giang sinh|tet (?:thieu nhi"
    r"|nguyen dan|duong lich|trung thu)"
    r"|(?:khi|luc) (?:ranh|thuan tien)|ngay nha giao|quoc khanh|christmas|moi (?:ngay|sang|toi|buoi)|hang ngay|hang tuan"
    r"|cuoi moi|sau gio (?:hoc|tan)|tan hoc|gio (?:hoc|the duc|ra choi)|tiet (?:the duc|\d|toi|sau|hoc(?! (?:mo|mau))"
    r"|mi thuat|my thuat)|ngay bay gio|khi (?:di|den)|trong nam hoc|suot)\b"
)


def missing(notice: Notice) -> Iterator[Defect]:
    """What is asked, by its likeness to notices that ask, and is not there."""
    attends, brings, pays, deeds = (notice.asked(*kinds) for kinds in (("attend",), ("bring",), ("pay",), DEEDS))
    events = [ask for ask in attends if not _FETCHED.search(notice.reading.plain, ask.start, ask.end)]
    asks = notice.likeness.is_enough
    later = _LATER.search(notice.reading.plain)
    if asks("when") and not later and not _has_day(notice, strict=bool(events) and notice.likeness.to("place") > 0):
        yield _lacks(notice, "missing_when", "when", attends or brings)
    if asks("place") and not later and _has_no_place(notice):
        yield _lacks(notice, "missing_where", "place", [ask for ask in attends if ask.away])
    if asks("amount") and _has_no_sum(notice):
        yield _lacks(notice, "missing_amount", "amount", pays)
    if asks("deadline") and not _FRAUD.search(notice.reading.plain):
        if not notice.has_deadline:
            yield _lacks(notice, "missing_deadline", "deadline", deeds)
        if not notice.has_contact:
            yield _lacks(notice, "missing_who_to_contact", "deadline", deeds)


def _lacks(notice: Notice, name: DefectName, label: str, asks: list[Ask]) -> Defect:
    span = (asks[0].start, asks[0].end) if asks else notice.likeness.sentence(label)
    return notice.defect(name, *span)


def _has_no_place(notice: Notice) -> bool:
    plain = notice.reading.plain
    return notice.place is None and not _ONLINE.search(plain) and not _SOMEWHERE.search(plain)


def _has_no_sum(notice: Notice) -> bool:
    plain = notice.reading.plain
    return not notice.sums and not _GIVEN.search(plain) and not _ON_THE_BILL.search(plain)


def _has_day(notice: Notice, *, strict: bool) -> bool:
    """A day of the event itself; a deadline alone is none when there is something to attend."""
    if _FEASTS.search(notice.reading.plain):
        return True
    named = (
        [(d.start, d.end) for d in notice.days if not _is_over(notice, d)]
        + [(w.start, w.end) for w in notice.weekdays]
        + [(v.start, v.end) for v in notice.vagues]
    )
    return any(
        not strict or not deadlines.is_due(notice.reading, *span) or notice.reading.plain.endswith(_ALL_DAY, 0, span[0])
        for span in named
    )


def _is_over(notice: Notice, day: Day) -> bool:
    """`Cuộc họp hôm qua chưa đủ người, kính mời …`: yesterday is not the day one is invited for."""
    return day.kind == "relative" and day.on is not None and day.on < notice.today
