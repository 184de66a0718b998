"""Whether the text speaks to another class, grade or school than it is addressed to. Naming one in passing is no address."""

from __future__ import annotations

import re

import msgspec

from backend.announcements.checking.classes import Mention, mentioned, schools
from backend.announcements.checking.reading import Reading
from backend.announcements.checking.shapes import Audience, Context
from backend.core.text import fold

_FAMILY = (
    r"(?:phu huynh|phhs|cmhs|ph|cha me|ba me|bo me|cac me|cac bac|ca nha|gia dinh|pp|p/h|hoc sinh|hs"
    r"|cac con|cac em|cac ban"
    r"|cac be|cac chau|parents|families|students|pupils|tap the|con|be|em|tre|quy phu huynh)"
)
_TO_BEFORE = re.compile(
    rf"\b{_FAMILY}(?:[\s,:&/-]|\b(?:cua|va|hoc sinh|hs|em|cac|con|toan the|thuoc|cu|toan|of|in|khoi|lop"
    rf"|tap the|phhs|ph|class|grade|yeu|quy|than|men|than men|nha)\b)*$"
    r"|\b(?:kinh gui|gui|than gui|kinh moi|moi|thong bao danh cho|thong bao rieng cho|thong bao|dear|hi"
    r"|hello|chao|kinh chao|v/v|ve viec"
    r"|hop phu huynh|hop phhs|hop|thuc hien|danh cho|ap dung|lich|tkb|thoi khoa bieu|thong tin|nhac"
    r"|nhac nho|nho|bang tin|tin nhan|gvcn|giao vien chu nhiem|de nghi|yeu cau|to chuc cho|toan the|ca|tap the|all"
    r"|kinh thua|alo|thuc don|ke hoach|nhan xet|thu|cac khoan thu)(?:[\s,:&/-]|\b(?:toi|den|cac|toan the"
    r"|tap the|phu huynh|phhs|ph|hoc sinh|hs|quy|cua|lop|khoi|cho|cung|ca nha|nhom|class|grade|em|con"
    r"|thang|tuan|nay|sau|to|for)\b)*$|\[\s*(?:lop |khoi )?$"
)
_PASSING_BEFORE = re.compile(
    r"\b(?:phong|tai|o|canh|ben|doi dien|truoc|qua|sang|cung|voi|gap|dau|vs|thang|thua|hoc ky|co|thay|day"
    r"|chu nhiem|len|vao|tu|den|giai|nhat|nhi|ba|khuyen khich|cup|chuc mung|khen|tuyen duong|thuoc ve|cua"
    r"|chuong trinh|sach|bai|mon|toan|sgk|thi vao|tuyen sinh|thi|diem|nhu|guong|doi|ban|anh|chi|anh chi|va"
    r"|tro|hoc|trinh do|hs cu|hoc sinh cu|gan|boi)\s*(?:lop|khoi|class)?\s*$"
)
_PASSING_AFTER = re.compile(
    r"\s*(?:dat|doat|gianh|xep|dung|giai|thang|thua|vo dich|ve nhat|da (?:gianh|dat|doat|ung ho|quyen gop"
    r"|trang tri)|truc tuan|truc (?:ban|nhat)|bieu dien|ung ho|duoc khen|duoc tuyen duong|nhat|nhi"
    r"|se trinh dien|da xay ra|co (?:\d+|mot|hai|nhieu) (?:em|ban|hs|hoc sinh|ca)|giup|phu trach|lam mc"
    r"|dau|nho (?:nhan|tim|hoi)|(?:vua |gui )?tang|cho muon|muon (?:phong|lop|san)|thach)"
)
_PASSING_SENTENCE = re.compile(
    r"\b(?:chuc mung|khen|tuyen duong|giai (?:nhat|nhi|ba)|ty so|ti so|tran dau|chung ket|xep hang|thi dua"
    r"|lich (?:hop|kham|thi|truc|tiem|don)|anh chi|cam on (?:lop|tap the)|giao luu voi)\b"
)
_ADDRESS = re.compile(
    rf"\b(?:kinh gui|gui|than gui|kinh moi|moi|thong bao (?:toi|den)?|dear|de nghi"
    rf"|hop)\b[^.\n]{{0,50}}{_FAMILY}[^.\n]{{0,25}}$|\bhop (?:phu huynh|phhs|ph)\b[^.\n]{{0,15}}$"
    rf"|\b(?:kinh gui|dear|kinh moi|than gui)\b[^.\n]{{0,60}}$|\bphu huynh (?:hoc sinh )?(?:lop|khoi"
    rf"|cac lop)?\s*$"
)


