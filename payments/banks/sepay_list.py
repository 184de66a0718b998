"""SePay's list of transactions: what their hook gave up after eight tries is still in it. Two calls a second for a token."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from backend.core.clock import SCHOOL_ZONE
from payments.banks import sepay
from payments.banks.asking import Asker, Away, Refused
from payments.banks.pulling import Pulled, Since
from payments.banks.wire import Told

LIMIT: Final = 5000
_SECONDS_BETWEEN_CALLS: Final = 0.55
_PATH: Final = "/userapi/transactions/list"
_WINDOW_MIN: Final = timedelta(minutes=10)


class _Answer(msgspec.Struct):
    transactions: list[msgspec.Raw]


class _Id(msgspec.Struct):
    id: int | str = 0


async def pull(asker: Asker, base_url: str, token: str, accounts: Sequence[str], since: Since) -> Pulled:
    """Each account behind its own last id: between two calls another account may have moved on."""
    seen = _last_ids(since.cursor)
    told: list[Told] = []
    for account in accounts:
        listing = _Listing(asker, base_url, token, account)
        if account in seen:
            found = await listing.behind(seen[account])
        else:
            found = await listing.between(since.at, since.now + timedelta(minutes=10))
        if found is None:
            # More than one answer holds: by time instead, in halves until everything fits.
            found = await listing.between(since.at, since.now + timedelta(minutes=10))
        if found is None:
            return Pulled(tuple(told), _encoded(seen), Away("list_full"))
        if not isinstance(found, list):
            return Pulled(tuple(told), _encoded(seen), found)
        told += [Told(sepay.pulled_key(item), item) for item in found]
        last = max((_id(item) for item in found), default=0)
        if last > seen.get(account, 0):
            seen[account] = last
    return Pulled(tuple(told), _encoded(seen))


class _Listing(msgspec.Struct, frozen=True):
    """The list of one account."""

    asker: Asker
    base_url: str
    token: str
    account: str

    async def behind(self, last_id: int) -> list[bytes] | Away | Refused | None:
        return await self._ask({"since_id": str(last_id)})

    async def between(self, start: datetime, end: datetime) -> list[bytes] | Away | Refused | None:
        """None where even the shortest stretch of time holds more than one answer."""
        found = await self._ask({"transaction_date_min": _stamp(start), "transaction_date_max": _stamp(end)})
        if found is not None or end - start < _WINDOW_MIN:
            return found
        middle = start + (end - start) / 2
        first = await self.between(start, middle)
        second = await self.between(middle, end) if isinstance(first, list) else None
        if isinstance(first, list) and isinstance(second, list):
            return first + second
        return second if isinstance(first, list) else first

    async def _ask(self, which: Mapping[str, str]) -> list[bytes] | Away | Refused | None:
        """None when the answer is full: there may be more than it holds."""
        answer = await self.asker.ask(
            sepay.PROVIDER,
            "GET",
            self.base_url + _PATH,
            headers={"authorization": f"Bearer {self.token}", "accept": "application/json"},
            params={"account_number": self.account, "limit": str(LIMIT), **which},
            pace=(hashlib.sha256(self.token.encode()).hexdigest(), _SECONDS_BETWEEN_CALLS),
        )
        if not isinstance(answer, bytes):
            return answer
        try:
            found = msgspec.json.decode(answer, type=_Answer).transactions
        except (msgspec.DecodeError, ValueError):
            return Away("unreadable_answer")
        return None if len(found) >= LIMIT else [bytes(item) for item in found]


def _id(item: bytes) -> int:
    try:
        return int(msgspec.json.decode(item, type=_Id).id)
    except (msgspec.DecodeError, ValueError):
        return 0


def _last_ids(cursor: str | None) -> dict[str, int]:
    return msgspec.json.decode(cursor, type=dict[str, int]) if cursor else {}


def _encoded(seen: Mapping[str, int]) -> str | None:
    return msgspec.json.encode(dict(seen)).decode() if seen else None


def _stamp(at: datetime) -> str:
    return at.astimezone(SCHOOL_ZONE).strftime("%Y-%m-%d %H:%M:%S")
