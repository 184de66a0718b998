"""What a plan stands on before anybody is counted: who asks, the plan, its item, the accounts that may receive. One statement; it writes nothing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.core.problems import FORBIDDEN, INVALID, NOT_FOUND, FieldError
from backend.identity.entitlement import STANDING, standing_of
from payments.accounts import Receiving
from payments.fees.amounts import Terms
from payments.fees.items import COLUMNS, KeptItem
from payments.new_fees import NO_BANK_ACCOUNT


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...


class Ground(msgspec.Struct, frozen=True):
    """`accounts` are the school's open accounts at banks, the oldest first."""

    school_id: int
    plan_id: UUID
    title: str
    school_year: str
    terms: Terms
    published_at: datetime | None
    item: KeptItem
    accounts: tuple[Receiving, ...]

    def receiving(self) -> Receiving:
        """The item's account, or the school's only one."""
        if not self.accounts:
            raise NO_BANK_ACCOUNT()
        only = self.accounts[0] if len(self.accounts) == 1 and self.item.bank_account_id is None else None
        chosen = only or next((one for one in self.accounts if one.bank_account_id == self.item.bank_account_id), None)
        if chosen is None:
            raise INVALID(
                FieldError(
                    "/bank_account_id", "Hãy chọn tài khoản nhận tiền.", "Choose the account that receives the money."
                )
            )
        return chosen


# $1 school, $2 who asks or NULL, $3 no class, $4 the day, $5 the plan.
_GROUND = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects, p.plan_id, p.title AS plan_title, p.school_year, p.terms, p.published_at,
       {COLUMNS.strip()},
       (SELECT coalesce(json_agg(json_build_object(
                          'bank_account_id', a.bank_account_id,
                          'school_id', a.school_id,
                          'bank_bin', a.bank_bin,
                          'account_number', a.account_number,
                          'account_name', a.account_name,
                          'reference_prefix', a.reference_prefix,
                          'kind', a.kind) ORDER BY a.bank_account_id), '[]'::json)
          FROM bank_accounts a
         WHERE a.school_id = $1
           AND a.kind = 'bank'
           AND a.closed_at IS NULL)::text AS accounts
  FROM schools s
  LEFT JOIN who
    ON true
  LEFT JOIN fee_plans p
    ON p.school_id = s.school_id
   AND p.plan_id = $5
  LEFT JOIN fee_items t
    ON t.school_id = p.school_id
   AND t.item_id = p.item_id
 WHERE s.school_id = $1
"""


async def of_plan(door: Door, school_id: int, plan_id: UUID, *, on: date) -> Ground:
    """Whoever asks has been asked for the right already."""
    return _read(await door.fetchrow(_GROUND, school_id, None, None, on, plan_id), school_id)


async def for_accountant(door: Door, school_id: int, account_id: UUID, plan_id: UUID, *, on: date) -> Ground:
    """Raises FORBIDDEN first: who may not bill does not learn which plans there are."""
    row = await door.fetchrow(_GROUND, school_id, account_id, None, on, plan_id)
    if not standing_of(row).accountant:
        raise FORBIDDEN()
    return _read(row, school_id)


def _read(row: Any, school_id: int) -> Ground:
    if row is None or row["plan_id"] is None:
        raise NOT_FOUND()
    return Ground(
        school_id=school_id,
        plan_id=row["plan_id"],
        title=row["plan_title"],
        school_year=row["school_year"],
        terms=msgspec.json.decode(row["terms"], type=Terms),
        published_at=row["published_at"],
        item=KeptItem(**{name: row[name] for name in KeptItem.__struct_fields__}),
        accounts=msgspec.json.decode(row["accounts"], type=tuple[Receiving, ...]),
    )
