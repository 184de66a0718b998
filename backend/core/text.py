"""Vietnamese text: one normal form on the way in, one folding for search, one order for lists. It knows no table and no language model."""

from __future__ import annotations

import re
import unicodedata

# Đ has no decomposition, and the Icelandic eth (U+00D0) looks like it and occurs in old files.
_STROKED = str.maketrans({"đ": "d", "Đ": "D", "ð": "d", "Ð": "D"})
_ETH = str.maketrans({"Ð": "Đ", "ð": "đ"})
_NOT_WORD = re.compile(r"[^0-9a-z]+")
_SPACE = re.compile(r"\s+")
# Zero-width characters and the byte order mark arrive with copied text and are never meant.
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_LETTER_RANK = {letter: rank for rank, letter in enumerate(_ALPHABET, start=1)}
# Order of tones in Vietnamese collation: level, falling, asking, tumbling, rising, heavy.
_TONE_RANK = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_QUALITY_MARKS = "\u0306\u0302\u031b"  # breve, circumflex, horn belong to the letter, not to the tone


def clean(text: str) -> str:
    """NFC, no invisible characters, one blank between words, none around. What every text from outside passes first."""
    composed = unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).translate(_ETH)
    return _SPACE.sub(" ", composed).strip()


def clean_lines(text: str) -> str:
    """Each line clean, at most one empty one between two."""
    body = "\n".join(clean(line) for line in text.splitlines()).strip()
    while "\n\n\n" in body:
        body = body.replace("\n\n\n", "\n\n")
    return body


def strip_marks(text: str) -> str:
    """Drop tones and letter marks, keep case and everything else: `Đặng Thị Ý` → `Dang Thi Y`."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFD", text.translate(_STROKED))
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn")


def fold(text: str) -> str:
    """The search form: lower case, no marks, only letters, digits and single blanks. Store it beside the display text; never show it."""
    return _NOT_WORD.sub(" ", strip_marks(text).casefold()).strip()


def split_name(full_name: str) -> tuple[str, str]:
    """(family and middle names, given name). The last word is the given name; a single word is given name only."""
    head, _, given = full_name.rpartition(" ")
    return head, given


def name_sort_key(full_name: str) -> str:
    """A key that plain byte order sorts as class lists are sorted: given name first, then the rest, each in Vietnamese order.

    Byte order works in Python and in PostgreSQL with COLLATE "C", so no ICU is needed (the embedded server has none).
    """
    head, given = split_name(clean(full_name))
    return f"{_collation_key(given)}|{_collation_key(head)}"


def _collation_key(text: str) -> str:
    letters: list[str] = []
    tones: list[str] = []
    for character in unicodedata.normalize("NFD", text.casefold().translate(_ETH)):
        if character in _TONE_RANK and tones:
            tones[-1] = str(_TONE_RANK[character])
        elif character in _QUALITY_MARKS and letters:
            letters[-1] = _ranked(unicodedata.normalize("NFC", _unranked(letters[-1]) + character))
        else:
            letters.append(_ranked(character))
            tones.append("0")
    # All letters outrank all tones, as in the Unicode collation of Vietnamese; tones only break ties.
    return "".join(letters) + "!" + "".join(tones)


def _ranked(character: str) -> str:
    rank = _LETTER_RANK.get(character)
    if rank is not None:
        return chr(ord("A") + rank)
    return " " if character.isspace() else character if character < "A" else "~" + character


def _unranked(key: str) -> str:
    rank = ord(key) - ord("A") - 1 if len(key) == 1 else -1
    return _ALPHABET[rank] if 0 <= rank < len(_ALPHABET) else key
