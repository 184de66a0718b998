"""What the operator does from the command line."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from backend.core.house import House
from backend.core.phones import NotAPhone
from backend.identity.operating import appoint, reset_sign_in
from tests.factories import World, fresh_phone
from tests.identity.scenes import bearer, set_password, sign_in, turn_on_second_factor, with_password


async def test_an_appointed_administrator_signs_in_by_code_and_sees_the_area(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    province = await owner.fetchval("SELECT province_code FROM schools WHERE school_id = $1", world.school_id)
    phone = fresh_phone()
    first = await appoint(
        house.database, phone=phone, full_name=" Lê  Thị Sở ", area_code=province, at=house.clock.now()
    )
    again = await appoint(house.database, phone=phone, full_name="Lê Thị Sở", area_code=province, at=house.clock.now())
    assert first == again
    signed_in = await sign_in(client, owner, house, phone)
    assert (signed_in["account_id"], signed_in["full_name"]) == (str(first), "Lê Thị Sở")
    schools = (await client.get("/v1/areas/schools", headers=bearer(signed_in))).json()
    assert [s["school_id"] for s in schools] == [world.school_id]


async def test_an_administrator_who_lost_every_key_is_let_in_again(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await set_password(client, await sign_in(client, owner, house, world.admin.phone))
    await turn_on_second_factor(client, signed_in, house.clock.now())
    assert await reset_sign_in(house.database, phone=world.admin.phone, at=house.clock.now()) == 1
    assert (await with_password(client, world.admin.phone)).status_code == 401
    anew = await sign_in(client, owner, house, world.admin.phone)
    assert (await client.get("/v1/me", headers=bearer(anew))).json()["has_password"] is False
    assert await reset_sign_in(house.database, phone=fresh_phone(), at=house.clock.now()) == 0
    with pytest.raises(NotAPhone):
        await reset_sign_in(house.database, phone="12", at=house.clock.now())
