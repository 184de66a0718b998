"""The doors of fee items, plans and papers, and a family's question why."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from backend.core.clock import school_day
from backend.core.http import house_of, json_bytes, language_of
from backend.core.problems import NOT_FOUND
from backend.identity.guards import SIGNED_IN, STAFF
from backend.identity.principal import principal_of
from payments.fees import billing, exemptions, explain, items, leavers, plans, spendings
from payments.fees.amounts import total
from payments.routes_readers import reads_the_books
from schemas.fees import (
    BillExplained,
    BillLine,
    ExemptionList,
    FeeItem,
    FeeItemList,
    Granted,
    NewExemption,
    NewFeeItem,
    NewPlan,
    NewSpending,
    PlanBilled,
    PlannedBill,
    PlanPreview,
)

AnyRequest = Request[Any, Any, Any]

_SCHOOL = "/v1/schools/{school_id:int}"
_ITEM = _SCHOOL + "/fee-items/{item_id:uuid}"
_PLAN = _SCHOOL + "/fee-plans/{plan_id:uuid}"


def _made(shape: Any) -> dict[int, ResponseSpec]:
    return {
        201: ResponseSpec(data_container=shape, description="Made now", generate_examples=False),
        200: ResponseSpec(
            data_container=shape, description="The same request was here before", generate_examples=False
        ),
    }


async def _items(request: AnyRequest, school_id: int) -> list[FeeItem]:
    house = house_of(request)
    today = school_day(house.clock.now())
    return await explain.items(house.database.reader, school_id, on=today, language=language_of(request))


async def _item(request: AnyRequest, school_id: int, item_id: UUID) -> FeeItem:
    found = next((one for one in await _items(request, school_id) if one.item_id == item_id), None)
    if found is None:
        raise NOT_FOUND()
    return found


@post(_SCHOOL + "/fee-items", status_code=201, tags=["fees"], responses=_made(FeeItem), **STAFF)
async def create_fee_item(
    request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewFeeItem]
) -> Response[FeeItem]:
    """Writes a fee item down and says which rules it breaks. An item that breaks one can be kept, but not billed."""
    made = await items.create(house_of(request), principal_of(request).account_id, school_id, data)
    return Response(await _item(request, school_id, data.item_id), status_code=201 if made else 200)


@get(_SCHOOL + "/fee-items", tags=["fees"], **STAFF)
async def list_fee_items(request: AnyRequest, school_id: FromPath[int]) -> FeeItemList:
    """Every item with what it breaks today, and what was billed, received and spent."""
    await reads_the_books(request, school_id)
    return FeeItemList(await _items(request, school_id))


@post(_ITEM + "/spendings", status_code=204, tags=["fees"], **STAFF)
async def spend(
    request: AnyRequest, school_id: FromPath[int], item_id: FromPath[UUID], data: JSONBody[NewSpending]
) -> None:
    """What the item's money was used for, with its document; families see it with their bill. Sent twice, it is one line."""
    await spendings.spend(house_of(request), principal_of(request).account_id, school_id, item_id, data)


@post(_SCHOOL + "/fee-plans", status_code=201, tags=["fees"], responses=_made(PlanPreview), **STAFF)
async def create_plan(request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewPlan]) -> Response[PlanPreview]:
    """Drafts a plan: nothing is billed yet. The answer is what publishing would do."""
    made = await plans.create(house_of(request), principal_of(request).account_id, school_id, data)
    return Response(await _preview(request, school_id, data.plan_id), status_code=201 if made else 200)


@get(_PLAN, tags=["fees"], **STAFF)
async def preview_plan(request: AnyRequest, school_id: FromPath[int], plan_id: FromPath[UUID]) -> PlanPreview:
    """Whom publishing would bill now, how much, and how each amount comes about."""
    await reads_the_books(request, school_id)
    return await _preview(request, school_id, plan_id)


async def _preview(request: AnyRequest, school_id: int, plan_id: UUID) -> PlanPreview:
    house = house_of(request)
    today = school_day(house.clock.now())
    return preview_of(await plans.draft(house.database.reader, school_id, plan_id, on=today), language_of(request))


