"""Statement lines as banks really deliver them: 20,000 of them in named classes of noise, each with what must become of it.

Every name is invented. The same seed gives the same lines; `python -m tests.payments.noise DIRECTORY [SEED]` writes them as files
for the command `match`.
"""

from __future__ import annotations

from tests.payments.noise import with_reference, without_reference
from tests.payments.noise.kinds import CLASSES
from tests.payments.noise.school import Bill, Line, School, school

__all__ = ["CLASSES", "Bill", "Line", "School", "lines", "school", "with_reference", "without_reference"]


def lines(at: School, count: int = 20_000) -> list[Line]:
    names = list(CLASSES)
    chosen = at.rng.choices(names, [CLASSES[name][1] for name in names], k=count)
    return [CLASSES[name][2](at, name) for name in chosen]
