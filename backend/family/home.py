"""The parent's home: for every child in every school what happened today, what is new and what is asked. It owns no table.

This is the most asked question of the house, so it is one statement a school, built as JSON by PostgreSQL and sent on as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import Reader, SchoolTx
from backend.family.todo import Beside, Child, lines_of
from backend.forms.queries import WAITS
from backend.homework.family import SOON
from payments.balance import BALANCE
from schemas.family import Todo, TodoLine

# The name of the page in its ETag, with the number of its shape.
HOME_PAGE = "home5"

# $1 school, $2 account, $3 the school's day, $4 language. A row for each guardian the account is in this school: nearly always one.
_HOME = f"""
SELECT right(family.guardian_id::text, 8) || '.' || coalesce(v.version, 0) AS version, seen.unread, seen.children::text,
       seen.beside::text, seen.copies
  FROM guardians family
  LEFT JOIN family_versions v
    ON v.school_id = $1
   AND v.guardian_id = family.guardian_id
 CROSS JOIN LATERAL (
       WITH letter AS MATERIALIZED (
              SELECT r.notice_id, r.pupil_ids, r.opened_at IS NULL AS unread, r.awaits_acknowledgement AS awaits,
                     n.title, n.urgent, n.created_at, n.source_kind || ':' || n.source_id AS about,
                     n.params ->> 'area' AS area
                FROM notice_recipients r
                JOIN notices n
                  ON n.school_id = $1
                 AND n.notice_id = r.notice_id
                 AND n.recalled_at IS NULL
               WHERE r.school_id = $1
                 AND r.guardian_id = family.guardian_id
                 AND (r.opened_at IS NULL OR r.awaits_acknowledgement)
            )
       SELECT (SELECT count(*)
                 FROM letter l
                WHERE l.unread
                  AND l.pupil_ids && array_agg(bond.pupil_id)) AS unread,
              (SELECT array_agg(l.area)
                 FROM letter l
                WHERE l.unread
                  AND l.area IS NOT NULL
                  AND l.pupil_ids && array_agg(bond.pupil_id)) AS copies,
              json_agg(json_build_object(
                'school_id', s.school_id,
                'school_name', s.name,
                'pupil_id', p.pupil_id,
                'full_name', p.full_name,
                'relation', bond.kind,
                'can_act', bond.can_act,
                'class_id', c.class_id,
                'class_name', c.name,
                'attendance', (SELECT coalesce(json_agg(json_build_object('session', m.session, 'mark', m.mark,
                                                                          'note', m.note, 'at', m.marked_at)
                                                        ORDER BY m.session DESC), '[]'::json)
                                 FROM roll_marks m
                                WHERE m.school_id = $1
                                  AND m.pupil_id = bond.pupil_id
                                  AND m.held_on = $3),
                'unread_notices', (SELECT count(*)
                                     FROM letter l
                                    WHERE l.unread
                                      AND bond.pupil_id = ANY (l.pupil_ids)),
                'newest_marks', (SELECT coalesce(json_agg(json_build_object(
                                          'subject_code', k.subject_code,
                                          'subject', (SELECT CASE WHEN $4 = 'en' THEN j.name_en ELSE j.name_vi END
                                                        FROM subjects j
                                                       WHERE j.subject_code = k.subject_code),
                                          'term', k.term, 'kind', k.kind, 'ordinal', k.ordinal,
                                          'score', k.score, 'passed', k.passed,
                                          'published_at', k.published_at)), '[]'::json)
                                   FROM (SELECT m.subject_code, m.term, m.kind, m.ordinal,
                                                m.score, m.passed, m.published_at
                                           FROM marks m
                                          WHERE m.school_id = $1
                                            AND m.pupil_id = bond.pupil_id
                                            AND m.published_at IS NOT NULL
                                          ORDER BY m.published_at DESC
                                          LIMIT 5) AS k),
                'balance_due', coalesce(bill.due, 0),
                'to_do', json_build_object(
                  'pay', coalesce(bill.unpaid, '[]'::json),
                  'sign', (SELECT coalesce(json_agg(json_build_object('form_id', f.form_id, 'title', t.title,
                                                                      'signature', f.signature, 'due_on', f.due_on,
                                                                      'per', f.per)
                                                    ORDER BY f.due_on, f.form_id), '[]'::json)
                             FROM form_pupils a
                             JOIN forms f
                               ON f.school_id = $1
                              AND f.form_id = a.form_id
                             JOIN form_versions t
                               ON t.school_id = $1
                              AND t.form_id = f.form_id
                              AND t.version = f.version
                            WHERE a.school_id = $1
                              AND a.pupil_id = bond.pupil_id
                              AND a.open
                              AND bond.can_act
                              AND {WAITS.format(today="$3", guardian="bond.guardian_id")}),
                  'acknowledge', (SELECT coalesce(json_agg(json_build_object('notice_id', l.notice_id, 'about', l.about,
                                                                             'title', l.title, 'area', l.area,
                                                                             'urgent', l.urgent,
                                                                             'created_at', l.created_at)
                                                           ORDER BY l.created_at), '[]'::json)
                                    FROM letter l
                                   WHERE l.awaits
                                     AND bond.pupil_id = ANY (l.pupil_ids)),
                  'reply', (SELECT coalesce(json_agg(json_build_object('thread_id', k.thread_id,
                                                                       'message_id', k.asked_message_id,
                                                                       'author', w.full_name,
                                                                       'private', k.only_guardian_id IS NOT NULL,
                                                                       'asked_at', k.asked_at)
                                                     ORDER BY k.asked_at), '[]'::json)
                              FROM threads k
                              JOIN messages m
                                ON m.school_id = $1
                               AND m.message_id = k.asked_message_id
                              JOIN staff w
                                ON w.school_id = $1
                               AND w.staff_id = m.staff_id
                             WHERE k.school_id = $1
                               AND k.pupil_id = bond.pupil_id
                               AND k.asked_at IS NOT NULL
                               AND (k.only_guardian_id IS NULL OR k.only_guardian_id = bond.guardian_id)),
                  'bring', (SELECT coalesce(json_agg(json_build_object('what', h.bring, 'due_on', h.due_on)
                                                     ORDER BY h.due_on, h.written_at), '[]'::json)
                              FROM homework h
                             WHERE h.school_id = $1
                               AND h.class_id = c.class_id
                               AND {SOON.format(today="$3", pupil="bond.pupil_id")}),
                  'hand_in', (SELECT coalesce(json_agg(json_build_object('dossier_id', d.dossier_id, 'number', d.number,
                                                                         'title', CASE WHEN $4 = 'en' THEN d.title_en
                                                                                       ELSE d.title_vi END,
                                                                         'state', d.state)
                                                       ORDER BY d.dossier_id), '[]'::json)
                                FROM dossiers d
                               WHERE d.school_id = $1
                                 AND d.pupil_id = bond.pupil_id
                                 AND d.state IN ('needs_papers', 'ready')
                                 AND bond.can_act))
                ) ORDER BY p.sort_key, p.pupil_id) AS children,
              json_agg(json_build_object(
                'pupil_id', bond.pupil_id,
                'holders', (SELECT json_agg(json_build_object('guardian_id', h.guardian_id, 'name', g.full_name,
                                                              'relation', h.kind,
                                                              'mine', g.account_id IS NOT DISTINCT FROM $2))
                              FROM guardianships h
                              JOIN guardians g
                                ON g.school_id = $1
                               AND g.guardian_id = h.guardian_id
                             WHERE h.school_id = $1
                               AND h.pupil_id = bond.pupil_id
                               AND h.can_view
                               AND h.valid_from <= $3
                               AND (h.valid_to IS NULL OR h.valid_to >= $3)),
                'claims', (SELECT coalesce(json_agg(json_build_object('key', k.line_key, 'guardian_id', k.guardian_id,
                                                                      'at', k.claimed_at)), '[]'::json)
                             FROM family_claims k
                            WHERE k.school_id = $1
                              AND k.pupil_id = bond.pupil_id))) AS beside
         FROM guardianships bond
         JOIN pupils p
           ON p.school_id = $1
          AND p.pupil_id = bond.pupil_id
         JOIN schools s
           ON s.school_id = $1
         LEFT JOIN (enrolments e
               JOIN classes c
                 ON c.school_id = $1
                AND c.class_id = e.class_id
               JOIN school_years y
                 ON y.school_id = $1
                AND y.school_year = c.school_year
                AND y.is_current)
           ON e.school_id = $1
          AND e.pupil_id = bond.pupil_id
          AND e.to_on IS NULL
         LEFT JOIN LATERAL (
              SELECT sum(balance.remaining)::bigint AS due,
                     json_agg(json_build_object('invoice_id', i.invoice_id, 'fee_id', i.fee_id, 'title', f.title,
                                                'amount', balance.remaining, 'due_on', i.due_on,
                                                'overdue', i.due_on < $3)
                              ORDER BY i.due_on, i.created_at) AS unpaid
                FROM invoices i
               {BALANCE}
                JOIN fees f
                  ON f.school_id = $1
                 AND f.fee_id = i.fee_id
               WHERE i.school_id = $1
                 AND i.pupil_id = bond.pupil_id
                 AND i.cancelled_at IS NULL
                 AND NOT f.voluntary
                 AND balance.remaining > 0) AS bill
           ON true
        WHERE bond.school_id = $1
          AND bond.guardian_id = family.guardian_id
          AND bond.can_view
          AND bond.valid_from <= $3
          AND (bond.valid_to IS NULL OR bond.valid_to >= $3)) AS seen
 WHERE family.school_id = $1
   AND family.account_id = $2
 ORDER BY family.guardian_id
