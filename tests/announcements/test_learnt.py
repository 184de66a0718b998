"""What was learnt is what is committed, names and sums are told by their kind, and a report can be explained."""

from __future__ import annotations

from datetime import datetime

import pytest

from backend.announcements.checking import Checked, audience, check
from backend.announcements.checking.learnt import ENOUGH, ENOUGH_WITH_A_RULE, knowledge
from backend.announcements.checking.notice import Notice
from backend.announcements.checking.shapes import Context
from backend.announcements.checking.tokens import Tokens
from tests.announcements import corpus, learning

pytestmark = pytest.mark.xdist_group("notices")

AT = datetime(2026, 11, 26, 8)


def notice(text: str, to: object = "lớp 6A1") -> Notice:
    return Notice(Checked(text=text, sent_at=AT, audience=audience(to)), Context())


def tokens(text: str) -> list[str]:
    read = notice(text)
    sums = [(one.start, one.end) for one in read.sums]
    return Tokens(read.reading, sums, [(day.start, day.end) for day in read.days]).plain


def test_the_committed_knowledge_is_what_the_corpus_teaches() -> None:
    taught = list(learning.lessons(corpus.batches()))
    assert knowledge().stamp == learning.stamp(taught), "run `python -m tests.announcements.learning`"
    assert set(knowledge().weights.labels) == set(learning.LABELS) == ENOUGH.keys() | ENOUGH_WITH_A_RULE.keys()


def test_one_label_learnt_again_from_the_same_notices_weighs_the_same() -> None:
    taught = list(learning.lessons({name: notices for name, notices in corpus.batches().items() if name in "abc"}))
    once, again = learning.learn(taught), learning.learn(taught)
    assert once == again
    assert once.labels == learning.LABELS


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Em Lương Vĩnh Phát lớp 6B còn nợ 1.200.000đ.", "em NAME lop CLASS con no SUM ."),
        ("Lương Vĩnh Phát (6B) nợ tiền", "NAME CLASS no tien"),
        ("Mời gọi cô Lan 0905 112 334 trước 23/11/2026", "moi goi co NAME PHONE truoc DATE"),
        ("Kính Mời phụ huynh", "kinh moi phu huynh"),
        ("KÍNH MỜI PHỤ HUYNH EM AN", "kinh moi phu huynh em an"),
    ],
)
def test_who_and_how_much_is_told_by_its_kind(text: str, read: str) -> None:
    assert " ".join(tokens(text)) == read


def test_a_report_without_a_rule_points_at_the_sentence_that_spoke_for_it() -> None:
    text = "Chào cả nhà. Diệu Hiền học sa sút hẳn từ bữa ba mẹ chia tay, ai thân thì rủ bạn học cùng. Cô cảm ơn."
    (found,) = (one for one in check(Checked(text=text, sent_at=AT)).defects if one.name == "personal_data_exposed")
    assert "Diệu Hiền" in text[found.start : found.end]


def test_what_is_told_to_one_family_is_exposed_to_nobody() -> None:
    text = "Em Lương Vĩnh Phát bị hen và còn nợ tiền ăn tháng 10."
    assert "personal_data_exposed" in {one.name for one in check(notice(text).checked).defects}
    alone = notice(text, "gia đình em Lương Vĩnh Phát")
    assert "personal_data_exposed" not in {one.name for one in check(alone.checked).defects}
