"""Who sees what of a request: guardians who may act, the office, a homeroom teacher where the school wants it; and what is recorded."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import httpx

from backend.core.house import House
from backend.files.actions import forget
from tests.dossiers.filing import attach, family_step, file, seen_by_family, seen_by_school, step
from tests.factories import World


async def test_what_one_guardian_wrote_and_attached_is_not_the_others(web: httpx.AsyncClient, world: World) -> None:
    paper = await attach(web, world.parent, world.school_id)
    dossier_id = await file(web, world.parent, world.child, details="Vì chúng tôi ly hôn.", file_ids=[paper])
    result = await attach(web, world.admin, world.school_id, "gold")
    await step(web, world, dossier_id, "send", 1, file_ids=[result], note="Gửi bản ký số.")
    other = await seen_by_family(web, world, dossier_id, world.parent2)
    assert (other.own, other.details, other.applicant) == (False, "", world.parent.full_name)
    assert [len(one.files) for one in other.history] == [0, 1] and other.history[1].note == "Gửi bản ký số."
    path = f"/v1/family/dossiers/{world.school_id}/{dossier_id}/files"
    assert (await web.get(f"{path}/{paper}", headers=world.parent2.headers)).status_code == 404
    assert (await web.get(f"{path}/{paper}", headers=world.parent.headers)).status_code == 200
    handed = await web.get(f"{path}/{result}", headers=world.parent2.headers)
    assert handed.status_code == 200 and handed.headers["cache-control"] == "private, no-store"


async def test_a_file_of_somebody_else_is_not_attached(web: httpx.AsyncClient, world: World) -> None:
    theirs = await attach(web, world.parent2, world.school_id)
    dossier_id = await file(web, world.parent, world.child)
    refused = await family_step(web, world, dossier_id, "add", 1, file_ids=[theirs])
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/file_ids/0"]


async def test_opening_a_sensitive_request_and_every_paper_is_recorded(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    paper = await attach(web, world.parent, world.school_id)
    plain = await file(web, world.parent, world.child, file_ids=[paper])
    poor = await file(web, world.parent, world.child, "policy-eligibility-papers")
    await seen_by_school(web, world, plain)
    await seen_by_school(web, world, poor)
    await web.get(f"/v1/schools/{world.school_id}/dossiers/{plain}/files/{paper}", headers=world.admin.headers)
    rows = await owner.fetch(
        "SELECT subject_id, detail ->> 'how' AS how, detail ->> 'purpose' AS purpose, actor_account_id AS who"
        "  FROM audit_events WHERE school_id = $1 AND action = 'dossier.opened' ORDER BY audit_id",
        world.school_id,
    )
    who = world.admin.account_id
    assert [tuple(row) for row in rows] == [
        (str(poor), "api", "handling", who),
        (str(plain), "file", "handling", who),
    ]


async def test_a_homeroom_teacher_follows_what_the_school_means_for_it(web: httpx.AsyncClient, world: World) -> None:
    paper = await attach(web, world.parent, world.school_id)
    leave = await file(web, world.parent, world.child, "leave-temporary", file_ids=[paper])
    poor = await file(web, world.parent, world.child, "policy-eligibility-papers")
    root = f"/v1/schools/{world.school_id}"
    one = f"{root}/dossiers/{leave}"
    assert (await web.get(one, headers=world.teacher.headers)).status_code == 404
    rule = {"open": True, "working_days": 5, "homeroom": True}
    await web.put(f"{root}/dossier-kinds/leave-temporary", json=rule, headers=world.admin.headers)
    found = await seen_by_school(web, world, leave, world.teacher)
    assert (found.next, found.history[0].files, found.pupil_name) == ([], [], world.child.full_name)
    listed = (await web.get(f"{root}/dossiers", headers=world.teacher.headers)).json()
    assert [row["dossier_id"] for row in listed["dossiers"]] == [str(leave)] and listed["open"] == 1
    assert (await web.get(f"{root}/dossiers/{poor}", headers=world.teacher.headers)).status_code == 404
    for other in (world.other_teacher, world.subject_teacher, world.accountant):
        assert (await web.get(one, headers=other.headers)).status_code == 404
    assert (await step(web, world, leave, "start", 1, by=world.teacher)).status_code == 403
    assert (await web.get(f"{one}/files/{paper}", headers=world.teacher.headers)).status_code == 404


async def test_whoever_was_made_to_answer_families_is_the_office(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "INSERT INTO staff_roles (school_id, staff_id, role, granted_at) VALUES ($1, $2, 'inbox', $3)",
        world.school_id, world.subject_teacher.person_id, await owner.fetchval("SELECT now()"),
    )  # fmt: skip
    dossier_id = await file(web, world.parent, world.child, "policy-eligibility-papers")
    assert (await seen_by_school(web, world, dossier_id, world.subject_teacher)).next
    assert (await step(web, world, dossier_id, "start", 1, by=world.subject_teacher)).status_code == 200


async def test_a_guardian_who_lost_the_right_sees_nothing_more(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    dossier_id = await file(web, world.parent, world.child)
    await owner.execute(
        "UPDATE guardianships SET valid_to = '2026-10-13' WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.parent.person_id,
    )
    path = f"/v1/family/dossiers/{world.school_id}/{dossier_id}"
    assert (await web.get(path, headers=world.parent.headers)).status_code in (403, 404)
    assert (await family_step(web, world, dossier_id, "withdraw", 1)).status_code in (403, 404)


async def test_a_paper_of_a_request_is_not_forgotten_with_another_thing(
    web: httpx.AsyncClient, world: World, school_house: House
) -> None:
    paper = await attach(web, world.parent, world.school_id)
    await file(web, world.parent, world.child, file_ids=[paper])
    async with school_house.database.school(world.school_id) as tx:
        assert await forget(tx, [UUID(paper)]) == 0
