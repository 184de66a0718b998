"""What a person decides about a transaction: lay it on bills, take it back, put it aside, send it back. Everything is added, nothing erased.

It owns no table. Every decision is made under the school's till, by an accountant, with a note, and can be undone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError, problem
from backend.core.text import clean
from backend.core.versions import touch_families
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments import allocations, ledger, settle, transactions
from payments.allocations import Lay, OpenBill
from payments.ledger import Account, Book, Transfer
from payments.refund_ties import NO_SUCH_REFUND
from payments.transactions import WAITING, State, Transaction
from schemas.payments import ManualMatch, ShareIn

NOTHING_TO_LAY = problem(
    "nothing-to-lay",
    409,
    vi="Khoản tiền này không còn phần nào chưa phân bổ.",
    en="Nothing of this money is left to be laid on a bill.",
)
NOTHING_TO_UNDO = problem(
    "nothing-to-undo", 409, vi="Khoản tiền này chưa được phân bổ.", en="This money lies on no bill yet."
)
NOT_WAITING = problem(
    "transaction-not-waiting",
    409,
    vi="Khoản tiền này không ở trạng thái cho phép thao tác đó.",
    en="This transaction is not in a state that allows this.",
)


class _Desk(msgspec.Struct, frozen=True):
    """One decision at work: the till is held and the transaction locked."""

    tx: SchoolTx
    transaction: Transaction
    actor: UUID
    note: str
    at: datetime

    async def close(self, state: State, reasons: Sequence[str], *, by_person: bool = True) -> None:
        await transactions.decide(
            self.tx,
            self.transaction.transaction_id,
            state,
            reasons,
            note=self.note,
            by=self.actor if by_person else None,
            at=self.at,
        )

    async def book(self, kind: str, debit: Account, credit: Account, amount: int) -> None:
        transfer = Transfer(kind, debit, credit, amount, self.transaction.transaction_id)
        await ledger.book(self.tx, [transfer], at=self.at, made_by=self.actor)

    @property
    def unallocated(self) -> Account:
        return ledger.unallocated(self.transaction.bank_account_id)


@asynccontextmanager
async def _desk(
    house: House,
    actor: UUID,
    school_id: int,
    transaction_id: UUID,
    action: str,
    note: str,
    within: SchoolTx | None,
) -> AsyncIterator[_Desk]:
    """`within`: a transaction of the same school that somebody has begun, and ends."""
    now = house.clock.now()
    async with house.database.school(school_id) if within is None else nullcontext(within) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        await ledger.hold_till(tx, at=now)
        transaction = await transactions.lock(tx, transaction_id)
        if transaction is None:
            raise NOT_FOUND()
        if not clean(note):
            raise INVALID(FieldError("/note", "Hãy ghi lý do.", "Say why."))
        yield _Desk(tx, transaction, actor, clean(note), now)
        await audit.record(tx, action, "bank_transaction", transaction_id, at=now, actor=actor)


async def match_by_hand(
    house: House,
    actor: UUID,
    school_id: int,
    transaction_id: UUID,
    order: ManualMatch,
    *,
    within: SchoolTx | None = None,
) -> None:
    """Lays what is left of a transaction on bills; the rest becomes a family's credit, which may be laid later."""
    async with _desk(house, actor, school_id, transaction_id, "payment.matched", order.note, within) as desk:
        held = await ledger.held_of(desk.tx, transaction_id)
        if not held:
            raise NOTHING_TO_LAY()
        bills = await allocations.bills_by_id(desk.tx, [share.invoice_id for share in order.shares])
        rest = _checked(order, bills, held)
        if rest and not await _pupil_exists(desk.tx, order.credit_pupil_id):
            raise INVALID(
                FieldError("/credit_pupil_id", "Trường không có học sinh này.", "The school has no such pupil.")
            )
        # Credit that is used up here may be another family's than the bills'.
        await touch_families(
            desk.tx, [*(one.pupil_id for one in bills), *_creditors(held), *filter(None, [order.credit_pupil_id])]
        )
        if order.shares:
            lays = _lays(transaction_id, order.shares, bills, held)
            await allocations.lay(desk.tx, lays, made_by=actor, at=desk.at)
        if rest and order.credit_pupil_id is not None:
            await desk.book("credited", desk.unallocated, ledger.family_credit(order.credit_pupil_id), rest)
        left = await ledger.held_of(desk.tx, transaction_id)
        shares = {share.invoice_id: share.amount for share in order.shares}
        partly = any(one.bill.remaining > shares[one.bill.invoice_id] for one in bills)
        await desk.close("over" if left else "part" if partly else "settled", ["by_person"])


