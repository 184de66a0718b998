"""Linking by one's own number: proved by the messenger, known to a school, confirmed by a child's name, and over when the number moves."""

from __future__ import annotations

from datetime import timedelta

import asyncpg

from backend.core.ids import new_id
from backend.core.text import fold
from backend.identity.accounts import PersonKey
from backend.people.linking import unlink
from bots.contacts import release_moved
from tests.bots.wired import Wired
from tests.factories import Person, World
from tests.twins.telegram import TwinChat


async def offered(wired: Wired) -> TwinChat:
    """A chat that was asked for its number."""
    chat = wired.telegram_chat()
    assert "Chia sẻ số điện thoại" in await wired.telegram_hears(chat, "/link")
    return chat


async def shares(wired: Wired, chat: TwinChat, phone: str) -> str:
    await chat.shares_own_number(phone)
    await wired.answer("telegram", chat.chat_id)
    heard: str = chat.heard[-1]["text"]
    return heard


async def linked_by_number(wired: Wired, person: Person, child: str) -> TwinChat:
    chat = await offered(wired)
    assert "con bạn tên gì" in await shares(wired, chat, person.phone.removeprefix("+"))
    assert "Đã liên kết bằng số điện thoại" in await wired.telegram_hears(chat, child)
    return chat


async def test_ones_own_number_and_a_childs_name_link_the_chat(wired: Wired, world: World) -> None:
    chat = await linked_by_number(wired, world.parent, "bé " + world.child.full_name.split()[-1])
    assert await wired.account_of("telegram", chat.chat_id) == world.parent.account_id
    assert world.child.full_name in await wired.telegram_hears(chat, "con tôi còn phải đóng bao nhiêu tiền")
    assert await wired.deeds(world.parent) == [("chat.linked", {"channel": "telegram", "by": "phone"})]
    assert "đã liên kết rồi" in await wired.telegram_hears(chat, "/link")


async def test_a_foreign_or_forwarded_contact_is_refused_in_plain_words(wired: Wired, world: World) -> None:
    chat = await offered(wired)
    number = world.parent.phone.removeprefix("+")
    foreign = {"phone_number": number, "first_name": "Mẹ An", "user_id": chat.chat_id + 1}
    nobodys = {"phone_number": number, "first_name": "Mẹ An"}
    own = {"phone_number": number, "first_name": "Mẹ An", "user_id": chat.chat_id}
    origin = {"type": "user", "date": 1, "sender_user": chat._user()}
    for contact, more in ((foreign, {}), (nobodys, {}), (own, {"forward_origin": origin})):
        await chat.sends(contact=contact, **more)
        await wired.answer("telegram", chat.chat_id)
        assert "không phải số của chính bạn" in chat.heard[-1]["text"]
    assert await wired.account_of("telegram", chat.chat_id) is None


async def test_a_number_that_no_school_has_for_a_parent_links_nobody(wired: Wired, world: World) -> None:
    for phone in ("84960000001", world.teacher.phone, "15550100", "hello"):
        chat = await offered(wired)
        assert "chưa ghi số này" in await shares(wired, chat, phone)
        assert await wired.account_of("telegram", chat.chat_id) is None


async def test_who_does_not_know_the_child_is_not_let_in_and_stops_guessing(wired: Wired, world: World) -> None:
    """A stranger to whom the operator gave the number while it still stands in the roll."""
    chat = await offered(wired)
    await shares(wired, chat, world.parent.phone)
    for guess in ("Bình", world.classmate.full_name, "con"):
        assert "Không có con nào tên như vậy" in await wired.telegram_hears(chat, guess)
    # A longer sentence is a question, and is answered as a stranger's.
    asked = await wired.telegram_hears(chat, "cho em hỏi thủ tục chuyển trường cho con lớp 7 với ạ")
    assert "chuyển" in asked.lower()
    for guess in ("Cường", "Dũng"):
        await wired.telegram_hears(chat, guess)
    assert "15 phút" in await wired.telegram_hears(chat, world.child.full_name)
    assert await wired.account_of("telegram", chat.chat_id) is None


