"""Which channels lead to a family: those with a station, not switched off, for which somebody knows an address. It owns no table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from backend.core.house import House
from notifications.cascade import CHANNELS, PAID
from notifications.leases import Claimed
from notifications.stations import Stations


def open_channels(stations: Stations, off: Collection[str]) -> frozenset[str]:
    return frozenset(c for c in CHANNELS if stations.of(c) is not None and c not in off)


async def leads_of(
    house: House, stations: Stations, open_now: Collection[str], rows: Sequence[Claimed]
) -> Mapping[tuple[UUID, UUID, str], frozenset[str]]:
    """By delivery, looked up for the whole batch. A station that knows better who can be written to now is asked itself."""
    accounts = list({row.account_id for row in rows if row.account_id is not None})
    known: dict[str, frozenset[UUID]] = {}
    for channel in open_now:
        reaches = getattr(stations.of(channel), "reaches", None)
        if reaches is not None and channel not in PAID and channel != "push":
            known[channel] = frozenset(await reaches(house, accounts)) if accounts else frozenset()
    return {row.key: frozenset(c for c in open_now if _leads(row, c, known)) for row in rows}


def _leads(row: Claimed, channel: str, known: Mapping[str, frozenset[UUID]]) -> bool:
    if channel == "call":
        return True
    if channel in PAID:
        return row.phone is not None
    return row.account_id is not None and (channel not in known or row.account_id in known[channel])
