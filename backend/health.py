"""Health, readiness, metrics, and the page that a problem's type points to."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec
import redis.asyncio
from litestar import Request, Response, get
from litestar.enums import MediaType
from litestar.params import FromPath
from prometheus_client import REGISTRY, generate_latest

from backend.core import problems
from backend.core.crypto import same
from backend.core.http import house_of, json_bytes
from backend.core.problems import FORBIDDEN, NOT_FOUND
from backend.identity.guards import PUBLIC

_LOOPBACK = frozenset({"127.0.0.1", "::1", "testclient"})
_PROXY_HEADERS = frozenset({"x-forwarded-for", "x-real-ip", "forwarded", "via"})


class Health(msgspec.Struct):
    status: str


class Readiness(msgspec.Struct):
    status: str
    database: bool
    redis: bool


class ProblemPage(msgspec.Struct):
    type: str
    status: int
    vi: str
    en: str


@get("/health/live", tags=["house"], **PUBLIC)
async def live() -> Health:
    """The process answers."""
    return Health("ok")


@get("/health/ready", tags=["house"], **PUBLIC)
async def ready(request: Request[Any, Any, Any]) -> Response[Readiness]:
    """The database answers. Redis is disposable: without it the house is slower, not down, so it does not decide."""
    house = house_of(request)
    database = redis_answers = False
    with suppress(Exception):  # any failure is the answer "not ready"
        database = await house.database.reader.fetchval("SELECT true") is True
    with suppress(Exception):
        client: redis.asyncio.Redis = redis.asyncio.Redis.from_url(house.redis_url, socket_timeout=2)
        redis_answers = bool(await client.ping())
        await client.aclose()
    answer = Readiness("ready" if database else "not ready", database, redis_answers)
    return Response(answer, status_code=200 if database else 503)


@get("/metrics", tags=["house"], media_type=MediaType.TEXT, **PUBLIC)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Prometheus metrics, for loopback or for the bearer of the metrics token."""
    token = house_of(request).settings.metrics_token
    if token:
        if not same(request.headers.get("authorization", ""), f"Bearer {token}"):
            raise FORBIDDEN()
    elif request.client is not None and (request.client.host not in _LOOPBACK or _came_through_a_proxy(request)):
        raise FORBIDDEN()
    return Response(generate_latest(REGISTRY), media_type="text/plain; version=0.0.4; charset=utf-8")


def _came_through_a_proxy(request: Request[Any, Any, Any]) -> bool:
    """A proxy on this machine brings the whole internet to loopback."""
    return not _PROXY_HEADERS.isdisjoint(request.headers)


@get("/problems/{name:str}", tags=["house"], **PUBLIC)
async def explain_problem(name: FromPath[str]) -> Response[bytes]:
    """What a problem's type means, in both languages."""
    kind = problems.REGISTRY.get(name)
    if kind is None:
        raise NOT_FOUND()
    return json_bytes(msgspec.json.encode(ProblemPage(f"/problems/{name}", kind.status, kind.vi, kind.en)))


ROUTES: list[Any] = [live, ready, metrics, explain_problem]
