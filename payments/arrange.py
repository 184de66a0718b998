"""How the money that carries codes lies on the bills: a function of the set of movements, whatever order they came in. Pure.

Money that names a bill comes first; what it names it gets, up to what the bill asks for. Money with a code over several
bills (a request, a pupil's own code, a virtual account) is flexible: it fills what is left of its bills in one fixed order,
and steps aside when money that names a bill arrives. What a person has decided is no matter of this module: it is taken off
what the bills ask for before they come here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec


class Want(msgspec.Struct, frozen=True):
    """So much of a movement is meant for this bill, by the bill's own reference."""

    invoice_id: UUID
    amount: int


class Claim(msgspec.Struct, frozen=True):
    """What one movement wants. `group` is the code (or pupil) over several bills that flexible money came by."""

    transaction_id: UUID
    amount: int
    wants: tuple[Want, ...] = ()
    group: str | None = None


class Group(msgspec.Struct, frozen=True):
    """A code over several bills, in the order in which its money fills them."""

    key: str
    bills: tuple[UUID, ...]


class Due(msgspec.Struct, frozen=True):
    """A bill as arranging sees it: what it asks for, and what decides its turn."""

    invoice_id: UUID
    asked: int
    mandatory: bool
    due_on: date


# (transaction, bill) → đồng.
Lays = dict[tuple[UUID, UUID], int]


def turn(bill: Due) -> tuple[bool, date, UUID]:
    """Obligatory before voluntary, then what is due first, then the older bill. Families are told so (docs/decisions/arranging.md)."""
    return (not bill.mandatory, bill.due_on, bill.invoice_id)


def arrange(
    open_amounts: Mapping[UUID, int], claims: Sequence[Claim], groups: Sequence[Group], standing: Mapping[tuple[UUID, UUID], int]
) -> Lays:  # fmt: skip
    """Where everything lies in the end. How much lies on each bill depends on the claims only; what `standing` lays
    already is moved as little as possible, because each move cancels a receipt.

    `open_amounts` is what each bill has for the claims: what it asks for less what lies there for other reasons.
    """
    left = {invoice_id: max(amount, 0) for invoice_id, amount in open_amounts.items()}
    lays: Lays = {}
    _lay_named([claim for claim in claims if claim.group is None], left, standing, lays)
    by_group: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.group is not None:
            by_group.setdefault(claim.group, []).append(claim)
    for group in sorted(groups, key=lambda g: g.key):
        _lay_flexible(group, by_group.get(group.key, []), left, standing, lays)
    return lays


def _lay_named(
    claims: Sequence[Claim], left: dict[UUID, int], standing: Mapping[tuple[UUID, UUID], int], lays: Lays
) -> None:
    """Each bill gets the sum of what is meant for it, or all it asks for. Who came first only decides who stays over."""
    pairs = [(claim.transaction_id, want) for claim in claims for want in claim.wants if want.invoice_id in left]
    for kept_only in (True, False):
        for transaction_id, want in pairs:
            key = (transaction_id, want.invoice_id)
            already = lays.get(key, 0)
            most = min(want.amount, standing.get(key, 0)) if kept_only else want.amount
            _put(lays, left, key, min(most - already, left[want.invoice_id]))


def _lay_flexible(
    group: Group,
    claims: Sequence[Claim],
    left: dict[UUID, int],
    standing: Mapping[tuple[UUID, UUID], int],
    lays: Lays,
) -> None:
    """The group's money together fills its bills in order; then each movement keeps what it may of what it laid before."""
    free = {claim.transaction_id: claim.amount for claim in claims}
    total = sum(free.values())
    shares: dict[UUID, int] = {}
    for invoice_id in group.bills:
        shares[invoice_id] = min(left.get(invoice_id, 0), total)
        total -= shares[invoice_id]
    for kept_only in (True, False):
        for invoice_id in group.bills:
            for transaction_id in free:
                key = (transaction_id, invoice_id)
                most = standing.get(key, 0) if kept_only else free[transaction_id]
                taken = min(most, shares[invoice_id], free[transaction_id])
                _put(lays, left, key, taken)
                shares[invoice_id] -= taken
                free[transaction_id] -= taken


def _put(lays: Lays, left: dict[UUID, int], key: tuple[UUID, UUID], amount: int) -> None:
    if amount > 0:
        lays[key] = lays.get(key, 0) + amount
        left[key[1]] -= amount
