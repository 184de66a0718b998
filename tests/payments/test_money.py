"""Money in figures and in words."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.words import amount_in_words, number_in_words
from schemas.money import DONG_MAX, Dong, PositiveDong, format_dong


@pytest.mark.parametrize(
    ("amount", "written"),
    [(0, "0\u00a0đ"), (999, "999\u00a0đ"), (1_500_000, "1.500.000\u00a0đ"), (-25_000, "-25.000\u00a0đ")],
)
def test_dong_are_grouped_with_dots(amount, written):
    assert format_dong(amount) == written


@pytest.mark.parametrize("amount", [1.0, True, "5", None])
def test_only_whole_numbers_are_money(amount):
    with pytest.raises(TypeError):
        format_dong(amount)


@pytest.mark.parametrize("wire", ["-1", "1.5", '"1000"', "true", str(DONG_MAX + 1), "1e400"])
def test_the_wire_refuses_what_is_not_whole_dong(wire):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(wire, type=Dong)


def test_a_positive_amount_is_not_zero():
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode("0", type=PositiveDong)
    assert msgspec.json.decode("1", type=PositiveDong) == 1


WORDS = {
    0: "không",
    1: "một",
    4: "bốn",
    5: "năm",
    10: "mười",
    11: "mười một",
    14: "mười bốn",
    15: "mười lăm",
    20: "hai mươi",
    21: "hai mươi mốt",
    24: "hai mươi tư",
    25: "hai mươi lăm",
    91: "chín mươi mốt",
    100: "một trăm",
    101: "một trăm linh một",
    104: "một trăm linh bốn",
    105: "một trăm linh năm",
    110: "một trăm mười",
    115: "một trăm mười lăm",
    155: "một trăm năm mươi lăm",
    999: "chín trăm chín mươi chín",
    1_000: "một nghìn",
    1_001: "một nghìn không trăm linh một",
    1_010: "một nghìn không trăm mười",
    1_021: "một nghìn không trăm hai mươi mốt",
    10_000: "mười nghìn",
    15_000: "mười lăm nghìn",
    100_000: "một trăm nghìn",
    105_005: "một trăm linh năm nghìn không trăm linh năm",
    350_000: "ba trăm năm mươi nghìn",
    1_000_000: "một triệu",
    1_000_005: "một triệu không trăm linh năm",
    1_005_000: "một triệu không trăm linh năm nghìn",
    1_005_021: "một triệu không trăm linh năm nghìn không trăm hai mươi mốt",
    1_250_000: "một triệu hai trăm năm mươi nghìn",
    21_000_000: "hai mươi mốt triệu",
    1_000_000_000: "một tỷ",
    1_000_000_001: "một tỷ không trăm linh một",
    1_005_000_000: "một tỷ không trăm linh năm triệu",
    24_000_024_024: "hai mươi tư tỷ không trăm hai mươi tư nghìn không trăm hai mươi tư",
    1_000_000_000_000: "một nghìn tỷ",
    1_005_000_000_000: "một nghìn không trăm linh năm tỷ",
    2_000_000_000_000_000_000: "hai tỷ tỷ",
    -350_000: "âm ba trăm năm mươi nghìn",
}


@pytest.mark.parametrize(("number", "words"), WORDS.items())
def test_numbers_are_read_as_a_vietnamese_cashier_reads_them(number, words):
    assert number_in_words(number) == words


def test_a_receipt_starts_with_a_capital_and_names_the_currency():
    assert amount_in_words(1_500_000) == "Một triệu năm trăm nghìn đồng"
    assert amount_in_words(5_000) == "Năm nghìn đồng"


@given(st.integers(min_value=0, max_value=10**18))
def test_words_lead_back_to_the_number(number):
    assert heard(number_in_words(number)) == number


def heard(words: str) -> int:
    """An independent listener: adds up what was said, one word at a time."""
    digits = {w: n for n, w in enumerate(("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"))}
    digits |= {"mốt": 1, "tư": 4, "lăm": 5}
    finished = group = last = 0
    below_billion = 0
    for word in words.split():
        if word in digits:
            last = digits[word]
            group += last
        elif word == "mười":
            group += 10
        elif word == "mươi":
            group += last * 9
        elif word == "trăm":
            group += last * 99
        elif word in ("nghìn", "triệu"):
            below_billion += group * (1_000 if word == "nghìn" else 1_000_000)
            group = 0
        elif word == "tỷ":
            finished = (finished + below_billion + group) * 10**9
            below_billion = group = 0
        else:
            assert word == "linh", word
    return finished + below_billion + group
