"""Fees and the invoices that follow from them: one fee of a class, one invoice a pupil. It owns fees and invoices.

A fee's id is made by the client, so a request sent twice is one fee; an invoice is unique by fee and pupil, so a second
click adds nothing. What an invoice still asks for is derived from allocations and never written here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from backend.core.clock import school_day
from backend.core.crypto import Cipher
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import NOT_FOUND, problem
from backend.core.text import clean
from backend.core.versions import touch_families
from backend.identity import audit
from backend.identity.entitlement import require_role
from notifications.outbox import PupilNotice, publish_each
from payments import accounts, allocations, codes, ledger, new_fees, requests, settle, waited
from payments.ledger import Transfer
from payments.new_fees import Fee
from schemas.payments import NewFee

FEE_EXISTS = problem(
    "fee-exists",
    409,
    vi="Mã khoản thu này đã dùng cho một khoản thu khác.",
    en="This fee id already belongs to a different fee.",
)
FEE_CANCELLED = problem("fee-cancelled", 409, vi="Khoản thu này đã bị hủy.", en="This fee has been cancelled.")
INVOICE_HAS_MONEY = problem(
    "invoice-has-money",
    409,
    vi="Có {invoices} phiếu thu đã nhận tiền; hãy gỡ khoản tiền trước khi hủy.",
    en="{invoices} invoice(s) already carry money; take it back before cancelling.",
)


async def create_fee(house: House, actor: UUID, school_id: int, new: NewFee) -> bool:
    """True when it was made now, False when the same request was here before."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        await ledger.hold_till(tx, at=now)
        if (known := await _fee(tx, new.fee_id)) is not None:
            if not _same(known, new):
                raise FEE_EXISTS()
            return False
        fee = await new_fees.checked(tx, new, on=school_day(now))
        await _insert_fee(tx, fee, by=actor, at=now)
        made = await _bill_class(tx, house.cipher, fee, by=actor, at=now)
        await audit.record(tx, "fee.created", "fee", fee.fee_id, at=now, actor=actor, detail={"invoices": made})
    return True


async def bill_newcomers(house: House, actor: UUID, school_id: int, fee_id: UUID) -> int:
    """Invoices for pupils who joined the class since; for everybody else nothing happens."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        await ledger.hold_till(tx, at=now)
        fee = await _fee(tx, fee_id)
        if fee is None:
            raise NOT_FOUND()
        if fee.cancelled:
            raise FEE_CANCELLED()
        made = await _bill_class(tx, house.cipher, fee, by=actor, at=now)
        await audit.record(tx, "fee.billed_newcomers", "fee", fee_id, at=now, actor=actor, detail={"invoices": made})
    return made


async def cancel_fee(house: House, actor: UUID, school_id: int, fee_id: UUID) -> None:
    """All its invoices at once, or none while one of them carries money. Cancelling twice is cancelling once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        await ledger.hold_till(tx, at=now)
        fee = await _fee(tx, fee_id)
        if fee is None:
            raise NOT_FOUND()
        if fee.cancelled:
            return
        rows = await tx.fetch(
            """
            SELECT invoice_id
              FROM invoices
             WHERE school_id = $1
               AND fee_id = $2
               AND cancelled_at IS NULL
            """,
            school_id,
            fee_id,
        )
        cancelled = await _cancel(tx, [row["invoice_id"] for row in rows], by=actor, at=now)
        await tx.execute(
            """
            UPDATE fees
               SET cancelled_at = $3,
                   cancelled_by = $4
             WHERE school_id = $1
               AND fee_id = $2
            """,
            school_id,
            fee_id,
            now,
            actor,
        )
        await audit.record(tx, "fee.cancelled", "fee", fee_id, at=now, actor=actor, detail={"invoices": cancelled})


async def cancel_invoice(house: House, actor: UUID, school_id: int, invoice_id: UUID) -> None:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        await ledger.hold_till(tx, at=now)
        if await _cancel(tx, [invoice_id], by=actor, at=now, must_exist=True):
            await audit.record(tx, "invoice.cancelled", "invoice", invoice_id, at=now, actor=actor)


def _same(known: Fee, new: NewFee) -> bool:
    sent = (clean(new.title), new.class_id, new.amount, new.due_on, new.category, new.mandatory)
    kept = (known.title, known.class_id, known.amount, known.due_on, known.category, known.mandatory)
    return sent == kept and new.bank_account_id in (None, known.bank_account_id)


async def _fee(tx: SchoolTx, fee_id: UUID) -> Fee | None:
    row = await tx.fetchrow(
        """
        SELECT fee_id, class_id, school_year, title, category, mandatory, legal_basis, amount, due_on, bank_account_id,
               cancelled_at IS NOT NULL AS cancelled
          FROM fees
         WHERE school_id = $1
           AND fee_id = $2
        """,
        tx.school_id,
        fee_id,
    )
    return None if row is None else Fee(**row)


