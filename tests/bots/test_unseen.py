"""How much is understood of messages that were never trained on. Each set was written from the taxonomy alone and frozen before its first look.

docs/chatbot.md tells the figures of the first looks; here stands the floor nobody may fall through.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bots.intents_phrases import by_writer
from bots.intents_report import measured, read_set

SETS = sorted((Path(__file__).parent / "unseen").glob("*.jsonl"))


@pytest.mark.parametrize("path", SETS, ids=[path.stem for path in SETS])
def test_unseen_messages_are_understood(path: Path) -> None:
    found = measured(read_set(path))
    assert found.first >= 0.90
    assert found.among_three >= 0.96
    assert min(found.first_by_style.values()) >= 0.80
    assert found.abstained_rightly >= 0.90
    assert found.abstained_when_due >= 0.90
    assert found.strangers == ()


@pytest.mark.parametrize("path", SETS, ids=[path.stem for path in SETS])
def test_unseen_messages_are_not_trained_on(path: Path) -> None:
    """Two people may write the same few words; more than a few of such meetings would be copying."""
    trained = {phrase.casefold() for phrases in by_writer().values() for phrase, _ in phrases}
    asked = [one.text for one in read_set(path) if len(one.text.split()) > 4]
    assert sum(text.casefold() in trained for text in asked) <= 0.02 * len(asked)
