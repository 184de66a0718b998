"""One-time codes: asked for, guessed, used; and nothing that tells a known number from an unknown one."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.problems import Problem
from backend.identity import codes, sign_in
from backend.identity.sessions import Device
from backend.identity.tokens import TokenOffice
from tests.factories import World, fresh_phone
from tests.identity.scenes import ask, bearer, open_code, other_code, verify


async def test_a_family_signs_in_with_the_code_it_was_sent(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    asked = await ask(client, world.parent.phone)
    assert asked.status_code == 202
    code = await open_code(owner, house, world.parent.phone)
    assert code is not None and len(code) == 6 and code.isdigit()
    answer = await verify(client, world.parent.phone, f"{code[:3]} {code[3:]}", device_name="Máy của mẹ")
    assert answer.status_code == 200
    signed_in = answer.json()
    assert signed_in["outcome"] == "signed_in"
    assert signed_in["account_id"] == str(world.parent.account_id)
    mine = (await client.get("/v1/me/sessions", headers=bearer(signed_in))).json()
    assert [(s["device_name"], s["current"]) for s in mine] == [("Máy của mẹ", True)]


async def test_a_code_works_once(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await ask(client, world.parent.phone)
    code = await open_code(owner, house, world.parent.phone)
    assert code
    assert (await verify(client, world.parent.phone, code)).status_code == 200
    again = await verify(client, world.parent.phone, code)
    assert (again.status_code, again.json()["type"]) == (401, "/problems/code-gone")


async def test_asking_again_replaces_the_code(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await ask(client, world.parent.phone)
    first = await open_code(owner, house, world.parent.phone)
    await ask(client, world.parent.phone)
    second = await open_code(owner, house, world.parent.phone)
    assert await owner.fetchval("SELECT count(*) FROM one_time_codes WHERE phone_e164 = $1", world.parent.phone) == 1
    assert first and second
    if first != second:
        assert (await verify(client, world.parent.phone, first)).status_code == 401
    assert (await verify(client, world.parent.phone, second)).status_code == 200


async def test_a_code_expires(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await ask(timed, world.parent.phone)
    code = await open_code(owner, house, world.parent.phone)
    clock.advance(timedelta(seconds=house.settings.one_time_code_seconds))
    late = await verify(timed, world.parent.phone, code or "")
    assert (late.status_code, late.json()["type"]) == (401, "/problems/code-gone")


async def test_five_wrong_guesses_end_a_code(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await ask(client, world.parent.phone)
    code = await open_code(owner, house, world.parent.phone)
    answers = [await verify(client, world.parent.phone, other_code(code)) for _ in range(5)]
    assert [a.json().get("attempts_left") for a in answers] == [4, 3, 2, 1, None]
    assert answers[-1].json()["type"] == "/problems/code-gone"
    assert (await verify(client, world.parent.phone, code or "")).status_code == 401


async def test_the_table_of_codes_tells_no_code(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await ask(client, world.parent.phone)
    code = await open_code(owner, house, world.parent.phone)
    row = await owner.fetchrow("SELECT * FROM one_time_codes WHERE phone_e164 = $1", world.parent.phone)
    assert code and code.encode() not in row["code_hash"] and code.encode() not in row["code_sealed"]
    await verify(client, world.parent.phone, code)
    assert await open_code(owner, house, world.parent.phone) is None


# Unknown numbers


async def test_an_unknown_number_gets_the_same_answers(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    unknown = fresh_phone()
    for send in (ask, lambda c, p: verify(c, p, "000000")):
        known_answer, unknown_answer = await send(client, world.parent.phone), await send(client, unknown)
        assert known_answer.status_code == unknown_answer.status_code
        assert _without_time(known_answer) == _without_time(unknown_answer)
    assert await open_code(owner, house, unknown) is None


async def test_an_unknown_number_costs_the_same_statements(house: House, world: World) -> None:
    counts: dict[str, list[int]] = {}
    for phone in (world.parent.phone, fresh_phone()):
        counting = _Counting(house)
        await codes.ask_code(counting.house, phone, address="192.0.2.1", language="vi")
        with pytest.raises(Problem):
            await sign_in.verify_code(
                counting.house,
                TokenOffice(house.cipher),
                phone,
                "abcdef",
                Device("x", "app", "192.0.2.1"),
                person=None,
                language="vi",
            )
        counts[phone] = counting.statements
    known, unknown = counts.values()
    assert known == unknown
    assert known == [2, 2]


async def test_an_unknown_numbers_code_cannot_be_proved_even_if_guessed(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House
) -> None:
    unknown = fresh_phone()
    await ask(client, unknown)
    row = await owner.fetchrow("SELECT code_id FROM one_time_codes WHERE phone_e164 = $1", unknown)
    await owner.execute(
        "UPDATE one_time_codes SET code_hash = $2 WHERE phone_e164 = $1",
        unknown,
        codes._hash(house.cipher, unknown, row["code_id"], "123456"),
    )
    assert (await verify(client, unknown, "123456")).status_code == 401


# Limits


async def test_a_phone_is_asked_for_a_few_codes_and_then_waits(client: httpx.AsyncClient, world: World) -> None:
    for phone in (world.parent.phone, fresh_phone()):
        answers = [await ask(client, phone) for _ in range(6)]
        assert [a.status_code for a in answers] == [202, 202, 202, 202, 429, 429]
        assert int(answers[-1].headers["retry-after"]) > 60
        assert answers[-1].json()["type"] == "/problems/too-many-requests"


async def test_waiting_gives_another_code(timed: httpx.AsyncClient, clock: StoppedClock, world: World) -> None:
    for _ in range(4):
        await ask(timed, world.parent.phone)
    refused = await ask(timed, world.parent.phone)
    clock.advance(timedelta(seconds=int(refused.headers["retry-after"])))
    assert (await ask(timed, world.parent.phone)).status_code == 202


async def test_one_address_cannot_try_number_after_number(client: httpx.AsyncClient) -> None:
    statuses = [(await verify(client, fresh_phone(), "000000")).status_code for _ in range(61)]
    assert statuses[:60] == [401] * 60
    assert statuses[60] == 429


async def test_signing_in_rightly_uses_up_no_guess(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    for _ in range(4):
        await ask(client, world.parent.phone)
        for _ in range(4):
            await verify(client, world.parent.phone, other_code(await open_code(owner, house, world.parent.phone)))
    # Ten guesses from here are used up; of a right code none would have been.
    await ask(client, world.parent2.phone)
    assert (
        await verify(client, world.parent2.phone, await open_code(owner, house, world.parent2.phone) or "")
    ).status_code == 200
    assert (await verify(client, world.parent.phone, "000000")).status_code == 429


# Typed input


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    phone=st.one_of(
        st.text(max_size=45),
        st.from_regex(r"[+0-9 ().\-]{0,45}", fullmatch=True),
        st.from_regex(r"(\+84|0|84|0084)[0-9 .]{7,12}", fullmatch=True),
    )
)
async def test_whatever_is_typed_as_a_phone_is_taken_or_pointed_at(client: httpx.AsyncClient, phone: str) -> None:
    answer = await ask(client, phone)
    assert answer.status_code in (202, 422, 429)
    if answer.status_code == 422:
        assert [e["pointer"] for e in answer.json()["errors"]] == ["/phone"]


@pytest.mark.parametrize("phone", ["0", "19001009", "abc", "09" * 30, "+", "113", "\x00", "+1", "0123"])
async def test_what_is_no_phone_is_said_to_be_none(client: httpx.AsyncClient, phone: str) -> None:
    assert (await ask(client, phone)).status_code == 422


class _Counting:
    """The same house with a door that counts the statements of each transaction."""

    def __init__(self, house: House) -> None:
        self.statements: list[int] = []
        self.house = House(house.settings, house.database, house.queue, house.clock, house.cipher, house.redis_url)
        self.house.database = self  # type: ignore[assignment]
        self._database = house.database

    @asynccontextmanager
    async def directory(self) -> Any:
        async with self._database.directory() as tx:
            yield tx
        self.statements.append(tx.statements)


def _without_time(answer: httpx.Response) -> Any:
    return answer.json()
