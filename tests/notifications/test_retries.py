"""The schedule and the verdicts, by table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.retries import PAUSE_SECONDS_MAX, RETRY_AFTER_SECONDS, Verdict, decide, pause_seconds

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
_LATER = NOW + timedelta(minutes=5)
_BUSY = TryLater("UNAVAILABLE")
_QUOTA = TryLater("QUOTA_EXCEEDED", 60, pauses_channel=True)
_DEAD = Refused("address_dead", "UNREGISTERED")
_DOWN = Refused("channel_down", "PERMISSION_DENIED")
_BUG = Refused("our_bug", "payload_too_large")


def verdict(*outcomes: Outcome | None, sent_before: bool = False, failures: int = 0) -> Verdict:
    return decide(outcomes, sent_before=sent_before, failures=failures, now=NOW, paused_until=_LATER, chance=0.0)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((), Verdict("skipped", "no_device")),
        ((Sent(),), Verdict("sent")),
        ((Sent(), _DEAD), Verdict("sent")),
        ((_DEAD,), Verdict("refused", "UNREGISTERED")),
        ((_BUG, _DEAD), Verdict("dead", "our_bug:payload_too_large")),
        ((_BUSY,), Verdict("due", "UNAVAILABLE", NOW + timedelta(seconds=10), failed=True)),
        ((Sent(), _BUSY), Verdict("due", "UNAVAILABLE", NOW + timedelta(seconds=10), failed=True)),
        ((_QUOTA,), Verdict("due", "QUOTA_EXCEEDED", _LATER)),
        ((None,), Verdict("due", "channel_paused", _LATER)),
        ((_DOWN, Sent()), Verdict("due", "PERMISSION_DENIED", _LATER)),
    ],
)
def test_one_delivery_is_judged_by_all_its_addresses(outcomes: tuple[Outcome | None, ...], expected: Verdict) -> None:
    assert verdict(*outcomes) == expected


def test_the_schedule_is_walked_to_its_end() -> None:
    waits = [verdict(_BUSY, failures=n) for n in range(len(RETRY_AFTER_SECONDS))]
    assert [(w.due_at - NOW).total_seconds() for w in waits if w.due_at] == list(RETRY_AFTER_SECONDS)
    assert verdict(_BUSY, failures=len(RETRY_AFTER_SECONDS)) == Verdict("dead", "UNAVAILABLE", failed=True)
    assert verdict(_BUSY, failures=len(RETRY_AFTER_SECONDS), sent_before=True) == Verdict("sent")


def test_a_provider_may_ask_for_longer_but_not_for_less() -> None:
    assert verdict(TryLater("X", 300)).due_at == NOW + timedelta(seconds=300)
    assert verdict(TryLater("X", 1)).due_at == NOW + timedelta(seconds=10)


def test_a_channel_that_stops_again_rests_twice_as_long_within_bounds() -> None:
    assert pause_seconds(0, 30, 0.0) == 30
    assert pause_seconds(0, None, 0.0) == 60
    assert pause_seconds(1, 30, 0.0) == 120
    assert pause_seconds(2, 500, 0.0) == 500
    assert pause_seconds(60, None, 0.0) == PAUSE_SECONDS_MAX
    assert pause_seconds(0, 60, 1.0) == 72
