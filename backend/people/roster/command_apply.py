"""The command's way into the database: compare the file with the roll, and write it, with a bar that moves."""

from __future__ import annotations

import sys
from typing import TextIO

import asyncpg

from backend.core.clock import SystemClock
from backend.core.crypto import Cipher
from backend.core.database import Database
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.people.roster.command import line
from backend.people.roster.imports import ROSTER_CLASH, plan_of, write, year_of
from backend.people.roster.review import counts, review
from schemas.roster import RosterImport, RosterReview, Understood

_CHANGES_SHOWN = 20
_BAR = 30


async def compare_and_apply(
    settings: Settings, school: int | None, data: bytes, understood: Understood, *, dry_run: bool, out: TextIO
) -> int:
    database = await Database.open(settings.database_url, writers=1, readers=1)
    try:
        school_id = school if school is not None else await _only_school(database)
        if school_id is None:
            line(sys.stderr, "Hãy chọn trường bằng --school.\nPlease choose the school with --school.")
            return 1
        return await _in_school(database, Cipher(settings.secret_key), school_id, understood, dry_run=dry_run, out=out)
    except Problem as problem:
        line(sys.stderr, f"{problem.sentence('vi')}\n{problem.sentence('en')}")
        return 1
    finally:
        await database.close()


async def _only_school(database: Database) -> int | None:
    async with database.directory() as tx:
        rows = await tx.fetch(
            """
            SELECT school_id
              FROM schools
             ORDER BY school_id
             LIMIT 2
            """
        )
    return rows[0]["school_id"] if len(rows) == 1 else None


async def _in_school(
    database: Database, cipher: Cipher, school_id: int, understood: Understood, *, dry_run: bool, out: TextIO
) -> int:
    now = SystemClock().now()
    try:
        async with database.school(school_id) as tx:
            school_year = await year_of(tx, None, understood)
            plan, snapshot = await plan_of(tx, cipher, understood, school_year, now, lock=not dry_run)
            kept = RosterImport(
                import_id=new_id(), file_name=understood.file_name, school_year=school_year, state="read", uploaded_at=now,
                **counts(plan, understood, snapshot),
            )  # fmt: skip
            _tell_plan(review(kept, plan, understood, snapshot), out)
            if dry_run or plan.empty:
                return 0
            await write(tx, plan, cipher, kept, now=now, actor=None, progress=_moving_bar)
    except asyncpg.UniqueViolationError as error:
        raise ROSTER_CLASH() from error
    line(out, "Đã ghi vào sổ. / Written to the roll.")
    return 0


def _tell_plan(found: RosterReview, out: TextIO) -> None:
    line(out, f"Năm học {found.school_year}:")
    line(
        out,
        f"  học sinh: {found.pupils_new} thêm mới, {found.pupils_changed} thay đổi, {found.pupils_same} giữ nguyên, "
        f"{found.pupils_missing} có trong sổ nhưng không có trong tệp, {found.pupils_unsure} chưa rõ",
    )
    line(
        out,
        f"  lớp mới: {found.classes_new}; phụ huynh: {found.guardians_new} thêm mới, {found.guardians_changed} thay đổi; "
        f"cán bộ, giáo viên: {found.staff_new} thêm mới, {found.staff_changed} thay đổi; "
        f"phân công: {found.duties_begun} thêm, {found.duties_ended} thôi",
    )
    for change in found.changes[:_CHANGES_SHOWN]:
        told = "; ".join(f"{f.field}: {f.before or '–'} → {f.after or '–'}" for f in change.fields)
        line(out, f"    {change.full_name} ({change.class_name}): {told}")
    if len(found.changes) > _CHANGES_SHOWN:
        line(out, f"    … {len(found.changes) - _CHANGES_SHOWN} học sinh nữa")


def _moving_bar(done: int, steps: int) -> None:
    filled = _BAR * done // steps
    sys.stderr.write(f"\r[{'#' * filled}{'.' * (_BAR - filled)}] {100 * done // steps:3d} %")
    if done == steps:
        sys.stderr.write("\n")
    sys.stderr.flush()
