"""Lines of the authorisation matrix for signing in, sessions, roles and the audit trail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from backend.core.ids import new_id
from backend.identity.tokens import TokenOffice
from tests.factories import fresh_phone
from tests.identity.matrix import EVERYONE, FAMILY, NOBODY, NOTHING, SIGNED_IN, Ask, Line, Scene


async def session_of_target(scene: Scene) -> UUID:
    """A signed-in device of the target's guardian."""
    return await _session(scene, new_id(), scene.target.guardian.account_id)


async def session_of_asker(scene: Scene) -> UUID | None:
    """The row of the session that the asker's token speaks of."""
    if scene.asker is None:
        return None
    who = TokenOffice(scene.house.cipher).verify(scene.asker.token, now=datetime.now(UTC).timestamp())
    assert who is not None
    return await _session(scene, who.session_id, who.account_id)


async def _session(scene: Scene, session_id: UUID, account_id: UUID) -> UUID:
    now = datetime.now(UTC)
    await scene.owner.execute(
        "INSERT INTO sessions (session_id, account_id, device_name, device_kind, address, method, second_factor, created_at, last_used_at, expires_at)"
        " VALUES ($1, $2, 'máy', 'app', '192.0.2.9', 'code', false, $3, $3, $4) ON CONFLICT DO NOTHING",
        session_id, account_id, now, now + timedelta(days=1),
    )  # fmt: skip
    return session_id


LINES = {
    ("POST", "/v1/sign-in/codes"): Line(
        ask=lambda s: Ask("/v1/sign-in/codes", json={"phone": fresh_phone()}), allowed=EVERYONE, targets=NOTHING
    ),
    # Nobody signs in with a wrong code, ticket or token, signed in or not.
    ("POST", "/v1/sign-in/codes/verify"): Line(
        ask=lambda s: Ask("/v1/sign-in/codes/verify", json={"phone": fresh_phone(), "code": "000000"}),
        allowed=NOBODY,
        targets=NOTHING,
    ),
    ("POST", "/v1/sign-in/choice"): Line(
        ask=lambda s: Ask("/v1/sign-in/choice", json={"ticket": "x", "person": "y"}), allowed=NOBODY, targets=NOTHING
    ),
    ("POST", "/v1/sign-in/refresh"): Line(
        ask=lambda s: Ask("/v1/sign-in/refresh", json={"refresh_token": "x"}), allowed=NOBODY, targets=NOTHING
    ),
    ("GET", "/sign-in/renew"): Line(ask=lambda s: Ask("/sign-in/renew"), allowed=NOBODY, targets=NOTHING),
    ("POST", "/v1/sign-out"): Line(
        ask=lambda s: Ask("/v1/sign-out"), prepare=session_of_asker, allowed=SIGNED_IN, targets=NOTHING
    ),
    ("POST", "/v1/sign-out/everywhere"): Line(
        ask=lambda s: Ask("/v1/sign-out/everywhere"), prepare=session_of_asker, allowed=SIGNED_IN, targets=NOTHING
    ),
    ("GET", "/v1/me/sessions"): Line(ask=lambda s: Ask("/v1/me/sessions"), allowed=SIGNED_IN, targets=NOTHING),
    # parent2 is family of the child, and yet not of the mother's devices.
    ("DELETE", "/v1/me/sessions/{session_id}"): Line(
        ask=lambda s: Ask(f"/v1/me/sessions/{s.made}"), prepare=session_of_target, allowed=FAMILY - {("parent2", "own")}
    ),
}
