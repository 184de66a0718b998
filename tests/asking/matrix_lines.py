"""Who may see a family's requests: the guardians who may see every child in them, and nobody else."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from payments.references import draw
from tests.identity.matrix import BY_SCHOOL, FAMILY, GUARDIANS, Ask, Line, Scene
from tests.payments.matrix_lines import Billed, bill

_bodies = itertools.count(500_000)
# Every guardian with a child in the school may choose there; bills are looked up by who asks.
FAMILIES = {(who, "own") for who in GUARDIANS if who != "stranger"} | {("stranger", "foreign")}


@dataclass
class Requested:
    billed: Billed
    code: str


async def open_bill(scene: Scene) -> Billed:
    made = await bill(scene)
    await scene.owner.execute(
        "UPDATE bank_accounts SET closed_at = NULL WHERE bank_account_id ="
        " (SELECT bank_account_id FROM invoices WHERE school_id = $1 AND invoice_id = $2)",
        scene.target.school_id,
        made.invoice_id,
    )
    return made


async def requested(scene: Scene) -> Requested:
    made = await open_bill(scene)
    code = draw("HP", 1, lambda _: next(_bodies))[0]
    await scene.owner.execute(
        "INSERT INTO payment_codes (school_id, code, kind, bank_account_id, created_at)"
        " SELECT school_id, $3, 'request', bank_account_id, $4 FROM invoices WHERE school_id = $1 AND invoice_id = $2",
        scene.target.school_id,
        made.invoice_id,
        code,
        scene.house.clock.now(),
    )
    await scene.owner.execute(
        "INSERT INTO payment_code_bills (school_id, code, invoice_id, position) VALUES ($1, $2, $3, 1)",
        scene.target.school_id,
        code,
        made.invoice_id,
    )
    return Requested(made, code)


def of_family(suffix: str = "") -> Line:
    return Line(
        ask=lambda s: Ask(f"/v1/family/schools/{s.target.school_id}/payment-requests/{s.made.code}{suffix}"),
        allowed=FAMILY,
        prepare=requested,
    )


REQUEST = "/v1/family/schools/{school_id}/payment-requests"

LINES = {
    ("POST", REQUEST): Line(
        ask=lambda s: Ask(
            f"/v1/family/schools/{s.target.school_id}/payment-requests",
            json={"invoice_ids": [str(s.made.invoice_id)]},
        ),
        allowed=FAMILY,
        prepare=open_bill,
    ),
    ("GET", REQUEST + "/{code}"): of_family(),
    ("GET", REQUEST + "/{code}/qr.png"): of_family("/qr.png"),
    ("GET", REQUEST + "/{code}/qr.svg"): of_family("/qr.svg"),
    ("GET", "/app/{school_id}/pay"): Line(
        ask=lambda s: Ask(f"/app/{s.target.school_id}/pay"), allowed=FAMILIES, targets=BY_SCHOOL, by_cookie=True
    ),
    ("POST", "/app/{school_id}/pay"): Line(
        ask=lambda s: Ask(f"/app/{s.target.school_id}/pay", form={"bill": str(s.made.invoice_id)}),
        allowed=FAMILY,
        prepare=open_bill,
        by_cookie=True,
    ),
    ("GET", "/app/{school_id}/pay/{codes}"): Line(
        ask=lambda s: Ask(f"/app/{s.target.school_id}/pay/{s.made.code}"),
        allowed=FAMILY,
        prepare=requested,
        by_cookie=True,
    ),
}
