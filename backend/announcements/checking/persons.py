"""A named child beside a private matter (debt, illness, marks, telephone, address, family, behaviour). Praise and prizes are no private matter."""

from __future__ import annotations

import re
from functools import cache

import msgspec

from backend.announcements.checking.children import children
from backend.announcements.checking.lexicons import any_of, lexicon
from backend.announcements.checking.reading import Reading


class Exposure(msgspec.Struct, frozen=True):
    start: int
    end: int
    matter: str


_SCORE_LINE = re.compile(
    r"\s*(?:[:\-–=]|\s|\bđược\b|\bduoc\b)\s*(?:\d{1,3}/(?:10|100)|10(?:[.,]0)?|\d(?:[.,]\d{1,2})?)(?:\s?(?:đ|d|điểm"
    r"|diem))?\s*(?:$|[,;.)\n])"
)
_PHONE = re.compile(r"(?<!\d)(?:\+?84|0)(?:[ .-]?\d){9}(?!\d)")
_PLURAL_HEAD = re.compile(
    r"\b(?:danh sach|ds|list|bang|nhung em|cac em|cac ban|nhung ban|cac chau|cac con|cac hs|hs|hoc sinh"
    r"|nhung hs|mot so em|mot so ban|gia dinh|phu huynh|ph|cac truong hop|sau day|pupils|students"
    r"|the following|names)\b"
)
_ATTACHED = re.compile(
    r"\b(?:file|dinh kem|ben duoi|duoi day|attached|kem theo|excel|xlsx|link|bang tong hop|anh duoi|hinh"
    r"|dan o bang|niem yet|dan tai|below|trong anh)\b|xlsx|docx"
)
_WHOLE_CLASS_MARKS = re.compile(
    r"\b(?:bang diem|ket qua (?:kiem tra|thi|hoc tap)|diem (?:kiem tra|thi|so|tong ket|giua ky|cuoi ky"
    r"|hk\d?)|diem)\s+(?:[\w/]+ ){0,6}?(?:cua )?(?:ca lop|toan lop|tung (?:em|ban|con|hoc sinh|hs|be)"
    r"|cac (?:con|em|ban)|lop)\b|\b(?:class|whole class) (?:marks|grades|results|scores)\b"
    r"|\bmarks of all\b"
)


# What the words of a matter look like with their marks.
_FORMS = {
    "luoi": ("lười",), "danh": ("đánh", "danh"), "pha": ("phá",), "no": ("nợ",), "chui": ("chửi", "chui"), "benh": ("bệnh",), "om": ("ốm",),
    "bo": ("bỏ", "bố"), "yeu": ("yếu",), "kem": ("kém",), "ngheo": ("nghèo",), "can": ("cận", "cắn", "căn"), "thieu": ("thiếu",),
    "trom": ("trộm",), "mat": ("mất", "mặt", "mật"), "nghien": ("nghiện",), "soi": ("sởi",), "lao": ("lao", "láo"), "ghe": ("ghẻ",),
    "sut": ("sút", "sụt"), "muon": ("muộn",), "hu": ("hư",), "treu": ("trêu",), "vi": ("vi", "vì"), "ky": ("kỷ", "kỳ", "kì"),
}  # fmt: skip


@cache
def _matters() -> dict[str, re.Pattern[str]]:
    return {name: any_of(rules["says"]) for name, rules in lexicon("persons")["matter"].items()}


@cache
def _harmless() -> re.Pattern[str]:
    return any_of(lexicon("persons")["harmless"]["says"])


def exposed(reading: Reading, attachments: tuple[str, ...]) -> Exposure | None:
    """The first private matter of a named child, or a list of such children."""
    names = list(children(reading))
    for start, end in reading.sentences:
        sentence = reading.plain[start:end]
        inside = [name for name in names if start <= name[0] < end]
        listed = [] if inside else _names_below(reading, end, names)
        if not inside and not listed and not _list_elsewhere(sentence, attachments):
            continue
        for matter, says in _matters().items():
            m = next(
                (m for m in says.finditer(sentence) if reading.means(start + m.start(), start + m.end(), _FORMS)), None
            )
            if m is None or _harmless().search(sentence):
                continue
            if inside:
                return Exposure(
                    inside[0][0], start + m.end() if start + m.end() > inside[0][0] else inside[0][1], matter
                )
            if listed and (
                _PLURAL_HEAD.search(sentence) or reading.plain[end : end + 1] == ":" or sentence.rstrip().endswith(":")
            ):
                return Exposure(start + m.start(), listed[-1][1], matter)
            if not listed and matter in ("debt", "behaviour", "illness", "family"):
                return Exposure(start + m.start(), start + m.end(), matter)
    return _marks(reading, names, attachments) or _numbers(reading, names)


