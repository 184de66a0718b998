"""References: shape, check digit, and how they survive what banks do to a memo."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import shape
from payments.references import Found, How, check_digit, draw, find, is_prefix, is_reference, views

CODE = "HP2600017"


def read(memo: str, prefix: str = "HP") -> list[tuple[str, str]]:
    return [(found.code, found.how.value) for found in find(views(memo), prefix)]


@pytest.mark.parametrize(
    ("digits", "check"), [("572", "4"), ("000001", "3"), ("260001", "7"), ("123456", "6"), ("999999", "0")]
)
def test_damm_gives_the_published_check_digits(digits, check):
    assert check_digit(digits) == check
    assert check_digit(digits + check) == "0"


@given(st.integers(100_000, 999_999), st.integers(0, 6), st.integers(0, 9))
def test_one_wrong_digit_is_always_noticed(number, place, digit):
    body = f"{number}{check_digit(str(number))}"
    wrong = body[:place] + str(digit) + body[place + 1 :]
    assert wrong == body or not is_reference("HP" + wrong, "HP")


@given(st.integers(100_000, 999_999), st.integers(0, 5))
def test_two_swapped_neighbours_are_always_noticed(number, place):
    body = f"{number}{check_digit(str(number))}"
    swapped = body[:place] + body[place + 1] + body[place] + body[place + 2 :]
    assert swapped == body or not is_reference("HP" + swapped, "HP")


@pytest.mark.parametrize("prefix", ["HP", "KX", "TANPH"])
def test_a_school_may_choose_letters_that_memos_do_not_contain(prefix):
    assert is_prefix(prefix)


@pytest.mark.parametrize("prefix", ["", "H", "hp", "HP1", "HỌC", "SCHOOL", "FT", "MB", "CT", "TT", "ND", "QR", "AN"])
def test_prefixes_that_occur_anyway_are_refused(prefix):
    assert not is_prefix(prefix)


WHOLE = [
    "HP2600017",
    "hp2600017 hoc phi thang 9",
    "HP2600017 HOC PHI T9",
    "MBVCB.3278907687.HP2600017.CT tu 0011000999999 NGUYEN VAN A toi 0123499999",
    "CT nhanh 247 den: HP2600017 nop tien; thoi gian GD:05/09/2026 14:02:37",
    "MB(123456)(HP2600017)",
    "IBFT HP2600017-050926-14:02:37 123456",
    "TKThe :0011xxx tai VCB. HP2600017 -CTLNHIDI000012345678901-1/1-CRE-002",
    "REM Tfr Ac:0011 O@L_123456_HP2600017",
    "123456.050926.140237.HP2600017",
    "MA_GD:240905|CASZLP|HP2600017#",
    "ＨＰ２６０００１７ học phí",
    "Học phí HP2600017 của con",
    "HP2600017 0912345678",
    "HP26000\u200b17",
]


@pytest.mark.parametrize("memo", WHOLE)
def test_a_whole_word_is_read_in_every_frame_of_the_banks(memo):
    assert read(memo) == [(CODE, "word")]


RUN_TOGETHER = [
    "HP26 00017 hoc phi",
    "HP 2600017",
    "H P2600017",
    "HP-26-00017",
    "HP26000\n17",
    "IBFTHP2600017HOCPHI",
    "nop tienHP2600017",
    "HP2600017hocphithang9",
    "HP2600017.123",
]


@pytest.mark.parametrize("memo", RUN_TOGETHER[:-1])
def test_blanks_inside_and_neighbours_grown_on_are_read_with_less_trust(memo):
    assert read(memo) == [(CODE, "run_together")]


def test_digits_grown_on_behind_do_not_change_the_reference():
    readings = read("HP26000170912345678")
    assert readings[0] == (CODE, "run_together")
    assert {how for _, how in readings[1:]} == {"rival"}


def test_a_digit_typed_twice_makes_the_meant_reference_a_rival():
    """HP26000017: read alone it could be another bill's; the one that was meant is among the rivals."""
    readings = read("HP1234566" + "9")
    assert readings[0] == ("HP1234566", "run_together")
    doubled = next(
        c for c in draw("HP", 4000, random.Random(2).randrange) if is_reference((c[:5] + c[4] + c[5:])[:9], "HP")
    )
    readings = read(doubled[:5] + doubled[4] + doubled[5:])
    assert (doubled, "rival") in readings


@pytest.mark.parametrize("memo", ["HP26000-170926-14:02:37 123456", "HP2600 01712345"])
def test_a_reference_completed_by_digits_of_the_bank_is_a_guess(memo):
    assert {how for code, how in read(memo) if code == CODE} == {"among_digits"}


