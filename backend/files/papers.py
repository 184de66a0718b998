"""PDF as it may be kept: whole, not locked, and with nothing in it that acts. It is kept byte for byte, so that a signature stays true.

It finds what is written in the open and in object streams; what serves it (routes_serving.py) lets no browser run it in our name either.
"""

from __future__ import annotations

import re
import zlib

from backend.core.problems import problem

PDF_BROKEN = problem(
    "pdf-broken",
    422,
    vi="Tệp PDF này bị hỏng hoặc gửi lên chưa trọn. Xin chọn lại tệp.",
    en="This PDF is damaged or did not arrive whole. Please choose it again.",
)
PDF_LOCKED = problem(
    "pdf-locked",
    422,
    vi="Tệp PDF này đặt mật khẩu hoặc bị khóa. Xin gửi bản không khóa.",
    en="This PDF has a password or is locked. Please send one that is not.",
)
PDF_ACTIVE = problem(
    "pdf-active",
    422,
    vi="Tệp PDF này chứa mã lệnh hoặc tệp khác ở bên trong. Xin in lại thành PDF thường rồi gửi.",
    en="This PDF carries scripts or other files inside. Please print it to a plain PDF and send that.",
)

_END_WITHIN = 1024
_OPEN = re.compile(rb"%PDF-[12]\.\d")
_STREAM = re.compile(rb"stream\r?\n")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_NAME_END = rb"(?=[\s/<>\[\]()%{}]|$)"
_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData)" + _NAME_END)
_LOCKED = re.compile(rb"/Encrypt" + _NAME_END)
_INFLATED_MAX = 32 * 1024 * 1024
_DICTIONARY_MAX = 2048


def readable_pdf(data: bytes) -> None:
    """Raises PDF_BROKEN, PDF_LOCKED or PDF_ACTIVE."""
    if not _OPEN.match(data) or b"%%EOF" not in data[-_END_WITHIN:] or b"startxref" not in data:
        raise PDF_BROKEN()
    outside, objects = _parts(data)
    if _LOCKED.search(outside):
        raise PDF_LOCKED()
    if _ACTIVE.search(outside) or any(_ACTIVE.search(part) for part in objects):
        raise PDF_ACTIVE()


def _parts(data: bytes) -> tuple[bytes, list[bytes]]:
    """What stands between the streams, and the inflated object streams. Pixels and fonts are not looked at: they say anything by chance."""
    outside: list[bytes] = []
    objects: list[bytes] = []
    position, left = 0, _INFLATED_MAX
    while found := _STREAM.search(data, position):
        head = data[position : found.start()]
        outside.append(head)
        end = data.find(b"endstream", found.end())
        end = len(data) if end < 0 else end
        if b"/ObjStm" in _unescaped(head[-_DICTIONARY_MAX:]):
            inflated = _inflated(data[found.end() : end], left)
            left -= len(inflated)
            objects.append(_unescaped(inflated))
        position = end + len(b"endstream")
    outside.append(data[position:])
    return _unescaped(b" ".join(outside)), objects


def _inflated(stream: bytes, most: int) -> bytes:
    """At most `most` bytes. An object stream that unpacks to more, or that nobody can unpack, hides something."""
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(stream, max(1, most))
    except zlib.error:
        return stream  # not deflated; what is in the open is looked at as it is
    if unpacking.unconsumed_tail:
        raise PDF_ACTIVE()
    return data


def _unescaped(text: bytes) -> bytes:
    """Names may be spelled with hexadecimal: /J#61vaScript is /JavaScript."""
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), text)
