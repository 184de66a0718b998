"""One request for a family: several bills of several children under one code, always for what is left."""

import io

import numpy
import zxingcpp
from PIL import Image

from backend.core.ids import new_id
from payments import references, seals, vietqr
from tests.payments.conftest import AMOUNT


async def bills_of_both(money, sister) -> None:
    await money.bill()
    await money.bill(class_id=str(sister.class_id), title="Nước uống", amount=50_000)


async def ask(money, who=None, body=None):
    path = f"/v1/family/schools/{money.world.school_id}/payment-requests"
    return await money.http.post(path, json=body or {}, headers=(who or money.world.parent).headers)


async def look(money, code, who=None, suffix=""):
    path = f"/v1/family/schools/{money.world.school_id}/payment-requests/{code}{suffix}"
    return await money.http.get(path, headers=(who or money.world.parent).headers)


async def test_one_code_asks_for_all_bills_of_all_children(money, sister):
    await bills_of_both(money, sister)
    answer = await ask(money)
    assert answer.status_code == 200, answer.text
    (asked,) = answer.json()["requests"]
    assert (asked["amount"], asked["remaining"], asked["parts"]) == (AMOUNT + 50_000, AMOUNT + 50_000, 1)
    assert {bill["pupil_name"] for bill in asked["bills"]} == {"Nguyễn Minh An", "Lê Thị Ánh"}
    assert references.is_reference(asked["code"], "HP")
    code = vietqr.decode(asked["payload"])
    assert (code.account, code.amount, code.memo) == (
        money.account_number,
        AMOUNT + 50_000,
        f"{asked['code']} CAC KHOAN THU",
    )


async def test_asking_again_gives_the_same_code_and_another_choice_another(money, sister):
    await bills_of_both(money, sister)
    (first,) = (await ask(money)).json()["requests"]
    (again,) = (await ask(money)).json()["requests"]
    assert again["code"] == first["code"]
    only = [first["bills"][0]["invoice_id"]]
    (chosen,) = (await ask(money, body={"invoice_ids": only})).json()["requests"]
    assert chosen["code"] != first["code"]
    assert [bill["invoice_id"] for bill in chosen["bills"]] == only
    assert await money.count("payment_codes") == 2


async def test_what_is_paid_is_no_longer_asked(money, sister):
    await bills_of_both(money, sister)
    (first,) = (await ask(money)).json()["requests"]
    invoice = await money.invoice()
    await money.receive(money.bank.credit(100_000, invoice["reference"]))
    now = (await look(money, first["code"])).json()
    assert (now["amount"], vietqr.decode(now["payload"]).amount) == (AMOUNT - 50_000, AMOUNT - 50_000)
    await money.receive(money.bank.credit(AMOUNT - 100_000, invoice["reference"]))
    now = (await look(money, first["code"])).json()
    assert (now["amount"], [bill["pupil_name"] for bill in now["bills"]]) == (50_000, ["Lê Thị Ánh"])
    (again,) = (await ask(money)).json()["requests"]
    assert again["code"] == first["code"]
    await money.receive(money.bank.credit(50_000, (await money.invoice(sister))["reference"]))
    gone = await look(money, first["code"])
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/nothing-open")
    assert (await ask(money)).json()["type"] == "/problems/nothing-open"


async def test_gifts_are_asked_for_only_when_chosen(money, sister):
    await bills_of_both(money, sister)
    await money.bill(category="voluntary", title="Ủng hộ thư viện", amount=20_000, legal_basis=None)
    gift = await money.invoice()
    (asked,) = (await ask(money)).json()["requests"]
    assert gift["invoice_id"] not in [bill["invoice_id"] for bill in asked["bills"]]
    owed = [bill["invoice_id"] for bill in asked["bills"]]
    (chosen,) = (await ask(money, body={"invoice_ids": [gift["invoice_id"], *owed]})).json()["requests"]
    assert [bill["invoice_id"] for bill in chosen["bills"]][-1] == gift["invoice_id"]
    assert chosen["bills"][-1]["voluntary"]


async def test_more_than_one_transfer_may_carry_is_split(money):
    for title in ("Nội trú A", "Nội trú B"):
        await money.bill(title=title, amount=400_000_000)
    (asked,) = (await ask(money)).json()["requests"]
    assert (asked["amount"], asked["remaining"], asked["parts"]) == (vietqr.AMOUNT_MAX, 800_000_000, 2)


