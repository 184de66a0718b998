"""Drafts as staff read them: one's own, and for administrators what waits for a second person or is about to leave."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.core.problems import NOT_FOUND
from backend.files.queries import FILES_JSON
from backend.identity.entitlement import Standing, standing
from schemas.drafts import Draft, DraftDeed, DraftList, VersionList, WrittenVersion

_DRAFTS = msgspec.json.Decoder(list[Draft])
_VERSIONS = msgspec.json.Decoder(list[WrittenVersion])

# $1 school, $2 staff, $3 runs the school. Nobody reads another's unfinished draft.
_SEEN = f"""
SELECT coalesce(json_agg(json_build_object(
         'announcement_id', seen.announcement_id, 'state', seen.state, 'version', seen.version, 'letter', seen.letter,
         'author', seen.author, 'mine', seen.mine, 'changed_at', seen.changed_at, 'due_at', seen.due_at,
         'approved_by', seen.approved_by, 'returned_by', seen.returned_by, 'returned_reason', seen.returned_reason,
         'carried', seen.carries, 'class_name', seen.class_name, 'group_name', seen.group_name,
         'files', {FILES_JSON.format(of="array(SELECT one::uuid FROM jsonb_array_elements_text(seen.letter -> 'file_ids') one)")})
       ORDER BY seen.changed_at DESC, seen.announcement_id), '[]'::json)::text
  FROM (SELECT d.announcement_id, d.state, d.version, v.letter, v.carries, t.full_name AS author, d.author_staff_id = $2 AS mine,
               d.changed_at, d.due_at, a.full_name AS approved_by, r.full_name AS returned_by, d.returned_reason,
               c.name AS class_name, g.name AS group_name
          FROM announcement_drafts d
          JOIN announcement_versions v
            ON v.school_id = d.school_id
           AND v.announcement_id = d.announcement_id
           AND v.version = d.version
          JOIN staff t
            ON t.school_id = d.school_id
           AND t.staff_id = d.author_staff_id
          LEFT JOIN staff a
            ON a.school_id = d.school_id
           AND a.staff_id = d.approved_by
          LEFT JOIN staff r
            ON r.school_id = d.school_id
           AND r.staff_id = d.returned_by
          LEFT JOIN classes c
            ON c.school_id = d.school_id
           AND c.class_id = (v.letter -> 'audience' ->> 'class_id')::uuid
          LEFT JOIN pupil_groups g
            ON g.school_id = d.school_id
           AND g.group_id = (v.letter -> 'audience' ->> 'group_id')::uuid
         WHERE d.school_id = $1
           AND (d.author_staff_id = $2 OR $3 AND d.state IN ('waiting', 'scheduled'))
{{which}}
       ) AS seen
"""
_OPEN = _SEEN.format(
    which="           AND d.state IN ('draft', 'waiting', 'scheduled')\n         ORDER BY d.changed_at DESC\n         LIMIT 200"
)
_ONE = _SEEN.format(which="           AND d.announcement_id = $4")


async def drafts(reader: Reader, school_id: int, account_id: UUID, *, today: date) -> DraftList:
    who = await standing(reader, school_id, account_id, on=today)
    found = _DRAFTS.decode(await reader.fetchval(_OPEN, school_id, who.staff_id, who.admin))
    return DraftList([_with_deeds(one, who) for one in found])


async def draft(reader: Reader, school_id: int, account_id: UUID, announcement_id: UUID, *, today: date) -> Draft:
    """Raises NOT_FOUND also for one that is not for the reader."""
    who = await standing(reader, school_id, account_id, on=today)
    found = _DRAFTS.decode(await reader.fetchval(_ONE, school_id, who.staff_id, who.admin, announcement_id))
    if not found:
        raise NOT_FOUND()
    return _with_deeds(found[0], who)


def _with_deeds(one: Draft, who: Standing) -> Draft:
    deeds: list[DraftDeed] = []
    if one.state == "draft" and one.mine:
        deeds = ["edit", "send", "discard"]
    elif one.state == "waiting":
        deeds = ["take_back", *(("approve", "return") if who.admin and not one.mine else ())]
    elif one.state == "scheduled":
        deeds = ["take_back"]
    return msgspec.structs.replace(one, may=deeds)


async def versions(
    reader: Reader, school_id: int, account_id: UUID, announcement_id: UUID, *, today: date
) -> VersionList:
    """Whatever was ever saved of a letter, newest first, for whoever may read the draft."""
    await draft(reader, school_id, account_id, announcement_id, today=today)
    found = await reader.fetchval(
        """
        SELECT coalesce(json_agg(json_build_object('version', w.version, 'letter', w.letter, 'written_by', w.written_by,
                                                   'written_at', w.written_at, 'carried', w.carries)
                                 ORDER BY w.version DESC), '[]'::json)::text
          FROM (SELECT v.version, v.letter, v.carries, coalesce(t.full_name, '') AS written_by, v.written_at
                  FROM announcement_versions v
                  LEFT JOIN staff t
                    ON t.school_id = v.school_id
                   AND t.account_id = v.written_by
                 WHERE v.school_id = $1
                   AND v.announcement_id = $2
                 ORDER BY v.version DESC
                 LIMIT 100) AS w
        """,
        school_id,
        announcement_id,
    )
    return VersionList(_VERSIONS.decode(found))


async def require_file(
    reader: Reader, school_id: int, account_id: UUID, announcement_id: UUID, file_id: UUID, *, today: date
) -> None:
    """A file of a draft that the reader may read. Raises NOT_FOUND."""
    found = await draft(reader, school_id, account_id, announcement_id, today=today)
    if file_id not in found.letter.file_ids:
        raise NOT_FOUND()