async def undo(
    house: House, actor: UUID, school_id: int, transaction_id: UUID, note: str, *, within: SchoolTx | None = None
) -> None:
    """Whoever laid it, machine or person: bills open again, receipts are cancelled, and the money waits for a decision."""
    async with _desk(house, actor, school_id, transaction_id, "payment.undone", note, within) as desk:
        laid = await allocations.standing(desk.tx, transaction_id)
        held = await ledger.held_of(desk.tx, transaction_id)
        credits = [(account, amount) for account, amount in held if account.book is Book.FAMILY_CREDIT]
        if desk.transaction.reasons in (("not_ours",), ("seen",)):
            # Put aside by mistake: it waits again, as what it was.
            seen = desk.transaction.reasons == ("seen",)
            await desk.close("unreadable" if seen else "ambiguous", ["undone"], by_person=False)
            return
        if not laid and not credits:
            raise NOTHING_TO_UNDO()
        await touch_families(desk.tx, [*(one.pupil_id for one in laid), *_creditors(credits)])
        await allocations.take_back(desk.tx, laid, reason="undone", made_by=actor, at=desk.at)
        for account, amount in credits:
            await desk.book("credit_taken_back", account, desk.unallocated, amount)
        await desk.close("ambiguous", ["undone"], by_person=False)
        # What waited for room on these bills may come in now.
        await settle.look_again(desk.tx, [one.invoice_id for one in laid], at=desk.at)


async def put_aside(house: House, actor: UUID, school_id: int, transaction_id: UUID, note: str) -> None:
    """Not ours, or seen and explained. The money stays in the books as unallocated until it is sent back."""
    async with _desk(house, actor, school_id, transaction_id, "payment.put_aside", note, None) as desk:
        transaction = desk.transaction
        if transaction.state not in WAITING or transaction.decided_by is not None:
            raise NOT_WAITING()
        await desk.close("ignored", ["seen" if transaction.state == "unreadable" else "not_ours"])


async def not_a_duplicate(house: House, actor: UUID, school_id: int, transaction_id: UUID, note: str) -> None:
    """A second real payment that looked like the first one told again: now it is booked and waits for its bill."""
    async with _desk(house, actor, school_id, transaction_id, "payment.not_a_duplicate", note, None) as desk:
        transaction = desk.transaction
        if transaction.state != "duplicate":
            raise NOT_WAITING()
        here = transaction.bank_account_id
        if transaction.direction == "in":
            await desk.book("arrived", ledger.bank(here), ledger.unallocated(here), transaction.amount)
            await desk.close("ambiguous", ["not_a_duplicate"], by_person=False)
        else:
            await desk.book("left", ledger.outgoing(here), ledger.bank(here), transaction.amount)
            await desk.close("ignored", ["outgoing"])


