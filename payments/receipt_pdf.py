"""Receipts and their cancellations on paper: one A5 page in Vietnamese each. It draws what it is given and knows no table.

Of the child a paper carries the name and the class, nothing else. The code at its foot can be scanned by anybody, with or
without an account, and says only whether the school made this paper over this amount.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec
from fpdf import FPDF
from fpdf.enums import MethodReturnValue

from payments import drawing
from payments.drawing import PALE, moment, words, write
from payments.words import amount_in_words
from schemas.money import format_dong

_MARGIN = 14.0
_LABEL_WIDTH = 38.0
_SYMBOL_SIDE = 34.0
_FOOT = 42.0
_SIGNATURE = 18.0
_SIZES = (11.0, 10.0, 9.0, 8.0, 7.0, 6.0)
_HEIGHT_OF_SIZE = 0.5
_GAP = 1.2

Lines = Sequence[tuple[str, str]]


class Cancelled(msgspec.Struct, frozen=True):
    """The numbered paper that took a receipt out of force."""

    number: str
    reason: str
    at: datetime
    by: str | None = None


class External(msgspec.Struct, frozen=True):
    """The e-invoice or e-receipt of a provider that belongs to a receipt."""

    document_type: str
    series: str
    number: str
    lookup_code: str
    issued_at: datetime


class ReceiptPaper(msgspec.Struct, frozen=True):
    number: str
    school_name: str
    school_address: str | None
    pupil_name: str
    class_name: str | None
    title: str
    amount: int
    reference: str
    paid_at: datetime
    issued_at: datetime
    bank_reference: str | None = None
    kind: str = "transfer"
    cashier: str | None = None
    code: str = ""
    verify_url: str = ""
    cancelled: Cancelled | None = None
    external: External | None = None


def draw(paper: ReceiptPaper) -> bytes:
    return draw_all([paper])


def draw_all(papers: Sequence[ReceiptPaper]) -> bytes:
    """Several receipts of one payment, a page each."""
    first = papers[0]
    pdf = drawing.blank(f"{words('receipt_title')} {first.number}", drawing.A5, margin=_MARGIN, made_at=first.issued_at)
    for paper in papers:
        _sheet(pdf, paper, words("receipt_title"), paper.number, _lines(paper))
        _signed(pdf, paper, words("receipt_issued", at=moment(paper.issued_at)), paper.cashier)
        write(pdf, words(f"receipt_note_{paper.kind}"), size=8, colour=PALE, width=_beside_symbol(pdf), height=4)
        if paper.cancelled is not None:
            drawing.stamp(pdf, words("receipt_cancelled", at=moment(paper.cancelled.at)))
    return bytes(pdf.output())


def draw_cancellation(paper: ReceiptPaper) -> bytes:
    """The cancellation is a paper with a number of its own. It names the receipt, the reason, who and when."""
    cancelled = paper.cancelled
    assert cancelled is not None, "only a cancelled receipt has a cancellation"
    title = words("cancellation_title")
    pdf = drawing.blank(f"{title} {cancelled.number}", drawing.A5, margin=_MARGIN, made_at=cancelled.at)
    lines = [
        (words("cancellation_of"), words("cancellation_of_receipt", number=paper.number, at=moment(paper.issued_at))),
        (words("cancellation_reason"), _reason(cancelled.reason)),
        (words("cancellation_by"), cancelled.by or words("cancellation_by_system")),
        *_what(paper),
        (words("receipt_reference"), paper.reference),
    ]
    _sheet(pdf, paper, title, cancelled.number, lines)
    _signed(pdf, paper, words("receipt_issued", at=moment(cancelled.at)), cancelled.by)
    write(pdf, words("cancellation_note"), size=8, colour=PALE, width=_beside_symbol(pdf), height=4)
    return bytes(pdf.output())


async def drawn(papers: Sequence[ReceiptPaper]) -> bytes:
    """In a thread: embedding the face takes a tenth of a second, which nobody else should wait for."""
    return await asyncio.to_thread(draw_all, papers)


async def cancellation_drawn(paper: ReceiptPaper) -> bytes:
    return await asyncio.to_thread(draw_cancellation, paper)


def _sheet(pdf: FPDF, paper: ReceiptPaper, title: str, number: str, lines: Lines) -> None:
    pdf.add_page()
    write(pdf, paper.school_name, size=11, bold=True)
    if paper.school_address:
        write(pdf, paper.school_address, size=9, colour=PALE)
    pdf.ln(6)
    write(pdf, title.upper(), size=17, bold=True, align="C", height=9)
    write(pdf, words("receipt_number", number=number), size=10, align="C", colour=PALE)
    pdf.ln(4)
    size = _fitting(pdf, lines)
    for label, value in lines:
        _line(pdf, label, value, size)


def _what(paper: ReceiptPaper) -> list[tuple[str, str]]:
    class_name = f" – {words('receipt_class', name=paper.class_name)}" if paper.class_name else ""
    return [
        (words("receipt_pupil"), paper.pupil_name + class_name),
        (words("receipt_for"), paper.title),
        (words("receipt_amount"), format_dong(paper.amount)),
        (words("receipt_in_words"), amount_in_words(paper.amount) + "."),
    ]


def _lines(paper: ReceiptPaper) -> list[tuple[str, str]]:
    lines = [
        *_what(paper),
        (words("receipt_method"), words(f"receipt_by_{paper.kind}")),
        (words("receipt_reference"), paper.reference),
        (words("receipt_paid_at" if paper.kind == "transfer" else "receipt_taken_at"), moment(paper.paid_at)),
    ]
    if paper.bank_reference:
        lines.append((words("receipt_bank_reference"), paper.bank_reference))
    if paper.external is not None:
        one = paper.external
        lines.append(
            (
                words(f"document_{one.document_type}"),
                words("document_named", series=one.series, number=one.number, code=one.lookup_code),
            )
        )
    if paper.cancelled is not None:
        lines.append((words("receipt_cancelled_by"), f"{paper.cancelled.number} – {_reason(paper.cancelled.reason)}"))
    return lines


def _fitting(pdf: FPDF, lines: Lines) -> float:
    """The largest letters with which all lines stay above the signature; long titles and reasons make them smaller."""
    room = pdf.h - _FOOT - _SIGNATURE - pdf.get_y()
    for size in _SIZES:
        pdf.set_font(drawing.FACE, "B", size)
        high = size * _HEIGHT_OF_SIZE
        rows = [_rows(pdf, value, high) for _, value in lines]
        if sum(count * high + _GAP for count in rows) <= room:
            return size
    return _SIZES[-1]


def _rows(pdf: FPDF, value: str, high: float) -> int:
    width = pdf.w - 2 * _MARGIN - _LABEL_WIDTH
    broken = pdf.multi_cell(width, high, value, dry_run=True, output=MethodReturnValue.LINES)
    assert isinstance(broken, list)
    return len(broken)


def _line(pdf: FPDF, label: str, value: str, size: float) -> None:
    top, high = pdf.get_y(), size * _HEIGHT_OF_SIZE
    write(pdf, label, size=size - 1, colour=PALE, width=_LABEL_WIDTH, height=high)
    below_label = pdf.get_y()
    pdf.set_xy(_MARGIN + _LABEL_WIDTH, top)
    write(pdf, value, size=size, bold=label == words("receipt_amount"), height=high)
    pdf.set_y(max(below_label, pdf.get_y()) + _GAP)


def _signed(pdf: FPDF, paper: ReceiptPaper, made: str, person: str | None) -> None:
    """Who made it, below the lines; the code to scan and room for the note at the foot."""
    pdf.ln(3)
    write(pdf, made, size=10, align="R")
    write(pdf, person or paper.school_name, size=10, bold=True, align="R")
    pdf.set_y(-_FOOT)
    if paper.verify_url:
        drawing.symbol(pdf, paper.verify_url, pdf.w - _MARGIN - _SYMBOL_SIDE, pdf.h - _FOOT - 2, _SYMBOL_SIDE)
        write(pdf, words("receipt_verify"), size=9, bold=True, width=_beside_symbol(pdf), height=4.5)
        write(pdf, paper.code, size=8, colour=PALE, width=_beside_symbol(pdf), height=4.5)
        pdf.ln(1)


def _beside_symbol(pdf: FPDF) -> float:
    return float(pdf.w - 2 * _MARGIN - _SYMBOL_SIDE - 2)


def _reason(reason: str) -> str:
    """Reasons of the house are names with words in the catalogue; a person's stand as they were written."""
    return words("cancellation_undone") if reason == "undone" else reason
