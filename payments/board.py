"""Everything that hangs together with some bills: codes that cover them, movements that want them, what lies on them. It writes nothing.

Settling looks at the whole of it at once, in a number of statements that does not grow with the lines: bills share a code,
codes share a pupil, and money that was laid on one of them may have to step aside for another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

import msgspec

from backend.core.database import SchoolTx
from payments import allocations, claims
from payments.claims import Board, Code, Movement, Reading

# So many times bills may lead to codes and codes to bills. A family's bills hang together in two or three.
_ROUNDS_MAX = 50

_CODES = """
SELECT c.code, c.kind, c.bank_account_id, c.pupil_id
  FROM payment_codes c
 WHERE c.school_id = $1
   AND c.code = ANY ($2::text[])
 UNION ALL
SELECT v.virtual_account, 'virtual', v.bank_account_id, v.pupil_id
  FROM virtual_accounts v
 WHERE v.school_id = $1
   AND v.virtual_account = ANY ($3::text[])
   AND v.closed_at IS NULL
"""

# Codes that cover some of these bills and have brought money.
_CODES_WITH_MONEY = """
WITH covering AS (
SELECT c.code, c.kind, c.bank_account_id, c.pupil_id
  FROM payment_code_bills b
  JOIN payment_codes c
    ON c.school_id = b.school_id
   AND c.code = b.code
 WHERE b.school_id = $1
   AND b.invoice_id = ANY ($2::uuid[])
 UNION
SELECT c.code, c.kind, c.bank_account_id, c.pupil_id
  FROM invoices i
  JOIN payment_codes c
    ON c.school_id = i.school_id
   AND c.pupil_id = i.pupil_id
   AND c.kind = 'pupil'
   AND c.bank_account_id = i.bank_account_id
 WHERE i.school_id = $1
   AND i.invoice_id = ANY ($2::uuid[])
 UNION
SELECT v.virtual_account, 'virtual', v.bank_account_id, v.pupil_id
  FROM invoices i
  JOIN virtual_accounts v
    ON v.school_id = i.school_id
   AND v.pupil_id = i.pupil_id
   AND v.bank_account_id = i.bank_account_id
   AND v.closed_at IS NULL
 WHERE i.school_id = $1
   AND i.invoice_id = ANY ($2::uuid[])
)
SELECT c.code, c.kind, c.bank_account_id, c.pupil_id
  FROM covering c
 WHERE EXISTS (SELECT
                 FROM transaction_codes k
                WHERE k.school_id = $1
                  AND k.code = c.code)
"""

_BILLS_OF_CODES = """
SELECT b.code, NULL::uuid AS pupil_id, NULL::bigint AS bank_account_id, b.invoice_id
  FROM payment_code_bills b
 WHERE b.school_id = $1
   AND b.code = ANY ($2::text[])
 UNION ALL
SELECT NULL, i.pupil_id, i.bank_account_id, i.invoice_id
  FROM unnest($3::uuid[], $4::bigint[]) AS p (pupil_id, bank_account_id)
  JOIN invoices i
    ON i.school_id = $1
   AND i.pupil_id = p.pupil_id
   AND i.bank_account_id = p.bank_account_id
   AND i.cancelled_at IS NULL
"""

# Credits with these codes that no person has decided, each with all its memos and what already lies on bills.
_MOVEMENTS = """
SELECT t.transaction_id, t.bank_account_id, t.amount, t.state, account.reference_prefix AS prefix, t.payer_account, t.payer_name,
       account.kind <> 'bank' AS anywhere,
       array_prepend(t.memo, (SELECT array_agg(d.memo)
                                FROM bank_transactions d
                               WHERE d.school_id = $1
                                 AND d.duplicate_of = t.transaction_id)) AS memos,
       coalesce(t.virtual_account, (SELECT max(d.virtual_account)
                                      FROM bank_transactions d
                                     WHERE d.school_id = $1
                                       AND d.duplicate_of = t.transaction_id)) AS virtual_account,
       (SELECT coalesce(sum(a.amount), 0)
          FROM allocations a
         WHERE a.school_id = $1
           AND a.transaction_id = t.transaction_id)::bigint AS laid
  FROM (SELECT DISTINCT k.transaction_id
          FROM transaction_codes k
         WHERE k.school_id = $1
           AND k.code = ANY ($2::text[])) carrying
  JOIN bank_transactions t
    ON t.school_id = $1
   AND t.transaction_id = carrying.transaction_id
   AND t.direction = 'in'
   AND t.state IN ('settled', 'part', 'over', 'ambiguous', 'unmatched')
   AND NOT t.pinned
  JOIN bank_accounts account
    ON account.bank_account_id = t.bank_account_id
 ORDER BY t.transaction_id
