"""The published letter: its words read, its row written, its families told, its end. It owns announcements; what leads here is drafts.py."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.announcements.resolving import resolved
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.problems import CONFLICT, FORBIDDEN, INVALID, NOT_FOUND, FieldError, problem
from backend.core.text import clean, clean_lines
from backend.files.actions import hang
from backend.identity.audit import record
from backend.identity.entitlement import Standing
from notifications.bells import BELL, BELL_BEHIND
from notifications.outbox import Notice, Published, publish, recall_all
from schemas.announcements import Announced, NewAnnouncement, To

ALREADY_RECALLED = problem(
    "announcement-recalled",
    409,
    vi="Thông báo này đã được thu hồi nên không gửi lại được.",
    en="This announcement has been recalled and cannot be sent again.",
)

_EMPTY = ("Mục này còn trống.", "This field is empty.")
_GAP = ("Còn chỗ trống {gap} chưa điền.", "The gap {gap} has not been filled in.")
_TOO_SOON = ("Thời điểm hết hạn phải sau lúc gửi.", "It must end after it has been sent.")
_TOO_LATE = ("Không được quá một năm nữa.", "Not more than a year ahead.")
_NO_LETTER = ("Không có thông báo này trong trường.", "There is no such announcement in this school.")
AHEAD_MAX = timedelta(days=366)


class Writer(msgspec.Struct, frozen=True):
    """Who stands under a letter: a member of the school's staff, or an area's office. `account_id` is who pressed the key."""

    account_id: UUID
    staff_id: UUID | None = None
    from_area: str | None = None
    approved_by: UUID | None = None


def read_texts(title: str, body: str) -> tuple[str, str]:
    """The title on one line; the body keeps its lines, at most one empty one between two. A model's gaps must be filled."""
    title, body = read_title(title), read_body(body)
    wrong = [FieldError(pointer, *_EMPTY) for pointer, text in (("/title", title), ("/body", body)) if not text]
    for pointer, text in (("/title", title), ("/body", body)):
        if gap := first_gap(text):
            wrong.append(FieldError(pointer, *(sentence.format(gap=gap) for sentence in _GAP)))
    if wrong:
        raise INVALID(*wrong)
    return title, body


def read_title(title: str) -> str:
    return clean(title)


def read_body(body: str) -> str:
    return clean_lines(body)


def first_gap(text: str) -> str | None:
    found = gaps_of(text)
    return "{" + found[0] + "}" if found else None


def gaps_of(text: str) -> list[str]:
    """`{ngay}`: what a model leaves open. Braces around anything else are the writer's own."""
    found = []
    for part in text.split("{")[1:]:
        name, end, _ = part.partition("}")
        if end and name.isidentifier() and name.isascii() and len(name) <= 20:
            found.append(name)
    return found


def require_end(expires_at: datetime | None, leaves_at: datetime) -> None:
    if expires_at is None:
        return
    if expires_at <= leaves_at:
        raise INVALID(FieldError("/expires_at", *_TOO_SOON))
    if expires_at > leaves_at + AHEAD_MAX:
        raise INVALID(FieldError("/expires_at", *_TOO_LATE))


async def require_corrected(tx: SchoolTx, who: Standing, corrects: UUID | None) -> None:
    """One corrects one's own letters, the administrator anybody's."""
    if corrects is None:
        return
    row = await tx.fetchrow(
        """
        SELECT author_staff_id
          FROM announcements
         WHERE school_id = $1
           AND announcement_id = $2
        """,
        tx.school_id,
        corrects,
    )
    if row is None:
        raise INVALID(FieldError("/corrects", *_NO_LETTER))
    if not who.admin and row["author_staff_id"] != who.staff_id:
        raise FORBIDDEN()


