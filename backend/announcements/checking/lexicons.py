"""Lists of words kept as data beside the rules, and how their fragments become one expression. It knows no rule."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FUND = (
    r"(?<!thu )(?<!gui )(?<!moi )(?<!cung )(?<!toi )(?<!den )(?<!cua )(?<!noi )(?<!le )quy(?! (?:phu huynh(?! lop| \d"
    r"| truong)|phhs|ph\b|vi\b|cmhs|cha|ba\b|thay|bac|ong|khach|gia dinh|ban\b|anh|co quan|dai bieu|cap"
    r"|doc gia|ke hoach nho))"
)
# Without marks `thu 5` is as often a Thursday.
_COLLECT = r"thu(?! (?:[2-7]\b(?![\d.,]*\d|\s?(?:k|d|tr))|hai\b|ba\b|tu\b|nam\b|sau\b|bay\b|vien|moi|hoach))"
_SOME_WORDS = r"(?![a-z0-9])(?:[^.\n;!?]|(?<=\d)\.(?=\d)){0,45}?(?<![a-z0-9])"


@cache
def lexicon(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))


def any_of(fragments: list[str]) -> re.Pattern[str]:
    """Fragments of expressions over folded text, each beginning and ending at a word. `~` stands for a few words between,
    `@quy` for money kept together, which without marks looks like the courtesy in `quý phụ huynh`."""
    joined = (
        "|".join(fragment.rstrip("~") for fragment in fragments)
        .replace("~", _SOME_WORDS)
        .replace("@quy", _FUND)
        .replace("@thu", _COLLECT)
    )
    return re.compile(rf"(?:(?<![a-z0-9])|(?=[^a-z0-9]))(?:{joined})(?![a-z0-9])")
