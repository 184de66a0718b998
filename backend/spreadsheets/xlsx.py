"""The xlsx container read row by row: values, merged ranges, hidden sheets, and numbers as their format shows them.

calamine reads xlsx as well, but builds a dense grid: one stray cell at XFD1048576 makes it ask for half a terabyte and
abort the process. It also drops number formats, and with them the difference between class 6.1 and class 6.10.
"""

from __future__ import annotations

import datetime as dt
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import IO

from lxml import etree

from backend.spreadsheets import limits
from backend.spreadsheets.cells import Cell, Grid, Merge
from backend.spreadsheets.refusals import FileRefused

_BUILT_IN_DATES = {14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)}
_BUILT_IN_TIMES = {18, 19, 20, 21, 45, 46, 47}
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ZEROS = re.compile(r"0{2,}")
_DECIMALS = re.compile(r"0\.(0+)")
# Control characters travel as _x000D_.
_ESCAPED = re.compile(r"_x(00[0-9A-Fa-f]{2})_")
_EPOCH_1900, _EPOCH_1904 = dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)


def read_xlsx(data: bytes) -> list[Grid]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _Book(archive).grids()
    except (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, zlib.error, EOFError, ValueError, IndexError) as error:
        raise FileRefused.damaged() from error
    except (NotImplementedError, RuntimeError) as error:  # an unknown compression, or an encrypted member
        raise FileRefused.damaged() from error


