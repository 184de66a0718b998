"""Who may see papers: a family its own receipts, those who keep the money all of them; a receipt's code is for whoever holds the paper."""

from __future__ import annotations

from payments import receipt_codes
from payments.receipt_codes import SealedReceipt
from tests.identity.matrix import EVERYONE, FAMILY, NOTHING, Ask, Line, Scene
from tests.payments.matrix_lines import KEEPERS, Billed, pay, school


async def cancel(scene: Scene) -> Billed:
    made = await pay(scene)
    number = await scene.owner.fetchval(
        "SELECT count(*) + 1 FROM receipt_cancellations WHERE school_id = $1", scene.target.school_id
    )
    await scene.owner.execute(
        "INSERT INTO receipt_cancellations (school_id, receipt_id, cancellation_year, number, reason, cancelled_at)"
        " VALUES ($1, $2, 2026, $3, 'undone', $4)",
        scene.target.school_id,
        made.receipt_id,
        number,
        scene.house.clock.now(),
    )
    return made


async def code(scene: Scene) -> str:
    made = await pay(scene)
    row = await scene.owner.fetchrow(
        "SELECT receipt_year, number, amount FROM payment_receipts WHERE school_id = $1 AND receipt_id = $2",
        scene.target.school_id,
        made.receipt_id,
    )
    assert row is not None
    return receipt_codes.receipt_code(scene.house.cipher, SealedReceipt(scene.target.school_id, "transfer", *row))


RECEIPT = "/v1/schools/{school_id}/receipts/{receipt_id}"

LINES = {
    ("GET", RECEIPT + "/pdf"): Line(
        ask=lambda s: Ask(school(s, f"/receipts/{s.made.receipt_id}/pdf")), allowed=FAMILY | KEEPERS, prepare=pay
    ),
    ("GET", RECEIPT + "/cancellation/pdf"): Line(
        ask=lambda s: Ask(school(s, f"/receipts/{s.made.receipt_id}/cancellation/pdf")),
        allowed=FAMILY | KEEPERS,
        prepare=cancel,
    ),
    ("GET", "/v1/schools/{school_id}/transactions/{transaction_id}/receipts/pdf"): Line(
        ask=lambda s: Ask(school(s, f"/transactions/{s.made.credit_id}/receipts/pdf")),
        allowed=FAMILY | KEEPERS,
        prepare=pay,
    ),
    ("GET", "/v1/receipts/{code}"): Line(
        ask=lambda s: Ask(f"/v1/receipts/{s.made}"), allowed=EVERYONE, targets=NOTHING, prepare=code
    ),
}
