"""A small school is not starved by a province: what it sends now goes before the long work that already stands in the queue."""

from __future__ import annotations

import redis.asyncio
from arq import Worker, func

from backend.announcements.letters import Writer, put_out
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.queue import redis_settings, worker_options
from notifications.bells import BELL, BELL_BEHIND
from schemas.announcements import NewAnnouncement, ToSchool
from tests.factories import World

SCHOOLS = 300


async def test_a_schools_own_bell_passes_those_of_a_broadcast(house: House, redis_url: str, empty_queue: None) -> None:
    served: list[tuple[str, int]] = []

    def serving(name: str):  # type: ignore[no-untyped-def]
        async def serve(ctx: object, school_id: int) -> None:
            served.append((name, school_id))
            if len(served) == 20:
                # In the middle of the broadcast a small school says something.
                await house.queue.ring(BELL, 7)

        return func(serve, name=name)

    for school_id in range(1000, 1000 + SCHOOLS):
        await house.queue.ring(BELL_BEHIND, school_id)
    options = worker_options() | {"max_jobs": 4, "queue_read_limit": 8}
    worker = Worker(
        functions=[serving(BELL), serving(BELL_BEHIND)],
        redis_settings=redis_settings(redis_url),
        burst=True,
        handle_signals=False,
        **options,
    )
    try:
        await worker.async_run()
    finally:
        await worker.close()
    assert len(served) == SCHOOLS + 1
    assert served.index((BELL, 7)) < 60, (
        "it waited for what ran and what was read already, not for three hundred schools"
    )


async def test_an_areas_letter_rings_behind_and_a_schools_own_before(
    house: House, world: World, redis_url: str, empty_queue: None
) -> None:
    connection = redis.asyncio.from_url(redis_url)
    for area in ("Sở Giáo dục", None):
        new = NewAnnouncement(new_id(), "Nghỉ bão", "Mai nghỉ học.", ToSchool())
        writer = Writer(world.admin.account_id, staff_id=None if area else world.admin.person_id, from_area=area)
        async with house.database.school(world.school_id) as tx:
            await put_out(tx, new, writer, new_id(), house.clock.now())
    first, second = await connection.zrange("arq:queue", 0, -1)
    await connection.aclose()
    assert first.decode().startswith(f"{BELL}:{world.school_id}")
    assert second.decode().startswith(f"{BELL_BEHIND}:{world.school_id}")
