"""A pupil's standing code, and the virtual account where the bank offers one. It owns virtual_accounts and virtual_account_owners.

Both mean "whatever this pupil has to pay", so neither carries an amount; a school switches them on. The code may be printed on a card.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Protocol
from uuid import UUID

import asyncpg

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError, problem
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments import asking_rules, codes, ledger, requests
from payments.banks import directory
from payments.queries import MAY_READ_INVOICE
from schemas.asking import NewVirtualAccount, StandingCode

PUPIL_CODES_OFF = problem(
    "pupil-codes-off",
    409,
    vi="Trường chưa bật mã nộp tiền riêng cho từng học sinh.",
    en="The school has not switched on standing codes for pupils.",
)

_VIRTUAL = re.compile(r"[0-9A-Z]{6,19}")


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...


async def give_codes(house: House, actor: UUID, school_id: int, bank_account_id: int) -> int:
    """A code for every enrolled pupil who has none on this account; how many were made now."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        if not (await asking_rules.rules(tx, school_id)).pupil_codes:
            raise PUPIL_CODES_OFF()
        await _require_account(tx, bank_account_id)
        await ledger.hold_till(tx, at=now)
        pupils = await codes.pupils_without_code(tx, bank_account_id)
        made = await codes.give_pupils(tx, bank_account_id, pupils, by=actor, at=now)
        detail = {"bank_account_id": bank_account_id, "codes": made}
        await audit.record(tx, "pupil_codes.given", "school", school_id, at=now, actor=actor, detail=detail)
    return made


# For joining: $1 school, $2 account, $3 day; `i` stands for the pupil, as the right to read a bill asks for it.
_CODES = f"""
    SELECT c.code, c.pupil_id, p.full_name AS pupil_name, a.bank_bin, a.account_number, a.account_name, v.virtual_account
      FROM payment_codes c
      JOIN (SELECT pupil_id, school_id
              FROM pupils
             WHERE school_id = $1) i
        ON i.school_id = c.school_id
       AND i.pupil_id = c.pupil_id
      JOIN pupils p
        ON p.school_id = c.school_id
       AND p.pupil_id = c.pupil_id
      JOIN bank_accounts a
        ON a.bank_account_id = c.bank_account_id
       AND a.closed_at IS NULL
      LEFT JOIN virtual_accounts v
        ON v.school_id = c.school_id
       AND v.bank_account_id = c.bank_account_id
       AND v.pupil_id = c.pupil_id
       AND v.closed_at IS NULL
     WHERE c.school_id = $1
       AND c.kind = 'pupil'
       AND c.closed_at IS NULL
       AND ($4::uuid IS NULL OR c.pupil_id = $4)
       AND ($5::uuid IS NULL OR EXISTS (SELECT
                                          FROM enrolments e
                                         WHERE e.school_id = c.school_id
                                           AND e.pupil_id = c.pupil_id
                                           AND e.class_id = $5
                                           AND (e.to_on IS NULL OR e.to_on >= $3)))
       {MAY_READ_INVOICE}
     ORDER BY p.sort_key, c.code
     LIMIT 500
"""


async def codes_for(
    house: House, account_id: UUID, school_id: int, *, pupil_id: UUID | None = None, class_id: UUID | None = None
) -> list[StandingCode]:
    """For a guardian of the pupil, or for the people who keep the school's money. Empty where the school has switched them off."""
    reader, today = house.database.reader, school_day(house.clock.now())
    if not (await asking_rules.rules(reader, school_id)).pupil_codes:
        return []
    rows = await reader.fetch(_CODES, school_id, account_id, today, pupil_id, class_id)
    return [await _standing(house, school_id, row, on=today) for row in rows]


async def _standing(house: House, school_id: int, row: asyncpg.Record, *, on: date) -> StandingCode:
    reader = house.database.reader
    at_account = (row["bank_bin"], row["virtual_account"]) if row["virtual_account"] else None
    shown = await requests.asked_now(reader, school_id, row["code"], at_account=at_account)
    plain = await requests.asked_now(reader, school_id, row["code"])
    if shown is None or plain is None:
        raise NOT_FOUND()
    return StandingCode(
        code=row["code"],
        pupil_id=row["pupil_id"],
        pupil_name=row["pupil_name"],
        bank_bin=shown.bank_bin,
        bank_name=directory.bank_name(shown.bank_bin),
        account_number=shown.account_number,
        account_name=row["account_name"],
        virtual=at_account is not None,
        payload=shown.payload,
        seal=plain.sealed(house.cipher, on=on),
    )


async def belongs(door: Door, school_id: int, virtual_account: str, code: str) -> bool:
    """Is this virtual account that of the code's pupil?"""
    row = await door.fetchrow(
        """
        SELECT true AS theirs
          FROM virtual_accounts v
          JOIN payment_codes c
            ON c.school_id = v.school_id
           AND c.pupil_id = v.pupil_id
           AND c.bank_account_id = v.bank_account_id
         WHERE v.school_id = $1
           AND v.virtual_account = $2
           AND v.closed_at IS NULL
           AND c.code = $3
        """,
        school_id,
        virtual_account,
        code,
    )
    return row is not None


