"""What is reported of a feed, and what is decided on it. It owns feed_reports.

"My child is on this picture" takes the picture out of sight at once, and asks afterwards.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import Reader, SchoolTx
from backend.core.house import House
from backend.core.problems import CONFLICT, INVALID, NOT_FOUND, FieldError
from backend.core.text import clean
from backend.feed import drafts, posts, problems, talk
from backend.feed.family import SEAT
from backend.identity.audit import record
from backend.identity.entitlement import require_role
from schemas.feed import FeedReport, FeedReportDecision, FeedReports, NewFeedReport

_ROWS_MAX = 200
_ONE_THING = ("Báo cáo bài, hoặc một ảnh, hoặc một bình luận.", "Report the post, or one picture, or one comment.")
_WHICH = ("Chọn ảnh có con của bạn.", "Choose the picture with your child on it.")


async def report(house: House, account_id: UUID, school_id: int, post_id: UUID, new: NewFeedReport) -> None:
    """By a guardian who sees the post. The same report again is the same one."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        if await tx.fetchrow(SEAT, school_id, account_id, school_day(now), post_id) is None:
            raise NOT_FOUND()
        if new.file_id is not None and new.comment_id is not None:
            raise INVALID(FieldError("/comment_id", *_ONE_THING))
        if new.reason == "my_child" and new.file_id is None:
            raise INVALID(FieldError("/file_id", *_WHICH))
        if not await tx.fetchval(_THERE, school_id, post_id, new.file_id, new.comment_id):
            raise NOT_FOUND()
        made = await tx.fetchval(
            """
            INSERT INTO feed_reports (school_id, report_id, post_id, file_id, comment_id, reason, note, reported_by, reported_at, state)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting')
                ON CONFLICT (school_id, report_id) DO NOTHING
            RETURNING true
            """,
            school_id, new.report_id, post_id, new.file_id, new.comment_id, new.reason, clean(new.note) or None, account_id, now,
        )  # fmt: skip
        if not made:
            was = await tx.fetchrow(_REPORTED, school_id, new.report_id)
            same = (post_id, new.file_id, new.comment_id, new.reason, clean(new.note) or None, account_id)
            if tuple(was or ()) != same:
                raise CONFLICT()
            return
        if new.reason == "my_child":
            await _hold(tx, post_id, new.file_id, now)
        detail = {"reason": new.reason}
        await record(tx, "feed.reported", "feed_post", post_id, at=now, actor=account_id, detail=detail)


_THERE = """
SELECT ($3::uuid IS NULL OR EXISTS (SELECT
                                      FROM feed_photos h
                                     WHERE h.school_id = $1
                                       AND h.post_id = $2
                                       AND h.file_id = $3))
   AND ($4::uuid IS NULL OR EXISTS (SELECT
                                      FROM feed_comments k
                                     WHERE k.school_id = $1
                                       AND k.post_id = $2
                                       AND k.comment_id = $4
                                       AND k.state = 'shown'))
"""


_REPORTED = """
SELECT post_id, file_id, comment_id, reason, note, reported_by
  FROM feed_reports
 WHERE school_id = $1
   AND report_id = $2
"""


async def _hold(tx: SchoolTx, post_id: UUID, file_id: UUID | None, at: datetime | None) -> None:
    await tx.execute(
        """
        UPDATE feed_photos
           SET held_at = $4
         WHERE school_id = $1
           AND post_id = $2
           AND file_id = $3
        """,
        tx.school_id,
        post_id,
        file_id,
        at,
    )
    await posts.touch_class(tx, post_id)


_REPORTS = """
SELECT r.report_id, r.post_id, c.name AS class_name, r.file_id, r.comment_id, coalesce(k.body, p.body) AS text, r.reason, r.note,
       coalesce((SELECT min(b.full_name) FROM guardians b WHERE b.school_id = $1 AND b.account_id = r.reported_by), '') AS reported_by,
       r.reported_at, r.state
  FROM feed_reports r
  JOIN feed_posts p
    ON p.school_id = r.school_id
   AND p.post_id = r.post_id
  JOIN classes c
    ON c.school_id = p.school_id
   AND c.class_id = p.class_id
  LEFT JOIN feed_comments k
    ON k.school_id = r.school_id
   AND k.comment_id = r.comment_id
 WHERE r.school_id = $1
 ORDER BY r.state = 'waiting' DESC, r.reported_at DESC, r.report_id
 LIMIT $2
"""


async def reports(reader: Reader, school_id: int, account_id: UUID, today: date) -> FeedReports:
    """For the administrator, waiting ones first."""
    await require_role(reader, school_id, account_id, "school_admin", on=today)
    rows = await reader.fetch(_REPORTS, school_id, _ROWS_MAX)
    return FeedReports([FeedReport(*row) for row in rows])


_REPORT = """
SELECT report_id, post_id, file_id, comment_id
  FROM feed_reports
 WHERE school_id = $1
   AND report_id = $2
   FOR UPDATE
"""
_AUTHOR = """
SELECT coalesce((SELECT k.account_id
                   FROM feed_comments k
                  WHERE k.school_id = $1
                    AND k.comment_id = $3),
                p.author_account_id)
  FROM feed_posts p
 WHERE p.school_id = $1
   AND p.post_id = $2
"""
# Everything that was reported of the same thing is decided with it; what was decided before stays in the list of decisions.
_DECIDE = """
WITH decided AS (
        UPDATE feed_reports
           SET state = $5, decided_by = $6, decided_at = $7, decision_note = $8
         WHERE school_id = $1
           AND post_id = $2
           AND file_id IS NOT DISTINCT FROM $3
           AND comment_id IS NOT DISTINCT FROM $4
     RETURNING report_id)
INSERT INTO feed_report_decisions (school_id, report_id, number, state, decided_by, decided_at, note)
SELECT $1, d.report_id,
       1 + (SELECT count(*) FROM feed_report_decisions h WHERE h.school_id = $1 AND h.report_id = d.report_id),
       $5, $6, $7, $8
  FROM decided d
"""


async def decide(house: House, account_id: UUID, school_id: int, report_id: UUID, decision: FeedReportDecision) -> None:
    """`hidden` takes the thing out of sight, `kept` leaves it there or brings it back. All reports of it are decided."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        row = await tx.fetchrow(_REPORT, school_id, report_id)
        if row is None:
            raise NOT_FOUND()
        if await tx.fetchval(_AUTHOR, school_id, row["post_id"], row["comment_id"]) == account_id:
            raise problems.OWN_REPORTED()
        post = await tx.fetchrow(drafts.POST, school_id, row["post_id"])
        note = clean(decision.note) or None
        await tx.execute(
            _DECIDE, school_id, row["post_id"], row["file_id"], row["comment_id"], decision.state, account_id, now, note
        )  # fmt: skip
        hidden = decision.state == "hidden"
        if row["comment_id"] is not None:
            await talk.set_by_report(tx, row["comment_id"], "hidden" if hidden else "shown", account_id, now)
        elif row["file_id"] is not None:
            await _hold(tx, row["post_id"], row["file_id"], now if hidden else None)
        else:
            await _hide_post(tx, post, hidden, account_id, now, note)
        await record(
            tx, f"feed.report_{decision.state}", "feed_post", row["post_id"], at=now, actor=account_id
        )  # fmt: skip


async def _hide_post(tx: SchoolTx, post: Any, hidden: bool, by: UUID, at: datetime, note: str | None) -> None:
    if hidden and post["state"] == "published":
        await posts.take_down(tx, post, by, at, note)
    elif not hidden and post["state"] == "hidden":
        await posts.bring_back(tx, post["post_id"], by, at)
