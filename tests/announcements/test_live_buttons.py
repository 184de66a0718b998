"""From the page of a form or a letter, one tap to a letter for just those who are missing; the look counts no other family."""

from __future__ import annotations

import re

import httpx

from backend.core.ids import new_id
from tests.announcements.test_carried import a_form, browser
from tests.factories import Person, World


async def _opened(web: httpx.AsyncClient, world: World, by: Person, page: str, to: str) -> str:
    """The audience that the draft opens with, by the button on the page."""
    shown = (await web.get(page, headers=browser(by))).text
    [link] = re.findall(rf'href="(/console/\d+/announcements/new\?to={to}[^"]*)"', shown)
    form = (await web.get(link, headers=browser(by))).text
    [chosen] = re.findall(r'<option value="([^"]+)" selected', form)
    return chosen


async def _looked(web: httpx.AsyncClient, world: World, by: Person, to: str) -> httpx.Response:
    filled = {
        "announcement_id": str(new_id()),
        "to": to,
        "title": "Còn thiếu phiếu",
        "body": "Gia đình vui lòng trả lời phiếu trước 17 giờ ngày 16/10/2026.",
        "do": "look",
    }
    return await web.post(f"/console/{world.school_id}/announcements/new", data=filled, headers=browser(by))


async def test_a_form_opens_a_letter_to_those_who_have_not_answered(web: httpx.AsyncClient, world: World) -> None:
    form = a_form(world, audience={"kind": "school"})
    api = f"/v1/schools/{world.school_id}/forms"
    assert (await web.post(api, json=form, headers=world.admin.headers)).status_code == 201
    page = f"/console/{world.school_id}/forms/{form['form_id']}"
    to = await _opened(web, world, world.admin, page, "unanswered:")
    assert to == f"unanswered:{form['form_id']}"
    # Its class's teacher writes to those of the class; the form went to the whole school.
    own = await _opened(web, world, world.teacher, page, "unanswered:")
    assert own == f"unanswered:{form['form_id']}:{world.class_id}"
    before = await _looked(web, world, world.teacher, own)
    assert "Đến được 2 trong 2 gia đình." in before.text
    signature = {
        "signature_id": str(new_id()),
        "version": 1,
        "pupil_ids": [str(world.child.pupil_id)],
        "answers": {"go": "yes"},
        "name": "Mẹ An",
    }
    signed = await web.post(
        f"/v1/family/forms/{world.school_id}/{form['form_id']}/sign", json=signature, headers=world.parent.headers
    )
    assert signed.status_code in (200, 201), signed.text
    after = await _looked(web, world, world.teacher, own)
    assert "Đến được 1 trong 1 gia đình." in after.text
    assert (await _looked(web, world, world.teacher, to)).status_code == 403


async def test_a_letter_opens_one_to_those_who_have_not_acknowledged(web: httpx.AsyncClient, world: World) -> None:
    letter = {
        "announcement_id": str(new_id()),
        "title": "Họp phụ huynh",
        "body": "18 giờ ngày 16/10/2026, phòng 6A1.",
        "audience": {"kind": "class", "class_id": str(world.class_id)},
        "needs_acknowledgement": True,
    }
    made = await web.post(f"/v1/schools/{world.school_id}/announcements", json=letter, headers=world.teacher.headers)
    assert made.status_code == 201
    page = f"/console/{world.school_id}/announcements/{letter['announcement_id']}"
    to = await _opened(web, world, world.teacher, page, "unacknowledged:")
    assert to.startswith(f"unacknowledged:{letter['announcement_id']}")
    assert "Đến được 2 trong 2 gia đình." in (await _looked(web, world, world.teacher, to)).text
    here = f"/v1/family/notices/{world.school_id}/{made.json()['notice_id']}/acknowledged"
    assert (await web.post(here, headers=world.parent.headers)).status_code < 300
    assert "Đến được 1 trong 1 gia đình." in (await _looked(web, world, world.teacher, to)).text
