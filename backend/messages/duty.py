"""Who is on duty: the school's weekly roster, and outside of it an administrator. It owns duty_turns."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from backend.core.clock import SCHOOL_ZONE, school_day
from backend.core.database import Reader, SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import INVALID, FieldError, problem
from backend.identity.audit import record
from backend.identity.entitlement import require_role, standing
from schemas.messages import DutyRoster, DutyRow, DutyRows

NOBODY_ON_DUTY = problem(
    "nobody-on-duty",
    409,
    vi="Trường chưa có người trực trên hệ thống. Nếu khẩn cấp, xin gọi số điện thoại của trường hoặc 113, 115.",
    en="The school has nobody on duty in the system. If it is urgent, call the school's telephone, or 113 or 115.",
)

_STRANGER = ("Người này không làm việc trong trường.", "This person does not work in the school.")
_BACKWARDS = ("Giờ hết trực phải sau giờ bắt đầu.", "The end must come after the beginning.")

# $2 weekday, $3 minute of the day. Two on duty at once: the one who began last; nobody: the administrator who is longest there.
_ON_DUTY = """
SELECT found.staff_id
  FROM (SELECT d.staff_id, 0 AS place, -d.from_minute AS order_by
          FROM duty_turns d
          JOIN staff s
            ON s.school_id = d.school_id
           AND s.staff_id = d.staff_id
           AND s.status = 'active'
         WHERE d.school_id = $1
           AND d.ended_at IS NULL
           AND d.weekday = $2
           AND d.from_minute <= $3
           AND d.to_minute > $3
         UNION ALL
        SELECT s.staff_id, 1, 0
          FROM staff s
          JOIN staff_roles r
            ON r.school_id = s.school_id
           AND r.staff_id = s.staff_id
           AND r.role = 'school_admin'
         WHERE s.school_id = $1
           AND s.status = 'active') AS found
 ORDER BY found.place, found.order_by, found.staff_id
 LIMIT 1
"""


async def on_duty(tx: SchoolTx, at: datetime) -> UUID:
    """Raises NOBODY_ON_DUTY in a school without a roster and without an administrator."""
    here = at.astimezone(SCHOOL_ZONE)
    found: UUID | None = await tx.fetchval(_ON_DUTY, tx.school_id, here.weekday(), here.hour * 60 + here.minute)
    if found is None:
        raise NOBODY_ON_DUTY()
    return found


async def keep_roster(house: House, account_id: UUID, school_id: int, roster: DutyRoster) -> None:
    """The whole week anew; what was there before is ended and stays in the record."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        await _refuse(tx, roster)
        await tx.execute(
            "UPDATE duty_turns SET ended_at = $2 WHERE school_id = $1 AND ended_at IS NULL", school_id, now
        )
        await tx.executemany(
            """
            INSERT INTO duty_turns (school_id, turn_id, staff_id, weekday, from_minute, to_minute, made_by, made_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                (school_id, new_id(), t.staff_id, t.weekday, _minute(t.from_at), _minute(t.to_at), account_id, now)
                for t in roster.turns
            ],
        )
        detail = {"turns": len(roster.turns)}
        await record(tx, "messages.duty_changed", "school", school_id, at=now, actor=account_id, detail=detail)


async def _refuse(tx: SchoolTx, roster: DutyRoster) -> None:
    rows = await tx.fetch(
        """
        SELECT staff_id
          FROM staff
         WHERE school_id = $1
           AND status = 'active'
           AND staff_id = ANY ($2::uuid[])
        """,
        tx.school_id,
        [turn.staff_id for turn in roster.turns],
    )
    working = {row["staff_id"] for row in rows}
    wrong = []
    for position, turn in enumerate(roster.turns):
        if turn.staff_id not in working:
            wrong.append(FieldError(f"/turns/{position}/staff_id", *_STRANGER))
        if _minute(turn.to_at) <= _minute(turn.from_at):
            wrong.append(FieldError(f"/turns/{position}/to_at", *_BACKWARDS))
    if wrong:
        raise INVALID(*wrong)


async def roster_of(reader: Reader, school_id: int, account_id: UUID, at: datetime) -> DutyRows:
    """For everybody who works in the school."""
    await standing(reader, school_id, account_id, on=school_day(at))
    rows = await reader.fetch(
        """
        SELECT d.staff_id, s.full_name, d.weekday, d.from_minute, d.to_minute
          FROM duty_turns d
          JOIN staff s
            ON s.school_id = d.school_id
           AND s.staff_id = d.staff_id
         WHERE d.school_id = $1
           AND d.ended_at IS NULL
         ORDER BY d.weekday, d.from_minute, s.sort_key
        """,
        school_id,
    )
    return DutyRows(
        [
            DutyRow(
                row["staff_id"], row["full_name"], row["weekday"], _clock(row["from_minute"]), _clock(row["to_minute"])
            )
            for row in rows
        ]
    )


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
