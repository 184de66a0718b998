"""What tests of forms say again and again: a trip to the museum, and somebody who signs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec

from backend.core.ids import new_id
from schemas.forms import FamilyForm, FormResults
from tests.factories import Person, Pupil, World
from tests.wednesday import TODAY

QUESTIONS: list[dict[str, Any]] = [
    {"kind": "consent", "id": "go", "text": "Gia đình đồng ý cho con đi tham quan?"},
    {"kind": "one_of", "id": "meal", "text": "Bữa trưa", "options": ["Cơm gà", "Cơm chay"], "required": False},
]
YES = {"go": "yes", "meal": "Cơm gà"}
NO = {"go": "no"}


def a_form(world: World, **more: Any) -> dict[str, Any]:
    return {
        "form_id": str(new_id()),
        "title": "Phiếu đồng ý đi tham quan",
        "body": "Tham quan Bảo tàng thứ Bảy 24/10/2026.",
        "questions": QUESTIONS,
        "audience": {"kind": "class", "class_id": str(world.class_id)},
        "signature": "one",
        "due_on": str(TODAY + timedelta(days=7)),
        **more,
    }


async def opened(web: httpx.AsyncClient, world: World, by: Person | None = None, **more: Any) -> UUID:
    answer = await web.post(
        f"/v1/schools/{world.school_id}/forms", json=a_form(world, **more), headers=(by or world.teacher).headers
    )
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["form_id"])


async def staff(
    web: httpx.AsyncClient, world: World, form_id: UUID, rest: str, by: Person | None = None, json: Any = None
) -> httpx.Response:
    return await web.post(
        f"/v1/schools/{world.school_id}/forms/{form_id}{rest}", json=json, headers=(by or world.teacher).headers
    )


def signature(pupil: Pupil, answers: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "signature_id": str(new_id()),
        "version": 1,
        "pupil_ids": [str(pupil.pupil_id)],
        "answers": YES if answers is None else answers,
        "name": "Nguyễn Thị Hoa",
        **more,
    }


async def sign(
    web: httpx.AsyncClient, world: World, form_id: UUID, who: Person, body: dict[str, Any] | None = None, **more: Any
) -> httpx.Response:
    return await web.post(
        f"/v1/family/forms/{world.school_id}/{form_id}/sign",
        json=body or signature(world.child, **more),
        headers={**who.headers, "user-agent": "Mozilla/5.0 (Linux; Android 14) Mobile"},
    )


async def withdraw(web: httpx.AsyncClient, world: World, form_id: UUID, who: Person) -> httpx.Response:
    body = {"signature_id": str(new_id()), "pupil_ids": [str(world.child.pupil_id)]}
    return await web.post(f"/v1/family/forms/{world.school_id}/{form_id}/withdraw", json=body, headers=who.headers)


async def seen_by(web: httpx.AsyncClient, world: World, form_id: UUID, who: Person) -> FamilyForm:
    answer = await web.get(f"/v1/family/forms/{world.school_id}/{form_id}", headers=who.headers)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=FamilyForm)


async def results(web: httpx.AsyncClient, world: World, form_id: UUID, who: Person | None = None) -> FormResults:
    answer = await web.get(
        f"/v1/schools/{world.school_id}/forms/{form_id}/results", headers=(who or world.teacher).headers
    )
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=FormResults)


async def state_of(web: httpx.AsyncClient, world: World, form_id: UUID, pupil: Pupil) -> str:
    found = await results(web, world, form_id)
    return next(one.state for one in found.pupils if one.pupil_id == pupil.pupil_id)
