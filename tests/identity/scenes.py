"""Small scenes of signing in, through the public doors. Codes are read where the sender would read them: sealed, in their row."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pyotp

from backend.core.house import House
from backend.core.ids import new_id
from backend.core.text import fold, name_sort_key
from backend.identity.codes import SEALED_FOR
from tests.factories import EARLY, Pupil


async def open_code(owner: asyncpg.Connection, house: House, phone: str) -> str | None:
    """The code that waits to be sent to a phone; None where nothing will ever be sent."""
    sealed = await owner.fetchval("SELECT code_sealed FROM one_time_codes WHERE phone_e164 = $1", phone)
    return None if sealed is None else house.cipher.open(sealed, SEALED_FOR)


def other_code(code: str | None) -> str:
    return f"{(int(code or 0) + 1) % 1_000_000:06d}"


async def ask(client: httpx.AsyncClient, phone: str) -> httpx.Response:
    return await client.post("/v1/sign-in/codes", json={"phone": phone})


async def verify(client: httpx.AsyncClient, phone: str, code: str, **more: Any) -> httpx.Response:
    return await client.post("/v1/sign-in/codes/verify", json={"phone": phone, "code": code, **more})


async def sign_in(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, phone: str, **more: Any
) -> dict[str, Any]:
    """By one-time code, for somebody who is alone at the number."""
    assert (await ask(client, phone)).status_code == 202
    answer = await verify(client, phone, await open_code(owner, house, phone) or "", **more)
    assert answer.status_code == 200, answer.text
    signed_in: dict[str, Any] = answer.json()
    return signed_in


def bearer(signed_in: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {signed_in['access_token']}"}


async def renew(client: httpx.AsyncClient, refresh_token: str) -> httpx.Response:
    return await client.post("/v1/sign-in/refresh", json={"refresh_token": refresh_token})


async def add_guardian(
    owner: asyncpg.Connection, school_id: int, phone: str, full_name: str, child: Pupil | None = None
) -> UUID:
    """A guardian whom the roll knows and who has never signed in."""
    guardian_id = new_id()
    await owner.execute(
        "INSERT INTO guardians (school_id, guardian_id, full_name, name_fold, phone_e164, source, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, 'hand', '2026-09-01', '2026-09-01')",
        school_id, guardian_id, full_name or None, fold(full_name), phone,
    )  # fmt: skip
    if child is not None:
        await owner.execute(
            "INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source) VALUES ($1, $2, $3, 'guardian', $4, 'hand')",
            school_id, child.pupil_id, guardian_id, EARLY,
        )  # fmt: skip
    await _list(owner, phone, school_id, "guardian", guardian_id, full_name)
    return guardian_id


async def add_staff(owner: asyncpg.Connection, school_id: int, phone: str, full_name: str, *roles: str) -> UUID:
    staff_id = new_id()
    await owner.execute(
        "INSERT INTO staff (school_id, staff_id, full_name, name_fold, sort_key, phone_e164, source, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'hand', '2026-09-01', '2026-09-01')",
        school_id, staff_id, full_name, fold(full_name), name_sort_key(full_name), phone,
    )  # fmt: skip
    for role in roles:
        await owner.execute(
            "INSERT INTO staff_roles (school_id, staff_id, role, granted_at) VALUES ($1, $2, $3, '2026-09-01')",
            school_id, staff_id, role,
        )  # fmt: skip
    await _list(owner, phone, school_id, "staff", staff_id, full_name)
    return staff_id


async def _list(
    owner: asyncpg.Connection, phone: str, school_id: int, kind: str, person_id: UUID, full_name: str
) -> None:
    await owner.execute(
        "INSERT INTO phone_directory (phone_e164, school_id, person_kind, person_id, name_fold, full_name) VALUES ($1, $2, $3, $4, $5, $6)",
        phone, school_id, kind, person_id, fold(full_name), full_name,
    )  # fmt: skip


PASSWORD = "con mèo trèo cây cau"


async def set_password(
    client: httpx.AsyncClient, signed_in: dict[str, Any], password: str = PASSWORD
) -> dict[str, Any]:
    """Right after a sign-in by code; the answer's token goes on with the same session."""
    answer = await client.put("/v1/me/password", headers=bearer(signed_in), json={"password": password})
    assert answer.status_code == 200, answer.text
    return {**signed_in, **answer.json()}


async def with_password(client: httpx.AsyncClient, phone: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
    return await client.post("/v1/sign-in/password", json={"phone": phone, "password": password, **more})


async def turn_on_second_factor(
    client: httpx.AsyncClient, signed_in: dict[str, Any], at: datetime
) -> tuple[str, dict[str, Any]]:
    """The secret, and the session that has passed its first code."""
    secret = (await client.post("/v1/me/second-factor", headers=bearer(signed_in))).json()["secret"]
    answer = await client.post(
        "/v1/me/second-factor/confirm", headers=bearer(signed_in), json={"totp": totp(secret, at)}
    )
    assert answer.status_code == 200, answer.text
    return secret, {**signed_in, **answer.json()}


def totp(secret: str, at: datetime) -> str:
    return pyotp.TOTP(secret).at(at)
