"""The chat on the web: the same engine, answered in the same request. It knows no HTTP.

A signed-in family's talk belongs to its account, a visitor's to a cookie; neither can be read by the other.
"""

from __future__ import annotations

import base64
from datetime import datetime
from uuid import UUID

import msgspec
import structlog

from backend.core.catalogue import say
from backend.core.house import House
from backend.core.problems import Problem
from bots import chats
from bots.conversation import turn
from schemas.chat import Answer, ChatAnswer, ChatMessageIn, Incoming

log = structlog.get_logger()

CHANNEL = "web"


def chat_id_of(account_id: UUID | None, visitor: str) -> str:
    return f"account:{account_id}" if account_id is not None else f"visitor:{visitor}"


async def converse(
    house: House, account_id: UUID | None, visitor: str, message: ChatMessageIn, *, language: str, at: datetime
) -> ChatAnswer:
    """`language` is the page's; it holds until the talk itself chooses another."""
    chat_id = chat_id_of(account_id, visitor)
    chat = await chats.look(house, CHANNEL, chat_id, account_id)
    chat = msgspec.structs.replace(chat, language=chat.language or ("en" if language == "en" else ""))
    incoming = Incoming(
        channel="web",
        chat_id=chat_id,
        update_id=str(message.message_id),
        at=at,
        text=message.text,
        button=message.button,
    )
    try:
        done = await turn(house, chat, incoming)
    except Problem as problem:
        return _out(Answer(problem.sentence(chat.language or language)))
    except Exception:
        log.exception("chat_turn_failed", channel=CHANNEL)
        return _out(Answer(say("bots.trouble", chat.language or language)))
    await chats.remember(house, done.chat)
    return _out(done.answer or Answer(""))


def _out(answer: Answer) -> ChatAnswer:
    return ChatAnswer(answer.text, answer.buttons, answer.intent, _data_url(answer.image), answer.image_alt)


def _data_url(image: bytes | None) -> str | None:
    """Inside the answer, so that no address exists under which somebody else's payment code could be fetched."""
    return None if image is None else "data:image/png;base64," + base64.b64encode(image).decode()
