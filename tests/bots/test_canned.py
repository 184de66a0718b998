"""Ready answers: filled for the family at hand in its language, and refused where nobody could fill them."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import FORBIDDEN, Problem
from bots import canned
from schemas.conversations import CannedIn
from tests.bots.inbox_scenes import linked, the_handoff
from tests.factories import World

READY = CannedIn(
    "Đã nhận", "Chào {ten_phu_huynh}, đã nhận đơn của {ten_con}.", "We have the papers of {ten_con}, {ten_truong}."
)


async def test_blanks_are_filled_for_the_family_in_its_language(
    client: httpx.AsyncClient, house: House, world: World, owner: asyncpg.Connection
) -> None:
    kept = await canned.keep(house, world.admin.account_id, world.school_id, new_id(), READY)
    family = await linked(house, owner, world.parent.account_id)
    await family.sends(button="g:en")
    await family.asks_for_a_person()
    asked = await the_handoff(owner, world.school_id)
    path = f"/console/{world.school_id}/inbox/{asked['handoff_id']}"
    form = {"do": "canned", "canned_id": str(kept.canned_id), "text": "Dear parent,"}
    page = await client.post(path, data=form, headers=world.admin.headers | {"accept": "text/html"})
    assert page.status_code == 200
    assert "Dear parent,\nWe have the papers of Nguyễn Minh An, Trường THCS Thử Nghiệm." in page.text
    assert "Gia đình dùng tiếng Anh" in page.text


async def test_a_blank_nobody_knows_is_pointed_at_in_both_texts(house: House, world: World) -> None:
    wrong = CannedIn("Mẫu", "Chào {ho_ten}", "Dear {ten_con")
    with pytest.raises(Problem) as refused:
        await canned.keep(house, world.admin.account_id, world.school_id, new_id(), wrong)
    found = {error.pointer: error.vi for error in refused.value.errors}
    assert set(found) == {"/body_vi", "/body_en"} and "{ho_ten}" in found["/body_vi"]


async def test_only_who_keeps_the_inbox_writes_them_and_everybody_here_uses_them(house: House, world: World) -> None:
    await canned.keep(house, world.admin.account_id, world.school_id, new_id(), READY)
    assert len((await canned.read(house, world.teacher.account_id, world.school_id)).answers) == 1
    for who in (world.teacher, world.other_admin):
        with pytest.raises(Problem) as refused:
            await canned.keep(house, who.account_id, world.school_id, new_id(), READY)
        assert refused.value.kind is FORBIDDEN
    with pytest.raises(Problem) as refused:
        await canned.read(house, world.other_admin.account_id, world.school_id)
    assert refused.value.kind is FORBIDDEN
