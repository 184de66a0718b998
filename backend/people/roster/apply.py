"""Writes a plan into the roll: one transaction, a handful of statements however large the school. It decides nothing.

The order follows the foreign keys; who becomes reachable by phone is tied to known accounts at the end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.core.crypto import Cipher
from backend.core.database import SchoolTx
from backend.core.text import fold, name_sort_key
from backend.core.versions import touch_families
from backend.identity.accounts import PersonKey
from backend.people import personal_id
from backend.people.linking import Reachable, link_known_accounts, unlink
from backend.people.roster.plan import Change, Plan, Seat, day_before
from backend.people.roster.staff_apply import write_staff

# progress(done steps, all steps)
Progress = Callable[[int, int], None]


@dataclass
class Deed:
    """Who applies the plan, when, and which file it came from."""

    at: datetime
    today: date
    actor: UUID | None
    source_ref: str


async def apply_plan(tx: SchoolTx, plan: Plan, cipher: Cipher, deed: Deed, progress: Progress | None = None) -> None:
    """Raises asyncpg's UniqueViolationError when the roll holds a number that the plan did not see; nothing is written then."""
    reachable: list[Reachable] = []
    steps: list[Callable[[], Awaitable[object]]] = [
        lambda: _add_classes(tx, plan, deed),
        lambda: _add_pupils(tx, plan, cipher, deed),
        lambda: _change_pupils(tx, plan.changes, cipher, deed),
        lambda: _seat(tx, plan, deed),
        lambda: _write_guardians(tx, plan, deed, reachable),
        lambda: write_staff(tx, plan.staff, deed.at, deed.today, deed.actor, reachable),
        lambda: link_known_accounts(tx, reachable, at=deed.at),
        lambda: _touch(tx, plan),
    ]
    for done, step in enumerate(steps, start=1):
        await step()
        if progress is not None:
            progress(done, len(steps))


async def _add_classes(tx: SchoolTx, plan: Plan, deed: Deed) -> None:
    if not plan.classes:
        return
    await tx.execute(
        """
        INSERT INTO classes (school_id, class_id, school_year, name, name_fold, grade, created_at)
        SELECT $1, c.class_id, $2, c.name, c.name_fold, c.grade, $3
          FROM unnest($4::uuid[], $5::text[], $6::text[], $7::smallint[]) AS c (class_id, name, name_fold, grade)
            ON CONFLICT (school_id, class_id) DO NOTHING
        """,
        tx.school_id, plan.school_year, deed.at,
        [c.class_id for c in plan.classes], [c.name for c in plan.classes],
        [fold(c.name) for c in plan.classes], [c.grade for c in plan.classes],
    )  # fmt: skip


async def _add_pupils(tx: SchoolTx, plan: Plan, cipher: Cipher, deed: Deed) -> None:
    if not plan.pupils:
        return
    pupils = [pupil for _, pupil in plan.pupils]
    numbers = [personal_id.sealed(cipher, p.personal_id) if p.personal_id else (None, None) for p in pupils]
    await tx.execute(
        """
        INSERT INTO pupils (school_id, pupil_id, full_name, name_fold, sort_key, born_on, sex, personal_id_sealed, personal_id_index,
                            moedu_id, school_code, source, source_ref, created_at, updated_at)
        SELECT $1, p.pupil_id, p.full_name, p.name_fold, p.sort_key, p.born_on, p.sex, p.sealed, p.sealed_index,
               p.moedu_id, p.school_code, 'file', $2, $3, $3
          FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::date[], $9::text[], $10::bytea[], $11::bytea[],
                      $12::text[], $13::text[])
               AS p (pupil_id, full_name, name_fold, sort_key, born_on, sex, sealed, sealed_index, moedu_id, school_code)
            ON CONFLICT (school_id, pupil_id) DO NOTHING
        """,
        tx.school_id, deed.source_ref, deed.at,
        [pupil_id for pupil_id, _ in plan.pupils],
        [p.full_name for p in pupils], [fold(p.full_name) for p in pupils], [name_sort_key(p.full_name) for p in pupils],
        [p.born_on for p in pupils], [p.sex for p in pupils], [sealed for sealed, _ in numbers], [index for _, index in numbers],
        [p.moedu_id for p in pupils], [p.school_code for p in pupils],
    )  # fmt: skip


