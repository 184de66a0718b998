"""Casso's list of transactions, page by page from a day on. It has no place to go on from but the day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import msgspec

from backend.core.clock import school_day
from payments.banks import casso
from payments.banks.asking import Asker, Away, Refused
from payments.banks.pulling import Pulled, Since
from payments.banks.wire import Told

PAGE_SIZE: Final = 100
PAGES_MAX: Final = 100
_PATH: Final = "/v2/transactions"


class _Page(msgspec.Struct, rename="camel"):
    total_pages: int
    records: list[msgspec.Raw]


class _Answer(msgspec.Struct):
    error: int
    data: _Page | None = None


async def pull(asker: Asker, base_url: str, api_key: str, since: Since) -> Pulled:
    """From the day before the last pull: what a bank books for yesterday may be listed today."""
    first_day = date.fromisoformat(since.cursor) - timedelta(days=1) if since.cursor else school_day(since.at)
    told: list[Told] = []
    for number in range(1, PAGES_MAX + 1):
        page = await _ask(asker, base_url, api_key, first_day, number)
        if not isinstance(page, _Page):
            return Pulled(tuple(told), since.cursor, page)
        told += [Told(casso.pulled_key(bytes(item)), bytes(item)) for item in page.records]
        if number >= page.total_pages:
            return Pulled(tuple(told), school_day(since.now).isoformat())
    return Pulled(tuple(told), since.cursor, Away("list_full"))


async def _ask(asker: Asker, base_url: str, api_key: str, day: date, number: int) -> _Page | Away | Refused:
    answer = await asker.ask(
        casso.PROVIDER,
        "GET",
        base_url + _PATH,
        headers={"authorization": f"Apikey {api_key}", "accept": "application/json"},
        params={"fromDate": day.isoformat(), "page": str(number), "pageSize": str(PAGE_SIZE), "sort": "ASC"},
    )
    if not isinstance(answer, bytes):
        return answer
    try:
        read = msgspec.json.decode(answer, type=_Answer)
    except (msgspec.DecodeError, ValueError):
        return Away("unreadable_answer")
    if read.error or read.data is None:
        return Refused(f"CASSO_{read.error}")
    return read.data
