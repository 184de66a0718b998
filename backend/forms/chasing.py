"""Asking again those whose answer is missing, and nobody else: by hand, and before the last day at the school's hour.

It owns form_reminders and form_rules. A guardian hears of a form once a day at most; several forms of one day are one message. Nobody
who has answered is written to, nothing after a form is closed, and a second run of the day says nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID, uuid5

import asyncpg
import msgspec
import structlog

from backend.announcements.area_folding import told_elsewhere
from backend.core.across_schools import schools_with_open_forms
from backend.core.clock import SCHOOL_ZONE, school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.forms import problems
from backend.forms.actions import ask_pupils, close_expired, own_form
from backend.forms.addressing import addressed
from backend.forms.queries import WAITS
from backend.forms.wording import told
from backend.identity.audit import record
from backend.identity.entitlement import require_role
from notifications.outbox import GuardiansNotice, PupilNotice, publish_each, publish_to_guardians
from schemas.announcements import To
from schemas.forms import FormRules, Reminded

log = structlog.get_logger()

REMIND_HOUR = 17
_LAST_HOUR = 20
# How long after its day a reminder may still be sent, where the machine stood still.
_CATCH_UP_DAYS = 3


class Door(Protocol):
    async def fetchval(self, sql: str, *arguments: Any) -> Any: ...


# Guardians whose answer is missing, with the form and the pupils. $1 school, $2 today, $3 one form asked for by hand or NULL for those
# whose day has come, $4 catching up. The day on which a form was opened needs no reminder.
_MISSING = f"""
SELECT b.guardian_id, f.form_id, v.title, f.due_on, f.signature, f.per, array_agg(a.pupil_id ORDER BY a.pupil_id) AS pupil_ids
  FROM forms f
  JOIN form_versions v
    ON v.school_id = f.school_id
   AND v.form_id = f.form_id
   AND v.version = f.version
  JOIN form_pupils a
    ON a.school_id = f.school_id
   AND a.form_id = f.form_id
  JOIN pupils p
    ON p.school_id = a.school_id
   AND p.pupil_id = a.pupil_id
   AND p.status = 'enrolled'
  JOIN guardianships b
    ON b.school_id = a.school_id
   AND b.pupil_id = a.pupil_id
   AND b.can_view
   AND b.can_act
   AND b.gets_notices
   AND b.valid_from <= $2
   AND (b.valid_to IS NULL OR b.valid_to >= $2)
  LEFT JOIN LATERAL (
       SELECT max(f.due_on - offered.days) AS day
         FROM unnest(f.remind_days) AS offered (days)
        WHERE f.due_on - offered.days BETWEEN $2::date - $4::int AND $2::date
          AND f.due_on - offered.days > (f.opened_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) AS touched
    ON true
 WHERE f.school_id = $1
   AND CASE WHEN $3::uuid IS NULL THEN touched.day IS NOT NULL ELSE f.form_id = $3 END
   AND {WAITS.format(today="$2", guardian="b.guardian_id")}
   AND NOT EXISTS (SELECT
                     FROM form_reminders r
                    WHERE r.school_id = $1
                      AND r.form_id = f.form_id
                      AND r.guardian_id = b.guardian_id
                      AND r.run_on >= CASE WHEN $3::uuid IS NULL THEN touched.day ELSE $2 END)
 GROUP BY b.guardian_id, f.form_id, f.school_id, v.title
 ORDER BY b.guardian_id, f.due_on, f.form_id
"""


async def remind(house: House, account_id: UUID, school_id: int, form_id: UUID) -> Reminded:
    """By hand: those whose answer is missing and who have not heard of the form today."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        form = await own_form(tx, account_id, form_id, on=school_day(now), areas_too=True)
        if form["closed_at"] is not None or form["due_on"] < school_day(now):
            raise problems.FORM_CLOSED()
        told_now = await chase(tx, form_id, by_hand=True, at=now)
        await record(tx, "form.reminded", "form", form_id, at=now, actor=account_id, detail={"guardians": told_now})
    return Reminded(told_now)


async def run_everywhere(house: House) -> int:
    """Every hour, in every school that has open forms. One school that fails keeps no other from its families."""
    now = house.clock.now()
    total = 0
    for school_id in await schools_with_open_forms(house.database.reader):
        try:
            total += await run(house, school_id, at=now)
        except (asyncpg.PostgresError, OSError) as error:
            log.error("forms_not_chased", school_id=school_id, kind=type(error).__name__)
    return total


async def run(house: House, school_id: int, *, at: datetime) -> int:
    """What ran out is closed, who joined is asked; and from the school's hour on, those missing hear of what is due. How many heard."""
    async with house.database.school(school_id) as tx:
        await close_expired(tx, at=at)
        await _ask_newcomers(tx, at=at)
        hour = at.astimezone(SCHOOL_ZONE).hour
        if not (await rules(tx, school_id)).remind_hour <= hour <= _LAST_HOUR:
            return 0
        return await chase(tx, None, by_hand=False, at=at)


async def rules(door: Door, school_id: int) -> FormRules:
    """What the school decided; until then in the evening, when families are at home."""
    hour = await door.fetchval(
        """
        SELECT remind_hour
          FROM form_rules
         WHERE school_id = $1
        """,
        school_id,
    )
    return FormRules(REMIND_HOUR if hour is None else hour)


async def change_rules(house: House, account_id: UUID, school_id: int, new: FormRules) -> FormRules:
    """The administrator decides; the trail keeps who."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        await tx.execute(
            """
            INSERT INTO form_rules (school_id, remind_hour, changed_by, changed_at)
            VALUES ($1, $2, $3, $4)
                ON CONFLICT (school_id)
                DO UPDATE SET remind_hour = excluded.remind_hour, changed_by = excluded.changed_by,
                              changed_at = excluded.changed_at
            """,
            school_id,
            new.remind_hour,
            account_id,
            now,
        )
        detail = {"remind_hour": new.remind_hour}
        await record(tx, "form_rules.changed", "school", school_id, at=now, actor=account_id, detail=detail)
    return new


# All open forms are held, so that two runs, or a run and a hand, chase one after the other.
_OPEN = """
SELECT f.form_id, f.audience_kind, f.audience::text AS audience, f.due_on, f.signature, v.title
  FROM forms f
  JOIN form_versions v
    ON v.school_id = f.school_id
   AND v.form_id = f.form_id
   AND v.version = f.version
 WHERE f.school_id = $1
   AND f.closed_at IS NULL
 ORDER BY f.form_id
   FOR UPDATE OF f
"""


async def _ask_newcomers(tx: SchoolTx, *, at: datetime) -> None:
    """A pupil who joins the class while a form is open belongs to it like everybody else."""
    for form in await tx.fetch(_OPEN, tx.school_id):
        if form["audience_kind"] == "pupils":
            continue
        audience = await addressed(tx, msgspec.json.decode(form["audience"], type=To), school_day(at))
        joined = await ask_pupils(tx, form["form_id"], audience, school_day(at), at)
        params = told(form["form_id"], form["title"], form["due_on"], form["signature"])
        notices = [
            PupilNotice(
                notice_id=new_id(),
                pupil_id=pupil_id,
                kind="form",
                source_kind="form",
                source_id=str(form["form_id"]),
                params=params,
            )
            for pupil_id in joined
        ]
        await publish_each(tx, notices, created_by=None, at=at)


async def chase(tx: SchoolTx, form_id: UUID | None, *, by_hand: bool, at: datetime) -> int:
    today = school_day(at)
    by_guardian: dict[UUID, list[asyncpg.Record]] = defaultdict(list)
    missing = await tx.fetch(_MISSING, tx.school_id, today, form_id, _CATCH_UP_DAYS)
    for row in await _not_told_elsewhere(tx, missing, today, at):
        by_guardian[row["guardian_id"]].append(row)
    together: dict[tuple[Any, ...], list[UUID]] = defaultdict(list)
    for guardian_id, rows in by_guardian.items():
        together[tuple((row["form_id"], tuple(row["pupil_ids"])) for row in rows)].append(guardian_id)
    messages = [(new_id(), guardian_ids, by_guardian[guardian_ids[0]]) for guardian_ids in together.values()]
    await _remember(tx, messages, by_hand=by_hand, today=today, at=at)
    published = await publish_to_guardians(tx, [_notice(*message) for message in messages], at=at)
    return published.guardians


async def _not_told_elsewhere(
    tx: SchoolTx, missing: Sequence[asyncpg.Record], today: date, at: datetime
) -> list[asyncpg.Record]:
    """A form that a family answers once is asked for by one of its children's schools a day."""
    by_form: dict[UUID, list[UUID]] = defaultdict(list)
    for row in missing:
        if row["per"] == "family":
            by_form[row["form_id"]].append(row["guardian_id"])
    told_of = {
        form_id: await told_elsewhere(tx, uuid5(form_id, f"reminded {today}"), guardian_ids, at)
        for form_id, guardian_ids in by_form.items()
    }
    return [row for row in missing if row["guardian_id"] not in told_of.get(row["form_id"], ())]


Message = tuple[UUID, list[UUID], list[asyncpg.Record]]


async def _remember(tx: SchoolTx, messages: Sequence[Message], *, by_hand: bool, today: date, at: datetime) -> None:
    """In the transaction of the messages themselves. The form is held, so nobody else chases it at this moment."""
    lines = [
        (row["form_id"], guardian_id, notice_id)
        for notice_id, guardian_ids, rows in messages
        for guardian_id in guardian_ids
        for row in rows
    ]
    await tx.execute(
        """
        INSERT INTO form_reminders (school_id, form_id, guardian_id, run_on, notice_id, by_hand, made_at)
        SELECT $1, n.form_id, n.guardian_id, $2, n.notice_id, $3, $4
          FROM unnest($5::uuid[], $6::uuid[], $7::uuid[]) AS n (form_id, guardian_id, notice_id)
         ORDER BY n.form_id, n.guardian_id
        """,
        tx.school_id,
        today,
        by_hand,
        at,
        [form_id for form_id, _, _ in lines],
        [guardian_id for _, guardian_id, _ in lines],
        [notice_id for _, _, notice_id in lines],
    )


def _notice(notice_id: UUID, guardian_ids: list[UUID], rows: list[asyncpg.Record]) -> GuardiansNotice:
    forms = [
        one for row in rows for one in told(row["form_id"], row["title"], row["due_on"], row["signature"])["forms"]
    ]
    return GuardiansNotice(
        notice_id=notice_id,
        guardian_ids=tuple(guardian_ids),
        pupil_ids=tuple(dict.fromkeys(pupil_id for row in rows for pupil_id in row["pupil_ids"])),
        kind="form",
        source_kind="form",
        source_id=forms[0]["form_id"] if len(forms) == 1 else str(notice_id),
        params={"forms": forms, "reminder": True},
    )
