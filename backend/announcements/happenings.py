"""Dates of letters in the calendar: made by whoever wrote the letter, seen by whoever got it, taken away as .ics. It owns announcement_events."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.announcements.drawn import says_no_more
from backend.announcements.following import own_letter
from backend.announcements.rules import NEEDS_APPROVAL, is_held, rules_of
from backend.core.clock import SCHOOL_ZONE, school_day
from backend.core.database import Reader, SchoolTx
from backend.core.house import House
from backend.core.problems import CONFLICT, INVALID, NOT_FOUND, FieldError
from backend.core.text import clean
from backend.core.versions import TOUCH_GUARDIANS
from backend.identity.audit import record
from backend.identity.entitlement import standing
from schemas.happenings import Event, FamilyEvent, Following, NewEvent

_EMPTY = ("Mục này còn trống.", "This field is empty.")
_PAST = ("Ngày này đã qua.", "This day is over.")
_ENDS = ("Giờ kết thúc phải sau giờ bắt đầu.", "It must end after it begins.")
_AHEAD = timedelta(days=400)
_FAR = ("Không được quá một năm nữa.", "Not more than a year ahead.")
_TOUCH = TOUCH_GUARDIANS.format(
    guardians="SELECT r.guardian_id FROM notice_recipients r WHERE r.school_id = $1 AND r.notice_id = $2"
)


async def add_event(house: House, account_id: UUID, school_id: int, announcement_id: UUID, new: NewEvent) -> Event:
    """In the calendar of everybody who got the letter. The same request again is the same entry.

    At once. Where the school wants a second person, one that says more than an approved letter waits (announcements.carrying).
    """
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        letter = await require_addable(tx, account_id, announcement_id, new, now)
        if await event_waits(tx, account_id, letter, new, now):
            raise NEEDS_APPROVAL()
        return await put_in(tx, account_id, announcement_id, new, now)


async def require_addable(tx: SchoolTx, account_id: UUID, announcement_id: UUID, new: NewEvent, now: datetime) -> Any:
    """The letter, for its author and the administrator, once the event makes sense."""
    letter = await own_letter(tx, account_id, announcement_id, now)
    _require_sense(new, clean(new.title), school_day(now))
    return letter


async def event_waits(tx: SchoolTx, account_id: UUID, letter: Any, new: NewEvent, now: datetime) -> bool:
    """What says no more than a letter that somebody approved is approved with it."""
    who = await standing(tx, tx.school_id, account_id, on=school_day(now))
    if not is_held(who, await rules_of(tx, tx.school_id)):
        return False
    return letter["approved_by"] is None or not await says_no_more(
        tx, tx.school_id, letter, new, letter["published_at"]
    )


async def put_in(tx: SchoolTx, account_id: UUID, announcement_id: UUID, new: NewEvent, now: datetime) -> Event:
    """In the caller's transaction."""
    letter = await require_addable(tx, account_id, announcement_id, new, now)
    title, place = clean(new.title), clean(new.place or "") or None
    made = Event(new.event_id, announcement_id, title, new.held_on, new.starts_at, new.ends_at, place)
    if await _insert(tx, made, account_id, now):
        await tx.execute(_TOUCH, tx.school_id, letter["notice_id"])
        await record(tx, "announcement.event", "announcement", announcement_id, at=now, actor=account_id)
        return made
    was = await _event(tx, announcement_id, new.event_id)
    if was is None or msgspec.structs.replace(was, cancelled_at=None) != made:
        raise CONFLICT()
    return was


