"""What a header cell means. First the known spellings, then the grammar of whose (father, mother …) and what (name, phone …)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from backend.spreadsheets.cells import fold

Owner = Literal["pupil", "father", "mother", "guardian", "parent", "contact", "teacher", ""]
PARENTAL: frozenset[str] = frozenset({"father", "mother", "guardian", "parent", "contact"})


@dataclass(frozen=True, slots=True)
class Meaning:
    """`field` alone for the pupil's own columns; with an owner for columns about adults. `weak` fields bend to their values."""

    field: str
    owner: Owner = ""
    weak: bool = False


def _load(section: str) -> dict[str, str]:
    fields = tomllib.loads((Path(__file__).parent / "spellings.toml").read_text("utf-8"))[section]
    return {fold(spelling): name for name, spellings in fields.items() for spelling in spellings}


_FIELD_OF = _load("pupil")
STAFF_FIELDS = _load("staff")

_TEACHER = re.compile(
    r"\b(giao vien|gv|gvcn|gvbm|chu nhiem|can bo|nhan vien|phu trach|hieu truong|cbgv|cb gv|can bo giao vien)\b"
)
_CHILD_OF = re.compile(r"^con (cua )?(ong|ba)\b")
_GUARDIAN = re.compile(r"\b(giam ho|do dau|bao ho|nuoi duong|ndd|ngh|cham soc|nguoi than|ong ba|guardian|guardians)\b")
_PARENT = re.compile(
    r"\b(phu huynh|phhs|cmhs|ph|cha me|bo me|ba me|me cha|ba ma|parent|parents|gia dinh|cha hoac me|cha va me)\b"
)
_CONTACT = re.compile(r"\b(lien he|lien lac|sll|contact|sllddt|slldt|nguoi nhan tin|nhan tin|bao tin)\b")
_FATHER = re.compile(r"\b(cha|bo|father|tia|dad)\b")
_MOTHER = re.compile(r"\b(me|mother|mom|mum)\b")
_LADY = re.compile(r"\bbà\b(?=\W+mẹ)", re.IGNORECASE)
_NOT_FATHER = re.compile(r"\bbo (gd|giao duc|mon|y te|dt)\b|\b(can|dang|noi) bo\b")
_MINISTRY = re.compile(r"\bbộ\b", re.IGNORECASE)
_PUPIL = re.compile(r"\b(hoc sinh|hs|hssv|tre|em|be|student|pupil)\b|\bcua (con|chau)\b|\b(con|chau)$")

