"""CSV in whatever encoding and with whatever separator it comes: bytes to one grid."""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections import Counter

from backend.spreadsheets import limits
from backend.spreadsheets.cells import Cell, Grid
from backend.spreadsheets.legacy import from_tcvn3, from_vni
from backend.spreadsheets.refusals import FileRefused
from backend.spreadsheets.syllables import vietnamese_share

_SEPARATORS = ",;\t|"
_SEPARATOR_LINE = re.compile(r'^"?sep=(.)"?\r?\n', re.IGNORECASE)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Below this share of Vietnamese syllables no reading is believed. Names of minorities and foreigners lower it in any file.
_SURE = 0.6


def read_delimited(data: bytes, name: str) -> list[Grid]:
    text = decode(data)
    if "\0" in text:
        raise FileRefused.not_a_table()
    return [Grid(name=name, rows=_rows(text))]


def decode(data: bytes) -> str:
    """Text of a file that does not say its encoding. What is read wrongly stops being Vietnamese, and so the best reading shows."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if wide := _without_bom_utf16(data):
        return data.decode(wide, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    broken = data.decode("utf-8", "replace")
    # A few broken bytes in a file that is UTF-8 otherwise: keep it; the names they touch are reported.
    if broken.count("\ufffd") * 20 < sum(not c.isascii() for c in broken):
        return broken
    return _single_byte(data)


def _without_bom_utf16(data: bytes) -> str | None:
    head = data[:4000]
    if len(head) < 8 or b"\0" not in head:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > 4 * even and odd > len(head) // 10:
        return "utf-16-le"
    return "utf-16-be" if even > 4 * odd and even > len(head) // 10 else None


def _single_byte(data: bytes) -> str:
    """Windows-1258, or a Western page that carries TCVN3 or VNI (these are converted later, cell by cell)."""
    vietnamese = unicodedata.normalize("NFC", _table(data, "cp1258"))
    western = _table(data, "cp1252")
    lines = [line for line in western.splitlines() if not line.isascii()][:400]
    scores = {
        "cp1258": vietnamese_share([line for line in vietnamese.splitlines() if not line.isascii()][:400]),
        "tcvn3": vietnamese_share([from_tcvn3(line) for line in lines]),
        "vni": vietnamese_share([from_vni(line) for line in lines]),
    }
    best = max(scores, key=lambda name: scores[name])
    if scores[best] < _SURE:
        raise FileRefused("encoding")
    return vietnamese if best == "cp1258" else western


def _table(data: bytes, encoding: str) -> str:
    """Windows pages leave a few bytes undefined; Latin-1's control characters stand in for them."""
    page = {byte: bytes((byte,)).decode(encoding, "ignore") or chr(byte) for byte in range(0x80, 0x100)}
    return data.decode("latin-1").translate(page)


def _rows(text: str) -> list[tuple[int, list[Cell]]]:
    first = 1
    separator = None
    if match := _SEPARATOR_LINE.match(text):
        separator, text, first = match[1], text[match.end() :], 2
    reader = csv.reader(_lines(text), delimiter=separator or _separator(text), strict=False)
    rows: list[tuple[int, list[Cell]]] = []
    try:
        for number, values in enumerate(reader, start=first):
            cells: list[Cell] = [value if value.strip() else None for value in values[: limits.COLUMNS_MAX]]
            if any(cell is not None for cell in cells):
                rows.append((number, cells))
            if len(rows) > limits.ROWS_MAX:
                raise FileRefused.too_big(f"{limits.ROWS_MAX} dòng/rows")
    except csv.Error as error:
        raise FileRefused.damaged() from error
    return rows


def _lines(text: str) -> list[str]:
    """Lines with their ends kept, since a quoted cell may go on over several; only real line ends, not every Unicode one."""
    return re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)


def _separator(text: str) -> str:
    """The separator that cuts most lines into the same, largest number of cells."""
    sample = text[:60_000]
    best, best_score = ",", (0.0, 0)
    for separator in _SEPARATORS:
        try:
            widths = Counter(len(row) for row in csv.reader(_lines(sample), delimiter=separator) if len(row) > 1)
        except csv.Error:
            continue
        if widths:
            width, lines = max(widths.items(), key=lambda item: (item[1] * (item[0] - 1), item[0]))
            score = (float(lines * (width - 1)), width)
            if score > best_score:
                best, best_score = separator, score
    return best
