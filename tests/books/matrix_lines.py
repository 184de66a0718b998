"""Who may send money back, write off, and close the books: those who keep the school's money, and nobody alone."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from backend.core.ids import new_id
from tests.identity.matrix import ADMINS, BY_SCHOOL, Ask, Line, Scene
from tests.payments.matrix_lines import KEEPERS, bill, school

REFUNDS = "/v1/schools/{school_id}/refunds"
BOOKS = "/v1/schools/{school_id}/books"
PAYEE = {"payee_bin": "970436", "payee_account": "0011000999999", "payee_name": "NGUYEN THI HOA", "reason": "Nhầm."}


async def proposed(scene: Scene) -> UUID:
    """By somebody else than whoever asks."""
    made, refund_id = await bill(scene), new_id()
    await scene.owner.execute(
        "INSERT INTO refunds (school_id, refund_id, code, transaction_id, bank_account_id, amount, payee_bin, payee_account,"
        " payee_name, reason, proposed_by, proposed_at) SELECT $1, $2, $3, transaction_id, bank_account_id, 1000, '970436', '1',"
        " 'A', 'x', $4, $5 FROM bank_transactions WHERE school_id = $1 AND transaction_id = $6",
        scene.target.school_id, refund_id, f"HOAN{refund_id.hex}", new_id(), scene.house.clock.now(), made.credit_id,
    )  # fmt: skip
    return refund_id


async def approved(scene: Scene) -> tuple[UUID, UUID]:
    """With the line of the same account and amount that paid it."""
    refund_id = await proposed(scene)
    outgoing: UUID = await scene.owner.fetchval(
        "UPDATE refunds SET decision = 'approved', decided_by = $3, decided_at = proposed_at"
        " WHERE school_id = $1 AND refund_id = $2 RETURNING (SELECT max(transaction_id::text)::uuid FROM bank_transactions b"
        " WHERE b.school_id = $1 AND b.direction = 'out' AND b.bank_account_id = refunds.bank_account_id)",
        scene.target.school_id, refund_id, new_id(),
    )  # fmt: skip
    return refund_id, outgoing


async def change(scene: Scene) -> UUID:
    """Earlier changes of the same scene are forgotten, so that each role meets the same books."""
    change_id = new_id()
    await scene.owner.execute("UPDATE tills SET closed_through = NULL WHERE school_id = $1", scene.target.school_id)
    await scene.owner.execute(
        "INSERT INTO period_changes (school_id, change_id, action, through_on, reason, proposed_by, proposed_at)"
        " VALUES ($1, $2, 'close', $3, 'x', $4, $5)",
        scene.target.school_id, change_id, date(2020, 1, 31), new_id(), scene.house.clock.now(),
    )  # fmt: skip
    return change_id


def decided(verb: str) -> Line:
    return Line(
        ask=lambda s: Ask(school(s, f"/refunds/{s.made}/{verb}")), allowed=KEEPERS, prepare=proposed, passes={204}
    )


def by_school(rest: str, body: Any = None, *, allowed: Any = KEEPERS, passes: set[int] | None = None) -> Line:
    return Line(ask=lambda s: Ask(school(s, rest), json=body), allowed=allowed, targets=BY_SCHOOL, passes=passes)


LINES = {
    ("GET", REFUNDS): by_school("/refunds"),
    ("POST", REFUNDS + "/batch"): by_school("/refunds/batch"),
    ("POST", REFUNDS + "/{refund_id}/approve"): decided("approve"),
    ("POST", REFUNDS + "/{refund_id}/reject"): decided("reject"),
    ("POST", REFUNDS + "/{refund_id}/paid-by"): Line(
        ask=lambda s: Ask(school(s, f"/refunds/{s.made[0]}/paid-by"), json={"outgoing_transaction_id": str(s.made[1])}),
        allowed=KEEPERS,
        prepare=approved,
        passes={204},
    ),
    ("POST", "/v1/schools/{school_id}/transactions/{transaction_id}/refunds"): Line(
        ask=lambda s: Ask(school(s, f"/transactions/{s.made.credit_id}/refunds"), json={**PAYEE, "amount": 1000}),
        allowed=KEEPERS,
        prepare=bill,
        passes={201},
    ),
    ("POST", "/v1/schools/{school_id}/invoices/{invoice_id}/write-offs"): Line(
        ask=lambda s: Ask(school(s, f"/invoices/{s.made.invoice_id}/write-offs"), json={"amount": 1, "reason": "lẻ"}),
        allowed=KEEPERS,
        prepare=bill,
        passes={204},
    ),
    ("PUT", BOOKS + "/write-off-limits"): by_school(
        "/books/write-off-limits",
        {"accountant_amount": 10_000, "school_admin_amount": 20_000},
        allowed=ADMINS,
        passes={204},
    ),
    ("GET", BOOKS + "/periods"): by_school("/books/periods"),
    ("GET", BOOKS + "/balances"): by_school("/books/balances"),
    ("POST", BOOKS + "/periods"): by_school(
        "/books/periods", {"action": "close", "month": "2024-05", "reason": "hết kỳ"}, passes={201}
    ),
    ("POST", BOOKS + "/periods/{change_id}/drop"): Line(
        ask=lambda s: Ask(school(s, f"/books/periods/{s.made}/drop")), allowed=KEEPERS, prepare=change, passes={204}
    ),
    ("POST", BOOKS + "/periods/{change_id}/confirm"): Line(
        ask=lambda s: Ask(school(s, f"/books/periods/{s.made}/confirm")), allowed=KEEPERS, prepare=change, passes={204}
    ),
}
