"""Closing a day: does the bank, or the box, hold what the books say? It owns day_closes and account_openings.

A person closes an account's day with what the imported statement says, what the bank told otherwise, or what was counted. The
close keeps the day's movements as lines of text, their hash, and a seal over all of it that only the house can make. Whatever
reaches that day afterwards is not hidden: it is told beside the close, and closing again adds a revision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date
from typing import Any
from uuid import UUID

from backend.core.clock import school_day
from backend.core.crypto import Cipher, same
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, FieldError, problem
from backend.core.text import clean
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments import ledger
from payments.reports.day import DayOfAccount, KeptClose, line_of, one_account, read, sums_of
from payments.reports.moves import Door
from schemas.reports import AccountClose, ClosedBy, DayClose, NewDayClose, NewOpening, Sealed

OPENING_SET = problem(
    "account-opening-set",
    409,
    vi="Tài khoản này đã có số dư đầu kỳ khác.",
    en="This account already has another opening balance.",
)

_PURPOSE = "day-close"


async def day(door: Door, cipher: Cipher, school_id: int, on: date) -> DayClose:
    found = await read(door, school_id, on, None)
    return DayClose(found.school_name, on, [_shown(cipher, school_id, on, account) for account in found.accounts])


async def close_day(house: House, actor: UUID, school_id: int, new: NewDayClose) -> Sealed:
    """Under the till, so that nothing reaches the day while it is added up. The same close sent again adds nothing."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        await ledger.hold_till(tx, at=now)
        account = one_account(await read(tx, school_id, new.on, new.bank_account_id))
        if new.on > school_day(now):
            raise INVALID(FieldError("/on", "Ngày này chưa đến.", "This day has not come yet."))
        sums = sums_of(account)
        note = clean(new.note or "") or None
        stated, stated_by = _stated(account, new.stated)
        if note is None:
            _refuse_unexplained(account, stated, sums.closing)
        last = account.close
        told = (sums.lines, stated, stated_by, note)
        if last is not None and (last.lines, last.stated, last.stated_by, last.note) == told:
            return Sealed(last.revision, last.seal)
        made = KeptClose(
            revision=last.revision + 1 if last else 1,
            opening=account.opening,
            received=sums.received,
            spent=sums.spent,
            closing=sums.closing,
            stated=stated,
            stated_by=stated_by,
            note=note,
            lines=sums.lines,
            lines_hash=_hash(sums.lines),
            seal="",
            closed_by=actor,
            closed_by_name=None,
            closed_at=now,
        )
        seal = _seal(house.cipher, school_id, new.bank_account_id, new.on, made)
        await _insert(tx, new.bank_account_id, new.on, made, seal)
        await audit.record(
            tx,
            "day.closed",
            "bank_account",
            new.bank_account_id,
            at=now,
            actor=actor,
            detail={"on": new.on.isoformat(), "revision": made.revision, "difference": stated - sums.closing},
        )
    return Sealed(made.revision, seal)


def _stated(account: DayOfAccount, said: int | None) -> tuple[int, str]:
    """What the account is said to hold, and by whom. A box is counted; the bank's own statement goes before what a person read."""
    if said is None and account.by_statement is None:
        raise INVALID(FieldError("/stated", "Hãy nhập số dư của ngày này.", "Enter the balance of this day."))
    if account.by_statement is not None and said in (None, account.by_statement):
        return account.by_statement, "statement"
    assert said is not None, "refused above"
    return said, "count" if account.kind == "cash" else "person"


def _refuse_unexplained(account: DayOfAccount, stated: int, closing: int) -> None:
    if stated != closing:
        raise INVALID(
            FieldError("/note", "Số liệu lệch với sổ: hãy ghi giải trình.", "This differs from the books: say why.")
        )
    if account.by_statement not in (None, stated):
        raise INVALID(
            FieldError(
                "/note", "Số liệu lệch với sao kê: hãy ghi giải trình.", "This differs from the statement: say why."
            )
        )


async def bring_forward(house: House, actor: UUID, school_id: int, new: NewOpening) -> None:
    """Once an account: later differences belong to a day's close and its note."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        await ledger.hold_till(tx, at=now)
        account = one_account(await read(tx, school_id, max(new.on, school_day(now)), new.bank_account_id))
        if account.opened_on is not None:
            raise OPENING_SET()
        await tx.execute(
            """
            INSERT INTO account_openings (school_id, bank_account_id, opening_on, amount, made_by, made_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            """,
            school_id,
            new.bank_account_id,
            new.on,
            new.amount,
            actor,
            now,
        )
        detail = {"on": new.on.isoformat(), "amount": new.amount}
        await audit.record(
            tx, "account.opening", "bank_account", new.bank_account_id, at=now, actor=actor, detail=detail
        )


def _hash(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _seal(cipher: Cipher, school_id: int, bank_account_id: int, on: date, close: KeptClose) -> str:
    fields: tuple[Any, ...] = (
        school_id,
        bank_account_id,
        on.isoformat(),
        close.revision,
        close.opening,
        close.received,
        close.spent,
        close.closing,
        close.stated,
        close.stated_by,
        close.note or "",
        close.lines_hash,
        close.closed_by,
        close.closed_at.astimezone(UTC).isoformat(timespec="microseconds"),
    )
    return cipher.blind_index("\n".join(map(str, fields)), _PURPOSE).hex()


async def _insert(tx: SchoolTx, bank_account_id: int, on: date, close: KeptClose, seal: str) -> None:
    await tx.execute(
        """
        INSERT INTO day_closes
               (school_id, bank_account_id, closed_on, revision, opening, received, spent, closing, stated, stated_by,
                note, lines, lines_hash, seal, closed_by, closed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        """,
        tx.school_id,
        bank_account_id,
        on,
        close.revision,
        close.opening,
        close.received,
        close.spent,
        close.closing,
        close.stated,
        close.stated_by,
        close.note,
        close.lines,
        bytes.fromhex(close.lines_hash),
        bytes.fromhex(seal),
        close.closed_by,
        close.closed_at,
    )


def _shown(cipher: Cipher, school_id: int, on: date, account: DayOfAccount) -> AccountClose:
    sums = sums_of(account)
    close = account.close
    stated = close.stated if close else None
    return AccountClose(
        bank_account_id=account.bank_account_id,
        name=account.name,
        kind=account.kind,
        opened_on=account.opened_on,
        opening=account.opening,
        received=sums.received,
        spent=sums.spent,
        closing=sums.closing,
        by_statement=account.by_statement,
        stated=stated,
        difference=None if stated is None else stated - sums.closing,
        movements=list(account.movements),
        close=None if close is None else _closed(cipher, school_id, on, account, close),
    )


def _closed(cipher: Cipher, school_id: int, on: date, account: DayOfAccount, close: KeptClose) -> ClosedBy:
    now = {line_of(one): one for one in account.movements}
    then = set(close.lines)
    intact = close.lines_hash == _hash(close.lines) and same(
        close.seal, _seal(cipher, school_id, account.bank_account_id, on, close)
    )
    return ClosedBy(
        revision=close.revision,
        closing=close.closing,
        stated=close.stated,
        stated_by=close.stated_by,  # type: ignore[arg-type]
        note=close.note,
        closed_by=close.closed_by_name,
        closed_at=close.closed_at,
        seal=close.seal,
        intact=intact,
        added=[one for line, one in now.items() if line not in then],
        vanished=[line for line in close.lines if line not in now],
    )
