"""Trouble as a page: a problem that a browser meets is shown in its language; "please sign in" leads to the door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response

from backend.pages.frame import go, page

AnyRequest = Request[Any, Any, Any]
Answer = Callable[[AnyRequest, Any], Response[bytes]]


def speaking_to_browsers(handlers: Mapping[Any, Answer]) -> dict[Any, Answer]:
    """The house's exception handlers, with the same problem shown as a page to whoever asks for text/html."""
    return {kind: _with_page(handler) for kind, handler in handlers.items()}


def wants_page(request: AnyRequest) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.scope["path"].startswith("/v1/")


def _with_page(handler: Answer) -> Answer:
    def answer(request: AnyRequest, exception: Any) -> Response[bytes]:
        response = handler(request, exception)
        if not wants_page(request):
            return response
        if response.status_code == 401:
            return go(_sign_in_path(request))
        document = msgspec.json.decode(response.content)
        headers = {k: v for k, v in response.headers.items() if k in ("allow", "retry-after")}
        return page(
            request, "house/problem.html", status=response.status_code or 500, headers=headers, problem=document
        )

    return answer


def _sign_in_path(request: AnyRequest) -> str:
    path = request.scope["path"]
    door = "/console/sign-in" if path.startswith("/console") else "/app/sign-in"
    if request.method != "GET":
        return door
    query = request.scope["query_string"].decode("latin-1")
    return f"{door}?next={quote(path + ('?' + query if query else ''), safe='/')}"
