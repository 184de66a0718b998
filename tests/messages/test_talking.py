"""A family and its school write to each other, through the doors."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from backend.core.clock import StoppedClock
from backend.core.ids import new_id
from tests.factories import World
from tests.messages.scenes import at, look, open_thread, read, root, said, say, texts

pytestmark = pytest.mark.usefixtures("clock")


async def test_both_guardians_and_the_homeroom_teacher_talk(web: httpx.AsyncClient, world: World) -> None:
    thread_id = await open_thread(web, world, world.parent)
    await said(web, world, world.parent, thread_id, "Thưa cô, hôm nay  cháu hơi sốt.\n\n\n\nNhờ cô để ý.")
    await said(web, world, world.teacher, thread_id, "Vâng, tôi sẽ để ý em.")
    assert await texts(web, world, world.parent2, thread_id) == [
        "Thưa cô, hôm nay cháu hơi sốt.\n\nNhờ cô để ý.",
        "Vâng, tôi sẽ để ý em.",
    ]
    found = await look(web, world, world.parent2, thread_id)
    assert [one["author"] for one in found["messages"]] == ["Nguyễn Thị Hoa (mẹ em Minh An)", "Cô Cúc"]
    assert (found["head"]["counterpart"], found["side"]) == ("Cô Cúc", "family")


@pytest.mark.parametrize(
    "who",
    [
        "classmate_parent",
        "neighbour",
        "stranger",
        "subject_teacher",
        "other_teacher",
        "accountant",
        "admin",
        "other_admin",
    ],
)
async def test_nobody_outside_the_thread_reads_or_writes_it(web: httpx.AsyncClient, world: World, who: str) -> None:
    thread_id = await open_thread(web, world, world.parent)
    message_id = await said(web, world, world.parent, thread_id, "Chuyện riêng của cháu")
    outsider = getattr(world, who)
    assert (await web.get(root(world, f"/{thread_id}"), headers=outsider.headers)).status_code == 404
    assert (await say(web, world, outsider, thread_id, "Tôi xen vào")).status_code == 404
    for rest, body in (("read", {"message_id": message_id}), (f"messages/{message_id}/edit", {"text": "Khác"})):
        answer = await web.post(root(world, f"/{thread_id}/{rest}"), json=body, headers=outsider.headers)
        assert answer.status_code == 404
    assert await texts(web, world, world.parent, thread_id) == ["Chuyện riêng của cháu"]


async def test_the_same_post_again_is_the_same_message(web: httpx.AsyncClient, world: World) -> None:
    thread_id = await open_thread(web, world, world.parent)
    body = {"message_id": str(new_id()), "text": "Cháu quên vở ạ", "accepts_rules": 1}
    path = root(world, f"/{thread_id}/messages")
    first = await web.post(path, json=body, headers=world.parent.headers)
    again = await web.post(path, json=body, headers=world.parent.headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    stolen = await web.post(path, json=body, headers=world.parent2.headers)
    assert stolen.status_code == 409
    assert len(await texts(web, world, world.parent, thread_id)) == 1


async def test_a_conversation_opened_twice_is_one(web: httpx.AsyncClient, world: World) -> None:
    first = await open_thread(web, world, world.parent)
    assert await open_thread(web, world, world.parent2) == first
    assert await open_thread(web, world, world.teacher) == first
    alone = await open_thread(web, world, world.parent, private=True)
    assert alone != first


async def test_a_private_conversation_is_closed_to_the_other_guardian(web: httpx.AsyncClient, world: World) -> None:
    thread_id = await open_thread(web, world, world.parent, private=True)
    await said(web, world, world.parent, thread_id, "Chỉ mình tôi với cô thôi ạ")
    assert (await web.get(root(world, f"/{thread_id}"), headers=world.parent2.headers)).status_code == 404
    listed = (await web.get("/v1/family/threads", headers=world.parent2.headers)).json()["threads"]
    assert listed == []
    assert (await look(web, world, world.teacher, thread_id))["head"]["private"]


async def test_custody_flags_and_dates_close_a_thread(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    await said(web, world, world.parent, thread_id, "Chào cô")
    await owner.execute(
        "UPDATE guardianships SET can_view = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.parent2.person_id,
    )
    assert (await web.get(root(world, f"/{thread_id}"), headers=world.parent2.headers)).status_code == 404
    assert (await web.get("/v1/family/threads", headers=world.parent2.headers)).json()["threads"] == []


async def test_a_handed_over_class_hands_over_its_desk(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    await said(web, world, world.parent, thread_id, "Thưa cô")
    await owner.execute(
        "UPDATE assignments SET to_on = '2026-10-13' WHERE school_id = $1 AND staff_id = $2 AND kind = 'homeroom'",
        world.school_id,
        world.teacher.person_id,
    )
    await owner.execute(
        "INSERT INTO assignments (school_id, class_id, kind, subject_code, staff_id, from_on) VALUES ($1, $2, 'homeroom', '', $3, '2026-10-14')",
        world.school_id,
        world.class_id,
        world.other_teacher.person_id,
    )
    assert (await web.get(root(world, f"/{thread_id}"), headers=world.teacher.headers)).status_code == 404
    await said(web, world, world.other_teacher, thread_id, "Tôi nhận lớp từ hôm nay")
    assert (await look(web, world, world.parent, thread_id))["head"]["counterpart"] == "Thầy Dũng"


async def test_a_teacher_who_no_longer_teaches_the_child_gets_no_more_messages(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    named = {"desk": "teacher", "staff_id": str(world.subject_teacher.person_id)}
    thread_id = await open_thread(web, world, world.parent, **named)
    await said(web, world, world.parent, thread_id, "Thưa thầy")
    await owner.execute(
        "UPDATE assignments SET to_on = '2026-10-13' WHERE school_id = $1 AND staff_id = $2",
        world.school_id,
        world.subject_teacher.person_id,
    )
    answer = await say(web, world, world.parent, thread_id, "Thầy ơi")
    assert answer.json()["type"] == "/problems/teacher-no-longer-there"
    assert (await web.get(root(world, f"/{thread_id}"), headers=world.subject_teacher.headers)).status_code == 404
    found = await look(web, world, world.parent, thread_id)
    assert (found["may_write"], len(found["messages"])) == (False, 1)


async def test_a_teacher_opens_only_at_the_own_desk(web: httpx.AsyncClient, world: World) -> None:
    def new(pupil_id: object, desk: str) -> dict[str, str]:
        return {"thread_id": str(new_id()), "pupil_id": str(pupil_id), "desk": desk}

    for who, pupil, desk, status in (
        (world.teacher, world.child, "homeroom", 201),
        (world.subject_teacher, world.child, "homeroom", 403),
        (world.subject_teacher, world.child, "teacher", 201),
        (world.teacher, world.neighbour_child, "homeroom", 403),
        (world.teacher, world.child, "office", 403),
        (world.admin, world.child, "office", 201),
        (world.neighbour, world.child, "homeroom", 404),
        (world.stranger, world.child, "homeroom", 404),
    ):
        answer = await web.post(root(world), json=new(pupil.pupil_id, desk), headers=who.headers)
        assert answer.status_code == status, (who.full_name, desk, answer.text)


async def test_the_rules_are_accepted_once(web: httpx.AsyncClient, world: World) -> None:
    thread_id = await open_thread(web, world, world.parent)
    refused = await say(web, world, world.parent, thread_id, "Chào cô", accepts_rules=None)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/message-rules-not-accepted")
    await said(web, world, world.parent, thread_id, "Chào cô")
    await said(web, world, world.parent, thread_id, "Cô ơi", accepts_rules=None)


async def test_an_edited_message_says_so_and_a_withdrawn_one_keeps_its_place(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    message_id = await said(web, world, world.parent, thread_id, "Hop luc may gio")
    path = root(world, f"/{thread_id}/messages/{message_id}")
    assert (await web.post(path + "/edit", json={"text": "x"}, headers=world.teacher.headers)).status_code == 403
    answer = await web.post(path + "/edit", json={"text": "Họp lúc mấy giờ?"}, headers=world.parent.headers)
    assert answer.status_code == 204
    [message] = (await look(web, world, world.teacher, thread_id))["messages"]
    assert (message["text"], message["state"]) == ("Họp lúc mấy giờ?", "edited")
    for _ in range(2):
        assert (await web.post(path + "/withdraw", headers=world.parent.headers)).status_code == 204
    [message] = (await look(web, world, world.teacher, thread_id))["messages"]
    assert (message["text"], message["state"]) == (None, "withdrawn")
    assert (await web.post(path + "/edit", json={"text": "x"}, headers=world.parent.headers)).status_code == 409
    kept = await owner.fetch(
        "SELECT body FROM message_texts WHERE school_id = $1 AND message_id = $2::uuid ORDER BY version",
        world.school_id,
        message_id,
    )
    assert [row["body"] for row in kept] == ["Hop luc may gio", "Họp lúc mấy giờ?", None]


async def test_a_family_hears_of_an_answer_and_its_lock_screen_of_no_word(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    await said(web, world, world.parent, thread_id, "Cháu học thế nào ạ?")
    answered = await said(web, world, world.teacher, thread_id, "Em bị điểm kém môn Toán")
    for who in (world.parent, world.parent2):
        [notice] = (await web.get("/v1/family/notices", headers=who.headers)).json()["notices"]
        assert (notice["kind"], notice["opened_at"]) == ("message", None)
        assert "Cô Cúc có tin nhắn mới về Minh An" in notice["body"] and "Toán" not in str(notice)
    await read(web, world, world.parent, thread_id, answered)
    [notice] = (await web.get("/v1/family/notices", headers=world.parent.headers)).json()["notices"]
    assert notice["opened_at"] is not None
    pushes = await owner.fetchval(
        "SELECT count(*) FROM deliveries d JOIN notices n USING (school_id, notice_id) WHERE d.school_id = $1 AND n.kind = 'message'",
        world.school_id,
    )
    assert pushes == 2


async def test_a_muted_thread_wakes_nobody_and_can_be_read(web: httpx.AsyncClient, world: World) -> None:
    thread_id = await open_thread(web, world, world.parent)
    await said(web, world, world.parent, thread_id, "Chào cô")
    path = root(world, f"/{thread_id}/mute")
    assert (await web.post(path, json={"muted": True}, headers=world.parent.headers)).status_code == 204
    await said(web, world, world.teacher, thread_id, "Chào anh chị")
    assert (await web.get("/v1/family/notices", headers=world.parent.headers)).json()["notices"] == []
    assert len((await web.get("/v1/family/notices", headers=world.parent2.headers)).json()["notices"]) == 1
    found = await look(web, world, world.parent, thread_id)
    assert (found["head"]["muted"], len(found["messages"])) == (True, 2)
    await web.post(path, json={"muted": False}, headers=world.parent.headers)
    await said(web, world, world.teacher, thread_id, "Mai em nhớ mang vở")
    assert len((await web.get("/v1/family/notices", headers=world.parent.headers)).json()["notices"]) == 1


async def test_the_teachers_inbox_puts_the_unanswered_first(
    web: httpx.AsyncClient, world: World, clock: StoppedClock
) -> None:
    answered = await open_thread(web, world, world.parent)
    await said(web, world, world.parent, answered, "Cô cho em hỏi lịch thi")
    waiting = await open_thread(web, world, world.classmate_parent, pupil=world.classmate)
    await said(web, world, world.classmate_parent, waiting, "Cô ơi cháu bị mất áo")
    at(clock, 2026, 10, 14, 9, 0)
    await said(web, world, world.teacher, answered, "Thi ngày 20 ạ")
    at(clock, 2026, 10, 14, 9, 5)
    await said(web, world, world.parent, answered, "Dạ vâng, em cảm ơn cô ạ 🙏")
    found = (await web.get(root(world), headers=world.teacher.headers)).json()["threads"]
    assert [(one["thread_id"], one["waiting_since"] is None) for one in found] == [(waiting, False), (answered, True)]


async def test_what_is_wrong_is_pointed_at(web: httpx.AsyncClient, world: World) -> None:
    thread_id = await open_thread(web, world, world.parent)
    empty = await say(web, world, world.parent, thread_id, " \n ")
    assert [one["pointer"] for one in empty.json()["errors"]] == ["/text"]
    strange = await say(web, world, world.parent, thread_id, "Xem ảnh", file_ids=[str(new_id())])
    assert [one["pointer"] for one in strange.json()["errors"]] == ["/file_ids/0"]
    asked = {"kind": "late", "on": "2026-10-14", "arrives_at": "08:15"}
    school = await say(web, world, world.teacher, thread_id, "", request=asked)
    assert [one["pointer"] for one in school.json()["errors"]] == ["/request"]
