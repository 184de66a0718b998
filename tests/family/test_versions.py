"""The desk where versions are asked: questions that come together share a round trip, and nobody is left waiting."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from backend.core.database import Database, Reader
from backend.family.versions import family_version
from tests.factories import Person, World


@pytest.fixture
async def reader(database_url: str) -> Any:
    """A reader of its own, so that its desk starts empty and its statements can be counted."""
    database = await Database.open(database_url, writers=1, readers=2)
    yield database.reader
    await database.close()


def count(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []
    run = Reader._run

    async def counted(self: Reader, verb: str, sql: str, arguments: tuple[Any, ...]) -> Any:
        if self is reader:
            asked.append(sql)
        return await run(self, verb, sql, arguments)

    monkeypatch.setattr(Reader, "_run", counted)
    return asked


def tail(person: Person, version: int = 1) -> str:
    return f"{str(person.person_id)[-8:]}.{version}"


async def test_a_thousand_phones_at_once_share_two_round_trips(
    reader: Reader, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = count(reader, monkeypatch)
    people = [world.parent, world.parent2, world.classmate_parent, world.neighbour] * 250
    answers = await asyncio.gather(*(family_version(reader, world.school_id, p.account_id) for p in people))
    assert answers == [tail(person) for person in people]
    assert len(asked) == 2


async def test_schools_do_not_wait_for_each_other(
    reader: Reader, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = count(reader, monkeypatch)
    answers = await asyncio.gather(
        family_version(reader, world.school_id, world.parent.account_id),
        family_version(reader, world.other_school_id, world.stranger.account_id),
    )
    assert (answers, len(asked)) == ([tail(world.parent), tail(world.stranger)], 2)


async def test_a_stranger_has_an_empty_version_alone_and_in_company(reader: Reader, world: World) -> None:
    alone = await family_version(reader, world.school_id, world.stranger.account_id)
    _, together = await asyncio.gather(
        family_version(reader, world.school_id, world.parent.account_id),
        family_version(reader, world.school_id, world.stranger.account_id),
    )
    assert (alone, together) == ("", "")


async def test_an_answer_is_never_older_than_its_question(reader: Reader, world: World, owner: Any) -> None:
    """Whoever asks while a look is under way gets the next look, not the one that began before."""
    first = asyncio.create_task(family_version(reader, world.school_id, world.parent.account_id))
    await asyncio.sleep(0)
    await owner.execute(
        "UPDATE family_versions SET version = 7 WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.parent.person_id,
    )
    assert await family_version(reader, world.school_id, world.parent.account_id) == tail(world.parent, 7)
    await first


async def test_who_asked_first_and_went_away_leaves_nobody_waiting(reader: Reader, world: World) -> None:
    first = asyncio.create_task(family_version(reader, world.school_id, world.parent.account_id))
    await asyncio.sleep(0)
    others = [asyncio.create_task(family_version(reader, world.school_id, world.parent2.account_id)) for _ in range(3)]
    await asyncio.sleep(0)
    first.cancel()
    others[0].cancel()
    done = await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), 10)
    assert isinstance(done[0], asyncio.CancelledError)
    assert done[1:] == [tail(world.parent2)] * 2
    assert await family_version(reader, world.school_id, world.parent.account_id) == tail(world.parent)


async def test_a_failing_look_fails_those_who_shared_it_and_no_others(
    reader: Reader, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = reader.fetch

    async def failing(sql: str, *arguments: Any) -> Any:
        if "ANY" in sql:
            raise OSError("the server went away")
        return await fetch(sql, *arguments)

    monkeypatch.setattr(reader, "fetch", failing)
    answers = await asyncio.gather(
        *(
            family_version(reader, world.school_id, p.account_id)
            for p in (world.parent, world.parent2, world.neighbour)
        ),
        return_exceptions=True,
    )
    assert answers[0] == tail(world.parent)
    assert [type(answer) for answer in answers[1:]] == [OSError, OSError]
    monkeypatch.setattr(reader, "fetch", fetch)
    assert await family_version(reader, world.school_id, world.parent2.account_id) == tail(world.parent2)
