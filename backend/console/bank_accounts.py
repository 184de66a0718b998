"""Where the school's money arrives: banks, gateways, cash boxes. A secret for a bank feed is shown this once; payments keeps only its seal."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from backend.console.desks import AnyRequest, admin_desk, books_desk, console_page, shown_in_form
from backend.core.http import house_of, language_of
from backend.core.problems import Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, read_form
from backend.pages.forms import into
from payments import accounts
from payments.banks.directory import CASH, GATEWAYS, bank_name, banks
from schemas.payments import NewBankAccount, OpenedBankAccount

_ACCOUNTS = "/console/{school_id:int}/bank-accounts"


@get(_ACCOUNTS, include_in_schema=False, **STAFF)
async def bank_accounts_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _show(request, school_id)


@post(_ACCOUNTS, include_in_schema=False, **STAFF)
async def open_account(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    await admin_desk(request, school_id)
    form = await read_form(request)
    fields = ("bank_bin", "account_number", "account_name", "reference_prefix", "hook_auth")
    values = {name: form[name].strip() for name in fields if form.get(name, "").strip()}
    values["account_number"] = values.get("account_number", "").replace(" ", "")
    try:
        new = into(NewBankAccount, values)
        opened = await accounts.open_account(house_of(request), principal_of(request).account_id, school_id, new)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _show(request, school_id, form=form, refused=refused)
    # Not a redirect: the secret is nowhere to be read again.
    return await _show(request, school_id, opened=opened)


async def _show(
    request: AnyRequest,
    school_id: int,
    *,
    form: dict[str, str] | None = None,
    refused: Refusal | None = None,
    opened: OpenedBankAccount | None = None,
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    house = house_of(request)
    return console_page(
        request,
        desk,
        "console/bank_accounts.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/bank-accounts",
        accounts=await accounts.open_accounts(house.database.reader, school_id),
        others=[*GATEWAYS.items(), (CASH, bank_name(CASH))],
        banks=sorted(banks().values(), key=lambda bank: bank.short_name.casefold()),
        public_url=house.settings.public_url,
        form=form or {},
        refused=refused,
        opened=opened,
    )


ROUTES: list[Any] = [bank_accounts_page, open_account]
