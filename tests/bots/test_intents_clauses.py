"""The first of two announced questions, a question at the end of a story, follow-ups to a neighbour, and a parent's broadest questions."""

from __future__ import annotations

import pytest

from bots.intents import understand


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        (
            "Xin cho con em nghỉ học sáng mai vì cháu sốt, nhân tiện cho em hỏi bao giờ thi cuối kỳ ạ",
            "absence-request",
            "exam-calendar",
        ),
        ("Tôi muốn mua đồng phục cho cháu, ngoài ra thực đơn bán trú tuần này có gì", "uniform", "lunch-menu"),
        ("My daughter lost her student card, also when is the parents meeting?", "student-card", "parents-meeting"),
        ("con tôi còn nợ bao nhiêu tiền, với lại gần trường có quán phở nào không", "my-balance", None),
    ],
)
def test_the_first_of_two_announced_questions_is_answered(text: str, first: str, second: str | None) -> None:
    found = understand(text)
    assert (found.intent, found.also) == (first, second)


@pytest.mark.parametrize(
    ("text", "previous", "intent"),
    [
        ("vậy tôi nộp khoản đó bằng cách nào", "my-balance", "fee-pay-how"),
        ("bao giờ thì lãnh được tiền", "policy-disability", "policy-payout"),
        ("hạn chót ngày nào", "fee-list", "fee-deadline"),
        ("cỡ M còn không", "uniform", "uniform"),
        ("ai ký vậy", "confirm-military", "confirm-military"),
        ("mai mưa không", "my-timetable", "none"),
    ],
)
def test_a_follow_up_stays_or_moves_to_a_neighbour(text: str, previous: str, intent: str) -> None:
    assert understand(text, previous).intent == intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("con tui hoc hanh sao roi", "my-ranking"),
        ("tình hình cháu ở lớp sao cô", "my-ranking"),
        ("bé ngoan không cô", "my-ranking"),
        ("how is she doing", "my-ranking"),
        ("con em có theo kịp lớp không", "my-ranking"),
        ("dạo này điểm chác con tôi sao", "my-marks"),
        ("bé vào lớp chưa cô", "my-attendance-today"),
        ("cháu đi học đều không", "my-attendance-month"),
        ("trường có dặn gì không", "my-unread"),
    ],
)
def test_the_most_natural_questions_are_never_out_of_scope(text: str, intent: str) -> None:
    found = understand(text)
    assert intent in {found.intent, *found.suggestions}
    assert found.intent != "none"


def test_a_long_story_that_ends_in_nothing_of_the_schools_is_refused_and_one_that_does_is_not() -> None:
    story = "Vợ chồng em mới dọn về quê, nhà đang xây dở, tiền bạc thì eo hẹp, mẹ em lại ốm nằm viện cả tháng nay, em chạy ngược chạy xuôi mệt lắm, "
    assert understand(story + "giờ em vay ngân hàng nào lãi thấp để sửa nhà hả anh chị").intent == "none"
    assert (
        understand(story + "cho em xin đóng tiền trường cho cháu làm hai đợt được không cô").intent == "fee-instalment"
    )


def test_a_grade_counted_in_english_is_a_grade() -> None:
    assert understand("How do I transfer my 4th grader to another school?").intent == "transfer-primary"
    assert (
        understand("con học lớp 8, tháng sau chuyển nhà, xin chuyển trường cần giấy gì").intent
        == "transfer-lower-secondary"
    )
