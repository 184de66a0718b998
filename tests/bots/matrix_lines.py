"""Who may knock at the bot's doors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from backend.core.crypto import token_hash
from backend.core.ids import new_id
from backend.files.actions import keep
from tests.bots import knowledge_lines
from tests.files.matrix_lines import PICTURE
from tests.identity.matrix import (
    ADMINS,
    BY_SCHOOL,
    EVERYONE,
    FAMILY,
    GUARDIANS,
    NOBODY,
    NOTHING,
    SIGNED_IN,
    STAFF,
    Ask,
    Line,
    Scene,
    on_any,
)


async def a_question(s: Scene) -> str:
    """A question that waits for a person of the target's school."""
    handoff_id = new_id()
    await s.owner.execute(
        "INSERT INTO chat_handoffs (school_id, handoff_id, channel, chat_id, question, asked_at, state)"
        " VALUES ($1, $2, 'web', $3, 'Bể bơi mấy giờ mở cửa?', $4, 'waiting')",
        s.target.school_id, handoff_id, str(handoff_id), datetime.now(UTC),
    )  # fmt: skip
    return str(handoff_id)


async def a_question_with_a_picture(s: Scene) -> tuple[str, str]:
    handoff_id, file_id = await a_question(s), new_id()
    async with s.house.database.school(s.target.school_id) as tx:
        await keep(tx, file_id=file_id, name="a.png", data=PICTURE, made_by=new_id(), at=datetime.now(UTC))
    await s.owner.execute(
        "INSERT INTO chat_words (school_id, handoff_id, number, word_id, side, channel, body, said_at, file_id)"
        " VALUES ($1, $2::text::uuid, 1, $3, 'family', 'web', '(ảnh)', $4, $3)",
        s.target.school_id, handoff_id, file_id, datetime.now(UTC),
    )  # fmt: skip
    return handoff_id, str(file_id)


def of(s: Scene, path: str = "") -> str:
    return f"/v1/schools/{s.target.school_id}/chat{path}"


def person_of(s: Scene) -> str:
    """Somebody who works in the target's school."""
    return str((s.world.other_admin if s.target.name == "foreign" else s.world.teacher).person_id)


async def a_chat_that_is_not(s: Scene) -> str:
    """Nothing to prepare but a name that no chat has: unlinking it is not found, for everybody alike."""
    return token_hash(str(new_id())).hex()[:16]


def of_question(body: Callable[[Scene], Any], path: str) -> Line:
    return Line(
        ask=lambda s: Ask(of(s, f"/handoffs/{s.made}{path}"), json=body(s)),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=a_question,
    )


