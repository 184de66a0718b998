"""Forms as a family reads them: what is asked about its children, who of them has signed, and what the reader signed. It owns no table.

What another guardian answered is not shown, only that and when they signed: the school hears both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from backend.core.database import Reader
from backend.forms.queries import WAITS
from backend.identity.entitlement import GUARDIAN_JOIN
from schemas.forms import FamilyForm, FamilyFormRow, FamilyForms

_KEPT_IN_SIGHT = timedelta(days=120)
_FORM = msgspec.json.Decoder(FamilyForm)
_ROWS = msgspec.json.Decoder(list[FamilyFormRow])

# $1 school, $2 account, $3 the school's day, $4 form.
_ONE = f"""
SELECT json_build_object(
         'school_id', f.school_id, 'school_name', s.name, 'form_id', f.form_id, 'version', f.version, 'title', v.title,
         'body', v.body, 'questions', v.questions, 'text_sha256', encode(v.text_sha256, 'hex'), 'signature', f.signature,
         'due_on', f.due_on, 'open', f.closed_at IS NULL AND f.due_on >= $3, 'author', coalesce(t.full_name, f.from_area), 'per', f.per,
         'notice_id', f.notice_id,
         'children', (
           SELECT json_agg(json_build_object(
                    'pupil_id', mine.pupil_id, 'full_name', mine.full_name, 'may_sign', mine.may_sign,
                    'waits', mine.waits, 'signature_id', own.signature_id, 'answers', own.answers,
                    'signers', (
                      SELECT coalesce(json_agg(json_build_object(
                               'name', g.full_name, 'relation', h.kind, 'mine', g.account_id IS NOT DISTINCT FROM $2,
                               'signed', sealed.number IS NOT NULL, 'at', sealed.happened_at)
                             ORDER BY h.kind, g.guardian_id), '[]'::json)
                        FROM guardianships h
                        JOIN guardians g
                          ON g.school_id = h.school_id
                         AND g.guardian_id = h.guardian_id
                        LEFT JOIN LATERAL (
                             SELECT d.number, z.happened_at
                               FROM form_answers d
                               JOIN form_signatures z
                                 ON z.school_id = d.school_id
                                AND z.form_id = d.form_id
                                AND z.pupil_id = d.pupil_id
                                AND z.guardian_id = d.guardian_id
                                AND z.number = d.number
                              WHERE d.school_id = $1
                                AND d.form_id = $4
                                AND d.pupil_id = mine.pupil_id
                                AND d.guardian_id = h.guardian_id
                                AND d.deed = 'signed'
                                AND d.version = f.version) AS sealed
                          ON true
                       WHERE h.school_id = $1
                         AND h.pupil_id = mine.pupil_id
                         AND (sealed.number IS NOT NULL
                              OR h.can_view
                             AND h.can_act
                             AND h.valid_from <= $3
                             AND (h.valid_to IS NULL OR h.valid_to >= $3))))
                  ORDER BY mine.sort_key, mine.pupil_id)
             FROM (SELECT a.pupil_id, p.full_name, p.sort_key, bool_or(bond.can_act) AS may_sign,
                          bool_or(bond.can_act AND {WAITS.format(today="$3", guardian="bond.guardian_id")}) AS waits
                     FROM {GUARDIAN_JOIN}
                     JOIN form_pupils a
                       ON a.school_id = bond.school_id
                      AND a.pupil_id = bond.pupil_id
                      AND a.form_id = $4
                     JOIN pupils p
                       ON p.school_id = a.school_id
                      AND p.pupil_id = a.pupil_id
                    WHERE family.school_id = $1
                      AND family.account_id = $2
                    GROUP BY a.pupil_id, p.full_name, p.sort_key) AS mine
             LEFT JOIN LATERAL (
                  SELECT z.signature_id, z.answers
                    FROM guardians g
                    JOIN form_answers d
                      ON d.school_id = g.school_id
                     AND d.guardian_id = g.guardian_id
                     AND d.form_id = $4
                     AND d.pupil_id = mine.pupil_id
                     AND d.deed = 'signed'
                     AND d.version = f.version
                    JOIN form_signatures z
                      ON z.school_id = d.school_id
                     AND z.form_id = d.form_id
                     AND z.pupil_id = d.pupil_id
                     AND z.guardian_id = d.guardian_id
                     AND z.number = d.number
                   WHERE g.school_id = $1
                     AND g.account_id = $2
                   ORDER BY g.guardian_id
                   LIMIT 1) AS own
               ON true))::text AS form
  FROM forms f
  JOIN form_versions v
    ON v.school_id = f.school_id
   AND v.form_id = f.form_id
   AND v.version = f.version
  JOIN schools s
    ON s.school_id = f.school_id
  LEFT JOIN staff t
    ON t.school_id = f.school_id
   AND t.staff_id = f.author_staff_id
 WHERE f.school_id = $1
   AND f.form_id = $4
   AND EXISTS (SELECT
                 FROM {GUARDIAN_JOIN}
                 JOIN form_pupils q
                   ON q.school_id = bond.school_id
                  AND q.pupil_id = bond.pupil_id
                  AND q.form_id = $4
                WHERE family.school_id = $1
                  AND family.account_id = $2)
