"""An account's tokens at a provider whose refresh token works once (Zalo): kept sealed, renewed by one process at a time. It owns channel_tokens.

Whoever renews takes the row for a minute, asks the provider with no transaction open, and keeps the new pair before anybody uses it.
Killed between the answer and keeping it, the pair is lost and the old one dead: that is the wire's own gap, and then a person has to
authorise again, which is said aloud. Until that is certain, the token before is tried as well.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog

from backend.core.house import House
from backend.core.ids import new_id

log = structlog.get_logger()

_SEALED_FOR = "channel_tokens"
# Zalo's access tokens live 25 hours: after 20 a new one is fetched, while the old one would still do.
RENEW_AFTER = timedelta(hours=20)
_SPARE = timedelta(minutes=1)
_TAKEN_FOR = timedelta(seconds=60)
_WAIT_SECONDS = 20.0
_LOOK_SECONDS = 0.1


class Pair(msgspec.Struct, frozen=True):
    """What the provider answers: a new pair, by which the one before has ended."""

    access: str
    refresh: str
    lives_seconds: int


class NoPair(msgspec.Struct, frozen=True):
    """`final`: this refresh token will never do again."""

    code: str
    final: bool


class NoToken(Exception):
    """`final`: a person has to authorise the account anew."""

    def __init__(self, code: str, *, final: bool) -> None:
        super().__init__(code)
        self.code, self.final = code, final


Ask = Callable[[str], Awaitable[Pair | NoPair]]

_READ = """
SELECT t.access_sealed, t.access_until, t.refreshed_at, t.refused_code
  FROM channel_tokens t
 WHERE t.account = $1
"""

# Only from the state that was looked at: who comes second finds another token, or the row taken. An instant would not tell them
# apart where two machines' clocks agree.
_TAKE = """
UPDATE channel_tokens t
   SET taken_by = $3, taken_until = $4
 WHERE t.account = $1
   AND t.access_sealed IS NOT DISTINCT FROM $2
   AND t.refused_at IS NULL
   AND (t.taken_until IS NULL OR t.taken_until < $5)
RETURNING t.refresh_sealed, t.before_sealed
"""

# The token that was used is kept as the one before, until the next renewal shows that the new one works.
_KEEP = """
UPDATE channel_tokens t
   SET access_sealed = $3, access_until = $4, refresh_sealed = $5, before_sealed = t.refresh_sealed, refreshed_at = $6,
       taken_by = NULL, taken_until = NULL
 WHERE t.account = $1
   AND t.taken_by = $2
RETURNING true
"""

_LEAVE = """
UPDATE channel_tokens t
   SET taken_by = NULL, taken_until = NULL, refused_code = $3, refused_at = $4
 WHERE t.account = $1
   AND t.taken_by = $2
"""

_AUTHORISE = """
INSERT INTO channel_tokens (account, access_sealed, access_until, refresh_sealed, authorised_at, refreshed_at)
VALUES ($1, $2, $3, $4, $5, $5)
    ON CONFLICT (account)
    DO UPDATE SET access_sealed = excluded.access_sealed, access_until = excluded.access_until,
                  refresh_sealed = excluded.refresh_sealed, before_sealed = NULL, authorised_at = excluded.authorised_at,
                  refreshed_at = excluded.refreshed_at, taken_by = NULL, taken_until = NULL, refused_code = NULL, refused_at = NULL
