"""Việc cần làm: one list over children and schools, and "I take this one", through the doors."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.clock import StoppedClock, school_day
from backend.core.house import House
from backend.core.ids import new_id
from backend.family.claims import forget_old
from backend.family.home import todo as list_of
from backend.family.todo import Asked, Beside, Child, Claimed, Holder, lines_of, matters_of, urgency
from schemas.family import Home, ToAcknowledge, Todo, TodoLine, ToPay, ToSign
from tests.factories import Person, World
from tests.family.test_home import announce, bill, in_two_schools
from tests.forms.asking import opened, sign
from tests.wednesday import MORNING, TODAY


async def todo(web: httpx.AsyncClient, headers: dict[str, str]) -> list[TodoLine]:
    """The list of its own door, which is also the home screen's."""
    answer = await web.get("/v1/family/todo", headers=headers)
    assert answer.status_code == 200, answer.text
    lines = msgspec.json.decode(answer.content, type=Todo).lines
    home = msgspec.json.decode((await web.get("/v1/family/home", headers=headers)).content, type=Home)
    assert home.to_do == lines
    return lines


async def press(web: httpx.AsyncClient, world: World, who: Person, verb: str, key: str, **more: Any) -> httpx.Response:
    return await web.post(f"/v1/family/todo/{world.school_id}/{verb}", json={"key": key, **more}, headers=who.headers)


async def second_child(owner: asyncpg.Connection, world: World, who: Person) -> None:
    await owner.execute(
        "INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source)"
        " VALUES ($1, $2, $3, 'guardian', '2020-01-01', 'hand')",
        world.school_id, world.classmate.pupil_id, who.person_id,
    )  # fmt: skip


async def test_bills_forms_and_letters_are_one_list_by_urgency(
    web: httpx.AsyncClient, world: World, school_house: House, owner: asyncpg.Connection
) -> None:
    notice_id = await announce(school_house, world, needs_acknowledgement=True, urgent=True)
    slip = await opened(web, world, title="Tham quan", due_on=str(TODAY + timedelta(days=3)))
    question = await opened(web, world, title="Khảo sát", signature="answer", due_on=str(TODAY + timedelta(days=9)))
    await bill(owner, world, "Tiền ăn tháng 10", 650_000, TODAY + timedelta(days=5), paid=150_000)
    await bill(owner, world, "Quỹ lớp", 100_000, TODAY - timedelta(days=1))
    lines = await todo(web, world.parent.headers)
    assert [(line.kind, line.title, line.amount, line.overdue) for line in lines] == [
        ("pay", "Quỹ lớp", 100_000, True),
        ("acknowledge", "Tiêm chủng", None, False),
        ("sign", "Tham quan", None, False),
        ("pay", "Tiền ăn tháng 10", 500_000, False),
        ("answer", "Khảo sát", None, False),
    ]
    links = [line.link for line in lines]
    assert links[1:3] == [f"/app/{world.school_id}/notices/{notice_id}", f"/app/{world.school_id}/forms/{slip}"]
    assert links[4] == f"/app/{world.school_id}/forms/{question}"
    assert links[0].startswith(f"/app/{world.school_id}/children/{world.child.pupil_id}/invoices/")
    assert all([child.full_name for child in line.children] == ["Nguyễn Minh An"] for line in lines)
    assert all(line.shared and line.open for line in lines)


async def test_done_by_anybody_is_done_for_all_and_both_sign_each_for_himself(
    web: httpx.AsyncClient, world: World
) -> None:
    one, both = await opened(web, world, title="Một"), await opened(web, world, title="Hai", signature="both")
    for form_id in (one, both):
        await sign(web, world, form_id, world.parent)
    assert await todo(web, world.parent.headers) == []
    [line] = await todo(web, world.parent2.headers)
    assert (line.title, line.shared) == ("Hai", False)
    assert (await press(web, world, world.parent2, "claim", line.key)).json()["type"] == "/problems/todo-not-shared"


