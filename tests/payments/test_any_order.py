"""The same lines, in any order, repeated and told by several doors, leave the same books: a stateful test against one hash."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from payments.banks.line import BankLine
from tests.payments.fair import BILLS, CODES, START, VIRTUAL, make_fair

C = CODES
# What a payer may write, and what a bank makes of it: (memo, virtual account, direction, account, is the statement's memo cut?)
KINDS = {
    "meals": f"{C['meals']} tien an",
    "water": f"nop {C['water']}",
    "gift": f"{C['gift']}",
    "mate": f"{C['mate']} T9",
    "run together": f"MBVCB.{C['meals']}HOCPHI",
    "run together mate": f"IBFT{C['mate']}CHUYENTIEN",
    "two codes": f"{C['meals']} {C['mate']}",
    "two codes more": f"{C['water']} {C['mate']}",
    "request": f"{C['request']} nop tien",
    "pupil": f"{C['pupil']}",
    "pupil and bill": f"{C['pupil']} {C['water']}",
    "stranger": f"{C['stranger']}",
    "stranger beside": f"{C['stranger']} {C['meals']}",
    "no code": "NGUYEN VAN A chuyen tien an",
    "wrong account": f"{C['elsewhere']}",
}
# What may speak against a code, whichever kind it is of; a bank may cut it off at one door and keep it at another.
TWISTS = {
    "": "",
    "returned": " HOAN TRA GD",
    "damaged beside": f" {C['mate'][:-1]}O{C['mate'][-1]}",
    "stranger beside": f" {C['stranger']}",
    "another child": " cho con LE THI ANH",
}
# Every kind of code with an amount that settles it at once.
FITTING = {
    "bill": ("meals", 350_000, None),
    "request": ("request", 700_000, None),
    "pupil": ("pupil", 410_000, None),
    "virtual": ("no code", 60_000, VIRTUAL),
}
AMOUNTS = (1, 10_000, 50_000, 60_000, 100_000, 250_000, 350_000, 400_000, 410_000, 700_000, 900_000)


def movement(number, kind, amount, virtual, direction, place, twist="", twisted=frozenset()):
    """All lines that its doors may tell of it: feed, pull and a statement that cuts its memo; `twisted` doors tell more than the others."""
    more = [TWISTS[twist] if door in twisted else "" for door in range(3)]
    memo, reference = KINDS[kind], f"FT2625{number:06d}"
    at = START + timedelta(minutes=37 * number)
    midnight = (START + timedelta(minutes=37 * number)).replace(hour=17, minute=0) - timedelta(days=1)
    common = {"direction": direction, "amount": amount, "virtual_account": virtual, "place": place}
    return [
        {"source": "sepay", "event_key": str(number), "memo": f"CT DEN {memo}{more[0]}", "booked_at": at,
         "bank_reference": reference, **common},
        {"source": "casso", "event_key": f"c{number}", "memo": f"{memo}{more[1]}", "booked_at": at + timedelta(seconds=9),
         "bank_reference": reference, **common},
        {"source": "statement", "event_key": f"s{number}", "memo": f"{reference[:3]} {memo[:4]}{more[2]}", "booked_at": midnight,
         "bank_reference": reference, **common, "virtual_account": None},
    ]  # fmt: skip


class Doors(RuleBasedStateMachine):
    """Rules deliver; in the end a calm school, told the same lines in their canonical order, must have the same hash."""

    owner = house = loop = None

    def wait(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    @initialize()
    def open(self):
        self.fair = self.wait(make_fair(self.owner, self.house))
        self.number = 0
        self.told = []
        self.untold = []

    @rule(
        kind=st.sampled_from(sorted(KINDS)),
        amount=st.sampled_from(AMOUNTS),
        first=st.integers(0, 2),
        others=st.sets(st.integers(0, 2)),
        virtual=st.sampled_from([None, None, None, VIRTUAL, "9631VA99999"]),
        direction=st.sampled_from(["in"] * 7 + ["out"]),
        place=st.sampled_from([0] * 6 + [1, 2]),
        twist=st.sampled_from(["", *TWISTS]),
        twisted=st.sets(st.integers(0, 2), min_size=1),
    )
    def money_moves(self, kind, amount, first, others, virtual, direction, place, twist, twisted):
        self.number += 1
        lines = movement(self.number, kind, amount, virtual, direction, place, twist, twisted)
        self.untold += [lines[door] for door in sorted(others - {first})]
        self.tell([lines[first]])

    @rule(
        code=st.sampled_from(sorted(FITTING)),
        twist=st.sampled_from(sorted(TWISTS)),
        twisted=st.sets(st.integers(0, 2), min_size=1, max_size=2),
        doors=st.permutations(range(3)),
    )
    def something_speaks_against_a_code_that_fits(self, code, twist, twisted, doors):
        self.number += 1
        kind, amount, virtual = FITTING[code]
        lines = movement(self.number, kind, amount, virtual, "in", 0, twist, twisted)
        for door in doors:
            self.tell([lines[door]])

    @rule(data=st.data(), count=st.integers(1, 4))
    def other_doors_tell(self, data, count):
        lines = []
        while self.untold and len(lines) < count:
            lines.append(self.untold.pop(data.draw(st.integers(0, len(self.untold) - 1))))
        self.tell(lines)

    @rule(data=st.data())
    def a_door_repeats_itself(self, data):
        if self.told:
            self.tell([data.draw(st.sampled_from(self.told)) for _ in range(2)])

    def tell(self, lines):
        if lines:
            self.told += [line for line in lines if line not in self.told]
            self.wait(self.fair.deliver(*(line_of(self.fair, line) for line in lines)))

    @invariant()
    def nothing_is_lost(self):
        if not getattr(self, "told", None):
            return
        books = self.wait(self.fair.state())["books"]
        assert sum(books.values()) == sum(amount for _, amount, *_ in BILLS.values())

    def teardown(self):
        if not getattr(self, "told", None):
            return
        self.tell(list(reversed(self.untold)))
        self.wait(self.fair.prove())
        wild = self.wait(self.fair.state())
        wild_seal = self.wait(self.fair.seal())
        calm = self.wait(make_fair(self.owner, self.house))
        ordered = sorted(self.told, key=lambda line: (line["booked_at"], line["source"], line["event_key"]))
        for line in ordered:
            self.wait(calm.deliver(line_of(calm, line)))
        self.wait(calm.prove())
        assert wild == self.wait(calm.state())
        assert wild_seal == self.wait(calm.seal())


def line_of(fair, told):
    told = dict(told)
    place = told.pop("place")
    number = fair.numbers[place] if place < 2 else "000000"
    return BankLine(account_number=number, **told)


@pytest.mark.timeout(900)  # many schools one after the other: on a busy machine that takes its time
async def test_any_order_repetition_and_door_gives_the_same_hash(owner, house):
    machine = type("Doors", (Doors,), {"owner": owner, "house": house, "loop": asyncio.get_running_loop()})
    bounds = settings(max_examples=40, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=bounds)
