"""Forms as staff read them: the list, one form, and who has answered what. Each statement carries who is asking.

The author and the school's administrators read answers, and every reading of them is recorded. Teachers of a class see of a form to
their pupils who is missing, by name, and no answer.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.core.house import House
from backend.core.problems import FORBIDDEN, NOT_FOUND
from backend.forms import outcome
from backend.identity.audit import record
from backend.identity.entitlement import Standing, standing
from schemas.forms import FormPage, FormResults, FormRow, PupilResult, Signer

_ROWS = msgspec.json.Decoder(list[FormRow])
PUPILS_AT_ONCE = 5000

# For `form_pupils a` and `forms f` in one school: something is still wanted of the guardian {guardian} for this pupil on the day {today}.
WAITS = """f.closed_at IS NULL
           AND f.due_on >= {today}
           AND NOT EXISTS (SELECT
                             FROM form_answers d
                            WHERE d.school_id = $1
                              AND d.form_id = a.form_id
                              AND d.pupil_id = a.pupil_id
                              AND d.deed = 'signed'
                              AND d.version = f.version
                              AND (f.signature <> 'both' OR d.guardian_id = {guardian}))"""

# For `form_pupils a` and `forms f` in one school: nothing is missing for this pupil on the day {today}.
SETTLED = """EXISTS (SELECT
                             FROM form_answers d
                            WHERE d.school_id = $1
                              AND d.form_id = a.form_id
                              AND d.pupil_id = a.pupil_id
                              AND d.deed = 'signed'
                              AND d.version = f.version)
                   AND (f.signature <> 'both'
                        OR NOT EXISTS (SELECT
                                         FROM guardianships h
                                        WHERE h.school_id = $1
                                          AND h.pupil_id = a.pupil_id
                                          AND h.can_view
                                          AND h.can_act
                                          AND h.valid_from <= {today}
                                          AND (h.valid_to IS NULL OR h.valid_to >= {today})
                                          AND NOT EXISTS (SELECT
                                                            FROM form_answers d
                                                           WHERE d.school_id = $1
                                                             AND d.form_id = a.form_id
                                                             AND d.pupil_id = a.pupil_id
                                                             AND d.guardian_id = h.guardian_id
                                                             AND d.deed = 'signed'
                                                             AND d.version = f.version)))"""

# An audience for other rooms: the pupils whose answer to a form is missing. $1 school; {form} and {today} are the caller's.
PUPILS_WITHOUT_ANSWER = f"""
            SELECT a.pupil_id
              FROM form_pupils a
              JOIN forms f
                ON f.school_id = $1
               AND f.form_id = a.form_id
              JOIN pupils asked
                ON asked.school_id = $1
               AND asked.pupil_id = a.pupil_id
               AND asked.status = 'enrolled'
             WHERE a.school_id = $1
               AND a.form_id = {{form}}
               AND NOT ({SETTLED})
"""

# The pupils in the classes that the member of staff {staff} teaches or leads; $1 school, $4 today.
_TAUGHT = """
SELECT e.pupil_id
  FROM enrolments e
  JOIN assignments t
    ON t.school_id = e.school_id
   AND t.class_id = e.class_id
   AND t.from_on <= $4
   AND (t.to_on IS NULL OR t.to_on >= $4)
 WHERE e.school_id = $1
   AND t.staff_id = {staff}
   AND (e.to_on IS NULL OR e.to_on >= $4)
"""

# $1 school, $2 staff, $3 runs the school, $4 today.
_SEEN = """
SELECT coalesce(json_agg(json_build_object(
         'form_id', seen.form_id, 'version', seen.version, 'title', seen.title, 'body', seen.body, 'questions', seen.questions,
         'text_sha256', encode(seen.text_sha256, 'hex'), 'signature', seen.signature, 'audience', seen.audience,
         'from_area', seen.from_area, 'per', seen.per,
         'class_name', seen.class_name, 'due_on', seen.due_on, 'remind_days', seen.remind_days, 'author', seen.author,
         'mine', seen.mine, 'may_read_answers', seen.mine OR $3, 'opened_at', seen.opened_at, 'closed_at', seen.closed_at,
         'open', seen.closed_at IS NULL AND seen.due_on >= $4, 'pupils', come.pupils, 'answered', come.answered)
       ORDER BY seen.form_id DESC), '[]'::json)::text
  FROM (SELECT f.form_id, f.version, v.title, v.body, v.questions, v.text_sha256, f.signature, f.audience, c.name AS class_name,
               f.due_on, f.remind_days, coalesce(t.full_name, f.from_area) AS author,
               coalesce(f.author_staff_id = $2, false) AS mine, f.from_area, f.per, f.opened_at, f.closed_at
          FROM forms f
          JOIN form_versions v
            ON v.school_id = f.school_id
           AND v.form_id = f.form_id
           AND v.version = f.version
          LEFT JOIN staff t
            ON t.school_id = f.school_id
           AND t.staff_id = f.author_staff_id
          LEFT JOIN classes c
            ON c.school_id = f.school_id
           AND f.audience_kind = 'class'
           AND c.class_id = (f.audience ->> 'class_id')::uuid
         WHERE f.school_id = $1
           AND ($3
                OR f.author_staff_id = $2
                OR EXISTS (SELECT
                             FROM form_pupils q
                            WHERE q.school_id = $1
                              AND q.form_id = f.form_id
                              AND q.pupil_id IN ({taught})))
{which}
       ) AS seen
 CROSS JOIN LATERAL (
       SELECT count(*) AS pupils,
              count(*) FILTER (WHERE {settled}) AS answered
         FROM form_pupils a
         JOIN forms f
           ON f.school_id = $1
          AND f.form_id = a.form_id
         JOIN pupils asked
           ON asked.school_id = $1
          AND asked.pupil_id = a.pupil_id
          AND asked.status = 'enrolled'
        WHERE a.school_id = $1
          AND a.form_id = seen.form_id) AS come
