"""Accounts and what ties them to phones, persons in schools and areas.

It owns accounts, phone_accounts, phone_releases, account_persons, account_areas.

An account is a person as far as a phone can tell: the pair of number and folded name. The right to anything in a school is never
here; it is the row of the guardian or the member of staff, which carries the account's id (people/linking.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core.database import Reader, Tx
from backend.core.ids import new_id
from schemas.identity import Language, PersonKind


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What an access token says about an account, for routing."""

    full_name: str
    language: Language
    has_password: bool
    has_second_factor: bool
    closed: bool
    guardian_in: tuple[int, ...]
    staff_in: tuple[int, ...]
    areas: tuple[str, ...]


class PersonKey(msgspec.Struct, frozen=True, order=True):
    """One person in one school."""

    school_id: int
    kind: PersonKind
    person_id: UUID


async def claims_of(tx: Tx, account_id: UUID) -> Claims:
    row = await tx.fetchrow(
        """
        SELECT a.full_name, a.language,
               a.password_hash IS NOT NULL AS has_password,
               a.totp_confirmed_at IS NOT NULL AS has_second_factor,
               a.closed_at IS NOT NULL AS closed,
               array(SELECT DISTINCT p.school_id
                       FROM account_persons p
                      WHERE p.account_id = a.account_id
                        AND p.person_kind = 'guardian'
                      ORDER BY p.school_id) AS guardian_in,
               array(SELECT DISTINCT p.school_id
                       FROM account_persons p
                      WHERE p.account_id = a.account_id
                        AND p.person_kind = 'staff'
                      ORDER BY p.school_id) AS staff_in,
               array(SELECT r.area_code
                       FROM account_areas r
                      WHERE r.account_id = a.account_id
                      ORDER BY r.area_code) AS areas
          FROM accounts a
         WHERE a.account_id = $1
        """,
        account_id,
    )
    assert row is not None, "sessions belong to accounts, and accounts are never deleted"
    return msgspec.convert(dict(row), Claims)