async def test_each_receiving_account_has_a_code_of_its_own(money):
    await money.bill()
    second = await money.owner.fetchval(
        "INSERT INTO bank_accounts (school_id, bank_bin, account_number, account_name, created_at)"
        " VALUES ($1, '970422', $2, 'TRUONG', $3) RETURNING bank_account_id",
        money.world.school_id,
        new_id().hex[-12:],
        money.house.clock.now(),
    )
    await money.bill(title="Nước", amount=50_000, bank_account_id=second)
    asked = (await ask(money)).json()["requests"]
    assert sorted(one["amount"] for one in asked) == [50_000, AMOUNT]
    assert len({one["account_number"] for one in asked}) == 2


async def test_only_who_may_see_every_child_sees_the_request(money, sister):
    await bills_of_both(money, sister)
    world = money.world
    (asked,) = (await ask(money)).json()["requests"]
    for suffix in ("", "/qr.png", "/qr.svg"):
        assert (await look(money, asked["code"], world.parent, suffix)).status_code == 200
        for who in (world.parent2, world.neighbour, world.classmate_parent, world.stranger):
            assert (await look(money, asked["code"], who, suffix)).status_code == 404
        for who in (world.teacher, world.accountant, world.admin):
            assert (await look(money, asked["code"], who, suffix)).status_code == 403
    (his,) = (await ask(money, world.parent2)).json()["requests"]
    assert {bill["pupil_name"] for bill in his["bills"]} == {"Nguyễn Minh An"}
    foreign = [bill["invoice_id"] for bill in asked["bills"]]
    refused = await ask(money, world.parent2, {"invoice_ids": foreign})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/invoice_ids")


async def test_a_parent_who_lost_the_right_to_see_asks_for_nothing(money):
    await money.bill()
    await money.owner.execute(
        "UPDATE guardianships SET can_view = false WHERE school_id = $1 AND guardian_id = $2",
        money.world.school_id,
        money.world.parent.person_id,
    )
    assert (await ask(money)).status_code == 404


async def test_the_picture_is_the_payload_and_the_seal_holds(money, sister):
    await bills_of_both(money, sister)
    (asked,) = (await ask(money)).json()["requests"]
    png = await look(money, asked["code"], suffix="/qr.png")
    picture = numpy.array(Image.open(io.BytesIO(png.content)).convert("L"))
    (symbol,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    assert symbol.text == asked["payload"]
    (claim,) = seals.find(asked["seal"])
    assert (claim.kind, claim.amount, claim.subject) == (seals.Kind.REQUEST, asked["amount"], asked["code"])
    assert seals.holds(money.house.cipher, claim, seals.account_key("970436", money.account_number))


async def test_links_to_bank_apps_carry_the_code_and_no_child(money, sister):
    await bills_of_both(money, sister)
    (asked,) = (await ask(money)).json()["requests"]
    assert [app["name"] for app in asked["apps"]][:2] == ["Vietcombank", "MB Bank"]
    for app in asked["apps"]:
        assert f"ba={money.account_number}@vcb&am={asked['amount']}&tn={asked['code']}" in app["link"]
        assert "Minh" not in app["link"]


async def test_money_with_the_code_pays_the_bills(money, sister):
    await bills_of_both(money, sister)
    (asked,) = (await ask(money)).json()["requests"]
    state = await money.receive(money.bank.credit(asked["amount"], f"MBVCB.1.{asked['memo']}.CT tu 0011"))
    assert state == ["settled"]
    assert (await look(money, asked["code"])).status_code == 404
    await money.prove()


async def test_no_bill_is_ever_given_the_code_of_a_request(money, monkeypatch):
    await money.bill()
    (asked,) = (await ask(money)).json()["requests"]
    drawn = references.draw

    def unlucky(prefix, count, randbelow, taken=frozenset(), digits=6):
        return [asked["code"], *drawn(prefix, count, randbelow, taken, digits)]

    monkeypatch.setattr(references, "draw", unlucky)
    await money.bill(title="Nước")
    assert (await money.invoice())["reference"] != asked["code"]


async def test_the_pages_work_without_a_script(money, sister):
    await bills_of_both(money, sister)
    await money.bill(category="voluntary", title="Ủng hộ thư viện", amount=20_000, legal_basis=None)
    browser = {"cookie": f"nc_access={money.world.parent.token}", "accept": "text/html"}
    base = f"/app/{money.world.school_id}/pay"
    chosen = await money.http.get(base, headers=browser)
    assert chosen.status_code == 200
    assert chosen.text.count(" checked") == 2
    assert chosen.text.count('name="bill"') == 3
    empty = await money.http.post(base, data={}, headers=browser)
    assert empty.status_code == 422
    assert "ít nhất một khoản" in empty.text
    made = await money.http.post(base, data={"all": "1"}, headers=browser)
    assert made.status_code == 303
    shown = await money.http.get(made.headers["location"], headers=browser)
    assert shown.status_code == 200
    assert "400.000" in shown.text and "Nguyễn Minh An" in shown.text
    assert "/verify?text=HP" in shown.text
