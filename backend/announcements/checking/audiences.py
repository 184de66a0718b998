"""Whom a notice goes to, from any shape a caller names it in. It reads no notice."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from backend.announcements.checking.classes import GRADE, class_name, mentioned, says_private, schools
from backend.announcements.checking.reading import Reading
from backend.announcements.checking.shapes import Audience
from backend.core.text import clean, fold

_ONE = re.compile(
    r"\b(?:em|be|chau|con|bạn)\s+[a-z]|\b(?:ca nhan|rieng|mot gia dinh|1 gia dinh|one family|student|pupil"
    r"|individual|guardian|parents? of|gia dinh (?:em|be|chau|hs|hoc sinh)|ph em|me be|ba be|1 phu huynh"
    r"|mot phu huynh|hoc sinh [a-z]+ [a-z]+|single|family)\b"
)
_ONE_KINDS = (
    "pupil",
    "student",
    "individual",
    "family",
    "guardian",
    "parent",
    "person",
    "child",
    "private",
    "one",
    "hoc sinh",
    "ca nhan",
    "gia dinh",
    "direct",
)


def audience(told: Any) -> Audience:
    """Any shape a caller may give: `lớp 6A1`, `khối 6-7`, `toàn trường`, {"kind": "class", "name": "6A1"}, or a list of these."""
    if told is None or told == "" or told == [] or told == {}:
        return Audience()
    if isinstance(told, list):
        parts = [audience(one) for one in told]
        return _together(parts)
    if isinstance(told, dict):
        return _of_object(told)
    text = clean(str(told))
    found = _of_text(text)
    return msgspec.structs.replace(found, key=fold(text) or "school")


def _together(parts: list[Audience]) -> Audience:
    return Audience(
        key="+".join(sorted(part.key for part in parts)),
        whole_school=any(part.whole_school for part in parts),
        grades=frozenset().union(*(part.grades for part in parts)),
        classes=frozenset().union(*(part.classes for part in parts)),
        school=next((part.school for part in parts if part.school), None),
        levels=frozenset().union(*(part.levels for part in parts)),
        one_family=len(parts) == 1 and parts[0].one_family,
        private=next((part.private for part in parts if part.private is not None), None),
    )


def _of_object(told: dict[str, Any]) -> Audience:
    kind = fold(str(told.get("kind") or told.get("type") or told.get("scope") or ""))
    words: list[str] = []
    for key, value in told.items():
        if key in ("kind", "type", "scope", "id", "school_id", "class_id", "ownership", "public") or value is None:
            continue
        for one in value if isinstance(value, list) else [value]:
            text = str(one.get("name") or "") if isinstance(one, dict) else str(one)
            head = (
                "khối "
                if key.startswith("grade") and text[:1].isdigit()
                else "lớp "
                if key.startswith("class") or (kind == "class" and key in ("name", "value", "label"))
                else ""
            )
            head = "khối " if kind == "grade" and key in ("name", "value") and text[:1].isdigit() else head
            words.append(head + text if not fold(text).startswith(("lop", "khoi", "class", "grade")) else text)
    found = _of_text(clean(" ; ".join(words)), named_class=kind == "class")
    pupils = told.get("pupils") or told.get("pupil_ids") or told.get("students")
    one = kind.rstrip("s") in _ONE_KINDS and not (isinstance(pupils, list) and len(pupils) > 1)
    many = kind in ("school", "class", "grade", "group", "commune", "province", "all")
    ownership = fold(str(told.get("ownership") or ""))
    private = (
        True
        if ownership in ("private", "tu thuc", "dan lap") or told.get("public") is False
        else False
        if ownership in ("public", "cong lap")
        else found.private
    )
    return msgspec.structs.replace(
        found,
        key=fold(kind + " " + " ".join(words)) or "school",
        one_family=one or (found.one_family and not many),
        private=private,
    )


def _of_text(text: str, *, named_class: bool = False) -> Audience:
    reading = Reading(text)
    plain = reading.plain
    bare = re.match(rf"^\s*(?:class|lop|c)?\s*[:\-_ ]?\s*({GRADE})\s?([a-n]\s?\d{{0,2}}|[/.\-]\d{{1,2}})\s*$", plain)
    mentions = list(mentioned(reading))
    classes = {m.name for m in mentions if m.name}
    grades = {m.grade for m in mentions if m.grade and not m.name}
    if bare:
        classes, grades = {class_name(bare[1], bare[2])}, set()
    elif m := re.match(rf"^\s*(?:grade|khoi|k|year)\s*[:\-_ ]?\s*({GRADE})\s*$", plain):
        classes, grades = set(), {m[1]}
    if named_class and not classes:
        classes = {fold(text)}
    one = (
        bool(_ONE.search(plain))
        and not re.search(r"\b(?:cac (?:con|em|be|chau)|toan truong|ca lop|moi)\b", plain)
        and not re.match(r"\s*(?:ph|phu huynh|phhs|cmhs)?\s*(?:hoc sinh )?(?:lop|khoi)\b", plain)
    )
    return Audience(
        key=fold(text) or "school",
        whole_school=not classes and not grades and not one,
        grades=frozenset(grades),
        classes=frozenset(classes),
        school=next((name for _, name, _ in schools(reading)), None),
        levels=frozenset(level for level, _, _ in schools(reading) if level),
        one_family=one,
        private=True if says_private(reading) else None,
    )
