"""Reminders: by day and state, one message a family, and never to those who owe nothing or may just have paid."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from backend.core.clock import SystemClock, school_day
from backend.core.ids import new_id
from notifications.texts import in_full, on_lock_screen
from payments import adjustments, ledger, reminders
from payments.adjustments import Adjustment
from tests.factories import EARLY
from tests.payments.conftest import AMOUNT


class ShiftedClock(SystemClock):
    """The real time, some days on."""

    def __init__(self) -> None:
        self.shift = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.shift


@pytest.fixture
async def due(money):
    """A world whose bank has just been heard, and whose clock can be moved."""
    await money.receive(money.bank.credit(1, "tien lai"))
    money.house = replace(money.house, clock=ShiftedClock())
    return money


async def billed(money, days=0, **changes):
    """A bill that falls due `days` from today, which may be long ago."""
    made = await money.bill(**changes)
    await money.owner.execute(
        "UPDATE invoices SET due_on = $3 WHERE school_id = $1 AND fee_id = $2::text::uuid",
        money.world.school_id,
        made["fee_id"],
        school_day(money.house.clock.now()) + timedelta(days=days),
    )


async def run(money):
    return await reminders.run(money.house, money.world.school_id)


async def heard(money):
    """Guardian → the messages it got, each as (amount, bills, pupils)."""
    rows = await money.owner.fetch(
        "SELECT r.guardian_id, r.pupil_ids, n.params::jsonb ->> 'amount' AS amount, n.params::jsonb ->> 'bills' AS bills"
        "  FROM notices n JOIN notice_recipients r ON r.school_id = n.school_id AND r.notice_id = n.notice_id"
        " WHERE n.school_id = $1 AND n.source_kind = 'reminder'",
        money.world.school_id,
    )
    found = {}
    for row in rows:
        found.setdefault(row["guardian_id"], []).append((int(row["amount"]), int(row["bills"]), len(row["pupil_ids"])))
    return found


async def test_a_family_hears_once_about_all_its_children(due, sister):
    await billed(due)
    await billed(due, title="Nước", amount=50_000)
    await billed(due, class_id=str(sister.class_id), title="Nước", amount=60_000)
    assert await run(due) == 4  # both children; the father's one; the classmate's; the other father's
    told = await heard(due)
    assert told[due.world.parent.person_id] == [(AMOUNT + 110_000, 3, 2)]
    assert told[due.world.parent2.person_id] == [(AMOUNT + 50_000, 2, 1)]
    assert told[due.world.neighbour.person_id] == [(60_000, 1, 1)]
    assert await run(due) == 0
    assert await heard(due) == told


@pytest.mark.parametrize(
    ("days", "reminded"), [(10, False), (3, True), (2, True), (0, True), (-3, True), (-10, True), (-40, False)]
)
async def test_the_schools_days_decide(due, days, reminded):
    await billed(due, days)
    assert bool(await run(due)) is reminded


async def test_each_day_reminds_once_and_a_missed_one_is_made_good(due):
    await billed(due, 0)
    assert await run(due) > 0
    for days, reminded in ((1, False), (1, False), (1, True), (1, False), (5, False), (1, True), (30, False)):
        due.house.clock.shift += timedelta(days=days)
        await due.owner.execute(
            "UPDATE bank_transactions SET received_at = $2 WHERE school_id = $1",
            due.world.school_id,
            due.house.clock.now(),
        )
        assert bool(await run(due)) is reminded, days


async def test_a_school_may_choose_its_days_or_switch_it_off(due):
    await billed(due, 7)
    assert await run(due) == 0
    days = {"pupil_codes": False, "reminders": False, "reminder_days": [-7]}
    assert (await due.post("/asking-rules", days)).status_code == 200
    assert await run(due) == 0
    assert (await due.post("/asking-rules", {**days, "reminders": True})).status_code == 200
    assert await run(due) > 0
    wrong = await due.post("/asking-rules", {**days, "reminder_days": [500]})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/reminder_days/0")


async def test_who_has_paid_or_just_paid_for_any_child_is_left_alone(due, sister):
    await billed(due)
    await billed(due, class_id=str(sister.class_id), title="Nước", amount=60_000)
    await due.receive(due.bank.credit(60_000, (await due.invoice(sister))["reference"]))
    preview = (await due.get("/reminders/preview")).json()
    await run(due)
    told = await heard(due)
    assert due.world.parent.person_id not in told  # she has just paid, for the other child
    assert due.world.neighbour.person_id not in told
    assert due.world.classmate_parent.person_id in told
    assert sum(family["guardians"] for family in preview["families"]) == len(told)


async def test_money_that_waits_for_a_person_rests_the_family_it_may_be_of(due):
    await billed(due)
    invoice = await due.invoice()
    event = due.bank.credit(AMOUNT + 1, invoice["reference"])
    assert await due.receive(event) == ["over"]
    await due.owner.execute(
        "UPDATE bank_transactions SET received_at = received_at - interval '3 days' WHERE school_id = $1 AND event_key = $2",
        due.world.school_id,
        str(event.event_id),
    )
    await run(due)
    told = await heard(due)
    assert due.world.parent.person_id not in told and due.world.parent2.person_id not in told
    assert due.world.classmate_parent.person_id in told


async def test_where_the_bank_is_silent_nobody_is_reminded(due):
    await billed(due)
    await due.owner.execute(
        "UPDATE bank_transactions SET received_at = received_at - interval '25 hours' WHERE school_id = $1",
        due.world.school_id,
    )
    assert await run(due) == 0
    preview = (await due.get("/reminders/preview")).json()
    assert preview["families"] == []
    assert preview["spared"] == [{"why": "bank_silent", "bills": 2}]


async def test_a_guardian_who_may_not_see_or_gets_no_notices_hears_nothing(due):
    await billed(due)
    for column, who in (("can_view", due.world.parent), ("gets_notices", due.world.parent2)):
        await due.owner.execute(
            f"UPDATE guardianships SET {column} = false WHERE school_id = $1 AND guardian_id = $2",
            due.world.school_id,
            who.person_id,
        )
    await run(due)
    assert set(await heard(due)) == {due.world.classmate_parent.person_id}


async def test_the_nevers_hold_for_any_mixture(due):
    """Twenty families with bills in every state; whoever is reminded owes something that is no gift, and has not just paid."""
    chance = random.Random(11)
    world, now = due.world, due.house.clock.now()
    homes = {}
    for number in range(20):
        homes[await _family(due, number)] = None
    await billed(due, title="Tiền ăn", amount=100_000)
    await billed(due, title="Quỹ ủng hộ", amount=20_000, category="voluntary", legal_basis=None)
    owing = {}
    for guardian_id, pupil_id in homes:
        state = chance.choice(["owes", "exempt", "paid", "part", "waiting", "cancelled"])
        owing[guardian_id] = state
        bill = await due.owner.fetchrow(
            "SELECT i.invoice_id, i.reference FROM invoices i JOIN fees f ON f.school_id = i.school_id AND f.fee_id = i.fee_id"
            " WHERE i.school_id = $1 AND i.pupil_id = $2 AND f.category <> 'voluntary'",
            world.school_id,
            pupil_id,
        )
        if state == "exempt":
            async with due.house.database.school(world.school_id) as tx:
                await ledger.hold_till(tx, at=now)
                new = Adjustment(bill["invoice_id"], -100_000, "exemption", "Hộ nghèo")
                await adjustments.add(tx, [new], made_by=world.accountant.account_id, at=now)
        elif state == "paid":
            await due.receive(due.bank.credit(100_000, bill["reference"]))
        elif state == "part":
            await due.receive(due.bank.credit(40_000, bill["reference"]))
        elif state == "waiting":
            await due.receive(due.bank.credit(150_000, bill["reference"]))
        elif state == "cancelled":
            assert (await due.post(f"/invoices/{bill['invoice_id']}/cancel", {})).status_code == 204
    await due.owner.execute("UPDATE guardianships SET gets_notices = true WHERE school_id = $1", world.school_id)
    await run(due)
    told = await heard(due)
    for guardian_id, state in owing.items():
        assert (guardian_id in told) is (state == "owes"), state
        if guardian_id in told:
            assert told[guardian_id] == [(100_000, 1, 1)]
    assert len(set(owing.values())) == 6


async def _family(money, number):
    world, now = money.world, money.house.clock.now()
    pupil_id, guardian_id = new_id(), new_id()
    await money.owner.execute(
        "INSERT INTO pupils (school_id, pupil_id, full_name, name_fold, sort_key, source, created_at, updated_at)"
        " VALUES ($1, $2, $3, 'hs', $3, 'hand', $4, $4)",
        world.school_id, pupil_id, f"Học Sinh {number}", now,
    )  # fmt: skip
    await money.owner.execute(
        "INSERT INTO enrolments (school_id, pupil_id, school_year, class_id, from_on) VALUES ($1, $2, '2026-2027', $3, '2026-09-05')",
        world.school_id, pupil_id, world.class_id,
    )  # fmt: skip
    await money.owner.execute(
        "INSERT INTO guardians (school_id, guardian_id, full_name, source, created_at, updated_at) VALUES ($1, $2, $3, 'hand', $4, $4)",
        world.school_id, guardian_id, f"Phụ Huynh {number}", now,
    )  # fmt: skip
    await money.owner.execute(
        "INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source) VALUES ($1, $2, $3, 'mother', $4, 'hand')",
        world.school_id, pupil_id, guardian_id, EARLY,
    )  # fmt: skip
    return guardian_id, pupil_id


def test_a_lock_screen_shows_no_sum():
    params = {"reminder": True, "bills": 2, "amount": 400_000, "due_on": "2026-12-01"}
    shown = on_lock_screen(
        "invoice", "vi", school_name="THCS", title=None, params=params, children=["Nguyễn Minh An"], urgent=False
    )
    assert "400" not in shown.body and "Minh An" in shown.body and "mới" not in shown.body
    read = in_full("invoice", "vi", title=None, body=None, params=params, children=["Nguyễn Minh An", "Lê Thị Ánh"])
    assert "400.000" in read.body and "Thị Ánh" in read.body and "01/12/2026" in read.body
