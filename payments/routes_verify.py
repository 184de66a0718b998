"""The doors of "is it really the school?": a question as text or picture, reports of fraud, and the school's official numbers."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import UploadFile
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, MultipartBody

from backend.core.http import house_of, open_form
from backend.core.problems import INVALID, FieldError
from backend.core.ratelimit import Bucket, address_block, client_address
from backend.identity.guards import PUBLIC, STAFF
from backend.identity.principal import principal_of, principal_or_none
from payments import fraud, official
from payments.verify import verdict
from payments.verify_picture import PICTURE_BYTES_MAX, texts_in
from schemas.verify import (
    FraudCases,
    FraudReported,
    NewFraudReport,
    NewOfficialContact,
    OfficialContact,
    OfficialContacts,
    Question,
    Verdict,
)

AnyRequest = Request[Any, Any, Any]

_CONTACTS = "/v1/schools/{school_id:int}/official-contacts"
_CASES = "/v1/schools/{school_id:int}/fraud-cases"
_BODY_BYTES_MAX = PICTURE_BYTES_MAX + 65_536


async def limit(request: AnyRequest) -> None:
    """Anybody may ask, nobody may guess. Generous, because a whole mobile network can stand behind one address."""
    await _take(request, Bucket(f"verify:{_block(request)}", 60, 2.0))


async def limit_reports(request: AnyRequest) -> None:
    """Who has signed in is counted alone; strangers are counted by where they come from."""
    who = principal_or_none(request)
    if who is not None:
        await _take(request, Bucket(f"fraud:{who.account_id}", 5, 600.0))
    else:
        await _take(request, Bucket(f"fraud:{_block(request)}", 20, 120.0))


def _block(request: AnyRequest) -> str:
    return address_block(client_address(request.scope, house_of(request).settings.trusted_proxies))


async def _take(request: AnyRequest, bucket: Bucket) -> None:
    house = house_of(request)
    await house.limits.take(bucket, now=house.clock.now().timestamp(), strict=True)


async def _holds_one_picture(request: AnyRequest) -> None:
    form = await open_form(request)
    files = [name for name, value in form.multi_items() if isinstance(value, UploadFile)]
    if len(files) != 1:
        raise INVALID(FieldError("/data", "Chưa chọn ảnh.", "No picture was sent."))


@post("/v1/verify", status_code=200, tags=["verify"], **PUBLIC)
async def ask(request: AnyRequest, data: JSONBody[Question]) -> Verdict:
    """Is this message, account, telephone number, link or QR text the school's? Nothing is told about any child."""
    await limit(request)
    return await verdict(house_of(request), data.text)


@post(
    "/v1/verify/picture",
    status_code=200,
    tags=["verify"],
    request_max_body_size=_BODY_BYTES_MAX,
    before_request=_holds_one_picture,
    **PUBLIC,
)
async def ask_picture(request: AnyRequest, data: MultipartBody[UploadFile]) -> Verdict:
    """The same for a picture with a QR code in it: PNG, JPEG or WebP up to 6 MB."""
    await limit(request)
    texts = await texts_in(await data.read(PICTURE_BYTES_MAX + 1))
    return await verdict(house_of(request), "\n".join(texts))


@get(_CONTACTS, tags=["verify"], **STAFF)
async def list_contacts(request: AnyRequest, school_id: FromPath[int]) -> OfficialContacts:
    """Numbers from which the school really calls, besides its own on the first page."""
    return OfficialContacts(await official.contacts(house_of(request), principal_of(request).account_id, school_id))


@post(
    _CONTACTS,
    status_code=200,
    tags=["verify"],
    responses={200: ResponseSpec(data_container=OfficialContact, description="Kept", generate_examples=False)},
    **STAFF,
)
async def add_contact(
    request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewOfficialContact]
) -> OfficialContact:
    """Marks a number as the school's. Administrators only."""
    return await official.add_contact(house_of(request), principal_of(request).account_id, school_id, data)


@post(_CONTACTS + "/{phone:str}/remove", status_code=204, tags=["verify"], **STAFF)
async def remove_contact(request: AnyRequest, school_id: FromPath[int], phone: FromPath[str]) -> None:
    """The school no longer calls from this number."""
    await official.remove_contact(house_of(request), principal_of(request).account_id, school_id, phone)


@post("/v1/fraud-reports", status_code=200, tags=["verify"], **PUBLIC)
async def report_fraud(request: AnyRequest, data: JSONBody[NewFraudReport]) -> FraudReported:
    """Somebody poses as the school. The first report of a thing warns the school's administrators."""
    await limit_reports(request)
    who = principal_or_none(request)
    return await fraud.report(house_of(request), who.account_id if who else None, data)


@get(_CASES, tags=["verify"], **STAFF)
async def list_cases(request: AnyRequest, school_id: FromPath[int]) -> FraudCases:
    """What was reported, each thing once, undecided first. Administrators only."""
    return FraudCases(await fraud.cases(house_of(request), principal_of(request).account_id, school_id))


@post(_CASES + "/{case_id:uuid}/confirm", status_code=204, tags=["verify"], **STAFF)
async def confirm_case(request: AnyRequest, school_id: FromPath[int], case_id: FromPath[UUID]) -> None:
    """It is a fraud: every guardian gets one urgent warning."""
    await fraud.confirm(house_of(request), principal_of(request).account_id, school_id, case_id)


@post(_CASES + "/{case_id:uuid}/dismiss", status_code=204, tags=["verify"], **STAFF)
async def dismiss_case(request: AnyRequest, school_id: FromPath[int], case_id: FromPath[UUID]) -> None:
    """It is none: nobody is warned."""
    await fraud.dismiss(house_of(request), principal_of(request).account_id, school_id, case_id)


ROUTES: list[Any] = [
    ask,
    ask_picture,
    list_contacts,
    add_contact,
    remove_contact,
    report_fraud,
    list_cases,
    confirm_case,
    dismiss_case,
]
