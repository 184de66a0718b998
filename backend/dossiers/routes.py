"""The doors of requests for the school: the list with its clocks, one request, its steps, and what the school takes."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from backend.core.clock import school_day
from backend.core.http import house_of, language_of
from backend.core.text import fold
from backend.dossiers import filing, queries, rules, stepping
from backend.dossiers.routes_family import FILED_BEFORE, TAGS, unkept
from backend.dossiers.routes_family import ROUTES as FAMILY
from backend.files.routes_serving import FILE, serve
from backend.identity.entitlement import standing
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from bots.answers.procedures import with_words
from schemas.dossiers import (
    CounterDossier,
    DossierKinds,
    DossierPage,
    Filed,
    KindRule,
    OfficeDeed,
    StaffDossier,
    Stepped,
)

AnyRequest = Request[Any, Any, Any]
_ROOT = "/v1/schools/{school_id:int}/dossiers"
_ONE = _ROOT + "/{dossier_id:uuid}"
_KINDS = "/v1/schools/{school_id:int}/dossier-kinds"


@get(_ROOT, tags=TAGS, **STAFF)
async def dossiers(
    request: AnyRequest,
    school_id: FromPath[int],
    show: FromQuery[Literal["open", "waiting", "overdue", "papers", "ready", "closed"]] = "open",
    kind: FromQuery[str | None] = None,
    find: FromQuery[Annotated[str, Meta(max_length=60, description="A pupil's name, or a number")] | None] = None,
    before: FromQuery[Annotated[str, Meta(max_length=60)] | None] = None,
) -> DossierPage:
    """Requests, the most pressing first. The office reads all; a homeroom teacher those of kinds that the school meant for it."""
    house = house_of(request)
    wanted = queries.Wanted(show, kind, fold(find or "") or None, before)
    return await queries.dossiers(
        house.database.reader, school_id, principal_of(request).account_id, wanted,
        today=school_day(house.clock.now()), language=language_of(request),
    )  # fmt: skip


@post(_ROOT, tags=TAGS, status_code=201, responses=FILED_BEFORE, **STAFF)
async def enter_dossier(
    request: AnyRequest, school_id: FromPath[int], data: JSONBody[CounterDossier]
) -> Response[Filed]:
    """For a guardian who came to the office."""
    filed, new = await filing.enter(house_of(request), principal_of(request).account_id, school_id, data)
    return Response(filed, status_code=201 if new else 200)


@get(_ONE, tags=TAGS, **STAFF)
async def dossier(request: AnyRequest, school_id: FromPath[int], dossier_id: FromPath[UUID]) -> StaffDossier:
    """One request with every step, and which may come next. Opening a sensitive one is recorded."""
    house = house_of(request)
    return await queries.dossier(
        house, school_id, principal_of(request).account_id, dossier_id,
        today=school_day(house.clock.now()), language=language_of(request), how="api",
    )  # fmt: skip


@post(_ONE + "/steps", tags=TAGS, status_code=200, **STAFF)
async def dossier_step(
    request: AnyRequest, school_id: FromPath[int], dossier_id: FromPath[UUID], data: JSONBody[OfficeDeed]
) -> Stepped:
    """Ask for papers, take it to work, promise another day, grant, refuse, hand over; or enter what the family brought."""
    account_id = principal_of(request).account_id
    return await stepping.office_step(house_of(request), account_id, school_id, dossier_id, data)


@get(_ONE + "/files/{file_id:uuid}", tags=TAGS, responses={200: FILE}, **STAFF)
async def dossier_file(
    request: AnyRequest, school_id: FromPath[int], dossier_id: FromPath[UUID], file_id: FromPath[UUID]
) -> Response[bytes]:
    """A paper of a request, for the office. The opening is recorded."""
    house, account_id = house_of(request), principal_of(request).account_id
    today = school_day(house.clock.now())
    await queries.require_file(house, school_id, account_id, dossier_id, file_id, today=today)
    return unkept(await serve(request, school_id, file_id))


@get(_KINDS, tags=TAGS, **STAFF)
async def dossier_kinds(request: AnyRequest, school_id: FromPath[int]) -> DossierKinds:
    """What families may ask of the school, and the working days it promises."""
    house = house_of(request)
    reader, language, today = house.database.reader, language_of(request), school_day(house.clock.now())
    await standing(reader, school_id, principal_of(request).account_id, on=today)
    kinds = await rules.kinds_of(reader, school_id, language, today)
    return DossierKinds(await with_words(reader, school_id, kinds, language=language, on=today))


@put(_KINDS + "/{kind:str}", tags=TAGS, status_code=204, **STAFF)
async def change_dossier_kind(
    request: AnyRequest, school_id: FromPath[int], kind: FromPath[str], data: JSONBody[KindRule]
) -> None:
    """The administrator decides. What is under way keeps its promise."""
    await rules.change(house_of(request), principal_of(request).account_id, school_id, kind, data)


ROUTES: list[Any] = [
    dossiers,
    enter_dossier,
    dossier,
    dossier_step,
    dossier_file,
    dossier_kinds,
    change_dossier_kind,
    *FAMILY,
]
