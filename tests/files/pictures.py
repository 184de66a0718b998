"""Pictures and PDF for tests: honest ones as phones and offices make them, and hostile ones."""

from __future__ import annotations

import io
import random
import struct
import zlib

from fpdf import FPDF
from PIL import Image, PngImagePlugin


def photograph(width: int = 2400, height: int = 1800) -> Image.Image:
    """Many colours without an edge, like a photograph."""
    small = Image.frombytes("RGB", (48, 36), random.Random(7).randbytes(48 * 36 * 3))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def jpeg(image: Image.Image | None = None, **more: object) -> bytes:
    return _saved(image or photograph(), "JPEG", **more)


def jpeg_from_a_phone() -> bytes:
    """Held upright (orientation 6), with the place in EXIF, a comment and an owner's name."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Redmi"
    exif[0x013B] = "Nguyễn Thị Hoa"
    exif.get_ifd(0x8825).update({1: "N", 2: (21.0, 1.0, 42.5), 3: "E", 4: (105.0, 51.0, 15.1)})
    return jpeg(exif=exif, comment=b"so nha 12 ngo 3")


def png(image: Image.Image, **more: object) -> bytes:
    return _saved(image, "PNG", **more)


def png_with_text() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "Nguyen Thi Hoa")
    text.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>21.0285,105.8542</x:xmpmeta>")
    return png(Image.new("RGB", (300, 200), "teal"), pnginfo=text)


def webp() -> bytes:
    return _saved(photograph(800, 600), "WEBP")


def png_bomb(width: int, height: int) -> bytes:
    """A few kilobytes that claim to be a wall: one colour, packed very small."""
    rows = zlib.compressobj(9)
    data = b"".join(rows.compress(b"\x00" * (width + 1)) for _ in range(min(height, 200))) + rows.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def pdf(text: str = "Thong bao hop phu huynh") -> bytes:
    paper = FPDF()
    paper.add_page()
    paper.set_font("Helvetica", size=14)
    paper.cell(text=text)
    return bytes(paper.output())


def pdf_with(objects: bytes) -> bytes:
    """An honest PDF with one more object in it."""
    return pdf().replace(b"\nxref", b"\n99 0 obj\n" + objects + b"\nendobj\nxref", 1)


def packed_objects(inside: bytes) -> bytes:
    """An object stream, where nothing is readable without unpacking."""
    packed = zlib.compress(inside, 9)
    return (
        b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed)
        + packed
        + (b"\nendstream")
    )


HEIC = struct.pack(">I", 24) + b"ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 64
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GIF = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"
WORD = b"PK\x03\x04" + b"\x00" * 26 + b"word/document.xml" + b"\x00" * 64
HTML = b"<!doctype html><script>alert(1)</script>"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _saved(image: Image.Image, kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)  # type: ignore[arg-type]
    return out.getvalue()
