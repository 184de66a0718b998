"""The doors that are open to all, and those of one's own account."""

from __future__ import annotations

from backend.core.ids import new_id
from tests.factories import fresh_phone
from tests.identity.matrix import EVERYONE, NOBODY, NOTHING, SIGNED_IN, Ask, Line
from tests.identity.matrix_lines import session_of_asker


def _open(path: str) -> Line:
    return Line(ask=lambda s: Ask(path), allowed=EVERYONE, targets=NOTHING, by_cookie=True)


def _asks_for_code(path: str) -> Line:
    return Line(
        ask=lambda s: Ask(path, form={"phone": fresh_phone()}),
        allowed=EVERYONE,
        targets=NOTHING,
        by_cookie=True,
        passes={303},
    )


def _refuses(path: str, form: dict[str, str]) -> Line:
    """Nobody gets through with nothing to show."""
    return Line(ask=lambda s: Ask(path, form=form), allowed=NOBODY, targets=NOTHING, by_cookie=True)


def _mine(path: str) -> Line:
    return Line(
        ask=lambda s: Ask(path, form={}),
        allowed=SIGNED_IN,
        targets=NOTHING,
        prepare=session_of_asker,
        by_cookie=True,
        passes={303},
    )


LINES = {
    ("GET", "/"): _open("/"),
    ("GET", "/app.webmanifest"): _open("/app.webmanifest"),
    ("GET", "/sw.js"): _open("/sw.js"),
    ("GET", "/favicon.ico"): _open("/favicon.ico"),
    ("GET", "/app/offline"): _open("/app/offline"),
    ("GET", "/static/{room}/{name}"): _open("/static/house/house.css"),
    ("POST", "/language"): Line(
        ask=lambda s: Ask("/language", form={"language": "en", "back": "/"}),
        allowed=EVERYONE,
        targets=NOTHING,
        by_cookie=True,
        passes={303},
    ),
    # Outside the demo there is no such page.
    ("GET", "/demo"): Line(ask=lambda s: Ask("/demo"), allowed=NOBODY, targets=NOTHING, by_cookie=True),
    ("GET", "/app/sign-in"): _open("/app/sign-in"),
    ("GET", "/console/sign-in"): _open("/console/sign-in"),
    ("GET", "/console/sign-in/phone"): _open("/console/sign-in/phone"),
    ("POST", "/app/sign-in"): _asks_for_code("/app/sign-in"),
    ("POST", "/console/sign-in/phone"): _asks_for_code("/console/sign-in/phone"),
    # Without a code that was asked for in this browser, both lead to the door.
    ("GET", "/app/sign-in/code"): Line(
        ask=lambda s: Ask("/app/sign-in/code"), allowed=NOBODY, targets=NOTHING, by_cookie=True
    ),
    ("GET", "/console/sign-in/code"): Line(
        ask=lambda s: Ask("/console/sign-in/code"), allowed=NOBODY, targets=NOTHING, by_cookie=True
    ),
    ("POST", "/app/sign-in/code"): _refuses("/app/sign-in/code", {"code": "000000"}),
    ("POST", "/console/sign-in/code"): _refuses("/console/sign-in/code", {"code": "000000"}),
    ("POST", "/app/sign-in/person"): _refuses("/app/sign-in/person", {"ticket": "x", "person": "y"}),
    ("POST", "/console/sign-in/person"): _refuses("/console/sign-in/person", {"ticket": "x", "person": "y"}),
    ("POST", "/console/sign-in"): Line(
        ask=lambda s: Ask("/console/sign-in", form={"phone": fresh_phone(), "password": "không phải thế"}),
        allowed=NOBODY,
        targets=NOTHING,
        by_cookie=True,
    ),
    ("GET", "/account"): Line(ask=lambda s: Ask("/account"), allowed=SIGNED_IN, targets=NOTHING, by_cookie=True),
    # Signing out ends at the door, as it should; what became of the session is tested in test_signing_in.py.
    ("POST", "/sign-out"): _mine("/sign-out"),
    ("POST", "/account/sign-out-everywhere"): _mine("/account/sign-out-everywhere"),
    ("POST", "/account/devices/{session_id}/sign-out"): _mine(f"/account/devices/{new_id()}/sign-out"),
}
