"""Sending what wakes a member of staff: to the devices and the Telegram chats of the account; by SMS only what is urgent and came nowhere.

The row is taken for a minute before anything leaves, so that two workers do not send it twice. It says who and how many, no word more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from backend.core.across_schools import schools_with_staff_alerts
from backend.core.catalogue import say
from backend.core.house import House
from backend.messages.alerts import JOB
from backend.messages.staff_word import StaffWord, chat, push
from notifications.outcomes import Outcome, Refused, Sent
from notifications.stations import Stations

log = structlog.get_logger()

_LEASE = timedelta(minutes=1)
# After the last one the alert is given up: the message itself waits in the inbox.
_RETRY_AFTER = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30))
_AT_ONCE = 50
_SCHOOLS_MAX = 200

_TAKE = """
UPDATE staff_alerts a
   SET send_after = $3, attempts = a.attempts + 1
  FROM (SELECT d.staff_id, d.due_at, d.urgent
          FROM staff_alerts d
         WHERE d.school_id = $1
           AND d.state = 'due'
           AND d.send_after <= $2
         ORDER BY d.urgent DESC, d.send_after
         LIMIT $4
           FOR UPDATE SKIP LOCKED) AS due
  JOIN staff s
    ON s.school_id = $1
   AND s.staff_id = due.staff_id
  JOIN schools c
    ON c.school_id = $1
 WHERE a.school_id = $1
   AND a.staff_id = due.staff_id
   AND a.due_at = due.due_at
   AND a.urgent = due.urgent
RETURNING a.staff_id, a.due_at, a.urgent, a.thread_id, a.messages, a.attempts, s.account_id, s.phone_e164, s.status, c.name AS school_name,
          (SELECT p.full_name
             FROM threads t
             JOIN pupils p
               ON p.school_id = t.school_id
              AND p.pupil_id = t.pupil_id
            WHERE t.school_id = $1
              AND t.thread_id = a.thread_id) AS pupil_name
"""

_DONE = """
UPDATE staff_alerts
   SET state = $5, sent_at = $6, outcome = $7, send_after = coalesce($8, send_after)
 WHERE school_id = $1
   AND staff_id = $2
   AND due_at = $3
   AND urgent = $4
   AND state = 'due'
"""


async def drain_alerts(house: House, stations: Stations, school_id: int) -> int:
    """What is due in a school; how many were sent. No transaction is held while a provider answers."""
    sent = 0
    while True:
        now = house.clock.now()
        async with house.database.school(school_id) as tx:
            rows = await tx.fetch(_TAKE, school_id, now, now + _LEASE, _AT_ONCE)
        for row in rows:
            outcome = await _send(house, stations, school_id, row)
            sent += isinstance(outcome, Sent)
            await _keep(house, school_id, row, outcome)
        if len(rows) < _AT_ONCE:
            return sent


async def sweep_alerts(house: House) -> None:
    """For bells that nobody heard, and for what became due when quiet hours ended."""
    for school_id in await schools_with_staff_alerts(house.database.reader, house.clock.now(), limit=_SCHOOLS_MAX):
        await house.queue.ring(JOB, school_id)


async def _send(house: House, stations: Stations, school_id: int, row: Any) -> Outcome:
    """Sent when it arrived anywhere; the last answer otherwise. Who has left is not called."""
    if row["status"] != "active" or row["account_id"] is None:
        return Refused("unknown", "no_account")
    word = _word(school_id, row)
    answers = [*await push(house, stations, word), *await chat(house, stations, word)]
    came = [answer for answer in answers if isinstance(answer, Sent)]
    if not came and row["urgent"] and stations.sms is not None:
        text = f"{row['school_name']}: {_words(row, 'vi')}"
        answers.append(await stations.sms.send(row["phone_e164"], text[:150], _request_id(row)))
        came = [answer for answer in answers if isinstance(answer, Sent)]
    return came[0] if came else answers[-1] if answers else Refused("unknown", "no_address")


def _word(school_id: int, row: Any) -> StaffWord:
    return StaffWord(
        key=f"staff-{row['staff_id']}-{int(row['due_at'].timestamp())}",
        account_id=row["account_id"],
        school_id=school_id,
        school_name=row["school_name"],
        words=partial(_words, row),
        path=f"/console/{school_id}/messages/{row['thread_id']}",
        at=row["due_at"],
        urgent=row["urgent"],
    )


def _words(row: Any, language: str) -> str:
    child = " ".join((row["pupil_name"] or "").split()[-2:])
    if row["urgent"]:
        return say("messages.alert_urgent", language, child=child)
    if row["messages"] > 1:
        return say("messages.alert_many", language, count=row["messages"])
    return say("messages.alert_one", language, child=child)


def _request_id(row: Any) -> str:
    """The same alert asked again is the same SMS, and paid once."""
    return f"sa-{row['staff_id'].hex[-12:]}-{int(row['due_at'].timestamp() * 1000)}"


async def _keep(house: House, school_id: int, row: Any, outcome: Outcome) -> None:
    now = house.clock.now()
    state, code, again = _judged(outcome, row["attempts"], now)
    if state == "failed":
        log.warning("staff_alert_given_up", school_id=school_id, urgent=row["urgent"], code=code)
    async with house.database.school(school_id) as tx:
        await tx.execute(
            _DONE,
            school_id,
            row["staff_id"],
            row["due_at"],
            row["urgent"],
            state,
            now if state == "sent" else None,
            code,
            again,
        )


def _judged(outcome: Outcome, attempts: int, now: datetime) -> tuple[str, str | None, datetime | None]:
    if isinstance(outcome, Sent):
        return "sent", None, None
    if isinstance(outcome, Refused) or attempts > len(_RETRY_AFTER):
        return "failed", outcome.code, None
    return "due", outcome.code, now + _RETRY_AFTER[attempts - 1]
