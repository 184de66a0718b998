"""Where Zalo calls: events of the Official Account, updates of a Zalo bot, and the pictures that Zalo fetches. Proven, kept, answered at once."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from backend.core.crypto import same
from backend.core.http import house_of
from backend.core.problems import BAD_REQUEST, NOT_FOUND
from backend.identity.guards import MACHINE, PUBLIC
from bots import door, pictures, zalo_bot
from bots.turns import Arrived
from bots.zalo_reading import decoded
from notifications import arrivals
from notifications.routes_reports import NOT_A_REPORTER

AnyRequest = Request[Any, Any, Any]

_EVENT_BYTES_MAX = 262_144
_HEARD: dict[int, ResponseSpec] = {
    200: ResponseSpec(data_container=None, description="Kept, or nothing that we answer", generate_examples=False)
}
_NAME_MAX = 64


@post(
    "/bots/zalo/webhook",
    status_code=200,
    tags=["hooks"],
    request_max_body_size=_EVENT_BYTES_MAX,
    responses=_HEARD,
    **MACHINE,
)
async def zalo_event(request: AnyRequest) -> Response[None]:
    """An event of the Official Account, signed in `X-ZEvent-Signature`. Zalo wants its answer within two seconds."""
    house = house_of(request)
    settings = house.settings
    body = await request.body()
    proven = arrivals.proven_event(
        body,
        request.headers.get("x-zevent-signature", ""),
        app_id=settings.zalo_app_id,
        secret=settings.zalo_oa_secret,
        now=house.clock.now(),
    )
    if proven is None:
        raise NOT_A_REPORTER()
    # First what opens or closes the reader's window, so that the answer finds it open.
    await arrivals.zalo_reported(house, proven)
    if (event := decoded(body)) is not None:
        await door.arrived(house, "zalo", event.user_id, Arrived(event.update_id, body, house.clock.now(), event.at))
    return Response(None, status_code=200)


@post(
    zalo_bot.HOOK_PATH,
    status_code=200,
    tags=["hooks"],
    request_max_body_size=_EVENT_BYTES_MAX,
    responses=_HEARD,
    **MACHINE,
)
async def zalo_bot_update(request: AnyRequest) -> Response[None]:
    """An update of the Zalo bot. The secret comes back in `X-Bot-Api-Secret-Token`; a repeated message is kept once."""
    house = house_of(request)
    secret = house.settings.zalo_bot_secret
    # An unset secret closes the door.
    if not secret or not same(request.headers.get("x-bot-api-secret-token", ""), secret):
        raise NOT_A_REPORTER()
    body = await request.body()
    try:
        event = zalo_bot.decoded(body)
    except msgspec.MsgspecError as error:
        raise BAD_REQUEST() from error
    if event is not None and (come := zalo_bot.arrived(house, body, event)) is not None:
        await door.arrived(house, zalo_bot.CHANNEL, *come)
    return Response(None, status_code=200)


@get(f"{pictures.PATH}/{{name:str}}", include_in_schema=False, **PUBLIC)
async def chat_picture(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """A picture of an answer, under the unguessable name that only the messenger was told."""
    stem = name.removesuffix(".png")
    png = await pictures.find(house_of(request), stem) if len(stem) <= _NAME_MAX else None
    if png is None:
        raise NOT_FOUND()
    headers = {"cache-control": "private, no-store", "x-robots-tag": "noindex"}
    return Response(png, media_type="image/png", headers=headers)


ROUTES: list[Any] = [zalo_event, zalo_bot_update, chat_picture]
