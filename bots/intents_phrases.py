"""The written examples: one file a writer, `# intent` above its phrases. `none` holds what the bot must not answer."""

from __future__ import annotations

from functools import cache
from pathlib import Path

NONE = "none"
_FOLDER = Path(__file__).parent / "knowledge" / "phrases"


@cache
def by_writer() -> dict[str, tuple[tuple[str, str], ...]]:
    """Writer → (phrase, intent). A writer is one imagined parent, so that leaving one out measures generalisation."""
    return {path.stem: tuple(_read(path)) for path in sorted(_FOLDER.glob("*.txt"))}


def _read(path: Path) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    intent = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if not line or line.startswith("="):
            continue
        if line.startswith("# "):
            intent = line[2:].strip()
            continue
        assert intent, f"{path.name}: a phrase before the first intent"
        found.append((line, intent))
    return found
