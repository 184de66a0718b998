"""The families' version numbers as ETags: one tiny look says whether anything a family can see has changed. It writes nothing.

A letter to the whole school makes a thousand phones ask at the same moment. Questions about one school that arrive while another
is being answered share the next round trip; a question that comes alone waits for nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from uuid import UUID
from weakref import WeakKeyDictionary

from backend.core.database import Reader

_BATCH_MAX = 500

_ONE = """
SELECT right(family.guardian_id::text, 8) || '.' || coalesce(v.version, 0)
  FROM guardians family
  LEFT JOIN family_versions v
    ON v.school_id = family.school_id
   AND v.guardian_id = family.guardian_id
 WHERE family.school_id = $1
   AND family.account_id = $2
 ORDER BY family.guardian_id
"""
_MANY = """
SELECT family.account_id, right(family.guardian_id::text, 8) || '.' || coalesce(v.version, 0)
  FROM guardians family
  LEFT JOIN family_versions v
    ON v.school_id = family.school_id
   AND v.guardian_id = family.guardian_id
 WHERE family.school_id = $1
   AND family.account_id = ANY ($2::uuid[])
 ORDER BY family.guardian_id
"""


class _Desk:
    """The questions about one school: one round trip at a time, those who come meanwhile wait for the next."""

    def __init__(self, reader: Reader, school_id: int) -> None:
        self._reader = reader
        self._school_id = school_id
        self._busy = False
        self._waiting: dict[UUID, asyncio.Future[str]] = {}
        self._rounds: asyncio.Task[None] | None = None

    async def version(self, account_id: UUID) -> str:
        if self._busy:
            answer = self._waiting.get(account_id)
            if answer is None:
                answer = self._waiting[account_id] = asyncio.get_running_loop().create_future()
            # Shielded, since others may wait for the same answer when this reader goes away.
            return await asyncio.shield(answer)
        self._busy = True
        try:
            rows = await self._reader.fetch(_ONE, self._school_id, account_id)
        finally:
            self._next()
        return rows[0][0] if len(rows) == 1 else ".".join(row[0] for row in rows)

    def _next(self) -> None:
        if self._waiting:
            self._rounds = asyncio.create_task(self._answer_waiting())
        else:
            self._busy = False

    async def _answer_waiting(self) -> None:
        batch = dict(list(self._waiting.items())[:_BATCH_MAX])
        for account_id in batch:
            del self._waiting[account_id]
        try:
            found = await self._look(batch)
        except BaseException as error:
            for answer in batch.values():
                if not answer.done():
                    answer.set_exception(error)
                    answer.exception()  # whoever asked may be gone; a failure without a listener is no news
            if not isinstance(error, Exception):
                raise
        else:
            for account_id, answer in batch.items():
                if not answer.done():
                    answer.set_result(found.get(account_id, ""))
        finally:
            self._next()

    async def _look(self, batch: Mapping[UUID, object]) -> dict[UUID, str]:
        found: dict[UUID, str] = {}
        for account_id, version in await self._reader.fetch(_MANY, self._school_id, list(batch)):
            found[account_id] = f"{found[account_id]}.{version}" if account_id in found else version
        return found


_desks: WeakKeyDictionary[Reader, dict[int, _Desk]] = WeakKeyDictionary()


async def family_version(reader: Reader, school_id: int, account_id: UUID) -> str:
    """What the home screen of an account in a school depends on. Empty for a stranger."""
    desks = _desks.get(reader)
    if desks is None:
        desks = _desks[reader] = {}
    desk = desks.get(school_id)
    if desk is None:
        desk = desks[school_id] = _Desk(reader, school_id)
    return await desk.version(account_id)


async def pupil_version(reader: Reader, school_id: int, account_id: UUID, pupil_id: UUID, on: date) -> str | None:
    """What the pages of one child depend on. None for other people's children."""
    found: str | None = await reader.fetchval(
        """
        SELECT right(family.guardian_id::text, 8) || '.' || coalesce(v.version, 0)
          FROM guardians family
          JOIN guardianships bond
            ON bond.school_id = family.school_id
           AND bond.guardian_id = family.guardian_id
           AND bond.can_view
           AND bond.valid_from <= $4
           AND (bond.valid_to IS NULL OR bond.valid_to >= $4)
          LEFT JOIN family_versions v
            ON v.school_id = family.school_id
           AND v.guardian_id = family.guardian_id
         WHERE family.school_id = $1
           AND family.account_id = $2
           AND bond.pupil_id = $3
         ORDER BY family.guardian_id
         LIMIT 1
        """,
        school_id,
        account_id,
        pupil_id,
        on,
    )
    return found


def etag(page: str, on: date, language: str, *parts: object) -> str:
    """The page's name carries the number of its shape: raise it when the JSON of the page changes."""
    return f'"{page}-{on}-{language}-{"-".join(map(str, parts))}"'
