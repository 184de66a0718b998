"""What a station works on: claimed deliveries, each with the addresses that are tried and what they answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from backend.core.house import House
from notifications.leases import Batch, Claimed
from notifications.outcomes import Outcome


@dataclass(slots=True)
class Try:
    """One address of one delivery. `outcome` None: its turn did not come, because the channel rests or the worker stops."""

    address_hash: bytes
    account_id: UUID | None
    platform: str = ""
    outcome: Outcome | None = None


@dataclass(slots=True)
class Item:
    row: Claimed
    tries: list[Try] = field(default_factory=list)


class Station(Protocol):
    channel: str

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        """Fill each item's tries; `resting` names channels and platforms (`push:ios`) that must be left alone.

        When this is interrupted, what is already known stands in the items.
        """
        ...
