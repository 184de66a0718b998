"""Forms of pages: fields as texts, and a refusal shown beside the fields. It holds no rule about any field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile

from backend.core.http import open_form as open_form
from backend.core.problems import INVALID, FieldError, Problem
from backend.core.wrongs import every_wrong_field

S = TypeVar("S", bound=msgspec.Struct)
_NOT_RIGHT = ("Giá trị không đúng.", "This value is not right.")


class Refusal:
    """A problem as a page shows it: one sentence above the form, one beside each wrong field."""

    def __init__(self, problem: Problem, language: str) -> None:
        self.sentence = problem.sentence(language)
        self.status = problem.kind.status
        self.name = problem.kind.name
        self.params = problem.params
        self._fields = {
            error.pointer.lstrip("?").strip("/"): error.en if language == "en" else error.vi for error in problem.errors
        }

    def at(self, field: str) -> str | None:
        return self._fields.get(field)

    @property
    def others(self) -> list[str]:
        return list(self._fields.values())

    @property
    def fields(self) -> Mapping[str, str]:
        return self._fields


async def read_form(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The last value of every text field; files are left to their own page."""
    form = await open_form(request)
    return {name: value for name, value in form.items() if not isinstance(value, UploadFile)}


def whole_number(text: str) -> int | None:
    """Digits as somebody, or a page's hidden field, wrote them. isdigit() alone takes “²” too, which int() does not read."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def into(kind: type[S], values: Mapping[str, Any]) -> S:
    """The Struct that the JSON door takes, so that a form is judged by the same bounds, every wrong field named."""
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise INVALID(*_wrong_fields(kind, values)) from error


def _wrong_fields(kind: type[msgspec.Struct], values: Mapping[str, Any]) -> list[FieldError]:
    """Field by field, since a form's figures are texts and only those that cannot be read as figures are wrong."""
    wrong: list[FieldError] = []
    for field in msgspec.structs.fields(kind):
        pointer = f"/{field.encode_name}"
        if field.encode_name not in values:
            if field.required:
                wrong.append(FieldError(pointer, "Thiếu mục này.", "This field is missing."))
            continue
        value = values[field.encode_name]
        try:
            msgspec.convert(value, field.type, strict=False)
        except msgspec.ValidationError:
            found = every_wrong_field(msgspec.json.encode(value), field.type)
            if isinstance(value, dict) and any(error.pointer for error in found):
                wrong += [FieldError(pointer + error.pointer, error.vi, error.en) for error in found]
                continue
            wrong.append(FieldError(pointer, found[0].vi, found[0].en) if found else FieldError(pointer, *_NOT_RIGHT))
    return wrong or [FieldError("", *_NOT_RIGHT)]
