"""Settles kept bank events in processes that are killed (SIGKILL) at every write in turn; run by test_killed.py.

The parent imports once and forks: each child settles one event and dies right after its n-th write; the next child is killed
one write later, until one lives. After every death another child looks into the books.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys

import asyncpg

from backend.core.clock import SystemClock
from backend.core.crypto import Cipher
from backend.core.database import Database, SchoolTx
from backend.core.house import House
from payments import reconcile, understanding
from tests.conftest import test_settings

_WRITE = re.compile(r"\b(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\b(?!\s+OF)")
_TABLES = (
    "bank_transactions",
    "allocations",
    "ledger_transfers",
    "payment_receipts",
    "receipt_cancellations",
    "notices",
)


def die_after(write: int) -> None:
    """Write 0: before the first. The real connection has the statement; the process never hears of it again."""
    done = 0
    if write == 0:
        os.kill(os.getpid(), signal.SIGKILL)

    def killing(original):
        async def run(self, sql, *arguments):
            nonlocal done
            answer = await original(self, sql, *arguments)
            if _WRITE.search(sql):
                done += 1
                if done == write:
                    os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return run

    for verb in ("execute", "fetch", "fetchrow", "fetchval"):
        setattr(SchoolTx, verb, killing(getattr(SchoolTx, verb)))


async def settle(url: str, school_id: int, event: list[str]) -> None:
    settings = test_settings()
    database = await Database.open(url, writers=1, readers=1)
    house = House(settings, database, None, SystemClock(), Cipher(settings.secret_key), "")  # type: ignore[arg-type]
    await understanding.settle_event(house, school_id, *event)
    await database.close()


async def look(url: str, school_id: int) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    counts = {
        table: await connection.fetchval(f"SELECT count(*) FROM {table} WHERE school_id = $1", school_id)
        for table in _TABLES
    }
    wrong = await reconcile.disagreements(connection, school_id)
    await connection.close()
    assert wrong == [], wrong
    return counts


def forked(work) -> int:
    """The child's wait status."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]


def looked(url: str, school_id: int) -> dict[str, int]:
    source, target = os.pipe()
    status = forked(lambda: os.write(target, json.dumps(asyncio.run(look(url, school_id))).encode()))
    os.close(target)
    assert status == 0, "the books disagree after a kill"
    with os.fdopen(source) as pipe:
        return json.loads(pipe.read())


def main(url: str, school_id: int, events: list[list[str]]) -> None:
    deaths = []
    for event in events:
        before, write = looked(url, school_id), 0

        def work(event=event) -> None:
            die_after(write)  # noqa: B023
            asyncio.run(settle(url, school_id, event))

        while (status := forked(work)) != 0:
            assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, status
            assert looked(url, school_id) == before, f"write {write} left something behind"
            write += 1
            assert write < 100
        deaths.append(write)
        # Told again after all: nothing more may happen.
        after = looked(url, school_id)
        assert forked(lambda event=event: asyncio.run(settle(url, school_id, event))) == 0
        assert looked(url, school_id) == after != before
    print(json.dumps(deaths))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]))
