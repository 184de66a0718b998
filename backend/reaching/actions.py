"""The deeds around reaching families: wishes, caps, calls, emergencies. Each is one transaction with its line in the audit trail."""

from __future__ import annotations

from uuid import UUID

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import FORBIDDEN, INVALID, NOT_FOUND, FieldError, problem
from backend.identity import audit
from backend.identity.entitlement import require_role
from notifications import budgets, calls, emergencies, preferences
from notifications.preferences import Wishes
from notifications.quiet import Hours, read_minute, write_minute
from schemas.reaching import KindChoices, MonthCap, Preferences

NOT_AN_EMERGENCY_ANY_MORE = problem(
    "not-to-be-declared",
    409,
    vi="Thông báo này không còn để báo khẩn: đã thu hồi hoặc đã được báo khẩn rồi.",
    en="This notice cannot be declared an emergency any more: it was recalled, or it is one already.",
)
_BOTH = ("Chọn cả giờ bắt đầu và giờ kết thúc, hoặc để trống cả hai.", "Choose both hours, or leave both empty.")


async def preferences_of(house: House, account_id: UUID) -> Preferences:
    found = await preferences.wishes_of(house.database.reader, [account_id])
    wishes = found.get(account_id, preferences.NONE)
    kinds = KindChoices(**{kind: choice for kind, choice in wishes.kinds.items() if kind != "absence"})  # type: ignore[arg-type]
    return Preferences(
        kinds,
        write_minute(wishes.digest_minute),
        write_minute(wishes.quiet.from_minute) if wishes.quiet else None,
        write_minute(wishes.quiet.until_minute) if wishes.quiet else None,
        wishes.preferred,  # type: ignore[arg-type]
        wishes.language,  # type: ignore[arg-type]
        wishes.templates_stopped_at is None,
    )


async def set_preferences(house: House, account_id: UUID, new: Preferences) -> Preferences:
    """The whole of it; what is not named goes back to what it is for everybody, save for what was said in a chat."""
    if (new.quiet_from is None) != (new.quiet_until is None):
        missing = "/quiet_from" if new.quiet_from is None else "/quiet_until"
        raise INVALID(FieldError(missing, *_BOTH))
    quiet = (
        Hours(read_minute(new.quiet_from), read_minute(new.quiet_until)) if new.quiet_from and new.quiet_until else None
    )
    kinds = {kind: getattr(new.kinds, kind) for kind in new.kinds.__struct_fields__}
    wishes = Wishes(kinds, read_minute(new.digest_at), quiet, new.preferred_channel, new.language)
    async with house.database.directory() as tx:
        now = house.clock.now()
        await preferences.keep(tx, account_id, wishes, at=now)
        if new.zalo_templates is not None:
            change = preferences.take_templates if new.zalo_templates else preferences.stop_templates
            await change(tx, account_id, at=now)
    return await preferences_of(house, account_id)


async def set_cap(house: House, account_id: UUID, school_id: int, channel: str, new: MonthCap) -> None:
    """Money leaves only after an administrator has said how much. A cap below what is spent stops at once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        await budgets.set_cap(tx, channel, new.month_cap, by=account_id, at=now)
        await audit.record(
            tx, "budget.set", "channel", channel, at=now, actor=account_id, detail={"month_cap": new.month_cap}
        )


async def note_call(
    house: House, account_id: UUID, school_id: int, notice_id: UUID, guardian_id: UUID, result: str
) -> None:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        if not await calls.note(tx, account_id, notice_id, guardian_id, result, at=now):
            raise NOT_FOUND()
        await audit.record(
            tx, "call.noted", "guardian", guardian_id, at=now, actor=account_id,
            detail={"notice_id": str(notice_id), "result": result},
        )  # fmt: skip


async def declare_emergency(house: House, account_id: UUID, school_id: int, notice_id: UUID, reason: str) -> int:
    """Families are woken, so an administrator answers for it by name and reason. How many guardians are told now."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        told = await emergencies.declare(tx, notice_id, reason, by=account_id, at=now)
        if told is None:
            raise NOT_AN_EMERGENCY_ANY_MORE()
        await audit.record(
            tx, "notice.emergency", "notice", notice_id, at=now, actor=account_id, detail={"guardians": told}
        )
    return told


async def calls_json(house: House, account_id: UUID, school_id: int) -> str:
    found = await calls.calls_of(house.database.reader, school_id, account_id, now=house.clock.now())
    if found is None:
        raise FORBIDDEN()
    return found


async def budgets_json(house: House, account_id: UUID, school_id: int) -> str:
    month = school_day(house.clock.now()).replace(day=1)
    found = await budgets.budgets_of(house.database.reader, school_id, account_id, month)
    if found is None:
        raise FORBIDDEN()
    return found
