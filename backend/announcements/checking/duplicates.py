"""Whether a notice says again what the same audience was told shortly before. Corrections and monthly bills alike are none."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from itertools import pairwise

import msgspec

from backend.announcements.checking.lexicons import lexicon
from backend.announcements.checking.reading import Reading

SHORTLY = timedelta(days=7)
_NUMBER = re.compile(r"\d+")
_MONTH = re.compile(r"\bthang\s?(\d{1,2})|\bt(\d{1,2})/20")
_CHANGED = re.compile(
    r"\b(?:dinh chinh|thay doi|dieu chinh|doi (?:lich|gio|ngay|dia diem|sang)|doi lai|hoan|huy|cap nhat"
    r"|gia han|bo sung|correction|updated?|postponed|cancell?ed|rescheduled|chuyen sang|doi sang|lui)\b"
)

# What was announced has been: a report and thanks are no repetition.
_OVER = re.compile(r"\b(?:hom qua|(?:sang|chieu|toi|hom) (?:qua|vua roi)|vua (?:qua|roi)|cam on [^.\n]{0,40}\bda)\b")


class Told(msgspec.Struct, frozen=True):
    """What a comparison needs of one notice."""

    words: frozenset[str]
    shingles: frozenset[tuple[str, ...]]
    numbers: frozenset[str]
    dates: frozenset[object]
    amounts: frozenset[int]
    months: frozenset[str]
    changed: bool
    over: bool
    size: int


@cache
def _common() -> frozenset[str]:
    return frozenset(lexicon("duplicates")["common"].split())


def told(reading: Reading, dates: frozenset[object], amounts: frozenset[int]) -> Told:
    own = [word for word in reading.words if not _NUMBER.fullmatch(word) and word not in _common()]
    return Told(
        frozenset(own),
        frozenset(pairwise(own)),
        frozenset(_NUMBER.findall(reading.plain)),
        dates,
        amounts,
        frozenset(a or b for a, b in _MONTH.findall(reading.plain)),
        bool(_CHANGED.search(reading.plain)),
        bool(_OVER.search(reading.plain)),
        len(own),
    )


def says_again(now: Told, before: Told) -> bool:
    if min(now.size, before.size) < 3:
        return now.words == before.words and now.numbers == before.numbers
    if now.dates and before.dates and not (now.dates <= before.dates or before.dates <= now.dates):
        return False
    if now.amounts and before.amounts and not (now.amounts <= before.amounts or before.amounts <= now.amounts):
        return False
    if now.months and before.months and now.months != before.months:
        return False
    if (now.changed and not before.changed) or (now.over and not before.over):
        return False
    shingles = _jaccard(now.shingles, before.shingles)
    words = _jaccard(now.words, before.words)
    held = len(now.words & before.words) / max(1, min(len(now.words), len(before.words)))
    same_facts = bool(now.dates & before.dates) or bool(now.amounts & before.amounts)
    strange = (now.numbers ^ before.numbers) if not same_facts else frozenset()
    if len(strange) >= 2 and shingles < 0.95 and len(now.numbers & before.numbers) < len(strange):
        return False
    if same_facts:
        same_days = bool(now.dates) and now.dates == before.dates
        return (
            shingles >= 0.35
            or words >= 0.45
            or (held >= (0.6 if same_days else 0.7) and min(now.size, before.size) >= 6)
        )
    return shingles >= 0.55 or words >= 0.68


def _jaccard(a: frozenset[object], b: frozenset[object]) -> float:
    return len(a & b) / len(a | b) if a or b else 1.0
