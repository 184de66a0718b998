"""Telephone spelling and dialect written out: `ko` as không, `hnay` as hôm nay, `chiều ni` as chiều nay. It knows single words, no sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from backend.announcements.checking.lexicons import lexicon
from backend.core.text import strip_marks


def written_out(shown: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and the word meant, in the order of the text."""
    marked = any(ord(character) > 0xBF and character.isalpha() for character in shown)
    for m in _pattern().finditer(shown):
        meant = _words()[re.sub(r"\s+", " ", m.group().lower())]
        if m.group().isupper() and len(m.group()) < 4 and not shown.isupper():
            continue  # MN, CN, DC: abbreviations of offices
        yield m.start(), m.end(), meant if marked else strip_marks(meant)


@cache
def _words() -> dict[str, str]:
    return {short: meant for meant, shorts in lexicon("spelling")["meant"].items() for short in shorts}


@cache
def _pattern() -> re.Pattern[str]:
    words = "|".join(re.escape(short) for short in sorted(_words(), key=len, reverse=True))
    return re.compile(rf"(?<![\w./@-])(?:{words})(?![\w/@]|[.]\w|\s*[:/]\s*\d)", re.IGNORECASE)
