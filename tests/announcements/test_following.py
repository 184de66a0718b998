"""How far an announcement has come, in counts, as they happen, by name, as a file; and asking again those who have not answered."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import openpyxl
import pytest

from backend.core.clock import StoppedClock
from backend.core.ids import new_id
from notifications.channels import email, sms, speedsms, webpush, zalo_bot
from notifications.channels.wire import Answer
from notifications.channels.zalo_answers import read_reply, read_template
from notifications.outcomes import Refused
from notifications.progress import status_of
from tests.announcements.test_announcing import inbox, letter, send, to_class
from tests.factories import Person, World


async def sent_letter(web: httpx.AsyncClient, world: World, **more: Any) -> tuple[str, str]:
    body = letter(to_class(world), **more)
    answer = await send(web, world, body)
    assert answer.status_code == 201, answer.text
    return body["announcement_id"], answer.json()["notice_id"]


async def ask(
    web: httpx.AsyncClient, world: World, announcement_id: str, rest: str, by: Person | None = None
) -> httpx.Response:
    path = f"/v1/schools/{world.school_id}/announcements/{announcement_id}{rest}"
    return await web.get(path, headers=(by or world.teacher).headers)


async def again(
    web: httpx.AsyncClient, world: World, announcement_id: str, reminder_id: str, by: Person | None = None
) -> httpx.Response:
    path = f"/v1/schools/{world.school_id}/announcements/{announcement_id}/again"
    return await web.post(path, json={"reminder_id": reminder_id}, headers=(by or world.teacher).headers)


async def read(web: httpx.AsyncClient, who: Person, notice_id: str, verb: str) -> None:
    answer = await web.post(f"/v1/family/notices/{who.school_id}/{notice_id}/{verb}", headers=who.headers)
    assert answer.status_code == 204, answer.text


async def test_counts_move_forward_with_what_families_do(web: httpx.AsyncClient, world: World) -> None:
    announcement_id, notice_id = await sent_letter(web, world, needs_acknowledgement=True)
    before = (await ask(web, world, announcement_id, "/progress")).json()
    assert (before["recipients"], before["waiting"], before["opened"], before["acknowledged"]) == (3, 3, 0, 0)
    await read(web, world.parent, notice_id, "opened")
    await read(web, world.parent2, notice_id, "acknowledged")
    after = (await ask(web, world, announcement_id, "/progress")).json()
    assert (after["delivered"], after["opened"], after["acknowledged"]) == (2, 2, 1)


async def test_only_author_and_administrator_follow(web: httpx.AsyncClient, world: World) -> None:
    announcement_id, _ = await sent_letter(web, world)
    for rest in ("/progress", "/live", "/receipts.csv", f"/receipts/{world.parent.person_id}"):
        assert (await ask(web, world, announcement_id, rest)).status_code == 200
        assert (await ask(web, world, announcement_id, rest, world.admin)).status_code == 200
        assert (await ask(web, world, announcement_id, rest, world.subject_teacher)).status_code == 403
        assert (await ask(web, world, announcement_id, rest, world.accountant)).status_code == 403
    assert (await again(web, world, announcement_id, str(new_id()), world.subject_teacher)).status_code == 403


async def test_one_persons_story_keeps_every_step(
    web: httpx.AsyncClient, world: World, clock: StoppedClock, owner: asyncpg.Connection
) -> None:
    announcement_id, notice_id = await sent_letter(web, world)
    await owner.executemany(
        "INSERT INTO delivery_attempts (school_id, notice_id, guardian_id, channel, address_hash, attempt, attempted_at, outcome, code)"
        " VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8)",
        [
            (world.school_id, notice_id, world.parent.person_id, channel, b"x", clock.now(), outcome, code)
            for channel, outcome, code in [("push", "refused", "UNREGISTERED"), ("telegram", "sent", None)]
        ],
    )
    clock.advance(timedelta(minutes=3))
    await read(web, world.parent, notice_id, "opened")
    await read(web, world.parent, notice_id, "opened")
    story = (await ask(web, world, announcement_id, f"/receipts/{world.parent.person_id}")).json()["happenings"]
    assert [(one["channel"], one["status"]) for one in story] == [
        ("push", "invalid"),
        ("telegram", "accepted"),
        ("app", "opened"),
    ]
    assert (await ask(web, world, announcement_id, f"/receipts/{world.neighbour.person_id}")).status_code == 404


@pytest.mark.parametrize(
    ("told", "code", "status"),
    [
        ("refused", "forbidden", "blocked"),
        ("refused", "chat_not_found", "invalid"),
        ("refused", "SMTP_550", "bounced"),
        ("refused", "SMTP_550_5.1.1", "invalid"),
        ("refused", "ZALO_-217", "blocked"),
        ("refused", "unfollowed", "blocked"),
        ("refused", "window_closed", "bounced"),
        ("refused", "ZNS_-118", "invalid"),
        ("refused", "ZNS_-141", "blocked"),
        ("refused", "ZALOBOT_403", "blocked"),
        ("refused", "ZALOBOT_404", "invalid"),
        ("refused", "WEBPUSH_410", "invalid"),
        ("refused", "ESMS_99", "blocked"),
        ("refused", "ESMS_177", "bounced"),
        ("refused", "SPEEDSMS_105", "invalid"),
        ("refused", "not_mobile", "invalid"),
        ("unknown", "timeout", "uncertain"),
        ("try_later", "HTTP_500", "delayed"),
        ("acknowledged", None, "acknowledged"),
    ],
)
def test_every_answer_has_a_word(told: str, code: str | None, status: str) -> None:
    assert status_of(told, code) == status


def test_an_address_that_a_wire_calls_dead_is_never_said_to_have_bounced() -> None:
    def zalo(code: int) -> Answer:
        return Answer(200, msgspec.json.encode({"error": code}))

    now = datetime(2026, 10, 1, tzinfo=UTC)
    said = [
        *(read(zalo(code), now).outcome for read in (read_reply, read_template) for code in range(-300, 1)),
        *(webpush.read_answer(Answer(status, b"")) for status in range(200, 600)),
        *(zalo_bot.read_answer(Answer(200, b'{"error_code": %d}' % code)) for code in range(401, 600)),
        *(sms.read_answer(200, b'{"CodeResult": "%d"}' % code) for code in range(99, 200)),
        *(speedsms.read_answer(Answer(200, b'{"code": "%d"}' % code)) for code in range(100, 200)),
        *(email.read_reply(550, f"5.{kind}.{detail} no".encode()) for kind in range(8) for detail in range(20)),
    ]
    dead = {one.code for one in said if isinstance(one, Refused) and one.why == "address_dead"}
    assert len(dead) > 15
    assert {code for code in dead if status_of("refused", code) == "bounced"} == set()


async def test_asking_again_reaches_only_those_who_have_not_answered(
    web: httpx.AsyncClient, world: World, clock: StoppedClock
) -> None:
    announcement_id, notice_id = await sent_letter(web, world, needs_acknowledgement=True)
    await read(web, world.parent, notice_id, "acknowledged")
    await read(web, world.parent2, notice_id, "opened")
    reminder_id = str(new_id())
    done = await again(web, world, announcement_id, reminder_id)
    assert done.json() == {"reminder_id": reminder_id, "guardians": 2}, (
        "the father has only looked, the classmate's mother not even that"
    )
    assert reminder_id not in [one["notice_id"] for one in await inbox(web, world.parent)]
    (reminder,) = [one for one in await inbox(web, world.parent2) if one["notice_id"] == reminder_id]
    assert (reminder["title"], reminder["of"]) == ("Nhắc lại: Họp phụ huynh", notice_id)
    repeated = await again(web, world, announcement_id, reminder_id)
    assert (repeated.status_code, repeated.json()["guardians"]) == (200, 0), "the same request is the same reminder"
    assert len([one for one in await inbox(web, world.parent2) if one["kind"] == "reminder"]) == 1
    assert (await again(web, world, announcement_id, str(new_id()))).status_code == 409, "nobody is pestered"
    clock.advance(timedelta(minutes=61))
    assert (await again(web, world, announcement_id, str(new_id()))).json()["guardians"] == 2


async def test_a_reminder_opens_what_it_reminds_of(web: httpx.AsyncClient, world: World) -> None:
    announcement_id, notice_id = await sent_letter(web, world)
    reminder_id = str(new_id())
    await again(web, world, announcement_id, reminder_id)
    page = await web.get(
        f"/app/{world.school_id}/notices/{reminder_id}", headers={**world.parent.headers, "accept": "text/html"}
    )
    assert page.headers["location"].startswith(f"/app/{world.school_id}/notices/{notice_id}")


async def test_what_was_recalled_is_not_said_again(web: httpx.AsyncClient, world: World) -> None:
    announcement_id, _ = await sent_letter(web, world)
    await send(web, world, {}, rest=f"/{announcement_id}/recall")
    assert (await again(web, world, announcement_id, str(new_id()))).status_code == 404


async def test_the_list_as_a_file_holds_everybody_and_no_formula(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "UPDATE guardians SET full_name = '=HYPERLINK(1)' WHERE school_id = $1 AND guardian_id = $2",
        world.school_id, world.parent2.person_id,
    )  # fmt: skip
    announcement_id, notice_id = await sent_letter(web, world)
    await read(web, world.parent, notice_id, "opened")
    data = (await ask(web, world, announcement_id, "/receipts.xlsx")).content
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows() for cell in row]  # type: ignore[union-attr]
    assert {"Nguyễn Thị Hoa", "Trần Thị Mai"} <= {cell.value for cell in cells}
    assert not [cell for cell in cells if cell.data_type == "f"]
    text = (await ask(web, world, announcement_id, "/receipts.csv")).text
    assert "'=HYPERLINK" in text and text.count("\r\n") == 4


async def test_the_stream_tells_at_once_and_ends(web: httpx.AsyncClient, world: World) -> None:
    announcement_id, _ = await sent_letter(web, world)
    answer = await ask(web, world, announcement_id, "/live")
    assert answer.headers["content-type"].startswith("text/event-stream")
    (event,) = [line for line in answer.text.splitlines() if line.startswith("data: ")]
    assert msgspec.json.decode(event.removeprefix("data: "))["recipients"] == 3


async def test_past_the_most_streams_a_page_is_told_so(
    web: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    announcement_id, _ = await sent_letter(web, world)
    monkeypatch.setattr("backend.core.live.STREAMS_MAX", 0)
    answer = await ask(web, world, announcement_id, "/live")
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("too-many-streams") and answer.headers["retry-after"] == "60"
