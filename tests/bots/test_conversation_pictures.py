"""Pictures between a family and the person who has its question: from Telegram and the app, made small, seen by nobody else, and back."""

from __future__ import annotations

import io
from uuid import UUID

import asyncpg
import httpx
import pypdf
from PIL import Image

from backend.core.ids import new_id
from bots import desk, word_sending
from tests.bots.inbox_scenes import the_handoff
from tests.bots.wired import Wired
from tests.factories import World
from tests.feed.test_pages import browser
from tests.files.test_variants import photograph
from tests.twins.telegram import TwinChat

PHOTO = photograph(1600, 1200)


def a_pdf() -> bytes:
    out, writer = io.BytesIO(), pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(out)
    return out.getvalue()


def sent(name: str, **more: object) -> dict[str, object]:
    sizes = [{"file_id": f"{name}-{edge}", "file_unique_id": name, "width": edge, "height": edge} for edge in (90, 800)]
    return {"photo": [*sizes, {"file_id": name, "file_unique_id": name, "width": 1600, "height": 1200}], **more}


async def asked(wired: Wired, world: World, owner: asyncpg.Connection) -> tuple[TwinChat, UUID]:
    """A linked family whose question waits for a person."""
    chat = wired.telegram_chat()
    await wired.telegram_hears(chat, await wired.code(world.parent, "telegram"))
    await wired.telegram_hears(chat, "/human")
    await wired.telegram_hears(chat, "Cháu bị mẩn đỏ, cô xem giúp.")
    return chat, (await the_handoff(owner, world.school_id))["handoff_id"]


def at(world: World, handoff_id: UUID) -> str:
    return f"/v1/schools/{world.school_id}/chat/handoffs/{handoff_id}"


async def pictures(wired: Wired, world: World, handoff_id: UUID) -> list[tuple[str, str, str]]:
    """Side, words and address of every picture, as the school reads the conversation."""
    found = (await wired.http.get(at(world, handoff_id), headers=world.admin.headers)).json()
    return [
        (one["side"], one["text"], f"{at(world, handoff_id)}/files/{one['picture']['file_id']}")
        for one in found["words"]
        if one["picture"]
    ]


async def test_a_photo_from_telegram_goes_to_the_person_and_to_nobody_else(
    wired: Wired, world: World, owner: asyncpg.Connection
) -> None:
    chat, handoff_id = await asked(wired, world, owner)
    wired.telegram.files |= {"one": PHOTO, "two": PHOTO}
    await chat.sends(**sent("one"))
    await wired.answered("telegram", chat.chat_id)
    assert "chuyển ảnh" in chat.heard[-1]["text"]
    await desk.take(wired.house, world.admin.account_id, world.school_id, handoff_id)
    await wired.answered("telegram", chat.chat_id)
    before = len(chat.heard)
    await chat.sends(**sent("two", caption="Ở tay ạ"))
    await wired.answered("telegram", chat.chat_id)
    assert len(chat.heard) == before, "the assistant is silent while a person has it"
    first, second = await pictures(wired, world, handoff_id)
    assert (first[:2], second[:2]) == (("family", "(ảnh)"), ("family", "Ở tay ạ"))
    small = await wired.http.get(first[2], params={"size": "small"}, headers=world.admin.headers)
    assert Image.open(io.BytesIO(small.content)).size == (480, 360)
    for who in (world.teacher, world.other_admin, world.parent2, world.stranger):
        assert (await wired.http.get(first[2], headers=who.headers)).status_code in (403, 404)
    page = await wired.http.get(f"/console/{world.school_id}/inbox/{handoff_id}", headers=browser(world.admin))
    assert first[2] in page.text


async def test_who_has_no_account_or_no_person_hears_why_and_nothing_is_kept(
    wired: Wired, world: World, owner: asyncpg.Connection
) -> None:
    stranger = wired.telegram_chat()
    await stranger.sends(**sent("one"))
    await wired.answered("telegram", stranger.chat_id)
    assert "ảnh" in stranger.heard[-1]["text"]
    answer = await picture_from_app(wired, world, PHOTO)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/no-person-for-picture")
    chat, handoff_id = await asked(wired, world, owner)
    wired.telegram.files["broken"] = b"\xff\xd8\xff not a picture"
    await chat.sends(**sent("broken"))
    await wired.answered("telegram", chat.chat_id)
    assert "hỏng" in chat.heard[-1]["text"]
    pdf = await picture_from_app(wired, world, a_pdf())
    assert (pdf.status_code, await pictures(wired, world, handoff_id)) == (415, [])


async def picture_from_app(wired: Wired, world: World, data: bytes, message_id: UUID | None = None) -> httpx.Response:
    return await wired.http.post(
        "/v1/chat/pictures",
        params={"message_id": str(message_id or new_id())},
        files={"data": ("anh.jpg", data, "image/jpeg")},
        headers=world.parent.headers,
    )


async def test_from_the_app_it_is_said_once_and_the_school_answers_with_a_picture_everywhere(
    wired: Wired, world: World, owner: asyncpg.Connection
) -> None:
    chat, handoff_id = await asked(wired, world, owner)
    message_id = new_id()
    for _ in range(2):
        assert (await picture_from_app(wired, world, PHOTO, message_id)).status_code == 204
    assert [side for side, _, _ in await pictures(wired, world, handoff_id)] == ["family"]
    await chat.say("em gửi từ đây")  # where the family wrote last is where the answer goes
    await wired.answered("telegram", chat.chat_id)
    form = {"word_id": str(new_id()), "text": "", "do": "reply"}
    picture = {"picture": ("thuoc.jpg", PHOTO, "image/jpeg")}
    path = f"/console/{world.school_id}/inbox/{handoff_id}"
    answer = await wired.http.post(path, data=form, files=picture, headers=browser(world.admin))
    assert answer.status_code == 303, answer.text
    assert [side for side, _, _ in await pictures(wired, world, handoff_id)] == ["family", "school"]
    lines = (await wired.http.get("/v1/chat/lines", headers=world.parent.headers)).json()["lines"]
    assert [one["side"] for one in lines if one["image"].startswith("data:image/jpeg")] == ["family", "person"]
    await word_sending.drain(wired.house, world.school_id, handoff_id)
    assert any(message.get("photo") for message in chat.heard) or wired.telegram.photos
