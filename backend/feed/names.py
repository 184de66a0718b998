"""How a guardian is called under a post: by what it is to the child, never by its own name. Pure."""

from __future__ import annotations

_KIN = {"father": ("Bố", "father"), "mother": ("Mẹ", "mother"), "guardian": ("Người giám hộ", "guardian")}


def relation_name(kin: str | None, child: str, language: str = "vi") -> str:
    """`Mẹ An`; in English `An's mother`."""
    vi, en = _KIN.get(kin or "guardian", _KIN["guardian"])
    given = child.split()[-1] if child.split() else ""
    return f"{given}'s {en}" if language == "en" else f"{vi} {given}".strip()
