"""Nobody's data but one's own child's: whatever is asked, of whomever, in whatever manner."""

from __future__ import annotations

import pytest

from bots.intents import understand
from tests.bots import others


def test_no_request_for_another_child_reaches_a_personal_intent() -> None:
    asked = list(others.requests())
    assert len(asked) >= 500
    reached = [(text, meant) for text in asked if (meant := understand(text).intent).startswith("my-")]
    assert reached == []


@pytest.mark.parametrize(("text", "intent"), list(others.rightful()))
def test_naming_others_beside_ones_own_child_is_no_trespass(text: str, intent: str) -> None:
    assert understand(text).intent == intent


@pytest.mark.parametrize("previous", ["my-marks", "my-attendance-today", "my-balance"])
@pytest.mark.parametrize(
    "text", ["còn bạn Minh?", "thế con chị Hoa thì sao", "còn bạn cùng lớp?", "and the other kids?"]
)
def test_a_follow_up_does_not_carry_on_to_another_child(text: str, previous: str) -> None:
    assert not understand(text, previous).intent.startswith("my-")
