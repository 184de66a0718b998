"""What is too old goes: posts, pictures with their bytes, comments, thanks and reports, by a nightly job. A count stays in the audit trail.

Consents stay: they prove what was agreed while it was shown.
"""

from __future__ import annotations

from datetime import date

from backend.core.across_schools import schools_with_old_posts
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.feed.visible import EXPIRED, KEEP_DAYS, WITH_CLASS
from backend.files import actions as files
from backend.identity.audit import record
from notifications.outbox import recall

_AT_ONCE = 50

_OLD = f"""
SELECT p.post_id, p.notice_id
  FROM feed_posts p
{WITH_CLASS}
 WHERE p.school_id = $1
   AND {EXPIRED.replace("$3", "$2")}
 ORDER BY p.made_at, p.post_id
 LIMIT $3
   FOR UPDATE OF p
"""
_DECISIONS_GO = """
DELETE FROM feed_report_decisions d
 USING feed_reports r
 WHERE d.school_id = $1
   AND r.school_id = $1
   AND r.report_id = d.report_id
   AND r.post_id = ANY ($2::uuid[])
"""
_REPORTS_GO = """
DELETE FROM feed_reports
 WHERE school_id = $1
   AND post_id = ANY ($2::uuid[])
"""
_THANKS_GO = """
DELETE FROM feed_thanks
 WHERE school_id = $1
   AND post_id = ANY ($2::uuid[])
"""
_COMMENTS_GO = """
DELETE FROM feed_comments
 WHERE school_id = $1
   AND post_id = ANY ($2::uuid[])
RETURNING comment_id
"""
_TAGS_GO = """
DELETE FROM feed_photo_pupils
 WHERE school_id = $1
   AND post_id = ANY ($2::uuid[])
"""
_PHOTOS_GO = """
DELETE FROM feed_photos
 WHERE school_id = $1
   AND post_id = ANY ($2::uuid[])
RETURNING file_id
"""
_POSTS_GO = """
DELETE FROM feed_posts
 WHERE school_id = $1
   AND post_id = ANY ($2::uuid[])
"""


async def run_everywhere(house: House) -> int:
    """How many posts went. School by school, a bounded number in one transaction; it may run twice."""
    now = house.clock.now()
    gone = 0
    for school_id in await schools_with_old_posts(house.database.reader, school_day(now), KEEP_DAYS):
        while True:
            async with house.database.school(school_id) as tx:
                here = await remove_old(tx, house, school_day(now))
            gone += here
            if here < _AT_ONCE:
                break
    return gone


async def remove_old(tx: SchoolTx, house: House, today: date) -> int:
    now = house.clock.now()
    rows = await tx.fetch(_OLD, tx.school_id, today, _AT_ONCE)
    if not rows:
        return 0
    posts = [row["post_id"] for row in rows]
    for row in rows:
        if row["notice_id"] is not None:
            await recall(tx, row["notice_id"], at=now)
    await tx.execute(_DECISIONS_GO, tx.school_id, posts)
    await tx.execute(_REPORTS_GO, tx.school_id, posts)
    await tx.execute(_THANKS_GO, tx.school_id, posts)
    comments = await tx.fetch(_COMMENTS_GO, tx.school_id, posts)
    await tx.execute(_TAGS_GO, tx.school_id, posts)
    photos = await tx.fetch(_PHOTOS_GO, tx.school_id, posts)
    await tx.execute(_POSTS_GO, tx.school_id, posts)
    deleted = await files.forget(tx, [row["file_id"] for row in photos])
    detail = {"posts": len(posts), "photos": len(photos), "files": deleted, "comments": len(comments)}
    await record(tx, "feed.expired", "school", tx.school_id, at=now, actor_kind="system", detail=detail)
    return len(posts)
