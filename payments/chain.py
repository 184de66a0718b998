"""The seal of an entry: a hash over everything it says and over the seal before it. Pure; it knows no database.

Whoever changes, drops or slips in an entry breaks every seal after it. docs/verify_ledger.py checks it without this project.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

FIRST = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def seal(
    before: bytes,
    school_id: int,
    seq: int,
    transfer_id: UUID,
    debit: tuple[str, str],
    credit: tuple[str, str],
    amount: int,
    kind: str,
    transaction_id: UUID | None,
    invoice_id: UUID | None,
    booked_on: date,
    booked_at: datetime,
    made_by: UUID | None,
) -> bytes:
    """Times are whole microseconds since 1970, so that no zone and no format can change a seal."""
    fields = (
        before.hex(),
        school_id,
        seq,
        transfer_id,
        *debit,
        *credit,
        amount,
        kind,
        transaction_id or "",
        invoice_id or "",
        booked_on.isoformat(),
        (booked_at - _EPOCH) // timedelta(microseconds=1),
        made_by or "",
    )
    return hashlib.sha256("|".join(map(str, fields)).encode()).digest()
