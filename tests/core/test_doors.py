"""The two database doors and the net below them."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from backend.core.house import House
from tests.factories import World


async def test_a_writer_sees_only_the_school_of_its_transaction(house: House, world: World) -> None:
    async with house.database.school(world.school_id) as tx:
        own = await tx.fetchval("SELECT count(*) FROM pupils")
        foreign = await tx.fetchval("SELECT count(*) FROM pupils WHERE school_id = $1", world.other_school_id)
    assert (own, foreign) == (3, 0)


async def test_a_writer_cannot_write_into_another_school(house: House, world: World) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with house.database.school(world.school_id) as tx:
            await tx.execute(
                "INSERT INTO school_years (school_id, school_year, starts_on, ends_on) VALUES ($1, '2030-2031', '2030-09-05', '2031-05-31')",
                world.other_school_id,
            )


async def test_without_a_school_the_tenant_tables_are_empty(house: House, world: World) -> None:
    async with house.database.directory() as tx:
        assert await tx.fetchval("SELECT count(*) FROM pupils") == 0


async def test_a_reader_cannot_write(house: House, world: World) -> None:
    with pytest.raises(asyncpg.PostgresError):
        await house.database.reader.fetchval(
            "UPDATE schools SET name = '' WHERE school_id = $1 RETURNING 1", world.school_id
        )


async def test_the_audit_trail_cannot_be_rewritten(house: House, world: World) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with house.database.school(world.school_id) as tx:
            await tx.execute("DELETE FROM audit_events WHERE school_id = $1", world.school_id)


async def test_bells_ring_only_after_the_commit(house: House, world: World) -> None:
    rung: list[str] = []

    async def bell() -> None:
        rung.append("ding")

    with pytest.raises(RuntimeError):
        async with house.database.school(world.school_id) as tx:
            tx.after_commit(bell)
            raise RuntimeError
    assert rung == []
    async with house.database.school(world.school_id) as tx:
        tx.after_commit(bell)
    assert rung == ["ding"]


async def test_a_reader_who_leaves_early_disturbs_nobody(house: House, world: World) -> None:
    reader = house.database.reader
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.fetchval("SELECT pg_sleep(5)"), 0.05)
    assert await asyncio.gather(*(reader.fetchval("SELECT $1::int", n) for n in range(20))) == list(range(20))


async def test_a_reader_survives_a_lost_connection(house: House, owner: asyncpg.Connection) -> None:
    reader = house.database.reader
    await owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nhipcau-read' AND datname = current_database()"
    )
    assert await reader.fetchval("SELECT 1") == 1


async def test_a_reader_survives_a_migration_under_its_statements(house: House, owner: asyncpg.Connection) -> None:
    await owner.execute(
        "CREATE TABLE probe_door (a int); GRANT SELECT ON probe_door TO nhipcau_reader; INSERT INTO probe_door VALUES (1)"
    )
    for _ in range(house.database.reader._size):
        await house.database.reader.fetchrow("SELECT * FROM probe_door")
    await owner.execute("ALTER TABLE probe_door ADD COLUMN b int DEFAULT 2")
    assert tuple(await house.database.reader.fetchrow("SELECT * FROM probe_door") or ()) == (1, 2)
    await owner.execute("DROP TABLE probe_door")
