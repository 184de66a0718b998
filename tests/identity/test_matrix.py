"""Who may do what: every route crossed with every kind of person, by real requests. See matrix.py for the lines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from backend.core.house import House
from backend.identity.doorkeeper import ACCESS_COOKIE
from tests import apart
from tests.factories import World
from tests.identity.matrix import ASKERS, FOREIGN, NOBODY, Line, Scene, collected, routes_of, target
from tests.identity.writes import Writes

# A house of its own, since every write in its database is noted.
apart_url, app, client, house, owner, redis_url = apart.FIXTURES
LINES = collected()
# The description of the API and its reader: made by the framework, so no keyword of ours can stand on them.
_FRAMEWORK = "/schema"
_ACCESSES = {"public", "signed_in", "guardian", "staff", "area", "machine"}


@pytest.fixture(scope="module")
async def writes(owner: asyncpg.Connection) -> Writes:
    writes = Writes(owner)
    await writes.watch()
    return writes


def test_every_route_has_a_line_and_every_line_a_route(app: Litestar) -> None:
    routes = routes_of(app)
    missing = [
        f'{method} {path}: add ("{method}", "{path}"): Line(ask=…, allowed=…) to tests/<room>/matrix_lines.py'
        for method, path in sorted(routes.keys() - LINES.keys())
    ]
    stale = [
        f"{method} {path}: has a line but is no route (any more); remove it"
        for method, path in sorted(LINES.keys() - routes.keys())
    ]
    assert len(routes) > 10
    assert not missing + stale, "\n".join(missing + stale)


def test_every_route_names_exactly_one_access(app: Litestar) -> None:
    wrong = [
        f"{method} {path}"
        for (method, path), handler in routes_of(app).items()
        if access(path, handler) not in _ACCESSES
    ]
    assert not wrong, f"without an access of backend/identity/guards.py: {wrong}"


def access(path: str, handler: HTTPRouteHandler) -> str | None:
    return "public" if path == _FRAMEWORK or path.startswith(_FRAMEWORK + "/") else handler.opt.get("access")


@pytest.mark.parametrize("key", sorted(LINES), ids=" ".join)
async def test_only_the_entitled_pass(
    key: tuple[str, str],
    app: Litestar,
    client: httpx.AsyncClient,
    world: World,
    owner: asyncpg.Connection,
    house: House,
    writes: Writes,
) -> None:
    line = LINES[key]
    handler = routes_of(app).get(key)
    assert handler is not None, f"{key} is no route"
    open_to_all = access(key[1], handler) in ("public", "machine")
    allowed = {(asker, name) for asker, name in line.allowed if name in line.targets}
    # A refusal proves nothing where nobody may pass: the path might simply be wrong.
    unproven = (
        []
        if line.allowed == NOBODY
        else [t for t in line.targets if t != FOREIGN and not any(name == t for _, name in allowed)]
    )
    assert not unproven, f"{key}: nobody is allowed on {unproven}; leave these targets out or name who is"

    wrong: list[str] = []
    crossed = [(asker, name) for name in line.targets for asker in ASKERS]
    refused = [pair for pair in crossed if pair not in allowed]
    await writes.news()
    for asker, name in refused:
        scene = Scene(world, owner, house, client, asker, target(world, name))
        if line.prepare:
            scene = replace(scene, made=await line.prepare(scene))
            await writes.news()
        answer = await _send(key[0], line, scene)
        if not _is_refusal(answer, signed_out=asker == "signed_out" and not open_to_all):
            wrong.append(f"{asker} on {name}: {answer.status_code} {answer.text[:200]!r}, should be refused")
        if written := await writes.news():
            wrong.append(f"{asker} on {name}: refused, and yet something was written: {written}")
    for asker, name in (pair for pair in crossed if pair in allowed):
        scene = Scene(world, owner, house, client, asker, target(world, name))
        if line.prepare:
            scene = replace(scene, made=await line.prepare(scene))
        answer = await _send(key[0], line, scene)
        if not _is_passing(answer, line):
            wrong.append(f"{asker} on {name}: {answer.status_code} {answer.text[:200]!r}, should pass")
    assert not wrong, "\n".join([f"{key[0]} {key[1]}", *wrong])


async def _send(method: str, line: Line, scene: Scene) -> httpx.Response:
    ask = line.ask(scene)
    headers = dict(ask.headers)
    token = scene.asker.token if scene.asker else None
    if line.by_cookie:
        headers.setdefault("accept", "text/html")
        headers.setdefault("sec-fetch-site", "same-origin")
        if token:
            headers["cookie"] = "; ".join(filter(None, [headers.get("cookie"), f"{ACCESS_COOKIE}={token}"]))
    elif token:
        headers["authorization"] = f"Bearer {token}"
    body: dict[str, Any] = {
        k: v
        for k, v in (("json", ask.json), ("data", ask.form), ("files", ask.files), ("content", ask.content))
        if v is not None
    }
    scene.client.cookies.clear()  # what an earlier answer set must not speak for this asker
    return await scene.client.request(
        method, ask.path, params=ask.params, headers=headers, follow_redirects=False, **body
    )


def _shown_the_door(answer: httpx.Response) -> bool:
    return answer.status_code in (302, 303, 307) and "sign-in" in answer.headers.get("location", "").partition("?")[0]


def _is_refusal(answer: httpx.Response, *, signed_out: bool) -> bool:
    if _shown_the_door(answer):
        return True
    return answer.status_code == 401 if signed_out else answer.status_code in (401, 403, 404)


def _is_passing(answer: httpx.Response, line: Line) -> bool:
    if line.passes is not None:
        return answer.status_code in line.passes
    return answer.status_code < 400 and not _shown_the_door(answer)
