"""The doors of a family's requests: several bills under one code, as data and as a picture."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from backend.core.http import house_of
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from payments import qrimage, requests
from schemas.payments import FamilyRequest, FamilyRequests, NewFamilyRequest

AnyRequest = Request[Any, Any, Any]

_REQUESTS = "/v1/family/schools/{school_id:int}/payment-requests"
_PRIVATE = {"cache-control": "private, no-store"}


def _file(media_type: str, description: str) -> dict[int, ResponseSpec]:
    return {
        200: ResponseSpec(data_container=bytes, media_type=media_type, description=description, generate_examples=False)
    }


@post(_REQUESTS, status_code=200, tags=["family"], **GUARDIAN)
async def make_requests(
    request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewFamilyRequest]
) -> FamilyRequests:
    """One code for several bills of several children, for each receiving account. The same bills give the same code."""
    account_id = principal_of(request).account_id
    return FamilyRequests(await requests.family_requests(house_of(request), account_id, school_id, data.invoice_ids))


async def _request(request: AnyRequest, school_id: int, code: str) -> FamilyRequest:
    return await requests.family_request(house_of(request), principal_of(request).account_id, school_id, code)


@get(_REQUESTS + "/{code:str}", tags=["family"], **GUARDIAN)
async def get_request(request: AnyRequest, school_id: FromPath[int], code: FromPath[str]) -> FamilyRequest:
    """What the request still asks for now; 404 when nothing is left."""
    return await _request(request, school_id, code)


@get(
    _REQUESTS + "/{code:str}/qr.png", tags=["family"], responses=_file("image/png", "The code as a picture"), **GUARDIAN
)
async def get_request_png(request: AnyRequest, school_id: FromPath[int], code: FromPath[str]) -> Response[bytes]:
    """The VietQR code of a request, to save and scan."""
    asked = await _request(request, school_id, code)
    return Response(qrimage.png(asked.payload), media_type="image/png", headers=_PRIVATE)


@get(
    _REQUESTS + "/{code:str}/qr.svg",
    tags=["family"],
    responses=_file("image/svg+xml", "The code as a drawing"),
    **GUARDIAN,
)
async def get_request_svg(request: AnyRequest, school_id: FromPath[int], code: FromPath[str]) -> Response[bytes]:
    """The VietQR code of a request, for pages."""
    asked = await _request(request, school_id, code)
    return Response(qrimage.svg(asked.payload), media_type="image/svg+xml", headers=_PRIVATE)


ROUTES: list[Any] = [make_requests, get_request, get_request_png, get_request_svg]
