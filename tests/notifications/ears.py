"""Stations of our own, for tests of the order of the steps: each notes what it was asked to send and answers as it was told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from backend.core.crypto import token_hash
from backend.core.house import House
from notifications.cascade import PAID
from notifications.leases import Batch
from notifications.outcomes import Outcome, Sent
from notifications.rounds import Item, Try
from notifications.stations import Stations
from tests.factories import Person


class Ear:
    """A channel whose provider is this object. `known`: the accounts with an address; None: everybody has one."""

    def __init__(self, channel: str, *, known: Collection[UUID] | None = None, price: int = 0) -> None:
        self.channel = channel
        self.paid = channel in PAID
        self.repeats_for = timedelta()
        self._known = known
        self._price = price
        self.heard: list[tuple[UUID, UUID]] = []
        self.answers: list[Outcome | BaseException] = []
        self.languages: list[str] = []

    async def reaches(self, house: House, accounts: Sequence[UUID]) -> Collection[UUID]:
        return [one for one in accounts if self._known is None or one in self._known]

    async def price(self, house: House, batch: Batch, item: Item) -> int:
        return self._price

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        for item in items:
            row = item.row
            if not self.paid and self._known is not None and row.account_id not in self._known:
                continue
            one = Try(token_hash(str(row.guardian_id)), row.account_id)
            item.tries.append(one)
            self.heard.append((row.notice.notice_id, row.guardian_id))
            self.languages.append(row.language)
            answer = self.answers.pop(0) if self.answers else Sent(f"{self.channel}-{len(self.heard)}")
            if isinstance(answer, BaseException):
                raise answer
            one.outcome = answer


def listening(*ears: Ear) -> Stations:
    made = Stations()
    for ear in ears:
        if ear.channel in ("push", "telegram"):
            setattr(made, ear.channel, ear)
        else:
            made.add(ear)
    return made


async def steps(owner: asyncpg.Connection, told: UUID, person: Person) -> dict[str, tuple[str, str | None]]:
    """What became of a notice for one guardian, by channel."""
    rows = await owner.fetch(
        "SELECT channel, state, reason FROM deliveries WHERE notice_id = $1 AND guardian_id = $2",
        told,
        person.person_id,
    )
    return {row["channel"]: (row["state"], row["reason"]) for row in rows}


async def due_in(owner: asyncpg.Connection, told: UUID, person: Person, channel: str, now: datetime) -> timedelta:
    due_at: Any = await owner.fetchval(
        "SELECT due_at FROM deliveries WHERE notice_id = $1 AND guardian_id = $2 AND channel = $3",
        told, person.person_id, channel,
    )  # fmt: skip
    found: timedelta = due_at - now
    return found
