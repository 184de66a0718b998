"""The community rules as versioned data (rules.toml): which version holds on a day, in which words. It knows no table."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path

import msgspec

_FILE = Path(__file__).parent / "rules.toml"


class Version(msgspec.Struct, frozen=True):
    number: int
    valid_from: date
    title_vi: str
    title_en: str
    lines_vi: list[str]
    lines_en: list[str]

    def title(self, language: str) -> str:
        return self.title_en if language == "en" else self.title_vi

    def lines(self, language: str) -> list[str]:
        return self.lines_en if language == "en" else self.lines_vi


@cache
def versions() -> tuple[Version, ...]:
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(sorted(msgspec.convert(read["version"], list[Version]), key=lambda version: version.number))


def current(on: date) -> Version:
    """The newest that is valid; before the first one's day, the first."""
    valid = [version for version in versions() if version.valid_from <= on]
    return valid[-1] if valid else versions()[0]
