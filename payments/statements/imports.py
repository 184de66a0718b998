"""An uploaded statement from the upload to the books: kept sealed, looked at as often as wanted, applied once.

Reading a file takes the processor, so it happens in a thread and never inside a transaction; applying is one transaction
that first takes the school's till, like everybody who moves its money.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.crypto import Cipher
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import INVALID, NOT_FOUND, FieldError, Problem, problem
from backend.core.text import clean
from backend.identity.audit import record
from backend.identity.entitlement import require_role
from backend.identity.principal import Principal
from backend.spreadsheets.refusals import REFUSALS, FileRefused
from payments import ledger
from payments.banks import directory
from payments.statements import day_ends, files, mapping
from payments.statements.apply import put
from payments.statements.columns import Role
from payments.statements.errors import errors_copy
from payments.statements.files import Kept
from payments.statements.read import FILE_BYTES_MAX, first_rows, read_statement
from payments.statements.review import Found, of_ours, review, summed
from payments.statements.shapes import Statement
from schemas.statements import ColumnMapping, StatementFile, StatementReview

UNREADABLE = {
    code: problem(f"statement-{code.replace('_', '-')}", 422, vi=vi, en=en) for code, (vi, en) in REFUSALS.items()
}
NOT_OURS = problem(
    "statement-not-ours",
    422,
    vi="Sao kê này là của tài khoản {account}, không phải tài khoản của trường.",
    en="This statement is of account {account}, which is not an account of the school.",
)
ACCOUNT_DIFFERS = problem(
    "statement-account-differs",
    422,
    vi="Sao kê này là của tài khoản {account}, không phải tài khoản đã chọn.",
    en="This statement is of account {account}, not of the account that was chosen.",
)
BANK_DIFFERS = problem(
    "statement-bank-differs",
    422,
    vi="Mẫu sao kê này là của {bank}, không phải ngân hàng của tài khoản đã chọn.",
    en="This is a statement of {bank}, not of the chosen account's bank.",
)
NOTHING_TO_APPLY = problem(
    "statement-nothing-to-apply",
    409,
    vi="Chưa đọc được giao dịch nào trong tệp; hãy chỉ ra các cột trước.",
    en="No movement could be read in the file yet; please say what its columns mean first.",
)
_ACCOUNT_NEEDED = (
    "Tệp không ghi số tài khoản; hãy chọn tài khoản của sao kê này.",
    "The file names no account; please choose whose statement this is.",
)
_NO_SUCH_ACCOUNT = ("Trường không có tài khoản này.", "The school has no such account.")
_Result = TypeVar("_Result")
_READERS = ("accountant", "school_admin")
_FILE_NAME_MAX = 200
# From here on the planner's idea of the books is wrong enough to matter: their check took minutes instead of a second.
_MANY = 1000
# Reading takes a processor and some memory; more at a time would only slow each other, and everybody else, down.
_READING = asyncio.Semaphore(2)


async def upload(
    house: House, who: Principal, school_id: int, data: bytes, file_name: str, bank_account_id: int | None = None
) -> StatementReview:
    """The dry run. The same bytes again are the same statement: whoever uploads them sees what became of them."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, "accountant", on=school_day(now))
        earlier = await files.same_file(tx, data)
        if earlier is not None and bank_account_id is not None:
            await _is_own(tx, bank_account_id)
            await files.choose_account(tx, earlier, bank_account_id)
        saved = await files.mappings(tx, school_id)
    if earlier is not None:
        return await look(house, who, school_id, earlier)
    file_name = clean(file_name)[-_FILE_NAME_MAX:] or "sao-ke"
    statement = await _read(data, file_name, saved)
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, "accountant", on=school_day(now))
        file = StatementFile(
            statement_id=new_id(), file_name=file_name, state="read", uploaded_at=now, kind=statement.kind
        )
        found = await _found(tx, statement, bank_account_id)
        file = summed(file, found)
        await _keep_once(tx, house.cipher, file, data, bank_account_id, who.account_id)
        detail = {"lines": file.lines_read, "new": file.lines_new, "unreadable": file.rows_unreadable}
        await record(tx, "statement.read", "statement", file.statement_id, at=now, actor=who.account_id, detail=detail)
    return await _review(file, found, data)


