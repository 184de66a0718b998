"""What a family sees of money: its own bills, a code that pays exactly what is left, and its receipts."""

import io

import numpy
import pypdf
import pytest
import zxingcpp
from PIL import Image

from payments import queries
from payments.vietqr import decode
from tests.payments.conftest import AMOUNT
from tests.payments.test_vietqr import rendered


async def test_a_family_sees_its_bills_in_one_statement(money):
    await money.bill()
    family = await money.family()
    assert (family["pupil_name"], family["due"], family["credit"]) == ("Nguyễn Minh An", AMOUNT, 0)
    (bill,) = family["invoices"]
    assert (bill["title"], bill["state"], bill["overdue"], bill["mandatory"]) == (
        "Tiền ăn bán trú tháng 9",
        "open",
        False,
        False,
    )
    assert bill["legal_basis"] == "Nghị quyết 18/2025/NQ-HĐND"


async def test_both_parents_see_the_same_and_others_do_not_learn_that_the_child_exists(money):
    await money.bill()
    world = money.world
    assert await money.family(world.parent) == await money.family(world.parent2)
    path = f"/v1/family/schools/{world.school_id}/pupils/{world.child.pupil_id}/invoices"
    for who in (world.neighbour, world.classmate_parent, world.stranger):
        assert (await money.http.get(path, headers=who.headers)).status_code == 404
    for who in (world.teacher, world.accountant):
        assert (await money.http.get(path, headers=who.headers)).status_code == 403


async def test_a_parent_without_the_right_to_see_reads_no_bill(money):
    await money.bill()
    await money.owner.execute(
        "UPDATE guardianships SET can_view = false WHERE school_id = $1 AND guardian_id = $2",
        money.world.school_id,
        money.world.parent2.person_id,
    )
    invoice = await money.invoice()
    path = f"/v1/family/schools/{money.world.school_id}/pupils/{money.world.child.pupil_id}/invoices"
    assert (await money.http.get(path, headers=money.world.parent2.headers)).status_code == 404
    assert (await money.get(f"/invoices/{invoice['invoice_id']}/qr", money.world.parent2)).status_code == 404


