"""An area's letter: written once, promised to each of its schools, taken back or recalled as one. It owns area_letters and area_sendings.

The promise is a row a school, written in one statement; a worker then publishes school by school, each in a transaction of its own, so
that neither memory nor locks grow with the province.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.announcements import letters
from backend.core.across_schools import people_of_schools
from backend.core.database import Reader, Tx
from backend.core.house import House
from backend.core.problems import CONFLICT, FORBIDDEN, INVALID, NOT_FOUND, FieldError, problem
from backend.files.area import hang_area, kept_area
from backend.identity.audit import record_account
from backend.identity.principal import Principal
from backend.identity.queries import area_schools
from schemas.area_letters import AreaLetter, AreaLetterList, AreaLook, AreaProgress, AreaSchoolProgress, NewAreaLetter
from schemas.files import Kept

HAS_LEFT = problem(
    "area-letter-left",
    409,
    vi="Thông báo đã bắt đầu gửi, chỉ còn thu hồi được.",
    en="The letter has begun to leave; it can only be recalled.",
)
NO_SCHOOLS = ("Không có trường nào như vậy trong địa bàn.", "There is no such school in the area.")
_TOO_FAR = ("Không hẹn giờ quá một năm.", "Not more than a year ahead.")


async def look(house: House, who: Principal, area_code: str, level: str | None) -> AreaLook:
    """Counts only: an area sees no family."""
    await require_area(house.database.reader, who, area_code)
    schools = [
        one
        for one in await area_schools(house.database.reader, who)
        if area_code in (one.province_code, one.commune_code) and level in (None, one.level)
    ]
    return AreaLook(
        len(schools),
        sum(one.pupils for one in schools),
        sum(one.guardians for one in schools),
        sum(one.guardians_signed_in for one in schools),
        await people_of_schools(house.database.reader, [one.school_id for one in schools]),
    )


async def send(house: House, who: Principal, new: NewAreaLetter) -> AreaLetter:
    """Promised to every school at once; nothing leaves before the moment to think again is over. The same request again is the same letter."""
    now = house.clock.now()
    reader = house.database.reader
    await require_area(reader, who, new.area_code)
    title, body = letters.read_texts(new.title, new.body)
    if new.send_at is not None and new.send_at > now + letters.AHEAD_MAX:
        raise INVALID(FieldError("/send_at", *_TOO_FAR))
    due_at = max(now + timedelta(seconds=new.undo_seconds), new.send_at or now)
    letters.require_end(new.expires_at, due_at)
    async with house.database.directory() as tx:
        await hang_area(tx, new.file_ids, by=who.account_id, at=now)
        if await _insert(tx, who, new, title, body, now, due_at):
            schools = await tx.fetchval(_PROMISE, new.letter_id, new.area_code, new.level, due_at)
            if not schools:
                raise INVALID(FieldError("/level", *NO_SCHOOLS))
            detail = {"letter": str(new.letter_id), "area": new.area_code, "schools": schools}
            await record_account(tx, who.account_id, "area_letter.sent", at=now, detail=detail)
    found = (await letter(house, who, new.letter_id)).letter
    if (found.title, found.body, found.area_code) != (title, body, new.area_code) or [
        one.file_id for one in found.files
    ] != new.file_ids:
        raise CONFLICT()
    return found


async def take_back(house: House, who: Principal, letter_id: UUID) -> None:
    """Before the first school has it: nothing leaves. Afterwards HAS_LEFT. Twice is once."""
    now = house.clock.now()
    async with house.database.directory() as tx:
        row = await _locked(tx, who, letter_id)
        if row["taken_back_at"] is not None:
            return
        # Each promise is under the lock of whoever publishes it, so this waits for a school that is being told just now.
        states = await tx.fetch(_LOCK_SENDINGS, letter_id)
        if any(one["state"] != "due" for one in states):
            raise HAS_LEFT()
        await tx.execute(_STOP, letter_id)
        await tx.execute(
            "UPDATE area_letters SET taken_back_at = $2 WHERE letter_id = $1",
            letter_id,
            now,
        )
        await record_account(tx, who.account_id, "area_letter.taken_back", at=now, detail={"letter": str(letter_id)})


async def recall(house: House, who: Principal, letter_id: UUID) -> None:
    """Schools that have it take it back, one by one; those that have not never get it. Twice is once."""
    now = house.clock.now()
    async with house.database.directory() as tx:
        row = await _locked(tx, who, letter_id)
        if row["recalled_at"] is not None or row["taken_back_at"] is not None:
            return
        await tx.fetch(_LOCK_SENDINGS, letter_id)
        await tx.execute(_STOP, letter_id)
        await tx.execute(_TO_RECALL, letter_id, now)
        await tx.execute(
            "UPDATE area_letters SET recalled_at = $2 WHERE letter_id = $1",
            letter_id,
            now,
        )
        await record_account(tx, who.account_id, "area_letter.recalled", at=now, detail={"letter": str(letter_id)})


async def areas(reader: Reader, who: Principal) -> list[tuple[str, str]]:
    """Codes and names of the areas that the account writes for."""
    rows = await reader.fetch(
        """
        SELECT a.area_code, coalesce(p.name, a.area_code) AS name
          FROM account_areas a
          LEFT JOIN provinces p
            ON p.province_code = a.area_code
         WHERE a.account_id = $1
         ORDER BY name, a.area_code
        """,
        who.account_id,
    )
    return [(row["area_code"], row["name"]) for row in rows]


_PROMISE = """
WITH promised AS (
        INSERT INTO area_sendings (letter_id, school_id, state, due_at)
        SELECT $1, s.school_id, 'due', $4
          FROM schools s
         WHERE $2 IN (s.province_code, s.commune_code)
           AND ($3::text IS NULL OR s.level = $3)
         ORDER BY s.school_id
            ON CONFLICT DO NOTHING
     RETURNING 1)
