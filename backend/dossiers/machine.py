"""Which step may follow which: the life of a request, forward in time. Pure; it reads no table and no clock."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from schemas.dossiers import State, Step

Side = Literal["school", "family"]

UNDECIDED: Final[frozenset[State]] = frozenset({"received", "needs_papers", "answered", "in_work"})
CLOSED: Final[frozenset[State]] = frozenset({"refused", "sent", "collected", "withdrawn"})
# The family has something to do.
WAITS: Final[frozenset[State]] = frozenset({"needs_papers", "ready"})
# The school's promise runs: an overdue one is in one of these.
RUNNING: Final[frozenset[State]] = frozenset({"received", "answered", "in_work", "granted"})


class Rule(msgspec.Struct, frozen=True):
    """`to` None leaves the state as it is. `words`: from whom it has to be said why, or which."""

    sides: frozenset[Side]
    of: frozenset[State]
    to: State | None
    words: frozenset[Side] = frozenset()


_SCHOOL: Final[frozenset[Side]] = frozenset({"school"})
_FAMILY: Final[frozenset[Side]] = frozenset({"family"})
_LOOKED_AT: Final[frozenset[State]] = UNDECIDED - {"needs_papers"}

# In the order in which the office meets them. A result may be ready at once: granting is then part of it.
RULES: Final[dict[Step, Rule]] = {
    "start": Rule(_SCHOOL, frozenset({"received", "answered"}), "in_work"),
    "ask": Rule(_SCHOOL, _LOOKED_AT, "needs_papers", words=_SCHOOL),
    "add": Rule(_SCHOOL | _FAMILY, UNDECIDED, None),
    "ready": Rule(_SCHOOL, _LOOKED_AT | {"granted"}, "ready"),
    "send": Rule(_SCHOOL, _LOOKED_AT | {"granted", "ready"}, "sent"),
    "collect": Rule(_SCHOOL, frozenset({"ready"}), "collected"),
    "grant": Rule(_SCHOOL, _LOOKED_AT, "granted"),
    "refuse": Rule(_SCHOOL, UNDECIDED, "refused", words=_SCHOOL),
    "postpone": Rule(_SCHOOL, RUNNING, None, words=_SCHOOL),
    # At the counter the office enters it, and says who asked for it.
    "withdraw": Rule(_SCHOOL | _FAMILY, UNDECIDED, "withdrawn", words=_SCHOOL),
}


def after(state: State, step: Step, side: Side) -> State | None:
    """The state after a step; None where it may not be taken. Papers that were asked for bring the request back to the school."""
    rule = RULES.get(step)
    if rule is None or side not in rule.sides or state not in rule.of:
        return None
    if step == "add" and state == "needs_papers":
        return "answered"
    return rule.to or state


def next_steps(state: State, side: Side) -> list[Step]:
    return [step for step in RULES if after(state, step, side) is not None]
