"""Every gateway through the real door: its answer, its retries, its keys, and every fault in its named state."""

import json
import time
from urllib.parse import quote

import msgspec
import pytest

from backend.core.ids import new_id
from tests.factories import fresh_phone
from tests.payments.conftest import AMOUNT
from tests.twins.casso import CassoTwin
from tests.twins.momo import MomoTwin
from tests.twins.payos import PayosTwin
from tests.twins.vnpay import VnpayTwin

SECRET = "a-secret-of-the-gateway"


async def hook_at(money, bank_account_id, provider, auth="hmac", keys=None, secret=SECRET):
    """Added through the administrator's door."""
    body = {"provider": provider, "auth": auth, "secret": secret, "keys": keys or {}}
    answer = await money.post(f"/bank-accounts/{bank_account_id}/hooks", body, money.world.admin)
    assert answer.status_code == 201, answer.text
    return answer.json()["hook"]


async def clearing_account(money, bin_, number):
    body = {"bank_bin": bin_, "account_number": number, "account_name": "TRUONG THCS"}
    answer = await money.post("/bank-accounts", body, money.world.admin)
    assert answer.status_code == 201, answer.text
    assert answer.json()["account"]["kind"] == "gateway"
    assert answer.json()["hook_secret"] is None
    return answer.json()["account"]["bank_account_id"]


async def order_for(money, hook, invoice, amount=AMOUNT, code=None):
    """Behind the door that makes links: these tests are about what comes back."""
    now = money.house.clock.now()
    code = code or str(10**14 + new_id().int % 10**14)
    await money.owner.execute(
        "INSERT INTO gateway_orders (hook_key, order_code, school_id, invoice_id, reference, amount, asked_by, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        hook["hook_key"],
        code,
        money.world.school_id,
        msgspec.convert(invoice["invoice_id"], type=type(new_id())),
        invoice["reference"],
        amount,
        money.world.parent.account_id,
        now,
    )
    return code


async def wire_of(money, name):
    world = money.world
    if name == "casso1":
        hook = await hook_at(money, world.bank_account_id, "casso", "token")
        twin = CassoTwin(money.http, hook["path"], money.account_number, SECRET, version=1)
    elif name == "casso2":
        hook = await hook_at(money, world.bank_account_id, "casso")
        twin = CassoTwin(money.http, hook["path"], money.account_number, SECRET)
    elif name == "payos":
        twin = PayosTwin(money.http, money.account_number)
        keys = {"client_id": twin.client_id, "api_key": twin.api_key}
        hook = await hook_at(money, world.bank_account_id, "payos", keys=keys, secret=twin.checksum)
        twin.hook_path = hook["path"]
    elif name == "vnpay":
        tmn = f"T{world.school_id:07d}"
        account = await clearing_account(money, "VNPAY", tmn)
        hook = await hook_at(money, account, "vnpay", keys={"tmn_code": tmn})
        twin = VnpayTwin(money.http, hook["path"], tmn, SECRET)
    else:
        partner = f"MOMO{world.school_id:08d}"
        account = await clearing_account(money, "MOMO", partner)
        twin = MomoTwin(money.http, partner)
        keys = {"partner_code": partner, "access_key": twin.access_key}
        hook = await hook_at(money, account, "momo", keys=keys, secret=twin.secret)
        twin.hook_path = hook["path"]
    return twin, hook


async def credit(money, name, twin, hook, amount=AMOUNT, *, asked=None, memo=True):
    """What the gateway says when a family has paid its bill with `amount`; for its orders, when it was asked for `asked`."""
    invoice = await money.invoice()
    text = invoice["reference"] if memo else "chuyen tien"
    if name.startswith("casso"):
        return twin.body(twin.movement(amount, text))
    code = await order_for(money, hook, invoice, asked or amount)
    if name == "payos":
        twin.links[int(code)] = {
            "orderCode": int(code),
            "amount": amount,
            "description": text,
            "id": "x",
            "transactions": [],
        }
        return twin.pay(int(code), amount)
    if name == "vnpay":
        return twin.query(code, amount)
    return twin.body(code, amount)


