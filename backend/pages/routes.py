"""The doors of nobody in particular: the first page, the language switch, installing the app, static files."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie

from backend.core.catalogue import LANGUAGES, say
from backend.core.http import house_of, language_of
from backend.identity.actions import speak
from backend.identity.cookies import local_path
from backend.identity.guards import PUBLIC
from backend.identity.principal import principal_or_none
from backend.pages.account import ROUTES as ACCOUNT
from backend.pages.assets import ROUTES as ASSETS
from backend.pages.assets import Asset, asset, asset_response, asset_url
from backend.pages.demo import ROUTES as DEMO
from backend.pages.forms import read_form
from backend.pages.frame import go, page
from backend.pages.signing_in import ROUTES as SIGNING_IN
from backend.pages.staff_door import ROUTES as STAFF_DOOR
from backend.pages.verify import ROUTES as VERIFY

AnyRequest = Request[Any, Any, Any]
_YEAR_SECONDS = 31_536_000


@get("/", include_in_schema=False, **PUBLIC)
async def front(request: AnyRequest) -> Response[bytes]:
    """Choose a door. Whoever is signed in as one thing only is let straight through."""
    principal = principal_or_none(request)
    if principal is not None and principal.guardian_in and not principal.staff_in:
        return go("/app")
    if principal is not None and principal.staff_in and not principal.guardian_in:
        return go("/console")
    return page(request, "house/front.html")


@post("/language", include_in_schema=False, **PUBLIC)
async def choose_language(request: AnyRequest) -> Response[bytes]:
    form = await read_form(request)
    language = form.get("language", "")
    back = local_path(form.get("back"))
    if language not in LANGUAGES:
        return go(back)
    who = principal_or_none(request)
    if who is not None:  # notices speak the language of the screen
        await speak(house_of(request), who, "en" if language == "en" else "vi")
    # Not httponly: it is no secret, and the chat's script reads it.
    return go(
        back, cookies=[Cookie(key="nc_language", value=language, max_age=_YEAR_SECONDS, path="/", samesite="lax")]
    )


@get("/app.webmanifest", include_in_schema=False, **PUBLIC)
async def manifest(request: AnyRequest) -> Response[dict[str, Any]]:
    """What a phone needs to keep the web app among its apps."""
    language = language_of(request)
    icon = {"type": "image/png", "purpose": "any"}
    return Response(
        {
            "id": "/app",
            "name": say("pages.house_name", language),
            "short_name": say("pages.house_name", language),
            "description": say("pages.tagline", language),
            "lang": language,
            "start_url": "/app",
            "scope": "/",
            "display": "standalone",
            "background_color": "#f4f7f6",
            "theme_color": "#0b5f63",
            "icons": [
                {"src": asset_url("house/icon_192.png"), "sizes": "192x192", **icon},
                {"src": asset_url("house/icon_512.png"), "sizes": "512x512", **icon},
                {
                    "src": asset_url("house/icon_maskable.png"),
                    "sizes": "512x512",
                    "type": "image/png",
                    "purpose": "maskable",
                },
            ],
        },
        media_type="application/manifest+json",
        headers={"cache-control": "public, max-age=3600", "vary": "cookie, accept-language"},
    )


@get("/sw.js", include_in_schema=False, **PUBLIC)
async def service_worker(request: AnyRequest) -> Response[bytes]:
    """Served from the root, since a worker may only look after addresses below its own."""
    return asset_response(request, _must("app", "sw.js"), cache="no-cache")


@get("/favicon.ico", include_in_schema=False, **PUBLIC)
async def favicon(request: AnyRequest) -> Response[bytes]:
    return asset_response(request, _must("house", "icon.svg"))


@get("/app/offline", include_in_schema=False, **PUBLIC)
async def offline(request: AnyRequest) -> Response[bytes]:
    """Kept by the service worker for moments without a network; it holds nobody's data."""
    return page(request, "house/offline.html")


def _must(room: str, name: str) -> Asset:
    found = asset(room, name)
    assert found is not None, f"no static file {room}/{name}"
    return found


ROUTES: list[Any] = [
    front,
    choose_language,
    manifest,
    service_worker,
    favicon,
    offline,
    *SIGNING_IN,
    *STAFF_DOOR,
    *ACCOUNT,
    *VERIFY,
    *DEMO,
    *ASSETS,
]
