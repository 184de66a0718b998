"""The wires of Casso, payOS, VNPay and MoMo against their vendors' own vectors, and against any bytes at all."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.banks import casso, momo, payos, vnpay
from payments.banks.line import BankLine, Nothing, Unreadable
from payments.banks.providers import PROVIDERS
from payments.banks.wire import Call, Kept

NOW = datetime(2026, 9, 5, 7, tzinfo=UTC)

# payOS

P1_KEY = "1a54716c8f0efb2744fb28b6e38b25da7f67a925d98bc1c18bd8faaecadd7675"
P1_SIGNATURE = "412e915d2871504ed31be63c8f62a149a4410d34c4c42affc9006ef9917eaa03"
P1_WRONG = "8d8640d802576397a1ce45ebda7f835055768ac7ad2e0bfb77f9b8f12cca4c7f"
P1_DATA = {
    "orderCode": 123,
    "amount": 3000,
    "description": "VQRIO123",
    "accountNumber": "12345678",
    "reference": "TF230204212323",
    "transactionDateTime": "2023-02-04 18:25:00",
    "currency": "VND",
    "paymentLinkId": "124c33293c43417ab7879e14c8d9eb18",
    "code": "00",
    "desc": "Thành công",
    "counterAccountBankId": "",
    "counterAccountBankName": "",
    "counterAccountName": "",
    "counterAccountNumber": "",
    "virtualAccountName": "",
    "virtualAccountNumber": "",
}


def p1(signature=P1_SIGNATURE, **changes):
    body = {"code": "00", "desc": "success", "success": True, "data": {**P1_DATA, **changes}, "signature": signature}
    return json.dumps(body, ensure_ascii=False).encode()


def payos_proves(body, secret=P1_KEY):
    return payos.proves("hmac", secret, {}, Call({}, body), NOW)


def test_payos_own_vector_is_proved_and_the_misprint_is_not():
    assert payos_proves(p1())
    assert not payos_proves(p1(P1_WRONG))


def test_payos_treats_null_as_empty_and_bears_new_fields():
    null = {name: None for name in P1_DATA if name.startswith(("counter", "virtual"))}
    assert payos_proves(p1(**null))
    assert not payos_proves(p1(newField="x")), "a new field is part of what is signed"
    more = {**P1_DATA, "newField": [{"b": 1, "a": "đ"}], "flag": True, "gone": "undefined"}
    assert payos_proves(p1(payos.sign(P1_KEY, more), **{k: more[k] for k in ("newField", "flag", "gone")}))
    assert "newField=" + '[{"a":"đ","b":1}]' in "newField=" + payos._text(more["newField"])


def test_payos_signs_what_is_asked_of_it():
    asked = {
        "amount": 2000,
        "cancelUrl": "https://your-url.com/cancel",
        "description": "HP26A1B2C3",
        "orderCode": 123,
        "returnUrl": "https://your-url.com/ok",
    }
    assert payos.sign_request(P1_KEY, asked) == "841509664decdd7e75de52f41a1be7c801f5b90afcfc6e843f767f984111bade"


def test_payos_test_event_is_understood_as_nothing_and_a_like_one_is_money():
    assert payos.understand(p1()) == Nothing("test")
    line = payos.understand(p1(reference="FT1", orderCode=4242, description="HP2600017"))
    assert isinstance(line, BankLine)
    assert (line.event_key, line.order_code, line.amount, line.memo) == ("FT1", "4242", 3000, "HP2600017")
    assert line.booked_at == datetime(2023, 2, 4, 11, 25, tzinfo=UTC)
    assert payos.understand(p1(reference="FT1", code="01")) == Nothing("not_paid")


def test_payos_part_payments_of_one_link_without_a_reference_stay_apart():
    keys = {
        payos.event_key(p1(reference=None, amount=a, transactionDateTime=t))
        for a, t in ((1, "2026-09-05 10:00:00"), (2, "2026-09-05 10:00:00"), (1, "2026-09-05 10:00:01"))
    }
    assert len(keys) == 3
    assert payos.event_key(p1(reference=None)) == payos.event_key(p1(reference=None))


# Casso

C1_KEY = "mgExMrjj4i7a1p8Cs6LmFbpCd8lbw4sSX4LZXPag7TKazeIogtR90tvWYTkwQbvs"
C1_T = "1727948258788"
C1_FORM = (
    '{"data":{"accountNumber":"88888888","amount":599000,"bankAbbreviation":"VPB","bankName":"VPBank",'
    '"counterAccountBankId":"970415","counterAccountBankName":"VietinBank","counterAccountName":"NGUYEN VAN A",'
    '"counterAccountNumber":"8888888888","description":"giao dich thu nghiem","id":0,"reference":"MA_GIAO_DICH_THU_NGHIEM",'
    '"runningBalance":25000000,"transactionDateTime":"2024-10-03 15:06:37","virtualAccountName":"","virtualAccountNumber":""},'
    '"error":0}'
)
C1_SIGNATURE = (
    "ed0a4bd2e826d5cb69988cdb141e6c1a080e21f3b57eb72cd78192220042b9e7"
    "dde0868fc667faea8e224900fa7904e7c88dfa098032fb2d6b6996856e8b7ff3"
)
C1_NOW = datetime.fromtimestamp(int(C1_T) / 1000, UTC)


def casso_proves(body, t=C1_T, signature=C1_SIGNATURE, now=C1_NOW, secret=C1_KEY):
    return casso.proves("hmac", secret, {}, Call({"x-casso-signature": f"t={t},v1={signature}"}, body), now)


def test_cassos_own_vector_is_proved_in_whatever_order_its_keys_come():
    told = json.loads(C1_FORM)
    shuffled = {"error": 0, "data": dict(reversed(told["data"].items()))}
    for body in (C1_FORM.encode(), json.dumps(shuffled, indent=2).encode()):
        assert casso_proves(body)
        assert casso.understand(body) == Nothing("test")


def test_cassos_javascript_sample_is_signed_by_another_rule_and_does_not_verify():
    """t=1734924830020 of their repository: the keys are sorted at the top only, and `data` as it was."""
    told = json.loads(C1_FORM)
    unsorted = {"error": 0, "data": dict(reversed(told["data"].items()))}
    shallow = json.dumps({k: unsorted[k] for k in sorted(unsorted)}, ensure_ascii=False, separators=(",", ":"))
    t = "1734924830020"
    now = datetime.fromtimestamp(int(t) / 1000, UTC)
    body = json.dumps(unsorted).encode()
    assert casso_proves(body, t, casso.sign(C1_KEY, t, C1_FORM.encode()), now)
    assert not casso_proves(body, t, casso.sign(C1_KEY, t, shallow.encode()), now)


@pytest.mark.parametrize("form", [0, 1, 2])
def test_casso_is_believed_in_each_of_the_three_ways_their_samples_write_json(form):
    body = json.dumps({"error": 0, "data": {"id": 7, "description": "học phí 9/2026"}}, ensure_ascii=False).encode()
    forms = casso.signed_forms(body)
    assert len(forms) == 3
    assert casso_proves(body, C1_T, casso.sign(C1_KEY, C1_T, forms[form]))
    assert not casso_proves(body.replace(b"7", b"8"), C1_T, casso.sign(C1_KEY, C1_T, forms[form]))


@pytest.mark.parametrize(
    ("change", "proved"),
    [
        ({}, True),
        ({"now": C1_NOW + timedelta(minutes=5)}, True),
        ({"now": C1_NOW + timedelta(minutes=6)}, False),
        ({"now": C1_NOW - timedelta(minutes=6)}, False),
        ({"secret": ""}, False),
        ({"secret": "another"}, False),
        ({"t": "soon"}, False),
        ({"t": "9" * 400}, False),
        ({"signature": ""}, False),
        ({"signature": "é"}, False),
    ],
)
def test_casso_clock_secret_and_signature_must_all_be_right(change, proved):
    assert casso_proves(C1_FORM.encode(), **change) is proved


@pytest.mark.parametrize(
    ("secret", "token", "proved"),
    [("t0ken", "t0ken", True), ("t0ken", "t0k", False), ("", "", False), ("t", "", False)],
)
def test_casso_version_1_shares_a_token(secret, token, proved):
    call = Call({"secure-token": token}, b"{}")
    assert casso.proves("token", secret, {}, call, NOW) is proved
    assert not casso.proves("hmac", secret, {}, call, NOW), "never by the weaker proof that a caller picks"


V1 = {
    "id": 11,
    "tid": "FT26248000000001",
    "description": "HP2600017 hoc phi",
    "amount": 350000,
    "cusum_balance": 19_077_000,
    "when": "2026-09-05 14:02:37",
    "bank_sub_acc_id": "0123499999",
    "subAccId": "0123499999",
}


def v1(*movements):
    return json.dumps({"error": 0, "data": list(movements)}).encode()


def test_casso_version_1_tells_many_and_each_is_one_event():
    body = v1(V1, {**V1, "id": 12, "amount": -50_000}, V1)
    told = casso.tells(body)
    assert [one.event_key for one in told] == ["11", "12"]
    lines = [casso.understand(one.said) for one in told]
    assert [(line.direction, line.amount, line.balance_after) for line in lines] == [
        ("in", 350_000, 19_077_000),
        ("out", 50_000, 19_077_000),
    ]
    assert casso.tells(v1(V1))[0].said == v1(V1), "a single one is kept as it came"


def test_casso_list_tells_the_same_line_as_its_hook():
    listed = {
        **{k: V1[k] for k in ("id", "tid", "description", "amount", "when")},
        "cusumBalance": 19_077_000,
        "bankSubAccId": "0123499999",
    }
    item = json.dumps(listed).encode()
    assert casso.understand_pulled(item) == casso.understand(v1(V1))
    assert casso.pulled_key(item) == casso.tells(v1(V1))[0].event_key


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": None}, "no_id"),
        ({"amount": 0}, "no_amount"),
        ({"amount": 0.5}, "no_amount"),
        ({"amount": "12.5"}, "no_amount"),
        ({"amount": True}, "not_json"),
        ({"amount": 10**18}, "no_amount"),
        ({"when": "05/09/2026"}, "no_date"),
        ({"bank_sub_acc_id": "", "subAccId": None}, "no_account"),
        ({"description": 12}, "not_json"),
    ],
)
def test_what_casso_does_not_say_for_certain_is_unreadable(fields, reason):
    assert casso.understand(v1({**V1, **fields})) == Unreadable(reason)


# VNPay

VN1 = (
    "vnp_Amount=1000000&vnp_BankCode=NCB&vnp_BankTranNo=VNP14422574&vnp_CardType=ATM"
    "&vnp_OrderInfo=Thanh+toan+don+hang+2024-05-21T02%3A17%3A31.249Z&vnp_PayDate=20240521091806&vnp_ResponseCode={code}"
    "&vnp_TmnCode=TEST_TMN_CODE&vnp_TransactionNo=14422574&vnp_TransactionStatus=00&vnp_TxnRef=1716257871703"
)
VN1_HASH = (
    "649982421beb422556a1374713c74e58e716ecbd05007c0c0e1f7effdfaf361d"
    "bf146889ca446139afe11b9954c4d5c486e99e3b86fcfab6957f29eb0be72895"
)
VN1_HASH_99 = (
    "503194f6d93b57b357b2d1d09742565e67e86d771352c5dca4fc8d39df3d392c"
    "6b3809add9405f97cfb9631f445e36c80656cfbf47eac67d97fa165865c13e1b"
)


def vn1(code="00", hash_=VN1_HASH):
    return f"{VN1.format(code=code)}&vnp_SecureHash={hash_}".encode()


def vnpay_proves(query, secret="test_secret"):
    return vnpay.proves("hmac", secret, {}, Call({}, query), NOW)


def test_vnpays_own_vectors_are_proved_in_either_case_and_order():
    assert vnpay_proves(vn1())
    assert vnpay_proves(vn1(hash_=VN1_HASH.upper()))
    assert vnpay_proves(vn1("99", VN1_HASH_99))
    assert not vnpay_proves(vn1("99", VN1_HASH))
    assert vnpay_proves(b"&".join(reversed(vn1().split(b"&"))))
    assert vnpay_proves(vn1() + b"&vnp_SecureHashType=HMACSHA512&vnp_Empty=&foreign=1")


@pytest.mark.parametrize(
    ("query", "secret"),
    [
        (vn1(), ""),
        (vn1(), "another"),
        (vn1().replace(b"1000000", b"2000000"), "test_secret"),
        (vn1() + b"&vnp_Amount=1000000", "test_secret"),
        (vn1().partition(b"&vnp_SecureHash")[0], "test_secret"),
        (b"", "test_secret"),
        (b"vnp_SecureHash=", "test_secret"),
        (b"\xff%ff&=&&", "test_secret"),
    ],
)
def test_vnpay_anything_else_is_not_proved(query, secret):
    assert not vnpay_proves(query, secret)


def test_vnpay_counts_in_hundredths_and_a_failed_payment_is_nothing():
    line = vnpay.understand(vn1())
    assert isinstance(line, BankLine)
    assert (line.amount, line.order_code, line.event_key) == (10_000, "1716257871703", "14422574-1716257871703")
    assert (line.account_number, line.bank_reference) == ("TEST_TMN_CODE", "VNP14422574")
    assert line.booked_at == datetime(2024, 5, 21, 2, 18, 6, tzinfo=UTC)
    assert vnpay.understand(vn1("24")) == Nothing("not_paid")
    assert vnpay.understand(vn1().replace(b"vnp_Amount=1000000", b"vnp_Amount=1000050")) == Unreadable("no_amount")
    assert vnpay.understand(vn1().replace(b"vnp_Amount=1000000", b"vnp_Amount=-1000000")) == Unreadable("no_amount")


@pytest.mark.parametrize(
    ("kept", "code"),
    [
        (Kept(0, None), "01"),
        (Kept(3, None), "01"),
        (Kept(0, 9_999), "04"),
        (Kept(0, 10_000), "00"),
        (Kept(1, 10_000), "02"),
    ],
)
@pytest.mark.parametrize("result", ["00", "24"])
def test_vnpay_is_answered_order_then_amount_then_done_then_recorded(kept, code, result):
    """A payment that was given up is confirmed as well, or they call ten times for nothing."""
    answer = vnpay.answer(vn1(result), kept)
    assert (answer.status, json.loads(answer.body)["RspCode"]) == (200, code)


def test_vnpay_is_asked_with_a_signed_address():
    at = datetime(2026, 9, 5, 7, 0, tzinfo=UTC)
    url = vnpay.pay_url(
        "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html",
        "test_secret",
        {"tmn_code": "TEST0001"},
        order="4711",
        amount=350_000,
        info="HP2600017 hoc phi",
        return_url="https://truong.example/app?x=1",
        ip="10.0.0.1",
        at=at,
        until=at + timedelta(minutes=15),
    )
    query = url.partition("?")[2]
    assert vnpay_proves(query.encode())
    asked = dict(parse_qsl(query))
    assert (asked["vnp_Amount"], asked["vnp_CreateDate"], asked["vnp_ExpireDate"]) == (
        "35000000",
        "20260905140000",
        "20260905141500",
    )


# MoMo

M1 = {
    "partnerCode": "TESTPARTNER",
    "orderId": "HP26A1B2C3-1",
    "requestId": "HP26A1B2C3-1",
    "amount": 350000,
    "orderInfo": "Hoc phi thang 9",
    "orderType": "momo_wallet",
    "transId": 4088878653,
    "resultCode": 0,
    "message": "Thành công.",
    "payType": "qr",
    "responseTime": 1721720663942,
    "extraData": "",
    "signature": "746996db4cb078bfd69d643cf02381816871462f13ecbf03f75ec9e689f70aed",
}
MOMO_KEYS = {"partner_code": "TESTPARTNER", "access_key": "test_access"}


def m1(**changes):
    return json.dumps({**M1, **changes}, ensure_ascii=False).encode()


def momo_proves(body, secret="test_secret", keys=MOMO_KEYS):
    return momo.proves("hmac", secret, keys, Call({}, body), NOW)


def test_momos_vector_is_proved_and_nothing_else():
    assert momo_proves(m1())
    for body in (m1(amount=350001), m1(signature=""), m1(signature=None), m1(signature="é"), b"[]", b"null", b"\xff"):
        assert not momo_proves(body)
    assert not momo_proves(m1(), secret="")
    assert not momo_proves(m1(), secret="another")
    assert not momo_proves(m1(), keys={})


def test_momo_is_understood_and_a_failed_or_only_authorised_payment_is_nothing():
    line = momo.understand(m1())
    assert isinstance(line, BankLine)
    assert (line.amount, line.order_code, line.event_key, line.account_number) == (
        350_000,
        "HP26A1B2C3-1",
        "4088878653",
        "TESTPARTNER",
    )
    for code in (9000, 1006, "1006"):
        assert momo.understand(m1(resultCode=code)) == Nothing("not_paid")
    assert momo.event_key(m1(resultCode=9000)) != momo.event_key(m1())
    assert momo.understand(m1(amount=-1)) == Unreadable("no_amount")
    assert momo.understand(m1(amount=0.5)) == Unreadable("no_amount")


# Any bytes, any value in any field: never an exception, and money only where it is certain.

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
calm = settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=60)
WIRES = sorted(PROVIDERS)


def survives(provider, said):
    assert isinstance(provider.proves(provider.proofs[0], "secret", {"access_key": "a"}, Call({}, said), NOW), bool)
    told = provider.tells(said)
    assert told
    assert len({one.event_key for one in told}) == len(told)
    for one in told:
        assert 0 < len(one.event_key) <= 64
        line = provider.understand(one.said)
        assert isinstance(line, BankLine | Unreadable | Nothing)
        if isinstance(line, BankLine):
            assert line.amount > 0
            assert "\0" not in line.memo
            assert line.event_key == one.event_key
    order = provider.order_of(said)
    if order is not None:
        assert "\0" not in order.order_code
    if provider.understand_pulled is not None:
        assert isinstance(provider.understand_pulled(said), BankLine | Unreadable | Nothing)


@pytest.mark.parametrize("name", WIRES)
@given(said=st.binary(max_size=300))
@calm
def test_any_bytes_are_survived(name, said):
    survives(PROVIDERS[name], said)


GOOD = {"payos": P1_DATA, "casso": V1, "momo": M1}


@pytest.mark.parametrize("name", sorted(GOOD))
@given(data=st.data())
@calm
def test_any_value_in_any_field_is_survived(name, data):
    good = GOOD[name]
    fields = data.draw(st.dictionaries(st.sampled_from(sorted(good)), json_values, max_size=3))
    body = {**good, **fields}
    wrapped = {"payos": {"data": body, "signature": "x"}, "casso": {"error": 0, "data": [body]}, "momo": body}[name]
    survives(PROVIDERS[name], json.dumps(wrapped).encode())


@given(
    pairs=st.lists(
        st.tuples(
            st.sampled_from(["vnp_Amount", "vnp_TxnRef", "vnp_PayDate", "vnp_TransactionNo", "vnp_TmnCode", "x"]),
            st.text(max_size=20),
        )
    )
)
@calm
def test_any_query_is_survived(pairs):
    extra = "&".join(f"{k}={v}" for k, v in pairs).encode("utf-8", "replace")
    survives(PROVIDERS["vnpay"], vn1() + b"&" + extra)