async def _change_pupils(tx: SchoolTx, changes: list[Change], cipher: Cipher, deed: Deed) -> None:
    written = [change for change in changes if change.fields.keys() - {"class"}]
    if not written:
        return
    numbers = [
        personal_id.sealed(cipher, c.pupil.personal_id)
        if "personal_id" in c.fields and c.pupil.personal_id
        else (None, None)
        for c in written
    ]
    await tx.execute(
        """
        UPDATE pupils p
           SET full_name = u.full_name,
               name_fold = u.name_fold,
               sort_key = u.sort_key,
               born_on = coalesce(u.born_on, p.born_on),
               sex = coalesce(u.sex, p.sex),
               personal_id_sealed = coalesce(u.sealed, p.personal_id_sealed),
               personal_id_index = coalesce(u.sealed_index, p.personal_id_index),
               moedu_id = coalesce(u.moedu_id, p.moedu_id),
               school_code = coalesce(u.school_code, p.school_code),
               status = 'enrolled',
               source = 'file',
               source_ref = $2,
               updated_at = $3
          FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::date[], $9::text[], $10::bytea[], $11::bytea[],
                      $12::text[], $13::text[])
               AS u (pupil_id, full_name, name_fold, sort_key, born_on, sex, sealed, sealed_index, moedu_id, school_code)
         WHERE p.school_id = $1
           AND p.pupil_id = u.pupil_id
        """,
        tx.school_id, deed.source_ref, deed.at,
        [c.known.pupil_id for c in written],
        [c.pupil.full_name for c in written], [fold(c.pupil.full_name) for c in written], [name_sort_key(c.pupil.full_name) for c in written],
        [c.pupil.born_on for c in written], [c.pupil.sex for c in written], [sealed for sealed, _ in numbers], [index for _, index in numbers],
        [c.pupil.moedu_id for c in written], [c.pupil.school_code for c in written],
    )  # fmt: skip


async def _seat(tx: SchoolTx, plan: Plan, deed: Deed) -> None:
    """End the seats that are left, then take the new ones. A seat that began on the same day is corrected in place."""
    ended = [seat for seat in plan.seats if seat.replaces is not None and seat.replaces < seat.from_on]
    if ended:
        await tx.execute(
            """
            UPDATE enrolments e
               SET to_on = u.to_on
              FROM unnest($3::uuid[], $4::date[], $5::date[]) AS u (pupil_id, from_on, to_on)
             WHERE e.school_id = $1
               AND e.school_year = $2
               AND e.pupil_id = u.pupil_id
               AND e.from_on = u.from_on
            """,
            tx.school_id, plan.school_year,
            [seat.pupil_id for seat in ended], [seat.replaces for seat in ended], [day_before(seat.from_on) for seat in ended],
        )  # fmt: skip
    if plan.seats:
        await _take_seats(tx, plan.school_year, plan.seats)


async def _take_seats(tx: SchoolTx, school_year: str, seats: list[Seat]) -> None:
    await tx.execute(
        """
        INSERT INTO enrolments (school_id, pupil_id, school_year, class_id, from_on)
        SELECT $1, s.pupil_id, $2, s.class_id, s.from_on
          FROM unnest($3::uuid[], $4::uuid[], $5::date[]) AS s (pupil_id, class_id, from_on)
            ON CONFLICT (school_id, pupil_id, school_year, from_on)
            DO UPDATE SET class_id = excluded.class_id,
                          to_on = NULL
        """,
        tx.school_id, school_year,
        [seat.pupil_id for seat in seats], [seat.class_id for seat in seats], [seat.from_on for seat in seats],
    )  # fmt: skip


async def _write_guardians(tx: SchoolTx, plan: Plan, deed: Deed, reachable: list[Reachable]) -> None:
    guardians = plan.guardians
    listed = [(g.guardian_id, g.full_name or "", g.phone) for g in guardians.new if g.phone is not None]
    if guardians.new:
        await tx.execute(
            """
            INSERT INTO guardians (school_id, guardian_id, full_name, name_fold, phone_e164, source, created_at, updated_at)
            SELECT $1, g.guardian_id, g.full_name, g.name_fold, g.phone, 'file', $2, $2
              FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[]) AS g (guardian_id, full_name, name_fold, phone)
                ON CONFLICT (school_id, guardian_id) DO NOTHING
            """,
            tx.school_id, deed.at,
            [g.guardian_id for g in guardians.new], [g.full_name for g in guardians.new],
            [fold(g.full_name or "") for g in guardians.new], [g.phone for g in guardians.new],
        )  # fmt: skip
    if guardians.changed:
        relisted = [g for g in guardians.changed if g.relisted]
        # Before the new number stands in the row: whoever signed in with the old one is no longer this person.
        await unlink(
            tx,
            [PersonKey(tx.school_id, "guardian", g.guardian_id) for g in relisted],
            at=deed.at,
            actor=deed.actor,
            actor_kind=_kind(deed),
        )
        await _change_guardians(tx, plan, deed)
        listed += [(g.guardian_id, g.full_name or "", g.phone) for g in relisted if g.phone is not None]
    if guardians.bonds:
        await _bind(tx, plan, deed)
    if guardians.kinds:
        await _change_kinds(tx, plan)
    await _list_phones(tx, listed, reachable)


