"""Threads as they are read, by families and by staff. Each statement carries who is asking; entitled.py says who belongs to a thread."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.catalogue import say
from backend.core.clock import school_day
from backend.core.database import Reader
from backend.core.problems import NOT_FOUND
from backend.files.queries import FILES_JSON
from backend.identity.entitlement import standing
from backend.messages import search
from backend.messages.entitled import AT_DESK, KIN, MAYBE_FAMILYS, MAYBE_STAFFS, ME, PUPIL_OF_THREAD, Party, party
from backend.messages.hours import hours_of
from backend.messages.names import guardian_name, teacher_name
from backend.messages.promises import promise_sentence
from backend.messages.shield import promised_by
from schemas.files import Kept
from schemas.messages import Found, FoundMessages, MessageRow, RequestRow, Side, Thread, ThreadHead, Threads

_FILES = msgspec.json.Decoder(list[Kept])
_DETAIL = msgspec.json.Decoder(dict[str, str | list[str] | None])
PAGE = 60
_LIST_MAX = 100
_FOUND_MAX = 30

# The newest version of a message's text is what it says.
NEWEST_TEXT = """
  JOIN LATERAL (
       SELECT x.version, x.state, x.body, x.written_at
         FROM message_texts x
        WHERE x.school_id = m.school_id
          AND x.message_id = m.message_id
        ORDER BY x.version DESC
        LIMIT 1) AS said
    ON true
"""

# $1 school, $2 account, $3 today; the reader's side fills {side} and {muted}.
_HEAD = """
SELECT t.thread_id, t.pupil_id, p.full_name AS pupil_name, seat.name AS class_name, t.desk, t.staff_id,
       coalesce(other.full_name, named.full_name) AS other_name, alone.full_name AS alone_name,
       t.only_guardian_id, t.last_at, t.waiting_since, latest.side AS last_side, latest.body AS last_text, latest.kind AS last_kind,
       (SELECT count(*)
          FROM messages m
         WHERE m.school_id = $1
           AND m.thread_id = t.thread_id
           AND m.side <> '{side}'
           AND NOT EXISTS (SELECT
                             FROM message_reads r
                            WHERE r.school_id = $1
                              AND r.message_id = m.message_id
                              AND {read_by})) AS unread,
       (SELECT count(*)
          FROM messages m
          JOIN message_requests q
            ON q.school_id = m.school_id
           AND q.message_id = m.message_id
           AND q.state = 'waiting'
         WHERE m.school_id = $1
           AND m.thread_id = t.thread_id) AS requests_waiting,
       {muted} AS muted
  FROM {threads} AS t
""" + PUPIL_OF_THREAD + """
  LEFT JOIN guardians alone
    ON alone.school_id = t.school_id
   AND alone.guardian_id = t.only_guardian_id
  LEFT JOIN LATERAL (
       SELECT m.side, m.kind, said.body
         FROM messages m
""" + NEWEST_TEXT + """
        WHERE m.school_id = $1
          AND m.message_id = t.last_message_id) AS latest
    ON true
{who}
 WHERE t.school_id = $1
"""  # fmt: skip
_FAMILY_HEAD = _HEAD.format(
    side="family",
    read_by="r.reader_kind = 'guardian' AND r.reader_id = kin.guardian_id",
    muted="EXISTS (SELECT FROM thread_mutes u WHERE u.school_id = $1 AND u.thread_id = t.thread_id AND u.guardian_id = kin.guardian_id)",
    who=KIN,
    threads=MAYBE_FAMILYS,
)
_STAFF_HEAD = _HEAD.format(
    side="school", read_by="r.reader_kind = 'staff'", muted="false", who=ME, threads=MAYBE_STAFFS
)

_OF_FAMILY = _FAMILY_HEAD + """
   AND kin.guardian_id IS NOT NULL
   AND t.last_at IS NOT NULL
 ORDER BY t.last_at DESC, t.thread_id
 LIMIT $4
"""  # fmt: skip

# What was only sent to all, and answered by nobody, fills no inbox.
_OF_STAFF = _STAFF_HEAD + f"""
   AND {AT_DESK}
   AND EXISTS (SELECT
                 FROM messages m
                WHERE m.school_id = $1
                  AND m.thread_id = t.thread_id
                  AND m.group_message_id IS NULL)
 ORDER BY (t.desk = 'duty' AND t.waiting_since IS NOT NULL) DESC, t.waiting_since NULLS LAST, t.last_at DESC, t.thread_id
 LIMIT $4
