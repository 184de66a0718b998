"""Three doors to PostgreSQL: `school()` and `directory()` write in one transaction; `reader` answers one statement in one round trip;
`chat` keeps what chats said and reads whose they are, in one round trip as well.

Writers run as the role nhipcau_app under row-level security, with the tenant set for the transaction: a net under the WHERE.
Readers run as nhipcau_reader, which may only SELECT; there the right to read is joined into the statement itself. The chat's door runs
as nhipcau_chat, which may read what a reader may and writes the three tables of whose turn it is in a chat, nothing else.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import structlog

from backend.core.metrics import DATABASE_SECONDS, SLOW_QUERIES
from backend.core.queue import Bell

log = structlog.get_logger()

_WRITER_SETTINGS = {
    "role": "nhipcau_app",
    "timezone": "UTC",
    "application_name": "nhipcau-write",
    # Citus passes SET LOCAL app.school_id to the workers only with this; plain PostgreSQL keeps it as a placeholder.
    "citus.propagate_set_commands": "local",
}
_READER_SETTINGS = {
    "role": "nhipcau_reader",
    "timezone": "UTC",
    "application_name": "nhipcau-read",
    "default_transaction_read_only": "on",
    "jit": "off",
}
_CHAT_SETTINGS = {
    "role": "nhipcau_chat",
    "timezone": "UTC",
    "application_name": "nhipcau-chat",
    "jit": "off",
}
_CHAT_CONNECTIONS = 2  # one statement carries the work of many chats (bots/gathering.py)
_STATEMENT_SECONDS = 20.0
_SECONDS = {door: DATABASE_SECONDS.labels(door) for door in ("read", "write", "keep", "chat")}
_LOST = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    ConnectionError,
)


class DatabaseAway(ConnectionError):
    """No connection can be made or kept just now. The same work may succeed in a moment."""


class Tx:
    """One transaction. Callbacks given to `after_commit` ring bells and wake listeners once the promise is kept."""

    def __init__(self, connection: asyncpg.Connection, bell: Bell | None = None) -> None:
        self._connection = connection
        self._bell = bell
        self._rung: set[tuple[str | int, ...]] = set()
        self._after_commit: list[Callable[[], Awaitable[None]]] = []
        self.statements = 0  # counted so that a test can hold a request to its budget

    async def fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        self.statements += 1
        rows: list[asyncpg.Record] = await self._connection.fetch(sql, *arguments)
        return rows

    async def fetchrow(self, sql: str, *arguments: Any) -> asyncpg.Record | None:
        self.statements += 1
        return await self._connection.fetchrow(sql, *arguments)

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        self.statements += 1
        return await self._connection.fetchval(sql, *arguments)

    async def execute(self, sql: str, *arguments: Any) -> str:
        self.statements += 1
        status: str = await self._connection.execute(sql, *arguments)
        return status

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self.statements += 1
        await self._connection.executemany(sql, rows)

    def after_commit(self, callback: Callable[[], Awaitable[None]]) -> None:
        self._after_commit.append(callback)

    def ring(self, job: str, *arguments: int | str) -> None:
        """Ring the bell after the commit, once however many promises the transaction makes. Without a bell the sweep finds them."""
        key = (job, *arguments)
        if self._bell is None or key in self._rung:
            return
        bell = self._bell
        self._rung.add(key)

        async def rung() -> None:
            await bell.ring(job, *arguments)

        self._after_commit.append(rung)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        async with self._connection.transaction():
            yield


class SchoolTx(Tx):
    """A transaction inside one school; every statement still carries school_id itself."""

    def __init__(self, connection: asyncpg.Connection, school_id: int, bell: Bell | None = None) -> None:
        super().__init__(connection, bell)
        self.school_id = school_id


class Reader:
    """A few held connections with their statements prepared. No pool reset, no transaction: a third of the cost of a pool."""

    def __init__(
        self,
        url: str,
        size: int,
        slow_seconds: float,
        *,
        door: str = "read",
        settings: Mapping[str, str] = _READER_SETTINGS,
    ) -> None:
        self._size = size
        self._slow_seconds = slow_seconds
        self._door = door
        self._held = [_Held(url, settings) for _ in range(size)]
        self._idle: deque[_Held] = deque(self._held)
        self._waiting: deque[asyncio.Future[_Held]] = deque()

    async def open(self) -> None:
        """Connect now. A door that is not opened connects when somebody first comes to it."""
        for held in self._held:
            await held.connect()

    async def close(self) -> None:
        for held in self._held:
            if held.connection is not None:
                await held.connection.close(timeout=5)

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        row = await self.fetchrow(sql, *arguments)
        return None if row is None else row[0]

    async def fetchrow(self, sql: str, *arguments: Any) -> asyncpg.Record | None:
        return await self._run("fetchrow", sql, arguments)

    async def fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = await self._run("fetch", sql, arguments)
        return rows

    async def _run(self, verb: str, sql: str, arguments: tuple[Any, ...]) -> Any:
        held = self._idle.pop() if self._idle else await self._wait()
        started = time.perf_counter()
        try:
            return await held.run(verb, sql, arguments)
        except (asyncpg.InvalidCachedStatementError, asyncpg.FeatureNotSupportedError):
            # A migration changed a table under a prepared statement: prepare once more.
            held.statements.clear()
            return await held.run(verb, sql, arguments)
        except _LOST:
            # The server went away or ended this connection. Reads may be repeated safely, so: once more on a new one.
            held.terminate()
            return await held.run(verb, sql, arguments)
        except (asyncio.CancelledError, TimeoutError):
            # The server may still be working on it; the next reader must not wait for that or meet half an answer.
            held.terminate()
            raise
        finally:
            self._release(held)
            _observe(self._door, sql, time.perf_counter() - started, self._slow_seconds)

    async def _wait(self) -> _Held:
        future: asyncio.Future[_Held] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._release(future.result())
            raise

    def _release(self, held: _Held) -> None:
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(held)
                return
        self._idle.append(held)


class _Held:
    """A connection with its prepared statements, made anew when it was lost."""

    def __init__(self, url: str, settings: Mapping[str, str]) -> None:
        self._url = url
        self._settings = settings
        self.connection: asyncpg.Connection | None = None
        self.statements: dict[str, Any] = {}

    async def connect(self) -> asyncpg.Connection:
        self.statements.clear()
        try:
            self.connection = await asyncpg.connect(
                self._url, server_settings=dict(self._settings), command_timeout=_STATEMENT_SECONDS
            )
        except OSError as error:
            raise DatabaseAway(str(error)) from error
        return self.connection

    def terminate(self) -> None:
        if self.connection is not None:
            self.connection.terminate()

    async def run(self, verb: str, sql: str, arguments: tuple[Any, ...]) -> Any:
        connection = self.connection
        if connection is None or connection.is_closed():
            connection = await self.connect()
        statement = self.statements.get(sql)
        if statement is None:
            statement = self.statements[sql] = await connection.prepare(sql)
        return await getattr(statement, verb)(*arguments)


class Database:
    def __init__(self, writers: asyncpg.Pool, reader: Reader, chat: Reader, slow_seconds: float) -> None:
        self._writers = writers
        self.reader = reader
        # Its statements may be repeated when the answer was lost, as reading ones may.
        self.chat = chat
        self._slow_seconds = slow_seconds
        self.bell: Bell | None = None  # hung by the house, so that a transaction can ring it

    @classmethod
    async def open(cls, url: str, *, writers: int = 8, readers: int = 4, slow_milliseconds: int = 200) -> Database:
        slow_seconds = slow_milliseconds / 1000
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=writers,
            server_settings=_WRITER_SETTINGS,
            command_timeout=_STATEMENT_SECONDS,
            reset=_no_reset,
        )
        reader = Reader(url, readers, slow_seconds)
        await reader.open()
        chat = Reader(url, _CHAT_CONNECTIONS, slow_seconds, door="chat", settings=_CHAT_SETTINGS)
        return cls(pool, reader, chat, slow_seconds)

    async def close(self) -> None:
        await self.reader.close()
        await self.chat.close()
        await asyncio.wait_for(self._writers.close(), 10)

    @asynccontextmanager
    async def _writer(self) -> AsyncIterator[asyncpg.Connection]:
        try:
            connection = await self._writers.acquire()
        except OSError as error:
            raise DatabaseAway(str(error)) from error
        try:
            yield connection
        except asyncpg.InterfaceError as error:
            # When the server goes away under a transaction, the rollback speaks last, and says only this.
            if _is_lost(connection):
                raise DatabaseAway(str(error)) from error
            raise
        except asyncpg.InternalClientError as error:
            # The farewell came between two answers; nobody may meet what is left of this conversation.
            connection.terminate()
            raise DatabaseAway(str(error)) from error
        finally:
            await self._writers.release(connection)

    @asynccontextmanager
    async def school(self, school_id: int) -> AsyncIterator[SchoolTx]:
        """One transaction in one school. Raising rolls back; bells ring only after the commit."""
        started = time.perf_counter()
        async with self._writer() as connection:
            async with connection.transaction():
                tx = SchoolTx(connection, school_id, self.bell)
                await tx.execute("SELECT app.set_tenant($1)", school_id)
                yield tx
        _observe("write", "school", time.perf_counter() - started, None)
        for callback in tx._after_commit:
            await callback()

    @asynccontextmanager
    async def directory(self) -> AsyncIterator[Tx]:
        """One transaction over directory and reference tables only: no tenant is set, so tenant tables are empty and closed."""
        async with self._writer() as connection:
            async with connection.transaction():
                tx = Tx(connection, self.bell)
                yield tx
        for callback in tx._after_commit:
            await callback()

    async def keep(self, sql: str, *arguments: Any) -> asyncpg.Record | None:
        """One statement over directory tables that commits by itself: what arrived is kept in one round trip."""
        started = time.perf_counter()
        async with self._writer() as connection:
            row = await connection.fetchrow(sql, *arguments)
        _observe("keep", sql, time.perf_counter() - started, self._slow_seconds)
        return row


def _is_lost(connection: asyncpg.Connection) -> bool:
    try:
        closed: bool = connection.is_closed()
        return closed
    except asyncpg.InterfaceError:  # so much so that the pool has taken it away already
        return True


async def _no_reset(connection: asyncpg.Connection) -> None:
    """Nothing in the house keeps session state outside a transaction, so a connection needs no cleaning round trip."""


def _observe(door: str, sql: str, seconds: float, slow_seconds: float | None) -> None:
    _SECONDS[door].observe(seconds)
    if slow_seconds is not None and seconds > slow_seconds:
        SLOW_QUERIES.inc()
        # The statement's text holds no data, only dollars.
        log.warning("slow_query", milliseconds=round(seconds * 1000), statement=" ".join(sql.split())[:120])
