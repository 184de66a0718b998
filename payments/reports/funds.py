"""The public account of voluntary funds: received, spent, what is left, and how it sums to the bank. It owns fund_spendings.

A fund is a voluntary item by its name. Nobody who gave or did not give stands in it. For each account that holds money of a
fund the rest of the account is told as well, so that every đồng of the ledger's balance has its line.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import INVALID, NOT_FOUND, FieldError
from backend.core.text import clean
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments import ledger
from payments.reports.debts import VOLUNTARY
from payments.reports.moves import Door
from payments.reports.table import Table, Wording
from schemas.reports import FundAccounts, NewSpending

_DECODER = msgspec.json.Decoder(FundAccounts)

_FUNDS = f"""
WITH laid AS (
SELECT t.bank_account_id, CASE WHEN f.category IN {VOLUNTARY} THEN f.title END AS fund, sum(a.amount)::bigint AS amount
  FROM allocations a
  JOIN bank_transactions t
    ON t.school_id = $1
   AND t.transaction_id = a.transaction_id
  JOIN invoices i
    ON i.school_id = $1
   AND i.invoice_id = a.invoice_id
  JOIN fees f
    ON f.school_id = $1
   AND f.fee_id = i.fee_id
 WHERE a.school_id = $1
 GROUP BY 1, 2
),
spent AS (
SELECT t.bank_account_id, s.fund, sum(s.amount)::bigint AS amount
  FROM fund_spendings s
  JOIN bank_transactions t
    ON t.school_id = $1
   AND t.transaction_id = s.transaction_id
 WHERE s.school_id = $1
 GROUP BY 1, 2
),
funds AS (
SELECT coalesce(l.bank_account_id, s.bank_account_id) AS bank_account_id, coalesce(l.fund, s.fund) AS fund,
       coalesce(l.amount, 0) AS received, coalesce(s.amount, 0) AS spent
  FROM (SELECT * FROM laid WHERE fund IS NOT NULL) l
  FULL JOIN spent s
    ON s.bank_account_id = l.bank_account_id
   AND s.fund = l.fund
),
sides AS (
SELECT coalesce(t.bank_account_id, CASE WHEN side.account IN ('bank', 'outgoing') THEN side.ref::bigint END) AS bank_account_id,
       side.account, side.amount
  FROM ledger_transfers e
 CROSS JOIN LATERAL (VALUES (e.debit_account, e.debit_ref, e.amount),
                            (e.credit_account, e.credit_ref, -e.amount)) AS side (account, ref, amount)
  LEFT JOIN bank_transactions t
    ON t.school_id = $1
   AND t.transaction_id = e.transaction_id
 WHERE e.school_id = $1
   AND side.account IN ('bank', 'outgoing', 'unallocated', 'family_credit', 'refund')
),
sums AS (
SELECT s.bank_account_id,
       coalesce(sum(s.amount) FILTER (WHERE s.account = 'bank'), 0)::bigint AS bank,
       coalesce(sum(s.amount) FILTER (WHERE s.account = 'outgoing'), 0)::bigint AS gone,
       coalesce(-sum(s.amount) FILTER (WHERE s.account IN ('unallocated', 'family_credit', 'refund')), 0)::bigint AS held
  FROM sides s
 GROUP BY s.bank_account_id
),
accounts AS (
SELECT b.bank_account_id, b.account_name AS name, coalesce(o.amount, 0) AS opening,
       coalesce(x.bank, 0) AS bank, coalesce(x.gone, 0) AS gone, coalesce(x.held, 0) AS held,
       coalesce((SELECT sum(l.amount) FROM laid l WHERE l.bank_account_id = b.bank_account_id AND l.fund IS NULL), 0)::bigint AS other,
       (SELECT sum(f.received - f.spent) FROM funds f WHERE f.bank_account_id = b.bank_account_id)::bigint AS of_funds,
       (SELECT sum(f.spent) FROM funds f WHERE f.bank_account_id = b.bank_account_id)::bigint AS spent
  FROM bank_accounts b
  LEFT JOIN sums x
    ON x.bank_account_id = b.bank_account_id
  LEFT JOIN account_openings o
    ON o.school_id = $1
   AND o.bank_account_id = b.bank_account_id
 WHERE b.school_id = $1
   AND EXISTS (SELECT FROM funds f WHERE f.bank_account_id = b.bank_account_id)
)
SELECT json_build_object(
         'school_name', s.name,
         'accounts', coalesce((
            SELECT json_agg(json_build_object(
                     'bank_account_id', a.bank_account_id,
                     'name', a.name,
                     'funds', (SELECT json_agg(json_build_object(
                                        'fund', f.fund, 'received', f.received, 'spent', f.spent,
                                        'balance', f.received - f.spent) ORDER BY f.fund)
                                 FROM funds f
                                WHERE f.bank_account_id = a.bank_account_id),
                     'opening', a.opening,
                     'other_items', a.other,
                     'not_laid', a.held,
                     'other_spending', a.gone - a.spent,
                     'bank', a.opening + a.bank,
                     'agrees', a.of_funds + a.other + a.held - (a.gone - a.spent) = a.bank)
                     ORDER BY a.bank_account_id)
              FROM accounts a), '[]'::json),
         'spendings', coalesce((
            SELECT json_agg(json_build_object(
                     'on', (t.booked_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date,
                     'fund', p.fund, 'amount', p.amount, 'purpose', p.purpose, 'document', p.document)
                     ORDER BY t.booked_at, p.spending_id)
              FROM fund_spendings p
              JOIN bank_transactions t
                ON t.school_id = $1
               AND t.transaction_id = p.transaction_id
             WHERE p.school_id = $1), '[]'::json),
         'currency', 'VND')::text
  FROM schools s
 WHERE s.school_id = $1
"""

_FAMILY_OF_SCHOOL = """
SELECT EXISTS (SELECT
                 FROM guardians family
                 JOIN guardianships bond
                   ON bond.school_id = family.school_id
                  AND bond.guardian_id = family.guardian_id
                WHERE family.school_id = $1
                  AND family.account_id = $2
                  AND bond.can_view
                  AND bond.valid_from <= $3
                  AND (bond.valid_to IS NULL OR bond.valid_to >= $3))
"""


async def funds_json(door: Door, school_id: int) -> str:
    body: str = await door.fetchval(_FUNDS, school_id)
    return body


async def funds_json_for_family(door: Door, school_id: int, account_id: UUID, *, on: date) -> str:
    """For every family of the school, whether it gave or not. Raises NOT_FOUND for others."""
    if not await door.fetchval(_FAMILY_OF_SCHOOL, school_id, account_id, on):
        raise NOT_FOUND()
    return await funds_json(door, school_id)


async def spend(house: House, actor: UUID, school_id: int, new: NewSpending) -> None:
    """Says what money that left an account was for. Below nothing, it takes back what was said too much."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        await ledger.hold_till(tx, at=now)
        row = await tx.fetchrow(
            """
            SELECT t.amount - coalesce((SELECT sum(s.amount)
                                          FROM fund_spendings s
                                         WHERE s.school_id = $1
                                           AND s.transaction_id = $2), 0)::bigint AS room,
                   coalesce((SELECT sum(s.amount)
                               FROM fund_spendings s
                              WHERE s.school_id = $1
                                AND s.transaction_id = $2
                                AND s.fund = $3), 0)::bigint AS said,
                   EXISTS (SELECT
                             FROM fees f
                            WHERE f.school_id = $1
                              AND f.title = $3
                              AND f.category IN ('voluntary', 'parents_board', 'sponsorship')) AS is_fund
              FROM bank_transactions t
             WHERE t.school_id = $1
               AND t.transaction_id = $2
               AND t.direction = 'out'
               AND t.state = 'ignored'
               AND t.refund_of IS NULL
            """,
            school_id,
            new.transaction_id,
            new.fund,
        )
        if row is None:
            raise NOT_FOUND()
        wrong = []
        if not row["is_fund"]:
            wrong.append(
                FieldError("/fund", "Trường không có quỹ tự nguyện này.", "The school has no such voluntary fund.")
            )
        if new.amount == 0 or new.amount > row["room"] or row["said"] + new.amount < 0:
            wrong.append(
                FieldError(
                    "/amount", "Không khớp số tiền đã chi.", "This does not fit the money that left the account."
                )
            )
        if wrong:
            raise INVALID(*wrong)
        spending_id = new_id()
        await tx.execute(
            """
            INSERT INTO fund_spendings
                   (school_id, spending_id, transaction_id, fund, amount, purpose, document, made_by, made_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            school_id,
            spending_id,
            new.transaction_id,
            new.fund,
            new.amount,
            clean(new.purpose),
            clean(new.document or "") or None,
            actor,
            now,
        )
        await audit.record(tx, "fund.spent", "fund_spending", spending_id, at=now, actor=actor)


def tables(body: str, words: Wording, made_at: datetime) -> list[Table]:
    found = _DECODER.decode(body)
    rows: list[list[object]] = []
    for account in found.accounts:
        rows += [[account.name, one.fund, one.received, one.spent, one.balance] for one in account.funds]
        rows += [
            [account.name, words("fund_opening"), None, None, account.opening],
            [account.name, words("fund_other"), None, None, account.other_items],
            [account.name, words("fund_not_laid"), None, None, account.not_laid],
            [account.name, words("fund_other_spending"), None, None, -account.other_spending],
            [account.name, words("fund_bank"), None, None, account.bank],
        ]
    made = {"school_name": found.school_name, "made_at": made_at, "name": "funds", "subtitle": ""}
    disagree = [words("fund_disagrees", name=one.name) for one in found.accounts if not one.agrees]
    return [
        Table(
            title=words("funds"),
            columns=[
                words.column("account", share=2.0),
                words.column("fund", share=2.4),
                words.column("received", "dong", 1.2),
                words.column("spent", "dong", 1.2),
                words.column("balance", "dong", 1.2),
            ],
            rows=rows,
            notes=[words("funds_note"), *disagree],
            **made,  # type: ignore[arg-type]
        ),
        Table(
            title=words("fund_spendings"),
            columns=[
                words.column("day", "day", 1.0),
                words.column("fund", share=2.0),
                words.column("purpose", share=2.6),
                words.column("document", share=1.2),
                words.column("spent", "dong", 1.2),
            ],
            rows=[[one.on, one.fund, one.purpose, one.document, one.amount] for one in found.spendings],
            **made,  # type: ignore[arg-type]
        ),
    ]
