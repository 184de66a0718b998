"""Who may touch bank statements: the accountant uploads and books, the head reads, nobody else sees one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from backend.core.ids import new_id
from payments.statements import files
from schemas.statements import StatementFile
from tests.factories import fresh_phone
from tests.identity.matrix import ACCOUNTANTS, ADMINS, BY_SCHOOL, Ask, Line, Scene
from tests.payments.statements.printing import Moved, printed

KEEPERS = ACCOUNTANTS | ADMINS
ROLES = ["date", "reference", "amount", "memo"]


@dataclass
class Uploaded:
    statement_id: UUID
    bank_account_id: int
    file: tuple[str, bytes, str]


async def a_statement(scene: Scene) -> Uploaded:
    """A file that the target's school has uploaded and not yet applied; it names no account, so one was chosen."""
    now, school_id = scene.house.clock.now(), scene.target.school_id
    account = await scene.owner.fetchval(
        "INSERT INTO bank_accounts (school_id, bank_bin, account_number, account_name, created_at)"
        " VALUES ($1, '970436', $2, 'TRUONG', $3) RETURNING bank_account_id",
        school_id,
        fresh_phone()[1:],
        now,
    )
    moved = [Moved(dt.date(2026, 9, 2), 350_000, f"tien an {new_id()}", "FT1")]
    data = printed("vietcombank_simple", "csv", moved, 0).data.split(b"\r\n", 1)[1]
    file = StatementFile(statement_id=new_id(), file_name="saoke.csv", state="read", uploaded_at=now, kind="text")
    async with scene.house.database.school(school_id) as tx:
        await files.keep(tx, scene.house.cipher, file, data, account, None)
    return Uploaded(file.statement_id, account, ("saoke.csv", data + b" ", "text/csv"))


def _ask(scene: Scene, rest: str = "", **more: object) -> Ask:
    return Ask(f"/v1/schools/{scene.target.school_id}/statements{rest}", **more)  # type: ignore[arg-type]


def mapping(scene: Scene) -> dict[str, object]:
    return {"bank_account_id": scene.made.bank_account_id, "sheet": "saoke", "row": 1, "roles": ROLES}


def columns_form(scene: Scene) -> dict[str, str]:
    roles = {f"role-{index}": role for index, role in enumerate(ROLES)}
    return {"bank_account_id": str(scene.made.bank_account_id), "sheet": "saoke", "row": "1", **roles}


LINES = {
    ("POST", "/v1/schools/{school_id}/statements"): Line(
        ask=lambda s: _ask(s, f"?bank_account_id={s.made.bank_account_id}", files={"data": s.made.file}),
        allowed=ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=a_statement,
        passes={201},
    ),
    ("GET", "/v1/schools/{school_id}/statements"): Line(ask=_ask, allowed=KEEPERS, targets=BY_SCHOOL),
    ("GET", "/v1/schools/{school_id}/statements/{statement_id}"): Line(
        ask=lambda s: _ask(s, f"/{s.made.statement_id}"), allowed=KEEPERS, targets=BY_SCHOOL, prepare=a_statement
    ),
    ("GET", "/v1/schools/{school_id}/statements/{statement_id}/errors"): Line(
        ask=lambda s: _ask(s, f"/{s.made.statement_id}/errors"), allowed=KEEPERS, targets=BY_SCHOOL, prepare=a_statement
    ),
    ("POST", "/v1/schools/{school_id}/statements/{statement_id}/columns"): Line(
        ask=lambda s: _ask(s, f"/{s.made.statement_id}/columns", json=mapping(s)),
        allowed=ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=a_statement,
    ),
    ("POST", "/v1/schools/{school_id}/statements/{statement_id}/apply"): Line(
        ask=lambda s: _ask(s, f"/{s.made.statement_id}/apply"),
        allowed=ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=a_statement,
    ),
}
