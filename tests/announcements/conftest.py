from __future__ import annotations

import asyncpg
import pytest

from backend.core.ids import new_id
from tests.factories import World
from tests.wednesday import clock, school_house, web  # noqa: F401


@pytest.fixture
async def area(owner: asyncpg.Connection, world: World) -> str:
    """A commune with both schools of the world, where the area's officer writes."""
    code = f"x{new_id().hex[-10:]}"
    await owner.execute(
        "UPDATE schools SET commune_code = $1 WHERE school_id = ANY ($2)",
        code,
        [world.school_id, world.other_school_id],
    )
    await owner.execute(
        "INSERT INTO account_areas (account_id, area_code, granted_at) VALUES ($1, $2, '2026-09-01Z')",
        world.area_admin.account_id,
        code,
    )
    return code
