"""Order in the talk: reports and what is decided on them, and the heads' recorded look at what was written.

It owns message_reports and the list of decisions. A hidden message keeps its place and every version of its text.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import Reader, SchoolTx
from backend.core.house import House
from backend.core.problems import CONFLICT, NOT_FOUND, problem
from backend.core.text import clean
from backend.core.versions import touch_families
from backend.identity.audit import record
from backend.identity.entitlement import require_role
from backend.messages.entitled import party
from backend.messages.telling import take_back
from backend.messages.writing import keep_text, settle_threads
from schemas.messages import (
    NewReport,
    ReportDecision,
    ReportRow,
    Reports,
    UrgentCalls,
)

OWN_MESSAGE = problem(
    "own-message",
    409,
    vi="Đây là tin của chính bạn; bạn có thể thu hồi.",
    en="This is your own message; you can withdraw it.",
)
OWN_REPORTED = problem(
    "own-message-reported",
    403,
    vi="Tin bị báo cáo là của bạn; một người khác phải quyết định.",
    en="What was reported is your own; somebody else has to decide.",
)
_COUNTED = timedelta(days=90)
_ROWS_MAX = 200


async def report(
    house: House, account_id: UUID, school_id: int, thread_id: UUID, message_id: UUID, new: NewReport
) -> None:
    """By anybody in the thread, about the other side. The same report again is the same one."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await party(tx, school_id, account_id, thread_id, school_day(now))
        row = await tx.fetchrow(
            "SELECT account_id FROM messages WHERE school_id = $1 AND thread_id = $2 AND message_id = $3",
            school_id,
            thread_id,
            message_id,
        )
        if row is None:
            raise NOT_FOUND()
        if row["account_id"] == account_id:
            raise OWN_MESSAGE()
        made = await tx.fetchval(
            """
            INSERT INTO message_reports (school_id, report_id, message_id, reported_by, side, reason, note, reported_at, state)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting')
                ON CONFLICT (school_id, report_id) DO NOTHING
            RETURNING true
            """,
            school_id, new.report_id, message_id, account_id, who.side, new.reason, clean(new.note) or None, now,
        )  # fmt: skip
        if made:
            detail = {"reason": new.reason}
            await record(tx, "messages.reported", "message", message_id, at=now, actor=account_id, detail=detail)
            return
        was = await tx.fetchrow(_REPORTED, school_id, new.report_id)
        if tuple(was or ()) != (message_id, account_id, new.reason, clean(new.note) or None):
            raise CONFLICT()


_REPORTED = """
SELECT message_id, reported_by, reason, note
  FROM message_reports
 WHERE school_id = $1
   AND report_id = $2
"""


_REPORTS = """
SELECT r.report_id, r.message_id, m.thread_id, p.full_name AS pupil_name, coalesce(g.full_name, s.full_name, '') AS author,
       (SELECT x.body
          FROM message_texts x
         WHERE x.school_id = $1
           AND x.message_id = r.message_id
           AND x.body IS NOT NULL
         ORDER BY x.version DESC
         LIMIT 1) AS body,
       r.reason, r.note,
       coalesce((SELECT min(b.full_name) FROM guardians b WHERE b.school_id = $1 AND b.account_id = r.reported_by),
                (SELECT min(b.full_name) FROM staff b WHERE b.school_id = $1 AND b.account_id = r.reported_by)) AS reported_by,
       r.reported_at, r.state
  FROM message_reports r
  JOIN messages m
    ON m.school_id = r.school_id
   AND m.message_id = r.message_id
  JOIN threads t
    ON t.school_id = m.school_id
   AND t.thread_id = m.thread_id
  JOIN pupils p
    ON p.school_id = t.school_id
   AND p.pupil_id = t.pupil_id
  LEFT JOIN guardians g
    ON g.school_id = m.school_id
   AND g.guardian_id = m.guardian_id
  LEFT JOIN staff s
    ON s.school_id = m.school_id
   AND s.staff_id = m.staff_id
 WHERE r.school_id = $1
 ORDER BY r.state = 'waiting' DESC, r.reported_at DESC, r.report_id
 LIMIT $2
"""


