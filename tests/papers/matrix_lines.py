"""Who may see papers: a family its own receipts, those who keep the money all of them; a receipt's code is for whoever holds the paper."""

from __future__ import annotations

from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.ids import new_id
from payments import counter, receipts
from schemas.payments import CounterPayment
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


def at_counter(scene: Scene) -> dict[str, object]:
    share = {"invoice_id": str(scene.made.invoice_id), "amount": 1000}
    return {"payment_id": str(new_id()), "means": "cash", "shares": [share]}


async def taken(scene: Scene) -> UUID:
    """Cash in the box of the target's school. Where the school has no accountant, a payment that never was."""
    if scene.target.name == "foreign":
        return new_id()
    scene.made = await bill(scene)
    actor = scene.world.accountant.account_id
    new = msgspec.convert(at_counter(scene), CounterPayment)
    return (await counter.take(scene.house, actor, scene.target.school_id, new)).transaction_id


# Every family of a school, whosever child the request is about.
FAMILIES = frozenset(
    {(who, "own") for who in ("parent", "parent2", "classmate_parent", "neighbour")} | {("stranger", "foreign")}
)
COUNTER = "/console/{school_id}/counter"
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
    ("GET", "/v1/schools/{school_id}/counter/pupils/{pupil_id}/bills"): Line(
        ask=lambda s: Ask(school(s, f"/counter/pupils/{s.target.pupil_id}/bills")), allowed=KEEPERS, prepare=bill
    ),
    ("POST", "/v1/schools/{school_id}/counter"): Line(
        ask=lambda s: Ask(school(s, "/counter"), json=at_counter(s)), allowed=ACCOUNTANTS, prepare=bill, passes={201}
    ),
    ("POST", "/v1/schools/{school_id}/counter/{transaction_id}/return"): Line(
        ask=lambda s: Ask(school(s, f"/counter/{s.made}/return"), json={"note": "Nhầm."}),
        allowed=ACCOUNTANTS,
        prepare=taken,
        passes={204},
    ),
    ("GET", COUNTER): Line(
        ask=lambda s: Ask(f"/console/{s.target.school_id}/counter?find=an"),
        allowed=KEEPERS,
        targets=BY_SCHOOL,
        by_cookie=True,
    ),
    ("GET", COUNTER + "/{pupil_id}"): Line(
        ask=lambda s: Ask(f"/console/{s.target.school_id}/counter/{s.target.pupil_id}"),
        allowed=KEEPERS,
        by_cookie=True,
        prepare=bill,
    ),
    ("POST", COUNTER + "/{pupil_id}"): Line(
        ask=lambda s: Ask(
            f"/console/{s.target.school_id}/counter/{s.target.pupil_id}",
            form={
                "payment_id": str(new_id()),
                "means": "cash",
                f"bill-{s.made.invoice_id}": "yes",
                f"amount-{s.made.invoice_id}": "1.000",
            },
        ),
        allowed=ACCOUNTANTS,
        by_cookie=True,
        prepare=bill,
        passes={303},
    ),
    ("POST", COUNTER + "/taken/{transaction_id}/return"): Line(
        ask=lambda s: Ask(f"/console/{s.target.school_id}/counter/taken/{s.made}/return", form={"note": "Nhầm."}),
        allowed=ACCOUNTANTS,
        by_cookie=True,
        prepare=taken,
        passes={303},
    ),
    ("GET", "/v1/schools/{school_id}/account-numbers"): Line(
        ask=lambda s: Ask(school(s, "/account-numbers")), allowed=KEEPERS, targets=BY_SCHOOL
    ),
    ("PUT", "/v1/schools/{school_id}/account-numbers"): Line(
        ask=lambda s: Ask(school(s, "/account-numbers"), json={"numbers": {"bank": "112"}}),
        allowed=ACCOUNTANTS,
        targets=BY_SCHOOL,
    ),
    ("GET", REPORTS + "/funds"): read("funds"),
    ("GET", "/v1/family/schools/{school_id}/funds"): Line(
        ask=lambda s: Ask(f"/v1/family/schools/{s.target.school_id}/funds"),
        allowed=FAMILIES,
        targets=BY_SCHOOL,
    ),
    ("GET", "/v1/receipts/{code}"): Line(
        ask=lambda s: Ask(f"/v1/receipts/{s.made}"), allowed=EVERYONE, targets=NOTHING, prepare=code
    ),
}
