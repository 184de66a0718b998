"""Reads of this room: who am I, what happened, which schools an area has. Each answers only about what the account may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.core.problems import NOT_SIGNED_IN
from backend.identity.entitlement import require_role
from backend.identity.principal import Principal
from schemas.identity import (
    AccountEvent,
    AccountEventPage,
    AreaSchool,
    AuditEvent,
    AuditPage,
    Me,
    MyPerson,
)


async def me(reader: Reader, who: Principal) -> Me:
    account = await reader.fetchrow(
        """
        SELECT a.account_id, a.full_name, a.phone_e164, a.language,
               a.password_hash IS NOT NULL AS has_password,
               a.totp_confirmed_at IS NOT NULL AS enrolled,
               array(SELECT r.area_code
                       FROM account_areas r
                      WHERE r.account_id = a.account_id
                      ORDER BY r.area_code) AS areas
          FROM accounts a
         WHERE a.account_id = $1
        """,
        who.account_id,
    )
    if account is None:
        raise NOT_SIGNED_IN()
    return Me(
        account_id=account["account_id"],
        full_name=account["full_name"],
        phone=account["phone_e164"],
        language=account["language"],
        has_password=account["has_password"],
        second_factor_enrolled=account["enrolled"],
        second_factor=who.second_factor,
        persons=await _persons(reader, who.account_id),
        areas=account["areas"],
    )


async def _persons(reader: Reader, account_id: UUID) -> list[MyPerson]:
    rows = await reader.fetch(
        """
        SELECT p.school_id, s.name AS school_name, p.person_kind AS kind, p.person_id
          FROM account_persons p
          JOIN schools s
            ON s.school_id = p.school_id
         WHERE p.account_id = $1
         ORDER BY s.name, p.school_id, p.person_kind, p.person_id
        """,
        account_id,
    )
    roles = await _roles(reader, [row["school_id"] for row in rows], [row["person_id"] for row in rows])
    return [MyPerson(**dict(row), roles=roles.get((row["school_id"], row["person_id"]), [])) for row in rows]


async def _roles(reader: Reader, school_ids: Sequence[int], staff_ids: Sequence[UUID]) -> dict[tuple[int, UUID], Any]:
    rows = await reader.fetch(
        """
        SELECT r.school_id, r.staff_id, array_agg(r.role ORDER BY r.role) AS roles
          FROM staff_roles r
         WHERE r.school_id = ANY ($1)
           AND r.staff_id = ANY ($2)
         GROUP BY r.school_id, r.staff_id
        """,
        list(school_ids),
        list(staff_ids),
    )
    return {(row["school_id"], row["staff_id"]): row["roles"] for row in rows}


async def audit_page(
    reader: Reader,
    who: Principal,
    school_id: int,
    *,
    on: date,
    before: UUID | None,
    limit: int,
    subject_kind: str | None,
    subject_id: str | None,
    actor: UUID | None,
) -> AuditPage:
    """Newest first, by key: ids are made in the order of time. For administrators."""
    await require_role(reader, school_id, who.account_id, "school_admin", on=on)
    rows = await reader.fetch(
        """
        SELECT e.audit_id, e.happened_at, e.actor_kind, e.actor_account_id, e.action, e.subject_kind, e.subject_id,
               e.detail::text AS detail, e.request_id
          FROM audit_events e
         WHERE e.school_id = $1
           AND ($2::uuid IS NULL OR e.audit_id < $2)
           AND ($4::text IS NULL OR e.subject_kind = $4)
           AND ($5::text IS NULL OR e.subject_id = $5)
           AND ($6::uuid IS NULL OR e.actor_account_id = $6)
         ORDER BY e.audit_id DESC
         LIMIT $3
        """,
        school_id,
        before,
        limit + 1,
        subject_kind,
        subject_id,
        actor,
    )
    names = await _names(reader, school_id, {row["actor_account_id"] for row in rows} - {None})
    events = [
        AuditEvent(
            **{key: value for key, value in row.items() if key != "detail"},
            actor_name=names.get(row["actor_account_id"]),
            detail=msgspec.json.decode(row["detail"]),
        )
        for row in rows[:limit]
    ]
    return AuditPage(events=events, before=events[-1].audit_id if len(rows) > limit else None)


async def _names(reader: Reader, school_id: int, account_ids: set[UUID]) -> dict[UUID, str]:
    """As the school itself names them."""
    rows = await reader.fetch(
        """
        SELECT s.account_id, s.full_name
          FROM staff s
         WHERE s.school_id = $1
           AND s.account_id = ANY ($2)
         UNION
        SELECT g.account_id, g.full_name
          FROM guardians g
         WHERE g.school_id = $1
           AND g.account_id = ANY ($2)
           AND g.full_name IS NOT NULL
        """,
        school_id,
        list(account_ids),
    )
    return {row["account_id"]: row["full_name"] for row in rows}


async def account_events(reader: Reader, who: Principal, *, before: UUID | None, limit: int) -> AccountEventPage:
    """One's own sign-ins, refusals and changes, newest first."""
    rows = await reader.fetch(
        """
        SELECT e.event_id, e.happened_at, e.action, e.address
          FROM account_events e
         WHERE e.account_id = $1
           AND ($2::uuid IS NULL OR e.event_id < $2)
         ORDER BY e.event_id DESC
         LIMIT $3
        """,
        who.account_id,
        before,
        limit + 1,
    )
    events = [AccountEvent(**dict(row)) for row in rows[:limit]]
    return AccountEventPage(events=events, before=events[-1].event_id if len(rows) > limit else None)


