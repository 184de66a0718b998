"""What a notice asks of a family: to attend, pay, hand in, register, answer or bring. Thanks, prohibitions and 'if you need help' ask nothing."""

from __future__ import annotations

import re
from functools import cache

import msgspec

from backend.announcements.checking.lexicons import any_of, lexicon
from backend.announcements.checking.reading import Reading


class Ask(msgspec.Struct, frozen=True):
    """One deed asked for. `away`: families have to go somewhere that the ask itself does not name as the child's own class."""

    kind: str
    start: int
    end: int
    sentence: tuple[int, int]
    away: bool = False


class _Kind(msgspec.Struct, frozen=True):
    says: re.Pattern[str]
    but_not: re.Pattern[str] | None
    unless_sentence: re.Pattern[str] | None
    away: re.Pattern[str] | None


@cache
def _kinds() -> dict[str, _Kind]:
    told = lexicon("asks")
    return {
        kind: _Kind(
            any_of(rules["says"]),
            any_of(rules["but_not"]) if rules.get("but_not") else None,
            any_of([*rules.get("unless_sentence", []), *told["never"]["sentence"]]),
            any_of(rules["away"]) if rules.get("away") else None,
        )
        for kind, rules in told["ask"].items()
    }


def asks(reading: Reading) -> list[Ask]:
    """The deeds in the order of the text, at most one of a kind in a sentence."""
    found: list[Ask] = []
    agendas = [m.span() for m in _AGENDA.finditer(reading.plain)]
    for start, end in reading.sentences:
        sentence = reading.plain[start:end]
        for kind, rules in _kinds().items():
            if rules.unless_sentence and rules.unless_sentence.search(sentence):
                continue
            taken_back = [no.span() for no in rules.but_not.finditer(sentence)] if rules.but_not else []
            m = rules.says.search(sentence)
            while m and (
                any(a < m.end() and m.start() < b for a, b in taken_back)
                or not _is_meant(reading, kind, start + m.start(), start + m.end())
            ):
                m = rules.says.search(sentence, m.start() + 1)
            if m is None:
                continue
            if kind in ("pay", "hand_in", "register", "answer") and any(a < start + m.start() < b for a, b in agendas):
                continue
            away = bool(rules.away and rules.away.search(sentence)) and not _FETCHED.search(sentence)
            found.append(Ask(kind, start + m.start(), start + m.end(), (start, end), away))
    return found


# Words that are others without their marks. Where the text has marks, only these forms mean the deed.
_MEANT: dict[str, dict[str, tuple[str, ...]]] = {
    "attend": {
        "moi": ("mời",),
        "hop": ("họp",),
        "thi": ("thi",),
        "le": ("lễ",),
        "di": ("đi",),
        "dua": ("đưa",),
        "don": ("đón",),
    },
    "pay": {
        "quy": ("quỹ",),
        "thu": ("thu",),
        "dong": ("đóng",),
        "tien": ("tiền",),
        "mua": ("mua",),
        "gui": ("gửi", "gởi"),
        "nop": ("nộp",),
        "ve": ("vé", "về"),
    },
    "answer": {"dien": ("điền",), "bao": ("báo",)},
    "hand_in": {
        "thu": ("thu",),
        "don": ("đơn",),
        "quy": ("quỹ",),
        "nop": ("nộp",),
        "gui": ("gửi", "gởi"),
        "tra": ("trả",),
        "ky": ("ký", "kí"),
    },
    "register": {},
    "bring": {"mang": ("mang",), "deo": ("đeo",), "mac": ("mặc",), "chuan": ("chuẩn",), "dem": ("đem",)},
}
# What a meeting will talk about is not asked for here.
_AGENDA = re.compile(
    r"\bnoi dung[^\n:]{0,25}:[\s\S]{0,600}?(?=\b(?:de nghi|kinh (?:mong|moi|de)|rat mong|mong|vui long|xin"
    r"|tran trong|phu huynh|ph)\b|\n\s*\n|$)"
)
# Children are fetched where they are every day.
_FETCHED = re.compile(
    r"\b(?:don|ruoc) (?:con|be|chau|cac|hs|hoc sinh|tre)\b(?![^.\n]{0,60}\b(?:hop|tap trung)\b)|\bden (?:don|ruoc)\b(?! tiep)"
)
_SYLLABLE = re.compile(r"[a-z]+")
_EACH = re.compile(r" (?:em|ban|be|hs|con|hoc sinh|nguoi|gia dinh|thac|y kien|chi tiet)\b")


def _is_meant(reading: Reading, kind: str, start: int, end: int) -> bool:
    """The outer words of a hit decide: `mỗi gia đình … tối thiểu` is no invitation, `hộp màu` no meeting."""
    if not reading.marked:
        return not (
            kind == "attend" and reading.plain.startswith("moi", start) and _EACH.match(reading.plain, start + 3)
        )
    words = list(_SYLLABLE.finditer(reading.plain, start, end))
    for place, m in enumerate((*words[:2], *words[-1:])):
        forms = None if place > 0 and m.group() == "dong" else _MEANT[kind].get(m.group())
        if (
            forms
            and reading.shown[m.start() : m.end()].lower() not in forms
            and not (m.group() == "moi" and kind != "attend")
        ):
            return False
    return True