async def _keep_once(
    tx: SchoolTx, cipher: Cipher, file: StatementFile, data: bytes, bank_account_id: int | None, by: UUID | None
) -> None:
    """Two uploads of the same file at the same moment: the till lets the second one see the first."""
    await ledger.hold_till(tx, at=file.uploaded_at)
    if (earlier := await files.same_file(tx, data)) is not None:
        file.statement_id = earlier
        return
    await files.keep(tx, cipher, file, data, bank_account_id, by)


async def look(house: House, who: Principal, school_id: int, statement_id: UUID) -> StatementReview:
    """What the kept file would do to the books as they stand now; of an applied one, what it holds."""
    kept, statement = await _kept(house, who, school_id, statement_id)
    async with house.database.school(school_id) as tx:
        found = await _found(tx, statement, kept.bank_account_id)
    file = summed(kept.file, found) if kept.file.state == "read" else kept.file
    return await _review(file, found, kept.data)


async def list_statements(house: House, who: Principal, school_id: int) -> list[StatementFile]:
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, *_READERS, on=school_day(house.clock.now()))
        return await files.listed(tx, school_id)


async def errors(house: House, who: Principal, school_id: int, statement_id: UUID) -> tuple[bytes, str, str]:
    """(bytes, file name, media type): the same file with a column of errors, nothing in it a formula."""
    kept, statement = await _kept(house, who, school_id, statement_id)
    return await asyncio.to_thread(errors_copy, kept.data, kept.file.file_name, statement)


async def choose(house: House, who: Principal, school_id: int, statement_id: UUID, order: ColumnMapping) -> StatementReview:  # fmt: skip
    """A person says what the columns mean; the next files with this heading are read the same way."""
    now = house.clock.now()
    kept, statement = await _kept(house, who, school_id, statement_id, "accountant")
    titles, signature = await asyncio.to_thread(mapping.heading, kept.data, kept.file.file_name, statement, order)
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, "accountant", on=school_day(now))
        await _is_own(tx, order.bank_account_id, "/bank_account_id")
        await files.keep_mapping(tx, order.bank_account_id, signature, titles, order.roles, who.account_id, now)
        await files.choose_account(tx, statement_id, order.bank_account_id)
        await record(tx, "statement.columns_said", "statement", statement_id, at=now, actor=who.account_id)
    return await look(house, who, school_id, statement_id)


async def apply(house: House, who: Principal, school_id: int, statement_id: UUID) -> StatementFile:
    """Books the kept file, once: asking again answers what was done then."""
    now = house.clock.now()
    kept, statement = await _kept(house, who, school_id, statement_id, "accountant")
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, "accountant", on=school_day(now))
        return await book(tx, kept, statement, now=now, by=who.account_id)


async def book(tx: SchoolTx, kept: Kept, statement: Statement, *, now: datetime, by: UUID | None) -> StatementFile:
    """In the caller's transaction, under the till."""
    await ledger.hold_till(tx, at=now)
    if (done := await files.applied(tx, kept.file.statement_id)) is not None:
        return done
    found = await _found(tx, statement, kept.bank_account_id)
    if not found.planned:
        raise NOTHING_TO_APPLY()
    told = await put(tx, kept.file.statement_id, found.planned, received_at=kept.file.uploaded_at, at=now)
    for account, sections in found.ours:
        await day_ends.keep(
            tx, kept.file.statement_id, account.bank_account_id, sections, came_at=kept.file.uploaded_at, at=now
        )
    if len(found.planned) >= _MANY:
        await tx.execute("SELECT app.refresh_money_statistics()")
    file = msgspec.structs.replace(summed(kept.file, found), state="applied", applied_at=now)
    file.lines_told, file.lines_new = told, file.lines_new + file.lines_told - told
    await files.mark_applied(tx, file, by)
    detail = {"lines": file.lines_read, "new": file.lines_new, "known": file.lines_known, "told": file.lines_told}
    kind = "account" if by is not None else "command"
    await record(tx, "statement.applied", "statement", file.statement_id, at=now, actor=by, actor_kind=kind, detail=detail)  # fmt: skip
    return file