"""


_CHILDREN = msgspec.json.Decoder(list[Child])
_BESIDE = msgspec.json.Decoder(list[Beside])


async def home(
    reader: Reader, account_id: UUID, schools: Sequence[int], on: date, language: str
) -> tuple[list[str], bytes]:
    """The families' versions, school by school as family_version() gives them, and the page (schemas.family.Home)."""
    by_school = await _rows(reader, account_id, schools, on, language)
    versions = [".".join(row[0] for row in rows) for rows in by_school]
    rows = [row for rows in by_school for row in rows]
    # An area's letter stands in each of its schools, and is one to read.
    copies = [area for row in rows for area in row[4] or ()]
    unread = sum(row[1] for row in rows) - len(copies) + len(set(copies))
    if any(len(rows) > 1 for rows in by_school):
        children = _each_child_once(rows)
    else:
        children = ",".join(row[2][1:-1] for row in rows if row[2])
    lines = msgspec.json.encode(_lines(f"[{children}]", rows, on)).decode()
    page = f'{{"on":"{on}","unread_notices":{unread},"to_do":{lines},"children":[{children}]}}'
    return versions, page.encode()


async def todo(reader: Reader, account_id: UUID, schools: Sequence[int], on: date) -> Todo:
    """The list alone, from the same statement."""
    rows = [row for rows in await _rows(reader, account_id, schools, on, "vi") for row in rows]
    return Todo(on, _lines(f"[{_each_child_once(rows)}]", rows, on))


