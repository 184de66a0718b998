"""What a school's administrator does to others' access: grant and take roles, invite, reset a sign-in. Everything is recorded."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import problem
from backend.core.ratelimit import Bucket
from backend.identity.accounts import claims_of, persons_of
from backend.identity.audit import record, record_account
from backend.identity.codes import promise_code
from backend.identity.entitlement import require_role
from backend.identity.passwords import forget_password
from backend.identity.principal import Principal, require_second_factor
from backend.identity.sessions import end_all
from backend.identity.tokens import TokenOffice
from backend.people.staff import active_member, grant_role, roles_of, take_role
from schemas.identity import Role, StaffRoles

INVITATION = timedelta(hours=24)

WORKS_ELSEWHERE = problem(
    "works-elsewhere",
    409,
    vi="Người này còn làm việc ở trường khác hoặc ở cấp quản lý nên trường này không thể đặt lại cách đăng nhập.",
    en="This person works in another school or for its authority as well, so this school cannot reset the sign-in.",
)


async def grant(house: House, who: Principal, school_id: int, staff_id: UUID, role: Role) -> StaffRoles:
    async with house.database.school(school_id) as tx:
        await _require_administrator(house, tx, who)
        await active_member(tx, staff_id)
        if await grant_role(tx, staff_id, role, at=house.clock.now(), by=who.account_id):
            await _record(house, tx, who, "role.granted", staff_id, role=role)
        return StaffRoles(staff_id=staff_id, roles=await roles_of(tx, staff_id))  # type: ignore[arg-type]


async def take(house: House, who: Principal, school_id: int, staff_id: UUID, role: Role) -> StaffRoles:
    async with house.database.school(school_id) as tx:
        await _require_administrator(house, tx, who)
        await active_member(tx, staff_id)
        if await take_role(tx, staff_id, role):
            await _record(house, tx, who, "role.taken", staff_id, role=role)
        return StaffRoles(staff_id=staff_id, roles=await roles_of(tx, staff_id))  # type: ignore[arg-type]


async def invite(
    house: House, tokens: TokenOffice, who: Principal, school_id: int, staff_id: UUID, *, reset: bool, address: str
) -> None:
    """Sends a one-time code that lives a day; whoever signs in with it sets a password. `reset` drops what was set before."""
    now = house.clock.now()
    ended: list[UUID] = []
    await house.limits.take(Bucket(f"invite:{who.account_id}", 100, 30), now=now.timestamp(), strict=True)
    async with house.database.school(school_id) as tx:
        await _require_administrator(house, tx, who)
        member = await active_member(tx, staff_id)
        if reset and member["account_id"] is not None:
            ended = await _reset(house, tx, school_id, member["account_id"])
        school_name: str = await tx.fetchval(
            """
            SELECT name
              FROM schools
             WHERE school_id = $1
            """,
            school_id,
        )
        await promise_code(
            house, tx, member["phone_e164"], purpose="invitation", life=INVITATION, address=address,
            language="vi", at=now, params={"school": school_name},
        )  # fmt: skip
        await _record(house, tx, who, "staff.invited", staff_id, reset=reset)
    for session_id in ended:
        tokens.revoke(session_id, now=now.timestamp())


async def _reset(house: House, tx: SchoolTx, school_id: int, account_id: UUID) -> list[UUID]:
    """One school must not weaken the door of another, nor of the province that looks over it."""
    elsewhere = {person.school_id for person in await persons_of(tx, account_id) if person.kind == "staff"} - {
        school_id
    }
    if elsewhere or (await claims_of(tx, account_id)).areas:
        raise WORKS_ELSEWHERE()
    await forget_password(tx, account_id)
    await record_account(tx, account_id, "password.reset_by_school", at=house.clock.now())
    return await end_all(tx, account_id, at=house.clock.now(), why="reset")


async def _require_administrator(house: House, tx: SchoolTx, who: Principal) -> None:
    await require_role(tx, tx.school_id, who.account_id, "school_admin", on=school_day(house.clock.now()))
    require_second_factor(who)


async def _record(house: House, tx: SchoolTx, who: Principal, action: str, staff_id: UUID, **detail: object) -> None:
    await record(tx, action, "staff", staff_id, at=house.clock.now(), actor=who.account_id, detail=detail)
