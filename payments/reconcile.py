"""Do the books prove themselves? bank = ledger = invoices = receipts, as statements that return only the rows that disagree.

It owns nothing and mends nothing. Run every night for each school, after every test that moves money, and on request.
"""

from __future__ import annotations

from typing import Any, Protocol

import structlog

from backend.core.database import Reader
from backend.core.house import House
from payments.balance import BALANCE
from schemas.payments import Disagreement

log = structlog.get_logger()


class Door(Protocol):
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...


# Each movement at the bank is in the ledger once, to the đồng, and what is no movement is not.
_BANK_IS_LEDGER = """
SELECT t.transaction_id::text AS subject, t.expected, coalesce(sum(e.amount), 0)::bigint AS found
  FROM (SELECT b.school_id, b.transaction_id,
               CASE WHEN b.state IN ('duplicate', 'unreadable') OR b.state = 'ignored' AND 'another_account' = ANY (b.reasons) THEN 0
                    ELSE b.amount
               END AS expected
          FROM bank_transactions b
         WHERE b.school_id = $1) t
  LEFT JOIN ledger_transfers e
    ON e.school_id = t.school_id
   AND e.transaction_id = t.transaction_id
   AND e.kind IN ('arrived', 'left')
   AND e.school_id = $1
 GROUP BY t.transaction_id, t.expected
HAVING coalesce(sum(e.amount), 0) <> t.expected
 ORDER BY t.transaction_id
 LIMIT 100
"""

# The balance of each bank account in the ledger is what came in less what went out.
_ACCOUNT_IS_LEDGER = """
SELECT coalesce(b.ref, e.ref) AS subject, coalesce(b.balance, 0) AS expected, coalesce(e.balance, 0) AS found
  FROM (SELECT t.bank_account_id::text AS ref,
               sum(CASE WHEN t.direction = 'in' THEN t.amount ELSE -t.amount END)::bigint AS balance
          FROM bank_transactions t
         WHERE t.school_id = $1
           AND t.state NOT IN ('duplicate', 'unreadable')
           AND NOT (t.state = 'ignored' AND 'another_account' = ANY (t.reasons))
         GROUP BY t.bank_account_id) b
  FULL JOIN (SELECT side.ref, sum(side.amount)::bigint AS balance
               FROM ledger_transfers l
              CROSS JOIN LATERAL (VALUES (l.debit_account, l.debit_ref, l.amount),
                                         (l.credit_account, l.credit_ref, -l.amount)) AS side (account, ref, amount)
              WHERE l.school_id = $1
                AND side.account = 'bank'
              GROUP BY side.ref) e
    ON e.ref = b.ref
 WHERE coalesce(b.balance, 0) <> coalesce(e.balance, 0)
 ORDER BY 1
 LIMIT 100
"""

# What the ledger says an invoice still asks for is what its amount, its adjustments and its allocations say.
_LEDGER_IS_INVOICE = f"""
SELECT i.invoice_id::text AS subject,
       CASE WHEN i.cancelled_at IS NULL THEN balance.asked ELSE 0 END - balance.paid AS expected,
       coalesce(books.balance, 0)::bigint AS found
  FROM invoices i
  {BALANCE}
  LEFT JOIN (SELECT l.invoice_id,
                    sum(CASE WHEN l.debit_account = 'receivable' THEN l.amount ELSE 0 END)
                  - sum(CASE WHEN l.credit_account = 'receivable' THEN l.amount ELSE 0 END) AS balance
               FROM ledger_transfers l
              WHERE l.school_id = $1
              GROUP BY l.invoice_id) books
    ON books.invoice_id = i.invoice_id
 WHERE i.school_id = $1
   AND CASE WHEN i.cancelled_at IS NULL THEN balance.asked ELSE 0 END - balance.paid <> coalesce(books.balance, 0)
 ORDER BY i.invoice_id
 LIMIT 100
"""

# No invoice is paid beyond what it asks for, none below nothing.
_INVOICE_IS_NOT_OVERPAID = f"""
SELECT i.invoice_id::text AS subject, balance.asked AS expected, balance.paid AS found
  FROM invoices i
  {BALANCE}
 WHERE i.school_id = $1
   AND (balance.paid > balance.asked OR balance.paid < 0)
 ORDER BY i.invoice_id
 LIMIT 100
"""

