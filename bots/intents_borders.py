"""Rules at the borders between intents that likeness cannot decide: follow-ups, and the level of a transfer."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from bots.intents_phrases import NONE
from bots.normalise import Normal
from bots.slots import Slots

_FILE = Path(__file__).parent / "knowledge" / "borders.toml"

CARRY_WORDS_MAX: Final = 8
_CARRY_SCORE_MAX: Final = 0.92
_UNSURE_ALONE: Final = 0.55
# "thi học kỳ" is an exam, "thì" only joins; folded they are one word.
_EXAM_NAMED: Final = re.compile(r"\bthi (?:học|hoc|giữa|giua|cuối|cuoi|hk|gk|ck|lại|lai|thử|thu)\b")

_TRANSFER: Final = {
    "preschool": "transfer-preschool",
    "primary": "transfer-primary",
    "lower-secondary": "transfer-lower-secondary",
    "upper-secondary": "transfer-upper-secondary",
}
_ENROL: Final = {
    "preschool": "enrol-preschool",
    "primary": "enrol-grade1",
    "lower-secondary": "enrol-grade6",
    "upper-secondary": "enrol-grade10",
}
_TRANSFERS: Final = frozenset({"transfer-general", *_TRANSFER.values()})
_ENROLMENTS: Final = frozenset(_ENROL.values())


class _Borders(msgspec.Struct, frozen=True):
    sides: frozenset[str]
    side_signs: re.Pattern[str]
    asks: re.Pattern[str]
    neighbours: tuple[tuple[re.Pattern[str], re.Pattern[str], str], ...]
    named: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]


@cache
def _borders() -> _Borders:
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return _Borders(
        frozenset(raw["follow_up"]["words"].split()),
        re.compile("|".join(raw["follow_up"]["signs"])),
        re.compile(rf"\b(?:{raw['follow_up']['asks']})\b"),
        tuple(
            (re.compile(rf"^(?:{one['after']})$"), re.compile(rf"\b(?:{one['words']})\b"), one["means"])
            for one in raw["neighbours"]
        ),
        tuple((re.compile(rf"\b(?:{one['words']})(?!\w)"), re.compile(rf"^(?:{one['of']})$")) for one in raw["named"]),
    )


def carried_on(normal: Normal, previous: str, particulars: Slots, best: str, score: float) -> str | None:
    """A very short message about a side of the last question belongs to it, unless it names another intent's object."""
    if previous == NONE or previous.startswith("sys-") or len(normal.words) > CARRY_WORDS_MAX:
        return None
    words = " ".join(normal.words)
    sides = _only_sides(normal, particulars)
    if sides or best in {NONE, previous}:
        for after, side, meant in _borders().neighbours:
            if after.match(previous) and side.search(words):
                return meant
    if any(words_of.search(words) and not of.match(previous) for words_of, of in _borders().named):
        return None
    if not sides:
        # What means nothing by itself, and asks, is likelier a further question than a new one.
        asks = _borders().asks.search(words) is not None
        if not asks or score >= _UNSURE_ALONE or best.startswith("my-"):
            return None
    elif best != NONE and score > _CARRY_SCORE_MAX and not _borders().side_signs.search(words):
        return None
    level = str(particulars.get("level", ""))
    if level and previous in _TRANSFERS:
        return _TRANSFER[level]
    if level and previous in _ENROLMENTS:
        return _ENROL[level]
    return previous


def _only_sides(normal: Normal, particulars: Slots) -> bool:
    strange = [word for word in normal.words if word not in _borders().sides]
    names_a_child = "child" in particulars or "child_order" in particulars
    return len(strange) <= (2 if names_a_child else 0) and not _EXAM_NAMED.search(normal.text.lower())


def level_decides(best: str, particulars: Slots) -> str:
    """Which transfer it is follows from the level, not from likeness: a named level chooses, and none leaves the general one."""
    if best not in _TRANSFERS:
        return best
    level = particulars.get("level")
    return _TRANSFER[str(level)] if level is not None else "transfer-general"