"""
_SETTLED_TODAY = SETTLED.format(today="$4")
_PAGE = _SEEN.format(
    taught=_TAUGHT.format(staff="$2"),
    settled=_SETTLED_TODAY,
    which="           AND ($5::uuid IS NULL OR f.form_id < $5)\n         ORDER BY f.form_id DESC\n         LIMIT $6",
)
_ONE = _SEEN.format(taught=_TAUGHT.format(staff="$2"), settled=_SETTLED_TODAY, which="           AND f.form_id = $5")


async def forms(
    reader: Reader, school_id: int, account_id: UUID, *, today: date, before: UUID | None = None, limit: int = 20
) -> FormPage:
    """A page of what the reader may see, newest first; `before` is the `next` of the page before."""
    who = await standing(reader, school_id, account_id, on=today)
    found = await reader.fetchval(_PAGE, school_id, who.staff_id, who.admin, today, before, limit + 1)
    rows = _ROWS.decode(found)
    return FormPage(rows[:limit], rows[limit - 1].form_id if len(rows) > limit else None)


async def form(reader: Reader, school_id: int, account_id: UUID, form_id: UUID, *, today: date) -> FormRow:
    """Raises NOT_FOUND also for one that is not for the reader."""
    who = await standing(reader, school_id, account_id, on=today)
    return await _form(reader, school_id, who, form_id, today)


async def _form(reader: Reader, school_id: int, who: Standing, form_id: UUID, today: date) -> FormRow:
    rows = _ROWS.decode(await reader.fetchval(_ONE, school_id, who.staff_id, who.admin, today, form_id))
    if not rows:
        raise NOT_FOUND()
    return rows[0]


class AskedPupil(msgspec.Struct, frozen=True):
    pupil_id: UUID
    full_name: str
    class_name: str | None
    sort_key: str
    signers: list[Signer]


_ASKED = msgspec.json.Decoder(list[AskedPupil])

# $1 school, $2 staff, $3 reads everything, $4 today, $5 form, $6 its version, $7 how many at most. A guardian stands here who may sign
# today, and one who has signed though custody has ended since.
_RESULTS_OF = """
SELECT coalesce(json_agg(json_build_object(
         'pupil_id', one.pupil_id, 'full_name', one.full_name, 'class_name', one.class_name, 'sort_key', one.sort_key,
         'signers', one.signers)
       ORDER BY one.class_name, one.sort_key, one.pupil_id), '[]'::json)::text
  FROM (SELECT p.pupil_id, p.full_name, p.sort_key,
               (SELECT room.name
                  FROM enrolments seat
                  JOIN classes room
                    ON room.school_id = seat.school_id
                   AND room.class_id = seat.class_id
                 WHERE seat.school_id = $1
                   AND seat.pupil_id = p.pupil_id
                   AND (seat.to_on IS NULL OR seat.to_on >= $4)
                 ORDER BY seat.from_on DESC
                 LIMIT 1) AS class_name,
               beside.signers
          FROM form_pupils a
          JOIN pupils p
            ON p.school_id = a.school_id
           AND p.pupil_id = a.pupil_id
         CROSS JOIN LATERAL (
               SELECT coalesce(json_agg(json_build_object(
                        'guardian_id', g.guardian_id, 'full_name', g.full_name, 'relation', b.kind, 'entitled', may.sign,
                        'has_account', g.account_id IS NOT NULL, 'deed', s.deed, 'version', s.version,
                        'counts', coalesce(s.deed = 'signed' AND s.version = $6, false), 'at', s.happened_at, 'via', s.via,
                        'signature_id', s.signature_id, 'copied', s.copied, 'answers', CASE WHEN $3 THEN s.answers END)
                      ORDER BY b.kind, g.guardian_id), '[]'::json) AS signers,
                      count(d.number) AS deeds
                 FROM guardianships b
                CROSS JOIN LATERAL (SELECT b.can_view
                                           AND b.can_act
                                           AND b.valid_from <= $4
                                           AND (b.valid_to IS NULL OR b.valid_to >= $4) AS sign) AS may
                 JOIN guardians g
                   ON g.school_id = b.school_id
                  AND g.guardian_id = b.guardian_id
                 LEFT JOIN (form_answers d
                      JOIN form_signatures s
                        ON s.school_id = d.school_id
                       AND s.form_id = d.form_id
                       AND s.pupil_id = d.pupil_id
                       AND s.guardian_id = d.guardian_id
                       AND s.number = d.number)
                   ON d.school_id = $1
                  AND d.form_id = $5
                  AND d.pupil_id = a.pupil_id
                  AND d.guardian_id = b.guardian_id
                WHERE b.school_id = $1
                  AND b.pupil_id = a.pupil_id
                  AND (may.sign OR d.number IS NOT NULL)) AS beside
         WHERE a.school_id = $1
           AND a.form_id = $5
           AND (p.status = 'enrolled' OR beside.deeds > 0)
           AND {which}
           AND ($8::uuid IS NULL OR a.pupil_id > $8)
         ORDER BY a.pupil_id
         LIMIT $7) AS one
