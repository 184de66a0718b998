"""Names of people: clean, in Vietnamese capitals, without the remarks that lists put behind them. Refuses what no name holds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from backend.core.text import strip_marks
from backend.spreadsheets.cells import Cell, fold, is_blank, is_error, text_of

NAME_LENGTH_MAX = 80
# Only used to tell where a second person begins in one cell, never to judge a name. With marks, since "Tô" is a family and
# "tổ trưởng" an office; a word without any mark is compared folded.
_FAMILY_NAME_LIST = """
    nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý lí đào đoàn trịnh đinh mai tô triệu lương hà cao tạ thái
    lâm châu tăng kiều lưu quách giang tống bạch nghiêm khúc la vương phùng nông vi hứa diệp thân đàm ngân long cù lò quàng cà giáp
    mã nhâm âu cầm ninh kim khổng thạch sơn danh trương tôn uông ung viêm mạc sầm chu phí phí ông ngụy nguỵ từ quan kha khuất
    tưởng lại lã lữ liêu đồng đậu biện bành cấn chử cổ cung cống doãn đới đường giản hạ hán hầu hình hoa khương lăng lều lỗ lục
    lường mẫn mục nhữ phó phù sái sử tào tất thào tiêu tòng trà trầm trác trình vàng vưu sùng mùa giàng lầu hờ tẩn phàn thèn siu
    rmah ksor nay rcom lo hang ngac
"""
FAMILY_NAMES = frozenset(_FAMILY_NAME_LIST.split())
_FOLDED_FAMILY_NAMES = frozenset(map(fold, FAMILY_NAMES))
_REMARK = re.compile(r"\s*[(\[{]([^()\[\]{}]*)[)\]}]?\s*$")
_STAR = re.compile(r"[\s*†•·]+$|^[\s*†•·]+")
_NUMBERED = re.compile(r"^\d{1,3}\s*[.)\-:]\s*(?=\D)")
_SMALL_INITIAL = re.compile(r"(?:(?<=\s)|(?<=-))[^\W\d_a-z]")
_ALLOWED = re.compile(r"[^\W\d_]+(?:[ '’\-.][^\W\d_]*)*\.?")
_DEAD_REMARK = re.compile(r"\b(mat|chet|qua doi|tu tran|da khuat|liet si)\b")
_DEAD_TEXT = re.compile(r"^(da )?(mat|chet|qua doi)( nam \d+| roi| som)?$|[-,] *da (mat|chet|qua doi)( nam \d+)?$")
_NOBODY = re.compile(
    r"khong|khong co|khong ro|chua co|chua ro|khong biet|n a|na|null|none|nan|x|0|ko|ko co|k co|"
    r"khong co thong tin|chua cap nhat|dang cap nhat|khong xac dinh"
)


@dataclass(frozen=True, slots=True)
class NameReading:
    name: str | None
    problem: str | None = None  # the name cannot be used
    note: str | None = None  # the name can be used, but something stood beside it
    died: bool = False


def is_family_name(word: str) -> bool:
    return word.casefold() in FAMILY_NAMES or (word.isascii() and word.casefold() in _FOLDED_FAMILY_NAMES)


def says_nobody(cell: Cell) -> bool:
    """ "Không có", "chưa có": the cell says that there is nothing to write into it."""
    return isinstance(cell, str) and not is_error(cell) and _NOBODY.fullmatch(fold(text_of(cell))) is not None


def read_name(cell: Cell) -> NameReading:
    """The name of a pupil or a member of staff."""
    if not isinstance(cell, str) and not is_blank(cell):
        return NameReading(None, "name_unreadable")
    text, remark = _without_remark(text_of(cell))
    if not text or is_blank(text):
        return NameReading(None, None if not remark else "name_unreadable")
    if len(text) > NAME_LENGTH_MAX:
        return NameReading(None, "name_too_long")
    if not _ALLOWED.fullmatch(text):
        return NameReading(None, "name_unreadable")
    # "K'Brếu" is a whole name; one word without such a mark may have lost its family.
    single = " " not in text and "'" not in text
    return NameReading(in_name_case(text), None, "name_note" if remark else "name_single" if single else None)


def read_guardian_name(cell: Cell) -> NameReading:
    """As above with a guardian's habits: words for nobody, and remarks that say that the person has died."""
    if is_blank(cell):
        return NameReading(None)
    if not isinstance(cell, str) or is_error(cell):
        return NameReading(None, "guardian_unreadable")
    text = text_of(cell)
    folded = fold(text)
    if not folded or says_nobody(cell):
        return NameReading(None)
    if _DEAD_TEXT.search(strip_marks(text).casefold().strip()):
        return NameReading(None, "guardian_deceased", died=True)
    text, remark = _without_remark(text)
    if _DEAD_REMARK.search(fold(remark)):
        return NameReading(None, "guardian_deceased", died=True)
    if not text or len(text) > NAME_LENGTH_MAX or not _ALLOWED.fullmatch(text):
        return NameReading(None, "guardian_unreadable")
    return NameReading(in_name_case(text), None, "guardian_note" if remark else None)


def _without_remark(text: str) -> tuple[str, str]:
    """`1. Nguyễn Văn An (lớp trưởng) *` → `Nguyễn Văn An`, `lớp trưởng`."""
    text = _STAR.sub("", _NUMBERED.sub("", text))
    text, _, remark = text.partition(" - ") if " - " in text else text.partition(" – ")
    while match := _REMARK.search(text):
        if match.start() == 0 and match.end() == len(text) and not match[1]:
            break
        remark = match[1].strip() or remark
        text = _STAR.sub("", text[: match.start()])
        if not text:
            break
    return text.strip(" ,;"), remark


def in_name_case(name: str) -> str:
    """`NGUYỄN THỊ Ý-NHI` → `Nguyễn Thị Ý-Nhi`, `K'HO` → `K'ho`. A name in mixed case is left as its owner writes it."""
    letters = [c for c in name if c.isalpha()]
    if len(letters) < 2 or not (all(c.isupper() for c in letters) or all(c.islower() for c in letters)):
        # TCVN3 has no capital Ý or Ẩn: in its fonts "Như Ý" was written "Như ý".
        return _SMALL_INITIAL.sub(lambda word: word[0].upper(), name) if name[:1].isupper() else name
    return re.sub(r"[^\s\-]+", lambda word: word[0][:1].upper() + word[0][1:].lower(), name)


def join_name(head: Cell, given: Cell) -> str:
    """Family and middle names, and the given name, from their two columns."""
    left, right = ("" if is_blank(part) else text_of(part) for part in (head, given))
    return f"{left} {right}".strip()
