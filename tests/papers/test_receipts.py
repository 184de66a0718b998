"""Receipts have no gaps whatever fails between them, are cancelled by numbered papers, and prove to anybody that the school made them."""

import asyncio
import io
import re

import asyncpg
import numpy
import pypdf
import pytest
import zxingcpp
from PIL import Image, ImageDraw

from backend.core.clock import school_day
from backend.core.crypto import Cipher
from backend.core.ids import new_id
from backend.core.problems import Problem
from payments import drawing, ledger, receipts
from tests.payments.conftest import AMOUNT

NOTE = {"note": "Chuyển nhầm em."}


async def paid(money) -> dict:
    """A bill that was paid by transfer, as its family sees it."""
    await money.bill()
    await money.receive(money.bank.credit(AMOUNT, (await money.invoice())["reference"]))
    return (await money.family())["invoices"][0]


async def undo(money):
    (row,) = (await money.get("/transactions")).json()["transactions"]
    answer = await money.post(f"/transactions/{row['transaction_id']}/undo", NOTE)
    assert answer.status_code == 204, answer.text


def text_of(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def code_on(pdf: bytes) -> str:
    found = re.search(r"[A-Z]*20[0-9]{8}(-[0-9A-Z]+){6}", text_of(pdf))
    assert found
    return found.group()


async def numbers(money, kind: str = "transfer") -> list[int]:
    rows = await money.owner.fetch(
        "SELECT number FROM payment_receipts WHERE school_id = $1 AND kind = $2 ORDER BY number",
        money.world.school_id,
        kind,
    )
    return [row["number"] for row in rows]


async def test_numbers_have_no_gap_when_transactions_fail_between_concurrent_ones(money):
    """Thirty transactions on real connections at once; every third breaks after it has drawn its number."""
    (receipt,) = (await paid(money))["receipts"]
    (first,) = await numbers(money)
    row = await money.owner.fetchrow(
        "SELECT transaction_id, invoice_id FROM payment_receipts WHERE receipt_id = $1 AND school_id = $2",
        receipt["receipt_id"],
        money.world.school_id,
    )

    async def one(place: int) -> None:
        now = money.house.clock.now()
        async with money.house.database.school(money.world.school_id) as tx:
            await ledger.hold_till(tx, at=now)
            laid = [
                receipts.Laid(new_id(), row["transaction_id"], row["invoice_id"], 1000) for _ in range(place % 2 + 1)
            ]
            await receipts.issue(tx, laid, at=now)
            if place % 3 == 0:
                raise ConnectionResetError

    ended = await asyncio.gather(*(one(place) for place in range(30)), return_exceptions=True)
    assert sum(isinstance(end, ConnectionResetError) for end in ended) == 10
    assert sum(end is None for end in ended) == 20
    assert await numbers(money) == list(range(first, first + 1 + 30))
    last = await money.owner.fetchval(
        "SELECT last_number FROM receipt_counters WHERE school_id = $1 AND kind = 'transfer'", money.world.school_id
    )
    assert last == 31


async def test_cancellations_are_numbered_without_gaps_too(money):
    await paid(money)
    for _ in range(3):
        await undo(money)
        (row,) = (await money.get("/transactions")).json()["transactions"]
        share = {"invoice_id": (await money.invoice())["invoice_id"], "amount": AMOUNT}
        await money.post(f"/transactions/{row['transaction_id']}/match", {**NOTE, "shares": [share]})
    rows = await money.owner.fetch(
        "SELECT g.number, r.number AS receipt, g.cancelled_by, g.reason FROM receipt_cancellations g JOIN payment_receipts r"
        " ON r.school_id = g.school_id AND r.receipt_id = g.receipt_id WHERE g.school_id = $1 ORDER BY g.number",
        money.world.school_id,
    )
    assert [(row["number"], row["receipt"]) for row in rows] == [(1, 1), (2, 2), (3, 3)]
    assert {row["cancelled_by"] for row in rows} == {money.world.accountant.account_id}
    assert await numbers(money) == [1, 2, 3, 4]
    await money.prove()


async def test_cancelling_again_draws_no_number(money):
    await paid(money)
    await undo(money)
    allocation = await money.owner.fetchval(
        "SELECT allocation_id FROM payment_receipts WHERE school_id = $1", money.world.school_id
    )
    async with money.house.database.school(money.world.school_id) as tx:
        await receipts.cancel(tx, [allocation, new_id()], at=money.house.clock.now(), reason="x")
    assert await money.count("receipt_cancellations") == 1
    await money.prove()


@pytest.mark.parametrize("table", ["payment_receipts", "receipt_cancellations"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET number = 9", "DELETE FROM {}"])
async def test_papers_cannot_be_changed(money, table, verb):
    await paid(money)
    await undo(money)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with money.house.database.school(money.world.school_id) as tx:
            await tx.execute(f"{verb.format(table)} WHERE school_id = $1", money.world.school_id)


async def test_a_lost_number_is_found_by_the_nightly_check(money):
    await paid(money)
    await undo(money)
    await money.prove()
    await money.owner.execute("UPDATE receipt_cancellations SET number = 2 WHERE school_id = $1", money.world.school_id)
    found = (await money.get("/books/check")).json()["disagreements"]
    assert [row["check"] for row in found] == ["receipts_have_no_gap"]
    await money.owner.execute("UPDATE receipt_cancellations SET number = 1 WHERE school_id = $1", money.world.school_id)


async def test_the_family_gets_receipt_and_cancellation_as_papers(money):
    (receipt,) = (await paid(money))["receipts"]
    path = f"/receipts/{receipt['receipt_id']}"
    stands = await money.get(path + "/pdf", money.world.parent)
    assert stands.status_code == 200 and "ĐÃ HỦY" not in text_of(stands.content)
    assert (await money.get(path + "/cancellation/pdf", money.world.parent)).json()["type"].endswith("not-cancelled")
    await undo(money)
    gone = await money.get(path + "/pdf", money.world.parent)
    assert "ĐÃ HỦY" in text_of(gone.content)
    paper = await money.get(path + "/cancellation/pdf", money.world.parent)
    said = text_of(paper.content)
    assert paper.headers["content-type"] == "application/pdf"
    assert f"HUY{school_day(money.house.clock.now()).year}/000001" in said and receipt["number"] in said
    assert "Hoàng Thị Kế" in said


async def test_receipts_of_one_payment_come_in_one_file(money):
    await paid(money)
    (row,) = (await money.get("/transactions")).json()["transactions"]
    path = f"/transactions/{row['transaction_id']}/receipts/pdf"
    assert len(pypdf.PdfReader(io.BytesIO((await money.get(path)).content)).pages) == 1
    assert (await money.get(path, money.world.neighbour)).status_code == 404
    await undo(money)
    assert (await money.get(path)).status_code == 404


async def test_anybody_can_ask_whether_a_paper_is_the_schools(money):
    (receipt,) = (await paid(money))["receipts"]
    pdf = (await money.get(f"/receipts/{receipt['receipt_id']}/pdf")).content
    code = code_on(pdf)
    answer = await money.http.get(f"/v1/receipts/{code}")
    assert answer.status_code == 200
    said = answer.json()
    assert (said["amount"], said["number"], said["cancelled_at"]) == (AMOUNT, receipt["number"], None)
    assert money.world.child.full_name not in answer.text
    await undo(money)
    assert (await money.http.get(f"/v1/receipts/{code.lower()}")).json()["cancelled_at"] is not None
    cancellation = (await money.get(f"/receipts/{receipt['receipt_id']}/cancellation/pdf")).content
    assert (await money.http.get(f"/v1/receipts/{code_on(cancellation)}")).json()["kind"] == "cancellation"


async def test_no_changed_code_passes(money):
    """The number, the amount and every letter changed; what was sealed over nothing; another house's seal."""
    (receipt,) = (await paid(money))["receipts"]
    cipher, school_id = money.house.cipher, money.world.school_id
    code = receipts.code_of(cipher, school_id, receipt["number"], AMOUNT)
    assert (await receipts.checked(money.house.database.reader, cipher, code)).amount == AMOUNT
    alike = {"0": "O", "1": "IL"}
    changed = {
        code[:place] + letter + code[place + 1 :]
        for place in range(len(code))
        for letter in "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        if letter != code[place] and letter not in alike.get(code[place], "")
    }
    changed |= {
        receipts.code_of(cipher, school_id, receipts.written_number(2026, 77), AMOUNT),
        receipts.code_of(cipher, school_id, receipt["number"], AMOUNT + 1),
        receipts.code_of(cipher, school_id, f"TM{receipt['number']}", AMOUNT),
        receipts.code_of(cipher, money.world.other_school_id, receipt["number"], AMOUNT),
        receipts.code_of(Cipher("another-secret-of-forty-characters-00000"), school_id, receipt["number"], AMOUNT),
        "",
        "nothing of the kind",
    }
    assert len(changed) > 1000
    for one in changed:
        with pytest.raises(Problem, match="not-found"):
            await receipts.checked(money.house.database.reader, cipher, one)


class _Squares:
    """Takes the squares that a page would print and paints them, so that a decoder of others can read them."""

    def __init__(self) -> None:
        self.image = Image.new("L", (680, 680), 255)
        self._pen = ImageDraw.Draw(self.image)

    def set_fill_color(self, *_: int) -> None: ...

    def rect(self, x: float, y: float, width: float, height: float, *, style: str) -> None:
        assert style == "F"
        self._pen.rectangle((x * 20, y * 20, (x + width) * 20 - 1, (y + height) * 20 - 1), fill=0)


def test_the_symbol_on_paper_is_read_by_another_decoder():
    url = "https://truong.example.vn/verify?text=TM2026000123-1G7K-40MZ-0000-7K3M-9QX2-W"
    page = _Squares()
    drawing.symbol(page, url, 0, 0, 34)  # type: ignore[arg-type]
    (symbol,) = zxingcpp.read_barcodes(numpy.array(page.image))
    assert symbol.text == url


def test_a_written_number_names_its_series():
    assert receipts.written_number(2026, 12) == "2026/000012"
    assert receipts.written_number(2026, 12, "cash") == "TM2026/000012"
    assert receipts.written_number(2026, 1_234_567, "cancellation") == "HUY2026/1234567"


async def test_the_symbol_leads_to_the_page_that_answers(money):
    """What the paper's QR code holds, opened by a stranger without an account."""
    (receipt,) = (await paid(money))["receipts"]
    reader = receipts.Reader(
        money.world.accountant.account_id, school_day(money.house.clock.now()), money.house.cipher, "http://testserver"
    )
    paper = await receipts.paper(money.house.database.reader, money.world.school_id, reader, receipt["receipt_id"])
    page = await money.http.get(paper.verify_url, headers={"accept": "text/html"})
    assert page.status_code == 200
    assert receipt["number"] in page.text and paper.school_name in page.text
    forged = await money.http.get(paper.verify_url[:-1] + ("X" if paper.verify_url[-1] != "X" else "Y"))
    assert receipt["number"] not in forged.text.replace(paper.code, "")
