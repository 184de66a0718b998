"""Every wrong field of a body is pointed at, not only the first."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from backend.core.wrongs import every_wrong_field


class Line(msgspec.Struct, forbid_unknown_fields=True):
    pupil_id: UUID
    score: Annotated[int, Meta(ge=0, le=10)] | None = None


class Sheet(msgspec.Struct, forbid_unknown_fields=True):
    subject: Annotated[str, Meta(min_length=1, max_length=5)]
    on: dt.date
    lines: list[Line]
    flags: dict[str, bool] = {}


def _pointers(body: bytes) -> set[str]:
    return {e.pointer for e in every_wrong_field(body, Sheet)}


def test_all_wrong_fields_of_a_nested_body_are_named() -> None:
    body = b'{"subject":"","on":"31/12","lines":[{"pupil_id":"x"},{"score":11}],"flags":{"a/b":1},"extra":1}'
    assert _pointers(body) == {
        "/subject",
        "/on",
        "/lines/0/pupil_id",
        "/lines/1/pupil_id",
        "/lines/1/score",
        "/flags/a~1b",
        "/extra",
    }


def test_missing_fields_are_named_where_they_should_stand() -> None:
    assert _pointers(b"{}") == {"/subject", "/on", "/lines"}


def test_a_right_body_has_nothing_wrong() -> None:
    assert _pointers(b'{"subject":"TOAN","on":"2026-11-24","lines":[]}') == set()


def test_sentences_come_in_both_languages() -> None:
    (error,) = every_wrong_field(b'{"subject":"TOANHOC","on":"2026-11-24","lines":[]}', Sheet)
    assert (error.vi, error.en) == ("Dài quá 5.", "Longer than 5.")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(max_size=8), x, max_size=4),
)


@given(_JSON)
def test_whatever_msgspec_refuses_is_explained_and_nothing_else(raw: object) -> None:
    body = msgspec.json.encode(raw)
    try:
        msgspec.json.decode(body, type=Sheet)
    except msgspec.ValidationError:
        assert every_wrong_field(body, Sheet)
    else:
        assert every_wrong_field(body, Sheet) == []


@given(st.binary(max_size=80))
def test_any_bytes_are_survived(body: bytes) -> None:
    every_wrong_field(body, Sheet)