async def _insert_fee(tx: SchoolTx, fee: Fee, *, by: UUID, at: datetime) -> None:
    await tx.execute(
        """
        INSERT INTO fees
               (school_id, fee_id, title, category, mandatory, legal_basis, class_id, school_year, amount, due_on,
                bank_account_id, created_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        tx.school_id,
        fee.fee_id,
        fee.title,
        fee.category,
        fee.mandatory,
        fee.legal_basis,
        fee.class_id,
        fee.school_year,
        fee.amount,
        fee.due_on,
        fee.bank_account_id,
        by,
        at,
    )


async def _bill_class(tx: SchoolTx, cipher: Cipher, fee: Fee, *, by: UUID, at: datetime) -> int:
    """An invoice, its entry in the books and a notice for each pupil of the class who has none yet."""
    pupils = await _without_invoice(tx, fee, on=school_day(at))
    if not pupils:
        return 0
    invoice_ids = [new_id() for _ in pupils]
    account = await accounts.receiving(tx, fee.bank_account_id)
    drawn = await codes.draw(tx, account.reference_prefix, len(pupils))
    await _insert_invoices(tx, fee, invoice_ids, pupils, drawn, at=at)
    transfers = [
        Transfer("billed", ledger.receivable(pupil_id), ledger.income(fee.fee_id), fee.amount, invoice_id=invoice_id)
        for invoice_id, pupil_id in zip(invoice_ids, pupils, strict=True)
    ]
    await ledger.book(tx, transfers, at=at, made_by=by)
    notices = [
        PupilNotice(
            notice_id=new_id(),
            pupil_id=pupil_id,
            kind="invoice",
            source_kind="invoice",
            source_id=str(invoice_id),
            params={
                "fee": fee.title,
                "amount": fee.amount,
                "due_on": fee.due_on.isoformat(),
                "seal": requests.notice_seal(
                    cipher, account, tx.school_id, reference, fee.amount, due_on=fee.due_on, on=school_day(at)
                ),
            },
        )
        for invoice_id, pupil_id, reference in zip(invoice_ids, pupils, drawn, strict=True)
    ]
    await publish_each(tx, notices, created_by=by, at=at)
    # Money that came before its bill.
    await settle.look_again(tx, await waited.among(tx, invoice_ids), at=at)
    return len(pupils)


async def _without_invoice(tx: SchoolTx, fee: Fee, *, on: date) -> list[UUID]:
    rows = await tx.fetch(
        """
        SELECT p.pupil_id
          FROM enrolments e
          JOIN pupils p
            ON p.school_id = e.school_id
           AND p.pupil_id = e.pupil_id
         WHERE e.school_id = $1
           AND e.class_id = $2
           AND (e.to_on IS NULL OR e.to_on >= $4)
           AND p.status = 'enrolled'
           AND NOT EXISTS (SELECT
                             FROM invoices i
                            WHERE i.school_id = e.school_id
                              AND i.fee_id = $3
                              AND i.pupil_id = e.pupil_id)
         ORDER BY p.sort_key, p.pupil_id
        """,
        tx.school_id,
        fee.class_id,
        fee.fee_id,
        on,
    )
    return list(dict.fromkeys(row["pupil_id"] for row in rows))


async def _insert_invoices(
    tx: SchoolTx, fee: Fee, invoice_ids: Sequence[UUID], pupils: Sequence[UUID], drawn: Sequence[str], *, at: datetime
) -> None:
    await tx.execute(
        """
        INSERT INTO invoices
               (school_id, invoice_id, fee_id, pupil_id, reference, bank_account_id, amount, due_on, created_at)
        SELECT $1, n.invoice_id, $2, n.pupil_id, n.reference, $3, $4, $5, $6
          FROM unnest($7::uuid[], $8::uuid[], $9::text[]) AS n (invoice_id, pupil_id, reference)
            ON CONFLICT (school_id, invoice_id) DO NOTHING
        """,
        tx.school_id,
        fee.fee_id,
        fee.bank_account_id,
        fee.amount,
        fee.due_on,
        at,
        invoice_ids,
        pupils,
        drawn,
    )


async def _cancel(
    tx: SchoolTx, invoice_ids: Sequence[UUID], *, by: UUID, at: datetime, must_exist: bool = False
) -> int:
    bills = await allocations.bills_by_id(tx, invoice_ids)
    if must_exist and not bills:
        raise NOT_FOUND()
    open_bills = [one for one in bills if not one.bill.cancelled]
    with_money = [one for one in open_bills if one.paid]
    if with_money:
        raise INVOICE_HAS_MONEY(invoices=len(with_money))
    if not open_bills:
        return 0
    await tx.execute(
        """
        UPDATE invoices
           SET cancelled_at = $3
         WHERE school_id = $1
           AND invoice_id = ANY ($2::uuid[])
        """,
        tx.school_id,
        [one.bill.invoice_id for one in open_bills],
        at,
    )
    transfers = [
        Transfer(
            "bill_cancelled",
            ledger.income(one.fee_id),
            ledger.receivable(one.pupil_id),
            one.asked,
            invoice_id=one.bill.invoice_id,
        )
        for one in open_bills
        if one.asked
    ]
    await ledger.book(tx, transfers, at=at, made_by=by)
    await touch_families(tx, [one.pupil_id for one in open_bills])
    return len(open_bills)
