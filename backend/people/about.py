"""What a school says of itself: how to reach it, its hours, prices, menu and calendar. The chat fills its answers from it.

It owns the school's row once the school is founded; every change is in the audit trail.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import msgspec

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import FORBIDDEN, INVALID, FieldError
from backend.core.text import clean, clean_lines
from backend.identity.audit import record
from backend.identity.entitlement import STANDING, require_role, standing_of
from backend.identity.principal import Principal
from schemas.people import SchoolAbout

_COLUMNS: Final = ("address", "phone", "duty_phone", "email", "office_hours", "website")
FACTS: Final = tuple(name for name in SchoolAbout.__struct_fields__ if name not in _COLUMNS)
_BRACES = ("Không dùng dấu { }.", "No braces { } here.")

_READ = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects, s.address, s.phone, s.duty_phone, s.email, s.office_hours, s.website,
       s.facts::text AS facts
  FROM who
  JOIN schools s
    ON s.school_id = $1
"""
# What the row holds besides (answers written by an operator) stays; an emptied line goes.
_WRITE = """
UPDATE schools
   SET address = $2, phone = $3, duty_phone = $4, email = $5, office_hours = $6, website = $7,
       facts = (facts - $8::text[]) || $9::jsonb
 WHERE school_id = $1
"""


async def about(house: House, who: Principal, school_id: int) -> SchoolAbout:
    """For the school's administrators."""
    today = school_day(house.clock.now())
    row = await house.database.reader.fetchrow(_READ, school_id, who.account_id, None, today)
    if row is None or not standing_of(row).admin:
        raise FORBIDDEN()
    return _of(row)


async def change(house: House, who: Principal, school_id: int, new: SchoolAbout, on: date) -> SchoolAbout:
    """The whole of it: what is left out is gone."""
    words = {name: _neat(getattr(new, name)) for name in new.__struct_fields__}
    wrong = [FieldError(f"/{name}", *_BRACES) for name, text in words.items() if "{" in text or "}" in text]
    if wrong:
        raise INVALID(*wrong)
    facts = {name: words[name] for name in FACTS if words[name]}
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, "school_admin", on=on)
        await tx.execute(
            _WRITE, school_id, *(words[name] or None for name in _COLUMNS), list(FACTS),
            msgspec.json.encode(facts).decode(),
        )  # fmt: skip
        await record(tx, "school.about_changed", "school", school_id, at=house.clock.now(), actor=who.account_id)
    return SchoolAbout(**words)


def _neat(text: str) -> str:
    return clean_lines(text) if "\n" in text else clean(text)


def _of(row: Any) -> SchoolAbout:
    raw = msgspec.json.decode(row["facts"])
    facts = {name: raw[name] for name in FACTS if isinstance(raw, dict) and isinstance(raw.get(name), str)}
    return SchoolAbout(**{name: row[name] or "" for name in _COLUMNS}, **facts)
