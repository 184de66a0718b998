"""A request is filed: by a family in the app, or by the office for a guardian at the counter. It owns dossiers and dossier_counters.

Numbers are drawn in the transaction that uses them, so nothing that fails leaves a gap.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import CONFLICT, INVALID, FieldError
from backend.core.ratelimit import Bucket
from backend.core.text import clean, clean_lines
from backend.core.versions import TOUCH_FAMILIES
from backend.dossiers import problems, telling
from backend.dossiers.promise import closed_days, promised
from backend.dossiers.rules import OFFICE, Held, held
from backend.files.actions import hang
from backend.identity.audit import record
from backend.identity.entitlement import require_guardian, require_role
from schemas.dossiers import CounterDossier, Filed, NewDossier

_OPEN_MAX = 20


class By(msgspec.Struct, frozen=True):
    """Who sends it in, and for which guardian."""

    account_id: UUID
    guardian_id: UUID
    staff_id: UUID | None
    papers: list[str]


async def file(house: House, account_id: UUID, school_id: int, new: NewDossier) -> tuple[Filed, bool]:
    """By a guardian who may act for the child. Sent twice it is filed once; the second value says whether it is new."""
    now = house.clock.now()
    await house.limits.take(Bucket(f"dossier:{account_id}", 30, 60.0), now=now.timestamp())
    async with house.database.school(school_id) as tx:
        guardian_id = await require_guardian(tx, school_id, account_id, new.pupil_id, on=school_day(now), act=True)
        return await _open(tx, new, By(account_id, guardian_id, None, []), at=now)


async def enter(house: House, account_id: UUID, school_id: int, new: CounterDossier) -> tuple[Filed, bool]:
    """By the office, for a guardian who came. It may enter kinds that are closed in the app."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await require_role(tx, school_id, account_id, *OFFICE, on=school_day(now))
        if not await tx.fetchval(_MAY_ACT, school_id, new.pupil_id, new.guardian_id, school_day(now)):
            raise INVALID(FieldError("/guardian_id", *problems.NO_SUCH_GUARDIAN))
        papers = [paper for paper in (clean(one) for one in new.papers) if paper]
        return await _open(tx, new, By(account_id, new.guardian_id, who.staff_id, papers), at=now)


_MAY_ACT = """
SELECT true
  FROM guardianships b
 WHERE b.school_id = $1
   AND b.pupil_id = $2
   AND b.guardian_id = $3
   AND b.can_view
   AND b.can_act
   AND b.valid_from <= $4
   AND (b.valid_to IS NULL OR b.valid_to >= $4)
"""


async def _open(tx: SchoolTx, new: NewDossier, by: By, *, at: datetime) -> tuple[Filed, bool]:
    today = school_day(at)
    last = await _last_number(tx, today.year)
    if (before := await _filed(tx, new, by)) is not None:
        return before, False
    one = await _held(tx, new, by)
    details = clean_lines(new.details)
    if one.shipped.details and not details:
        raise INVALID(FieldError("/details", *problems.DETAILS_NEEDED))
    await _require_room(tx, new, one)
    await hang(tx, new.file_ids, by=by.account_id, at=at, pointer="/file_ids")
    number = f"HS-{today.year}-{last + 1:04d}"
    promised_on = promised(today, one.working_days, await closed_days(tx, tx.school_id, today))
    await _insert(tx, new, by, one, number, details, promised_on, at)
    detail = {"kind": new.kind, "via": "counter" if by.staff_id else "app", "files": len(new.file_ids)}
    await record(tx, "dossier.filed", "dossier", new.dossier_id, at=at, actor=by.account_id, detail=detail)
    about = telling.About(
        new.dossier_id, number, new.pupil_id, one.shipped.vi, one.shipped.en, one.shipped.sensitive, "received", promised_on
    )  # fmt: skip
    await telling.tell(tx, about, by=by.account_id, at=at)
    return Filed(new.dossier_id, number, promised_on, at), True


