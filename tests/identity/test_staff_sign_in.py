"""Staff: password and second factor, lock-out that grows, one answer for unknown, wrong and locked."""

from __future__ import annotations

import inspect
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from argon2 import PasswordHasher

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.problems import Problem
from backend.identity import passwords, staff_sign_in
from backend.identity.second_factor import matching_step
from backend.identity.sessions import Device
from backend.identity.tokens import TokenOffice
from tests.factories import World, fresh_phone
from tests.identity.scenes import (
    PASSWORD,
    add_guardian,
    add_staff,
    bearer,
    renew,
    set_password,
    sign_in,
    totp,
    turn_on_second_factor,
    with_password,
)


def _principal(house: House, signed_in: dict[str, Any]) -> Any:
    return TokenOffice(house.cipher).verify(signed_in["access_token"], now=0)


async def test_a_teacher_sets_a_password_after_a_code_and_signs_in_with_it(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    by_code = await sign_in(timed, owner, house, world.teacher.phone)
    other_device = await sign_in(timed, owner, house, world.teacher.phone)
    by_code = await set_password(timed, by_code)
    assert _principal(house, by_code).staff_in == (world.school_id,)
    # The session that set it goes on, the others end.
    assert (await renew(timed, by_code["refresh_token"])).status_code == 200
    assert (await renew(timed, other_device["refresh_token"])).status_code == 401
    answer = await with_password(timed, world.teacher.phone)
    assert answer.status_code == 200
    assert _principal(house, answer.json()).staff_in == (world.school_id,)
    assert not _principal(house, answer.json()).second_factor


async def test_after_a_password_is_set_a_code_no_longer_opens_the_staffs_door(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    from tests.identity.scenes import add_guardian, ask, open_code, verify

    await set_password(client, await sign_in(client, owner, house, world.teacher.phone))
    await ask(client, world.teacher.phone)
    refused = await verify(client, world.teacher.phone, await open_code(owner, house, world.teacher.phone) or "")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/password-needed")
    # A teacher who is a parent still comes in as a parent.
    await add_guardian(owner, world.other_school_id, world.teacher.phone, world.teacher.full_name, world.other_child)
    as_parent = _principal(house, await sign_in(client, owner, house, world.teacher.phone))
    assert (as_parent.guardian_in, as_parent.staff_in) == ((world.other_school_id,), ())


async def test_families_need_no_password(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await sign_in(client, owner, house, world.parent.phone)
    answer = await client.put("/v1/me/password", headers=bearer(signed_in), json={"password": PASSWORD})
    assert answer.status_code == 403


async def test_a_password_is_set_soon_after_the_code_or_not_at_all(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await sign_in(timed, owner, house, world.teacher.phone)
    clock.advance(passwords.FRESH + timedelta(seconds=1))
    signed_in = (await renew(timed, signed_in["refresh_token"])).json()
    answer = await timed.put("/v1/me/password", headers=bearer(signed_in), json={"password": PASSWORD})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/sign-in-again")


async def test_changing_a_password_needs_the_one_so_far(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await set_password(client, await sign_in(client, owner, house, world.teacher.phone))
    new = "một câu khác hẳn"
    for current in (None, "sai rồi nhé"):
        answer = await client.put(
            "/v1/me/password", headers=bearer(signed_in), json={"password": new, "current": current}
        )
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/password-wrong")
    answer = await client.put("/v1/me/password", headers=bearer(signed_in), json={"password": new, "current": PASSWORD})
    assert answer.status_code == 200
    assert (await with_password(client, world.teacher.phone)).status_code == 401
    assert (await with_password(client, world.teacher.phone, new)).status_code == 200


@pytest.mark.parametrize(
    "weak", ["1234567890", "matkhau123", "aaaaaaaaaaaa", "password2026", "Cúc Đỗ Thị", "qwertyuiop", "phone"]
)
async def test_guessable_passwords_are_refused(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World, weak: str
) -> None:
    signed_in = await sign_in(client, owner, house, world.admin.phone)
    password = {"phone": "0" + world.admin.phone[3:], "Cúc Đỗ Thị": "Truong Bui"}.get(weak, weak)
    answer = await client.put("/v1/me/password", headers=bearer(signed_in), json={"password": password})
    assert (answer.status_code, [e["pointer"] for e in answer.json()["errors"]]) == (422, ["/password"])


async def test_the_same_password_in_another_unicode_form_is_the_same(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    import unicodedata

    await set_password(client, await sign_in(client, owner, house, world.teacher.phone))
    assert (await with_password(client, world.teacher.phone, unicodedata.normalize("NFD", PASSWORD))).status_code == 200


async def test_passwords_are_kept_as_argon2id_only(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await set_password(client, await sign_in(client, owner, house, world.teacher.phone))
    kept = await owner.fetchval("SELECT password_hash FROM accounts WHERE account_id = $1", world.teacher.account_id)
    assert kept.startswith("$argon2id$") and PASSWORD not in kept


async def test_a_hash_of_weaker_days_is_made_anew_at_the_next_sign_in(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_password(client, await sign_in(client, owner, house, world.teacher.phone))
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=128, parallelism=1))
    assert (await with_password(client, world.teacher.phone)).status_code == 200
    kept = await owner.fetchval("SELECT password_hash FROM accounts WHERE account_id = $1", world.teacher.account_id)
    assert "m=128,t=2,p=1" in kept
    assert (await with_password(client, world.teacher.phone)).status_code == 200


def test_the_houses_own_hashes_are_costly() -> None:
    source = inspect.getsource(passwords)
    assert "_HASHER = PasswordHasher()" in source
    assert (PasswordHasher().memory_cost, PasswordHasher().time_cost) >= (65536, 3)


# One answer, the same work


async def test_unknown_wrong_and_passwordless_get_the_same_answer(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await set_password(client, await sign_in(client, owner, house, world.teacher.phone))
    answers = [
        await with_password(client, world.teacher.phone, "không phải thế"),
        await with_password(client, world.other_teacher.phone, "không phải thế"),
        await with_password(client, fresh_phone(), "không phải thế"),
    ]
    assert {a.status_code for a in answers} == {401}
    assert len({a.text for a in answers}) == 1


async def test_unknown_numbers_cost_the_same_statements_and_one_hash(
    house: House, world: World, client: httpx.AsyncClient, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_password(client, await sign_in(client, owner, house, world.teacher.phone))
    verified: list[int] = []
    right = passwords._HASHER.verify
    monkeypatch.setattr(passwords, "_HASHER", _Watched(right, verified, passwords._HASHER))
    costs = []
    for phone in (world.teacher.phone, world.other_teacher.phone, fresh_phone()):
        verified.clear()
        counting = _Counting(house)
        with pytest.raises(Problem):
            await staff_sign_in.sign_in_with_password(
                counting.house,
                TokenOffice(house.cipher),
                phone,
                "không phải thế",
                None,
                Device("x", "console", "192.0.2.7"),
            )
        costs.append((counting.reads, counting.statements, len(verified)))
    assert costs[0] == costs[1] == costs[2]
    assert costs[0][2] == 1


async def test_failures_lock_for_longer_and_longer(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await set_password(timed, await sign_in(timed, owner, house, world.teacher.phone))
    await owner.execute("UPDATE sessions SET address = '198.51.100.1' WHERE account_id = $1", world.teacher.account_id)
    rests = []
    for _ in range(staff_sign_in.FREE_FAILURES + 8):
        clock.advance(timedelta(hours=1))
        await with_password(timed, world.teacher.phone, "sai")
        until = await owner.fetchval(
            "SELECT locked_until FROM accounts WHERE account_id = $1", world.teacher.account_id
        )
        rests.append(int((until - clock.now()).total_seconds()) if until else 0)
    assert rests == [0, 0, 0, 0, 15, 30, 60, 120, 300, 900, 900, 900]
    # Locked: the right password is answered as a wrong one, and waiting is not made longer by trying.
    locked = await with_password(timed, world.teacher.phone)
    assert (locked.status_code, locked.json()["type"]) == (401, "/problems/password-wrong")
    assert await owner.fetchval(
        "SELECT failed_sign_ins FROM accounts WHERE account_id = $1", world.teacher.account_id
    ) == len(rests)
    clock.advance(timedelta(seconds=901))
    assert (await with_password(timed, world.teacher.phone)).status_code == 200
    assert (
        await owner.fetchval("SELECT failed_sign_ins FROM accounts WHERE account_id = $1", world.teacher.account_id)
        == 0
    )


async def test_strangers_cannot_keep_a_teacher_out_of_the_own_staff_room(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await set_password(client, await sign_in(client, owner, house, world.teacher.phone))  # from this address
    await owner.execute(
        "UPDATE accounts SET failed_sign_ins = 9, locked_until = $2 WHERE account_id = $1",
        world.teacher.account_id, house.clock.now() + timedelta(minutes=10),
    )  # fmt: skip
    assert (await with_password(client, world.teacher.phone)).status_code == 200


async def test_guessing_from_one_address_is_slowed_for_known_and_unknown_alike(
    client: httpx.AsyncClient, world: World
) -> None:
    for phone in (world.teacher.phone, fresh_phone()):
        statuses = [(await with_password(client, phone, "sai")).status_code for _ in range(12)]
        assert statuses == [401] * 10 + [429] * 2


# The second factor


async def test_the_second_factor_is_asked_for_once_it_is_on(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await set_password(timed, await sign_in(timed, owner, house, world.accountant.phone))
    assert not signed_in["second_factor"]
    secret, signed_in = await turn_on_second_factor(timed, signed_in, clock.now())
    assert signed_in["second_factor"] and _principal(house, signed_in).second_factor
    clock.advance(timedelta(seconds=60))
    without = await with_password(timed, world.accountant.phone)
    assert (without.status_code, without.json()["type"]) == (401, "/problems/totp-needed")
    wrong = await with_password(
        timed, world.accountant.phone, totp="000000" if totp(secret, clock.now()) != "000000" else "000001"
    )
    assert (wrong.status_code, wrong.json()["type"]) == (401, "/problems/totp-wrong")
    right = await with_password(timed, world.accountant.phone, totp=totp(secret, clock.now()))
    assert right.status_code == 200 and right.json()["second_factor"]
    # It lives with the session through its renewals.
    assert (await renew(timed, right.json()["refresh_token"])).json()["second_factor"]


async def test_a_code_is_used_once(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await set_password(timed, await sign_in(timed, owner, house, world.accountant.phone))
    secret, _ = await turn_on_second_factor(timed, signed_in, clock.now())
    # The code that turned it on is used up as well.
    assert (await with_password(timed, world.accountant.phone, totp=totp(secret, clock.now()))).status_code == 401
    clock.advance(timedelta(seconds=30))
    code = totp(secret, clock.now())
    assert (await with_password(timed, world.accountant.phone, totp=code)).status_code == 200
    replay = await with_password(timed, world.accountant.phone, totp=code)
    assert (replay.status_code, replay.json()["type"]) == (401, "/problems/totp-wrong")


async def test_the_same_code_twice_at_once_passes_once(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    import asyncio

    signed_in = await set_password(timed, await sign_in(timed, owner, house, world.accountant.phone))
    secret, _ = await turn_on_second_factor(timed, signed_in, clock.now())
    clock.advance(timedelta(seconds=30))
    code = totp(secret, clock.now())
    answers = await asyncio.gather(*(with_password(timed, world.accountant.phone, totp=code) for _ in range(3)))
    assert sorted(a.status_code for a in answers) == [200, 401, 401]


def test_a_code_counts_in_its_step_and_the_neighbours_only() -> None:
    from datetime import UTC, datetime

    secret, at = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", datetime(2026, 10, 5, 1, 0, 15, tzinfo=UTC)
    step = int(at.timestamp()) // 30
    for distance, accepted in ((-60, None), (-30, step - 1), (0, step), (30, step + 1), (60, None)):
        code = totp(secret, at + timedelta(seconds=distance))
        assert matching_step(secret, code, at, None) == accepted
    assert matching_step(secret, totp(secret, at), at, step) is None
    assert matching_step(secret, totp(secret, at)[:3] + " " + totp(secret, at)[3:], at, step - 1) == step


async def test_the_secret_is_sealed_and_shown_once(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await set_password(client, await sign_in(client, owner, house, world.accountant.phone))
    secret, signed_in = await turn_on_second_factor(client, signed_in, house.clock.now())
    sealed = await owner.fetchval("SELECT totp_sealed FROM accounts WHERE account_id = $1", world.accountant.account_id)
    assert secret.encode() not in sealed
    again = await client.post("/v1/me/second-factor", headers=bearer(signed_in))
    assert (again.status_code, again.json()["type"]) == (409, "/problems/second-factor-already-on")


async def test_the_second_factor_needs_a_password_first_and_is_for_staff(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    parent = await sign_in(client, owner, house, world.parent.phone)
    assert (await client.post("/v1/me/second-factor", headers=bearer(parent))).status_code == 403
    teacher = await sign_in(client, owner, house, world.teacher.phone)
    refused = await client.post("/v1/me/second-factor", headers=bearer(teacher))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/password-first")
    nothing = await client.post("/v1/me/second-factor/confirm", headers=bearer(teacher), json={"totp": "123456"})
    assert (nothing.status_code, nothing.json()["type"]) == (409, "/problems/second-factor-not-on")


async def test_turning_it_off_needs_a_code(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await set_password(timed, await sign_in(timed, owner, house, world.accountant.phone))
    secret, signed_in = await turn_on_second_factor(timed, signed_in, clock.now())
    used = await timed.post(
        "/v1/me/second-factor/off", headers=bearer(signed_in), json={"totp": totp(secret, clock.now())}
    )
    assert used.status_code == 401
    clock.advance(timedelta(seconds=30))
    off = await timed.post(
        "/v1/me/second-factor/off", headers=bearer(signed_in), json={"totp": totp(secret, clock.now())}
    )
    assert off.status_code == 204
    assert (await with_password(timed, world.accountant.phone)).status_code == 200


async def test_a_session_without_the_second_factor_can_pass_it_later(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    early = await set_password(timed, await sign_in(timed, owner, house, world.accountant.phone))
    late = (await with_password(timed, world.accountant.phone)).json()
    secret, _ = await turn_on_second_factor(timed, early, clock.now())
    # From the next renewal on it is a session of nobody on the staff, until it passes.
    late = (await renew(timed, late["refresh_token"])).json()
    assert not _principal(house, late).second_factor and _principal(house, late).staff_in == ()
    clock.advance(timedelta(seconds=30))
    answer = await timed.post(
        "/v1/me/second-factor/check", headers=bearer(late), json={"totp": totp(secret, clock.now())}
    )
    assert answer.status_code == 200 and answer.json()["second_factor"]
    assert _principal(house, answer.json()).staff_in == (world.school_id,)
    guesses = [
        (await timed.post("/v1/me/second-factor/check", headers=bearer(late), json={"totp": "000000"})).status_code
        for _ in range(6)
    ]
    assert guesses[-1] == 429


async def test_a_code_and_the_password_together_are_no_way_around_the_second_factor(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    """A teacher who is a parent still signs in by code, as a parent; setting the password there must not make a teacher of it."""
    phone = fresh_phone()
    await add_guardian(owner, world.school_id, phone, "Trần Thị Đôi", world.child)
    await add_staff(owner, world.school_id, phone, "Trần Thị Đôi", "accountant")
    signed_in = await set_password(timed, await sign_in(timed, owner, house, phone))
    secret, _ = await turn_on_second_factor(timed, signed_in, clock.now())
    by_code = await sign_in(timed, owner, house, phone)
    assert _principal(house, by_code).staff_in == ()
    changed = await timed.put(
        "/v1/me/password", headers=bearer(by_code), json={"password": "hai con thằn lằn con", "current": PASSWORD}
    )
    assert changed.status_code == 200
    assert _principal(house, changed.json()).staff_in == ()
    assert _principal(house, (await renew(timed, by_code["refresh_token"])).json()).staff_in == ()
    clock.advance(timedelta(seconds=30))
    passed = await timed.post(
        "/v1/me/second-factor/check", headers=bearer(changed.json()), json={"totp": totp(secret, clock.now())}
    )
    assert _principal(house, passed.json()).staff_in == (world.school_id,)


async def test_a_code_by_sms_alone_passes_no_second_factor_check(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    phone = fresh_phone()
    await add_guardian(owner, world.school_id, phone, "Lý Thị Ba", world.child)
    await add_staff(owner, world.school_id, phone, "Lý Thị Ba", "teacher")
    signed_in = await set_password(timed, await sign_in(timed, owner, house, phone))
    secret, _ = await turn_on_second_factor(timed, signed_in, clock.now())
    by_code = await sign_in(timed, owner, house, phone)
    clock.advance(timedelta(seconds=30))
    refused = await timed.post(
        "/v1/me/second-factor/check", headers=bearer(by_code), json={"totp": totp(secret, clock.now())}
    )
    assert refused.status_code == 403


class _Watched:
    def __init__(self, verify: Any, seen: list[int], hasher: Any) -> None:
        self._verify, self._seen, self._hasher = verify, seen, hasher

    def verify(self, password_hash: str, password: str) -> bool:
        self._seen.append(1)
        return bool(self._verify(password_hash, password))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hasher, name)


class _Counting:
    """The same house with doors that count what goes through them."""

    def __init__(self, house: House) -> None:
        self.statements: list[int] = []
        self.reads = 0
        self.house = House(house.settings, house.database, house.queue, house.clock, house.cipher, house.redis_url)
        self.house.database = self  # type: ignore[assignment]
        self.reader = self
        self._database = house.database

    async def fetch(self, sql: str, *arguments: Any) -> Any:
        self.reads += 1
        return await self._database.reader.fetch(sql, *arguments)

    @asynccontextmanager
    async def directory(self) -> Any:
        async with self._database.directory() as tx:
            yield tx
        self.statements.append(tx.statements)
