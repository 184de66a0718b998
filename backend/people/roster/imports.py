"""An uploaded roster from the upload to the roll: kept sealed, looked at as often as wanted, applied once. It owns roster_imports.

Reading a file takes about a second of the processor, so it happens in a thread and never inside a transaction.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
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
from backend.identity.principal import Principal, require_second_factor
from backend.people import personal_id
from backend.people.roster.apply import Deed, Progress, apply_plan
from backend.people.roster.plan import Plan, make_plan
from backend.people.roster.review import counts, review
from backend.people.roster.snapshot import Snapshot, read_snapshot, school_years
from backend.people.roster.understand import understand
from backend.spreadsheets.errors_file import errors_file
from backend.spreadsheets.refusals import REFUSALS, FileRefused
from schemas.roster import RosterImport, RosterReview, Understood

# The file cannot be read at all: one problem for each of the reader's refusals, with its sentences.
UNREADABLE = {
    code: problem(f"roster-{code.replace('_', '-')}", 422, vi=vi, en=en) for code, (vi, en) in REFUSALS.items()
}
ROSTER_CLASH = problem(
    "roster-clash",
    409,
    vi="Sổ học sinh vừa thay đổi: một mã số trong tệp đã thuộc về học sinh khác. Xin xem lại và thử lần nữa.",
    en="The roll has just changed: a number in the file belongs to another pupil by now. Please look again and retry.",
)
_NO_YEAR = ("Trường không có năm học này.", "The school has no such year.")
_SEALED_FOR = "roster-file"
_KEPT_DAYS = 90
_FILE_NAME_MAX = 200
_LISTED_MAX = 50
# From here on the planner's idea of the roll is wrong enough to matter (see app.refresh_roll_statistics).
_MANY_NEW = 300
# Reading takes a processor and some memory; more at a time would only slow each other, and everybody else, down.
_READING = asyncio.Semaphore(2)


async def upload(
    house: House, who: Principal, school_id: int, data: bytes, file_name: str, school_year: str | None
) -> RosterReview:
    """The dry run. The file is kept, sealed, so that applying it later applies exactly what was looked at."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, "school_admin", on=school_day(now))
    if len(data) > house.settings.upload_bytes_max:
        raise UNREADABLE["too_big"](limit=f"{house.settings.upload_bytes_max // 2**20} MB")
    file_name = clean(file_name)[-_FILE_NAME_MAX:] or "roster"
    understood = await _understand(data, file_name, now)
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, "school_admin", on=school_day(now))
        plan, snapshot = await plan_of(
            tx, house.cipher, understood, await year_of(tx, school_year, understood), now, lock=False
        )
        kept = RosterImport(
            import_id=new_id(),
            file_name=file_name,
            school_year=plan.school_year,
            state="read",
            uploaded_at=now,
            **counts(plan, understood, snapshot),
        )
        await _forget_old(tx, now)
        await _keep(tx, house.cipher, kept, data, who.account_id)
        detail = {"import": str(kept.import_id), "pupils": kept.pupils_read, "reported": kept.rows_reported}
        await record(tx, "roster.read", "roster_import", kept.import_id, at=now, actor=who.account_id, detail=detail)
    return review(kept, plan, understood, snapshot)


async def look(house: House, who: Principal, school_id: int, import_id: UUID) -> RosterReview:
    """What the kept file would do to the roll as it stands now."""
    now = house.clock.now()
    kept, data = await _kept(house, who, school_id, import_id)
    understood = await _understand(data, kept.file_name, now)
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, "school_admin", on=school_day(now))
        plan, snapshot = await plan_of(tx, house.cipher, understood, kept.school_year, now, lock=False)
    if kept.state == "read":
        kept = msgspec.structs.replace(kept, **counts(plan, understood, snapshot))
    return review(kept, plan, understood, snapshot)


async def list_imports(house: House, who: Principal, school_id: int) -> list[RosterImport]:
    """The newest first."""
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, "school_admin", on=school_day(house.clock.now()))
        rows = await tx.fetch(
            """
            SELECT import_id, file_name, school_year, state, uploaded_at, applied_at, summary
              FROM roster_imports
             WHERE school_id = $1
             ORDER BY uploaded_at DESC, import_id
             LIMIT $2
            """,
            school_id,
            _LISTED_MAX,
        )
    return [_import_of(row) for row in rows]


async def errors(house: House, who: Principal, school_id: int, import_id: UUID) -> tuple[bytes, str, str]:
    """(bytes, file name, media type) of the same file with a column of errors."""
    kept, data = await _kept(house, who, school_id, import_id)
    found = await look(house, who, school_id, import_id)
    headers = {sheet.name: sheet.header_row for sheet in found.sheets if sheet.header_row is not None}
    return await asyncio.to_thread(errors_file, data, kept.file_name, found.bad_rows, headers)


async def apply(house: House, who: Principal, school_id: int, import_id: UUID) -> RosterImport:
    """Writes the kept file into the roll, once: asking again answers what was done then."""
    now = house.clock.now()
    kept, data = await _kept(house, who, school_id, import_id)
    if kept.state == "applied":
        return kept
    understood = await _understand(data, kept.file_name, now)
    try:
        async with house.database.school(school_id) as tx:
            await require_role(tx, school_id, who.account_id, "school_admin", on=school_day(now))
            plan, snapshot = await plan_of(tx, house.cipher, understood, kept.school_year, now, lock=True)
            if (done := await _applied_meanwhile(tx, import_id)) is not None:
                return done
            kept = msgspec.structs.replace(kept, **counts(plan, understood, snapshot), state="applied", applied_at=now)
            if kept.needs_second_factor:
                require_second_factor(who)
            await write(tx, plan, house.cipher, kept, now=now, actor=who.account_id)
            await _mark_applied(tx, kept, who.account_id)
    except asyncpg.UniqueViolationError as error:
        raise ROSTER_CLASH() from error
    return kept


