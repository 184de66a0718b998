"""The doors of forms for families: what is asked, sign, withdraw, and what was signed."""

from typing import Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from backend.core.clock import school_day
from backend.core.http import attachment, house_of
from backend.core.problems import NOT_FOUND
from backend.files.routes_serving import serve
from backend.forms import everywhere, family, paper, slips
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from schemas.forms import FamilyForm, FamilyForms, NewSignature, Signed, SlipHistory, Withdrawal

AnyRequest = Request[Any, Any, Any]
_ONE = "/v1/family/forms/{school_id:int}/{form_id:uuid}"
PDF = "application/pdf"


@get("/v1/family/forms", tags=["family"], **GUARDIAN)
async def family_forms(request: AnyRequest) -> FamilyForms:
    """What the schools ask of this family: what waits first, then what is done, then what was closed lately."""
    house, principal = house_of(request), principal_of(request)
    today = school_day(house.clock.now())
    return await family.forms(house.database.reader, principal.account_id, principal.guardian_in, today)


@get(_ONE, tags=["family"], **GUARDIAN)
async def family_form(request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID]) -> FamilyForm:
    """One form with the children it asks about, who of the family has signed, and the reader's own answers."""
    house = house_of(request)
    today = school_day(house.clock.now())
    found = await family.form(house.database.reader, school_id, principal_of(request).account_id, form_id, today)
    if found is None:
        raise NOT_FOUND()
    return found


@post(_ONE + "/sign", tags=["family"], status_code=200, **GUARDIAN)
async def sign(
    request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID], data: JSONBody[NewSignature]
) -> Signed:
    """Answer and sign for one child or several. Until the last day it may be signed anew; the newest counts. A form `per` family is
    signed for all the signer's children that the area asks about, also in other schools."""
    who, user_agent = principal_of(request), request.headers.get("user-agent")
    return await everywhere.sign(house_of(request), who, school_id, form_id, data, user_agent=user_agent)


@post(_ONE + "/withdraw", tags=["family"], status_code=200, **GUARDIAN)
async def withdraw(
    request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID], data: JSONBody[Withdrawal]
) -> Signed:
    """Take a signature back, until the last day. The history keeps both."""
    who, user_agent = principal_of(request), request.headers.get("user-agent")
    return await everywhere.withdraw(house_of(request), who, school_id, form_id, data, user_agent=user_agent)


@get(_ONE + "/slips/{pupil_id:uuid}", tags=["family"], **GUARDIAN)
async def own_slips(
    request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID], pupil_id: FromPath[UUID]
) -> SlipHistory:
    """What the reader signed and withdrew for a child, word for word with its SHA-256."""
    return slips.history(await _own(request, school_id, form_id, pupil_id))


@get(
    _ONE + "/slips/{pupil_id:uuid}/{number:int}/{kind:str}",
    tags=["family"],
    responses={200: ResponseSpec(bytes, media_type=PDF, description="The slip as a file", generate_examples=False)},
    **GUARDIAN,
)
async def own_paper(
    request: AnyRequest,
    school_id: FromPath[int],
    form_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    number: FromPath[int],
    kind: FromPath[Literal["paper", "text"]],
) -> Response[bytes]:
    """One of them as PDF, or its exact text, byte for byte what the SHA-256 is of."""
    return await slip_file(slips.numbered(await _own(request, school_id, form_id, pupil_id), number), kind)


async def slip_file(one: slips.Stored, kind: str) -> Response[bytes]:
    """Named by its number; kept by no cache."""
    if kind == "text":
        body, media_type, name = one.slip.text.encode(), "text/plain; charset=utf-8", f"phieu-{one.slip.number}.txt"
    else:
        body, media_type, name = await paper.drawn(one), PDF, f"phieu-{one.slip.number}.pdf"
    headers = {"cache-control": "private, no-store", "content-disposition": attachment(name)}
    return Response(body, media_type=media_type, headers=headers)


@get(
    _ONE + "/files/{file_id:uuid}",
    tags=["family"],
    responses={200: ResponseSpec(bytes, description="A picture or a PDF", generate_examples=False)},
    **GUARDIAN,
)
async def own_answer_file(
    request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID], file_id: FromPath[UUID]
) -> Response[bytes]:
    """A file that the reader sent as an answer."""
    house = house_of(request)
    account_id, today = principal_of(request).account_id, school_day(house.clock.now())
    await slips.require_own_file(house.database.reader, school_id, account_id, form_id, file_id, on=today)
    return await serve(request, school_id, file_id)


async def _own(request: AnyRequest, school_id: int, form_id: UUID, pupil_id: UUID) -> list[slips.Stored]:
    house = house_of(request)
    account_id, today = principal_of(request).account_id, school_day(house.clock.now())
    return await slips.own(house.database.reader, school_id, account_id, form_id, pupil_id, on=today)


ROUTES: list[Any] = [family_forms, family_form, sign, withdraw, own_slips, own_paper, own_answer_file]
