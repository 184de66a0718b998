"""Whose child a message asks about: one's own, or somebody else's, whose data nobody gets here. Pure, and strict on purpose.

It finds the people named, takes out those that are not one's own, and looks at who is left beside the words for data. A message that names
nobody is about one's own child: an account sees no other.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from backend.core.text import fold
from bots.intents_borders import CARRY_WORDS_MAX
from bots.intents_phrases import NONE
from bots.normalise import Normal, normalise

_FILE = Path(__file__).parent / "knowledge" / "others.toml"

# These name other children or parents and still are about one's own.
_NAMES_OTHERS: Final = frozenset(
    [
        "bullying-report", "class-change", "health-contagious", "complaint", "mark-review", "scam-warning", "app-link-child", "pickup-authorise",
        "sys-human",
    ]
)  # fmt: skip
# Not personal by kind, but a short step away from somebody's data.
_NEARLY_PERSONAL: Final = frozenset(
    [
        "contact-teacher", "contact-office", "student-data-update", "app-second-parent", "transcript-copy", "app-delete-data", "app-change-phone",
        "sys-greeting", "fee-pay-how", "absence-request",
    ]
)  # fmt: skip
_ABOUT_ALL_DATA: Final = frozenset({"app-delete-data", "student-data-update", "app-second-parent"})
# General too, but under them somebody else's child could be found, or what is written about it.
_FINDS_A_CHILD: Final = frozenset(
    ["timetable-info", "school-hours", "late-pickup", "health-vaccination", "transcript-digital", "school-bus", "policy-tuition-free"]
)  # fmt: skip
_PERSONAL_SHARE: Final = 0.2
_HARM_SHARE: Final = 0.1  # a message that may tell of harm is heard, whomever it names

_CLAUSE_END: Final = re.compile(r"[.?!;,\n…]+|\s[-–]\s")
_SHORTHAND_WORDS_MAX: Final = 50  # who tells a longer story with marks spells it out
OTHER: Final = "nguoikhac"
OWN: Final = "connha"
_ASIDE: Final = "chukhac"  # stands for a marked word that only folds to a word of the shapes
_GOES: Final = re.compile(r"(?<![^\W_])đi(?![^\W_])")  # đi is no dì, but goes to school


class _Shapes(msgspec.Struct, frozen=True):
    other: re.Pattern[str]
    other_bare: re.Pattern[str]
    myself: re.Pattern[str]
    own: re.Pattern[str]
    other_english: re.Pattern[str]
    own_english: re.Pattern[str]
    commands: re.Pattern[str]
    claims: re.Pattern[str]
    beside: re.Pattern[str]
    asking: re.Pattern[str]
    asking_last: re.Pattern[str]
    source: re.Pattern[str]
    own_news: re.Pattern[str]
    stranger: re.Pattern[str]
    stranger_english: re.Pattern[str]
    group: re.Pattern[str]
    locating: re.Pattern[str]
    data: re.Pattern[str]
    unlike: re.Pattern[str]


@cache
def _shapes() -> _Shapes:
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    common = frozenset(raw["common"].split())
    given = "|".join(dict.fromkeys(raw["given"].split()))
    clear = "|".join(name for name in dict.fromkeys(raw["given"].split()) if name not in common)
    kin = raw["kin"].split("|")
    unclear = {"co", "di", "anh", "o", "gi", "cau"}
    # "con co hoa" without marks is as likely "con có hoá" as "con cô Hoa": such pairs need marks, a word of owning, or a name that is nothing else.
    any_pair = f"(?:{'|'.join(kin)})(?: nha)?(?: (?:hai|ba|tu|nam|sau|bay|tam|chin|ut|{given}))"
    clear_pair = f"(?:(?:{'|'.join(word for word in kin if word not in unclear)}) (?:{given})|(?:{'|'.join(sorted(unclear))}) (?:{clear}))"
    owned = rf"(?:cua nha|cua|nha) (?:{any_pair})"

    def any_of(shapes: list[str], pair: str = any_pair) -> re.Pattern[str]:
        joined = "|".join(f"(?:{shape})" for shape in shapes)
        joined = joined.replace("{child}", f"(?:{raw['child']})").replace("{pair}", f"(?:{owned}|{pair})")
        kinbare = "chi|chu|bac|ba|ong|mo|thim|duong" if pair == clear_pair else raw["kinbare"]
        for name in ("heir", "role", "verbs"):
            joined = joined.replace(f"{{{name}}}", raw[name].replace("\n", ""))
        joined = joined.replace("{kinbare}", f"(?:{kinbare})")
        joined = joined.replace("{kin}", f"(?:{raw['kin']})").replace("{given}", f"(?:{given})")
        return re.compile(rf"\b(?:{joined})\b")

    unlike = "|".join(raw["unlike"].split())
    return _Shapes(
        any_of(raw["other"]),
        any_of(raw["other"], clear_pair),
        any_of(raw["myself"]),
        any_of(raw["own"]),
        any_of(raw["other_english"]),
        any_of(raw["own_english"]),
        any_of(raw["commands"]),
        any_of(raw["claims"]),
        re.compile(rf"\b{raw['beside']} {OTHER}\b"),
        re.compile(rf"\b{raw['asking']}\b"),
        re.compile(raw["asking_last"]),
        re.compile(raw["source"]),
        re.compile(rf"\b(?:{raw['own_news']})\b"),
        any_of(raw["stranger"]),
        any_of(raw["stranger_english"]),
        any_of(raw["group"]),
        re.compile(rf"\b{raw['locating'].replace(chr(10), '')}\b"),
        re.compile(rf"\b(?:{raw['data'].replace(chr(10), '')})\b"),
        re.compile(rf"(?<![^\W_])(?:{unlike})(?![^\W_])"),
    )


def asks_for_others(
    normal: Normal, whom: str, ranked: list[str], scores: dict[str, float], previous: str | None = None
) -> str | None:
    """Does the message ask for data of somebody else's child or family? The reason, or None. whom: what `whose` says of the message.

    Only questions about persons are refused: a report of bullying names other children and must get through.
    """
    shapes = _shapes()
    typed = normal.text.lower()
    words, bare = " ".join(normal.words), fold(typed)
    if shapes.commands.search(typed) or shapes.commands.search(bare):
        return "an attempt to command the bot"
    if (
        whom == OTHER
        and ranked[0] in _FINDS_A_CHILD
        and (shapes.locating.search(words) or shapes.locating.search(bare))
    ):
        return "where somebody else's child is to be found"
    carries_on = previous is not None and previous.startswith("my-") and len(normal.words) <= CARRY_WORDS_MAX
    if not carries_on and not _about_a_person(ranked, scores):
        return None
    if ranked[0] != "student-data-update" and (
        shapes.group.search(words) or shapes.group.search(bare) or shapes.group.search(typed)
    ):
        return "a list of people"
    if ranked[0] not in _ABOUT_ALL_DATA and (shapes.claims.search(words) or shapes.claims.search(typed)):
        return "a claim of office, or a command"
    if whom != OTHER or (ranked[0] == "my-unread" and shapes.own_news.search(words)):
        return None
    if carries_on or ranked[0].startswith("my-") or shapes.data.search(words) or shapes.data.search(bare):
        return "somebody else's child or family"
    return None


def whose(normal: Normal) -> str:
    """OTHER when somebody else's child or family is asked about, OWN when one's own child is named, "" when nobody is."""
    shapes = _shapes()
    typed = normal.text.lower()
    if shapes.stranger_english.search(typed):
        return OTHER
    if shapes.other_english.search(typed):
        if _of_another(_english_marked(typed, shapes), shapes):
            return OTHER
    elif shapes.own_english.search(typed):
        return OWN
    bare = normal.text.isascii()
    aside = typed if bare else _GOES.sub("dithat", shapes.unlike.sub(_ASIDE, typed))
    # Shorthand is spelt out in one reading; the other keeps the words that spelling out drops ("be nha co mai").
    readings = [[fold(part) for part in _CLAUSE_END.split(aside) if part.strip()]]
    if bare or len(normal.words) <= _SHORTHAND_WORDS_MAX:
        parts = normal.parts if aside == typed else normalise(aside).parts
        spelt = [" ".join(part) for part in parts]
        readings = [spelt] if spelt == readings[0] else [spelt, *readings]
    own = False
    if any(shapes.stranger.search(clause) for reading in readings for clause in reading):
        return OTHER
    for reading in readings:
        clauses = [_marked(clause, shapes, bare=bare) for clause in reading]
        if any(OTHER in clause for clause in clauses) and _of_another(clauses, shapes):
            return OTHER
        own = own or any(OWN in clause for clause in clauses)
    return OWN if own else ""


def _about_a_person(ranked: list[str], scores: dict[str, float]) -> bool:
    best = ranked[0]
    if best.startswith("my-"):
        return True
    if best in _NAMES_OTHERS or scores.get("bullying-report", 0.0) > _HARM_SHARE:
        return False
    if best == NONE or best in _NEARLY_PERSONAL:
        return True
    return sum(scores[intent] for intent in ranked if intent.startswith("my-")) > _PERSONAL_SHARE


def _english_marked(typed: str, shapes: _Shapes) -> list[str]:
    marked = shapes.other_english.sub(OTHER, typed)
    return [part for part in re.split(r"[.,;!?]", shapes.own_english.sub(OWN, marked)) if part.strip()]


def _marked(clause: str, shapes: _Shapes, *, bare: bool) -> str:
    """The clause with every person replaced by whose it is."""
    clause = shapes.myself.sub(OWN, shapes.source.sub("", clause))
    clause = (shapes.other_bare if bare else shapes.other).sub(OTHER, clause)
    return shapes.own.sub(OWN, clause)


def _of_another(clauses: list[str], shapes: _Shapes) -> bool:
    """Who stands in the clauses that ask for data; in a clause that names nobody, whoever was named last before it."""
    last = ""
    asked: list[str] = []
    for clause in clauses:
        bare = shapes.beside.sub("", clause) if OWN in clause else clause
        here = OTHER if OTHER in bare else OWN if OWN in bare else ""
        rest = bare.replace(OTHER, "").replace(OWN, "")
        asks = shapes.data.search(rest) and (here != OTHER or shapes.asking.search(rest))
        if asks or (here == OTHER and shapes.asking_last.search(rest.rstrip())):
            asked.append(here or last)
        last = here or last
    return OTHER in asked if asked else last == OTHER
