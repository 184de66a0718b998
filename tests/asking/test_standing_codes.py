"""A pupil's own code, where the school wants it, and the virtual account where the bank offers one."""

import pytest

from payments import vietqr
from payments.verify import verdict

ON = {"pupil_codes": True, "reminders": True, "reminder_days": [0]}


@pytest.fixture
async def given(money):
    body = {"bank_account_id": money.world.bank_account_id}
    off = await money.post("/pupil-codes", body)
    assert (off.status_code, off.json()["type"]) == (409, "/problems/pupil-codes-off")
    assert (await money.post("/asking-rules", ON)).status_code == 200
    assert (await money.post("/pupil-codes", body)).json() == {"made": 3}
    assert (await money.post("/pupil-codes", body)).json() == {"made": 0}
    return money


async def code_of(money, who=None):
    answer = await money.get(f"/pupils/{money.world.child.pupil_id}/standing-codes", who or money.world.parent)
    assert answer.status_code == 200, answer.text
    return answer.json()["codes"]


async def take(money, *rows, account=None):
    path = f"/bank-accounts/{account or money.world.bank_account_id}/virtual-accounts"
    return await money.post(path, {"rows": [{"virtual_account": va, "pupil": str(pupil)} for va, pupil in rows]})


async def test_the_code_asks_for_no_amount_and_names_nobody(given):
    (one,) = await code_of(given)
    code = vietqr.decode(one["payload"])
    assert (code.amount, code.initiation, code.memo, code.account) == (None, "11", one["code"], given.account_number)
    assert (await verdict(given.house, one["payload"])).told == "school"
    assert (await verdict(given.house, one["seal"])).told == "school"
    with_amount = vietqr.encode(vietqr.VietQR(code.bank_bin, code.account, 50_000, code.memo))
    assert (await verdict(given.house, with_amount)).told == "not_school"


async def test_codes_are_for_the_family_and_the_keepers_of_the_money(given):
    world = given.world
    for who in (world.parent, world.parent2, world.accountant, world.admin):
        assert len(await code_of(given, who)) == 1
    for who in (world.teacher, world.neighbour, world.stranger, world.other_admin):
        assert await code_of(given, who) == []


async def test_switched_off_they_are_shown_to_nobody(given):
    assert (await given.post("/asking-rules", {**ON, "pupil_codes": False})).status_code == 200
    assert await code_of(given) == []


async def test_a_virtual_account_stands_in_the_pupils_code(given):
    child, other = given.world.child.pupil_id, given.world.classmate.pupil_id
    number = f"VA{given.world.school_id:08d}01"
    assert (await take(given, (number, child), (number[:-1] + "2", other))).json() == {"made": 2}
    assert (await take(given, (number, child))).json() == {"made": 0}
    (one,) = await code_of(given)
    assert (one["account_number"], one["virtual"]) == (number, True)
    assert (await verdict(given.house, one["payload"])).told == "school"
    assert (await verdict(given.house, one["seal"])).told == "school"
    code = vietqr.decode(one["payload"])
    swapped = vietqr.encode(vietqr.VietQR(code.bank_bin, number[:-1] + "2", None, code.memo))
    assert (await verdict(given.house, swapped)).told == "not_school"
    assert (await verdict(given.house, number)).told == "school"


async def test_every_wrong_row_of_the_banks_list_is_named_and_none_is_taken(given):
    child, other = given.world.child.pupil_id, given.world.classmate.pupil_id
    number = f"VA{given.world.school_id:08d}03"
    refused = await take(given, (number, child), ("!!", child), (number, other), (number + "9", "không có"))
    assert refused.status_code == 422
    assert {error["pointer"] for error in refused.json()["errors"]} == {
        "/rows/1/virtual_account",
        "/rows/2/virtual_account",
        "/rows/3/pupil",
    }
    assert await given.count("virtual_accounts") == 0
    assert (await take(given, (number, child))).status_code == 200
    moved = await take(given, (number, other))
    assert [error["pointer"] for error in moved.json()["errors"]] == ["/rows/0/virtual_account"]


async def test_the_account_of_another_school_is_not_found(given):
    foreign = await given.owner.fetchval(
        "INSERT INTO bank_accounts (school_id, bank_bin, account_number, account_name, created_at)"
        " VALUES ($1, '970422', $2, 'KHAC', now()) RETURNING bank_account_id",
        given.world.other_school_id,
        f"9{given.world.school_id:09d}",
    )
    assert (await take(given, ("VA99999999", given.world.child.pupil_id), account=foreign)).status_code == 404
    assert (await given.post("/pupil-codes", {"bank_account_id": foreign})).status_code == 404
