"""The whole check: one notice and what is known around it → defects, facts, and what the editor may offer. Pure: no clock, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cached_property

from backend.announcements.checking import addressing, comparisons, deadlines, fees, persons, pictures
from backend.announcements.checking.asks import Ask, asks
from backend.announcements.checking.certainty import surely
from backend.announcements.checking.classes import says_private
from backend.announcements.checking.contacts import somebody_to_turn_to
from backend.announcements.checking.days import days
from backend.announcements.checking.duplicates import SHORTLY, Told, says_again, told
from backend.announcements.checking.money import sums
from backend.announcements.checking.places import place
from backend.announcements.checking.reading import Reading
from backend.announcements.checking.shapes import Checked, Context, Defect, Facts, Findings, Resolved
from backend.announcements.checking.weeks import Vague, Weekday, resolved, vagues, weekdays

_ACTIONS = ("pay", "hand_in", "register", "answer")
_GIVEN = re.compile(r"\b(?:ung ho|quyen gop|tai tro|tu nguyen|tuy tam|tuy kha nang|donat\w+|sponsor\w*)\b")
_ON_THE_BILL = re.compile(
    r"\b(?:theo|tren|trong|o) (?:phieu (?:thu|bao|thong bao)|hoa don|giay bao|bang (?:ke|thu|gia)|ung dung"
    r"|app|thong bao thu|muc (?:da|thu da))|\bso tien (?:ghi|hien|xem|tren|trong|cua tung|cu the|tuong ung"
    r"|trong)|\bxem (?:so tien|muc thu|chi tiet (?:cac )?khoan)|\bmuc thu (?:xem|theo|tren|nhu|trong)"
    r"|\bnhu (?:da thong bao|thang truoc|moi thang)|\bda (?:thong bao|gui) (?:muc thu|phieu|hoa don)"
    r"|\bhoa don\b|\binvoice|\bphieu bao\b|\bthong bao so tien|\bstatement|\bbill\b"
)
_LATER = re.compile(
    r"\b(?:se (?:duoc )?(?:thong bao|bao|co thong bao|gui)|thong bao sau|lich cu the (?:se|sau)"
    r"|thoi gian cu the (?:se|sau)|to be announced|tba|tbc|bao sau|thong bao (?:cu the |chi tiet )?sau)\b"
)
# `Mấy hôm nữa cô gửi ảnh` promises, and nobody has to be anywhere.
_OWN_DEED = re.compile(
    r"\s*(?:co|thay|nha truong|em|minh|lop truong)\s+(?:se )?(?:gui|dang|tra|phat|chia se) (?:anh|bai|ket qua|diem|video|hinh)\b"
)
# An event lasts `trong ngày …`; a payment is due in it.
_ALL_DAY = ("tat ca trong ngay ", "dien ra trong ngay ", "to chuc trong ngay ", "ca ngay ")
_FEASTS = re.compile(
    r"\b(?:(?:ngay|dem|ram|vao|dip|hom|tet) trung thu|noel|giang sinh|halloween|tet (?:thieu nhi"
    r"|nguyen dan|duong lich|trung thu)"
    r"|ngay nha giao|khai giang|quoc khanh|christmas|moi (?:ngay|sang|toi|buoi)|hang ngay|hang tuan"
    r"|cuoi moi|sau gio (?:hoc|tan)|tan hoc|gio (?:hoc|the duc|ra choi)|tiet (?:the duc|\d|toi|sau|hoc(?! (?:mo|mau))"
    r"|mi thuat|my thuat)|ngay bay gio|khi (?:di|den)|trong nam hoc|suot)\b"
)


class Notice:
    """Everything read out of one notice, each layer once and only when asked for."""

    def __init__(self, checked: Checked, context: Context) -> None:
        self.checked, self.context = checked, context
        self.reading = Reading(checked.text)
        self.today = checked.sent_at.date()

        self.days = days(self.reading, self.today)
        self.weekdays = weekdays(self.reading, self.days)
        self.vagues = vagues(self.reading, self.today)
        self.sums = sums(self.reading)
        self.asks = asks(self.reading)
        self.place = place(self.reading, [ask.sentence for ask in self.asks if ask.kind == "attend"])

    @cached_property
    def facts(self) -> Facts:
        named = dict.fromkeys(day.on for day in self.days if day.on is not None)
        where = self.place
        return Facts(
            tuple(named),
            tuple(dict.fromkeys(one.amount for one in self.sums)),
            self.reading.verbatim(where.start, where.end) if where else None,
        )

    @cached_property
    def told(self) -> Told:
        return told(self.reading, frozenset(self.facts.dates), frozenset(self.facts.amounts))

    @cached_property
    def private(self) -> bool:
        if self.context.ownership is not None:
            return self.context.ownership == "private"
        if self.checked.audience.private is not None:
            return self.checked.audience.private
        return says_private(self.reading)

    def asked(self, *kinds: str) -> list[Ask]:
        return [ask for ask in self.asks if ask.kind in kinds]

    def surely_asked(self, *kinds: str) -> list[Ask]:
        return [ask for ask in self.asked(*kinds) if surely(self.reading, ask)]

    def defect(self, name: str, start: int, end: int, detail: str = "", says: str = "") -> Defect:
        return Defect(name, start, end, self.reading.verbatim(start, end).strip(), detail, says)  # type: ignore[arg-type]


def check(checked: Checked, context: Context | None = None) -> Findings:
    """All defects of a notice, in the order of the list in docs/notice-checker.md, and its facts."""
    return findings(Notice(checked, context or Context()))


def findings(notice: Notice) -> Findings:
    return Findings(
        tuple(_defects(notice)),
        notice.facts,
        tuple(_offers(notice)),
        tuple(dict.fromkeys(ask.kind for ask in notice.asks)),
        tuple(day.on for day in notice.days if day.on and deadlines.is_due(notice.reading, day.start, day.end)),
    )


def _defects(notice: Notice) -> Iterator[Defect]:
    in_picture = pictures.only_in_a_picture(
        notice.reading,
        notice.checked.attachments,
        dates=len(notice.facts.dates),
        amounts=len(notice.facts.amounts),
        place=notice.place is not None,
        deeds=len(notice.asked(*_ACTIONS)),
    )
    if not in_picture:
        yield from _missing(notice)
    yield from _times(notice)
    if span := addressing.elsewhere(notice.reading, notice.checked.audience, notice.context):
        yield notice.defect("wrong_audience", *span)
    if in_picture:
        yield Defect("text_only_in_image")
    if any("sms" in channel.lower() for channel in notice.checked.channels):
        units = pictures.sms_units(notice.reading.shown)
        if units > pictures.SMS_UNITS_MAX:
            yield Defect("too_long_for_sms", detail=str(units))
    if _again(notice):
        yield Defect("near_duplicate")
    yield from _harm(notice)


def _missing(notice: Notice) -> Iterator[Defect]:
    reading = notice.reading
    deeds, attends, brings, pays = (
        notice.surely_asked(*kinds) for kinds in (_ACTIONS, ("attend",), ("bring",), ("pay",))
    )
    if (attends or brings) and not _has_day(notice, strict=bool(attends)) and not _LATER.search(reading.plain):
        ask = (attends or brings)[0]
        yield notice.defect("missing_when", ask.start, ask.end)
    away = [ask for ask in attends if ask.away]
    if away and notice.place is None and not _LATER.search(reading.plain):
        yield notice.defect("missing_where", away[0].start, away[0].end)
    if pays and not notice.sums and not _GIVEN.search(reading.plain) and not _ON_THE_BILL.search(reading.plain):
        yield notice.defect("missing_amount", pays[0].start, pays[0].end)
    if deeds and not deadlines.has_deadline(reading, notice.days, notice.weekdays, notice.vagues, deeds):
        yield notice.defect("missing_deadline", deeds[0].start, deeds[0].end)
    if deeds and not somebody_to_turn_to(reading):
        yield notice.defect("missing_who_to_contact", deeds[0].start, deeds[0].end)


def _has_day(notice: Notice, *, strict: bool) -> bool:
    """A day of the event itself; a deadline alone is none when there is something to attend."""
    if _FEASTS.search(notice.reading.plain):
        return True
    named = (
        [(d.start, d.end) for d in notice.days]
        + [(w.start, w.end) for w in notice.weekdays]
        + [(v.start, v.end) for v in notice.vagues]
    )
    return any(
        not strict or not deadlines.is_due(notice.reading, *span) or notice.reading.plain.endswith(_ALL_DAY, 0, span[0])
        for span in named
    )


def _times(notice: Notice) -> Iterator[Defect]:
    for weekday in notice.weekdays:
        if _is_unresolved(notice, weekday):
            on = resolved(weekday, notice.reading, notice.today)
            yield notice.defect("relative_date_ambiguous", weekday.start, weekday.end, f"{on:%d/%m/%Y}", "relative_day")
            break
    else:
        for vague in notice.vagues:
            if not vague.past and not _is_explained(notice, vague):
                yield notice.defect("relative_date_ambiguous", vague.start, vague.end, says="relative_period")
                break
    for weekday in notice.weekdays:
        day = weekday.day
        if day and day.kind == "date" and day.on and day.on.weekday() != weekday.number:
            start, end = min(weekday.start, day.start), max(weekday.end, day.end)
            yield notice.defect("date_weekday_mismatch", start, end, f"{day.on:%d/%m/%Y}")
            break
    if gone := deadlines.past(notice.reading, notice.days, notice.checked.sent_at):
        assert gone.on is not None
        yield notice.defect("past_date", gone.start, gone.end, f"{gone.on:%d/%m/%Y}")


def _is_unresolved(notice: Notice, weekday: Weekday) -> bool:
    if weekday.day or weekday.habit or weekday.past:
        return False
    meant = resolved(weekday, notice.reading, notice.today)
    said_elsewhere = any(other.day and other.number == weekday.number for other in notice.weekdays)
    return not said_elsewhere and not any(day.on == meant for day in notice.days)


def _is_explained(notice: Notice, vague: Vague) -> bool:
    """A date beside it, or anywhere inside the period it names, tells it exactly."""
    first, last = notice.reading.sentence_at(vague.start)
    if _OWN_DEED.match(notice.reading.plain, vague.end, last):
        return True
    for day in notice.days:
        if vague.first and vague.last and day.on and vague.first <= day.on <= vague.last:
            return True
        if first <= day.start < last and -25 <= day.start - vague.end <= 60:
            return True
        if vague.first is None and 0 <= day.start - vague.end <= 90:
            return True
    return False


def _again(notice: Notice) -> bool:
    return any(
        abs(notice.checked.sent_at - earlier.sent_at) <= SHORTLY
        and says_again(notice.told, Notice(Checked(text=earlier.text, sent_at=earlier.sent_at), Context()).told)
        for earlier in notice.context.earlier
    )


def _harm(notice: Notice) -> Iterator[Defect]:
    one_family = notice.checked.audience.one_family or notice.context.recipients == 1
    if not one_family and (found := persons.exposed(notice.reading, notice.checked.attachments)):
        yield notice.defect("personal_data_exposed", found.start, found.end, found.matter)
    if span := comparisons.compared(notice.reading):
        yield notice.defect("comparison_of_pupils", *span)
    if not notice.private and (fee := fees.illegal(notice.reading, notice.sums)):
        yield notice.defect("illegal_fee", fee.start, fee.end, fee.rule)


def _offers(notice: Notice) -> Iterator[Resolved]:
    for weekday in notice.weekdays:
        if weekday.day is None and not weekday.habit and not weekday.past:
            on: date = resolved(weekday, notice.reading, notice.today)
            yield Resolved(weekday.start, weekday.end, notice.reading.verbatim(weekday.start, weekday.end), on)
