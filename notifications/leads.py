"""Which channels lead to a family: those with a station, not switched off, for which somebody knows an address. It owns no table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from backend.core.house import House
from notifications.cascade import CHANNELS, PAID
from notifications.leases import Claimed
from notifications.stations import Stations


def open_channels(stations: Stations, off: Collection[str]) -> frozenset[str]:
    return frozenset(c for c in CHANNELS if stations.of(c) is not None and c not in off)


async def leads_of(
    house: House, stations: Stations, open_now: Collection[str], rows: Sequence[Claimed]
) -> list[frozenset[str]]:
    """Beside the rows, looked up for the whole batch. A station that knows better who can be written to now is asked itself."""
    accounts = list({row.account_id for row in rows if row.account_id is not None})
    some: dict[str, frozenset[UUID]] = {}
    everybody = set(open_now)
    for channel in open_now:
        reaches = getattr(stations.of(channel), "reaches", None)
        if reaches is not None and channel not in PAID and channel != "push":
            everybody.discard(channel)
            if accounts and (known := await reaches(house, accounts)):
                some[channel] = frozenset(known)
    # Most families of a batch are alike, and share what leads to them.
    alike = {
        (account, phone): frozenset(c for c in everybody if _leads(c, account=account, phone=phone))
        for account in (True, False)
        for phone in (True, False)
    }
    return [
        alike[row.account_id is not None, row.phone is not None]
        | (frozenset(c for c, known in some.items() if row.account_id in known) if some else frozenset())
        for row in rows
    ]


def _leads(channel: str, *, account: bool, phone: bool) -> bool:
    if channel == "call":
        return True
    return phone if channel in PAID else account
