"""Pieces that every paper is drawn with: page, face, lines, a symbol to scan. It knows ink and paper, no receipt and no report.

The same paper gives the same bytes whenever it is drawn, so that a parent's copy and the school's can be compared.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path

import font_source_sans_pro
import segno
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from backend.core.catalogue import say
from backend.core.clock import SCHOOL_ZONE
from backend.core.text import clean

FACE = "Source"
INK = (17, 24, 39)
PALE = (107, 114, 128)
RED = (185, 28, 28)
LINE = (209, 213, 219)
A5 = (148, 210)
A4 = (210, 297)
A4_WIDE = (297, 210)


def blank(title: str, size: tuple[float, float], *, margin: float, made_at: datetime) -> FPDF:
    pdf = FPDF(format=size, unit="mm")
    pdf.set_title(title)
    pdf.set_lang("vi")
    pdf.set_creator("Nhịp Cầu")
    pdf.set_creation_date(made_at)
    for style, path in fonts().items():
        pdf.add_font(FACE, style, path)
    pdf.set_margins(margin, margin)
    pdf.set_auto_page_break(False)
    return pdf


def write(
    pdf: FPDF,
    text: str,
    *,
    size: float,
    bold: bool = False,
    align: str = "L",
    colour: tuple[int, int, int] = INK,
    width: float = 0,
    height: float = 5.5,
) -> None:
    pdf.set_font(FACE, "B" if bold else "", size)
    pdf.set_text_color(*colour)
    pdf.multi_cell(width, height, clean(text), align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def symbol(pdf: FPDF, content: str, x: float, y: float, side: float) -> None:
    """A QR code in squares of ink, sharp at any size. `side` includes the silence around it."""
    squares = [list(row) for row in segno.make_qr(content, error="m", boost_error=False).matrix_iter(border=4)]
    step = side / len(squares)
    pdf.set_fill_color(0, 0, 0)
    for down, row in enumerate(squares):
        start = None
        for across, dark in enumerate([*row, 0]):
            if dark and start is None:
                start = across
            elif not dark and start is not None:
                # A hair higher than the step, so that printers leave no white between two rows.
                pdf.rect(x + start * step, y + down * step, (across - start) * step, step * 1.02, style="F")
                start = None


def stamp(pdf: FPDF, text: str) -> None:
    """Across the whole page, so that a copy without it cannot be cut out."""
    with pdf.local_context(fill_opacity=0.6), pdf.rotation(25, pdf.w / 2, pdf.h / 2):
        pdf.set_xy(pdf.l_margin, pdf.h / 2 - 10)
        write(pdf, text, size=26, bold=True, align="C", colour=RED, height=12)


def moment(at: datetime) -> str:
    return at.astimezone(SCHOOL_ZONE).strftime("%H:%M %d/%m/%Y")


def words(key: str, **params: object) -> str:
    """Papers are in Vietnamese."""
    return say(f"payments.{key}", "vi", **params)


@cache
def fonts() -> dict[str, Path]:
    """A face that has every Vietnamese letter, from a package: nothing is fetched and nothing pasted."""
    faces = font_source_sans_pro.font_files_ttf
    folder = Path(font_source_sans_pro.font_directory)
    return {"": folder / "SourceSansPro-Regular.ttf", "B": Path(faces["SourceSansProBold"])}
