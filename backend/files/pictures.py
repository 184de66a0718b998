"""Pictures made small: decoded within limits, upright, in sRGB, at most 1,600 pixels, and without EXIF, place, comment or profile."""

from __future__ import annotations

import io
import struct
from typing import Literal

import msgspec
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from backend.core.problems import problem

EDGE_MAX = 1600
SMALL_EDGE = 480
# A picture across a phone's page; the whole one is for whoever taps it.
MIDDLE_EDGE = 960
# A picture that is hardly larger saves too little to be kept a second time.
_WORTH = 1.25
# A JPEG is decoded at a fraction of its size; anything else must be held whole, at four bytes a pixel.
_JPEG_PIXELS_MAX = 64_000_000
_PIXELS_MAX = 25_000_000
_JPEG_QUALITY = 80
# Drawings and screenshots are small and sharp as PNG; a photograph in PNG is not worth its size.
_PNG_WORTH = 1.5

# What Pillow's readers raise over bytes that are no picture or only half of one.
_DAMAGED = (
    UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, ArithmeticError, struct.error,
)  # fmt: skip

BROKEN = problem(
    "file-broken",
    422,
    vi="Ảnh này bị hỏng hoặc gửi lên chưa trọn. Xin chọn lại ảnh.",
    en="This picture is damaged or did not arrive whole. Please choose it again.",
)
TOO_MANY_PIXELS = problem(
    "picture-too-large",
    413,
    vi="Ảnh quá lớn ({megapixels} triệu điểm ảnh). Xin thu nhỏ rồi gửi lại.",
    en="The picture is too large ({megapixels} megapixels). Please make it smaller and send it again.",
)


class Picture(msgspec.Struct, frozen=True):
    media_type: Literal["image/jpeg", "image/png"]
    data: bytes
    width: int
    height: int


def small_picture(data: bytes) -> Picture:
    """Raises BROKEN or TOO_MANY_PIXELS. Of an animation the first frame is kept. Costs a few tenths of a second of one core."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as opened:
            return _written(_decoded(opened))
    except Image.DecompressionBombError as error:
        raise TOO_MANY_PIXELS(megapixels=f"> {2 * (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000}") from error
    except _DAMAGED as error:
        raise BROKEN() from error


def smaller(data: bytes, edge: int = SMALL_EDGE) -> Picture | None:
    """Of a kept picture, for a list or a page. None where the picture is hardly larger, or the small one no lighter."""
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as opened:
        if max(opened.size) <= edge * _WORTH:
            return None
        if opened.format == "JPEG":
            opened.draft(None, (edge, edge))
        opened.load()
        image = _whole_colours(opened)
    image.thumbnail((edge, edge), Image.Resampling.LANCZOS, reducing_gap=2.0)
    image.info.clear()
    made = _written(image)
    return made if len(made.data) < len(data) else None


def _decoded(opened: Image.Image) -> Image.Image:
    width, height = opened.size
    is_jpeg = opened.format in ("JPEG", "MPO")
    if width * height > (_JPEG_PIXELS_MAX if is_jpeg else _PIXELS_MAX):
        raise TOO_MANY_PIXELS(megapixels=round(width * height / 1e6))
    if is_jpeg:
        opened.draft(None, (EDGE_MAX, EDGE_MAX))
    opened.load()
    profile = opened.info.get("icc_profile")
    image = _whole_colours(ImageOps.exif_transpose(opened))
    image.thumbnail((EDGE_MAX, EDGE_MAX), Image.Resampling.LANCZOS, reducing_gap=2.0)
    image = _in_srgb(image, profile)
    image.info.clear()  # comments, EXIF, XMP and text chunks would be written again by some of Pillow's writers
    return image


def _whole_colours(image: Image.Image) -> Image.Image:
    """RGB, CMYK, or RGBA where something really shines through: palettes and 16-bit greys cannot be made smaller well."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        return image if image.getchannel("A").getextrema() != (255, 255) else image.convert("RGB")
    if image.mode.startswith("I"):
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    return image if image.mode in ("RGB", "CMYK") else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Phones write wider colours, which would look pale without their profile."""
    if image.mode in ("RGB", "CMYK") and profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB") or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that cannot be read colours nothing
    return image.convert("RGB") if image.mode == "CMYK" else image


def _written(image: Image.Image) -> Picture:
    width, height = image.size
    png = io.BytesIO()
    if image.mode == "RGBA":
        image.save(png, "PNG", optimize=True)
        return Picture("image/png", png.getvalue(), width, height)
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG", quality=_JPEG_QUALITY, optimize=True, progressive=True)
    if image.getcolors(4096):  # few colours: a drawing, a timetable, a screenshot
        image.save(png, "PNG", optimize=True)
        if len(png.getvalue()) <= _PNG_WORTH * len(jpeg.getvalue()):
            return Picture("image/png", png.getvalue(), width, height)
    return Picture("image/jpeg", jpeg.getvalue(), width, height)
