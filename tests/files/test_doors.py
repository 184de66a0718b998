"""Uploading, looking at the own file, hanging it on something, and forgetting what hangs nowhere, through the doors."""

from __future__ import annotations

import io
from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest
from PIL import Image

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.files.actions import forget_hanging_nowhere, hang
from tests.factories import Person, World
from tests.files import pictures

PICTURE = pictures.png(Image.new("RGB", (30, 20), "teal"))


async def send(
    web: httpx.AsyncClient, world: World, who: Person, data: bytes = PICTURE, *, file_id: UUID | None = None
) -> httpx.Response:
    return await web.post(
        f"/v1/schools/{world.school_id}/files",
        params={"file_id": str(file_id or new_id())},
        files={"data": ("ảnh.png", data, "application/x-whatever")},
        headers=who.headers,
    )


async def look(web: httpx.AsyncClient, world: World, who: Person, file_id: str, **headers: str) -> httpx.Response:
    return await web.get(f"/v1/schools/{world.school_id}/files/{file_id}", headers={**who.headers, **headers})


async def test_a_file_comes_back_as_what_it_is_and_is_kept_by_the_device(web: httpx.AsyncClient, world: World) -> None:
    made = (await send(web, world, world.parent)).json()
    assert (made["name"], made["media_type"], made["width"], made["height"]) == ("ảnh.png", "image/png", 30, 20)
    answer = await look(web, world, world.parent, made["file_id"])
    assert Image.open(io.BytesIO(answer.content)).size == (30, 20)
    assert len(answer.content) == made["size"]
    headers = answer.headers
    assert headers["content-type"] == "image/png"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["content-disposition"].startswith("inline; filename=")
    assert "immutable" in headers["cache-control"] and "private" in headers["cache-control"]
    again = await look(web, world, world.parent, made["file_id"], **{"if-none-match": headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_pdf_is_handed_over_and_never_opened_inside_our_pages(web: httpx.AsyncClient, world: World) -> None:
    made = (await send(web, world, world.teacher, pictures.pdf())).json()
    answer = await look(web, world, world.teacher, made["file_id"])
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert (answer.headers["content-type"], answer.content) == ("application/pdf", pictures.pdf())


async def test_an_id_opens_nobodys_file(web: httpx.AsyncClient, world: World) -> None:
    made = (await send(web, world, world.parent)).json()
    for other in (world.parent2, world.teacher, world.admin, world.stranger):
        assert (await look(web, world, other, made["file_id"])).status_code == 404


async def test_the_same_request_again_is_the_same_file_and_other_bytes_are_a_conflict(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    file_id = new_id()
    first, again = [await send(web, world, world.parent, file_id=file_id) for _ in range(2)]
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert (await send(web, world, world.parent, pictures.pdf(), file_id=file_id)).status_code == 409
    assert (await send(web, world, world.parent2, file_id=file_id)).status_code == 409
    kept = "SELECT count(*) FROM files WHERE school_id = $1"
    assert await owner.fetchval(kept, world.school_id) == 1


async def test_refusals_reach_the_sender_in_words(web: httpx.AsyncClient, world: World) -> None:
    for data, status, why in [
        (pictures.HEIC, 415, "file-heic"),
        (pictures.SVG, 415, "file-kind"),
        (pictures.jpeg()[:-5000], 422, "file-broken"),
        (b"", 422, "invalid"),
    ]:
        answer = await send(web, world, world.parent, data)
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{why}")
    none = await web.post(
        f"/v1/schools/{world.school_id}/files", params={"file_id": str(new_id())}, headers=world.parent.headers
    )
    assert none.status_code == 422


async def test_only_the_uploader_may_hang_a_file(web: httpx.AsyncClient, world: World, school_house: House) -> None:
    mine, hers = [UUID((await send(web, world, who)).json()["file_id"]) for who in (world.teacher, world.parent)]
    now = school_house.clock.now()
    async with school_house.database.school(world.school_id) as tx:
        [kept] = await hang(tx, [mine], by=world.teacher.account_id, at=now)
        with pytest.raises(Problem) as refused:
            await hang(tx, [mine, hers, new_id()], by=world.teacher.account_id, at=now)
        # What hung on the same thing before may stay there, whoever edits it now.
        assert [one.file_id for one in await hang(tx, [mine], by=world.admin.account_id, at=now, had=[mine])] == [mine]
    assert kept.file_id == mine
    assert [error.pointer for error in refused.value.errors] == ["/files/1", "/files/2"]


async def test_what_hangs_nowhere_is_forgotten_after_a_week(
    web: httpx.AsyncClient, world: World, school_house: House, clock: StoppedClock
) -> None:
    hung, loose = [(await send(web, world, world.teacher)).json()["file_id"] for _ in range(2)]
    async with school_house.database.school(world.school_id) as tx:
        await hang(tx, [UUID(hung)], by=world.teacher.account_id, at=clock.now())

    clock.advance(timedelta(days=6))
    await forget_hanging_nowhere(school_house)
    kept = "SELECT array_agg(file_id::text ORDER BY file_id) FROM files WHERE school_id = $1"
    assert set(await school_house.database.reader.fetchval(kept, world.school_id)) == {hung, loose}
    clock.advance(timedelta(days=2))
    await forget_hanging_nowhere(school_house)
    assert await school_house.database.reader.fetchval(kept, world.school_id) == [hung]
