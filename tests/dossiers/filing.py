"""What tests of requests say again and again: a family files one, the office takes a step. Through the doors of the API."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import httpx
import msgspec
from PIL import Image

from backend.core.ids import new_id
from schemas.dossiers import FamilyDossier, StaffDossier
from tests.factories import Person, Pupil, World


def picture(colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


def asked(pupil: Pupil, kind: str = "confirm-enrolment", **more: Any) -> dict[str, Any]:
    details = "Xin 1 bản để làm thẻ xe buýt."
    return {"dossier_id": str(new_id()), "pupil_id": str(pupil.pupil_id), "kind": kind, "details": details, **more}


async def file(web: httpx.AsyncClient, who: Person, pupil: Pupil, kind: str = "confirm-enrolment", **more: Any) -> UUID:
    answer = await web.post(
        f"/v1/family/dossiers/{pupil.school_id}", json=asked(pupil, kind, **more), headers=who.headers
    )
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["dossier_id"])


async def attach(web: httpx.AsyncClient, who: Person, school_id: int, colour: str = "teal") -> str:
    file_id = str(new_id())
    answer = await web.post(
        f"/v1/schools/{school_id}/files",
        params={"file_id": file_id},
        files={"data": ("giay.png", picture(colour), "image/png")},
        headers=who.headers,
    )
    assert answer.status_code in (200, 201), answer.text
    return file_id


async def step(
    web: httpx.AsyncClient, world: World, dossier_id: UUID, name: str, seen: int, by: Person | None = None, **more: Any
) -> httpx.Response:
    """By the administrator, or whoever of the staff is named."""
    body = {"step_id": str(new_id()), "seen": seen, "step": name, **more}
    path = f"/v1/schools/{world.school_id}/dossiers/{dossier_id}/steps"
    return await web.post(path, json=body, headers=(by or world.admin).headers)


async def family_step(
    web: httpx.AsyncClient, world: World, dossier_id: UUID, name: str, seen: int, by: Person | None = None, **more: Any
) -> httpx.Response:
    body = {"step_id": str(new_id()), "seen": seen, "step": name, **more}
    path = f"/v1/family/dossiers/{world.school_id}/{dossier_id}/steps"
    return await web.post(path, json=body, headers=(by or world.parent).headers)


async def seen_by_family(web: httpx.AsyncClient, world: World, dossier_id: UUID, who: Person) -> FamilyDossier:
    answer = await web.get(f"/v1/family/dossiers/{world.school_id}/{dossier_id}", headers=who.headers)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=FamilyDossier)


async def seen_by_school(
    web: httpx.AsyncClient, world: World, dossier_id: UUID, who: Person | None = None
) -> StaffDossier:
    path = f"/v1/schools/{world.school_id}/dossiers/{dossier_id}"
    answer = await web.get(path, headers=(who or world.admin).headers)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=StaffDossier)
