"""Shapes of models of letters. {gaps} are filled in by whoever writes."""

from typing import Annotated

import msgspec
from msgspec import Meta


class TemplateIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=80, examples=["Họp phụ huynh"])]
    title: Annotated[str, Meta(max_length=150, examples=["Họp phụ huynh lớp {lop}"])]
    body: Annotated[
        str, Meta(min_length=1, max_length=5000, examples=["Kính mời phụ huynh dự họp lúc {gio} ngày {ngay}."])
    ]


class Template(msgspec.Struct, frozen=True):
    """`key` is an id of the school's own, or the name of one that comes with the house. `gaps` are still to be filled in."""

    key: str
    name: Annotated[str, Meta(examples=["Họp phụ huynh"])]
    title: str
    body: str
    own: bool
    gaps: list[str]


class TemplateList(msgspec.Struct, frozen=True):
    """The school's own first."""

    templates: list[Template]
