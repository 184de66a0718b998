"""A list of pupils is shown whole, however it is read; an audience that is too long is refused and never cut."""

from __future__ import annotations

import httpx
import pytest

from backend.announcements import resolving
from backend.core.house import House
from backend.core.problems import Problem
from backend.forms import queries
from schemas.announcements import ToUnanswered
from tests.factories import World, add_pupils
from tests.forms.asking import opened
from tests.wednesday import TODAY


async def test_results_are_whole_over_several_readings(
    web: httpx.AsyncClient, world: World, school_house: House, owner: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_pupils(owner, world, 5)  # type: ignore[arg-type]
    form_id = await opened(web, world)
    path = f"/v1/schools/{world.school_id}/forms/{form_id}/results"
    whole = (await web.get(path, headers=world.teacher.headers)).json()
    monkeypatch.setattr(queries, "PUPILS_AT_ONCE", 3)
    pages = (await web.get(path, headers=world.teacher.headers)).json()
    assert len(whole["pupils"]) == 7
    assert pages == whole


async def test_an_audience_that_is_too_long_is_refused(
    web: httpx.AsyncClient, world: World, school_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    form_id = await opened(web, world)
    found = await resolving.resolved(school_house.database.reader, world.school_id, ToUnanswered(form_id), TODAY)
    assert len(found.pupil_ids) == 2  # type: ignore[union-attr]
    monkeypatch.setattr(resolving, "PUPILS_MAX", 1)
    with pytest.raises(Problem) as refused:
        await resolving.resolved(school_house.database.reader, world.school_id, ToUnanswered(form_id), TODAY)
    assert [one.pointer for one in refused.value.errors] == ["/audience"]
