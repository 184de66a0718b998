"""A signature drawn with a finger, read by its content: a small grey picture and nothing that came along with it. It knows no table."""

from __future__ import annotations

import asyncio
import base64
import binascii
import io

from PIL import Image, UnidentifiedImageError

from backend.core.problems import INVALID, FieldError
from backend.forms.problems import DRAWING_UNREADABLE

WIDTH_MAX, HEIGHT_MAX = 1600, 800
_KEPT = (800, 320)
_PREFIX = "data:image/png;base64,"


async def read(drawing: str | None) -> bytes | None:
    """None where nothing was drawn. In a thread, since pictures are slow."""
    if not drawing:
        return None
    try:
        data = base64.b64decode(drawing.removeprefix(_PREFIX), validate=True)
        return await asyncio.to_thread(_redrawn, data)
    except (
        binascii.Error,
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
    ) as error:
        raise INVALID(FieldError("/drawing", *DRAWING_UNREADABLE)) from error


def _redrawn(data: bytes) -> bytes | None:
    with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
        if picture.width > WIDTH_MAX or picture.height > HEIGHT_MAX:
            raise ValueError("too large")
        ink = picture.convert("RGBA")
    paper = Image.new("RGBA", ink.size, "white")
    grey = Image.alpha_composite(paper, ink).convert("L")
    darkest, lightest = grey.getextrema()
    if darkest == lightest:
        return None
    grey.thumbnail(_KEPT)
    out = io.BytesIO()
    grey.save(out, "PNG", optimize=True)
    return out.getvalue()
