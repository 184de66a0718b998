"""Folding, sorting and cleaning of Vietnamese text."""

from __future__ import annotations

import random
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from backend.core.text import clean, clean_lines, fold, name_sort_key, split_name, strip_marks

_SORTED = [
    "An",
    "Ảnh",
    "Ánh",
    "Ân",
    "Bích",
    "Châu",
    "Dũng",
    "Duy",
    "Đạt",
    "Đức",
    "Giang",
    "Hà",
    "Oanh",
    "Ông",
    "Ơn",
    "Uyên",
    "Ưng",
    "Ước",
    "Vy",
    "Ý",
]


def test_given_names_sort_in_vietnamese_order() -> None:
    shuffled = _SORTED[:]
    random.Random(7).shuffle(shuffled)
    assert sorted(shuffled, key=name_sort_key) == _SORTED


def test_tones_only_break_ties() -> None:
    tones = ["ha", "hà", "hả", "hã", "há", "hạ"]
    assert sorted(reversed(tones), key=name_sort_key) == tones
    assert name_sort_key("Hạ An") < name_sort_key("Hà Bình")  # the given name decides first
    assert sorted(["Trần An", "Nguyễn An", "Lê Văn An"], key=name_sort_key) == ["Lê Văn An", "Nguyễn An", "Trần An"]


def test_the_stroked_d_and_its_icelandic_twin_fold_alike() -> None:
    assert fold("Đặng") == fold("Ðặng") == fold("ĐẶNG") == "dang"
    assert clean("Ðặng") == "Đặng"


def test_both_tone_placements_fold_alike() -> None:
    assert fold("hoà thuý khoẻ") == fold("hòa thúy khỏe") == "hoa thuy khoe"


def test_lines_stay_and_a_gap_is_one_empty_line() -> None:
    assert clean_lines("\n Kính gửi  anh chị,\r\n\n\n\n mai  nghỉ.\n") == "Kính gửi anh chị,\n\nmai nghỉ."


def test_names_split_at_the_last_word() -> None:
    assert split_name("Nguyễn Thị Minh Nguyệt") == ("Nguyễn Thị Minh", "Nguyệt")
    assert split_name("Ý") == ("", "Ý")


@given(st.text())
def test_folding_is_the_same_whatever_the_normal_form(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert clean(clean(text)) == clean(text)


@given(st.text(alphabet="aăâeêioôơuưyđáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ bcdghklmnpqrstvx"))
def test_vietnamese_letters_fold_to_plain_ones(text: str) -> None:
    assert set(fold(text)) <= set("abcdefghijklmnopqrstuvwxyz ")
    assert len(strip_marks(text)) == len(unicodedata.normalize("NFC", text))


@given(st.text(max_size=60))
def test_every_text_has_a_sort_key(text: str) -> None:
    assert isinstance(name_sort_key(text), str)
