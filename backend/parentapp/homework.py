"""A child's homework as its family meets it: by the day on which it is due, ticked when it is done. Opening the page is having seen it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.core.http import house_of, language_of
from backend.core.problems import BAD_REQUEST, NOT_FOUND
from backend.homework import family
from backend.homework.rules import still_told
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.pages import go, page, read_form
from backend.parentapp.family import AnyRequest, child_of, today
from schemas.homework import PupilHomeworkItem

_ROOT = "/app/{school_id:int}/children/{pupil_id:uuid}/homework"


@get(_ROOT, include_in_schema=False, **GUARDIAN)
async def homework_page(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> Response[bytes]:
    child, house, on = await child_of(request, school_id, pupil_id), house_of(request), today(request)
    account_id = principal_of(request).account_id
    found = await family.of_child(house.database.reader, school_id, account_id, pupil_id, on, language_of(request))
    if found is None:
        raise NOT_FOUND()
    if found.news:
        await family.look(house, account_id, school_id, pupil_id)
    items = found.homework.items
    return page(
        request,
        "app/homework.html",
        child=child,
        on=on,
        days=_by_day([one for one in items if still_told(one.due_on, one.given_on, on)]),
        over=_by_day([one for one in items if not still_told(one.due_on, one.given_on, on)], newest_first=True),
        looked_at=found.looked_at,
    )


def _by_day(
    items: Sequence[PupilHomeworkItem], *, newest_first: bool = False
) -> list[tuple[date | None, list[PupilHomeworkItem]]]:
    """What is for the next lesson stands last."""
    days = [(day, list(mine)) for day, mine in groupby(items, lambda one: one.due_on)]
    return sorted(days, key=lambda one: one[0] or date.min, reverse=True) if newest_first else days


@post(_ROOT + "/{homework_id:uuid}", include_in_schema=False, **GUARDIAN)
async def tick(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], homework_id: FromPath[UUID]
) -> Response[bytes]:
    """`do`: done, undone."""
    form = await read_form(request)
    if (do := form.get("do")) not in ("done", "undone"):
        raise BAD_REQUEST()
    account_id = principal_of(request).account_id
    await family.tick(house_of(request), account_id, school_id, pupil_id, homework_id, done=do == "done")
    return go(f"/app/{school_id}/children/{pupil_id}/homework#h{homework_id}", f"homework.{do}_said")


ROUTES: list[Any] = [homework_page, tick]
