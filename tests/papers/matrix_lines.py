"""Who may see papers: a family its own receipts, those who keep the money all of them; a receipt's code is for whoever holds the paper."""

from __future__ import annotations

from uuid import UUID

from backend.core.clock import school_day
from backend.core.ids import new_id
from payments import receipts
from tests.identity.matrix import ACCOUNTANTS, ADMINS, BY_SCHOOL, EVERYONE, FAMILY, NOTHING, Ask, Line, Scene
from tests.payments.matrix_lines import KEEPERS, Billed, bill, pay, school


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
    number = await scene.owner.fetchval(
        "SELECT number FROM payment_receipts WHERE school_id = $1 AND receipt_id = $2",
        scene.target.school_id,
        made.receipt_id,
    )
    written = receipts.written_number(2026, number)
    return receipts.code_of(scene.house.cipher, scene.target.school_id, written, 1000)


async def an_account(scene: Scene) -> dict[str, object]:
    """A day of an account of the target's school that holds 1,000 đồng."""
    made = await bill(scene)
    account = await scene.owner.fetchval(
        "SELECT bank_account_id FROM bank_transactions WHERE school_id = $1 AND transaction_id = $2",
        scene.target.school_id,
        made.credit_id,
    )
    return {"bank_account_id": account, "on": school_day(scene.house.clock.now()).isoformat()}


def read(rest: str) -> Line:
    return Line(ask=lambda s: Ask(school(s, f"/reports/{rest}")), allowed=KEEPERS, targets=BY_SCHOOL, prepare=pay)


def page(rest: str) -> Line:
    return Line(
        ask=lambda s: Ask(f"/console/{s.target.school_id}/reports{rest}"),
        allowed=KEEPERS,
        targets=BY_SCHOOL,
        by_cookie=True,
        prepare=pay,
    )


def form(rest: str, fields: dict[str, str]) -> Line:
    return Line(
        ask=lambda s: Ask(f"/console/{s.target.school_id}/reports{rest}", form={**s.made, **fields}),
        allowed=ACCOUNTANTS,
        prepare=an_account,
        by_cookie=True,
        passes={303},
    )


ACCOUNT = {"tax_code": "0101243150", "user_name": "truong", "password": "x"}


async def a_refusal(scene: Scene) -> UUID:
    made, document_id = await pay(scene), new_id()
    await scene.owner.execute(
        "INSERT INTO tax_documents (school_id, document_id, receipt_id, deed, document_type, state, due_at, created_at)"
        " VALUES ($1, $2, $3, 'issue', 'e_invoice', 'refused', $4, $4)",
        scene.target.school_id,
        document_id,
        made.receipt_id,
        scene.house.clock.now(),
    )
    return document_id


DOCUMENTS = "/v1/schools/{school_id}/documents"
PAGES = "/console/{school_id}/reports"
REPORTS = "/v1/schools/{school_id}/reports"
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
    ("GET", REPORTS + "/day-book"): read("day-book"),
    ("GET", REPORTS + "/debts"): read("debts"),
    ("GET", REPORTS + "/collection"): read("collection"),
    ("GET", REPORTS + "/day-close"): read("day-close"),
    ("GET", "/v1/schools/{school_id}/report-files/{name}/{form}"): Line(
        ask=lambda s: Ask(school(s, "/report-files/debts/xlsx")), allowed=KEEPERS, targets=BY_SCHOOL, prepare=pay
    ),
    ("POST", REPORTS + "/day-close"): Line(
        ask=lambda s: Ask(school(s, "/reports/day-close"), json={**s.made, "stated": 1000}),
        allowed=ACCOUNTANTS,
        prepare=an_account,
    ),
    ("POST", REPORTS + "/openings"): Line(
        ask=lambda s: Ask(school(s, "/reports/openings"), json={**s.made, "amount": 5}),
        allowed=ACCOUNTANTS,
        prepare=an_account,
    ),
    ("GET", PAGES): page(""),
    ("GET", PAGES + "/show/{name}"): page("/show/debts"),
    ("GET", PAGES + "/day-close"): page("/day-close"),
    ("POST", PAGES + "/day-close"): form("/day-close", {"stated": "1.000"}),
    ("POST", PAGES + "/openings"): form("/openings", {"amount": "5"}),
    ("GET", DOCUMENTS): Line(ask=lambda s: Ask(school(s, "/documents")), allowed=KEEPERS, targets=BY_SCHOOL),
    ("POST", DOCUMENTS + "/{document_id}/send"): Line(
        ask=lambda s: Ask(school(s, f"/documents/{s.made}/send"), json={}), allowed=ACCOUNTANTS, prepare=a_refusal
    ),
    ("PUT", DOCUMENTS + "/account"): Line(
        ask=lambda s: Ask(school(s, "/documents/account"), json=ACCOUNT), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("DELETE", DOCUMENTS + "/account"): Line(
        ask=lambda s: Ask(school(s, "/documents/account")), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("PUT", "/v1/schools/{school_id}/fees/{fee_id}/document"): Line(
        ask=lambda s: Ask(school(s, f"/fees/{s.made.fee_id}/document"), json={"document_type": "e_invoice"}),
        allowed=ACCOUNTANTS,
        prepare=bill,
    ),
    ("GET", "/v1/receipts/{code}"): Line(
        ask=lambda s: Ask(f"/v1/receipts/{s.made}"), allowed=EVERYONE, targets=NOTHING, prepare=code
    ),
}
