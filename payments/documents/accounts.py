"""The school's account at a provider of e-invoices and e-receipts, and which item needs which document. It owns document_accounts.

The password is sealed and never shown again. Without an account nothing is promised to anybody.
"""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.crypto import Cipher
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError
from backend.core.text import clean
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments.documents.provider import Login
from schemas.documents import DocumentAccount, DocumentType, NewDocumentAccount

_PURPOSE = "document-provider"


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...


async def open_account(house: House, actor: UUID, school_id: int, new: NewDocumentAccount) -> None:
    """School administrators only; opening again replaces it, the documents stay."""
    wanted = set(new.types.values())
    wrong = [
        FieldError(
            f"/{field}", "Cần ký hiệu cho loại chứng từ đã chọn.", "The chosen kind of document needs its series."
        )
        for kind, field, series in (
            ("e_invoice", "invoice_series", new.invoice_series),
            ("e_receipt", "receipt_series", new.receipt_series),
        )
        if kind in wanted and not series
    ]
    if wrong:
        raise INVALID(*wrong)
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "school_admin", on=school_day(now))
        await tx.execute(
            """
            INSERT INTO document_accounts AS d
                   (school_id, provider, tax_code, user_name, password_sealed, invoice_series, receipt_series, types,
                    opened_by, opened_at)
            VALUES ($1, 'meinvoice', $2, $3, $4, $5, $6, $7::jsonb, $8, $9)
                ON CONFLICT (school_id)
                DO UPDATE SET tax_code = excluded.tax_code,
                              user_name = excluded.user_name,
                              password_sealed = excluded.password_sealed,
                              invoice_series = excluded.invoice_series,
                              receipt_series = excluded.receipt_series,
                              types = excluded.types,
                              opened_by = excluded.opened_by,
                              opened_at = excluded.opened_at,
                              closed_at = NULL
            """,
            school_id,
            new.tax_code,
            clean(new.user_name),
            house.cipher.seal(new.password, _PURPOSE),
            new.invoice_series,
            new.receipt_series,
            msgspec.json.encode(new.types).decode(),
            actor,
            now,
        )
        await audit.record(tx, "document_account.opened", "school", school_id, at=now, actor=actor)


async def close_account(house: House, actor: UUID, school_id: int) -> None:
    """Nothing more is promised; what was promised stays to be seen."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "school_admin", on=school_day(now))
        await tx.execute(
            """
            UPDATE document_accounts
               SET closed_at = $2
             WHERE school_id = $1
               AND closed_at IS NULL
            """,
            school_id,
            now,
        )
        await audit.record(tx, "document_account.closed", "school", school_id, at=now, actor=actor)


async def type_of_fee(
    house: House, actor: UUID, school_id: int, fee_id: UUID, document_type: DocumentType | None
) -> None:
    """For receipts from now on. None: what the school's account says for the item's category."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        changed = await tx.fetchval(
            """
            UPDATE fees
               SET document_type = $3
             WHERE school_id = $1
               AND fee_id = $2
            RETURNING fee_id
            """,
            school_id,
            fee_id,
            document_type,
        )
        if changed is None:
            raise NOT_FOUND()
        detail = {"document_type": document_type}
        await audit.record(tx, "fee.document_type", "fee", fee_id, at=now, actor=actor, detail=detail)


async def account_of(door: Door, school_id: int) -> DocumentAccount | None:
    row = await door.fetchrow(
        """
        SELECT provider, tax_code, user_name, invoice_series, receipt_series, types
          FROM document_accounts
         WHERE school_id = $1
           AND closed_at IS NULL
        """,
        school_id,
    )
    if row is None:
        return None
    types = msgspec.json.decode(row["types"], type=dict[str, DocumentType])
    return DocumentAccount(**{**row, "types": types})


async def login_of(door: Door, cipher: Cipher, school_id: int) -> Login | None:
    row = await door.fetchrow(
        """
        SELECT tax_code, user_name, password_sealed
          FROM document_accounts
         WHERE school_id = $1
           AND closed_at IS NULL
        """,
        school_id,
    )
    if row is None:
        return None
    password = cipher.open(row["password_sealed"], _PURPOSE)
    return Login(school_id, row["tax_code"], row["user_name"], password)
