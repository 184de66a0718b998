"""Fee items and plans at the accountant's desk: each rule at its field, what a plan would bill before it does, and what was spent."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.console import plan_audience, queries
from backend.console.desks import AnyRequest, books_desk, console_page, shown_in_form, today_of
from backend.console.sums import written_sum
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import INVALID, NOT_FOUND, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from payments import accounts
from payments.fees import billing, explain, items, plans, spendings
from payments.routes_fees import preview_of
from schemas.fees import FeeItem, NewFeeItem, NewPlan, NewSpending

_ITEMS = "/console/{school_id:int}/fee-items"
_ITEM = _ITEMS + "/{item_id:uuid}"
_PLAN = "/console/{school_id:int}/fee-plans/{plan_id:uuid}"
CATEGORIES = ("service", "agreed", "collected_on_behalf", "voluntary", "tuition", "sponsorship", "parents_board")
UNITS = ("once", "day", "session", "month", "term", "year")
RECEIVERS = ("school", "social_insurance", "third_party", "parents_board")
DOCUMENTS = ("receipt", "e_receipt", "e_invoice")
COUNTINGS = ("fixed", "school_days", "attended_days")
_SUMS = ("unit_amount", "cap_amount", "previous_amount", "amount")
_CHECKS = ("obligatory", "equal_share", "for_foreigners")
# Where the law speaks of a thing that this form asks in several fields.
_FIELDS = {"basis": "basis_document"}


@get(_ITEMS, include_in_schema=False, **STAFF)
async def items_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    return console_page(request, desk, "console/fee_items.html", items=await _items(request, school_id))


@get(_ITEMS + "/new", include_in_schema=False, **STAFF)
async def new_item_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _item_form(request, school_id, {"equal_share": "yes", "item_id": str(new_id())})


@post(_ITEMS + "/new", include_in_schema=False, **STAFF)
async def create_item(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """Shown again with each broken rule at its field, until it breaks none or somebody wants it kept as a draft all the same."""
    await books_desk(request, school_id)
    form = await read_form(request)
    house = house_of(request)
    try:
        new = into(NewFeeItem, _values(form, NewFeeItem))
        if form.get("keep") != "yes":
            broken = await items.would_break(house.database.reader, school_id, new, on=today_of(request))
            if broken:
                raise INVALID(*(one.at(_FIELDS.get(one.field, one.field)) for one in broken))
        await items.create(house, principal_of(request).account_id, school_id, new)
    except Problem as problem:
        return await _item_form(request, school_id, form, refused=Refusal(shown_in_form(problem), language_of(request)))
    return go(f"/console/{school_id}/fee-items/{new.item_id}", "fees.item_kept")


@get(_ITEM, include_in_schema=False, **STAFF)
async def item_page(request: AnyRequest, school_id: FromPath[int], item_id: FromPath[UUID]) -> Response[bytes]:
    return await _item_shown(request, school_id, item_id, {})


@post(_ITEM + "/spend", include_in_schema=False, **STAFF)
async def spend(request: AnyRequest, school_id: FromPath[int], item_id: FromPath[UUID]) -> Response[bytes]:
    await books_desk(request, school_id)
    form = await read_form(request)
    try:
        new = into(NewSpending, _values(form, NewSpending))
        await spendings.spend(house_of(request), principal_of(request).account_id, school_id, item_id, new)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _item_shown(request, school_id, item_id, form, refused=refused)
    return go(f"/console/{school_id}/fee-items/{item_id}", "fees.spending_kept")


@post(_ITEM + "/plan", include_in_schema=False, **STAFF)
async def create_plan(request: AnyRequest, school_id: FromPath[int], item_id: FromPath[UUID]) -> Response[bytes]:
    """Drafts only: the next page says whom it would bill and how much."""
    await books_desk(request, school_id)
    form = await read_form(request)
    try:
        values = _values(form, NewPlan)
        due_on = [form[name] for name in ("due_on", "due_on_2", "due_on_3") if form.get(name)]
        audience = await plan_audience.chosen(house_of(request).database.reader, school_id, form)
        values |= {"item_id": str(item_id), "due_on": due_on, **audience}
        new = into(NewPlan, values)
        await plans.create(house_of(request), principal_of(request).account_id, school_id, new)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _item_shown(request, school_id, item_id, form, refused=refused)
    return go(f"/console/{school_id}/fee-plans/{new.plan_id}", "fees.plan_drafted")


@get(_PLAN, include_in_schema=False, **STAFF)
async def plan_page(request: AnyRequest, school_id: FromPath[int], plan_id: FromPath[UUID]) -> Response[bytes]:
    return await _plan_shown(request, school_id, plan_id)


@post(_PLAN + "/publish", include_in_schema=False, **STAFF)
async def publish_plan(request: AnyRequest, school_id: FromPath[int], plan_id: FromPath[UUID]) -> Response[bytes]:
    await books_desk(request, school_id)
    try:
        made = await billing.publish(house_of(request), principal_of(request).account_id, school_id, plan_id)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _plan_shown(request, school_id, plan_id, refused=refused)
    return go(f"/console/{school_id}/fee-plans/{plan_id}", "fees.plan_billed", count=made)


def _values(form: dict[str, str], kind: Any) -> dict[str, Any]:
    """The fields of the shape, as people write them; what was left empty is left out."""
    values: dict[str, Any] = {n: form[n].strip() for n in kind.__struct_fields__ if form.get(n, "").strip()}
    for name in _SUMS:
        if name in values:
            values[name] = written_sum(values[name])
    return values | {n: form.get(n) == "yes" for n in (*_CHECKS, "pro_rata") if n in kind.__struct_fields__}


async def _items(request: AnyRequest, school_id: int) -> list[FeeItem]:
    reader = house_of(request).database.reader
    return await explain.items(reader, school_id, on=today_of(request), language=language_of(request))


async def _item_form(
    request: AnyRequest, school_id: int, form: dict[str, str], *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    return console_page(
        request,
        desk,
        "console/fee_item_form.html",
        status=refused.status if refused else 200,
        form=form,
        accounts=await accounts.open_accounts(house_of(request).database.reader, school_id),
        categories=CATEGORIES,
        units=UNITS,
        receivers=RECEIVERS,
        documents=DOCUMENTS,
        refused=refused,
    )


async def _item_shown(
    request: AnyRequest, school_id: int, item_id: UUID, form: dict[str, str], *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    found = next((one for one in await _items(request, school_id) if one.item_id == item_id), None)
    if found is None:
        raise NOT_FOUND()
    reader = house_of(request).database.reader
    today = await queries.today(reader, school_id, principal_of(request).account_id, on=today_of(request))
    return console_page(
        request,
        desk,
        "console/fee_item.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/fee-items/{item_id}",
        item=found,
        plans=await explain.plans(reader, school_id, item_id),
        classes=today.classes,
        grades=sorted({one.grade for one in today.classes}),
        countings=COUNTINGS,
        leavings=await spendings.leavings(reader, school_id),
        form={"plan_id": str(new_id()), "spending_id": str(new_id()), "title": found.title, "quantity": "1", **form},
        today=today_of(request),
        refused=refused,
    )


async def _plan_shown(
    request: AnyRequest, school_id: int, plan_id: UUID, *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    draft = await plans.draft(house_of(request).database.reader, school_id, plan_id, on=today_of(request))
    return console_page(
        request,
        desk,
        "console/fee_plan.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/fee-plans/{plan_id}",
        plan=preview_of(draft, language_of(request)),
        item_id=draft.item.item_id,
        refused=refused,
    )


ROUTES: list[Any] = [
    items_page,
    new_item_page,
    create_item,
    item_page,
    spend,
    create_plan,
    plan_page,
    publish_plan,
]
