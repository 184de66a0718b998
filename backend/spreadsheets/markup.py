"""Tables in HTML, and the XML that Excel 2003 wrote: both travel under the name `.xls`."""

from __future__ import annotations

import datetime as dt
import re

from lxml import etree, html

from backend.spreadsheets import limits
from backend.spreadsheets.cells import Cell, Grid, Merge
from backend.spreadsheets.delimited import decode
from backend.spreadsheets.refusals import FileRefused

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(r"^\s*<\?xml[^>]*\?>")
_SHEET_NAME = re.compile(r"<x:Name>([^<]*)</x:Name>", re.IGNORECASE)
_SPAN_MAX = 1000
_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"


def looks_like_markup(data: bytes) -> bool:
    head = _head(data)
    return head.startswith("<") and any(
        word in head for word in ("<html", "<table", "<!doctype html", "<meta", "<tr", "<head", "<body")
    )


def looks_like_excel_xml(data: bytes) -> bool:
    return "urn:schemas-microsoft-com:office:spreadsheet" in _head(data) and "<workbook" in _head(data)


def _head(data: bytes) -> str:
    return data[:6000].replace(b"\0", b"").decode("utf-8", "ignore").lstrip("\ufeff \r\n\t").casefold()


def read_html(data: bytes, name: str) -> list[Grid]:
    text = _XML_ENCODING.sub("", _decoded(data))
    try:
        document = html.document_fromstring(text, parser=html.HTMLParser(huge_tree=False))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise FileRefused.damaged() from error
    # A table used for layout holds other tables; the innermost ones carry the lists.
    tables = [table for table in document.iter("table") if table.find(".//table") is None][: limits.SHEETS_MAX]
    names = _SHEET_NAME.findall(text)
    grids: list[Grid] = []
    offset = 0
    for position, table in enumerate(tables):
        rows, merges = _html_rows(table)
        if len(tables) > 1 and len(names) != len(tables):
            # One page, several tables: titles, list and signatures often stand in tables of their own. Excel shows one sheet.
            shifted = [(number + offset, cells) for number, cells in rows]
            moved = [(top + offset, left, bottom + offset, right) for top, left, bottom, right in merges]
            offset += rows[-1][0] if rows else 0
            if grids:
                grids[0].rows += shifted
                grids[0].merges += moved
                continue
            rows, merges = shifted, moved
        grids.append(Grid(name=names[position] if position < len(names) else name, rows=rows, merges=merges))
    return grids


def _decoded(data: bytes) -> str:
    declared = _CHARSET.search(data[:4000])
    if declared and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        try:
            return data.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass  # The declaration is wrong as often as not.
    return decode(data)


def _html_rows(table: html.HtmlElement) -> tuple[list[tuple[int, list[Cell]]], list[Merge]]:
    rows: list[tuple[int, list[Cell]]] = []
    merges: list[Merge] = []
    taken: set[tuple[int, int]] = set()
    for number, row in enumerate(table.iter("tr"), start=1):
        cells: list[Cell] = []
        column = 0
        for element in row.iterchildren("td", "th"):
            while (number, column) in taken:
                column += 1
            if column >= limits.COLUMNS_MAX:
                break
            wide, tall = _span(element, "colspan", limits.COLUMNS_MAX), _span(element, "rowspan", _SPAN_MAX)
            while len(cells) <= column:
                cells.append(None)
            cells[column] = _html_text(element)
            if wide > 1 or tall > 1:
                merges.append((number, column, number + tall - 1, column + wide - 1))
                taken.update((number + down, column + right) for down in range(tall) for right in range(wide))
            column += wide
        if any(cell is not None for cell in cells):
            rows.append((number, cells))
        if len(rows) > limits.ROWS_MAX or len(taken) > limits.CELLS_MAX:
            raise FileRefused.too_big(f"{limits.ROWS_MAX} dòng/rows")
    return rows, merges


def _html_text(element: html.HtmlElement) -> str | None:
    for line_break in element.iter("br"):
        line_break.tail = "\n" + (line_break.tail or "")
    text = element.text_content()
    return text if text.strip() else None


def _span(element: html.HtmlElement, name: str, most: int) -> int:
    value = str(element.get(name, "1")).strip()
    return min(max(int(value), 1), most) if value.isascii() and value.isdigit() and len(value) < 6 else 1


def read_excel_xml(data: bytes) -> list[Grid]:
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FileRefused.damaged() from error
    grids = [_excel_xml_grid(sheet) for sheet in root.findall(f"{_SS}Worksheet")]
    if sum(len(grid.rows) for grid in grids) > limits.ROWS_MAX or len(grids) > limits.SHEETS_MAX:
        raise FileRefused.too_big(f"{limits.ROWS_MAX} dòng/rows")
    return grids


def _excel_xml_grid(sheet: etree._Element) -> Grid:
    grid = Grid(name=sheet.get(f"{_SS}Name", ""), rows=[])
    number = 0
    for row in sheet.iterfind(f"{_SS}Table/{_SS}Row"):
        number = _whole(row.get(f"{_SS}Index"), number + 1)
        cells: list[Cell] = []
        column = -1
        for element in row.iterfind(f"{_SS}Cell"):
            column = _whole(element.get(f"{_SS}Index"), column + 2) - 1
            across, down = _whole(element.get(f"{_SS}MergeAcross"), 0), _whole(element.get(f"{_SS}MergeDown"), 0)
            if not 0 <= column < limits.COLUMNS_MAX:
                break
            while len(cells) <= column:
                cells.append(None)
            cells[column] = _excel_xml_value(element.find(f"{_SS}Data"))
            if across or down:
                grid.merges.append((number, column, number + down, column + across))
            column += across
        if any(cell is not None for cell in cells):
            grid.rows.append((number, cells))
    return grid


def _excel_xml_value(data: etree._Element | None) -> Cell:
    if data is None:
        return None
    text = "".join(data.itertext())
    kind = data.get(f"{_SS}Type", "String")
    try:
        if kind == "Number":
            return float(text)
        if kind == "DateTime":
            moment = dt.datetime.fromisoformat(text)
            return moment.date() if moment.time() == dt.time() else moment
    except ValueError:
        return text
    return text if text.strip() else None


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 8 else otherwise
