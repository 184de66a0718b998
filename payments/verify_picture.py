"""A picture that somebody sends → the texts of the QR codes in it. It believes nothing about the file and looks in a thread, bounded in every size.

Two at a time and each for a few seconds: a picture is the most expensive thing that a stranger can ask of us.
"""

from __future__ import annotations

import asyncio
import io
import warnings

import zxingcpp
from PIL import Image, UnidentifiedImageError

from backend.core.problems import BUSY, INVALID, FieldError

PICTURE_BYTES_MAX = 6_000_000
_PIXELS_MAX = 40_000_000
_SIDE_MAX = 2_400
_TEXTS_MAX = 5
_SECONDS = 15
_FORMATS = ("PNG", "JPEG", "WEBP")

_looking = asyncio.Semaphore(2)


async def texts_in(data: bytes) -> list[str]:
    """Raises INVALID for what is no picture; an empty list where there is no QR code in it."""
    if not data:
        raise INVALID(FieldError("/picture", "Chưa chọn ảnh.", "No picture was sent."))
    if len(data) > PICTURE_BYTES_MAX:
        raise INVALID(FieldError("/picture", "Ảnh lớn hơn 6 MB.", "The picture is larger than 6 MB."))
    try:
        async with asyncio.timeout(_SECONDS), _looking:
            return await asyncio.to_thread(_read, data)
    except TimeoutError as late:
        raise BUSY() from late
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise INVALID(
            FieldError(
                "/picture", "Không đọc được ảnh này (PNG, JPEG hoặc WebP).", "This is no readable PNG, JPEG or WebP."
            )
        ) from error


def _read(data: bytes) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        picture: Image.Image = Image.open(io.BytesIO(data), formats=_FORMATS)
        # The header says how large it will be, before anything is unpacked.
        if picture.width * picture.height > _PIXELS_MAX:
            raise ValueError("too many pixels")
        picture.draft("L", (_SIDE_MAX, _SIDE_MAX))
        if picture.mode in ("RGBA", "LA", "P", "PA"):
            # A code on a transparent ground is black on white for whoever looks at it.
            ground = Image.new("RGBA", picture.size, "white")
            ground.alpha_composite(picture.convert("RGBA"))
            picture = ground
        grey = picture.convert("L")
    grey.thumbnail((_SIDE_MAX, _SIDE_MAX))
    pixels = memoryview(grey.tobytes()).cast("B", (grey.height, grey.width))
    found = zxingcpp.read_barcodes(pixels, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return list(dict.fromkeys(one.text for one in found))[:_TEXTS_MAX]
