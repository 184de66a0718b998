"""The doors of notices: an app keeps its push address, a device says what arrived, the office sees whom nothing reached."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, PathParameter

from backend.core.crypto import token_hash
from backend.core.http import house_of, json_bytes
from backend.core.problems import FORBIDDEN, NOT_FOUND
from backend.identity.guards import GUARDIAN, SIGNED_IN, STAFF
from backend.identity.principal import principal_of
from notifications import addresses, emails, receipts
from notifications.contacts import unreachable
from notifications.queries import delivery_problems
from notifications.routes_reports import ROUTES as REPORTS
from notifications.webpush_addresses import refuse_strange
from schemas.notifications import (
    DeliveryProblems,
    DeviceRegistered,
    DeviceRegistration,
    EmailState,
    EmailWish,
    UnreachableGuardians,
    WebPushRegistration,
)

_DAYS_BACK = 30


@post("/v1/devices", tags=["identity"], **SIGNED_IN)
async def register_device(request: Request[Any, Any, Any], data: JSONBody[DeviceRegistration]) -> DeviceRegistered:
    """Keep or refresh this device's push address. An address that another account had moves here; an older one of the same
    session is dropped."""
    house, who = house_of(request), principal_of(request)
    now = house.clock.now()
    async with house.database.directory() as tx:
        await addresses.register(
            tx,
            account_id=who.account_id,
            session_id=who.session_id,
            token=data.token,
            kind=data.token_kind,
            platform=data.platform,
            language=data.language,
            at=now,
        )
    return DeviceRegistered(token_hash(data.token).hex(), now)


@post("/v1/devices/webpush", tags=["identity"], **SIGNED_IN)
async def register_browser(request: Request[Any, Any, Any], data: JSONBody[WebPushRegistration]) -> DeviceRegistered:
    """Keep or refresh this browser's push subscription. Only the known vendors' services are posted to."""
    house, who = house_of(request), principal_of(request)
    now = house.clock.now()
    refuse_strange(house.settings, data)
    async with house.database.directory() as tx:
        await addresses.register(
            tx,
            account_id=who.account_id,
            session_id=who.session_id,
            token=data.endpoint,
            kind="webpush",
            platform="web",
            language=data.language,
            at=now,
            p256dh=data.keys.p256dh,
            auth=data.keys.auth,
        )
    return DeviceRegistered(token_hash(data.endpoint).hex(), now)


@get("/v1/account/email", tags=["identity"], **SIGNED_IN)
async def my_email(request: Request[Any, Any, Any]) -> EmailState:
    """Where I read notices by e-mail, and whether the address is confirmed."""
    return await emails.own(house_of(request), principal_of(request).account_id)


@put("/v1/account/email", tags=["identity"], **SIGNED_IN)
async def change_my_email(request: Request[Any, Any, Any], data: JSONBody[EmailWish]) -> EmailState:
    """A letter with a link goes to the address; notices follow once the link was followed."""
    return await emails.keep(house_of(request), principal_of(request).account_id, data.email, data.language)


@delete("/v1/account/email", tags=["identity"], **SIGNED_IN)
async def forget_my_email(request: Request[Any, Any, Any]) -> None:
    """The address is forgotten; forgetting none is no error."""
    await emails.forget(house_of(request), principal_of(request).account_id)


@delete("/v1/devices/{device_id:str}", tags=["identity"], **SIGNED_IN)
async def forget_device(
    request: Request[Any, Any, Any],
    device_id: Annotated[str, PathParameter(pattern=r"^[0-9a-f]{64}$", description="As registering answered it")],
) -> None:
    """Nothing is sent to this address any more."""
    house = house_of(request)
    async with house.database.directory() as tx:
        known = await addresses.unregister(
            tx, account_id=principal_of(request).account_id, hashed=bytes.fromhex(device_id), at=house.clock.now()
        )
    if not known:
        raise NOT_FOUND()


@post("/v1/family/notices/{school_id:int}/{notice_id:uuid}/delivered", status_code=204, tags=["family"], **GUARDIAN)
async def notice_delivered(
    request: Request[Any, Any, Any], school_id: FromPath[int], notice_id: FromPath[UUID]
) -> None:
    """The app says that a push arrived on this device. Saying it again changes nothing."""
    house, who = house_of(request), principal_of(request)
    async with house.database.school(school_id) as tx:
        await receipts.record(tx, who.account_id, notice_id, "delivered", at=house.clock.now(), channel="push")


@get(
    "/v1/schools/{school_id:int}/deliveries/problems",
    tags=["announcements"],
    responses={200: ResponseSpec(data_container=DeliveryProblems, description="Counts and the newest problems")},
    **STAFF,
)
async def list_delivery_problems(request: Request[Any, Any, Any], school_id: FromPath[int]) -> Response[bytes]:
    """Whom notices could not reach in the last thirty days, by name and reason. For the school's administrator."""
    house, who = house_of(request), principal_of(request)
    since = house.clock.now() - timedelta(days=_DAYS_BACK)
    found = await delivery_problems(house.database.reader, school_id, who.account_id, since=since)
    if found is None:
        raise FORBIDDEN()
    return json_bytes(found)


@get("/v1/schools/{school_id:int}/contacts/problems", tags=["announcements"], **STAFF)
async def list_unreachable_guardians(request: Request[Any, Any, Any], school_id: FromPath[int]) -> UnreachableGuardians:
    """Guardians who should get notices and whom no channel reaches, with reasons and days. For the school's administrator."""
    found = await unreachable(house_of(request), school_id, principal_of(request).account_id)
    if found is None:
        raise FORBIDDEN()
    return found


ROUTES: list[Any] = [
    *REPORTS,
    register_device,
    register_browser,
    forget_device,
    my_email,
    change_my_email,
    forget_my_email,
    notice_delivered,
    list_delivery_problems,
    list_unreachable_guardians,
]