@pytest.mark.parametrize("second", ["HP26OOO2", "HP123456", "HP 1234567", "HP12345678901"])
def test_a_second_reference_that_is_damaged_is_told(second):
    assert "damaged" in [how for _, how in read(f"{CODE} {second} hoc phi")]


@pytest.mark.parametrize(
    "beside", ["HP T9", "HP 9 2026", "HP092026", "HP 20262027", "HP2600", "HP2600017", "HP 26", "HPHK1"]
)
def test_the_fees_own_abbreviation_is_no_damaged_reference(beside):
    assert read(f"{CODE} {beside}") == [(CODE, "word")]


def test_references_of_several_prefixes_are_read_at_once():
    other = draw("TANPH", 1, random.Random(4).randrange, digits=7)[0]
    found = find(views(f"{CODE} {other.lower()}"), ("HP", "KX", "TANPH"))
    assert [(one.code, one.how.value) for one in found] == [(CODE, "word"), (other, "word")]


def test_digits_in_the_next_word_do_not_lengthen_a_whole_word():
    """A Damm number followed by 0 is again a Damm number, and telephone numbers start with 0."""
    assert is_reference("HP26000170", "HP")
    assert read("HP2600017 0912345678") == [(CODE, "word")]


def test_two_references_in_one_memo_are_both_read():
    other = draw("HP", 1, random.Random(1).randrange)[0]
    assert read(f"{CODE} {other}") == [(CODE, "word"), (other, "word")]


@pytest.mark.parametrize(
    ("memo", "code", "how"),
    [
        ("HP26OOO17 hoc phi", CODE, "lookalike"),
        ("HPZ6000I7", CODE, "lookalike"),
        ("2600017 hoc phi", CODE, "no_prefix"),
        ("HP26000I7", CODE, "lookalike"),
        ("\u041d\u04202600017 hoc phi", CODE, "lookalike"),  # Cyrillic Н and Р
        ("PH2600017", CODE, "no_prefix"),
        ("HP2600018", CODE, "mistyped"),
        ("HP2600071", CODE, "mistyped"),
        ("HP260017", CODE, "mistyped"),
        ("HP26000177", CODE, "run_together"),
        ("hoc phi cho con HP26000", CODE, "cut_short"),
        ("HP260001", CODE, "mistyped"),
        ("HP2600 hoc phi", CODE, "cut_short"),
    ],
)
def test_damaged_references_are_read_but_marked_as_guesses(memo, code, how):
    assert (code, how) in read(memo)
    assert how == "run_together" or not {found for _, found in read(memo)} & {How.WORD.value, How.RUN_TOGETHER.value}


@pytest.mark.parametrize(
    "memo",
    [
        "",
        "   ",
        "NGUYEN VAN A chuyen tien",
        "MBVCB.3278907687.CT tu 0011",
        "FT26245123456789",
        "HP",
        "HP T9",
        "đóng học phí tháng 9",
    ],
)
def test_nothing_is_read_where_there_is_no_reference(memo):
    assert read(memo) == []


def test_a_guess_is_not_offered_beside_a_real_reference():
    assert read("HP2600017 HP26OOO17 2600017") == [(CODE, "word")]


def test_drawn_references_are_different_valid_and_free():
    randrange = random.Random(7).randrange
    first = draw("HP", 3000, randrange)
    second = draw("HP", 3000, randrange, taken=frozenset(first))
    assert len({*first, *second}) == 6000
    assert all(is_reference(code, "HP") and len(code) == 9 and code[2] != "0" for code in first + second)


def test_references_are_not_consecutive():
    bodies = sorted(int(code[2:8]) for code in draw("HP", 200, random.Random(3).randrange))
    assert sum(b - a == 1 for a, b in itertools.pairwise(bodies)) < 5


def test_a_full_space_grows_by_a_digit(monkeypatch):
    monkeypatch.setattr(shape, "BODY_DIGITS", 3)
    codes = draw("HP", 1200, random.Random(5).randrange, digits=3)
    lengths = {len(code) for code in codes}
    assert lengths == {6, 7}


def test_a_longer_reference_never_begins_with_a_shorter_one():
    for code in draw("HP", 500, random.Random(9).randrange, digits=8):
        assert read(code + "0")[0] == (code, "run_together")
        assert not any(is_reference(code[:length], "HP") for length in (9, 10))


@given(st.text(max_size=300))
def test_any_text_can_be_read(memo):
    for found in find(views(memo), "HP"):
        assert isinstance(found, Found)
        assert found.code.startswith("HP")


@given(st.integers(100_000, 999_999), st.text(max_size=40), st.text(max_size=40))
def test_a_reference_set_off_by_blanks_is_read_from_any_surroundings(number, before, after):
    code = f"HP{number}{check_digit(str(number))}"
    assert (code, "word") in read(f"{before} {code} {after}")
