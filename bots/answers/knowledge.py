"""The answers anybody may read: data by group, in both languages, with the days between which they hold. It knows no child.

A mark [?] behind a statement means that it rests on older rules or local practice: it is shown as to be confirmed with the school.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from backend.core.catalogue import say
from schemas.knowledge import Text

_FOLDER = Path(__file__).parent.parent / "knowledge" / "answers"


class Entry(msgspec.Struct, frozen=True):
    """levels: what differs by level of school, as whole texts. call: a number to ring stands before everything else.

    instead: what the school says of itself stands in the place of the first line, which only tells where else to look.
    """

    intent: str
    group: str
    checked: date
    vi: Text
    en: Text
    starts: date = date.min
    ends: date = date.max
    call: bool = False
    instead: bool = False
    also: tuple[str, ...] = ()
    levels: dict[str, dict[str, Text]] = {}

    def text(self, language: str, level: str | None = None) -> Text:
        chosen = self.levels.get(level or "")
        if chosen is not None:
            return chosen[language]
        return self.en if language == "en" else self.vi


@cache
def _entries() -> dict[str, tuple[Entry, ...]]:
    found: dict[str, list[Entry]] = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        for key, raw in tomllib.loads(path.read_text(encoding="utf-8")).items():
            entry = _entry(key, path.stem, raw)
            found.setdefault(entry.intent, []).append(entry)
    return {intent: tuple(sorted(entries, key=lambda entry: entry.starts)) for intent, entries in found.items()}


def _entry(key: str, group: str, raw: dict[str, Any]) -> Entry:
    """`intent` or, for a text that holds only from a day on, `intent@2027-01-01`."""
    intent, _, starts = key.partition("@")
    texts = {language: msgspec.convert(raw[language], Text) for language in ("vi", "en")}
    levels = {
        level: {language: msgspec.convert({**raw[language], **changes[language]}, Text) for language in ("vi", "en")}
        for level, changes in raw.get("levels", {}).items()
    }
    return Entry(
        intent=intent,
        group=group,
        checked=raw["checked"],
        vi=texts["vi"],
        en=texts["en"],
        starts=date.fromisoformat(starts) if starts else date.min,
        ends=raw.get("until", date.max),
        call=raw.get("call", False),
        instead=raw.get("instead", False),
        also=tuple(raw.get("also", ())),
        levels=levels,
    )


def entry_of(intent: str, on: date) -> Entry | None:
    """The text that holds on a day: the newest that has begun, unless it has ended. An expired rule is never told."""
    begun = [entry for entry in _entries().get(intent, ()) if entry.starts <= on]
    return begun[-1] if begun and on <= begun[-1].ends else None


def every_entry() -> Mapping[str, tuple[Entry, ...]]:
    return _entries()


def title_of(intent: str, language: str, on: date) -> str:
    """What a button for the intent says. Intents about oneself or the bot have no text, only a title."""
    entry = entry_of(intent, on)
    return say(f"bots.title_{intent}", language) if entry is None else entry.text(language).title
