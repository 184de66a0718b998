"""Requests as the school reads them: the office all of them, a homeroom teacher those of kinds meant for it. It owns no table.

Opening a sensitive request, or any paper that a family attached, leaves a line in the audit trail that says what for.
"""

from __future__ import annotations

from datetime import UTC, date
from typing import Any, Literal
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.core.house import House
from backend.core.problems import NOT_FOUND
from backend.dossiers import machine
from backend.dossiers.rules import NEWEST, OFFICE
from backend.files.queries import FILES_JSON
from backend.identity.audit import record
from backend.identity.entitlement import Standing, standing
from schemas.dossiers import DossierPage, StaffDossier, StaffDossierRow

_PAGE = 50
_ROWS = msgspec.json.Decoder(list[StaffDossierRow])
_ONE = msgspec.json.Decoder(StaffDossier)

Show = Literal["open", "waiting", "overdue", "papers", "ready", "closed"]
_STATES: dict[str, list[str]] = {
    "open": sorted(machine.UNDECIDED | {"granted", "ready"}),
    "waiting": ["answered", "received"],
    "overdue": sorted(machine.RUNNING),
    "papers": ["needs_papers"],
    "ready": ["granted", "ready"],
    "closed": sorted(machine.CLOSED),
}
_RUNNING = "('" + "', '".join(sorted(machine.RUNNING)) + "')"
_WAITS = "('" + "', '".join(sorted(machine.WAITS)) + "')"

# The columns of a row, read from `d`, for whom {today} and {language} are expressions.
COLUMNS = f"""
         'school_id', d.school_id, 'dossier_id', d.dossier_id, 'number', d.number, 'kind', d.kind,
         'title', CASE WHEN {{language}} = 'en' THEN d.title_en ELSE d.title_vi END, 'sensitive', d.sensitive, 'pupil_id', d.pupil_id,
         'pupil_name', p.full_name, 'class_name', c.name, 'state', d.state, 'steps', d.steps, 'received_at', d.received_at,
         'changed_at', d.changed_at, 'promised_on', d.promised_on,
         'overdue', d.state IN {_RUNNING} AND d.promised_on < {{today}}, 'waits', d.state IN {_WAITS}
"""
# The pupil and its class of this year, beside `d`; $1 = school.
PUPIL = """
  JOIN pupils p
    ON p.school_id = $1
   AND p.pupil_id = d.pupil_id
  LEFT JOIN (enrolments e
        JOIN classes c
          ON c.school_id = e.school_id
         AND c.class_id = e.class_id
        JOIN school_years y
          ON y.school_id = c.school_id
         AND y.school_year = c.school_year
         AND y.is_current)
    ON e.school_id = $1
   AND e.pupil_id = d.pupil_id
   AND e.to_on IS NULL
"""
# $1 school, $2 office, $3 staff, $4 the school's day: the office reads all, a homeroom teacher what is meant for it.
_MAY_READ = f"""
       ($2 OR (NOT d.sensitive
               AND EXISTS (SELECT
                             FROM ({NEWEST}) AS rule
                            WHERE rule.kind = d.kind
                              AND rule.homeroom)
               AND EXISTS (SELECT
                             FROM assignments a
                            WHERE a.school_id = $1
                              AND a.staff_id = $3
                              AND a.class_id = e.class_id
                              AND a.subject_code = ''
                              AND a.from_on <= $4
                              AND (a.to_on IS NULL OR a.to_on >= $4))))
"""
# Pages are in the order of a text: the open by what presses most, the closed by what ended last.
_BY_PROMISE = {
    "place": "coalesce(to_char(d.promised_on, 'YYYY-MM-DD'), '9999') || d.dossier_id::text",
    "beyond": ">",
    "way": "ASC",
}
_BY_END = {
    "place": "to_char(d.changed_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') || d.dossier_id::text",
    "beyond": "<",
    "way": "DESC",
}
# $5 language, $6 states, $7 kind or NULL, $8 only overdue, $9 folded name or number or NULL, $10 before, $11 how many.
_LIST_BY = f"""
SELECT coalesce(json_agg(json_build_object({COLUMNS.format(today="$4", language="$5")}, 'applicant', g.full_name)
                         ORDER BY d.place {{way}}), '[]'::json)::text
  FROM (SELECT d.*, {{place}} AS place
          FROM dossiers d
          {PUPIL}
         WHERE d.school_id = $1
           AND d.state = ANY ($6)
           AND ($7::text IS NULL OR d.kind = $7)
           AND (NOT $8 OR d.promised_on < $4)
           AND ($9::text IS NULL OR ' ' || p.name_fold LIKE '% ' || $9 || '%' OR lower(d.number) LIKE '%' || replace($9, ' ', '-'))
           AND ($10::text IS NULL OR {{place}} {{beyond}} $10)
           AND {_MAY_READ}
         ORDER BY place {{way}}
         LIMIT $11) AS d
  {PUPIL}
  LEFT JOIN guardians g
    ON g.school_id = d.school_id
   AND g.guardian_id = d.guardian_id
"""
_OPEN = _LIST_BY.format(**_BY_PROMISE)
_CLOSED = _LIST_BY.format(**_BY_END)
_COUNTS = f"""
SELECT count(*) FILTER (WHERE d.state IN {_RUNNING} AND d.promised_on < $4) AS overdue,
       count(*) FILTER (WHERE d.state IN ('received', 'answered')) AS waiting,
       count(*) AS open
  FROM dossiers d
  {PUPIL}
 WHERE d.school_id = $1
   AND d.closed_at IS NULL
   AND {_MAY_READ}
"""
# $5 language, $6 dossier.
_DOSSIER = f"""
SELECT json_build_object({COLUMNS.format(today="$4", language="$5")},
         'applicant', g.full_name, 'phone', g.phone_e164, 'relation', b.kind, 'via', d.via, 'details', d.details, 'papers', d.papers,
         'history', (SELECT json_agg(json_build_object(
                              'number', s.number, 'step', s.step, 'state', s.state, 'note', s.note, 'promised_on', s.promised_on,
                              'by', coalesce(w.full_name, f.full_name), 'by_school', s.staff_id IS NOT NULL, 'at', s.happened_at,
                              'files', CASE WHEN $2 THEN {FILES_JSON.format(of="s.file_ids")} ELSE '[]'::json END)
                            ORDER BY s.number)
                       FROM dossier_steps s
                       LEFT JOIN staff w
                         ON w.school_id = s.school_id
                        AND w.staff_id = s.staff_id
                       LEFT JOIN guardians f
                         ON f.school_id = s.school_id
                        AND f.guardian_id = s.guardian_id
                      WHERE s.school_id = $1
                        AND s.dossier_id = d.dossier_id))::text
  FROM dossiers d
  {PUPIL}
  LEFT JOIN guardians g
    ON g.school_id = d.school_id
   AND g.guardian_id = d.guardian_id
  LEFT JOIN guardianships b
    ON b.school_id = d.school_id
   AND b.pupil_id = d.pupil_id
   AND b.guardian_id = d.guardian_id
 WHERE d.school_id = $1
   AND d.dossier_id = $6
   AND {_MAY_READ}
"""


