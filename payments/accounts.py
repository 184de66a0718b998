"""The school's receiving accounts and the hooks of their bank feeds. It owns bank_accounts."""

from __future__ import annotations

import secrets
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import msgspec

from backend.core.clock import school_day
from backend.core.crypto import Cipher
from backend.core.house import House
from backend.core.problems import INVALID, FieldError, problem
from backend.core.text import clean
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments.banks import directory, sepay
from payments.references import is_prefix
from schemas.payments import BankAccount, NewBankAccount, OpenedBankAccount

# What the secret of a hook is sealed for (see core/crypto.py).
HOOK_SECRET_PURPOSE = "bank-hook"  # noqa: S105  (a name, not a secret)

BANK_ACCOUNT_TAKEN = problem(
    "bank-account-taken",
    409,
    vi="Tài khoản ngân hàng này đã được khai báo.",
    en="This bank account is already registered.",
)


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...


class Receiving(msgspec.Struct, frozen=True):
    """An account that receives money for a school."""

    bank_account_id: int
    school_id: int
    bank_bin: str
    account_number: str
    account_name: str
    reference_prefix: str


class Hook(msgspec.Struct, frozen=True):
    """Where a bank feed calls for an account, and how it proves itself."""

    hook_key: str
    provider: str
    auth: str
    secret: str
    school_id: int
    bank_account_id: int


async def open_account(house: House, actor: UUID, school_id: int, new: NewBankAccount) -> OpenedBankAccount:
    """The secret is made here and shown once; only its seal is kept."""
    if not is_prefix(new.reference_prefix):
        raise INVALID(
            FieldError(
                "/reference_prefix",
                "Tiền tố này hay xuất hiện trong nội dung chuyển khoản nên dễ nhầm; xin chọn tiền tố khác.",
                "This prefix occurs in transfer memos anyway; please choose another one.",
            )
        )
    now = house.clock.now()
    secret = secrets.token_urlsafe(32)
    hook_key = secrets.token_urlsafe(18)
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "school_admin", on=school_day(now))
        row = await tx.fetchrow(
            """
            INSERT INTO bank_accounts
                   (school_id, bank_bin, account_number, account_name, reference_prefix,
                    hook_provider, hook_key, hook_secret_sealed, hook_auth, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                ON CONFLICT (bank_bin, account_number) DO NOTHING
            RETURNING bank_account_id
            """,
            school_id,
            new.bank_bin,
            new.account_number,
            clean(new.account_name),
            new.reference_prefix,
            sepay.PROVIDER,
            hook_key,
            house.cipher.seal(secret, HOOK_SECRET_PURPOSE),
            new.hook_auth,
            now,
        )
        if row is None:
            raise BANK_ACCOUNT_TAKEN()
        await audit.record(tx, "bank_account.opened", "bank_account", row["bank_account_id"], at=now, actor=actor)
    account = BankAccount(
        bank_account_id=row["bank_account_id"],
        bank_bin=new.bank_bin,
        bank_name=directory.bank_name(new.bank_bin),
        account_number=new.account_number,
        account_name=clean(new.account_name),
        reference_prefix=new.reference_prefix,
        hook_path=hook_path(sepay.PROVIDER, hook_key),
        hook_auth=new.hook_auth,
    )
    return OpenedBankAccount(account, secret)


def hook_path(provider: str, hook_key: str) -> str:
    return f"/hooks/{provider}/{hook_key}"


async def open_accounts(door: Door, school_id: int) -> list[BankAccount]:
    rows = await door.fetch(
        """
        SELECT bank_account_id, bank_bin, account_number, account_name, reference_prefix,
               hook_provider, hook_key, hook_auth
          FROM bank_accounts
         WHERE school_id = $1
           AND closed_at IS NULL
         ORDER BY bank_account_id
         LIMIT 100
        """,
        school_id,
    )
    return [
        BankAccount(
            bank_account_id=row["bank_account_id"],
            bank_bin=row["bank_bin"],
            bank_name=directory.bank_name(row["bank_bin"]),
            account_number=row["account_number"],
            account_name=row["account_name"],
            reference_prefix=row["reference_prefix"],
            hook_path=hook_path(row["hook_provider"], row["hook_key"]) if row["hook_key"] else None,
            hook_auth=row["hook_auth"],
        )
        for row in rows
    ]


async def receiving(door: Door, bank_account_id: int) -> Receiving:
    row = await door.fetchrow(
        """
        SELECT bank_account_id, school_id, bank_bin, account_number, account_name, reference_prefix
          FROM bank_accounts
         WHERE bank_account_id = $1
        """,
        bank_account_id,
    )
    return Receiving(**row)


async def receiving_of_school(door: Door, school_id: int, account_number: str) -> Receiving | None:
    row = await door.fetchrow(
        """
        SELECT bank_account_id, school_id, bank_bin, account_number, account_name, reference_prefix
          FROM bank_accounts
         WHERE school_id = $1
           AND account_number = $2
         ORDER BY closed_at IS NOT NULL, bank_account_id
         LIMIT 1
        """,
        school_id,
        account_number,
    )
    return None if row is None else Receiving(**row)


async def hook_of(door: Door, cipher: Cipher, provider: str, hook_key: str) -> Hook | None:
    """None for a hook that was never made or lost its secret: an unset secret closes the door."""
    row: asyncpg.Record | None = await door.fetchrow(
        """
        SELECT hook_key, hook_provider, hook_auth, hook_secret_sealed, school_id, bank_account_id
          FROM bank_accounts
         WHERE hook_key = $1
           AND hook_provider = $2
        """,
        hook_key,
        provider,
    )
    if row is None or row["hook_secret_sealed"] is None or row["hook_auth"] is None:
        return None
    return Hook(
        hook_key=row["hook_key"],
        provider=row["hook_provider"],
        auth=row["hook_auth"],
        secret=cipher.open(row["hook_secret_sealed"], HOOK_SECRET_PURPOSE),
        school_id=row["school_id"],
        bank_account_id=row["bank_account_id"],
    )
