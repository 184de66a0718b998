"""The order in which a notice seeks a family, cheapest way first, and how long each step waits while it is unread. Pure data and rules.

It knows no wire, no table and no family: which channels lead to somebody comes from the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Final, Literal

import msgspec

Urgency = Literal["ordinary", "important", "urgent", "emergency"]
# `tried`: the step is still being tried, or its channel rests.
Reached = Literal["no", "tried", "free", "paid", "uncertain"]

# The one order of stations. `call` is no wire: it is the list of families whom somebody at the school rings up.
CHANNELS: Final = ("push", "webpush", "zalo", "zalo_bot", "telegram", "email", "zns", "sms", "call")
PAID: Final = frozenset({"zns", "sms"})

# Kinds that a family cannot switch off: where its child is, and what endangers it.
MANDATORY: Final = frozenset({"absence"})


class Step(msgspec.Struct, frozen=True):
    """`after`: how long after the first step this one comes, while one before it has reached the family and is unread."""

    channel: str
    after: timedelta


def _plan(**minutes: int) -> tuple[Step, ...]:
    return tuple(Step(channel, timedelta(minutes=minutes[channel])) for channel in CHANNELS if channel in minutes)


# Nothing that costs money for what is ordinary; after a day for what needs an answer; within the hour for what is urgent.
# An emergency takes every free way at once, and does not wait to see which of them fails before it pays.
PLANS: Final[Mapping[Urgency, tuple[Step, ...]]] = {
    "ordinary": _plan(push=0, webpush=30, zalo=120, zalo_bot=150, telegram=180, email=360),
    "important": _plan(
        push=0, webpush=15, zalo=60, zalo_bot=90, telegram=120, email=240, zns=24 * 60, sms=30 * 60, call=48 * 60
    ),
    "urgent": _plan(push=0, webpush=5, zalo=10, zalo_bot=15, telegram=20, email=30, zns=60, sms=90, call=180),
    "emergency": _plan(push=0, webpush=0, zalo=0, zalo_bot=0, telegram=0, email=0, zns=5, sms=10, call=30),
}


def patience(urgency: Urgency, channel: str) -> timedelta | None:
    """How long a step that does not get through keeps the next one waiting at the least; None where nothing follows it."""
    plan = PLANS[urgency]
    places = [step.channel for step in plan]
    if channel not in places[:-1]:
        return None
    place = places.index(channel)
    return plan[place + 1].after - plan[place].after


def urgency_of(kind: str, *, urgent: bool, needs_acknowledgement: bool) -> Urgency:
    """What follows from the notice itself. An emergency never follows: somebody declares it."""
    if urgent:
        return "urgent"
    return "important" if needs_acknowledgement or kind in ("absence", "form") else "ordinary"


class Opening(msgspec.Struct, frozen=True):
    """A step that publishing writes at once, for guardians with an account, with only a phone, or with neither."""

    urgency: Urgency
    known_by: Literal["account", "phone", "nothing"]
    channel: str
    after: timedelta


def openings() -> list[Opening]:
    """Everything else is written when the step before it has ended (aftermath.py).

    Whoever has no account cannot be told for nothing, so the first paid step comes at once, and without a number the call list.
    """
    found = []
    for urgency, plan in PLANS.items():
        channels = {step.channel: step.after for step in plan}
        if urgency == "emergency":
            free = [step for step in plan if step.channel not in PAID and step.channel != "call"]
            found += [Opening(urgency, "account", step.channel, step.after) for step in free]
            found.append(Opening(urgency, "account", "zns", channels["zns"]))
        else:
            found.append(Opening(urgency, "account", plan[0].channel, plan[0].after))
        if "zns" in channels:
            found.append(Opening(urgency, "phone", "zns", timedelta()))
            found.append(Opening(urgency, "nothing", "call", timedelta()))
    return found


@cache
def in_order(urgency: Urgency, preferred: str | None) -> tuple[Step, ...]:
    """The family's own channel first, when it costs nothing; the others keep their places and waits."""
    plan = PLANS[urgency]
    own = next((step for step in plan if step.channel == preferred and step.channel not in PAID), None)
    if own is None or own.channel == "call":
        return plan
    rest = [step for step in plan if step is not own]
    # Whoever held the first place now waits as long as the second did.
    moved = [Step(rest[0].channel, plan[1].after), *rest[1:]]
    return (Step(own.channel, plan[0].after), *moved)


@cache
def places(urgency: Urgency, preferred: str | None) -> tuple[str, ...]:
    """The channels of `in_order`, by their names."""
    return tuple(step.channel for step in in_order(urgency, preferred))


@cache
def channels_after(urgency: Urgency, preferred: str | None, channel: str) -> frozenset[str]:
    order = places(urgency, preferred)
    return frozenset(order[order.index(channel) + 1 :]) if channel in order else frozenset()


@lru_cache(maxsize=1024)  # most families of a batch are alike
def next_step(
    urgency: Urgency,
    channel: str,
    *,
    reached: Reached,
    leads: frozenset[str],
    now: datetime,
    since: datetime | None = None,
    preferred: str | None = None,
) -> tuple[str, datetime] | None:
    """What follows a step that ended now, and when it is due; None when nothing does.

    `leads` are the channels by which this family can be tried. While nothing has reached the family there is nothing to wait for.
    Waits count from the step before, not from publishing: what was held overnight has not been unread for the night.
    A step still being tried had its turn at `since`; the one after it keeps its own time, or, for what is urgent, comes as soon as
    the plan would have it follow at all, whatever way it goes.
    """
    order, named = in_order(urgency, preferred), places(urgency, preferred)
    if channel not in named or (reached == "paid" and urgency != "emergency"):
        return None  # what was accepted for money is taken as arrived: a family without the app cannot say that it has read
    place = named.index(channel)
    for step in order[place + 1 :]:
        if step.channel not in leads or (reached == "uncertain" and step.channel in PAID):
            continue
        if reached == "tried":
            wait = patience(urgency, channel) if urgency == "urgent" else None
            return step.channel, max(now, (since or now) + (wait or max(step.after - order[place].after, timedelta())))
        waits = reached in ("free", "paid") or (urgency == "emergency" and channel not in PAID and step.channel in PAID)
        return step.channel, now + max(step.after - order[place].after, timedelta()) if waits else now
    return None
