"""A statement beside the school's accounts and books: whose sections they are, what is new in them, and how that is shown."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from backend.core.database import SchoolTx
from backend.core.ids import new_id
from backend.spreadsheets.cells import Grid, text_of
from payments import tellings
from payments.banks import directory
from payments.statements import files
from payments.statements.files import OwnAccount
from payments.statements.plan import Planned, planned_lines, recognise
from payments.statements.reasons import BadLine
from payments.statements.shapes import Section, Statement
from payments.statements.totals import control
from schemas.statements import (
    BalanceBreak,
    StatementAccount,
    StatementBadRow,
    StatementColumn,
    StatementFile,
    StatementHead,
    StatementHeadRow,
    StatementLine,
    StatementReview,
)

_LINES_SHOWN, _BAD_SHOWN, _CELL_SHOWN = 200, 1000, 120


class Found(msgspec.Struct):
    """`ours`: by account. `differs`: the file is of this account of ours, though another was chosen."""

    statement: Statement
    ours: list[tuple[OwnAccount, list[Section]]]
    foreign: list[Section]
    own: list[OwnAccount]
    nobodys: bool = False
    differs: str | None = None
    other_bank: str | None = None
    planned: list[Planned] = []

    async def compare(self, tx: SchoolTx) -> None:
        """Which of the lines an earlier statement has brought."""
        numbers = [one.account_number for one in self.own]
        for account, sections in self.ours:
            planned = planned_lines(
                account.bank_account_id, account.account_number, account.reference_prefix, sections, numbers
            )
            if planned:
                days = [one.line.posted_on for one in planned]
                here = account.bank_account_id
                known = await files.known_keys(tx, tx.school_id, here, [one.key for one in planned])
                told = await files.told_by_files(tx, tx.school_id, here, min(days), max(days))
                recognise(planned, known, told)
                await _hear_other_doors(tx, planned)
            self.planned = [*self.planned, *planned]

    @property
    def bad(self) -> list[BadLine]:
        """Of the file and of our accounts; of another account only that it was not read."""
        ours = {id(section) for _, sections in self.ours for section in sections}
        found = list(self.statement.bad)
        for section in self.statement.sections:
            if id(section) in ours:
                found += section.bad
            else:
                value = f"{section.account_number or ''} ({len(section.lines)})"
                found.append(BadLine(section.sheet, section.header_row or 1, None, value, "another_account"))
        return found


async def _hear_other_doors(tx: SchoolTx, planned: Sequence[Planned]) -> None:
    """What settle will find when the file is applied: lines that a webhook or a pull has told already."""
    new = [(one, one.bank_line) for one in planned if one.transaction_id is None]
    book = await tellings.near(tx, [(one.bank_account_id, line) for one, line in new])
    for one, line in new:
        movement = book.told_before(one.bank_account_id, line)
        one.told = movement is not None
        book.add(tellings.telling_of(movement or new_id(), one.bank_account_id, line))


def of_ours(statement: Statement, own: Sequence[OwnAccount], bank_account_id: int | None) -> Found:
    found = Found(statement, [], [], list(own))
    chosen = next((one for one in own if one.bank_account_id == bank_account_id), None)
    by_account: dict[int, list[Section]] = {}
    for section in statement.sections:
        account = chosen if section.account_number is None else _account(section.account_number, own)
        if account is not None:
            by_account.setdefault(account.bank_account_id, []).append(section)
            if section.account_number is None and section.bank_bin not in (None, account.bank_bin):
                found.other_bank = section.bank_bin
        elif section.account_number is not None:
            found.foreign.append(section)
        else:
            found.nobodys = True
    found.ours = [(one, by_account[one.bank_account_id]) for one in own if one.bank_account_id in by_account]
    if chosen is not None and found.ours and chosen.bank_account_id not in by_account:
        found.differs = found.ours[0][0].account_number
    return found


def _account(number: str, own: Sequence[OwnAccount]) -> OwnAccount | None:
    """Leading noughts get lost in spreadsheets; without them the number must still be one account's alone."""
    exact = next((one for one in own if one.account_number.upper() == number), None)
    if exact is not None:
        return exact
    bare = number.lstrip("0")
    alike = [one for one in own if one.account_number.upper().lstrip("0") == bare]
    return alike[0] if len(alike) == 1 else None