# Of each credit, what lies on bills, unallocated, in credit and refunded is what came.
_CREDIT_IS_ACCOUNTED_FOR = """
SELECT t.transaction_id::text AS subject, t.amount AS expected,
       (coalesce(laid.amount, 0) + coalesce(held.amount, 0) + coalesce(held.gone_back, 0))::bigint AS found
  FROM bank_transactions t
  LEFT JOIN (SELECT a.transaction_id, sum(a.amount) AS amount
               FROM allocations a
              WHERE a.school_id = $1
              GROUP BY a.transaction_id) laid
    ON laid.transaction_id = t.transaction_id
  LEFT JOIN (SELECT l.transaction_id,
                    sum(CASE WHEN l.credit_account IN ('unallocated', 'family_credit') THEN l.amount ELSE 0 END)
                  - sum(CASE WHEN l.debit_account IN ('unallocated', 'family_credit') THEN l.amount ELSE 0 END) AS amount,
                    sum(CASE WHEN l.kind IN ('refunded', 'refund_promised') THEN l.amount ELSE 0 END) AS gone_back
               FROM ledger_transfers l
              WHERE l.school_id = $1
              GROUP BY l.transaction_id) held
    ON held.transaction_id = t.transaction_id
 WHERE t.school_id = $1
   AND t.direction = 'in'
   AND t.state NOT IN ('duplicate', 'unreadable')
   AND NOT (t.state = 'ignored' AND 'another_account' = ANY (t.reasons))
   AND coalesce(laid.amount, 0) + coalesce(held.amount, 0) + coalesce(held.gone_back, 0) <> t.amount
 ORDER BY t.transaction_id
 LIMIT 100
"""

# Money that is called unallocated, credit or promised back is there: no such balance is below nothing.
_NO_BALANCE_BELOW_NOTHING = """
SELECT side.account || ' ' || side.ref AS subject, 0::bigint AS expected, sum(side.amount)::bigint AS found
  FROM ledger_transfers l
 CROSS JOIN LATERAL (VALUES (l.credit_account, l.credit_ref, l.amount),
                            (l.debit_account, l.debit_ref, -l.amount)) AS side (account, ref, amount)
 WHERE l.school_id = $1
   AND side.account IN ('unallocated', 'family_credit', 'refund')
 GROUP BY side.account, side.ref
HAVING sum(side.amount) < 0
 ORDER BY 1
 LIMIT 100
"""

# Every sum that lies on a bill has its receipt, and what was taken back has a cancelled one.
_ALLOCATION_HAS_RECEIPT = """
SELECT a.allocation_id::text AS subject, a.amount AS expected, coalesce(r.amount, 0)::bigint AS found
  FROM allocations a
  LEFT JOIN payment_receipts r
    ON r.school_id = a.school_id
   AND r.allocation_id = a.allocation_id
   AND r.school_id = $1
  LEFT JOIN receipt_cancellations gone
    ON gone.school_id = r.school_id
   AND gone.receipt_id = r.receipt_id
   AND gone.school_id = $1
 WHERE a.school_id = $1
   AND a.reverses IS NULL
   AND (r.amount IS DISTINCT FROM a.amount
        OR (gone.receipt_id IS NOT NULL) <> EXISTS (SELECT
                                                     FROM allocations back
                                                    WHERE back.school_id = a.school_id
                                                      AND back.reverses = a.allocation_id))
 ORDER BY a.allocation_id
 LIMIT 100
"""