async def states(money):
    rows = await money.owner.fetch(
        "SELECT state, reasons, source FROM bank_transactions WHERE school_id = $1 ORDER BY received_at, transaction_id",
        money.world.school_id,
    )
    return [(row["state"], row["source"]) for row in rows]


async def reasons(money):
    rows = await money.owner.fetch(
        "SELECT state, reasons FROM bank_transactions WHERE school_id = $1 ORDER BY received_at", money.world.school_id
    )
    return [(row["state"], list(row["reasons"])) for row in rows]


async def raw(money, hook, said, headers=None):
    """A call that the twin itself would not make."""
    if hook["provider"] == "vnpay":
        query = quote(said, safe="&=%+")
        return await money.http.get(f"{hook['path']}?{query}", headers=headers or {})
    return await money.http.post(hook["path"], content=said, headers=headers or {"content-type": "application/json"})


def signed(name, twin, said, **spoil):
    return twin.headers(said, **spoil) if name.startswith("casso") else None


async def sleep(_):
    return None


WIRES = ["casso1", "casso2", "payos", "vnpay", "momo"]


@pytest.mark.parametrize("name", WIRES)
async def test_a_credit_is_answered_kept_settled_and_repeated_for_nothing(money, name):
    await money.bill()
    twin, hook = await wire_of(money, name)
    said = await credit(money, name, twin, hook)
    assert await twin.call(said)
    assert await twin.call(said), "a repetition gets the success answer as well"
    kept = await money.owner.fetch("SELECT body, repeats FROM bank_events WHERE hook_key = $1", hook["hook_key"])
    assert [(row["body"], row["repeats"]) for row in kept] == [(said, 1)]
    await money.settle()
    assert await twin.call(said)
    await money.settle()
    assert await states(money) == [("settled", hook["provider"])]
    assert (await money.invoice())["state"] == "paid"
    assert await money.count("payment_receipts") == 1
    await money.prove()


@pytest.mark.parametrize("name", WIRES)
async def test_keeping_is_one_statement_for_every_gateway(money, name, monkeypatch):
    await money.bill()
    twin, hook = await wire_of(money, name)
    first, second = await credit(money, name, twin, hook), await credit(money, name, twin, hook)
    assert await twin.call(first)
    database = type(money.house.database)
    keep, statements = database.keep, []

    async def counted(self, sql, *arguments):
        statements.append(sql)
        return await keep(self, sql, *arguments)

    async def refused(self, *_):
        raise AssertionError("a webhook of a known hook reads nothing")

    monkeypatch.setattr(database, "keep", counted)
    monkeypatch.setattr(type(money.house.database.reader), "_run", refused)
    assert await twin.call(second)
    assert len(statements) == 1


@pytest.mark.parametrize("name", WIRES)
async def test_a_wrong_secret_is_refused_and_nothing_is_kept(money, name):
    await money.bill()
    twin, hook = await wire_of(money, name)
    invoice = await money.invoice()
    if name.startswith("casso"):
        said = twin.body(twin.movement(AMOUNT, invoice["reference"]))
        answer = await raw(money, hook, said, twin.headers(said, secret="another-secret"))
    else:
        code = await order_for(money, hook, invoice)
        if name == "payos":
            said = twin.body({"orderCode": int(code), "amount": AMOUNT, "reference": "FT1"}, "another-secret")
        elif name == "vnpay":
            said = twin.query(code, AMOUNT, secret="another-secret")
        else:
            said = twin.body(code, AMOUNT, secret="another-secret")
        answer = await raw(money, hook, said)
    _is_refused(hook, answer)
    assert await money.owner.fetchval("SELECT count(*) FROM bank_events WHERE hook_key = $1", hook["hook_key"]) == 0


