"""When a delivery is tried again, and when it is over. Pure: instants and chance come from the caller."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from notifications.outcomes import Outcome, Refused, Sent, TryLater, stops_channel

# After the first failure wait 10 seconds, after the second 30 … about nine hours in all. After the ninth failure the delivery is
# `dead` with the last code as its reason, and stands on the school's list of what could not be delivered.
RETRY_AFTER_SECONDS = (10, 30, 2 * 60, 10 * 60, 30 * 60, 3600, 2 * 3600, 5 * 3600)

# Older than this a push would only disturb; the notice itself stays in the family's inbox.
USEFUL_FOR = {
    "absence": timedelta(hours=12),
    "mark": timedelta(days=3),
    "announcement": timedelta(days=3),
    "invoice": timedelta(days=3),
    "payment": timedelta(days=3),
    "message": timedelta(days=3),
    "form": timedelta(days=7),
    "feed": timedelta(days=1),
    "reminder": timedelta(days=3),
    "digest": timedelta(days=1),
    "event": timedelta(days=3),
    # Written after supper it is for the next morning: then it does not wait for the next evening's digest (turns.py).
    "homework": timedelta(hours=12),
    "dossier": timedelta(days=7),
}

# A channel that its provider stops rests at least this long, twice as long with every stop in a row, at most a quarter of an hour.
PAUSE_SECONDS = 60
PAUSE_SECONDS_MAX = 15 * 60

State = Literal["due", "held", "sent", "refused", "dead", "skipped"]


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What becomes of a delivery after a round. `due_at` only with `due`; `failed` moves it one step along the schedule."""

    state: State
    reason: str | None = None
    due_at: datetime | None = None
    failed: bool = False


SENT = Verdict("sent")


def decide(
    outcomes: Sequence[Outcome | None],
    *,
    sent_before: bool,
    failures: int,
    now: datetime,
    paused_until: datetime | None,
    chance: float,
) -> Verdict:
    """One delivery, all its addresses. None is an address that was not tried, because the channel stopped before its turn.

    A family that one address reached is reached; its other addresses are still tried along the schedule.
    """
    if len(outcomes) == 1 and isinstance(outcomes[0], Sent):
        return SENT  # nearly always
    reached = sent_before or any(isinstance(outcome, Sent) for outcome in outcomes)
    held_up = [outcome for outcome in outcomes if outcome is None or stops_channel(outcome)]
    if held_up:
        return Verdict("due", _code(held_up[0]), paused_until or now)
    later = [outcome for outcome in outcomes if isinstance(outcome, TryLater)]
    if later:
        return _later(later, reached, failures, now, chance)
    if reached:
        return SENT
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    if not refused:
        return Verdict("skipped", "no_device")
    ours = next((r for r in refused if r.why == "our_bug"), None)
    return Verdict("dead", f"our_bug:{ours.code}") if ours else Verdict("refused", refused[0].code)


def _later(later: Sequence[TryLater], reached: bool, failures: int, now: datetime, chance: float) -> Verdict:
    if failures >= len(RETRY_AFTER_SECONDS):
        return Verdict("sent") if reached else Verdict("dead", later[0].code, failed=True)
    asked = max((outcome.after_seconds or 0.0) for outcome in later)
    return Verdict("due", later[0].code, now + timedelta(seconds=wait_seconds(failures, asked, chance)), failed=True)


def wait_seconds(failures: int, asked_seconds: float, chance: float) -> float:
    """The schedule's wait, or longer when the provider asks for it; up to a fifth more, so that a thousand do not return at once."""
    return max(RETRY_AFTER_SECONDS[failures], asked_seconds) * (1 + chance / 5)


def pause_seconds(in_a_row: int, asked_seconds: float | None, chance: float) -> float:
    doubled = min(PAUSE_SECONDS * 2.0**in_a_row, PAUSE_SECONDS_MAX)
    # The first time the provider's own figure is enough; afterwards its figure has been shown not to be.
    wait = asked_seconds if asked_seconds and not in_a_row else max(asked_seconds or 0.0, doubled)
    return wait * (1 + chance / 5)


def _code(outcome: Outcome | None) -> str:
    return "channel_paused" if outcome is None or isinstance(outcome, Sent) else outcome.code
