"""The command's way into the database: compare a statement with the books of a school, and book it."""

from __future__ import annotations

import json
import sys
from typing import TextIO

import msgspec

from backend.core.clock import SystemClock
from backend.core.crypto import Cipher
from backend.core.database import Database
from backend.core.problems import Problem
from backend.core.settings import Settings
from payments.statements import imports
from payments.statements.command import as_shown, say, tell
from schemas.statements import StatementFile


async def compare_and_book(
    settings: Settings,
    school: str | None,
    account: str | None,
    file_name: str,
    data: bytes,
    *,
    dry_run: bool,
    as_json: bool,
    out: TextIO,
) -> int:
    database = await Database.open(settings.database_url, writers=1, readers=1)
    try:
        school_id = await _school(database, school)
        if school_id is None:
            say(sys.stderr, "Hãy chọn trường bằng --school.\nPlease choose the school with --school.")
            return 1
        now, cipher = SystemClock().now(), Cipher(settings.secret_key)
        async with database.school(school_id) as tx:
            file, statement = await imports.from_command(tx, cipher, data, file_name, account, dry_run=dry_run, now=now)
        if as_json:
            counts = msgspec.to_builtins(file)
            say(out, json.dumps({**as_shown(statement), "statement": counts}, ensure_ascii=False, indent=1))
        else:
            tell(statement, out)
            _tell_file(file, out)
        return 0
    except Problem as problem:
        if as_json:
            wrong = {"code": problem.kind.name, "vi": problem.sentence("vi"), "en": problem.sentence("en")}
            say(out, json.dumps({"refused": wrong, "accounts": [], "bad_rows": []}, ensure_ascii=False, indent=1))
        details = [f"{error.vi}\n{error.en}" for error in problem.errors]
        say(sys.stderr, "\n".join([problem.sentence("vi"), problem.sentence("en"), *details]))
        return 1
    finally:
        await database.close()


async def _school(database: Database, school: str | None) -> int | None:
    """By its code or its number; without either, the only one there is."""
    number = int(school) if school is not None and school.isascii() and school.isdigit() and len(school) < 18 else None
    rows = await database.reader.fetch(
        """
        SELECT school_id
          FROM schools
         WHERE $1::text IS NULL
            OR code = $1
            OR school_id = $2
         ORDER BY code IS DISTINCT FROM $1, school_id
         LIMIT 2
        """,
        school,
        number,
    )
    return rows[0]["school_id"] if rows and (school is not None or len(rows) == 1) else None


def _tell_file(file: StatementFile, out: TextIO) -> None:
    said = "đã ghi sổ/booked" if file.state == "applied" else "chưa ghi sổ/not booked"
    say(
        out,
        f"{said}: mới/new {file.lines_new}, đã có/known {file.lines_known}, báo trước/told before {file.lines_told}, "
        f"không đọc được/unreadable {file.rows_unreadable}",
    )
