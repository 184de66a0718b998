"""Whose knowledge it is: a school's, or that of the commune or province above it. It answers who may change it, as the rows say today."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx, Tx
from backend.core.house import House
from backend.core.problems import FORBIDDEN
from backend.identity import audit
from backend.identity.entitlement import Door, require_role
from backend.identity.principal import Principal


class Owner(msgspec.Struct, frozen=True):
    """Exactly one of the two."""

    school_id: int | None = None
    area_code: str | None = None

    @property
    def key(self) -> str:
        return f"school:{self.school_id}" if self.school_id is not None else f"area:{self.area_code}"


_MAY = """
SELECT true
  FROM account_areas
 WHERE account_id = $1
   AND area_code = $2
"""
# The owner itself and those above it, the nearest first.
_ABOVE_SCHOOL = """
SELECT ARRAY['school:' || s.school_id]
       || CASE WHEN s.commune_code IS NULL THEN ARRAY[]::text[] ELSE ARRAY['area:' || s.commune_code] END
       || CASE WHEN s.province_code IS NULL THEN ARRAY[]::text[] ELSE ARRAY['area:' || s.province_code] END AS owners
  FROM schools s
 WHERE s.school_id = $1
"""
# A commune is known by its schools; the province above it as well.
_ABOVE_AREA = """
SELECT 'area:' || s.province_code
  FROM schools s
 WHERE s.commune_code = $1
   AND s.province_code IS NOT NULL
 LIMIT 1
"""


async def require(door: Door, who: Principal, owner: Owner, on: date) -> None:
    """School administrators for their school, an area's officers for their area."""
    if owner.school_id is not None:
        await require_role(door, owner.school_id, who.account_id, "school_admin", on=on)
    elif not await door.fetchval(_MAY, who.account_id, owner.area_code):
        raise FORBIDDEN()


async def with_those_above(door: Door, owner: Owner) -> list[str]:
    if owner.school_id is not None:
        return list(await door.fetchval(_ABOVE_SCHOOL, owner.school_id) or [owner.key])
    above = await door.fetchval(_ABOVE_AREA, owner.area_code)
    return list(dict.fromkeys([owner.key, above] if above else [owner.key]))


@asynccontextmanager
async def writing(house: House, who: Principal, owner: Owner) -> AsyncIterator[Tx]:
    """One transaction in which the account may change what the owner tells."""
    today = school_day(house.clock.now())
    if owner.school_id is not None:
        async with house.database.school(owner.school_id) as tx:
            await require(tx, who, owner, today)
            yield tx
    else:
        async with house.database.directory() as directory:
            await require(directory, who, owner, today)
            yield directory


async def record(tx: Tx, who: Principal, owner: Owner, deed: str, at: datetime, **detail: Any) -> None:
    """Into the school's audit trail, or into the officer's own."""
    if isinstance(tx, SchoolTx):
        await _of_school(tx, who.account_id, deed, at, detail)
    else:
        await audit.record_account(
            tx, who.account_id, f"knowledge.{deed}", at=at, detail={"owner": owner.key, **detail}
        )


async def _of_school(tx: SchoolTx, actor: UUID, deed: str, at: datetime, detail: dict[str, Any]) -> None:
    topic = detail["topic"]
    match deed:
        case "published":
            await audit.record(tx, "knowledge.published", "knowledge", topic, at=at, actor=actor, detail=detail)
        case "withdrawn":
            await audit.record(tx, "knowledge.withdrawn", "knowledge", topic, at=at, actor=actor, detail=detail)
        case "confirmed":
            await audit.record(tx, "knowledge.confirmed", "knowledge", topic, at=at, actor=actor, detail=detail)
        case "unconfirmed":
            await audit.record(tx, "knowledge.unconfirmed", "knowledge", topic, at=at, actor=actor, detail=detail)
        case _:
            await audit.record(tx, "knowledge.drafted", "knowledge", topic, at=at, actor=actor, detail=detail)
