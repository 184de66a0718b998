"""What a rest of a whole channel means for those who wait there, and which answers of a round call for one. Pure: no table, no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final, get_args

from notifications.cascade import CHANNELS, Urgency, patience
from notifications.leases import Rest
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.pauses import States

# So many answers of a round, and every one says that the provider is away: that is no matter of the messages.
_OUTAGE_MIN: Final = 10
# Behind this channel stands no single provider: one vendor's browsers may be out while the others are not.
_MANY_PROVIDERS: Final = frozenset({"webpush"})
_AWAY: Final = frozenset(
    {"timeout", "connection_refused", "connection_lost", "network", "unreadable_answer", "UNAVAILABLE", "INTERNAL", "SPEEDSMS_500"}
)  # fmt: skip


def impatient(states: States, now: datetime) -> list[Rest]:
    """Of the channels that rest: by urgency, since when what waits there must have its turn for the rest to outlast its patience."""
    resting = states.resting(now)
    return [
        Rest(channel, urgency, resting[channel] - wait)
        for channel in CHANNELS
        if channel in resting and channel not in states.off
        for urgency in get_args(Urgency)
        if (wait := patience(urgency, channel)) is not None
    ]


def on_trial(states: States, now: datetime) -> list[str]:
    """Channels whose rest is over and by which nothing has got through since: a few messages find out."""
    return [
        channel
        for channel in CHANNELS
        if (pause := states.pauses.get(channel)) is not None
        and pause.in_a_row
        and not pause.holds(now)
        and channel not in states.off
    ]


def outage(channel: str, outcomes: Sequence[Outcome | None], *, trial: bool) -> tuple[str, float | None] | None:
    """(why, for how many seconds it asks) when the provider answers nobody; on trial one silence is enough."""
    if channel in _MANY_PROVIDERS or any(isinstance(outcome, Sent | Refused) for outcome in outcomes):
        return None
    away = [outcome for outcome in outcomes if isinstance(outcome, TryLater) and _is_away(outcome)]
    if len(away) < (1 if trial else _OUTAGE_MIN) or len(away) < sum(outcome is not None for outcome in outcomes):
        return None
    code = Counter(outcome.code for outcome in away).most_common(1)[0][0]
    asked = max((outcome.after_seconds or 0.0 for outcome in away), default=0.0)
    return f"outage:{code}", asked or None


def _is_away(outcome: TryLater) -> bool:
    return not outcome.pauses_channel and (outcome.code in _AWAY or "HTTP_5" in outcome.code)
