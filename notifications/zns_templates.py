"""Which approved ZNS template carries which kind of notice, its parameters with their longest values, and its price: a file of data.

Templates belong to an Official Account and are approved one by one, so every environment has its own file (NHIPCAU_ZNS_TEMPLATES_FILE):

    [[template]]
    kind = "absence"
    template_id = "301234"
    price = 300                       # đồng for one message
    schools = [12, 15]                # none named: every school that has no template of its own for this kind

    [template.parameters]
    ten_truong = { from = "school", max = 60 }
    hoc_sinh   = { from = "child", max = 30 }
    noi_dung   = { from = "summary", max = 100 }
    duong_dan  = { from = "path", max = 80 }
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from backend.core.settings import SettingsRefused, variable

# What a parameter may be filled with. Nothing here is more than a lock screen shows.
Source = Literal["school", "child", "summary", "day", "path"]


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    source: Source
    max: Annotated[int, Meta(ge=1, le=400)]


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    template_id: Annotated[str, Meta(pattern=r"^[0-9]{1,20}$")]
    price: Annotated[int, Meta(ge=0, le=100_000)]
    parameters: Annotated[dict[str, Parameter], Meta(min_length=1, max_length=30)]
    schools: frozenset[int] = frozenset()


class _File(msgspec.Struct, forbid_unknown_fields=True):
    template: list[Template]


class Templates:
    def __init__(self, templates: Sequence[Template]) -> None:
        self._own = {(school, t.kind): t for t in templates for school in t.schools}
        self._common = {t.kind: t for t in templates if not t.schools}

    def of(self, school_id: int, kind: str) -> Template | None:
        return self._own.get((school_id, kind)) or self._common.get(kind)


def read(path: str) -> Templates:
    """Raises SettingsRefused with the place of what is wrong: better no start than a night of refused messages."""
    try:
        file = msgspec.convert(tomllib.loads(Path(path).read_text(encoding="utf-8")), _File)
    except (OSError, ValueError) as error:
        raise SettingsRefused(f"{variable('zns_templates_file')}: {error}") from error
    seen: set[tuple[int, str]] = set()
    for template in file.template:
        for key in [(school, template.kind) for school in template.schools or (0,)]:
            if key in seen:
                raise SettingsRefused(f"{variable('zns_templates_file')}: two templates for {template.kind}")
            seen.add(key)
    return Templates(file.template)


def filled(template: Template, values: Mapping[Source, str]) -> dict[str, str]:
    """Zalo refuses an over-long or an empty value, so the one is clipped and the other is a dash."""
    return {name: _fit(values[one.source], one.max) for name, one in template.parameters.items()}


def _fit(value: str, length: int) -> str:
    value = " ".join(value.split()) or "-"
    return value if len(value) <= length else value[: length - 1].rstrip() + "…"
