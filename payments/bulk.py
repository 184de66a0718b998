"""Many waiting credits at once: those that differ only in the person. It owns no table; each decision is the desk's, with its own note.

Equal reasons are judged once by a person; still every credit is its own decision, in its own transaction, and can be undone alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from backend.core.house import House
from backend.core.problems import Problem
from payments import desk
from schemas.payments import ManualMatch, ShareIn, Suggested, Transaction

# So many are decided in one request; the rest is there again afterwards.
AT_ONCE_MAX = 200
# The first suggestion must be this much likelier than the second, or somebody has to look.
_AHEAD_MIN = 15


class Alike(msgspec.Struct, frozen=True):
    """Waiting credits whose first suggestions have the same reasons."""

    reasons: tuple[str, ...]
    pairs: tuple[tuple[Transaction, Suggested], ...]

    @property
    def key(self) -> str:
        return ".".join(self.reasons)


class Choice(msgspec.Struct, frozen=True):
    transaction_id: UUID
    invoice_id: UUID
    amount: int


class Failure(msgspec.Struct, frozen=True):
    transaction_id: UUID
    problem: Problem


def alike(waiting: Sequence[Transaction]) -> list[Alike]:
    """Groups of two and more, the largest first. No bill stands in them twice."""
    groups: dict[tuple[str, ...], list[tuple[Transaction, Suggested]]] = {}
    taken: set[UUID] = set()
    for one in waiting:
        suggested = _plain(one)
        if suggested is not None and suggested.invoice_id not in taken:
            taken.add(suggested.invoice_id)
            groups.setdefault(tuple(suggested.reasons), []).append((one, suggested))
    large = [Alike(reasons, tuple(pairs[:AT_ONCE_MAX])) for reasons, pairs in groups.items() if len(pairs) > 1]
    return sorted(large, key=lambda group: (-len(group.pairs), group.reasons))


def _plain(one: Transaction) -> Suggested | None:
    """The suggestion that needs no more than a nod: clearly ahead of the others, and for exactly what came."""
    if one.direction != "in" or one.state != "unmatched" or one.held != one.amount or not one.suggestions:
        return None
    first, *others = one.suggestions
    if first.remaining != one.amount or "amount_equal" not in first.reasons or len(first.reasons) < 2:
        return None
    ahead = all(first.score - other.score >= _AHEAD_MIN for other in others)
    return first if ahead else None


async def accept_all(
    house: House, actor: UUID, school_id: int, choices: Sequence[Choice], note: str
) -> tuple[int, list[Failure]]:
    """How many were laid, and each that could not be, with why."""
    failures: list[Failure] = []
    for one in choices[:AT_ONCE_MAX]:
        order = ManualMatch(note, [ShareIn(one.invoice_id, one.amount)])
        try:
            await desk.match_by_hand(house, actor, school_id, one.transaction_id, order)
        except Problem as problem:
            # Who may not decide at all may not decide any of them.
            if problem.kind.status == 403:
                raise
            failures.append(Failure(one.transaction_id, problem))
    return min(len(choices), AT_ONCE_MAX) - len(failures), failures
