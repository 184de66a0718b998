"""Money that goes back to a family: proposed by one person, approved by another, sent by a batch file, tied to the line that left. It owns refunds.

Approving takes the money out of what may be laid on bills; the bank's own line pays it off. Both are entries in the books.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from backend.core.clock import school_day
from backend.core.database import Reader, SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import INVALID, NOT_FOUND, FieldError, problem
from backend.core.text import clean
from backend.core.versions import touch_families
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments import allocations, ledger, references, transactions
from payments.banks import directory
from payments.ledger import Account, Transfer
from payments.transactions import State
from schemas.books import NewRefund, RefundItem, RefundList

KEEPERS = ("accountant", "school_admin")
# The refund's own code, in the memo of the transfer that pays it: letters that no reference begins with, then digits.
PREFIX = "HOAN"

MORE_THAN_HELD = problem(
    "refund-more-than-held",
    409,
    vi="Số tiền hoàn nhiều hơn số chưa phân bổ của khoản tiền này.",
    en="The refund is more than what of this money lies on no bill.",
)
TWO_PEOPLE = problem(
    "two-people-needed",
    409,
    vi="Người duyệt phải khác người đề nghị.",
    en="Whoever confirms must be another person than the one who proposed.",
)
DECIDED = problem(
    "already-decided", 409, vi="Đề nghị này đã được quyết định.", en="This proposal has been decided already."
)


async def propose(house: House, actor: UUID, school_id: int, transaction_id: UUID, new: NewRefund) -> UUID:
    """Nothing is booked; another person decides."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, *KEEPERS, on=school_day(now))
        await ledger.hold_till(tx, at=now)
        credit = await transactions.lock(tx, transaction_id)
        if credit is None:
            raise NOT_FOUND()
        _check(new)
        source = _source(credit.bank_account_id, new.credit_pupil_id)
        promised = await _proposed(tx, transaction_id, new.credit_pupil_id)
        if dict(await ledger.held_of(tx, transaction_id)).get(source, 0) < new.amount + promised:
            raise MORE_THAN_HELD()
        refund_id = new_id()
        number = str(refund_id.int % 10**8).zfill(8)
        await tx.execute(
            """
            INSERT INTO refunds
                   (school_id, refund_id, code, transaction_id, bank_account_id, credit_pupil_id, amount, payee_bin,
                    payee_account, payee_name, reason, proposed_by, proposed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """,
            school_id,
            refund_id,
            f"{PREFIX}{number}{references.check_digit(number)}",
            transaction_id,
            credit.bank_account_id,
            new.credit_pupil_id,
            new.amount,
            new.payee_bin,
            new.payee_account,
            clean(new.payee_name),
            clean(new.reason),
            actor,
            now,
        )
        await audit.record(
            tx, "refund.proposed", "refund", refund_id, at=now, actor=actor, detail={"amount": new.amount}
        )
    return refund_id


async def approve(house: House, actor: UUID, school_id: int, refund_id: UUID) -> None:
    """By another person than the one who proposed it. From here on the money is promised."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, *KEEPERS, on=school_day(now))
        await ledger.hold_till(tx, at=now)
        row = await _undecided(tx, refund_id)
        if row["proposed_by"] == actor:
            raise TWO_PEOPLE()
        transaction_id, account_id, amount = row["transaction_id"], row["bank_account_id"], row["amount"]
        source = _source(account_id, row["credit_pupil_id"])
        if dict(await ledger.held_of(tx, transaction_id)).get(source, 0) < amount:
            raise MORE_THAN_HELD()
        if row["credit_pupil_id"] is not None:
            await touch_families(tx, [row["credit_pupil_id"]])
        promised = Transfer("refund_promised", source, ledger.refund(account_id), amount, transaction_id)
        await ledger.book(tx, [promised], at=now, made_by=actor)
        await _decide(tx, refund_id, "approved", by=actor, at=now)
        left = await ledger.held_of(tx, transaction_id)
        # It may have gone back in several refunds: what counts is whether any of it lies on a bill.
        laid = await allocations.standing(tx, transaction_id)
        state: State = "over" if left else "settled" if laid else "refunded"
        await transactions.decide(tx, transaction_id, state, ["refund"], note=row["reason"], by=actor, at=now)
        await audit.record(tx, "refund.approved", "refund", refund_id, at=now, actor=actor)


async def reject(house: House, actor: UUID, school_id: int, refund_id: UUID) -> None:
    """Whoever proposed it may take it back as well."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, *KEEPERS, on=school_day(now))
        await ledger.hold_till(tx, at=now)
        await _undecided(tx, refund_id)
        await _decide(tx, refund_id, "rejected", by=actor, at=now)
        await audit.record(tx, "refund.rejected", "refund", refund_id, at=now, actor=actor)


async def batch_file(house: House, actor: UUID, school_id: int) -> bytes:
    """Approved refunds that have not left yet, as the table that banks' bulk transfers take (CSV with a byte order mark).

    Asked for again it gives the same: a file may get lost, and the code in each memo tells a transfer that was made twice.
    """
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, *KEEPERS, on=school_day(now))
        await ledger.hold_till(tx, at=now)
        rows = await tx.fetch(
            """
            UPDATE refunds
               SET exported_at = coalesce(exported_at, $2),
                   exported_by = coalesce(exported_by, $3)
             WHERE school_id = $1
               AND decision = 'approved'
               AND outgoing_id IS NULL
            RETURNING refund_id, code, amount, payee_bin, payee_account, payee_name
            """,
            school_id,
            now,
            actor,
        )
        await audit.record(
            tx, "refund.exported", "school", school_id, at=now, actor=actor, detail={"refunds": len(rows)}
        )
    target = io.StringIO()
    lines = csv.writer(target, lineterminator="\r\n")
    lines.writerow(
        ["STT", "Số tài khoản", "Tên người thụ hưởng", "Mã ngân hàng (BIN)", "Ngân hàng", "Số tiền", "Nội dung"]
    )
    for place, row in enumerate(sorted(rows, key=lambda r: r["refund_id"]), 1):
        bank = directory.bank_name(row["payee_bin"])
        memo = f"{row['code']} HOAN TIEN"
        lines.writerow(
            [place, row["payee_account"], _plain(row["payee_name"]), row["payee_bin"], bank, row["amount"], memo]
        )
    return target.getvalue().encode("utf-8-sig")


