"""A signed slip on paper: the very text, the drawn signature, and the SHA-256 by which anybody can check it. It knows no table."""

from __future__ import annotations

import asyncio
import io

from backend.core.catalogue import say
from backend.forms.slips import Stored
from payments import drawing
from payments.drawing import PALE, write

_MARGIN = 18.0
_SIGNATURE_WIDTH = 60.0
_SIGNATURE_HEIGHT = 24.0


async def drawn(one: Stored) -> bytes:
    """In a thread: embedding the face takes a tenth of a second, which nobody else should wait for."""
    return await asyncio.to_thread(draw, one)


def draw(one: Stored) -> bytes:
    """The same slip gives the same bytes whenever it is drawn."""
    slip = one.slip
    pdf = drawing.blank(slip.title, drawing.A4, margin=_MARGIN, made_at=slip.at)
    pdf.set_auto_page_break(True, margin=_MARGIN)
    pdf.add_page()
    write(pdf, slip.title, size=16, bold=True, height=8)
    write(pdf, f"{slip.school_name} · {slip.pupil_name}", size=11, colour=PALE)
    pdf.ln(5)
    for line in slip.text.splitlines():
        if line:
            write(pdf, line, size=11)
        else:
            pdf.ln(3)
    if one.drawing is not None:
        pdf.ln(2)
        if pdf.get_y() + _SIGNATURE_HEIGHT > pdf.h - _MARGIN:
            pdf.add_page()
        pdf.image(io.BytesIO(one.drawing), h=_SIGNATURE_HEIGHT, w=_SIGNATURE_WIDTH, keep_aspect_ratio=True)
        pdf.ln(2)
    pdf.ln(5)
    if not slip.counts:
        write(pdf, say("forms.paper_does_not_count", "vi"), size=11, bold=True, colour=drawing.RED)
    write(pdf, say("forms.paper_sha256", "vi"), size=9, colour=PALE, height=4.5)
    write(pdf, slip.sha256, size=9, height=4.5)
    return bytes(pdf.output())
