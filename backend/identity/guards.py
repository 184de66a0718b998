"""Who may knock at a route. A route names exactly one access; the relationship itself is checked where the data is read or written.

Use as keyword arguments of the route decorator: `@get("/v1/me", **SIGNED_IN)`. A route without an access fails a test.
"""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from backend.core.problems import FORBIDDEN
from backend.identity.principal import SECOND_FACTOR_NEEDED, principal_of, require_second_factor


# Async on purpose: Litestar runs a sync guard in a thread, which costs more than all else a request does.
async def _signed_in(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    principal_of(connection)


async def _guardian(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    if not principal_of(connection).guardian_in:
        raise FORBIDDEN()


async def _staff(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Staff of the school in the path (or of any school where the path names none)."""
    principal = principal_of(connection)
    school_id = connection.path_params.get("school_id")
    if not (principal.staff_in if school_id is None else school_id in principal.staff_in):
        raise FORBIDDEN()


async def _second_factor(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    require_second_factor(principal_of(connection))


async def _area(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    if not principal_of(connection).areas:
        raise FORBIDDEN()


__all__ = [
    "AREA",
    "GUARDIAN",
    "MACHINE",
    "PUBLIC",
    "SECOND_FACTOR_NEEDED",
    "SIGNED_IN",
    "STAFF",
    "STAFF_WITH_SECOND_FACTOR",
]

PUBLIC: dict[str, Any] = {"access": "public"}
SIGNED_IN: dict[str, Any] = {"access": "signed_in", "guards": [_signed_in]}
GUARDIAN: dict[str, Any] = {"access": "guardian", "guards": [_guardian]}
STAFF: dict[str, Any] = {"access": "staff", "guards": [_staff]}
# For deeds that hand out rights or money: the session must have passed the second factor as well.
STAFF_WITH_SECOND_FACTOR: dict[str, Any] = {"access": "staff", "guards": [_staff, _second_factor]}
AREA: dict[str, Any] = {"access": "area", "guards": [_area]}
# The caller proves itself inside the handler: a signature or a secret over the raw body.
MACHINE: dict[str, Any] = {"access": "machine"}
