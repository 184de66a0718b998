"""Whom a memo may mean, found in the database: names in every form, classes, parents, payers seen before; by index, and bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.clock import school_day
from backend.core.text import fold
from payments import candidates, names
from payments.banks.line import BankLine
from tests.factories import add_pupils
from tests.payments.conftest import AMOUNT

NAMES = ["nguyen van an", "le thi thanh ha", "tran", "y bham nie", "nguyen hoang bao ngoc anh", "a lang"]
NOTE = {"note": "Đã gọi phụ huynh."}


async def suggested(money, event):
    row = await money.transaction(event)
    listed = (await money.get("/transactions?waiting=true")).json()["transactions"]
    entry = next(one for one in listed if one["transaction_id"] == str(row["transaction_id"]))
    return [(one["pupil_name"], one["reasons"]) for one in entry["suggestions"]]


async def test_the_database_and_the_memo_speak_of_the_same_forms(owner):
    rows = await owner.fetch(
        """
        SELECT n AS name, replace(n, ' ', '') AS run, regexp_replace(n, '([a-z0-9])[a-z0-9]* ', '\\1', 'g') AS short,
               split_part(n, ' ', 1) || ' ' || split_part(n, ' ', -1) AS ends,
               regexp_replace(n, '^.* (?=[^ ]+ [^ ]+$)', '') AS tail, translate(n, 'aeiouy ', '') AS bones
          FROM unnest($1::text[]) AS n
        """,
        NAMES,
    )
    columns = await owner.fetch(
        "SELECT column_name, generation_expression FROM information_schema.columns"
        " WHERE table_name = 'pupils' AND is_generated = 'ALWAYS' ORDER BY column_name"
    )
    assert [row["column_name"] for row in columns] == [
        f"name_{form}" for form in ("bones", "ends", "run", "short", "tail")
    ]
    for row in rows:
        form = names.forms(row["name"])
        assert {key: row[key] for key in ("run", "short", "ends", "tail", "bones")} == {
            "run": form.run, "short": form.short, "ends": form.ends, "tail": form.tail, "bones": form.bones,
        }  # fmt: skip


async def test_the_forms_follow_the_name_of_a_pupil(owner, world):
    kept = await owner.fetchrow(
        "UPDATE pupils SET full_name = 'Lê Thị Thanh Hà', name_fold = 'le thi thanh ha' WHERE school_id = $1 AND pupil_id = $2"
        " RETURNING name_run, name_short, name_ends, name_tail, name_bones",
        world.school_id,
        world.child.pupil_id,
    )
    form = names.forms("le thi thanh ha")
    assert tuple(kept) == (form.run, form.short, form.ends, form.tail, form.bones)


TELLINGS = [
    "NGUYEN MINH AN nop tien an",
    "MBVCB.3278907687.nop tien cho Nguyen Minh An 6A1.CT tu 0011000999999 TRAN VAN BA toi 0123499999",
    "An Nguyen Minh lop 6a1",
    "N M An 6A1",
    "NM.AN L6A1",
    "nguyen an hoc phi",
    "IBFTTIENANNGUYENMINHAN6A1",
    "CT nhanh 247 den: be Minh An lop 6A1; thoi gian GD:05/09/2026 14:02:37",
    "nop tien an thang 9 cho NGUYEN MINH A",
    "nguyeen minh an tien an",
]


@pytest.mark.parametrize("memo", TELLINGS)
async def test_a_child_is_found_by_whatever_form_of_its_name(money, owner, memo):
    await add_pupils(owner, money.world, 30)
    await money.bill()
    event = money.bank.credit(AMOUNT, memo)
    assert await money.receive(event) == ["unmatched"]
    found = await suggested(money, event)
    assert found[0][0] == "Nguyễn Minh An", found
    assert found[0][1][0] in ("name_whole", "name_alike")


async def test_two_children_in_one_transfer_are_suggested_together(money, owner):
    await add_pupils(owner, money.world, 30)
    await money.bill()
    event = money.bank.credit(2 * AMOUNT, "tien an NGUYEN MINH AN va TRAN BAO AN 6A1")
    await money.receive(event)
    found = await suggested(money, event)
    assert {name for name, _ in found[:2]} == {"Nguyễn Minh An", "Trần Bảo Ân"}
    assert all("amount_equal_together" in reasons for _, reasons in found[:2])


async def test_a_reference_beside_another_childs_name_goes_to_a_person(money):
    await money.bill()
    invoice = await money.invoice()
    assert invoice["pupil_name"] == "Nguyễn Minh An"
    event = money.bank.credit(AMOUNT, f"{invoice['reference']} TRAN BAO AN 6A1")
    assert await money.receive(event) == ["ambiguous"]
    assert (await money.transaction(event))["reasons"] == ["another_child_named"]
    own = money.bank.credit(AMOUNT, f"{invoice['reference']} NGUYEN MINH AN 6A1")
    assert await money.receive(own) == ["settled"]


@pytest.mark.parametrize(
    "frame",
    [
        "CT tu 0011000999999 TRAN BAO AN toi 0123499999",
        "CT tu 0011 TRAN BAO AN",
        "CT tu 0011 TRAN BAO AN toi 0123499999 TRUONG THCS MAU",
        "CT tu xxx999 TRAN BAO AN",
    ],
)
async def test_the_payers_name_in_the_banks_frame_is_no_childs(money, frame):
    await money.bill()
    reference = (await money.invoice())["reference"]
    memo = f"MBVCB.3278907687.{reference}.{frame}"
    assert await money.receive(money.bank.credit(AMOUNT, memo)) == ["settled"]


async def test_a_parents_name_leads_to_the_child(money, owner):
    await add_pupils(owner, money.world, 30)
    await money.bill()
    await owner.execute(
        "UPDATE guardians SET full_name = 'Phạm Thị Hồng Gấm', name_fold = 'pham thi hong gam' WHERE school_id = $1 AND account_id = $2",
        money.world.school_id,
        money.world.parent.account_id,
    )
    event = money.bank.credit(AMOUNT, "PHAM THI HONG GAM chuyen tien")
    await money.receive(event)
    found = await suggested(money, event)
    assert found[0] == ("Nguyễn Minh An", ["guardian_named", "amount_equal"])


async def test_a_payer_who_paid_before_is_known_and_forgotten_with_what_is_undone(money, owner):
    await add_pupils(owner, money.world, 30)
    await money.bill()
    await money.bill(title="Nước uống", amount=60_000)
    first = money.bank.credit(AMOUNT, "MBVCB.1.tien an.CT tu 0011000999999 LE THI HOA toi 0123499999")
    await money.receive(first)
    listed = (await money.get(f"/classes/{money.world.class_id}/invoices")).json()["invoices"]
    bill = next(one for one in listed if one["pupil_id"] == str(money.world.child.pupil_id) and one["amount"] == AMOUNT)
    transaction = (await money.transaction(first))["transaction_id"]
    shares = [{"invoice_id": bill["invoice_id"], "amount": AMOUNT}]
    answer = await money.post(f"/transactions/{transaction}/match", {**NOTE, "shares": shares})
    assert answer.status_code == 204, answer.text

    again = money.bank.credit(60_000, "MBVCB.2.chuyen tien.CT tu 0011000999999 LE THI HOA toi 0123499999")
    await money.receive(again)
    assert (await suggested(money, again))[0] == ("Nguyễn Minh An", ["payer_seen_before", "amount_equal"])

    assert (await money.post(f"/transactions/{transaction}/undo", NOTE)).status_code == 204
    later = money.bank.credit(60_000, "MBVCB.3.chuyen tien.CT tu 0011000999999 LE THI HOA toi 0123499999")
    await money.receive(later)
    assert all("payer_seen_before" not in reasons for _, reasons in await suggested(money, later))


async def test_a_batch_takes_as_many_statements_as_one_line(money, house, owner):
    await add_pupils(owner, money.world, 30)
    await money.bill()
    reference = (await money.invoice())["reference"]
    memos = ["be An 6A1", reference, f"{reference} TRAN BAO AN", "HP2600017 la", "LE THI HOA ck", "nguyen an", ""]
    counts = {}
    for size in (len(memos), 40 * len(memos)):
        lines = [_line(money, memos[n % len(memos)]) for n in range(size)]
        async with house.database.school(money.world.school_id) as tx:
            before = tx.statements
            looked = await candidates.look(tx, "HP", [(money.world.bank_account_id, line) for line in lines])
            counts[size] = tx.statements - before
        assert len(looked) == size
        assert [type(one.decide()).__name__ for one in looked[:3]] == ["NoMatch", "Match", "Ambiguous"]
    assert len(set(counts.values())) == 1
    assert counts[len(memos)] <= 10


@pytest.mark.parametrize(
    ("column", "comparison", "value"),
    [
        ("name_run", "=", "nguyenvan7an"),
        ("name_short", "=", "nv7an"),
        ("name_ends", "=", "nguyen an7"),
        ("name_tail", "=", "van an7"),
        ("name_bones", "=", "ngnvn7n"),
        ("name_run", ">", "nguyenvan7"),
    ],
)
async def test_names_are_found_by_index_under_row_level_security(owner, house, world, column, comparison, value):
    """Only a leakproof comparison may be an index's under a policy: those of text are, most else is not."""
    await owner.execute(
        "INSERT INTO pupils (school_id, pupil_id, full_name, name_fold, sort_key, source, created_at, updated_at)"
        " SELECT $1, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'x', 'nguyen van ' || n, '', 'hand', $2, $2"
        "   FROM generate_series(1, 3000) AS n",
        world.other_school_id,
        house.clock.now(),
    )
    await owner.execute("ANALYZE pupils")
    bound = f"q.{column} > $2 AND q.{column} < $2 || '~'" if comparison == ">" else f"q.{column} = $2"
    async with house.database.school(world.other_school_id) as tx:
        rows = await tx.fetch(
            f"EXPLAIN SELECT q.pupil_id FROM pupils q WHERE q.school_id = $1 AND {bound} LIMIT 65",
            world.other_school_id,
            value,
        )
    plan = "\n".join(row[0] for row in rows)
    assert f"pupils_by_{column}" in plan, plan
    assert f"{column} {comparison}" in plan.split("Index Cond:")[1], plan


@given(st.text(max_size=120))
def test_any_memo_can_be_asked_for_children(memo):
    said = names.told(memo)
    assert all(run == run.lower() for run in said.runs)
    assert len(said.runs) + len(said.shorts) + len(said.pairs) < 4000
    assert all(len(bones) <= len(run) for run in said.runs for bones in [names.forms(run).bones])


@given(
    st.sampled_from(NAMES),
    st.sampled_from(["", "hoc phi ", "MBVCB.1234567890."]),
    st.sampled_from(["", " 6A1", " lop 7a2"]),
)
def test_a_name_in_a_memo_is_told_in_all_its_forms(name, before, after):
    said = names.told(f"{before}{name.upper()}{after}")
    form = names.forms(fold(name))
    if name.count(" ") and name.count(" ") < 4:
        assert form.run in said.runs
        assert form.short in said.shorts


def _line(money, memo):
    now = money.house.clock.now()
    assert school_day(now)
    return BankLine("test", memo, money.account_number, "in", AMOUNT, memo, now)
