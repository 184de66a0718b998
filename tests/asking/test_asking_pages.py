"""The office's page of reminders and codes, without a script."""

from tests.asking.test_standing_codes import ON


def browser(who):
    return {"cookie": f"nc_access={who.token}", "accept": "text/html"}


async def test_the_office_sees_whom_a_run_would_reach_and_changes_the_days(money):
    await money.receive(money.bank.credit(1, "tien lai"))
    await money.bill()
    await money.owner.execute("UPDATE invoices SET due_on = due_on - 10 WHERE school_id = $1", money.world.school_id)
    path, who = f"/console/{money.world.school_id}/asking", browser(money.world.accountant)
    shown = await money.http.get(path, headers=who)
    assert shown.status_code == 200
    assert "Nguyễn Minh An" in shown.text and "2 gia đình" in shown.text
    wrong = await money.http.post(f"{path}/rules", data={"reminder_days": "ba ngày"}, headers=who)
    assert wrong.status_code == 422
    assert "ba ngày" in wrong.text and "cách nhau bằng dấu phẩy, từ -30" in wrong.text
    done = await money.http.post(f"{path}/rules", data={"reminder_days": "7, 1", "reminders": "1"}, headers=who)
    assert done.status_code == 303
    assert (await money.get("/asking-rules")).json() == {
        "pupil_codes": False,
        "reminders": True,
        "reminder_days": [1, 7],
    }


async def test_the_banks_list_is_pasted_and_a_wrong_row_loses_nothing(money):
    path, who = f"/console/{money.world.school_id}/asking", browser(money.world.accountant)
    account = {"bank_account_id": str(money.world.bank_account_id)}
    rows = f"VA{money.world.school_id:08d}77\t{money.world.child.pupil_id}\nVA12345678, không có"
    wrong = await money.http.post(f"{path}/virtual-accounts", data={**account, "rows": rows}, headers=who)
    assert wrong.status_code == 422
    assert "Dòng 2" in wrong.text and "VA12345678, không có" in wrong.text
    done = await money.http.post(
        f"{path}/virtual-accounts", data={**account, "rows": rows.splitlines()[0]}, headers=who
    )
    assert done.status_code == 303
    assert await money.count("virtual_accounts") == 1


async def test_cards_are_printed_for_a_class(money):
    path, who = f"/console/{money.world.school_id}/asking", browser(money.world.accountant)
    await money.post("/asking-rules", ON)
    account = {"bank_account_id": str(money.world.bank_account_id)}
    assert (await money.http.post(f"{path}/codes", data=account, headers=who)).status_code == 303
    cards = await money.http.get(f"{path}/cards/{money.world.class_id}", headers=who)
    assert cards.text.count("data:image/svg+xml;base64,") == 2
    assert "Nguyễn Minh An" in cards.text and "Lê Thị Ánh" not in cards.text
