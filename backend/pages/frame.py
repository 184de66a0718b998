"""One way to answer a browser: a template in its language under a strict policy, or a redirect with a message."""

from __future__ import annotations

import base64
import binascii
import gzip
from collections.abc import Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template.config import TemplateConfig

from backend.core.catalogue import entries, say
from backend.core.http import language_of
from backend.identity.principal import principal_or_none
from backend.pages import wording
from backend.pages.assets import asset_url, takes_gzip

_BACKEND = Path(__file__).parent.parent
TEMPLATES: list[Path | PathLike[Any] | str] = [
    Path(__file__).parent / "templates",
    _BACKEND / "console" / "templates",
    _BACKEND / "parentapp" / "templates",
    _BACKEND.parent / "bots" / "templates",
]
# Nothing inline, nothing from elsewhere: a name or a notice that smuggles markup in can neither run nor load anything.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_FLASH = "nc_flash"
_GZIP_FROM_BYTES = 1024

AnyRequest = Request[Any, Any, Any]


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    def configure(engine: JinjaTemplateEngine) -> None:
        environment = engine.engine
        environment.globals["asset"] = asset_url
        environment.globals["has_text"] = lambda key: key in entries()
        environment.autoescape = True
        environment.trim_blocks = environment.lstrip_blocks = True

    return TemplateConfig(directory=TEMPLATES, engine=JinjaTemplateEngine, engine_callback=configure)


def page(
    request: AnyRequest,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    cookies: Sequence[Cookie] = (),
    **context: Any,
) -> Response[bytes]:
    """The template in the reader's language. Personal pages are kept by no shared cache."""
    language = language_of(request)
    flash = _read_flash(request)
    settings = request.app.state.settings
    engine: Any = request.app.template_engine
    text = engine.get_template(template).render(
        **_words(language),
        path=request.scope["path"],
        principal=principal_or_none(request),
        demo=settings.demo,
        session_seconds=settings.access_token_seconds,
        flash=flash,
        **context,
    )
    response = Response(
        text.encode(),
        status_code=status,
        media_type="text/html; charset=utf-8",
        headers={
            "content-security-policy": CONTENT_POLICY,
            "content-language": language,
            "cache-control": "private, no-store",
            "vary": "cookie, accept-language, accept-encoding",
            **(headers or {}),
        },
        cookies=list(cookies),
    )
    if _FLASH in request.cookies:
        response.delete_cookie(_FLASH)
    if len(response.content) >= _GZIP_FROM_BYTES and takes_gzip(request):
        # Level 4 halves the work of level 9 and gives away two per cent; phones on slow networks feel the rest.
        response.content = gzip.compress(response.content, 4)
        response.headers["content-encoding"] = "gzip"
    return response


def go(
    path: str,
    message: str | None = None,
    *,
    tone: str = "good",
    cookies: Sequence[Cookie] = (),
    headers: dict[str, str] | None = None,
    **params: Any,
) -> Response[bytes]:
    """After a deed: to the page that shows it (303, so that reloading repeats nothing), with a catalogue sentence."""
    assert path.startswith("/") and not path.startswith("//"), "redirects stay in the house"
    assert message is None or message in entries(), f"no text {message}"
    response = Response(
        b"",
        status_code=303,
        headers={"location": path, "cache-control": "no-store", **(headers or {})},
        cookies=list(cookies),
    )
    if message is not None:
        said = msgspec.json.encode([message, tone, {name: str(value) for name, value in params.items()}])
        packed = base64.urlsafe_b64encode(said).decode()
        response.set_cookie(_FLASH, packed, max_age=60, httponly=True, samesite="lax", path="/")
    return response


def _words(language: str) -> dict[str, Any]:
    """What every template may say: the catalogue in the reader's language, and the ways of writing days and money."""
    return {
        "language": language,
        "t": lambda key, **params: say(key, language, **params),
        **{verb.__name__: partial(verb, language=language) for verb in _WAYS_OF_WRITING},
    }


_WAYS_OF_WRITING: tuple[Any, ...] = (
    wording.money,
    wording.score,
    wording.day,
    wording.weekday,
    wording.moment,
    wording.clock,
    wording.phone,
)


def _read_flash(request: AnyRequest) -> dict[str, Any] | None:
    packed = request.cookies.get(_FLASH)
    if not packed:
        return None
    try:
        key, tone, params = msgspec.json.decode(base64.urlsafe_b64decode(packed), type=tuple[str, str, dict[str, str]])
        return {"text": say(key, language_of(request), **params), "tone": "bad" if tone == "bad" else "good"}
    except (binascii.Error, msgspec.MsgspecError, KeyError, IndexError, ValueError):
        return None
