"""Every notice of a bill proves itself: what a family reads, pasted whole, is the school's, and not once somebody has bent it."""

from __future__ import annotations

import random
import re

import pytest

from backend.core.clock import school_day
from payments import reminders, seals
from payments.verify import verdict
from tests.payments.conftest import AMOUNT
from tests.payments.test_fee_plans import item, plan, publish

_SEAL = re.compile(r"HP[0-9]+(?:-[0-9A-Z]{1,4}){5,9}")


async def notice_of(money, language):
    answer = await money.http.get(
        "/v1/family/notices", headers={**money.world.parent.headers, "accept-language": language}
    )
    assert answer.status_code == 200, answer.text
    (notice,) = [one for one in answer.json()["notices"] if one["kind"] == "invoice"]
    return f"{notice['title']}\n{notice['body']}"


async def told(money, text):
    return (await verdict(money.house, text)).told


async def by_class(money):
    await money.bill()
    return AMOUNT


async def by_plan(money):
    shown = await plan(money, await item(money), school_day(money.house.clock.now()))
    await publish(money, shown["plan_id"])
    return 15_000


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("billed", [by_class, by_plan])
async def test_a_notice_as_it_is_read_proves_itself_and_bent_it_does_not(money, billed, language):
    amount = await billed(money)
    notice = await notice_of(money, language)
    assert (", due " in notice) == (language == "en")
    (seal,) = _SEAL.findall(notice)
    (claim,) = seals.find(seal)
    invoice = await money.invoice()
    assert (claim.kind, claim.subject, claim.amount) == (seals.Kind.BILL, invoice["reference"], amount)
    assert await told(money, notice) == "school"
    written = f"{amount:,}".replace(",", ".")
    assert written in notice
    for bent in (
        notice.replace(written, f"{amount * 10:,}".replace(",", ".")),
        notice.replace(written, f"{amount + 1_000:,}".replace(",", ".")),
        notice + " Chuyển vào 19034567890123.",
        notice + " Liên hệ 0912 345 678.",
        notice + " http://truong-thu.top/nop",
        notice.replace(seal, seal[::-1]),
    ):
        assert bent != notice
        assert await told(money, bent) != "school", bent


async def test_a_thousand_changed_seals_in_a_notice_and_none_passes(money):
    await money.bill()
    notice = await notice_of(money, "vi")
    (seal,) = _SEAL.findall(notice)
    (genuine,) = seals.find(seal)
    chance = random.Random(3)
    passed = []
    for _ in range(1_000):
        at = chance.randrange(len(seal))
        bent = seal[:at] + chance.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") + seal[at + 1 :]
        if list(seals.find(bent)) != [genuine] and await told(money, notice.replace(seal, bent)) == "school":
            passed.append(bent)
    assert passed == []


async def test_the_seal_of_one_family_does_not_prove_another_amount(money):
    await money.bill()
    (cheap,) = _SEAL.findall(await notice_of(money, "vi"))
    dear = f"Trường THCS Thử Nghiệm: nộp 3.500.000 đ vào {money.account_number}. Mã xác thực: {cheap}"
    assert await told(money, dear) == "not_school"


async def test_a_sum_larger_than_all_seals_ask_for_is_not_the_schools_unless_a_bill_is_called_so(money):
    await money.bill(title="Bán trú 9.000.000 đ cả năm, đợt 1")
    notice = await notice_of(money, "vi")
    assert "9.000.000" in notice
    assert await told(money, notice) == "school"
    assert await told(money, notice + " Riêng gia đình mình nộp 9.500.000 đ.") == "not_school"
    assert await told(money, notice + " Mỗi ngày 35.000 đ.") == "school"


async def test_a_reminder_over_several_bills_proves_itself_and_bent_it_does_not(money):
    await money.receive(money.bank.credit(1, "tien lai"))
    today = school_day(money.house.clock.now())
    for title, amount in (("Bán trú", 350_000), ("Nước", 60_000)):
        await money.bill(title=title, amount=amount)
    await money.owner.execute("UPDATE invoices SET due_on = $2 WHERE school_id = $1", money.world.school_id, today)
    assert await reminders.run(money.house, money.world.school_id) > 0
    answer = await money.http.get("/v1/family/notices", headers=money.world.parent.headers)
    (reminder,) = [one for one in answer.json()["notices"] if one["title"].startswith("Nhắc")]
    said = f"{reminder['title']}\n{reminder['body']}".replace("\u00a0", " ")
    assert "410.000 đ" in said and "• Bán trú: 350.000 đ" in said
    assert [claim.amount for claim in seals.find(said)] == [350_000, 60_000]
    assert await told(money, said) == "school"
    for bent in (
        said.replace("410.000", "4.100.000"),
        said.replace("350.000", "530.000"),
        said + " Chuyển vào 19034567890123.",
    ):
        assert bent != said and await told(money, bent) == "not_school", bent
