"""What is heard before anything is understood: stop, and words for a person who has taken the chat. Then the bot is silent.

Only a number to call in need is said while a person answers, since nobody knows when that person reads.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from backend.core.text import fold
from bots import handoffs, stopping
from bots.answers.knowledge import entry_of
from bots.answers.render import call_line
from bots.intents import SURE, understand
from bots.talk import Talk
from bots.with_person import Person
from schemas.chat import Answer

BACK: Final = "b"
_TO_BOT: Final = frozenset(
    """
    bot, gap bot, quay lai bot, ve bot, hoi bot, noi chuyen voi bot, gap tro ly, quay lai tro ly, hoi tro ly, gap may, quay lai may,
    back to bot, back to the bot, talk to bot, talk to the bot, back to the assistant, talk to the assistant, the assistant
    """.strip()
    .replace("\n    ", " ")
    .split(", ")
)


# Words of need, whatever the rest of the sentence is understood as.
_IN_NEED: Final = re.compile(
    r"\b(cap cuu|mat tich|bat coc|tu tu|tu sat|tu lam dau|chay mau|ngat xiu|bat tinh|co giat|hoa hoan|chay truong|tai nan"
    r"|bi danh|danh hoi dong|xam hai|sam so|sot cao|kho tho|ngo doc|gay tay|gay chan|khong thay con|chua thay con ve"
    r"|emergency|ambulance|kidnap\w*|suicide|bleeding|unconscious|went missing|is missing)\b"
)


class Heard(msgspec.Struct, frozen=True):
    """answer None: kept for the person, and nothing is said."""

    answer: Answer | None
    outcome: str


async def heard(talk: Talk) -> Heard | None:
    """None: the bot goes on as ever."""
    incoming, person = talk.incoming, talk.chat.with_person
    text = incoming.text.strip()
    if incoming.button is None and stopping.asks(text):
        return Heard(await stopping.stop(talk), "sys-stop")
    if incoming.button == stopping.BUTTON:
        return Heard(await stopping.stop_all(talk), "sys-stop")
    if person is None:
        return Heard(talk.answer(talk.say("bot_is_here")), "sys-bot") if incoming.button == BACK else None
    if incoming.button == BACK or text.lower() == "/bot" or fold(text).strip(" .!") in _TO_BOT:
        return await _back(talk, person)
    if text.startswith("/"):
        return _there(talk) if person.taken and text.lower().startswith("/human") else None
    if incoming.button is not None:
        return _there(talk) if person.taken else None
    return await _kept(talk, person, text)


async def _back(talk: Talk, person: Person) -> Heard:
    """The family may leave a person at any time; a question that nobody has taken yet goes on waiting."""
    if person.taken:
        await handoffs.end_by_family(talk.house, person, "family", at=talk.incoming.at)
        return Heard(talk.answer(talk.say("back_to_bot")), "sys-bot")
    return Heard(talk.answer(talk.say("bot_while_waiting")), "sys-bot")


def _there(talk: Talk) -> Heard:
    return Heard(talk.answer(talk.say("with_person"), [talk.button("to_bot", BACK)]), "person")


async def _kept(talk: Talk, person: Person, text: str) -> Heard | None:
    words = text or talk.say("no_words")
    state = await handoffs.heard(talk.house, talk.chat, person, talk.incoming.update_id, words, at=talk.incoming.at)
    if state != "taken":
        return None
    talk.remember(noting=False, question="", unsure=0)
    if not text:
        return Heard(talk.answer(talk.say("empty_with_person")), "person")
    return Heard(await _in_need(talk, text), "person")


async def _in_need(talk: Talk, text: str) -> Answer | None:
    """What would surely be answered with a number to ring first is answered with that number, and with nothing else."""
    if not _IN_NEED.search(fold(text)):
        meant = understand(text, talk.previous)
        entry = entry_of(meant.intent, talk.today) if meant.score >= SURE else None
        if entry is None or not entry.call:
            return None
    return talk.answer(call_line(talk.language, await talk.facts()))
