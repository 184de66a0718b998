"""Words out to a chat, whatever its wire: the bot's answers, and those of a person of the school. It knows no wire and no meaning.

Whoever opens a wire hangs its way of speaking in the house (`House.speakers`, by the channel's name); only the worker opens them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from backend.core.catalogue import say
from backend.core.house import House
from bots import handoffs, links
from notifications.outcomes import Outcome, Refused, Sent
from schemas.chat import Answer

# By chat id. The outcome is the wire's own reading of what its service said.
Speaker = Callable[[str, Answer], Awaitable[Outcome]]

NOT_OPEN = Refused("channel_down", "not_open")


async def say_to_chat(house: House, channel: str, chat_id: str, answer: Answer) -> Outcome:
    """Refused("channel_down", "not_open") where this process has not opened the channel; a chat that is gone rests from then on."""
    speaker: Speaker | None = house.speakers.get(channel)
    if speaker is None:
        return NOT_OPEN
    sent = await speaker(chat_id, answer)
    if isinstance(sent, Refused) and sent.why == "address_dead":
        await links.mark_blocked(house, channel, chat_id, blocked=True)
    return sent


async def send_handoff_answer(house: House, school_id: int, handoff_id: UUID) -> None:
    """A person of the school has answered: into the chat where the question was asked."""
    waiting = await handoffs.to_send(house, school_id, handoff_id)
    if waiting is None:
        return
    text = say("bots.answer_from_school", "vi", question=waiting.question[:200], answer=waiting.answer)
    sent = await say_to_chat(house, "telegram", waiting.chat_id, Answer(text))
    if isinstance(sent, Sent | Refused):
        await handoffs.sent(house, school_id, handoff_id)
