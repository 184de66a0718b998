"""The kinds of requests that the house ships, as data (kinds.toml), and which of them a question names. Pure; it knows no school."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

_FILE = Path(__file__).parent / "kinds.toml"
_LEVELS = ("preschool", "primary", "lower_secondary", "upper_secondary")


class Shipped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`topic` is the question of the chat whose answer tells papers, fee and legal basis; the kind's own name unless said otherwise."""

    kind: str
    vi: str
    en: str
    working_days: int
    topic: str
    levels: tuple[str, ...] = ()
    sensitive: bool = False
    once: bool = False
    details: bool = False
    words: tuple[str, ...] = ()
    general: tuple[str, ...] = ()

    def title(self, language: str) -> str:
        return self.en if language == "en" else self.vi

    def of_level(self, level: str) -> bool:
        return not self.levels or level in self.levels

    def told_as(self, level: str) -> str:
        """Moving to another school differs by level; the answers have one for each."""
        if self.topic == "transfer-general" and level in _LEVELS:
            return f"transfer-{level.replace('_', '-')}"
        return self.topic


@cache
def shipped() -> dict[str, Shipped]:
    raw: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        kind: msgspec.convert({"kind": kind, "topic": kind, **fields}, Shipped)
        for kind, fields in raw.items()
        if isinstance(fields, dict)
    }


def of_topic(topic: str) -> Shipped | None:
    """The kind that a question of the chat is about, where the school can be asked for it."""
    if topic.startswith("transfer-") and topic != "transfer-in-seat":
        topic = "transfer-general"
    return next((one for one in shipped().values() if one.topic == topic and topic), None)


def named_in(words: Sequence[str]) -> frozenset[str]:
    """Kinds that folded words name: those with the longest wording of their own that is found, else those of a general one.

    `giấy xác nhận vay vốn` is the loan's alone, `giấy xác nhận` may be any of three.
    """
    text = f" {' '.join(words)} "
    found = [(len(wording), one.kind) for one in shipped().values() for wording in one.words if f" {wording} " in text]
    if not found:
        return frozenset(
            one.kind for one in shipped().values() if any(f" {wording} " in text for wording in one.general)
        )
    longest = max(length for length, _ in found)
    return frozenset(kind for length, kind in found if length == longest)
