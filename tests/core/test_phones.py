"""Telephone numbers: every way of writing them that class lists hold."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from backend.core.phones import NotAPhone, is_mobile, national, to_e164

READ = {
    "0912345678": "+84912345678",
    "0912 345 678": "+84912345678",
    "0912.345.678": "+84912345678",
    "0912-345-678": "+84912345678",
    "'0912345678": "+84912345678",
    "912345678": "+84912345678",
    "84912345678": "+84912345678",
    "+84912345678": "+84912345678",
    "+84 912 345 678": "+84912345678",
    "(+84) 912 345 678": "+84912345678",
    "+84 (0)912 345 678": "+84912345678",
    "0084912345678": "+84912345678",
    "00 84 912345678": "+84912345678",
    "00840912345678": "+84912345678",
    # Excel ate the zero of an 084 number: the 84 is no country code.
    "843456789": "+84843456789",
    "84843456789": "+84843456789",
    "0843456789": "+84843456789",
    # Renumbered in 2018, with and without zero and country.
    "01689123456": "+84389123456",
    "1689123456": "+84389123456",
    "841689123456": "+84389123456",
    "01234567890": "+84834567890",
    "01991234567": "+84591234567",
    # Landlines.
    "02438251234": "+842438251234",
    "024 3825 1234": "+842438251234",
    "2438251234": "+842438251234",
    "(028) 38.251.234": "+842838251234",
    # A parent abroad.
    "+82 10 1234 5678": "+821012345678",
    "0082 10 1234 5678": "+821012345678",
}

REFUSED = ["", "không có", "123", "091234567", "09123456789", "0112345678", "0612345678", "38251234", "8412345678", "+84", "0", "000000000", "0551234567", "1900123456"]  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_a_number_is_read_as_people_write_it(text: str) -> None:
    assert to_e164(text) == READ[text]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_full_number_is_refused(text: str) -> None:
    with pytest.raises(NotAPhone):
        to_e164(text)


def test_the_quick_pattern_agrees_with_the_metadata_on_every_prefix() -> None:
    for prefix in range(200, 1000):
        written = f"0{prefix}555555"
        number = phonenumbers.parse(written, "VN")
        mobile = phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) == PhoneNumberType.MOBILE
        try:
            assert is_mobile(to_e164(written)) == mobile, written
        except NotAPhone:
            assert not mobile, written


def test_a_landline_is_no_mobile() -> None:
    assert not is_mobile(to_e164("02438251234"))
    assert is_mobile(to_e164("0912345678"))


def test_a_number_is_shown_as_people_read_it() -> None:
    assert national("+84912345678") == "0912 345 678"


@given(
    st.integers(0, 999_999),
    st.sampled_from(["091", "084", "039", "070", "059", "086"]),
    st.sampled_from(["", " ", ".", "-"]),
)
def test_any_mobile_survives_any_habit_of_writing(tail: int, prefix: str, separator: str) -> None:
    digits = f"{prefix}{tail:07d}"
    grouped = separator.join((digits[:4], digits[4:7], digits[7:]))
    for written in (
        grouped,
        digits[1:],
        "84" + digits[1:],
        "+84" + digits[1:],
        "0084" + digits[1:],
        "+84(0)" + digits[1:],
    ):
        assert to_e164(written) == "+84" + digits[1:]


@given(st.text(max_size=40))
def test_any_text_gives_a_number_or_a_clean_refusal(text: str) -> None:
    try:
        assert to_e164(text).startswith("+")
    except NotAPhone:
        pass
