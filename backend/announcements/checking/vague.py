"""Weeks, months, seasons, feasts and terms said without a date, in the words of all regions. What they are said of is another matter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import msgspec

from backend.announcements.checking.periods import period
from backend.announcements.checking.reading import Reading
from backend.announcements.checking.untimed import is_habit, is_told


class Vague(msgspec.Struct, frozen=True):
    """A period said without a date; `first` … `last` is what a careful reader takes it for, None where nobody can know."""

    start: int
    end: int
    first: date | None = None
    last: date | None = None
    past: bool = False
    habit: bool = False


_EDGE = (
    r"(?:nua (?:dau|cuoi)|(?:nhung |may |vai )?ngay (?:dau|cuoi)|dau|giua|cuoi|trong(?: vong)?|het"
    r"|(?:thuong|trung|ha) tuan)"
)
_ABOUT = (
    r"(?:khoang|tam|do|co|chung|chung do|khoang chung|vao|vao khoang|sang|qua|ra|tu|den|toi|truoc|kip"
    r"|du kien|ngay|moi|bat dau"
    r"|trong|ngay trong)"
)
_NEXT = r"(?:nay|sau(?! (?:khi|do|day|vu)\b)|toi(?! (?:gio|nay)\b)|ke tiep|tiep theo|tiep(?= )|ke|sap toi)"
_NUMBER = r"(?:mot|hai|ba|bon|nam|[1-9]|1[0-2]|vai|may|doi ba|dam|dam ba|it|mot vai|hai ba|nua)"
_MONTH = r"(?:1[0-2]|0?[1-9]|gieng|chap|mot|hai|ba|tu|nam|sau|bay|tam|chin|muoi(?: mot| hai)?)"
_YEAR = r"(?: nam (?:sau|toi|nay|moi))"
_TERM = r"(?:hoc ky|hoc ki|ky hoc|ky|ki|hk|nam hoc|ki hoc)"
_WHICH_TERM = r"(?:\s?(?:[12](?![\d.,])|i{1,2}|mot|hai)\b)?(?: (?:nay|sau|toi(?! (?:gio|nay))|moi))?"
_FEAST = (
    r"(?:tet(?! (?:trung thu|thieu nhi)\b)(?: (?:nguyen dan|am lich|duong lich|am|ta|duong|tay))?"
    r"|noel|no[ -]en|nô[ -]?en|giang sinh)"
)
_CLAUSE = r"(?:(?<![^\n])|(?<=[\n.,;:!?(-])|(?<=[\n.,;:!?(-] )|(?<=\d\. ))"
_WHO = (
    r"(?:lop|khoi|truong|nha truong|minh|tui|tro|cac|hoc sinh|hs|em|con|be|doan|co|thay|ca lop|chung|may|phu huynh"
    r"|ba me|bo me|gia dinh|co tro|thay tro|nha minh)"
)

_PERIODS = re.compile(
    # Weeks.
    rf"\b(?:{_ABOUT} )?(?:{_EDGE} )?(?P<week>tuan|week) (?:le )?(?P<wwhich>{_NEXT})\b"
    r"|\b(?P<nthweek>tuan (?:le )?(?:dau(?: tien)?|cuoi(?: cung)?|thu (?:nhat|hai|ba|tu|[1-5]))(?: cua)? "
    rf"(?:thang|nam|hoc ky|ky|mua)(?: {_MONTH}| nay| sau| toi)?{_YEAR}?)\b"
    r"|\b(?P<weekend>(?:cuoi|dau|giua|trong) tuan(?! (?:do|ay|thu|le|hoc|\d))|(?:sang|qua|vo|vao"
    r"|ra) (?:dau )?tuan(?! \d)|this weekend|next weekend|weekend)\b"
    r"|\b(?P<nextweek>next week|this week|later this week|(?:by |at )?the end of the week)\b"
    rf"|(?<!den )(?<!tu )(?<![\d-])\b(?P<after>(?:{_NUMBER}) (?:tuan|thang) (?:nua|toi(?! (?:tram|truong"
    r"|lop|phong|nha|gio|nay)))|(?<!ca )(?:tuan|thang) nua)\b"
    # Months.
    rf"|\b(?:{_ABOUT} ){{0,3}}(?P<edge>(?:{_EDGE} |{_ABOUT} )(?:cua )?)thang\s*(?P<month>{_MONTH})(?P<nam>{_YEAR})?\b"
    rf"(?!\s?/|\s*(?:nam )?20\d\d\s*(?:den|-)|[.,]\d|\s*(?:am lich|tet))"
    rf"|{_CLAUSE}(?P<hmonth>thang (?P<number>1[0-2]|0?[1-9]|gieng|chap)(?: nay|{_YEAR})?)(?=,? {_WHO}\b)"
    r"|(?<!\d )\b(?P<nmonth>(?:(?:khoang|tam|vao|sang|qua|den) )?thang\s+(?:sau(?! khi)|toi(?! gio)|nay"
    r"|ke tiep|ke)|next month|this month)\b"
    r"|\b(?P<eom>(?:dau|giua|cuoi|het|trong|sang|qua|ra|(?:thuong|trung|ha) tuan|nua (?:dau"
    r"|cuoi)) thang(?!\s*\d)(?: (?:nay|sau|toi(?! (?:gio|nay))|ke tiep|ke))?"
    r"|(?:at |by )?(?:the )?end of (?:the month|this month|next month|january|february|march|april|may"
    r"|june|july|august|september|october|november|december)(?! \d)|(?:early|mid|late)[ -](?:january"
    r"|february|march"
    r"|april|june|july"
    r"|august|september|october|november|december))\b"
    # Seasons.
    r"|\b(?P<season>(?:(?:dau|cuoi|giua|vao|sang|den|khoang|tu|qua|dip) ){1,3}(?:(?:mua )(?:thu|dong|ha)"
    r"|(?:mua |nghi |ky nghi ){0,2}(?:he|xuan)|(?<=dau )thu|(?<=cuoi )thu|(?<=dau )dong|(?<=cuoi )dong)"
    rf"(?: (?:nay|toi|sau)|{_YEAR})?|(?:mua )?(?:he|xuan) (?:nay|toi(?! (?:se|nay))|sau)|mua (?:xuan|ha|thu"
    r"|dong) (?:nay|toi|sau)"
    rf"|mua (?:xuan|he|thu|dong){_YEAR}|this (?:summer|spring)|next term)\b(?!\s*\d)"
    # Feasts.
    rf"|\b(?P<feast>(?:{_NUMBER} (?:hom|bua|ngay|tuan) )?(?:truoc|sau|ra|qua|gan|giap|can|sat|het|vao|dip"
    r"|khoang|den|hau)"
    rf"(?: (?:dip|ky nghi|ki nghi|nghi|le|khi nghi|luc|tuan|can|giap|sat|khi an|ki|ky)){{0,3}} {_FEAST}(?: (?:nay"
    r"|xong|chung))?"
    rf"(?: {_NUMBER} (?:hom|bua|ngay|tuan))?|{_FEAST} xong(?: {_NUMBER} (?:hom|bua|ngay|tuan))?|(?:truoc"
    rf"|sau|qua) (?:le |dip |ngay |dip le )?\d{{1,2}}/\d{{1,2}} {_NUMBER} (?:hom|bua|ngay|tuan)|(?:ra|qua"
    r"|vao|sang|dau|het) gieng(?! hai)"
    r"|after (?:the )?(?:tet|christmas)(?: holiday)?)\b"
    # The school's year and the calendar's.
    r"|\b(?P<term>(?:vao|khoang|den|trong|tu|sang|luc|qua|truoc) (?:dau|cuoi|giua"
    rf"|ngay dau) {_TERM}{_WHICH_TERM}|(?:vao|sang|qua) {_TERM}\s?(?:2|ii|hai|sau|moi)"
    rf"|(?:hoc ky|hoc ki|ky hoc|ki hoc) (?:sau|toi)(?! (?:nay|gio)))\b"
    rf"|{_CLAUSE}(?P<headterm>(?:dau|cuoi|giua|sang|het) (?:{_TERM}{_WHICH_TERM}|nam(?: (?:duong lich"
    r"|am lich|nay|sau|toi|moi|duong))?)(?<!sang nam)(?<!het nam)(?<!giua nam))"
    rf"(?=,? {_WHO}\b)"
    r"|\b(?P<year>(?:vao|khoang|dip|den|kip|truoc|sang) (?:dip )?(?:dau|cuoi) nam(?: (?:duong lich|am lich"
    r"|nay|sau|toi|moi))?)\b(?! hoc)"
    # Before long.
    r"|\b(?P<soon>(?:vai|may|it|dam|dam ba|doi ba|mot vai|mot hai|hai ba) (?:ngay|hom|bua) (?:toi|nua)"
    r"|(?<!sau )(?<!ngay )nay mai"
    r"|mot ngay gan day|hom nao do|bua nao do|in the coming days)\b"
)
_FORMS = {
    "nay": ("này", "nay"), "qua": ("qua",), "he": ("hè",), "tet": ("tết",), "sang": ("sang",), "dau": ("đầu",), "cuoi": ("cuối",),
    "thang": ("tháng",), "tuan": ("tuần",), "xuan": ("xuân",), "ha": ("hạ",), "dong": ("đông",), "gieng": ("giêng",), "ra": ("ra",),
    "giua": ("giữa",), "trong": ("trong",), "het": ("hết",), "sau": ("sau", "sáu"), "toi": ("tới",), "ke": ("kế",), "vao": ("vào",),
    "vo": ("vô",), "khoang": ("khoảng",), "tam": ("tầm", "tám"), "do": ("độ",), "co": ("cỡ",), "chung": ("chừng",), "den": ("đến",),
    "truoc": ("trước",),
    "may": ("mấy",), "vai": ("vài",), "it": ("ít",), "hom": ("hôm",), "bua": ("bữa",), "nua": ("nữa", "nửa"), "gan": ("gần",), "giap": ("giáp",),
    "can": ("cận",), "sat": ("sát",), "dip": ("dịp",), "nghi": ("nghỉ",), "le": ("lễ",), "mua": ("mùa",), "thu": ("thu", "thứ"), "nam": ("năm",),
    "ky": ("kỳ", "kỷ"), "ki": ("kì",), "hoc": ("học",), "dam": ("dăm",), "chap": ("chạp",), "du": ("dự",), "kien": ("kiến",),
    "ngay": ("ngày", "ngay"),
    "mai": ("mai",), "kip": ("kịp",), "tu": ("từ", "tư"), "moi": ("mới",), "duong": ("dương",), "am": ("âm",), "lich": ("lịch",), "bay": ("bảy",),
    "tay": ("tây",), "ta": ("ta",), "ba": ("ba",), "hai": ("hai",), "mot": ("một", "mốt"), "bon": ("bốn",), "thuong": ("thượng",),
    "trung": ("trung",),
}  # fmt: skip
_PAST = re.compile(r"\s*(?:vua qua|vua roi|truoc\b|qua\b|roi\b)")


def vagues(reading: Reading, today: date) -> list[Vague]:
    """Periods without a date, except in wishes, reviews, names of things and what has been."""
    return [
        Vague(start, end, first, last, past=_is_past(reading, end, last, today), habit=is_habit(reading, start, end))
        for start, end, first, last in _named(reading, today)
        if not is_told(reading, start, end)
    ]


def _named(reading: Reading, today: date) -> Iterator[tuple[int, int, date | None, date | None]]:
    position = 0
    while m := _PERIODS.search(reading.plain, position):
        position = m.end()
        if reading.means(m.start(), m.end(), _FORMS) and not _other_word(reading, m):
            yield m.start(), m.end(), *period(m, reading, today)
        elif word := re.compile(r"\w+\W+").match(reading.plain, m.start()):
            position = word.end()  # `dầu tuần sau`: perhaps only its first word means something else


def _other_word(reading: Reading, m: re.Match[str]) -> bool:
    """`Tuần nay` is the one that has been, `từ thứ` no autumn."""
    shown = reading.shown[m.start() : m.end()].lower()
    return reading.marked and bool((not m["soon"] and re.search(r"\bnay\b", shown)) or (m["season"] and "thứ" in shown))


def _is_past(reading: Reading, end: int, last: date | None, today: date) -> bool:
    return bool(_PAST.match(reading.plain, end)) or (last is not None and last < today)
