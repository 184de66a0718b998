"""Who may knock at the bot's doors."""

from __future__ import annotations

from datetime import UTC, datetime

from backend.core.crypto import token_hash
from backend.core.ids import new_id
from tests.bots import knowledge_lines
from tests.identity.matrix import ADMINS, BY_SCHOOL, EVERYONE, GUARDIANS, NOBODY, NOTHING, Ask, Line, Scene, on_any


async def a_question(s: Scene) -> str:
    """A question that waits for a person of the target's school."""
    handoff_id = new_id()
    await s.owner.execute(
        "INSERT INTO chat_handoffs (school_id, handoff_id, channel, chat_id, question, asked_at, state)"
        " VALUES ($1, $2, 'web', $3, 'Bể bơi mấy giờ mở cửa?', $4, 'waiting')",
        s.target.school_id, handoff_id, str(handoff_id), datetime.now(UTC),
    )  # fmt: skip
    return str(handoff_id)


async def a_chat_that_is_not(s: Scene) -> str:
    """Nothing to prepare but a name that no chat has: unlinking it is not found, for everybody alike."""
    return token_hash(str(new_id())).hex()[:16]


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
    ("GET", "/v1/schools/{school_id}/chat/handoffs"): Line(
        ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/chat/handoffs"), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("POST", "/v1/schools/{school_id}/chat/handoffs/{handoff_id}/answer"): Line(
        ask=lambda s: Ask(
            f"/v1/schools/{s.target.school_id}/chat/handoffs/{s.made}/answer", json={"text": "Từ 16 giờ 30."}
        ),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        prepare=a_question,
    ),
    ("POST", "/bots/telegram/webhook"): Line(
        ask=lambda s: Ask("/bots/telegram/webhook", json={"update_id": 1}), allowed=NOBODY, targets=NOTHING
    ),
}
