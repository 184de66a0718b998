"""What the bot says to whom. Each promise through the engine, on a real database; who asks decides what is told."""

from __future__ import annotations

from datetime import date, timedelta

import asyncpg

from backend.core.house import House
from bots.link_codes import offer_link
from bots.links import link_chat
from tests.bots.scenes import NOW, TODAY, Talker, bill, facts, mark, roll, sibling, talker
from tests.factories import World


async def test_a_parent_hears_whether_the_child_is_at_school(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    await roll(owner, world, world.child, "unexcused", note="Gia đình chưa báo")
    answer = await talker(house, world.parent.account_id).says("hom nay con toi co di hoc ko")
    assert answer.intent == "my-attendance-today"
    assert "Nguyễn Minh An" in answer.text and "vắng chưa có phép" in answer.text


async def test_a_number_to_ring_stands_first_where_a_child_may_be_missing(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute("UPDATE schools SET duty_phone = '0911 222 333' WHERE school_id = $1", world.school_id)
    parent = talker(house, world.parent.account_id)
    for question in (
        "con tôi đến lớp chưa",
        "con tôi bị bạn đánh ở trường",
        "con tôi bị sốt ở trường",
        "có người gọi báo con cấp cứu đòi chuyển tiền",
    ):
        first = (await parent.says(question)).text.splitlines()[0]
        assert "0911 222 333" in first and "111" in first, question


async def test_before_the_roll_nothing_is_claimed(house: House, world: World) -> None:
    answer = await talker(house, world.parent.account_id).says("con đến trường chưa ạ")
    assert "chưa điểm danh" in answer.text and "có mặt" not in answer.text


async def test_a_month_of_attendance_is_counted(house: House, world: World, owner: asyncpg.Connection) -> None:
    for days, said in ((1, "late"), (2, "excused"), (5, "present")):
        await roll(owner, world, world.child, said, on=TODAY - timedelta(days=days))
    answer = await talker(house, world.parent.account_id).says("tháng này con nghỉ mấy buổi")
    assert "đi muộn 1" in answer.text and "vắng có phép 1" in answer.text and "Có mặt 1 buổi" in answer.text


async def test_marks_are_told_by_subject_and_only_published_ones(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    await mark(owner, world.child, "TOAN", 8.5)
    await mark(owner, world.child, "TOAN", 3.0, ordinal=2, published=False)
    await mark(owner, world.child, "VAN", 7.0)
    parent = talker(house, world.parent.account_id)
    maths = await parent.says("điểm toán của con")
    assert "8,5" in maths.text and "3,0" not in maths.text and "7,0" not in maths.text
    literature = await parent.says("còn môn văn thì sao")
    assert "7,0" in literature.text and "8,5" not in literature.text


async def test_an_average_is_told_when_the_circular_allows_one(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    parent = talker(house, world.parent.account_id)
    assert "chưa đủ điểm" in (await parent.says("điểm trung bình học kỳ 1 của con")).text
    for ordinal in (1, 2, 3, 4):
        await mark(owner, world.child, "TOAN", 8.0, ordinal=ordinal)
    await mark(owner, world.child, "TOAN", 7.0, kind="midterm")
    await mark(owner, world.child, "TOAN", 9.0, kind="final")
    assert "8,1" in (await parent.says("điểm trung bình học kỳ 1 của con")).text  # (32 + 14 + 27) / 9


async def test_the_balance_is_told_with_days(house: House, world: World, owner: asyncpg.Connection) -> None:
    await bill(owner, world, world.child, "Tiền ăn tháng 10", 650_000)
    await bill(owner, world, world.child, "Bảo hiểm y tế", 631_800, due_on=date(2026, 10, 1))
    answer = await talker(house, world.parent.account_id).says("con tôi còn phải đóng bao nhiêu")
    assert "1.281.800\u00a0đ" in answer.text and "Tiền ăn tháng 10" in answer.text and "31/10/2026" in answer.text
    assert "How to pay" in [b.label for b in answer.buttons] or "Cách đóng tiền" in [b.label for b in answer.buttons]


async def test_nothing_owed_is_said_plainly(house: House, world: World) -> None:
    assert "không còn khoản nào" in (await talker(house, world.parent.account_id).says("con nợ bao nhiêu tiền")).text


async def test_payments_are_listed(house: House, world: World, owner: asyncpg.Connection) -> None:
    await bill(owner, world, world.child, "Tiền nước", 50_000)
    answer = await talker(house, world.parent.account_id, channel="web").says("tôi đã đóng những gì rồi")
    assert answer.intent == "my-payment-status" and "Tiền nước: chưa đóng" in answer.text


async def test_unread_notices_are_read_out(house: House, world: World, owner: asyncpg.Connection) -> None:
    from backend.core.ids import new_id

    notice_id = new_id()
    await owner.execute(
        "INSERT INTO notices (school_id, notice_id, kind, source_kind, source_id, title, body, created_at) VALUES ($1, $2, 'announcement', 'test', 'x', 'Họp phụ huynh', 'Thứ bảy lúc 8 giờ', $3)",
        world.school_id, notice_id, NOW,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO notice_recipients (school_id, guardian_id, notice_id, pupil_ids, created_at) VALUES ($1, $2, $3, $4, $5)",
        world.school_id, world.parent.person_id, notice_id, [world.child.pupil_id], NOW,
    )  # fmt: skip
    assert "Họp phụ huynh" in (await talker(house, world.parent.account_id).says("có thông báo gì mới không")).text
    assert (
        "Họp phụ huynh" not in (await talker(house, world.neighbour.account_id).says("có thông báo gì mới không")).text
    )


async def test_what_is_not_kept_is_not_invented(house: House, world: World) -> None:
    parent = talker(house, world.parent.account_id)
    for question in ("hôm nay con có bài tập gì", "mai con học môn gì", "hồ sơ tôi nộp đến đâu rồi"):
        assert "chưa có" in (await parent.says(question)).text.lower(), question


# -- Which child ------------------------------------------------------------------------------------------------------


async def test_with_two_children_the_bot_asks_which_and_remembers(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    brother = await sibling(owner, world)
    await roll(owner, world, world.child, "present")
    await roll(owner, world, brother, "excused")
    parent = talker(house, world.parent.account_id)
    asked = await parent.says("hôm nay con có đi học không")
    assert "bé nào" in asked.text and len(asked.buttons) == 2
    chosen = await parent.presses("Nguyễn Gia Bình (6A2)")
    assert "vắng có phép" in chosen.text
    assert brother.full_name in (await parent.says("tháng này nghỉ mấy buổi")).text


async def test_a_name_or_a_typed_reply_chooses_the_child(house: House, world: World, owner: asyncpg.Connection) -> None:
    await sibling(owner, world)
    parent = talker(house, world.parent.account_id)
    assert "Nguyễn Minh An" in (await parent.says("bé An hôm nay có đi học không")).text
    another = talker(house, world.parent.account_id)
    await another.says("con còn nợ bao nhiêu")
    assert "Nguyễn Gia Bình" in (await another.says("bé Bình")).text


async def test_the_child_spoken_of_is_forgotten_after_a_while(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    await sibling(owner, world)
    parent = talker(house, world.parent.account_id)
    await parent.says("bé An còn nợ bao nhiêu")
    parent.waits(minutes=11)
    assert "bé nào" in (await parent.says("con nợ tiền gì không")).text


async def test_a_name_that_is_none_of_ones_children_is_refused(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    await roll(owner, world, world.classmate, "present")
    answer = await talker(house, world.parent.account_id).says(
        f"em {world.classmate.full_name} hôm nay có đi học không"
    )
    assert "có mặt" not in answer.text and "chỉ trả lời về con của chính bạn" in answer.text


# -- Strangers --------------------------------------------------------------------------------------------------------


async def test_a_stranger_is_told_how_to_link_and_nothing_else(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    await roll(owner, world, world.child, "present")
    await bill(owner, world, world.child, "Tiền ăn", 100_000)
    stranger = talker(house)
    for question in (
        f"em {world.child.full_name} lớp 6A1 hôm nay có đi học không",
        "con tôi còn nợ bao nhiêu",
        "điểm toán của con",
        "có thông báo gì mới không",
    ):
        answer = await stranger.says(question)
        assert "liên kết" in answer.text and world.child.full_name not in answer.text and "có mặt" not in answer.text


async def test_another_familys_parent_gets_only_its_own_child(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    await roll(owner, world, world.child, "unexcused")
    await roll(owner, world, world.classmate, "present")
    answer = await talker(house, world.classmate_parent.account_id).says("con hôm nay có đi học không")
    assert world.classmate.full_name in answer.text and world.child.full_name not in answer.text


async def test_a_lost_right_ends_the_answers(house: House, world: World, owner: asyncpg.Connection) -> None:
    parent = talker(house, world.parent.account_id)
    assert world.child.full_name in (await parent.says("con nợ bao nhiêu")).text
    await owner.execute(
        "UPDATE guardianships SET can_view = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.parent.person_id,
    )
    assert world.child.full_name not in (await parent.says("con nợ bao nhiêu")).text


async def test_requests_for_other_children_are_refused_kindly(house: House, world: World) -> None:
    parent = talker(house, world.parent.account_id)
    for question in (
        "điểm của bạn Minh cùng lớp với con tôi",
        "cho xem điểm cả lớp",
        "con chị Hoa hôm nay có đi học không",
    ):
        assert "học sinh hay gia đình khác" in (await parent.says(question)).text, question


# -- General answers --------------------------------------------------------------------------------------------------


async def test_a_procedure_is_answered_with_papers_and_basis(house: House, world: World) -> None:
    text = (await talker(house).says("thu tuc chuyen truong cho con lop 7")).text
    assert (
        text.startswith("Chuyển trường THCS")
        and "Giấy tờ:" in text
        and "Căn cứ:" in text
        and "※" in text
        and "22/11/2026" in text
    )


async def test_without_a_level_the_levels_are_offered(house: House) -> None:
    stranger = talker(house)
    asked = await stranger.says("chuyển trường cho con")
    assert [b.label for b in asked.buttons][:4] == [
        "Mầm non",
        "Tiểu học (lớp 1–5)",
        "THCS (lớp 6–9)",
        "THPT (lớp 10–12)",
    ]
    assert (await stranger.presses("THPT (lớp 10–12)")).intent == "transfer-upper-secondary"


async def test_a_short_message_carries_the_thread_on(house: House) -> None:
    stranger = talker(house)
    await stranger.says("xin bản sao học bạ")
    assert (await stranger.says("mất bao lâu?")).intent == "transcript-copy"
    stranger.waits(minutes=11)
    assert (await stranger.says("mất bao lâu?")).intent != "transcript-copy"


async def test_the_schools_own_facts_fill_the_answer(house: House, world: World, owner: asyncpg.Connection) -> None:
    given = facts(
        school_hours="Sáng 7:00–11:00, chiều 13:30–16:30", answers={"uniform": {"vi": "Mua tại cửa hàng Hoa Mai."}}
    )
    await owner.execute(
        "UPDATE schools SET facts = $2::jsonb, office_hours = '7:30–17:00' WHERE school_id = $1", world.school_id, given
    )
    parent = talker(house, world.parent.account_id)
    assert "Sáng 7:00–11:00" in (await parent.says("mấy giờ tan học")).text
    assert "cửa hàng Hoa Mai" in (await parent.says("mua đồng phục ở đâu")).text
    office = (await parent.says("địa chỉ trường ở đâu")).text
    assert "1 Đường Thử" in office and "7:30–17:00" in office and "{" not in office


async def test_english_is_answered_in_english_and_the_choice_is_kept(house: House) -> None:
    stranger = talker(house)
    assert "Grade 6 is by selection" in (await stranger.says("is there an entrance exam for grade 6?")).text
    assert "Vào lớp 6 là xét tuyển" in (await stranger.says("Vào lớp 6 có thi không ạ?")).text
    await stranger.says("can you speak English")
    await stranger.presses("English")
    assert "Grade 6 is by selection" in (await stranger.says("Vào lớp 6 có thi không ạ?")).text


async def test_two_questions_get_an_answer_and_a_button(house: House, world: World) -> None:
    answer = await talker(house, world.parent.account_id).says("Con đóng tiền tháng này chưa? Mai con học môn gì?")
    assert answer.intent == "my-payment-status"
    assert answer.buttons[0].press == "i:my-timetable"


# -- Not understood ---------------------------------------------------------------------------------------------------


async def _unsure(person: Talker) -> None:
    answer = await person.says("cho em hỏi cái vụ hôm bữa cô nói đó")
    assert person.last is not None and person.last.outcome == "unsure", answer


async def test_unsure_offers_three_and_then_a_note_to_the_school(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    parent = talker(house, world.parent.account_id)
    await _unsure(parent)
    assert parent.last is not None and parent.last.answer is not None
    assert len([b for b in parent.last.answer.buttons if b.press.startswith("i:")]) == 3
    answer = await parent.says("thì cái đó đó cô, hôm bữa ấy")
    assert "chuyển cho nhà trường" in answer.text
    note = await owner.fetchrow("SELECT * FROM chat_handoffs WHERE school_id = $1", world.school_id)
    assert (
        note["account_id"] == world.parent.account_id
        and "cái vụ hôm bữa" in note["question"]
        and note["state"] == "waiting"
    )


async def test_a_suggestion_pressed_is_answered(house: House) -> None:
    stranger = talker(house)
    await _unsure(stranger)
    assert stranger.last is not None and stranger.last.answer is not None
    press = stranger.last.answer.buttons[0].press
    assert (await stranger.presses(press)).text


async def test_asking_for_a_person_takes_the_next_message_word_for_word(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    parent = talker(house, world.parent.account_id)
    assert "viết câu hỏi" in (await parent.says("cho tôi gặp người thật")).text
    await parent.says("Con tôi cần chuyển chỗ ngồi vì mắt kém.")
    assert (
        await owner.fetchval("SELECT question FROM chat_handoffs WHERE school_id = $1", world.school_id)
        == "Con tôi cần chuyển chỗ ngồi vì mắt kém."
    )


async def test_a_web_stranger_may_leave_a_phone_number(house: House, world: World, owner: asyncpg.Connection) -> None:
    import dataclasses

    import msgspec

    settings = msgspec.structs.replace(house.settings, chat_school_id=world.school_id)
    here = dataclasses.replace(house, settings=settings) if dataclasses.is_dataclass(house) else house
    stranger = talker(here, channel="web")
    await stranger.says("gặp nhân viên")
    assert "số điện thoại" in (await stranger.says("Cháu tôi muốn vào học giữa năm, hỏi ai?")).text
    await stranger.says("Tôi là Hoa, số 0912 345 678")
    assert "0912 345 678" in await owner.fetchval(
        "SELECT question FROM chat_handoffs WHERE school_id = $1", world.school_id
    )


async def test_what_is_beyond_the_school_is_declined(house: House) -> None:
    stranger = talker(house)
    for question in (
        "giá vàng hôm nay bao nhiêu",
        "con sốt 39 độ uống paracetamol liều bao nhiêu",
        "làm căn cước cho con ở đâu",
    ):
        assert "ngoài khả năng" in (await stranger.says(question)).text, question


async def test_greeting_thanks_help_and_stickers(house: House, world: World) -> None:
    parent = talker(house, world.parent.account_id)
    assert "Trường THCS Thử Nghiệm" in (await parent.says("chào ạ")).text
    assert "giúp" in (await parent.says("cảm ơn nhé")).text
    assert "máy trả lời tự động" in (await parent.says("bạn là người hay máy")).text
    assert "chỉ đọc được chữ" in (await parent.says("   ")).text


async def test_an_old_or_forged_button_does_nothing(house: House, world: World) -> None:
    parent = talker(house, world.parent.account_id)
    for press in ("c:0", "c:99", "i:nothing", "l:primary", "x", "c:-1", "i:none", f"c:{world.other_child.pupil_id}"):
        assert "đã cũ" in (await parent._turn(button=press)).text, press


# -- Linking ----------------------------------------------------------------------------------------------------------


async def linkable(house: House) -> House:
    import dataclasses

    import msgspec

    return dataclasses.replace(house, settings=msgspec.structs.replace(house.settings, telegram_bot_name="truong_bot"))


async def test_a_link_binds_once_and_shows_initials_only(house: House, world: World) -> None:
    here = await linkable(house)
    code = (await offer_link(here, world.parent.account_id, "telegram")).url.rpartition("=")[2]
    assert len(code) >= 22
    parent, thief = talker(here), talker(here)
    said = await parent.says(f"/start {code}")
    assert "N.M.A." in said.text and world.child.full_name not in said.text
    assert world.child.full_name in (await parent.says("con nợ bao nhiêu")).text
    assert "không dùng được" in (await thief.says(f"/start {code}")).text
    assert "liên kết" in (await thief.says("con nợ bao nhiêu")).text


async def test_an_old_link_is_dead(house: House, world: World, owner: asyncpg.Connection) -> None:
    here = await linkable(house)
    code = (await offer_link(here, world.parent.account_id, "telegram")).url.rpartition("=")[2]
    await owner.execute(
        "UPDATE chat_link_codes SET expires_at = created_at WHERE account_id = $1", world.parent.account_id
    )
    assert "không dùng được" in (await talker(here).says(f"/start {code}")).text


async def test_only_the_hash_of_a_code_is_kept(house: House, world: World, owner: asyncpg.Connection) -> None:
    here = await linkable(house)
    code = (await offer_link(here, world.parent.account_id, "telegram")).url.rpartition("=")[2]
    rows = await owner.fetch(
        "SELECT code_hash::text FROM chat_link_codes WHERE account_id = $1", world.parent.account_id
    )
    assert len(rows) == 1 and code not in rows[0][0]


async def test_five_wrong_codes_close_the_door_for_a_while(house: House, world: World) -> None:
    from bots.chats import look

    here = await linkable(house)
    guesser = talker(here)
    for _ in range(5):
        assert "không dùng được" in (await guesser.says("/start falschfalschfalsch")).text
    guesser.chat = await look(here, guesser.chat.channel, guesser.chat.chat_id)
    code = (await offer_link(here, world.parent.account_id, "telegram")).url.rpartition("=")[2]
    assert "15 phút" in (await guesser.says(f"/start {code}")).text


async def test_the_same_chat_may_open_its_link_twice(house: House, world: World) -> None:
    """A repeated update must not tell a linked family that its link is wrong."""
    here = await linkable(house)
    code = (await offer_link(here, world.parent.account_id, "telegram")).url.rpartition("=")[2]
    parent = talker(here)
    await parent.says(f"/start {code}")
    assert "Đã liên kết" in (await parent.says(f"/start {code}")).text


async def test_stop_and_unlink_are_obeyed_at_once(house: House, world: World) -> None:
    here = await linkable(house)
    for word in ("/unlink", "tôi không muốn nhận tin nhắn này nữa"):
        parent = talker(here)
        code = (await offer_link(here, world.parent.account_id, "telegram")).url.rpartition("=")[2]
        await parent.says(f"/start {code}")
        await parent.says(word)
        assert world.child.full_name not in (await parent.says("con nợ bao nhiêu")).text


async def test_a_chat_that_changes_hands_forgets_the_first_family(house: House, world: World) -> None:
    here = await linkable(house)
    phone = talker(here)
    for person in (world.parent, world.neighbour):
        code = (await offer_link(here, person.account_id, "telegram")).url.rpartition("=")[2]
        await phone.says(f"/start {code}")
    answer = await phone.says("con nợ bao nhiêu")
    assert world.neighbour_child.full_name in answer.text and world.child.full_name not in answer.text


async def test_a_wrong_code_on_a_linked_chat_changes_nothing(house: House, world: World) -> None:
    here = await linkable(house)
    parent = talker(here)
    code = (await offer_link(here, world.parent.account_id, "telegram")).url.rpartition("=")[2]
    await parent.says(f"/start {code}")
    assert not hasattr(await link_chat(here, parent.chat, "no-such-code"), "account_id")
    assert world.child.full_name in (await parent.says("con nợ bao nhiêu")).text
