"""What the chat says and asks while somebody links it: a shared number, who they are, a child's name, a code, /link. It answers nothing else."""

from __future__ import annotations

from typing import Final

import msgspec

from backend.core.catalogue import say
from backend.core.house import House
from bots import contacts, links, stopping
from bots.chats import Chat, Memory
from bots.conversation import Turn
from bots.hearing import Contact, Heard
from bots.talk import Talk
from schemas.chat import Answer, Button

# Messengers that prove whose number a shared contact is. Zalo tells no more than what its reader typed into a form.
PROVES_NUMBERS: Final = frozenset({"telegram"})
_ASK_NUMBER, _WHO = "k", "w:"
_WORDS_MAX = 6  # no name has more; a longer reply is a question


async def answer(house: House, chat: Chat, heard: Heard) -> Turn | None:
    """None: it is about something else, and the conversation's."""
    incoming = heard.incoming
    if not incoming.private:
        return None
    talk = Talk(house, chat, incoming)
    if heard.contact is not None:
        return _turn(talk, await _shared(talk, heard.contact))
    if incoming.button == _ASK_NUMBER or incoming.text.strip().lower() in ("/link", "/lienket"):
        return _turn(talk, _how(talk))
    proved = contacts.opened(house, chat.memory.proved, house.clock.now()) if chat.memory.proved else None
    if proved is None:
        return None
    if incoming.button is not None:
        if not incoming.button.startswith(_WHO):
            return None
        return _turn(talk, _ask_child(talk, msgspec.structs.replace(proved, person=incoming.button.removeprefix(_WHO))))
    words = incoming.text.split()
    if chat.taken or stopping.asks(incoming.text):
        return None
    if proved.person and 0 < len(words) <= _WORDS_MAX and not incoming.text.startswith("/"):
        return _turn(talk, await _named(talk, proved, incoming.text))
    return None


def _turn(talk: Talk, said: Answer) -> Turn:
    return Turn(msgspec.structs.replace(said, intent="sys-link"), talk.done(), "sys-link")


def _how(talk: Talk) -> Answer:
    """Every way that leads here: the app's code always, one's own number where the messenger vouches for it."""
    if talk.chat.account_id is not None:
        return Answer(talk.say("linked_already"))
    where = f"{talk.house.settings.public_url}/app/account" if talk.house.settings.public_url else ""
    text = talk.say(f"link_first_{talk.incoming.channel}", where=where).strip()
    if talk.incoming.channel not in PROVES_NUMBERS:
        return Answer(text)
    return Answer("\n\n".join([talk.say("contact_offer"), text]), keyboard="contact")


async def _shared(talk: Talk, contact: Contact) -> Answer:
    if talk.incoming.channel not in PROVES_NUMBERS:
        return Answer("\n\n".join([talk.say("contact_unproved"), _how(talk).text]))
    found = await contacts.shared(talk.house, talk.chat, contact)
    match found:
        case links.Refused():
            return Answer(_refused(talk, found), keyboard="remove")
        case contacts.WhichChild():
            return msgspec.structs.replace(_ask_child(talk, found.proved), keyboard="remove")
        case contacts.WhoIsIt():
            talk.remember(proved=contacts.seal(talk.house, found.proved))
            buttons = tuple(Button(one.masked_name, f"{_WHO}{one.key}") for one in found.people)
            return Answer(talk.say("contact_who"), buttons)


def _ask_child(talk: Talk, proved: contacts.Proved) -> Answer:
    talk.remember(proved=contacts.seal(talk.house, proved))
    return Answer(talk.say("contact_child"))


async def _named(talk: Talk, proved: contacts.Proved, name: str) -> Answer:
    done = await contacts.confirm(talk.house, talk.chat, proved, name)
    if isinstance(done, links.Refused):
        if done.why != "child":
            talk.remember(proved="")
        return Answer(_refused(talk, done))
    talk.chat = talk.chat.now_of(done.account_id)
    talk.memory = Memory(english=talk.memory.english)
    names = ", ".join(initials(child.full_name) for child in await talk.children())
    return Answer(talk.say("linked_by_number", children=names))


def _refused(talk: Talk, refused: links.Refused) -> str:
    match refused.why:
        case "paused" | "full":
            return talk.say(f"link_{refused.why}")
        case "child":
            return talk.say("contact_child_wrong")
        case _:
            return talk.say(f"contact_{refused.why}")


def initials(name: str) -> str:
    """The reader knows the child; whoever looks over the shoulder does not."""
    return ".".join(word[0] for word in name.split()) + "."


def welcome(language: str, channel: str) -> Answer:
    """To somebody who has just followed: who speaks, and how to link."""
    return Answer(
        "\n".join([say("bots.followed", language), say("bots.greeting_stranger", language)]),
        (
            Button(say("bots.how_to_link", language), _ASK_NUMBER),
            Button(say("bots.what_can_i_ask", language), "i:sys-help"),
        ),
    )
