"""The code to pay, asked for in chat: a picture that a scanner reads, with what the app's says, for one's own child only."""

from __future__ import annotations

import io
from datetime import date

import asyncpg
import httpx
import zxingcpp
from PIL import Image

from backend.core.house import House
from payments import vietqr
from schemas.chat import Answer
from tests.bots.scenes import bill, sibling, talker
from tests.factories import World


def scanned(answer: Answer) -> str:
    assert answer.image is not None
    (symbol,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.image)).convert("L"))
    return symbol.text


async def test_the_code_scans_and_is_the_apps_own(
    house: House, client: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await bill(owner, world, world.child, "Tiền ăn tháng 10", 650_000)
    answer = await talker(house, world.parent.account_id).says("cho xin mã qr đóng tiền")
    invoice_id = await owner.fetchval("SELECT invoice_id FROM invoices WHERE school_id = $1", world.school_id)
    of_app = (
        await client.get(f"/v1/schools/{world.school_id}/invoices/{invoice_id}/qr", headers=world.parent.headers)
    ).json()
    assert scanned(answer) == of_app["payload"]
    code = vietqr.decode(scanned(answer))
    assert code.amount == 650_000 and code.memo is not None and code.memo in answer.text
    for said in (
        "Tiền ăn tháng 10",
        "Nguyễn Minh An",
        "650.000",
        "Sáu trăm năm mươi nghìn đồng",
        code.account,
        "31/10/2026",
    ):
        assert said in answer.text, said
    assert of_app["seal"].split("-")[0] in answer.text and "650.000" in answer.image_alt
    assert len(answer.text) <= 1024, "one message in Telegram: words under a picture end there"


async def test_several_bills_are_asked_about_and_each_button_gives_its_code(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    await bill(owner, world, world.child, "Tiền ăn tháng 10", 650_000)
    await bill(owner, world, world.child, "Bảo hiểm y tế", 631_800, due_on=date(2026, 10, 1))
    parent = talker(house, world.parent.account_id)
    asked = await parent.says("con tôi còn phải đóng bao nhiêu")
    assert "d:pay" in [button.press for button in asked.buttons]
    which = await parent.presses("Lấy mã QR để đóng")
    assert which.image is None and "quá hạn" in which.text
    assert vietqr.decode(scanned(await parent.presses("Bảo hiểm y tế: 631.800\u00a0đ"))).amount == 631_800
    await parent._turn(button="d:pay")
    all_of_it = await parent.presses("Tất cả khoản của gia đình trong một mã")
    assert vietqr.decode(scanned(all_of_it)).amount == 1_281_800 and "Tiền ăn tháng 10" in all_of_it.text
    assert vietqr.decode(scanned(await parent.says("cho mình qr tiền bảo hiểm"))).amount == 631_800


async def test_nothing_open_is_said(house: House, world: World) -> None:
    answer = await talker(house, world.parent.account_id).says("gửi mã QR chuyển khoản")
    assert answer.image is None and "không còn khoản nào" in answer.text


async def test_another_familys_bill_gives_no_code_whoever_presses(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    """Not even to the school's accountant, who could read it in the books: a chat is a family's."""
    await bill(owner, world, world.classmate, "Tiền ăn tháng 10", 777_000)
    invoice_id = await owner.fetchval("SELECT invoice_id FROM invoices WHERE school_id = $1", world.school_id)
    for account in (world.parent.account_id, world.accountant.account_id, world.stranger.account_id, None):
        answer = await talker(house, account)._turn(button=f"q:{world.school_id}:{invoice_id.hex}")
        assert answer.image is None and "777.000" not in answer.text
        none = await talker(house, account)._turn(button=f"r:{world.school_id}")
        assert none.image is None and "777.000" not in none.text


async def test_the_code_is_the_named_childs(house: House, world: World, owner: asyncpg.Connection) -> None:
    brother = await sibling(owner, world)
    await bill(owner, world, world.child, "Tiền ăn tháng 10", 650_000)
    await bill(owner, world, brother, "Tiền ăn tháng 10", 540_000)
    answer = await talker(house, world.parent.account_id).says("cho tôi mã QR tiền ăn của bé Bình")
    assert vietqr.decode(scanned(answer)).amount == 540_000 and "Nguyễn Gia Bình" in answer.text


async def test_trouble_with_a_code_is_another_question(house: House, world: World, owner: asyncpg.Connection) -> None:
    await bill(owner, world, world.child, "Tiền ăn tháng 10", 650_000)
    for question in ("mã QR không quét được", "mã QR này thật không", "QR code not working"):
        assert (await talker(house, world.parent.account_id).says(question)).image is None, question
