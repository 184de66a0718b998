"""Who may see a family's requests: the guardians who may see every child in them, and nobody else."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from backend.core.ids import new_id
from payments.qrimage import png
from payments.references import draw
from tests.factories import fresh_phone
from tests.identity.matrix import (
    ACCOUNTANTS,
    ADMINS,
    BY_SCHOOL,
    EVERYONE,
    FAMILY,
    GUARDIANS,
    NOTHING,
    SIGNED_IN,
    Ask,
    Line,
    Scene,
)
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


async def reported(scene: Scene) -> str:
    case_id = new_id()
    await scene.owner.execute(
        "INSERT INTO fraud_cases (school_id, case_id, fingerprint, kind, subject, state, opened_at)"
        " VALUES ($1, $2::uuid, $2::text, 'message', 'x', 'reported', $3)",
        scene.target.school_id,
        case_id,
        scene.house.clock.now(),
    )
    return str(case_id)


async def contact(scene: Scene) -> str:
    phone = fresh_phone()[1:]
    await scene.owner.execute(
        "INSERT INTO official_contacts (school_id, phone, label, added_by, added_at) VALUES ($1, $2, 'x', $3, $4)",
        scene.target.school_id,
        phone,
        new_id(),
        scene.house.clock.now(),
    )
    return phone


async def code_of_school(scene: Scene) -> str:
    return str(await scene.owner.fetchval("SELECT code FROM schools WHERE school_id = $1", scene.target.school_id))


async def with_codes(scene: Scene) -> int:
    """The account of the school, and standing codes switched on."""
    now, school_id = scene.house.clock.now(), scene.target.school_id
    await scene.owner.execute(
        "INSERT INTO asking_rules (school_id, pupil_codes, reminders, reminder_days, changed_by, changed_at)"
        " VALUES ($1, true, true, '{0}', $2, $3) ON CONFLICT DO NOTHING",
        school_id,
        new_id(),
        now,
    )
    account: int = await scene.owner.fetchval(
        "INSERT INTO bank_accounts (school_id, bank_bin, account_number, account_name, created_at)"
        " VALUES ($1, '970422', $2, 'TRUONG', $3) RETURNING bank_account_id",
        school_id,
        fresh_phone()[1:],
        now,
    )
    return account


def console(rest: str, *, prepare: Any = None, form: dict[str, str] | None = None) -> Line:
    def ask(s: Scene) -> Ask:
        return Ask(f"/console/{s.target.school_id}/fraud{rest.replace('{made}', str(s.made))}", form=form)

    return Line(ask=ask, allowed=ADMINS, targets=BY_SCHOOL, prepare=prepare, by_cookie=True)


def asking(
    rest: str, *, form: dict[str, str] | None = None, allowed: Any = None, targets: tuple[str, ...] = BY_SCHOOL
) -> Line:
    def ask(s: Scene) -> Ask:
        blanks = {"made": s.made, "phone": fresh_phone()[1:], "pupil": s.target.pupil_id, "class_id": s.target.class_id}
        filled = None if form is None else {name: value.format(**blanks) for name, value in form.items()}
        return Ask(f"/console/{s.target.school_id}/asking{rest.format(**blanks)}", form=filled)

    return Line(ask=ask, allowed=allowed or ACCOUNTANTS | ADMINS, targets=targets, prepare=with_codes, by_cookie=True)


def school(rest: str, allowed: Any, *, prepare: Any = None, json: Any = None) -> Line:
    def ask(s: Scene) -> Ask:
        return Ask(f"/v1/schools/{s.target.school_id}{rest.replace('{made}', str(s.made))}", json=json)

    return Line(ask=ask, allowed=allowed, targets=BY_SCHOOL, prepare=prepare)


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
    # Open to all; what strangers may not do is ask without end (tests/asking/test_verify.py).
    ("POST", "/v1/verify"): Line(
        ask=lambda s: Ask("/v1/verify", json={"text": "0912345678"}), allowed=EVERYONE, targets=NOTHING
    ),
    ("POST", "/v1/verify/picture"): Line(
        ask=lambda s: Ask("/v1/verify/picture", files={"picture": ("a.png", png("x"))}),
        allowed=EVERYONE,
        targets=NOTHING,
    ),
    ("POST", "/v1/fraud-reports"): Line(
        ask=lambda s: Ask(
            "/v1/fraud-reports", json={"report_id": str(new_id()), "school": s.made, "text": "Lừa đảo học phí"}
        ),
        allowed=EVERYONE,
        targets=NOTHING,
        prepare=code_of_school,
    ),
    ("GET", "/verify"): Line(ask=lambda s: Ask("/verify"), allowed=EVERYONE, targets=NOTHING, by_cookie=True),
    ("POST", "/verify"): Line(
        ask=lambda s: Ask("/verify", form={"text": "0912345678"}), allowed=EVERYONE, targets=NOTHING, by_cookie=True
    ),
    ("POST", "/verify/report"): Line(
        ask=lambda s: Ask(
            "/verify/report", form={"report_id": str(new_id()), "school": s.made, "text": "Lừa đảo học phí"}
        ),
        allowed=EVERYONE,
        targets=NOTHING,
        prepare=code_of_school,
        by_cookie=True,
    ),
    ("GET", "/v1/schools/{school_id}/official-contacts"): school("/official-contacts", ACCOUNTANTS | ADMINS),
    ("POST", "/v1/schools/{school_id}/official-contacts"): school(
        "/official-contacts", ADMINS, json={"phone": "0912345678", "label": "Kế toán"}
    ),
    ("POST", "/v1/schools/{school_id}/official-contacts/{phone}/remove"): school(
        "/official-contacts/{made}/remove", ADMINS, prepare=contact, json={}
    ),
    ("GET", "/v1/schools/{school_id}/fraud-cases"): school("/fraud-cases", ADMINS),
    ("POST", "/v1/schools/{school_id}/fraud-cases/{case_id}/confirm"): school(
        "/fraud-cases/{made}/confirm", ADMINS, prepare=reported, json={}
    ),
    ("POST", "/v1/schools/{school_id}/fraud-cases/{case_id}/dismiss"): school(
        "/fraud-cases/{made}/dismiss", ADMINS, prepare=reported, json={}
    ),
    ("GET", "/console/{school_id}/fraud"): console(""),
    ("POST", "/console/{school_id}/fraud/{case_id}/confirm"): console("/{made}/confirm", prepare=reported, form={}),
    ("POST", "/console/{school_id}/fraud/{case_id}/dismiss"): console("/{made}/dismiss", prepare=reported, form={}),
    ("POST", "/console/{school_id}/fraud/contacts"): console(
        "/contacts", form={"phone": "0912345678", "label": "Kế toán"}
    ),
    ("POST", "/console/{school_id}/fraud/contacts/{phone}/remove"): console(
        "/contacts/{made}/remove", prepare=contact, form={}
    ),
    ("GET", "/v1/schools/{school_id}/asking-rules"): school("/asking-rules", ACCOUNTANTS | ADMINS),
    ("POST", "/v1/schools/{school_id}/asking-rules"): school(
        "/asking-rules", ACCOUNTANTS | ADMINS, json={"pupil_codes": False, "reminders": True, "reminder_days": [0]}
    ),
    ("GET", "/v1/schools/{school_id}/reminders/preview"): school("/reminders/preview", ACCOUNTANTS | ADMINS),
    ("POST", "/v1/schools/{school_id}/pupil-codes"): Line(
        ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/pupil-codes", json={"bank_account_id": s.made}),
        allowed=ACCOUNTANTS,
        targets=("own",),
        prepare=with_codes,
    ),
    ("POST", "/v1/schools/{school_id}/bank-accounts/{bank_account_id}/virtual-accounts"): Line(
        ask=lambda s: Ask(
            f"/v1/schools/{s.target.school_id}/bank-accounts/{s.made}/virtual-accounts",
            json={"rows": [{"virtual_account": fresh_phone()[1:], "pupil": str(s.target.pupil_id)}]},
        ),
        allowed=ACCOUNTANTS | ADMINS,
        targets=BY_SCHOOL,
        prepare=with_codes,
    ),
    # Whoever may not see the pupil gets an empty list, as for a pupil without a code.
    ("GET", "/v1/schools/{school_id}/pupils/{pupil_id}/standing-codes"): Line(
        ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/pupils/{s.target.pupil_id}/standing-codes"),
        allowed=SIGNED_IN,
    ),
    ("GET", "/console/{school_id}/asking"): asking(""),
    ("POST", "/console/{school_id}/asking/rules"): asking("/rules", form={"reminder_days": "0, 3"}),
    ("POST", "/console/{school_id}/asking/codes"): asking(
        "/codes", form={"bank_account_id": "{made}"}, allowed=ACCOUNTANTS, targets=("own",)
    ),
    ("POST", "/console/{school_id}/asking/virtual-accounts"): asking(
        "/virtual-accounts", form={"bank_account_id": "{made}", "rows": "{phone}\t{pupil}"}
    ),
    ("GET", "/console/{school_id}/asking/cards/{class_id}"): asking("/cards/{class_id}"),
}