def preview_of(draft: plans.Draft, language: str) -> PlanPreview:
    bills = [
        PlannedBill(
            pupil_id=bill.child.pupil_id,
            pupil_name=bill.child.pupil_name,
            class_name=bill.child.class_name,
            amount=total(bill.lines),
            lines=[
                BillLine(line.kind, line.amount, line.quantity, line.each, line.of, line.percent, line.ground)
                for line in bill.lines
            ],
            billed=bool(bill.child.billed),
        )
        for bill in draft.bills
    ]
    new = [bill for bill in bills if not bill.billed and bill.amount]
    return PlanPreview(
        plan_id=draft.plan_id,
        title=draft.title,
        published_at=draft.published_at,
        new_bills=len(new),
        already_billed=sum(bill.billed for bill in bills),
        nothing_to_pay=sum(not bill.billed and not bill.amount for bill in bills),
        amount=sum(bill.amount for bill in new),
        broken_rules=explain.broken_rules(draft.violations, language),
        bills=bills,
    )


@post(_PLAN + "/publish", status_code=200, tags=["fees"], **STAFF)
async def publish_plan(request: AnyRequest, school_id: FromPath[int], plan_id: FromPath[UUID]) -> PlanBilled:
    """Bills everybody of the plan in one transaction. Pressed again, it bills who joined since and nobody twice."""
    made = await billing.publish(house_of(request), principal_of(request).account_id, school_id, plan_id)
    return PlanBilled(plan_id, made)


@post(_PLAN + "/leavers", status_code=200, tags=["fees"], **STAFF)
async def lower_leavers(request: AnyRequest, school_id: FromPath[int], plan_id: FromPath[UUID]) -> PlanBilled:
    """Lowers the bills of children who left in the middle of the period to the part they were there."""
    lowered = await leavers.lower(house_of(request), principal_of(request).account_id, school_id, plan_id)
    return PlanBilled(plan_id, lowered.bills)


@post(_SCHOOL + "/fee-exemptions", status_code=201, tags=["fees"], responses=_made(Granted), **STAFF)
async def grant_exemption(
    request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewExemption]
) -> Response[Granted]:
    """A paper by which a pupil pays less; bills of it that are still open are lowered at once."""
    made, bills = await exemptions.grant(house_of(request), principal_of(request).account_id, school_id, data)
    return Response(Granted(data.exemption_id, bills), status_code=201 if made else 200)


@post(_SCHOOL + "/fee-exemptions/{exemption_id:uuid}/revoke", status_code=204, tags=["fees"], **STAFF)
async def revoke_exemption(request: AnyRequest, school_id: FromPath[int], exemption_id: FromPath[UUID]) -> None:
    """It counts for no bill made from now on."""
    await exemptions.revoke(house_of(request), principal_of(request).account_id, school_id, exemption_id)


@get(
    _SCHOOL + "/fee-exemptions",
    tags=["fees"],
    responses={200: ResponseSpec(data_container=ExemptionList, description="Done", generate_examples=False)},
    **STAFF,
)
async def list_exemptions(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """Exemptions and supports with their papers, those in force first."""
    await reads_the_books(request, school_id)
    return json_bytes(await exemptions.listed(house_of(request).database.reader, school_id))


@get(_SCHOOL + "/invoices/{invoice_id:uuid}/why", tags=["payments"], **SIGNED_IN)
async def explain_bill(request: AnyRequest, school_id: FromPath[int], invoice_id: FromPath[UUID]) -> BillExplained:
    """Why a bill is asked for, who decided, how the amount came about, what is planned and what was spent."""
    house = house_of(request)
    account_id, today = principal_of(request).account_id, school_day(house.clock.now())
    return await explain.bill(
        house.database.reader, school_id, account_id, invoice_id, on=today, language=language_of(request)
    )


ROUTES: list[Any] = [
    create_fee_item,
    list_fee_items,
    spend,
    create_plan,
    preview_plan,
    publish_plan,
    lower_leavers,
    grant_exemption,
    revoke_exemption,
    list_exemptions,
    explain_bill,
]
