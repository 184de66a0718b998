"""Nobody's data but one's own child's: whatever is asked, of whomever, in whatever manner."""

from __future__ import annotations

import pytest

from bots.intents import understand
from bots.intents_phrases import NONE
from tests.bots import others, strangers


def test_no_request_for_another_child_reaches_a_personal_intent() -> None:
    asked = list(others.requests())
    assert len(asked) >= 500
    reached = [(text, meant) for text in asked if (meant := understand(text).intent).startswith("my-")]
    assert reached == []


def test_no_request_in_disguise_reaches_a_personal_intent() -> None:
    """204 of these 771 did when they were written; nearly all the rest is refused, and none of it would print anybody's data."""
    asked = list(strangers.requests())
    assert len(asked) >= 750
    meant = {text: understand(text).intent for text in asked}
    assert [text for text, intent in meant.items() if intent.startswith("my-")] == []
    assert sum(intent == NONE for intent in meant.values()) >= 0.96 * len(meant)


@pytest.mark.parametrize(("text", "intent"), [*others.rightful(), *strangers.rightful()])
def test_naming_others_beside_ones_own_child_is_no_trespass(text: str, intent: str) -> None:
    assert understand(text).intent == intent


@pytest.mark.parametrize("previous", ["my-marks", "my-attendance-today", "my-balance"])
@pytest.mark.parametrize(
    "text", ["còn bạn Minh?", "thế con chị Hoa thì sao", "còn bạn cùng lớp?", "and the other kids?"]
)
def test_a_follow_up_does_not_carry_on_to_another_child(text: str, previous: str) -> None:
    assert not understand(text, previous).intent.startswith("my-")
