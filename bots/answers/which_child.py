"""Which of the asker's own children a question means. Names are only ever compared with the asker's own children."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec

from backend.core.text import fold
from bots.context import OwnChild
from bots.slots import Slots

# Before a given name in small letters one of these must stand; "an" alone is also "ăn".
_CHILD_WORDS = frozenset({"con", "be", "chau", "em", "nho", "cu", "thang", "ban", "my"})
_PLACES = {"oldest": 0, "second": 1, "third": 2, "youngest": -1}
_GIRL = ("con gai", "chau gai", "be gai", "em gai", "daughter", "my girl")
_BOY = ("con trai", "chau trai", "be trai", "em trai", "thang cu", "my son", "my boy")
_NICKNAME_WORDS_MAX = 2


class NotYours(msgspec.Struct, frozen=True):
    """The question names a child that is none of the asker's."""

    name: str


class Ask(msgspec.Struct, frozen=True):
    """More than one may be meant. `called`: by a name that nobody bears as far as we know, perhaps the one used at home."""

    called: str = ""


Choice = OwnChild | NotYours | Ask


def choose(children: Sequence[OwnChild], slots: Slots, words: Sequence[str], last: tuple[int, UUID] | None) -> Choice:
    """`last`: the child spoken of a few minutes ago. `children` is not empty."""
    named = str(slots.get("child", ""))
    if named:
        found = [child for child in children if _has_name(child, fold(named).split())]
        if len(found) == 1:
            return found[0]
        if found:
            return Ask()
        if not _may_be_nickname(named):
            return NotYours(named)
        if len(children) > 1 and not _is_told_apart(children, slots, words):
            return Ask(named)
    found = [child for child in children if _is_named_in(child, words)]
    if len(found) == 1:
        return found[0]
    if (only := _told_apart(children, slots, words)) is not None:
        return only
    if len(children) == 1:
        return children[0]
    if not named and not slots.get("child_order") and last is not None:
        for child in children:
            if (child.school_id, child.pupil_id) == last:
                return child
    return Ask()


def answers_to(child: OwnChild, reply: str) -> bool:
    """A short folded reply to “which child?” that names this one."""
    name = fold(child.full_name)
    given = name.rpartition(" ")[2]
    own = (name, given, *(fold(nickname) for nickname in child.nicknames))
    return any(reply == one or reply.endswith(" " + one) for one in own) or reply.removeprefix("lop ") == fold(
        child.class_name or "-"
    )


def _has_name(child: OwnChild, name: list[str]) -> bool:
    """`An`, `Minh An` and `Nguyễn Minh An` all name Nguyễn Minh An; `Minh` alone and another family name do not."""
    full = fold(child.full_name).split()
    return full[-len(name) :] == name or any(fold(nickname).split() == name for nickname in child.nicknames)


def _may_be_nickname(named: str) -> bool:
    """One or two short words without a family name before them may be what a child is called at home."""
    words = named.split()
    return len(words) < _NICKNAME_WORDS_MAX or (
        len(words) == _NICKNAME_WORDS_MAX and len(set(fold(named).split())) == 1
    )


def _is_named_in(child: OwnChild, words: Sequence[str]) -> bool:
    full = fold(child.full_name).split()
    for place in range(len(words)):
        if len(full) > 1 and tuple(words[place : place + 2]) == tuple(full[-2:]):
            return True
        if words[place] == full[-1] and place > 0 and words[place - 1] in _CHILD_WORDS:
            return True
    return any(_is_called_in(fold(nickname).split(), words) for nickname in child.nicknames)


def _is_called_in(nickname: Sequence[str], words: Sequence[str]) -> bool:
    """Behind a word for a child, or first of all; a nickname may be any word, so not just anywhere."""
    length = len(nickname)
    return any(
        list(words[place : place + length]) == list(nickname) and (place == 0 or words[place - 1] in _CHILD_WORDS)
        for place in range(len(words) - length + 1)
    )


def _is_told_apart(children: Sequence[OwnChild], slots: Slots, words: Sequence[str]) -> bool:
    return _told_apart(children, slots, words) is not None


def _told_apart(children: Sequence[OwnChild], slots: Slots, words: Sequence[str]) -> OwnChild | None:
    """By grade, by order of birth, or as the only girl or boy."""
    if (grade := slots.get("grade")) is not None:
        return _only(children, lambda child: child.grade == grade)
    order = str(slots.get("child_order", ""))
    if order in _PLACES:
        return _by_birth(children, _PLACES[order])
    text = f" {' '.join(words)} "
    for sex, wordings in (("female", _GIRL), ("male", _BOY)):
        if any(f" {wording} " in text for wording in wordings):
            return _only(children, lambda child, sex=sex: child.sex == sex)  # type: ignore[misc]
    return None


def _by_birth(children: Sequence[OwnChild], place: int) -> OwnChild | None:
    """The eldest first. By day of birth; where the school does not know one, by grade. Twins are asked about."""
    if all(child.born_on for child in children):
        age: Callable[[OwnChild], int] = lambda child: -child.born_on.toordinal()  # type: ignore[union-attr]  # noqa: E731
    elif all(child.grade is not None for child in children):
        age = lambda child: child.grade or 0  # noqa: E731
    else:
        return None
    ages = sorted({age(child) for child in children}, reverse=True)
    if not -len(ages) <= place < len(ages) or len(children) == 1:
        return None
    return (
        _only(children, lambda child: age(child) == ages[place])
        if len(ages) == len(children) or place in (0, -1)
        else None
    )


def _only(children: Sequence[OwnChild], meant: Callable[[OwnChild], bool]) -> OwnChild | None:
    found = [child for child in children if meant(child)]
    return found[0] if len(found) == 1 else None
