"""What the bytes of a file really are, and what is kept of them. Pure: no table, no request; a name or a claimed type is not believed."""

from __future__ import annotations

import hashlib
from pathlib import PurePath

import msgspec

from backend.core.problems import FieldError, ProblemType, problem
from backend.core.text import clean
from backend.files.papers import readable_pdf
from backend.files.pictures import Picture, small_picture, smaller
from schemas.files import MediaType

FILE_BYTES_MAX = 15 * 1024 * 1024
PDF_BYTES_MAX = 10 * 1024 * 1024
_NAME_MAX = 120

HEIC = problem(
    "file-heic",
    415,
    vi="Ảnh HEIC của iPhone chưa mở được trên mọi máy. Xin chụp ở chế độ “Tương thích nhất”, hoặc gửi ảnh dạng JPEG.",
    en="HEIC pictures of iPhones do not open everywhere. Choose “Most Compatible” in the camera settings, or send a JPEG.",
)
OFFICE = problem(
    "file-office",
    415,
    vi="Tệp Word, Excel, PowerPoint không mở được trên mọi điện thoại. Xin lưu thành PDF rồi gửi lại.",
    en="Word, Excel and PowerPoint files do not open on every phone. Please save it as PDF and send that.",
)
UNKNOWN = problem(
    "file-kind",
    415,
    vi="Chỉ nhận ảnh JPEG, PNG, WebP và tệp PDF; tệp này không phải loại nào trong đó.",
    en="Only JPEG, PNG and WebP pictures and PDF are accepted; this file is none of them.",
)
TOO_LARGE = problem(
    "file-too-large",
    413,
    vi="Tệp lớn quá {megabytes} MB. Xin chọn tệp nhỏ hơn.",
    en="The file is larger than {megabytes} MB. Please choose a smaller one.",
)
EMPTY = FieldError("/data", "Tệp này trống.", "This file is empty.")


class Content(msgspec.Struct, frozen=True):
    """What is kept. `source_hash` is of the bytes as they came; `small` is the picture for lists, where it is worth keeping."""

    name: str
    media_type: MediaType
    data: bytes
    source_hash: bytes
    width: int | None = None
    height: int | None = None
    small: Picture | None = None


def read_content(name: str, data: bytes) -> Content:
    """Raises a problem that says what to do instead. A picture is decoded and written anew, so nothing hidden in it survives."""
    if len(data) > FILE_BYTES_MAX:
        raise TOO_LARGE(megabytes=FILE_BYTES_MAX >> 20)
    source_hash = hashlib.sha256(data).digest()
    if data.startswith(b"%PDF-"):
        if len(data) > PDF_BYTES_MAX:
            raise TOO_LARGE(megabytes=PDF_BYTES_MAX >> 20)
        readable_pdf(data)
        return Content(_named(name, ".pdf"), "application/pdf", data, source_hash)
    if not _is_picture(data):
        raise _why_not(data)()
    picture: Picture = small_picture(data)
    ending = ".png" if picture.media_type == "image/png" else ".jpg"
    return Content(
        _named(name, ending),
        picture.media_type,
        picture.data,
        source_hash,
        picture.width,
        picture.height,
        smaller(picture.data),
    )


def _is_picture(data: bytes) -> bool:
    return (
        data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
    )  # fmt: skip


_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def _why_not(data: bytes) -> ProblemType:
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return HEIC
    is_zip_of_office = data.startswith(b"PK\x03\x04") and any(part in data for part in (b"word/", b"xl/", b"ppt/"))
    if is_zip_of_office or data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return OFFICE
    return UNKNOWN


def _named(name: str, ending: str) -> str:
    """The name as it is shown and downloaded: no folders, no control characters, the ending that is true."""
    plain = clean(name.replace("\\", "/")).rpartition("/")[2].strip(". ")
    stem = "".join(c for c in PurePath(plain).stem if c not in '"<>:|?*\t').strip(". ")
    return (stem[: _NAME_MAX - len(ending)].rstrip() or "tep") + ending
