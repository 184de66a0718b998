"""The one thin middleware: authenticates once, refuses forged form posts, counts, and writes one log line. It knows no route.

It stands around the whole application rather than in its middleware list, so that unknown addresses are counted and logged too.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import msgspec
import structlog

from backend.core.clock import Clock
from backend.core.ids import new_id
from backend.core.metrics import REQUEST_SECONDS, REQUESTS
from backend.core.problems import problem
from backend.identity.tokens import TokenOffice

CROSS_SITE = problem(
    "cross-site",
    403,
    vi="Yêu cầu đến từ một trang khác nên không được nhận.",
    en="The request came from another site and was not accepted.",
)
ACCESS_COOKIE = "nc_access"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# A stranger may call a method anything; what is counted and logged by name must not grow with that.
_METHODS = frozenset({*_SAFE, "POST", "PUT", "PATCH", "DELETE"})
_QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})
_SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
]


class Doorkeeper:
    def __init__(self, app: Any, tokens: TokenOffice, *, clock: Clock, log_requests: bool = True) -> None:
        self._app = app
        self._tokens = tokens
        self._clock = clock
        self._log = log_requests
        self._counters: dict[tuple[str, str, int], tuple[Any, Any]] = {}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = str(new_id())
        status = 500
        headers, by_cookie = self._authenticate(scope)
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def send_and_note(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_SECURITY_HEADERS, (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            if scope["method"] not in _SAFE and _forged(headers, by_cookie):
                status = CROSS_SITE.status
                await _refuse(send_and_note, scope["path"])
            else:
                await self._app(scope, receive, send_and_note)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")
            self._note(scope, status, time.perf_counter() - started, request_id)

    def _authenticate(self, scope: dict[str, Any]) -> tuple[dict[bytes, bytes], bool]:
        headers = dict(scope["headers"])
        authorization = headers.get(b"authorization")
        token = None
        by_cookie = False
        if authorization is not None:
            if authorization[:7].lower() == b"bearer ":
                token = authorization[7:].decode("latin-1")
        elif b"cookie" in headers:
            token = _cookie(scope["headers"], ACCESS_COOKIE)
            by_cookie = token is not None
        scope["principal"] = self._tokens.verify(token, now=self._clock.now().timestamp()) if token else None
        return headers, by_cookie

    def _note(self, scope: dict[str, Any], status: int, seconds: float, request_id: str) -> None:
        route = scope.get("path_template") or "unknown"
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        key = (route, method, status)
        counters = self._counters.get(key)
        if counters is None:
            counters = self._counters[key] = (REQUESTS.labels(*map(str, key)), REQUEST_SECONDS.labels(route))
        counters[0].inc()
        counters[1].observe(seconds)
        if not self._log or scope["path"] in _QUIET:
            return
        principal = scope.get("principal")
        line = {
            "event": "request",
            "request_id": request_id,
            "method": method,
            "route": route,
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
            "school_id": (scope.get("path_params") or {}).get("school_id"),
            "account_id": principal.account_id if principal else None,
        }
        sys.stderr.write(msgspec.json.encode(line).decode() + "\n")


def _cookie(headers: Iterable[tuple[bytes, bytes]], name: str) -> str | None:
    """Read by hand: a stranger's odd cookie on the same domain must not hide ours, and HTTP/2 may split the header in several."""
    sought = name.encode() + b"="
    for key, value in headers:
        if key == b"cookie" and sought in value:
            for part in value.split(b";"):
                part = part.strip()
                if part.startswith(sought):
                    return part[len(sought) :].strip(b'"').decode("latin-1")
    return None


def _forged(headers: dict[bytes, bytes], by_cookie: bool) -> bool:
    """A browser says where a post comes from; programs that say nothing carry no cookie of somebody else."""
    form = (
        headers.get(b"content-type", b"")
        .lower()
        .startswith((b"application/x-www-form-urlencoded", b"multipart/", b"text/plain"))
    )
    if not (by_cookie or form):
        return False
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site not in (b"same-origin", b"none")
    origin = headers.get(b"origin")
    return origin is not None and _netloc(origin) != headers.get(b"host", b"")


def _netloc(origin: bytes) -> bytes | None:
    try:
        return urlsplit(origin.decode("latin-1")).netloc.encode("latin-1")
    except ValueError:
        return None


async def _refuse(send: Any, path: str) -> None:
    body = msgspec.json.encode(CROSS_SITE().document("vi", path))
    await send(
        {
            "type": "http.response.start",
            "status": CROSS_SITE.status,
            "headers": [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})
