"""Which office stands above a school, by level and day: the one place that knows of the change of 1 July 2025. Pure.

Texts say `{authority}`; a level of the question, or of the asker's school, makes one office of it, otherwise both are named.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from backend.core.catalogue import say

BLANK = "{authority}"
_FILE = Path(__file__).parent.parent / "knowledge" / "authorities.toml"
_LEVELS = ("preschool", "primary", "lower-secondary", "upper-secondary")


class _Office(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    levels: tuple[str, ...]
    levels_vi: str
    levels_en: str
    vi: str
    en: str
    starts: date = msgspec.field(name="from", default=date.min)
    until: date = date.max

    def named(self, language: str) -> str:
        return self.en if language == "en" else self.vi

    def of_levels(self, language: str) -> str:
        levels = self.levels_en if language == "en" else self.levels_vi
        return say("bots.authority_of", language, office=self.named(language), levels=levels)


@cache
def _offices() -> tuple[_Office, ...]:
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))["office"]
    return msgspec.convert(raw, tuple[_Office, ...])


def authority(level: str | None, on: date, language: str) -> str:
    """The office above schools of the level on that day; without a level, each office with its levels."""
    standing = [one for one in _offices() if one.starts <= on <= one.until]
    found = [one.named(language) for one in standing if level in one.levels]
    if found:
        return found[0]
    return say("bots.authority_or", language).join(one.of_levels(language) for one in standing)


def level_of(chosen: str | None, intent: str, facts: Mapping[str, str]) -> str | None:
    """What the asker named, else what the question itself names, else the level of the asker's school."""
    own = facts.get("level", "").replace("_", "-")
    return next((name for name in (chosen, intent.removeprefix("transfer-"), own) if name in _LEVELS), None)
