"""A family's inbox: notices with the right to read joined in, put into the reader's words. It owns no table.

Being addressed is not enough: a guardian who has since lost the right to see a child reads nothing more about it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from backend.core.catalogue import say
from backend.core.database import Reader
from notifications.texts import Words, in_full
from schemas.family import FamilyNotice, Inbox, NoticeForm, NoticeRow

_NOTICES = msgspec.json.Decoder(list[NoticeRow])

# $1 school, $2 account, $3 the school's day; the rest differs. Ids of notices are made by the server in order of time (UUIDv7),
# so that the primary key of the recipients is the order of the inbox.
_LETTERS = """
SELECT coalesce(json_agg(json_build_object('notice_id', u.notice_id, 'kind', u.kind, 'title', u.title, 'body', u.body,
                                           'params', u.params, 'urgent', u.urgent,
                                           'needs_acknowledgement', u.needs_acknowledgement,
                                           'created_at', u.created_at, 'opened_at', u.opened_at,
                                           'acknowledged_at', u.acknowledged_at, 'children', u.children,
                                           'mark_now', u.mark_now)
                         ORDER BY u.notice_id DESC), '[]'::json)::text
  FROM (SELECT n.notice_id, n.kind, n.title, n.body, n.params, n.urgent, n.needs_acknowledgement, n.created_at,
               r.opened_at, r.acknowledged_at, about.children,
               CASE WHEN n.kind = 'absence'
                    THEN (SELECT m.mark
                            FROM roll_marks m
                           WHERE m.school_id = $1
                             AND m.pupil_id = ANY (r.pupil_ids)
                             AND m.held_on = (n.params ->> 'on')::date
                             AND m.session = n.params ->> 'session'
                           LIMIT 1)
               END AS mark_now
          FROM guardians family
          JOIN notice_recipients r
            ON r.school_id = family.school_id
           AND r.guardian_id = family.guardian_id
          JOIN notices n
            ON n.school_id = r.school_id
           AND n.notice_id = r.notice_id
           AND n.recalled_at IS NULL
         CROSS JOIN LATERAL (
               SELECT json_agg(json_build_object('pupil_id', p.pupil_id, 'full_name', p.full_name)
                               ORDER BY p.sort_key) AS children
                 FROM guardianships bond
                 JOIN pupils p
                   ON p.school_id = bond.school_id
                  AND p.pupil_id = bond.pupil_id
                WHERE bond.school_id = r.school_id
                  AND bond.guardian_id = r.guardian_id
                  AND bond.pupil_id = ANY (r.pupil_ids)
                  AND bond.can_view
                  AND bond.valid_from <= $3
                  AND (bond.valid_to IS NULL OR bond.valid_to >= $3)) AS about
         WHERE family.school_id = $1
           AND family.account_id = $2
           AND about.children IS NOT NULL
{which}
        ) AS u
"""
_UNREAD = _LETTERS.format(
    which="           AND r.opened_at IS NULL\n         ORDER BY r.notice_id DESC\n         LIMIT $4"
)
_ONE = _LETTERS.format(which="           AND r.notice_id = $4\n         LIMIT 1")
# The copies of an area's letters in one school.
_COPIES = _LETTERS.format(
    which="           AND n.source_kind IN ('announcement', 'form')\n           AND n.source_id = ANY ($4::text[])\n         LIMIT 50"
)
_PAGE = _LETTERS.format(
    which="           AND ($4::uuid IS NULL OR r.notice_id < $4)\n         ORDER BY r.notice_id DESC\n         LIMIT $5"
)


async def unread_notices(
    reader: Reader, school_id: int, account_id: UUID, on: date, *, limit: int = 10
) -> list[NoticeRow]:
    """The newest notices to an account that it has not opened, newest first. Empty for a stranger."""
    return _NOTICES.decode(await reader.fetchval(_UNREAD, school_id, account_id, on, limit))


async def notice(
    reader: Reader,
    school_id: int,
    account_id: UUID,
    notice_id: UUID,
    on: date,
    *,
    language: str,
    schools: Sequence[int] = (),
) -> FamilyNotice | None:
    """None for notices to other people, recalled ones, and those about children one may no longer see.

    `schools` of the family: an area's letter names the children in all of them.
    """
    rows = _NOTICES.decode(await reader.fetchval(_ONE, school_id, account_id, on, notice_id))
    if not rows:
        return None
    copies = await _copies(reader, account_id, schools, on, [(school_id, rows[0])])
    return in_words(school_id, _with_children(rows[0], copies.get(_area_of(rows[0]), [])), language)


async def inbox(
    reader: Reader,
    account_id: UUID,
    schools: Sequence[int],
    on: date,
    *,
    language: str,
    before: UUID | None = None,
    limit: int = 20,
) -> Inbox:
    """A page over all schools of the family; one statement a school, merged by time."""
    found = await asyncio.gather(
        *(reader.fetchval(_PAGE, school, account_id, on, before, limit + 1) for school in schools)
    )
    # Keyed by id, since one person may stand in the roll twice and be addressed twice.
    by_id = {
        row.notice_id: (school, row)
        for school, text in zip(schools, found, strict=True)
        for row in _NOTICES.decode(text)
    }
    newest_first = sorted(by_id, reverse=True)
    shown = [by_id[notice_id] for notice_id in newest_first[:limit]]
    copies = await _copies(reader, account_id, schools, on, shown)
    page = []
    for school, row in shown:
        same = copies.get(_area_of(row), [])
        # Of the copies of one letter the newest stands for all, on whatever page the others would be.
        if all(one.notice_id <= row.notice_id for one in same):
            page.append(in_words(school, _with_children(row, same), language))
    return Inbox(page, shown[-1][1].notice_id if len(newest_first) > limit else None)


def _area_of(row: NoticeRow) -> str:
    """The area's letter that this is a copy of; empty for everything else."""
    return str(row.params.get("area", ""))


