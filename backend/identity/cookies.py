"""The session of a browser: two cookies that scripts cannot read. It knows no page and no rule of signing in.

nc_access goes with every request and dies with its token; nc_refresh goes only to /sign-in/renew. A page that finds nobody signed in
sends the browser to `renewal_path(…)`, which comes back with fresh cookies or leads to the door.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Response
from litestar.datastructures import Cookie

from backend.core.settings import Settings
from backend.identity.doorkeeper import ACCESS_COOKIE
from schemas.identity import SignedIn

REFRESH_COOKIE = "nc_refresh"
RENEWAL = "/sign-in/renew"
_REFRESH_PATH = "/sign-in"


def session_cookies(tokens: SignedIn, settings: Settings) -> list[Cookie]:
    """For `Response(cookies=…)`. In a console they end with the browser: its computer stands in a staff room."""
    remembered = tokens.device_kind != "console"
    life = int((tokens.refresh_expires_at - tokens.access_expires_at).total_seconds()) + settings.access_token_seconds
    return [
        _cookie(ACCESS_COOKIE, tokens.access_token, "/", settings, settings.access_token_seconds),
        _cookie(REFRESH_COOKIE, tokens.refresh_token, _REFRESH_PATH, settings, life if remembered else None),
    ]


def no_session_cookies(settings: Settings) -> list[Cookie]:
    """What takes both cookies away."""
    return [_cookie(ACCESS_COOKIE, "", "/", settings, 0), _cookie(REFRESH_COOKIE, "", _REFRESH_PATH, settings, 0)]


def set_session(response: Response[Any], tokens: SignedIn, settings: Settings) -> None:
    for cookie in session_cookies(tokens, settings):
        response.set_cookie(cookie)


def set_access(response: Response[Any], access_token: str, settings: Settings) -> None:
    """A new access token of the same session, after it has proved more (a password set, a second factor)."""
    response.set_cookie(_cookie(ACCESS_COOKIE, access_token, "/", settings, settings.access_token_seconds))


def clear_session(response: Response[Any], settings: Settings) -> None:
    for cookie in no_session_cookies(settings):
        response.set_cookie(cookie)


def renewal_path(next_path: str) -> str:
    return f"{RENEWAL}?next={quote(next_path, safe='/')}"


def door_path(next_path: str) -> str:
    """The sign-in page that belongs to a page."""
    door = "/console/sign-in" if next_path.startswith("/console") else "/app/sign-in"
    return door if next_path in ("/", door) else f"{door}?next={quote(next_path, safe='/')}"


def local_path(text: str | None) -> str:
    """`text` if it is a path of this house, else `/`. A link in a mail must not lead through our sign-in to somewhere else."""
    if not text or len(text) > 2000 or not text.startswith("/") or text.startswith(("//", "/\\")):
        return "/"
    # Browsers drop tabs and newlines from addresses, so /<tab>/evil.example would be //evil.example.
    if "\\" in text or any(ord(character) <= 32 or ord(character) == 127 for character in text):
        return "/"
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or parts.path.startswith(_REFRESH_PATH):
        return "/"
    # A header holds plain letters only; a browser would have written the others so as well.
    return "".join(letter if letter.isascii() else quote(letter, errors="replace") for letter in text)


def _cookie(key: str, value: str, path: str, settings: Settings, max_age: int | None) -> Cookie:
    return Cookie(
        key=key,
        value=value,
        path=path,
        max_age=max_age,
        httponly=True,
        samesite="lax",
        secure=settings.mode == "production",
    )
