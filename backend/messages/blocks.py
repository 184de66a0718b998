"""Blocks: staff ask for one, an administrator grants it for some days or not. It owns message_blocks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import Reader
from backend.core.house import House
from backend.core.problems import CONFLICT, FORBIDDEN, INVALID, NOT_FOUND, FieldError
from backend.core.text import clean
from backend.identity.audit import record
from backend.identity.entitlement import require_role
from backend.messages.entitled import party
from schemas.messages import BlockDecision, BlockRow, Blocks, NewBlock

_NOT_KIN = ("Người này không thuộc cuộc trao đổi.", "This person does not belong to the conversation.")
_UNTIL = ("Cần ngày hết hạn, từ mai đến 90 ngày tới.", "A last day is needed, from tomorrow to 90 days ahead.")
_BLOCK_DAYS_MAX = 90
_ROWS_MAX = 200


async def ask_block(house: House, account_id: UUID, school_id: int, new: NewBlock) -> None:
    """Staff ask for the guardian of one of their threads. The family goes on writing until an administrator decides."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await party(tx, school_id, account_id, new.thread_id, school_day(now))
        if who.staff_id is None:
            raise FORBIDDEN()
        kin = await tx.fetchval(
            "SELECT true FROM guardianships WHERE school_id = $1 AND pupil_id = $2 AND guardian_id = $3",
            school_id,
            who.pupil_id,
            new.guardian_id,
        )
        if not kin:
            raise INVALID(FieldError("/guardian_id", *_NOT_KIN))
        made = await tx.fetchval(
            """
            INSERT INTO message_blocks (school_id, block_id, guardian_id, staff_id, reason, asked_at, state)
            VALUES ($1, $2, $3, $4, $5, $6, 'waiting')
                ON CONFLICT (school_id, block_id) DO NOTHING
            RETURNING true
            """,
            school_id, new.block_id, new.guardian_id, who.staff_id, clean(new.reason), now,
        )  # fmt: skip
        if made:
            await record(tx, "messages.block_asked", "guardian", new.guardian_id, at=now, actor=account_id)
            return
        was = await tx.fetchrow(_ASKED, school_id, new.block_id)
        if tuple(was or ()) != (new.guardian_id, who.staff_id, clean(new.reason)):
            raise CONFLICT()


_ASKED = """
SELECT guardian_id, staff_id, reason
  FROM message_blocks
 WHERE school_id = $1
   AND block_id = $2
"""


async def blocks(reader: Reader, school_id: int, account_id: UUID, at: datetime) -> Blocks:
    await require_role(reader, school_id, account_id, "school_admin", on=school_day(at))
    rows = await reader.fetch(
        """
        SELECT b.block_id, coalesce(g.full_name, g.phone_e164) AS guardian_name, s.full_name AS staff_name, b.reason, b.asked_at,
               CASE WHEN b.state = 'granted' AND b.until_on < $2 THEN 'ended' ELSE b.state END AS state, b.until_on
          FROM message_blocks b
          JOIN guardians g
            ON g.school_id = b.school_id
           AND g.guardian_id = b.guardian_id
          JOIN staff s
            ON s.school_id = b.school_id
           AND s.staff_id = b.staff_id
         WHERE b.school_id = $1
         ORDER BY b.state = 'waiting' DESC, b.asked_at DESC, b.block_id
         LIMIT $3
        """,
        school_id,
        school_day(at),
        _ROWS_MAX,
    )
    return Blocks([BlockRow(*row) for row in rows])


_FROM = {"granted": ("waiting",), "refused": ("waiting",), "ended": ("granted",)}


async def decide_block(house: House, account_id: UUID, school_id: int, block_id: UUID, decision: BlockDecision) -> None:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        until_on = _until(decision, school_day(now))
        row = await tx.fetchrow(
            """
            UPDATE message_blocks
               SET state = $3, until_on = coalesce($4, until_on),
                   decided_by = CASE WHEN $3 = 'ended' THEN decided_by ELSE $5::uuid END,
                   decided_at = CASE WHEN $3 = 'ended' THEN decided_at ELSE $6::timestamptz END,
                   ended_by = CASE WHEN $3 = 'ended' THEN $5::uuid END,
                   ended_at = CASE WHEN $3 = 'ended' THEN $6::timestamptz END
             WHERE school_id = $1
               AND block_id = $2
               AND state = ANY ($7::text[])
            RETURNING guardian_id
            """,
            school_id, block_id, decision.state, until_on, account_id, now, list(_FROM[decision.state]),
        )  # fmt: skip
        if row is None:
            state = await tx.fetchval(
                "SELECT state FROM message_blocks WHERE school_id = $1 AND block_id = $2", school_id, block_id
            )
            if state is None:
                raise NOT_FOUND()
            if state != decision.state:
                raise CONFLICT()
            return
        await record(
            tx, f"messages.block_{decision.state}", "guardian", row["guardian_id"], at=now, actor=account_id
        )  # fmt: skip


def _until(decision: BlockDecision, today: date) -> date | None:
    if decision.state != "granted":
        return None
    if decision.until_on is None or not today < decision.until_on <= today + timedelta(days=_BLOCK_DAYS_MAX):
        raise INVALID(FieldError("/until_on", *_UNTIL))
    return decision.until_on
