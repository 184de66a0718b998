"""Where Zalo calls: one address for all events of the Official Account. The signature is proven, receipts find their delivery.

Messages of readers are the bot's (bots/), which takes this door over together with what it keeps of them.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.openapi.datastructures import ResponseSpec

from backend.core.http import house_of
from backend.identity.guards import MACHINE
from notifications import arrivals
from notifications.routes_reports import NOT_A_REPORTER

_EVENT_BYTES_MAX = 262_144


@post(
    "/bots/zalo/webhook",
    status_code=200,
    tags=["hooks"],
    request_max_body_size=_EVENT_BYTES_MAX,
    responses={200: ResponseSpec(data_container=None, description="Heard", generate_examples=False)},
    **MACHINE,
)
async def zalo_event(request: Request[Any, Any, Any]) -> Response[None]:
    """An event of the Official Account, signed in `X-ZEvent-Signature`. Zalo wants its answer within two seconds."""
    house = house_of(request)
    settings = house.settings
    event = arrivals.proven_event(
        await request.body(),
        request.headers.get("x-zevent-signature", ""),
        app_id=settings.zalo_app_id,
        secret=settings.zalo_oa_secret,
        now=house.clock.now(),
    )
    if event is None:
        raise NOT_A_REPORTER()
    await arrivals.zalo_reported(house, event)
    return Response(None, status_code=200)


ROUTES: list[Any] = [zalo_event]
