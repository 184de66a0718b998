"""The parent's home, through its door: what it shows, to whom, and when it says that nothing changed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from backend.core.clock import StoppedClock
from backend.core.database import Reader
from backend.core.house import House
from backend.core.ids import new_id
from backend.family import examples
from backend.identity.tokens import TokenOffice
from notifications.audience import OneClass
from notifications.outbox import Notice, publish
from schemas.family import Home, HomeChild
from tests.attendance.test_roll_call import absent, take
from tests.factories import Person, World
from tests.gradebook.test_entering import enter, line
from tests.gradebook.test_entering import publish as publish_marks
from tests.wednesday import MORNING, TODAY


async def look(web: httpx.AsyncClient, who: Person, **headers: str) -> Home:
    answer = await web.get("/v1/family/home", headers={**who.headers, **headers})
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=Home, strict=True)


async def child_of(web: httpx.AsyncClient, who: Person) -> HomeChild:
    [child] = (await look(web, who)).children
    return child


async def announce(house: House, world: World, *, title: str = "Tiêm chủng", **more: Any) -> Any:
    notice = Notice(
        notice_id=new_id(),
        kind="announcement",
        source_kind="announcement",
        source_id="x",
        title=title,
        body="Mang theo sổ tiêm.",
        created_at=house.clock.now(),
        **more,
    )
    async with house.database.school(world.school_id) as tx:
        await publish(tx, notice, OneClass(world.class_id))
    return notice.notice_id


async def bill(owner: asyncpg.Connection, world: World, title: str, amount: int, due_on: date, paid: int = 0) -> None:
    """An invoice of the child and what was paid of it; the payments room's own doors are tested there."""
    fee_id, invoice_id, school = new_id(), new_id(), world.school_id
    await owner.execute(
        "INSERT INTO fees (school_id, fee_id, title, category, mandatory, class_id, school_year, amount, due_on,"
        " bank_account_id, created_by, created_at) VALUES ($1, $2, $3, 'service', true, $4, '2026-2027', $5, $6, $7, $8, $9)",
        school, fee_id, title, world.class_id, amount, due_on, world.bank_account_id, world.accountant.account_id, MORNING,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO invoices (school_id, invoice_id, fee_id, pupil_id, reference, bank_account_id, amount, due_on, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        school, invoice_id, fee_id, world.child.pupil_id, f"HP{invoice_id.hex[-8:]}", world.bank_account_id, amount, due_on, MORNING,
    )  # fmt: skip
    if paid:
        transaction_id = new_id()
        await owner.execute(
            "INSERT INTO bank_transactions (school_id, transaction_id, bank_account_id, source, event_key, direction, amount, memo,"
            " booked_at, received_at, state, reasons, decided_at) VALUES ($1, $2, $3, 'sepay', $4, 'in', $5, 'x', $6, $6, 'part', '{}', $6)",
            school, transaction_id, world.bank_account_id, transaction_id.hex, paid, MORNING,
        )  # fmt: skip
        await owner.execute(
            "INSERT INTO allocations (school_id, allocation_id, transaction_id, invoice_id, amount, reason, made_at)"
            " VALUES ($1, $2, $3, $4, $5, 'exact', $6)",
            school, new_id(), transaction_id, invoice_id, paid, MORNING,
        )  # fmt: skip


async def test_home_gathers_a_childs_day(
    web: httpx.AsyncClient, world: World, school_house: House, owner: asyncpg.Connection
) -> None:
    await take(web, world, absent(world.child.pupil_id, "late", note="kẹt xe"))
    await enter(web, world, line(world.child, "7,5"))
    await publish_marks(web, world)
    notice_id = await announce(school_house, world, needs_acknowledgement=True, urgent=True)
    await bill(owner, world, "Tiền ăn tháng 10", 650_000, TODAY + timedelta(days=9), paid=150_000)
    await bill(owner, world, "Quỹ lớp", 100_000, TODAY - timedelta(days=1))

    home = await look(web, world.parent)
    [child] = home.children
    assert home.on == TODAY
    assert (child.full_name, child.class_name, child.relation) == ("Nguyễn Minh An", "6A1", "mother")
    assert [(mark.session, mark.mark, mark.note) for mark in child.attendance] == [("morning", "late", "kẹt xe")]
    assert [(mark.subject, mark.kind, mark.score) for mark in child.newest_marks] == [
        ("Toán", "regular", Decimal("7.5"))
    ]
    assert (child.unread_notices, home.unread_notices) == (2, 2)  # the announcement, and that there is a mark
    assert child.balance_due == 600_000
    assert [(item.title, item.amount, item.overdue) for item in child.to_do.pay] == [
        ("Quỹ lớp", 100_000, True),
        ("Tiền ăn tháng 10", 500_000, False),
    ]
    assert [(item.notice_id, item.title, item.urgent) for item in child.to_do.acknowledge] == [
        (notice_id, "Tiêm chủng", True)
    ]


def test_the_example_in_the_description_is_a_home() -> None:
    assert msgspec.convert(examples.HOME, Home, strict=False).children[0].newest_marks[0].score == Decimal("7.5")


async def test_a_quiet_morning_is_an_empty_home_not_an_error(web: httpx.AsyncClient, world: World) -> None:
    child = await child_of(web, world.parent)
    assert (child.attendance, child.newest_marks, child.balance_due, child.unread_notices) == ([], [], 0, 0)
    assert (child.to_do.pay, child.to_do.acknowledge) == ([], [])


async def test_home_never_names_another_child(web: httpx.AsyncClient, world: World) -> None:
    answer = await web.get("/v1/family/home", headers=world.parent.headers)
    for other in (world.classmate, world.neighbour_child, world.other_child):
        assert str(other.pupil_id) not in answer.text
        assert other.full_name not in answer.text


async def test_marks_not_yet_published_are_not_on_the_home(web: httpx.AsyncClient, world: World) -> None:
    await enter(web, world, line(world.child, 3))
    assert (await child_of(web, world.parent)).newest_marks == []


async def test_subjects_are_named_in_the_readers_language(web: httpx.AsyncClient, world: World) -> None:
    await enter(web, world, line(world.child, 8))
    await publish_marks(web, world)
    [child] = (await look(web, world.parent, **{"accept-language": "en"})).children
    assert child.newest_marks[0].subject == "Mathematics"


async def test_opening_and_acknowledging_empties_the_lists(
    web: httpx.AsyncClient, world: World, school_house: House
) -> None:
    notice_id = await announce(school_house, world, needs_acknowledgement=True)
    await web.post(f"/v1/family/notices/{world.school_id}/{notice_id}/opened", headers=world.parent.headers)
    opened = await child_of(web, world.parent)
    assert (opened.unread_notices, len(opened.to_do.acknowledge)) == (0, 1)
    await web.post(f"/v1/family/notices/{world.school_id}/{notice_id}/acknowledged", headers=world.parent.headers)
    assert (await child_of(web, world.parent)).to_do.acknowledge == []
    # The other parent has read nothing yet.
    assert (await child_of(web, world.parent2)).unread_notices == 1


async def test_nothing_changed_is_304_and_anything_seen_is_not(web: httpx.AsyncClient, world: World) -> None:
    first = await web.get("/v1/family/home", headers=world.parent.headers)

    async def again(**headers: str) -> int:
        headers = {**world.parent.headers, "if-none-match": first.headers["etag"], **headers}
        return (await web.get("/v1/family/home", headers=headers)).status_code

    assert await again() == 304
    assert await again(**{"accept-language": "en"}) == 200
    await take(web, world, class_id=world.other_class_id, by=world.admin)
    assert await again() == 304, "another class's roll is nothing to this family"
    await take(web, world)
    assert await again() == 200


async def test_a_new_day_is_a_new_home(web: httpx.AsyncClient, world: World, clock: StoppedClock) -> None:
    first = await web.get("/v1/family/home", headers=world.parent.headers)
    clock.advance(timedelta(hours=17))
    headers = {**world.parent.headers, "if-none-match": first.headers["etag"]}
    assert (await web.get("/v1/family/home", headers=headers)).status_code == 200


@pytest.mark.parametrize("who", ["parent2", "neighbour"])
async def test_an_etag_of_one_family_means_nothing_to_another(web: httpx.AsyncClient, world: World, who: str) -> None:
    first = await web.get("/v1/family/home", headers=world.parent.headers)
    headers = {**getattr(world, who).headers, "if-none-match": first.headers["etag"]}
    assert (await web.get("/v1/family/home", headers=headers)).status_code == 200


async def test_a_guardian_whose_right_ended_has_an_empty_home(
    web: httpx.AsyncClient, world: World, school_house: House, owner: asyncpg.Connection
) -> None:
    await announce(school_house, world)
    await owner.execute(
        "UPDATE guardianships SET valid_to = $3 WHERE school_id = $1 AND guardian_id = $2",
        world.school_id, world.parent.person_id, TODAY - timedelta(days=1),
    )  # fmt: skip
    home = await look(web, world.parent)
    assert (home.children, home.unread_notices) == ([], 0)


async def test_staff_without_children_have_no_home(web: httpx.AsyncClient, world: World) -> None:
    assert (await web.get("/v1/family/home", headers=world.teacher.headers)).status_code == 403


async def in_two_schools(owner: asyncpg.Connection, house: House, world: World) -> dict[str, str]:
    """world.parent is also the guardian of the child in the other school; the headers of a token that knows both."""
    guardian_id = new_id()
    await owner.execute(
        "INSERT INTO guardians (school_id, guardian_id, full_name, name_fold, phone_e164, account_id, source, created_at, updated_at)"
        " VALUES ($1, $2, 'Nguyễn Thị Hoa', 'nguyen thi hoa', $3, $4, 'hand', $5, $5)",
        world.other_school_id, guardian_id, world.parent.phone, world.parent.account_id, MORNING,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source) VALUES ($1, $2, $3, 'mother', '2026-08-01', 'hand')",
        world.other_school_id, world.other_child.pupil_id, guardian_id,
    )  # fmt: skip
    tokens = TokenOffice(house.cipher)
    principal = tokens.verify(world.parent.token, now=0)
    assert principal is not None
    both = msgspec.structs.replace(principal, guardian_in=(world.school_id, world.other_school_id))
    return {"authorization": f"Bearer {tokens.issue(both, issued_at=0)}"}


