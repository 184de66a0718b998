"""What is read about money, here and by other rooms: one function, one statement. It writes nothing.

State and remainder of an invoice are derived every time (balance.py); they are stored nowhere.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import msgspec

from payments.balance import BALANCE, STATE

# Other rooms read about money through this module.
from payments.movements import transactions as transactions
from schemas.payments import FamilyInvoices

_FAMILY = msgspec.json.Decoder(FamilyInvoices)

# For joining behind `invoices i`, where $1 = school_id, $2 = account_id, $3 = the school's day: a guardian of the pupil,
# or the people who keep the school's money. Teachers are not among them: who owes what is nothing for the class.
MAY_READ_INVOICE = """AND (EXISTS (SELECT
                      FROM guardians family
                      JOIN guardianships bond
                        ON bond.school_id = family.school_id
                       AND bond.guardian_id = family.guardian_id
                     WHERE family.school_id = $1
                       AND family.account_id = $2
                       AND bond.pupil_id = i.pupil_id
                       AND bond.can_view
                       AND bond.valid_from <= $3
                       AND (bond.valid_to IS NULL OR bond.valid_to >= $3))
         OR EXISTS (SELECT
                      FROM staff keeper
                      JOIN staff_roles held
                        ON held.school_id = keeper.school_id
                       AND held.staff_id = keeper.staff_id
                     WHERE keeper.school_id = $1
                       AND keeper.account_id = $2
                       AND keeper.status = 'active'
                       AND held.role IN ('accountant', 'school_admin')))"""


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetchval(self, sql: str, *arguments: Any) -> Any: ...
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...


_FAMILY_INVOICES = f"""
    WITH reader AS (
    SELECT family.guardian_id, coalesce(v.version, 0) AS version,
           format('"money-%s-%s-%s-%s"', family.guardian_id, coalesce(v.version, 0), $4::uuid, $3::date) AS etag
      FROM guardians family
      JOIN guardianships bond
        ON bond.school_id = family.school_id
       AND bond.guardian_id = family.guardian_id
      LEFT JOIN family_versions v
        ON v.school_id = family.school_id
       AND v.guardian_id = family.guardian_id
     WHERE family.school_id = $1
       AND family.account_id = $2
       AND bond.pupil_id = $4
       AND bond.can_view
       AND bond.valid_from <= $3
       AND (bond.valid_to IS NULL OR bond.valid_to >= $3)
     ORDER BY family.guardian_id
     LIMIT 1
    ),
    bills AS (
    SELECT i.invoice_id, i.reference, balance.asked AS amount, i.due_on, i.created_at, balance.paid,
           f.title, f.category, f.mandatory, f.legal_basis, f.voluntary,
           balance.remaining,
           {STATE} AS state
      FROM invoices i
      JOIN fees f
        ON f.school_id = i.school_id
       AND f.fee_id = i.fee_id
      {BALANCE}
     WHERE i.school_id = $1
       AND i.pupil_id = $4
    ),
    papers AS (
    SELECT r.invoice_id,
           json_agg(json_build_object(
             'receipt_id', r.receipt_id,
             'number', CASE r.kind WHEN 'cash' THEN 'TM' WHEN 'card' THEN 'THE' ELSE '' END || r.receipt_year || '/'
                       || lpad(r.number::text, greatest(6, length(r.number::text)), '0'),
             'kind', r.kind,
             'amount', r.amount,
             'issued_at', r.issued_at,
             'cancelled_at', gone.cancelled_at,
             'document', CASE WHEN d.document_id IS NOT NULL THEN json_build_object(
               'document_type', d.document_type,
               'series', d.series,
               'number', d.number,
               'lookup_code', d.lookup_code) END) ORDER BY r.issued_at, r.kind, r.receipt_year, r.number) AS receipts
      FROM bills b
      JOIN payment_receipts r
        ON r.school_id = $1
       AND r.invoice_id = b.invoice_id
      LEFT JOIN receipt_cancellations gone
        ON gone.school_id = r.school_id
       AND gone.receipt_id = r.receipt_id
      LEFT JOIN tax_documents d
        ON d.school_id = r.school_id
       AND d.receipt_id = r.receipt_id
       AND d.deed = 'issue'
       AND d.state = 'done'
     GROUP BY r.invoice_id
    )
    SELECT reader.etag,
           CASE WHEN position(reader.etag IN $5) = 0 THEN json_build_object(
             'pupil_id', p.pupil_id,
             'pupil_name', p.full_name,
             'due', (SELECT coalesce(sum(b.remaining), 0)::bigint FROM bills b WHERE NOT b.voluntary),
             'credit', (SELECT coalesce(sum(CASE WHEN t.credit_account = 'family_credit' THEN t.amount END), 0)
                             - coalesce(sum(CASE WHEN t.debit_account = 'family_credit' THEN t.amount END), 0)
                          FROM ledger_transfers t
                         WHERE t.school_id = $1
                           AND (t.credit_account = 'family_credit' AND t.credit_ref = $4::text
                                OR t.debit_account = 'family_credit' AND t.debit_ref = $4::text))::bigint,
             'currency', 'VND',
             'invoices', (SELECT coalesce(json_agg(json_build_object(
                                   'invoice_id', b.invoice_id,
                                   'title', b.title,
                                   'category', b.category,
                                   'mandatory', b.mandatory,
                                   'legal_basis', b.legal_basis,
                                   'reference', b.reference,
                                   'amount', b.amount,
                                   'paid', b.paid,
                                   'remaining', b.remaining,
                                   'due_on', b.due_on,
                                   'overdue', b.remaining > 0 AND NOT b.voluntary AND b.due_on < $3,
                                   'state', b.state,
                                   'receipts', coalesce(papers.receipts, '[]'::json))
                                   ORDER BY b.remaining > 0 AND NOT b.voluntary DESC, b.due_on, b.created_at, b.invoice_id), '[]'::json)
                            FROM bills b
                            LEFT JOIN papers
                              ON papers.invoice_id = b.invoice_id))::text
           END AS body
      FROM reader
      JOIN pupils p
        ON p.school_id = $1
       AND p.pupil_id = $4
    """


async def invoices_json_for_family(
    door: Door, school_id: int, account_id: UUID, pupil_id: UUID, *, on: date, known_etags: str
) -> tuple[str, str | None] | None:
    """(etag, JSON), with no JSON when the reader already has this version; None for other people's children."""
    row = await door.fetchrow(_FAMILY_INVOICES, school_id, account_id, on, pupil_id, known_etags)
    return None if row is None else (row["etag"], row["body"])


