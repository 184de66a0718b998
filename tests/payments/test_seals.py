"""Seals: short, readable, bound to everything they stand for; whatever is changed no longer holds."""

from datetime import date

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from backend.core.crypto import Cipher
from payments.seals import AMOUNT_MAX, Kind, Sealed, account_key, find, holds, receipt_subject, seal

CIPHER = Cipher("a secret of the tests")
ACCOUNT = account_key("970436", "0011000000017")
BILL = Sealed(Kind.BILL, 7, "HP2600017", ACCOUNT, 350_000, date(2026, 12, 31))

sealed = st.builds(
    Sealed,
    kind=st.sampled_from(Kind),
    school_id=st.integers(1, 2**63 - 1) | st.integers(1, 2000),
    subject=st.from_regex(r"[A-Z]{2}[0-9]{7,9}", fullmatch=True),
    account=st.just(ACCOUNT),
    amount=st.integers(0, AMOUNT_MAX),
    expires_on=st.dates(date(2026, 1, 1), date(2070, 1, 1)),
)


@given(sealed)
def test_a_seal_is_read_back_and_holds(one):
    (claim,) = find(f"Mã xác thực: {seal(CIPHER, one)}.")
    assert (claim.kind, claim.school_id, claim.subject) == (one.kind, one.school_id, one.subject)
    assert (claim.amount, claim.expires_on) == (one.amount, one.expires_on)
    assert holds(CIPHER, claim, one.account)


def test_a_seal_is_short_and_has_no_letters_that_look_alike():
    code = seal(CIPHER, BILL)
    body = code.removeprefix("HP2600017-")
    assert len(body.replace("-", "")) == 21
    assert not set(body) & set("ILOU")


def test_what_a_person_types_for_a_letter_is_understood():
    code = seal(CIPHER, BILL)
    body = code.removeprefix("HP2600017").replace("0", "o").replace("1", "l").lower()
    for written in (code.lower(), "HP2600017" + body, code.replace("-", " - "), code.replace("-", "–")):
        (claim,) = find(written)
        assert holds(CIPHER, claim, ACCOUNT), written


def test_a_seal_of_another_house_account_or_text_does_not_hold():
    (claim,) = find(seal(CIPHER, BILL))
    assert not holds(Cipher("another secret"), claim, ACCOUNT)
    assert not holds(CIPHER, claim, account_key("970436", "0011000000018"))
    assert not holds(CIPHER, claim, "")
    for change in (
        {"school_id": 8},
        {"subject": "HP2600018"},
        {"amount": 350_001},
        {"kind": Kind.REQUEST},
        {"expires_on": date(2027, 12, 31)},
    ):
        assert not holds(CIPHER, msgspec.structs.replace(claim, **change), ACCOUNT), change


@given(sealed, st.data())
def test_no_changed_letter_passes(one, data):
    code = seal(CIPHER, one)
    place = data.draw(st.integers(0, len(code) - 1))
    letter = data.draw(st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ-"))
    changed = code[:place] + letter + code[place + 1 :]
    if changed != code:
        assert not [claim for claim in find(changed) if holds(CIPHER, claim, one.account)]


def test_texts_without_a_seal_have_none():
    for text in ("", "HP2600017", "HP2600017-1234", "0123-4567-8901-2345-6789-0123", "a" * 5000, "-" * 5000):
        assert [claim for claim in find(text) if holds(CIPHER, claim, ACCOUNT)] == []


def test_receipts_are_sealed_by_their_number():
    receipt = Sealed(Kind.RECEIPT, 7, receipt_subject("2026/000123"), "", 350_000, date(2036, 12, 31))
    (claim,) = find(seal(CIPHER, receipt))
    assert (claim.subject, claim.kind, holds(CIPHER, claim, "")) == ("2026000123", Kind.RECEIPT, True)
