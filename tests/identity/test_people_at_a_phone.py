"""Who is behind a number: alone, shared by two, a teacher who is a parent, several schools; and what ends when a number changes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import httpx

from backend.core.house import House
from backend.core.text import fold
from backend.identity.accounts import PersonKey
from backend.identity.tokens import TokenOffice
from backend.people.linking import Reachable, link_known_accounts, unlink
from tests.factories import World, fresh_phone
from tests.identity.scenes import add_guardian, ask, open_code, sign_in, verify


async def _claims(house: House, signed_in: dict[str, Any]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    principal = TokenOffice(house.cipher).verify(signed_in["access_token"], now=house.clock.now().timestamp())
    assert principal is not None
    return principal.guardian_in, principal.staff_in


async def test_the_first_sign_in_makes_the_account_and_ties_it(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    phone = fresh_phone()
    guardian_id = await add_guardian(owner, world.school_id, phone, "Cao Thị Bé", world.child)
    first = await sign_in(client, owner, house, phone)
    again = await sign_in(client, owner, house, phone)
    assert first["account_id"] == again["account_id"]
    assert first["full_name"] == "Cao Thị Bé"
    assert (
        str(await owner.fetchval("SELECT account_id FROM guardians WHERE guardian_id = $1", guardian_id))
        == first["account_id"]
    )
    assert (
        await owner.fetchval("SELECT count(*) FROM account_persons WHERE account_id = $1", UUID(first["account_id"]))
        == 1
    )
    assert await owner.fetchval(
        "SELECT count(*) FROM audit_events WHERE school_id = $1 AND action = 'account.linked' AND subject_id = $2", world.school_id, str(guardian_id)
    ) == 1  # fmt: skip


async def test_children_in_two_schools_are_one_account(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    phone = fresh_phone()
    await add_guardian(owner, world.school_id, phone, "Cao Thị Bé", world.child)
    await add_guardian(owner, world.school_id, phone, "CAO THỊ BÉ", world.classmate)
    await add_guardian(owner, world.other_school_id, phone, "Cao Thi Be", world.other_child)
    signed_in = await sign_in(client, owner, house, phone)
    assert await _claims(house, signed_in) == ((world.school_id, world.other_school_id), ())
    assert (
        await owner.fetchval(
            "SELECT count(*) FROM account_persons WHERE account_id = $1", UUID(signed_in["account_id"])
        )
        == 3
    )


async def test_a_teacher_who_is_a_parent_is_one_account(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await add_guardian(owner, world.other_school_id, world.teacher.phone, world.teacher.full_name, world.other_child)
    signed_in = await sign_in(client, owner, house, world.teacher.phone)
    assert signed_in["account_id"] == str(world.teacher.account_id)
    assert await _claims(house, signed_in) == ((world.other_school_id,), (world.school_id,))


async def test_two_people_sharing_a_phone_say_who_is_there(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    phone = fresh_phone()
    grandmother = await add_guardian(owner, world.school_id, phone, "Đinh Thị Sáu", world.child)
    aunt = await add_guardian(owner, world.school_id, phone, "Đinh Ngọc Lan", world.classmate)
    await ask(client, phone)
    code = await open_code(owner, house, phone) or ""
    asked = (await verify(client, phone, code)).json()
    assert asked["outcome"] == "choose"
    assert {p["masked_name"] for p in asked["people"]} == {"Đ. T. Sáu", "Đ. N. Lan"}
    assert "Đinh" not in str(asked)
    keys = {p["masked_name"]: p["key"] for p in asked["people"]}

    wrong = await client.post("/v1/sign-in/choice", json={"ticket": asked["ticket"], "person": "somebody"})
    assert wrong.status_code == 422
    choice = {"ticket": asked["ticket"], "person": keys["Đ. T. Sáu"], "device_name": "Máy bà"}
    signed_in = (await client.post("/v1/sign-in/choice", json=choice)).json()
    assert signed_in["full_name"] == "Đinh Thị Sáu"
    # The choice is made once: neither the ticket nor the code opens a second door.
    assert (await client.post("/v1/sign-in/choice", json={**choice, "person": keys["Đ. N. Lan"]})).status_code == 401
    assert (await verify(client, phone, code, person=keys["Đ. N. Lan"])).status_code == 401
    rows = {
        r["guardian_id"]: r["account_id"]
        for r in await owner.fetch("SELECT guardian_id, account_id FROM guardians WHERE phone_e164 = $1", phone)
    }
    assert str(rows[grandmother]) == signed_in["account_id"]
    assert rows[aunt] is None

    await ask(client, phone)
    directly = (
        await verify(client, phone, await open_code(owner, house, phone) or "", person=keys["Đ. N. Lan"])
    ).json()
    assert directly["full_name"] == "Đinh Ngọc Lan"
    assert directly["account_id"] != signed_in["account_id"]


async def test_forged_and_foreign_tickets_are_refused(client: httpx.AsyncClient, house: House) -> None:
    sealed_for_another_purpose = house.cipher.seal(
        '["+84912345678","00000000-0000-0000-0000-000000000000",0]', "personal-id"
    ).hex()
    for ticket in ("", "x", "ế", "AAAA", sealed_for_another_purpose):
        answer = await client.post("/v1/sign-in/choice", json={"ticket": ticket, "person": "y"})
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/ticket-gone"), ticket


async def test_an_entry_without_a_name_is_whoever_has_the_number(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    phone = fresh_phone()
    await add_guardian(owner, world.school_id, phone, "", world.child)
    await add_guardian(owner, world.other_school_id, phone, "Cao Thị Bé", world.other_child)
    signed_in = await sign_in(client, owner, house, phone)
    assert signed_in["full_name"] == "Cao Thị Bé"
    assert (await _claims(house, signed_in))[0] == (world.school_id, world.other_school_id)


async def test_a_corrected_name_keeps_the_account(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    phone = fresh_phone()
    guardian_id = await add_guardian(owner, world.school_id, phone, "Cao Thị Bế", world.child)
    before = await sign_in(client, owner, house, phone)
    for table in ("phone_directory", "guardians"):
        column = "person_id" if table == "phone_directory" else "guardian_id"
        await owner.execute(
            f"UPDATE {table} SET full_name = 'Cao Thị Kim Bé', name_fold = $2 WHERE {column} = $1",
            guardian_id,
            fold("Cao Thị Kim Bé"),
        )
    assert (await sign_in(client, owner, house, phone))["account_id"] == before["account_id"]


async def test_two_first_sign_ins_at_once_make_one_account(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    import asyncio

    from backend.identity.accounts import account_of

    phone = fresh_phone()

    async def first() -> UUID:
        async with house.database.directory() as tx:
            return await account_of(tx, phone, "cao thi be", "Cao Thị Bé", language="vi", at=house.clock.now())

    assert len(set(await asyncio.gather(*(first() for _ in range(4))))) == 1
    assert await owner.fetchval("SELECT count(*) FROM accounts WHERE phone_e164 = $1", phone) == 1


# When a number changes


async def test_a_changed_number_ends_the_link(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    phone = fresh_phone()
    guardian_id = await add_guardian(owner, world.school_id, phone, "Cao Thị Bé", world.child)
    signed_in = await sign_in(client, owner, house, phone)
    person = PersonKey(world.school_id, "guardian", guardian_id)
    async with house.database.school(world.school_id) as tx:
        assert await unlink(tx, [person], at=house.clock.now(), actor=world.admin.account_id) == 1
        await tx.execute(
            "UPDATE guardians SET phone_e164 = $3 WHERE school_id = $1 AND guardian_id = $2",
            world.school_id,
            guardian_id,
            fresh_phone(),
        )
    assert await owner.fetchval("SELECT account_id FROM guardians WHERE guardian_id = $1", guardian_id) is None
    for table in ("account_persons", "phone_accounts"):
        assert (
            await owner.fetchval(f"SELECT count(*) FROM {table} WHERE account_id = $1", UUID(signed_in["account_id"]))
            == 0
        )
    # The number is nobody's now: its code leads nowhere.
    await ask(client, phone)
    assert await open_code(owner, house, phone) is None
    assert (
        await owner.fetchval(
            "SELECT count(*) FROM audit_events WHERE school_id = $1 AND action = 'account.unlinked'", world.school_id
        )
        == 1
    )


async def test_a_number_known_in_two_schools_stays_in_the_other(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    phone = fresh_phone()
    here = await add_guardian(owner, world.school_id, phone, "Cao Thị Bé", world.child)
    await add_guardian(owner, world.other_school_id, phone, "Cao Thị Bé", world.other_child)
    before = await sign_in(client, owner, house, phone)
    async with house.database.school(world.school_id) as tx:
        await unlink(tx, [PersonKey(world.school_id, "guardian", here)], at=house.clock.now())
    after = await sign_in(client, owner, house, phone)
    assert after["account_id"] == before["account_id"]
    assert (await _claims(house, after))[0] == (world.other_school_id,)


async def test_a_roll_that_learns_a_known_number_reaches_its_account_at_once(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    guardian_id = await add_guardian(
        owner, world.other_school_id, world.parent.phone, world.parent.full_name, world.other_child
    )
    namesake = await add_guardian(owner, world.other_school_id, world.parent.phone, "Người Khác Hẳn", world.other_child)
    entries = [
        Reachable(
            PersonKey(world.other_school_id, "guardian", guardian_id), world.parent.phone, fold(world.parent.full_name)
        ),
        Reachable(PersonKey(world.other_school_id, "guardian", namesake), world.parent.phone, fold("Người Khác Hẳn")),
    ]
    async with house.database.school(world.other_school_id) as tx:
        assert await link_known_accounts(tx, entries, at=house.clock.now()) == 1
    assert (
        await owner.fetchval("SELECT account_id FROM guardians WHERE guardian_id = $1", guardian_id)
        == world.parent.account_id
    )
    assert await owner.fetchval("SELECT account_id FROM guardians WHERE guardian_id = $1", namesake) is None


async def test_a_link_is_never_made_over_another_phone(house: House, owner: asyncpg.Connection, world: World) -> None:
    from backend.people.linking import link_account

    guardian_id = await add_guardian(owner, world.school_id, fresh_phone(), "Cao Thị Bé", world.child)
    async with house.database.school(world.school_id) as tx:
        linked = await link_account(
            tx,
            world.neighbour.account_id,
            world.neighbour.phone,
            [PersonKey(world.school_id, "guardian", guardian_id)],
            at=house.clock.now(),
        )
    assert linked == []
    assert await owner.fetchval("SELECT account_id FROM guardians WHERE guardian_id = $1", guardian_id) is None