"""

_MOVEMENTS_BY_ID = _MOVEMENTS.replace(
    """(SELECT DISTINCT k.transaction_id
          FROM transaction_codes k
         WHERE k.school_id = $1
           AND k.code = ANY ($2::text[]))""",
    "unnest($2::uuid[])",
).replace("carrying\n", "AS carrying (transaction_id)\n")


class Standing(msgspec.Struct, frozen=True):
    """What lies on a bill and was not taken back."""

    allocation_id: UUID
    transaction_id: UUID
    invoice_id: UUID
    pupil_id: UUID
    bank_account_id: int
    amount: int
    basis: str
    made_on: date


class Known(msgspec.Struct, frozen=True):
    """A movement that is in the books already, and what of it lies on bills."""

    movement: Movement
    reading: Reading
    state: str
    laid: int


class Whole(msgspec.Struct):
    board: Board
    known: dict[UUID, Known]
    standing: list[Standing]


async def gather(
    tx: SchoolTx, fresh: Sequence[tuple[Movement, Reading]], invoice_ids: Iterable[UUID], again: Iterable[UUID] = ()
) -> Whole:
    """`fresh` movements are not in the books yet; `again` are there and have something new."""
    whole = Whole(Board({}, {}, {}, {}), {}, [])
    codes = {one.code for _, reading in fresh for one in reading.exact}
    virtual = {movement.virtual_account for movement, _ in fresh if movement.virtual_account}
    await _add_movements(tx, whole, await tx.fetch(_MOVEMENTS_BY_ID, tx.school_id, list(again)) if again else [])
    for one in whole.known.values():
        codes |= {reading.code for reading in one.reading.exact}
        virtual |= {one.movement.virtual_account} if one.movement.virtual_account else set()
    wanted = set(invoice_ids)
    asked_for: set[str] = set()
    groups_read: set[str] = set()
    for _ in range(_ROUNDS_MAX):
        new_codes = codes - asked_for
        if new_codes or virtual:
            await _add_codes(tx, whole.board, new_codes, virtual)
            asked_for |= new_codes
            virtual = set()
        await _add_bills_of_codes(tx, whole.board, groups_read)
        wanted |= {id_ for ids in whole.board.group_bills.values() for id_ in ids}
        before = set(whole.board.bills)
        for bill in await _new_bills(tx, whole.board, wanted - before, new_codes):
            whole.board.bills[bill.bill.invoice_id] = bill
        added = set(whole.board.bills) - before
        if not added:
            break
        for row in await tx.fetch(_CODES_WITH_MONEY, tx.school_id, list(added)):
            _put_code(whole.board, Code(**row))
        carried = [whole.board.bills[id_].bill.reference for id_ in added]
        carried += [c.code for c in (*whole.board.codes.values(), *whole.board.virtual.values())]
        await _add_movements(tx, whole, await tx.fetch(_MOVEMENTS, tx.school_id, carried))
        for one in whole.known.values():
            if one.laid < one.movement.amount:
                codes |= {reading.code for reading in one.reading.exact}
                if one.movement.virtual_account:
                    virtual_seen = (one.movement.bank_account_id, one.movement.virtual_account)
                    virtual |= set() if virtual_seen in whole.board.virtual else {one.movement.virtual_account}
    whole.standing = await _standing(tx, list(whole.board.bills))
    return whole


async def _add_codes(tx: SchoolTx, board: Board, codes: Iterable[str], virtual: Iterable[str | None]) -> None:
    for row in await tx.fetch(_CODES, tx.school_id, list(codes), list(virtual)):
        _put_code(board, Code(**row))


def _put_code(board: Board, code: Code) -> None:
    if code.kind == "virtual":
        board.virtual[(code.bank_account_id, code.code)] = code
    else:
        board.codes[code.code] = code


async def _add_bills_of_codes(tx: SchoolTx, board: Board, groups_read: set[str]) -> None:
    new = {c.group: c for c in (*board.codes.values(), *board.virtual.values()) if c.group not in groups_read}
    if not new:
        return
    groups_read |= set(new)
    requests = {c.code: c.group for c in new.values() if c.kind == "request"}
    pupils = {(c.pupil_id, c.bank_account_id): c.group for c in new.values() if c.kind != "request"}
    rows = await tx.fetch(
        _BILLS_OF_CODES,
        tx.school_id,
        list(requests),
        [pupil_id for pupil_id, _ in pupils],
        [bank_account_id for _, bank_account_id in pupils],
    )
    for group in new:
        board.group_bills.setdefault(group, [])
    for row in rows:
        group = requests[row["code"]] if row["code"] else pupils[(row["pupil_id"], row["bank_account_id"])]
        board.group_bills[group].append(row["invoice_id"])


async def _new_bills(
    tx: SchoolTx, board: Board, ids: Iterable[UUID], references: Iterable[str]
) -> list[allocations.OpenBill]:
    return await allocations.bills_in_question(tx, list(ids), list(references))


async def _add_movements(tx: SchoolTx, whole: Whole, rows: Sequence[object]) -> None:
    for row in rows:
        values = dict(row)  # type: ignore[call-overload]
        state, laid = values.pop("state"), values.pop("laid")
        memos = tuple(memo for memo in values.pop("memos") if memo)
        movement = Movement(**values, memos=memos)
        if movement.transaction_id not in whole.known:
            whole.known[movement.transaction_id] = Known(movement, claims.read(movement), state, laid)


async def _standing(tx: SchoolTx, invoice_ids: Sequence[UUID]) -> list[Standing]:
    rows = await tx.fetch(
        """
        SELECT a.allocation_id, a.transaction_id, a.invoice_id, i.pupil_id, t.bank_account_id, a.amount, a.basis,
               (a.made_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS made_on
          FROM allocations a
          JOIN invoices i
            ON i.school_id = a.school_id
           AND i.invoice_id = a.invoice_id
          JOIN bank_transactions t
            ON t.school_id = a.school_id
           AND t.transaction_id = a.transaction_id
         WHERE a.school_id = $1
           AND a.invoice_id = ANY ($2::uuid[])
           AND a.reverses IS NULL
           AND NOT EXISTS (SELECT
                             FROM allocations back
                            WHERE back.school_id = a.school_id
                              AND back.reverses = a.allocation_id)
         ORDER BY a.allocation_id
        """,
        tx.school_id,
        invoice_ids,
    )
    return [Standing(**row) for row in rows]
