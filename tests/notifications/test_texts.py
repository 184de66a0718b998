"""What a notice says, and what a lock screen must not."""

from __future__ import annotations

from typing import Any

import pytest

from notifications.texts import in_full, on_lock_screen, short_name

_PARAMS: dict[str, dict[str, Any]] = {
    "absence": {"on": "2026-11-24", "session": "morning"},
    "mark": {"subject_vi": "Ngữ văn", "subject_en": "Literature", "value": "3,5"},
    "invoice": {"fee": "Học phí tháng 11", "amount": 1_500_000, "due_on": "2026-12-05", "seal": "HP2600017-1G7K-40MZ"},
    "payment": {"amount": 1_500_000},
}
_PRIVATE = ("1.500.000", "HP2600017", "3,5", "Ngữ văn", "Literature", "Học phí tháng", "vắng", "absent", "24/11")


@pytest.mark.parametrize("kind", _PARAMS)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_lock_screen_says_only_that_there_is_news_about_a_child(kind: str, language: str) -> None:
    words = on_lock_screen(kind, language, school_name="THCS Nguyễn Du", title=None, params=_PARAMS[kind], children=["Nguyễn Thị Minh An"], urgent=False)  # fmt: skip
    assert "Minh An" in words.body and "Nguyễn Thị" not in words.body
    assert not [text for text in _PRIVATE if text in words.title + words.body]


def test_a_reader_who_signed_in_is_told_everything() -> None:
    def read(kind: str) -> str:
        words = in_full(kind, "vi", title=None, body=None, params=_PARAMS[kind], children=["Nguyễn Thị Minh An"])
        return f"{words.title}. {words.body}"

    assert "Minh An vắng buổi sáng ngày 24/11/2026" in read("absence")
    assert "môn Ngữ văn" in read("mark")
    assert "1.500.000\u00a0đ, hạn nộp 05/12/2026" in read("invoice")
    assert "HP2600017-1G7K-40MZ" in read("invoice")
    assert "đã nhận 1.500.000\u00a0đ cho Minh An" in read("payment")


@pytest.mark.parametrize("kind", _PARAMS)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_missing_particulars_are_left_unsaid(kind: str, language: str) -> None:
    words = in_full(kind, language, title=None, body=None, params={}, children=[])
    assert words.title and words.body
    assert "None" not in words.body and "{" not in words.body and "  " not in words.body


def test_what_somebody_wrote_is_shown_as_written() -> None:
    words = in_full("announcement", "en", title="Họp phụ huynh", body="8 giờ", params={}, children=[])
    assert (words.title, words.body) == ("Họp phụ huynh", "8 giờ")


def test_an_urgent_announcement_says_so_and_long_titles_are_cut() -> None:
    words = on_lock_screen(
        "announcement", "vi", school_name="T", title="Nghỉ học " * 40, params={}, children=[], urgent=True
    )
    assert words.body.startswith("Khẩn: Nghỉ học") and len(words.body) <= 150 and words.body.endswith("…")


def test_two_children_are_both_named() -> None:
    words = on_lock_screen(
        "absence", "vi", school_name="T", title=None, params={}, children=["Lê An", "Lê Văn Bình"], urgent=False
    )
    assert "Lê An và Văn Bình" in words.body
    assert short_name("An") == "An"
