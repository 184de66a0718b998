"""Which column of a statement is what: headings in Vietnamese and English → roles, and the search for the heading row.

"Có" and "nợ" mean credit and debit only as whole cells or words: without their marks they are "co" and "no", which stand
in many other words. From the school's view credit is money in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Literal, get_args

import msgspec

from backend.core.text import strip_marks
from backend.spreadsheets.cells import Cell, Grid, text_of

Role = Literal[
    "number", "posted", "date", "value_date", "request_date", "reference", "memo", "debit", "credit", "amount", "side",
    "balance", "payer_account", "payer_name", "payer_bank", "fee", "tax", "currency", "none",
]  # fmt: skip
ROLES: tuple[Role, ...] = get_args(Role)
_ROWS_SEARCHED = 120
_BLOCK_ROWS_MAX = 3
_DATES: tuple[Role, ...] = ("posted", "date", "value_date")

# The first that is found decides. Folded: lower case, no marks, single blanks.
_WORDS: tuple[tuple[Role, str], ...] = (
    ("request_date", r"ngay kh thuc hien|requesting date|ngay yeu cau"),
    ("posted", r"ngay hach toan|posting date|accounting date|booking date|ngay ht\b|ngay ghi so|post date"),
    ("value_date", r"ngay hieu luc|ngay gia tri|effective date|value date|ngay chung tu"),
    ("payer_bank", r"ngan hang (doi tac|doi ung|chuyen|gui)|remitter s bank|counterparty bank|nh doi ung"),
    (
        "payer_name",
        r"ten (tai khoan|tk) (doi ung|dich|chuyen)|remitter s account name|ten (nguoi|don vi) (chuyen|gui|doi ung)|ten doi ung"
        r"|counterparty name|offset account name|corresponsive name",
    ),
    (
        "payer_account",
        r"(tai khoan|tk) (dich|doi ung|chuyen|nguon)|remitter s account|counterparty account|offset account|so tk doi ung"
        r"|corresponsive account",
    ),
    ("currency", r"^(loai tien|tien te|currency|ccy|loai tien te)$"),
    ("fee", r"^phi\b|\bfee\b|phi lai"),
    ("tax", r"\bthue\b|\bvat\b"),
    ("balance", r"so du|balance"),
    ("debit", r"ghi no\b|phat sinh no\b|\bps no\b|\bdebit\b|tien ra\b|chi ra\b|rut ra|withdrawal|so tien no"),
    ("credit", r"ghi co\b|phat sinh co\b|\bps co\b|\bcredit\b|tien vao\b|thu vao\b|gui vao|deposit|so tien co"),
    ("side", r"^(d c|dc|no co|c d|dr cr|loai gd|loai giao dich|ghi no co|debit credit|dau)$"),
    (
        "reference",
        r"so chung tu|so ct\b|doc no|document no|so tham chieu|so but toan|reference|so giao dich|ma giao dich|ma gd\b"
        r"|transaction (number|no|id)|so gd\b|\bref\b|ma tham chieu|trace|so seri|ma ft|so lenh",
    ),
    ("memo", r"noi dung|dien giai|mo ta|chi tiet|description|details|remark|narrative|particulars"),
    ("amount", r"so tien|amount|gia tri gd"),
    ("date", r"\bngay\b|\bdate\b|thoi gian"),
    ("number", r"^(stt|so tt|no|tt|#|seq|stt no)$"),
)
_PATTERNS = tuple((role, re.compile(pattern)) for role, pattern in _WORDS)
# With their marks, and as whole words only.
_DEBIT_MARKED, _CREDIT_MARKED = re.compile(r"(?<!\w)nợ(?!\w)"), re.compile(r"(?<!\w)có(?!\w)")
# Vietcombank prints the day and the document's number in one cell.
_DATE_AND_NUMBER = re.compile(r"so ct\b|doc no|so chung tu")
_HEADING_WORDS_MAX, _SIDE_WORDS_MAX = 12, 3


class Header(msgspec.Struct, frozen=True):
    """Rows `first`..`last` of a grid are the heading; `roles` by column."""

    first: int
    last: int
    titles: tuple[str, ...]
    roles: tuple[Role, ...]

    @property
    def signature(self) -> str:
        return signature(self.titles)

    def column(self, role: Role) -> int | None:
        return self.roles.index(role) if role in self.roles else None


def fold(text: str) -> str:
    return re.sub(r"[^0-9a-z#]+", " ", strip_marks(unicodedata.normalize("NFC", text)).casefold()).strip()


def signature(titles: Sequence[str]) -> str:
    """The same heading of the same bank's export, whatever its lines say."""
    return sha256("|".join(fold(title) for title in titles).rstrip("|").encode()).hexdigest()[:32]


def role_of(title: str) -> Role | None:
    marked = unicodedata.normalize("NFC", title).casefold()
    folded = fold(title)
    if not folded or len(folded.split()) > _HEADING_WORDS_MAX:
        return None
    if _DATE_AND_NUMBER.search(folded) and re.search(r"\b(ngay|date)\b", folded):
        return "date"
    short = len(folded.split()) <= _SIDE_WORDS_MAX
    debit, credit = (short and bool(word.search(marked)) for word in (_DEBIT_MARKED, _CREDIT_MARKED))
    for role, pattern in _PATTERNS:
        if role in ("debit", "credit") and debit and credit:
            continue
        if pattern.search(folded):
            return role
        # After "phát sinh", dates and balances have had their say: a cell that has the marked word.
        if role == "credit" and debit != credit:
            return "debit" if debit else "credit"
    return None


