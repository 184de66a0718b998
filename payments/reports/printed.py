"""A table on A4 paper: the head on every page, pages counted, sums under the last row. It knows ink and columns, no report."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from fpdf import FPDF
from fpdf.enums import MethodReturnValue

from payments import drawing
from payments.drawing import INK, LINE, PALE, write
from payments.reports.table import Column, Table, Wording, shown

_MARGIN = 12.0
_FOOT = 12.0
_SIZE = 8.5
_HEIGHT = 4.2
_PAD = 1.4
_WIDE_FROM_SHARES = 9.0
_LINES_MAX = 6


async def printed(tables: Sequence[Table]) -> bytes:
    """In a thread: two thousand rows take seconds that nobody else should wait for."""
    return await asyncio.to_thread(draw, tables)


def draw(tables: Sequence[Table]) -> bytes:
    """One table after another, each on a page of its own; signed under the last."""
    wide = any(_shares(table) > _WIDE_FROM_SHARES for table in tables)
    size = drawing.A4_WIDE if wide else drawing.A4
    pdf = drawing.blank(tables[0].title, size, margin=_MARGIN, made_at=tables[0].made_at)
    pdf.alias_nb_pages()
    for table in tables:
        sheet = _Sheet(pdf, table)
        sheet.begin()
        for row in table.rows:
            sheet.row(row)
        if table.totals is not None:
            sheet.row(table.totals, bold=True)
        sheet.end(last=table is tables[-1])
    return bytes(pdf.output())


def _shares(table: Table) -> float:
    return sum(column.share for column in table.columns)


class _Sheet:
    """A table on its way down the pages."""

    def __init__(self, pdf: FPDF, table: Table) -> None:
        self._pdf = pdf
        self._table = table
        shares = _shares(table)
        self._widths = [(pdf.w - 2 * _MARGIN) * column.share / shares for column in table.columns]
        self._words = Wording("vi")

    def begin(self) -> None:
        self._page()
        write(self._pdf, self._table.school_name, size=10, bold=True)
        self._pdf.ln(2)
        write(self._pdf, self._table.title.upper(), size=15, bold=True, align="C", height=8)
        if self._table.subtitle:
            write(self._pdf, self._table.subtitle, size=10, align="C", colour=PALE)
        self._pdf.ln(3)
        self._head()

    def row(self, row: Sequence[Any], *, bold: bool = False) -> None:
        self._pdf.set_font(drawing.FACE, "B" if bold else "", _SIZE)
        broken = [self._broken(shown(value), width) for value, width in zip(row, self._widths, strict=True)]
        high = max(len(lines) for lines in broken) * _HEIGHT + _PAD
        if self._pdf.get_y() + high > self._pdf.h - _FOOT - 4:
            self._page()
            self._head()
            self._pdf.set_font(drawing.FACE, "B" if bold else "", _SIZE)
        self._cells(broken, high)

    def end(self, *, last: bool) -> None:
        pdf = self._pdf
        for note in self._table.notes:
            if pdf.get_y() > pdf.h - _FOOT - 24:
                self._page()
            pdf.ln(3)
            write(pdf, note, size=9, height=4.6)
        if not last:
            return
        if pdf.get_y() > pdf.h - _FOOT - 34:
            self._page()
        pdf.ln(6)
        write(pdf, self._words("made_at", at=drawing.moment(self._table.made_at)), size=9, align="R", colour=PALE)
        pdf.ln(2)
        half = (pdf.w - 2 * _MARGIN) / 2
        top = pdf.get_y()
        for place, key in enumerate(("signed_by_maker", "signed_by_head")):
            pdf.set_xy(_MARGIN + place * half, top)
            write(pdf, self._words(key), size=10, bold=True, align="C", width=half)

    def _page(self) -> None:
        pdf = self._pdf
        pdf.add_page()
        pdf.set_y(-_FOOT)
        write(pdf, self._words("page", number=pdf.page_no(), pages="{nb}"), size=8, align="R", colour=PALE)
        pdf.set_y(_MARGIN)

    def _head(self) -> None:
        self._pdf.set_font(drawing.FACE, "B", _SIZE)
        broken = [
            self._broken(column.label, width) for column, width in zip(self._table.columns, self._widths, strict=True)
        ]
        self._cells(broken, max(len(lines) for lines in broken) * _HEIGHT + _PAD, head=True)

    def _cells(self, broken: Sequence[Sequence[str]], high: float, *, head: bool = False) -> None:
        pdf = self._pdf
        top, x = pdf.get_y(), _MARGIN
        pdf.set_text_color(*INK)
        pdf.set_draw_color(*LINE)
        pdf.set_fill_color(238, 243, 248)
        for column, lines, width in zip(self._table.columns, broken, self._widths, strict=True):
            pdf.rect(x, top, width, high, style="DF" if head else "D")
            for place, line in enumerate(lines):
                pdf.set_xy(x, top + _PAD / 2 + place * _HEIGHT)
                pdf.cell(width, _HEIGHT, line, align=_align(column))
            x += width
        pdf.set_xy(_MARGIN, top + high)

    def _broken(self, text: str, width: float) -> list[str]:
        """Into lines that fit; measuring a short text is cheaper than breaking it, and most are short."""
        pdf = self._pdf
        room = width - 2 * pdf.c_margin
        if not text or pdf.get_string_width(text) <= room:
            return [text]
        lines = pdf.multi_cell(width, _HEIGHT, text, dry_run=True, output=MethodReturnValue.LINES)
        assert isinstance(lines, list)
        if len(lines) > _LINES_MAX:
            return [*lines[: _LINES_MAX - 1], lines[_LINES_MAX - 1].rstrip() + " …"]
        return lines


def _align(column: Column) -> str:
    return "R" if column.figures else "L"