async def invoices_for_family(
    door: Door, school_id: int, account_id: UUID, pupil_id: UUID, *, on: date
) -> FamilyInvoices | None:
    """The same, understood; for the bot and the pages. None for other people's children."""
    found = await invoices_json_for_family(door, school_id, account_id, pupil_id, on=on, known_etags="")
    return None if found is None or found[1] is None else _FAMILY.decode(found[1])


_TO_PAY = f"""
    SELECT i.invoice_id, i.reference, f.title,
           balance.remaining,
           account.bank_account_id, account.bank_bin, account.account_number, account.account_name,
           account.reference_prefix,
           (SELECT h.hook_key
              FROM bank_hooks h
             WHERE h.school_id = i.school_id
               AND h.bank_account_id = account.bank_account_id
               AND h.provider = 'sepay'
               AND h.closed_at IS NULL
             ORDER BY h.created_at, h.hook_key
             LIMIT 1) AS hook_key
      FROM invoices i
      JOIN fees f
        ON f.school_id = i.school_id
       AND f.fee_id = i.fee_id
      JOIN bank_accounts account
        ON account.bank_account_id = i.bank_account_id
      {BALANCE}
     WHERE i.school_id = $1
       AND i.invoice_id = $4
       {MAY_READ_INVOICE}
"""


async def invoice_to_pay(
    door: Door, school_id: int, account_id: UUID, invoice_id: UUID, *, on: date
) -> asyncpg.Record | None:
    row: asyncpg.Record | None = await door.fetchrow(_TO_PAY, school_id, account_id, on, invoice_id)
    return row


