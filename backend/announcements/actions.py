"""Writing to families: to the school, a grade, a class or some pupils. It owns announcements; delivery is the notifications room's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import CONFLICT, FORBIDDEN, INVALID, NOT_FOUND, FieldError, problem
from backend.core.text import clean
from backend.identity.audit import record
from backend.identity.entitlement import Standing, require_role, standing
from notifications.audience import Audience, Grade, OneClass, Reach, SomePupils, WholeSchool, reach
from notifications.outbox import Notice, Published, publish, recall
from schemas.announcements import Announced, NewAnnouncement, To, ToClass, ToGrade, ToPupils

ALREADY_RECALLED = problem(
    "announcement-recalled",
    409,
    vi="Thông báo này đã được thu hồi nên không gửi lại được.",
    en="This announcement has been recalled and cannot be sent again.",
)

_EMPTY = ("Mục này còn trống.", "This field is empty.")
_NO_CLASS = ("Không có lớp này trong trường.", "There is no such class in this school.")
_NO_PUPIL = ("Không có học sinh này trong trường.", "There is no such pupil in this school.")


class Door(Protocol):
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetchval(self, sql: str, *arguments: Any) -> Any: ...


async def announce(house: House, account_id: UUID, school_id: int, new: NewAnnouncement) -> tuple[Announced, bool]:
    """What was announced, and whether it is new: the same request again announces nothing twice."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await _require_audience(tx, school_id, account_id, new.audience, school_day(now))
        title, body = _read_texts(new)
        notice_id = new_id()
        before = await _insert(tx, new, title, body, who.staff_id, notice_id, now)
        if before is not None:
            return await _repeated(tx, before, new, title, body, who.staff_id), False
        notice = Notice(
            notice_id=notice_id,
            kind="announcement",
            source_kind="announcement",
            source_id=str(new.announcement_id),
            title=title,
            body=body,
            urgent=new.urgent,
            needs_acknowledgement=new.needs_acknowledgement,
            created_by=account_id,
            created_at=now,
        )
        published = await publish(tx, notice, _addressed(new.audience))
        detail = {"audience": msgspec.to_builtins(new.audience)["kind"], "guardians": published.guardians}
        await record(
            tx, "announcement.published", "announcement", new.announcement_id, at=now, actor=account_id, detail=detail
        )
        return _announced(new.announcement_id, notice_id, now, published), True


async def preview(house: House, account_id: UUID, school_id: int, to: To) -> Reach:
    """Before sending: how many homes this reaches, and by name those with neither an account nor a telephone."""
    today = school_day(house.clock.now())
    reader = house.database.reader
    await _require_audience(reader, school_id, account_id, to, today)
    return await reach(reader, school_id, _addressed(to), on=today)