async def _last_number(tx: SchoolTx, year: int) -> int:
    """Holds the row until the end: whoever files next waits for this number."""
    last: int = await tx.fetchval(
        """
        INSERT INTO dossier_counters AS c (school_id, year, last_number)
        VALUES ($1, $2, 0)
            ON CONFLICT (school_id, year)
            DO UPDATE SET last_number = c.last_number
        RETURNING last_number
        """,
        tx.school_id,
        year,
    )
    return last


async def _filed(tx: SchoolTx, new: NewDossier, by: By) -> Filed | None:
    """The answer of the first time. Another request under the same id is a conflict."""
    row = await tx.fetchrow(
        """
        SELECT d.number, d.kind, d.pupil_id, d.guardian_id, d.received_at, s.promised_on
          FROM dossiers d
          JOIN dossier_steps s
            ON s.school_id = d.school_id
           AND s.dossier_id = d.dossier_id
           AND s.number = 1
         WHERE d.school_id = $1
           AND d.dossier_id = $2
        """,
        tx.school_id,
        new.dossier_id,
    )
    if row is None:
        return None
    if (row["kind"], row["pupil_id"], row["guardian_id"]) != (new.kind, new.pupil_id, by.guardian_id):
        raise CONFLICT()
    return Filed(new.dossier_id, row["number"], row["promised_on"], row["received_at"])


async def _held(tx: SchoolTx, new: NewDossier, by: By) -> Held:
    one = (await held(tx, tx.school_id)).get(new.kind)
    if one is None or not (one.open or by.staff_id):
        raise INVALID(FieldError("/kind", *problems.NO_SUCH_KIND))
    return one


async def _require_room(tx: SchoolTx, new: NewDossier, one: Held) -> None:
    rows: list[Any] = await tx.fetch(
        """
        SELECT d.number, d.kind
          FROM dossiers d
         WHERE d.school_id = $1
           AND d.pupil_id = $2
           AND d.closed_at IS NULL
         ORDER BY d.dossier_id
        """,
        tx.school_id,
        new.pupil_id,
    )
    if len(rows) >= _OPEN_MAX:
        raise problems.TOO_MANY_OPEN()
    same = [row["number"] for row in rows if row["kind"] == new.kind]
    if one.shipped.once and same:
        raise problems.ALREADY_OPEN(number=same[0])


_FILE = f"""
WITH counted AS (
        UPDATE dossier_counters
           SET last_number = last_number + 1
         WHERE school_id = $1
           AND year = $2),
     filed AS (
        INSERT INTO dossiers (school_id, dossier_id, number, kind, title_vi, title_en, sensitive, pupil_id, guardian_id, via, details,
                              papers, state, steps, working_days, promised_on, received_at, changed_at)
        VALUES ($1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'received', 1, $14, $15, $16, $16)),
     step AS (
        INSERT INTO dossier_steps (school_id, dossier_id, number, step_id, step, state, note, file_ids, promised_on, guardian_id,
                                   staff_id, account_id, happened_at)
        VALUES ($1, $3, 1, $3, 'file', 'received', '', $17, $15, $10, $18, $19, $16))
{TOUCH_FAMILIES.format(pupils="SELECT $9::uuid")}
"""


async def _insert(
    tx: SchoolTx, new: NewDossier, by: By, one: Held, number: str, details: str, promised_on: date, at: datetime
) -> None:
    await tx.execute(
        _FILE,
        tx.school_id,
        school_day(at).year,
        new.dossier_id,
        number,
        new.kind,
        one.shipped.vi,
        one.shipped.en,
        one.shipped.sensitive,
        new.pupil_id,
        by.guardian_id,
        "counter" if by.staff_id else "app",
        details,
        by.papers,
        one.working_days,
        promised_on,
        at,
        list(dict.fromkeys(new.file_ids)),
        by.staff_id,
        by.account_id,
    )