async def account_of(tx: Tx, phone: str, name_fold: str, full_name: str, *, language: str, at: datetime) -> UUID:
    """The account of a person at a phone; made at the first sign-in."""
    found: UUID | None = await tx.fetchval(
        """
        SELECT account_id
          FROM phone_accounts
         WHERE phone_e164 = $1
           AND name_fold = $2
        """,
        phone, name_fold,
    )  # fmt: skip
    if found is not None:
        return found
    account_id = new_id()
    claimed = await tx.fetchval(
        """
        INSERT INTO phone_accounts (phone_e164, name_fold, account_id)
        VALUES ($1, $2, $3)
            ON CONFLICT (phone_e164, name_fold) DO NOTHING
        RETURNING account_id
        """,
        phone, name_fold, account_id,
    )  # fmt: skip
    if claimed is None:  # two phones of one family signed in for the first time at the same moment
        return await account_of(tx, phone, name_fold, full_name, language=language, at=at)
    await tx.execute(
        """
        INSERT INTO accounts (account_id, phone_e164, full_name, name_fold, language, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        account_id, phone, full_name, name_fold, language, at,
    )  # fmt: skip
    return account_id


async def accounts_of_phone(tx: Tx, phone: str) -> dict[str, UUID]:
    """Folded name → account, of everybody who signs in with this number."""
    rows = await tx.fetch(
        """
        SELECT name_fold, account_id
          FROM phone_accounts
         WHERE phone_e164 = $1
        """,
        phone,
    )
    return {row["name_fold"]: row["account_id"] for row in rows}


async def accounts_of_phones(tx: Tx, phones: Sequence[str]) -> dict[tuple[str, str], UUID]:
    """(number, folded name) → account, for a roll that has just learned many numbers."""
    rows = await tx.fetch(
        """
        SELECT phone_e164, name_fold, account_id
          FROM phone_accounts
         WHERE phone_e164 = ANY ($1)
        """,
        list(phones),
    )
    return {(row["phone_e164"], row["name_fold"]): row["account_id"] for row in rows}


async def persons_of(tx: Tx, account_id: UUID) -> set[PersonKey]:
    rows = await tx.fetch(
        """
        SELECT school_id, person_kind, person_id
          FROM account_persons
         WHERE account_id = $1
        """,
        account_id,
    )
    return {PersonKey(row["school_id"], row["person_kind"], row["person_id"]) for row in rows}


async def add_persons(tx: Tx, links: Sequence[tuple[UUID, PersonKey]], *, at: datetime) -> None:
    """(account, person) pairs; those known already stay as they are."""
    await tx.executemany(
        """
        INSERT INTO account_persons (account_id, school_id, person_kind, person_id, linked_at)
        VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (account_id, school_id, person_kind, person_id) DO NOTHING
        """,
        [(account_id, person.school_id, person.kind, person.person_id, at) for account_id, person in sorted(links)],
    )


async def remove_persons(tx: Tx, links: Sequence[tuple[UUID, PersonKey]]) -> None:
    await tx.executemany(
        """
        DELETE FROM account_persons
         WHERE account_id = $1
           AND school_id = $2
           AND person_kind = $3
           AND person_id = $4
        """,
        [(account_id, person.school_id, person.kind, person.person_id) for account_id, person in sorted(links)],
    )


async def release_phone(tx: Tx, phone: str, name_fold: str, account_id: UUID, *, at: datetime) -> bool:
    """The number no longer leads to the account, unless an area or another school still knows the person by it."""
    still = await tx.fetchval(
        """
        SELECT true
          FROM account_persons p
         WHERE p.account_id = $1
         UNION ALL
        SELECT true
          FROM account_areas r
         WHERE r.account_id = $1
         LIMIT 1
        """,
        account_id,
    )
    if still:
        return False
    await tx.execute(
        """
        DELETE FROM phone_accounts
         WHERE phone_e164 = $1
           AND name_fold = $2
           AND account_id = $3
        """,
        phone, name_fold, account_id,
    )  # fmt: skip
    await tx.execute(
        """
        INSERT INTO phone_releases (phone_e164, account_id, released_at)
        VALUES ($1, $2, $3)
            ON CONFLICT (phone_e164, account_id, released_at) DO NOTHING
        """,
        phone, account_id, at,
    )  # fmt: skip
    return True


async def releases_since(reader: Reader, at: datetime) -> list[tuple[str, UUID]]:
    """Numbers that led to an account and do so no longer, for whoever rests something on a number."""
    rows = await reader.fetch(
        """
        SELECT DISTINCT r.phone_e164, r.account_id
          FROM phone_releases r
         WHERE r.released_at >= $1
         LIMIT 100000
        """,
        at,
    )
    if not rows:
        return []
    back = await reader.fetch(
        """
        SELECT p.phone_e164, p.account_id
          FROM phone_accounts p
         WHERE p.phone_e164 = ANY ($1::text[])
        """,
        sorted({row["phone_e164"] for row in rows}),
    )
    again = {(row["phone_e164"], row["account_id"]) for row in back}
    return [pair for row in rows if (pair := (row["phone_e164"], row["account_id"])) not in again]


async def forget_releases(tx: Tx, *, before: datetime) -> None:
    await tx.execute("DELETE FROM phone_releases WHERE released_at < $1", before)


async def grant_area(tx: Tx, account_id: UUID, area_code: str, *, at: datetime) -> None:
    """A province or a commune: the account sees its schools in counts."""
    await tx.execute(
        """
        INSERT INTO account_areas (account_id, area_code, granted_at)
        VALUES ($1, $2, $3)
            ON CONFLICT (account_id, area_code) DO NOTHING
        """,
        account_id, area_code, at,
    )  # fmt: skip


async def change_language(tx: Tx, account_id: UUID, language: str) -> None:
    await tx.execute(
        """
        UPDATE accounts
           SET language = $2
         WHERE account_id = $1
        """,
        account_id, language,
    )  # fmt: skip