def find_headers(grid: Grid, saved: Mapping[str, Sequence[Role]]) -> list[Header]:
    """Every heading of the sheet, from the top. After the first one only its like are looked for, on every page."""
    found: list[Header] = []
    position = 0
    rows = grid.rows
    while position < len(rows):
        if not found and rows[position][0] > _ROWS_SEARCHED and position > _ROWS_SEARCHED:
            break
        if found and not _could_be(rows[position][1], found):
            position += 1
            continue
        header = _header_at(grid, position, saved)
        if header is None:
            position += 1
            continue
        found.append(header)
        position = next((p for p in range(position, len(rows)) if rows[p][0] > header.last), len(rows))
    return found


def _could_be(cells: Sequence[Cell], found: Sequence[Header]) -> bool:
    """Cheap, for it is asked of every line: does any cell hold words that stood in the heading's first row?"""
    titles = found[-1].titles
    for column, cell in enumerate(cells):
        if isinstance(cell, str) and column < len(titles) and titles[column]:
            text = text_of(cell)
            if text and titles[column].startswith(text):
                return True
    return False


def _header_at(grid: Grid, position: int, saved: Mapping[str, Sequence[Role]]) -> Header | None:
    """Headings of two languages, or of two levels, stand in rows of their own; the tallest block that gains roles is taken."""
    best: Header | None = None
    if saved and (kept_here := _kept_at(grid, position, saved)) is not None:
        return kept_here
    for height in range(1, _BLOCK_ROWS_MAX + 1):
        block = grid.rows[position : position + height]
        if len(block) < height or _holds_numbers(block[-1][1]) or not _headings(block[-1][1], height == 1):
            break
        titles = _titles(grid, block)
        header = Header(block[0][0], block[-1][0], titles, _roles(titles))
        if is_whole(header.roles) and (best is None or _gain(header) >= _gain(best)):
            best = header
    return best


def _kept_at(grid: Grid, position: int, saved: Mapping[str, Sequence[Role]]) -> Header | None:
    """A heading that a person has explained before, even one that we would not take for one."""
    for height in range(_BLOCK_ROWS_MAX, 0, -1):
        block = grid.rows[position : position + height]
        if len(block) == height:
            titles = _titles(grid, block)
            if (roles := saved.get(signature(titles))) is not None:
                filled = [*roles, *["none"] * len(titles)][: len(titles)]
                return Header(block[0][0], block[-1][0], titles, tuple(filled))  # type: ignore[arg-type]
    return None


def _gain(header: Header) -> int:
    return sum(role != "none" for role in header.roles)


def is_whole(roles: Sequence[Role]) -> bool:
    """A date, a description, and one amount or both sides."""
    dated = any(role in roles for role in _DATES)
    return dated and "memo" in roles and ("amount" in roles or ("debit" in roles and "credit" in roles))


def _titles(grid: Grid, block: Sequence[tuple[int, Sequence[Cell]]]) -> tuple[str, ...]:
    width = max(len(cells) for _, cells in block)
    titles = []
    for column in range(width):
        parts: list[str] = []
        for number, cells in block:
            text = _text_at(grid, number, cells, column)
            if text and text not in parts:
                parts.append(text)
        titles.append(" ".join(parts))
    return tuple(titles)


def _text_at(grid: Grid, number: int, cells: Sequence[Cell], column: int) -> str:
    """A title that spans columns stands above each of them."""
    if column < len(cells) and cells[column] is not None:
        return text_of(cells[column])
    for top, left, bottom, right in grid.merges:
        if top <= number <= bottom and left < column <= right and number == top and left < len(cells):
            return text_of(cells[left])
    return ""


def _roles(titles: Sequence[str]) -> tuple[Role, ...]:
    roles: list[Role] = [role_of(title) or "none" for title in titles]
    folded = [fold(title) for title in titles]
    # Bare and unmarked, the two sides are known only by standing there together.
    if "debit" not in roles and "credit" not in roles and folded.count("no") == folded.count("co") == 1:
        roles[folded.index("no")], roles[folded.index("co")] = "debit", "credit"
    # The sums of both sides leave nothing for a column that is only called amount.
    if "debit" in roles and "credit" in roles:
        roles = ["none" if role in ("amount", "side") else role for role in roles]
    seen: set[Role] = set()
    for column, role in enumerate(roles):
        if role != "none" and role in seen:
            roles[column] = "none"
        seen.add(role)
    return tuple(roles)


def _headings(cells: Sequence[Cell], begins: bool) -> bool:
    """A heading begins with a row of several titles; its further rows hold hardly anything else."""
    texts = [text_of(cell) for cell in cells if cell is not None and text_of(cell)]
    titles = sum(role_of(text) is not None for text in texts)
    return titles >= 2 if begins else bool(texts) and titles * 2 >= len(texts)


def _holds_numbers(cells: Sequence[Cell]) -> bool:
    return any(cell is not None and not isinstance(cell, str) for cell in cells) or any(
        isinstance(cell, str) and re.fullmatch(r"[0-9][0-9.,/:\- ]*", cell.strip()) and len(cell.strip()) > 2
        for cell in cells
    )