async def from_command(
    tx: SchoolTx, cipher: Cipher, data: bytes, file_name: str, account: str | None, *, dry_run: bool, now: datetime
) -> tuple[StatementFile, Statement]:
    """The same flow for who sits at the server; `account`: the number of the receiving account where the file names none."""
    own = await files.own_accounts(tx, tx.school_id)
    chosen = next((one.bank_account_id for one in own if one.account_number == account), None)
    if account is not None and chosen is None:
        raise NOT_OURS(account=account)
    file_name = clean(file_name)[-_FILE_NAME_MAX:] or "sao-ke"
    statement = await _read(data, file_name, await files.mappings(tx, tx.school_id))
    file = StatementFile(statement_id=new_id(), file_name=file_name, state="read", uploaded_at=now, kind=statement.kind)
    found = await _found(tx, statement, chosen)
    if dry_run:
        return summed(file, found), statement
    await _keep_once(tx, cipher, file, data, chosen, None)
    kept = await files.kept(tx, cipher, tx.school_id, file.statement_id)
    assert kept is not None, "it has just been kept"
    return await book(tx, kept, statement, now=now, by=None), statement


async def _found(tx: SchoolTx, statement: Statement, bank_account_id: int | None) -> Found:
    """Raises when the statement is of no account of this school, or nobody has said of which."""
    own = await _is_own(tx, bank_account_id)
    found = of_ours(statement, own, bank_account_id)
    if found.foreign and not found.ours:
        raise NOT_OURS(account=found.foreign[0].account_number or "")
    if found.differs is not None:
        raise ACCOUNT_DIFFERS(account=found.differs)
    if found.nobodys:
        raise INVALID(FieldError("?bank_account_id", *_ACCOUNT_NEEDED))
    if found.other_bank is not None:
        raise BANK_DIFFERS(bank=directory.bank_name(found.other_bank))
    await found.compare(tx)
    return found


async def _is_own(
    tx: SchoolTx, bank_account_id: int | None, pointer: str = "?bank_account_id"
) -> list[files.OwnAccount]:
    """All accounts of the school, of which this must be one where it is named."""
    own = await files.own_accounts(tx, tx.school_id)
    if bank_account_id is not None and all(one.bank_account_id != bank_account_id for one in own):
        raise INVALID(FieldError(pointer, *_NO_SUCH_ACCOUNT))
    return own


async def _kept(
    house: House, who: Principal, school_id: int, statement_id: UUID, *roles: str
) -> tuple[Kept, Statement]:
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, *(roles or _READERS), on=school_day(house.clock.now()))
        kept = await files.kept(tx, house.cipher, school_id, statement_id)
        saved = await files.mappings(tx, school_id)
    if kept is None:
        raise NOT_FOUND()
    return kept, await _read(kept.data, kept.file.file_name, saved)


async def _read(data: bytes, file_name: str, saved: dict[str, tuple[Role, ...]]) -> Statement:
    return await _in_thread(lambda: read_statement(data, file_name, saved))


async def _review(file: StatementFile, found: Found, data: bytes) -> StatementReview:
    heads = [] if found.statement.sections else await _in_thread(lambda: first_rows(data, file.file_name))
    return review(file, found, heads)


async def _in_thread(deed: Callable[[], _Result]) -> _Result:
    try:
        async with _READING:
            return await asyncio.to_thread(deed)
    except FileRefused as refusal:
        raise refused(refusal) from refusal


def refused(refusal: FileRefused) -> Problem:
    return UNREADABLE[refusal.code](limit=refusal.limit)


__all__ = ["FILE_BYTES_MAX", "apply", "choose", "errors", "list_statements", "look", "upload"]
