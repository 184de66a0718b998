"""The doors of requests for families: what may be asked, file one, follow it, add papers, take it back."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from backend.core.clock import school_day
from backend.core.http import house_of, language_of
from backend.core.problems import FORBIDDEN
from backend.dossiers import family, filing, rules, stepping
from backend.files.routes_serving import FILE, serve
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from bots.answers.procedures import with_words
from schemas.dossiers import DossierKinds, FamilyDeed, FamilyDossier, FamilyDossiers, Filed, NewDossier, Stepped

AnyRequest = Request[Any, Any, Any]
_ROOT = "/v1/family/dossiers/{school_id:int}"
_ONE = _ROOT + "/{dossier_id:uuid}"
TAGS = ["dossiers"]
FILED_BEFORE = {200: ResponseSpec(Filed, description="The same request was here before", generate_examples=False)}


@get("/v1/family/dossiers", tags=TAGS, **GUARDIAN)
async def family_dossiers(request: AnyRequest) -> FamilyDossiers:
    """Every request about the reader's children for whom the reader may act: what waits for the family first."""
    house, principal = house_of(request), principal_of(request)
    today = school_day(house.clock.now())
    return await family.everywhere(
        house.database.reader, principal.account_id, principal.guardian_in, today, language=language_of(request)
    )


@get(_ROOT + "/kinds", tags=TAGS, **GUARDIAN)
async def family_kinds(request: AnyRequest, school_id: FromPath[int]) -> DossierKinds:
    """What the school takes in the app, with the papers it wants and the day it would promise today."""
    house = house_of(request)
    if school_id not in principal_of(request).guardian_in:
        raise FORBIDDEN()
    reader, language, today = house.database.reader, language_of(request), school_day(house.clock.now())
    kinds = [kind for kind in await rules.kinds_of(reader, school_id, language, today) if kind.open]
    return DossierKinds(await with_words(reader, school_id, kinds, language=language, on=today))


@post(_ROOT, tags=TAGS, status_code=201, responses=FILED_BEFORE, **GUARDIAN)
async def file_dossier(request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewDossier]) -> Response[Filed]:
    """Ask the school for something about one's own child. Sent twice, it is filed once."""
    filed, new = await filing.file(house_of(request), principal_of(request).account_id, school_id, data)
    return Response(filed, status_code=201 if new else 200)


@get(_ONE, tags=TAGS, **GUARDIAN)
async def family_dossier(request: AnyRequest, school_id: FromPath[int], dossier_id: FromPath[UUID]) -> FamilyDossier:
    """Where one stands, and every step. What another guardian wrote or attached is left out."""
    house = house_of(request)
    return await family.one_of(
        house.database.reader, school_id, principal_of(request).account_id, dossier_id,
        school_day(house.clock.now()), language=language_of(request),
    )  # fmt: skip


@post(_ONE + "/steps", tags=TAGS, status_code=200, **GUARDIAN)
async def family_dossier_step(
    request: AnyRequest, school_id: FromPath[int], dossier_id: FromPath[UUID], data: JSONBody[FamilyDeed]
) -> Stepped:
    """Add papers that were missing, or take the request back."""
    account_id = principal_of(request).account_id
    return await stepping.family_step(house_of(request), account_id, school_id, dossier_id, data)


@get(_ONE + "/files/{file_id:uuid}", tags=TAGS, responses={200: FILE}, **GUARDIAN)
async def family_dossier_file(
    request: AnyRequest, school_id: FromPath[int], dossier_id: FromPath[UUID], file_id: FromPath[UUID]
) -> Response[bytes]:
    """A paper of the school's, or one that the reader attached."""
    house, account_id = house_of(request), principal_of(request).account_id
    today = school_day(house.clock.now())
    await family.require_file(house.database.reader, school_id, account_id, dossier_id, file_id, today)
    return unkept(await serve(request, school_id, file_id))


def unkept(answer: Response[bytes]) -> Response[bytes]:
    """Certificates of poverty or illness stay in no cache: each opening is asked for, and at the school recorded, anew."""
    answer.headers["cache-control"] = "private, no-store"
    answer.headers.pop("etag", None)
    return answer


ROUTES: list[Any] = [
    family_dossiers,
    family_kinds,
    file_dossier,
    family_dossier,
    family_dossier_step,
    family_dossier_file,
]