async def write(
    tx: SchoolTx, plan: Plan, cipher: Cipher, kept: RosterImport, *, now: datetime, actor: UUID | None, progress: Progress | None = None
) -> None:  # fmt: skip
    """The plan and its line in the audit trail, in the caller's transaction."""
    await apply_plan(tx, plan, cipher, Deed(now, school_day(now), actor, str(kept.import_id)), progress)
    if kept.pupils_new + kept.guardians_new >= _MANY_NEW:
        await tx.execute("SELECT app.refresh_roll_statistics()")
    detail = {name: value for name, value in msgspec.structs.asdict(kept).items() if isinstance(value, int) and value}
    await record(
        tx, "roster.applied", "roster_import", kept.import_id, at=now, actor=actor,
        actor_kind="account" if actor is not None else "command", detail=detail,
    )  # fmt: skip


async def _understand(data: bytes, file_name: str, now: datetime) -> Understood:
    try:
        async with _READING:
            return await asyncio.to_thread(understand, data, file_name, school_day(now))
    except FileRefused as refusal:
        raise unreadable(refusal) from refusal


def unreadable(refusal: FileRefused) -> Problem:
    return UNREADABLE[refusal.code](limit=refusal.limit)


async def year_of(tx: SchoolTx, asked: str | None, understood: Understood) -> str:
    """The year asked for; else the one the file names, if the school has it; else the current one."""
    years = dict(await school_years(tx))
    if asked is not None:
        if asked not in years:
            raise INVALID(FieldError("?school_year", *_NO_YEAR))
        return asked
    if understood.school_year in years:
        return understood.school_year
    current = next((name for name, is_current in years.items() if is_current), None)
    if current is None:
        raise INVALID(FieldError("?school_year", *_NO_YEAR))
    return current


async def plan_of(
    tx: SchoolTx, cipher: Cipher, understood: Understood, school_year: str, now: datetime, *, lock: bool
) -> tuple[Plan, Snapshot]:
    today = school_day(now)
    snapshot = await read_snapshot(tx, school_year, today=today, lock=lock)
    if snapshot is None:
        raise INVALID(FieldError("?school_year", *_NO_YEAR))
    return make_plan(understood, snapshot, _index_of(cipher), today=today), snapshot


def _index_of(cipher: Cipher) -> Callable[[str], bytes]:
    return lambda digits: personal_id.index(cipher, digits)


async def _keep(tx: SchoolTx, cipher: Cipher, kept: RosterImport, data: bytes, account_id: UUID) -> None:
    """The bytes hold children's data, identity numbers among it, and are sealed like them."""
    await tx.execute(
        """
        INSERT INTO roster_imports (school_id, import_id, file_name, file_hash, file_bytes, school_year, state, summary,
                                    uploaded_by, uploaded_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'read', $7::jsonb, $8, $9)
        """,
        tx.school_id, kept.import_id, kept.file_name, sha256(data).digest(),
        cipher.seal(base64.b64encode(data).decode(), _SEALED_FOR), kept.school_year, _summary(kept), account_id, kept.uploaded_at,
    )  # fmt: skip


async def _forget_old(tx: SchoolTx, now: datetime) -> None:
    """Files are a means; what they brought stands in the roll and in the audit trail."""
    await tx.execute(
        """
        DELETE FROM roster_imports
         WHERE school_id = $1
           AND uploaded_at < $2
        """,
        tx.school_id,
        now - timedelta(days=_KEPT_DAYS),
    )


async def _kept(house: House, who: Principal, school_id: int, import_id: UUID) -> tuple[RosterImport, bytes]:
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, "school_admin", on=school_day(house.clock.now()))
        row = await tx.fetchrow(
            """
            SELECT import_id, file_name, school_year, state, uploaded_at, applied_at, summary, file_bytes
              FROM roster_imports
             WHERE school_id = $1
               AND import_id = $2
            """,
            school_id,
            import_id,
        )
    if row is None:
        raise NOT_FOUND()
    return _import_of(row), base64.b64decode(house.cipher.open(row["file_bytes"], _SEALED_FOR))


async def _applied_meanwhile(tx: SchoolTx, import_id: UUID) -> RosterImport | None:
    """Under the lock on the school year: of two who apply the same file, the second finds it done."""
    row = await tx.fetchrow(
        """
        SELECT import_id, file_name, school_year, state, uploaded_at, applied_at, summary
          FROM roster_imports
         WHERE school_id = $1
           AND import_id = $2
           AND state = 'applied'
        """,
        tx.school_id,
        import_id,
    )
    return _import_of(row) if row is not None else None


async def _mark_applied(tx: SchoolTx, kept: RosterImport, account_id: UUID) -> None:
    await tx.execute(
        """
        UPDATE roster_imports
           SET state = 'applied',
               summary = $3::jsonb,
               applied_by = $4,
               applied_at = $5
         WHERE school_id = $1
           AND import_id = $2
        """,
        tx.school_id, kept.import_id, _summary(kept), account_id, kept.applied_at,
    )  # fmt: skip


_NOT_IN_SUMMARY = ("import_id", "file_name", "school_year", "state", "uploaded_at", "applied_at")


def _summary(kept: RosterImport) -> str:
    fields = {name: value for name, value in msgspec.structs.asdict(kept).items() if name not in _NOT_IN_SUMMARY}
    return msgspec.json.encode(fields).decode()


def _import_of(row: Any) -> RosterImport:
    columns = {name: row[name] for name in _NOT_IN_SUMMARY}
    return RosterImport(**columns, **msgspec.json.decode(row["summary"]))
