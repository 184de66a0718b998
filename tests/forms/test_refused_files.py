"""A file that is refused costs no other answer: both pages come back as they were filled in."""

from __future__ import annotations

import httpx

from backend.core.ids import new_id
from backend.identity.doorkeeper import ACCESS_COOKIE
from tests.factories import Person, World
from tests.forms.asking import opened

ASKED = [
    {"kind": "text", "id": "note", "text": "Điều cần lưu ý"},
    {"kind": "file", "id": "card", "text": "Ảnh thẻ bảo hiểm y tế"},
]
LETTER = {"q-card": ("thư.docx", b"PK\x03\x04 word/document.xml", "application/octet-stream")}


async def filled_in(web: httpx.AsyncClient, who: Person, path: str) -> httpx.Response:
    fields = {"signature_id": str(new_id()), "version": "1", "q-note": "Cháu dị ứng tôm", "name": "Nguyễn Thị Hoa"}
    headers = {"accept": "text/html", "sec-fetch-site": "same-origin", "cookie": f"{ACCESS_COOKIE}={who.token}"}
    return await web.post(path, data=fields, files=LETTER, headers=headers)


async def test_a_family_that_sends_a_wrong_file_types_nothing_again(web: httpx.AsyncClient, world: World) -> None:
    form_id = await opened(web, world, questions=ASKED)
    answer = await filled_in(web, world.parent, f"/app/{world.school_id}/forms/{form_id}")
    assert answer.status_code == 415
    assert "Cháu dị ứng tôm" in answer.text and "Nguyễn Thị Hoa" in answer.text
    assert 'id="q-card-wrong"' in answer.text


async def test_a_school_that_scans_a_slip_as_a_wrong_file_types_nothing_again(
    web: httpx.AsyncClient, world: World
) -> None:
    form_id = await opened(web, world, questions=ASKED)
    slip = f"{world.child.pupil_id}/{world.parent.person_id}"
    answer = await filled_in(web, world.teacher, f"/console/{world.school_id}/forms/{form_id}/paper/{slip}")
    assert answer.status_code == 415
    assert "Cháu dị ứng tôm" in answer.text and 'id="q-card-wrong"' in answer.text
