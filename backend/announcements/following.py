"""What its author and the administrator do with an announcement that is out: see how far it has come, and ask again those who have not answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.core.clock import SCHOOL_ZONE, school_day
from backend.core.database import Reader, SchoolTx
from backend.core.house import House
from backend.core.problems import FORBIDDEN, NOT_FOUND, problem
from backend.identity.audit import record
from backend.identity.entitlement import standing
from notifications import again
from notifications.progress import happenings
from notifications.queries import receipts_of
from schemas.announcements import AskedAgain
from schemas.notifications import Happenings, Receipts

ASKED_LATELY = problem(
    "asked-lately",
    409,
    vi="Vừa nhắc lại lúc {at}. Mỗi thông báo chỉ nhắc lại một giờ một lần.",
    en="This was said again at {at}. An announcement can be said again once an hour.",
)

_OWN = """
SELECT n.notice_id, n.author_staff_id, n.title, n.body, n.audience::text AS audience, n.recalled_at, n.urgent,
       n.needs_acknowledgement, n.approved_by, n.published_at,
       (SELECT s.name
          FROM schools s
         WHERE s.school_id = $1) AS school_name
  FROM announcements n
 WHERE n.school_id = $1
   AND n.announcement_id = $2
"""
# Two people who press at once: the second waits, and then sees that the first has.
_OWN_LOCKED = _OWN + "   FOR NO KEY UPDATE\n"
_OWN_SHARED = _OWN + "   FOR SHARE\n"


_EXPORTED_MAX = 500_000


class Followed(msgspec.Struct, frozen=True):
    title: str
    school_name: str


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetchval(self, sql: str, *arguments: Any) -> Any: ...
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...


async def followed(reader: Reader, school_id: int, account_id: UUID, announcement_id: UUID, *, today: date) -> UUID:
    """The notice behind an announcement, for its author and the administrator."""
    row = await _own(reader, _OWN, school_id, account_id, announcement_id, today)
    notice_id: UUID = row["notice_id"]
    return notice_id


async def everybody(
    reader: Reader, school_id: int, account_id: UUID, announcement_id: UUID, *, today: date
) -> tuple[Followed, Receipts]:
    """The letter, and who has received, opened and acknowledged it by name."""
    row = await _own(reader, _OWN, school_id, account_id, announcement_id, today)
    return Followed(row["title"], row["school_name"]), await receipts_of(
        reader, school_id, row["notice_id"], limit=_EXPORTED_MAX
    )


async def of_one(
    reader: Reader, school_id: int, account_id: UUID, announcement_id: UUID, guardian_id: UUID, *, today: date
) -> Happenings:
    """Everything that channels and devices said about one guardian."""
    notice_id = await followed(reader, school_id, account_id, announcement_id, today=today)
    found = await happenings(reader, school_id, notice_id, guardian_id)
    if found is None:
        raise NOT_FOUND()
    return Happenings(guardian_id, found)


async def ask_again(
    house: House, account_id: UUID, school_id: int, announcement_id: UUID, reminder_id: UUID
) -> AskedAgain:
    """Says it once more to those who have not acknowledged it, or not opened it where no answer was asked. Twice is once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        row = await _standing_letter(tx, _OWN_LOCKED, account_id, announcement_id, now)
        reminder = again.Again(
            notice_id=reminder_id,
            of=row["notice_id"],
            source_kind="announcement",
            source_id=str(announcement_id),
            title=row["title"],
            body=row["body"],
            urgency="urgent" if row["urgent"] else "important" if row["needs_acknowledgement"] else "ordinary",
            created_by=account_id,
        )
        last = await again.last_said(tx, reminder)
        if last is not None and now - last < again.REST:
            raise ASKED_LATELY(at=f"{last.astimezone(SCHOOL_ZONE):%H:%M}")
        published = await again.publish_again(tx, reminder, at=now)
        if published.new:
            detail = {"guardians": published.guardians}
            await record(
                tx, "announcement.asked_again", "announcement", announcement_id, at=now, actor=account_id, detail=detail
            )
    return AskedAgain(reminder_id, published.guardians)


async def own_letter(tx: SchoolTx, account_id: UUID, announcement_id: UUID, now: datetime) -> Any:
    """A letter that families can see now, for its author and the administrator. It is not recalled before the transaction ends."""
    return await _standing_letter(tx, _OWN_SHARED, account_id, announcement_id, now)


async def _standing_letter(tx: SchoolTx, sql: str, account_id: UUID, announcement_id: UUID, now: datetime) -> Any:
    row = await _own(tx, sql, tx.school_id, account_id, announcement_id, school_day(now))
    if row["recalled_at"] is not None:
        raise NOT_FOUND()
    return row


async def _own(door: Door, sql: str, school_id: int, account_id: UUID, announcement_id: UUID, today: date) -> Any:
    who = await standing(door, school_id, account_id, on=today)
    row = await door.fetchrow(sql, school_id, announcement_id)
    if row is None:
        raise NOT_FOUND()
    if not (who.admin or row["author_staff_id"] == who.staff_id):
        raise FORBIDDEN()
    return row
