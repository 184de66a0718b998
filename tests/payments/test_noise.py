"""Matching against twenty thousand lines of noise: what the machine settles, that it never settles wrongly, and what it suggests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import pytest

from payments.match_command import Answer, Measuring
from tests.payments import noise
from tests.payments.noise import Line


@dataclass
class Tally:
    lines: int = 0
    settled: int = 0
    wrong: int = 0
    suggested: int = 0


def measured(lines: Iterable[Line], desk: Measuring) -> dict[str, Tally]:
    """By class of noise. Wrong is whatever the machine settles that it must not, or on other bills than it must."""
    tallies: dict[str, Tally] = {}
    for line in lines:
        answer: Answer = desk.answer(msgspec.json.encode(line.row()))
        tally = tallies.setdefault(line.noise, Tally())
        right = line.must == "auto" and set(answer.codes) == set(line.codes)
        tally.lines += 1
        tally.settled += answer.auto and right
        tally.wrong += answer.auto and not right
        tally.suggested += set(line.codes) <= set(answer.suggestions)
    return tallies


def share(tallies: dict[str, Tally], must: str, what: str) -> float:
    chosen = [tally for name, tally in tallies.items() if noise.CLASSES[name][0] == must]
    return sum(getattr(tally, what) for tally in chosen) / sum(tally.lines for tally in chosen)


@pytest.fixture(scope="module")
def tallies() -> dict[str, Tally]:
    at = noise.school(2026)
    desk = Measuring(json.loads(json.dumps(bill.row())) for bill in at.bills + at.closed)
    return measured(noise.lines(at, 20_000), desk)


def test_there_are_at_least_twelve_classes_of_noise_and_all_occur(tallies):
    assert len(noise.CLASSES) >= 12
    assert tallies.keys() == noise.CLASSES.keys()
    assert sum(tally.lines for tally in tallies.values()) == 20_000


def test_no_line_is_settled_wrongly(tallies):
    assert {name: tally.wrong for name, tally in tallies.items() if tally.wrong} == {}


def test_a_full_reference_is_settled_by_the_machine(tallies):
    assert share(tallies, "auto", "settled") >= 0.97


def test_without_one_the_right_bill_is_among_three_suggestions(tallies):
    assert share(tallies, "suggest", "suggested") >= 0.85


def test_a_reference_that_may_not_move_money_still_finds_its_bill(tallies):
    assert share(tallies, "person", "suggested") >= 0.95
