"""One message to many: each family's copy stands in its own conversation, and its reply is private. It owns group_messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.announcements.rules import require_unheld
from backend.core.clock import school_day
from backend.core.database import Reader, SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import CONFLICT, FORBIDDEN, INVALID, NOT_FOUND, FieldError
from backend.core.text import clean_lines
from backend.core.versions import touch_families
from backend.identity.audit import record
from backend.identity.entitlement import Standing, standing
from backend.messages import search
from backend.messages.acceptance import require_rules
from backend.messages.names import teacher_name
from backend.messages.telling import notice_of, sender_of
from backend.messages.writing import settle_threads
from notifications.outbox import publish_to_guardians
from schemas.messages import GroupMessage, GroupReply, NewGroupMessage

_EMPTY = ("Tin nhắn còn trống.", "The message is empty.")
_NOT_HERE = ("Em này không học lớp này.", "This pupil is not in the class.")
_NOBODY = ("Lớp chưa có học sinh.", "The class has no pupils yet.")


async def send_to_group(house: House, account_id: UUID, school_id: int, new: NewGroupMessage) -> bool:
    """Whether it is new. At once; where the school wants a second person it goes through announcements.carrying."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_unheld(tx, await _require_class(tx, account_id, new, now), school_id)
        return await send_in(tx, account_id, new, now)


async def send_in(tx: SchoolTx, account_id: UUID, new: NewGroupMessage, now: datetime) -> bool:
    """For those who teach the class; sent again, it is sent once. In the caller's transaction."""
    who = await _require_class(tx, account_id, new, now)
    body = clean_lines(new.text)
    if await _is_kept(tx, who, new, body):
        return False
    pupils = await require_writable(tx, account_id, new, now)
    if not await _begin(tx, who, new, body, len(pupils), now):
        await _is_kept(tx, who, new, body)  # the same request at the same moment was first
        return False
    await _keep(tx, who, account_id, new, body, pupils, now)
    return True


async def require_writable(tx: SchoolTx, account_id: UUID, new: NewGroupMessage, now: datetime) -> list[UUID]:
    """Whether it may leave: the class is the writer's, there are words and pupils, the rules are known. The pupils it is about."""
    await _require_class(tx, account_id, new, now)
    pupils = await _pupils(tx, new, clean_lines(new.text), now)
    await require_rules(tx, account_id, new.accepts_rules, now)
    return pupils


async def _require_class(tx: SchoolTx, account_id: UUID, new: NewGroupMessage, now: datetime) -> Standing:
    who = await standing(tx, tx.school_id, account_id, class_id=new.class_id, on=school_day(now))
    if not who.of_class:
        raise FORBIDDEN()
    return who


async def _is_kept(tx: SchoolTx, who: Standing, new: NewGroupMessage, body: str) -> bool:
    """Raises CONFLICT where something else stands under this id."""
    before = await tx.fetchrow(
        "SELECT class_id, staff_id, body FROM group_messages WHERE school_id = $1 AND group_message_id = $2",
        tx.school_id,
        new.group_message_id,
    )
    if before is None:
        return False
    if (before["class_id"], before["staff_id"], before["body"]) != (new.class_id, who.staff_id, body):
        raise CONFLICT()
    return True


async def _begin(tx: SchoolTx, who: Standing, new: NewGroupMessage, body: str, pupils: int, now: datetime) -> bool:
    made = await tx.fetchval(
        """
        INSERT INTO group_messages (school_id, group_message_id, class_id, staff_id, body, pupils, sent_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (school_id, group_message_id) DO NOTHING
        RETURNING true
        """,
        tx.school_id, new.group_message_id, new.class_id, who.staff_id, body, pupils, now,
    )  # fmt: skip
    return bool(made)


_PUPILS = """
SELECT e.pupil_id
  FROM enrolments e
  JOIN pupils p
    ON p.school_id = e.school_id
   AND p.pupil_id = e.pupil_id
   AND p.status = 'enrolled'
 WHERE e.school_id = $1
   AND e.class_id = $2
   AND e.from_on <= $3
   AND (e.to_on IS NULL OR e.to_on >= $3)
 ORDER BY e.pupil_id
"""


