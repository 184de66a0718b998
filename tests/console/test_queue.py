"""The accountant's queue in a real browser: a key a decision, undo, what is not ours, all of a kind at once; and without scripts."""

from __future__ import annotations

import asyncpg
import pytest
from playwright.async_api import BrowserContext, Page, expect

from backend.core.house import House
from tests.browser import ON_BROWSER, signed_in
from tests.factories import World, add_pupils
from tests.payments.conftest import Money, money  # noqa: F401  (a fixture)

pytestmark = ON_BROWSER
AMOUNT = 350_000


@pytest.fixture
async def waiting(money: Money, owner: asyncpg.Connection) -> Money:  # noqa: F811
    """Four credits wait: two children by name and class, one that nobody knows, one with too much."""
    await add_pupils(owner, money.world, 12)
    await money.bill()
    reference = (await money.invoice())["reference"]
    await money.receive(
        money.bank.credit(AMOUNT + 40_000, reference),
        money.bank.credit(123_000, "MUA BAN PHE LIEU"),
        money.bank.credit(AMOUNT, "nop tien an cho Tran Bao An lop 6A1"),
    )
    return money


async def queue(context: BrowserContext, money: Money, site: str) -> Page:  # noqa: F811
    page = await signed_in(context, money.world.accountant, site)
    await page.goto(f"/console/{money.world.school_id}/transfers/queue")
    return page


async def states(money: Money) -> list[tuple[int, str]]:  # noqa: F811
    rows = await money.owner.fetch(
        "SELECT amount, state FROM bank_transactions WHERE school_id = $1 ORDER BY transaction_id DESC",
        money.world.school_id,
    )
    return [(row["amount"], row["state"]) for row in rows]


async def test_every_waiting_credit_takes_one_key(laptop: BrowserContext, site: str, waiting: Money) -> None:
    page = await queue(laptop, waiting, site)
    await expect(page.locator(".pill").first).to_have_text("1 trên 3")
    await expect(page.locator(".memo")).to_have_text("nop tien an cho Tran Bao An lop 6A1")
    await page.keyboard.press("1")
    await expect(page.locator(".note.good")).to_contain_text("Trần Bảo Ân")
    await expect(page.locator(".memo")).to_have_text("MUA BAN PHE LIEU")

    await page.keyboard.press("u")
    await expect(page.locator(".memo")).to_have_text("nop tien an cho Tran Bao An lop 6A1")
    assert (await states(waiting))[0] == (AMOUNT, "ambiguous")
    await page.keyboard.press("1")
    await expect(page.locator(".memo")).to_have_text("MUA BAN PHE LIEU")

    await page.keyboard.press("j")
    await expect(page.locator(".pill").first).to_have_text("2 trên 2")
    await page.keyboard.press("k")
    await expect(page.locator(".pill").first).to_have_text("1 trên 2")
    await page.keyboard.press("n")
    await expect(page.locator(".pill").first).to_have_text("1 trên 1")
    await page.keyboard.press("u")
    await expect(page.locator(".memo")).to_have_text("MUA BAN PHE LIEU")
    await page.keyboard.press("n")
    await expect(page.locator(".pill").first).to_have_text("1 trên 1")
    await page.keyboard.press("1")
    await expect(page.locator(".empty")).to_be_visible()
    assert await states(waiting) == [(AMOUNT, "settled"), (123_000, "ignored"), (AMOUNT + 40_000, "over")]
    assert (await waiting.family())["credit"] == 40_000
    await waiting.prove()


async def test_without_scripts_the_same_buttons_decide(plain: BrowserContext, site: str, waiting: Money) -> None:
    page = await queue(plain, waiting, site)
    await page.locator("[data-key='1']").click()
    await expect(page.locator(".note.good")).to_contain_text("Trần Bảo Ân")
    await page.locator("[data-key='u']").click()
    await expect(page.locator(".memo")).to_have_text("nop tien an cho Tran Bao An lop 6A1")
    await page.locator("[data-key='s']").click()
    await expect(page.locator("input[name=note]").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await waiting.prove()


async def test_keys_are_letters_while_something_is_typed(laptop: BrowserContext, site: str, waiting: Money) -> None:
    page = await queue(laptop, waiting, site)
    await page.keyboard.press("s")
    await page.locator("input[name=find]").first.fill("n1u")
    await expect(page.locator("input[name=find]").first).to_have_value("n1u")
    assert "ignored" not in [state for _, state in await states(waiting)]


async def test_all_of_a_kind_are_accepted_at_once_and_the_failures_named(
    laptop: BrowserContext,
    site: str,
    money: Money,  # noqa: F811
    owner: asyncpg.Connection,
    house: House,
    world: World,
) -> None:
    made = await add_pupils(owner, world, 3)
    for n, (pupil, name) in enumerate(zip(made, ("Lê Gia Hân", "Phạm Thu Trang", "Vũ Đức Kiên"), strict=True)):
        await owner.execute(
            "UPDATE pupils SET full_name = $3, name_fold = $4 WHERE school_id = $1 AND pupil_id = $2",
            world.school_id, pupil.pupil_id, name, ("le gia han", "pham thu trang", "vu duc kien")[n],
        )  # fmt: skip
    await money.bill()
    events = [
        money.bank.credit(AMOUNT, f"{name} 6A1 tien an") for name in ("LE GIA HAN", "PHAM THU TRANG", "VU DUC KIEN")
    ]
    await money.receive(*events)
    page = await queue(laptop, money, site)
    await page.click("text=3 khoản chỉ khác người nộp")
    await expect(page.locator("input[type=checkbox]")).to_have_count(3)

    # Somebody else decides on one of them meanwhile.
    taken = await money.transaction(events[0])
    body = {
        "note": "Đã gọi.",
        "shares": [{"invoice_id": (await invoice_of(money, "Lê Gia Hân"))["invoice_id"], "amount": AMOUNT}],
    }
    assert (await money.post(f"/transactions/{taken['transaction_id']}/match", body)).status_code == 204
    await page.click("text=Nhận các dòng đã chọn")
    await expect(page.locator(".note.bad")).to_contain_text("Đã nhận 2 khoản; 1 khoản chưa nhận được")
    assert [state for _, state in await states(money)] == ["settled"] * 3
    await money.prove()


async def invoice_of(money: Money, name: str) -> dict[str, str]:  # noqa: F811
    listed = (await money.get(f"/classes/{money.world.class_id}/invoices")).json()["invoices"]
    found: dict[str, str] = next(one for one in listed if one["pupil_name"] == name)
    return found


async def test_what_a_payer_left_short_is_one_key_away_from_a_write_off(
    laptop: BrowserContext,
    site: str,
    money: Money,  # noqa: F811
) -> None:
    await money.bill()
    await money.receive(money.bank.credit(AMOUNT - 1_000, "nop tien an cho Tran Bao An lop 6A1"))
    page = await queue(laptop, money, site)
    await page.keyboard.press("1")
    await expect(page.locator(".note.good")).to_contain_text("Xoá phần còn thiếu 1.000 đ")
    await page.keyboard.press("w")
    await expect(page.locator("#amount")).to_have_value("1000")
