"""An area's forms as its officers read them: the list, one with the numbers of every school, and the same as a table. It owns no table.

An area is entitled to numbers: how many have answered and what they chose, school by school. No name and no family's words leave a school.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.catalogue import say
from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import NOT_FOUND
from backend.forms.area_counting import summed
from backend.forms.deeds import QUESTIONS
from backend.forms.slip import in_words
from backend.identity.principal import Principal
from payments.reports.table import Column, Table
from schemas.area_forms import AreaForm, AreaFormList, AreaFormPage, AreaFormSchool, FormCounts
from schemas.forms import Number, Question

# Of fewer answers than this no choice is told apart: a number would be somebody's answer.
FEW = 5
_COUNTS = msgspec.json.Decoder(FormCounts)

# $1 account, $2 one form or NULL, $3 today.
_FORMS = """
SELECT f.form_id, f.area_code, f.area_name, f.level, f.per, f.signature, f.version, f.title, f.body,
       f.questions::text AS questions, f.due_on, f.remind_days, f.created_at, f.due_at,
       CASE WHEN f.taken_back_at IS NOT NULL                 THEN 'taken_back'
            WHEN f.closed_at IS NOT NULL OR f.due_on < $3    THEN 'closed'
            WHEN come.opened = 0                             THEN 'waiting'
            WHEN come.opened < come.schools                  THEN 'leaving'
            ELSE 'open'
       END AS state,
       come.schools, come.opened, come.behind, come.guardians, come.pupils, come.answered
  FROM area_forms f
  JOIN account_areas a
    ON a.area_code = f.area_code
   AND a.account_id = $1
 CROSS JOIN LATERAL (
       SELECT count(*) AS schools, count(s.opened_at) AS opened, count(*) FILTER (WHERE s.state = 'due') AS behind,
              coalesce(sum(s.guardians), 0)::bigint AS guardians,
              coalesce(sum((s.counts ->> 'pupils')::int), 0)::bigint AS pupils,
              coalesce(sum((s.counts ->> 'done')::int), 0)::bigint AS answered
         FROM area_form_askings s
        WHERE s.form_id = f.form_id) AS come
 WHERE ($2::uuid IS NULL OR f.form_id = $2)
 ORDER BY f.created_at DESC, f.form_id
 LIMIT 100
"""
_SCHOOLS = """
SELECT s.school_id, h.name, h.code, s.state, s.opened_at, s.guardians, s.counted_at, s.counts::text AS counts
  FROM area_form_askings s
  JOIN schools h
    ON h.school_id = s.school_id
 WHERE s.form_id = $1
 ORDER BY h.name, s.school_id
 LIMIT 2000
"""


async def area_forms(house: House, who: Principal) -> AreaFormList:
    today = school_day(house.clock.now())
    rows = await house.database.reader.fetch(_FORMS, who.account_id, None, today)
    return AreaFormList([_form(row) for row in rows])


async def area_form(house: House, who: Principal, form_id: UUID) -> AreaFormPage:
    """Raises NOT_FOUND for a form of another area."""
    reader, today = house.database.reader, school_day(house.clock.now())
    rows = await reader.fetch(_FORMS, who.account_id, form_id, today)
    if not rows:
        raise NOT_FOUND()
    counted: list[FormCounts] = []
    schools = []
    for row in await reader.fetch(_SCHOOLS, form_id):
        counts = _COUNTS.decode(row["counts"]) if row["counts"] is not None else None
        if counts is not None:
            counted.append(counts)
        schools.append(msgspec.convert({**dict(row), "counts": _told(counts)}, AreaFormSchool))
    return AreaFormPage(_form(rows[0]), _told(summed(counted)) or FormCounts(), schools)


def _form(row: Any) -> AreaForm:
    return msgspec.convert({**dict(row), "questions": QUESTIONS.decode(row["questions"])}, AreaForm)


def _told(counts: FormCounts | None) -> FormCounts | None:
    if counts is None or max(counts.families, counts.done + counts.partly + counts.disagree) >= FEW:
        return counts
    return msgspec.structs.replace(counts, tally=None)


_NUMBERS = ("pupils", "done", "partly", "missing", "disagree", "nobody", "families")


def as_table(found: AreaFormPage, language: str, *, made_at: datetime) -> Table:
    """A row a school, a column for everything that could be chosen; without free words, numbers and files."""
    choices = [(q, choice) for q in found.form.questions for choice in _choices(found, q)]
    columns = [
        Column(say("forms.area_column_school", language), "text", 2.4),
        Column(say("forms.area_column_code", language), "text", 1.2),
        *(Column(say(f"forms.area_column_{name}", language), "count") for name in _NUMBERS),
        Column(say("forms.area_column_percent", language), "text"),
        *(Column(f"{q.text}: {_word(q, choice, language)}", "count", 1.4) for q, choice in choices),
    ]
    rows = [[one.name, one.code, *_numbers(one.counts, choices)] for one in found.schools]
    return Table(
        name="area_form",
        title=found.form.title,
        subtitle=say("forms.area_sheet_text", language, few=FEW),
        school_name=found.form.area_name,
        columns=columns,
        rows=rows,
        totals=[say("forms.area_column_total", language), "", *_numbers(found.total, choices)],
        made_at=made_at,
    )


def _choices(found: AreaFormPage, question: Question) -> list[str]:
    """What families chose, in the order of the question; a number that they wrote is no choice."""
    chosen = (found.total.tally or {}).get(question.id, {})
    return [] if isinstance(question, Number) else sorted(chosen, key=lambda one: (one == "?", one))


def _word(question: Question, choice: str, language: str) -> str:
    return say("forms.they_differ", language) if choice == "?" else in_words(question, choice, language)


def _numbers(counts: FormCounts | None, choices: list[tuple[Question, str]]) -> list[Any]:
    if counts is None:
        return [None] * (len(_NUMBERS) + 1 + len(choices))
    percent = f"{100 * counts.done / counts.pupils:.1f}%" if counts.pupils else None
    told = [counts.tally.get(q.id, {}).get(choice, 0) if counts.tally is not None else None for q, choice in choices]
    return [*(getattr(counts, name) for name in _NUMBERS), percent, *told]