class _Book:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.lstrip("/").casefold(): name for name in archive.namelist()}
        _refuse_bombs(archive)
        self._workbook = self._workbook_path()
        self._strings = self._shared_strings()
        self._cells_left = limits.CELLS_MAX
        self._rows_left = limits.ROWS_MAX

    def grids(self) -> list[Grid]:
        root = self._tree(self._workbook)
        properties = root.find("{*}workbookPr")
        epoch = _EPOCH_1904 if properties is not None and properties.get("date1904") in ("1", "true") else _EPOCH_1900
        formats = self._formats()
        relations = self._relations(self._workbook)
        sheets = root.findall("{*}sheets/{*}sheet")
        if len(sheets) > limits.SHEETS_MAX:
            raise FileRefused.too_big(f"{limits.SHEETS_MAX} trang/sheets")
        grids = []
        for sheet in sheets:
            path = relations.get(_attribute(sheet, "id"))
            # Chart sheets and macro sheets have no cells to read.
            if path is None or "worksheets" not in path.casefold() or not self._has(path):
                continue
            hidden = sheet.get("state", "visible") != "visible"
            grids.append(self._grid(path, sheet.get("name", ""), hidden, formats, epoch))
        return grids

    def _grid(self, path: str, name: str, hidden: bool, formats: list[str], epoch: dt.datetime) -> Grid:
        grid = Grid(name=name, rows=[], hidden=hidden, serial_shift=1462 if epoch is _EPOCH_1904 else 0)
        last_row = 0
        with self._open(path) as stream:
            for tag, element in _elements(stream, ("row", "mergeCell")):
                if tag == "mergeCell":
                    if merge := _merge(element.get("ref", "")):
                        grid.merges.append(merge)
                    continue
                number = int(element.get("r") or last_row + 1)
                cells = self._row(element, formats, epoch)
                last_row = number
                if any(cell is not None and cell != "" for cell in cells):
                    grid.rows.append((number, cells))
                    self._rows_left -= 1
                if self._cells_left < 0 or self._rows_left < 0:
                    raise FileRefused.too_big(f"{limits.ROWS_MAX} dòng/rows")
        grid.rows.sort(key=lambda row: row[0])
        return grid

    def _row(self, row: etree._Element, formats: list[str], epoch: dt.datetime) -> list[Cell]:
        cells: list[Cell] = []
        following = 0
        for element in row:
            self._cells_left -= 1
            reference = element.get("r")
            # Some makers leave the references out; then every cell, empty ones too, takes the next place.
            column = _column(reference) if reference else following
            following = column + 1
            value = self._value(element, formats, epoch)
            if value is None or column >= limits.COLUMNS_MAX:
                continue
            while len(cells) <= column:
                cells.append(None)
            cells[column] = value
        return cells

    def _value(self, element: etree._Element, formats: list[str], epoch: dt.datetime) -> Cell:
        kind = element.get("t", "n")
        if kind == "inlineStr":
            inline = element.find("{*}is")
            return _rich_text(inline) if inline is not None else None
        # `v` is the last child but for extensions; looking there first spares a search in most cells.
        holder = element[-1] if len(element) else None
        if holder is None or not str(holder.tag).endswith("}v"):
            holder = element.find("{*}v")
        raw: str | None = holder.text if holder is not None else None
        if not raw:
            return None
        if kind == "s":
            return self._strings[int(raw)]
        if kind in ("str", "d"):
            return raw
        if kind == "b":
            return raw.strip() == "1"
        if kind == "e":
            # #N/A stays visible: something was meant to stand here, and the reader of the field will say that it is lost.
            return raw
        style = int(element.get("s") or 0)
        return _number(raw, formats[style] if style < len(formats) else "", epoch)

    def _shared_strings(self) -> list[str]:
        path = posixpath.join(posixpath.dirname(self._workbook), "sharedStrings.xml")
        related = [p for p in self._relations(self._workbook).values() if p.casefold().endswith("sharedstrings.xml")]
        path = related[0] if related else path
        if not self._has(path):
            return []
        with self._open(path) as stream:
            return [_rich_text(element) for _, element in _elements(stream, ("si",))]

    def _formats(self) -> list[str]:
        """For each cell style: "date", "time", a format of digits worth keeping, or nothing."""
        path = posixpath.join(posixpath.dirname(self._workbook), "styles.xml")
        related = [p for p in self._relations(self._workbook).values() if p.casefold().endswith("styles.xml")]
        path = related[0] if related else path
        if not self._has(path):
            return []
        root = self._tree(path)
        own = {int(f.get("numFmtId", "0")): f.get("formatCode", "") for f in root.findall("{*}numFmts/{*}numFmt")}
        return [_meaning(int(style.get("numFmtId") or 0), own) for style in root.findall("{*}cellXfs/{*}xf")]

    def _workbook_path(self) -> str:
        if self._has("_rels/.rels"):
            for path in self._relations("").values():
                if posixpath.basename(path).casefold().startswith("workbook") and self._has(path):
                    return path
        return "xl/workbook.xml"

    def _relations(self, path: str) -> dict[str, str]:
        folder, base = posixpath.split(path)
        where = posixpath.join(folder, "_rels", f"{base}.rels")
        if not self._has(where):
            return {}
        return {
            relation.get("Id", ""): _joined(folder, relation.get("Target", ""))
            for relation in self._tree(where)
            if isinstance(relation.tag, str) and relation.get("TargetMode") != "External"
        }

    def _has(self, path: str) -> bool:
        return path.casefold() in self._names

    def _open(self, path: str) -> IO[bytes]:
        return self._archive.open(self._names[path.casefold()])

    def _tree(self, path: str) -> etree._Element:
        with self._open(path) as stream:
            return etree.parse(stream, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()


def _refuse_bombs(archive: zipfile.ZipFile) -> None:
    """The directory's sizes are binding: zipfile stops reading a member at its declared size."""
    members = archive.infolist()
    if sum(member.file_size for member in members) > limits.UNPACKED_BYTES_MAX:
        raise FileRefused.too_big(f"{limits.UNPACKED_BYTES_MAX // 2**20} MB")
    for member in members:
        grown = member.file_size > limits.UNPACK_RATIO_FROM_BYTES
        if grown and member.file_size > limits.UNPACK_RATIO_MAX * max(member.compress_size, 1):
            raise FileRefused.too_big(f"{limits.UNPACK_RATIO_MAX}:1")


def _elements(stream: IO[bytes], names: tuple[str, ...]) -> Iterator[tuple[str, etree._Element]]:
    """Each finished element of these names, forgotten again after use, so that memory stays level."""
    wanted = tuple(f"{{*}}{name}" for name in names)
    for _, element in etree.iterparse(stream, tag=wanted, resolve_entities=False, no_network=True):
        yield etree.QName(element).localname, element
        element.clear(keep_tail=False)
        while element.getprevious() is not None:
            del element.getparent()[0]


def _rich_text(element: etree._Element) -> str:
    """The runs of a string without its phonetic hints."""
    direct = element.findall("{*}t")
    runs = direct or element.findall("{*}r/{*}t")
    text = "".join(part.text or "" for part in runs)
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _number(raw: str, meaning: str, epoch: dt.datetime) -> Cell:
    number = float(raw)
    if meaning == "date":
        return _date(number, epoch)
    if meaning == "time":
        return dt.timedelta(days=number) if abs(number) < 1e6 else number
    if number >= 0 and meaning and number < 1e15:
        if meaning.startswith("0."):
            return f"{number:.{len(meaning) - 2}f}"
        if number == int(number):
            return str(int(number)).zfill(len(meaning))
    return number


def _date(number: float, epoch: dt.datetime) -> Cell:
    if not 0 <= number < 2_958_466:
        return number
    # Excel believes in 29 February 1900; before it the count is off by one.
    days = number + 1 if epoch is _EPOCH_1900 and number < 60 else number
    moment = epoch + dt.timedelta(days=days)
    return moment.date() if number == int(number) else moment.replace(microsecond=0)


def _meaning(format_id: int, own: dict[int, str]) -> str:
    code = own.get(format_id)
    if code is None:
        if format_id in _BUILT_IN_DATES:
            return "date"
        if format_id in _BUILT_IN_TIMES:
            return "time"
        return "0.00" if format_id == 2 else ""
    shown = _QUOTED.sub("", code).casefold().split(";")[0]
    if "general" in shown:
        return ""
    if "y" in shown or "d" in shown:
        return "date"
    if "h" in shown or "s" in shown:
        return "time"
    if "m" in shown:
        return "date"
    if _ZEROS.fullmatch(shown.strip()) or _DECIMALS.fullmatch(shown.strip()):
        return shown.strip()
    return ""


def _merge(reference: str) -> Merge | None:
    corners = _ADDRESS.findall(reference.replace("$", ""))
    if len(corners) != 2:
        return None
    (left, top), (right, bottom) = corners
    return int(top), _column(left), int(bottom), _column(right)


def _column(reference: str) -> int:
    return _column_of_letters(reference.rstrip("0123456789"))


@lru_cache(maxsize=1024)
def _column_of_letters(letters: str) -> int:
    index = 0
    for letter in letters:
        if not "A" <= letter <= "Z":
            raise ValueError(letter)
        index = index * 26 + ord(letter) - 64
    return index - 1


def _attribute(element: etree._Element, local: str) -> str:
    """An attribute by its local name: `r:id` has one namespace in transitional and another in strict files."""
    return next(
        (
            str(value)
            for key, value in element.attrib.items()
            if etree.QName(key).localname == local and "{" in str(key)
        ),
        "",
    )


def _joined(folder: str, target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
