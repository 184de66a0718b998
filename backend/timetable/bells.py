"""The hours of the periods. Administrators set them, a whole set at a time. It owns bell_times."""

from __future__ import annotations

from datetime import date, time
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import Reader
from backend.core.house import House
from backend.core.problems import INVALID, FieldError
from backend.core.versions import TOUCH_FAMILIES
from backend.identity.audit import record
from backend.identity.entitlement import require_role, standing
from backend.timetable import problems
from schemas.timetable import Bells, BellSet, BellsIn, BellTime

_TOUCH_EVERYBODY = TOUCH_FAMILIES.format(pupils="SELECT p.pupil_id FROM pupils p WHERE p.school_id = $1")
_SESSION_ORDER = {"morning": 0, "afternoon": 1}


async def set_bells(house: House, account_id: UUID, school_id: int, wanted: BellsIn) -> None:
    """From a day on. Set again for the same level and day, they replace what was said."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        _refuse(wanted)
        await tx.execute(
            """
            DELETE FROM bell_times
             WHERE school_id = $1
               AND level = $2
               AND valid_from = $3
            """,
            school_id,
            wanted.level,
            wanted.valid_from,
        )
        await tx.executemany(
            """
            INSERT INTO bell_times (school_id, level, valid_from, session, period, starts_at, ends_at, set_by, set_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            [
                (
                    school_id, wanted.level, wanted.valid_from, one.session, one.period,
                    time.fromisoformat(one.starts_at), time.fromisoformat(one.ends_at), account_id, now,
                )
                for one in wanted.times
            ],
        )  # fmt: skip
        await tx.execute(_TOUCH_EVERYBODY, school_id)
        detail = {"level": wanted.level, "valid_from": str(wanted.valid_from), "periods": len(wanted.times)}
        await record(tx, "bells.set", "school", school_id, at=now, actor=account_id, detail=detail)


def _refuse(wanted: BellsIn) -> None:
    wrong: list[FieldError] = []
    numbered = sorted(
        enumerate(wanted.times), key=lambda pair: (_SESSION_ORDER[pair[1].session], pair[1].period, pair[0])
    )
    before: BellTime | None = None
    for number, one in numbered:
        if before is not None and (before.session, before.period) == (one.session, one.period):
            wrong.append(FieldError(f"/times/{number}/period", *problems.SLOT_TWICE))
        elif one.starts_at >= one.ends_at:
            wrong.append(FieldError(f"/times/{number}/ends_at", *problems.TIMES))
        elif before is not None and one.starts_at < before.ends_at:
            wrong.append(FieldError(f"/times/{number}/starts_at", *problems.TIMES))
        before = one
    if wrong:
        raise INVALID(*wrong)


async def bells(reader: Reader, school_id: int, account_id: UUID, *, today: date) -> Bells:
    """Every set, the newest first, for everybody who works in the school."""
    await standing(reader, school_id, account_id, on=today)
    rows = await reader.fetch(
        """
        SELECT b.level, b.valid_from, b.session, b.period, to_char(b.starts_at, 'HH24:MI') AS starts_at,
               to_char(b.ends_at, 'HH24:MI') AS ends_at
          FROM bell_times b
         WHERE b.school_id = $1
         ORDER BY b.level, b.valid_from DESC, b.session DESC, b.period
         LIMIT 1000
        """,
        school_id,
    )
    sets: dict[tuple[str, date], BellSet] = {}
    for row in rows:
        key = (row["level"], row["valid_from"])
        one = sets.setdefault(key, BellSet(row["level"], row["valid_from"], []))
        one.times.append(BellTime(row["session"], row["period"], row["starts_at"], row["ends_at"]))
    return Bells(list(sets.values()))