"""

# $1 school, $2 account, $3 the school's day, $4 the oldest last day still shown.
_LIST = f"""
SELECT coalesce(json_agg(json_build_object(
         'school_id', $1::bigint, 'form_id', one.form_id, 'per', one.per, 'title', one.title, 'signature', one.signature,
         'due_on', one.due_on, 'open', one.open, 'waits', one.waits, 'children', one.children)
       ORDER BY one.waits DESC, one.open DESC, one.due_on, one.form_id), '[]'::json)::text
  FROM (SELECT f.form_id, f.per, v.title, f.signature, f.due_on, f.closed_at IS NULL AND f.due_on >= $3 AS open,
               bool_or(bond.can_act AND {WAITS.format(today="$3", guardian="bond.guardian_id")}) AS waits,
               json_agg(DISTINCT p.full_name::text) AS children
          FROM {GUARDIAN_JOIN}
          JOIN form_pupils a
            ON a.school_id = bond.school_id
           AND a.pupil_id = bond.pupil_id
          JOIN forms f
            ON f.school_id = a.school_id
           AND f.form_id = a.form_id
           AND f.due_on >= $4
          JOIN form_versions v
            ON v.school_id = f.school_id
           AND v.form_id = f.form_id
           AND v.version = f.version
          JOIN pupils p
            ON p.school_id = a.school_id
           AND p.pupil_id = a.pupil_id
         WHERE family.school_id = $1
           AND family.account_id = $2
         GROUP BY f.school_id, f.form_id, v.title) AS one
"""


async def form(reader: Reader, school_id: int, account_id: UUID, form_id: UUID, on: date) -> FamilyForm | None:
    """None for forms that ask about nobody the account may see."""
    found = await reader.fetchval(_ONE, school_id, account_id, on, form_id)
    return _FORM.decode(found) if found is not None else None


async def forms(reader: Reader, account_id: UUID, schools: Sequence[int], on: date) -> FamilyForms:
    """One statement a school; what waits comes first."""
    found: list[Any] = await asyncio.gather(
        *(reader.fetchval(_LIST, school, account_id, on, on - _KEPT_IN_SIGHT) for school in schools)
    )
    rows = _folded([row for text in found for row in _ROWS.decode(text)])
    rows.sort(key=lambda row: (not row.waits, not row.open, row.due_on, row.form_id))
    return FamilyForms(rows)


def _folded(rows: Sequence[FamilyFormRow]) -> list[FamilyFormRow]:
    """A form that a family answers once stands once, in the school where it still waits, with the children of all its schools."""
    folded: dict[object, FamilyFormRow] = {}
    for row in rows:
        key: object = row.form_id if row.per == "family" else (row.school_id, row.form_id)
        if (other := folded.get(key)) is None:
            folded[key] = row
        else:
            first = row if (row.waits, row.open) > (other.waits, other.open) else other
            folded[key] = replace(first, children=sorted({*other.children, *row.children}))
    return list(folded.values())