SELECT count(*)
  FROM promised
"""
_LOCK_SENDINGS = """
SELECT state
  FROM area_sendings
 WHERE letter_id = $1
 ORDER BY school_id
   FOR NO KEY UPDATE
"""
_STOP = """
UPDATE area_sendings
   SET state = 'stopped'
 WHERE letter_id = $1
   AND state = 'due'
"""
_TO_RECALL = """
UPDATE area_sendings
   SET state = 'to_recall',
       due_at = $2
 WHERE letter_id = $1
   AND state = 'published'
"""


async def require_area(reader: Reader, who: Principal, area_code: str) -> None:
    """As the rows say today, not as the token did."""
    found = await reader.fetchval(
        """
        SELECT true
          FROM account_areas
         WHERE account_id = $1
           AND area_code = $2
        """,
        who.account_id,
        area_code,
    )
    if not found:
        raise FORBIDDEN()


async def _insert(
    tx: Tx, who: Principal, new: NewAreaLetter, title: str, body: str, now: datetime, due_at: datetime
) -> bool:
    made = await tx.fetchval(
        """
        INSERT INTO area_letters (letter_id, area_code, area_name, level, title, body, needs_acknowledgement, urgent,
                                  expires_at, created_by, created_at, due_at, file_ids)
        VALUES ($1, $2, coalesce((SELECT p.name FROM provinces p WHERE p.province_code = $2), $2), $3, $4, $5, $6, $7,
                $8, $9, $10, $11, $12)
            ON CONFLICT (letter_id) DO NOTHING
        RETURNING true
        """,
        new.letter_id, new.area_code, new.level, title, body, new.needs_acknowledgement, new.urgent, new.expires_at,
        who.account_id, now, due_at, list(dict.fromkeys(new.file_ids)),
    )  # fmt: skip
    return bool(made)


async def _locked(tx: Tx, who: Principal, letter_id: UUID) -> Any:
    row = await tx.fetchrow(
        """
        SELECT l.taken_back_at, l.recalled_at
          FROM area_letters l
          JOIN account_areas a
            ON a.area_code = l.area_code
           AND a.account_id = $2
         WHERE l.letter_id = $1
           FOR NO KEY UPDATE OF l
        """,
        letter_id,
        who.account_id,
    )
    if row is None:
        raise NOT_FOUND()
    return row


_LETTERS = """
SELECT l.letter_id, l.area_code, l.area_name, l.title, l.body, l.level, l.needs_acknowledgement, l.urgent, l.expires_at,
       l.created_at, l.due_at,
       CASE WHEN l.taken_back_at IS NOT NULL THEN 'taken_back'
            WHEN l.recalled_at IS NOT NULL   THEN 'recalled'
            WHEN come.due = 0                THEN 'sent'
            WHEN come.due < come.schools     THEN 'leaving'
            ELSE 'waiting'
       END AS state,
       come.schools, come.published, come.guardians, l.file_ids
  FROM area_letters l
  JOIN account_areas a
    ON a.area_code = l.area_code
   AND a.account_id = $1
 CROSS JOIN LATERAL (
       SELECT count(*) AS schools, count(*) FILTER (WHERE s.state = 'due') AS due,
              count(s.published_at) AS published, coalesce(sum(s.guardians), 0)::bigint AS guardians
         FROM area_sendings s
        WHERE s.letter_id = l.letter_id) AS come
 WHERE ($2::uuid IS NULL OR l.letter_id = $2)
 ORDER BY l.created_at DESC, l.letter_id
 LIMIT 100
"""
_SCHOOLS = """
SELECT s.school_id, h.name, s.state, s.guardians, s.published_at
  FROM area_sendings s
  JOIN schools h
    ON h.school_id = s.school_id
 WHERE s.letter_id = $1
 ORDER BY s.state = 'due' DESC, h.name, s.school_id
 LIMIT 2000
"""


async def area_letters(house: House, who: Principal) -> AreaLetterList:
    rows = await house.database.reader.fetch(_LETTERS, who.account_id, None)
    return AreaLetterList([_letter(row, []) for row in rows])


async def letter(house: House, who: Principal, letter_id: UUID) -> AreaProgress:
    """A letter of one's own area with how far it has come, school by school."""
    reader = house.database.reader
    rows = await reader.fetch(_LETTERS, who.account_id, letter_id)
    if not rows:
        raise NOT_FOUND()
    schools = await reader.fetch(_SCHOOLS, letter_id)
    files = await kept_area(reader, rows[0]["file_ids"])
    return AreaProgress(_letter(rows[0], files), [msgspec.convert(dict(row), AreaSchoolProgress) for row in schools])


def _letter(row: Any, files: list[Kept]) -> AreaLetter:
    told = {name: value for name, value in dict(row).items() if name != "file_ids"}
    return msgspec.convert({**told, "files": files}, AreaLetter)


async def require_own_file(reader: Reader, who: Principal, letter_id: UUID, file_id: UUID) -> None:
    """On a letter of one's own area. Raises NOT_FOUND."""
    rows = await reader.fetch(_LETTERS, who.account_id, letter_id)
    if not rows or file_id not in rows[0]["file_ids"]:
        raise NOT_FOUND()


async def require_officer(reader: Reader, who: Principal) -> None:
    """Writes for some area, as the rows say today."""
    if not await areas(reader, who):
        raise FORBIDDEN()