def _list_elsewhere(sentence: str, attachments: tuple[str, ...]) -> bool:
    """`Danh sách học sinh chưa nộp … xem file đính kèm`: the names stand in the file."""
    return bool(
        re.search(
            r"\b(?:danh sach|ds)\b[^.\n]{0,12}\b(?:hs|hoc sinh|em|chau|ban|be|con|gia dinh|phu huynh|ph|lop)\b",
            sentence,
        )
    ) and bool(_ATTACHED.search(sentence) or attachments)


def _names_below(reading: Reading, end: int, names: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Names in the lines right below a heading."""
    stop = reading.plain.find("\n\n", end + 2)
    stop = len(reading.plain) if stop < 0 else stop
    return [name for name in names if end <= name[0] < min(stop, end + 700)][:40]


def _marks(reading: Reading, names: list[tuple[int, int]], attachments: tuple[str, ...]) -> Exposure | None:
    m = _WHOLE_CLASS_MARKS.search(reading.plain)
    first, last = reading.sentence_at(m.start()) if m else (0, 0)
    sentence = reading.plain[first : last + 1]
    if (
        m
        and (attachments or _ATTACHED.search(sentence))
        and not re.search(
            r"\b(?:rieng|cua con minh|tai khoan|tra cuu|tung gia dinh|tung phu huynh|dang nhap|ca nhan)\b",
            reading.plain,
        )
        and re.search(r"\b(?:ca lop|toan lop|tung|bang diem|class)\b", sentence)
    ):
        return Exposure(m.start(), m.end(), "marks")
    if not re.search(
        r"\b(?:diem|giua k[yi]|cuoi k[yi]|hoc k[yi]|ket qua|kiem tra|bai thi|marks?|scores?|dat|duoc)\b", reading.plain
    ):
        return None
    scored = []
    for start, end in names:
        _, stop = reading.line_at(start)
        after = reading.shown[end : min(stop + 1, end + 30)]
        if (
            _SCORE_LINE.match(after)
            or _SCORES_INSIDE.search(reading.shown, start, end)
            or re.match(
                (
                    r"[^\n,;.]{0,12}?\b(?:được|đạt|duoc|dat|scored|got)\s+(?:\d{1,3}/(?:10|100)|10|\d)(?:[.,]\d{1,2})?\b(?!\s*(?:giải|giai"
                    r"|huy|lần|lan|bông|sao|cờ|phiếu))"
                ),
                after,
            )
        ):
            scored.append((start, end))
    return Exposure(scored[0][0], scored[-1][1], "marks") if scored else None


# `Trân 10, Hiếu 9`: names and marks in one list.
_SCORES_INSIDE = re.compile(r"[^\W\d_] (?:10|\d)(?:[.,]\d+)?\s?[,;] ?[A-ZĐ]")
_PARENTS_NUMBER = re.compile(
    r"\b(?:sdt|so dt|so dien thoai|dien thoai|so)(?: \w+)? (?:me|bo|ba|ma|cha|phu huynh) (?:cua |be |em |ban |con )?(?=(\w))"
)


def _numbers(reading: Reading, names: list[tuple[int, int]]) -> Exposure | None:
    """A telephone number of a child or of its mother or father, beside the child's name."""
    for m in _PHONE.finditer(reading.plain):
        if (whose := _PARENTS_NUMBER.search(reading.plain, max(0, m.start() - 60), m.start())) and reading.shown[
            whose.start(1)
        ].isupper():
            return Exposure(whose.start(), m.end(), "phone")
        first, last = reading.line_at(m.start())
        head = reading.plain[max(first, m.start() - 70) : m.start()]
        near = [name for name in names if first <= name[0] < last and abs(name[0] - m.start()) < 90]
        parent = re.search(
            (
                r"\b(?:me|bo|ba|phu huynh|ph|phhs|mother|father|mum|mom|dad)\s+(?:cua\s+)?(?:em|be|chau|con|ban"
                r"|hs)?\s*\w+"
            ),
            head,
        )
        staff = re.search(
            (
                r"\b(?:co|thay|gvcn|giao vien|lien he|ke toan|hotline|lh|gv|van phong|truong ban|chi hoi|ban dai dien"
                r"|ms|mr|gap|zalo|goi|bao ve|thu quy|tu van)\b"
            ),
            head,
        )
        if (
            near
            and not (staff and (not parent or staff.start() > parent.start()))
            and (
                parent
                or re.search(r"\b(?:sdt|so|dt|dien thoai|em|be|chau|con|hs|ban)\b", head)
                or m.start() - near[-1][1] < 12
            )
        ):
            return Exposure(near[0][0], m.end(), "phone")
    return None