async def cancel_event(house: House, account_id: UUID, school_id: int, announcement_id: UUID, event_id: UUID) -> None:
    """Twice is once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        letter = await own_letter(tx, account_id, announcement_id, now)
        if await _event(tx, announcement_id, event_id) is None:
            raise NOT_FOUND()
        await tx.execute(
            """
            UPDATE announcement_events
               SET cancelled_at = coalesce(cancelled_at, $3)
             WHERE school_id = $1
               AND event_id = $2
            """,
            school_id,
            event_id,
            now,
        )
        await tx.execute(_TOUCH, school_id, letter["notice_id"])
        await record(tx, "announcement.event_cancelled", "announcement", announcement_id, at=now, actor=account_id)


def in_words(event: NewEvent) -> str:
    """Day, hours and place on one line, as the look and the list of drafts show them."""
    hours = " – ".join(f"{one:%H:%M}" for one in (event.starts_at, event.ends_at) if one is not None)
    return " · ".join(part for part in (f"{event.held_on:%d/%m/%Y}", hours, clean(event.place or "")) if part)


def _require_sense(new: NewEvent, title: str, today: date) -> None:
    wrong = []
    if not title:
        wrong.append(FieldError("/title", *_EMPTY))
    if new.held_on < today:
        wrong.append(FieldError("/held_on", *_PAST))
    if new.held_on > today + _AHEAD:
        wrong.append(FieldError("/held_on", *_FAR))
    if new.ends_at is not None and (new.starts_at is None or new.ends_at <= new.starts_at):
        wrong.append(FieldError("/ends_at", *_ENDS))
    if wrong:
        raise INVALID(*wrong)


async def _insert(tx: SchoolTx, event: Event, account_id: UUID, at: datetime) -> bool:
    made = await tx.fetchval(
        """
        INSERT INTO announcement_events
               (school_id, event_id, announcement_id, title, held_on, starts_at, ends_at, place, made_by, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (school_id, event_id) DO NOTHING
        RETURNING true
        """,
        tx.school_id,
        event.event_id,
        event.announcement_id,
        event.title,
        event.held_on,
        event.starts_at,
        event.ends_at,
        event.place,
        account_id,
        at,
    )
    return bool(made)


async def _event(tx: SchoolTx, announcement_id: UUID, event_id: UUID) -> Event | None:
    row = await tx.fetchrow(
        """
        SELECT event_id, announcement_id, title, held_on, starts_at, ends_at, place, cancelled_at
          FROM announcement_events
         WHERE school_id = $1
           AND event_id = $2
           AND announcement_id = $3
        """,
        tx.school_id,
        event_id,
        announcement_id,
    )
    return Event(**dict(row)) if row else None


_FOLLOWING = msgspec.json.Decoder(Following)
_FOLLOWS = """
SELECT json_build_object(
         'events', (SELECT coalesce(json_agg(json_build_object(
                             'event_id', e.event_id, 'announcement_id', e.announcement_id, 'title', e.title,
                             'held_on', e.held_on, 'starts_at', e.starts_at, 'ends_at', e.ends_at, 'place', e.place,
                             'cancelled_at', e.cancelled_at) ORDER BY e.held_on, e.starts_at), '[]'::json)
                      FROM announcement_events e
                     WHERE e.school_id = $1
                       AND e.announcement_id = n.announcement_id
                       AND e.cancelled_at IS NULL),
         'reminders', (SELECT coalesce(json_agg(json_build_object(
                                'announcement_id', r.announcement_id, 'about_on', r.about_on, 'remind_at', r.remind_at,
                                'state', r.state) ORDER BY r.about_on), '[]'::json)
                         FROM announcement_reminders r
                        WHERE r.school_id = $1
                          AND r.announcement_id = n.announcement_id))::text
  FROM announcements n
 WHERE n.school_id = $1
   AND n.announcement_id = $2
   AND ($4 OR n.author_staff_id = $3)
"""


async def following(house: House, account_id: UUID, school_id: int, announcement_id: UUID) -> Following:
    """For the letter's author and the administrator."""
    reader = house.database.reader
    who = await standing(reader, school_id, account_id, on=school_day(house.clock.now()))
    found = await reader.fetchval(_FOLLOWS, school_id, announcement_id, who.staff_id, who.admin)
    if found is None:
        raise NOT_FOUND()
    return _FOLLOWING.decode(found)


# $1 school, $2 account, $3 today, $4 one event or NULL for all from today on.
_FAMILY = """
SELECT s.name AS school_name, e.event_id, n.notice_id, e.title, e.held_on, e.starts_at, e.ends_at, e.place, about.children
  FROM guardians family
  JOIN notice_recipients r
    ON r.school_id = family.school_id
   AND r.guardian_id = family.guardian_id
  JOIN announcements n
    ON n.school_id = r.school_id
   AND n.notice_id = r.notice_id
   AND n.recalled_at IS NULL
  JOIN announcement_events e
    ON e.school_id = n.school_id
   AND e.announcement_id = n.announcement_id
   AND e.cancelled_at IS NULL
  JOIN schools s
    ON s.school_id = family.school_id
 CROSS JOIN LATERAL (
       SELECT array_agg(p.full_name ORDER BY p.sort_key) AS children
         FROM guardianships bond
         JOIN pupils p
           ON p.school_id = bond.school_id
          AND p.pupil_id = bond.pupil_id
        WHERE bond.school_id = $1
          AND bond.guardian_id = r.guardian_id
          AND bond.pupil_id = ANY (r.pupil_ids)
          AND bond.can_view
          AND bond.valid_from <= $3
          AND (bond.valid_to IS NULL OR bond.valid_to >= $3)) AS about
 WHERE family.school_id = $1
   AND family.account_id = $2
   AND about.children IS NOT NULL
   AND ($4::uuid IS NULL AND e.held_on >= $3 OR e.event_id = $4)
 ORDER BY e.held_on, e.starts_at NULLS FIRST, e.event_id
 LIMIT 200
"""


async def family_events(
    reader: Reader, school_id: int, account_id: UUID, *, today: date, event_id: UUID | None = None
) -> list[FamilyEvent]:
    rows = await reader.fetch(_FAMILY, school_id, account_id, today, event_id)
    by_id = {row["event_id"]: FamilyEvent(school_id=school_id, **dict(row)) for row in rows}
    return list(by_id.values())


def as_ics(event: FamilyEvent, at: datetime) -> bytes:
    """RFC 5545: one entry, in UTC where it has an hour, as a whole day where it has none."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Nhip Cau//VI", "METHOD:PUBLISH", "BEGIN:VEVENT"]
    lines += [f"UID:{event.event_id}@nhipcau", f"DTSTAMP:{_utc(at)}"]
    if event.starts_at is None:
        lines.append(f"DTSTART;VALUE=DATE:{event.held_on:%Y%m%d}")
        lines.append(f"DTEND;VALUE=DATE:{event.held_on + timedelta(days=1):%Y%m%d}")
    else:
        begins = _instant(event.held_on, event.starts_at)
        ends = _instant(event.held_on, event.ends_at) if event.ends_at else begins + timedelta(hours=1)
        lines += [f"DTSTART:{_utc(begins)}", f"DTEND:{_utc(ends)}"]
    lines.append(f"SUMMARY:{_escaped(event.title)}")
    if event.place:
        lines.append(f"LOCATION:{_escaped(event.place)}")
    lines.append(f"DESCRIPTION:{_escaped(', '.join([event.school_name, *event.children]))}")
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return "".join(f"{_folded(line)}\r\n" for line in lines).encode()


def _instant(day: date, at: time) -> datetime:
    return datetime.combine(day, at, SCHOOL_ZONE)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    for letter in ("\\", ";", ","):
        text = text.replace(letter, f"\\{letter}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> str:
    """At most 75 octets a line, never inside a letter."""
    parts, size = [""], 0
    for letter in line:
        width = len(letter.encode())
        if size + width > 74:
            parts.append(" ")
            size = 1
        parts[-1] += letter
        size += width
    return "\r\n".join(parts)
