"""Which outgoing line of the bank paid an approved refund: its code says so, or a person does. It shares refunds with refunds.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import Reader, SchoolTx
from backend.core.house import House
from backend.core.problems import NOT_FOUND, problem
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments import ledger, references, transactions
from payments.ledger import Transfer
from payments.refunds import KEEPERS, PREFIX
from payments.transactions import Row

NO_SUCH_REFUND = problem(
    "refund-does-not-fit",
    409,
    vi="Giao dịch chuyển đi không khớp: phải cùng tài khoản, cùng số tiền và chưa dùng cho lần hoàn nào khác.",
    en="The outgoing transfer does not fit: it must be of the same account and amount and not used for another refund.",
)


class Outgoing(msgspec.Struct, frozen=True):
    """A line that left the refund's account with the refund's sum and pays no other: it may be the one."""

    refund_id: UUID
    transaction_id: UUID
    booked_at: datetime
    memo: str


class _Paid(msgspec.Struct, frozen=True):
    """`here`: the account that the money left, which is the refund's."""

    refund_id: UUID
    outgoing_id: UUID
    here: int
    amount: int


async def tie(tx: SchoolTx, rows: Sequence[Row], *, at: datetime) -> None:
    """Outgoing lines that pay a refund: its code in the memo, its account and its amount, to the đồng. Otherwise a person ties them."""
    paying: dict[str, Row] = {}
    for row in rows:
        if row.line.direction == "out":
            words = references.views(row.line.memo).words
            paying.update({word: row for word in words if word.startswith(PREFIX) and word[len(PREFIX) :].isdigit()})
    if not paying:
        return
    found = await tx.fetch(
        """
        SELECT refund_id, code, bank_account_id, amount
          FROM refunds
         WHERE school_id = $1
           AND code = ANY ($2::text[])
           AND decision = 'approved'
           AND outgoing_id IS NULL
           FOR UPDATE
        """,
        tx.school_id,
        list(paying),
    )
    pairs = [(one, paying[one["code"]]) for one in found]
    paid = [
        _Paid(one["refund_id"], row.transaction_id, row.bank_account_id, row.line.amount)
        for one, row in pairs
        if (row.bank_account_id, row.line.amount) == (one["bank_account_id"], one["amount"])
    ]
    await _pay(tx, paid, by=None, at=at)


async def tie_by_hand(house: House, actor: UUID, school_id: int, refund_id: UUID, outgoing_id: UUID) -> None:
    """The money left without the refund's code in the memo: a person names the line, of the same account and amount."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, *KEEPERS, on=school_day(now))
        await ledger.hold_till(tx, at=now)
        row = await tx.fetchrow(
            """
            SELECT bank_account_id, amount, decision, outgoing_id
              FROM refunds
             WHERE school_id = $1
               AND refund_id = $2
               FOR UPDATE
            """,
            school_id,
            refund_id,
        )
        if row is None:
            raise NOT_FOUND()
        line = await transactions.lock(tx, outgoing_id)
        if row["decision"] != "approved" or row["outgoing_id"] is not None or line is None or line.direction != "out":
            raise NO_SUCH_REFUND()
        fits = (line.bank_account_id, line.amount) == (row["bank_account_id"], row["amount"])
        if not fits or line.reasons != ("outgoing",) or await _pays_another(tx, outgoing_id):
            raise NO_SUCH_REFUND()
        await _pay(tx, [_Paid(refund_id, outgoing_id, line.bank_account_id, line.amount)], by=actor, at=now)
        await audit.record(tx, "refund.tied", "refund", refund_id, at=now, actor=actor)


async def _pays_another(tx: SchoolTx, outgoing_id: UUID) -> bool:
    found: bool = await tx.fetchval(
        """
        SELECT EXISTS (SELECT
                         FROM refunds
                        WHERE school_id = $1
                          AND outgoing_id = $2)
        """,
        tx.school_id,
        outgoing_id,
    )
    return found


async def _pay(tx: SchoolTx, paid: Sequence[_Paid], *, by: UUID | None, at: datetime) -> None:
    """A statement and the entries, however many left on one day."""
    if not paid:
        return
    await tx.execute(
        """
        UPDATE refunds AS r
           SET outgoing_id = n.outgoing_id,
               paid_at = $2
          FROM unnest($3::uuid[], $4::uuid[]) AS n (refund_id, outgoing_id)
         WHERE r.school_id = $1
           AND r.refund_id = n.refund_id
        """,
        tx.school_id,
        at,
        [one.refund_id for one in paid],
        [one.outgoing_id for one in paid],
    )
    transfers = [
        Transfer("refund_paid", ledger.refund(one.here), ledger.outgoing(one.here), one.amount, one.outgoing_id)
        for one in paid
    ]
    await ledger.book(tx, transfers, at=at, made_by=by)


async def outgoing(reader: Reader, school_id: int) -> dict[UUID, list[Outgoing]]:
    """For every approved refund that no line has paid yet, the lines that could have, the newest first."""
    rows = await reader.fetch(
        """
        SELECT r.refund_id, t.transaction_id, t.booked_at, t.memo
          FROM refunds r
          JOIN bank_transactions t
            ON t.school_id = r.school_id
           AND t.bank_account_id = r.bank_account_id
           AND t.amount = r.amount
           AND t.direction = 'out'
           AND t.reasons = '{outgoing}'
         WHERE r.school_id = $1
           AND r.decision = 'approved'
           AND r.outgoing_id IS NULL
           AND NOT EXISTS (SELECT
                             FROM refunds other
                            WHERE other.school_id = r.school_id
                              AND other.outgoing_id = t.transaction_id)
         ORDER BY t.booked_at DESC, t.transaction_id
         LIMIT 500
        """,
        school_id,
    )
    found: dict[UUID, list[Outgoing]] = {}
    for row in rows:
        found.setdefault(row["refund_id"], []).append(Outgoing(**row))
    return found
