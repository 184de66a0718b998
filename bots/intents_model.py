"""The linear model: weights of features for each intent, summed for a message. It knows sums, not meanings."""

from __future__ import annotations

import math
from functools import cached_property

import msgspec


class Weights(msgspec.Struct, frozen=True, dict=True):
    """rows: feature → labels' places (two bytes each, low first), then as many weights, each a byte around 128 times the row's scale.

    importance: inverse document frequency. sharpness: how fast belief falls with distance.
    """

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    importance: dict[str, float]
    scale: dict[str, float]
    rows: dict[str, bytes]
    sharpness: float

    @cached_property
    def _opened(self) -> dict[str, tuple[memoryview, bytes]]:
        """Rows already asked for, as (places, amounts); a message uses a few hundred of some ten thousand."""
        return {}

    def row(self, name: str) -> tuple[memoryview, bytes] | None:
        opened = self._opened.get(name)
        if opened is None and (packed := self.rows.get(name)) is not None:
            count = len(packed) // 3
            opened = self._opened[name] = (memoryview(packed[: 2 * count]).cast("H"), packed[2 * count :])
        return opened

    def margins(self, found: dict[str, float]) -> list[float]:
        """One number a label: how far the features lie on its side of the learnt border."""
        total = list(self.bias)
        for name, value in self.scaled(found).items():
            row = self.row(name)
            if row is None:
                continue
            step = value * self.scale[name]
            for place, amount in zip(*row, strict=True):
                total[place] += step * (amount - 128)
        return total

    def scaled(self, found: dict[str, float]) -> dict[str, float]:
        """The known features by their importance, together of length 1."""
        known = self.importance
        valued = {name: value * known[name] for name, value in found.items() if name in known}
        norm = math.sqrt(sum(value * value for value in valued.values())) or 1.0
        return {name: value / norm for name, value in valued.items()}

    def reasons(self, found: dict[str, float], label: str, count: int = 5) -> list[tuple[str, float]]:
        """The features that spoke most for a label, strongest first; what `why` shows."""
        wanted = self.labels.index(label)
        spoke: list[tuple[str, float]] = []
        for name, value in self.scaled(found).items():
            row = self.row(name)
            if row is not None and wanted in row[0]:
                spoke.append((name, value * self.scale[name] * (row[1][list(row[0]).index(wanted)] - 128)))
        spoke.sort(key=lambda item: (-item[1], item[0]))
        return [(name, round(amount, 3)) for name, amount in spoke[:count] if amount > 0]
