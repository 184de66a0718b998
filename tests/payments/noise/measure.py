"""What matching makes of lines whose right answer is known, by class of noise; as figures for the tests and a table for the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from payments.match_command import Answer, Measuring


@dataclass(frozen=True)
class Case:
    """`must`: auto (settled by itself, on exactly these codes), person (never by itself), suggest (the right codes among three)."""

    noise: str
    must: str
    row: Mapping[str, Any]
    codes: tuple[str, ...]


@dataclass
class Tally:
    must: str
    lines: int = 0
    settled: int = 0
    wrong: int = 0
    suggested: int = 0


Tallies = dict[str, Tally]


def measured(desk: Measuring, cases: Iterable[Case]) -> Tallies:
    """Wrong is whatever the machine settles that it must not, or on other bills than it must."""
    tallies: Tallies = {}
    for case in cases:
        answer: Answer = desk.answer(msgspec.json.encode(case.row))
        tally = tallies.setdefault(case.noise, Tally(case.must))
        right = case.must == "auto" and set(answer.codes) == set(case.codes)
        tally.lines += 1
        tally.settled += answer.auto and right
        tally.wrong += answer.auto and not right
        tally.suggested += set(case.codes) <= set(answer.suggestions)
    return tallies


def share(tallies: Tallies, must: str, what: str) -> float:
    chosen = [tally for tally in tallies.values() if tally.must == must]
    return float(sum(getattr(tally, what) for tally in chosen) / sum(tally.lines for tally in chosen))


def wrong(tallies: Tallies) -> dict[str, int]:
    return {name: tally.wrong for name, tally in tallies.items() if tally.wrong}


_HEADS = {
    "auto": "A full reference: the machine settles",
    "person": "A reference not to be trusted, or a bill that may not be paid so: a person decides",
    "suggest": "No reference: the right bill among three suggestions",
}


def markdown(tallies: Tallies) -> str:
    lines = [
        "| class of noise | lines | settled by the machine | wrongly | right bill among three |",
        "|---|---|---|---|---|",
    ]
    for must, head in _HEADS.items():
        chosen = {name: tally for name, tally in tallies.items() if tally.must == must}
        total = Tally(
            must,
            *(sum(getattr(t, what) for t in chosen.values()) for what in ("lines", "settled", "wrong", "suggested")),
        )
        lines.append(_row(f"**{head}**", total))
        lines += [_row(name.replace("_", " "), chosen[name]) for name in sorted(chosen)]
    return "\n".join(lines) + "\n"


def _row(name: str, tally: Tally) -> str:
    settled, suggested = tally.settled / tally.lines, tally.suggested / tally.lines
    return f"| {name} | {tally.lines} | {settled:.1%} | {tally.wrong} | {suggested:.1%} |"
