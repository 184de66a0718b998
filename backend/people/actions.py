"""What an administrator changes in the roll by hand: pupils, their classes, guardians' phones and custody. Everything is recorded.

Much comes by file instead (people/roster). Whatever a family can see or may no longer see raises its version.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import UNSET, UnsetType

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.phones import NotAPhone, to_e164
from backend.core.problems import CONFLICT, INVALID, NOT_FOUND, FieldError, problem
from backend.core.text import clean, fold, name_sort_key
from backend.core.versions import touch_families, touch_guardians
from backend.identity.accounts import PersonKey
from backend.identity.audit import record
from backend.identity.entitlement import require_role
from backend.identity.principal import Principal, require_second_factor
from backend.people import personal_id
from backend.people.linking import Reachable, link_known_accounts, unlink
from schemas.people import Custody, NewGuardian, NewPupil, Transfer

PUPIL_EXISTS = problem(
    "pupil-exists",
    409,
    vi="Trong trường đã có học sinh mang số định danh hoặc mã này.",
    en="The school already has a pupil with this personal number or code.",
)
PHONE_NEEDED = problem(
    "phone-needed",
    422,
    vi="Người này chưa có tên trong sổ nên không thể bỏ số điện thoại.",
    en="This person has no name in the roll, so the telephone number cannot be taken away.",
)
_NOT_A_PHONE = ("Số điện thoại không dùng được.", "This telephone number cannot be used.")
_NO_CLASS = ("Không có lớp này trong năm học hiện tại.", "There is no such class in the current school year.")
_NAMELESS = ("Thiếu họ tên.", "A name is missing.")
_TOO_EARLY = (
    "Ngày chuyển phải sau ngày vào lớp hiện tại.",
    "The day must come after the pupil joined the present class.",
)


async def create_pupil(house: House, who: Principal, school_id: int, new: NewPupil) -> bool:
    """Whether the pupil is new: the same request again makes no second one. Raises CONFLICT for another pupil under that id."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, "school_admin", on=school_day(now))
        phones = _read_new(new)
        school_year = await _year_of_class(tx, new.class_id)
        if not await _insert_pupil(tx, house, new, now):
            await _refuse_other_pupil(tx, new)
            return False
        await _enrol(tx, new.pupil_id, school_year, new.class_id, school_day(now))
        reachable = [
            await _add_guardian(tx, new.pupil_id, guardian, phone, now)
            for guardian, phone in zip(new.guardians, phones, strict=True)
        ]
        await link_known_accounts(tx, [entry for entry in reachable if entry], at=now)
        await touch_families(tx, [new.pupil_id])
        detail = {"class": str(new.class_id), "guardians": len(reachable)}
        await record(tx, "pupil.created", "pupil", new.pupil_id, at=now, actor=who.account_id, detail=detail)
        return True


def _read_new(new: NewPupil) -> list[str | None]:
    """The guardians' phones as the roll keeps them. Raises INVALID with every wrong field."""
    wrong: list[FieldError] = []
    phones: list[str | None] = []
    if not clean(new.full_name):
        wrong.append(FieldError("/full_name", *_NAMELESS))
    for position, guardian in enumerate(new.guardians):
        if not clean(guardian.full_name):
            wrong.append(FieldError(f"/guardians/{position}/full_name", *_NAMELESS))
        try:
            phones.append(to_e164(guardian.phone) if guardian.phone else None)
        except NotAPhone:
            wrong.append(FieldError(f"/guardians/{position}/phone", *_NOT_A_PHONE))
    if wrong:
        raise INVALID(*wrong)
    return phones


async def _year_of_class(tx: SchoolTx, class_id: UUID) -> str:
    school_year: str | None = await tx.fetchval(
        """
        SELECT c.school_year
          FROM classes c
          JOIN school_years y
            ON y.school_id = c.school_id
           AND y.school_year = c.school_year
           AND y.is_current
         WHERE c.school_id = $1
           AND c.class_id = $2
        """,
        tx.school_id,
        class_id,
    )
    if school_year is None:
        raise INVALID(FieldError("/class_id", *_NO_CLASS))
    return school_year


async def _insert_pupil(tx: SchoolTx, house: House, new: NewPupil, now: datetime) -> bool:
    full_name = clean(new.full_name)
    sealed, index = personal_id.sealed(house.cipher, new.personal_id) if new.personal_id else (None, None)
    try:
        async with tx.savepoint():
            made = await tx.fetchval(
                """
                INSERT INTO pupils (school_id, pupil_id, full_name, name_fold, sort_key, born_on, sex,
                                    personal_id_sealed, personal_id_index, school_code, source, created_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'hand', $11, $11)
                    ON CONFLICT (school_id, pupil_id) DO NOTHING
                RETURNING true
                """,
                tx.school_id, new.pupil_id, full_name, fold(full_name), name_sort_key(full_name), new.born_on, new.sex,
                sealed, index, clean(new.school_code) if new.school_code else None, now,
            )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise PUPIL_EXISTS() from error
    return made is True


