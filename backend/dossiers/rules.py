"""What one school takes of the shipped kinds, and in how many working days it promises an answer. It owns dossier_kind_versions."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError
from backend.dossiers import problems
from backend.dossiers.kinds import Shipped, shipped
from backend.dossiers.promise import closed_days, promised
from backend.identity.audit import record
from backend.identity.entitlement import require_role
from schemas.dossiers import DossierKind, KindRule

# Who deals with requests: who runs the school, and who was made to answer families.
OFFICE = ("school_admin", "inbox")

# The newest version of each kind: $1 = school_id.
NEWEST = """
SELECT DISTINCT ON (v.kind) v.kind, v.open, v.working_days, v.homeroom
  FROM dossier_kind_versions v
 WHERE v.school_id = $1
 ORDER BY v.kind, v.version DESC
"""


class Door(Protocol):
    async def fetch(self, sql: str, *arguments: Any) -> list[Any]: ...
    async def fetchval(self, sql: str, *arguments: Any) -> Any: ...


class Held(msgspec.Struct, frozen=True):
    """A shipped kind as one school has it."""

    shipped: Shipped
    topic: str
    open: bool
    working_days: int
    homeroom: bool


async def held(door: Door, school_id: int) -> dict[str, Held]:
    """Of the school's level, in the order they are shipped."""
    level = str(await door.fetchval("SELECT level FROM schools WHERE school_id = $1", school_id))
    own = {row["kind"]: row for row in await door.fetch(NEWEST, school_id)}
    found = {}
    for kind, one in shipped().items():
        if one.of_level(level):
            row = own.get(kind)
            found[kind] = Held(
                one, one.told_as(level), row["open"] if row else True,
                row["working_days"] if row else one.working_days, row["homeroom"] if row else False,
            )  # fmt: skip
    return found


async def kinds_of(door: Door, school_id: int, language: str, today: date) -> list[DossierKind]:
    closed = await closed_days(door, school_id, today)
    return [
        DossierKind(
            kind=kind, title=one.shipped.title(language), topic=one.topic, open=one.open, working_days=one.working_days,
            promised_on=promised(today, one.working_days, closed), sensitive=one.shipped.sensitive, homeroom=one.homeroom,
        )
        for kind, one in (await held(door, school_id)).items()
    ]  # fmt: skip


async def change(house: House, account_id: UUID, school_id: int, kind: str, rule: KindRule) -> None:
    """The administrator decides. Requests that are under way keep the day they were promised."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        one = (await held(tx, school_id)).get(kind)
        if one is None:
            raise NOT_FOUND()
        if rule.homeroom and one.shipped.sensitive:
            raise INVALID(FieldError("/homeroom", *problems.NO_HOMEROOM))
        if (one.open, one.working_days, one.homeroom) == (rule.open, rule.working_days, rule.homeroom):
            return
        await tx.execute(
            """
            INSERT INTO dossier_kind_versions (school_id, kind, version, open, working_days, homeroom, changed_by, changed_at)
            SELECT $1, $2, coalesce(max(v.version), 0) + 1, $3, $4, $5, $6, $7
              FROM dossier_kind_versions v
             WHERE v.school_id = $1
               AND v.kind = $2
            """,
            school_id,
            kind,
            rule.open,
            rule.working_days,
            rule.homeroom,
            account_id,
            now,
        )
        detail = {"kind": kind, "open": rule.open, "working_days": rule.working_days, "homeroom": rule.homeroom}
        await record(tx, "dossier.kind_changed", "school", school_id, at=now, actor=account_id, detail=detail)
