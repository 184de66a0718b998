"""Trouble as a page: a problem that a browser meets is shown in its language; "please sign in" leads to the door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response

from backend.identity.cookies import local_path, renewal_path
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
            return go(_to_be_renewed(request)) if request.method == "GET" else _too_late(request)
        document = msgspec.json.decode(response.content)
        if document["type"] == "/problems/second-factor-needed":
            return go("/console/account", "pages.second_factor_first", tone="bad")
        headers = {k: v for k, v in response.headers.items() if k in ("allow", "retry-after")}
        return page(
            request, "house/problem.html", status=response.status_code or 500, headers=headers, problem=document
        )

    return answer


def _to_be_renewed(request: AnyRequest) -> str:
    """A browser whose access token has run out comes back with a fresh one; whoever has none is led to the door."""
    path = request.scope["path"]
    query = request.scope["query_string"].decode("latin-1")
    return renewal_path(path + ("?" + query if query else ""))


def _too_late(request: AnyRequest) -> Response[bytes]:
    """A form that was sent after the session had run out (the script of the page prevents that, where it runs): back to its page."""
    page_of_form = urlsplit(request.headers.get("referer", ""))
    back = local_path(page_of_form.path + ("?" + page_of_form.query if page_of_form.query else ""))
    return go(renewal_path(back), "pages.sent_too_late", tone="bad")
