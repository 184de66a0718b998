"""Requests as a family reads them: every guardian who may act for the child follows where it stands. It owns no table.

What one guardian wrote and attached is theirs and the school's: another guardian of the child does not see it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.core.problems import NOT_FOUND
from backend.dossiers import machine
from backend.dossiers.queries import COLUMNS, PUPIL
from backend.files.queries import FILES_JSON
from backend.identity.entitlement import GUARDIAN_JOIN
from schemas.dossiers import FamilyDossier, FamilyDossierRow, FamilyDossiers


class Absence(msgspec.Struct, frozen=True):
    """A few days off that were told to the homeroom teacher (the messages room's); families call it a request, too."""

    pupil_id: UUID
    pupil_name: str
    from_on: date
    to_on: date
    state: Literal["waiting", "confirmed", "declined", "withdrawn"]
    note: str | None


_ABSENCES = msgspec.json.Decoder(list[Absence])
_ROWS = msgspec.json.Decoder(list[FamilyDossierRow])
_ONE = msgspec.json.Decoder(FamilyDossier)
_SHOWN_MAX = 100
_ABSENCES_SHOWN = timedelta(days=14)

# Children for whom the account may act, each with the guardian it is: $1 school, $2 account, $3 the school's day.
_MAY_ACT = f"""
SELECT DISTINCT ON (bond.pupil_id) bond.pupil_id, bond.guardian_id
  FROM {GUARDIAN_JOIN}
 WHERE family.school_id = $1
   AND family.account_id = $2
   AND bond.can_act
 ORDER BY bond.pupil_id, bond.guardian_id
"""
# $4 language, $5 one child or NULL.
_LIST = f"""
SELECT coalesce(json_agg(json_build_object({COLUMNS.format(today="$3", language="$4")}, 'school_name', s.name,
                         'note', coalesce((SELECT t.note
                                             FROM dossier_steps t
                                            WHERE t.school_id = d.school_id
                                              AND t.dossier_id = d.dossier_id
                                              AND t.staff_id IS NOT NULL
                                              AND t.guardian_id IS NULL
                                            ORDER BY t.number DESC
                                            LIMIT 1), ''))
                         ORDER BY d.dossier_id DESC), '[]'::json)::text
  FROM (SELECT one.*
          FROM dossiers one
          JOIN ({_MAY_ACT}) AS mine
            ON mine.pupil_id = one.pupil_id
         WHERE one.school_id = $1
           AND ($5::uuid IS NULL OR one.pupil_id = $5)
         ORDER BY one.closed_at IS NOT NULL, one.dossier_id DESC
         LIMIT {_SHOWN_MAX}) AS d
  JOIN schools s
    ON s.school_id = d.school_id
  {PUPIL}
"""
# The same, and the days off that were told lately; $6 since when. One round trip of a turn in chat.
_IN_CHAT = f"""
SELECT ({_LIST}) AS dossiers,
       (SELECT coalesce(json_agg(json_build_object('pupil_id', told.pupil_id, 'pupil_name', told.full_name, 'from_on', told.from_on,
                                                   'to_on', told.to_on, 'state', told.state, 'note', told.note)
                                 ORDER BY told.message_id DESC), '[]'::json)
          FROM (SELECT q.message_id, q.pupil_id, p.full_name, q.from_on, q.to_on, q.state, q.note
                  FROM message_requests q
                  JOIN ({_MAY_ACT}) AS mine
                    ON mine.pupil_id = q.pupil_id
                  JOIN messages m
                    ON m.school_id = $1
                   AND m.message_id = q.message_id
                  JOIN threads k
                    ON k.school_id = $1
                   AND k.thread_id = m.thread_id
                   AND (k.only_guardian_id IS NULL OR k.only_guardian_id = mine.guardian_id)
                  JOIN pupils p
                    ON p.school_id = $1
                   AND p.pupil_id = q.pupil_id
                 WHERE q.school_id = $1
                   AND q.kind = 'absent'
                   AND q.to_on >= $6
                   AND ($5::uuid IS NULL OR q.pupil_id = $5)
                 ORDER BY q.message_id DESC
                 LIMIT 3) AS told)::text AS absences
"""
# $4 language, $5 dossier. Of a step only the school's own words and papers, or the reader's, are shown.
_DOSSIER = f"""
SELECT json_build_object({COLUMNS.format(today="$3", language="$4")}, 'school_name', s.name,
         'own', mine.own, 'applicant', g.full_name, 'via', d.via,
         'details', CASE WHEN mine.own THEN d.details ELSE '' END,
         'papers', CASE WHEN mine.own THEN d.papers ELSE '{{}}' END,
         'history', (SELECT json_agg(json_build_object(
                              'number', t.number, 'step', t.step, 'state', t.state, 'promised_on', t.promised_on,
                              'by', CASE WHEN t.staff_id IS NULL THEN f.full_name END, 'by_school', t.staff_id IS NOT NULL,
                              'at', t.happened_at,
                              'note', CASE WHEN t.guardian_id IS NULL OR t.guardian_id = ANY (mine.guardians) THEN t.note ELSE '' END,
                              'files', CASE WHEN t.guardian_id IS NULL OR t.guardian_id = ANY (mine.guardians)
                                            THEN {FILES_JSON.format(of="t.file_ids")} ELSE '[]'::json END)
                            ORDER BY t.number)
                       FROM dossier_steps t
                       LEFT JOIN guardians f
                         ON f.school_id = t.school_id
                        AND f.guardian_id = t.guardian_id
                      WHERE t.school_id = $1
                        AND t.dossier_id = d.dossier_id))::text
  FROM dossiers d
  JOIN LATERAL (
       SELECT bool_or(bond.guardian_id = d.guardian_id) AS own, array_agg(bond.guardian_id) AS guardians
         FROM {GUARDIAN_JOIN}
        WHERE family.school_id = $1
          AND family.account_id = $2
          AND bond.pupil_id = d.pupil_id
          AND bond.can_act
       HAVING count(*) > 0) AS mine
    ON true
  JOIN schools s
    ON s.school_id = d.school_id
  {PUPIL}
  LEFT JOIN guardians g
    ON g.school_id = d.school_id
   AND g.guardian_id = d.guardian_id
 WHERE d.school_id = $1
   AND d.dossier_id = $5
"""


async def of_school(
    reader: Reader, school_id: int, account_id: UUID, on: date, *, language: str, pupil_id: UUID | None = None
) -> list[FamilyDossierRow]:
    """Newest first; open ones are never left out for closed ones."""
    return _ROWS.decode(await reader.fetchval(_LIST, school_id, account_id, on, language, pupil_id))


async def in_chat(
    reader: Reader, school_id: int, account_id: UUID, on: date, *, language: str, pupil_id: UUID | None
) -> tuple[list[FamilyDossierRow], list[Absence]]:
    since = on - _ABSENCES_SHOWN
    row = await reader.fetchrow(_IN_CHAT, school_id, account_id, on, language, pupil_id, since)
    assert row is not None, "two sub-selects answer one row"
    return _ROWS.decode(row["dossiers"]), _ABSENCES.decode(row["absences"])


async def everywhere(
    reader: Reader, account_id: UUID, schools: Sequence[int], on: date, *, language: str
) -> FamilyDossiers:
    """One statement a school; what waits for the family comes first, then what is open."""
    found: list[Any] = await asyncio.gather(
        *(of_school(reader, school, account_id, on, language=language) for school in schools)
    )
    rows = [row for rows in found for row in rows]
    rows.sort(key=lambda row: row.dossier_id, reverse=True)
    rows.sort(key=lambda row: (not row.waits, row.state in machine.CLOSED))
    return FamilyDossiers(rows)


async def one_of(
    reader: Reader, school_id: int, account_id: UUID, dossier_id: UUID, on: date, *, language: str
) -> FamilyDossier:
    """Raises NOT_FOUND for requests about a child the account may not act for."""
    found = await reader.fetchval(_DOSSIER, school_id, account_id, on, language, dossier_id)
    if found is None:
        raise NOT_FOUND()
    one = _ONE.decode(found)
    steps = [step for step in machine.next_steps(one.state, "family") if step == "add" or one.own]
    return msgspec.structs.replace(one, next=steps)


async def require_file(
    reader: Reader, school_id: int, account_id: UUID, dossier_id: UUID, file_id: UUID, on: date
) -> None:
    """The school's papers, and those of the reader's own."""
    one = await one_of(reader, school_id, account_id, dossier_id, on, language="vi")
    if not any(file.file_id == file_id for step in one.history for file in step.files):
        raise NOT_FOUND()


async def of_notice(reader: Reader, school_id: int, notice_id: UUID) -> UUID | None:
    """Which request a notice told of. Whoever opens it is asked for the right there."""
    found = await reader.fetchval(
        """
        SELECT n.source_id
          FROM notices n
         WHERE n.school_id = $1
           AND n.notice_id = $2
           AND n.source_kind = 'dossier'
        """,
        school_id,
        notice_id,
    )
    return UUID(found) if found else None
