"""A form that a family answers once: signed or withdrawn in one school of the area it holds for the guardian's children in all of them.

Each school keeps its own copy, with a slip of its own. It owns no table; a crash between two schools is mended by sending the same again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from msgspec.structs import replace

from backend.core.clock import school_day
from backend.core.database import Reader
from backend.core.house import House
from backend.core.problems import CONFLICT, FORBIDDEN, NOT_FOUND, Problem
from backend.forms import signing
from backend.forms.problems import FORM_CHANGED, FORM_CLOSED, NOT_SIGNED
from backend.identity.entitlement import GUARDIAN_JOIN
from backend.identity.principal import Principal
from schemas.forms import NewSignature, Signed, Withdrawal

_PER = """
SELECT per
  FROM forms
 WHERE school_id = $1
   AND form_id = $2
"""
# $1 school, $2 account, $3 the school's day, $4 form, $5 only what the account has signed under the present words.
_CHILDREN = f"""
SELECT DISTINCT a.pupil_id
  FROM {GUARDIAN_JOIN}
  JOIN form_pupils a
    ON a.school_id = bond.school_id
   AND a.pupil_id = bond.pupil_id
   AND a.form_id = $4
  JOIN forms f
    ON f.school_id = a.school_id
   AND f.form_id = a.form_id
  LEFT JOIN form_answers d
    ON d.school_id = a.school_id
   AND d.form_id = a.form_id
   AND d.pupil_id = a.pupil_id
   AND d.guardian_id = bond.guardian_id
   AND d.deed = 'signed'
   AND d.version = f.version
 WHERE family.school_id = $1
   AND family.account_id = $2
   AND bond.can_act
   AND (NOT $5 OR d.number IS NOT NULL)
 ORDER BY a.pupil_id
"""
# What may stand in the way in another school only. The family finds the form waiting there, and nothing of what it did here is lost.
_NOT_THERE = (CONFLICT, FORBIDDEN, NOT_FOUND, FORM_CHANGED, FORM_CLOSED, NOT_SIGNED)


async def sign(
    house: House, who: Principal, school_id: int, form_id: UUID, new: NewSignature, *, user_agent: str | None
) -> Signed:
    """As signing.sign; of a family's form for all children whom the signer may sign for, wherever the area asks about them."""
    reader, today = house.database.reader, school_day(house.clock.now())
    account_id = who.account_id
    if not await is_of_families(reader, school_id, form_id):
        return await signing.sign(house, account_id, school_id, form_id, new, user_agent=user_agent)
    here = replace(new, pupil_ids=await _children(reader, school_id, who, form_id, today) or new.pupil_ids)
    signed = await signing.sign(house, account_id, school_id, form_id, here, user_agent=user_agent)
    for other in _others(who, school_id):
        if there := await _children(reader, other, who, form_id, today):
            same = replace(new, pupil_ids=there)
            try:
                await signing.sign(house, account_id, other, form_id, same, user_agent=user_agent, copied=True)
            except Problem as problem:
                if problem.kind not in _NOT_THERE:
                    raise
    return signed


async def withdraw(
    house: House, who: Principal, school_id: int, form_id: UUID, what: Withdrawal, *, user_agent: str | None
) -> Signed:
    reader, today = house.database.reader, school_day(house.clock.now())
    account_id = who.account_id
    if not await is_of_families(reader, school_id, form_id):
        return await signing.withdraw(house, account_id, school_id, form_id, what, user_agent=user_agent)
    mine = await _children(reader, school_id, who, form_id, today, signed=True)
    here = replace(what, pupil_ids=mine or what.pupil_ids)
    withdrawn = await signing.withdraw(house, account_id, school_id, form_id, here, user_agent=user_agent)
    for other in _others(who, school_id):
        if there := await _children(reader, other, who, form_id, today, signed=True):
            same = replace(what, pupil_ids=there)
            try:
                await signing.withdraw(house, account_id, other, form_id, same, user_agent=user_agent)
            except Problem as problem:
                if problem.kind not in _NOT_THERE:
                    raise
    return withdrawn


async def is_of_families(reader: Reader, school_id: int, form_id: UUID) -> bool:
    return bool(await reader.fetchval(_PER, school_id, form_id) == "family")


def _others(who: Principal, school_id: int) -> Sequence[int]:
    return [other for other in who.guardian_in if other != school_id]


async def _children(
    reader: Reader, school_id: int, who: Principal, form_id: UUID, today: date, *, signed: bool = False
) -> list[UUID]:
    rows = await reader.fetch(_CHILDREN, school_id, who.account_id, today, form_id, signed)
    return [row["pupil_id"] for row in rows]