# Receipts of each kind, and cancellations, are numbered 1, 2, 3 … without a gap.
_RECEIPTS_HAVE_NO_GAP = """
SELECT coalesce(c.kind, r.kind) || ' ' || coalesce(c.receipt_year, r.receipt_year) AS subject,
       coalesce(c.last_number, 0)::bigint AS expected,
       coalesce(r.receipts, 0)::bigint AS found
  FROM (SELECT k.kind, k.receipt_year, k.last_number
          FROM receipt_counters k
         WHERE k.school_id = $1) c
  FULL JOIN (SELECT p.kind, p.receipt_year, count(*) AS receipts, max(p.number) AS highest, min(p.number) AS lowest
               FROM payment_receipts p
              WHERE p.school_id = $1
              GROUP BY p.kind, p.receipt_year
              UNION ALL
             SELECT 'cancellation', g.cancellation_year, count(*), max(g.number), min(g.number)
               FROM receipt_cancellations g
              WHERE g.school_id = $1
              GROUP BY g.cancellation_year) r
    ON r.kind = c.kind
   AND r.receipt_year = c.receipt_year
 WHERE c.last_number IS DISTINCT FROM r.receipts
    OR c.last_number IS DISTINCT FROM r.highest
    OR r.lowest IS DISTINCT FROM 1
 ORDER BY 1
 LIMIT 100
"""

# What a bank feed brought has become a transaction, or somebody must look why not. Test buttons and failed payments bring nothing.
_EVENT_IS_UNDERSTOOD = """
SELECT e.provider || ' ' || e.event_key AS subject, 1::bigint AS expected,
       (SELECT count(*)
          FROM bank_transactions t
         WHERE t.school_id = $1
           AND t.source = e.provider
           AND t.event_key = e.event_key)::bigint AS found
  FROM bank_events e
 WHERE e.school_id = $1
   AND (e.understood_at IS NOT NULL OR e.attempts > 0)
   AND coalesce(e.outcome, '') NOT IN ('test', 'not_paid')
   AND NOT EXISTS (SELECT
                     FROM bank_transactions t
                    WHERE t.school_id = $1
                      AND t.source = e.provider
                      AND t.event_key = e.event_key)
 ORDER BY e.received_at, e.event_key
 LIMIT 100
"""

# Every entry seals the one before it, and the till remembers the last one: an entry that was changed, dropped or slipped in shows.
_LEDGER_IS_SEALED = """
WITH sealed AS (
SELECT l.seq, l.hash, l.prev_hash,
       row_number() OVER (ORDER BY l.seq) AS place,
       coalesce(lag(l.hash) OVER (ORDER BY l.seq), decode(repeat('00', 32), 'hex')) AS before,
       sha256(convert_to(concat_ws('|',
         encode(l.prev_hash, 'hex'), l.school_id, l.seq, l.transfer_id,
         l.debit_account, l.debit_ref, l.credit_account, l.credit_ref, l.amount, l.kind,
         coalesce(l.transaction_id::text, ''), coalesce(l.invoice_id::text, ''),
         to_char(l.booked_on, 'YYYY-MM-DD'), (extract(epoch FROM l.booked_at) * 1000000)::bigint,
         coalesce(l.made_by::text, '')), 'UTF8')) AS seal
  FROM ledger_transfers l
 WHERE l.school_id = $1
)
SELECT w.subject, w.expected, w.found
  FROM (SELECT 'entry ' || s.seq AS subject, 1::bigint AS expected, 0::bigint AS found, s.seq AS turn
          FROM sealed s
         WHERE s.seq <> s.place
            OR s.prev_hash <> s.before
            OR s.hash <> s.seal
         UNION ALL
        SELECT 'the end', t.last_seq, coalesce(e.seq, 0), t.last_seq
          FROM tills t
          LEFT JOIN (SELECT seq, hash
                       FROM sealed
                      ORDER BY seq DESC
                      LIMIT 1) e
            ON true
         WHERE t.school_id = $1
           AND (t.last_seq <> coalesce(e.seq, 0)
                OR t.last_hash <> coalesce(e.hash, decode(repeat('00', 32), 'hex')))) w
 ORDER BY w.turn
 LIMIT 100
"""

# Refunds that were approved and have not left are what the books still owe for them.
_REFUND_IS_LEDGER = """
SELECT coalesce(r.ref, e.ref) AS subject, coalesce(r.amount, 0) AS expected, coalesce(e.amount, 0) AS found
  FROM (SELECT f.bank_account_id::text AS ref, sum(f.amount)::bigint AS amount
          FROM refunds f
         WHERE f.school_id = $1
           AND f.decision = 'approved'
           AND f.outgoing_id IS NULL
         GROUP BY f.bank_account_id) r
  FULL JOIN (SELECT side.ref, sum(side.amount)::bigint AS amount
               FROM ledger_transfers l
              CROSS JOIN LATERAL (VALUES (l.credit_account, l.credit_ref, l.amount),
                                         (l.debit_account, l.debit_ref, -l.amount)) AS side (account, ref, amount)
              WHERE l.school_id = $1
                AND side.account = 'refund'
              GROUP BY side.ref) e
    ON e.ref = r.ref
 WHERE coalesce(r.amount, 0) <> coalesce(e.amount, 0)
 ORDER BY 1
 LIMIT 100
"""