async def test_parents_who_share_a_number_say_who_they_are(
    wired: Wired, world: World, owner: asyncpg.Connection
) -> None:
    father = world.parent2
    await owner.execute(
        "INSERT INTO guardians (school_id, guardian_id, full_name, name_fold, phone_e164, source, created_at, updated_at)"
        " VALUES ($1, $2, 'Bà Ngoại Của An', $3, $4, 'hand', now(), now())",
        world.school_id, grandmother := new_id(), fold("Bà Ngoại Của An"), father.phone,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source) VALUES ($1, $2, $3, 'guardian', '2020-01-01', 'hand')",
        world.school_id, world.child.pupil_id, grandmother,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO phone_directory (phone_e164, school_id, person_kind, person_id, name_fold, full_name)"
        " VALUES ($1, $2, 'guardian', $3, $4, 'Bà Ngoại Của An') ON CONFLICT DO NOTHING",
        father.phone, world.school_id, grandmother, fold("Bà Ngoại Của An"),
    )  # fmt: skip
    chat = await offered(wired)
    assert "Bạn là ai" in await shares(wired, chat, father.phone)
    # Enough for those at home to know who is meant, and no more.
    assert "B. N. C. An" in chat.buttons() and "Bà Ngoại Của An" not in str(chat.heard)
    await chat.press("B. N. C. An")
    await wired.answer("telegram", chat.chat_id)
    assert "con bạn tên gì" in chat.heard[-1]["text"]
    assert "Đã liên kết" in await wired.telegram_hears(chat, world.child.full_name)
    account = await wired.account_of("telegram", chat.chat_id)
    assert account not in (None, father.account_id)
    row = await owner.fetchrow(
        "SELECT account_id FROM guardians WHERE school_id = $1 AND guardian_id = $2", world.school_id, grandmother
    )
    assert row["account_id"] == account


async def test_whoever_proves_the_number_now_has_it_and_the_one_before_is_let_go(wired: Wired, world: World) -> None:
    before = await linked_by_number(wired, world.parent, world.child.full_name)
    by_code = wired.telegram_chat()
    await wired.telegram_hears(by_code, await wired.code(world.parent, "telegram"))
    now = await linked_by_number(wired, world.parent, world.child.full_name)
    accounts = [await wired.account_of("telegram", chat.chat_id) for chat in (before, by_code, now)]
    assert accounts == [None, world.parent.account_id, world.parent.account_id]
    assert ("chat.released", {"channel": "telegram"}) in await wired.deeds(world.parent)
    assert world.child.full_name not in await wired.telegram_hears(before, "con tôi còn phải đóng bao nhiêu tiền")


async def test_a_number_that_the_school_takes_away_ends_what_was_linked_by_it(wired: Wired, world: World) -> None:
    chat = await linked_by_number(wired, world.parent, world.child.full_name)
    since = wired.house.clock.now() - timedelta(seconds=5)
    assert await release_moved(wired.house, since=since) == 0
    async with wired.house.database.school(world.school_id) as tx:
        mother = PersonKey(world.school_id, "guardian", world.parent.person_id)
        await unlink(tx, [mother], at=wired.house.clock.now(), actor=world.admin.account_id)
    # What the chat may read ends in the same moment; the link itself is swept away.
    assert world.child.full_name not in await wired.telegram_hears(chat, "con tôi còn phải đóng bao nhiêu tiền")
    await wired.wires.release_moved_numbers()
    assert await wired.account_of("telegram", chat.chat_id) is None
    assert (await wired.deeds(world.parent))[-1] == ("chat.released", {"channel": "telegram"})
    # The stranger who gets the number next is nobody's parent.
    stranger = await offered(wired)
    assert "chưa ghi số này" in await shares(wired, stranger, world.parent.phone)


async def test_a_family_sees_all_its_chats_and_lets_any_of_them_go(wired: Wired, world: World) -> None:
    telegram = await linked_by_number(wired, world.parent, world.child.full_name)
    zalo = wired.zalo_person()
    await wired.zalo_hears(zalo, await wired.code(world.parent, "zalo"))
    bot = wired.zalo_bot_chat()
    await wired.zalo_bot_hears(bot, await wired.code(world.parent, "zalo_bot"))
    await zalo.follows(follows=False)
    await wired.answer("zalo", zalo.user_id)
    listed = (await wired.http.get("/v1/chat/links", headers=world.parent.headers)).json()["chats"]
    assert [(one["channel"], one["resting"]) for one in listed] == [
        ("zalo_bot", False),
        ("zalo", True),
        ("telegram", False),
    ]
    assert str(telegram.chat_id) not in str(listed)
    path = f"/v1/chat/links/telegram/{listed[2]['chat']}"
    assert (await wired.http.delete(path, headers=world.neighbour.headers)).status_code == 404
    assert (await wired.http.delete(path, headers=world.parent.headers)).status_code == 204
    assert await wired.account_of("telegram", telegram.chat_id) is None
    assert (await wired.http.delete(path, headers=world.parent.headers)).status_code == 404


async def test_no_family_has_more_than_ten_chats(wired: Wired, world: World) -> None:
    for _ in range(10):
        await wired.zalo_bot_hears(wired.zalo_bot_chat(), await wired.code(world.parent, "zalo_bot"))
        wired.clock.goes_on(minutes=1)
    last = wired.zalo_bot_chat()
    assert "10 cuộc trò chuyện" in await wired.zalo_bot_hears(last, await wired.code(world.parent, "zalo_bot"))
    assert await wired.account_of("zalo_bot", last) is None
