"""The dated rules of what a school may not collect, read once from rules.toml. It knows their texts and words and judges nothing."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from backend.core.text import fold

_DOTTED = re.compile(r"(?<=\w)[.*_·](?=\w)")
_FILE = Path(__file__).with_name("rules.toml")


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In force from valid_from to valid_to; `provinces` are codes, none means everywhere."""

    valid_from: date
    on_field: str
    mark: Literal["sure", "check"]
    source: str
    vi: str
    en: str
    valid_to: date | None = None
    provinces: tuple[str, ...] = ()
    rise_percent_max: int | None = None

    def in_force(self, on: date, province: str | None) -> bool:
        dated = self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)
        return dated and (not self.provinces or province in self.provinces)


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    checked_on: date
    rule: dict[str, Rule]
    words: dict[str, tuple[str, ...]]

    def speaks_of(self, kind: str, *texts: str) -> bool:
        """Does one of the texts hold one of the phrases as whole words, and not only within a harmless one?"""
        for text in texts:
            # `H.ọc p.hí` and `HỌCPHÍ` say the same.
            plain = f" {plain_words(text)} / {plain_words(_DOTTED.sub('', text))} "
            for harmless in self.words.get(f"{kind}_but_not", ()):
                plain = plain.replace(f" {harmless} ", " ")
            if any(f" {phrase} " in plain or f" {phrase.replace(' ', '')} " in plain for phrase in self.words[kind]):
                return True
        return False


def plain_words(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", fold(text)))


@cache
def rules() -> Rules:
    return msgspec.convert(tomllib.loads(_FILE.read_text(encoding="utf-8")), Rules)
