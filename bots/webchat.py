"""The chat on the web: the same engine, answered in the same request. It knows no HTTP.

A signed-in family's talk belongs to its account, a visitor's to a cookie; neither can be read by the other. What is said is kept as
lines (weblines.py), so that a page finds it again.
"""

from __future__ import annotations

import asyncio
import base64
from datetime import datetime
from uuid import UUID, uuid5

import msgspec
import structlog

from backend.core.catalogue import say
from backend.core.house import House
from backend.core.problems import Problem
from bots import chats, handoffs, weblines
from bots.answers.personal import is_personal
from bots.conversation import turn
from schemas.chat import Answer, ChatAnswer, ChatMessageIn, Incoming

log = structlog.get_logger()

CHANNEL = "web"


def chat_id_of(account_id: UUID | None, visitor: str) -> str:
    return weblines.chat_of(account_id) if account_id is not None else f"visitor:{visitor}"


async def converse(
    house: House, account_id: UUID | None, visitor: str, message: ChatMessageIn, *, language: str, at: datetime
) -> ChatAnswer:
    """`language` is the page's; it holds until the talk itself chooses another."""
    chat_id = chat_id_of(account_id, visitor)
    asked = weblines.Content(message.text.strip() or message.label.strip() or "…")
    # Neither waits for the other; so a turn waits for the database three times: here, for its answer, and to keep it.
    chat, _ = await asyncio.gather(
        chats.look(house, CHANNEL, chat_id, account_id),
        weblines.keep(house, chat_id, weblines.Line(message.message_id, "family", asked), at=at),
    )
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
        return await _said(house, chat_id, message, Answer(problem.sentence(chat.language or language)))
    except Exception:
        log.exception("chat_turn_failed", channel=CHANNEL)
        return await _said(house, chat_id, message, Answer(say("bots.trouble", chat.language or language)))
    if done.answer is None:
        await chats.remember(house, done.chat)
        return ChatAnswer("", (), "", silent=True)
    said, _ = await asyncio.gather(_said(house, chat_id, message, done.answer), chats.remember(house, done.chat))
    return said


async def _said(house: House, chat_id: str, message: ChatMessageIn, answer: Answer) -> ChatAnswer:
    """The same message has the same answer's line: a post that is repeated is shown once."""
    content = weblines.Content(
        answer.text,
        answer.buttons,
        image=answer.image or b"",
        image_alt=answer.image_alt,
        ask_again=answer.intent if is_personal(answer.intent) else "",
    )
    line = weblines.Line(uuid5(message.message_id, "answer"), "bot", content)
    await weblines.keep(house, chat_id, line, at=house.clock.now())
    return _out(answer)


def _out(answer: Answer) -> ChatAnswer:
    return ChatAnswer(answer.text, answer.buttons, answer.intent, _data_url(answer.image), answer.image_alt)


def _data_url(image: bytes | None) -> str | None:
    """Inside the answer, so that no address exists under which somebody else's payment code could be fetched."""
    return None if image is None else "data:image/png;base64," + base64.b64encode(image).decode()


async def family_types(house: House, account_id: UUID | None, visitor: str, *, at: datetime) -> None:
    """Told to a person only: the bot does not wait for anybody."""
    chat = await chats.look(house, CHANNEL, chat_id_of(account_id, visitor), account_id)
    if chat.taken and chat.with_person is not None:
        await handoffs.family_types(house, chat.with_person, at=at)
