"""The shortest way from ready bytes to the wire, for the one door that most requests knock at. It knows no family.

The framework's response object costs as much as the statement of an unchanged home.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"private, no-cache"),
    (b"vary", b"authorization, cookie, accept-language"),
]


class Ready:
    """An answer whose body is complete, as an ASGI application."""

    __slots__ = ("_body", "_headers", "_status")

    def __init__(self, status: int, etag: str, body: bytes = b"") -> None:
        self._status = status
        self._body = body
        self._headers = [*_HEADERS, (b"etag", etag.encode())]
        if body:
            self._headers.append((b"content-length", b"%d" % len(body)))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


def asked(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bool, str | None]:
    """Whether the reader may have wished for a language, and the ETags the reader knows (None when none were sent)."""
    known: str | None = None
    wishes = False
    for name, value in headers:
        if name == b"if-none-match":
            known = value.decode("latin-1")
        elif name == b"accept-language" or (name == b"cookie" and b"nc_language" in value):
            wishes = True
    return wishes, known


def knows(known: str, etag: str) -> bool:
    """RFC 9110 §13.1.2: weak comparison over the list in If-None-Match."""
    if etag not in known:
        return known.strip() == "*"
    return any(tag.strip().removeprefix("W/") == etag for tag in known.split(","))