"""


async def authorise(house: House, account: str, pair: Pair) -> None:
    """A person has authorised the account: a first pair, or a new beginning."""
    now = house.clock.now()
    async with house.database.directory() as tx:
        await tx.execute(
            _AUTHORISE,
            account,
            house.cipher.seal(pair.access, _SEALED_FOR) if pair.access else None,
            now + timedelta(seconds=pair.lives_seconds) if pair.access else None,
            house.cipher.seal(pair.refresh, _SEALED_FOR),
            now,
        )


class ChannelTokens:
    """One a process and account; whatever it remembers, the row decides."""

    def __init__(self, house: House, account: str, ask: Ask) -> None:
        self._house = house
        self._account = account
        self._ask = ask
        self._kept: tuple[str, datetime] | None = None
        self._lock = asyncio.Lock()

    async def access(self) -> str:
        """A token that is good now. Raises NoToken."""
        now = self._house.clock.now()
        if self._kept is not None and now < self._kept[1]:
            return self._kept[0]
        return await self._renewed(refused=None)

    async def after_refusal(self, refused: str) -> str:
        """The provider refused this token before its time: another one, unless somebody has fetched it already. Raises NoToken."""
        self._kept = None
        return await self._renewed(refused=refused)

    async def _renewed(self, *, refused: str | None) -> str:
        async with self._lock:
            until = time.monotonic() + _WAIT_SECONDS
            while True:
                row = await self._house.database.reader.fetchrow(_READ, self._account)
                if row is None:
                    raise NoToken("not_authorised", final=True)
                access, now = self._open(row), self._house.clock.now()
                usable = access is not None and access != refused and row["access_until"] > now + _SPARE
                if usable and (now < row["refreshed_at"] + RENEW_AFTER or row["refused_code"]):
                    return self._remember(access, row)
                if row["refused_code"]:
                    raise NoToken(row["refused_code"], final=True)
                if pair := await self._fetch(row["access_sealed"], now):
                    self._kept = (pair.access, now + RENEW_AFTER)
                    return pair.access
                if usable:  # somebody else is fetching, and this one does until then
                    assert access is not None
                    return access
                if time.monotonic() > until:
                    raise NoToken("token_endpoint", final=False)
                await asyncio.sleep(_LOOK_SECONDS)

    def _open(self, row: Any) -> str | None:
        sealed = row["access_sealed"]
        return self._house.cipher.open(sealed, _SEALED_FOR) if sealed is not None else None

    def _remember(self, access: str | None, row: Any) -> str:
        assert access is not None
        self._kept = (access, min(row["access_until"] - _SPARE, row["refreshed_at"] + RENEW_AFTER))
        return access

    async def _fetch(self, seen: bytes | None, now: datetime) -> Pair | None:
        """None when the row is not ours to renew. Raises NoToken."""
        me = new_id()
        async with self._house.database.directory() as tx:
            row = await tx.fetchrow(_TAKE, self._account, seen, me, now + _TAKEN_FOR, now)
        if row is None:
            return None
        answer = await self._ask_with(row)
        if isinstance(answer, NoPair):
            await self._leave(me, answer)
            raise NoToken(answer.code, final=answer.final)
        await self._keep(me, answer)
        return answer

    async def _ask_with(self, row: Any) -> Pair | NoPair:
        """The newest refresh token; the one before it where the newest is refused for good."""
        answer = await self._ask(self._house.cipher.open(row["refresh_sealed"], _SEALED_FOR))
        if isinstance(answer, NoPair) and answer.final and row["before_sealed"] is not None:
            before = await self._ask(self._house.cipher.open(row["before_sealed"], _SEALED_FOR))
            return before if isinstance(before, Pair) else answer
        return answer

    async def _keep(self, me: UUID, pair: Pair) -> None:
        now, seal = self._house.clock.now(), self._house.cipher.seal
        async with self._house.database.directory() as tx:
            kept = await tx.fetchval(
                _KEEP,
                self._account,
                me,
                seal(pair.access, _SEALED_FOR),
                now + timedelta(seconds=pair.lives_seconds),
                seal(pair.refresh, _SEALED_FOR),
                now,
            )
        if not kept:
            # A minute went by, or a person authorised meanwhile; the row is somebody else's.
            raise NoToken("token_taken_over", final=False)
        log.info("channel_token_renewed", account=self._account)

    async def _leave(self, me: UUID, no_pair: NoPair) -> None:
        now = self._house.clock.now()
        refused = (no_pair.code, now) if no_pair.final else (None, None)
        async with self._house.database.directory() as tx:
            await tx.execute(_LEAVE, self._account, me, *refused)
        if no_pair.final:
            log.error("channel_must_be_authorised_again", account=self._account, code=no_pair.code)
