"""One engine for every channel: a message and what is known of its chat in, an answer and what to remember out.

It reads through the rooms' own queries with the asker's account, so that a chat can never see more than its family.
"""

from __future__ import annotations

from typing import Final

import msgspec

from backend.core.house import House
from backend.core.metrics import CHAT_TURNS
from bots import about_child, absences, confirming, hours_told, listening, naming, noticing, paying, system
from bots.answers import dossiers, personal, really
from bots.answers.layers import OWN_PREFIX
from bots.answers.render import call_line, render
from bots.chats import Chat
from bots.editor import unanswered
from bots.intents import SURE, Understanding, every_intent, understand
from bots.intents_own import SAME
from bots.intents_phrases import NONE
from bots.slots import Slots, read_phone
from bots.talk import Talk
from schemas.chat import Answer, Button, Incoming

_LEVELS: Final = ("preschool", "primary", "lower-secondary", "upper-secondary")
_TRANSFER_OF: Final = {level: f"transfer-{level}" for level in _LEVELS}
_BUTTONS_MAX: Final = 6
# Where a general answer tells how something is done, the deed itself is offered; it asks who one is.
_DEEDS: Final = (
    (absences.INTENT, "absence_begin", "d:absence"),
    (paying.INTENT, "pay_by_code", "d:pay"),
)


class Turn(msgspec.Struct, frozen=True):
    """answer None: say nothing. outcome is for counting and for looking into troubles; it holds no words of the reader."""

    answer: Answer | None
    chat: Chat
    outcome: str


async def turn(house: House, chat: Chat, incoming: Incoming) -> Turn:
    """Answer one message. Sends nothing and keeps nothing but notes to the school."""
    talk = Talk(house, chat, incoming)
    if not incoming.private:
        # In groups only a command to the bot is answered, once and politely; everything else there is none of its business.
        answer = talk.answer(talk.say("group")) if incoming.text.startswith("/") else None
        return Turn(answer, chat, "group")
    if (heard := await listening.heard(talk)) is not None:
        return Turn(heard.answer, talk.done(), heard.outcome)
    answer = await _answer(talk)
    kept = talk.done()
    outcome = answer.intent or "unsure"
    CHAT_TURNS.labels(incoming.channel, _kind(outcome)).inc()
    return Turn(answer, kept, outcome)


def _kind(outcome: str) -> str:
    if outcome in ("unsure", NONE):
        return outcome
    return "personal" if personal.is_personal(outcome) else "system" if outcome.startswith("sys-") else "general"


async def _answer(talk: Talk) -> Answer:
    if talk.incoming.button is not None:
        return await _pressed(talk, talk.incoming.button)
    text = talk.incoming.text.strip()
    if text.startswith("/"):
        return await system.command(talk, text)
    if not text:
        return talk.answer(talk.say("empty"))
    if talk.memory.noting:
        return await system.hand_over(talk, text, asked=True)
    if talk.memory.handoff is not None and read_phone(text) is not None:
        return await system.add_contact(talk, text)
    talk.remember(handoff=None)
    if (going_on := await absences.go_on(talk, text)) is not None:
        return going_on
    if talk.memory.asked and (named := await about_child.named(talk, text)) is not None:
        return named
    if (called := await naming.told(talk, text)) is not None:
        return called
    if dossiers.names_one(text):
        talk.remember(unsure=0, question=text, asked="", called="")
        return await _say(talk, dossiers.INTENT, {}, about_child.plain(text))
    return await _understood(talk, understand(text, talk.previous), text)