# What was written off is what the adjustments say.
_WRITE_OFF_IS_ADJUSTMENT = """
SELECT coalesce(j.ref, e.ref) AS subject, coalesce(j.amount, 0) AS expected, coalesce(e.amount, 0) AS found
  FROM (SELECT i.fee_id::text AS ref, -sum(a.amount)::bigint AS amount
          FROM invoice_adjustments a
          JOIN invoices i
            ON i.school_id = a.school_id
           AND i.invoice_id = a.invoice_id
         WHERE a.school_id = $1
           AND a.kind = 'write_off'
         GROUP BY i.fee_id) j
  FULL JOIN (SELECT side.ref, sum(side.amount)::bigint AS amount
               FROM ledger_transfers l
              CROSS JOIN LATERAL (VALUES (l.debit_account, l.debit_ref, l.amount),
                                         (l.credit_account, l.credit_ref, -l.amount)) AS side (account, ref, amount)
              WHERE l.school_id = $1
                AND side.account = 'write_off'
              GROUP BY side.ref) e
    ON e.ref = j.ref
 WHERE coalesce(j.amount, 0) <> coalesce(e.amount, 0)
 ORDER BY 1
 LIMIT 100
"""

_SCHOOLS = """
SELECT school_id
  FROM schools
 ORDER BY school_id
"""

CHECKS: dict[str, str] = {
    "bank_is_ledger": _BANK_IS_LEDGER,
    "account_is_ledger": _ACCOUNT_IS_LEDGER,
    "ledger_is_invoice": _LEDGER_IS_INVOICE,
    "invoice_is_not_overpaid": _INVOICE_IS_NOT_OVERPAID,
    "credit_is_accounted_for": _CREDIT_IS_ACCOUNTED_FOR,
    "no_balance_below_nothing": _NO_BALANCE_BELOW_NOTHING,
    "allocation_has_receipt": _ALLOCATION_HAS_RECEIPT,
    "receipts_have_no_gap": _RECEIPTS_HAVE_NO_GAP,
    "event_is_understood": _EVENT_IS_UNDERSTOOD,
    "ledger_is_sealed": _LEDGER_IS_SEALED,
    "refund_is_ledger": _REFUND_IS_LEDGER,
    "write_off_is_adjustment": _WRITE_OFF_IS_ADJUSTMENT,
}


async def disagreements(door: Door, school_id: int) -> list[Disagreement]:
    """At most a hundred rows a check. Empty means that the books of this school prove themselves."""
    found: list[Disagreement] = []
    for check, sql in CHECKS.items():
        rows = await door.fetch(sql, school_id)
        found += [Disagreement(check, row["subject"], row["expected"], row["found"]) for row in rows]
    return found


async def check_every_school(house: House) -> int:
    """The nightly round: how many rows disagree over all schools, each school's named in the log by ids only."""
    schools = await house.database.reader.fetch(_SCHOOLS)
    total = 0
    for school in schools:
        wrong = await disagreements(house.database.reader, school["school_id"])
        total += len(wrong)
        for row in wrong:
            log.error(
                "books_disagree",
                school_id=school["school_id"],
                check=row.check,
                subject=row.subject,
                expected=row.expected,
                found=row.found,
            )
    return total


async def report(database_url: str) -> list[str]:
    """For the command line: one line a row that disagrees, over all schools."""
    reader = Reader(database_url, 1, slow_seconds=60)
    await reader.open()
    try:
        lines: list[str] = []
        for school in await reader.fetch(_SCHOOLS):
            for row in await disagreements(reader, school["school_id"]):
                lines.append(
                    f"school {school['school_id']}: {row.check} {row.subject}: expected {row.expected}, found {row.found}"
                )
        return lines
    finally:
        await reader.close()
