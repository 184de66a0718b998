"""The second reader: what it was taught is what is committed, and it doubts a report without raising any."""

from __future__ import annotations

import pytest

from backend.announcements.checking import Checked, audience, check
from backend.announcements.checking.command import sent_at
from backend.announcements.checking.judging import grounds_seen, raised_by_rules
from backend.announcements.checking.notice import Notice
from backend.announcements.checking.second_reading import opinions
from backend.announcements.checking.shapes import Context
from tests.announcements import corpus, second_reader

pytestmark = pytest.mark.xdist_group("notices")


def test_the_committed_opinion_is_what_the_corpus_teaches() -> None:
    """One defect stands for all: a corpus or a rule that was changed wants `python -m tests.announcements.second_reader`."""
    name = "missing_who_to_contact"
    learnt = second_reader.learn(name, list(second_reader.lessons(corpus.batches())))
    known = opinions()[name]
    assert known.bias == pytest.approx(100 * learnt.bias, abs=1)
    assert known.weights.keys() <= learnt.weights.keys()
    assert all(
        known.weights.get(word, 0) == pytest.approx(100 * weight, abs=1) for word, weight in learnt.weights.items()
    )


def test_only_matters_of_reading_are_judged() -> None:
    assert set(opinions()) == set(second_reader.JUDGED) < set(corpus.DEFECTS)


def test_what_is_told_was_raised_by_a_rule_or_had_a_ground_and_some_reports_are_doubted() -> None:
    doubted = 0
    for batch in corpus.batches().values():
        for labelled in batch[::7]:
            checked = Checked(
                text=labelled.line["text"],
                sent_at=sent_at(labelled.line["sent_at"]),
                audience=audience(labelled.line["audience"]),
            )
            notice = Notice(checked, Context())
            raised = {defect.name for defect in raised_by_rules(notice)}
            told = {defect.name for defect in check(checked).defects}
            assert told <= raised | {defect.name for defect in grounds_seen(notice)}
            doubted += len(raised - told)
    assert doubted
