"""Words out to a chat, whatever its wire: the bot's answers, and those of a person of the school. It knows no wire and no meaning.

Whoever opens a wire hangs its way of speaking in the house (`House.speakers`, by the channel's name); only the worker opens them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from backend.core.house import House
from backend.core.ids import new_id
from bots import links, weblines
from notifications.outcomes import Outcome, Refused, Sent
from schemas.chat import Answer

# By chat id. The outcome is the wire's own reading of what its service said.
Speaker = Callable[[str, Answer], Awaitable[Outcome]]

NOT_OPEN = Refused("channel_down", "not_open")


async def say_to_chat(house: House, channel: str, chat_id: str, answer: Answer) -> Outcome:
    """Refused("channel_down", "not_open") where this process has not opened the channel; a chat that is gone rests from then on."""
    if channel == "web":
        content = weblines.Content(answer.text, answer.buttons, image=answer.image or b"", image_alt=answer.image_alt)
        await weblines.keep(house, chat_id, weblines.Line(new_id(), "bot", content), at=house.clock.now())
        return Sent()
    speaker: Speaker | None = house.speakers.get(channel)
    if speaker is None:
        return NOT_OPEN
    sent = await speaker(chat_id, answer)
    if isinstance(sent, Refused) and sent.why == "address_dead":
        await links.mark_blocked(house, channel, chat_id, blocked=True)
    return sent