async def recall_announcement(house: House, account_id: UUID, school_id: int, announcement_id: UUID) -> None:
    """Families no longer see it and what is still waiting is not sent. For its author and the administrator; twice is once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await standing(tx, school_id, account_id, on=school_day(now))
        row = await tx.fetchrow(
            """
            SELECT notice_id, author_staff_id, recalled_at
              FROM announcements
             WHERE school_id = $1
               AND announcement_id = $2
               FOR NO KEY UPDATE
            """,
            school_id,
            announcement_id,
        )
        if row is None:
            raise NOT_FOUND()
        if not (who.admin or row["author_staff_id"] == who.staff_id):
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
            school_id,
            announcement_id,
            now,
        )
        await recall(tx, row["notice_id"], at=now)
        await record(tx, "announcement.recalled", "announcement", announcement_id, at=now, actor=account_id)


async def _require_audience(door: Door, school_id: int, account_id: UUID, to: To, today: date) -> Standing:
    """An administrator writes to anybody in the school, a teacher to the classes taught and to pupils in them."""
    if isinstance(to, ToClass):
        return await _require_class(door, school_id, account_id, to.class_id, today)
    if isinstance(to, ToPupils):
        return await _require_pupils(door, school_id, account_id, to.pupil_ids, today)
    return await require_role(door, school_id, account_id, "school_admin", on=today)


async def _require_class(door: Door, school_id: int, account_id: UUID, class_id: UUID, today: date) -> Standing:
    who = await standing(door, school_id, account_id, class_id=class_id, on=today)
    if not who.of_class:
        raise FORBIDDEN()
    exists = await door.fetchval(
        """
        SELECT true
          FROM classes
         WHERE school_id = $1
           AND class_id = $2
        """,
        school_id,
        class_id,
    )
    if not exists:
        raise INVALID(FieldError("/audience/class_id", *_NO_CLASS))
    return who


async def _require_pupils(
    door: Door, school_id: int, account_id: UUID, pupil_ids: Sequence[UUID], today: date
) -> Standing:
    who = await standing(door, school_id, account_id, on=today)
    rows = await door.fetch(
        """
        SELECT p.pupil_id,
               EXISTS (SELECT
                         FROM enrolments e
                         JOIN assignments a
                           ON a.school_id = e.school_id
                          AND a.class_id = e.class_id
                          AND a.staff_id = $3
                          AND a.from_on <= $4
                          AND (a.to_on IS NULL OR a.to_on >= $4)
                        WHERE e.school_id = $1
                          AND e.pupil_id = p.pupil_id
                          AND e.to_on IS NULL) AS taught
          FROM pupils p
         WHERE p.school_id = $1
           AND p.pupil_id = ANY ($2::uuid[])
        """,
        school_id,
        list(pupil_ids),
        who.staff_id,
        today,
    )
    taught = {row["pupil_id"]: row["taught"] for row in rows}
    if not who.admin and not all(taught.get(pupil_id) for pupil_id in pupil_ids):
        raise FORBIDDEN()
    wrong = [
        FieldError(f"/audience/pupil_ids/{position}", *_NO_PUPIL)
        for position, pupil_id in enumerate(pupil_ids)
        if pupil_id not in taught
    ]
    if wrong:
        raise INVALID(*wrong)
    return who


def _read_texts(new: NewAnnouncement) -> tuple[str, str]:
    """The title on one line; the body keeps its lines, at most one empty one between two."""
    title = clean(new.title)
    body = "\n".join(clean(line) for line in new.body.splitlines()).strip()
    while "\n\n\n" in body:
        body = body.replace("\n\n\n", "\n\n")
    wrong = [FieldError(pointer, *_EMPTY) for pointer, text in (("/title", title), ("/body", body)) if not text]
    if wrong:
        raise INVALID(*wrong)
    return title, body


def _addressed(to: To) -> Audience:
    match to:
        case ToClass(class_id):
            return OneClass(class_id)
        case ToGrade(grade):
            return Grade(grade)
        case ToPupils(pupil_ids):
            return SomePupils(tuple(dict.fromkeys(pupil_ids)))
        case _:
            return WholeSchool()


async def _insert(
    tx: SchoolTx, new: NewAnnouncement, title: str, body: str, author: UUID, notice_id: UUID, now: datetime
) -> Any:
    """None when the announcement is new; otherwise the one that is there under this id."""
    audience = msgspec.to_builtins(new.audience)
    made = await tx.fetchval(
        """
        INSERT INTO announcements (school_id, announcement_id, title, body, audience_kind, audience,
                                   needs_acknowledgement, urgent, author_staff_id, published_at, notice_id)
        VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11)
            ON CONFLICT (school_id, announcement_id) DO NOTHING
        RETURNING true
        """,
        tx.school_id, new.announcement_id, title, body, audience["kind"], msgspec.json.encode(audience).decode(),
        new.needs_acknowledgement, new.urgent, author, now, notice_id,
    )  # fmt: skip
    if made:
        return None
    return await tx.fetchrow(
        """
        SELECT title, body, audience::text AS audience, needs_acknowledgement, urgent, author_staff_id, published_at,
               recalled_at, notice_id
          FROM announcements
         WHERE school_id = $1
           AND announcement_id = $2
        """,
        tx.school_id,
        new.announcement_id,
    )


async def _repeated(tx: SchoolTx, row: Any, new: NewAnnouncement, title: str, body: str, author: UUID) -> Announced:
    """The answer of the first time. Other words or another audience under the same id are a conflict, not a change."""
    same = (
        (row["title"], row["body"], row["needs_acknowledgement"], row["urgent"], row["author_staff_id"])
        == (title, body, new.needs_acknowledgement, new.urgent, author)
    ) and msgspec.json.decode(row["audience"], type=To) == new.audience
    if not same:
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
    return _announced(new.announcement_id, row["notice_id"], row["published_at"], published)


def _announced(announcement_id: UUID, notice_id: UUID, at: datetime, published: Published) -> Announced:
    return Announced(announcement_id, notice_id, at, published.guardians, published.without_account)