async def take_list(
    house: House, actor: UUID, school_id: int, bank_account_id: int, rows: list[NewVirtualAccount]
) -> int:
    """The bank's list: all of it or nothing, every wrong row named. The same list again changes nothing."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", "school_admin", on=school_day(now))
        bank_bin = await _require_account(tx, bank_account_id)
        pupils = await _pupils(tx, rows)
        numbers = [row.virtual_account.strip().upper() for row in rows]
        wrong = _wrong_rows(rows, numbers, pupils)
        if not wrong:
            wrong = await _taken(tx, bank_bin, numbers, [pupils[row.pupil.strip().casefold()] for row in rows])
        if wrong:
            raise INVALID(*wrong[:50])
        owners = [pupils[row.pupil.strip().casefold()] for row in rows]
        made = await _insert(tx, bank_account_id, bank_bin, numbers, owners, by=actor, at=now)
        detail = {"bank_account_id": bank_account_id, "rows": len(rows), "new": made}
        await audit.record(tx, "virtual_accounts.taken", "school", school_id, at=now, actor=actor, detail=detail)
    return made


def _wrong_rows(rows: list[NewVirtualAccount], numbers: list[str], pupils: dict[str, UUID]) -> list[FieldError]:
    wrong = []
    for place, (row, number) in enumerate(zip(rows, numbers, strict=True)):
        if not _VIRTUAL.fullmatch(number):
            wrong.append(
                FieldError(
                    f"/rows/{place}/virtual_account",
                    f"Dòng {place + 1}: số tài khoản ảo gồm 6 đến 19 chữ số hoặc chữ cái.",
                    f"Row {place + 1}: a virtual account has 6 to 19 digits or letters.",
                )
            )
        elif numbers.index(number) != place:
            wrong.append(
                FieldError(
                    f"/rows/{place}/virtual_account",
                    f"Dòng {place + 1}: số này đã có ở dòng {numbers.index(number) + 1}.",
                    f"Row {place + 1}: this number stands in row {numbers.index(number) + 1} already.",
                )
            )
        if row.pupil.strip().casefold() not in pupils:
            wrong.append(
                FieldError(
                    f"/rows/{place}/pupil",
                    f"Dòng {place + 1}: không có học sinh mang mã này.",
                    f"Row {place + 1}: there is no pupil with this code.",
                )
            )
    return wrong


async def _pupils(tx: SchoolTx, rows: list[NewVirtualAccount]) -> dict[str, UUID]:
    """By the school's own code, the ministry's, or our id."""
    named = [row.pupil.strip().casefold() for row in rows]
    found = await tx.fetch(
        """
        SELECT pupil_id, lower(school_code) AS school_code, lower(moedu_id) AS moedu_id
          FROM pupils
         WHERE school_id = $1
           AND (lower(school_code) = ANY ($2::text[])
                OR lower(moedu_id) = ANY ($2::text[])
                OR pupil_id::text = ANY ($2::text[]))
        """,
        tx.school_id,
        named,
    )
    pupils: dict[str, UUID] = {}
    for row in found:
        for name in (str(row["pupil_id"]), row["moedu_id"], row["school_code"]):
            if name:
                pupils[name] = row["pupil_id"]
    return pupils


async def _taken(tx: SchoolTx, bank_bin: str, numbers: list[str], pupil_ids: list[UUID]) -> list[FieldError]:
    """A number that is another pupil's, or another school's, never changes hands silently."""
    rows = await tx.fetch(
        """
        SELECT o.virtual_account
          FROM virtual_account_owners o
         WHERE o.bank_bin = $2
           AND o.virtual_account = ANY ($3::text[])
           AND o.school_id <> $1
         UNION
        SELECT v.virtual_account
          FROM virtual_accounts v
          JOIN unnest($3::text[], $4::uuid[]) AS n (virtual_account, pupil_id)
            ON n.virtual_account = v.virtual_account
         WHERE v.school_id = $1
           AND v.pupil_id <> n.pupil_id
        """,
        tx.school_id,
        bank_bin,
        numbers,
        pupil_ids,
    )
    taken = {row["virtual_account"] for row in rows}
    return [
        FieldError(
            f"/rows/{place}/virtual_account",
            f"Dòng {place + 1}: số này đã là của học sinh khác.",
            f"Row {place + 1}: this number already belongs to another pupil.",
        )
        for place, number in enumerate(numbers)
        if number in taken
    ]


async def _insert(
    tx: SchoolTx, bank_account_id: int, bank_bin: str, numbers: list[str], pupils: list[UUID], *, by: UUID, at: Any
) -> int:
    made = await tx.fetch(
        """
        INSERT INTO virtual_accounts (school_id, bank_account_id, virtual_account, pupil_id, created_by, created_at)
        SELECT $1, $2, n.virtual_account, n.pupil_id, $5, $6
          FROM unnest($3::text[], $4::uuid[]) AS n (virtual_account, pupil_id)
            ON CONFLICT (school_id, bank_account_id, virtual_account) DO NOTHING
        RETURNING virtual_account
        """,
        tx.school_id,
        bank_account_id,
        numbers,
        pupils,
        by,
        at,
    )
    await tx.execute(
        """
        INSERT INTO virtual_account_owners (virtual_account, bank_bin, school_id, bank_account_id)
        SELECT n.virtual_account, $2, $1, $3
          FROM unnest($4::text[]) AS n (virtual_account)
            ON CONFLICT (virtual_account, bank_bin) DO NOTHING
        """,
        tx.school_id,
        bank_bin,
        bank_account_id,
        numbers,
    )
    return len(made)


async def _require_account(tx: SchoolTx, bank_account_id: int) -> str:
    """The account's bank; NOT_FOUND for another school's account."""
    bank_bin: str | None = await tx.fetchval(
        """
        SELECT bank_bin
          FROM bank_accounts
         WHERE bank_account_id = $2
           AND school_id = $1
           AND closed_at IS NULL
        """,
        tx.school_id,
        bank_account_id,
    )
    if bank_bin is None:
        raise NOT_FOUND()
    return bank_bin