async def reports(house: House, account_id: UUID, school_id: int) -> Reports:
    """For the administrator. It shows what was written, so that each look is recorded with the messages it saw."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        rows = await tx.fetch(_REPORTS, school_id, _ROWS_MAX)
        if rows:
            seen = sorted({str(row["message_id"]) for row in rows})
            detail = {"messages": seen, "reason": "reports"}
            await record(tx, "messages.overseen", "school", school_id, at=now, actor=account_id, detail=detail)
    return Reports([ReportRow(*row) for row in rows])


async def decide_report(
    house: House, account_id: UUID, school_id: int, report_id: UUID, decision: ReportDecision
) -> None:
    """`hidden` puts a tombstone in the message's place, `kept` leaves it, or brings it back. All reports of it are decided."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        row = await tx.fetchrow(
            """
            SELECT r.message_id, m.thread_id, t.pupil_id, m.account_id
              FROM message_reports r
              JOIN messages m
                ON m.school_id = r.school_id
               AND m.message_id = r.message_id
              JOIN threads t
                ON t.school_id = m.school_id
               AND t.thread_id = m.thread_id
             WHERE r.school_id = $1
               AND r.report_id = $2
               FOR NO KEY UPDATE OF t, r
            """,
            school_id,
            report_id,
        )
        if row is None:
            raise NOT_FOUND()
        if row["account_id"] == account_id:
            raise OWN_REPORTED()
        note = clean(decision.note) or None
        await tx.execute(_DECIDE, school_id, row["message_id"], decision.state, account_id, now, note)
        await _show_or_hide(tx, row, decision.state, account_id, now)
        await record(
            tx, f"messages.report_{decision.state}", "message", row["message_id"], at=now, actor=account_id
        )  # fmt: skip


# All reports of the message at once; what was decided before stays in the list of decisions.
_DECIDE = """
WITH decided AS (
        UPDATE message_reports
           SET state = $3, decided_by = $4, decided_at = $5, decision_note = $6
         WHERE school_id = $1
           AND message_id = $2
     RETURNING report_id)
INSERT INTO message_report_decisions (school_id, report_id, number, state, decided_by, decided_at, note)
SELECT $1, d.report_id,
       1 + (SELECT count(*) FROM message_report_decisions h WHERE h.school_id = $1 AND h.report_id = d.report_id),
       $3, $4, $5, $6
  FROM decided d
"""


async def _show_or_hide(tx: SchoolTx, row: Any, state: str, account_id: UUID, now: datetime) -> None:
    versions = await tx.fetch(
        """
        SELECT version, state, body
          FROM message_texts
         WHERE school_id = $1
           AND message_id = $2
         ORDER BY version DESC
        """,
        tx.school_id,
        row["message_id"],
    )
    newest = versions[0]
    if state == "hidden" and newest["state"] not in ("hidden", "withdrawn"):
        body, new_state = None, "hidden"
        await take_back(tx, [row["message_id"]], now)
    elif state == "kept" and newest["state"] == "hidden":
        body, new_state = next(one["body"] for one in versions if one["body"] is not None), "restored"
    else:
        return
    await keep_text(
        tx, row["message_id"], newest["version"] + 1, row["thread_id"], new_state, body, account_id, now
    )  # fmt: skip
    await settle_threads(tx, [row["thread_id"]])
    await touch_families(tx, [row["pupil_id"]])


async def urgent_calls(reader: Reader, school_id: int, account_id: UUID, at: datetime) -> UrgentCalls:
    """How often each family called the duty, so that both need and misuse show. For the administrator."""
    await require_role(reader, school_id, account_id, "school_admin", on=school_day(at))
    rows = await reader.fetch(
        """
        SELECT coalesce(g.full_name, g.phone_e164, '') AS guardian_name, p.full_name AS pupil_name, count(*) AS calls, max(m.sent_at) AS last_at
          FROM messages m
          JOIN threads t
            ON t.school_id = m.school_id
           AND t.thread_id = m.thread_id
          JOIN pupils p
            ON p.school_id = t.school_id
           AND p.pupil_id = t.pupil_id
          JOIN guardians g
            ON g.school_id = m.school_id
           AND g.guardian_id = m.guardian_id
         WHERE m.school_id = $1
           AND m.urgent_reason IS NOT NULL
           AND m.sent_at > $2
         GROUP BY g.guardian_id, g.full_name, g.phone_e164, p.pupil_id, p.full_name
         ORDER BY count(*) DESC, max(m.sent_at) DESC
         LIMIT $3
        """,
        school_id,
        at - _COUNTED,
        _ROWS_MAX,
    )
    return UrgentCalls([UrgentCalls.Family(*row) for row in rows])
