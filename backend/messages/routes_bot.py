"""What the bot knows of a question. A door, since only doors may ask the bots; the one turn that it takes is remembered by nobody."""

from uuid import UUID

import structlog

from backend.core.catalogue import say
from backend.core.house import House
from backend.core.problems import Problem
from bots.chats import Chat, Memory
from bots.conversation import turn
from bots.intents_phrases import NONE
from schemas.chat import Incoming
from schemas.messages import Question, Suggestion

log = structlog.get_logger()

_OFFERED_MAX = 5


async def with_the_bot(
    house: House, account_id: UUID, question: Question, found: list[Suggestion], language: str
) -> list[Suggestion]:
    """The bot's answer last, where it understood the question. A bot in trouble keeps nobody from asking a person."""
    try:
        answer = await _answer(house, account_id, question, language)
    except (Problem, ValueError, KeyError) as error:
        log.warning("bot_offered_nothing", kind=type(error).__name__)
        answer = None
    if answer is not None:
        found = [*found, Suggestion("bot", say("messages.offer_bot", language), answer, None, "/chat")]
    return found[:_OFFERED_MAX]


async def _answer(house: House, account_id: UUID, question: Question, language: str) -> str | None:
    chat_id = f"offer:{question.offer_id}"
    incoming = Incoming("web", chat_id, str(question.offer_id), house.clock.now(), text=question.text.lstrip("/"))
    done = await turn(house, Chat("web", chat_id, account_id, "en" if language == "en" else "", Memory()), incoming)
    understood = done.answer is not None and done.answer.intent not in ("", NONE)
    if not understood or done.answer is None or done.answer.intent.startswith("sys-") or done.chat.memory.asked:
        return None
    return done.answer.text
