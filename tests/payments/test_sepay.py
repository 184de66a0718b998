"""SePay's wire: both proofs over the raw bytes, and any body at all."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.banks import sepay
from payments.banks.line import BankLine, Unreadable

PAYLOADS = Path(__file__).parents[1] / "payloads" / "sepay"
SECRET = "test_secret"
TIMESTAMP = "1788595357"
NOW = datetime.fromtimestamp(int(TIMESTAMP), UTC)
SIGNATURE = "sha256=f11123121e29b2cbe2ecc23dff033144faf92d27fe33ffa57e5e11daf09cbc1b"


def body(name: str) -> bytes:
    return (PAYLOADS / name).read_bytes()


def test_the_published_vector_is_proved():
    assert sepay.proves_signature(SECRET, TIMESTAMP, SIGNATURE, body("credit_signed.json"), NOW)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_clock_may_be_five_minutes_off(seconds):
    now = NOW + timedelta(seconds=seconds)
    assert sepay.proves_signature(SECRET, TIMESTAMP, SIGNATURE, body("credit_signed.json"), now)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_an_old_signature_cannot_be_played_again(seconds):
    now = NOW + timedelta(seconds=seconds)
    assert not sepay.proves_signature(SECRET, TIMESTAMP, SIGNATURE, body("credit_signed.json"), now)


@pytest.mark.parametrize(
    ("secret", "timestamp", "signature"),
    [
        ("", TIMESTAMP, sepay.sign("", TIMESTAMP, body("credit_signed.json"))),
        ("another", TIMESTAMP, SIGNATURE),
        (SECRET, str(int(TIMESTAMP) + 1), SIGNATURE),
        (SECRET, TIMESTAMP, SIGNATURE.upper()),
        (SECRET, TIMESTAMP, SIGNATURE.removeprefix("sha256=")),
        (SECRET, TIMESTAMP, ""),
        (SECRET, "", SIGNATURE),
        (SECRET, "soon", SIGNATURE),
        (SECRET, "١٧٨٨٥٩٥٣٥٧", SIGNATURE),
        (SECRET, "9" * 4000, SIGNATURE),
        (SECRET, TIMESTAMP, "sha256=é"),
    ],
)
def test_anything_else_is_not_proved(secret, timestamp, signature):
    assert not sepay.proves_signature(secret, timestamp, signature, body("credit_signed.json"), NOW)


def test_one_changed_byte_is_not_proved():
    changed = body("credit_signed.json").replace(b"350000", b"350001")
    assert not sepay.proves_signature(SECRET, TIMESTAMP, SIGNATURE, changed, NOW)


@pytest.mark.parametrize(
    ("secret", "header", "proved"),
    [
        ("k3y", "Apikey k3y", True),
        ("k3y", "apikey k3y", True),
        ("k3y", "Apikey k3", False),
        ("k3y", "Bearer k3y", False),
        ("k3y", "k3y", False),
        ("k3y", "", False),
        ("", "Apikey ", False),
        ("", "", False),
    ],
)
def test_the_api_key_is_compared_whole(secret, header, proved):
    assert sepay.proves_api_key(secret, header) is proved


def test_a_caller_cannot_choose_the_weaker_proof():
    headers = {"authorization": f"Apikey {SECRET}"}
    assert sepay.proves("apikey", SECRET, headers, b"{}", NOW)
    assert not sepay.proves("hmac", SECRET, headers, b"{}", NOW)
    assert not sepay.proves("none", SECRET, headers, b"{}", NOW)
    signed = {"x-sepay-timestamp": TIMESTAMP, "x-sepay-signature": SIGNATURE}
    assert sepay.proves("hmac", SECRET, signed, body("credit_signed.json"), NOW)
    assert not sepay.proves("apikey", SECRET, signed, body("credit_signed.json"), NOW)


def test_a_credit_is_understood_in_utc_and_whole_dong():
    assert sepay.understand(body("credit_with_reference.json")) == BankLine(
        source="sepay",
        event_key="92710",
        account_number="0123499999",
        direction="in",
        amount=1_250_000,
        memo="HP2600017 HOC PHI T9- Ma giao dich  Trace 123456",
        booked_at=datetime(2026, 9, 5, 8, 11, 2, tzinfo=UTC),
        bank_reference="FT26248123456789",
    )


def test_money_out_is_understood_as_money_out():
    line = sepay.understand(body("debit.json"))
    assert isinstance(line, BankLine)
    assert (line.direction, line.amount) == ("out", 2_500_000)


def test_a_form_says_the_same_as_json():
    line = sepay.understand(body("credit.form"))
    assert isinstance(line, BankLine)
    assert (line.event_key, line.amount, line.memo) == ("92712", 350_000, "HP2600017 học phí")


def changed(**fields: object) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(body("credit_with_reference.json")), **fields})


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": None}, "no_id"),
        ({"id": "  "}, "no_id"),
        ({"transferType": "sideways"}, "no_direction"),
        ({"transferType": None}, "no_direction"),
        ({"transferAmount": 0}, "no_amount"),
        ({"transferAmount": -350_000}, "no_amount"),
        ({"transferAmount": 350_000.5}, "no_amount"),
        ({"transferAmount": "350.000"}, "no_amount"),
        ({"transferAmount": "nhiều"}, "no_amount"),
        ({"transferAmount": "350_000"}, "no_amount"),
        ({"transferAmount": None}, "no_amount"),
        ({"transferAmount": 10**18}, "no_amount"),
        ({"transactionDate": "05/09/2026"}, "no_date"),
        ({"transactionDate": "0001-01-01 00:00:00"}, "no_date"),
        ({"accountNumber": ""}, "no_account"),
        ({"content": 12}, "not_json"),
    ],
)
def test_what_is_not_certain_is_unreadable_with_its_reason(fields, reason):
    assert sepay.understand(changed(**fields)) == Unreadable(reason)


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"{", b"\xff\xfe{", b"<xml/>", b'{"id":1', b"a" * 10_000])
def test_nonsense_is_unreadable(raw):
    assert sepay.understand(raw) == Unreadable("not_json")
    assert sepay.event_key(raw).startswith("body-")


def test_an_id_is_the_same_event_as_number_and_as_text():
    assert sepay.event_key(changed(id=92710)) == sepay.event_key(changed(id="92710")) == "92710"
    assert sepay.event_key(changed(id="x" * 65)) != sepay.event_key(changed(id="x" * 66))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.binary(max_size=500))
def test_any_bytes_are_survived(raw):
    assert isinstance(sepay.understand(raw), BankLine | Unreadable)
    assert sepay.event_key(raw)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["id", "accountNumber", "transferType", "transferAmount", "transactionDate", "content"]),
        json_values,
    )
)
def test_any_value_in_any_field_is_survived(fields):
    raw = json.dumps({**json.loads(body("credit_with_reference.json")), **fields}).encode()
    line = sepay.understand(raw)
    assert isinstance(line, BankLine | Unreadable)
    assert sepay.event_key(raw)
    if isinstance(line, BankLine):
        assert line.amount > 0
        assert "\0" not in line.memo
