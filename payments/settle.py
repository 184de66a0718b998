"""One line of a bank becomes one transaction in one named state, with everything that follows from it, or nothing at all.

The same line may come again, in any order, from several doors at once, while a person decides on another: whoever moves
money of a school holds its till first. Entries, allocation, receipt and notice are one transaction of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core.database import SchoolTx
from backend.core.ids import new_id
from payments import accounts, allocations, candidates, ledger, payers, transactions
from payments.accounts import Receiving
from payments.allocations import Lay, OpenBill
from payments.banks.line import BankLine, Unreadable
from payments.ledger import Transfer
from payments.match import Ambiguous, Decision, Match, Suggestion
from payments.transactions import State

_RAW_SHOWN_MAX = 300


class Settled(msgspec.Struct, frozen=True):
    transaction_id: UUID
    state: State
    fresh: bool


async def settle(tx: SchoolTx, account: Receiving, line: BankLine, *, received_at: datetime, at: datetime) -> Settled:
    await ledger.hold_till(tx, at=at)
    if line.account_number != account.account_number:
        # One hook may report all accounts that the school has at the gateway.
        account = await accounts.receiving_of_school(tx, account.school_id, line.account_number) or account
    known = await transactions.already_there(tx, account.bank_account_id, line)
    if known is not None:
        return Settled(known["transaction_id"], known["state"], fresh=False)
    line_of = _Line(tx, account, payers.with_payer(line), received_at, at)
    if line.account_number != account.account_number:
        return await line_of.put("ignored", ["another_account"])
    earlier = await transactions.told_before(tx, account.bank_account_id, line)
    if earlier is not None:
        return await line_of.put("duplicate", ["told_before"], duplicate_of=earlier)
    if line.direction == "out":
        return await line_of.put_out()
    return await (line_of.put_in() if line.own is None else line_of.put_own())


async def keep_unreadable(
    tx: SchoolTx,
    account: Receiving,
    source: str,
    event_key: str,
    raw: bytes,
    why: Unreadable,
    *,
    received_at: datetime,
    at: datetime,
) -> Settled:
    """Nothing is booked: a person looks at what came and finds the movement in the statement."""
    shown = raw[:_RAW_SHOWN_MAX].decode("utf-8", "replace").replace("\0", "")
    line = BankLine(source, event_key, account.account_number, "in", 0, shown, received_at)
    await ledger.hold_till(tx, at=at)
    return await _Line(tx, account, line, received_at, at).put("unreadable", [why.reason])


class _Line(msgspec.Struct, frozen=True):
    """One line on its way into the books."""

    tx: SchoolTx
    account: Receiving
    line: BankLine
    received_at: datetime
    at: datetime

    async def put(
        self,
        state: State,
        reasons: Sequence[str],
        *,
        suggestions: Sequence[Suggestion] = (),
        duplicate_of: UUID | None = None,
    ) -> Settled:
        transaction_id = new_id()
        fresh = await transactions.insert(
            self.tx,
            transaction_id,
            self.account.bank_account_id,
            self.line,
            state,
            reasons,
            suggestions=suggestions,
            duplicate_of=duplicate_of,
            received_at=self.received_at,
            at=self.at,
        )
        return Settled(transaction_id, state, fresh)

    async def put_out(self) -> Settled:
        """Money that left the account is no bill's business, but the books follow the bank in both directions."""
        settled = await self.put("ignored", [self.line.own or "outgoing"])
        here = self.account.bank_account_id
        await self._book("left", ledger.outgoing(here), ledger.bank(here), settled)
        return settled

    async def put_own(self) -> Settled:
        """Interest and the like pay no bill. The account has it, so the books have it, under its own name."""
        settled = await self.put("ignored", [self.line.own or "own"])
        here = self.account.bank_account_id
        await self._book("arrived", ledger.bank(here), ledger.unallocated(here), settled)
        return settled

    async def put_in(self) -> Settled:
        decision, bills = await self._decide()
        if isinstance(decision, Match):
            settled = await self.put(decision.state, decision.reasons)
        elif isinstance(decision, Ambiguous):
            settled = await self.put(decision.state, decision.reasons, suggestions=decision.suggestions)
        else:
            settled = await self.put("unmatched", decision.reasons, suggestions=decision.suggestions)
        here = self.account.bank_account_id
        await self._book("arrived", ledger.bank(here), ledger.unallocated(here), settled)
        if isinstance(decision, Match):
            await self._lay(decision, bills, settled)
        return settled

    async def _decide(self) -> tuple[Decision, list[OpenBill]]:
        credit = (self.account.bank_account_id, self.line)
        (looked,) = await candidates.look(self.tx, self.account.reference_prefix, [credit])
        return looked.decide(), looked.bills

    async def _lay(self, decision: Match, bills: Sequence[OpenBill], settled: Settled) -> None:
        pupils = {open_bill.bill.invoice_id: open_bill.pupil_id for open_bill in bills}
        source = ledger.unallocated(self.account.bank_account_id)
        lays = [Lay(share.invoice_id, pupils[share.invoice_id], share.amount, source) for share in decision.shares]
        reason = " ".join(decision.reasons)
        await allocations.lay(self.tx, settled.transaction_id, lays, reason=reason, made_by=None, at=self.at)

    async def _book(self, kind: str, debit: ledger.Account, credit: ledger.Account, settled: Settled) -> None:
        transfer = Transfer(kind, debit, credit, self.line.amount, settled.transaction_id)
        await ledger.book(self.tx, [transfer], at=self.at, made_by=None)
