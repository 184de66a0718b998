"""A picture is kept small a second time for lists, an older one when it is first asked for; both go together."""

from __future__ import annotations

import io
import random
from datetime import timedelta

import asyncpg
import httpx
from PIL import Image

from backend.core.clock import SystemClock
from backend.core.house import House
from backend.core.ids import new_id
from backend.files.actions import forget, forget_hanging_nowhere
from backend.files.area import forget_area, upload_area
from tests.factories import World


def photograph(width: int, height: int) -> bytes:
    noise = random.Random(1)
    small = Image.new("RGB", (width // 8, height // 8))
    small.putdata([(noise.randrange(256), noise.randrange(256), noise.randrange(256)) for _ in range(small.width * small.height)])  # fmt: skip
    out = io.BytesIO()
    small.resize((width, height)).save(out, "JPEG", quality=90)
    return out.getvalue()


async def uploaded(client: httpx.AsyncClient, world: World, data: bytes) -> str:
    file_id = str(new_id())
    answer = await client.post(
        f"/v1/schools/{world.school_id}/files",
        params={"file_id": file_id},
        files={"data": ("anh.jpg", data, "image/jpeg")},
        headers=world.teacher.headers,
    )
    assert answer.status_code == 201, answer.text
    return file_id


async def got(client: httpx.AsyncClient, world: World, file_id: str, **more: str) -> httpx.Response:
    path = f"/v1/schools/{world.school_id}/files/{file_id}"
    return await client.get(path, params=more, headers=world.teacher.headers)


async def variants(owner: asyncpg.Connection, file_id: str) -> int:
    count: int = await owner.fetchval("SELECT count(*) FROM file_variants WHERE file_id = $1", file_id)
    return count


async def test_a_small_one_is_made_when_it_is_kept(
    client: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    file_id = await uploaded(client, world, photograph(1200, 800))
    assert await variants(owner, file_id) == 1
    whole, small = await got(client, world, file_id), await got(client, world, file_id, size="small")
    assert Image.open(io.BytesIO(whole.content)).size == (1200, 800)
    assert Image.open(io.BytesIO(small.content)).size == (480, 320)
    assert len(small.content) * 2 < len(whole.content)
    assert whole.headers["etag"] != small.headers["etag"]


async def test_an_older_ones_is_made_when_it_is_first_asked_for(
    client: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    file_id = await uploaded(client, world, photograph(1200, 800))
    await owner.execute("DELETE FROM file_variants WHERE file_id = $1", file_id)
    for _ in range(2):
        small = await got(client, world, file_id, size="small")
        assert Image.open(io.BytesIO(small.content)).size == (480, 320)
        assert await variants(owner, file_id) == 1


async def test_what_is_small_already_is_not_kept_twice(
    client: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    file_id = await uploaded(client, world, photograph(400, 320))
    small = await got(client, world, file_id, size="small")
    assert Image.open(io.BytesIO(small.content)).size == (400, 320)
    assert await variants(owner, file_id) == 0


async def test_both_are_forgotten_together(
    client: httpx.AsyncClient, world: World, owner: asyncpg.Connection, house: House
) -> None:
    off, loose = [await uploaded(client, world, photograph(1200, 800)) for _ in range(2)]
    async with house.database.school(world.school_id) as tx:
        assert await forget(tx, [off]) == 1  # type: ignore[list-item]
    long_ago = SystemClock().now() - timedelta(days=30)
    await owner.execute("UPDATE files SET uploaded_at = $2 WHERE file_id = $1", loose, long_ago)
    await forget_hanging_nowhere(house)
    for file_id in (off, loose):
        assert await variants(owner, file_id) == 0
        assert (await got(client, world, file_id)).status_code == 404


async def test_a_middle_one_is_made_when_it_is_first_asked_for(
    client: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    file_id = await uploaded(client, world, photograph(1600, 1200))
    middle = [await got(client, world, file_id, size="middle") for _ in range(2)]
    assert [Image.open(io.BytesIO(one.content)).size for one in middle] == [(960, 720)] * 2
    assert middle[0].content == middle[1].content and middle[0].headers["etag"].endswith('-middle"')
    assert await variants(owner, file_id) == 2
    whole = await got(client, world, file_id, size="huge")
    assert Image.open(io.BytesIO(whole.content)).size == (1600, 1200)


async def test_an_areas_picture_comes_small_too_and_goes_with_its_small_ones(
    client: httpx.AsyncClient, world: World, house: House, owner: asyncpg.Connection
) -> None:
    file_id = new_id()
    officer = world.area_admin
    await upload_area(house, officer.account_id, file_id=file_id, name="anh.jpg", data=photograph(1600, 1200))
    path = f"/v1/area/files/{file_id}"
    sizes = {}
    for size in ("small", "middle", ""):
        answer = await client.get(path, params={"size": size}, headers=officer.headers)
        sizes[size] = Image.open(io.BytesIO(answer.content)).size
    assert sizes == {"small": (480, 360), "middle": (960, 720), "": (1600, 1200)}
    kept = "SELECT count(*) FROM area_file_variants WHERE file_id = $1"
    assert await owner.fetchval(kept, file_id) == 2
    await forget_area(house, SystemClock().now() + timedelta(days=1))
    assert await owner.fetchval(kept, file_id) == 0
