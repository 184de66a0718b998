"""The whole check: one notice and what is known around it → defects, facts, and what the editor may offer. Pure: no clock, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import get_args

from backend.announcements.checking import addressing, comparisons, deadlines, fees, persons, pictures
from backend.announcements.checking.duplicates import SHORTLY, says_again
from backend.announcements.checking.learnt import ENOUGH_WITH_A_RULE
from backend.announcements.checking.missing import missing
from backend.announcements.checking.notice import Notice
from backend.announcements.checking.shapes import Checked, Context, Defect, DefectName, Findings, Resolved
from backend.announcements.checking.vague import Vague
from backend.announcements.checking.weeks import Weekday, resolved

_ORDER = get_args(DefectName)


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
    return iter(sorted(_raised(notice), key=lambda one: _ORDER.index(one.name)))


def _raised(notice: Notice) -> Iterator[Defect]:
    if not notice.in_picture:
        yield from missing(notice)
    yield from (
        one
        for one in _times(notice)
        if one.name not in ENOUGH_WITH_A_RULE or notice.likeness.is_enough(one.name, seen=True)
    )
    if span := addressing.elsewhere(notice.reading, notice.checked.audience, notice.context):
        yield notice.defect("wrong_audience", *span)
    if notice.in_picture:
        yield Defect("text_only_in_image")
    if any("sms" in channel.lower() for channel in notice.checked.channels):
        units = pictures.sms_units(notice.reading.written)
        if units > pictures.SMS_UNITS_MAX:
            yield Defect("too_long_for_sms", detail=str(units))
    if _again(notice):
        yield Defect("near_duplicate")
    yield from _harm(notice)


def _times(notice: Notice) -> Iterator[Defect]:
    for weekday in notice.weekdays:
        if _is_unresolved(notice, weekday):
            on = resolved(weekday, notice.reading, notice.today)
            yield notice.defect("relative_date_ambiguous", weekday.start, weekday.end, f"{on:%d/%m/%Y}", "relative_day")
            break
    else:
        due = [deadlines.is_due(notice.reading, day.start, day.end) for day in notice.days] if notice.vagues else []
        for vague in notice.vagues:
            if not vague.past and not vague.habit and not _is_explained(notice, vague, due):
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


# `Cuối tháng, cụ thể là ngày 30/11`, `tuần sau (từ 7/12`: the day is what the period means.
_MEANS = re.compile(
    r"(?:[\s,;:()\-]|\b(?:nay|tuc|la|vao|cu the|chinh xac|ngay|tu|bat dau|sang|chieu|toi|trua|thu (?:\d"
    r"|hai|ba|tu|nam|sau|bay)|chu nhat|cn"
    r"|t[2-7]|hom|luc|nham|khoang|du kien|truoc|den|het|cham nhat|muon nhat)\b|\d{1,2}\s?(?:h|g|gio)\s?\d{0,2}){0,14}"
)


def _is_explained(notice: Notice, vague: Vague, due_days: list[bool]) -> bool:
    """A date beside it, or anywhere inside the period it names, tells it exactly; a last day to register tells no event."""
    first, last = notice.reading.sentence_at(vague.start)
    due = deadlines.is_due(notice.reading, vague.start, vague.end)
    for day, day_is_due in zip(notice.days, due_days, strict=True):
        ahead = day.start - vague.end
        if vague.start <= day.start < vague.end:
            continue  # `sau lễ 30/4 vài bữa`
        if 0 <= ahead < 90 and _MEANS.fullmatch(notice.reading.plain, vague.end, day.start):
            return True
        if not due and day_is_due:
            continue
        inside = vague.first and vague.last and day.on and vague.first <= day.on <= vague.last
        if inside and (day.kind == "date" or abs(ahead) < 30):
            return True
        if not (vague.first and day.on) and ((first <= day.start < last and -25 <= ahead <= 60) or 0 <= ahead <= 90):
            return True
    return False


def _again(notice: Notice) -> bool:
    return any(
        abs(notice.checked.sent_at - earlier.sent_at) <= SHORTLY
        and says_again(notice.told, Notice(Checked(text=earlier.text, sent_at=earlier.sent_at), Context()).told)
        for earlier in notice.context.earlier
    )


def _harm(notice: Notice) -> Iterator[Defect]:
    """What a rule saw, or what is as like as that to notices that harm."""
    enough = notice.likeness.is_enough
    if not notice.one_family:
        found = persons.exposed(notice.reading, notice.checked.attachments)
        if enough("personal_data_exposed", seen=found is not None):
            yield _exposed(notice, found)
    span = comparisons.compared(notice.reading)
    if enough("comparison_of_pupils", seen=span is not None):
        yield notice.defect("comparison_of_pupils", *(span or notice.likeness.sentence("comparison_of_pupils")))
    if not notice.private:
        fee = fees.illegal(notice.reading, notice.sums)
        if enough("illegal_fee", seen=fee is not None):
            span = (fee.start, fee.end) if fee else notice.likeness.sentence("illegal_fee")
            yield notice.defect("illegal_fee", *span, fee.rule if fee else "")


def _exposed(notice: Notice, found: persons.Exposure | None) -> Defect:
    if found:
        return notice.defect("personal_data_exposed", found.start, found.end, found.matter)
    span = notice.children[0] if notice.children else notice.likeness.sentence("personal_data_exposed")
    return notice.defect("personal_data_exposed", *span, "named")


def _offers(notice: Notice) -> Iterator[Resolved]:
    for weekday in notice.weekdays:
        if weekday.day is None and not weekday.habit and not weekday.past:
            on: date = resolved(weekday, notice.reading, notice.today)
            yield Resolved(weekday.start, weekday.end, notice.reading.verbatim(weekday.start, weekday.end), on)
