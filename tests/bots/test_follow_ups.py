"""A short message that names another intent's object does not inherit the last question's intent; one that names only a side does."""

from __future__ import annotations

import pytest

from bots.intents import understand


@pytest.mark.parametrize(
    ("previous", "text"),
    [
        ("my-timetable", "hồ sơ của bé An đến đâu rồi"),
        ("certified-copy", "hồ sơ đến đâu rồi"),
        ("my-timetable", "học phí bao nhiêu"),
        ("school-hours", "học phí bao nhiêu"),
        ("my-timetable", "ai đón con"),
        ("my-homework", "thời khóa biểu mai"),
        ("my-timetable", "bài tập toán"),
        ("my-attendance-today", "điểm toán"),
        ("my-marks", "con còn nợ bao nhiêu"),
        ("my-balance", "hôm nay con có đi học không"),
        ("my-marks", "hôm nay có tin nhắn gì không"),
    ],
)
def test_another_object_is_not_inherited(previous: str, text: str) -> None:
    """It is read as if nothing had been asked before."""
    assert understand(text, previous).intent == understand(text).intent != previous


def test_a_request_is_asked_after_by_its_name_after_a_timetable() -> None:
    assert understand("hồ sơ của bé An đến đâu rồi", "my-timetable").intent == "my-dossier-status"


@pytest.mark.parametrize(
    ("previous", "text"),
    [
        ("certified-copy", "hồ sơ cần gì"),
        ("certified-copy", "bao lâu"),
        ("my-dossier-status", "khi nào lấy"),
        ("my-timetable", "còn thứ ba"),
        ("my-timetable", "môn toán"),
        ("my-marks", "mai thì sao"),
        ("my-marks", "môn văn"),
        ("student-card", "mất bao nhiêu tiền"),
        ("bhyt-register", "con út thì sao"),
    ],
)
def test_a_side_of_the_last_question_is_carried_on(previous: str, text: str) -> None:
    assert understand(text, previous).intent == previous