async def test_children_in_two_schools_are_on_one_home(
    web: httpx.AsyncClient, world: World, school_house: House, owner: asyncpg.Connection
) -> None:
    headers = await in_two_schools(owner, school_house, world)
    answer = await web.get("/v1/family/home", headers=headers)
    home = msgspec.json.decode(answer.content, type=Home)
    assert [child.full_name for child in home.children] == ["Nguyễn Minh An", "Phạm Văn Đức"]
    assert [child.school_id for child in home.children] == [world.school_id, world.other_school_id]
    again = await web.get("/v1/family/home", headers={**headers, "if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_a_parent_twice_in_the_roll_sees_each_child_once(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    twin = new_id()
    await owner.execute(
        "INSERT INTO guardians (school_id, guardian_id, full_name, name_fold, account_id, source, created_at, updated_at)"
        " VALUES ($1, $2, 'NGUYEN THI HOA', 'nguyen thi hoa', $3, 'file', $4, $4)",
        world.school_id, twin, world.parent.account_id, MORNING,
    )  # fmt: skip
    for pupil in (world.child, world.neighbour_child):
        await owner.execute(
            "INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source) VALUES ($1, $2, $3, 'guardian', '2026-08-01', 'file')",
            world.school_id, pupil.pupil_id, twin,
        )  # fmt: skip
    home = await look(web, world.parent)
    assert sorted(child.full_name for child in home.children) == ["Lê Thị Ánh", "Nguyễn Minh An"]


async def test_home_is_one_statement_and_an_unchanged_one_too(
    web: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    run = Reader._run

    async def counted(self: Reader, verb: str, sql: str, arguments: tuple[Any, ...]) -> Any:
        asked.append(sql)
        return await run(self, verb, sql, arguments)

    monkeypatch.setattr(Reader, "_run", counted)
    first = await web.get("/v1/family/home", headers=world.parent.headers)
    assert len(asked) == 1
    headers = {**world.parent.headers, "if-none-match": first.headers["etag"]}
    assert (await web.get("/v1/family/home", headers=headers)).status_code == 304
    assert len(asked) == 2
    assert "roll_marks" not in asked[1]
