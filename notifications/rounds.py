"""What a station works on: claimed deliveries, each with the addresses that are tried and what they answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeGuard
from uuid import UUID

import msgspec

from backend.core.house import House
from notifications.leases import Batch, Claimed
from notifications.outcomes import Outcome
from notifications.retries import Verdict


class Try(msgspec.Struct, gc=False):
    """One address of one delivery. `outcome` None: its turn did not come, because the channel rests or the worker stops."""

    address_hash: bytes
    account_id: UUID | None
    platform: str = ""
    outcome: Outcome | None = None


class Item(msgspec.Struct):
    """`ruled`: decided without asking an address, as when the budget is used up."""

    row: Claimed
    tries: list[Try] = []
    ruled: Verdict | None = None


class Station(Protocol):
    """A station may also have `async reaches(house, account_ids) -> Collection[UUID]`: which accounts have an address there.

    With it no step is written for a family that the channel does not lead to; without it every family is tried.
    """

    channel: str

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        """Fill each item's tries; `resting` names channels and platforms (`push:ios`) that must be left alone.

        When this is interrupted, what is already known stands in the items.
        """
        ...


class PaidStation(Station, Protocol):
    """Its channel costs money. paid.py reserves the price before `deliver` and settles it by the outcomes.

    `repeats_for`: as long as a message may be asked for again by its own key (from notice and guardian, never from the attempt)
    without being paid again; zero where the provider knows no such key. A try that was begun and not answered must not stay None.
    """

    paid: bool
    repeats_for: timedelta

    async def price(self, house: House, batch: Batch, item: Item) -> int:
        """In đồng, for everything that this delivery would send."""
        ...


def is_paid(station: Station) -> TypeGuard[PaidStation]:
    return bool(getattr(station, "paid", False))
