"""A school with bills of every kind and doors that tell of money, for tests that care how the books end and not how they got there."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from backend.core.house import House
from backend.core.ids import new_id
from payments import accounts, ledger, reconcile, settle
from payments.banks.line import BankLine
from payments.references import draw
from tests.factories import World, make_world

START = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)
_DRAWN = draw("HP", 9, random.Random(5).randrange)
CODES = dict(
    zip(("meals", "water", "gift", "mate", "elsewhere", "request", "pupil", "stranger", "cut"), _DRAWN, strict=True)
)
VIRTUAL = "9631VA00017"
# Bill → (pupil, amount, days until due, mandatory, which account). Made in this order.
BILLS = {
    "gift": ("child", 50_000, 5, False, 0),
    "meals": ("child", 350_000, 10, True, 0),
    "water": ("child", 60_000, 20, True, 0),
    "mate": ("classmate", 350_000, 10, True, 0),
    "elsewhere": ("classmate", 90_000, 10, True, 1),
}
REQUEST = ("meals", "mate")


@dataclass
class Fair:
    house: House
    owner: asyncpg.Connection
    world: World
    accounts: list[int] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)

    @property
    def school_id(self) -> int:
        return self.world.school_id

    async def deliver(self, *lines: BankLine) -> list[settle.Settled]:
        now = self.house.clock.now()
        async with self.house.database.school(self.school_id) as tx:
            account = await accounts.receiving(tx, self.accounts[0])
            return await settle.settle_many(tx, account, lines, received_at=now, at=now)

    async def prove(self) -> None:
        found = await reconcile.disagreements(self.house.database.reader, self.school_id)
        assert found == [], found

    async def state(self) -> dict[str, dict[str, int]]:
        """The canonical state: per bill, family and bank account, by names that are the same in every school of this kind."""
        bills = await self.owner.fetch(
            "SELECT i.reference, (SELECT coalesce(sum(a.amount), 0)::bigint FROM allocations a"
            " WHERE a.school_id = i.school_id AND a.invoice_id = i.invoice_id) AS paid"
            " FROM invoices i WHERE i.school_id = $1",
            self.school_id,
        )
        names = {str(id_): f"account {place}" for place, id_ in enumerate(self.accounts)}
        names |= {str(self.world.child.pupil_id): "child", str(self.world.classmate.pupil_id): "classmate"}
        balances = await self.owner.fetch(
            "SELECT account, ref, sum(amount)::bigint AS balance FROM ("
            " SELECT debit_account AS account, debit_ref AS ref, amount FROM ledger_transfers WHERE school_id = $1"
            " UNION ALL SELECT credit_account, credit_ref, -amount FROM ledger_transfers WHERE school_id = $1) e"
            " WHERE account <> 'income' GROUP BY account, ref HAVING sum(amount) <> 0",
            self.school_id,
        )
        return {
            "bills": {row["reference"]: row["paid"] for row in bills},
            "books": {f"{row['account']} {names[row['ref']]}": row["balance"] for row in balances},
        }

    async def seal(self) -> str:
        return hashlib.sha256(json.dumps(await self.state(), sort_keys=True).encode()).hexdigest()


async def make_fair(owner: asyncpg.Connection, house: House) -> Fair:
    world = await make_world(owner, house)
    fair = Fair(house, owner, world, [world.bank_account_id])
    second = await owner.fetchval(
        "INSERT INTO bank_accounts (school_id, bank_bin, account_number, account_name, created_at)"
        " VALUES ($1, '970422', $2, 'TRUONG THCS THU', $3) RETURNING bank_account_id",
        world.school_id, f"00220{world.school_id:08d}", START,
    )  # fmt: skip
    fair.accounts.append(second)
    fair.numbers = [
        await owner.fetchval("SELECT account_number FROM bank_accounts WHERE bank_account_id = $1", id_)
        for id_ in fair.accounts
    ]
    ids = {name: new_id() for name in BILLS}
    for name, bill in BILLS.items():
        await _bill(fair, name, ids[name], *bill)
    await owner.execute(
        "INSERT INTO payment_codes (school_id, code, kind, bank_account_id, pupil_id, created_at)"
        " VALUES ($1, $2, 'request', $3, NULL, $6), ($1, $4, 'pupil', $3, $5, $6)",
        world.school_id, CODES["request"], fair.accounts[0], CODES["pupil"], world.child.pupil_id, START,
    )  # fmt: skip
    for position, name in enumerate(REQUEST):
        await owner.execute(
            "INSERT INTO payment_code_bills (school_id, code, invoice_id, position) VALUES ($1, $2, $3, $4)",
            world.school_id, CODES["request"], ids[name], position,
        )  # fmt: skip
    await owner.execute(
        "INSERT INTO virtual_accounts (school_id, bank_account_id, virtual_account, pupil_id, created_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        world.school_id, fair.accounts[0], VIRTUAL, world.child.pupil_id, START,
    )  # fmt: skip
    return fair


async def _bill(
    fair: Fair, name: str, invoice_id: UUID, pupil: str, amount: int, days: int, mandatory: bool, account: int
) -> None:
    world, fee_id, due_on = fair.world, new_id(), (START + timedelta(days=days)).date()
    pupil_id = getattr(world, pupil).pupil_id
    await fair.owner.execute(
        "INSERT INTO fees (school_id, fee_id, title, category, mandatory, class_id, school_year, amount, due_on,"
        " bank_account_id, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, '2026-2027', $7, $8, $9, $10, $11)",
        world.school_id, fee_id, name, "service" if mandatory else "voluntary", mandatory, world.class_id, amount, due_on,
        fair.accounts[account], world.accountant.account_id, START,
    )  # fmt: skip
    await fair.owner.execute(
        "INSERT INTO invoices (school_id, invoice_id, fee_id, pupil_id, reference, bank_account_id, amount, due_on,"
        " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        world.school_id, invoice_id, fee_id, pupil_id, CODES[name], fair.accounts[account], amount, due_on, START,
    )  # fmt: skip
    async with fair.house.database.school(world.school_id) as tx:
        billed = ledger.Transfer(
            "billed", ledger.receivable(pupil_id), ledger.income(fee_id), amount, invoice_id=invoice_id
        )
        await ledger.book(tx, [billed], at=START, made_by=None)
