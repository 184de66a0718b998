"""What is kept of statements: sealed files, lines, meanings of columns. It owns statement_files, statement_lines, statement_mappings."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.core.crypto import Cipher
from backend.core.database import SchoolTx
from payments.statements.columns import ROLES, Role
from payments.statements.keys import Told
from payments.statements.plan import Planned
from schemas.statements import StatementFile

_SEALED_FOR = "statement-file"
_LISTED_MAX = 100
_NOT_IN_SUMMARY = ("statement_id", "file_name", "state", "uploaded_at", "applied_at")


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...


class Kept(msgspec.Struct):
    """An uploaded file as it lies here."""

    file: StatementFile
    data: bytes
    bank_account_id: int | None


class OwnAccount(msgspec.Struct, frozen=True):
    bank_account_id: int
    bank_bin: str
    account_number: str
    reference_prefix: str


async def own_accounts(door: Door, school_id: int) -> list[OwnAccount]:
    """Closed ones too: their statements of earlier months may still come."""
    rows = await door.fetch(
        """
        SELECT bank_account_id, bank_bin, account_number, reference_prefix
          FROM bank_accounts
         WHERE school_id = $1
         ORDER BY closed_at IS NOT NULL, bank_account_id
         LIMIT 200
        """,
        school_id,
    )
    return [OwnAccount(**row) for row in rows]


async def mappings(door: Door, school_id: int) -> dict[str, tuple[Role, ...]]:
    """By the heading's signature; of two accounts that disagree about the same heading, the later word counts."""
    rows = await door.fetch(
        """
        SELECT signature, roles
          FROM statement_mappings
         WHERE school_id = $1
         ORDER BY made_at, bank_account_id
         LIMIT 1000
        """,
        school_id,
    )
    return {row["signature"]: tuple(role for role in row["roles"] if role in ROLES) for row in rows}


async def keep_mapping(
    tx: SchoolTx, bank_account_id: int, signature: str, titles: Sequence[str], roles: Sequence[str], by: UUID, at: datetime
) -> None:  # fmt: skip
    await tx.execute(
        """
        INSERT INTO statement_mappings (school_id, bank_account_id, signature, titles, roles, made_by, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (school_id, bank_account_id, signature)
            DO UPDATE SET titles = excluded.titles,
                          roles = excluded.roles,
                          made_by = excluded.made_by,
                          made_at = excluded.made_at
        """,
        tx.school_id, bank_account_id, signature, list(titles), list(roles), by, at,
    )  # fmt: skip


async def same_file(tx: SchoolTx, data: bytes) -> UUID | None:
    statement_id: UUID | None = await tx.fetchval(
        """
        SELECT statement_id
          FROM statement_files
         WHERE school_id = $1
           AND file_hash = $2
        """,
        tx.school_id,
        sha256(data).digest(),
    )
    return statement_id


async def keep(
    tx: SchoolTx, cipher: Cipher, file: StatementFile, data: bytes, bank_account_id: int | None, by: UUID | None
) -> None:
    """The bytes hold payers' names and accounts and are sealed."""
    await tx.execute(
        """
        INSERT INTO statement_files (school_id, statement_id, bank_account_id, file_name, file_hash, file_bytes, state,
                                     summary, uploaded_by, uploaded_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'read', $7::jsonb, $8, $9)
        """,
        tx.school_id, file.statement_id, bank_account_id, file.file_name, sha256(data).digest(),
        cipher.seal(base64.b64encode(data).decode(), _SEALED_FOR), _summary(file), by, file.uploaded_at,
    )  # fmt: skip


async def choose_account(tx: SchoolTx, statement_id: UUID, bank_account_id: int) -> None:
    await tx.execute(
        """
        UPDATE statement_files
           SET bank_account_id = $3
         WHERE school_id = $1
           AND statement_id = $2
           AND state = 'read'
        """,
        tx.school_id,
        statement_id,
        bank_account_id,
    )


async def kept(door: Door, cipher: Cipher, school_id: int, statement_id: UUID) -> Kept | None:
    row = await door.fetchrow(
        """
        SELECT statement_id, file_name, state, uploaded_at, applied_at, summary, bank_account_id, file_bytes
          FROM statement_files
         WHERE school_id = $1
           AND statement_id = $2
        """,
        school_id,
        statement_id,
    )
    if row is None:
        return None
    data = base64.b64decode(cipher.open(row["file_bytes"], _SEALED_FOR))
    return Kept(_file_of(row), data, row["bank_account_id"])


async def listed(door: Door, school_id: int) -> list[StatementFile]:
    """The newest first."""
    rows = await door.fetch(
        """
        SELECT statement_id, file_name, state, uploaded_at, applied_at, summary
          FROM statement_files
         WHERE school_id = $1
         ORDER BY uploaded_at DESC, statement_id
         LIMIT $2
        """,
        school_id,
        _LISTED_MAX,
    )
    return [_file_of(row) for row in rows]


