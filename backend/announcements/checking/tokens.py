"""The text as words, with names, sums, dates, telephone numbers and classes told by their kind: `NAME nợ SUM` is one thing, whoever owes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from backend.announcements.checking.children import is_given_name
from backend.announcements.checking.reading import Reading

KINDS: Final = frozenset({"NAME", "SUM", "DATE", "PHONE", "CLASS"})
STOPS: Final = frozenset(".,:;\n")
_TOKEN = re.compile(r"[^\W_]+|[?!.,:;\n]")
_DIGITS = re.compile(r"\d+")
_PHONE = re.compile(r"\b0\d{2,3}[ .]?\d{3}[ .]?\d{3,4}\b")
_CLASS = re.compile(r"\b(?:1[0-2]|[1-9])(?:[A-Z]\d{0,2}|/\d{1,2})\b|\b(?:Lá|Chồi|Mầm|Nhà trẻ) ?\d\b")
_ENDS = frozenset(".?!\n")
# What stands before a name, itself often with a capital.
_TITLES = frozenset(
    [
        "em",
        "ban",
        "be",
        "con",
        "chau",
        "hs",
        "co",
        "thay",
        "chi",
        "anh",
        "bac",
        "chu",
        "di",
        "mo",
        "me",
        "bo",
        "ba",
        "ma",
        "cha",
        "ong",
        "mr",
        "ms",
        "mrs",
        "gvcn",
        "ph",
        "phhs",
        "truong",
        "lop",
        "hai",
        "nha",
    ]
)

Span = tuple[int, int]


class Tokens:
    """`plain` and `marked` are the same words, folded and with their marks."""

    def __init__(self, reading: Reading, sums: Iterable[Span], dates: Iterable[Span]) -> None:
        self._reading = reading
        self._kinds = dict(self._told(sums, dates))
        spans = list(self._spans())
        self.plain = [kind or _DIGITS.sub("0", reading.plain[start:end]) for start, end, kind in spans]
        self.marked = [kind or _DIGITS.sub("0", reading.shown[start:end].lower()) for start, end, kind in spans]

    @property
    def names(self) -> int:
        return self.plain.count("NAME")

    def _told(self, sums: Iterable[Span], dates: Iterable[Span]) -> Iterator[tuple[int, tuple[int, str]]]:
        """Each place in the text that a sum, number, date or class covers → where it ends, and its kind. The first named wins."""
        text = self._reading.shown
        named = [(*span, "SUM") for span in sums]
        named += [(*m.span(), "PHONE") for m in _PHONE.finditer(text)]
        named += [(*span, "DATE") for span in dates if _DIGITS.search(text, *span)]
        named += [(*m.span(), "CLASS") for m in _CLASS.finditer(text)]
        covered: set[int] = set()
        for start, end, kind in named:
            places = range(start, end)
            if covered.isdisjoint(places):
                covered.update(places)
                yield from ((place, (end, kind)) for place in places)

    def _spans(self) -> Iterator[tuple[int, int, str]]:
        found = [m.span() for m in _TOKEN.finditer(self._reading.shown)]
        place, first = 0, True
        while place < len(found):
            start, end = found[place]
            if told := self._kinds.get(start):
                after = place + 1
                while after < len(found) and found[after][0] < told[0]:
                    after += 1
                yield start, told[0], told[1]
            elif count := self._name(found, place, first):
                after = place + count
                yield start, found[after - 1][1], "NAME"
            else:
                after = place + 1
                yield start, end, ""
            first = self._reading.plain[start:end] in _ENDS
            place = after

    def _name(self, found: list[Span], place: int, first: bool) -> int:
        """How many words from here are a name: two with capitals, or one behind a title or that children bear. At the head of a sentence
        the second must be such."""
        if self._reading.shouting or self._word(found[place]) in _TITLES:
            return 0
        count = 0
        while place + count < len(found) and self._is_capital(found, place + count, first=count == 0):
            count += 1
        if count >= 2:
            return 0 if first and count == 2 and not self._is_given(found[place + 1]) else count
        titled = place > 0 and self._word(found[place - 1]) in _TITLES
        return 1 if count == 1 and not first and (titled or self._is_given(found[place])) else 0

    def _is_capital(self, found: list[Span], place: int, *, first: bool) -> bool:
        start, end = found[place]
        word = self._reading.shown[start:end]
        joined = first or self._reading.shown[found[place - 1][1] : start] == " "
        return joined and start not in self._kinds and word[0].isupper() and (len(word) == 1 or word[1:].islower())

    def _word(self, span: Span) -> str:
        return self._reading.plain[slice(*span)]

    def _is_given(self, span: Span) -> bool:
        return is_given_name(self._reading.shown[slice(*span)], marked=self._reading.marked)
