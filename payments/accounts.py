"""The school's receiving accounts: at a bank, the clearing account of a gateway, the cash box. It owns bank_accounts."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, FieldError, problem
from backend.core.text import clean
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments import feeds
from payments.banks import directory, sepay
from payments.references import is_prefix
from schemas.gateways import NewHook
from schemas.payments import BankAccount, NewBankAccount, OpenedBankAccount

Kind = Literal["bank", "gateway", "cash"]
_BANK_NUMBER = re.compile(r"[0-9A-Za-z]{1,19}")

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
    """An account that receives money for a school. Bills name accounts at banks only; the others serve every bill."""

    bank_account_id: int
    school_id: int
    bank_bin: str
    account_number: str
    account_name: str
    reference_prefix: str
    kind: Kind = "bank"


async def open_account(house: House, actor: UUID, school_id: int, new: NewBankAccount) -> OpenedBankAccount:
    """A bank account comes with SePay's hook, whose secret is made here and shown once; other hooks are added to it."""
    kind = kind_of(new.bank_bin)
    _check(new, kind)
    now = house.clock.now()
    # Cash boxes of all schools share one space of numbers.
    number = f"{school_id}-{new.account_number}"[:40] if kind == "cash" else new.account_number
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "school_admin", on=school_day(now))
        bank_account_id = await tx.fetchval(
            """
            INSERT INTO bank_accounts
                   (school_id, kind, bank_bin, account_number, account_name, reference_prefix, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (bank_bin, account_number) DO NOTHING
            RETURNING bank_account_id
            """,
            school_id,
            kind,
            new.bank_bin,
            number,
            clean(new.account_name),
            new.reference_prefix,
            now,
        )
        if bank_account_id is None:
            raise BANK_ACCOUNT_TAKEN()
        await audit.record(tx, "bank_account.opened", "bank_account", bank_account_id, at=now, actor=actor)
        hook = None
        if kind == "bank":
            hook = await feeds.make_hook(
                tx, house.cipher, actor, bank_account_id, NewHook(sepay.PROVIDER, new.hook_auth), at=now
            )
    account = BankAccount(
        bank_account_id=bank_account_id,
        kind=kind,
        bank_bin=new.bank_bin,
        bank_name=directory.bank_name(new.bank_bin),
        account_number=number,
        account_name=clean(new.account_name),
        reference_prefix=new.reference_prefix,
        hook_path=hook.hook.path if hook else None,
        hook_auth=hook.hook.auth if hook else None,
    )
    return OpenedBankAccount(account, hook.secret if hook else None)


def kind_of(bank_bin: str) -> Kind:
    """The place of six digits is a bank's; the others are named (see banks/directory.py)."""
    if bank_bin == directory.CASH:
        return "cash"
    return "gateway" if bank_bin in directory.GATEWAYS else "bank"


def _check(new: NewBankAccount, kind: Kind) -> None:
    wrong = []
    if not is_prefix(new.reference_prefix):
        wrong.append(
            FieldError(
                "/reference_prefix",
                "Tiền tố này hay xuất hiện trong nội dung chuyển khoản nên dễ nhầm; xin chọn tiền tố khác.",
                "This prefix occurs in transfer memos anyway; please choose another one.",
            )
        )
    if kind == "bank" and not _BANK_NUMBER.fullmatch(new.account_number):
        wrong.append(
            FieldError(
                "/account_number",
                "Số tài khoản gồm 1 đến 19 chữ số hoặc chữ cái không dấu.",
                "An account number has 1 to 19 digits or plain letters.",
            )
        )
    if wrong:
        raise INVALID(*wrong)


async def open_accounts(door: Door, school_id: int) -> list[BankAccount]:
    """`hook_path` is the oldest hook that is open."""
    rows = await door.fetch(
        """
        SELECT a.bank_account_id, a.kind, a.bank_bin, a.account_number, a.account_name, a.reference_prefix,
               h.provider, h.hook_key, h.auth
          FROM bank_accounts a
          LEFT JOIN LATERAL (SELECT provider, hook_key, auth
                               FROM bank_hooks
                              WHERE school_id = a.school_id
                                AND bank_account_id = a.bank_account_id
                                AND closed_at IS NULL
                              ORDER BY created_at, hook_key
                              LIMIT 1) h ON true
         WHERE a.school_id = $1
           AND a.closed_at IS NULL
         ORDER BY a.bank_account_id
         LIMIT 100
        """,
        school_id,
    )
    return [
        BankAccount(
            bank_account_id=row["bank_account_id"],
            kind=row["kind"],
            bank_bin=row["bank_bin"],
            bank_name=directory.bank_name(row["bank_bin"]),
            account_number=row["account_number"],
            account_name=row["account_name"],
            reference_prefix=row["reference_prefix"],
            hook_path=feeds.hook_path(row["provider"], row["hook_key"]) if row["hook_key"] else None,
            hook_auth=row["auth"],
        )
        for row in rows
    ]


async def receiving(door: Door, bank_account_id: int) -> Receiving:
    row = await door.fetchrow(
        """
        SELECT bank_account_id, school_id, bank_bin, account_number, account_name, reference_prefix, kind
          FROM bank_accounts
         WHERE bank_account_id = $1
        """,
        bank_account_id,
    )
    return Receiving(**row)


# Where money of the counter lies: the box, and what the card terminal has taken until the bank pays it out.
_COUNTER = {
    "cash": ("cash", directory.CASH, "QUAY", "Quỹ tiền mặt"),
    "card": ("gateway", directory.CARD, "THE", "Thẻ tại quầy"),
}


async def counter_account(tx: SchoolTx, means: str, *, at: datetime) -> Receiving:
    """The oldest open one of the school; made when money is taken for the first time."""
    kind, place, number, name = _COUNTER[means]
    await tx.execute(
        """
        INSERT INTO bank_accounts (school_id, kind, bank_bin, account_number, account_name, created_at)
        SELECT $1, $2, $3, $4, $5, $6
         WHERE NOT EXISTS (SELECT
                             FROM bank_accounts
                            WHERE school_id = $1
                              AND kind = $2
                              AND bank_bin = $3
                              AND closed_at IS NULL)
            ON CONFLICT (bank_bin, account_number) DO NOTHING
        """,
        tx.school_id,
        kind,
        place,
        f"{tx.school_id}-{number}",
        name,
        at,
    )
    row = await tx.fetchrow(
        """
        SELECT bank_account_id, school_id, bank_bin, account_number, account_name, reference_prefix, kind
          FROM bank_accounts
         WHERE school_id = $1
           AND kind = $2
           AND bank_bin = $3
         ORDER BY closed_at IS NOT NULL, bank_account_id
         LIMIT 1
        """,
        tx.school_id,
        kind,
        place,
    )
    assert row is not None, "it was made above"
    return Receiving(**row)


async def receiving_of_school(door: Door, school_id: int, account_number: str) -> Receiving | None:
    row = await door.fetchrow(
        """
        SELECT bank_account_id, school_id, bank_bin, account_number, account_name, reference_prefix, kind
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
