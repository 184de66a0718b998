"""Who may read a school's books, asked at the doors: its accountant and its administrator."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Request

from backend.core.clock import school_day
from backend.core.http import house_of
from backend.identity.entitlement import require_role
from backend.identity.principal import principal_of


async def reads_the_books(request: Request[Any, Any, Any], school_id: int) -> date:
    """The school's day, for what is asked next."""
    house = house_of(request)
    today = school_day(house.clock.now())
    await require_role(
        house.database.reader, school_id, principal_of(request).account_id, "accountant", "school_admin", on=today
    )
    return today
