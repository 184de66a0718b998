"""Matching against thousands of lines of noise: what the machine settles, that it never settles wrongly, and what it suggests."""

from __future__ import annotations

import random
import string

import msgspec
import pytest

from payments.match_command import Measuring
from payments.references import views
from tests.payments import noise
from tests.payments.heldout import cases
from tests.payments.noise.measure import Case, Tallies, measured, share, wrong


@pytest.fixture(scope="module")
def tallies() -> Tallies:
    at = noise.school(2026)
    desk = Measuring(bill.row() for bill in at.bills + at.closed)
    return measured(desk, (Case(line.noise, line.must, line.row(), line.codes) for line in noise.lines(at, 20_000)))


@pytest.fixture(scope="module")
def held_out() -> Tallies:
    bills, lines = cases(20_261)
    rows = (
        ({"memo": memo, "amount": amount, "account": account}, kind, codes, must)
        for kind, memo, amount, account, codes, must in lines
    )
    return measured(Measuring(bills), (Case(kind, must, row, tuple(codes)) for row, kind, codes, must in rows))


def test_there_are_at_least_twelve_classes_of_noise_and_all_occur(tallies):
    assert len(noise.CLASSES) >= 12
    assert tallies.keys() == noise.CLASSES.keys()
    assert sum(tally.lines for tally in tallies.values()) == 20_000


@pytest.mark.parametrize("source", ["tallies", "held_out"])
def test_no_line_is_settled_wrongly(request, source):
    assert wrong(request.getfixturevalue(source)) == {}


@pytest.mark.parametrize("source", ["tallies", "held_out"])
def test_a_full_reference_is_settled_by_the_machine(request, source):
    assert share(request.getfixturevalue(source), "auto", "settled") >= 0.97


@pytest.mark.parametrize("source", ["tallies", "held_out"])
def test_without_one_the_right_bill_is_among_three_suggestions(request, source):
    assert share(request.getfixturevalue(source), "suggest", "suggested") >= 0.85


@pytest.mark.parametrize("source", ["tallies", "held_out"])
def test_a_reference_that_may_not_move_money_still_finds_its_bill(request, source):
    assert share(request.getfixturevalue(source), "person", "suggested") >= 0.95


def test_no_mutation_of_a_memo_moves_money_to_a_bill_that_it_does_not_name():
    """Letters lost, doubled, exchanged, swapped, cut out, in any number: what is settled still stands there, digit by digit."""
    at, rng = noise.school(5, pupils=600), random.Random(5)
    desk = Measuring(bill.row() for bill in at.bills + at.closed)
    settled = 0
    for line in noise.lines(at, 4_000):
        memo = mutated(rng, line.memo)
        answer = desk.answer(msgspec.json.encode({**line.row(), "memo": memo}))
        if answer.auto:
            settled += 1
            assert all(code in views(memo).compact for code in answer.codes), (memo, answer)
            assert set(answer.codes) <= set(line.codes), (memo, answer)
    assert settled > 500


def mutated(rng: random.Random, memo: str) -> str:
    letters = list(memo)
    for _ in range(rng.choice([0, 1, 1, 2, 5])):
        if len(letters) < 3:
            break
        at = rng.randrange(len(letters) - 1)
        change = rng.randrange(5)
        if change == 0:
            del letters[at]
        elif change == 1:
            letters.insert(at, rng.choice(string.ascii_uppercase + string.digits + " .-"))
        elif change == 2:
            letters[at] = rng.choice(string.ascii_uppercase + string.digits)
        elif change == 3:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        else:
            del letters[at : at + rng.randint(1, 4)]
    return "".join(letters)
