"""After a message stands: reading it, saying it anew, taking it back, keeping a thread quiet. Nothing is ever removed.

It owns message_reads and thread_mutes; a new text is a version in message_texts (writing.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import FORBIDDEN, INVALID, NOT_FOUND, FieldError, problem
from backend.core.text import clean_lines
from backend.core.versions import touch_families
from backend.identity.audit import record
from backend.messages import late_reads
from backend.messages.entitled import Party, party
from backend.messages.hours import hours_of
from backend.messages.shield import shown_from
from backend.messages.telling import opened, take_back
from backend.messages.writing import keep_text, settle_threads

MESSAGE_GONE = problem(
    "message-gone",
    409,
    vi="Tin này đã được thu hồi hoặc ẩn đi, không sửa được nữa.",
    en="This message was withdrawn or hidden and cannot be changed any more.",
)
NOT_A_TEXT = problem(
    "message-not-editable",
    409,
    vi="Tin báo nghỉ, đi muộn, đón con và gửi thuốc không sửa được. Xin thu hồi rồi gửi tin mới.",
    en="Absences, late coming, pick-ups and medicines cannot be edited. Please withdraw it and send a new one.",
)
_EMPTY = ("Tin nhắn còn trống.", "The message is empty.")

# $5: who reads. The other side's messages up to and including the one named; each is read once.
_READ = """
INSERT INTO message_reads (school_id, message_id, reader_kind, reader_id, read_at, shown_at)
SELECT $1, m.message_id, $4, $5, $6, $7
  FROM messages m
 WHERE m.school_id = $1
   AND m.thread_id = $2
   AND m.side <> $8
   AND (m.sent_at, m.message_id) <= (SELECT u.sent_at, u.message_id
                                       FROM messages u
                                      WHERE u.school_id = $1
                                        AND u.thread_id = $2
                                        AND u.message_id = $3)
 ORDER BY m.message_id
    ON CONFLICT DO NOTHING
RETURNING message_id
"""


async def read_up_to(house: House, account_id: UUID, school_id: int, thread_id: UUID, message_id: UUID) -> list[UUID]:
    """What was read now for the first time. In a teacher's quiet hours the family is told of it only when they are over."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await party(tx, school_id, account_id, thread_id, school_day(now))
        family = who.side == "family"
        shown_at = now
        if not family:
            hours, closed = await hours_of(tx, school_id, who.staff_id, now)
            shown_at = shown_from(now, hours, closed)
        rows = await tx.fetch(
            _READ,
            school_id,
            thread_id,
            message_id,
            "guardian" if family else "staff",
            who.guardian_id if family else who.staff_id,
            now,
            shown_at,
            who.side,
        )
        if rows and shown_at <= now:
            await touch_families(tx, [who.pupil_id])
        elif rows:
            await late_reads.keep(tx, who.pupil_id, shown_at)
        read = [row["message_id"] for row in rows]
        if read and who.guardian_id is not None:
            await opened(tx, read, account_id, who.guardian_id, now)
        elif read:
            await tx.execute(_ALERTS_READ, school_id, who.staff_id, thread_id)
        return read


# Whoever has read the thread needs not be woken for it any more, unless others have written meanwhile.
_ALERTS_READ = """
UPDATE staff_alerts a
   SET state = 'read'
 WHERE a.school_id = $1
   AND a.staff_id = $2
   AND a.thread_id = $3
   AND a.messages = 1
   AND a.state = 'due'
"""

_MINE = """
SELECT m.account_id, m.kind, m.group_message_id, said.version, said.state
  FROM messages m
  JOIN LATERAL (
       SELECT x.version, x.state
         FROM message_texts x
        WHERE x.school_id = m.school_id
          AND x.message_id = m.message_id
        ORDER BY x.version DESC
        LIMIT 1) AS said
    ON true
 WHERE m.school_id = $1
   AND m.thread_id = $2
   AND m.message_id = $3
"""


async def edit(house: House, account_id: UUID, school_id: int, thread_id: UUID, message_id: UUID, text: str) -> None:
    """A new version, shown as edited. Only one's own texts; what was said before stays in the record."""
    now = house.clock.now()
    body = clean_lines(text)
    async with house.database.school(school_id) as tx:
        who, row = await _own(tx, account_id, thread_id, message_id, now)
        if row["state"] == "withdrawn":
            raise MESSAGE_GONE()
        if row["kind"] != "text":
            raise NOT_A_TEXT()
        if not body:
            raise INVALID(FieldError("/text", *_EMPTY))
        await keep_text(tx, message_id, row["version"] + 1, thread_id, "edited", body, account_id, now)
        await _changed(tx, who, "messages.edited", message_id, account_id, now)


async def withdraw(house: House, account_id: UUID, school_id: int, thread_id: UUID, message_id: UUID) -> None:
    """A tombstone in its place, and what it asked for is off; who had decided on it stays beside that. Twice is once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who, row = await _own(tx, account_id, thread_id, message_id, now)
        if row["state"] == "withdrawn":
            return
        await keep_text(tx, message_id, row["version"] + 1, thread_id, "withdrawn", None, account_id, now)
        await tx.execute(
            """
            UPDATE message_requests
               SET state = 'withdrawn', withdrawn_by = $3, withdrawn_at = $4
             WHERE school_id = $1
               AND message_id = $2
            """,
            school_id,
            message_id,
            account_id,
            now,
        )
        await settle_threads(tx, [thread_id])
        if who.side == "school":
            await take_back(tx, [message_id], now)
        await _changed(tx, who, "messages.withdrawn", message_id, account_id, now)


async def _own(tx: SchoolTx, account_id: UUID, thread_id: UUID, message_id: UUID, now: datetime) -> tuple[Party, Any]:
    who = await party(tx, tx.school_id, account_id, thread_id, school_day(now), lock=True)
    row = await tx.fetchrow(_MINE, tx.school_id, thread_id, message_id)
    if row is None:
        raise NOT_FOUND()
    if row["account_id"] != account_id:
        raise FORBIDDEN()
    if row["state"] == "hidden":
        raise MESSAGE_GONE()
    return who, row


async def _changed(tx: SchoolTx, who: Party, action: str, message_id: UUID, account_id: UUID, now: datetime) -> None:
    await touch_families(tx, [who.pupil_id])
    await record(tx, action, "message", message_id, at=now, actor=account_id)


async def mute(house: House, account_id: UUID, school_id: int, thread_id: UUID, muted: bool) -> None:
    """For families: no push from this thread. The school's side is answered for by its shield."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await party(tx, school_id, account_id, thread_id, school_day(now))
        if who.guardian_id is None:
            raise FORBIDDEN()
        statement = _MUTE if muted else _HEAR
        arguments = (school_id, thread_id, who.guardian_id, now) if muted else (school_id, thread_id, who.guardian_id)
        await tx.execute(statement, *arguments)
        await touch_families(tx, [who.pupil_id])


_MUTE = """
INSERT INTO thread_mutes (school_id, thread_id, guardian_id, muted_at)
VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING
"""

_HEAR = """
DELETE FROM thread_mutes
 WHERE school_id = $1
   AND thread_id = $2
   AND guardian_id = $3
"""