async def refund(
    house: House,
    actor: UUID,
    school_id: int,
    transaction_id: UUID,
    outgoing_id: UUID,
    note: str,
    *,
    within: SchoolTx | None = None,
) -> None:
    """Cash handed back over the counter, whose line leaves in the same moment. What goes back by bank takes two people (refunds.py)."""
    async with _desk(house, actor, school_id, transaction_id, "payment.refunded", note, within) as desk:
        credit = desk.transaction
        held = await ledger.held_of(desk.tx, transaction_id)
        if credit.direction != "in" or held != [(desk.unallocated, credit.amount)]:
            raise NOT_WAITING()
        outgoing = await transactions.lock(desk.tx, outgoing_id)
        if (
            outgoing is None
            or outgoing.direction != "out"
            or outgoing.reasons != ("outgoing",)
            or (outgoing.bank_account_id, outgoing.amount) != (credit.bank_account_id, credit.amount)
        ):
            raise NO_SUCH_REFUND()
        await desk.book("refunded", desk.unallocated, ledger.outgoing(credit.bank_account_id), credit.amount)
        await transactions.decide(
            desk.tx, outgoing_id, "ignored", ["refund"], note=desk.note, by=actor, at=desk.at, refund_of=transaction_id
        )
        await desk.close("refunded", ["by_person"])


def _checked(order: ManualMatch, bills: Sequence[OpenBill], held: Sequence[tuple[Account, int]]) -> int:
    """What of the unallocated money stays over; every wrong share is named."""
    known = {one.bill.invoice_id: one.bill for one in bills}
    wrong: list[FieldError] = []
    seen: set[UUID] = set()
    for index, share in enumerate(order.shares):
        bill = known.get(share.invoice_id)
        pointer = f"/shares/{index}/invoice_id"
        if bill is None:
            wrong.append(FieldError(pointer, "Trường không có phiếu thu này.", "The school has no such invoice."))
        elif share.invoice_id in seen:
            wrong.append(FieldError(pointer, "Phiếu thu này được ghi hai lần.", "This invoice is named twice."))
        elif bill.cancelled:
            wrong.append(FieldError(pointer, "Phiếu thu này đã hủy.", "This invoice is cancelled."))
        elif share.amount > bill.remaining:
            wrong.append(
                FieldError(
                    f"/shares/{index}/amount", "Nhiều hơn số còn phải nộp.", "More than the invoice still asks for."
                )
            )
        seen.add(share.invoice_id)
    total, available = sum(share.amount for share in order.shares), sum(amount for _, amount in held)
    if total > available:
        wrong.append(FieldError("/shares", "Tổng lớn hơn số tiền còn lại.", "The sum is more than what is left."))
    unallocated = sum(amount for account, amount in held if account.book is Book.UNALLOCATED)
    rest = max(unallocated - total, 0)
    if rest and order.credit_pupil_id is None and not wrong:
        wrong.append(
            FieldError(
                "/credit_pupil_id",
                "Số tiền còn thừa phải được ghi có cho một học sinh.",
                "What is left over must be credited to a pupil.",
            )
        )
    if not rest and not order.shares and not wrong:
        wrong.append(FieldError("/shares", "Cần ít nhất một phiếu thu.", "At least one invoice is needed."))
    if wrong:
        raise INVALID(*wrong)
    return rest


def _lays(
    transaction_id: UUID, shares: Sequence[ShareIn], bills: Sequence[OpenBill], held: Sequence[tuple[Account, int]]
) -> list[Lay]:
    """Unallocated money first, then credit; a share may need both."""
    pupils = {one.bill.invoice_id: one.pupil_id for one in bills}
    sources = [[account, amount] for account, amount in held]
    lays: list[Lay] = []
    for share in shares:
        wanted = share.amount
        for source in sources:
            account, left = source
            assert isinstance(account, Account) and isinstance(left, int)
            taken = min(wanted, left)
            if taken:
                pupil_id = pupils[share.invoice_id]
                lays.append(Lay(transaction_id, share.invoice_id, pupil_id, taken, account, "person", "by_person"))
                source[1] = left - taken
                wanted -= taken
    return lays


def _creditors(held: Sequence[tuple[Account, int]]) -> list[UUID]:
    """The pupils whose families have some of it as credit."""
    return [UUID(account.kept_for) for account, _ in held if account.book is Book.FAMILY_CREDIT]


async def _pupil_exists(tx: SchoolTx, pupil_id: UUID | None) -> bool:
    known: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM pupils WHERE school_id = $1 AND pupil_id = $2)", tx.school_id, pupil_id
    )
    return known
