"""The public account of voluntary funds: received, spent, what is left, and how it sums to the bank. It writes nothing.

A fund is a voluntary item. A voluntary fee without an item counts to the item of its name, or stands as a fund of its own. Nobody
who gave or did not give stands in it: what came in is one sum a day, without payer, memo or receipt number (a receipt's number
leads its holder to the child). For each account that holds money of a fund the rest of the account is told as well, so that every
đồng of the ledger's balance has its line.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.core.problems import NOT_FOUND
from backend.identity.entitlement import GUARDIAN_JOIN
from payments.reports.moves import Door
from payments.reports.table import Table, Wording
from schemas.reports import FundAccounts

_DECODER = msgspec.json.Decoder(FundAccounts)

_FUNDS = """
WITH kinds AS (
SELECT f.fee_id, t.item_id, coalesce(t.title, f.title) AS fund
  FROM fees f
  LEFT JOIN LATERAL (SELECT t.item_id, t.title
                       FROM fee_items t
                      WHERE t.school_id = $1
                        AND (t.item_id = f.item_id OR f.item_id IS NULL AND t.voluntary AND t.title = f.title)
                      ORDER BY t.created_at, t.item_id
                      LIMIT 1) t
    ON true
 WHERE f.school_id = $1
   AND f.voluntary
),
laid_by_day AS (
SELECT t.bank_account_id, k.item_id, k.fund, (t.booked_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS received_on,
       sum(a.amount)::bigint AS amount
  FROM allocations a
  JOIN bank_transactions t
    ON t.school_id = $1
   AND t.transaction_id = a.transaction_id
  JOIN invoices i
    ON i.school_id = $1
   AND i.invoice_id = a.invoice_id
  LEFT JOIN kinds k
    ON k.fee_id = i.fee_id
 WHERE a.school_id = $1
 GROUP BY 1, 2, 3, 4
),
laid AS (
SELECT l.bank_account_id, l.item_id, l.fund, sum(l.amount)::bigint AS amount
  FROM laid_by_day l
 GROUP BY 1, 2, 3
),
said AS (
SELECT s.spending_id, s.item_id, m.title AS fund, s.spent_on, s.made_at, s.amount, s.purpose, s.document, t.bank_account_id
  FROM item_spendings s
  JOIN fee_items m
    ON m.school_id = $1
   AND m.item_id = s.item_id
   AND m.voluntary
  LEFT JOIN bank_transactions t
    ON t.school_id = $1
   AND t.transaction_id = s.transaction_id
 WHERE s.school_id = $1
),
spent AS (
SELECT s.bank_account_id, s.item_id, s.fund, sum(s.amount)::bigint AS amount
  FROM said s
 WHERE s.bank_account_id IS NOT NULL
 GROUP BY 1, 2, 3
),
funds AS (
SELECT coalesce(l.bank_account_id, s.bank_account_id) AS bank_account_id, coalesce(l.item_id, s.item_id) AS item_id,
       coalesce(l.fund, s.fund) AS fund,
       coalesce(l.amount, 0) AS received, coalesce(s.amount, 0) AS spent
  FROM (SELECT * FROM laid WHERE fund IS NOT NULL) l
  FULL JOIN spent s
    ON s.bank_account_id = l.bank_account_id
   AND s.item_id = l.item_id
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
                                        'item_id', f.item_id, 'fund', f.fund, 'received', f.received, 'spent', f.spent,
                                        'balance', f.received - f.spent) ORDER BY f.fund, f.item_id)
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
                     'spent_on', p.spent_on, 'fund', p.fund, 'amount', p.amount, 'purpose', p.purpose,
                     'document', p.document, 'bank_account_id', p.bank_account_id)
                     ORDER BY p.spent_on, p.made_at, p.spending_id)
              FROM said p), '[]'::json),
         'incomes', coalesce((
            SELECT json_agg(json_build_object(
                     'received_on', l.received_on, 'item_id', l.item_id, 'fund', l.fund, 'amount', l.amount,
                     'bank_account_id', l.bank_account_id)
                     ORDER BY l.received_on, l.fund, l.item_id, l.bank_account_id)
              FROM laid_by_day l
             WHERE l.fund IS NOT NULL
               AND l.amount <> 0), '[]'::json),
         'without_account', coalesce((SELECT sum(p.amount) FROM said p WHERE p.bank_account_id IS NULL), 0)::bigint,
         'currency', 'VND')::text
  FROM schools s
 WHERE s.school_id = $1
"""

# For every family of the school, whether it gave or not: a bond of today to a pupil who is enrolled.
_FAMILY_FUNDS = f"""{_FUNDS}
   AND EXISTS (SELECT
                 FROM {GUARDIAN_JOIN}
                 JOIN pupils child
                   ON child.school_id = bond.school_id
                  AND child.pupil_id = bond.pupil_id
                  AND child.status = 'enrolled'
                WHERE family.school_id = $1
                  AND family.account_id = $2)
"""


async def funds_json(door: Door, school_id: int) -> str:
    body: str = await door.fetchval(_FUNDS, school_id)
    return body


async def funds_json_for_family(door: Door, school_id: int, account_id: UUID, *, on: date) -> str:
    """One statement. Raises NOT_FOUND for whoever has no child at the school today."""
    body: str | None = await door.fetchval(_FAMILY_FUNDS, school_id, account_id, on)
    if body is None:
        raise NOT_FOUND()
    return body


async def funds_for_family(door: Door, school_id: int, account_id: UUID, *, on: date) -> FundAccounts:
    return _DECODER.decode(await funds_json_for_family(door, school_id, account_id, on=on))


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
    loose = found.without_account
    apart = [words("fund_without_account", amount=words.dong(loose))] if loose else []
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
            notes=[words("funds_note"), *apart, *disagree],
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
            rows=[[one.spent_on, one.fund, one.purpose, one.document, one.amount] for one in found.spendings],
            **made,  # type: ignore[arg-type]
        ),
        Table(
            title=words("fund_incomes"),
            columns=[
                words.column("day", "day", 1.0),
                words.column("fund", share=2.0),
                words.column("received", "dong", 1.2),
            ],
            rows=[[one.received_on, one.fund, one.amount] for one in found.incomes],
            **made,  # type: ignore[arg-type]
        ),
    ]
