"""A request is filed once, by whoever may act for the child, and numbered without gaps."""

from __future__ import annotations

import asyncio
from datetime import date

import asyncpg
import httpx
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.dossiers.filing import file as file_here
from schemas.dossiers import NewDossier
from tests.dossiers.filing import asked, attach, file, seen_by_family, seen_by_school
from tests.factories import World


async def test_a_family_files_and_both_sides_see_it(web: httpx.AsyncClient, world: World) -> None:
    paper = await attach(web, world.parent, world.school_id)
    dossier_id = await file(web, world.parent, world.child, file_ids=[paper])
    own, there = (
        await seen_by_family(web, world, dossier_id, world.parent),
        await seen_by_school(web, world, dossier_id),
    )
    assert own.number == there.number == "HS-2026-0001"
    assert (own.state, own.promised_on, own.next) == ("received", date(2026, 10, 16), ["add", "withdraw"])
    assert there.applicant == world.parent.full_name and there.details == own.details == "Xin 1 bản để làm thẻ xe buýt."
    assert [one.name for one in there.history[0].files] == ["giay.png"]
    assert there.next[0] == "start" and "collect" not in there.next


async def test_the_same_request_twice_is_one_and_another_under_its_id_is_refused(
    web: httpx.AsyncClient, world: World
) -> None:
    body = asked(world.child)
    path = f"/v1/family/dossiers/{world.school_id}"
    first = await web.post(path, json=body, headers=world.parent.headers)
    again = await web.post(path, json=body, headers=world.parent.headers)
    assert (first.status_code, again.status_code) == (201, 200) and first.json() == again.json()
    other = await web.post(path, json={**body, "kind": "student-card"}, headers=world.parent.headers)
    assert other.status_code == 409
    assert (await web.post(path, json=asked(world.child), headers=world.parent.headers)).json()[
        "number"
    ] == "HS-2026-0002"


async def test_numbers_run_without_gaps_however_many_file_at_once(
    school_house: House, world: World, owner: asyncpg.Connection
) -> None:
    ids = [new_id() for _ in range(5)]
    twice = [NewDossier(dossier_id=one, pupil_id=world.child.pupil_id, kind="confirm-loan") for one in ids + ids[:3]]
    filed = await asyncio.gather(
        *(file_here(school_house, world.parent.account_id, world.school_id, new) for new in twice)
    )
    assert sorted({one.number for one, _ in filed}) == [f"HS-2026-000{n}" for n in range(1, 6)]
    assert sum(new for _, new in filed) == 5
    assert await owner.fetchval("SELECT last_number FROM dossier_counters WHERE school_id = $1", world.school_id) == 5


async def test_who_may_only_look_files_nothing(web: httpx.AsyncClient, world: World, owner: asyncpg.Connection) -> None:
    await owner.execute(
        "UPDATE guardianships SET can_act = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.parent2.person_id,
    )
    path = f"/v1/family/dossiers/{world.school_id}"
    refused = await web.post(path, json=asked(world.child), headers=world.parent2.headers)
    assert refused.status_code == 403
    dossier_id = await file(web, world.parent, world.child)
    assert (await web.get(f"{path}/{dossier_id}", headers=world.parent2.headers)).status_code == 404
    assert (await web.get("/v1/family/dossiers", headers=world.parent2.headers)).json() == {"dossiers": []}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "subject-choice"}, "/kind"),
        ({"kind": "nothing-like-it"}, "/kind"),
        ({"details": "  \n "}, "/details"),
        ({"file_ids": ["0199e0a4-6c00-7d11-a1b2-000000000005"]}, "/file_ids/0"),
    ],
)
async def test_what_is_wrong_is_pointed_at(
    web: httpx.AsyncClient, world: World, change: dict[str, object], pointer: str
) -> None:
    answer = await web.post(
        f"/v1/family/dossiers/{world.school_id}", json={**asked(world.child), **change}, headers=world.parent.headers
    )
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_second_transfer_is_a_mistake_a_second_letter_is_not(web: httpx.AsyncClient, world: World) -> None:
    await file(web, world.parent, world.child)
    await file(web, world.parent, world.child)
    await file(web, world.parent, world.child, "transfer")
    path = f"/v1/family/dossiers/{world.school_id}"
    again = await web.post(path, json=asked(world.child, "transfer"), headers=world.parent2.headers)
    assert again.status_code == 409 and "HS-2026-0003" in again.json()["title"]


