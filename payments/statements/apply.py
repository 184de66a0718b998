"""A planned statement into the books: its new lines through settle like every door's, all of its lines kept with their cells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.core.database import SchoolTx
from payments import accounts
from payments.settle import settle_many
from payments.statements import files
from payments.statements.plan import Planned

# Understanding memos takes the processor of a server that others are waiting for as well: between two portions they are served.
_AT_ONCE = 500


async def put(
    tx: SchoolTx, statement_id: UUID, planned: Sequence[Planned], *, received_at: datetime, at: datetime
) -> int:
    """How many of the new lines another door had told before. The caller holds the till."""
    told = 0
    number = 1
    for bank_account_id in dict.fromkeys(one.bank_account_id for one in planned):
        account = await accounts.receiving(tx, bank_account_id)
        here = [one for one in planned if one.bank_account_id == bank_account_id]
        new = [one for one in here if one.transaction_id is None]
        movements: dict[str, UUID] = {}
        for start in range(0, len(new), _AT_ONCE):
            some = new[start : start + _AT_ONCE]
            settled = await settle_many(tx, account, [one.bank_line for one in some], received_at=received_at, at=at)
            movements |= {one.key: done.transaction_id for one, done in zip(some, settled, strict=True)}
            told += sum(done.state == "duplicate" for done in settled)
        await files.keep_lines(tx, statement_id, here, movements, number)
        number += len(here)
    return told
