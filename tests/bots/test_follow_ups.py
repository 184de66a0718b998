"""A short message that names another intent's object does not inherit the last question's intent; one that names only a side does."""

from __future__ import annotations

import pytest

from bots.intents import understand


@pytest.mark.parametrize(
    ("previous", "text", "meant"),
    [
        ("my-timetable", "hồ sơ của bé An đến đâu rồi", "my-dossier-status"),
        ("certified-copy", "hồ sơ đến đâu rồi", "my-dossier-status"),
        ("my-timetable", "học phí bao nhiêu", "fee-list"),
        ("my-timetable", "ai đón con", "late-pickup"),
        ("my-homework", "thời khóa biểu mai", "my-timetable"),
        ("my-timetable", "bài tập toán", "my-homework"),
        ("my-attendance-today", "điểm toán", "my-marks"),
        ("my-marks", "con còn nợ bao nhiêu", "my-balance"),
        ("my-balance", "hôm nay con có đi học không", "my-attendance-today"),
        ("my-marks", "hôm nay có tin nhắn gì không", "my-unread"),
    ],
)
def test_another_object_is_not_inherited(previous: str, text: str, meant: str) -> None:
    assert understand(text, previous).intent == meant


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
