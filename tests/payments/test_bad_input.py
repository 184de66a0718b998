"""Whatever is sent to the doors of money, the answer is a problem with a name, never a fault of ours."""

import json

import pytest

from tests.payments.conftest import AMOUNT

HUGE = "99999999999999999999999"


@pytest.mark.parametrize(
    "path",
    [
        f"/v1/schools/{HUGE}/invoices/01920000-0000-7000-8000-000000000001/qr",
        "/v1/schools/-1/invoices/01920000-0000-7000-8000-000000000001/qr.png",
        f"/v1/schools/{HUGE}/receipts/01920000-0000-7000-8000-000000000001/pdf",
        f"/v1/family/schools/{HUGE}/pupils/01920000-0000-7000-8000-000000000001/invoices",
        "/v1/schools/1/invoices/not-an-id/qr",
    ],
)
async def test_ids_that_nobody_has_are_refused(money, path):
    answer = await money.http.get(path, headers=money.world.parent.headers)
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["limit=0", "limit=201", f"limit={HUGE}", "limit=x", "before=x", "waiting=maybe"])
async def test_a_wrong_query_is_pointed_at(money, query):
    answer = await money.get(f"/transactions?{query}")
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json()["errors"]] == ["?" + query.partition("=")[0]]


async def test_control_characters_are_dropped_from_titles(money):
    assert (await money.bill(title="Tiền\0 ăn\u202e\x07"))["title"] == "Tiền ăn"


@pytest.mark.parametrize("hook_key", ["a%00b", "%ff", "a" * 3000, "..%2f", "Đ"])
async def test_any_hook_key_is_only_not_proved(money, hook_key):
    answer = await money.http.post(f"/hooks/sepay/{hook_key}", content=b"{}")
    assert answer.status_code in (400, 401, 404)


async def test_a_memo_with_control_characters_is_kept_without_them(money):
    event = money.bank.credit(AMOUNT, "x\0y z")
    assert await money.receive(event) == ["unmatched"]
    assert json.loads(event.body)["content"].startswith("x\0y")
    assert (await money.transaction(event))["memo"].startswith("xy")


async def test_a_note_without_letters_says_nothing(money):
    event = money.bank.credit(AMOUNT, "chuyen tien")
    await money.receive(event)
    path = f"/transactions/{(await money.transaction(event))['transaction_id']}/ignore"
    answer = await money.post(path, {"note": "\0 \u200b"})
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/note"]
    assert (await money.post(path, {"note": "Không phải của trường.\0"})).status_code == 204