async def test_nothing_new_is_304_until_money_arrives(money):
    await money.bill()
    invoice = await money.invoice()
    path = f"/v1/family/schools/{money.world.school_id}/pupils/{money.world.child.pupil_id}/invoices"
    headers = money.world.parent.headers
    etag = (await money.http.get(path, headers=headers)).headers["etag"]
    again = await money.http.get(path, headers={**headers, "if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    await money.receive(money.bank.credit(AMOUNT, invoice["reference"]))
    fresh = await money.http.get(path, headers={**headers, "if-none-match": etag})
    assert (fresh.status_code, fresh.json()["due"]) == (200, 0)


async def test_a_guardian_who_gets_no_notices_still_sees_the_new_state(money):
    """The tag must not depend on who is notified."""
    await money.owner.execute(
        "UPDATE guardianships SET gets_notices = false WHERE school_id = $1 AND guardian_id = $2",
        money.world.school_id,
        money.world.parent2.person_id,
    )
    await money.bill()
    path = f"/v1/family/schools/{money.world.school_id}/pupils/{money.world.child.pupil_id}/invoices"
    headers = money.world.parent2.headers
    etag = (await money.http.get(path, headers=headers)).headers["etag"]
    await money.receive(money.bank.credit(AMOUNT, (await money.invoice())["reference"]))
    assert (await money.http.get(path, headers={**headers, "if-none-match": etag})).status_code == 200


async def test_the_code_asks_for_what_is_left_and_names_no_child(money):
    await money.bill()
    invoice = await money.invoice()
    await money.receive(money.bank.credit(100_000, invoice["reference"]))
    asked = (await money.get(f"/invoices/{invoice['invoice_id']}/qr", money.world.parent)).json()
    assert (asked["amount"], asked["bank_bin"], asked["bank_name"]) == (AMOUNT - 100_000, "970436", "Vietcombank")
    assert asked["memo"] == f"{invoice['reference']} TIEN AN BAN TRU"
    code = decode(asked["payload"])
    assert (code.bank_bin, code.account, code.amount, code.memo) == (
        "970436",
        money.account_number,
        AMOUNT - 100_000,
        asked["memo"],
    )


async def test_an_independent_decoder_reads_the_pictures_that_a_parent_gets(money):
    await money.bill()
    invoice = await money.invoice()
    path = f"/invoices/{invoice['invoice_id']}/qr"
    payload = (await money.get(path, money.world.parent)).json()["payload"]
    png, svg = await money.get(path + ".png", money.world.parent), await money.get(path + ".svg", money.world.parent)
    assert (png.headers["content-type"], svg.headers["content-type"]) == ("image/png", "image/svg+xml")
    assert "no-store" in png.headers["cache-control"]
    for image in (Image.open(io.BytesIO(png.content)).convert("L"), rendered(svg.content)):
        (symbol,) = zxingcpp.read_barcodes(numpy.array(image))
        assert symbol.text == payload


async def test_paying_by_the_scanned_code_settles_the_bill(money):
    await money.bill()
    invoice = await money.invoice()
    png = await money.get(f"/invoices/{invoice['invoice_id']}/qr.png", money.world.parent)
    (symbol,) = zxingcpp.read_barcodes(numpy.array(Image.open(io.BytesIO(png.content)).convert("L")))
    code = decode(symbol.text)
    assert code.account == money.bank.account_number
    assert await money.receive(money.bank.credit(code.amount, f"MBVCB.1234567890.{code.memo}.CT tu 0011")) == [
        "settled"
    ]
    paid = await money.get(f"/invoices/{invoice['invoice_id']}/qr", money.world.parent)
    assert (paid.status_code, paid.json()["type"]) == (404, "/problems/nothing-to-pay")


@pytest.mark.parametrize("path", ["/qr", "/qr.png", "/qr.svg"])
async def test_codes_are_for_the_family_and_the_accountant(money, path):
    await money.bill()
    invoice, world = await money.invoice(), money.world
    for who in (world.parent, world.parent2, world.accountant, world.admin):
        assert (await money.get(f"/invoices/{invoice['invoice_id']}{path}", who)).status_code == 200
    for who in (world.teacher, world.neighbour, world.classmate_parent, world.stranger, world.other_admin):
        assert (await money.get(f"/invoices/{invoice['invoice_id']}{path}", who)).status_code == 404
    assert (await money.http.get(f"{money.path}/invoices/{invoice['invoice_id']}{path}")).status_code == 401


async def test_a_receipt_can_be_downloaded_by_the_family(money):
    await money.bill()
    await money.receive(money.bank.credit(AMOUNT, (await money.invoice())["reference"]))
    (receipt,) = (await money.family())["invoices"][0]["receipts"]
    assert receipt["number"].endswith("/000001")
    path, world = f"/receipts/{receipt['receipt_id']}/pdf", money.world
    pdf = await money.get(path, world.parent)
    assert (pdf.status_code, pdf.headers["content-type"]) == (200, "application/pdf")
    text = " ".join(pypdf.PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text().split())
    for words in (
        "Trường THCS Thử Nghiệm",
        "Nguyễn Minh An – lớp 6A1",
        "Ba trăm năm mươi nghìn đồng.",
        receipt["number"],
    ):
        assert words in text
    assert (await money.get(path, world.accountant)).content == pdf.content
    for who in (world.teacher, world.neighbour, world.stranger):
        assert (await money.get(path, who)).status_code == 404


async def test_the_bot_and_pages_read_the_same_shape(money):
    await money.bill()
    from backend.core.clock import school_day

    arguments = (money.house.database.reader, money.world.school_id)
    today = school_day(money.house.clock.now())
    mine = await queries.invoices_for_family(
        *arguments, money.world.parent.account_id, money.world.child.pupil_id, on=today
    )
    assert (mine.due, mine.invoices[0].state) == (AMOUNT, "open")
    theirs = await queries.invoices_for_family(
        *arguments, money.world.neighbour.account_id, money.world.child.pupil_id, on=today
    )
    assert theirs is None


async def test_a_family_whose_credit_pays_another_childs_bill_sees_it_at_once(money):
    await money.bill()
    world = money.world
    other = await money.invoice(world.classmate)
    event = money.bank.credit(AMOUNT, "me chuyen tien")
    await money.receive(event)
    path = f"/transactions/{(await money.transaction(event))['transaction_id']}/match"
    credited = {"note": "Chưa rõ", "credit_pupil_id": str(world.child.pupil_id)}
    assert (await money.post(path, credited)).status_code == 204
    mine = f"/v1/family/schools/{world.school_id}/pupils/{world.child.pupil_id}/invoices"
    before = await money.http.get(mine, headers=world.parent.headers)
    assert before.json()["credit"] == AMOUNT
    laid = {"note": "Của bạn cùng lớp", "shares": [{"invoice_id": other["invoice_id"], "amount": AMOUNT}]}
    assert (await money.post(path, laid)).status_code == 204
    known = {**world.parent.headers, "if-none-match": before.headers["etag"]}
    after = await money.http.get(mine, headers=known)
    assert (after.status_code, after.json()["credit"]) == (200, 0)
    await money.prove()
