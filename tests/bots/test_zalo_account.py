"""A Zalo Official Account from end to end: signed events in, answers out, inside the window and once each."""

from __future__ import annotations

import asyncpg
import pytest

from bots.sending import say_to_chat
from notifications.addresses import chats_of
from notifications.outcomes import Refused, Sent
from payments import qrimage
from schemas.chat import Answer, Button
from tests.bots.wired import Wired
from tests.factories import World
from tests.twins.zalo import Fault
from tests.twins.zalo_people import ZaloPerson


async def linked(wired: Wired, world: World) -> ZaloPerson:
    person = wired.zalo_person()
    assert "N.M.A." in await wired.zalo_hears(person, await wired.code(world.parent, "zalo"))
    return person


async def test_a_family_links_by_a_typed_code_asks_and_lets_go(wired: Wired, world: World) -> None:
    person = await linked(wired, world)
    assert world.child.full_name in await wired.zalo_hears(person, "con tôi còn phải đóng bao nhiêu tiền")
    stranger = wired.zalo_person()
    assert world.child.full_name not in await wired.zalo_hears(stranger, "con tôi còn phải đóng bao nhiêu tiền")
    assert "LIENKET" in stranger.reader.heard[-1]
    await wired.zalo_hears(person, "Huỷ liên kết")
    assert await wired.account_of("zalo", person.user_id) is None
    assert [deed for deed, _ in await wired.deeds(world.parent)] == ["chat.linked", "chat.unlinked"]


async def test_a_code_works_once_for_one_chat_and_guessing_ends(wired: Wired, world: World) -> None:
    code = await wired.code(world.parent, "zalo")
    # As people type it: small letters, a space, a full stop.
    first, second = wired.zalo_person(), wired.zalo_person()
    typed = f"lien ket {code.split()[1][:4].lower()} {code.split()[1][4:]}."
    assert "N.M.A." in await wired.zalo_hears(first, typed)
    assert "không dùng được" in await wired.zalo_hears(second, code)
    for _ in range(4):
        await wired.zalo_hears(second, "LIENKET ZZZZ9999")
    fresh = await wired.code(world.parent, "zalo")
    assert "15 phút" in await wired.zalo_hears(second, fresh)
    assert await wired.account_of("zalo", second.user_id) is None
    # A code of one messenger opens nothing at another.
    assert "không dùng được" in await wired.zalo_bot_hears(wired.zalo_bot_chat(), fresh)


async def test_what_is_told_three_times_is_answered_once_with_its_buttons(wired: Wired) -> None:
    person = wired.zalo_person()
    event = await person.sends("user_send_text", {"text": "thủ tục chuyển trường"}, times=3)
    await wired.answer("zalo", person.user_id)
    await person.deliver(event)
    await wired.answer("zalo", person.user_id)
    assert len(person.reader.heard) == 1
    payload = person.reader.messages[0]["attachment"]["payload"]
    labels = [button["title"] for button in payload["buttons"]]
    assert 1 <= len(labels) <= 5
    await person.presses(labels[0])
    await wired.answer("zalo", person.user_id)
    assert len(person.reader.heard) == 2 and "mầm non" in person.reader.heard[1]


async def test_leaving_rests_the_link_and_coming_back_wakes_it(wired: Wired, world: World) -> None:
    person = await linked(wired, world)
    reader, account = wired.house.database.reader, world.parent.account_id
    told = len(person.reader.heard)
    await person.follows(follows=False)
    await wired.answer("zalo", person.user_id)
    assert await chats_of(reader, [account], "zalo") == {}
    gone = await say_to_chat(wired.house, "zalo", person.user_id, Answer("Cô chủ nhiệm trả lời"))
    assert gone == Refused("unreachable", "unfollowed") and len(person.reader.heard) == told
    await person.follows(ago=-1)
    # News that is older than what is known comes late, and changes nothing.
    await person.follows(follows=False, ago=30)
    await wired.answer("zalo", person.user_id)
    assert await chats_of(reader, [account], "zalo") == {account: [person.user_id]}
    assert "unblocked" in await wired.outcomes("zalo", person.user_id)


async def test_who_follows_is_greeted_only_where_zalo_lets_us_speak(wired: Wired) -> None:
    silent, writer = wired.zalo_person(), wired.zalo_person()
    await silent.follows()
    await wired.answer("zalo", silent.user_id)
    assert silent.reader.heard == [] and await wired.outcomes("zalo", silent.user_id) == ["unblocked"]
    await wired.zalo_hears(writer, "chào cô")
    await writer.follows()
    await wired.answer("zalo", writer.user_id)
    assert "Cảm ơn bạn đã quan tâm" in writer.reader.heard[-1]
    await writer.presses("Liên kết tài khoản")
    await wired.answer("zalo", writer.user_id)
    assert "LIENKET" in writer.reader.heard[-1]


