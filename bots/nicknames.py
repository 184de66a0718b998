"""What a guardian calls a child at home. It owns child_nicknames; a name leads only to the guardian's own children."""

from __future__ import annotations

import re
from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import Reader, SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, FieldError, problem
from backend.core.text import clean, fold
from backend.identity.audit import record
from backend.identity.entitlement import require_guardian
from schemas.chat import Nickname

TOO_MANY_NICKNAMES = problem(
    "too-many-nicknames",
    409,
    vi="Mỗi con đặt nhiều nhất 3 tên gọi. Xin bỏ bớt một tên rồi đặt lại.",
    en="A child can have at most 3 names. Please remove one first.",
)
EACH_MAX: Final = 3
_LETTERS: Final = re.compile(r"[^\W_]+(?: [^\W_]+){0,3}")
_LENGTH_MAX: Final = 30
_WRONG: Final = (
    "Tên gọi gồm 1–4 từ, chỉ chữ và số, nhiều nhất 30 ký tự.",
    "A name is 1–4 words of letters and digits, at most 30 characters.",
)
_TAKEN: Final = (
    "Đây là tên của một bé khác trong nhà, gọi vậy sẽ nhầm.",
    "This is another child's name in the family; it would be confusing.",
)

_SET = """
INSERT INTO child_nicknames AS n (school_id, guardian_id, nickname_fold, pupil_id, nickname, set_at)
VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (school_id, guardian_id, nickname_fold)
    DO UPDATE SET pupil_id = excluded.pupil_id, nickname = excluded.nickname, set_at = excluded.set_at
"""

# What the guardian's other children are called in the roll, and how many names this child has already besides this one.
_ROOM = """
SELECT (SELECT count(*)
          FROM child_nicknames n
         WHERE n.school_id = $1
           AND n.guardian_id = $2
           AND n.pupil_id = $3
           AND n.nickname_fold <> $4) AS has,
       array(SELECT p.name_fold
               FROM guardianships bond
               JOIN pupils p
                 ON p.school_id = bond.school_id
                AND p.pupil_id = bond.pupil_id
              WHERE bond.school_id = $1
                AND bond.guardian_id = $2
                AND bond.pupil_id <> $3) AS others
"""

_DROP = """
DELETE FROM child_nicknames
 WHERE school_id = $1
   AND guardian_id IN (SELECT g.guardian_id
                         FROM guardians g
                        WHERE g.school_id = $1
                          AND g.account_id = $2)
   AND nickname_fold = $3
RETURNING pupil_id
"""

_OWN = """
SELECT n.school_id, n.pupil_id, p.full_name, n.nickname
  FROM guardians family
  JOIN guardianships bond
    ON bond.school_id = family.school_id
   AND bond.guardian_id = family.guardian_id
   AND bond.can_view
   AND bond.valid_from <= $3
   AND (bond.valid_to IS NULL OR bond.valid_to >= $3)
  JOIN child_nicknames n
    ON n.school_id = bond.school_id
   AND n.guardian_id = bond.guardian_id
   AND n.pupil_id = bond.pupil_id
  JOIN pupils p
    ON p.school_id = n.school_id
   AND p.pupil_id = n.pupil_id
 WHERE family.school_id = $1
   AND family.account_id = $2
 ORDER BY p.sort_key, n.set_at, n.nickname_fold
"""


class _Known(msgspec.Struct, frozen=True):
    has: int
    others: list[str]


async def give(house: House, account_id: UUID, school_id: int, pupil_id: UUID, nickname: str, *, on: date) -> str:
    """The name as it is kept. Given to another child before, it moves. NOT_FOUND for other people's children."""
    name = clean(nickname)
    async with house.database.school(school_id) as tx:
        guardian_id = await require_guardian(tx, school_id, account_id, pupil_id, on=on)
        await _refuse(tx, guardian_id, pupil_id, name)
        now = house.clock.now()
        await tx.execute(_SET, school_id, guardian_id, fold(name), pupil_id, name, now)
        await record(tx, "chat.nickname_given", "pupil", pupil_id, at=now, actor=account_id)
    return name


async def _refuse(tx: SchoolTx, guardian_id: UUID, pupil_id: UUID, name: str) -> None:
    folded = fold(name)
    if not _LETTERS.fullmatch(name) or len(name) > _LENGTH_MAX or not folded:
        raise INVALID(FieldError("/nickname", *_WRONG))
    row = await tx.fetchrow(_ROOM, tx.school_id, guardian_id, pupil_id, folded)
    assert row is not None
    known = _Known(row["has"], row["others"])
    if any(other == folded or other.endswith(" " + folded) for other in known.others):
        raise INVALID(FieldError("/nickname", *_TAKEN))
    if known.has >= EACH_MAX:
        raise TOO_MANY_NICKNAMES()


async def drop(house: House, account_id: UUID, school_id: int, nickname: str) -> bool:
    """True when there was one."""
    async with house.database.school(school_id) as tx:
        pupil_id = await tx.fetchval(_DROP, school_id, account_id, fold(nickname))
        if pupil_id is not None:
            await record(tx, "chat.nickname_dropped", "pupil", pupil_id, at=house.clock.now(), actor=account_id)
    return pupil_id is not None


async def own(reader: Reader, account_id: UUID, schools: tuple[int, ...], on: date) -> list[Nickname]:
    """Of the children one may see today."""
    found = []
    for school_id in schools:
        found += [Nickname(*row) for row in await reader.fetch(_OWN, school_id, account_id, on)]
    return found


def today(house: House) -> date:
    return school_day(house.clock.now())
