"""Sealed columns, blind indexes, constant-time comparison."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from backend.core.crypto import Cipher, same

_CIPHER = Cipher("a-secret-of-thirty-two-characters-000")


@given(st.text())
def test_what_is_sealed_opens_again_and_never_looks_alike(text: str) -> None:
    first, second = _CIPHER.seal(text, "personal-id"), _CIPHER.seal(text, "personal-id")
    assert first != second
    assert _CIPHER.open(first, "personal-id") == text


def test_a_value_sealed_for_one_column_does_not_open_as_another() -> None:
    with pytest.raises(InvalidTag):
        _CIPHER.open(_CIPHER.seal("024213000123", "personal-id"), "bank-hook")
    with pytest.raises(InvalidTag):
        Cipher("another-secret-of-thirty-two-chars-0").open(_CIPHER.seal("x", "personal-id"), "personal-id")


def test_a_blind_index_finds_equals_within_its_purpose_only() -> None:
    assert _CIPHER.blind_index("024213000123", "personal-id") == _CIPHER.blind_index("024213000123", "personal-id")
    assert _CIPHER.blind_index("024213000123", "personal-id") != _CIPHER.blind_index("024213000123", "phone")


def test_comparison_works_over_raw_bytes_of_any_length() -> None:
    assert same("đúng", "đúng".encode())
    assert not same("a", "ab")
