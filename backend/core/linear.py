"""A linear model: weights of features for each label, summed for a text. It knows sums, not meanings; who trains and asks it stands elsewhere."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from functools import cached_property

import msgspec

_OPENED_MAX = 50_000
_SIGNED = (*range(128), *range(-128, 0))  # by the byte that stands for it


class Weights(msgspec.Struct, frozen=True, dict=True):
    """rows: feature → labels' places (two bytes each, low first), then as many weights, each a signed byte times the row's scale.

    importance: inverse document frequency. sharpness: how fast belief falls with distance.
    """

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    importance: dict[str, float]
    scale: dict[str, float]
    rows: dict[str, bytes]
    sharpness: float

    @cached_property
    def _opened(self) -> dict[str, tuple[Sequence[int], Sequence[int]]]:
        """Rows already asked for, as (places, amounts); a message uses a few hundred of some ten thousand."""
        return {}

    def row(self, name: str) -> tuple[Sequence[int], Sequence[int]] | None:
        opened = self._opened.get(name)
        if opened is None and (packed := self.rows.get(name)) is not None:
            count = len(packed) // 3
            places = array("H", packed[: 2 * count])
            # Bytes, and a tuple of numbers that are there already, are walked fastest and take the least room.
            opened = (
                bytes(places.tolist()) if len(self.labels) <= 256 else places,
                tuple(_SIGNED[byte] for byte in packed[2 * count :]),
            )
            if len(self._opened) < _OPENED_MAX:
                self._opened[name] = opened
        return opened

    def margins(self, scaled: dict[str, float]) -> list[float]:
        """One number a label: how far the scaled features lie on its side of the learnt border."""
        total = list(self.bias)
        scale, opened = self.scale, self._opened
        for name, value in scaled.items():
            row = opened.get(name) or self.row(name)
            if row is None:
                continue
            step = value * scale[name]
            for place, amount in zip(row[0], row[1]):  # noqa: B905  (as long as each other; this is the hottest line of the bot)
                total[place] += step * amount
        return total

    def scaled(self, found: dict[str, float]) -> dict[str, float]:
        """The known features by their importance, together of length 1."""
        known = self.importance
        valued = {name: value * known[name] for name, value in found.items() if name in known}
        norm = math.sqrt(sum(value * value for value in valued.values())) or 1.0
        return {name: value / norm for name, value in valued.items()}

    def reasons(self, scaled: dict[str, float], label: str, count: int = 5) -> list[tuple[str, float]]:
        """The features that spoke most for a label, strongest first; what `why` shows."""
        wanted = self.labels.index(label)
        spoke: list[tuple[str, float]] = []
        for name, value in scaled.items():
            row = self.row(name)
            if row is not None and wanted in row[0]:
                spoke.append((name, value * self.scale[name] * row[1][row[0].index(wanted)]))
        spoke.sort(key=lambda item: (-item[1], item[0]))
        return [(name, round(amount, 3)) for name, amount in spoke[:count] if amount > 0]
