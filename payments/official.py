"""What is officially a school's: its receiving accounts, the numbers it calls from, its web site. It owns official_contacts.

Strangers ask by number before they know a school, so these reads run over reference tables and one directory, never over pupils.
"""

from __future__ import annotations

import re
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import msgspec

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.phones import NotAPhone, to_e164
from backend.core.problems import INVALID, NOT_FOUND, FieldError
from backend.core.text import clean
from backend.identity import audit
from backend.identity.entitlement import require_role
from schemas.verify import NewOfficialContact, OfficialContact

_NOT_DIGIT = re.compile(r"[^0-9]")


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...


class OfficialAccount(msgspec.Struct, frozen=True):
    """`pupil_id` where the number is one pupil's virtual account."""

    school_id: int
    school_name: str
    bank_account_id: int
    bank_bin: str
    account_number: str
    reference_prefix: str
    virtual: bool


async def accounts_numbered(door: Door, number: str) -> list[OfficialAccount]:
    """Open receiving accounts and virtual accounts with this number, at whatever bank."""
    rows = await door.fetch(
        """
        SELECT a.school_id, s.name AS school_name, a.bank_account_id, a.bank_bin, a.account_number, a.reference_prefix,
               false AS virtual
          FROM bank_accounts a
          JOIN schools s
            ON s.school_id = a.school_id
         WHERE a.account_number = $1
           AND a.closed_at IS NULL
         UNION ALL
        SELECT a.school_id, s.name, a.bank_account_id, o.bank_bin, o.virtual_account, a.reference_prefix, true
          FROM virtual_account_owners o
          JOIN bank_accounts a
            ON a.bank_account_id = o.bank_account_id
           AND a.closed_at IS NULL
          JOIN schools s
            ON s.school_id = o.school_id
         WHERE o.virtual_account = $1
         LIMIT 20
        """,
        number,
    )
    return [OfficialAccount(**row) for row in rows]


def dialled(text: str) -> str | None:
    """One form for a number however it is written: E.164 digits for people's numbers, plain digits for hotlines."""
    digits = _NOT_DIGIT.sub("", text)
    try:
        return to_e164(text)[1:]
    except NotAPhone:
        return digits if re.fullmatch(r"1[89]00[0-9]{4,6}", digits) else None


async def schools_calling_from(door: Door, phone: str) -> list[str]:
    """Names of the schools whose number this is. `phone` as `dialled` gives it."""
    national = "0" + phone[2:] if phone.startswith("84") else phone
    rows = await door.fetch(
        """
        SELECT s.name
          FROM official_contacts c
          JOIN schools s
            ON s.school_id = c.school_id
         WHERE c.phone = $1
           AND c.removed_at IS NULL
         UNION
        SELECT s.name
          FROM schools s
         WHERE regexp_replace(s.phone, '[^0-9]', '', 'g') IN ($1, $2)
            OR regexp_replace(s.duty_phone, '[^0-9]', '', 'g') IN ($1, $2)
         ORDER BY 1
         LIMIT 5
        """,
        phone,
        national,
    )
    return [row["name"] for row in rows]


async def schools_at(door: Door, host: str) -> list[str]:
    """Names of the schools whose web site is on exactly this host."""
    rows = await door.fetch(
        """
        SELECT name, website
          FROM schools
         WHERE position($1 IN lower(website)) > 0
         ORDER BY name
         LIMIT 50
        """,
        host,
    )
    return [row["name"] for row in rows if host_of(row["website"]) == host][:5]


def host_of(link: str) -> str:
    """The host in lower case, without `www.`; empty where there is none."""
    link = link if "//" in link else f"//{link}"
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.").rstrip(".")
    except ValueError:
        return ""


async def school_name(door: Door, school_id: int) -> str | None:
    row = await door.fetchrow(
        """
        SELECT name
          FROM schools
         WHERE school_id = $1
        """,
        school_id,
    )
    return None if row is None else row["name"]


async def contacts(house: House, actor: UUID, school_id: int) -> list[OfficialContact]:
    """For the school's staff in the office: accountant and administrator."""
    reader = house.database.reader
    await require_role(reader, school_id, actor, "accountant", "school_admin", on=school_day(house.clock.now()))
    rows: list[asyncpg.Record] = await reader.fetch(
        """
        SELECT phone, label
          FROM official_contacts
         WHERE school_id = $1
           AND removed_at IS NULL
         ORDER BY label, phone
         LIMIT 500
        """,
        school_id,
    )
    return [OfficialContact(row["phone"], row["label"]) for row in rows]


async def add_contact(house: House, actor: UUID, school_id: int, new: NewOfficialContact) -> OfficialContact:
    """From now on /verify says that this number is the school's. Administrators only; twice is once."""
    phone, label = dialled(new.phone), clean(new.label)
    wrong = []
    if phone is None:
        wrong.append(FieldError("/phone", "Không phải số điện thoại.", "This is not a telephone number."))
    if not label:
        wrong.append(FieldError("/label", "Mục này còn trống.", "This field is empty."))
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "school_admin", on=school_day(now))
        if wrong:
            raise INVALID(*wrong)
        assert phone is not None
        await tx.execute(
            """
            INSERT INTO official_contacts AS c (school_id, phone, label, added_by, added_at)
            VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (school_id, phone)
                DO UPDATE SET label = excluded.label, added_by = excluded.added_by, added_at = excluded.added_at,
                              removed_at = NULL
            """,
            school_id,
            phone,
            label,
            actor,
            now,
        )
        await audit.record(tx, "official_contact.added", "official_contact", phone[-3:], at=now, actor=actor)
    return OfficialContact(phone, label)


async def remove_contact(house: House, actor: UUID, school_id: int, phone: str) -> None:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "school_admin", on=school_day(now))
        removed = await tx.fetchval(
            """
            UPDATE official_contacts
               SET removed_at = coalesce(removed_at, $3)
             WHERE school_id = $1
               AND phone = $2
            RETURNING true
            """,
            school_id,
            phone,
            now,
        )
        if not removed:
            raise NOT_FOUND()
        await audit.record(tx, "official_contact.removed", "official_contact", phone[-3:], at=now, actor=actor)
