"""What the family's pages ask before anything else: which child is meant, and is it theirs. The answer comes from the roll's queries."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Request

from backend.core.clock import school_day
from backend.core.http import house_of
from backend.core.problems import NOT_FOUND
from backend.identity.principal import principal_of
from backend.people.queries import children_of_family
from schemas.people import Child

AnyRequest = Request[Any, Any, Any]


def today(request: AnyRequest) -> date:
    return school_day(house_of(request).clock.now())


async def child_of(request: AnyRequest, school_id: int, pupil_id: UUID) -> Child:
    """Raises NOT_FOUND for other people's children."""
    for child in await children_in(request, school_id):
        if child.pupil_id == pupil_id:
            return child
    raise NOT_FOUND()


async def children_in(request: AnyRequest, school_id: int) -> list[Child]:
    principal = principal_of(request)
    return await children_of_family(house_of(request).database.reader, school_id, principal.account_id, today(request))


async def all_children(request: AnyRequest) -> list[Child]:
    """Every child of the family, school by school."""
    return [child for school in principal_of(request).guardian_in for child in await children_in(request, school)]
