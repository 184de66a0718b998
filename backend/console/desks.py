"""What every page of the console begins with: which school, which person, which roles. It holds no rule of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from litestar import Request, Response

from backend.console import queries
from backend.console.queries import Desk
from backend.core.clock import school_day
from backend.core.http import house_of, language_of
from backend.core.problems import FORBIDDEN, Problem
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, page

AnyRequest = Request[Any, Any, Any]
# A form that was filled in wrongly is shown again with what is wrong; anything else is trouble with a page of its own.
SHOWN_IN_FORM = frozenset({400, 409, 413, 415, 422, 429})


def today_of(request: AnyRequest) -> date:
    return school_day(house_of(request).clock.now())


async def desk_of(request: AnyRequest, school_id: int) -> Desk:
    """Raises FORBIDDEN for anybody who is not active staff of the school."""
    principal = principal_of(request)
    reader = house_of(request).database.reader
    return await queries.desk(reader, school_id, principal.account_id, on=today_of(request))


async def admin_desk(request: AnyRequest, school_id: int) -> Desk:
    """Pages of the administrator; the deeds themselves check once more where they are done."""
    desk = await desk_of(request, school_id)
    if not desk.admin:
        raise FORBIDDEN()
    return desk


async def books_desk(request: AnyRequest, school_id: int) -> Desk:
    """Pages about the school's money."""
    desk = await desk_of(request, school_id)
    if not desk.books:
        raise FORBIDDEN()
    return desk


def console_page(request: AnyRequest, desk: Desk, template: str, **context: Any) -> Response[bytes]:
    return page(request, template, desk=desk, **context)


def shown_in_form(problem: Problem) -> Problem:
    """The problem, for the form to show; raises it again when it is not about the form."""
    if problem.kind.status not in SHOWN_IN_FORM:
        raise problem
    return problem


async def done_or_shown(
    request: AnyRequest,
    deed: Awaitable[Any],
    again: Callable[[Refusal], Awaitable[Response[bytes]]],
    path: str,
    said: str,
    **params: Any,
) -> Response[bytes]:
    """A deed of a form: on to `path` with one sentence, or the form once more with what is wrong."""
    try:
        await deed
    except Problem as problem:
        return await again(Refusal(shown_in_form(problem), language_of(request)))
    return go(path, said, **params)
