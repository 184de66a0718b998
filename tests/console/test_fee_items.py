"""The accountant's fee items without a script: each rule at its field, nothing typed is lost, and a plan is looked at before it bills."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.ids import new_id
from backend.identity.doorkeeper import ACCESS_COOKIE
from tests.payments.conftest import money as money
from tests.payments.test_fee_plans import item, lunch, plan, publish


async def test_from_a_forbidden_name_to_bills_that_were_looked_at(money) -> None:
    base, headers = f"/console/{money.world.school_id}", {
        "cookie": f"{ACCESS_COOKIE}={money.world.accountant.token}", "accept": "text/html", "origin": "http://testserver",
    }  # fmt: skip
    item = {
        "item_id": str(new_id()), "title": "quy lop 6A1", "category": "agreed", "unit_amount": "15.000", "unit": "month",
        "valid_from": "2026-08-01", "valid_to": "2039-05-31", "receiver": "school", "document_type": "receipt",
    }  # fmt: skip
    refused = await money.http.post(f"{base}/fee-items/new", data=item, headers=headers)
    assert refused.status_code == 422
    assert 'id="title-wrong"' in refused.text and "55/2011" in refused.text, "the rule and its text, at the field"
    assert 'id="basis_document-wrong"' in refused.text
    assert 'value="quy lop 6A1"' in refused.text and 'value="15.000"' in refused.text
    assert await money.count("fee_items") == 0

    item |= {"title": "Nước uống", "basis_document": "18/2025/NQ-HĐND", "unit_amount": "15.000\u00a0đ"}
    kept = await money.http.post(f"{base}/fee-items/new", data=item, headers=headers)
    assert kept.status_code == 303 and kept.headers["location"].split("?")[0].endswith(item["item_id"])
    due_on = (school_day(money.house.clock.now()) + timedelta(days=9)).isoformat()
    plan = {"plan_id": str(new_id()), "title": "Nước uống kỳ 1", "due_on": due_on, "quantity": "4"}
    drafted = await money.http.post(f"{base}/fee-items/{item['item_id']}/plan", data=plan, headers=headers)
    assert drafted.status_code == 303 and await money.count("invoices") == 0
    shown = await money.http.get(f"{base}/fee-plans/{plan['plan_id']}", headers=headers)
    assert re.search(r"180\.000", shown.text), "three pupils, four months"
    for _ in range(2):
        done = await money.http.post(f"{base}/fee-plans/{plan['plan_id']}/publish", headers=headers)
        assert done.status_code == 303
        assert await money.count("invoices") == 3


async def test_a_plan_is_for_grades_or_for_named_pupils_and_says_whose_code_is_unknown(money) -> None:
    base, headers = f"/console/{money.world.school_id}", {
        "cookie": f"{ACCESS_COOKIE}={money.world.accountant.token}", "accept": "text/html", "origin": "http://testserver",
    }  # fmt: skip
    made = await item(money)
    page = await money.http.get(f"{base}/fee-items/{made}", headers=headers)
    grade = re.search(r'name="grade-([0-9]+)"', page.text)[1]
    due_on = (school_day(money.house.clock.now()) + timedelta(days=9)).isoformat()
    child = str(money.world.child.pupil_id)

    async def asked(**audience):
        plan = {"plan_id": str(new_id()), "title": "Nước uống", "due_on": due_on, "quantity": "1", **audience}
        answer = await money.http.post(f"{base}/fee-items/{made}/plan", data=plan, headers=headers)
        if answer.status_code != 303:
            return answer.status_code, answer.text
        terms = await money.owner.fetchval("SELECT terms FROM fee_plans WHERE plan_id = $1", UUID(plan["plan_id"]))
        shown = await money.http.get(f"{base}/fee-plans/{plan['plan_id']}", headers=headers)
        return msgspec.json.decode(terms)["scope"], shown.text

    scope, shown = await asked(pupils=f"{child.upper()}\r\n{child}")
    assert scope == "pupils" and money.world.child.full_name in shown and money.world.classmate.full_name not in shown
    scope, shown = await asked(**{f"grade-{grade}": "yes"})
    assert (
        scope == "grade" and money.world.classmate.full_name in shown and money.world.neighbour_child.full_name in shown
    )
    status, refused = await asked(pupils=f"{child}\nHS-KHONG-CO")
    assert status == 422 and 'id="pupils-wrong"' in refused and "hs-khong-co" in refused and child in refused
    status, refused = await asked(**{"pupils": child, f"grade-{grade}": "yes"})
    assert status == 422 and 'id="pupils-wrong"' in refused
    assert re.search(rf'name="grade-{grade}" value="yes" checked', refused)


async def test_a_forbidden_item_may_be_kept_as_a_draft_that_nobody_can_bill(money) -> None:
    base, headers = f"/console/{money.world.school_id}", {
        "cookie": f"{ACCESS_COOKIE}={money.world.accountant.token}", "accept": "text/html", "origin": "http://testserver",
    }  # fmt: skip
    item = {
        "item_id": str(new_id()), "title": "Quỹ lớp", "category": "agreed", "unit_amount": "15.000", "keep": "yes",
        "valid_from": "2026-08-01", "valid_to": "2039-05-31",
    }  # fmt: skip
    kept = await money.http.post(f"{base}/fee-items/new", data=item, headers=headers)
    assert kept.status_code == 303
    page = await money.http.get(f"{base}/fee-items/{item['item_id']}", headers=headers)
    assert 'id="rule-class_fund"' in page.text


async def test_a_spending_names_the_money_that_left(money) -> None:
    base, headers = f"/console/{money.world.school_id}", {
        "cookie": f"{ACCESS_COOKIE}={money.world.accountant.token}", "accept": "text/html", "origin": "http://testserver",
    }  # fmt: skip
    item = {
        "item_id": str(new_id()), "title": "Ủng hộ thư viện", "category": "voluntary", "unit_amount": "50.000",
        "planned_use": "Mua sách", "valid_from": "2026-08-01", "valid_to": "2039-05-31",
    }  # fmt: skip
    assert (await money.http.post(f"{base}/fee-items/new", data=item, headers=headers)).status_code == 303
    await money.bill()
    await money.receive(money.bank.debit(200_000, "mua sach"))
    here = f"{base}/fee-items/{item['item_id']}"
    page = (await money.http.get(here, headers=headers)).text
    [left] = re.findall(r'<option value="([0-9a-f-]{36})"[^>]*>[^<]*mua sach', page)
    line = {
        "spending_id": str(new_id()), "spent_on": "2026-09-10", "amount": "200.001", "purpose": "Sách", "document": "PC1",
        "transaction_id": left,
    }  # fmt: skip
    refused = await money.http.post(f"{here}/spend", data=line, headers=headers)
    assert refused.status_code == 422 and 'id="amount-wrong"' in refused.text
    assert re.search(rf'<option value="{left}" selected', refused.text), "what was chosen is not lost"
    kept = await money.http.post(f"{here}/spend", data={**line, "amount": "200.000"}, headers=headers)
    assert kept.status_code == 303
    page = (await money.http.get(here, headers=headers)).text
    assert left not in page and "200.000" in page.replace("\u00a0", " "), "nothing of it is left to say"


async def test_a_paper_lowers_what_is_still_open_and_leaves_the_list_when_it_is_revoked(money) -> None:
    base, headers = f"/console/{money.world.school_id}", {
        "cookie": f"{ACCESS_COOKIE}={money.world.accountant.token}", "accept": "text/html", "origin": "http://testserver",
    }  # fmt: skip
    await money.bill()
    pupil_id = str(money.world.child.pupil_id)
    page = await money.http.get(f"{base}/fee-exemptions?pupil_id={pupil_id}", headers=headers)
    assert pupil_id in page.text
    paper = {
        "exemption_id": str(new_id()), "pupil_id": pupil_id, "kind": "exemption", "ground": "poor", "percent": "50",
        "amount": "9.000", "document": "GCN hộ nghèo 12", "document_on": "2026-01-05", "valid_from": "2026-01-01",
        "valid_to": "2030-12-31",
    }  # fmt: skip
    both = await money.http.post(f"{base}/fee-exemptions", data=paper, headers=headers)
    assert both.status_code == 422 and 'id="percent-wrong"' in both.text and "GCN hộ nghèo 12" in both.text
    del paper["amount"]
    kept = await money.http.post(f"{base}/fee-exemptions", data=paper, headers=headers)
    assert kept.status_code == 303
    assert (await money.family())["due"] == 175_000
    listed = await money.http.get(f"{base}/fee-exemptions", headers=headers)
    assert "GCN hộ nghèo 12" in listed.text and "Hộ nghèo" in listed.text
    assert (
        await money.http.post(f"{base}/fee-exemptions/{paper['exemption_id']}/revoke", headers=headers)
    ).status_code == 303
    assert "Đã thu hồi" in (await money.http.get(f"{base}/fee-exemptions", headers=headers)).text


async def test_what_the_families_of_leavers_paid_too_much_is_told(money) -> None:
    today = school_day(money.house.clock.now())
    first, last = today - timedelta(days=20), today + timedelta(days=20)
    shown = await plan(
        money,
        await lunch(money),
        today,
        counting="school_days",
        period_from=first.isoformat(),
        period_to=last.isoformat(),
    )
    await publish(money, shown["plan_id"])
    bill = await money.invoice()
    await money.receive(money.bank.credit(bill["remaining"], bill["reference"]))
    await money.owner.execute(
        "UPDATE enrolments SET to_on = $3 WHERE school_id = $1 AND pupil_id = $2",
        money.world.school_id, money.world.child.pupil_id, today - timedelta(days=5),
    )  # fmt: skip
    headers = {
        "cookie": f"{ACCESS_COOKIE}={money.world.accountant.token}", "accept": "text/html", "origin": "http://testserver",
    }  # fmt: skip
    here = f"/console/{money.world.school_id}/fee-plans/{shown['plan_id']}"
    done = await money.http.post(f"{here}/leavers", headers=headers)
    said = re.search(r"nc_flash=([^;]+)", done.headers["set-cookie"])[1]
    page = await money.http.get(here, headers={**headers, "cookie": f"{headers['cookie']}; nc_flash={said}"})
    assert re.search(r"nộp thừa [0-9.]*[05]\.000", page.text)