async def _pupils(tx: SchoolTx, new: NewGroupMessage, body: str, now: datetime) -> list[UUID]:
    here = [row["pupil_id"] for row in await tx.fetch(_PUPILS, tx.school_id, new.class_id, school_day(now))]
    wrong = [FieldError("/text", *_EMPTY)] if not body else []
    if not here:
        wrong.append(FieldError("/class_id", *_NOBODY))
    known = set(here)
    asked = list(dict.fromkeys(new.pupil_ids)) if new.pupil_ids else here
    wrong += [FieldError(f"/pupil_ids/{n}", *_NOT_HERE) for n, one in enumerate(asked) if one not in known]
    if wrong:
        raise INVALID(*wrong)
    return sorted(asked)


_THREADS = """
INSERT INTO threads (school_id, thread_id, pupil_id, desk, staff_id, opened_by, opened_at)
SELECT $1, n.thread_id, n.pupil_id, $4, $5, $6, $7
  FROM unnest($2::uuid[], $3::uuid[]) AS n (thread_id, pupil_id)
 ORDER BY n.pupil_id
    ON CONFLICT DO NOTHING
"""

_THEIR_THREADS = """
SELECT t.pupil_id, t.thread_id
  FROM threads t
 WHERE t.school_id = $1
   AND t.pupil_id = ANY ($2::uuid[])
   AND t.desk = $3
   AND t.staff_id IS NOT DISTINCT FROM $4
   AND t.only_guardian_id IS NULL
 ORDER BY t.thread_id
   FOR NO KEY UPDATE
"""

_MESSAGES = """
INSERT INTO messages (school_id, message_id, thread_id, side, staff_id, account_id, kind, folded, group_message_id, sent_at, awaits_answer)
SELECT $1, n.message_id, n.thread_id, 'school', $4, $5, 'text', false, $6, $7, $8
  FROM unnest($2::uuid[], $3::uuid[]) AS n (message_id, thread_id)
"""

_TEXTS = """
INSERT INTO message_texts (school_id, message_id, version, thread_id, state, body, folded_line, marked_line, terms, written_by, written_at)
SELECT $1, n.message_id, 1, n.thread_id, 'written', $4, $5, $6, array_to_tsvector($7::text[]), $8, $9
  FROM unnest($2::uuid[], $3::uuid[]) AS n (message_id, thread_id)
"""

_LISTENERS = """
SELECT bond.pupil_id, array_agg(bond.guardian_id ORDER BY bond.guardian_id) AS guardian_ids
  FROM guardianships bond
 WHERE bond.school_id = $1
   AND bond.pupil_id = ANY ($2::uuid[])
   AND bond.can_view
   AND bond.gets_notices
   AND bond.valid_from <= $3
   AND (bond.valid_to IS NULL OR bond.valid_to >= $3)
   AND NOT EXISTS (SELECT
                     FROM thread_mutes u
                     JOIN threads t
                       ON t.school_id = u.school_id
                      AND t.thread_id = u.thread_id
                      AND t.thread_id = ANY ($4::uuid[])
                    WHERE u.school_id = $1
                      AND u.guardian_id = bond.guardian_id
                      AND t.pupil_id = bond.pupil_id)
 GROUP BY bond.pupil_id
"""