@pytest.mark.parametrize("name", WIRES)
async def test_an_unset_secret_closes_the_door(money, name):
    await money.bill()
    twin, hook = await wire_of(money, name)
    said = await credit(money, name, twin, hook)
    await money.owner.execute("UPDATE bank_hooks SET secret_sealed = NULL WHERE hook_key = $1", hook["hook_key"])
    _is_refused(hook, await raw(money, hook, said, signed(name, twin, said)))
    sealed = money.house.cipher.seal("", "bank-hook")
    await money.owner.execute("UPDATE bank_hooks SET secret_sealed = $2 WHERE hook_key = $1", hook["hook_key"], sealed)
    for empty in (said, b"", b"{}"):
        _is_refused(hook, await raw(money, hook, empty, signed(name, twin, empty, secret="") if empty else None))


def _is_refused(hook, answer):
    if hook["provider"] == "vnpay":
        assert (answer.status_code, answer.json()["RspCode"]) == (200, "97")
    else:
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/hook-not-proved")


@pytest.mark.parametrize("seconds", [-600, 600])
async def test_a_skewed_clock_or_an_old_signature_is_refused_where_the_wire_has_a_clock(money, seconds):
    twin, hook = await wire_of(money, "casso2")
    said = twin.body(twin.movement(AMOUNT, "x"))
    _is_refused(hook, await raw(money, hook, said, twin.headers(said, at=time.time() + seconds)))


@pytest.mark.parametrize("name", WIRES)
async def test_an_old_call_played_again_changes_nothing(money, name):
    """payOS, VNPay, MoMo and Casso's token have no clock: what keeps the books is the key of the event."""
    await money.bill()
    twin, hook = await wire_of(money, name)
    said = await credit(money, name, twin, hook)
    for _ in range(4):
        await twin.call(said)
        await money.settle()
    assert await states(money) == [("settled", hook["provider"])]
    await money.prove()


