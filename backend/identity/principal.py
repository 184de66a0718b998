"""Who is asking. A principal says which person an account is in which school; what that person may do is asked of entitlement.py."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from backend.core.problems import NOT_SIGNED_IN, problem

SECOND_FACTOR_NEEDED = problem(
    "second-factor-needed",
    403,
    vi="Việc này cần đăng nhập hai lớp (mã từ ứng dụng xác thực).",
    en="This needs a second factor (a code from your authenticator app).",
)


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Read from a verified access token. The schools are hints for routing, at most one token's life old, never a right."""

    account_id: UUID
    session_id: UUID
    expires_at: int
    second_factor: bool = False
    language: str = "vi"
    guardian_in: tuple[int, ...] = ()
    staff_in: tuple[int, ...] = ()
    areas: tuple[str, ...] = ()


def principal_of(request: Any) -> Principal:
    """The signed-in principal of a Litestar request or a bare ASGI scope; raises NOT_SIGNED_IN."""
    scope = request if isinstance(request, dict) else request.scope
    principal: Principal | None = scope.get("principal")
    if principal is None:
        raise NOT_SIGNED_IN(headers={"www-authenticate": "Bearer"})
    return principal


def require_second_factor(principal: Principal) -> None:
    """Raises SECOND_FACTOR_NEEDED unless this session has passed it."""
    if not principal.second_factor:
        raise SECOND_FACTOR_NEEDED()


def principal_or_none(request: Any) -> Principal | None:
    scope = request if isinstance(request, dict) else request.scope
    principal: Principal | None = scope.get("principal")
    return principal
