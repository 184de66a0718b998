"""Before a question reaches a teacher: what the school has said already. It owns question_offers, which keep no question.

It looks among the family's own notices, its open bills, today's roll and the next days' lessons; what the bot knows is asked by the doors, which may.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from backend.attendance.queries import day_for_family
from backend.core.catalogue import say
from backend.core.clock import school_day
from backend.core.database import Reader
from backend.core.house import House
from backend.core.problems import NOT_FOUND
from backend.identity.entitlement import require_guardian
from backend.messages.likeness import about, best
from backend.timetable.days import day_of, days_from, told_day
from backend.timetable.queries import facts_for_family
from backend.timetable.telling import brief
from payments.queries import invoices_for_family
from schemas.messages import Question, Suggestion

RECENT = timedelta(days=60)
_NOTICES_MAX = 120
_DAYS_SHOWN = 4
_SHOWN_CHARS = 280

_NOTICES = """
SELECT n.notice_id, n.title, n.body, n.created_at
  FROM notice_recipients r
  JOIN notices n
    ON n.school_id = r.school_id
   AND n.notice_id = r.notice_id
 WHERE r.school_id = $1
   AND r.guardian_id = $2
   AND $3 = ANY (r.pupil_ids)
   AND r.created_at > $4
   AND n.kind = 'announcement'
   AND n.recalled_at IS NULL
   AND n.title IS NOT NULL
 ORDER BY n.created_at DESC, n.notice_id
 LIMIT $5
"""


async def suggestions(
    house: House, account_id: UUID, school_id: int, question: Question, language: str
) -> list[Suggestion]:
    """At most three notices, the bills when it is about money, the roll when it is about being there, the lessons when it is about them.

    NOT_FOUND for strangers.
    """
    now = house.clock.now()
    reader = house.database.reader
    guardian_id = await require_guardian(reader, school_id, account_id, question.pupil_id, on=school_day(now))
    rows = await reader.fetch(_NOTICES, school_id, guardian_id, question.pupil_id, now - RECENT, _NOTICES_MAX)
    found = [
        Suggestion(
            "announcement",
            row["title"],
            _cut(row["body"] or ""),
            row["created_at"],
            f"/app/{school_id}/notices/{row['notice_id']}",
        )
        for row in best(question.text, rows, lambda row: f"{row['title']} {row['body'] or ''}", most=3)
    ]
    topics = about(question.text)
    if "fees" in topics:
        found += await _fees(reader, account_id, school_id, question.pupil_id, now, language)
    if "attendance" in topics:
        found += await _roll(reader, account_id, school_id, question.pupil_id, now, language)
    if "timetable" in topics:
        found += await _lessons(reader, account_id, school_id, question.pupil_id, now, language)
    return found


async def _fees(
    reader: Reader, account_id: UUID, school_id: int, pupil_id: UUID, now: datetime, language: str
) -> list[Suggestion]:
    bills = await invoices_for_family(reader, school_id, account_id, pupil_id, on=school_day(now))
    if bills is None:
        return []
    open_ones = [bill for bill in bills.invoices if bill.remaining]
    lines = [
        say(
            "messages.bill_line",
            language,
            title=b.title,
            amount=f"{b.remaining:,}".replace(",", "."),
            day=f"{b.due_on:%d/%m/%Y}",
        )
        for b in open_ones[:5]
    ]
    text = "\n".join(lines) or say("messages.nothing_due", language)
    return [Suggestion("fees", say("messages.offer_fees", language), text, None, "/app/invoices")]


async def _roll(
    reader: Reader, account_id: UUID, school_id: int, pupil_id: UUID, now: datetime, language: str
) -> list[Suggestion]:
    marks = await day_for_family(reader, school_id, account_id, pupil_id, school_day(now))
    if not marks:
        return []
    text = "\n".join(
        f"{say(f'parentapp.session_{mark.session}', language)}: {say(f'parentapp.mark_{mark.mark}', language)}"
        for mark in marks
    )
    path = f"/app/{school_id}/children/{pupil_id}/attendance"
    return [Suggestion("attendance", say("messages.offer_roll", language), text, marks[-1].at, path)]


async def _lessons(
    reader: Reader, account_id: UUID, school_id: int, pupil_id: UUID, now: datetime, language: str
) -> list[Suggestion]:
    """Today and the days after it, as far as a week is in force."""
    today = school_day(now)
    days = days_from(today, _DAYS_SHOWN)
    known = await facts_for_family(reader, school_id, account_id, pupil_id, days[0], days[-1], today=today)
    shown = [told_day(known[1], day_of(known[1], on), language) for on in days] if known else []
    if not any(day.kept for day in shown):
        return []
    text = "\n".join(
        f"{say(f'bots.weekday_{day.on.weekday()}', language)} {day.on:%d/%m}: {brief(day, language)}" for day in shown
    )
    path = f"/app/{school_id}/children/{pupil_id}/timetable"
    return [Suggestion("timetable", say("messages.offer_timetable", language), text, None, path)]


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1].rstrip() + "…"


async def keep_offer(house: House, account_id: UUID, school_id: int, question: Question, offered: int) -> None:
    """That something was offered; counted once, and the words are forgotten."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        guardian_id = await require_guardian(tx, school_id, account_id, question.pupil_id, on=school_day(now))
        await tx.execute(
            """
            INSERT INTO question_offers (school_id, offer_id, pupil_id, guardian_id, asked_at, offered)
            VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (school_id, offer_id) DO NOTHING
            """,
            school_id, question.offer_id, question.pupil_id, guardian_id, now, offered,
        )  # fmt: skip


async def answered(house: House, account_id: UUID, school_id: int, offer_id: UUID, kind: str) -> None:
    """`It answered me`: nobody was troubled. Twice is once; somebody else's offer is not there."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        row: Any = await tx.fetchrow(
            """
            UPDATE question_offers o
               SET answered_at = coalesce(o.answered_at, $4), answered_by = coalesce(o.answered_by, $5)
              FROM guardians g
             WHERE o.school_id = $1
               AND o.offer_id = $2
               AND g.school_id = $1
               AND g.guardian_id = o.guardian_id
               AND g.account_id = $3
            RETURNING o.offer_id
            """,
            school_id,
            offer_id,
            account_id,
            now,
            kind,
        )
        if row is None:
            raise NOT_FOUND()


async def answered_count(reader: Reader, school_id: int, since: datetime) -> tuple[int, int]:
    """(questions that were offered something, those that it answered): what the shield kept from the teachers."""
    row = await reader.fetchrow(
        """
        SELECT count(*) FILTER (WHERE o.offered > 0) AS offered, count(o.answered_at) AS answered
          FROM question_offers o
         WHERE o.school_id = $1
           AND o.asked_at > $2
        """,
        school_id,
        since,
    )
    assert row is not None, "an aggregate answers one row"
    return row["offered"], row["answered"]
