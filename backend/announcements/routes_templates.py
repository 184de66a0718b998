"""The doors of models of letters."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, delete, get, put
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.announcements import templates
from backend.core.http import house_of, language_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from schemas.templates import Template, TemplateIn, TemplateList

AnyRequest = Request[Any, Any, Any]
ROOT = "/v1/schools/{school_id:int}/announcement-templates"
ONE = ROOT + "/{template_id:uuid}"


@get(ROOT, tags=["announcements"], **STAFF)
async def list_templates(
    request: AnyRequest,
    school_id: FromPath[int],
    class_id: FromQuery[Annotated[UUID | None, Parameter(description="The class that is written to")]] = None,
) -> TemplateList:
    """Models to begin with, in the reader's language; what is known is filled in, the rest are gaps."""
    account_id = principal_of(request).account_id
    return await templates.templates(
        house_of(request), account_id, school_id, language=language_of(request), class_id=class_id
    )


@put(ONE, tags=["announcements"], **STAFF)
async def put_template(
    request: AnyRequest, school_id: FromPath[int], template_id: FromPath[UUID], data: JSONBody[TemplateIn]
) -> Template:
    """Make or change one of the school's own."""
    account_id = principal_of(request).account_id
    return await templates.put_template(house_of(request), account_id, school_id, template_id, data)


@delete(ONE, tags=["announcements"], **STAFF)
async def close_template(request: AnyRequest, school_id: FromPath[int], template_id: FromPath[UUID]) -> None:
    """Take one of the school's own away."""
    await templates.close_template(house_of(request), principal_of(request).account_id, school_id, template_id)


ROUTES: list[Any] = [list_templates, put_template, close_template]
