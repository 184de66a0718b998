"""What a school gives up of a bill, up to a limit by role. It owns write_off_limits; the write-off itself is an adjustment."""

from __future__ import annotations

from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import Reader, SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, FieldError, problem
from backend.core.text import clean
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments import adjustments, ledger
from payments.adjustments import Adjustment
from schemas.books import NewWriteOff, WriteOffLimits

# Where a school has said nothing: the fee of a transfer, or a rounding at the counter.
ACCOUNTANT_DEFAULT = 10_000
SCHOOL_ADMIN_DEFAULT = 1_000_000

ABOVE_LIMIT = problem(
    "write-off-above-limit",
    403,
    vi="Số tiền xóa nợ vượt mức {limit} đ mà vai trò của bạn được phép.",
    en="The write-off is above the {limit} đ that your role may write off.",
)


async def write_off(house: House, actor: UUID, school_id: int, invoice_id: UUID, new: NewWriteOff) -> None:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await require_role(tx, school_id, actor, "accountant", "school_admin", on=school_day(now))
        await ledger.hold_till(tx, at=now)
        if not clean(new.reason):
            raise INVALID(FieldError("/reason", "Hãy ghi lý do.", "Say why."))
        limit = await limit_of(tx, school_id, admin="school_admin" in who.roles)
        if new.amount > limit:
            raise ABOVE_LIMIT(limit=limit)
        change = Adjustment(invoice_id, -new.amount, "write_off", clean(new.reason))
        await adjustments.add(tx, [change], made_by=actor, at=now)
        await audit.record(
            tx, "invoice.written_off", "invoice", invoice_id, at=now, actor=actor, detail={"amount": new.amount}
        )


async def limit_of(reader: Reader | SchoolTx, school_id: int, *, admin: bool) -> int:
    """How much one person may write off of one bill at once."""
    limits = await limits_of(reader, school_id)
    return limits.school_admin_amount if admin else limits.accountant_amount


async def limits_of(reader: Reader | SchoolTx, school_id: int) -> WriteOffLimits:
    row = await reader.fetchrow(
        """
        SELECT accountant_amount, school_admin_amount
          FROM write_off_limits
         WHERE school_id = $1
        """,
        school_id,
    )
    return WriteOffLimits(**row) if row else WriteOffLimits(ACCOUNTANT_DEFAULT, SCHOOL_ADMIN_DEFAULT)


async def set_limits(house: House, actor: UUID, school_id: int, new: WriteOffLimits) -> None:
    """By the school's administrator only."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "school_admin", on=school_day(now))
        if new.school_admin_amount < new.accountant_amount:
            raise INVALID(
                FieldError(
                    "/school_admin_amount", "Không được thấp hơn mức của kế toán.", "Not below the accountant's limit."
                )
            )
        await tx.execute(
            """
            INSERT INTO write_off_limits
                   (school_id, accountant_amount, school_admin_amount, set_by, set_at)
            VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (school_id)
                DO UPDATE SET accountant_amount = excluded.accountant_amount,
                              school_admin_amount = excluded.school_admin_amount,
                              set_by = excluded.set_by,
                              set_at = excluded.set_at
            """,
            school_id,
            new.accountant_amount,
            new.school_admin_amount,
            actor,
            now,
        )
        await audit.record(tx, "write_off.limits_set", "school", school_id, at=now, actor=actor)