async def listed(reader: Reader, school_id: int) -> RefundList:
    """The newest five hundred."""
    rows = await reader.fetch(
        """
        SELECT refund_id, code, transaction_id, amount, payee_bin, payee_account, payee_name, reason,
               CASE WHEN paid_at IS NOT NULL     THEN 'paid'
                    WHEN exported_at IS NOT NULL THEN 'exported'
                    ELSE coalesce(decision, 'proposed')
               END AS state,
               proposed_by, proposed_at, decided_by, decided_at, paid_at
          FROM refunds
         WHERE school_id = $1
         ORDER BY refund_id DESC
         LIMIT 500
        """,
        school_id,
    )
    return RefundList([RefundItem(**row) for row in rows])


class Held(msgspec.Struct, frozen=True):
    """Money of one credit that lies on no bill, as what it may go back: of the school's unallocated, or of a family's credit."""

    transaction_id: UUID
    booked_at: datetime
    memo: str
    pupil_id: UUID | None
    pupil_name: str | None
    amount: int


async def held(reader: Reader, school_id: int, transaction_id: UUID | None = None) -> list[Held]:
    """Of one transaction all that may go back; of the whole school the credit of families, newest first."""
    rows = await reader.fetch(
        """
        SELECT lies.transaction_id, b.booked_at, b.memo, p.pupil_id, p.full_name, lies.balance
          FROM (SELECT t.transaction_id, side.account, side.ref, sum(side.amount)::bigint AS balance
                  FROM ledger_transfers t
                 CROSS JOIN LATERAL (VALUES (t.credit_account, t.credit_ref, t.amount),
                                            (t.debit_account, t.debit_ref, -t.amount)) AS side (account, ref, amount)
                 WHERE t.school_id = $1
                   AND ($2::uuid IS NULL OR t.transaction_id = $2)
                   AND (side.account = 'family_credit' OR (side.account = 'unallocated' AND $2 IS NOT NULL))
                 GROUP BY t.transaction_id, side.account, side.ref
                HAVING sum(side.amount) > 0) AS lies
          JOIN bank_transactions b
            ON b.school_id = $1
           AND b.transaction_id = lies.transaction_id
          LEFT JOIN pupils p
            ON p.school_id = $1
           AND lies.account = 'family_credit'
           AND p.pupil_id::text = lies.ref
         ORDER BY lies.transaction_id DESC, lies.account DESC, lies.ref
         LIMIT 100
        """,
        school_id,
        transaction_id,
    )
    return [Held(*row) for row in rows]


def _check(new: NewRefund) -> None:
    wrong = []
    if not clean(new.reason):
        wrong.append(FieldError("/reason", "Hãy ghi lý do.", "Say why."))
    if not clean(new.payee_name):
        wrong.append(FieldError("/payee_name", "Cần tên người nhận.", "Name the payee."))
    if directory.bank_of(new.payee_bin) is None:
        wrong.append(FieldError("/payee_bin", "Không có ngân hàng này.", "There is no such bank."))
    if wrong:
        raise INVALID(*wrong)


def _source(bank_account_id: int, pupil_id: UUID | None) -> Account:
    return ledger.unallocated(bank_account_id) if pupil_id is None else ledger.family_credit(pupil_id)


async def _proposed(tx: SchoolTx, transaction_id: UUID, pupil_id: UUID | None) -> int:
    total: int = await tx.fetchval(
        """
        SELECT coalesce(sum(amount), 0)::bigint
          FROM refunds
         WHERE school_id = $1
           AND transaction_id = $2
           AND credit_pupil_id IS NOT DISTINCT FROM $3
           AND decision IS NULL
        """,
        tx.school_id,
        transaction_id,
        pupil_id,
    )
    return total


async def _undecided(tx: SchoolTx, refund_id: UUID) -> asyncpg.Record:
    row = await tx.fetchrow(
        """
        SELECT transaction_id, bank_account_id, credit_pupil_id, amount, reason, proposed_by, decision
          FROM refunds
         WHERE school_id = $1
           AND refund_id = $2
           FOR UPDATE
        """,
        tx.school_id,
        refund_id,
    )
    if row is None:
        raise NOT_FOUND()
    if row["decision"] is not None:
        raise DECIDED()
    return row


async def _decide(tx: SchoolTx, refund_id: UUID, decision: str, *, by: UUID, at: datetime) -> None:
    await tx.execute(
        """
        UPDATE refunds
           SET decision = $3,
               decided_by = $4,
               decided_at = $5
         WHERE school_id = $1
           AND refund_id = $2
        """,
        tx.school_id,
        refund_id,
        decision,
        by,
        at,
    )


def _plain(text: str) -> str:
    """As banks take names, and nothing that a spreadsheet would take for a formula."""
    return " ".join(references.views(text).words)
