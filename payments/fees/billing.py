"""Publishing a plan: every child's bills, their entries in the books and their notices. Two statements read, and one transaction of
five writes, and a few more where money has come before its bill.

The sums are worked out before the till is held. Whatever moved meanwhile is met by the keys: bills are unique by plan, part and
pupil, a day's absence is given back once, and an attempt that finds less free than it counted on is made anew.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime
from uuid import UUID, uuid5

import msgspec

from backend.core.clock import school_day
from backend.core.crypto import Cipher
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import INVALID, FieldError, problem
from backend.core.versions import touch_families
from backend.identity import audit
from notifications.outbox import PupilNotice, publish_each
from payments import ledger, references, requests, settle, shape
from payments.accounts import Receiving
from payments.fees import ground, plans
from payments.fees.amounts import Line
from payments.fees.guard import VOLUNTARY
from payments.fees.plans import AMOUNT_MAX, Draft
from payments.ledger import Transfer
from payments.waited import WAITED_FOR

ITEM_CLOSED = problem("fee-item-closed", 409, vi="Khoản mục này đã đóng.", en="This fee item has been closed.")
NOT_THE_SCHOOLS_MONEY = problem(
    "not-the-schools-money",
    409,
    vi="Kinh phí của ban đại diện cha mẹ học sinh do ban tự thu, không lập phiếu thu của trường.",
    en="The parents' board collects its own money; the school makes no bills for it.",
)
BILLING_OVERTAKEN = problem(
    "billing-overtaken",
    409,
    vi="Danh sách vừa thay đổi, xin bấm lại.",
    en="The list has just changed; please try again.",
)
_TRIES = 3
_SPARE = 64


class _New(msgspec.Struct, frozen=True):
    """One bill that is about to be written."""

    invoice_id: UUID
    fee_id: UUID
    class_id: UUID
    pupil_id: UUID
    part: int
    amount: int
    due_on: date
    lines: list[Line]


class _Written(msgspec.Struct, frozen=True):
    """The references by bill, and the bills that money has been waiting for."""

    references: dict[UUID, str]
    waited_for: list[UUID]


class _Overtaken(Exception):
    pass


_WRITE = f"""
WITH fee AS (
        INSERT INTO fees
               (school_id, fee_id, title, category, mandatory, legal_basis, class_id, school_year, amount, due_on,
                bank_account_id, created_by, created_at, plan_id, item_id, part)
        SELECT $1, f.fee_id, f.title, $2, $3, $4, f.class_id, $5, f.amount, f.due_on, $6, $7, $8, $9, $10, f.part
          FROM unnest($11::uuid[], $12::text[], $13::uuid[], $14::bigint[], $15::date[], $16::smallint[])
            AS f (fee_id, title, class_id, amount, due_on, part)
            ON CONFLICT (school_id, fee_id) DO NOTHING
),
     free AS (
        SELECT c.reference, row_number() OVER (ORDER BY c.position) AS position
          FROM unnest($17::text[]) WITH ORDINALITY AS c (reference, position)
         WHERE NOT EXISTS (SELECT FROM invoices i WHERE i.school_id = $1 AND i.reference = c.reference)
           AND NOT EXISTS (SELECT FROM payment_codes k WHERE k.school_id = $1 AND k.code = c.reference)
),
     bill AS (
        INSERT INTO invoices
               (school_id, invoice_id, fee_id, pupil_id, reference, bank_account_id, amount, due_on, created_at,
                plan_id, part, made_of)
        SELECT $1, n.invoice_id, n.fee_id, n.pupil_id, free.reference, $6, n.amount, n.due_on, $8, $9, n.part,
               n.made_of::jsonb
          FROM unnest($18::uuid[], $19::uuid[], $20::uuid[], $21::bigint[], $22::date[], $23::smallint[], $24::text[])
          WITH ORDINALITY AS n (invoice_id, fee_id, pupil_id, amount, due_on, part, made_of, position)
          JOIN free
            ON free.position = n.position
            ON CONFLICT (school_id, plan_id, part, pupil_id) DO NOTHING
     RETURNING invoice_id, pupil_id, bank_account_id, reference
),
     credit AS (
        INSERT INTO absence_credits (school_id, item_id, pupil_id, absent_on, amount, plan_id)
        SELECT $1, $10, c.pupil_id, c.absent_on, c.amount, $9
          FROM unnest($25::uuid[], $26::date[], $27::bigint[]) AS c (pupil_id, absent_on, amount)
            ON CONFLICT (school_id, item_id, pupil_id, absent_on) DO NOTHING
     RETURNING absent_on
),
     plan AS (
        UPDATE fee_plans
           SET published_by = coalesce(published_by, $7),
               published_at = coalesce(published_at, $8)
         WHERE school_id = $1
           AND plan_id = $9
),
     audited AS ({
    audit.RECORDED.format(
        audit_id="$28",
        at="$8",
        actor="$7",
        action="'fee_plan.published'",
        subject_kind="'fee_plan'",
        subject_id="$9::text",
        detail="jsonb_build_object('bills', (SELECT count(*) FROM bill))",
        request_id="$29",
    )
})
SELECT (SELECT count(*) FROM bill) AS bills,
       (SELECT count(*) FROM credit) AS credits,
       ({WAITED_FOR.format(bills="bill")}) AS waited_for,
       (SELECT array_agg(b.invoice_id ORDER BY b.invoice_id) FROM bill b) AS invoice_ids,
       (SELECT array_agg(b.reference ORDER BY b.invoice_id) FROM bill b) AS drawn
