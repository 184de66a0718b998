"""Announcements as staff read them. Each statement carries who is asking; a teacher sees what concerns the own classes."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from backend.announcements.audiences import may_follow
from backend.core.database import Reader
from backend.core.problems import FORBIDDEN, NOT_FOUND
from backend.files.area import kept_area
from backend.files.queries import FILES_JSON
from backend.identity.entitlement import standing
from notifications.queries import receipts_of
from schemas.announcements import AnnouncementPage, AnnouncementRow
from schemas.notifications import Receipts

_ROWS = msgspec.json.Decoder(list[AnnouncementRow])

# $1 school, $2 staff, $3 runs the school, $4 today. A teacher sees what is for all, for a grade or class taught, and own letters.
_SEEN = f"""
SELECT coalesce(json_agg(json_build_object(
         'announcement_id', seen.announcement_id, 'notice_id', seen.notice_id, 'title', seen.title, 'body', seen.body,
         'audience', seen.audience, 'class_name', seen.class_name, 'group_name', seen.group_name,
         'needs_acknowledgement', seen.needs_acknowledgement, 'urgent', seen.urgent, 'author', seen.author,
         'mine', seen.mine, 'published_at', seen.published_at, 'recalled_at', seen.recalled_at,
         'expires_at', seen.expires_at, 'corrects', seen.corrects, 'from_area', seen.from_area,
         'area_file_ids', CASE WHEN seen.from_area THEN to_json(seen.file_ids) ELSE '[]'::json END,
         'corrected_by', (SELECT later.announcement_id
                            FROM announcements later
                           WHERE later.school_id = $1
                             AND later.corrects = seen.announcement_id
                             AND later.recalled_at IS NULL
                           ORDER BY later.published_at DESC
                           LIMIT 1),
         'files', {FILES_JSON.format(of="seen.file_ids")},
         'recipients', come.recipients, 'opened', come.opened, 'acknowledged', come.acknowledged)
       ORDER BY seen.notice_id DESC), '[]'::json)::text
  FROM (SELECT n.announcement_id, n.notice_id, n.title, n.body, n.audience, c.name AS class_name, g.name AS group_name,
               n.needs_acknowledgement, n.urgent, coalesce(n.from_area, t.full_name) AS author,
               coalesce(n.author_staff_id = $2, false) AS mine, n.published_at, n.recalled_at, n.expires_at, n.corrects,
               n.file_ids, n.from_area IS NOT NULL AS from_area
          FROM announcements n
          LEFT JOIN staff t
            ON t.school_id = n.school_id
           AND t.staff_id = n.author_staff_id
          LEFT JOIN classes c
            ON c.school_id = n.school_id
           AND c.class_id = (n.audience ->> 'class_id')::uuid
          LEFT JOIN pupil_groups g
            ON g.school_id = n.school_id
           AND g.group_id = (n.audience ->> 'group_id')::uuid
         WHERE n.school_id = $1
           AND ($3
                OR n.author_staff_id = $2
                OR n.audience_kind = 'school'
                OR EXISTS (SELECT
                             FROM assignments a
                             JOIN classes k
                               ON k.school_id = a.school_id
                              AND k.class_id = a.class_id
                            WHERE a.school_id = $1
                              AND a.staff_id = $2
                              AND a.from_on <= $4
                              AND (a.to_on IS NULL OR a.to_on >= $4)
                              AND (n.audience_kind = 'class' AND n.audience ->> 'class_id' = k.class_id::text
                                   OR n.audience_kind = 'grade' AND n.audience ->> 'grade' = k.grade::text)))
{{which}}
       ) AS seen
 CROSS JOIN LATERAL (
       SELECT count(*) AS recipients, count(r.opened_at) AS opened, count(r.acknowledged_at) AS acknowledged
         FROM notice_recipients r
        WHERE r.school_id = $1
          AND r.notice_id = seen.notice_id) AS come
"""
_PAGE = _SEEN.format(
    which="           AND ($5::uuid IS NULL OR n.notice_id < $5)\n         ORDER BY n.notice_id DESC\n         LIMIT $6"
)
_ONE = _SEEN.format(which="           AND n.announcement_id = $5")


async def announcements(
    reader: Reader, school_id: int, account_id: UUID, *, today: date, before: UUID | None = None, limit: int = 20
) -> AnnouncementPage:
    """A page of what the reader may see, newest first; `before` is the `next` of the page before."""
    who = await standing(reader, school_id, account_id, on=today)
    found = await reader.fetchval(_PAGE, school_id, who.staff_id, who.admin, today, before, limit + 1)
    rows = _ROWS.decode(found)
    return AnnouncementPage(rows[:limit], rows[limit - 1].notice_id if len(rows) > limit else None)


async def announcement(
    reader: Reader, school_id: int, account_id: UUID, announcement_id: UUID, *, today: date
) -> AnnouncementRow:
    """Raises NOT_FOUND also for one that is not for the reader."""
    who = await standing(reader, school_id, account_id, on=today)
    rows = _ROWS.decode(await reader.fetchval(_ONE, school_id, who.staff_id, who.admin, today, announcement_id))
    if not rows:
        raise NOT_FOUND()
    if rows[0].area_file_ids:
        return msgspec.structs.replace(rows[0], files=await kept_area(reader, rows[0].area_file_ids))
    return rows[0]


async def receipts(
    reader: Reader, school_id: int, account_id: UUID, announcement_id: UUID, *, class_id: UUID | None, today: date
) -> Receipts:
    """Who has received, opened and acknowledged, by name: for the author and the administrator; of one class, for its teachers."""
    row: Any = await reader.fetchrow(
        """
        SELECT notice_id, author_staff_id, audience_kind, (audience ->> 'class_id')::uuid AS class_id
          FROM announcements
         WHERE school_id = $1
           AND announcement_id = $2
        """,
        school_id,
        announcement_id,
    )
    only = class_id or (row["class_id"] if row else None)
    who = await standing(reader, school_id, account_id, class_id=only, on=today)
    if row is None:
        raise NOT_FOUND()
    if not may_follow(who, row, only):
        raise FORBIDDEN()
    return await receipts_of(reader, school_id, row["notice_id"], class_id=class_id)
