"""How far a form has come for one pupil, pure: who is missing, who disagrees. Nothing is decided here for the school.

A signature counts while it is not withdrawn and under the present words. A yes beside a no is shown as a disagreement, whatever the
rule says and whoever was first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from schemas.forms import Answers, Consent, Paper, PupilState, Question, SeveralOf, ShortText, Signature


class Holder(msgspec.Struct, frozen=True):
    """A guardian beside a pupil: may they sign today, and what of theirs counts."""

    guardian_id: UUID
    entitled: bool
    counts: bool
    answers: Answers = {}


def missing(rule: Signature, holders: Sequence[Holder]) -> list[UUID]:
    """Whose answer is still wanted. Under `both` everybody who holds custody; else all of them until one has answered."""
    if rule != "both" and any(one.counts for one in holders):
        return []
    return [one.guardian_id for one in holders if one.entitled and not one.counts]


def state(rule: Signature, questions: Sequence[Question], holders: Sequence[Holder]) -> PupilState:
    if _consents_apart(questions, holders):
        return "disagree"
    if missing(rule, holders):
        return "partly" if any(one.counts for one in holders) else "missing"
    return "done" if any(one.counts for one in holders) else "nobody"


def differ(questions: Sequence[Question], holders: Sequence[Holder]) -> list[str]:
    """The questions that guardians whose answers count answered differently. Free words and files are everybody's own."""
    found = []
    for question in questions:
        said = {_key(one.answers.get(question.id)) for one in holders if one.counts}
        if len(said) > 1 and not isinstance(question, ShortText | Paper):
            found.append(question.id)
    return found


def _consents_apart(questions: Sequence[Question], holders: Sequence[Holder]) -> bool:
    for question in questions:
        if isinstance(question, Consent):
            said = {one.answers.get(question.id) for one in holders if one.counts}
            if {"yes", "no"} <= said:
                return True
    return False


def _key(answer: object) -> object:
    return tuple(answer) if isinstance(answer, list) else answer


def tally(questions: Sequence[Question], pupils: Iterable[Sequence[Holder]]) -> dict[str, dict[str, int]]:
    """How many pupils' families chose what. Where guardians answered a question differently the pupil is counted under nobody's choice."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for holders in pupils:
        apart = set(differ(questions, holders))
        first = next((one for one in holders if one.counts), None)
        if first is None:
            continue
        for question in questions:
            if isinstance(question, ShortText | Paper):
                continue
            answer = first.answers.get(question.id)
            if question.id in apart:
                counted[question.id]["?"] += 1
            elif isinstance(question, SeveralOf):
                counted[question.id].update(answer if isinstance(answer, list) else [])
            elif answer is not None:
                counted[question.id][str(answer)] += 1
    return {name: dict(choices) for name, choices in counted.items()}