def is_office(who: Standing) -> bool:
    return bool(who.roles & set(OFFICE))


class Wanted(msgspec.Struct, frozen=True):
    """`find`: a part of a pupil's name, or a number. `before` is the `next` of the page before."""

    show: Show = "open"
    kind: str | None = None
    find: str | None = None
    before: str | None = None


async def dossiers(
    reader: Reader, school_id: int, account_id: UUID, wanted: Wanted, *, today: date, language: str
) -> DossierPage:
    """The most pressing first; of the closed ones those that ended last."""
    who = await standing(reader, school_id, account_id, on=today)
    office = is_office(who)
    found = await reader.fetchval(
        _CLOSED if wanted.show == "closed" else _OPEN, school_id, office, who.staff_id, today, language, _STATES[wanted.show], wanted.kind,
        wanted.show == "overdue", wanted.find, wanted.before, _PAGE + 1,
    )  # fmt: skip
    counts = await reader.fetchrow(_COUNTS, school_id, office, who.staff_id, today)
    assert counts is not None, "an aggregate answers one row"
    rows = _ROWS.decode(found)
    more = len(rows) > _PAGE
    rows = rows[:_PAGE]
    return DossierPage(rows, _place(rows[-1]) if more else None, counts["overdue"], counts["waiting"], counts["open"])


def _place(row: StaffDossierRow) -> str:
    if row.state in machine.CLOSED:
        return f"{row.changed_at.astimezone(UTC):%Y%m%d%H%M%S%f}{row.dossier_id}"
    return f"{row.promised_on or 9999}{row.dossier_id}"


async def dossier(
    house: House, school_id: int, account_id: UUID, dossier_id: UUID, *, today: date, language: str, how: str
) -> StaffDossier:
    """`how`: page, api, slip. Raises NOT_FOUND for what the reader may not see, as for what there is not."""
    reader = house.database.reader
    who = await standing(reader, school_id, account_id, on=today)
    office = is_office(who)
    found = await reader.fetchval(_DOSSIER, school_id, office, who.staff_id, today, language, dossier_id)
    if found is None:
        raise NOT_FOUND()
    one = _ONE.decode(found)
    if one.sensitive:
        await _opened(house, school_id, account_id, dossier_id, {"how": how, "purpose": "handling"})
    if not office:
        return one
    return msgspec.structs.replace(one, next=machine.next_steps(one.state, "school"))


async def require_file(
    house: House, school_id: int, account_id: UUID, dossier_id: UUID, file_id: UUID, *, today: date
) -> None:
    """Papers of a request are for the office; the opening is recorded."""
    who = await standing(house.database.reader, school_id, account_id, on=today)
    if not is_office(who) or not await house.database.reader.fetchval(_FILE, school_id, dossier_id, file_id):
        raise NOT_FOUND()
    detail = {"how": "file", "purpose": "handling", "file": str(file_id)}
    await _opened(house, school_id, account_id, dossier_id, detail)


_FILE = """
SELECT true
  FROM dossier_steps s
 WHERE s.school_id = $1
   AND s.dossier_id = $2
   AND $3 = ANY (s.file_ids)
 LIMIT 1
"""


async def _opened(house: House, school_id: int, account_id: UUID, dossier_id: UUID, detail: dict[str, Any]) -> None:
    at = house.clock.now()
    async with house.database.school(school_id) as tx:
        await record(tx, "dossier.opened", "dossier", dossier_id, at=at, actor=account_id, detail=detail)
