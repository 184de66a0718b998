"""Puts money where arrange.py says: reads what hangs together, moves only what has to move, and names the state of each movement.

It owns no table. Money that steps aside is taken back and laid again by new rows; nothing is edited. What lies on bills from
a person, or from a day whose books are closed, stays where it is.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.core.database import SchoolTx
from backend.core.versions import touch_families
from payments import allocations, arrange, board, candidates, claims, ledger, transactions
from payments.allocations import LaidBefore, Lay
from payments.arrange import Claim, Group
from payments.banks.line import BankLine
from payments.board import Known, Standing, Whole
from payments.claims import Board, Code, Doubt, Movement, OpenBill, Reading
from payments.match import Suggestion
from payments.references import How
from payments.transactions import WAITING, Row, State


class Done(msgspec.Struct):
    """What is to be written: rows of fresh movements, new states of known ones, and what moves."""

    rows: list[Row]
    rejudged: list[Row]
    codes: list[tuple[str, str, UUID]]
    back: list[LaidBefore]
    lays: list[Lay]


async def arranged(
    tx: SchoolTx,
    fresh: Mapping[UUID, tuple[Movement, BankLine]],
    told_again: Mapping[UUID, Sequence[BankLine]],
    invoice_ids: Sequence[UUID],
    *,
    at: datetime,
) -> Done:
    """Nothing is written. The lines of `told_again` are in the table already, beside the movement they tell."""
    done = Done([], [], [], [], [])
    if not fresh and not told_again and not invoice_ids:
        return done
    readings = {id_: (movement, claims.read(movement)) for id_, (movement, _) in fresh.items()}
    whole = await board.gather(tx, list(readings.values()), invoice_ids, list(told_again))
    await _look_around(tx, whole, readings, told_again)
    work = _Work(whole, readings, told_again, ledger.closed_through(tx))
    work.judge()
    work.move()
    for id_, (movement, line) in fresh.items():
        row = Row(id_, movement.bank_account_id, line, "unmatched", ())
        _name_state(work, row, *readings[id_])
        done.rows.append(row)
        done.codes += _codes(*readings[id_])
    for id_ in work.to_rejudge():
        known = whole.known[id_]
        row = Row(id_, known.movement.bank_account_id, _NO_LINE, "unmatched", ())
        _name_state(work, row, known.movement, known.reading)
        done.rejudged.append(row)
        done.codes += _codes(known.movement, known.reading)
    done.back, done.lays = work.back, work.lays
    return done


async def _look_around(
    tx: SchoolTx, whole: Whole, fresh: dict[UUID, tuple[Movement, Reading]], told_again: Container[UUID]
) -> None:
    """What else matching wants to know of those that are still to be judged."""
    waiting = {id_: one for id_, one in whole.known.items() if one.laid < one.movement.amount or id_ in told_again}
    pairs = {**fresh, **{id_: (one.movement, one.reading) for id_, one in waiting.items()}}
    by_prefix: dict[str, list[UUID]] = {}
    for id_, (movement, _) in pairs.items():
        by_prefix.setdefault(movement.prefix, []).append(id_)
    for prefix, ids in by_prefix.items():
        looks = await candidates.look(tx, prefix, [_as_line(*pairs[id_]) for id_ in ids])
        for id_, look in zip(ids, looks, strict=True):
            movement, reading = pairs[id_]
            found = look.found if len(set(movement.memos)) == 1 else reading.found
            more = msgspec.structs.replace(
                reading, found=found, beside=tuple(look.bills), hints=look.hints, said=look.said
            )
            if id_ in fresh:
                fresh[id_] = (movement, more)
            else:
                whole.known[id_] = msgspec.structs.replace(waiting[id_], reading=more)


def _as_line(movement: Movement, reading: Reading) -> tuple[int, BankLine]:
    line = msgspec.structs.replace(
        _NO_LINE,
        amount=movement.amount,
        memo=reading.memo.raw,
        payer_account=movement.payer_account,
        payer_name=movement.payer_name,
    )
    return movement.bank_account_id, line


async def put(tx: SchoolTx, done: Done, *, at: datetime) -> None:
    """After the fresh rows stand in the table and in the books."""
    # Families first: see allocations.lay.
    if done.back:
        await touch_families(tx, list({*(one.pupil_id for one in done.back), *(one.pupil_id for one in done.lays)}))
    await allocations.take_back(tx, done.back, reason="stepped_aside", made_by=None, at=at)
    await allocations.lay(tx, done.lays, made_by=None, at=at)
    await transactions.rejudge(tx, done.rejudged, at=at)


_NO_LINE = BankLine("", "", "", "in", 0, "", datetime.min)


class _Work(msgspec.Struct):
    whole: Whole
    fresh: dict[UUID, tuple[Movement, Reading]]
    told_again: Mapping[UUID, Sequence[BankLine]]
    closed_through: date | None
    claims: dict[UUID, Claim] = {}
    doubts: dict[UUID, Doubt] = {}
    fixed: list[Standing] = []
    target: arrange.Lays = {}
    laid_on: dict[UUID, int] = {}
    back: list[LaidBefore] = []
    lays: list[Lay] = []

    def judge(self) -> None:
        """The claim of every movement on the board, or why it has none."""
        by_reference = self.whole.board.by_reference()
        lying: dict[UUID, list[Standing]] = {}
        for one in self.whole.standing:
            lying.setdefault(one.transaction_id, []).append(one)
        for id_, (movement, reading) in self.fresh.items():
            self._keep(id_, claims.judge(movement, reading, self.whole.board, by_reference))
        for id_, known in self.whole.known.items():
            self._judge_known(id_, known, lying.get(id_, []), by_reference)
        self.fixed = [one for one in self.whole.standing if self._is_fixed(one)]

    def _judge_known(
        self, id_: UUID, known: Known, lying: Sequence[Standing], by_reference: Mapping[str, OpenBill]
    ) -> None:
        told_more = self._tells_more(known)
        whole = known.laid == known.movement.amount and all(one.basis == "named" for one in lying)
        if whole and id_ not in self.told_again:
            self.claims[id_] = _as_it_lies(known, lying)
            return
        verdict = claims.judge(known.movement, known.reading, self.whole.board, by_reference)
        if isinstance(verdict, Doubt) and verdict.of_words and id_ in self.told_again:
            # One door cut off what another tells.
            self.doubts[id_] = verdict
        elif whole and not told_more:
            # It has all it wanted; a bill that changed since is nothing new against it.
            self.claims[id_] = _as_it_lies(known, lying)
        elif isinstance(verdict, Claim) or told_more or not known.laid:
            self._keep(id_, verdict)

    def _keep(self, id_: UUID, verdict: Claim | Doubt) -> None:
        if isinstance(verdict, Claim):
            self.claims[id_] = verdict
        else:
            self.doubts[id_] = verdict

    def _tells_more(self, known: Known) -> bool:
        """Did the lines that just came name a code that nobody had named before?"""
        new = self.told_again.get(known.movement.transaction_id, ())
        if not new:
            return False
        memos = list(known.movement.memos)
        for line in new:
            memos.remove(line.memo)
        before = claims.read(msgspec.structs.replace(known.movement, memos=tuple(memos)))
        virtual_before = known.movement.virtual_account not in {line.virtual_account for line in new}
        return before.exact != known.reading.exact or (
            not virtual_before and known.movement.virtual_account is not None
        )

    def _is_fixed(self, one: Standing) -> bool:
        """Not ours to move: a person's, a closed day's, or of a movement that nothing here can judge."""
        judged = one.transaction_id in self.claims or one.transaction_id in self.doubts
        return not judged or (self.closed_through is not None and one.made_on <= self.closed_through)

    def move(self) -> None:
        """What is taken back and what is laid, so that everything lies where it belongs."""
        bills = self.whole.board.bills
        fixed_ids = {one.allocation_id for one in self.fixed}
        open_amounts = {id_: one.open_amount for id_, one in bills.items()}
        held_back: dict[tuple[UUID, UUID], int] = {}
        for one in self.fixed:
            open_amounts[one.invoice_id] -= one.amount
            key = (one.transaction_id, one.invoice_id)
            held_back[key] = held_back.get(key, 0) + one.amount
        movable = [one for one in self.whole.standing if one.allocation_id not in fixed_ids]
        standing: dict[tuple[UUID, UUID], int] = {}
        for one in movable:
            key = (one.transaction_id, one.invoice_id)
            standing[key] = standing.get(key, 0) + one.amount
        wanting = [_less(claim, held_back) for claim in self.claims.values()]
        self.target = arrange.arrange(open_amounts, wanting, self._groups(), standing)
        for (_, bill), amount in (*held_back.items(), *self.target.items()):
            self.laid_on[bill] = self.laid_on.get(bill, 0) + amount
        self._difference(movable, standing)
        for key, amount in held_back.items():
            self.target[key] = self.target.get(key, 0) + amount

    def _groups(self) -> list[Group]:
        board = self.whole.board
        accounts = {code.group: code.bank_account_id for code in (*board.codes.values(), *board.virtual.values())}
        groups = []
        for key, ids in board.group_bills.items():
            bills = [board.bills[id_] for id_ in ids if id_ in board.bills]
            ours = [one.due for one in bills if one.bill.bank_account_id == accounts[key]]
            groups.append(Group(key, tuple(due.invoice_id for due in sorted(ours, key=arrange.turn))))
        return groups

    def _difference(self, movable: Sequence[Standing], standing: Mapping[tuple[UUID, UUID], int]) -> None:
        lies = dict(standing)
        for one in reversed(movable):
            key = (one.transaction_id, one.invoice_id)
            if lies[key] > self.target.get(key, 0):
                lies[key] -= one.amount
                self.back.append(
                    LaidBefore(
                        one.allocation_id,
                        one.transaction_id,
                        one.invoice_id,
                        one.pupil_id,
                        one.bank_account_id,
                        one.amount,
                    )
                )
        for key, amount in self.target.items():
            missing = amount - lies.get(key, 0)
            if missing:
                self.lays.append(self._lay(*key, missing, quiet=amount <= standing.get(key, 0)))

    def _lay(self, transaction_id: UUID, invoice_id: UUID, amount: int, *, quiet: bool) -> Lay:
        movement = self.movement(transaction_id)
        source = ledger.unallocated(movement.bank_account_id)
        pupil_id = self.whole.board.bills[invoice_id].pupil_id
        basis: allocations.Basis = "named" if self.claims[transaction_id].group is None else "flexible"
        reason = " ".join(self.reasons(transaction_id))
        return Lay(transaction_id, invoice_id, pupil_id, amount, source, basis, reason, quiet)

    def movement(self, id_: UUID) -> Movement:
        return self.fresh[id_][0] if id_ in self.fresh else self.whole.known[id_].movement

    def reading(self, id_: UUID) -> Reading:
        return self.fresh[id_][1] if id_ in self.fresh else self.whole.known[id_].reading

    def shares(self, id_: UUID) -> dict[UUID, int]:
        claim = self.claims[id_]
        bills = self._group_bills(claim) if claim.group else [want.invoice_id for want in claim.wants]
        return {bill: self.target[(id_, bill)] for bill in bills if self.target.get((id_, bill))}

    def _group_bills(self, claim: Claim) -> list[UUID]:
        return self.whole.board.group_bills.get(claim.group or "", [])

    def state(self, id_: UUID) -> State:
        shares = self.shares(id_)
        if sum(shares.values()) < self.claims[id_].amount:
            return "over"
        return "settled" if all(self._is_paid(bill) for bill in shares) else "part"

    def _is_paid(self, invoice_id: UUID) -> bool:
        return self.laid_on[invoice_id] >= self.whole.board.bills[invoice_id].open_amount

    def reasons(self, id_: UUID) -> tuple[str, str]:
        """By which word, and how the amount fits."""
        claim, state = self.claims[id_], self.state(id_)
        if state == "over":
            fits = "amount_more" if self.shares(id_) else "bill_paid"
        else:
            fits = "amount_equal" if state == "settled" else "amount_less"
        return (_by_which_word(claim, self.movement(id_), self.reading(id_), self.whole.board), fits)

    def to_rejudge(self) -> list[UUID]:
        """Known movements whose money moved, that were told again, or that waited and need not any more."""
        moved = {*(one.transaction_id for one in self.back), *(one.transaction_id for one in self.lays)} - set(
            self.fresh
        )
        again = {id_ for id_ in self.told_again if id_ in self.doubts or id_ in self.claims}
        waited = {
            id_
            for id_, known in self.whole.known.items()
            if id_ in self.claims and known.state in WAITING and known.state != self.state(id_)
        }
        return sorted(moved | again | waited)


def _as_it_lies(known: Known, lying: Sequence[Standing]) -> Claim:
    wants: dict[UUID, int] = {}
    for one in lying:
        wants[one.invoice_id] = wants.get(one.invoice_id, 0) + one.amount
    return Claim(
        known.movement.transaction_id,
        known.movement.amount,
        tuple(arrange.Want(bill, amount) for bill, amount in wants.items()),
    )


def _less(claim: Claim, held_back: Mapping[tuple[UUID, UUID], int]) -> Claim:
    """What is left to arrange of a claim of which a part lies on a closed day."""
    mine = {bill: amount for (id_, bill), amount in held_back.items() if id_ == claim.transaction_id}
    if not mine:
        return claim
    wants = [arrange.Want(w.invoice_id, max(w.amount - mine.get(w.invoice_id, 0), 0)) for w in claim.wants]
    return msgspec.structs.replace(claim, amount=max(claim.amount - sum(mine.values()), 0), wants=tuple(wants))


def _by_which_word(claim: Claim, movement: Movement, reading: Reading, board: Board) -> str:
    if claim.group is not None:
        code: Code | None = next((board.codes[one.code] for one in reading.exact if one.code in board.codes), None)
        return "virtual_account" if code is None else f"{code.kind}_code"
    if len(claim.wants) > 1:
        return "several_references"
    by_reference = {one.code: one.how for one in reading.exact}
    bill = board.bills.get(claim.wants[0].invoice_id) if claim.wants else None
    how = by_reference.get(bill.bill.reference) if bill is not None else None
    return "reference_run_together" if how is How.RUN_TOGETHER else "reference_word"


def _codes(movement: Movement, reading: Reading) -> list[tuple[str, str, UUID]]:
    codes = [(one.code, one.how.value, movement.transaction_id) for one in reading.exact]
    if movement.virtual_account:
        codes.append((movement.virtual_account, "virtual", movement.transaction_id))
    return codes


def _name_state(work: _Work, row: Row, movement: Movement, reading: Reading) -> None:
    id_ = row.transaction_id
    if id_ in work.claims:
        row.state, row.reasons = work.state(id_), work.reasons(id_)
        if row.state == "over":
            named = [work.whole.board.bills[want.invoice_id] for want in work.claims[id_].wants][:3]
            row.suggestions = [Suggestion(one.bill.invoice_id, one.bill.reference, 100, row.reasons) for one in named]
        return
    doubt = work.doubts[id_]
    row.state, row.reasons = doubt.state, doubt.reasons
    row.suggestions = claims.suggestions(doubt)
