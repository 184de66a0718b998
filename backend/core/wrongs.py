"""Every wrong field of a JSON body at once, each with its pointer. msgspec stops at the first; this walks on from there."""

from __future__ import annotations

import re
import types
import typing
from typing import Any, get_args, get_origin

import msgspec

from backend.core.problems import FieldError

_MAX = 50

_SENTENCES: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"missing required field"), "Thiếu mục này.", "This field is missing."),
    (re.compile(r"unknown field"), "Mục này không được nhận.", "This field is not known."),
    (re.compile(r"length <= (\d+)"), "Dài quá {0}.", "Longer than {0}."),
    (re.compile(r"length >= (\d+)"), "Ngắn hơn {0}.", "Shorter than {0}."),
    (re.compile(r"(?:int|float)` <= ([-\d.]+)"), "Không được lớn hơn {0}.", "Must not be more than {0}."),
    (re.compile(r"(?:int|float)` >= ([-\d.]+)"), "Không được nhỏ hơn {0}.", "Must not be less than {0}."),
    (re.compile(r"Expected `int`(?! [<>]=)"), "Cần một số nguyên.", "A whole number is needed."),
    (re.compile(r"Expected `(float|number)"), "Cần một số.", "A number is needed."),
    (re.compile(r"Expected `str`, got|Expected `str` "), "Cần một chuỗi chữ.", "A text is needed."),
    (re.compile(r"Expected `bool`"), "Cần true hoặc false.", "true or false is needed."),
    (re.compile(r"Expected `array`"), "Cần một danh sách.", "A list is needed."),
    (re.compile(r"Expected `object`"), "Cần một đối tượng.", "An object is needed."),
    (re.compile(r"Invalid UUID|Expected `uuid`"), "Mã định danh không đúng dạng.", "This is not a valid id."),
    (
        re.compile(r"Invalid RFC3339|Expected `date|Expected `datetime"),
        "Ngày giờ không đúng dạng.",
        "This is not a valid date or time.",
    ),
    (
        re.compile(r"Invalid enum value"),
        "Giá trị không nằm trong các giá trị được nhận.",
        "This value is not one of those accepted.",
    ),
    (re.compile(r"matching regex"), "Không đúng dạng.", "Not of the expected form."),
)


def every_wrong_field(body: bytes, kind: Any) -> list[FieldError]:
    """All wrong fields of `body` read as `kind`, at most fifty. Empty when the body is no JSON at all."""
    try:
        raw = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return []
    found: list[FieldError] = []
    _walk(raw, kind, "", found)
    return found[:_MAX]


def _walk(raw: Any, kind: Any, pointer: str, found: list[FieldError]) -> None:
    if len(found) >= _MAX:
        return
    try:
        msgspec.convert(raw, kind)
        return
    except msgspec.ValidationError as error:
        message = str(error)
    base = _unwrapped(kind, raw)
    before = len(found)
    if isinstance(base, type) and issubclass(base, msgspec.Struct) and isinstance(raw, dict):
        _walk_struct(raw, base, pointer, found)
    elif get_origin(base) in (list, tuple, set, frozenset) and isinstance(raw, list) and get_args(base):
        for position, item in enumerate(raw):
            _walk(item, get_args(base)[0], f"{pointer}/{position}", found)
    elif get_origin(base) is dict and isinstance(raw, dict):
        for key, item in raw.items():
            _walk(item, get_args(base)[1], f"{pointer}/{_escaped(str(key))}", found)
    if len(found) == before:
        found.append(_error(pointer, message))


def _walk_struct(raw: dict[str, Any], kind: type[msgspec.Struct], pointer: str, found: list[FieldError]) -> None:
    known = set()
    for field in msgspec.structs.fields(kind):
        known.add(field.encode_name)
        here = f"{pointer}/{_escaped(field.encode_name)}"
        if field.encode_name in raw:
            _walk(raw[field.encode_name], field.type, here, found)
        elif field.required:
            found.append(_error(here, "missing required field"))
    if kind.__struct_config__.forbid_unknown_fields:
        for name in raw.keys() - known - {kind.__struct_config__.tag_field}:
            found.append(_error(f"{pointer}/{_escaped(name)}", "unknown field"))


def _unwrapped(kind: Any, raw: Any) -> Any:
    """The type below Annotated, and of a union the member that a container can be meant for."""
    while get_origin(kind) is typing.Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (typing.Union, types.UnionType):
        members = [_unwrapped(member, raw) for member in get_args(kind) if member is not type(None)]
        return members[0] if len(members) == 1 else _tagged(members, raw) or kind
    return kind


def _tagged(members: list[Any], raw: Any) -> Any:
    """Of Structs that name themselves in a field, the one that is named."""
    for member in members:
        config = getattr(member, "__struct_config__", None)
        if (
            config is not None
            and config.tag_field
            and isinstance(raw, dict)
            and raw.get(config.tag_field) == config.tag
        ):
            return member
    return None


def _error(pointer: str, message: str) -> FieldError:
    for pattern, vi, en in _SENTENCES:
        if match := pattern.search(message):
            return FieldError(pointer, vi.format(*match.groups()), en.format(*match.groups()))
    return FieldError(pointer, "Giá trị không đúng.", message.partition(" - at")[0])


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
