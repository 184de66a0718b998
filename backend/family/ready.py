"""The shortest way from a request's raw headers to ready bytes, for the one door that most requests knock at. It knows no family.

The framework's request and response objects cost as much as the statement of an unchanged home; here nothing is parsed
that is not there.
"""

from typing import Any

from litestar import Request
from litestar.types import Receive, Scope, Send

from backend.core.http import language_of

_HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"private, no-cache"),
    (b"vary", b"authorization, cookie, accept-language"),
]


class Ready:
    """An answer whose body is complete."""

    __slots__ = ("_body", "_headers", "_status")

    def __init__(self, status: int, etag: str, body: bytes = b"") -> None:
        self._status = status
        self._body = body
        self._headers = [*_HEADERS, (b"etag", etag.encode())]
        if body:
            self._headers.append((b"content-length", b"%d" % len(body)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


def asked(scope: Scope) -> tuple[str, str | None]:
    """The reader's language, and the ETags the reader knows (None when none were sent)."""
    known: str | None = None
    chooses_language = False
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            known = value.decode("latin-1")
        elif name == b"accept-language" or (name == b"cookie" and b"nc_language" in value):
            chooses_language = True
    # Without a wish there is nothing to parse: most apps send their language, most benchmarks and probes do not.
    return (language_of(Request[Any, Any, Any](scope)) if chooses_language else "vi"), known


def knows(known: str, etag: str) -> bool:
    """RFC 9110 §13.1.2: weak comparison over the list in If-None-Match."""
    return (etag in known and any(tag.strip().removeprefix("W/") == etag for tag in known.split(","))) or known == "*"
