"""The second reader: what it was taught is what is committed, and it doubts a report without raising any."""

from __future__ import annotations

import pytest

from backend.announcements.checking import Checked, audience, check
from backend.announcements.checking.command import sent_at
from backend.announcements.checking.judging import raised_by_rules
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


def test_a_report_is_doubted_where_its_words_are_those_of_telling() -> None:
    """Among the notices that are clean the rules alone raise more than is told in the end, and nothing is told that no rule raised."""
    doubted = 0
    for batch in corpus.batches().values():
        for labelled in batch[::7]:
            checked = Checked(
                text=labelled.line["text"],
                sent_at=sent_at(labelled.line["sent_at"]),
                audience=audience(labelled.line["audience"]),
            )
            raised = {defect.name for defect in raised_by_rules(Notice(checked, Context()))}
            told = {defect.name for defect in check(checked).defects}
            assert told <= raised
            doubted += len(raised - told)
    assert doubted
