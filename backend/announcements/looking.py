"""The look before sending: whom a letter reaches, what each way may cost, what it says by its dates, and what would make families ask back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.announcements import drafts  # as a whole: it takes what is made of a letter, which asks the checker here
from backend.announcements.audiences import require_audience
from backend.announcements.checking import Audience, Checked, Context, Earlier, Findings, audience, check
from backend.announcements.prices import prices
from backend.announcements.resolving import resolved
from backend.announcements.rules import is_held, rules_of
from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import INVALID, FieldError
from notifications.audience import reach
from schemas.announcements import To, ToClass, ToGrade, ToPupils
from schemas.drafts import Found, Letter, Look, SeenDate, Unreachable

_NOBODY = ("Chọn nơi nhận.", "Choose who should get this.")


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...


async def look(house: House, account_id: UUID, school_id: int, letter: Letter, *, language: str) -> Look:
    """For whoever may write to these families. Nothing is kept."""
    now = house.clock.now()
    reader, today = house.database.reader, school_day(now)
    if letter.audience is None:
        raise INVALID(FieldError("/audience", *_NOBODY))
    drafts.require_near(letter, now)
    who = await require_audience(reader, school_id, account_id, letter.audience, today)
    reached = await reach(reader, school_id, await resolved(reader, school_id, letter.audience, today), on=today)
    rules = await rules_of(reader, school_id)
    at = drafts.leaves_at(letter, now, rules.undo_seconds)
    school = await _school(reader, school_id, letter, letter.audience)
    found = await _judged(reader, school_id, school, letter, letter.audience, at, homes=reached.homes)
    return Look(
        homes=reached.homes,
        homes_reached=reached.homes_reached,
        guardians=reached.guardians,
        guardians_with_app=reached.guardians_with_app,
        unreached=[Unreachable(one.pupil_id, one.full_name, one.class_name) for one in reached.unreached],
        prices=prices(house.settings, school_id, school["name"], letter, reached),
        findings=[Found(one.name, one.sentence(language), one.span or None) for one in found.defects],
        dates=_dates(found),
        amounts=list(found.facts.amounts),
        place=found.facts.place,
        asks=list(found.asks),
        needs_approval=is_held(who, rules),
        leaves_at=at,
    )


def _dates(found: Findings) -> list[SeenDate]:
    meant = {one.on: one.span for one in found.resolved}
    days = sorted({*found.facts.dates, *meant})
    return [SeenDate(day, meant.get(day), day in found.deadlines) for day in days]


_SCHOOL = """
SELECT s.name, s.level, s.ownership,
       array(SELECT c.name
               FROM classes c
               JOIN school_years y
                 ON y.school_id = c.school_id
                AND y.school_year = c.school_year
                AND y.is_current
              WHERE c.school_id = $1
              ORDER BY c.name_fold) AS classes,
       (SELECT c.name
          FROM classes c
         WHERE c.school_id = $1
           AND c.class_id = $2) AS class_name,
       array(SELECT f.media_type
               FROM files f
              WHERE f.school_id = $1
                AND f.file_id = ANY ($3::uuid[])
              ORDER BY f.file_id) AS attachments
  FROM schools s
 WHERE s.school_id = $1
"""
_EARLIER = """
SELECT n.title, n.body, n.published_at
  FROM announcements n
 WHERE n.school_id = $1
   AND n.audience = $2::jsonb
   AND n.published_at > $3::timestamptz - interval '7 days'
   AND n.recalled_at IS NULL
 ORDER BY n.published_at DESC
 LIMIT 50
"""


async def checked(reader: Door, school_id: int, letter: Letter, to: To, at: datetime) -> Findings:
    """The checker's findings for a letter as it would leave at `at`."""
    return await _judged(reader, school_id, await _school(reader, school_id, letter, to), letter, to, at)


async def _school(reader: Door, school_id: int, letter: Letter, to: To) -> Any:
    return await reader.fetchrow(_SCHOOL, school_id, getattr(to, "class_id", None), letter.file_ids)


async def _judged(
    reader: Door, school_id: int, school: Any, letter: Letter, to: To, at: datetime, *, homes: int | None = None
) -> Findings:
    """A correction says again what it corrects, and should."""
    told = [] if letter.corrects else await reader.fetch(_EARLIER, school_id, msgspec.json.encode(to).decode(), at)
    notice = Checked(
        text=f"{letter.title}\n{letter.body}",
        sent_at=at,
        audience=_audience(to, school["class_name"]),
        attachments=tuple(school["attachments"]),
    )
    context = Context(
        ownership=school["ownership"],
        level=None if school["level"] == "mixed" else school["level"],
        school_name=school["name"],
        classes=tuple(school["classes"]),
        earlier=tuple(Earlier(f"{row['title']}\n{row['body']}", row["published_at"]) for row in told),
        recipients=homes,
    )
    return check(notice, context)


def _audience(to: To, class_name: str | None) -> Audience:
    """A group's, an absentee's letter may name any class; only what is for a class or grade can be sent to the wrong one."""
    key = msgspec.json.encode(to).decode()
    match to:
        case ToGrade(grade):
            return msgspec.structs.replace(audience(f"khối {grade}"), key=key)
        case ToClass() if class_name:
            return msgspec.structs.replace(audience({"kind": "class", "name": class_name}), key=key)
        case ToPupils(pupil_ids):
            return Audience(key=key, one_family=len(pupil_ids) == 1)
    return Audience(key=key)
