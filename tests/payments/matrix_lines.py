"""Who may touch money: the accountant decides, the head reads, a family sees its own bills, teachers see none."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from backend.core.clock import school_day
from backend.core.ids import new_id
from payments import ledger
from payments.references import draw
from tests.factories import YEAR, fresh_phone
from tests.identity.matrix import ACCOUNTANTS, ADMINS, BY_SCHOOL, FAMILY, NOBODY, Ask, Line, Scene
from tests.payments.fee_lines import LINES as FEES
from tests.payments.statements.matrix_lines import LINES as STATEMENTS

KEEPERS = ACCOUNTANTS | ADMINS
NOTE = {"note": "Đã hỏi phụ huynh."}


@dataclass
class Billed:
    """A bill of the target's pupil, and a credit in its school that waits for a person; for a receipt, one that is laid."""

    fee_id: UUID
    invoice_id: UUID
    credit_id: UUID
    debit_id: UUID
    duplicate_id: UUID
    receipt_id: UUID


# Drawn by chance, two of the hundreds of bills of one school would meet in one run of a dozen.
_bodies = itertools.count()


async def bill(scene: Scene) -> Billed:
    """Written behind the doors, because the other school has no accountant who could do it."""
    now, school_id = scene.house.clock.now(), scene.target.school_id
    account = await scene.owner.fetchval(
        "INSERT INTO bank_accounts (school_id, bank_bin, account_number, account_name, created_at, closed_at)"
        " VALUES ($1, '970422', $2, 'TRUONG', $3, $3) RETURNING bank_account_id",
        school_id,
        fresh_phone()[1:],
        now,
    )
    made = Billed(*(new_id() for _ in range(6)))
    await scene.owner.execute(
        "INSERT INTO fees (school_id, fee_id, title, category, mandatory, class_id, school_year, amount, due_on,"
        " bank_account_id, created_by, created_at) VALUES ($1, $2, 'Nước', 'agreed', false, $3, $4, 1000, $5, $6, $2, $7)",
        school_id,
        made.fee_id,
        scene.target.class_id,
        YEAR,
        school_day(now),
        account,
        now,
    )
    await scene.owner.execute(
        "INSERT INTO invoices (school_id, invoice_id, fee_id, pupil_id, reference, bank_account_id, amount, due_on, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, 1000, $7, $8)",
        school_id,
        made.invoice_id,
        made.fee_id,
        scene.target.pupil_id,
        draw("HP", 1, lambda _: next(_bodies))[0],
        account,
        school_day(now),
        now,
    )
    await _movements(scene, made, account)
    return made


async def _movements(scene: Scene, made: Billed, account: int) -> None:
    now, school_id = scene.house.clock.now(), scene.target.school_id
    for transaction_id, direction, state, reasons, original in (
        (made.credit_id, "in", "unmatched", ["no_reference"], None),
        (made.debit_id, "out", "ignored", ["outgoing"], None),
        (made.duplicate_id, "in", "duplicate", ["told_before"], made.credit_id),
    ):
        await scene.owner.execute(
            "INSERT INTO bank_transactions (school_id, transaction_id, bank_account_id, source, event_key, direction, amount,"
            " memo, booked_at, received_at, state, reasons, duplicate_of, decided_at)"
            " VALUES ($1, $2::uuid, $3, 'sepay', $2::text, $4, 1000, '', $5, $5, $6, $7, $8, $5)",
            school_id,
            transaction_id,
            account,
            direction,
            now,
            state,
            reasons,
            original,
        )
    await _transfer(scene, ("bank", str(account)), ("unallocated", str(account)), "arrived", made.credit_id)


async def _transfer(
    scene: Scene, debit: tuple[str, str], credit: tuple[str, str], kind: str, transaction_id: UUID
) -> None:
    accounts = [ledger.Account(ledger.Book(book), ref) for book, ref in (debit, credit)]
    async with scene.house.database.school(scene.target.school_id) as tx:
        transfer = ledger.Transfer(kind, *accounts, 1000, transaction_id)
        await ledger.book(tx, [transfer], at=scene.house.clock.now(), made_by=None)


async def pay(scene: Scene) -> Billed:
    made = await bill(scene)
    now, school_id, allocation_id = scene.house.clock.now(), scene.target.school_id, new_id()
    account = await scene.owner.fetchval(
        "SELECT bank_account_id::text FROM invoices WHERE school_id = $1 AND invoice_id = $2",
        school_id,
        made.invoice_id,
    )
    await scene.owner.execute(
        "INSERT INTO allocations (school_id, allocation_id, transaction_id, invoice_id, amount, reason, made_at)"
        " VALUES ($1, $2, $3, $4, 1000, 'test', $5)",
        school_id,
        allocation_id,
        made.credit_id,
        made.invoice_id,
        now,
    )
    await _transfer(
        scene, ("unallocated", account), ("receivable", str(scene.target.pupil_id)), "allocated", made.credit_id
    )
    number = await scene.owner.fetchval(
        "SELECT count(*) + 1 FROM payment_receipts WHERE school_id = $1", scene.target.school_id
    )
    await scene.owner.execute(
        "INSERT INTO payment_receipts (school_id, receipt_id, receipt_year, number, transaction_id, invoice_id, allocation_id,"
        " amount, issued_at) VALUES ($1, $2, 2026, $3, $4, $5, $6, 1000, $7)",
        school_id,
        made.receipt_id,
        number,
        made.credit_id,
        made.invoice_id,
        allocation_id,
        now,
    )
    return made


