"""Ties an account to the persons it is in a school, and unties them when the school changes a phone. It decides nobody's identity.

Persons belong to the roll, accounts to identity; both sides of a link are written here in one transaction: account_id of guardians
and staff, the directory of phones, and (through identity) the list of persons an account has.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core.database import SchoolTx
from backend.identity.accounts import PersonKey, accounts_of_phones, add_persons, release_phone, remove_persons
from backend.identity.audit import record


class Reachable(msgspec.Struct, frozen=True):
    """A person of the transaction's school with the phone and the folded name that the directory knows."""

    person: PersonKey
    phone: str
    name_fold: str


async def link_account(
    tx: SchoolTx, account_id: UUID, phone: str, persons: Sequence[PersonKey], *, at: datetime
) -> list[PersonKey]:
    """Of `persons` of this school, those that really have this phone become the account's. Doing it again changes nothing.

    A person who belonged to another account (a corrected name, a number that changed hands) leaves it: one person, one account.
    """
    linked: list[PersonKey] = []
    for person, before in await _with_phone(tx, phone, persons):
        if before == account_id:
            linked.append(person)
            continue
        if before is not None:
            await remove_persons(tx, [(before, person)])
        await _set_account(tx, person, account_id, at)
        await record(
            tx, "account.linked", person.kind, person.person_id, at=at, actor=account_id,
            detail={"before": str(before)} if before else {},
        )  # fmt: skip
        linked.append(person)
    await add_persons(tx, [(account_id, person) for person in linked], at=at)
    return linked


async def link_known_accounts(tx: SchoolTx, reachable: Sequence[Reachable], *, at: datetime) -> int:
    """For a roll that has just been written: whoever signed in before with such a phone and name is reached without a new sign-in."""
    known = await accounts_of_phones(tx, sorted({entry.phone for entry in reachable}))
    linked = 0
    for entry in reachable:
        account_id = known.get((entry.phone, entry.name_fold))
        if account_id is not None:
            linked += len(await link_account(tx, account_id, entry.phone, [entry.person], at=at))
    return linked


async def unlink(
    tx: SchoolTx, persons: Sequence[PersonKey], *, at: datetime, actor: UUID | None = None, actor_kind: str = "account"
) -> int:
    """The school changed or removed the phones of these persons: who signed in with the old number is no longer them.

    Call it before the new number is written; then write the new directory rows and call link_known_accounts. How many were linked.
    """
    ended = 0
    for person in persons:
        row = await _forget(tx, person)
        if row is None:
            continue
        phone, name_fold, account_id = row
        if account_id is None:
            continue
        ended += 1
        await _set_account(tx, person, None, at)
        await remove_persons(tx, [(account_id, person)])
        await release_phone(tx, phone, name_fold, account_id, at=at)
        await record(
            tx, "account.unlinked", person.kind, person.person_id, at=at, actor=actor, actor_kind=actor_kind,
            detail={"account": str(account_id)},
        )  # fmt: skip
    return ended


async def speak_to_family(tx: SchoolTx, account_id: UUID, language: str, *, at: datetime) -> None:
    """The guardian rows of the account in this school carry the language that notices are written in."""
    await tx.execute(
        """
        UPDATE guardians
           SET language = $3,
               updated_at = $4
         WHERE school_id = $1
           AND account_id = $2
           AND language <> $3
        """,
        tx.school_id, account_id, language, at,
    )  # fmt: skip


async def _with_phone(tx: SchoolTx, phone: str, persons: Sequence[PersonKey]) -> list[tuple[PersonKey, UUID | None]]:
    """The persons that have the phone in their own row, locked, with the account they are now."""
    rows = await tx.fetch(
        """
        SELECT 'guardian' AS kind, g.guardian_id AS person_id, g.account_id
          FROM guardians g
         WHERE g.school_id = $1
           AND g.phone_e164 = $2
           AND g.guardian_id = ANY ($3)
         ORDER BY g.guardian_id
           FOR UPDATE
        """,
        tx.school_id, phone, [p.person_id for p in persons if p.kind == "guardian"],
    )  # fmt: skip
    rows += await tx.fetch(
        """
        SELECT 'staff' AS kind, s.staff_id AS person_id, s.account_id
          FROM staff s
         WHERE s.school_id = $1
           AND s.phone_e164 = $2
           AND s.staff_id = ANY ($3)
         ORDER BY s.staff_id
           FOR UPDATE
        """,
        tx.school_id, phone, [p.person_id for p in persons if p.kind == "staff"],
    )  # fmt: skip
    return [(PersonKey(tx.school_id, row["kind"], row["person_id"]), row["account_id"]) for row in rows]


async def _set_account(tx: SchoolTx, person: PersonKey, account_id: UUID | None, at: datetime) -> None:
    if person.kind == "guardian":
        await tx.execute(
            """
            UPDATE guardians
               SET account_id = $3,
                   updated_at = $4
             WHERE school_id = $1
               AND guardian_id = $2
            """,
            tx.school_id, person.person_id, account_id, at,
        )  # fmt: skip
    else:
        await tx.execute(
            """
            UPDATE staff
               SET account_id = $3,
                   updated_at = $4
             WHERE school_id = $1
               AND staff_id = $2
            """,
            tx.school_id, person.person_id, account_id, at,
        )  # fmt: skip


async def _forget(tx: SchoolTx, person: PersonKey) -> tuple[str, str, UUID | None] | None:
    """Takes the person out of the directory: (phone, folded name, account) as they were."""
    row = await tx.fetchrow(
        """
        SELECT g.phone_e164, g.account_id
          FROM guardians g
         WHERE g.school_id = $1
           AND g.guardian_id = $2
           AND $3 = 'guardian'
         UNION ALL
        SELECT s.phone_e164, s.account_id
          FROM staff s
         WHERE s.school_id = $1
           AND s.staff_id = $2
           AND $3 = 'staff'
        """,
        tx.school_id, person.person_id, person.kind,
    )  # fmt: skip
    if row is None or row["phone_e164"] is None:
        return None
    name_fold = await tx.fetchval(
        """
        DELETE FROM phone_directory
         WHERE phone_e164 = $1
           AND school_id = $2
           AND person_kind = $3
           AND person_id = $4
        RETURNING name_fold
        """,
        row["phone_e164"], tx.school_id, person.kind, person.person_id,
    )  # fmt: skip
    return row["phone_e164"], name_fold or "", row["account_id"]