"""  # fmt: skip
_ONE_OF_FAMILY = _FAMILY_HEAD + "   AND kin.guardian_id IS NOT NULL\n   AND t.thread_id = $4"
_ONE_OF_STAFF = _STAFF_HEAD + f"   AND {AT_DESK}\n   AND t.thread_id = $4"


async def require_staff(reader: Reader, school_id: int, account_id: UUID, now: datetime) -> None:
    """Raises FORBIDDEN for anybody who does not work in the school any more."""
    await standing(reader, school_id, account_id, on=school_day(now))


async def family_threads(reader: Reader, school_id: int, account_id: UUID, on: date, language: str) -> list[ThreadHead]:
    rows = await reader.fetch(_OF_FAMILY, school_id, account_id, on, _LIST_MAX)
    return [_head(school_id, row, "family", language) for row in rows]


async def staff_threads(reader: Reader, school_id: int, account_id: UUID, on: date, language: str) -> Threads:
    rows = await reader.fetch(_OF_STAFF, school_id, account_id, on, _LIST_MAX)
    return Threads([_head(school_id, row, "school", language) for row in rows])


def _head(school_id: int, row: Any, side: Side, language: str) -> ThreadHead:
    return ThreadHead(
        school_id=school_id,
        thread_id=row["thread_id"],
        pupil_id=row["pupil_id"],
        pupil_name=row["pupil_name"],
        class_name=row["class_name"],
        desk=row["desk"],
        staff_id=row["staff_id"],
        counterpart=_counterpart(row, side, language),
        private=row["only_guardian_id"] is not None,
        last_at=row["last_at"],
        last_text=row["last_text"]
        or (say(f"messages.kind_{row['last_kind']}", language) if row["last_kind"] else None),
        last_side=row["last_side"],
        unread=row["unread"],
        waiting_since=row["waiting_since"] if side == "school" else None,
        urgent=row["desk"] == "duty" and row["waiting_since"] is not None,
        requests_waiting=row["requests_waiting"],
        muted=row["muted"],
    )


def _counterpart(row: Any, side: Side, language: str) -> str:
    if side == "school":
        child = " ".join(row["pupil_name"].split()[-2:])
        return row["alone_name"] or say("messages.family_of", language, child=child)
    return desk_name(row["desk"], row["other_name"], language)


def desk_name(desk: str, other_name: str | None, language: str) -> str:
    if desk in ("teacher", "homeroom") and other_name:
        return teacher_name(other_name, language)
    return say(f"messages.desk_{desk}", language)


# $3 thread, $4 before, $5 how many, $6 now.
_MESSAGES = f"""
SELECT m.message_id, m.side, m.kind, m.folded, m.urgent_reason, m.group_message_id, m.sent_at, m.promised_at, m.awaits_answer,
       m.account_id = $2 AS mine, said.version, said.state, said.body, said.written_at,
       g.full_name AS guardian_name, bond.kind AS kin, p.full_name AS pupil_name, s.full_name AS staff_name,
       q.kind AS request_kind, q.from_on, q.to_on, q.detail::text AS detail, q.state AS request_state, q.decided_at, q.note,
       (SELECT min(d.full_name)
          FROM staff d
         WHERE d.school_id = $1
           AND d.account_id = q.decided_by) AS decided_by,
       (SELECT min(r.shown_at)
          FROM message_reads r
         WHERE r.school_id = $1
           AND r.message_id = m.message_id
           AND r.reader_kind = CASE m.side WHEN 'family' THEN 'staff' ELSE 'guardian' END
           AND r.shown_at <= $6) AS read_at,
       {FILES_JSON.format(of="m.file_ids")}::text AS files
  FROM (SELECT o.*
          FROM messages o
         WHERE o.school_id = $1
           AND o.thread_id = $3
           AND ($4::uuid IS NULL
                OR (o.sent_at, o.message_id) < (SELECT b.sent_at, b.message_id
                                                  FROM messages b
                                                 WHERE b.school_id = $1
                                                   AND b.message_id = $4
                                                   AND b.thread_id = $3))
         ORDER BY o.sent_at DESC, o.message_id DESC
         LIMIT $5) AS m
  JOIN threads t
    ON t.school_id = m.school_id
   AND t.thread_id = m.thread_id
  JOIN pupils p
    ON p.school_id = t.school_id
   AND p.pupil_id = t.pupil_id
{NEWEST_TEXT}
  LEFT JOIN guardians g
    ON g.school_id = m.school_id
   AND g.guardian_id = m.guardian_id
  LEFT JOIN guardianships bond
    ON bond.school_id = m.school_id
   AND bond.guardian_id = m.guardian_id
   AND bond.pupil_id = t.pupil_id
  LEFT JOIN staff s
    ON s.school_id = m.school_id
   AND s.staff_id = m.staff_id
  LEFT JOIN message_requests q
    ON q.school_id = m.school_id
   AND q.message_id = m.message_id
 WHERE t.school_id = $1
 ORDER BY m.sent_at, m.message_id
