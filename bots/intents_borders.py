"""Rules at the borders between intents that likeness cannot decide: nobody's child but one's own, follow-ups, and the level of a transfer."""

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

# These name other children or parents and still are about one's own child.
_NAMES_OTHERS: Final = frozenset(
    [
        "bullying-report",
        "class-change",
        "health-contagious",
        "complaint",
        "mark-review",
        "scam-warning",
        "app-link-child",
        "pickup-authorise",
        "fund-rule",
        "sys-human",
    ]
)
# Not personal by kind, but a short step away from somebody's data.
_NEARLY_PERSONAL: Final = frozenset(
    [
        "contact-teacher",
        "contact-office",
        "student-data-update",
        "app-second-parent",
        "transcript-copy",
        "transcript-digital",
        "assessment-rule",
        "app-delete-data",
        "fee-list",
        "exam-calendar",
        "fee-deadline",
        "policy-eligibility-papers",
        "app-change-phone",
        "policy-scholarship",
    ]
)
_PERSONAL_SHARE: Final = 0.2
_HARM_SHARE: Final = 0.1  # a message that may tell of harm is heard, whomever it names
_CARRY_WORDS_MAX: Final = 8
_CARRY_SCORE_MAX: Final = 0.92

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


class _Others(msgspec.Struct, frozen=True):
    reason: str
    shape: re.Pattern[str]
    always: bool


class _Borders(msgspec.Struct, frozen=True):
    others: tuple[_Others, ...]
    data: re.Pattern[str]
    sides: frozenset[str]
    side_signs: re.Pattern[str]


@cache
def _borders() -> _Borders:
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    lists = {"{kin}": _any(raw["kin"]), "{given}": _any(raw["given"])}
    others = []
    for rule in raw["others"]:
        shape = "|".join(rule["shapes"])
        for name, words in lists.items():
            shape = shape.replace(name, words)
        others.append(_Others(rule["reason"], re.compile(rf"\b(?:{shape})\b"), rule.get("always", False)))
    data = re.compile(rf"\b(?:{raw['data']['words'].replace(chr(10), '')})\b")
    return _Borders(
        tuple(others),
        data,
        frozenset(raw["follow_up"]["words"].split()),
        re.compile("|".join(raw["follow_up"]["signs"])),
    )


def _any(words: str) -> str:
    return f"(?:{'|'.join(words.split())})"


def asks_for_others(normal: Normal, ranked: list[str], scores: dict[str, float]) -> str | None:
    """Does the message ask for data of somebody else's child or family? The reason, or None.

    Only questions about persons are refused: a report of bullying names other children and must get through.
    """
    if not _about_a_person(ranked, scores):
        return None
    words = " ".join(normal.words)
    for rule in _borders().others:
        if rule.shape.search(words) and (rule.always or _borders().data.search(words)):
            return rule.reason
    return None


def _about_a_person(ranked: list[str], scores: dict[str, float]) -> bool:
    best = ranked[0]
    if best in _NAMES_OTHERS or scores["bullying-report"] > _HARM_SHARE:
        return False
    if best == NONE or best.startswith("my-") or best in _NEARLY_PERSONAL:
        return True
    return sum(scores[intent] for intent in ranked if intent.startswith("my-")) > _PERSONAL_SHARE


def carried_on(normal: Normal, previous: str, particulars: Slots, score: float) -> str | None:
    """A very short message about a side of the last question belongs to it, unless it names another intent's object."""
    if previous == NONE or previous.startswith("sys-") or len(normal.words) > _CARRY_WORDS_MAX:
        return None
    strange = [word for word in normal.words if word not in _borders().sides]
    names_a_child = "child" in particulars or "child_order" in particulars
    if len(strange) > (2 if names_a_child else 0):
        return None
    if score > _CARRY_SCORE_MAX and not _borders().side_signs.search(" ".join(normal.words)):
        return None
    level = str(particulars.get("level", ""))
    if level and previous in _TRANSFERS:
        return _TRANSFER[level]
    if level and previous in _ENROLMENTS:
        return _ENROL[level]
    return previous


def level_decides(best: str, particulars: Slots) -> str:
    """Which transfer it is follows from the level, not from likeness: a named level chooses, and none leaves the general one."""
    if best not in _TRANSFERS:
        return best
    level = particulars.get("level")
    return _TRANSFER[str(level)] if level is not None else "transfer-general"