async def _understood(talk: Talk, meant: Understanding, text: str) -> Answer:
    if really.asks(text, suspicious=really.INTENT in (meant.intent, talk.previous)):
        return await _checked(talk, text)
    unsure = meant.intent == NONE or meant.score < SURE
    # Whoever asks for somebody else's child gets no suggestions, and nothing here may come before that refusal.
    told = absences.DEED if absences.reports(meant, text) else hours_told.tells(meant, text)
    if talk.chat.account_id is not None and meant.suggestions and told is not None:
        talk.remember(unsure=0, question=text, asked="", called="")
        return await _say(talk, told, meant.slots, about_child.plain(text))
    if unsure and meant.suggestions and (own := await talk.own_question(text)) is not None:
        talk.remember(unsure=0, question=text, asked="")
        return await _general(talk, own, meant.slots)
    if meant.intent == NONE and (not meant.suggestions or meant.score >= SURE):
        if meant.suggestions:
            await _note(talk, meant, text)
        return _refused(talk, others=not meant.suggestions)
    if unsure:
        return await _unsure(talk, meant, text)
    talk.remember(unsure=0, question=text, asked="", called="")
    intent = _deed(talk, meant, text)
    also = meant.also
    if also is None and intent == meant.intent and not intent.startswith(("my-", "sys-")):
        if (own := await talk.own_rather_than(intent, text)) is not None:
            return await _say(talk, own, meant.slots, (), also=intent)
        also = await talk.own_question(text, SAME)
    return await _say(talk, intent, meant.slots, about_child.plain(text), also=also)


def _deed(talk: Talk, meant: Understanding, text: str) -> str:
    """A linked family that tells of an absence or wants the code to pay is not told how one does that: it is done."""
    if talk.chat.account_id is None:
        return meant.intent
    if absences.tells(meant, text):
        return absences.DEED
    if meant.intent in paying.NEAR and paying.asks(text):
        return paying.DEED
    return meant.intent


async def _note(talk: Talk, meant: Understanding, text: str) -> None:
    """For the school's list of questions that want an answer."""
    school_id = await talk.school()
    if school_id is not None:
        await unanswered.note(talk.house, school_id, talk.chat, talk.incoming.update_id, text, meant.intent)


async def _checked(talk: Talk, text: str) -> Answer:
    """Of the school or not, from the same registers as /verify. The next number that is sent is looked up as well."""
    talk.remember(unsure=0, question="", asked="", intent=really.INTENT, intent_at=talk.incoming.at, slots={})
    said = await really.answer(talk.house, text, talk.language)
    call = call_line(talk.language, await talk.facts())
    return talk.answer(f"{call}\n{said}", [talk.button("talk_to_person", "h")], intent=really.INTENT)


def _refused(talk: Talk, *, others: bool) -> Answer:
    talk.remember(unsure=0, asked="", intent="", intent_at=None)
    key = "others_data" if others else "out_of_scope"
    buttons = [talk.button("what_else", "i:sys-help"), talk.button("talk_to_person", "h")]
    return talk.answer(talk.say(key), buttons, intent=NONE)


async def _unsure(talk: Talk, meant: Understanding, text: str) -> Answer:
    """Ask once with three suggestions; who is not understood twice is given to a person."""
    if talk.memory.unsure >= 1:
        question = "\n".join(dict.fromkeys(part for part in (talk.memory.question, text) if part))
        return await system.hand_over(talk, question, asked=False)
    talk.remember(unsure=1, question=text, slots=meant.slots, asked="")
    await _note(talk, meant, text)
    buttons = [talk.intent_button(intent) for intent in meant.suggestions]
    return talk.answer(talk.say("unsure"), [*buttons, talk.button("not_these", "h")])


async def _pressed(talk: Talk, press: str) -> Answer:
    """Buttons carry no person and no right: what they lead to is asked again with the asker's own account."""
    kind, _, value = press.partition(":")
    found = await _led_to(talk, kind, value)
    return talk.answer(talk.say("stale_button")) if found is None else found


