"""The text as rules read it: two strings of equal length, one to show and one without marks and capitals, and its sentences. No meaning."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from functools import cached_property

from backend.announcements.checking.spelling import written_out
from backend.core.text import strip_marks

# Longer texts are read up to here; a notice of forty pages is a file, not a notice.
TEXT_MAX = 20_000

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\ufe0e\ufe0f]"
)
_EMOJI = "\u2190-\u21ff\u2300-\u23ff\u2460-\u27bf\u2900-\u297f\u2b00-\u2bff\U0001f000-\U0001faff"
EMOJI = re.compile(f"[{_EMOJI}]")
_END = re.compile(
    rf"\n+|[!?;…]+|(?<!\b(?:tp|tx|ts|gs|dc|gv|st|mr|ms|dr|so|dt|vd|kp|no|tr"
    rf"|th))(?<![:,;.]\s\d)(?<![:,;.]\s\d\d)(?<!\b[phqdb])(?<!ths)(?<!pgs)(?<!sdt)(?<!mrs)\.+(?=\s|$|[{_EMOJI}])"
)


class _Fold(dict[int, str]):
    """One character in, one out, so that offsets in both strings stay equal."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        bare = strip_marks(character).lower()
        self[code] = bare if len(bare) == 1 else character
        return self[code]


_FOLD = _Fold({ord(c): "-" for c in "–—−‐‑‒"} | {ord(c): '"' for c in "“”„«»"} | {ord(c): "'" for c in "‘’`´"})
_SPACES = {ord(c): " " for c in "\t\r\u00a0\u2002\u2003\u2009\u202f\u3000"} | {
    ord(c): "\n" for c in "\x0b\x0c\u2028\u2029\x85"
}


class Reading:
    """`written` is NFC, `shown` is it with telephone spelling written out, `plain` is that without marks and capitals, character by character;
    `verbatim` gives the sender's own characters."""

    def __init__(self, text: str) -> None:
        text = text[:TEXT_MAX]
        self.text = text
        self._origin: list[int] | None = None
        if _is_plain_nfc(text):
            shown = text
        else:
            shown, self._origin = _composed(text)
        if "\r" in shown and "\n" not in shown:
            shown = shown.replace("\r", "\n")
        self.written = shown.translate(_SPACES)
        self.shown = self._written_out(self.written)
        self.plain = self.shown.translate(_FOLD)

    def _written_out(self, shown: str) -> str:
        """Telephone spelling in everyday words; each letter remembers the place of the one it stands for."""
        replaced = list(written_out(shown))
        if not replaced:
            return shown
        before = self._origin or range(len(shown))
        pieces: list[str] = []
        origin: list[int] = []
        done = 0
        for start, end, meant in replaced:
            pieces += shown[done:start], meant
            origin += before[done:start]
            origin += [before[start]] * len(meant)
            done = end
        self._origin = [*origin, *before[done:]]
        return "".join([*pieces, shown[done:]])

    def verbatim(self, start: int, end: int) -> str:
        if self._origin is None:
            return self.text[start:end]
        origin = self._origin
        last = origin[end] if end < len(origin) else len(self.text)
        return _INVISIBLE.sub("", self.text[origin[start] : last])

    @cached_property
    def marked(self) -> bool:
        """Written with Vietnamese marks. Then `thu` is no `thứ`; without marks it may be."""
        return sum(a != b for a, b in zip(self.shown.lower(), self.plain, strict=True)) * 25 > len(
            self.shown.replace(" ", "")
        )

    def means(self, start: int, end: int, forms: Mapping[str, tuple[str, ...]]) -> bool:
        """Whether the marks, if there are any, agree: `lười` is lazy, `lưới` is a net; without marks both are meant."""
        if not self.marked:
            return True
        return all(
            self.shown[m.start() : m.end()].lower() in forms[m.group()]
            for m in _SYLLABLE.finditer(self.plain, start, end)
            if m.group() in forms
        )

    @cached_property
    def shouting(self) -> bool:
        letters = [c for c in self.shown if c.isalpha()]
        return sum(c.isupper() for c in letters) * 10 > len(letters) * 7

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        found, start = [], 0
        for end in _END.finditer(self.plain):
            if self.plain[start : end.start()].strip(" -+*•·"):
                found.append((start, end.start()))
            start = end.end()
        if self.plain[start:].strip():
            found.append((start, len(self.plain)))
        return found

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self.sentences]

    def sentence_at(self, position: int) -> tuple[int, int]:
        """The sentence a position lies in."""
        if not self.sentences:
            return 0, len(self.plain)
        return self.sentences[max(0, bisect_right(self._starts, position) - 1)]

    def line_at(self, position: int) -> tuple[int, int]:
        start = self.plain.rfind("\n", 0, position) + 1
        end = self.plain.find("\n", position)
        return start, len(self.plain) if end < 0 else end

    @cached_property
    def words(self) -> list[str]:
        return re.findall(r"[^\W_]+", self.plain)


_SYLLABLE = re.compile(r"[a-z]+")
_BLANKS = re.compile(r"\s{3,}")


def _is_plain_nfc(text: str) -> bool:
    return (
        "\r" not in text
        and not _INVISIBLE.search(text)
        and not _BLANKS.search(text)
        and unicodedata.is_normalized("NFKC", text)
    )


def _composed(text: str) -> tuple[str, list[int]]:
    """NFC (and letters of ornamental alphabets made plain) with the place each character came from."""
    shown: list[str] = []
    origin: list[int] = []
    for position, character in enumerate(text):
        if _INVISIBLE.match(character) or (character == "\r" and text[position + 1 : position + 2] == "\n"):
            continue
        if character.isspace() and len(shown) > 1 and (shown[-2] + shown[-1]).isspace():
            if character == "\n" and "\n" not in shown[-2:]:
                shown[-1], origin[-1] = character, position
            continue
        if shown and unicodedata.combining(character):
            joined = unicodedata.normalize("NFC", shown[-1] + character)
            if len(joined) == 1:
                shown[-1] = joined
            continue
        plain = unicodedata.normalize("NFKC", character)
        if len(plain) != 1 or plain == " ":
            plain = character
        shown.append({"ð": "đ", "Ð": "Đ"}.get(plain, plain))
        origin.append(position)
    return "".join(shown), origin
