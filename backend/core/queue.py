"""The bell. A job in Redis only wakes a worker; what must happen is a row in PostgreSQL, and a sweep finds rows whose bell was lost."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.asyncio import ConnectionPool

log = structlog.get_logger()

# A Redis that hangs holds nobody up for longer, and for a while after that nobody at all.
_RING_SECONDS = 1.0
_REST_SECONDS = 5.0

# arq takes the earliest first. A job of this ending is long work for many; all others are rung as if an hour ago, and go before it.
BEHIND = "_behind"
_AHEAD = timedelta(hours=1)

_pack = msgspec.msgpack.encode


def _unpack(data: bytes) -> dict[str, Any]:
    unpacked: dict[str, Any] = msgspec.msgpack.decode(data)
    return unpacked


class Bell(Protocol):
    async def ring(self, job: str, *arguments: int | str) -> None: ...


class Queue:
    def __init__(self, pool: ArqRedis) -> None:
        self.pool = pool
        self._resting_until = 0.0

    @classmethod
    async def open(cls, url: str) -> Queue:
        return cls(await create_pool(redis_settings(url), job_serializer=_pack, job_deserializer=_unpack))

    @classmethod
    def for_url(cls, url: str) -> Queue:
        """Without a first knock: servers and workers start, and deliver more slowly, while Redis is away."""
        connections = ConnectionPool.from_url(url, socket_connect_timeout=2)
        return cls(ArqRedis(connections, job_serializer=_pack, job_deserializer=_unpack))

    async def ring(self, job: str, *arguments: int | str) -> None:
        """At most one job per (job, arguments) and half second. A bell that cannot be rung is only latency, never a failure.

        The half second is in the key because arq swallows a job whose id is still running: the row it was rung for might
        have been committed just after the running job's last look.
        """
        if time.monotonic() < self._resting_until:
            return
        key = ":".join([job, *map(str, arguments), str(int(time.time() * 2))])
        since = None if job.endswith(BEHIND) else datetime.now(UTC) - _AHEAD
        try:
            async with asyncio.timeout(_RING_SECONDS):
                await self.pool.enqueue_job(job, *arguments, _job_id=key, _defer_until=since)
        except TimeoutError:
            self._resting_until = time.monotonic() + _REST_SECONDS
            log.warning("bell_not_rung", job=job, error="TimeoutError")
        except (OSError, RuntimeError) as error:
            log.warning("bell_not_rung", job=job, error=type(error).__name__)
        except Exception as error:  # redis-py's own errors; the row in PostgreSQL is the promise
            log.warning("bell_not_rung", job=job, error=type(error).__name__)

    async def close(self) -> None:
        await self.pool.aclose()


class SilentBell:
    """For commands that run without Redis: the sweep will find the rows."""

    async def ring(self, job: str, *arguments: int | str) -> None:
        log.info("bell_silent", job=job)


def redis_settings(url: str) -> RedisSettings:
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout = 2
    settings.conn_retries = 1
    return settings


def worker_options() -> dict[str, Any]:
    """Options of the arq worker, away from its defaults for the reasons in docs/decisions/outbox-over-arq.md."""
    return {
        "job_serializer": _pack,
        "job_deserializer": _unpack,
        "poll_delay": 0.1,
        "max_jobs": 20,
        "queue_read_limit": 1000,
        "keep_result": 0,
        "job_timeout": 60,
        "max_tries": 3,
        "job_completion_wait": 15,
        "health_check_interval": 15,
    }
