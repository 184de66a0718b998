"""Models of letters: those of the house are sound, those of the school are its own."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from backend.announcements.letters import gaps_of
from backend.announcements.templates import _house
from backend.core.ids import new_id
from tests.factories import World


def path(world: World, rest: str = "") -> str:
    return f"/v1/schools/{world.school_id}/announcement-templates{rest}"


@pytest.mark.parametrize("key", _house())
def test_a_model_of_the_house_says_the_same_in_both_languages(key: str) -> None:
    one = _house()[key]
    for field in ("title", "body"):
        assert set(gaps_of(one[f"{field}_vi"])) == set(gaps_of(one[f"{field}_en"])), field
    assert "lien_he" in gaps_of(one["body_vi"])  # every model names somebody to turn to


async def test_what_is_known_is_filled_in_and_the_rest_are_gaps(web: httpx.AsyncClient, world: World) -> None:
    answer = await web.get(path(world), params={"class_id": str(world.class_id)}, headers=world.teacher.headers)
    found: dict[str, Any] = {one["key"]: one for one in answer.json()["templates"]}
    meeting = found["meeting"]
    assert meeting["title"] == "Họp phụ huynh lớp 6A1"
    assert "Trường THCS Thử Nghiệm" in found["storm"]["body"]
    assert {"gio", "ngay", "dia_diem"} <= set(meeting["gaps"]) and "lop" not in meeting["gaps"]


async def test_the_schools_own_come_first_and_can_be_taken_away(web: httpx.AsyncClient, world: World) -> None:
    template_id = new_id()
    body = {"name": "Câu lạc bộ", "title": "Câu lạc bộ {ten}", "body": "Ngày {ngay}."}
    made = await web.put(path(world, f"/{template_id}"), json=body, headers=world.admin.headers)
    assert made.json()["gaps"] == ["ten", "ngay"]
    first = (await web.get(path(world), headers=world.teacher.headers)).json()["templates"][0]
    assert (first["key"], first["own"]) == (str(template_id), True)
    for _ in range(2):
        assert (await web.delete(path(world, f"/{template_id}"), headers=world.admin.headers)).status_code == 204
    assert (await web.get(path(world), headers=world.teacher.headers)).json()["templates"][0]["own"] is False
    empty = await web.put(
        path(world, f"/{new_id()}"), json={**body, "name": " ", "body": "​"}, headers=world.admin.headers
    )
    assert {error["pointer"] for error in empty.json()["errors"]} == {"/name", "/body"}
