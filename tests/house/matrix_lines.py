"""Lines of the authorisation matrix for health, the API's description and static files."""

from __future__ import annotations

from tests.identity.matrix import EVERYONE, NOTHING, Ask, Line


def _open(path: str) -> Line:
    return Line(ask=lambda s: Ask(path), allowed=EVERYONE, targets=NOTHING)


LINES = {
    ("GET", "/health/live"): _open("/health/live"),
    ("GET", "/health/ready"): _open("/health/ready"),
    ("GET", "/metrics"): _open("/metrics"),
    ("GET", "/problems/{name}"): _open("/problems/not-found"),
    # The framework's own: the description of the API and its reader.
    ("GET", "/schema"): _open("/schema"),
    ("GET", "/schema/swagger"): _open("/schema/swagger"),
    ("GET", "/schema/openapi.json"): _open("/schema/openapi.json"),
    ("GET", "/schema/oauth2-redirect.html"): _open("/schema/oauth2-redirect.html"),
    ("GET", "/schema/{path}"): Line(
        ask=lambda s: Ask("/schema/nowhere"), allowed=EVERYONE, targets=NOTHING, passes={404}
    ),
    ("GET", "/static/swagger/{file_path}"): _open("/static/swagger/swagger-ui.css"),
}