# `Lớp 5A diễn trước, lớp mình diễn sau`, `lớp 10A5 tặng lớp mình chậu hoa`.
_BESIDE_OURS = re.compile(
    r"(?! (?:minh|ta|oi)\b)[^.\n]*?\b(?:lop|doi|khoi|phong|san) (?:minh|ta|chung (?:minh|ta|em))\b"
)
# `Phụ huynh lớp 11B2 chú ý …`
_HEAR = re.compile(r"\s*(?:chu y|luu y|oi\b|nho\b|vui long|xin (?:luu|chu|vui)|than men|yeu quy)")


def elsewhere(reading: Reading, audience: Audience, context: Context) -> tuple[int, int] | None:
    """The place where another class, grade or school is spoken to."""
    if context.level and not audience.levels:
        audience = msgspec.structs.replace(audience, levels=frozenset((context.level,)))
    return (
        _another_class(reading, audience)
        or _unknown_class(reading, context.classes)
        or _another_school(reading, audience, context.school_name and fold(context.school_name))
    )


def _unknown_class(reading: Reading, classes: tuple[str, ...]) -> tuple[int, int] | None:
    """A class spoken to that the school does not have: a slip of a key, or another school's letter."""
    if not classes:
        return None
    own = {_bare(fold(name).removeprefix("lop ")) for name in classes}
    for m in mentioned(reading):
        if m.name and m.grade and _bare(m.name) not in own and _is_address(reading, m):
            return m.start, m.end
    return None


def _another_class(reading: Reading, audience: Audience) -> tuple[int, int] | None:
    named = list(mentioned(reading, audience.slashed))
    if not named:
        return None
    if audience.one_family and not audience.classes and not audience.grades:
        return None
    if audience.wide:
        return None
    if audience.whole_school and not audience.classes and not audience.grades:
        return _only_one_addressed(reading, named)
    strange = [m for m in named if not _fits(m, audience)]
    fitting = [m for m in named if _fits(m, audience)]
    addressed = [m for m in strange if _is_address(reading, m)]
    if addressed and not any(_is_address(reading, m) or _is_exact(m, audience) for m in fitting):
        return addressed[0].start, addressed[0].end
    if audience.grades and not audience.classes and not strange:
        return _only_one_addressed(reading, named, classes_only=True)
    return None


def _is_exact(m: Mention, audience: Audience) -> bool:
    return (m.name is not None and m.name in audience.classes) or (m.name is None and m.grade in audience.grades)


def _fits(m: Mention, audience: Audience) -> bool:
    if m.name is not None and m.grade is None:
        own = " ".join(audience.classes)
        return (
            not audience.classes
            or any(m.name in c or c in m.name or c.endswith(m.name.split()[0]) for c in audience.classes)
            or m.name in own
            or not any(" " in c or not c[0].isdigit() for c in audience.classes)
        )
    if m.name is not None:
        return m.name in audience.classes or m.grade in audience.grades or _bare(m.name) in map(_bare, audience.classes)
    return (
        m.grade in audience.grades
        or any(_grade_of(c) == m.grade for c in audience.classes)
        or (m.grade is not None and not m.grade.isdigit() and any(c.startswith(m.grade) for c in audience.classes))
    )


def _bare(name: str) -> str:
    """`6a1`, `6/a1` and `6 a 1` are one class."""
    return re.sub(r"[^a-z0-9]", "", name)


def _grade_of(name: str) -> str:
    m = re.match(r"\d+", name)
    return m.group() if m else name