async def hooked(scene: Scene) -> dict[str, Any]:
    """An account of the target's school with a hook that may be changed."""
    now, school_id, hook_key = scene.house.clock.now(), scene.target.school_id, f"m{new_id().hex}"
    account = await scene.owner.fetchval(
        "INSERT INTO bank_accounts (school_id, bank_bin, account_number, account_name, created_at)"
        " VALUES ($1, '970422', $2, 'TRUONG', $3) RETURNING bank_account_id",
        school_id,
        fresh_phone()[1:],
        now,
    )
    await scene.owner.execute(
        "INSERT INTO bank_hooks (hook_key, provider, school_id, bank_account_id, auth, secret_sealed, created_at)"
        " VALUES ($1, 'sepay', $2, $3, 'hmac', $4, $5)",
        hook_key,
        school_id,
        account,
        scene.house.cipher.seal("matrix-secret", "bank-hook"),
        now,
    )
    return {"bank_account_id": account, "hook_key": hook_key}


async def payable(scene: Scene) -> Billed:
    """A bill of a school with a gateway that need not be asked for a link."""
    made = await bill(scene)
    account = await scene.owner.fetchval(
        "INSERT INTO bank_accounts (school_id, kind, bank_bin, account_number, account_name, created_at)"
        " VALUES ($1, 'gateway', 'VNPAY', $2, 'TRUONG', $3) RETURNING bank_account_id",
        scene.target.school_id,
        fresh_phone()[1:],
        scene.house.clock.now(),
    )
    await scene.owner.execute(
        "INSERT INTO bank_hooks (hook_key, provider, school_id, bank_account_id, auth, secret_sealed, keys_sealed, created_at)"
        " VALUES ($1, 'vnpay', $2, $3, 'hmac', $4, $5, $6)",
        f"m{new_id().hex}",
        scene.target.school_id,
        account,
        scene.house.cipher.seal("matrix-secret", "bank-hook"),
        scene.house.cipher.seal('{"tmn_code": "MATRIX01"}', "bank-hook-keys"),
        scene.house.clock.now(),
    )
    return made


def school(scene: Scene, rest: str) -> str:
    return f"/v1/schools/{scene.target.school_id}{rest}"


def new_fee(scene: Scene) -> dict[str, Any]:
    return {
        "fee_id": str(uuid4()),
        "class_id": str(scene.target.class_id),
        "title": "Nước uống",
        "legal_basis": "Nghị quyết 18/2025/NQ-HĐND",
        "amount": 60_000,
        "due_on": (school_day(scene.house.clock.now()) + timedelta(days=3)).isoformat(),
        "bank_account_id": scene.world.bank_account_id,
    }


def on_invoice(rest: str, allowed: Any, *, passes: set[int] | None = None) -> Line:
    return Line(
        ask=lambda s: Ask(school(s, f"/invoices/{s.made.invoice_id}{rest}")),
        allowed=allowed,
        prepare=bill,
        passes=passes,
    )


def on_transaction(verb: str, which: str, body: Any, prepare: Any = bill) -> Line:
    return Line(
        ask=lambda s: Ask(
            school(s, f"/transactions/{getattr(s.made, which)}/{verb}"), json={**NOTE, **(body(s) if body else {})}
        ),
        allowed=ACCOUNTANTS,
        prepare=prepare,
        passes={204},
    )