"""


async def thread(
    reader: Reader,
    school_id: int,
    account_id: UUID,
    thread_id: UUID,
    now: datetime,
    language: str,
    *,
    before: UUID | None = None,
    limit: int = PAGE,
) -> Thread:
    """A page of a conversation as its reader may see it. Raises NOT_FOUND for everybody outside."""
    on = school_day(now)
    who = await party(reader, school_id, account_id, thread_id, on)
    statement = _ONE_OF_FAMILY if who.side == "family" else _ONE_OF_STAFF
    row = await reader.fetchrow(statement, school_id, account_id, on, thread_id)
    rows = await reader.fetch(_MESSAGES, school_id, account_id, thread_id, before, limit + 1, now)
    assert row is not None, "whoever belongs to the thread finds it"
    messages = [message_row(one, who.side, language) for one in rows[-limit:]]
    return Thread(
        head=_head(school_id, row, who.side, language),
        side=who.side,
        may_write=who.staffed,
        closed_because=None if who.staffed else say("messages.no_longer_teaches", language, name=_name(who, language)),
        promise=await _promise(reader, who, now, language) if who.side == "family" else None,
        folded_count=sum(one.folded for one in messages),
        messages=messages,
        before=messages[0].message_id if len(rows) > limit else None,
    )


def _name(who: Party, language: str) -> str:
    return desk_name(who.desk, who.other_name, language)


async def _promise(reader: Reader, who: Party, now: datetime, language: str) -> str | None:
    if not who.staffed or who.desk == "duty":
        return None
    hours, closed = await hours_of(reader, who.school_id, who.other_staff_id, now)
    return promise_sentence(promised_by(now, hours, closed), _name(who, language), now, language)


def message_row(row: Any, side: Side, language: str) -> MessageRow:
    author = (
        guardian_name(row["guardian_name"], row["kin"] or "guardian", row["pupil_name"], language)
        if row["side"] == "family"
        else teacher_name(row["staff_name"], language)
    )
    gone = row["state"] in ("withdrawn", "hidden")
    return MessageRow(
        message_id=row["message_id"],
        side=row["side"],
        author=author,
        mine=row["mine"],
        kind=row["kind"],
        state=row["state"],
        text=row["body"],
        changed_at=row["written_at"] if row["version"] > 1 else None,
        sent_at=row["sent_at"],
        folded=row["folded"],
        urgent_reason=row["urgent_reason"],
        group_message_id=row["group_message_id"],
        request=None if gone and row["request_state"] != "withdrawn" else _request(row, language),
        read_at=row["read_at"] if row["side"] == side else None,
        promised_at=row["promised_at"],
        files=[] if gone else _FILES.decode(row["files"]),
        awaits_answer=row["awaits_answer"] and not gone,
    )


def _request(row: Any, language: str) -> RequestRow | None:
    if row["request_kind"] is None:
        return None
    gone = row["state"] in ("withdrawn", "hidden")
    return RequestRow(
        kind=row["request_kind"],
        from_on=row["from_on"],
        to_on=row["to_on"],
        detail={} if gone else _DETAIL.decode(row["detail"]),
        state=row["request_state"],
        decided_at=row["decided_at"],
        decided_by=teacher_name(row["decided_by"], language) if row["decided_by"] else None,
        note=row["note"],
    )


# $4 the tsquery, $5 words as typed, $6 the folded line, $7 how many. Exact marks first, then the words side by side, then the newest.
_SEARCH = """
WITH mine AS MATERIALIZED (
     SELECT t.thread_id, p.full_name AS pupil_name, t.desk, coalesce(other.full_name, named.full_name) AS other_name,
            alone.full_name AS alone_name
       FROM {threads} AS t
{of_thread}
       LEFT JOIN guardians alone
         ON alone.school_id = t.school_id
        AND alone.guardian_id = t.only_guardian_id
{who}
      WHERE t.school_id = $1
        AND {entitled})
SELECT mine.thread_id, x.message_id, mine.pupil_name, mine.desk, mine.other_name, mine.alone_name, x.body, m.sent_at,
       (SELECT count(*)
          FROM unnest($5::text[]) AS asked (word)
         WHERE position(asked.word IN x.marked_line) > 0) AS exact
  FROM mine
  JOIN message_texts x
    ON x.school_id = $1
   AND x.thread_id = mine.thread_id
  JOIN messages m
    ON m.school_id = x.school_id
   AND m.message_id = x.message_id
 WHERE x.school_id = $1
   AND x.terms @@ $4::tsquery
   AND x.body IS NOT NULL
   AND NOT EXISTS (SELECT
                     FROM message_texts later
                    WHERE later.school_id = $1
                      AND later.message_id = x.message_id
                      AND later.version > x.version)
 ORDER BY exact DESC, position($6 IN x.folded_line) > 0 DESC, m.sent_at DESC, x.message_id
 LIMIT $7