"""


async def publish(house: House, actor: UUID, school_id: int, plan_id: UUID) -> int:
    """How many bills were made now. Pressed again it bills those who joined since, and nobody twice."""
    for _ in range(_TRIES):
        now = house.clock.now()
        reader, today = house.database.reader, school_day(now)
        known = await ground.for_accountant(reader, school_id, actor, plan_id, on=today)
        draft = await plans.draft_on(reader, known, on=today)
        _refuse(draft)
        account = known.receiving()
        try:
            async with house.database.school(school_id) as tx:
                await ledger.hold_till(tx, at=now)
                return await _bill(tx, house.cipher, draft, account, by=actor, at=now)
        except _Overtaken:
            continue
    raise BILLING_OVERTAKEN()


def _refuse(draft: Draft) -> None:
    if draft.item.closed:
        raise ITEM_CLOSED()
    if draft.violations:
        raise INVALID(*(one.at(one.field) for one in draft.violations))
    if draft.item.category == "parents_board":
        raise NOT_THE_SCHOOLS_MONEY()
    too_much = [bill for bill in draft.bills if max(bill.parts, default=0) > AMOUNT_MAX]
    if too_much:
        raise INVALID(FieldError("/quantity", "Có phiếu thu vượt 499.999.999 đ.", "A bill is above 499.999.999 đ."))


async def _bill(tx: SchoolTx, cipher: Cipher, draft: Draft, account: Receiving, *, by: UUID, at: datetime) -> int:
    new = _new_bills(draft)
    if not new:
        return 0
    written = await _write(tx, draft, account, new, by=by, at=at)
    transfers = [
        Transfer("billed", ledger.receivable(n.pupil_id), ledger.income(n.fee_id), n.amount, invoice_id=n.invoice_id)
        for n in new
    ]
    await ledger.book(tx, transfers, at=at, made_by=by)
    await _tell(tx, cipher, draft, account, new, written.references, by=by, at=at)
    await settle.look_again(tx, written.waited_for, at=at)
    return len(new)


def _new_bills(draft: Draft) -> list[_New]:
    return [
        _New(
            new_id(),
            uuid5(draft.plan_id, f"{bill.child.class_id}/{part}"),
            bill.child.class_id,
            bill.child.pupil_id,
            part,
            amount,
            draft.terms.due_on[part - 1],
            bill.lines,
        )
        for bill in draft.bills
        for part, amount in enumerate(bill.parts, 1)
        if part not in bill.child.billed
    ]


async def _write(
    tx: SchoolTx, draft: Draft, account: Receiving, new: list[_New], *, by: UUID, at: datetime
) -> _Written:
    """Raises _Overtaken, and so undoes everything, where somebody else was there first."""
    fees = {n.fee_id: n for n in sorted(new, key=lambda n: n.amount)}
    billed_now = {n.pupil_id for n in new if n.part == 1}
    credits = [
        (bill.child.pupil_id, day, line.each)
        for bill in draft.bills
        if bill.child.pupil_id in billed_now
        for line in bill.lines
        if line.kind == "absence_credit"
        for day in sorted(bill.child.credited_days)[: line.quantity]
    ]
    made = await tx.fetchrow(
        _WRITE,
        tx.school_id,
        draft.item.category,
        draft.item.obligatory,
        draft.item.basis,
        draft.school_year,
        account.bank_account_id,
        by,
        at,
        draft.plan_id,
        draft.item.item_id,
        list(fees),
        [part_title(draft, n.part) for n in fees.values()],
        [n.class_id for n in fees.values()],
        [n.amount for n in fees.values()],
        [n.due_on for n in fees.values()],
        [n.part for n in fees.values()],
        _candidates(account.reference_prefix, len(new)),
        [n.invoice_id for n in new],
        [n.fee_id for n in new],
        [n.pupil_id for n in new],
        [n.amount for n in new],
        [n.due_on for n in new],
        [n.part for n in new],
        [msgspec.json.encode(n.lines).decode() for n in new],
        [pupil_id for pupil_id, _, _ in credits],
        [day for _, day, _ in credits],
        [each for _, _, each in credits],
        new_id(),
        audit.request_id(),
    )
    assert made is not None, "an aggregate answers one row"
    if (made["bills"], made["credits"]) != (len(new), len(credits)):
        raise _Overtaken
    return _Written(dict(zip(made["invoice_ids"], made["drawn"], strict=True)), made["waited_for"] or [])


def _candidates(prefix: str, count: int) -> list[str]:
    """With some to spare for those in use; two lengths, so that a school that has filled one of them goes on."""
    short = references.draw(prefix, count + _SPARE, secrets.randbelow)
    longer = references.draw(prefix, count + _SPARE, secrets.randbelow, digits=shape.BODY_DIGITS + 1)
    return short + longer


def part_title(draft: Draft, part: int) -> str:
    return draft.title if len(draft.terms.due_on) == 1 else f"{draft.title} ({part}/{len(draft.terms.due_on)})"


async def _tell(
    tx: SchoolTx,
    cipher: Cipher,
    draft: Draft,
    account: Receiving,
    new: list[_New],
    references: dict[UUID, str],
    *,
    by: UUID,
    at: datetime,
) -> None:
    """Only what is owed is told, and of instalments the first; a voluntary item waits in the app without a sound."""
    first = [n for n in new if n.part == 1]
    if draft.item.category in VOLUNTARY or not first:
        await touch_families(tx, list({n.pupil_id for n in new}))
        return
    notices = [
        PupilNotice(
            notice_id=new_id(),
            pupil_id=n.pupil_id,
            kind="invoice",
            source_kind="invoice",
            source_id=str(n.invoice_id),
            params={
                "fee": part_title(draft, 1),
                "amount": n.amount,
                "due_on": n.due_on.isoformat(),
                "seal": requests.notice_seal(
                    cipher,
                    account,
                    tx.school_id,
                    references[n.invoice_id],
                    n.amount,
                    due_on=n.due_on,
                    on=school_day(at),
                ),
            },
        )
        for n in first
    ]
    await publish_each(tx, notices, created_by=by, at=at)
    if untold := {n.pupil_id for n in new} - {n.pupil_id for n in first}:
        await touch_families(tx, list(untold))
