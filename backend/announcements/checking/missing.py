"""What families would ask back for: when, where, how much, by when, whom to turn to. Only where something is surely asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backend.announcements.checking import deadlines
from backend.announcements.checking.days import Day
from backend.announcements.checking.notice import DEEDS, Notice
from backend.announcements.checking.shapes import Defect

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
_ALL_DAY = ("tat ca trong ngay ", "dien ra trong ngay ", "to chuc trong ngay ", "ca ngay ")
# To fetch or sign something by a day is to know when.
_FETCHED = re.compile(r"(?:den|toi|len|ve|qua|ra) (?:nhan|ky|lay|linh|lam)$")
# A meeting behind a link needs no place.
_ONLINE = re.compile(
    r"\b(?:zoom|(?:link|google|gg) meet|meet\.google|teams|online|truc tuyen|livestream|goi video|video call)\b"
)
_FEASTS = re.compile(
    r"\b(?:(?:ngay|dem|ram|vao|dip|hom|tet) trung thu|noel|giang sinh|halloween|tet (?:thieu nhi"
    r"|nguyen dan|duong lich|trung thu)"
    r"|(?:khi|luc) (?:ranh|thuan tien)|ngay nha giao|khai giang|quoc khanh|christmas|moi (?:ngay|sang|toi|buoi)|hang ngay|hang tuan"
    r"|cuoi moi|sau gio (?:hoc|tan)|tan hoc|gio (?:hoc|the duc|ra choi)|tiet (?:the duc|\d|toi|sau|hoc(?! (?:mo|mau))"
    r"|mi thuat|my thuat)|ngay bay gio|khi (?:di|den)|trong nam hoc|suot)\b"
)


def missing(notice: Notice) -> Iterator[Defect]:
    reading = notice.reading
    deeds, attends, brings, pays = (notice.surely_asked(*kinds) for kinds in (DEEDS, ("attend",), ("bring",), ("pay",)))
    events = [ask for ask in attends if not _FETCHED.search(reading.plain, ask.start, ask.end)]
    if (attends or brings) and not _has_day(notice, strict=bool(events)) and not _LATER.search(reading.plain):
        ask = (attends or brings)[0]
        yield notice.defect("missing_when", ask.start, ask.end)
    away = [ask for ask in attends if ask.away]
    if away and notice.place is None and not _LATER.search(reading.plain) and not _ONLINE.search(reading.plain):
        yield notice.defect("missing_where", away[0].start, away[0].end)
    if pays and not notice.sums and not _GIVEN.search(reading.plain) and not _ON_THE_BILL.search(reading.plain):
        yield notice.defect("missing_amount", pays[0].start, pays[0].end)
    if deeds and not deadlines.has_deadline(reading, notice.days, notice.weekdays, notice.vagues, deeds):
        yield notice.defect("missing_deadline", deeds[0].start, deeds[0].end)
    if deeds and not notice.has_contact:
        yield notice.defect("missing_who_to_contact", deeds[0].start, deeds[0].end)


def grounds(notice: Notice) -> Iterator[Defect]:
    """What is not in the text and would be missing if something were asked that no rule heard."""
    reading = notice.reading
    first = notice.asks[0] if notice.asks else None
    span = (first.start, first.end) if first else (0, 0)
    if notice.place is None and not _LATER.search(reading.plain) and not _ONLINE.search(reading.plain):
        yield notice.defect("missing_where", *span)
    if not notice.sums and not _GIVEN.search(reading.plain) and not _ON_THE_BILL.search(reading.plain):
        yield notice.defect("missing_amount", *span)
    if notice.asks and not notice.has_deadline:
        yield notice.defect("missing_deadline", *span)


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
