"""Where gateways and Zalo report what became of a message. Each proves itself; whatever it reports, it is answered at once."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter

from backend.core.crypto import same
from backend.core.house import House
from backend.core.http import house_of, open_form
from backend.core.problems import BAD_REQUEST, problem
from backend.identity.guards import MACHINE
from notifications import arrivals

AnyRequest = Request[Any, Any, Any]

NOT_A_REPORTER = problem(
    "not-a-reporter",
    401,
    vi="Không nhận ra bên gọi.",
    en="The caller is not known here.",
)
_SMALL: dict[str, Any] = {"request_max_body_size": 65_536, **MACHINE}
_TAKEN = {200: ResponseSpec(data_container=None, description="Heard", generate_examples=False)}
Secret = Annotated[str, PathParameter(description="The secret part of the address", max_length=200)]


class SpeedSmsReport(msgspec.Struct):
    """As SpeedSMS posts it. Figures come as text or as numbers."""

    type: str = ""
    tranId: str | int = ""
    phone: str = ""
    status: str | int = ""


@get("/hooks/sms/{secret:str}/esms", status_code=200, tags=["hooks"], responses=_TAKEN, **MACHINE)
async def esms_report(request: AnyRequest, secret: Secret) -> Response[None]:
    """eSMS's delivery report, in the query."""
    house = _entered(request, secret)
    await arrivals.esms_reported(house, dict(request.query_params.items()))
    return Response(None, status_code=200)


@post("/hooks/sms/{secret:str}/esms", status_code=200, tags=["hooks"], responses=_TAKEN, **_SMALL)
async def esms_report_posted(request: AnyRequest, secret: Secret) -> Response[None]:
    """eSMS's delivery report, as a form or as JSON."""
    house = _entered(request, secret)
    if request.headers.get("content-type", "").startswith("application/json"):
        fields = _texts(await request.body())
    else:
        fields = {name: value for name, value in (await open_form(request)).items() if isinstance(value, str)}
    await arrivals.esms_reported(house, fields)
    return Response(None, status_code=200)


@post("/hooks/sms/{secret:str}/speedsms", status_code=200, tags=["hooks"], responses=_TAKEN, **_SMALL)
async def speedsms_report(request: AnyRequest, secret: Secret) -> Response[None]:
    """SpeedSMS's delivery report."""
    house = _entered(request, secret)
    try:
        report = msgspec.json.decode(await request.body(), type=SpeedSmsReport)
        status = int(report.status)
    except (msgspec.MsgspecError, ValueError) as error:
        raise BAD_REQUEST() from error
    if report.type == "report":
        await arrivals.speedsms_reported(house, str(report.tranId), status)
    return Response(None, status_code=200)


def _entered(request: AnyRequest, secret: str) -> House:
    """An unset secret closes the door. Compared in constant time."""
    house = house_of(request)
    expected = house.settings.sms_report_secret
    if not expected or not same(secret, expected):
        raise NOT_A_REPORTER()
    return house


def _texts(body: bytes) -> dict[str, str]:
    try:
        fields = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise BAD_REQUEST() from error
    return {name: str(value) for name, value in fields.items()}


ROUTES: list[Any] = [esms_report, esms_report_posted, speedsms_report]