@pytest.mark.parametrize("name", [n for n in WIRES if n != "vnpay"])
async def test_ten_megabytes_are_refused_before_they_are_read(money, name):
    _, hook = await wire_of(money, name)
    said = b'{"data":"' + b"x" * 10_000_000 + b'"}'
    answer = await raw(money, hook, said, {"content-type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("said", [b"\xff\xfe\x00", b"", b"null", b"[]", b'{"data":1}', b"a=b&vnp_TxnRef=%ff"])
async def test_what_proves_nothing_and_is_no_text_is_refused(money, name, said):
    _, hook = await wire_of(money, name)
    headers = {} if name == "casso1" else None
    _is_refused(hook, await raw(money, hook, said, headers))


@pytest.mark.parametrize(
    "said", [b"\xff\xfe\x00", b"", b"null", b"[]", b'{"error":0,"data":[]}', b'{"error":0,"data":{}}']
)
async def test_a_shared_token_with_nonsense_is_kept_as_unreadable(money, said):
    twin, _ = await wire_of(money, "casso1")
    assert await twin.call(said)
    await money.settle()
    assert await states(money) == [("unreadable", "casso")]
    await money.prove()


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("amount", [-AMOUNT, AMOUNT + 0.5, 0])
async def test_negative_fractional_and_no_amounts_end_in_their_named_state(money, name, amount):
    await money.bill()
    twin, hook = await wire_of(money, name)
    invoice = await money.invoice()
    if name.startswith("casso"):
        said = twin.body(twin.movement(amount, invoice["reference"]))
    else:
        code = await order_for(money, hook, invoice)
        if name == "payos":
            said = twin.body({**_payos_data(twin, code, invoice), "amount": amount})
        elif name == "vnpay":
            said = twin.query(code, AMOUNT, vnp_Amount=str(amount * 100).removesuffix(".0") if amount else "00")
            if amount == AMOUNT + 0.5:
                said = twin.query(code, AMOUNT, vnp_Amount=str(AMOUNT * 100 + 50))
        else:
            said = twin.body(code, amount)
    accepted = await twin.call(said)
    assert accepted is (name != "vnpay")
    await money.settle()
    # Below zero means money out on a bank feed, and nothing on an order.
    expected = "ignored" if amount == -AMOUNT and name.startswith("casso") else "unreadable"
    assert [state for state, _ in await states(money)] == [expected]
    assert (await money.invoice())["state"] == "open"
    if name == "vnpay":
        assert twin.codes == ["04"]
    await money.prove()


def _payos_data(twin, code, invoice):
    return {
        "orderCode": int(code),
        "amount": AMOUNT,
        "description": invoice["reference"],
        "accountNumber": twin.account_number,
        "reference": f"FT{code}",
        "transactionDateTime": "2026-09-05 14:02:37",
        "paymentLinkId": "x",
        "code": "00",
    }


@pytest.mark.parametrize("name", WIRES)
async def test_another_schools_account_is_ignored_by_name(money, name):
    await money.bill()
    twin, hook = await wire_of(money, name)
    foreign = fresh_phone()[1:]
    answer = await money.http.post(
        f"/v1/schools/{money.world.other_school_id}/bank-accounts",
        json={"bank_bin": "970422", "account_number": foreign, "account_name": "TRUONG KHAC"},
        headers=money.world.other_admin.headers,
    )
    assert answer.status_code == 201
    for attribute in ("account_number", "tmn_code", "partner_code"):
        if hasattr(twin, attribute):
            setattr(twin, attribute, foreign)
    assert await twin.call(await credit(money, name, twin, hook))
    await money.settle()
    assert await reasons(money) == [("ignored", ["another_account"])]
    assert await money.balance("bank") == 0
    await money.prove()


async def test_test_buttons_are_answered_with_success_and_booked_as_nothing(money):
    casso, hook = await wire_of(money, "casso2")
    assert await casso.call(
        casso.body(casso.movement(599_000, "giao dich thu nghiem", id=0, reference="MA_GIAO_DICH_THU_NGHIEM"))
    )
    payos, hook2 = await wire_of(money, "payos")
    sample = {
        "orderCode": 123,
        "amount": 3000,
        "description": "VQRIO123",
        "accountNumber": "12345678",
        "reference": "TF230204212323",
        "transactionDateTime": "2023-02-04 18:25:00",
        "paymentLinkId": "124c33293c43417ab7879e14c8d9eb18",
        "code": "00",
    }
    assert await payos.call(payos.body(sample))
    await money.settle()
    assert await money.count("bank_transactions") == 0
    outcomes = await money.owner.fetch(
        "SELECT outcome FROM bank_events WHERE hook_key = ANY ($1)", [hook["hook_key"], hook2["hook_key"]]
    )
    assert {row["outcome"] for row in outcomes} == {"test"}
    await money.prove()


async def test_one_call_of_casso_with_many_movements_is_many_events(money):
    await money.bill()
    twin, _ = await wire_of(money, "casso1")
    mine, other = await money.invoice(), await money.invoice(money.world.classmate)
    movements = [twin.movement(AMOUNT, one["reference"]) for one in (mine, other)] + [
        twin.movement(-70_000, "rut tien")
    ]
    assert await twin.call(twin.body(*movements))
    assert await twin.call(twin.body(movements[1])), "told once more, alone"
    await money.settle()
    assert sorted(await states(money)) == [("ignored", "casso"), ("settled", "casso"), ("settled", "casso")]
    assert await money.balance("bank") == 2 * AMOUNT - 70_000
    await money.prove()


async def test_two_gateways_on_one_account_tell_one_movement(money):
    await money.bill()
    twin, _ = await wire_of(money, "casso2")
    event = money.bank.credit(AMOUNT, (await money.invoice())["reference"])
    sepay = json.loads(event.body)
    said = twin.body(
        twin.movement(
            AMOUNT, sepay["content"], reference=sepay["referenceCode"], transactionDateTime=sepay["transactionDate"]
        )
    )
    assert await money.bank.call(event)
    assert await twin.call(said)
    await money.settle()
    assert sorted(state for state, _ in await states(money)) == ["duplicate", "settled"]
    assert await money.balance("bank") == AMOUNT
    await money.prove()


# VNPay and MoMo: orders


async def test_vnpay_asks_for_order_then_amount_then_done(money):
    await money.bill()
    twin, hook = await wire_of(money, "vnpay")
    invoice = await money.invoice()
    code = await order_for(money, hook, invoice)
    assert not await twin.report(twin.query("999", AMOUNT), sleep)
    assert twin.codes == ["01"] * 10, "ten times, and then never again"
    twin.codes.clear()
    assert not await twin.call(twin.query(code, AMOUNT + 1000))
    good = twin.query(code, AMOUNT)
    assert await twin.call(good)
    assert await twin.call(good)
    assert twin.codes == ["04", "00", "02"]
    await money.settle()
    assert sorted(await reasons(money)) == [
        ("settled", ["reference_word", "amount_equal"]),
        ("unreadable", ["unknown_order"]),
        ("unreadable", ["wrong_amount"]),
    ]
    assert await money.balance("bank") == AMOUNT
    await money.prove()


async def test_a_payment_given_up_is_confirmed_and_books_nothing_and_may_succeed_later(money):
    await money.bill()
    twin, hook = await wire_of(money, "vnpay")
    code = await order_for(money, hook, await money.invoice())
    assert await twin.report(twin.query(code, AMOUNT, "24"), sleep)
    assert twin.codes == ["00"], "not 99: they would call ten times for nothing"
    await money.settle()
    assert await money.count("bank_transactions") == 0
    assert await twin.call(twin.query(code, AMOUNT))
    await money.settle()
    assert (await money.invoice())["state"] == "paid"
    await money.prove()


async def test_our_own_outage_is_99_for_vnpay_and_5xx_for_the_others_and_nothing_is_lost(money, monkeypatch):
    await money.bill()
    keep = type(money.house.database).keep
    for name in ("vnpay", "momo"):
        twin, hook = await wire_of(money, name)
        said = await credit(money, name, twin, hook)
        broken = [True, True]

        async def failing(self, sql, *arguments, broken=broken):
            if broken and "bank_events" in sql:
                broken.pop()
                raise ConnectionError
            return await keep(self, sql, *arguments)

        monkeypatch.setattr(type(money.house.database), "keep", failing)
        assert await twin.report(said, sleep)
        assert (twin.codes if name == "vnpay" else twin.statuses)[:2] == (
            ["99", "99"] if name == "vnpay" else [503, 503]
        )
        monkeypatch.setattr(type(money.house.database), "keep", keep)
    await money.settle()
    assert sorted(state for state, _ in await states(money)) == ["over", "settled"]
    await money.prove()


async def test_a_momo_payment_that_failed_or_is_only_authorised_is_nothing_until_it_is_paid(money):
    await money.bill()
    twin, hook = await wire_of(money, "momo")
    code = await order_for(money, hook, await money.invoice())
    assert await twin.call(twin.body(code, AMOUNT, 1006))
    assert await twin.call(twin.body(code, AMOUNT, 9000, transId=77))
    await money.settle()
    assert await money.count("bank_transactions") == 0
    assert await twin.call(twin.body(code, AMOUNT, transId=77))
    await money.settle()
    assert await states(money) == [("settled", "momo")]
    await money.prove()


async def test_the_order_leads_to_its_bill_even_if_the_gateway_lost_the_memo(money):
    await money.bill()
    for name, pupil in (("payos", money.world.child), ("momo", money.world.classmate)):
        twin, hook = await wire_of(money, name)
        invoice = await money.invoice(pupil)
        code = await order_for(money, hook, invoice)
        if name == "payos":
            said = twin.body({**_payos_data(twin, code, invoice), "description": "CSX1 thanh toan"})
        else:
            said = twin.body(code, AMOUNT)
        assert await twin.call(said)
        await money.settle()
        assert (await money.invoice(pupil))["state"] == "paid"
    await money.prove()


# Hooks: adding, rotating, closing


async def test_a_rotated_secret_is_new_at_once_and_a_closed_hook_refuses(money):
    twin, hook = await wire_of(money, "casso1")
    assert await twin.call(twin.body(twin.movement(1000, "x")))
    answer = await money.post(f"/bank-hooks/{hook['hook_key']}/rotate", {}, money.world.admin)
    assert answer.status_code == 200, answer.text
    twin.secret = answer.json()["secret"]
    assert len(twin.secret) > 30
    assert await twin.call(twin.body(twin.movement(1000, "x")))
    keyed = await money.post(f"/bank-hooks/{hook['hook_key']}/rotate", {"keys": {"api_key": "k"}}, money.world.admin)
    assert (keyed.json()["secret"], keyed.json()["hook"]["pulls"]) == (None, True)
    assert await twin.call(twin.body(twin.movement(1000, "x"))), "a key for the list leaves the hook as it is"
    closed = await money.http.delete(f"{money.path}/bank-hooks/{hook['hook_key']}", headers=money.world.admin.headers)
    assert closed.status_code == 204
    money.http._transport.app.state.hook_book._known.clear()  # what another process would learn within a minute
    assert not await twin.call(twin.body(twin.movement(1000, "x")))
    assert twin.statuses[-1] == 401


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"provider": "payos", "secret": "checksum-key"}, ["/keys/client_id", "/keys/api_key"]),
        (
            {"provider": "payos", "secret": "checksum-key", "auth": "token"},
            ["/auth", "/keys/client_id", "/keys/api_key"],
        ),
        ({"provider": "casso"}, ["/secret"]),
        ({"provider": "casso", "auth": "token", "keys": {"client_id": "x"}}, ["/keys/client_id"]),
        ({"provider": "dogepay"}, ["/provider"]),
        ({"provider": "casso", "secret": "short"}, ["/secret"]),
    ],
)
async def test_every_wrong_key_of_a_new_hook_is_pointed_at(money, body, pointers):
    answer = await money.post(f"/bank-accounts/{money.world.bank_account_id}/hooks", body, money.world.admin)
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json()["errors"]] == pointers