LINES = {
    **FEES,
    ("POST", "/v1/schools/{school_id}/fees"): Line(
        ask=lambda s: Ask(school(s, "/fees"), json=new_fee(s)), allowed=ACCOUNTANTS, passes={201}
    ),
    ("GET", "/v1/schools/{school_id}/fees"): Line(
        ask=lambda s: Ask(school(s, "/fees")), allowed=KEEPERS, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/fees/{fee_id}"): Line(
        ask=lambda s: Ask(school(s, f"/fees/{s.made.fee_id}")), allowed=KEEPERS, prepare=bill
    ),
    ("POST", "/v1/schools/{school_id}/fees/{fee_id}/invoices"): Line(
        ask=lambda s: Ask(school(s, f"/fees/{s.made.fee_id}/invoices")), allowed=ACCOUNTANTS, prepare=bill
    ),
    ("POST", "/v1/schools/{school_id}/fees/{fee_id}/cancel"): Line(
        ask=lambda s: Ask(school(s, f"/fees/{s.made.fee_id}/cancel")), allowed=ACCOUNTANTS, prepare=bill
    ),
    ("GET", "/v1/schools/{school_id}/classes/{class_id}/invoices"): Line(
        ask=lambda s: Ask(school(s, f"/classes/{s.target.class_id}/invoices")), allowed=KEEPERS
    ),
    ("POST", "/v1/schools/{school_id}/invoices/{invoice_id}/cancel"): on_invoice("/cancel", ACCOUNTANTS),
    ("GET", "/v1/family/schools/{school_id}/pupils/{pupil_id}/invoices"): Line(
        ask=lambda s: Ask(f"/v1/family/schools/{s.target.school_id}/pupils/{s.target.pupil_id}/invoices"),
        allowed=FAMILY,
        prepare=bill,
    ),
    ("GET", "/v1/schools/{school_id}/invoices/{invoice_id}/qr"): on_invoice("/qr", FAMILY | KEEPERS),
    ("GET", "/v1/schools/{school_id}/invoices/{invoice_id}/qr.png"): on_invoice("/qr.png", FAMILY | KEEPERS),
    ("GET", "/v1/schools/{school_id}/invoices/{invoice_id}/qr.svg"): on_invoice("/qr.svg", FAMILY | KEEPERS),
    ("POST", "/hooks/{provider}/{hook_key}"): Line(
        ask=lambda s: Ask(f"/hooks/sepay/{s.world.hook_key}", content=b"{}"), allowed=NOBODY, targets=BY_SCHOOL
    ),
    # VNPay's own door answers 200 to everybody and says in its code that nothing was proved: tests/payments/test_gateways.py.
    ("GET", "/hooks/{provider}/{hook_key}"): Line(
        ask=lambda s: Ask(f"/hooks/nobody/{s.world.hook_key}"), allowed=NOBODY, targets=BY_SCHOOL
    ),
    ("POST", "/v1/schools/{school_id}/bank-accounts/{bank_account_id}/hooks"): Line(
        ask=lambda s: Ask(
            school(s, f"/bank-accounts/{s.made['bank_account_id']}/hooks"), json={"provider": "casso", "auth": "token"}
        ),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=hooked,
        passes={201},
    ),
    ("GET", "/v1/schools/{school_id}/bank-hooks/gaps"): Line(
        ask=lambda s: Ask(school(s, "/bank-hooks/gaps")), allowed=KEEPERS, targets=BY_SCHOOL, prepare=hooked
    ),
    ("POST", "/v1/schools/{school_id}/invoices/{invoice_id}/pay-link"): Line(
        ask=lambda s: Ask(school(s, f"/invoices/{s.made.invoice_id}/pay-link"), json={}),
        allowed=FAMILY,
        prepare=payable,
        passes={200},
    ),
    ("POST", "/v1/schools/{school_id}/bank-hooks/{hook_key}/rotate"): Line(
        ask=lambda s: Ask(school(s, f"/bank-hooks/{s.made['hook_key']}/rotate"), json={}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=hooked,
        passes={200},
    ),
    ("DELETE", "/v1/schools/{school_id}/bank-hooks/{hook_key}"): Line(
        ask=lambda s: Ask(school(s, f"/bank-hooks/{s.made['hook_key']}")),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=hooked,
        passes={204},
    ),
    ("GET", "/v1/schools/{school_id}/transactions"): Line(
        ask=lambda s: Ask(school(s, "/transactions?waiting=true")), allowed=KEEPERS, targets=BY_SCHOOL, prepare=bill
    ),
    ("POST", "/v1/schools/{school_id}/transactions/{transaction_id}/match"): on_transaction(
        "match", "credit_id", lambda s: {"shares": [{"invoice_id": str(s.made.invoice_id), "amount": 1_000}]}
    ),
    ("POST", "/v1/schools/{school_id}/transactions/{transaction_id}/undo"): on_transaction(
        "undo", "credit_id", None, pay
    ),
    ("POST", "/v1/schools/{school_id}/transactions/{transaction_id}/ignore"): on_transaction(
        "ignore", "credit_id", None
    ),
    ("POST", "/v1/schools/{school_id}/transactions/{transaction_id}/not-duplicate"): on_transaction(
        "not-duplicate", "duplicate_id", None
    ),
    ("GET", "/v1/schools/{school_id}/books/check"): Line(
        ask=lambda s: Ask(school(s, "/books/check")), allowed=KEEPERS, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/bank-accounts"): Line(
        ask=lambda s: Ask(school(s, "/bank-accounts")), allowed=KEEPERS, targets=BY_SCHOOL
    ),
    ("POST", "/v1/schools/{school_id}/bank-accounts"): Line(
        ask=lambda s: Ask(
            school(s, "/bank-accounts"),
            json={"bank_bin": "970422", "account_number": fresh_phone()[1:], "account_name": "TRUONG"},
        ),
        allowed=ADMINS,
        targets=BY_SCHOOL,
    ),
    # Outside the demo this door does not exist; inside it, tests/payments/test_demo_bank.py crosses it.
    ("POST", "/v1/demo/schools/{school_id}/invoices/{invoice_id}/transfer"): Line(
        ask=lambda s: Ask(
            f"/v1/demo/schools/{s.target.school_id}/invoices/{s.made.invoice_id}/transfer", json={"amount": 1_000}
        ),
        allowed=NOBODY,
        prepare=bill,
    ),
    **STATEMENTS,
}
