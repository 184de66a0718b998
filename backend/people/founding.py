"""How a school comes into being: its row, its school year with two terms, its first administrator and where its money arrives.

It owns schools, and, for the first day only, school_years, terms and bank_accounts. Everything later goes through the console.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.core.database import Database, SchoolTx
from backend.core.ids import new_id
from backend.core.phones import to_e164
from backend.core.text import clean, fold, name_sort_key
from backend.identity.audit import record


class Founding(msgspec.Struct, kw_only=True):
    code: str
    name: str
    level: str
    province_code: str | None = None
    commune_code: str | None = None
    address: str | None = None
    phone: str | None = None
    admin_name: str
    admin_phone: str


async def found_school(database: Database, founding: Founding, *, at: datetime, today: date) -> int:
    """Make the school, or find it by its code: running it again changes nothing. Raises NotAPhone for an unusable phone."""
    phone = to_e164(founding.admin_phone)
    async with database.directory() as tx:
        school_id: int | None = await tx.fetchval(
            """
            INSERT INTO schools (code, name, level, province_code, commune_code, address, phone, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                ON CONFLICT (code) DO NOTHING
            RETURNING school_id
            """,
            founding.code, clean(founding.name), founding.level, founding.province_code, founding.commune_code,
            founding.address, founding.phone, at,
        )  # fmt: skip
        if school_id is None:
            existing: int = await tx.fetchval(
                """
                SELECT school_id
                  FROM schools
                 WHERE code = $1
                """,
                founding.code,
            )
            return existing
    async with database.school(school_id) as school:
        await _open_year(school, school_year_of(today))
        staff_id = await _first_administrator(school, clean(founding.admin_name), phone, at)
        await record(
            school, "school.founded", "school", school_id, at=at, actor_kind="command", detail={"admin": str(staff_id)}
        )
    return school_id


def school_year_of(day: date) -> str:
    """The school year runs from August: 2026-08-15 belongs to 2026-2027."""
    first = day.year if day.month >= 8 else day.year - 1
    return f"{first}-{first + 1}"


async def _open_year(tx: SchoolTx, school_year: str) -> None:
    """Dates of the national frame (5 September; first term before 18 January; programme before 31 May); provinces differ, so editable."""
    first = int(school_year[:4])
    await tx.execute(
        """
        INSERT INTO school_years (school_id, school_year, starts_on, ends_on, is_current)
        VALUES ($1, $2, $3, $4, true)
        """,
        tx.school_id, school_year, date(first, 9, 5), date(first + 1, 5, 31),
    )  # fmt: skip
    await tx.executemany(
        """
        INSERT INTO terms (school_id, school_year, term, starts_on, ends_on)
        VALUES ($1, $2, $3, $4, $5)
        """,
        [
            (tx.school_id, school_year, 1, date(first, 9, 5), date(first + 1, 1, 17)),
            (tx.school_id, school_year, 2, date(first + 1, 1, 18), date(first + 1, 5, 31)),
        ],
    )


async def _first_administrator(tx: SchoolTx, full_name: str, phone: str, at: datetime) -> UUID:
    staff_id = new_id()
    await tx.execute(
        """
        INSERT INTO staff (school_id, staff_id, full_name, name_fold, sort_key, phone_e164, source, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'hand', $7, $7)
        """,
        tx.school_id, staff_id, full_name, fold(full_name), name_sort_key(full_name), phone, at,
    )  # fmt: skip
    await tx.execute(
        """
        INSERT INTO staff_roles (school_id, staff_id, role, granted_at)
        VALUES ($1, $2, 'school_admin', $3)
        """,
        tx.school_id, staff_id, at,
    )  # fmt: skip
    await tx.execute(
        """
        INSERT INTO phone_directory (phone_e164, school_id, person_kind, person_id, name_fold, full_name)
        VALUES ($1, $2, 'staff', $3, $4, $5)
        """,
        phone, tx.school_id, staff_id, fold(full_name), full_name,
    )  # fmt: skip
    return staff_id