def _is_address(reading: Reading, m: Mention) -> bool:
    first, _ = reading.line_at(m.start)
    before = reading.plain[max(first, m.start - 160) : m.start]
    word = re.search(r"\b(?:lop|khoi|class|grade|cac lop)\s*$", before)
    head = before[: word.start()] if word else before
    sentence_first, sentence_last = reading.sentence_at(m.start)
    sentence_first, sentence_last = max(sentence_first, m.start - 300), min(sentence_last, m.end + 300)
    if re.search(r"\b(?:danh (?:rieng )?cho|gui rieng)\s*$", head) and not re.search(
        r"\w{2,} \w{2,} \w{2,} \w{2,} danh", head
    ):
        return True
    if re.search(rf"\b{_FAMILY}\s*$", head) and _HEAR.match(reading.plain, m.end):
        return True
    if _TO_BEFORE.search(head[-60:]) and not re.search(
        r"\b(?:co|thay|gv|anh chi|cua|giao luu|thi dau|ban)\s*$", head[-14:]
    ):
        return not _PASSING_SENTENCE.search(reading.plain[sentence_first:sentence_last])
    if _BESIDE_OURS.match(reading.plain, m.end, sentence_last):
        return False
    if _PASSING_BEFORE.search(head[-30:]) or _PASSING_AFTER.match(reading.plain, m.end):
        return False
    if _PASSING_SENTENCE.search(reading.plain[sentence_first:sentence_last]):
        return False
    # At the head of a line or sentence the class is who is spoken to: `Lớp 6A2 mai nghỉ học`, `[6A2] …`.
    lead = reading.plain[max(first, sentence_first, m.start - 80) : m.start]
    return not re.sub(r"\b(?:lop|khoi|class|grade|cac lop|nha|be|cac be)\b|[^\w]", "", lead).strip()


def _only_one_addressed(
    reading: Reading, named: list[Mention], *, classes_only: bool = False
) -> tuple[int, int] | None:
    """A letter to one class or grade that would reach all: only when it is the letter's address and no other is named."""
    keys = {(m.grade, m.name) for m in named}
    if len(keys) != 1 or (classes_only and named[0].name is None):
        return None
    m = named[0]
    first, _ = reading.line_at(m.start)
    if (
        _ADDRESS.search(reading.plain[first : m.start])
        and not _PASSING_SENTENCE.search(reading.plain[slice(*reading.sentence_at(m.start))])
        and not re.search(r"\b(?:toan truong|cac khoi|tat ca (?:phu huynh|hoc sinh))\b", reading.plain)
    ):
        return m.start, m.end
    return None


def _another_school(reading: Reading, audience: Audience, own_school: str | None) -> tuple[int, int] | None:
    own = audience.school or own_school
    levels = set(audience.levels) | {_level_of(c) for c in audience.classes} | {_level_of(g) for g in audience.grades}
    levels.discard("")
    for level, name, start in schools(reading):
        first, _ = reading.line_at(start)
        head = reading.plain[first:start]
        opening = (
            not reading.plain[:start].strip(' -*•[(\n"')
            or re.fullmatch(r"[\s\S]{0,80}\n\s*", reading.plain[:start]) is not None
        )
        address = (
            bool(re.search(rf"\b{_FAMILY}(?: hoc sinh| hs| cua| cac)* (?:truong )?$", head))
            or (opening and not re.search(r"\w", head))
            or bool(re.search(r"\b(?:kinh gui|thua mat)\b[^.\n]{0,40}$", head))
        )
        if not address:
            continue
        if own and not _same_school(own, name):
            return start, start + len(name)
        if (
            not own
            and level
            and levels
            and level not in levels
            and not re.search(r"thcs|thpt|lien cap|va", reading.plain[start : start + 40])
        ):
            return start, start + len(name)
    return None


def _same_school(own: str, name: str) -> bool:
    short, long = sorted((own, name), key=len)
    return (
        short in long
        or long.startswith(short)
        or len(set(own.split()) & set(name.split())) >= min(2, len(short.split()))
    )


def _level_of(name: str) -> str:
    if not (m := re.match(r"\d+", name)):
        return "preschool" if re.match(r"mam|choi|la|nha tre|mg|mau giao|nt", name) else ""
    grade = int(m.group())
    return "primary" if grade <= 5 else "lower_secondary" if grade <= 9 else "upper_secondary"