def summed(file: StatementFile, found: Found) -> StatementFile:
    known = sum(one.transaction_id is not None for one in found.planned)
    told = sum(one.told for one in found.planned)
    return msgspec.structs.replace(
        file,
        lines_read=len(found.planned),
        lines_new=len(found.planned) - known - told,
        lines_known=known,
        lines_told=told,
        rows_unreadable=sum(wrong.severity == "row" for wrong in found.bad),
        agrees=all(control(section).agrees for _, sections in found.ours for section in sections),
    )


def review(file: StatementFile, found: Found, heads: Sequence[Grid]) -> StatementReview:
    return StatementReview(
        **msgspec.structs.asdict(file),
        accounts=[_shown_account(section, found) for section in found.statement.sections],
        lines=[_shown_line(one) for one in found.planned[:_LINES_SHOWN]],
        bad_rows=[shown_bad(wrong) for wrong in found.bad[:_BAD_SHOWN]],
        heads=[
            StatementHead(
                grid.name,
                [StatementHeadRow(row, [text_of(cell)[:_CELL_SHOWN] for cell in cells]) for row, cells in grid.rows],
            )
            for grid in heads
        ],
    )


def shown_bad(wrong: BadLine) -> StatementBadRow:
    return StatementBadRow(
        sheet=wrong.sheet,
        row=wrong.row,
        cell=wrong.cell,
        value=wrong.value,
        code=wrong.code,
        severity=wrong.severity,
        vi=wrong.vi,
        en=wrong.en,
    )


def _shown_account(section: Section, found: Found) -> StatementAccount:
    account = next((one for one, sections in found.ours if any(section is other for other in sections)), None)
    totals = control(section)
    days = [line.posted_on for line in section.lines]
    bank_bin = account.bank_bin if account is not None else section.bank_bin
    return StatementAccount(
        layout=section.layout,
        bank_account_id=account.bank_account_id if account is not None else None,
        bank_name=directory.bank_name(bank_bin) if bank_bin else None,
        account_number=section.account_number or (account.account_number if account is not None else None),
        ours=account is not None,
        sheet=section.sheet,
        first_on=section.opened_on or (min(days) if days else None),
        last_on=section.closed_on or (max(days) if days else None),
        lines_read=len(section.lines),
        credits=totals.credits,
        debits=totals.debits,
        opening=totals.opening,
        closing=totals.closing,
        computed=totals.computed,
        difference=totals.difference,
        printed_credits_difference=totals.printed_credits_difference,
        printed_debits_difference=totals.printed_debits_difference,
        balances=totals.balances,
        breaks_count=totals.breaks_count,
        breaks=[BalanceBreak(one.row, one.expected, one.printed) for one in totals.breaks],
        agrees=totals.agrees,
        header_row=section.header_row,
        signature=section.signature,
        columns=[StatementColumn(title, role) for title, role in zip(section.titles, section.roles, strict=True)],
    )


def _shown_line(one: Planned) -> StatementLine:
    line = one.line
    return StatementLine(
        sheet=line.sheet,
        row=line.row,
        account_number=one.account_number,
        posted_on=line.posted_on,
        made_on=line.made_on,
        made_at=line.made_at,
        value_on=line.value_on,
        direction=line.direction,
        amount=line.amount,
        memo=line.memo,
        reference=line.reference,
        own=one.own,
        state="told" if one.told else "new" if one.transaction_id is None else "known",
        transaction_id=one.transaction_id,
    )
