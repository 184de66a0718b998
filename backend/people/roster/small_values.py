"""Sex, status and relation: short words with many spellings."""

from __future__ import annotations

import re
from typing import Literal

from backend.spreadsheets.cells import Cell, fold, is_blank, text_of
from schemas.roster import Relation, Sex

_MALE = {"nam", "m", "male", "trai", "boy", "con trai"}
_FEMALE = {"nu", "f", "female", "gai", "girl", "con gai", "nu gioi"}
_MARKS = {"x", "v", "co", "1", "true", "yes", "nu", "nam", "✓", "√"}
_NO_MARKS = {"0", "khong", "false", "no", "ko"}

_LEFT = re.compile(
    r"\b(chuyen di|da chuyen|chuyen truong|thoi hoc|bo hoc|nghi hoc|nghi luon|da nghi|bao luu|tot nghiep|da ra truong|ra truong|"
    r"xin nghi|rut ho so|rut hoc ba|da rut|chuyen sang truong|chuyen ra|buoc thoi hoc|tam nghi|tu vong|da mat)\b"
)
_STAYED = re.compile(
    r"\b(dang hoc|chuyen den|chuyen ve|chuyen vao|luu ban|o lai|hoc lai|moi den|moi vao|nhap hoc|tuyen moi"
    r"|chuyen lop|binh thuong|dang theo hoc|len lop|tiep nhan|di hoc lai)\b"
)

# "Hay nghỉ học", "nghỉ học nhiều", "tạm nghỉ 2 buổi" tell of days missed, not of a pupil gone.
_ABSENCES = re.compile(
    r"\b(hay|thuong|thinh thoang|doi khi|it|khong|chua|xin phep) (tam )?nghi\b|\bnghi (hoc )?(nhieu|thuong xuyen|co phep|khong phep|co li do|"
    r"co ly do|om|(\d+|mot|hai|ba|bon|vai|may) (buoi|ngay|tiet)|vi om|do om|lam|mua|buoi|hoc them)\b"
)

_FATHER = {"bố", "bo", "cha", "ba", "tía", "father", "dad", "bố đẻ"}
_MOTHER = {"mẹ", "me", "má", "ma", "mạ", "bầm", "mother", "mom", "mum"}
_OTHER = {
    "ông", "bà", "nội", "ngoại", "cô", "dì", "chú", "bác", "cậu", "mợ", "thím", "dượng", "anh", "chị", "kế", "hộ", "hàng", "xóm",
    "ong", "noi", "ngoai", "bac", "thim", "ghẻ", "giám", "giam", "đỡ", "guardian", "grandmother", "grandfather", "aunt", "uncle",
    "bảo", "sister", "brother",
}  # fmt: skip
_OTHER_ALONE = {"di", "chu", "cau", "mo", "duong", "chi", "co", "o", "em", "anh"}
_PARENT = {"ph", "phhs", "phụ", "huynh", "phu", "cmhs", "gđ", "gia", "đình", "gd"}


def read_sex(cell: Cell) -> tuple[Sex | Literal["code"] | None, str | None]:
    """(sex, problem). "code" stands for 1/0, which only the column can explain."""
    if is_blank(cell):
        return None, None
    text = fold(text_of(cell))
    if text in _MALE:
        return "male", None
    if text in _FEMALE:
        return "female", None
    if text in ("0", "1", "2", "x", "true", "false"):
        return "code", None
    return None, "sex_unreadable"


def read_mark(cell: Cell) -> bool | None:
    """A cross in a column "Nữ". None when the cell holds something else."""
    if is_blank(cell):
        return False
    text = text_of(cell).casefold()
    folded = fold(text) or text
    return True if folded in _MARKS else False if folded in _NO_MARKS else None


def has_left(cell: Cell) -> bool | None:
    """True for pupils who left, False for those who attend, None when the words say neither."""
    if is_blank(cell):
        return False
    text = fold(text_of(cell))
    if _STAYED.search(text):
        # "chuyển đến từ trường khác" holds both; arriving outweighs.
        return False
    if _LEFT.search(text):
        return True
    return False if text in ("1", "true", "hoc", "x", "co", "active") else None


def note_says_left(cell: Cell) -> bool:
    """A remark such as "Chuyển đi 10/2025". Free remarks say many things; only the words for leaving count."""
    return not is_blank(cell) and has_left(cell) is True and not _ABSENCES.search(fold(text_of(cell)))


def relation_of(text: str) -> Relation | Literal["parent"] | None:
    """Who a label means: `(mẹ)`, `Bố:`, `bà nội`, `SĐT PH`. None when it names nobody."""
    words = [word for word in re.split(r"[^\w]+", text.casefold()) if word]
    # Without marks these may be part of a name or another word; alone they can only be the relation.
    if any(word in _OTHER or (word in _OTHER_ALONE and len(words) == 1) for word in words):
        return "guardian"
    father, mother = any(word in _FATHER for word in words), any(word in _MOTHER for word in words)
    if father and mother:
        return "parent"
    if father or mother:
        return "father" if father else "mother"
    if words == ["b"]:
        return "father"
    if words == ["m"]:
        return "mother"
    return "parent" if any(word in _PARENT for word in words) else None
