"""A school's ledger as CSV, entry by entry with its seals, for whoever wants to check it without this project."""

from __future__ import annotations

import csv
from typing import IO

from backend.core.database import Reader

_PAGE = 10_000
_ENTRIES = """
SELECT school_id, seq, transfer_id, debit_account, debit_ref, credit_account, credit_ref, amount, kind,
       coalesce(transaction_id::text, '') AS transaction_id, coalesce(invoice_id::text, '') AS invoice_id,
       to_char(booked_on, 'YYYY-MM-DD') AS booked_on,
       (extract(epoch FROM booked_at) * 1000000)::bigint AS booked_at_microseconds,
       coalesce(made_by::text, '') AS made_by, encode(prev_hash, 'hex') AS prev_hash, encode(hash, 'hex') AS hash
  FROM ledger_transfers
 WHERE school_id = $1
   AND seq > $2
 ORDER BY seq
 LIMIT $3
"""
COLUMNS = (
    "school_id", "seq", "transfer_id", "debit_account", "debit_ref", "credit_account", "credit_ref", "amount", "kind",
    "transaction_id", "invoice_id", "booked_on", "booked_at_microseconds", "made_by", "prev_hash", "hash",
)  # fmt: skip


async def write(database_url: str, school_id: int, target: IO[str]) -> int:
    """How many entries were written."""
    reader = Reader(database_url, 1, slow_seconds=60)
    await reader.open()
    try:
        lines = csv.writer(target, lineterminator="\n")
        lines.writerow(COLUMNS)
        last = 0
        while rows := await reader.fetch(_ENTRIES, school_id, last, _PAGE):
            lines.writerows(tuple(row) for row in rows)
            last = rows[-1]["seq"]
        return last
    finally:
        await reader.close()