_PHONE = re.compile(
    r"\b(sdt\d?|dien thoai\d?|d thoai|dthoai|so dt\d?|dtdd|di dong|phone|mobile|tel|dt\d|sodt|so dien thoai\d?"
    r"|so lien lac|so lien he|zalo|so may|hotline|dtlh|dtll|sdtlh)\b"
)
_NAME = re.compile(r"\b(ho ten|ho va ten|ten|hoten|name|ho chu dem va ten)\b")
_BIRTH = re.compile(r"\b(nam sinh|ngay sinh|sinh nam|ngay thang nam sinh|ns|namsinh)\b")
_RELATION = re.compile(r"\b(quan he|moi quan he|mqh|qh voi|la gi cua|relationship|relation|vai tro)\b")
_AWAY = re.compile(
    r"\b(nghe|nghe nghiep|cong viec|don vi cong tac|noi lam viec|co quan|noi cong tac|dia chi|cccd|cmnd|can cuoc|dinh danh|email|mail|"
    r"noi o|noi sinh|thuong tru|que quan|dan toc|ton giao|trinh do|hoc van|ngay cap|noi cap|chuc vu|ho khau|facebook|quoc tich|so cc|"
    r"cho o|thu nhap|tinh trang|suc khoe|ma so thue|so nha|don vi|nn|occupation|job|year of birth|date of birth|id|address|work)\b"
)
_IDENTITY = re.compile(
    r"\b(cccd|cmnd|cmtnd|can cuoc|ddcn|dinh danh|citizen|national id|personal id|id (card|number|no))\b"
)
# "Mã định danh" alone may be either number.
_PERSONAL_WORD = re.compile(
    r"\b(cccd|cmnd|cmtnd|can cuoc|ddcn|ca nhan|cong dan|citizen|national|personal|id|so dinh danh|12 so)\b"
)
_ISSUE = re.compile(r"\b(ngay|noi|co quan|thoi han|anh|ban sao|ho so|ho chieu|doan|dang)\b")
_SECTOR = re.compile(r"\b(bo (gd|giao duc)|moet|csdl|nganh|so gd|bo cap)\b")
_PUPIL_CODE = re.compile(r"^(ma|ma so|so)\b.*\b(hs|hoc sinh|dinh danh|dd|ddhs)\b|^ma\b.*\b(csdl|moet)\b")
_CLASS = re.compile(r"\blop\b")
_OTHER_CLASS = re.compile(
    r"\b(cu|truoc|chu nhiem|gvcn|mau giao|khoi|so|si so|moi|sau|truong|chuc vu|buoi|hoc them|nang khieu|clb|day|ghep|bien che)\b"
)
_NAME_WORD_LIST = "ho va ten chu dem day du hoc sinh hs cua em tre be khai danh cac con chau"
_NAME_WORDS = frozenset(_NAME_WORD_LIST.split())
_HINT = re.compile(r"\s*[(\[][^()\[\]]*[)\]]|\s*\*+")
# "Lớp 2026-2027", "Lớp (NH 2026-2027)": the year does not change what the column is.
SCHOOL_YEAR = re.compile(
    r"\s*[(\[]?\s*(?:\b(?:năm học|nh)\s*:?\s*)?\b(20\d\d)\s*[-–/]\s*(?:20)?\d\d\b\s*[)\]]?", re.IGNORECASE
)
# "fatherName", "SDTMe": programs write their columns without blanks.
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
_POSSESSIVE = re.compile(r"['’]s\b", re.IGNORECASE)
_BILINGUAL = re.compile(r"\s*[/|\n]\s*|\s[-–]\s")
# "3. Họ và tên con": the questions of a form are numbered.
QUESTION = re.compile(r"^\s*(?:câu\s*)?\d{1,2}\s*[.):]\s*(?=[^\W\d])", re.IGNORECASE)
# "ĐTBmhk", "ĐĐGtx": columns of marks; the first letters of the one look like a telephone's.
_MARKS = re.compile(r"(?:dtb|ddg|tbm)[a-z0-9]*( .*)?")
# In "Sở GD&ĐT" the last letters are no telephone.
_EDUCATION = re.compile(r"\bgd\s*(?:&|-|–|và)?\s*đt\b", re.IGNORECASE)
_PHONE_MARK = re.compile(r"\bđt\b|\bđt\d|\bđtdđ\b|\bđtdđ\d", re.IGNORECASE)
_BA = re.compile(r"\bba\b", re.IGNORECASE)
_MA = re.compile(r"\bmá\b", re.IGNORECASE)


@lru_cache(maxsize=4096)
def meaning_of(text: str) -> Meaning | None:
    """The meaning of one header text, already cleaned; None when it is not known as a header at all."""
    text = QUESTION.sub("", _POSSESSIVE.sub("", SCHOOL_YEAR.sub(" ", text))).strip()
    found = _meaning(text)
    if found is None and (shorter := _HINT.sub(" ", text).strip()) != text:
        # "Họ và tên (viết chữ in hoa)": the hint is not part of the name of the column.
        found = _meaning(shorter)
    if found is None and (words := _CAMEL.sub(" ", text)) != text:
        found = _meaning(words)
    if found is None and len(parts := _BILINGUAL.split(text)) == 2:
        found = _meaning(parts[0]) or _meaning(parts[1])
    return found


def _meaning(text: str) -> Meaning | None:
    folded = fold(text)
    if text == "#":
        return Meaning("row_no")
    if not folded or len(folded) > 80:
        return None
    if folded in ("dt", "d t"):
        # ĐT is a telephone, DT the people one belongs to; unmarked it depends on what stands below.
        return Meaning("phone", weak=not _PHONE_MARK.search(text))
    if folded == "nam":
        # Năm is a year, Nam a man; unmarked it depends on what stands below.
        return Meaning("birth_year" if "ă" in text.casefold() else "male_mark", weak=True)
    if _MARKS.fullmatch(folded):
        return Meaning("other")
    field = _FIELD_OF.get(folded)
    if field is not None:
        return Meaning(
            field,
            # "NS" may be a birth date or a birthplace.
            weak=field in ("code", "birth_day", "birth_month", "birth_year", "male_mark", "school_code")
            or folded == "ns",
        )
    return _by_grammar(text, folded)


