"""How much a memo speaks of a child: a number for the order of suggestions, never for moving money.

Below `NAME_MIN` it is chance: half of all families share three surnames.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from rapidfuzz import fuzz

from payments.names import Told, class_form, forms

NAME_MIN = 55
# From here on the whole name stands there, in whatever order.
WHOLE = 96
# A given name alone says something only beside the class.
GIVEN_MIN = 40
_ALIKE_MIN = 85
_CLEAR_LETTERS = 8
# What a payer writes behind a name: then nothing of the name is cut off, and a word that begins so is no syllable.
_WRITTEN_ON = re.compile(r"(?:lop|lp|hs|hoc|nop|dong|chuyen|ck|tien|thanhtoan|l?[0-9]{1,2}[a-z])")
_SYLLABLE_MAX = 7


class Child(msgspec.Struct, frozen=True):
    """`name` is folded (see core.text.fold), `class_name` as the school writes it."""

    name: str
    class_name: str


def likeness(told: Told, name: str) -> int:
    """0 … 100, from the most telling form of the name that the memo holds."""
    words = name.split()
    form = forms(name)
    if not words:
        return 0
    if form.run in told.windows or (len(words) > 2 and len(form.run) >= _CLEAR_LETTERS and form.run in told.compact):
        return 100
    if form.run in told.runs:
        return WHOLE
    best = _in_order(told.words, words) if words[-1] in told.words else 0
    if len(words) > 1 and words[-2] in told.words:
        best = max(best, _in_order(told.words, [words[-1], *words[:-1]]) - 4)
    if form.short in told.shorts and len(words) > 2:
        best = max(best, 82)
    best = max(best, _cut(told, form.run))
    if form.ends in told.pairs:
        best = max(best, 78)
    if form.tail in told.pairs:
        best = max(best, 72 if len(words) > 2 else 78)
    if best < 90 and len(form.run) <= len(told.compact):
        alike = fuzz.partial_ratio(form.run, told.compact)
        if alike >= _ALIKE_MIN and len(form.run) >= _CLEAR_LETTERS:
            best = max(best, int(alike * 0.92))
    if best < GIVEN_MIN and form.given in told.words:
        best = GIVEN_MIN
    return best


def _in_order(told: Sequence[str], words: Sequence[str]) -> int:
    """The best stretch of the memo that tells the name word by word, some of them shortened; its last word must be whole."""
    best = 0.0
    for start, first in enumerate(told):
        weight = _told_by(words[0], first)
        if not weight:
            continue
        at, whole = start, weight
        for word in words[1:]:
            if at + 1 < len(told) and (more := _told_by(word, told[at + 1])):
                at, whole, weight = at + 1, whole + more, more
            else:
                weight = 0.0
        if weight == 1.0 and at > start:
            best = max(best, whole / len(words))
    return int(55 + 45 * best) if best > 0.5 else 0


def _told_by(word: str, told: str) -> float:
    if word == told:
        return 1.0
    # Beginnings: N, Ng, Ngu for Nguyễn. A vowel alone says little but is somebody's way of writing it.
    return 0.6 if len(told) <= 3 and word.startswith(told) else 0.0


def _cut(told: Told, run: str) -> int:
    longest = max((len(one) for one in told.beginnings if run.startswith(one)), default=0)
    return int(50 + 45 * longest / len(run)) if longest else 0


def named_clearly(told: Told, child: Child) -> bool:
    """The whole name of a child, so that nobody could read another one."""
    form = forms(child.name)
    count = child.name.count(" ") + 1
    if count > 2:
        if form.run in told.windows or (len(form.run) >= _CLEAR_LETTERS and _run_together(told, form.run)):
            return True
        turned = form.run in told.runs and set(child.name.split()) <= set(told.words)
        cut = any(_nearly_whole(one, form.run) and _is_cut(told, one) for one in told.beginnings)
        return turned or cut
    return (
        count == 2
        and form.run in told.windows
        and (class_form(child.class_name) in told.classes or told.compact.endswith(form.run))
    )


def _run_together(told: Told, run: str) -> bool:
    """Without blanks, but not where it ends within a syllable: Thùy Ý does not stand in `thuy yen`."""
    within = 0
    for start, word in enumerate(told.words):
        text = word
        for more in told.words[start + 1 : start + 6]:
            if not run.startswith(text):
                break
            tail = (text + more).removeprefix(run)
            if len(text) < len(run) and 0 < len(tail) < len(more) < _SYLLABLE_MAX:
                within += not _WRITTEN_ON.match(tail) and text + more in told.compact
            text += more
    return told.compact.count(run) > within


def _is_cut(told: Told, beginning: str) -> bool:
    return _WRITTEN_ON.match(told.compact[told.compact.rfind(beginning) + len(beginning) :]) is None


def _nearly_whole(beginning: str, run: str) -> bool:
    return run.startswith(beginning) and len(beginning) >= _CLEAR_LETTERS and len(run) - len(beginning) <= 3


def another_child(told: Told, own: Child, others: Sequence[Child]) -> Child | None:
    """A child whose clear name stands in the memo although the reference is another's. Namesakes differ by their class."""
    own_run = forms(own.name).run
    own_class = class_form(own.class_name)
    own_words = set(own.name.split())
    own_named = own_run in told.runs and own_words <= set(told.words)
    for other in others:
        run = forms(other.name).run
        if run == own_run:
            other_class = class_form(other.class_name)
            if other_class != own_class and other_class in told.classes and own_class not in told.classes:
                return other
        elif run in own_run:
            # A beginning of the own name; in whole words, with nothing of the own one, it is the other's.
            whole = run in told.windows and own_run not in told.runs and own_run not in told.compact
            if whole and own_class not in told.classes and named_clearly(told, other):
                return other
        elif named_clearly(told, other):
            if run not in told.compact and any(one in own_run for one in told.beginnings if run.startswith(one)):
                continue
            # The words of the own name, read in another order.
            if own_named and set(other.name.split()) <= own_words and run not in told.windows:
                continue
            return other
    return None