async def put_out(
    tx: SchoolTx, new: NewAnnouncement, writer: Writer, notice_id: UUID, at: datetime
) -> Published | None:
    """The row and the promise to its families, together. None when a letter stands under this id already."""
    audience = msgspec.to_builtins(new.audience)
    made = await tx.fetchval(
        """
        INSERT INTO announcements (school_id, announcement_id, title, body, audience_kind, audience,
                                   needs_acknowledgement, urgent, author_staff_id, published_at, notice_id,
                                   expires_at, file_ids, corrects, from_area, approved_by)
        VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            ON CONFLICT (school_id, announcement_id) DO NOTHING
        RETURNING true
        """,
        tx.school_id, new.announcement_id, new.title, new.body, audience["kind"], msgspec.json.encode(audience).decode(),
        new.needs_acknowledgement, new.urgent, writer.staff_id, at, notice_id, new.expires_at, new.file_ids, new.corrects,
        writer.from_area, writer.approved_by,
    )  # fmt: skip
    if not made:
        return None
    notice = Notice(
        notice_id=notice_id,
        kind="announcement",
        source_kind="announcement",
        source_id=str(new.announcement_id),
        title=new.title,
        body=new.body,
        urgent=new.urgent,
        needs_acknowledgement=new.needs_acknowledgement,
        created_by=writer.account_id,
        created_at=at,
        expires_at=new.expires_at,
        params={} if writer.from_area is None else {"area": str(new.announcement_id)},
    )
    # An area's letter leaves in every school at once; what a school itself sends meanwhile must not wait for all of them.
    bell = BELL if writer.from_area is None else BELL_BEHIND
    published = await publish(tx, notice, await resolved(tx, tx.school_id, new.audience, school_day(at)), bell=bell)
    detail = {"audience": audience["kind"], "guardians": published.guardians}
    if writer.approved_by is not None:
        detail["approved_by"] = str(writer.approved_by)
    await record(
        tx, "announcement.published", "announcement", new.announcement_id, at=at, actor=writer.account_id, detail=detail
    )
    return published


async def repeated(tx: SchoolTx, new: NewAnnouncement, author: UUID) -> Announced:
    """The answer of the first time. Other words or another audience under the same id are a conflict, not a change."""
    row: Any = await tx.fetchrow(
        """
        SELECT title, body, audience::text AS audience, needs_acknowledgement, urgent, author_staff_id, published_at,
               recalled_at, notice_id, expires_at, file_ids, corrects
          FROM announcements
         WHERE school_id = $1
           AND announcement_id = $2
        """,
        tx.school_id,
        new.announcement_id,
    )
    was = (row["title"], row["body"], row["needs_acknowledgement"], row["urgent"], row["author_staff_id"])
    more = (row["expires_at"], list(row["file_ids"]), row["corrects"])
    is_same = (
        was == (new.title, new.body, new.needs_acknowledgement, new.urgent, author)
        and more == (new.expires_at, list(new.file_ids), new.corrects)
        and msgspec.json.decode(row["audience"], type=To) == new.audience
    )
    if not is_same:
        raise CONFLICT()
    if row["recalled_at"] is not None:
        raise ALREADY_RECALLED()
    counts = await tx.fetchrow(
        """
        SELECT count(*) AS guardians, count(*) FILTER (WHERE g.account_id IS NULL) AS without_account
          FROM notice_recipients r
          JOIN guardians g
            ON g.school_id = r.school_id
           AND g.guardian_id = r.guardian_id
         WHERE r.school_id = $1
           AND r.notice_id = $2
        """,
        tx.school_id,
        row["notice_id"],
    )
    assert counts is not None, "an aggregate answers one row"
    published = Published(row["notice_id"], counts["guardians"], counts["without_account"], new=False)
    return announced(new.announcement_id, row["published_at"], published)


def announced(announcement_id: UUID, at: datetime, published: Published) -> Announced:
    return Announced(announcement_id, published.notice_id, at, published.guardians, published.without_account)


async def hang_files(tx: SchoolTx, file_ids: list[UUID], account_id: UUID, at: datetime, *, had: list[UUID]) -> None:
    """Only what the writer has uploaded, or what hung on this letter before."""
    await hang(tx, file_ids, by=account_id, at=at, pointer="/file_ids", had=had)


async def take_out(tx: SchoolTx, announcement_id: UUID, *, may: Any, at: datetime, actor: UUID) -> None:
    """Families no longer see it, and what still waits is not sent, reminders of it among them. `may` judges the row. Twice is once."""
    row = await tx.fetchrow(
        """
        SELECT notice_id, author_staff_id, from_area, recalled_at
          FROM announcements
         WHERE school_id = $1
           AND announcement_id = $2
           FOR NO KEY UPDATE
        """,
        tx.school_id,
        announcement_id,
    )
    if row is None:
        raise NOT_FOUND()
    if not may(row):
        raise FORBIDDEN()
    if row["recalled_at"] is not None:
        return
    await tx.execute(
        """
        UPDATE announcements
           SET recalled_at = $3
         WHERE school_id = $1
           AND announcement_id = $2
        """,
        tx.school_id,
        announcement_id,
        at,
    )
    await recall_all(tx, "announcement", str(announcement_id), at=at)
    await record(tx, "announcement.recalled", "announcement", announcement_id, at=at, actor=actor)
