"""Publishing: who is addressed, once, with what promise; proved against the tables."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import asyncpg

from backend.core.house import House
from backend.core.ids import new_id
from notifications.audience import Audience, Grade, OneClass, SomePupils, WholeSchool, reach
from notifications.digest_news import news_of
from notifications.digests import Piece
from notifications.leases import claim
from notifications.outbox import GuardiansNotice, PupilNotice, publish, publish_each, publish_to_guardians, recall
from notifications.receipts import record
from tests.factories import World
from tests.notifications.conftest import NOW, notice


async def addressed(owner: asyncpg.Connection, school_id: int, notice_id: object) -> set[Any]:
    rows = await owner.fetch(
        "SELECT guardian_id FROM notice_recipients WHERE school_id = $1 AND notice_id = $2", school_id, notice_id
    )
    return {row["guardian_id"] for row in rows}


async def test_each_audience_reaches_its_own_guardians(house: House, owner: asyncpg.Connection, world: World) -> None:
    own = {world.parent.person_id, world.parent2.person_id, world.classmate_parent.person_id}
    everybody = own | {world.neighbour.person_id}
    cases: list[tuple[Audience, set[Any]]] = [
        (WholeSchool(), everybody),
        (Grade(6), everybody),
        (Grade(7), set()),
        (OneClass(world.class_id), own),
        (SomePupils((world.child.pupil_id,)), {world.parent.person_id, world.parent2.person_id}),
        (SomePupils((world.other_child.pupil_id,)), set()),
    ]
    for audience, expected in cases:
        told = notice()
        async with house.database.school(world.school_id) as tx:
            published = await publish(tx, told, audience)
        assert await addressed(owner, world.school_id, told.notice_id) == expected, audience
        assert published.guardians == len(expected)


async def test_publishing_is_one_statement_and_repeating_it_changes_nothing(house: House, world: World) -> None:
    told = notice()
    async with house.database.school(world.school_id) as tx:
        before = tx.statements
        first = await publish(tx, told, WholeSchool())
        assert tx.statements - before == 1
    async with house.database.school(world.school_id) as tx:
        again = await publish(tx, told, WholeSchool())
    assert (first.new, again.new, again.guardians) == (True, False, 0)


async def test_a_guardian_of_two_children_gets_one_row_about_both(
    house: House, owner: asyncpg.Connection, world: World
) -> None:
    await bond(owner, world, world.parent, world.classmate)
    told = notice()
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    pupils = await owner.fetchval(
        "SELECT pupil_ids FROM notice_recipients WHERE school_id = $1 AND guardian_id = $2 AND notice_id = $3",
        world.school_id, world.parent.person_id, told.notice_id,
    )  # fmt: skip
    assert set(pupils) == {world.child.pupil_id, world.classmate.pupil_id}


async def test_custody_decides_who_is_told(house: House, owner: asyncpg.Connection, world: World) -> None:
    """A guardian without notices, and one whose bond has ended, are not addressed."""
    await owner.execute(
        "UPDATE guardianships SET gets_notices = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id, world.parent.person_id,
    )  # fmt: skip
    await owner.execute(
        "UPDATE guardianships SET valid_to = $3 WHERE school_id = $1 AND guardian_id = $2",
        world.school_id, world.classmate_parent.person_id, date(2026, 11, 23),
    )  # fmt: skip
    told = notice()
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    assert await addressed(owner, world.school_id, told.notice_id) == {world.parent2.person_id}


async def test_who_lost_the_right_to_see_a_child_is_told_nothing_about_it_whatever_the_other_flags_say(
    house: House, owner: asyncpg.Connection, world: World
) -> None:
    before, after = notice(), notice()
    async with house.database.school(world.school_id) as tx:
        await publish(tx, before, OneClass(world.class_id))
    await owner.execute(
        "UPDATE guardianships SET can_view = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id, world.parent.person_id,
    )  # fmt: skip
    mark = PupilNotice(
        notice_id=new_id(), pupil_id=world.child.pupil_id, kind="mark", source_kind="mark", source_id="1"
    )
    named = GuardiansNotice(
        notice_id=new_id(), guardian_ids=(world.parent.person_id,), pupil_ids=(world.child.pupil_id,), kind="form",
        source_kind="form", source_id="1",
    )  # fmt: skip
    async with house.database.school(world.school_id) as tx:
        await publish(tx, after, OneClass(world.class_id))
        await publish_each(tx, [mark], created_by=None, at=NOW)
        await publish_to_guardians(tx, [named], at=NOW)
    both = {world.parent2.person_id, world.classmate_parent.person_id}
    assert await addressed(owner, world.school_id, after.notice_id) == both
    assert await addressed(owner, world.school_id, mark.notice_id) == {world.parent2.person_id}
    assert await addressed(owner, world.school_id, named.notice_id) == set()
    # What was promised before is looked at again when its turn comes.
    batch = await claim(house.database, world.school_id, ["push"], now=NOW, today=date(2026, 11, 24))
    found = {row.guardian_id: row.entitled for row in batch.rows if row.notice.notice_id == before.notice_id}
    assert found == {world.parent.person_id: False, **dict.fromkeys(both, True)}


async def test_a_pupil_who_left_is_not_in_the_class_but_can_be_named(
    house: House, owner: asyncpg.Connection, world: World
) -> None:
    await owner.execute(
        "UPDATE pupils SET status = 'left' WHERE school_id = $1 AND pupil_id = $2",
        world.school_id,
        world.child.pupil_id,
    )
    to_class, to_pupil = notice(), notice()
    async with house.database.school(world.school_id) as tx:
        await publish(tx, to_class, OneClass(world.class_id))
        await publish(tx, to_pupil, SomePupils((world.child.pupil_id,)))
    assert await addressed(owner, world.school_id, to_class.notice_id) == {world.classmate_parent.person_id}
    assert await addressed(owner, world.school_id, to_pupil.notice_id) == {
        world.parent.person_id,
        world.parent2.person_id,
    }


async def test_who_never_signed_in_is_skipped_with_the_reason(
    house: House, owner: asyncpg.Connection, world: World
) -> None:
    await owner.execute(
        "UPDATE guardians SET account_id = NULL WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.parent2.person_id,
    )
    told = notice(urgent=True)
    async with house.database.school(world.school_id) as tx:
        published = await publish(tx, told, SomePupils((world.child.pupil_id,)))
    assert (published.guardians, published.without_account) == (2, 1)
    rows = await owner.fetch(
        "SELECT channel, state, reason, priority, finished_at FROM deliveries WHERE school_id = $1 AND notice_id = $2 ORDER BY channel, state",
        world.school_id, told.notice_id,
    )  # fmt: skip
    # Nothing that costs nothing leads to a guardian without an account, so the first paid step is due at once.
    assert [tuple(row) for row in rows] == [
        ("push", "due", None, 1, None),
        ("push", "skipped", "no_account", 1, NOW),
        ("zns", "due", None, 1, None),
    ]


async def test_many_notices_are_one_statement_each_to_its_own_family(
    house: House, owner: asyncpg.Connection, world: World
) -> None:
    items = [
        PupilNotice(notice_id=new_id(), pupil_id=pupil.pupil_id, kind="absence", source_kind="roll", source_id=str(pupil.pupil_id), params={"on": "2026-11-24"})
        for pupil in (world.child, world.neighbour_child, world.other_child)
    ]  # fmt: skip
    async with house.database.school(world.school_id) as tx:
        before = tx.statements
        published = await publish_each(tx, items, created_by=world.teacher.account_id, at=NOW)
        again = await publish_each(tx, items, created_by=world.teacher.account_id, at=NOW)
        assert tx.statements - before == 2
    assert (published.guardians, again.guardians) == (3, 0)
    assert await addressed(owner, world.school_id, items[0].notice_id) == {
        world.parent.person_id,
        world.parent2.person_id,
    }
    assert await addressed(owner, world.school_id, items[1].notice_id) == {world.neighbour.person_id}
    assert await addressed(owner, world.school_id, items[2].notice_id) == set()


async def test_publishing_raises_the_families_versions(house: House, owner: asyncpg.Connection, world: World) -> None:
    async with house.database.school(world.school_id) as tx:
        await publish(tx, notice(), SomePupils((world.child.pupil_id,)))
    assert await version(owner, world.school_id, world.parent.person_id) == 2
    assert await version(owner, world.school_id, world.neighbour.person_id) == 1


async def test_the_bell_rings_once_after_the_commit(house: House, world: World) -> None:
    rung: list[tuple[Any, ...]] = []

    class Listening:
        async def ring(self, job: str, *arguments: int | str) -> None:
            rung.append((job, *arguments))

    usual, house.database.bell = house.database.bell, Listening()
    try:
        async with house.database.school(world.school_id) as tx:
            await publish(tx, notice(), WholeSchool())
            await publish(tx, notice(), WholeSchool())
            assert rung == []
    finally:
        house.database.bell = usual
    assert rung == [("deliver", world.school_id)]


async def test_reach_names_the_homes_nobody_can_be_reached_in(
    house: House, owner: asyncpg.Connection, world: World
) -> None:
    await owner.execute(
        "UPDATE guardians SET account_id = NULL, phone_e164 = NULL WHERE school_id = $1 AND guardian_id = $2",
        world.school_id, world.classmate_parent.person_id,
    )  # fmt: skip
    seen = await reach(house.database.reader, world.school_id, OneClass(world.class_id), on=date(2026, 11, 24))
    assert (seen.homes, seen.homes_reached, seen.guardians, seen.guardians_with_app) == (2, 1, 3, 2)
    assert [(u.full_name, u.class_name) for u in seen.unreached] == [(world.classmate.full_name, "6A1")]


async def test_a_receipt_moves_forward_only_and_implies_the_steps_before(
    house: House, owner: asyncpg.Connection, world: World
) -> None:
    told = notice()
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, WholeSchool())
    later = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    async with house.database.school(world.school_id) as tx:
        assert await record(tx, world.parent.account_id, told.notice_id, "acknowledged", at=NOW)
        assert not await record(tx, world.parent.account_id, told.notice_id, "acknowledged", at=later)
        assert not await record(tx, world.parent.account_id, told.notice_id, "opened", at=later)
    row = await owner.fetchrow(
        "SELECT delivered_at, opened_at, acknowledged_at FROM notice_recipients WHERE school_id = $1 AND guardian_id = $2 AND notice_id = $3",
        world.school_id, world.parent.person_id, told.notice_id,
    )  # fmt: skip
    assert row is not None and tuple(row) == (NOW, NOW, NOW)


async def version(owner: asyncpg.Connection, school_id: int, guardian_id: object) -> int:
    found: int = await owner.fetchval(
        "SELECT version FROM family_versions WHERE school_id = $1 AND guardian_id = $2", school_id, guardian_id
    )
    return found


async def bond(owner: asyncpg.Connection, world: World, person: Any, pupil: Any) -> None:
    await owner.execute(
        "INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source) VALUES ($1, $2, $3, 'mother', '2020-01-01', 'hand')",
        world.school_id, pupil.pupil_id, person.person_id,
    )  # fmt: skip


async def test_a_recalled_notice_raises_the_versions_of_whom_it_was_sent_to(
    house: House, owner: asyncpg.Connection, world: World
) -> None:
    told = notice()
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, SomePupils((world.child.pupil_id,)))
    for _ in range(2):
        async with house.database.school(world.school_id) as tx:
            await recall(tx, told.notice_id, at=NOW)
    assert await version(owner, world.school_id, world.parent.person_id) == 3
    assert await version(owner, world.school_id, world.neighbour.person_id) == 1


async def test_a_child_no_longer_theirs_is_named_on_no_lock_screen(
    house: House, owner: asyncpg.Connection, world: World
) -> None:
    await bond(owner, world, world.parent, world.classmate)
    told = notice(params={"personal": True})
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    await owner.execute(
        "UPDATE guardianships SET valid_to = $4 WHERE school_id = $1 AND guardian_id = $2 AND pupil_id = $3",
        world.school_id, world.parent.person_id, world.classmate.pupil_id, date(2026, 11, 23),
    )  # fmt: skip
    batch = await claim(house.database, world.school_id, ["push"], now=NOW, today=date(2026, 11, 24))
    named = {row.guardian_id: row.children for row in batch.rows}
    assert named[world.parent.person_id] == (world.child.full_name,)
    pieces = [Piece(new_id(), NOW, world.school_id, told.notice_id, world.parent.person_id)]
    await owner.execute("UPDATE deliveries SET state = 'held' WHERE school_id = $1", world.school_id)
    [news] = await news_of(house.database.reader, pieces, on=date(2026, 11, 24))
    assert [name for _, name in news.children] == [world.child.full_name]