async def _refuse_other_pupil(tx: SchoolTx, new: NewPupil) -> None:
    name_fold = await tx.fetchval(
        """
        SELECT name_fold
          FROM pupils
         WHERE school_id = $1
           AND pupil_id = $2
        """,
        tx.school_id,
        new.pupil_id,
    )
    if name_fold != fold(new.full_name):
        raise CONFLICT()


async def _enrol(tx: SchoolTx, pupil_id: UUID, school_year: str, class_id: UUID, on: date) -> None:
    await tx.execute(
        """
        INSERT INTO enrolments (school_id, pupil_id, school_year, class_id, from_on)
        VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (school_id, pupil_id, school_year, from_on)
            DO UPDATE SET class_id = excluded.class_id,
                          to_on = NULL
        """,
        tx.school_id,
        pupil_id,
        school_year,
        class_id,
        on,
    )


async def _add_guardian(
    tx: SchoolTx, pupil_id: UUID, guardian: NewGuardian, phone: str | None, now: datetime
) -> Reachable | None:
    """A guardian with the same phone and name in this school is the same person: brothers and sisters share parents."""
    full_name = clean(guardian.full_name)
    guardian_id: UUID | None = await tx.fetchval(
        """
        SELECT guardian_id
          FROM guardians
         WHERE school_id = $1
           AND phone_e164 = $2
           AND name_fold = $3
         ORDER BY guardian_id
         LIMIT 1
        """,
        tx.school_id,
        phone,
        fold(full_name),
    )
    known = guardian_id is not None
    if guardian_id is None:
        guardian_id = new_id()
        await tx.execute(
            """
            INSERT INTO guardians (school_id, guardian_id, full_name, name_fold, phone_e164, source, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, 'hand', $6, $6)
            """,
            tx.school_id, guardian_id, full_name, fold(full_name), phone, now,
        )  # fmt: skip
    await tx.execute(
        """
        INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source)
        VALUES ($1, $2, $3, $4, $5, 'hand')
            ON CONFLICT (school_id, pupil_id, guardian_id) DO NOTHING
        """,
        tx.school_id, pupil_id, guardian_id, guardian.relation, school_day(now),
    )  # fmt: skip
    if phone is None or known:
        return None
    return await _list_phone(tx, guardian_id, full_name, phone)


async def _list_phone(tx: SchoolTx, guardian_id: UUID, full_name: str, phone: str) -> Reachable:
    await tx.execute(
        """
        INSERT INTO phone_directory (phone_e164, school_id, person_kind, person_id, name_fold, full_name)
        VALUES ($1, $2, 'guardian', $3, $4, $5)
            ON CONFLICT DO NOTHING
        """,
        phone, tx.school_id, guardian_id, fold(full_name), full_name,
    )  # fmt: skip
    return Reachable(PersonKey(tx.school_id, "guardian", guardian_id), phone, fold(full_name))