async def test_two_parents_at_once_file_one_transfer(school_house: House, world: World) -> None:
    def new() -> NewDossier:
        return NewDossier(dossier_id=new_id(), pupil_id=world.child.pupil_id, kind="transfer", details="Chuyển nhà.")

    parents = (world.parent, world.parent2)
    filed = await asyncio.gather(
        *(file_here(school_house, who.account_id, world.school_id, new()) for who in parents), return_exceptions=True
    )
    refused = [one for one in filed if isinstance(one, Problem)]
    assert [one.kind.name for one in refused] == ["dossier-already-open"] and len(filed) == 2


async def test_the_office_enters_one_for_a_guardian_who_came(web: httpx.AsyncClient, world: World) -> None:
    path = f"/v1/schools/{world.school_id}/dossiers"
    body = {
        **asked(world.child, "transcript-copy"),
        "guardian_id": str(world.parent2.person_id),
        "papers": ["Căn cước", " "],
    }
    made = await web.post(path, json={**body, "papers": ["Căn cước"]}, headers=world.admin.headers)
    assert made.status_code == 201, made.text
    one = await seen_by_family(web, world, made.json()["dossier_id"], world.parent2)
    assert (one.own, one.via, one.papers, one.history[0].by_school) == (True, "counter", ["Căn cước"], True)
    stranger = {**body, "dossier_id": str(new_id()), "guardian_id": str(world.neighbour.person_id), "papers": []}
    refused = await web.post(path, json=stranger, headers=world.admin.headers)
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/guardian_id"]


async def test_a_school_decides_what_it_takes_and_how_fast(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    rule = f"/v1/schools/{world.school_id}/dossier-kinds"
    set_to = {"open": True, "working_days": 4}
    assert (await web.put(f"{rule}/confirm-enrolment", json=set_to, headers=world.admin.headers)).status_code == 204
    closed = {"open": False, "working_days": 3}
    assert (await web.put(f"{rule}/transfer", json=closed, headers=world.admin.headers)).status_code == 204
    told = (await web.get(f"/v1/family/dossiers/{world.school_id}/kinds", headers=world.parent.headers)).json()["kinds"]
    kinds = {one["kind"]: one for one in told}
    assert "transfer" not in kinds and "subject-choice" not in kinds  # closed, and of another level
    assert (kinds["confirm-enrolment"]["working_days"], kinds["confirm-enrolment"]["promised_on"]) == (4, "2026-10-20")
    assert "Căn cước của người xin" in kinds["confirm-enrolment"]["papers"]  # the very words of the chat's answer
    refused = await web.post(
        f"/v1/family/dossiers/{world.school_id}", json=asked(world.child, "transfer"), headers=world.parent.headers
    )
    assert refused.status_code == 422
    homeroom = {"open": True, "working_days": 5, "homeroom": True}
    sensitive = await web.put(f"{rule}/policy-disability", json=homeroom, headers=world.admin.headers)
    assert [error["pointer"] for error in sensitive.json()["errors"]] == ["/homeroom"]
    versions = await owner.fetch(
        "SELECT kind, version FROM dossier_kind_versions WHERE school_id = $1 ORDER BY kind", world.school_id
    )
    assert [tuple(row) for row in versions] == [("confirm-enrolment", 1), ("transfer", 1)]


async def test_a_promise_counts_working_days_only(
    web: httpx.AsyncClient, world: World, clock: StoppedClock, owner: asyncpg.Connection
) -> None:
    """Two days from Wednesday 14 October over a closed Thursday and the week's end: Monday."""
    await owner.execute(
        "INSERT INTO closed_days (school_id, closed_on, reason, decided_by, decided_at) VALUES ($1, $2, 'Bão', $3, $4)",
        world.school_id, date(2026, 10, 15), world.admin.account_id, clock.now(),
    )  # fmt: skip
    dossier_id = await file(web, world.parent, world.child)
    assert (await seen_by_family(web, world, dossier_id, world.parent)).promised_on == date(2026, 10, 19)
