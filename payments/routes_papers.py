"""The doors of papers: receipts, their cancellations, and the question whether a paper is the school's."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from backend.core.clock import school_day
from backend.core.http import house_of
from backend.identity.guards import PUBLIC, SIGNED_IN
from backend.identity.principal import principal_of
from payments import receipt_pdf, receipts
from schemas.payments import CheckedReceipt

AnyRequest = Request[Any, Any, Any]

_SCHOOL = "/v1/schools/{school_id:int}"
_PRIVATE = {"cache-control": "private, no-store"}


def _file(description: str) -> dict[int, ResponseSpec]:
    return {
        200: ResponseSpec(
            data_container=bytes, media_type="application/pdf", description=description, generate_examples=False
        )
    }


@get(
    _SCHOOL + "/receipts/{receipt_id:uuid}/pdf",
    tags=["payments"],
    responses=_file("The receipt"),
    **SIGNED_IN,
)
async def get_receipt(request: AnyRequest, school_id: FromPath[int], receipt_id: FromPath[UUID]) -> Response[bytes]:
    """A receipt as PDF, for a guardian of the pupil and for the school's accountant."""
    reader = house_of(request).database.reader
    paper = await receipts.paper(reader, school_id, _paper_reader(request), receipt_id)
    return _pdf(await receipt_pdf.drawn([paper]), "bien-lai", paper.number)


@get(
    _SCHOOL + "/receipts/{receipt_id:uuid}/cancellation/pdf",
    tags=["payments"],
    responses=_file("The cancellation"),
    **SIGNED_IN,
)
async def get_cancellation(
    request: AnyRequest, school_id: FromPath[int], receipt_id: FromPath[UUID]
) -> Response[bytes]:
    """The numbered paper that cancelled a receipt, for whoever may see the receipt."""
    reader = house_of(request).database.reader
    paper = await receipts.cancellation(reader, school_id, _paper_reader(request), receipt_id)
    return _pdf(
        await receipt_pdf.cancellation_drawn(paper), "phieu-huy", paper.cancelled.number if paper.cancelled else ""
    )


@get(
    _SCHOOL + "/transactions/{transaction_id:uuid}/receipts/pdf",
    tags=["payments"],
    responses=_file("The receipts, a page each"),
    **SIGNED_IN,
)
async def get_receipts_of_transaction(
    request: AnyRequest, school_id: FromPath[int], transaction_id: FromPath[UUID]
) -> Response[bytes]:
    """All receipts in force over one payment in one file, of those that the reader may see."""
    reader = house_of(request).database.reader
    papers = await receipts.papers_of(reader, school_id, _paper_reader(request), transaction_id)
    return _pdf(await receipt_pdf.drawn(papers), "bien-lai", papers[0].number)


@get("/v1/receipts/{code:str}", tags=["payments"], **PUBLIC)
async def check_receipt(request: AnyRequest, code: FromPath[str]) -> CheckedReceipt:
    """Is this paper the school's? The code stands at the foot of every receipt; 404 for anything that no school here has made."""
    house = house_of(request)
    return await receipts.checked(house.database.reader, house.cipher, code)


def _paper_reader(request: AnyRequest) -> receipts.Reader:
    house = house_of(request)
    account_id, today = principal_of(request).account_id, school_day(house.clock.now())
    return receipts.Reader(account_id, today, house.cipher, house.settings.public_url)


def _pdf(body: bytes, name: str, number: str) -> Response[bytes]:
    headers = {**_PRIVATE, "content-disposition": f'inline; filename="{name}-{number.replace("/", "-")}.pdf"'}
    return Response(body, media_type="application/pdf", headers=headers)


ROUTES: list[Any] = [get_receipt, get_cancellation, get_receipts_of_transaction, check_receipt]