async def test_outside_of_the_window_nothing_is_sent_and_it_is_said(wired: Wired) -> None:
    person = wired.zalo_person()
    await person.says("mấy giờ vào học")
    wired.clock.goes_on(hours=48.1)  # the worker was away for two days
    await wired.answer("zalo", person.user_id)
    assert person.reader.heard == [] and await wired.outcomes("zalo", person.user_id) == ["window_closed"]
    words = Answer("Nhà trường trả lời")
    assert await say_to_chat(wired.house, "zalo", person.user_id, words) == Refused("unreachable", "window_closed")
    await wired.zalo_hears(person, "dạ còn ai không ạ")
    # Seven more are free after the answer; the ninth would cost money, and waits for the reader's next word.
    for _ in range(7):
        assert isinstance(await say_to_chat(wired.house, "zalo", person.user_id, words), Sent)
    assert await say_to_chat(wired.house, "zalo", person.user_id, words) == Refused("unreachable", "replies_used")
    assert len(person.reader.heard) == 8


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("user_send_sticker", "cứ viết ra"), ("user_send_audio", "tin nhắn thoại"), ("user_send_image", "ảnh"),
        ("user_send_file", "tệp"), ("user_send_location", "vị trí"), ("user_send_business_card", "danh thiếp"),
    ],
)  # fmt: skip
async def test_what_is_no_text_is_answered_kindly(wired: Wired, event: str, said: str) -> None:
    person = wired.zalo_person()
    await person.sends(event, {"attachments": [{"type": "x", "payload": {"url": "https://zalo.example/1"}}]})
    await wired.answer("zalo", person.user_id)
    assert said in person.reader.heard[-1]


async def test_groups_and_our_own_echo_are_not_even_kept(wired: Wired, owner: asyncpg.Connection) -> None:
    person = wired.zalo_person()
    for name in ("user_send_group_text", "oa_send_text", "user_seen_message"):
        await person.sends(name, {"text": "chào cả nhà"})
    assert await wired.outcomes("zalo", person.user_id) == []
    opened = "SELECT last_interacted_at FROM zalo_followers WHERE user_id = $1"
    assert await owner.fetchval(opened, person.user_id) is None


async def test_a_number_typed_into_zalos_form_links_nobody(wired: Wired, world: World) -> None:
    person = wired.zalo_person()
    await person.submits(world.parent.phone.removeprefix("+"))
    await wired.answer("zalo", person.user_id)
    assert "không kiểm tra được" in person.reader.heard[-1] and "LIENKET" in person.reader.heard[-1]
    assert await wired.account_of("zalo", person.user_id) is None


async def test_a_refused_token_is_renewed_once_and_the_answer_goes_out(wired: Wired) -> None:
    person, before = wired.zalo_person(), wired.zalo.refreshes
    wired.zalo.expire_access()
    await wired.zalo_hears(person, "mấy giờ vào học")
    assert len(person.reader.heard) == 1 and wired.zalo.refreshes == before + 1


async def test_weather_is_waited_out_and_a_block_ends_the_talk(wired: Wired, world: World) -> None:
    person = await linked(wired, world)
    told = len(person.reader.heard)
    wired.zalo.misbehave(Fault(error=-32), Fault(http=503))
    await person.says("học phí tháng này")
    await person.says("mấy giờ vào học", ago=-1)
    await wired.answer("zalo", person.user_id)
    assert len(person.reader.heard) == told
    wired.clock.goes_on(minutes=2)
    await wired.answer("zalo", person.user_id)  # the 503
    wired.clock.goes_on(minutes=2)
    await wired.answer("zalo", person.user_id)
    assert len(person.reader.heard) == told + 2 and "Giờ" in person.reader.heard[-1]
    person.reader.blocked = True
    await person.says("học phí")
    await wired.answer("zalo", person.user_id)
    assert (await wired.outcomes("zalo", person.user_id))[-1] == "blocked"
    assert await chats_of(wired.house.database.reader, [world.parent.account_id], "zalo") == {}


async def test_a_picture_goes_up_first_and_its_choices_are_numbers(wired: Wired) -> None:
    person = wired.zalo_person()
    await wired.zalo_hears(person, "chào cô")
    picture = qrimage.png("a payload")
    answer = Answer("Tiền ăn: 650.000 đ", (Button("Cách đóng tiền", "i:fee-pay-how"),), image=picture)
    assert isinstance(await say_to_chat(wired.house, "zalo", person.user_id, answer), Sent)
    (element,) = person.reader.messages[-1]["attachment"]["payload"]["elements"]
    assert wired.zalo.attachments[element["attachment_id"]] == picture
    assert person.reader.heard[-1].endswith("1. Cách đóng tiền")
