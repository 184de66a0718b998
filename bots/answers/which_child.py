"""Which of the asker's own children a question means. Names are only ever compared with the asker's own children."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from backend.core.text import fold
from bots.slots import Slots
from schemas.people import Child

# Before a given name in small letters one of these must stand; "an" alone is also "ăn".
_CHILD_WORDS = frozenset({"con", "be", "chau", "em", "nho", "cu", "thang", "ban"})


class NotYours(msgspec.Struct, frozen=True):
    """The question names a child that is none of the asker's."""

    name: str


class Ask(msgspec.Struct, frozen=True):
    """More than one may be meant."""


Choice = Child | NotYours | Ask


def choose(children: Sequence[Child], slots: Slots, words: Sequence[str], last: tuple[int, UUID] | None) -> Choice:
    """`last`: the child spoken of a few minutes ago. `children` is not empty."""
    named = str(slots.get("child", ""))
    if named:
        found = [child for child in children if _has_name(child, fold(named).split())]
        if len(found) == 1:
            return found[0]
        if not found and not _may_be_nickname(named, children):
            return NotYours(named)
        if found:
            return Ask()
    found = [child for child in children if _is_named_in(child, words)]
    if len(found) == 1:
        return found[0]
    if (only := _by_order_or_grade(children, slots)) is not None:
        return only
    if len(children) == 1:
        return children[0]
    if not named and not slots.get("child_order") and last is not None:
        for child in children:
            if (child.school_id, child.pupil_id) == last:
                return child
    return Ask()


def _has_name(child: Child, name: list[str]) -> bool:
    """`An`, `Minh An` and `Nguyễn Minh An` all name Nguyễn Minh An; `Minh` alone and another family name do not."""
    full = fold(child.full_name).split()
    return full[-len(name) :] == name


def _may_be_nickname(named: str, children: Sequence[Child]) -> bool:
    """One short word that is nobody's name is a name for use at home when there is only one child."""
    return len(named.split()) == 1 and len(children) == 1


def _is_named_in(child: Child, words: Sequence[str]) -> bool:
    full = fold(child.full_name).split()
    for place in range(len(words)):
        if len(full) > 1 and tuple(words[place : place + 2]) == tuple(full[-2:]):
            return True
        if words[place] == full[-1] and place > 0 and words[place - 1] in _CHILD_WORDS:
            return True
    return False


def _by_order_or_grade(children: Sequence[Child], slots: Slots) -> Child | None:
    graded = [child for child in children if child.grade is not None]
    if (grade := slots.get("grade")) is not None:
        found = [child for child in graded if child.grade == grade]
        return found[0] if len(found) == 1 else None
    order = slots.get("child_order")
    if order not in ("oldest", "youngest") or len(graded) < len(children):
        return None
    edge = (max if order == "oldest" else min)(child.grade or 0 for child in graded)
    found = [child for child in graded if child.grade == edge]
    return found[0] if len(found) == 1 else None