# A part of the two statements below: everything behind their SELECT.
_FEES = f"""
           json_build_object(
             'fee_id', f.fee_id,
             'class_id', f.class_id,
             'class_name', c.name,
             'title', f.title,
             'category', f.category,
             'mandatory', f.mandatory,
             'legal_basis', f.legal_basis,
             'amount', f.amount,
             'due_on', f.due_on,
             'bank_account_id', f.bank_account_id,
             'created_at', f.created_at,
             'cancelled_at', f.cancelled_at,
             'invoices', sums.invoices,
             'invoices_paid', sums.invoices_paid,
             'billed', sums.billed,
             'received', sums.received,
             'currency', 'VND') AS fee
      FROM fees f
      JOIN classes c
        ON c.school_id = f.school_id
       AND c.class_id = f.class_id
      JOIN LATERAL (SELECT count(*) FILTER (WHERE i.cancelled_at IS NULL)                              AS invoices,
                           count(*) FILTER (WHERE i.cancelled_at IS NULL AND balance.remaining = 0)      AS invoices_paid,
                           coalesce(sum(balance.asked) FILTER (WHERE i.cancelled_at IS NULL), 0)::bigint AS billed,
                           coalesce(sum(balance.paid), 0)::bigint                                        AS received
                      FROM invoices i
      {BALANCE}
                     WHERE i.school_id = f.school_id
                       AND i.fee_id = f.fee_id) sums
        ON true
     WHERE f.school_id = $1
    """

_FEE = f"""
    SELECT {_FEES}
       AND f.fee_id = $2
"""

_FEE_LIST = f"""
    SELECT json_build_object('fees', coalesce(json_agg(l.fee), '[]'::json))::text
      FROM (SELECT {_FEES}
     ORDER BY f.created_at DESC, f.fee_id
     LIMIT 500) l
    """


async def fee(door: Door, school_id: int, fee_id: UUID) -> str | None:
    """JSON of one fee with what was billed and received."""
    row = await door.fetchrow(_FEE, school_id, fee_id)
    return None if row is None else row["fee"]


async def fee_list(door: Door, school_id: int) -> str:
    """The newest five hundred."""
    body: str = await door.fetchval(_FEE_LIST, school_id)
    return body


_CLASS_INVOICES = f"""
    SELECT json_build_object(
             'class_id', c.class_id,
             'class_name', c.name,
             'invoices', coalesce(json_agg(json_build_object(
                           'invoice_id', i.invoice_id,
                           'fee_id', i.fee_id,
                           'title', f.title,
                           'pupil_id', i.pupil_id,
                           'pupil_name', p.full_name,
                           'reference', i.reference,
                           'amount', balance.asked,
                           'paid', balance.paid,
                           'remaining', balance.remaining,
                           'due_on', i.due_on,
                           'overdue', balance.remaining > 0 AND NOT f.voluntary AND i.due_on < $3,
                           'state', {STATE},
                           'currency', 'VND') ORDER BY f.created_at DESC, f.fee_id, p.sort_key, i.invoice_id)
                           FILTER (WHERE i.invoice_id IS NOT NULL), '[]'::json))::text
      FROM classes c
      LEFT JOIN fees f
        ON f.school_id = c.school_id
       AND f.class_id = c.class_id
       AND ($4::uuid IS NULL OR f.fee_id = $4)
      LEFT JOIN invoices i
        ON i.school_id = f.school_id
       AND i.fee_id = f.fee_id
      LEFT JOIN pupils p
        ON p.school_id = i.school_id
       AND p.pupil_id = i.pupil_id
      {BALANCE}
     WHERE c.school_id = $1
       AND c.class_id = $2
     GROUP BY c.class_id, c.name
    """


async def class_invoices(door: Door, school_id: int, class_id: UUID, *, fee_id: UUID | None, on: date) -> str | None:
    body: str | None = await door.fetchval(_CLASS_INVOICES, school_id, class_id, on, fee_id)
    return body
