"""Scenes with money: a billed class, a bank that reports, and a look into the books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.ids import new_id
from payments import reconcile, understanding
from tests.factories import Person, Pupil, World
from tests.twins.bank import Event, SepayTwin

AMOUNT = 350_000


@dataclass
class Money:
    """What money tests do again and again, through the doors where there is one."""

    world: World
    house: House
    http: httpx.AsyncClient
    owner: asyncpg.Connection
    bank: SepayTwin
    account_number: str

    @property
    def path(self) -> str:
        return f"/v1/schools/{self.world.school_id}"

    def fee_body(self, **changes: Any) -> dict[str, Any]:
        due_on = school_day(self.house.clock.now()) + timedelta(days=10)
        return {
            "fee_id": str(new_id()),
            "class_id": str(self.world.class_id),
            "title": "Tiền ăn bán trú tháng 9",
            "amount": AMOUNT,
            "due_on": due_on.isoformat(),
            "category": "service",
            "legal_basis": "Nghị quyết 18/2025/NQ-HĐND",
            "cap_amount": 499_999_999,
            **changes,
        }

    async def bill(self, **changes: Any) -> dict[str, Any]:
        answer = await self.post("/fees", self.fee_body(**changes))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def post(self, path: str, body: Any, who: Person | None = None) -> httpx.Response:
        headers = (who or self.world.accountant).headers
        return await self.http.post(self.path + path, json=body, headers=headers)

    async def get(self, path: str, who: Person | None = None) -> httpx.Response:
        return await self.http.get(self.path + path, headers=(who or self.world.accountant).headers)

    async def family(self, who: Person | None = None, pupil: Pupil | None = None) -> dict[str, Any]:
        who, pupil = who or self.world.parent, pupil or self.world.child
        answer = await self.http.get(
            f"/v1/family/schools/{pupil.school_id}/pupils/{pupil.pupil_id}/invoices", headers=who.headers
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def invoice(self, pupil: Pupil | None = None) -> dict[str, Any]:
        """The newest invoice of a pupil, as the accountant sees it."""
        pupil = pupil or self.world.child
        listed = (await self.get(f"/classes/{pupil.class_id}/invoices")).json()["invoices"]
        return next(invoice for invoice in listed if invoice["pupil_id"] == str(pupil.pupil_id))

    async def receive(self, *events: Event) -> list[str]:
        """The bank reports, the sweep settles; the states in the order of the events."""
        for event in events:
            assert await self.bank.call(event)
        await self.settle()
        return [await self.state(event) for event in events]

    async def settle(self) -> None:
        while await understanding.settle_waiting(self.house):
            pass

    async def state(self, event: Event) -> str:
        return (await self.transaction(event))["state"]

    async def transaction(self, event: Event) -> asyncpg.Record:
        row = await self.owner.fetchrow(
            "SELECT * FROM bank_transactions WHERE school_id = $1 AND event_key = $2",
            self.world.school_id,
            str(event.event_id),
        )
        assert row is not None
        return row

    async def books(self) -> dict[tuple[str, str], int]:
        """Balance of every account, debit less credit."""
        rows = await self.owner.fetch(
            """
            SELECT account, ref, sum(amount)::bigint AS balance
              FROM (SELECT debit_account AS account, debit_ref AS ref, amount
                      FROM ledger_transfers WHERE school_id = $1
                     UNION ALL
                    SELECT credit_account, credit_ref, -amount
                      FROM ledger_transfers WHERE school_id = $1) e
             GROUP BY account, ref
            """,
            self.world.school_id,
        )
        return {(row["account"], row["ref"]): row["balance"] for row in rows if row["balance"]}

    async def balance(self, book: str, ref: object = None) -> int:
        return sum(v for (b, r), v in (await self.books()).items() if b == book and ref in (None, r))

    async def count(self, table: str) -> int:
        return await self.owner.fetchval(f"SELECT count(*) FROM {table} WHERE school_id = $1", self.world.school_id)

    async def prove(self) -> None:
        """The books prove themselves, and the sum over all accounts is nothing."""
        assert await reconcile.disagreements(self.house.database.reader, self.world.school_id) == []
        assert sum((await self.books()).values()) == 0


@pytest.fixture
async def money(world: World, house: House, client: httpx.AsyncClient, owner: asyncpg.Connection) -> Money:
    number = await owner.fetchval(
        "SELECT account_number FROM bank_accounts WHERE bank_account_id = $1", world.bank_account_id
    )
    bank = SepayTwin(client, f"/hooks/sepay/{world.hook_key}", number, "hook-secret")
    return Money(world, house, client, owner, bank, number)
