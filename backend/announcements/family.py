"""A letter as a family sees it beyond its words: files, end, correction, dates. The right to read is joined in; it owns no table."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import Reader
from backend.core.problems import NOT_FOUND
from backend.files.area import kept_area
from backend.files.queries import FILES_JSON
from schemas.happenings import FamilyLetter

_LETTER = msgspec.json.Decoder(FamilyLetter)

# $1 school, $2 account, $3 the school's day, $4 the notice, $5 now. A reminder shows what hangs on the letter it is about.
_SEEN = f"""
SELECT json_build_object(
         'notice_id', n.notice_id, 'recalled_at', coalesce(n.recalled_at, a.recalled_at), 'expires_at', n.expires_at,
         'past', coalesce(n.expires_at <= $5, false), 'from_area', a.from_area,
         'area_file_ids', CASE WHEN a.from_area IS NOT NULL AND a.recalled_at IS NULL
                               THEN to_json(a.file_ids)
                               ELSE '[]'::json END,
         'files', CASE WHEN a.recalled_at IS NULL
                       THEN {FILES_JSON.format(of="a.file_ids")}
                       ELSE '[]'::json END,
         'events', (SELECT coalesce(json_agg(json_build_object(
                             'event_id', e.event_id, 'announcement_id', e.announcement_id, 'title', e.title,
                             'held_on', e.held_on, 'starts_at', e.starts_at, 'ends_at', e.ends_at,
                             'place', e.place) ORDER BY e.held_on, e.starts_at), '[]'::json)
                      FROM announcement_events e
                     WHERE e.school_id = $1
                       AND e.announcement_id = a.announcement_id
                       AND a.recalled_at IS NULL
                       AND e.cancelled_at IS NULL),
         'corrected_by', (SELECT later.notice_id
                            FROM announcements later
                            JOIN notice_recipients got
                              ON got.school_id = later.school_id
                             AND got.guardian_id = family.guardian_id
                             AND got.notice_id = later.notice_id
                           WHERE later.school_id = $1
                             AND later.corrects = a.announcement_id
                             AND later.recalled_at IS NULL
                           ORDER BY later.published_at DESC
                           LIMIT 1),
         'corrects', (SELECT earlier.notice_id
                        FROM announcements earlier
                        JOIN notice_recipients got
                          ON got.school_id = earlier.school_id
                         AND got.guardian_id = family.guardian_id
                         AND got.notice_id = earlier.notice_id
                       WHERE earlier.school_id = $1
                         AND earlier.announcement_id = a.corrects
                         AND earlier.recalled_at IS NULL))::text
  FROM guardians family
  JOIN notice_recipients r
    ON r.school_id = family.school_id
   AND r.guardian_id = family.guardian_id
   AND r.notice_id = $4
  JOIN notices n
    ON n.school_id = r.school_id
   AND n.notice_id = r.notice_id
  JOIN announcements a
    ON a.school_id = n.school_id
   AND a.announcement_id = CASE WHEN n.source_kind = 'announcement' THEN n.source_id::uuid END
 WHERE family.school_id = $1
   AND family.account_id = $2
   AND EXISTS (SELECT
                 FROM guardianships bond
                WHERE bond.school_id = $1
                  AND bond.guardian_id = family.guardian_id
                  AND bond.pupil_id = ANY (r.pupil_ids)
                  AND bond.can_view
                  AND bond.valid_from <= $3
                  AND (bond.valid_to IS NULL OR bond.valid_to >= $3))
 LIMIT 1
"""


async def family_letter(
    reader: Reader, school_id: int, account_id: UUID, notice_id: UUID, now: datetime
) -> FamilyLetter | None:
    """None for what no school wrote, and for what was written to others."""
    found = await reader.fetchval(_SEEN, school_id, account_id, school_day(now), notice_id, now)
    if found is None:
        return None
    letter = _LETTER.decode(found)
    if letter.area_file_ids:
        letter = msgspec.structs.replace(letter, files=await kept_area(reader, letter.area_file_ids))
    return letter


async def require_family_file(
    reader: Reader, school_id: int, account_id: UUID, notice_id: UUID, file_id: UUID, now: datetime
) -> bool:
    """Whether it is an area's, kept once for all schools. Raises NOT_FOUND also for a recalled letter's files."""
    letter = await family_letter(reader, school_id, account_id, notice_id, now)
    if letter is None or file_id not in [one.file_id for one in letter.files]:
        raise NOT_FOUND()
    return file_id in letter.area_file_ids