LINES = {
    **knowledge_lines.LINES,
    ("GET", "/chat"): Line(ask=lambda s: Ask("/chat"), allowed=EVERYONE, targets=NOTHING),
    ("POST", "/chat"): Line(
        ask=lambda s: Ask("/chat", form={"text": "giờ vào lớp", "message_id": str(new_id())}),
        allowed=EVERYONE,
        targets=NOTHING,
    ),
    ("POST", "/v1/chat/messages"): Line(
        ask=lambda s: Ask("/v1/chat/messages", json={"message_id": str(new_id()), "text": "giờ vào lớp"}),
        allowed=EVERYONE,
        targets=NOTHING,
    ),
    ("GET", "/v1/chat/lines"): Line(ask=lambda s: Ask("/v1/chat/lines"), allowed=EVERYONE, targets=NOTHING),
    ("GET", "/v1/chat/live"): Line(ask=lambda s: Ask("/v1/chat/live"), allowed=EVERYONE, targets=NOTHING),
    # Nobody in the scenes is with a person: whoever may send hears just that.
    ("POST", "/v1/chat/pictures"): Line(
        ask=lambda s: Ask(
            "/v1/chat/pictures", params={"message_id": str(new_id())}, files={"data": ("a.png", PICTURE, "image/png")}
        ),
        allowed=SIGNED_IN,
        targets=NOTHING,
        passes={409},
    ),
    ("POST", "/chat/picture"): Line(
        ask=lambda s: Ask("/chat/picture", form={"message_id": str(new_id())}),
        allowed=SIGNED_IN,
        targets=NOTHING,
        by_cookie=True,
        passes={303},
    ),
    ("POST", "/v1/chat/typing"): Line(ask=lambda s: Ask("/v1/chat/typing"), allowed=EVERYONE, targets=NOTHING),
    ("POST", "/v1/chat/links"): Line(
        ask=lambda s: Ask("/v1/chat/links", json={"channel": "telegram"}),
        allowed=on_any(*GUARDIANS),
        targets=NOTHING,
        # The tests' application has no Telegram bot, and says so to those who may ask.
        passes={201, 409},
    ),
    ("GET", "/v1/chat/links"): Line(ask=lambda s: Ask("/v1/chat/links"), allowed=on_any(*GUARDIANS), targets=NOTHING),
    ("DELETE", "/v1/chat/links/{channel}/{chat}"): Line(
        ask=lambda s: Ask(f"/v1/chat/links/telegram/{s.made}"),
        allowed=on_any(*GUARDIANS),
        targets=NOTHING,
        prepare=a_chat_that_is_not,
        passes={204, 404},
    ),
    ("GET", "/chat/confirm"): Line(
        # A link that nobody wrote: gone, for whoever may look at such pages at all.
        ask=lambda s: Ask("/chat/confirm?ask=x"),
        allowed=on_any(*GUARDIANS),
        targets=NOTHING,
        passes={410},
    ),
    ("POST", "/chat/confirm"): Line(
        ask=lambda s: Ask("/chat/confirm", form={"ask": "x", "answer": "yes"}),
        allowed=on_any(*GUARDIANS),
        targets=NOTHING,
        passes={410},
    ),
    ("GET", "/chat/names"): Line(ask=lambda s: Ask("/chat/names"), allowed=on_any(*GUARDIANS), targets=NOTHING),
    ("POST", "/chat/names"): Line(
        # A child that is nobody's: the page again, and nothing kept.
        ask=lambda s: Ask("/chat/names", form={"pupil_id": str(new_id()), "nickname": "Na"}),
        allowed=on_any(*GUARDIANS),
        targets=NOTHING,
        passes={303},
    ),
    ("GET", "/v1/chat/nicknames"): Line(
        ask=lambda s: Ask("/v1/chat/nicknames"), allowed=on_any(*GUARDIANS), targets=NOTHING
    ),
    ("PUT", "/v1/chat/nicknames"): Line(
        ask=lambda s: Ask(
            "/v1/chat/nicknames",
            json={"school_id": s.target.school_id, "pupil_id": str(s.target.pupil_id), "nickname": "Bống"},
        ),
        allowed=FAMILY,
    ),
    ("DELETE", "/v1/chat/nicknames/{school_id}/{nickname}"): Line(
        ask=lambda s: Ask(f"/v1/chat/nicknames/{s.target.school_id}/Bong"),
        allowed=on_any(*GUARDIANS),
        targets=NOTHING,
    ),
    # Everybody who works there has a list of what was given to them; one conversation is seen by who keeps the inbox, or has it.
    ("GET", "/v1/schools/{school_id}/chat/handoffs"): Line(
        ask=lambda s: Ask(of(s, "/handoffs")), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/chat/inbox/live"): Line(
        ask=lambda s: Ask(of(s, "/inbox/live")), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/chat/inbox/settings"): Line(
        ask=lambda s: Ask(of(s, "/inbox/settings")), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("PUT", "/v1/schools/{school_id}/chat/inbox/settings"): Line(
        ask=lambda s: Ask(of(s, "/inbox/settings"), json={"answer_minutes": 90}), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/chat/handoffs/{handoff_id}"): of_question(lambda s: None, ""),
    ("GET", "/v1/schools/{school_id}/chat/handoffs/{handoff_id}/files/{file_id}"): Line(
        ask=lambda s: Ask(of(s, f"/handoffs/{s.made[0]}/files/{s.made[1]}")),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=a_question_with_a_picture,
    ),
    ("GET", "/v1/schools/{school_id}/chat/handoffs/{handoff_id}/live"): of_question(lambda s: None, "/live"),
    ("GET", "/v1/schools/{school_id}/chat/handoffs/{handoff_id}/assignees"): of_question(lambda s: None, "/assignees"),
    ("POST", "/v1/schools/{school_id}/chat/handoffs/{handoff_id}/take"): of_question(lambda s: {}, "/take"),
    ("POST", "/v1/schools/{school_id}/chat/handoffs/{handoff_id}/assign"): of_question(
        lambda s: {"staff_id": person_of(s)}, "/assign"
    ),
    ("POST", "/v1/schools/{school_id}/chat/handoffs/{handoff_id}/words"): of_question(
        lambda s: {"word_id": str(new_id()), "text": "Từ 16 giờ 30."}, "/words"
    ),
    ("POST", "/v1/schools/{school_id}/chat/handoffs/{handoff_id}/typing"): of_question(lambda s: {}, "/typing"),
    ("POST", "/v1/schools/{school_id}/chat/handoffs/{handoff_id}/end"): of_question(lambda s: {"how": "close"}, "/end"),
    ("POST", "/v1/schools/{school_id}/chat/handoffs/{handoff_id}/answer"): of_question(
        lambda s: {"text": "Từ 16 giờ 30."}, "/answer"
    ),
    ("POST", "/bots/telegram/webhook"): Line(
        ask=lambda s: Ask("/bots/telegram/webhook", json={"update_id": 1}), allowed=NOBODY, targets=NOTHING
    ),
    ("POST", "/bots/zalo/webhook"): Line(
        ask=lambda s: Ask("/bots/zalo/webhook", json={"event_name": "user_send_text"}), allowed=NOBODY, targets=NOTHING
    ),
    ("POST", "/bots/zalo-bot/webhook"): Line(
        ask=lambda s: Ask("/bots/zalo-bot/webhook", json={"ok": True}), allowed=NOBODY, targets=NOTHING
    ),
    # Whoever knows the name may look; nobody knows this one.
    ("GET", "/bots/pictures/{name}"): Line(
        ask=lambda s: Ask("/bots/pictures/unknown.png"), allowed=EVERYONE, targets=NOTHING, passes={404}
    ),
}
