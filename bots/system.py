"""The bot about itself: greeting, help, language, linking, stopping, and handing a question to a person."""

from __future__ import annotations

from typing import Final

from bots import handoffs, links, stopping
from bots.answer_clock import promise
from bots.answers.render import call_line
from bots.chats import Chat, Memory
from bots.slots import Slots
from bots.talk import Talk
from schemas.chat import Answer, Button

_MENU: Final = ("my-attendance-today", "my-balance", "absence-request", "fee-pay-how", "transfer-general")
_STRANGERS_MENU: Final = ("transfer-general", "enrol-grade1", "fee-list", "holidays", "app-login")


async def answer(talk: Talk, intent: str, slots: Slots) -> Answer:
    match intent:
        case "sys-greeting":
            said = await _greeting(talk)
        case "sys-thanks":
            said = talk.answer(talk.say("thanks"))
        case "sys-human":
            said = await hand_over_pressed(talk, fresh=True)
        case "sys-language":
            said = _languages(talk)
        case "sys-stop":
            said = await stopping.stop(talk)
        case _:
            said = talk.answer(talk.say("help"), _menu(talk))
    return Answer(said.text, said.buttons, intent)


async def command(talk: Talk, text: str) -> Answer:
    """Messengers send these from their menus. `/start <code>` is the one-time link."""
    word, _, rest = text.partition(" ")
    match word.partition("@")[0].lower():
        case "/start" if rest.strip():
            return await _link(talk, rest.strip())
        case "/start":
            return await answer(talk, "sys-greeting", {})
        case "/unlink":
            return await _unlink(talk)
        case "/stop":
            return await answer(talk, "sys-stop", {})
        case "/language" | "/lang":
            return await answer(talk, "sys-language", {})
        case "/human":
            return await hand_over_pressed(talk, fresh=True)
        case _:
            return await answer(talk, "sys-help", {})


async def _greeting(talk: Talk) -> Answer:
    facts = await talk.facts()
    lines = [
        talk.say("greeting", school=facts.get("name", talk.say("the_school"))),
        talk.say("greeting_stranger" if talk.chat.account_id is None else "greeting_linked"),
    ]
    return talk.answer("\n".join(lines), _menu(talk))


def _menu(talk: Talk) -> list[Button]:
    intents = _STRANGERS_MENU if talk.chat.account_id is None else _MENU
    return [*(talk.intent_button(intent) for intent in intents), talk.button("talk_to_person", "h")]


# -- Language ---------------------------------------------------------------------------------------------------------


def _languages(talk: Talk) -> Answer:
    return talk.answer(talk.say("language_choose"), [Button("Tiếng Việt", "g:vi"), Button("English", "g:en")])


def change_language(talk: Talk, language: str) -> Answer:
    talk.speak(language)
    return talk.answer(talk.say("language_changed"), intent="sys-language")


# -- Linking and stopping ---------------------------------------------------------------------------------------------


async def _link(talk: Talk, code: str) -> Answer:
    found = await links.link_chat(talk.house, talk.chat, code)
    if isinstance(found, links.Refused):
        return talk.answer(talk.say(f"link_{found.why}"), intent="sys-link")
    linked = Talk(talk.house, _linked(talk, found), talk.incoming)
    talk.chat, talk.memory = linked.chat, Memory(english=talk.memory.english)
    children = await linked.children()
    if not children:
        return talk.answer(talk.say("linked_no_children"), intent="sys-link")
    # Initials only: the reader knows the child, whoever looks over the shoulder does not.
    names = ", ".join(_initials(child.full_name) for child in children)
    return talk.answer(talk.say("linked", children=names), _menu(talk), intent="sys-link")


def _linked(talk: Talk, found: links.Linked) -> Chat:
    return Chat(
        channel=talk.chat.channel,
        chat_id=talk.chat.chat_id,
        account_id=found.account_id,
        language=talk.chat.language,
        memory=Memory(english=talk.memory.english),
    )


def _initials(name: str) -> str:
    return ".".join(word[0] for word in name.split()) + "."


async def _unlink(talk: Talk) -> Answer:
    known = await links.unlink_chat(talk.house, talk.chat) if talk.incoming.channel != "web" else False
    if known:
        talk.forget_account()
    return talk.answer(talk.say("unlinked" if known else "not_linked"), intent="sys-unlink")


def link_first(talk: Talk, intent: str) -> Answer:
    house = talk.house.settings
    where = f"{house.public_url}/app" if house.public_url else ""
    key = f"link_first_{talk.incoming.channel}"
    return talk.answer(talk.say(key, where=where).strip(), intent=intent)


# -- To a person ------------------------------------------------------------------------------------------------------


async def hand_over_pressed(talk: Talk, *, fresh: bool = False) -> Answer:
    """The last question that was not understood goes as it is; without one, the next message will."""
    if talk.memory.question and not fresh:
        return await hand_over(talk, talk.memory.question, asked=True)
    talk.remember(noting=True, asked="")
    return talk.answer(talk.say("what_to_note"), intent="sys-human")


async def hand_over(talk: Talk, question: str, *, asked: bool) -> Answer:
    talk.remember(noting=False, unsure=0, question="", asked="", intent="", intent_at=None)
    school_id = await talk.school()
    if school_id is None:
        return talk.answer("\n".join([talk.say("no_school_known"), call_line(talk.language, {})]), intent="sys-human")
    at = talk.incoming.at
    opened = await handoffs.hand_over(
        talk.house, school_id, talk.chat, talk.incoming.update_id, question, language=talk.language, at=at
    )
    if opened.taken:
        return talk.answer(talk.say("with_person"), [talk.button("to_bot", "b")], intent="sys-human")
    how = f"{await _how_answered(talk)} {promise(opened.due, at, talk.language)}".strip()
    if talk.chat.account_id is None and talk.incoming.channel == "web":
        talk.remember(handoff=(school_id, opened.handoff_id))
    return talk.answer(talk.say("handed_over_asked" if asked else "handed_over", how=how), intent="sys-human")


async def _how_answered(talk: Talk) -> str:
    """A messenger can be written to, and so can the chat of who is signed in; a stranger on the web has to leave a phone number."""
    if talk.incoming.channel != "web" or talk.chat.account_id is not None:
        return talk.say("reply_here")
    phone = (await talk.facts()).get("phone")
    return talk.say("reply_stranger", phone=phone) if phone else talk.say("reply_stranger_plain")


async def add_contact(talk: Talk, text: str) -> Answer:
    assert talk.memory.handoff is not None, "asked for only after a note was left"
    school_id, handoff_id = talk.memory.handoff
    await handoffs.add_to(talk.house, school_id, handoff_id, text)
    talk.remember(handoff=None)
    return talk.answer(talk.say("contact_added"), intent="sys-human")
