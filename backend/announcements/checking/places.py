"""Where families go: the place as the sender wrote it. `tại sao` and `tại nhà` are no places to go to."""

from __future__ import annotations

import re

import msgspec

from backend.announcements.checking.place_ends import end_of, trimmed
from backend.announcements.checking.place_words import (
    ALONE,
    ALONE_FORMS,
    ANYWHERE,
    ANYWHERE_FORMS,
    AT,
    AT_CAPITAL,
    AT_HOME,
    CLEANED_FOR_PAY,
    ENGLISH,
    FORBIDDEN,
    FORMS,
    HOUSE,
    HUNG,
    LABEL,
    NO_ANYWHERE,
    NOT_PLACE,
    NOWHERE,
    SCHOOL_ONLY,
    SENT,
    SHORT_NOUNS,
    VENUE,
    WEAK,
)
from backend.announcements.checking.reading import EMOJI, Reading


class Place(msgspec.Struct, frozen=True):
    start: int
    end: int


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
    if not reading.shouting and (m := VENUE.search(reading.shown)):
        return Place(m.start("place"), m.end("place"))
    for m in ALONE.finditer(reading.plain):
        if reading.means(m.start(1), m.end(), ALONE_FORMS):
            return Place(m.start(1), end_of(reading, m.start(1), reading.sentence_at(m.start(1))[1]))
    for start, end in spans:
        if m := SCHOOL_ONLY.search(reading.plain, start, end):
            word = m.group().rsplit(" ", 1)[1]
            return Place(m.end() - len(word), m.end())
    return None


# To come to school, or to be in one's own class, tells families nothing they would look for.
_OWN_CLASS = re.compile(
    r"(?:goc )?(?:lop|truong)(?: hoc)?(?: (?:minh|ta|cua(?: (?:minh|con|cac con|em|lop))?|hoc))*|(?:ms "
    r"|microsoft )?teams|online|truc tuyen|kho ung dung"
)


def is_own_class(reading: Reading, found: Place) -> bool:
    return bool(_OWN_CLASS.fullmatch(reading.plain, found.start, found.end))


def _labelled(reading: Reading) -> Place | None:
    for m in LABEL.finditer(reading.plain):
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
    for m in AT.finditer(reading.plain, start, end):
        word = re.match(r"[a-z]+", reading.plain[m.end() : m.end() + 10])
        forms = FORMS.get(word.group(), "") if word and reading.marked else ""
        if forms and reading.shown[m.end() : m.end() + len(word.group() if word else "")].lower() not in forms.split():
            continue
        if (
            word
            and word.group() in SHORT_NOUNS
            and not reading.marked
            and not reading.shown[m.end() + len(word.group()) + 1 :][:1].isupper()
        ):
            continue
        if (NOT_PLACE.match(reading.plain, m.end()) and not _is_craft_village(reading, m.end())) or AT_HOME.match(
            reading.plain, m.start()
        ):
            continue
        if m.group().split()[0] in WEAK and NOWHERE.match(reading.plain, m.end()):
            continue
        if m.group().startswith(("don", "quet", "ve sinh")) and CLEANED_FOR_PAY.search(reading.plain, start, end):
            continue
        if m.group().split()[0] in WEAK and SENT.search(reading.plain, max(start, m.start() - 22), m.start()):
            continue
        if HUNG.search(reading.plain, max(start, m.start() - 16), m.start()):
            continue
        if FORBIDDEN.search(reading.plain, max(start, m.start() - 50), m.start()):
            continue
        stop = end_of(reading, m.end(), end)
        text = reading.plain[m.end() : stop].strip()
        if len(text) < 3 or text in (
            "truong",
            "truong ta",
            "duong",
            "dai",
            "kho",
            "bep",
            "be",
            "xa",
            "khu",
            "pho",
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


def _is_craft_village(reading: Reading, start: int) -> bool:
    return reading.marked and reading.shown[start : start + 9].lower() == "làng nghề"


def _anywhere(reading: Reading, start: int, end: int) -> Place | None:
    if not reading.marked:
        return None
    for m in ANYWHERE.finditer(reading.plain, start, end):
        if not reading.means(m.start(), m.end(), ANYWHERE_FORMS) or NO_ANYWHERE.match(reading.plain, m.end()):
            continue
        if HUNG.search(reading.plain, max(start, m.start() - 16), m.start()):
            continue
        # No name is longer; and a text of nothing else stays linear.
        stop = end_of(reading, m.end(), min(end, m.end() + 160))
        if 1 < len(reading.plain[m.end() : stop].split()) <= 8:
            return Place(m.end(), stop)
    return None


def _english(reading: Reading, start: int, end: int) -> Place | None:
    m = None if reading.marked and reading.plain.count(" the ") < 1 else ENGLISH.search(reading.plain, start, end)
    return Place(m.start("place"), m.end("place")) if m else None


def _capital(reading: Reading, start: int, end: int) -> Place | None:
    """A proper name after `tại`, `tham quan`: only where capitals mean something."""
    if reading.shouting:
        return None
    for m in AT_CAPITAL.finditer(reading.plain, start, end):
        if (reading.shown[m.start(1)].isupper() or HOUSE.match(reading.shown, m.start(1))) and not NOT_PLACE.match(
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