async def applied(tx: SchoolTx, statement_id: UUID) -> StatementFile | None:
    """Under the till: of two who apply the same file, the second finds it done."""
    row = await tx.fetchrow(
        """
        SELECT statement_id, file_name, state, uploaded_at, applied_at, summary
          FROM statement_files
         WHERE school_id = $1
           AND statement_id = $2
           AND state = 'applied'
        """,
        tx.school_id,
        statement_id,
    )
    return None if row is None else _file_of(row)


async def mark_applied(tx: SchoolTx, file: StatementFile, by: UUID | None) -> None:
    await tx.execute(
        """
        UPDATE statement_files
           SET state = 'applied',
               summary = $3::jsonb,
               applied_by = $4,
               applied_at = $5
         WHERE school_id = $1
           AND statement_id = $2
        """,
        tx.school_id, file.statement_id, _summary(file), by, file.applied_at,
    )  # fmt: skip


async def known_keys(door: Door, school_id: int, bank_account_id: int, keys: Sequence[str]) -> dict[str, UUID]:
    """The lines of this account that stood in a statement before, each with its movement."""
    rows = await door.fetch(
        """
        SELECT event_key, transaction_id
          FROM bank_transactions
         WHERE school_id = $1
           AND bank_account_id = $2
           AND source = 'statement'
           AND event_key = ANY ($3::text[])
        """,
        school_id,
        bank_account_id,
        list(keys),
    )
    return {row["event_key"]: row["transaction_id"] for row in rows}


async def told_by_files(
    door: Door, school_id: int, bank_account_id: int, first_on: date, last_on: date
) -> list[tuple[tuple[date, str, int], Told, UUID]]:
    """What other statements said of these days: one entry a movement, by day, direction and sum."""
    rows = await door.fetch(
        """
        SELECT l.event_key, l.posted_on, l.direction, l.amount, l.memo, l.bank_reference, l.balance, l.layout, l.part,
               l.transaction_id
          FROM statement_lines l
         WHERE l.school_id = $1
           AND l.bank_account_id = $2
           AND l.posted_on BETWEEN $3 AND $4
           AND l.fresh
         ORDER BY l.posted_on, l.statement_id, l.line_number
         LIMIT 200000
        """,
        school_id,
        bank_account_id,
        first_on,
        last_on,
    )
    return [
        (
            (row["posted_on"], row["direction"], row["amount"]),
            Told(row["event_key"], row["memo"], row["bank_reference"], row["balance"], row["layout"], row["part"]),
            row["transaction_id"],
        )
        for row in rows
    ]


async def keep_lines(
    tx: SchoolTx, statement_id: UUID, planned: Sequence[Planned], movements: Mapping[str, UUID], first_number: int
) -> None:
    """One statement for all of them. `movements`: by event key of this account."""
    await tx.execute(
        """
        INSERT INTO statement_lines
               (school_id, statement_id, line_number, bank_account_id, layout, sheet, row_number, part, cells, posted_on,
                made_on, made_at, value_on, direction, amount, balance, memo, bank_reference, event_key, transaction_id, fresh)
        SELECT $1, $2, l.*
          FROM unnest($3::int[], $4::bigint[], $5::text[], $6::text[], $7::int[], $8::text[], $9::jsonb[], $10::date[],
                      $11::date[], $12::time[], $13::date[], $14::text[], $15::bigint[], $16::bigint[], $17::text[],
                      $18::text[], $19::text[], $20::uuid[], $21::bool[]) AS l
        """,
        tx.school_id,
        statement_id,
        list(range(first_number, first_number + len(planned))),
        [one.bank_account_id for one in planned],
        [one.layout for one in planned],
        [one.line.sheet for one in planned],
        [one.line.row for one in planned],
        [one.line.part for one in planned],
        [msgspec.json.encode(one.line.cells).decode().replace("\\u0000", "") for one in planned],
        [one.line.posted_on for one in planned],
        [one.line.made_on for one in planned],
        [one.line.made_at for one in planned],
        [one.line.value_on for one in planned],
        [one.line.direction for one in planned],
        [one.line.amount for one in planned],
        [one.line.balance for one in planned],
        [one.line.memo for one in planned],
        [one.line.reference for one in planned],
        [one.key for one in planned],
        [one.transaction_id or movements[one.key] for one in planned],
        [one.transaction_id is None for one in planned],
    )


def _summary(file: StatementFile) -> str:
    fields = {name: value for name, value in msgspec.structs.asdict(file).items() if name not in _NOT_IN_SUMMARY}
    return msgspec.json.encode(fields).decode()


def _file_of(row: Any) -> StatementFile:
    columns = {name: row[name] for name in _NOT_IN_SUMMARY}
    return StatementFile(**columns, **msgspec.json.decode(row["summary"]))