async def test_a_gateway_that_settles_into_a_clearing_account_cannot_report_a_bank_account(money):
    body = {"provider": "vnpay", "secret": "hash-secret", "keys": {"tmn_code": "T1"}}
    answer = await money.post(f"/bank-accounts/{money.world.bank_account_id}/hooks", body, money.world.admin)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/wrong-kind-of-account")


async def test_a_clearing_account_and_a_cash_box_are_no_account_of_a_fee(money):
    account = await clearing_account(money, "VNPAY", f"T{money.world.school_id:07d}")
    cash = {"bank_bin": "CASH", "account_number": "QUY1", "account_name": "Quỹ tiền mặt"}
    opened = await money.post("/bank-accounts", cash, money.world.admin)
    assert opened.json()["account"]["kind"] == "cash"
    await money.bill()  # the only bank account is still the one that is meant
    answer = await money.post("/fees", money.fee_body(bank_account_id=account))
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/bank_account_id"]


async def test_secrets_are_sealed_and_shown_by_no_list(money):
    twin, hook = await wire_of(money, "payos")
    row = await money.owner.fetchrow("SELECT * FROM bank_hooks WHERE hook_key = $1", hook["hook_key"])
    for secret in (twin.checksum, twin.api_key, twin.client_id):
        assert secret.encode() not in bytes(row["secret_sealed"]) + bytes(row["keys_sealed"])
        for path in ("/bank-accounts", "/bank-hooks/gaps"):
            assert secret not in (await money.get(path, money.world.admin)).text


async def test_a_wrong_method_and_an_unknown_gateway_have_their_statuses(money):
    assert (await money.http.get(money.bank.hook_path)).status_code == 405
    assert (await money.http.post("/hooks/vnpay/x", content=b"")).status_code == 405
    assert (await money.http.post("/hooks/nobody/x", content=b"")).status_code == 401