"""
_RESULTS = _RESULTS_OF.format(which=f"($3 OR a.pupil_id IN ({_TAUGHT.format(staff='$2')}))")
_ONE_PUPIL = _RESULTS_OF.format(which="a.pupil_id = $2")


async def results(
    house: House, school_id: int, account_id: UUID, form_id: UUID, *, today: date, how: str
) -> FormResults:
    """By name who has signed and who is missing; for author and administrator with the answers, which is written down with `how`."""
    reader = house.database.reader
    who = await standing(reader, school_id, account_id, on=today)
    row = await _form(reader, school_id, who, form_id, today)
    reads = row.may_read_answers
    if reads:
        await recorded(house, school_id, account_id, form_id, how)
    asked = await all_asked(
        reader, _ASKED, school_id, form_id, row.version, staff_id=who.staff_id, reads=reads, today=today
    )
    asked.sort(key=lambda one: (one.class_name is None, one.class_name or "", one.sort_key, one.pupil_id))
    return summed(row, asked, reads=reads)


class Door(Protocol):
    async def fetchval(self, sql: str, *arguments: Any) -> Any: ...


class Named(Protocol):
    @property
    def pupil_id(self) -> UUID: ...


N = TypeVar("N", bound=Named)


async def all_asked(
    door: Door,
    decoder: msgspec.json.Decoder[list[N]],
    school_id: int,
    form_id: UUID,
    version: int,
    *,
    staff_id: UUID,
    reads: bool,
    today: date,
) -> list[N]:
    """Every pupil of a form, page by page. `reads`: with answers, of everybody; else of the pupils whom `staff_id` teaches."""
    asked: list[N] = []
    after: UUID | None = None
    while True:
        page = decoder.decode(
            await door.fetchval(_RESULTS, school_id, staff_id, reads, today, form_id, version, PUPILS_AT_ONCE, after)
        )
        asked += page
        if len(page) < PUPILS_AT_ONCE:
            return asked
        after = max(one.pupil_id for one in page)


async def signer(
    reader: Reader, school_id: int, row: FormRow, pupil_id: UUID, guardian_id: UUID, *, today: date
) -> tuple[AskedPupil, Signer]:
    """A guardian beside a pupil, without answers. Raises NOT_FOUND for anybody who stands in no results of this form.

    The caller has asked whether the reader may.
    """
    found = await reader.fetchval(_ONE_PUPIL, school_id, pupil_id, False, today, row.form_id, row.version, 1, None)
    for pupil in _ASKED.decode(found):
        for one in pupil.signers:
            if one.guardian_id == guardian_id:
                return pupil, one
    raise NOT_FOUND()


async def require_answers(reader: Reader, school_id: int, account_id: UUID, form_id: UUID, *, today: date) -> FormRow:
    """Raises FORBIDDEN for whoever may see only who is missing."""
    row = await form(reader, school_id, account_id, form_id, today=today)
    if not row.may_read_answers:
        raise FORBIDDEN()
    return row


async def recorded(house: House, school_id: int, account_id: UUID, form_id: UUID, how: str) -> None:
    """Answers are personal data: who has read them, and how, stands in the trail before they are read."""
    async with house.database.school(school_id) as tx:
        detail = {"how": how}
        await record(tx, "form.answers_read", "form", form_id, at=house.clock.now(), actor=account_id, detail=detail)


def summed(row: FormRow, asked: list[AskedPupil], *, reads: bool) -> FormResults:
    pupils = []
    counts = {"missing": 0, "partly": 0, "done": 0, "disagree": 0, "nobody": 0}
    beside = []
    for one in asked:
        holders = [
            outcome.Holder(signer.guardian_id, signer.entitled, signer.counts, signer.answers or {})
            for signer in one.signers
        ]
        beside.append(holders)
        state = outcome.state(row.signature, row.questions, holders)
        differ = outcome.differ(row.questions, holders) if reads else []
        counts[state] += 1
        pupils.append(PupilResult(one.pupil_id, one.full_name, one.class_name, state, differ, one.signers))
    return FormResults(row, counts, outcome.tally(row.questions, beside) if reads else None, pupils)


async def school_name(reader: Reader, school_id: int) -> str:
    found = await reader.fetchval("SELECT name FROM schools WHERE school_id = $1", school_id)
    return str(found)