async def area_schools(reader: Reader, who: Principal) -> list[AreaSchool]:
    """The schools of the account's areas as the rows say today, not as the token did. Counts only: an area sees no pupil."""
    schools = await reader.fetch(
        """
        SELECT DISTINCT s.school_id, s.code, s.name, s.level, s.province_code, s.commune_code
          FROM account_areas a
          JOIN schools s
            ON a.area_code IN (s.province_code, s.commune_code)
         WHERE a.account_id = $1
         ORDER BY s.name, s.school_id
         LIMIT 2000
        """,
        who.account_id,
    )
    counts = await _counts(reader, [row["school_id"] for row in schools])
    return [msgspec.convert({**dict(row), **counts[row["school_id"]]}, AreaSchool) for row in schools]


_COUNTED = {
    "pupils": """
        SELECT p.school_id, count(*) AS number
          FROM pupils p
         WHERE p.school_id = ANY ($1)
           AND p.status = 'enrolled'
         GROUP BY p.school_id
    """,
    "classes": """
        SELECT c.school_id, count(*) AS number
          FROM classes c
          JOIN school_years y
            ON y.school_id = c.school_id
           AND y.school_year = c.school_year
         WHERE c.school_id = ANY ($1)
           AND y.school_id = ANY ($1)
           AND y.is_current
         GROUP BY c.school_id
    """,
    "staff": """
        SELECT s.school_id, count(*) AS number
          FROM staff s
         WHERE s.school_id = ANY ($1)
           AND s.status = 'active'
         GROUP BY s.school_id
    """,
    "guardians": """
        SELECT g.school_id, count(*) AS number
          FROM guardians g
         WHERE g.school_id = ANY ($1)
         GROUP BY g.school_id
    """,
    "guardians_signed_in": """
        SELECT g.school_id, count(*) AS number
          FROM guardians g
         WHERE g.school_id = ANY ($1)
           AND g.account_id IS NOT NULL
         GROUP BY g.school_id
    """,
}


async def _counts(reader: Reader, school_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    found = {school_id: dict.fromkeys(_COUNTED, 0) for school_id in school_ids}
    for name, sql in _COUNTED.items():
        for row in await reader.fetch(sql, list(school_ids)):
            found[row["school_id"]][name] = row["number"]
    return found
