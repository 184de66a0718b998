"""The school's voluntary funds as every family of it reads them: what came in and was spent, and that it sums to the bank."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from litestar import Response, get
from litestar.params import FromPath

from backend.core.http import house_of
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.pages import page
from backend.parentapp.family import AnyRequest, today
from payments.reports.funds import funds_for_family
from schemas.reports import FundAccounts, FundIncome, FundSpending


class FundShown(NamedTuple):
    """One fund over all accounts that hold its money; the newest line first."""

    name: str
    received: int
    spent: int
    incomes: list[FundIncome]
    spendings: list[FundSpending]

    @property
    def balance(self) -> int:
        return self.received - self.spent


@get("/app/{school_id:int}/funds", include_in_schema=False, **GUARDIAN)
async def funds_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    actor = principal_of(request).account_id
    found = await funds_for_family(house_of(request).database.reader, school_id, actor, on=today(request))
    return page(request, "app/funds.html", found=found, funds=list(_by_fund(found)))


def _by_fund(found: FundAccounts) -> Iterator[FundShown]:
    """A fund that spent without any money named stands in no account, and is told all the same."""
    held = [fund for account in found.accounts for fund in account.funds]
    for name in sorted({fund.fund for fund in held} | {one.fund for one in found.spendings}):
        yield FundShown(
            name,
            sum(fund.received for fund in held if fund.fund == name),
            sum(fund.spent for fund in held if fund.fund == name),
            [one for one in reversed(found.incomes) if one.fund == name],
            [one for one in reversed(found.spendings) if one.fund == name],
        )


ROUTES: list[Any] = [funds_page]