async def _keep(
    tx: SchoolTx,
    who: Standing,
    account_id: UUID,
    new: NewGroupMessage,
    body: str,
    pupils: Sequence[UUID],
    now: datetime,
) -> None:
    desk = "homeroom" if who.homeroom else "teacher" if who.subjects else "office"
    staff_id = who.staff_id if desk == "teacher" else None
    school_id = tx.school_id
    await tx.execute(_THREADS, school_id, [new_id() for _ in pupils], list(pupils), desk, staff_id, account_id, now)
    threads = {
        row["pupil_id"]: row["thread_id"]
        for row in await tx.fetch(_THEIR_THREADS, school_id, list(pupils), desk, staff_id)
    }
    copies = {pupil_id: new_id() for pupil_id in pupils}
    ids, places = [copies[one] for one in pupils], [threads[one] for one in pupils]
    await tx.execute(
        _MESSAGES, school_id, ids, places, who.staff_id, account_id, new.group_message_id, now, new.awaits_answer
    )
    terms = search.terms_of(school_id, body)
    await tx.execute(
        _TEXTS, school_id, ids, places, body, search.folded_line(body), search.marked_line(body), terms, account_id, now
    )
    await settle_threads(tx, places)
    await touch_families(tx, list(pupils))
    await _tell(tx, desk, account_id, copies, places, now)
    detail = {"pupils": len(pupils), "class": str(new.class_id)}
    await record(
        tx, "messages.sent_to_group", "group_message", new.group_message_id, at=now, actor=account_id, detail=detail
    )  # fmt: skip


async def _tell(
    tx: SchoolTx, desk: str, account_id: UUID, copies: dict[UUID, UUID], threads: Sequence[UUID], now: datetime
) -> None:
    name = await tx.fetchval(
        "SELECT full_name FROM staff WHERE school_id = $1 AND account_id = $2", tx.school_id, account_id
    )
    sender = sender_of(desk, name)
    rows = await tx.fetch(_LISTENERS, tx.school_id, list(copies), school_day(now), list(threads))
    notices = [notice_of(copies[row["pupil_id"]], row["pupil_id"], row["guardian_ids"], sender) for row in rows]
    await publish_to_guardians(tx, notices, at=now)


_GROUP = """
SELECT g.class_id, c.name AS class_name, g.body, s.full_name AS author, g.staff_id, g.sent_at
  FROM group_messages g
  JOIN classes c
    ON c.school_id = g.school_id
   AND c.class_id = g.class_id
  JOIN staff s
    ON s.school_id = g.school_id
   AND s.staff_id = g.staff_id
 WHERE g.school_id = $1
   AND g.group_message_id = $2
"""

_REPLIES = """
SELECT p.pupil_id, p.full_name, m.thread_id,
       EXISTS (SELECT
                 FROM message_reads r
                WHERE r.school_id = $1
                  AND r.message_id = m.message_id
                  AND r.reader_kind = 'guardian') AS read,
       (SELECT min(a.sent_at)
          FROM messages a
         WHERE a.school_id = $1
           AND a.thread_id = m.thread_id
           AND a.side = 'family'
           AND (a.sent_at, a.message_id) > (m.sent_at, m.message_id)) AS replied_at
  FROM messages m
  JOIN threads t
    ON t.school_id = m.school_id
   AND t.thread_id = m.thread_id
  JOIN pupils p
    ON p.school_id = t.school_id
   AND p.pupil_id = t.pupil_id
 WHERE m.school_id = $1
   AND m.group_message_id = $2
 ORDER BY p.sort_key, p.pupil_id
 LIMIT 500
"""


async def group_message(
    reader: Reader, school_id: int, account_id: UUID, group_message_id: UUID, now: datetime, language: str
) -> GroupMessage:
    """For its author, and for the administrator without a look into the replies: only whether there is one."""
    who = await standing(reader, school_id, account_id, on=school_day(now))
    row: Any = await reader.fetchrow(_GROUP, school_id, group_message_id)
    if row is None:
        raise NOT_FOUND()
    if not (who.admin or row["staff_id"] == who.staff_id):
        raise FORBIDDEN()
    found = await reader.fetch(_REPLIES, school_id, group_message_id)
    replies = [GroupReply(*one) for one in found]
    return GroupMessage(
        group_message_id,
        row["class_id"],
        row["class_name"],
        row["body"],
        teacher_name(row["author"], language),
        row["sent_at"],
        len(replies),
        sum(one.read for one in replies),
        sum(one.replied_at is not None for one in replies),
        replies,
    )