async def todo_in(tx: SchoolTx, account_id: UUID, on: date) -> list[TodoLine]:
    """The list of one school, as a transaction sees it."""
    rows = await tx.fetch(_HOME, tx.school_id, account_id, on, "vi")
    return _lines(f"[{_each_child_once(rows)}]", rows, on)


async def _rows(reader: Reader, account_id: UUID, schools: Sequence[int], on: date, language: str) -> list[Any]:
    if len(schools) == 1:
        return [await reader.fetch(_HOME, schools[0], account_id, on, language)]
    return list(await asyncio.gather(*(reader.fetch(_HOME, school, account_id, on, language) for school in schools)))


def _lines(children: str, rows: Sequence[Any], on: date) -> list[TodoLine]:
    beside = [one for row in rows if row[3] for one in _BESIDE.decode(row[3])]
    return lines_of(_CHILDREN.decode(children), beside, on)


def _each_child_once(rows: Sequence[Any]) -> str:
    """One person may stand in the roll twice (once for each child, as files have it) and even twice for one child."""
    seen: dict[tuple[int, str], msgspec.Raw] = {}
    for row in rows:
        for raw in msgspec.json.decode(row[2] or "[]", type=list[msgspec.Raw]):
            child = msgspec.json.decode(raw, type=_Key)
            seen.setdefault((child.school_id, child.pupil_id), raw)
    return ",".join(bytes(raw).decode() for raw in seen.values())


class _Key(msgspec.Struct):
    school_id: int
    pupil_id: str