async def _led_to(talk: Talk, kind: str, value: str) -> Answer | None:
    """None for buttons that are too old, or were never ours."""
    match kind:
        case "h":
            return await system.hand_over_pressed(talk)
        case "g" if value in ("vi", "en"):
            return system.change_language(talk, value)
        case "i" if value in every_intent() or value.startswith(OWN_PREFIX):
            slots = talk.memory.slots
            talk.remember(unsure=0)
            return await _say(talk, value, slots, about_child.plain(talk.memory.question))
        case "l" if value in _LEVELS and talk.previous is not None:
            intent = _TRANSFER_OF[value] if talk.previous == "transfer-general" else talk.previous
            return await _say(talk, intent, {**talk.memory.slots, "level": value}, ())
        case "d" if value in ("absence", "pay"):
            talk.remember(question="", called="", absence=None)
            return await about_child.about(talk, f"do-{value}", {}, ())
        case "c":
            return await about_child.pressed(talk, value)
        case "u":
            return await _confirmed(talk)
        case "q":
            return await paying.bill_pressed(talk, value)
        case "r":
            return await paying.all_pressed(talk, value)
        case "k":
            return await paying.request_pressed(talk, value)
        case "a":
            return await noticing.pressed(talk, value)
        case "m" | "v":
            return await naming.pressed(talk, kind, value)
        case "y" | "z" | "s" | "x" | "w":
            return await absences.pressed(talk, kind, value)
    return None


async def _confirmed(talk: Talk) -> Answer | None:
    """The family says that it has confirmed in the app. If so, what it asked for; if not, the way once more."""
    intent = talk.memory.locked
    if not intent or talk.chat.account_id is None:
        return None
    if not talk.confirmed:
        return confirming.ask(talk, intent)
    talk.remember(locked="")
    return await about_child.about(talk, intent, talk.memory.slots, (), chosen=talk.memory.child)


async def _say(talk: Talk, intent: str, slots: Slots, words: tuple[str, ...], *, also: str | None = None) -> Answer:
    """The answer to an intent, and what follows from having given it."""
    if intent.startswith("sys-"):
        return await system.answer(talk, intent, slots)
    if personal.is_personal(intent) or intent in about_child.DEEDS:
        answer = await about_child.about(talk, intent, slots, words)
    else:
        answer = await _general(talk, intent, slots)
    if also is not None:
        asked = Button(talk.say("also_asked", title=talk.title(also)), f"i:{also}")
        answer = msgspec.structs.replace(answer, buttons=(asked, *answer.buttons)[:_BUTTONS_MAX])
    return answer


# -- What anybody may know --------------------------------------------------------------------------------------------


async def _general(talk: Talk, intent: str, slots: Slots) -> Answer:
    level = str(slots["level"]) if "level" in slots else None
    told = await talk.told(intent, level)
    if told is None and intent.startswith(OWN_PREFIX):
        return talk.answer(talk.say("stale_button"))
    if told is None:
        return await system.hand_over(talk, talk.memory.question or intent, asked=False)
    facts = await talk.facts()
    text = render(told, facts, talk.today, level=level)
    where = dossiers.filed_at(talk.house.settings.public_url, await talk.school(), facts.get("level", ""), intent)
    if where and talk.chat.account_id is not None:
        text += "\n\n" + talk.say("dossier_file_at", where=where)
    if not intent.startswith(OWN_PREFIX):  # the understanding, which may carry it on, knows only its own intents
        talk.remember(intent=intent, intent_at=talk.incoming.at, slots=slots)
    return talk.answer(text, _buttons(talk, intent, set(told.levels) - {told.level}, told.also, level), intent=intent)


def _buttons(talk: Talk, intent: str, levels: object, also: tuple[str, ...], level: str | None) -> list[Button]:
    buttons = []
    if level is None:
        asked = _LEVELS if intent == "transfer-general" else tuple(name for name in _LEVELS if name in set(levels))  # type: ignore[call-overload]
        buttons += [talk.button(f"level_{name}", f"l:{name}") for name in asked]
    buttons += [talk.button(key, press) for of, key, press in _DEEDS if of == intent]
    return [*buttons, *(talk.intent_button(other) for other in also)][:_BUTTONS_MAX]