def _kind(deed: Deed) -> str:
    return "account" if deed.actor is not None else "command"


async def _change_guardians(tx: SchoolTx, plan: Plan, deed: Deed) -> None:
    changed = plan.guardians.changed
    await tx.execute(
        """
        UPDATE guardians g
           SET full_name = u.full_name,
               name_fold = u.name_fold,
               phone_e164 = u.phone,
               updated_at = $2
          FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[]) AS u (guardian_id, full_name, name_fold, phone)
         WHERE g.school_id = $1
           AND g.guardian_id = u.guardian_id
        """,
        tx.school_id, deed.at,
        [g.guardian_id for g in changed], [g.full_name for g in changed], [fold(g.full_name or "") for g in changed], [g.phone for g in changed],
    )  # fmt: skip
    renamed = [g for g in changed if not g.relisted and g.phone is not None]
    if renamed:
        # A name with its marks put right folds as before; only the shown name follows.
        await tx.execute(
            """
            UPDATE phone_directory d
               SET full_name = u.full_name
              FROM unnest($2::uuid[], $3::text[], $4::text[]) AS u (person_id, full_name, phone)
             WHERE d.school_id = $1
               AND d.phone_e164 = u.phone
               AND d.person_kind = 'guardian'
               AND d.person_id = u.person_id
            """,
            tx.school_id, [g.guardian_id for g in renamed], [g.full_name or "" for g in renamed], [g.phone for g in renamed],
        )  # fmt: skip


async def _bind(tx: SchoolTx, plan: Plan, deed: Deed) -> None:
    first_days = {seat.pupil_id: seat.from_on for seat in plan.seats}
    bonds = plan.guardians.bonds
    await tx.execute(
        """
        INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source)
        SELECT $1, b.pupil_id, b.guardian_id, b.kind, b.valid_from, 'file'
          FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::date[]) AS b (pupil_id, guardian_id, kind, valid_from)
            ON CONFLICT (school_id, pupil_id, guardian_id) DO NOTHING
        """,
        tx.school_id,
        [pupil_id for pupil_id, _, _ in bonds], [guardian_id for _, guardian_id, _ in bonds], [kind for _, _, kind in bonds],
        [min(first_days.get(pupil_id, deed.today), deed.today) for pupil_id, _, _ in bonds],
    )  # fmt: skip


async def _change_kinds(tx: SchoolTx, plan: Plan) -> None:
    kinds = plan.guardians.kinds
    await tx.execute(
        """
        UPDATE guardianships b
           SET kind = u.kind
          FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS u (pupil_id, guardian_id, kind)
         WHERE b.school_id = $1
           AND b.pupil_id = u.pupil_id
           AND b.guardian_id = u.guardian_id
        """,
        tx.school_id, [pupil_id for pupil_id, _, _ in kinds], [guardian_id for _, guardian_id, _ in kinds], [kind for _, _, kind in kinds],
    )  # fmt: skip


async def _list_phones(tx: SchoolTx, listed: list[tuple[UUID, str, str]], reachable: list[Reachable]) -> None:
    if not listed:
        return
    await tx.execute(
        """
        INSERT INTO phone_directory (phone_e164, school_id, person_kind, person_id, name_fold, full_name)
        SELECT d.phone, $1, 'guardian', d.person_id, d.name_fold, d.full_name
          FROM unnest($2::text[], $3::uuid[], $4::text[], $5::text[]) AS d (phone, person_id, name_fold, full_name)
            ON CONFLICT (phone_e164, school_id, person_kind, person_id) DO NOTHING
        """,
        tx.school_id, [phone for _, _, phone in listed], [person_id for person_id, _, _ in listed],
        [fold(name) for _, name, _ in listed], [name for _, name, _ in listed],
    )  # fmt: skip
    reachable += [
        Reachable(PersonKey(tx.school_id, "guardian", person_id), phone, fold(name))
        for person_id, name, phone in listed
    ]


async def _touch(tx: SchoolTx, plan: Plan) -> None:
    pupils = (
        {pupil_id for pupil_id, _ in plan.pupils}
        | {change.known.pupil_id for change in plan.changes}
        | plan.guardians.pupils
    )
    if pupils:
        await touch_families(tx, sorted(pupils))