def owner_of(text: str) -> Owner:
    """Whom a header or a group header is about."""
    # "bố" is a father and "bộ" a ministry; unmarked they look the same.
    folded = fold(_LADY.sub(" ", _MINISTRY.sub(" ", text)))
    if _CHILD_OF.search(folded):
        return "parent"
    if _TEACHER.search(folded):
        return "teacher"
    if _GUARDIAN.search(folded):
        return "guardian"
    father = (_FATHER.search(folded) is not None and not _NOT_FATHER.search(folded)) or _BA.search(text) is not None
    mother = _MOTHER.search(folded) is not None or _MA.search(text) is not None
    if (father and mother) or _PARENT.search(folded):
        return "parent"
    if father or mother:
        return "father" if father else "mother"
    if _CONTACT.search(folded):
        return "contact"
    return "pupil" if _PUPIL.search(folded) else ""


def _by_grammar(text: str, folded: str) -> Meaning | None:
    owner = owner_of(text)
    if owner == "teacher":
        return Meaning("other", owner)
    if _RELATION.search(folded):
        return Meaning("relation", owner if owner in PARENTAL else "")
    if owner in ("", "pupil") and (number := _of_number(text, folded)) is not None:
        return number
    if _AWAY.search(folded) and not _PHONE.search(folded):
        return Meaning("other", owner)
    phone = _PHONE.search(folded) is not None or _PHONE_MARK.search(_EDUCATION.sub(" ", text)) is not None
    if owner in PARENTAL:
        if phone:
            # "Họ tên, SĐT phụ huynh": both in one cell; the reader of names takes numbers out as well.
            return Meaning("name" if _NAME.search(folded) else "phone", owner)
        if _BIRTH.search(folded):
            return Meaning("other", owner)
        if _NAME.search(folded) or _only_owner(folded):
            return Meaning("name", owner)
        return None
    if phone:
        return Meaning("pupil_phone") if owner == "pupil" else Meaning("phone")
    if owner in ("", "pupil"):
        return _of_pupil(folded)
    return None


def _of_number(text: str, folded: str) -> Meaning | None:
    """ "Mã định danh (Bộ GD&ĐT)" is the sector's number of the pupil, "Số định danh/CCCD" the person's."""
    sector = _SECTOR.search(folded) is not None or _MINISTRY.search(text) is not None
    if sector and _PUPIL_CODE.search(folded):
        return Meaning("moedu_id")
    if not sector and _IDENTITY.search(folded) and not _ISSUE.search(folded):
        return Meaning("personal_id" if _PERSONAL_WORD.search(folded) else "code", weak=True)
    return None


def _of_pupil(folded: str) -> Meaning | None:
    words = folded.split()
    if words[0] in ("ho", "ten", "danh") and _NAME.search(folded) and set(words) <= _NAME_WORDS:
        return Meaning("full_name")
    if _BIRTH.search(folded) and len(words) <= 8 and "noi" not in words:
        return Meaning("birth")
    if re.match(r"(gioi tinh|phai)\b", folded):
        return Meaning("sex")
    if _CLASS.search(folded) and len(words) <= 7 and not _OTHER_CLASS.search(folded) and not re.search(r"\d", folded):
        return Meaning("class")
    return None


_OWNER_WORD_LIST = """
    cha bo me ba ma ong nguoi giam ho phu huynh phhs ph cmhs do dau bao thong tin ve cua hoc sinh hs hoac va nuoi duong
    lien he lac than father mother parent guardian contact gia dinh cac chinh 1 2 con dad mom
"""
_OWNER_WORDS = frozenset(_OWNER_WORD_LIST.split())


def _only_owner(folded: str) -> bool:
    return set(folded.split()) <= _OWNER_WORDS
