"""Cash and card at the school's counter: a movement on the cash box or the card clearing account, laid on bills by the person who took it.

It owns no table. The money goes through the same settle, desk and ledger as any bank's, so the receipt is made in the same
transaction, the day book shows it, and the day's close counts the box. Money that is handed back leaves the box again as a
movement of its own, its receipts cancelled by numbered papers.
"""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import NOT_FOUND, problem
from backend.core.text import clean
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments import accounts, desk, ledger
from payments.balance import BALANCE
from payments.banks.line import BankLine
from payments.settle import settle
from schemas.payments import CounterBill, CounterPayment, CounterTaken, ManualMatch

NOT_FROM_COUNTER = problem(
    "not-from-counter",
    409,
    vi="Khoản tiền này không phải thu tại quầy hoặc đã trả lại.",
    en="This money was not taken at the counter, or was handed back already.",
)

# What the day book shows. Neither a name nor a class stands in it, and nothing that could be read as a reference.
_MEMO_IN = "Thu tại quầy"
_MEMO_OUT = "Trả lại tại quầy"


class Door(Protocol):
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...


async def take(house: House, actor: UUID, school_id: int, new: CounterPayment) -> CounterTaken:
    """All of it or nothing. `payment_id` comes from the client: the same request sent twice takes the money once."""
    now = house.clock.now()
    total = sum(share.amount for share in new.shares)
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        await ledger.hold_till(tx, at=now)
        box = await accounts.counter_account(tx, new.means, at=now)
        line = BankLine(
            source=new.means,
            event_key=str(new.payment_id),
            account_number=box.account_number,
            direction="in",
            amount=total,
            memo=_MEMO_IN,
            booked_at=now,
            payer_name=clean(new.payer_name or "") or None,
        )
        settled = await settle(tx, box, line, received_at=now, at=now)
        if settled.fresh:
            order = ManualMatch(note=new.note or _MEMO_IN, shares=new.shares)
            await desk.match_by_hand(house, actor, school_id, settled.transaction_id, order, within=tx)
            detail = {"amount": total, "means": new.means}
            await audit.record(
                tx, "counter.taken", "bank_transaction", settled.transaction_id, at=now, actor=actor, detail=detail
            )
    return CounterTaken(settled.transaction_id, total, settled.fresh)


async def hand_back(house: House, actor: UUID, school_id: int, transaction_id: UUID, note: str) -> None:
    """Bills open again, receipts are cancelled, and the box holds that much less. Once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        await ledger.hold_till(tx, at=now)
        row = await tx.fetchrow(
            """
            SELECT t.source, t.amount, t.state, t.direction, t.bank_account_id
              FROM bank_transactions t
             WHERE t.school_id = $1
               AND t.transaction_id = $2
               FOR UPDATE
            """,
            school_id,
            transaction_id,
        )
        if row is None:
            raise NOT_FOUND()
        if row["source"] not in ("cash", "card") or row["direction"] != "in" or row["state"] == "refunded":
            raise NOT_FROM_COUNTER()
        box = await accounts.receiving(tx, row["bank_account_id"])
        await desk.undo(house, actor, school_id, transaction_id, note, within=tx)
        line = BankLine(
            source=row["source"],
            event_key=f"{transaction_id}:back",
            account_number=box.account_number,
            direction="out",
            amount=row["amount"],
            memo=_MEMO_OUT,
            booked_at=now,
        )
        back = await settle(tx, box, line, received_at=now, at=now)
        await desk.refund(house, actor, school_id, transaction_id, back.transaction_id, note, within=tx)
        await audit.record(tx, "counter.handed_back", "bank_transaction", transaction_id, at=now, actor=actor)


_BILLS = f"""
SELECT i.invoice_id, f.title, i.reference, i.due_on, f.mandatory, balance.remaining
  FROM invoices i
  JOIN fees f
    ON f.school_id = i.school_id
   AND f.fee_id = i.fee_id
  {BALANCE}
 WHERE i.school_id = $1
   AND i.pupil_id = $2
   AND i.cancelled_at IS NULL
   AND balance.remaining > 0
 ORDER BY i.due_on, i.invoice_id
 LIMIT 50
"""

_TAKEN = """
SELECT t.transaction_id, t.source AS means, t.amount, t.booked_at AS taken_at, t.state, p.full_name AS pupil_name
  FROM bank_transactions t
  LEFT JOIN LATERAL (SELECT i.pupil_id
                       FROM allocations a
                       JOIN invoices i
                         ON i.school_id = a.school_id
                        AND i.invoice_id = a.invoice_id
                      WHERE a.school_id = t.school_id
                        AND a.transaction_id = t.transaction_id
                      LIMIT 1) laid
    ON true
  LEFT JOIN pupils p
    ON p.school_id = $1
   AND p.pupil_id = laid.pupil_id
 WHERE t.school_id = $1
   AND t.source IN ('cash', 'card')
   AND t.direction = 'in'
 ORDER BY t.transaction_id DESC
 LIMIT 50
"""


class Taken(msgspec.Struct, frozen=True):
    """A payment at the counter, for the list of the last ones."""

    transaction_id: UUID
    means: str
    amount: int
    taken_at: Any
    state: str
    pupil_name: str | None


async def open_bills(door: Door, school_id: int, pupil_id: UUID) -> list[CounterBill]:
    """What a pupil's bills still ask for, oldest first. For those who keep the school's money; the caller has asked."""
    return [CounterBill(**row) for row in await door.fetch(_BILLS, school_id, pupil_id)]


async def last_taken(door: Door, school_id: int) -> list[Taken]:
    return [Taken(**row) for row in await door.fetch(_TAKEN, school_id)]
