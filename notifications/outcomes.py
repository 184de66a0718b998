"""What a channel may answer: Sent, TryLater, Refused. The set is closed; weather from outside is a value, not an exception."""

from __future__ import annotations

from typing import Literal

import msgspec

Why = Literal["address_dead", "unreachable", "channel_down", "our_bug", "unknown"]


class Sent(msgspec.Struct, frozen=True, gc=False):
    """The provider accepted it; `provider_id` is its name for the message."""

    provider_id: str = ""


class TryLater(msgspec.Struct, frozen=True, gc=False):
    """`after_seconds`: what the provider asked for. `uncertain`: the request left and no answer came, so it may have arrived.

    `pauses_channel`: the trouble is not this message's, so the channel rests and the message's own schedule does not move.
    `repeatable` false: uncertain, and nobody remembers the message by a key, so whoever pays for it must not ask again.
    """

    code: str
    after_seconds: float | None = None
    uncertain: bool = False
    pauses_channel: bool = False
    repeatable: bool = True


class Refused(msgspec.Struct, frozen=True, gc=False):
    """Final for this address, but what that means differs.

    address_dead: retire the address. unreachable: not by this way at this time, the address stays.
    channel_down: our credential or account; keep every address, stop the channel, call somebody.
    our_bug: the message itself is wrong. unknown: a refusal nobody has described; not retried, and shown.
    """

    why: Why
    code: str


Outcome = Sent | TryLater | Refused

# Begun, and nobody waited for the answer: it stands there until the answer comes.
INTERRUPTED = TryLater("interrupted", uncertain=True)


def stops_channel(outcome: Outcome | None) -> bool:
    """The trouble is the channel's and not this message's: nothing more leaves by it for now."""
    if isinstance(outcome, TryLater):
        return outcome.pauses_channel
    return isinstance(outcome, Refused) and outcome.why == "channel_down"
