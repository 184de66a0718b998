"""Lines of the authorisation matrix for signing in, sessions, roles and the audit trail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyotp

from backend.core.ids import new_id
from backend.identity.tokens import TokenOffice
from tests.factories import fresh_phone
from tests.identity.matrix import (
    ADMINS,
    BY_SCHOOL,
    EVERYONE,
    FAMILY,
    NOBODY,
    NOTHING,
    SIGNED_IN,
    WORKERS,
    Ask,
    Line,
    Scene,
    on_any,
)


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


async def password_of_asker(scene: Scene) -> None:
    """The asker has set a password and no second factor."""
    if scene.asker is not None:
        await session_of_asker(scene)
        await _set(scene, "x", None, confirmed=False)


async def begun_by_asker(scene: Scene) -> str:
    """The right code of a second factor that waits for its confirmation."""
    return await _totp(scene, confirmed=False)


async def turned_on_by_asker(scene: Scene) -> str:
    """The right code of a second factor that is on."""
    return await _totp(scene, confirmed=True)


async def _totp(scene: Scene, *, confirmed: bool) -> str:
    secret = pyotp.random_base32()
    if scene.asker is not None:
        await session_of_asker(scene)
        await _set(scene, "x", scene.house.cipher.seal(secret, "totp"), confirmed=confirmed)
    return pyotp.TOTP(secret).now()


async def _set(scene: Scene, password_hash: str, sealed: bytes | None, *, confirmed: bool) -> None:
    assert scene.asker is not None
    await scene.owner.execute(
        "UPDATE accounts SET password_hash = $2, totp_sealed = $3, totp_confirmed_at = $4, totp_last_step = NULL WHERE account_id = $1",
        scene.asker.account_id, password_hash, sealed, datetime.now(UTC) if confirmed else None,
    )  # fmt: skip


def _member(scene: Scene) -> str:
    """Somebody who works in the target's school."""
    world = scene.world
    staff = world.other_admin if scene.target.name == "foreign" else world.subject_teacher
    return f"/v1/schools/{scene.target.school_id}/staff/{staff.person_id}"


WORKING = on_any(*WORKERS, "other_admin", "area_admin")


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
    ("POST", "/v1/sign-in/password"): Line(
        ask=lambda s: Ask("/v1/sign-in/password", json={"phone": fresh_phone(), "password": "không phải thế"}),
        allowed=NOBODY,
        targets=NOTHING,
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
    ("GET", "/v1/me"): Line(ask=lambda s: Ask("/v1/me"), allowed=SIGNED_IN, targets=NOTHING),
    ("PATCH", "/v1/me"): Line(ask=lambda s: Ask("/v1/me", json={"language": "en"}), allowed=SIGNED_IN, targets=NOTHING),
    ("GET", "/v1/me/events"): Line(ask=lambda s: Ask("/v1/me/events"), allowed=SIGNED_IN, targets=NOTHING),
    # Passwords and second factors are for people who work here; families have codes.
    ("PUT", "/v1/me/password"): Line(
        ask=lambda s: Ask("/v1/me/password", json={"password": "con mèo trèo cây cau"}),
        prepare=session_of_asker,
        allowed=WORKING,
        targets=NOTHING,
    ),
    ("POST", "/v1/me/second-factor"): Line(
        ask=lambda s: Ask("/v1/me/second-factor"), prepare=password_of_asker, allowed=WORKING, targets=NOTHING
    ),
    ("POST", "/v1/me/second-factor/confirm"): Line(
        ask=lambda s: Ask("/v1/me/second-factor/confirm", json={"totp": s.made}),
        prepare=begun_by_asker,
        allowed=WORKING,
        targets=NOTHING,
    ),
    ("POST", "/v1/me/second-factor/check"): Line(
        ask=lambda s: Ask("/v1/me/second-factor/check", json={"totp": s.made}),
        prepare=turned_on_by_asker,
        allowed=WORKING,
        targets=NOTHING,
    ),
    ("POST", "/v1/me/second-factor/off"): Line(
        ask=lambda s: Ask("/v1/me/second-factor/off", json={"totp": s.made}),
        prepare=turned_on_by_asker,
        allowed=WORKING,
        targets=NOTHING,
    ),
    ("POST", "/v1/schools/{school_id}/staff/{staff_id}/roles"): Line(
        ask=lambda s: Ask(f"{_member(s)}/roles", json={"role": "accountant"}), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("DELETE", "/v1/schools/{school_id}/staff/{staff_id}/roles/{role}"): Line(
        ask=lambda s: Ask(f"{_member(s)}/roles/accountant"), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("POST", "/v1/schools/{school_id}/staff/{staff_id}/invitation"): Line(
        ask=lambda s: Ask(f"{_member(s)}/invitation", json={"reset": True}), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/audit"): Line(
        ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/audit"), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("GET", "/v1/areas/schools"): Line(
        ask=lambda s: Ask("/v1/areas/schools"), allowed=on_any("area_admin"), targets=NOTHING
    ),
}