"""
SEARCH_OF_FAMILY = _SEARCH.format(
    of_thread=PUPIL_OF_THREAD, who=KIN, entitled="kin.guardian_id IS NOT NULL", threads=MAYBE_FAMILYS
)
SEARCH_OF_STAFF = _SEARCH.format(of_thread=PUPIL_OF_THREAD, who=ME, entitled=AT_DESK, threads=MAYBE_STAFFS)


async def search_messages(
    reader: Reader, school_id: int, account_id: UUID, on: date, asked: str, language: str, *, side: Side
) -> FoundMessages:
    """In the reader's own threads. Marks are not needed to find; where they were typed and stand there, the message comes first."""
    query = search.query_of(school_id, asked)
    if not query:
        return FoundMessages([])
    statement = SEARCH_OF_FAMILY if side == "family" else SEARCH_OF_STAFF
    rows = await reader.fetch(
        statement, school_id, account_id, on, query, search.exact_words(asked), search.folded_line(asked), _FOUND_MAX
    )
    return FoundMessages([_found(school_id, row, side, language) for row in rows])


def _found(school_id: int, row: Any, side: Side, language: str) -> Found:
    return Found(
        school_id,
        row["thread_id"],
        row["message_id"],
        row["pupil_name"],
        _counterpart(row, side, language),
        row["body"],
        row["sent_at"],
        row["exact"],
    )


async def require_file(
    reader: Reader, school_id: int, account_id: UUID, thread_id: UUID, file_id: UUID, now: datetime
) -> None:
    """Raises NOT_FOUND for outsiders, for files of other threads, and for those of messages that were taken back."""
    await party(reader, school_id, account_id, thread_id, school_day(now))
    found = await reader.fetchval(
        """
        SELECT true
          FROM messages m
          JOIN LATERAL (
               SELECT x.state
                 FROM message_texts x
                WHERE x.school_id = m.school_id
                  AND x.message_id = m.message_id
                ORDER BY x.version DESC
                LIMIT 1) AS said
            ON said.state NOT IN ('withdrawn', 'hidden')
         WHERE m.school_id = $1
           AND m.thread_id = $2
           AND $3 = ANY (m.file_ids)
         LIMIT 1
        """,
        school_id,
        thread_id,
        file_id,
    )
    if not found:
        raise NOT_FOUND()


async def thread_of_notice(reader: Reader, school_id: int, notice_id: UUID) -> UUID | None:
    """Where a notice of kind 'message' leads. The thread itself asks who may read it."""
    found: UUID | None = await reader.fetchval(
        """
        SELECT m.thread_id
          FROM notices n
          JOIN messages m
            ON m.school_id = n.school_id
           AND m.message_id = n.source_id::uuid
         WHERE n.school_id = $1
           AND n.notice_id = $2
           AND n.source_kind = 'message'
        """,
        school_id,
        notice_id,
    )
    return found


async def thread_of_message(reader: Reader, school_id: int, account_id: UUID, message_id: UUID) -> UUID | None:
    """Of one's own message. Whether it may still be taken back, the thread itself asks."""
    found: UUID | None = await reader.fetchval(
        """
        SELECT m.thread_id
          FROM messages m
         WHERE m.school_id = $1
           AND m.message_id = $3
           AND m.account_id = $2
        """,
        school_id,
        account_id,
        message_id,
    )
    return found


async def require_party(reader: Reader, school_id: int, account_id: UUID, thread_id: UUID, now: datetime) -> Party:
    """For doors that read a form: who does not belong here learns nothing about it."""
    return await party(reader, school_id, account_id, thread_id, school_day(now))


class Relative(msgspec.Struct, frozen=True):
    guardian_id: UUID
    full_name: str | None
    kind: str
    phone: str | None


async def family_of(reader: Reader, school_id: int, pupil_id: UUID, on: date) -> list[Relative]:
    """Who may see the pupil. The caller has asked whether the reader may know."""
    rows = await reader.fetch(
        """
        SELECT g.guardian_id, g.full_name, bond.kind, g.phone_e164
          FROM guardianships bond
          JOIN guardians g
            ON g.school_id = bond.school_id
           AND g.guardian_id = bond.guardian_id
         WHERE bond.school_id = $1
           AND bond.pupil_id = $2
           AND bond.can_view
           AND bond.valid_from <= $3
           AND (bond.valid_to IS NULL OR bond.valid_to >= $3)
         ORDER BY bond.kind, g.guardian_id
        """,
        school_id,
        pupil_id,
        on,
    )
    return [Relative(*row) for row in rows]
