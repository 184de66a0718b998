"""The one catalogue of what people read, Vietnamese and English side by side, one TOML file a room. Problems carry their own sentences."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

LANGUAGES = ("vi", "en")
_FOLDER = Path(__file__).parent / "catalogue"


@cache
def entries() -> dict[str, dict[str, str]]:
    """All texts as `room.key` → language → text. A key missing a language is an error at start, not at reading."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        for key, texts in tomllib.loads(path.read_text(encoding="utf-8")).items():
            assert set(texts) == set(LANGUAGES), f"{path.name}: {key} needs exactly {LANGUAGES}"
            found[f"{path.stem}.{key}"] = texts
    return found


def say(key: str, language: str = "vi", /, **params: object) -> str:
    """The text `room.key` in the reader's language, its `{placeholders}` filled."""
    text = entries()[key]["en" if language == "en" else "vi"]
    return text.format(**params) if params else text
