"""Letters before they leave: saving, sending, undo, hours, approval, and what the sweep does with them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from backend.announcements import leaving, letters
from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from tests.announcements.letters import Desk, notices_of, pass_time, written
from tests.factories import World


@pytest.fixture
def teacher(web: httpx.AsyncClient, world: World) -> Desk:
    return Desk(web, world, world.teacher)


@pytest.fixture
def admin(web: httpx.AsyncClient, world: World) -> Desk:
    return Desk(web, world, world.admin)


async def set_rules(admin: Desk, **rules: Any) -> None:
    path = f"/v1/schools/{admin.world.school_id}/announcement-rules"
    answer = await admin.web.put(path, json=rules, headers=admin.who.headers)
    assert answer.status_code == 200, answer.text


async def test_a_letter_waits_half_a_minute_and_then_leaves_once(
    teacher: Desk, owner: asyncpg.Connection, school_house: House, clock: StoppedClock, world: World
) -> None:
    draft = await teacher.saved()
    sent = (await teacher.send(draft)).json()
    assert (sent["state"], sent["due_at"]) == ("scheduled", "2026-10-14T00:40:30Z")
    assert await pass_time(school_house, clock, world, seconds=29) == 0
    assert await notices_of(owner, world, draft["announcement_id"]) == []
    assert await pass_time(school_house, clock, world, seconds=1) == 1
    assert await pass_time(school_house, clock, world, minutes=5) == 0
    [notice] = await notices_of(owner, world, draft["announcement_id"])
    assert (notice["title"], notice["told"]) == ("Họp phụ huynh", 3)
    assert (await teacher.read(draft)).json()["state"] == "published"


async def test_undo_before_it_leaves_means_nothing_leaves(
    teacher: Desk, owner: asyncpg.Connection, school_house: House, clock: StoppedClock, world: World
) -> None:
    draft = await teacher.saved()
    await teacher.send(draft)
    for _ in range(2):
        assert (await teacher.do("take-back", draft)).status_code == 204
    assert await pass_time(school_house, clock, world, hours=1) == 0
    assert await notices_of(owner, world, draft["announcement_id"]) == []
    assert (await teacher.read(draft)).json()["may"] == ["edit", "send", "discard"]


async def test_after_it_has_left_there_is_no_undo_but_a_recall(
    teacher: Desk, school_house: House, clock: StoppedClock, world: World
) -> None:
    draft = await teacher.saved()
    await teacher.send(draft, undo_seconds=0)
    await pass_time(school_house, clock, world)
    late = await teacher.do("take-back", draft)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/draft-state")
    changed = await teacher.save(written(world, title="Khác"), draft["announcement_id"], draft["version"])
    assert changed.json()["type"] == "/problems/draft-state"
    recall = f"/v1/schools/{world.school_id}/announcements/{draft['announcement_id']}/recall"
    assert (await teacher.web.post(recall, headers=world.teacher.headers)).status_code == 204


async def test_a_letter_leaves_at_its_hour(
    teacher: Desk, school_house: House, clock: StoppedClock, world: World
) -> None:
    draft = await teacher.saved(send_at="2026-10-14T12:00:00Z")
    assert (await teacher.send(draft)).json()["due_at"] == "2026-10-14T12:00:00Z"
    assert await pass_time(school_house, clock, world, hours=11) == 0
    assert await pass_time(school_house, clock, world, minutes=20) == 1


async def test_two_workers_at_once_send_it_once(
    teacher: Desk, owner: asyncpg.Connection, school_house: House, clock: StoppedClock, world: World
) -> None:
    drafts = [await teacher.saved(title=f"Tin {n}") for n in range(4)]
    for draft in drafts:
        await teacher.send(draft, undo_seconds=0)
    left = await asyncio.gather(*(pass_time(school_house, clock, world) for _ in range(3)))
    left.append(await pass_time(school_house, clock, world))
    assert sum(left) == 4
    for draft in drafts:
        assert len(await notices_of(owner, world, draft["announcement_id"])) == 1


async def test_the_sweep_finds_the_school_and_the_worker_knows_the_job(
    teacher: Desk, school_house: House, clock: StoppedClock, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.worker import CRONS, JOBS

    draft = await teacher.saved()
    await teacher.send(draft)
    rung: list[tuple[Any, ...]] = []

    async def ring(*what: Any) -> None:
        rung.append(what)

    monkeypatch.setattr(school_house, "queue", type("Bell", (), {"ring": staticmethod(ring)})())
    await leaving.sweep(school_house)
    assert ("publish_letters", world.school_id) not in rung
    clock.advance(timedelta(seconds=30))
    await leaving.sweep(school_house)
    assert ("publish_letters", world.school_id) in rung
    assert "publish_letters" in {one.name for one in JOBS} and "sweep_letters" in {one.name for one in CRONS}


async def test_without_redis_the_worker_publishes_by_itself(
    teacher: Desk, owner: asyncpg.Connection, school_house: House, clock: StoppedClock, world: World
) -> None:
    draft = await teacher.saved()
    await teacher.send(draft)
    clock.advance(timedelta(seconds=30))
    await leaving.publish_everywhere(school_house)
    assert len(await notices_of(owner, world, draft["announcement_id"])) == 1


async def test_every_saving_is_a_version_and_nobody_overwrites_anothers_words(teacher: Desk, world: World) -> None:
    draft = await teacher.saved(title="Một")
    again = await teacher.save(written(world, title="Một"), draft["announcement_id"], 0)
    assert again.json()["version"] == 1  # the same request again
    second = await teacher.save(written(world, title="Hai"), draft["announcement_id"], 1)
    assert second.json()["version"] == 2
    stale = await teacher.save(written(world, title="Ba"), draft["announcement_id"], 1)
    assert stale.status_code == 409
    versions = (await teacher.ask("GET", f"/{draft['announcement_id']}/versions")).json()["versions"]
    assert [(one["version"], one["letter"]["title"]) for one in versions] == [(2, "Hai"), (1, "Một")]


async def test_a_draft_may_miss_anything_and_sending_points_at_all_of_it(teacher: Desk) -> None:
    made = await teacher.save({})
    assert made.status_code == 200
    refused = await teacher.send(made.json())
    assert refused.status_code == 422
    assert {error["pointer"] for error in refused.json()["errors"]} == {"/title", "/body", "/audience"}


async def test_a_models_gap_must_be_filled_and_other_braces_are_the_writers_own(teacher: Desk, world: World) -> None:
    draft = await teacher.saved(body="Ngày {ngay} con nhớ mang sách.")
    refused = await teacher.send(draft)
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/body"]
    assert "{ngay}" in refused.json()["errors"][0]["detail"]
    own = await teacher.saved(body="Tập {1, 2, 3} trang 5; mang {bút chì}.")
    assert (await teacher.send(own)).status_code == 200


async def test_unfinished_drafts_are_their_authors_alone(teacher: Desk, admin: Desk, web: httpx.AsyncClient, world: World) -> None:  # fmt: skip
    draft = await teacher.saved()
    colleague = Desk(web, world, world.other_teacher)
    for desk in (admin, colleague):
        assert (await desk.read(draft)).status_code == 404
        assert (await desk.save(written(world), draft["announcement_id"], 1)).status_code in (403, 404)
        assert (await desk.send(draft)).status_code in (403, 404)
    await teacher.send(draft)
    assert (await admin.read(draft)).json()["may"] == ["take_back"]
    assert (await colleague.read(draft)).status_code == 404
    assert (await colleague.do("take-back", draft)).status_code == 404
    assert (await admin.do("take-back", draft)).status_code == 204


async def test_a_teacher_schedules_nothing_to_others_classes(teacher: Desk, world: World) -> None:
    for audience in ({"kind": "school"}, {"kind": "class", "class_id": str(world.other_class_id)}):
        draft = await teacher.saved(audience=audience)
        assert (await teacher.send(draft)).status_code == 403


async def test_who_no_longer_teaches_the_class_gets_the_letter_back(
    teacher: Desk, owner: asyncpg.Connection, school_house: House, clock: StoppedClock, world: World
) -> None:
    draft = await teacher.saved(send_at="2026-10-15T00:00:00Z")
    await teacher.send(draft)
    await owner.execute(
        "UPDATE assignments SET to_on = '2026-10-14' WHERE school_id = $1 AND staff_id = $2",
        world.school_id,
        world.teacher.person_id,
    )
    assert await pass_time(school_house, clock, world, days=1) == 0
    row = await owner.fetchrow(
        "SELECT state, returned_reason FROM announcement_drafts WHERE school_id = $1", world.school_id
    )
    assert row["state"] == "draft" and "không có quyền" in row["returned_reason"]
    assert await notices_of(owner, world, draft["announcement_id"]) == []


async def test_teachers_letters_wait_for_a_second_person(
    teacher: Desk, admin: Desk, owner: asyncpg.Connection, school_house: House, clock: StoppedClock, world: World
) -> None:
    await set_rules(admin, approval="teachers", undo_seconds=0, reminder_hour=19)
    draft = await teacher.saved()
    assert (await teacher.send(draft)).json()["state"] == "waiting"
    assert await pass_time(school_house, clock, world, hours=1) == 0
    at_once = await teacher.web.post(
        f"/v1/schools/{world.school_id}/announcements",
        json={"announcement_id": str(new_id()), **written(world)},
        headers=world.teacher.headers,
    )
    assert at_once.json()["type"] == "/problems/announcement-needs-approval"
    assert (await teacher.do("approve", draft, {"version": 1})).status_code == 403
    assert [one["may"] for one in (await admin.ask("GET", "")).json()["drafts"]] == [["take_back", "approve", "return"]]
    assert (await admin.do("approve", draft, {"version": 2})).status_code == 409
    approved = await admin.do("approve", draft, {"version": 1})
    assert (approved.json()["state"], approved.json()["approved_by"]) == ("scheduled", "Bùi Văn Trưởng")
    assert await pass_time(school_house, clock, world) == 1
    kept = "SELECT approved_by FROM announcements WHERE school_id = $1"
    assert await owner.fetchval(kept, world.school_id) == world.admin.person_id


async def test_what_is_returned_says_why_and_what_was_approved_once_is_not_approved_for_ever(
    teacher: Desk, admin: Desk, world: World
) -> None:
    await set_rules(admin, approval="teachers", undo_seconds=600, reminder_hour=19)
    draft = await teacher.saved()
    await teacher.send(draft)
    assert (await admin.do("return", draft, {"reason": "  "})).status_code == 422
    assert (await admin.do("return", draft, {"reason": "Thiếu địa điểm."})).status_code == 204
    back = (await teacher.read(draft)).json()
    assert (back["state"], back["returned_by"], back["returned_reason"]) == (
        "draft",
        "Bùi Văn Trưởng",
        "Thiếu địa điểm.",
    )
    await teacher.send(back)
    await admin.do("approve", draft, {"version": 1})
    await teacher.do("take-back", draft)
    assert (await teacher.send(draft)).json()["state"] == "waiting"


async def test_nobody_approves_the_own_letter(admin: Desk, owner: asyncpg.Connection, world: World) -> None:
    await set_rules(admin, approval="everything", undo_seconds=0, reminder_hour=19)
    draft = await admin.saved()
    assert (await admin.send(draft)).json()["state"] == "waiting"
    own = await admin.do("approve", draft, {"version": 1})
    assert (own.status_code, own.json()["type"]) == (403, "/problems/draft-own-approval")


async def test_one_letter_that_cannot_leave_does_not_stop_the_others(
    teacher: Desk, owner: asyncpg.Connection, school_house: House, clock: StoppedClock, world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    poisoned, sound = await teacher.saved(title="Độc"), await teacher.saved(title="Lành")
    for draft in (poisoned, sound):
        await teacher.send(draft, undo_seconds=0)
    real = letters.put_out

    async def put_out(tx: Any, new: Any, *more: Any) -> Any:
        if new.title == "Độc":
            raise RuntimeError("a fault of the server")
        return await real(tx, new, *more)

    monkeypatch.setattr(letters, "put_out", put_out)
    assert await pass_time(school_house, clock, world) == 1
    assert len(await notices_of(owner, world, sound["announcement_id"])) == 1
    for minutes in (1, 5, 30):
        assert await pass_time(school_house, clock, world, minutes=minutes) == 0
    row = await owner.fetchrow(
        "SELECT state, returned_reason FROM announcement_drafts WHERE school_id = $1 AND announcement_id = $2::text::uuid",
        world.school_id,
        poisoned["announcement_id"],
    )
    assert row["state"] == "draft" and "Máy chủ" in row["returned_reason"]


async def test_what_was_taken_back_meanwhile_is_not_recorded_as_given_back(
    teacher: Desk,
    school_house: House,
    clock: StoppedClock,
    world: World,
    owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draft = await teacher.saved()
    await teacher.send(draft)
    await owner.execute("UPDATE announcement_drafts SET failures = 3 WHERE school_id = $1", world.school_id)
    put_off = leaving._put_off

    async def taken_back_before(house: House, school_id: int, row: Any, now: Any) -> None:
        assert (await teacher.do("take-back", draft)).status_code == 204
        await put_off(house, school_id, row, now)

    async def put_out(*_: Any) -> Any:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(letters, "put_out", put_out)
    monkeypatch.setattr(leaving, "_put_off", taken_back_before)
    assert await pass_time(school_house, clock, world, seconds=30) == 0
    now = (await teacher.read(draft)).json()
    assert (now["state"], now["returned_reason"]) == ("draft", None)
    deeds = await owner.fetch(
        "SELECT action FROM audit_events WHERE school_id = $1 AND subject_id = $2",
        world.school_id,
        draft["announcement_id"],
    )
    assert "announcement.given_back" not in [row["action"] for row in deeds]


async def test_after_its_end_a_letter_is_no_longer_delivered_and_asks_nothing(
    teacher: Desk, web: httpx.AsyncClient, owner: asyncpg.Connection, school_house: House, clock: StoppedClock, world: World
) -> None:  # fmt: skip
    soon = await teacher.saved(expires_at="2026-10-14T00:40:10Z")  # before it could leave
    assert [e["pointer"] for e in (await teacher.send(soon)).json()["errors"]] == ["/expires_at"]
    draft = await teacher.saved(expires_at="2026-10-14T01:10:00Z", needs_acknowledgement=True)
    await teacher.send(draft, undo_seconds=0)
    await pass_time(school_house, clock, world)

    async def asked() -> list[Any]:
        home = await web.get("/v1/family/home", headers=world.parent.headers)
        found: list[Any] = home.json()["children"][0]["to_do"]["acknowledge"]
        return found

    assert len(await asked()) == 1
    await pass_time(school_house, clock, world, minutes=40)
    assert await asked() == []
    states = await owner.fetch(
        "SELECT DISTINCT d.state, d.reason FROM deliveries d JOIN notices n USING (school_id, notice_id)"
        " WHERE n.school_id = $1 AND n.source_id = $2",
        world.school_id,
        draft["announcement_id"],
    )
    assert {tuple(row) for row in states} == {("skipped", "expired")}


@pytest.mark.parametrize("instant", ["2026-10-20T10:00:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
@pytest.mark.parametrize("field", ["send_at", "expires_at"])
async def test_an_hour_without_zone_or_out_of_sight_breaks_nothing(teacher: Desk, field: str, instant: str) -> None:
    letter = written(teacher.world, **{field: instant})
    answers = [await teacher.ask("POST", "/look", letter), await teacher.save(letter)]
    if answers[1].status_code == 200:
        answers.append(await teacher.send(answers[1].json()))
    assert [one.text for one in answers if one.status_code not in (200, 400, 422)] == []


async def test_an_hour_more_than_a_year_ahead_is_pointed_at_when_it_is_saved(teacher: Desk, world: World) -> None:
    answer = await teacher.save(written(world, send_at="2028-10-14T12:00:00Z"))
    assert (answer.status_code, [one["pointer"] for one in answer.json()["errors"]]) == (422, ["/send_at"])