async def transfer_pupil(house: House, who: Principal, school_id: int, pupil_id: UUID, transfer: Transfer) -> None:
    """The old seat ends the day before, so that no day belongs to two classes. Into the same class it changes nothing."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, "school_admin", on=school_day(now))
        school_year = await _year_of_class(tx, transfer.class_id)
        seat = await _open_seat(tx, pupil_id, school_year)
        if seat is not None and seat["class_id"] == transfer.class_id:
            return
        if seat is not None:
            await _leave_seat(tx, pupil_id, school_year, seat["from_on"], transfer.on)
        await _enrol(tx, pupil_id, school_year, transfer.class_id, transfer.on)
        await touch_families(tx, [pupil_id])
        detail = {"from": str(seat["class_id"]) if seat else None, "to": str(transfer.class_id), "on": str(transfer.on)}
        await record(tx, "pupil.transferred", "pupil", pupil_id, at=now, actor=who.account_id, detail=detail)


async def _open_seat(tx: SchoolTx, pupil_id: UUID, school_year: str) -> Any:
    row = await tx.fetchrow(
        """
        SELECT p.pupil_id, e.class_id, e.from_on
          FROM pupils p
          LEFT JOIN enrolments e
            ON e.school_id = p.school_id
           AND e.pupil_id = p.pupil_id
           AND e.school_year = $3
           AND e.to_on IS NULL
         WHERE p.school_id = $1
           AND p.pupil_id = $2
           FOR NO KEY UPDATE OF p
        """,
        tx.school_id,
        pupil_id,
        school_year,
    )
    if row is None:
        raise NOT_FOUND()
    return row if row["class_id"] is not None else None


async def _leave_seat(tx: SchoolTx, pupil_id: UUID, school_year: str, from_on: date, on: date) -> None:
    if on < from_on:
        raise INVALID(FieldError("/on", *_TOO_EARLY))
    if on == from_on:
        return  # corrected on the day of joining: _enrol puts the other class into the same row
    await tx.execute(
        """
        UPDATE enrolments
           SET to_on = $5
         WHERE school_id = $1
           AND pupil_id = $2
           AND school_year = $3
           AND from_on = $4
        """,
        tx.school_id,
        pupil_id,
        school_year,
        from_on,
        on - timedelta(days=1),
    )


async def change_phone(house: House, who: Principal, school_id: int, guardian_id: UUID, phone: str | None) -> None:
    """A phone is who may sign in: the account that came with the old number loses this family, the new number's gains it."""
    require_second_factor(who)
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, "school_admin", on=school_day(now))
        guardian = await _guardian(tx, guardian_id)
        e164 = _read_phone(phone)
        if e164 == guardian["phone_e164"]:
            return
        if e164 is None and not guardian["full_name"]:
            raise PHONE_NEEDED()
        person = PersonKey(school_id, "guardian", guardian_id)
        ended = await unlink(tx, [person], at=now, actor=who.account_id)
        await _write_phone(tx, guardian_id, e164, now)
        if e164 is not None:
            entry = await _list_phone(tx, guardian_id, guardian["full_name"] or "", e164)
            await link_known_accounts(tx, [entry], at=now)
        await touch_guardians(tx, [guardian_id])
        detail = {"links_ended": ended, "removed": e164 is None}
        await record(tx, "guardian.phone_changed", "guardian", guardian_id, at=now, actor=who.account_id, detail=detail)


def _read_phone(phone: str | None) -> str | None:
    try:
        return to_e164(phone) if phone is not None else None
    except NotAPhone as error:
        raise INVALID(FieldError("/phone", *_NOT_A_PHONE)) from error


async def _guardian(tx: SchoolTx, guardian_id: UUID) -> Any:
    row = await tx.fetchrow(
        """
        SELECT full_name, phone_e164
          FROM guardians
         WHERE school_id = $1
           AND guardian_id = $2
           FOR NO KEY UPDATE
        """,
        tx.school_id,
        guardian_id,
    )
    if row is None:
        raise NOT_FOUND()
    return row


async def _write_phone(tx: SchoolTx, guardian_id: UUID, phone: str | None, now: datetime) -> None:
    await tx.execute(
        """
        UPDATE guardians
           SET phone_e164 = $3,
               updated_at = $4
         WHERE school_id = $1
           AND guardian_id = $2
        """,
        tx.school_id,
        guardian_id,
        phone,
        now,
    )


async def set_custody(
    house: House, who: Principal, school_id: int, pupil_id: UUID, guardian_id: UUID, custody: Custody
) -> None:
    """What a guardian may see and do for one child, from custody papers. Only what was sent changes."""
    require_second_factor(who)
    now = house.clock.now()
    flags = [custody.can_view, custody.can_act, custody.gets_notices, custody.may_collect]
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, "school_admin", on=school_day(now))
        found = await tx.fetchval(
            """
            UPDATE guardianships
               SET can_view     = coalesce($4, can_view),
                   can_act      = coalesce($5, can_act),
                   gets_notices = coalesce($6, gets_notices),
                   may_collect  = coalesce($7, may_collect),
                   valid_to     = CASE WHEN $8 THEN $9 ELSE valid_to END
             WHERE school_id = $1
               AND pupil_id = $2
               AND guardian_id = $3
            RETURNING true
            """,
            school_id, pupil_id, guardian_id, *(None if isinstance(flag, UnsetType) else flag for flag in flags),
            custody.valid_to is not UNSET, None if isinstance(custody.valid_to, UnsetType) else custody.valid_to,
        )  # fmt: skip
        if found is None:
            raise NOT_FOUND()
        await touch_guardians(tx, [guardian_id])
        await record(
            tx, "guardianship.changed", "pupil", pupil_id, at=now, actor=who.account_id,
            detail={"guardian": str(guardian_id), **_sent(custody)},
        )  # fmt: skip


def _sent(custody: Custody) -> dict[str, Any]:
    named = {
        name: getattr(custody, name) for name in ("can_view", "can_act", "gets_notices", "may_collect", "valid_to")
    }
    return {
        name: str(value) if isinstance(value, date) else value for name, value in named.items() if value is not UNSET
    }
