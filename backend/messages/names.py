"""How people are called in a thread: a teacher by Cô or Thầy and the given name, a guardian by what it is to the child. Pure."""

from __future__ import annotations

_KIN = {"father": ("bố", "father"), "mother": ("mẹ", "mother"), "guardian": ("người giám hộ", "guardian")}


def teacher_name(full_name: str, language: str = "vi") -> str:
    """`Đỗ Thị Cúc` → `Cô Cúc`. The roll keeps no sex of staff; the middle names Thị and Văn tell it, otherwise both are said."""
    words = full_name.split()
    if language == "en" or not words:
        return full_name
    middle = words[1:-1]
    title = "Cô" if "Thị" in middle else "Thầy" if "Văn" in middle else "Thầy/cô"
    return f"{title} {words[-1]}"


def guardian_name(full_name: str | None, kin: str, child: str, language: str = "vi") -> str:
    """`Nguyễn Thị Hoa (mẹ em Minh An)`."""
    vi, en = _KIN.get(kin, _KIN["guardian"])
    short = " ".join(child.split()[-2:])
    role = f"{en} of {short}" if language == "en" else f"{vi} em {short}"
    return f"{full_name} ({role})" if full_name else role[:1].upper() + role[1:]
