"""What an area sees of its form's answers: numbers, counted in each school by a job while the form is open. It writes area_form_askings
with area_asking.py; whose answers they are leaves no school.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import structlog

from backend.core.across_schools import schools_with_forms_to_count
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.forms import outcome
from backend.forms.deeds import QUESTIONS
from backend.forms.queries import all_asked
from schemas.area_forms import FormCounts
from schemas.forms import Answers, Question, Signature

log = structlog.get_logger()

COUNT_EVERY = timedelta(minutes=5)
_SCHOOLS_AT_ONCE = 2000
# The form's copy may have been closed since: it is counted once more and then no more.
_TO_COUNT = """
SELECT s.form_id, f.version, f.per, f.signature, v.questions::text AS questions, f.closed_at
  FROM area_form_askings s
  JOIN forms f
    ON f.school_id = $1
   AND f.form_id = s.form_id
  JOIN form_versions v
    ON v.school_id = $1
   AND v.form_id = f.form_id
   AND v.version = f.version
 WHERE s.school_id = $1
   AND s.count_at <= $2
 ORDER BY s.count_at, s.form_id
 LIMIT 20
   FOR NO KEY UPDATE OF s SKIP LOCKED
"""
_COUNTED = """
UPDATE area_form_askings
   SET counts     = $3::jsonb,
       counted_at = $4,
       count_at   = $5
 WHERE form_id = $1
   AND school_id = $2
"""


class Counted(msgspec.Struct, frozen=True):
    """Of what a guardian signed, what is counted, without a name. `copied`: signed in another school of the area for all children."""

    guardian_id: UUID
    entitled: bool
    counts: bool
    copied: bool | None
    signature_id: UUID | None
    answers: Answers | None


class _Pupil(msgspec.Struct, frozen=True):
    pupil_id: UUID
    signers: list[Counted]


_PUPILS = msgspec.json.Decoder(list[_Pupil])
_NOBODY = UUID(int=0)


async def count_everywhere(house: House) -> int:
    """Every few minutes. One school that fails keeps no other from being counted."""
    now, counted = house.clock.now(), 0
    for school_id in await schools_with_forms_to_count(house.database.reader, now, limit=_SCHOOLS_AT_ONCE):
        try:
            async with house.database.school(school_id) as tx:
                counted += await count_in(tx, now)
        except (asyncpg.PostgresError, OSError) as error:
            log.error("forms_not_counted", school_id=school_id, kind=type(error).__name__)
    return counted


async def count_in(tx: SchoolTx, now: datetime) -> int:
    rows = await tx.fetch(_TO_COUNT, tx.school_id, now)
    for row in rows:
        found = await all_asked(
            tx,
            _PUPILS,
            tx.school_id,
            row["form_id"],
            row["version"],
            staff_id=_NOBODY,
            reads=True,
            today=school_day(now),
        )
        pupils = [one.signers for one in found]
        counts = counts_of(row["signature"], row["per"], QUESTIONS.decode(row["questions"]), pupils)
        again = now + COUNT_EVERY if row["closed_at"] is None else None
        written = msgspec.json.encode(counts).decode()
        await tx.execute(_COUNTED, row["form_id"], tx.school_id, written, now, again)
    return len(rows)


def counts_of(
    rule: Signature, per: str, questions: Sequence[Question], pupils: Sequence[Sequence[Counted]]
) -> FormCounts:
    """Pure. A family's form is counted by families: once for whoever signed for several children, and only where they signed."""
    beside = [[outcome.Holder(one.guardian_id, one.entitled, one.counts, one.answers or {}) for one in holders] for holders in pupils]  # fmt: skip
    counted = dict.fromkeys(("missing", "partly", "done", "disagree", "nobody"), 0)
    for holders in beside:
        counted[outcome.state(rule, questions, holders)] += 1
    families = _families(pupils) if per == "family" else []
    told = [[outcome.Holder(one.guardian_id, True, True, one.answers or {})] for one in families]
    tally = outcome.tally(questions, told if per == "family" else beside)
    return FormCounts(pupils=len(pupils), families=len(families), tally=tally, **counted)


def _families(pupils: Sequence[Sequence[Counted]]) -> list[Counted]:
    first = {}
    for holders in pupils:
        counting = next((one for one in holders if one.counts), None)
        if counting is not None and counting.signature_id is not None and not counting.copied:
            first[counting.signature_id] = counting
    return list(first.values())


def summed(counts: Sequence[FormCounts]) -> FormCounts:
    tally: dict[str, dict[str, int]] = {}
    for one in counts:
        for question, choices in (one.tally or {}).items():
            kept = tally.setdefault(question, {})
            for choice, number in choices.items():
                kept[choice] = kept.get(choice, 0) + number
    names = ("pupils", "done", "partly", "missing", "disagree", "nobody", "families")
    return FormCounts(**{name: sum(getattr(one, name) for one in counts) for name in names}, tally=tally)
