"""Who may keep money on the console's pages: fees, transfers, the books, accounts and statements."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from backend.core.clock import school_day
from backend.core.ids import new_id
from tests.books import matrix_lines as book_lines
from tests.console.page_lines import Form, base, nothing, sent, shown
from tests.factories import fresh_phone
from tests.identity.matrix import ACCOUNTANTS, ADMINS, BY_SCHOOL, Ask, Line, Scene
from tests.payments import fee_lines
from tests.payments.matrix_lines import KEEPERS, bill, hooked, pay
from tests.payments.statements.matrix_lines import a_statement, columns_form

TRANSFER = "/console/{school_id}/transfers/{transaction_id}"
REFUNDS = "/console/{school_id}/refunds"
PERIODS = "/console/{school_id}/periods"
WRITE_OFF = "/console/{school_id}/fees/{fee_id}/invoices/{invoice_id}/write-off"


def decided(verb: str, which: str, form: Form, prepare: Any = bill) -> Line:
    return sent(
        lambda s: f"/transfers/{getattr(s.made, which)}/{verb}",
        lambda s: {"note": "Đã hỏi phụ huynh.", **form(s)},
        ACCOUNTANTS,
        prepare=prepare,
    )


def decided_in_queue() -> Line:
    return sent(
        lambda s: f"/transfers/queue/{s.made.credit_id}/accept",
        lambda s: {"invoice_ids": str(s.made.invoice_id)},
        ACCOUNTANTS,
        prepare=bill,
    )


def texts(body: Mapping[str, Any]) -> Mapping[str, str]:
    return {name: str(value) for name, value in body.items()}


def plan_form(scene: Scene) -> Mapping[str, str]:
    body = fee_lines.plan_body(scene)
    return {"plan_id": body["plan_id"], "title": body["title"], "due_on": body["due_on"][0]}


def fee_form(scene: Scene) -> Mapping[str, str]:
    due = school_day(scene.house.clock.now()) + timedelta(days=3)
    return {
        "title": "Nước uống",
        "amount": "60.000",
        "due_on": due.isoformat(),
        "category": "agreed",
        "legal_basis": "Nghị quyết 18/2025/NQ-HĐND",
        "bank_account_id": str(scene.world.bank_account_id),
        f"class-{scene.target.class_id}": str(new_id()),
    }


MONEY = {
    ("GET", "/console/{school_id}/fees"): shown(lambda s: "/fees", KEEPERS, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/fees/new"): shown(lambda s: "/fees/new", KEEPERS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/fees/new"): sent(lambda s: "/fees/new", fee_form, ACCOUNTANTS),
    ("GET", "/console/{school_id}/fees/{fee_id}"): shown(lambda s: f"/fees/{s.made.fee_id}", KEEPERS, prepare=bill),
    ("GET", "/console/{school_id}/fee-items"): shown(lambda s: "/fee-items", KEEPERS, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/fee-items/new"): shown(lambda s: "/fee-items/new", KEEPERS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/fee-items/new"): sent(
        lambda s: "/fee-items/new", lambda s: texts(fee_lines.item_body()), ACCOUNTANTS, targets=BY_SCHOOL
    ),
    ("GET", "/console/{school_id}/fee-items/{item_id}"): shown(
        lambda s: f"/fee-items/{s.made.item_id}", KEEPERS, targets=BY_SCHOOL, prepare=fee_lines.plan
    ),
    ("POST", "/console/{school_id}/fee-items/{item_id}/spend"): sent(
        lambda s: f"/fee-items/{s.made.item_id}/spend",
        lambda s: texts(fee_lines.spending_body()),
        ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=fee_lines.plan,
    ),
    ("POST", "/console/{school_id}/fee-items/{item_id}/plan"): sent(
        lambda s: f"/fee-items/{s.made.item_id}/plan", plan_form, ACCOUNTANTS, targets=BY_SCHOOL, prepare=fee_lines.plan
    ),
    ("GET", "/console/{school_id}/fee-plans/{plan_id}"): shown(
        lambda s: f"/fee-plans/{s.made.plan_id}", KEEPERS, targets=BY_SCHOOL, prepare=fee_lines.plan
    ),
    ("POST", "/console/{school_id}/fee-plans/{plan_id}/publish"): sent(
        lambda s: f"/fee-plans/{s.made.plan_id}/publish",
        nothing,
        ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=fee_lines.plan,
    ),
    ("GET", "/console/{school_id}/fee-exemptions"): shown(lambda s: "/fee-exemptions", KEEPERS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/fee-exemptions"): sent(
        lambda s: "/fee-exemptions", lambda s: texts(fee_lines.exemption_body(s)), ACCOUNTANTS, targets=BY_SCHOOL
    ),
    ("POST", "/console/{school_id}/fee-exemptions/{exemption_id}/revoke"): sent(
        lambda s: f"/fee-exemptions/{s.made.exemption_id}/revoke",
        nothing,
        ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=fee_lines.plan,
    ),
    ("POST", "/console/{school_id}/fee-plans/{plan_id}/leavers"): sent(
        lambda s: f"/fee-plans/{s.made.plan_id}/leavers",
        nothing,
        ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=fee_lines.plan,
    ),
    ("POST", "/console/{school_id}/fees/{fee_id}/newcomers"): sent(
        lambda s: f"/fees/{s.made.fee_id}/newcomers", nothing, ACCOUNTANTS, prepare=bill
    ),
    ("POST", "/console/{school_id}/fees/{fee_id}/cancel"): sent(
        lambda s: f"/fees/{s.made.fee_id}/cancel", nothing, ACCOUNTANTS, prepare=bill
    ),
    ("POST", "/console/{school_id}/fees/{fee_id}/invoices/{invoice_id}/cancel"): sent(
        lambda s: f"/fees/{s.made.fee_id}/invoices/{s.made.invoice_id}/cancel", nothing, ACCOUNTANTS, prepare=bill
    ),
    ("GET", "/console/{school_id}/transfers"): shown(lambda s: "/transfers", KEEPERS, targets=BY_SCHOOL),
    ("GET", TRANSFER): shown(lambda s: f"/transfers/{s.made.credit_id}", KEEPERS, prepare=bill),
    ("POST", TRANSFER + "/match"): decided(
        "match",
        "credit_id",
        lambda s: {f"invoice-{s.made.invoice_id}": "yes", f"amount-{s.made.invoice_id}": "1.000"},
    ),
    ("POST", TRANSFER + "/{verb}"): decided("undo", "credit_id", nothing, pay),
    ("GET", "/console/{school_id}/transfers/queue"): shown(lambda s: "/transfers/queue", KEEPERS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/transfers/queue/{transaction_id}/{verb}"): decided_in_queue(),
    ("GET", "/console/{school_id}/transfers/alike"): shown(
        lambda s: "/transfers/alike?like=name_whole", KEEPERS, targets=BY_SCHOOL
    ),
    ("POST", "/console/{school_id}/transfers/alike"): sent(
        lambda s: "/transfers/alike",
        lambda s: {f"line-{s.made.credit_id}": f"{s.made.invoice_id} 1000"},
        ACCOUNTANTS,
        prepare=bill,
    ),
    # The books: two people, or a limit.
    ("GET", REFUNDS): shown(lambda s: "/refunds", KEEPERS, targets=BY_SCHOOL),
    ("POST", REFUNDS + "/batch"): Line(
        ask=lambda s: Ask(base(s) + "/refunds/batch", form={}),
        allowed=KEEPERS,
        targets=BY_SCHOOL,
        by_cookie=True,
        passes={200},
    ),
    ("POST", REFUNDS + "/{refund_id}/approve"): sent(
        lambda s: f"/refunds/{s.made}/approve", nothing, KEEPERS, prepare=book_lines.proposed
    ),
    ("POST", REFUNDS + "/{refund_id}/reject"): sent(
        lambda s: f"/refunds/{s.made}/reject", nothing, KEEPERS, prepare=book_lines.proposed
    ),
    ("POST", REFUNDS + "/{refund_id}/paid-by"): sent(
        lambda s: f"/refunds/{s.made[0]}/paid-by",
        lambda s: {"outgoing_transaction_id": str(s.made[1])},
        KEEPERS,
        prepare=book_lines.approved,
    ),
    ("GET", TRANSFER + "/refunds"): shown(lambda s: f"/transfers/{s.made.credit_id}/refunds", KEEPERS, prepare=bill),
    ("POST", TRANSFER + "/refunds"): sent(
        lambda s: f"/transfers/{s.made.credit_id}/refunds",
        lambda s: {**book_lines.PAYEE, "amount": "1.000"},
        KEEPERS,
        prepare=bill,
    ),
    ("GET", WRITE_OFF): shown(
        lambda s: f"/fees/{s.made.fee_id}/invoices/{s.made.invoice_id}/write-off", KEEPERS, prepare=bill
    ),
    ("POST", WRITE_OFF): sent(
        lambda s: f"/fees/{s.made.fee_id}/invoices/{s.made.invoice_id}/write-off",
        lambda s: {"amount": "1", "reason": "lẻ"},
        KEEPERS,
        prepare=bill,
    ),
    ("GET", "/console/{school_id}/write-off-limits"): shown(lambda s: "/write-off-limits", ADMINS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/write-off-limits"): sent(
        lambda s: "/write-off-limits",
        lambda s: {"accountant_amount": "10.000", "school_admin_amount": "1.000.000"},
        ADMINS,
        targets=BY_SCHOOL,
    ),
    ("GET", PERIODS): shown(lambda s: "/periods", KEEPERS, targets=BY_SCHOOL),
    ("POST", PERIODS): sent(
        lambda s: "/periods",
        lambda s: {"action": "close", "month": "2024-05", "reason": "hết kỳ"},
        KEEPERS,
        targets=BY_SCHOOL,
    ),
    ("POST", PERIODS + "/{change_id}/drop"): sent(
        lambda s: f"/periods/{s.made}/drop", nothing, KEEPERS, prepare=book_lines.change
    ),
    ("POST", PERIODS + "/{change_id}/confirm"): sent(
        lambda s: f"/periods/{s.made}/confirm", nothing, KEEPERS, prepare=book_lines.change
    ),
    ("GET", "/console/{school_id}/balances"): shown(lambda s: "/balances", KEEPERS, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/bank-accounts"): shown(lambda s: "/bank-accounts", KEEPERS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/bank-accounts"): Line(
        ask=lambda s: Ask(
            base(s) + "/bank-accounts",
            form={"bank_bin": "970422", "account_number": fresh_phone()[1:], "account_name": "TRUONG THCS"},
        ),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        by_cookie=True,
        passes={200},
    ),
    ("GET", "/console/{school_id}/bank-feeds"): shown(lambda s: "/bank-feeds", KEEPERS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/bank-feeds"): Line(
        ask=lambda s: Ask(
            base(s) + "/bank-feeds",
            form={"bank_account_id": str(s.made["bank_account_id"]), "gateway": "casso token"},
        ),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        by_cookie=True,
        prepare=hooked,
        passes={200},
    ),
    ("POST", "/console/{school_id}/bank-feeds/{hook_key}/rotate"): Line(
        ask=lambda s: Ask(base(s) + f"/bank-feeds/{s.made['hook_key']}/rotate", form={"token": "sepay-list-token"}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        by_cookie=True,
        prepare=hooked,
        passes={200},
    ),
    ("POST", "/console/{school_id}/bank-feeds/{hook_key}/close"): Line(
        ask=lambda s: Ask(base(s) + f"/bank-feeds/{s.made['hook_key']}/close", form={}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        by_cookie=True,
        prepare=hooked,
    ),
    ("GET", "/console/{school_id}/statements"): shown(lambda s: "/statements", KEEPERS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/statements"): Line(
        ask=lambda s: Ask(
            base(s) + "/statements",
            files={"file": s.made.file, "bank_account_id": (None, str(s.made.bank_account_id))},
        ),
        allowed=ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=a_statement,
        by_cookie=True,
        passes={303},
    ),
    ("GET", "/console/{school_id}/statements/{statement_id}"): shown(
        lambda s: f"/statements/{s.made.statement_id}", KEEPERS, targets=BY_SCHOOL, prepare=a_statement
    ),
    ("GET", "/console/{school_id}/statements/{statement_id}/errors"): shown(
        lambda s: f"/statements/{s.made.statement_id}/errors", KEEPERS, targets=BY_SCHOOL, prepare=a_statement
    ),
    ("POST", "/console/{school_id}/statements/{statement_id}/columns"): sent(
        lambda s: f"/statements/{s.made.statement_id}/columns",
        columns_form,
        ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=a_statement,
    ),
    ("POST", "/console/{school_id}/statements/{statement_id}/apply"): sent(
        lambda s: f"/statements/{s.made.statement_id}/apply",
        nothing,
        ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=a_statement,
    ),
}
