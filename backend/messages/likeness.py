"""How much a question is about a text: the words they share, folded, and two in a row counting more. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

from backend.core.text import fold

T = TypeVar("T")

# Words that every question has. Folded.
_EMPTY = """
a ah oi a co thay em con chau be cho hoi xin voi la gi nao bao gio luc may khi nhu the nao sao khong ko k duoc can phai va cua o tai
ngay hom nay mai qua nha ve di den roi chua thi ma de se da dang nhe nhi vay toi minh anh chi bo me phu huynh gia dinh truong lop
cac nhung mot hai cai kia do tu bi thua vang cam on when what where is are to the of my our we does please teacher
"""
_EMPTY_WORDS = frozenset(_EMPTY.split())
_WORDS_LEAST = 1.5
_TOPICS = {
    "fees": re.compile(r"\b(hoc phi|tien|khoan thu|no phi|chuyen khoan|fees?|pay|bills?|invoices?)\b"),
    "attendance": re.compile(r"\b(den lop|den truong|di hoc (chua|khong)|co mat|vang mat|diem danh|at school|absent|attendance)\b"),
    "timetable": re.compile(
        r"\b(thoi khoa bieu|tkb|lich hoc|may tiet|tiet (may|gi|nao)|hoc (mon )?gi|mon gi|mon nao"
        r"|(sang|chieu) (nay|mai).{0,25}hoc"
        r"|tan (hoc )?(luc )?may gio|may gio tan|co hoc khong|timetable|which (lessons|subjects)|what (lessons|subjects))\b"
    ),
}  # fmt: skip


def best(question: str, found: Sequence[T], text_of: Callable[[T], str], *, most: int) -> list[T]:
    """The texts that share enough with the question, the likest first; equals stay in their order (the newest first)."""
    words = _words(question)
    pairs = _pairs(words)
    scored = [(_score(set(words), pairs, _words(text_of(one))), one) for one in found]
    liked = [(score, one) for score, one in scored if score >= _WORDS_LEAST]
    return [one for _, one in sorted(liked, key=lambda pair: -pair[0])[:most]]


def about(question: str) -> frozenset[str]:
    line = fold(question)
    return frozenset(topic for topic, pattern in _TOPICS.items() if pattern.search(line))


def _words(text: str) -> list[str]:
    return [word for word in fold(text).split() if word not in _EMPTY_WORDS and (len(word) > 1 or word.isdigit())]


def _pairs(words: list[str]) -> set[frozenset[str]]:
    """Neighbours, whichever comes first: `nghỉ Tết` and `Tết nghỉ`."""
    return {frozenset(pair) for pair in pairwise(words)}


def _score(words: set[str], pairs: set[frozenset[str]], other: list[str]) -> float:
    return len(words & set(other)) * 0.5 + len(pairs & _pairs(other))
