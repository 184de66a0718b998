"""Many ways to type one thing lead to the same words."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.normalise import TEXT_MAX, normalise


def words(text: str) -> str:
    return " ".join(normalise(text).words)


@pytest.mark.parametrize(
    "typed",
    ["chuyển trường", "Chuyển Trường", "chuyen truong", "chuyeenr truowngf", "chuye63n tru7o7ng2", "chuyeen truowng", "chuyenr truongf",
     "CHUYỂN TRƯỜNG!!!", "chuyểnnn trườnggg", "chuyển   trường", unicodedata.normalize("NFD", "chuyển trường"), "chu\u200byển trường", "chuyển trườg"],
)  # fmt: skip
def test_one_question_typed_in_many_ways_is_one_question(typed: str) -> None:
    assert words(typed) == "chuyen truong"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ko nhận dc otp", "khong nhan duoc otp"),
        ("quên mk", "quen mat khau"),
        ("mk ở xa", "minh o xa"),
        ("xin sđt gvcn", "xin so dien thoai giao vien chu nhiem"),
        ("đóng bhyt bn tiền", "dong bao hiem y te bao nhieu tien"),
        ("lịch ktra gk", "lich kiem tra giua ky"),
        ("hs xin nghỉ", "hoc sinh xin nghi"),
        ("nộp hs ở đâu", "nop ho so o dau"),
        ("học phí hk1", "hoc phi hoc ky 1"),
        ("thi học kì II", "thi hoc ky 2"),
        ("trường cấp 2", "truong thcs"),
        ("5A2", "lop 5"),
        ("lop5a2", "lop 5"),
        ("ntn z ad", "nhu the nao vay ad"),
    ],
)
def test_shorthand_is_spelt_out_and_its_neighbours_decide(typed: str, meant: str) -> None:
    assert words(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("con tui bữa ni tới lớp chưa", "con toi hom nay toi lop chua"),
        ("răng rứa", "sao vay"),
        ("nộp đơn ở mô", "nop don o dau"),
        ("chừng mô thi", "chung dau thi"),
        ("tui đón trễ được hông", "toi don muon duoc khong"),
        ("coi thực đơn", "xem thuc don"),
    ],
)
def test_regional_words_become_common_ones(typed: str, meant: str) -> None:
    assert words(typed) == meant


def test_values_become_one_word_of_their_kind() -> None:
    assert (
        words("tan lúc 16h30 ngày 24/11, đóng 1.200.000đ hay 500k, số 0912 345 678")
        == "tan luc giogiac ngay ngaythang dong sotien hay sotien so sodt"
    )
    assert words("nop 510 k roi") == "nop sotien roi"
    assert words("lop 10 k") == "lop 10 khong"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("my son lost his student card", "con toi mat cua con the hoc sinh"),
        ("transfer a grade 3 student", "chuyen truong lop 3 hoc sinh"),
        ("what does he owe", "gi con no"),
        ("bé 2 tuổi apply vào nursery cần document gì ạ", "be 2 tuoi nop don vao nha tre can giay to gi"),
        ("con đi to quá", "con di to qua"),
    ],
)
def test_english_becomes_the_words_of_the_examples(typed: str, meant: str) -> None:
    assert words(typed) == meant


def test_names_of_people_are_put_aside() -> None:
    assert words("em Trần Bảo Ân có đi học không") == "em tenrieng co di hoc khong"
    assert words("em được mấy điểm, con đọc ở đâu") == "em duoc may diem con doc o dau"


def test_clauses_are_kept_apart() -> None:
    assert len(normalise("Chào cô. Con tôi mất thẻ, làm lại ở đâu?").parts) == 3


@given(st.text(max_size=300))
def test_any_text_is_read_and_reading_twice_gives_the_same(text: str) -> None:
    first = normalise(text)
    assert first == normalise(text)
    assert all(word.isascii() and word == word.strip() and word for word in first.words)


@given(st.text(alphabet="aăâeêiouơươđdsfrxjw1234567890 .,?", max_size=200))
def test_typing_slips_never_break_the_reader(text: str) -> None:
    normalise(text)


def test_a_very_long_message_is_read_up_to_a_limit() -> None:
    started = time.process_time()
    assert len(normalise("trường " * 100_000).text) <= TEXT_MAX
    assert time.process_time() - started < 5