async def _copies(
    reader: Reader, account_id: UUID, schools: Sequence[int], on: date, rows: Sequence[tuple[int, NoticeRow]]
) -> dict[str, list[NoticeRow]]:
    """By the area's letter its copies in all the family's schools, those on the page among them. Nothing is asked where none can be."""
    letters = sorted({area for _, row in rows if (area := _area_of(row))})
    if not letters or len(schools) < 2:
        return {}
    found = await asyncio.gather(*(reader.fetchval(_COPIES, school, account_id, on, letters) for school in schools))
    copies: dict[str, dict[UUID, NoticeRow]] = {}
    for row in (row for text in found for row in _NOTICES.decode(text)):
        copies.setdefault(_area_of(row), {})[row.notice_id] = row
    return {area: list(same.values()) for area, same in copies.items() if area}


def folded(rows: Sequence[tuple[int, NoticeRow]]) -> list[tuple[int, NoticeRow]]:
    """What was read from several schools, an area's letter once: its newest copy stands for all of these."""
    copies: dict[str, list[NoticeRow]] = {}
    for _, row in rows:
        if area := _area_of(row):
            copies.setdefault(area, []).append(row)
    found = []
    for school_id, row in rows:
        same = copies.get(_area_of(row), [])
        if all(one.notice_id <= row.notice_id for one in same):
            found.append((school_id, _with_children(row, same)))
    return found


def _with_children(row: NoticeRow, copies: Sequence[NoticeRow]) -> NoticeRow:
    """One letter about all of them; read and acknowledged as soon as one copy is."""
    if len(copies) < 2:
        return row
    children = {child.pupil_id: child for one in (row, *copies) for child in one.children}
    opened = min((one.opened_at for one in copies if one.opened_at), default=None)
    noted = min((one.acknowledged_at for one in copies if one.acknowledged_at), default=None)
    return msgspec.structs.replace(row, children=list(children.values()), opened_at=opened, acknowledged_at=noted)


def in_words(school_id: int, row: NoticeRow, language: str) -> FamilyNotice:
    words = in_full(
        row.kind,
        language,
        title=row.title,
        body=row.body,
        params=row.params,
        children=[child.full_name for child in row.children],
    )
    if row.mark_now not in (None, "unexcused"):
        # The notice stays as it was sent; a family that reads it later must not take the mistake for the truth.
        mark = say(f"family.mark_{row.mark_now}", language)
        words = Words(words.title, f"{words.body}\n\n{say('family.absence_corrected', language, mark=mark)}")
    return FamilyNotice(
        school_id=school_id,
        notice_id=row.notice_id,
        kind=row.kind,
        title=words.title,
        body=words.body,
        urgent=row.urgent,
        needs_acknowledgement=row.needs_acknowledgement,
        created_at=row.created_at,
        opened_at=row.opened_at,
        acknowledged_at=row.acknowledged_at,
        children=row.children,
        of=UUID(row.params["of"]) if "of" in row.params else None,
        forms=msgspec.convert(row.params.get("forms", []), list[NoticeForm]) if row.kind == "form" else [],
    )
