"""Personal intents and who answers them. Each answer is asked with the asker's account; None means that the child is not theirs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bots.answers import attendance, dossiers, homework, marks, money, timetable
from bots.answers.asking import Asker, Told
from bots.slots import Slots
from schemas.people import Child

ABOUT_A_CHILD: Final[dict[str, Callable[[Asker, Child, Slots], Awaitable[Told | str | None]]]] = {
    "my-attendance-today": attendance.today,
    "my-attendance-month": attendance.month,
    "my-marks": marks.of_child,
    "my-term-average": marks.averages,
    "my-ranking": marks.standing,
    "my-balance": money.balance,
    "my-payment-status": money.paid,
    "my-timetable": timetable.of_child,
    "my-homework": homework.of_child,
    "my-dossier-status": dossiers.of_child,
}
# Where it is not said which child is meant, these are answered for all of them at once.
ABOUT_ALL: Final[dict[str, Callable[[Asker, Sequence[Child], Slots], Awaitable[Told]]]] = {
    "my-dossier-status": dossiers.of_children,
}
ABOUT_THE_FAMILY: Final = frozenset({"my-unread"})
# Told only in a chat that has shown in the app that it is the family: what a family paid, when and by what receipt, is data of
# transactions, which the decree on personal data (NĐ 356/2025, art. 4) counts as sensitive. So are notes on health and home beside the
# roll and what lies to a family's credit; those lines alone are held back. What is asked for is not: each reminder says it here anyway.
SENSITIVE: Final = frozenset({"my-payment-status"})


def is_personal(intent: str) -> bool:
    return intent in ABOUT_A_CHILD or intent in ABOUT_THE_FAMILY


async def about(asker: Asker, intent: str, child: Child, slots: Slots) -> Told | None:
    told = await ABOUT_A_CHILD[intent](asker, child, slots)
    return Told(told) if isinstance(told, str) else told