async def test_the_same_form_for_two_children_is_one_line_with_both_names(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await second_child(owner, world, world.parent)
    form_id = await opened(web, world)
    [line] = await todo(web, world.parent.headers)
    assert [child.full_name for child in line.children] == ["Nguyễn Minh An", "Trần Bảo Ân"]
    await sign(web, world, form_id, world.classmate_parent, pupil_ids=[str(world.classmate.pupil_id)])
    [line] = await todo(web, world.parent.headers)
    assert [child.full_name for child in line.children] == ["Nguyễn Minh An"]


async def test_bills_of_one_fee_for_two_children_are_one_sum(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await second_child(owner, world, world.parent)
    await bill(owner, world, "Tiền ăn", 300_000, TODAY)
    await owner.execute(
        "INSERT INTO invoices (school_id, invoice_id, fee_id, pupil_id, reference, bank_account_id, amount, due_on, created_at)"
        " SELECT school_id, $2, fee_id, $3, 'HPX' || invoice_id, bank_account_id, 250000, due_on, created_at FROM invoices WHERE school_id = $1",
        world.school_id, new_id(), world.classmate.pupil_id,
    )  # fmt: skip
    [line] = await todo(web, world.parent.headers)
    assert (line.amount, len(line.children), line.link) == (550_000, 2, f"/app/{world.school_id}/pay")


async def test_two_notices_of_one_announcement_are_one_line_and_one_press(
    web: httpx.AsyncClient, world: World, school_house: House
) -> None:
    await announce(school_house, world, needs_acknowledgement=True)
    newest = await announce(school_house, world, needs_acknowledgement=True)
    [line] = await todo(web, world.parent.headers)
    assert line.link.endswith(str(newest))
    assert len(line.children) == 1
    await web.post(f"/v1/family/notices/{world.school_id}/{newest}/acknowledged", headers=world.parent.headers)
    assert await todo(web, world.parent.headers) == []
    assert len(await todo(web, world.parent2.headers)) == 1


async def test_a_gift_is_never_a_thing_to_do(web: httpx.AsyncClient, world: World, owner: asyncpg.Connection) -> None:
    await bill(owner, world, "Ủng hộ", 50_000, TODAY)
    await owner.execute(
        "UPDATE fees SET category = 'voluntary', mandatory = false WHERE school_id = $1", world.school_id
    )
    assert await todo(web, world.parent.headers) == []


async def test_whoever_takes_it_on_closes_it_for_the_other_and_may_give_it_back(
    web: httpx.AsyncClient, world: World
) -> None:
    form_id = await opened(web, world)
    key = f"form:{form_id}"
    before = await web.get("/v1/family/home", headers=world.parent.headers)
    for _ in range(2):
        assert (await press(web, world, world.parent2, "claim", key)).status_code == 204
    again = {**world.parent.headers, "if-none-match": before.headers["etag"]}
    assert (await web.get("/v1/family/home", headers=again)).status_code == 200, "the other's open page learns of it"
    [line] = await todo(web, world.parent.headers)
    assert line.taken_by is not None
    assert (line.open, line.taken_by.name, line.taken_by.relation, line.taken_by.mine) == (
        False, "Nguyễn Văn Hùng", "father", False,
    )  # fmt: skip
    [own] = await todo(web, world.parent2.headers)
    assert own.open
    assert own.taken_by is not None
    assert own.taken_by.mine
    refused = await press(web, world, world.parent, "claim", key)
    assert (refused.status_code, refused.json()["title"]) == (409, "Nguyễn Văn Hùng vừa nhận lo việc này.")
    assert (await press(web, world, world.parent, "release", key)).status_code == 204, "not mine: nothing changes"
    assert not (await todo(web, world.parent.headers))[0].open
    for _ in range(2):
        assert (await press(web, world, world.parent2, "release", key)).status_code == 204
    [line] = await todo(web, world.parent.headers)
    assert (line.open, line.taken_by) == (True, None)


async def test_it_may_be_taken_over(web: httpx.AsyncClient, world: World) -> None:
    key = f"form:{await opened(web, world)}"
    await press(web, world, world.parent2, "claim", key)
    assert (await press(web, world, world.parent, "claim", key, take_over=True)).status_code == 204
    assert not (await todo(web, world.parent2.headers))[0].open


async def test_what_is_overdue_is_everybodys_again(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, clock: StoppedClock
) -> None:
    await bill(owner, world, "Tiền ăn", 300_000, TODAY + timedelta(days=1))
    [line] = await todo(web, world.parent.headers)
    await press(web, world, world.parent2, "claim", line.key)
    assert not (await todo(web, world.parent.headers))[0].open
    clock.advance(timedelta(days=2))
    [line] = await todo(web, world.parent.headers)
    assert (line.open, line.overdue, line.taken_by is not None) == (True, True, True)


async def test_a_claim_of_somebody_who_lost_the_child_hides_nothing(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    key = f"form:{await opened(web, world)}"
    await press(web, world, world.parent2, "claim", key)
    await owner.execute(
        "UPDATE guardianships SET can_view = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.parent2.person_id,
    )
    [line] = await todo(web, world.parent.headers)
    assert (line.open, line.taken_by, line.shared) == (True, None, False)


async def test_of_two_children_only_the_shared_one_is_taken(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await second_child(owner, world, world.parent)
    key = f"form:{await opened(web, world)}"
    await press(web, world, world.parent2, "claim", key)
    lines = await todo(web, world.parent.headers)
    assert [(line.open, [child.full_name for child in line.children]) for line in lines] == [
        (True, ["Trần Bảo Ân"]),
        (False, ["Nguyễn Minh An"]),
    ]


async def test_what_was_taken_on_months_ago_is_forgotten(
    web: httpx.AsyncClient, world: World, school_house: House, clock: StoppedClock
) -> None:
    key = f"form:{await opened(web, world, due_on=str(TODAY + timedelta(days=300)))}"
    await press(web, world, world.parent2, "claim", key)

    async def is_open() -> bool:
        await forget_old(school_house)
        reader, account_id = school_house.database.reader, world.parent.account_id
        [line] = (await list_of(reader, account_id, [world.school_id], school_day(clock.now()))).lines
        return line.open

    clock.advance(timedelta(days=119))
    assert not await is_open()
    clock.advance(timedelta(days=2))
    assert await is_open()


@pytest.mark.parametrize("verb", ["claim", "release"])
async def test_what_is_not_on_ones_list_cannot_be_taken(web: httpx.AsyncClient, world: World, verb: str) -> None:
    key = f"form:{await opened(web, world)}"
    for who in (world.neighbour, world.stranger):
        assert (await press(web, world, who, verb, key)).status_code == 404
    assert (await press(web, world, world.parent, verb, "form:nothing")).status_code == 404


async def test_two_schools_are_one_list(
    web: httpx.AsyncClient, world: World, school_house: House, owner: asyncpg.Connection
) -> None:
    headers = await in_two_schools(owner, school_house, world)
    await opened(web, world, title="Sau", due_on=str(TODAY + timedelta(days=9)))
    answer = await web.post(
        f"/v1/schools/{world.other_school_id}/forms",
        json={
            "form_id": str(new_id()), "title": "Trước", "body": "x", "questions": [], "signature": "one",
            "audience": {"kind": "school"}, "due_on": str(TODAY + timedelta(days=2)),
        },
        headers=world.other_admin.headers,
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    assert [(line.title, line.school_id) for line in await todo(web, headers)] == [
        ("Trước", world.other_school_id),
        ("Sau", world.school_id),
    ]


async def test_nothing_changed_is_304(web: httpx.AsyncClient, world: World) -> None:
    first = await web.get("/v1/family/todo", headers=world.parent.headers)
    again = {**world.parent.headers, "if-none-match": first.headers["etag"]}
    assert (await web.get("/v1/family/todo", headers=again)).status_code == 304
    await opened(web, world)
    assert (await web.get("/v1/family/todo", headers=again)).status_code == 200


_GUARDIANS = [UUID(int=100 + number) for number in range(3)]
_RULES: dict[int, Any] = {1: "one", 2: "both", 3: "answer"}
_IDS = st.integers(1, 3).map(lambda number: UUID(int=number))
_DAYS = st.sampled_from([date(2026, 10, 13), date(2026, 10, 20), date(2026, 10, 30)])
_ASKED = st.builds(
    Asked,
    st.lists(st.builds(ToPay, _IDS, _IDS, st.just("Tiền ăn"), st.integers(1, 900), _DAYS, st.just(False)), max_size=3),
    st.lists(
        st.builds(lambda form_id, due_on: ToSign(form_id, "Phiếu", _RULES[form_id.int], due_on), _IDS, _DAYS),
        max_size=3,
        unique_by=lambda form: form.form_id,
    ),
    st.lists(
        st.builds(ToAcknowledge, _IDS, st.sampled_from(["a:1", "a:2"]), st.none(), st.booleans(), st.just(MORNING)),
        max_size=3,
    ),
)
_CHILDREN = st.lists(
    st.builds(Child, st.integers(1, 2), st.just("Trường"), _IDS, st.just("An"), _ASKED),
    max_size=4,
    unique_by=lambda child: child.pupil_id,
)
_CLAIMS = st.builds(
    Claimed,
    st.sampled_from(
        [*(f"fee:{UUID(int=n)}" for n in (1, 2, 3)), *(f"form:{UUID(int=n)}" for n in (1, 2)), "notice:a:1"]
    ),
    st.sampled_from(_GUARDIANS),
    st.just(MORNING),
)
_BESIDE = st.lists(
    st.builds(
        Beside,
        _IDS,
        st.lists(st.sampled_from(_GUARDIANS), unique=True).map(
            lambda ids: [Holder(one, "Hùng", "father", one == _GUARDIANS[0]) for one in ids]
        ),
        st.lists(_CLAIMS, max_size=3, unique_by=lambda claim: claim.key),
    ),
    unique_by=lambda one: one.pupil_id,
)


@given(_CHILDREN, _BESIDE)
def test_folding_never_hides_an_action(children: list[Child], beside: list[Beside]) -> None:
    lines = lines_of(children, beside, TODAY)
    asked = {
        (child.school_id, matter.key, child.pupil_id): matter for child in children for matter in matters_of(child)
    }
    shown = [(line.school_id, line.key, child.pupil_id) for line in lines for child in line.children]
    assert sorted(shown, key=str) == sorted(asked, key=str), "each thing of each child stands on exactly one line"
    assert sum(line.amount or 0 for line in lines) == sum(
        matter.amount or 0 for child in children for matter in matters_of(child)
    )
    assert lines == sorted(lines, key=urgency)
    holders = {one.pupil_id: {holder.guardian_id for holder in one.holders} for one in beside}
    for line in lines:
        if not line.open:
            assert line.taken_by is not None
            assert not line.taken_by.mine
            assert not line.overdue
            for child in line.children:
                assert holders[child.pupil_id], "somebody who sees the child has it"
                assert asked[line.school_id, line.key, child.pupil_id].one_is_enough
