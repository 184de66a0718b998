"""One engine for every channel: a message and what is known of its chat in, an answer and what to remember out.

It reads through the rooms' own queries with the asker's account, so that a chat can never see more than its family.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from backend.core.house import House
from backend.core.metrics import CHAT_TURNS
from backend.core.text import fold
from bots import listening, system
from bots.answers import notices, personal, really, which_child
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
from schemas.people import Child

_LEVELS: Final = ("preschool", "primary", "lower-secondary", "upper-secondary")
_TRANSFER_OF: Final = {level: f"transfer-{level}" for level in _LEVELS}
_BUTTONS_MAX: Final = 6
_REPLY_WORDS_MAX: Final = 6
# Safety first: these show a number to ring before any other text (the general ones carry it in their knowledge).
_CALL_FIRST: Final = frozenset({"my-attendance-today"})


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
        return Turn(heard.answer, msgspec.structs.replace(talk.chat, memory=talk.memory), heard.outcome)
    answer = await _answer(talk)
    kept = msgspec.structs.replace(talk.chat, memory=talk.memory)
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
    if talk.memory.asked and (named := await _names_child(talk, text)) is not None:
        return named
    return await _understood(talk, understand(text, talk.previous), text)


async def _understood(talk: Talk, meant: Understanding, text: str) -> Answer:
    if really.asks(text, suspicious=really.INTENT in (meant.intent, talk.previous)):
        return await _checked(talk, text)
    unsure = meant.intent == NONE or meant.score < SURE
    # Whoever asks for somebody else's child gets no suggestions, and nothing here may come before that refusal.
    if unsure and meant.suggestions and (own := await talk.own_question(text)) is not None:
        talk.remember(unsure=0, question=text, asked="")
        return await _general(talk, own, meant.slots)
    if meant.intent == NONE and (not meant.suggestions or meant.score >= SURE):
        if meant.suggestions:
            await _note(talk, meant, text)
        return _refused(talk, others=not meant.suggestions)
    if unsure:
        return await _unsure(talk, meant, text)
    talk.remember(unsure=0, question=text, asked="")
    also = meant.also
    if also is None and not meant.intent.startswith(("my-", "sys-")):
        if (own := await talk.own_rather_than(meant.intent, text)) is not None:
            return await _say(talk, own, meant.slots, (), also=meant.intent)
        also = await talk.own_question(text, SAME)
    return await _say(talk, meant.intent, meant.slots, _plain(text), also=also)


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
    if kind == "h":
        return await system.hand_over_pressed(talk)
    if kind == "g" and value in ("vi", "en"):
        return system.change_language(talk, value)
    if kind == "i" and (value in every_intent() or value.startswith(OWN_PREFIX)):
        slots = talk.memory.slots
        talk.remember(unsure=0)
        return await _say(talk, value, slots, _plain(talk.memory.question))
    if kind == "l" and value in _LEVELS and talk.previous is not None:
        intent = _TRANSFER_OF[value] if talk.previous == "transfer-general" else talk.previous
        return await _say(talk, intent, {**talk.memory.slots, "level": value}, ())
    if kind == "c" and value.isdigit() and talk.memory.asked and int(value) < len(talk.memory.children):
        talk.remember(child=talk.memory.children[int(value)])
        return await _personal(talk, talk.memory.asked, talk.memory.slots, (), chosen=talk.memory.child)
    return talk.answer(talk.say("stale_button"))


async def _say(talk: Talk, intent: str, slots: Slots, words: tuple[str, ...], *, also: str | None = None) -> Answer:
    """The answer to an intent, and what follows from having given it."""
    if intent.startswith("sys-"):
        return await system.answer(talk, intent, slots)
    if personal.is_personal(intent):
        answer = await _personal(talk, intent, slots, words)
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
    text = render(told, await talk.facts(), talk.today, level=level)
    if not intent.startswith(OWN_PREFIX):  # the understanding, which may carry it on, knows only its own intents
        talk.remember(intent=intent, intent_at=talk.incoming.at, slots=slots)
    return talk.answer(text, _buttons(talk, intent, set(told.levels) - {told.level}, told.also, level), intent=intent)


def _buttons(talk: Talk, intent: str, levels: object, also: tuple[str, ...], level: str | None) -> list[Button]:
    buttons = []
    if level is None:
        asked = _LEVELS if intent == "transfer-general" else tuple(name for name in _LEVELS if name in set(levels))  # type: ignore[call-overload]
        buttons += [talk.button(f"level_{name}", f"l:{name}") for name in asked]
    return [*buttons, *(talk.intent_button(other) for other in also)][:_BUTTONS_MAX]


# -- What only the family may know ------------------------------------------------------------------------------------


async def _personal(
    talk: Talk, intent: str, slots: Slots, words: tuple[str, ...], *, chosen: tuple[int, object] | None = None
) -> Answer:
    account_id = talk.chat.account_id
    call = [call_line(talk.language, await talk.facts())] if intent in _CALL_FIRST else []
    if account_id is None:
        return _with_call(call, system.link_first(talk, intent))
    asker = talk.asker(account_id)
    if intent in personal.ABOUT_THE_FAMILY:
        talk.remember(intent=intent, intent_at=talk.incoming.at, slots=slots, asked="")
        return talk.answer(await notices.unread(asker, await talk.schools()), intent=intent)
    children = await talk.children()
    if not children:
        return _with_call(call, talk.answer(talk.say("no_children"), intent=intent))
    if chosen is not None:
        choice: which_child.Choice = next(
            (c for c in children if (c.school_id, c.pupil_id) == chosen), which_child.Ask()
        )
    else:
        choice = which_child.choose(children, slots, words, talk.last_child)
    if isinstance(choice, which_child.NotYours):
        return talk.answer(talk.say("child_not_yours", name=choice.name), intent=NONE)
    if isinstance(choice, which_child.Ask):
        return _with_call(call, _which(talk, children, intent, slots))
    text = await personal.about(asker, intent, choice, slots)
    if text is None:  # the right ended between two statements
        return talk.answer(talk.say("no_children"), intent=intent)
    child = (choice.school_id, choice.pupil_id)
    talk.remember(intent=intent, intent_at=talk.incoming.at, slots=slots, child=child, asked="", unsure=0)
    return _with_call(call, talk.answer(text, _next_steps(talk, intent), intent=intent))


def _with_call(call: list[str], answer: Answer) -> Answer:
    return msgspec.structs.replace(answer, text="\n".join([*call, answer.text])) if call else answer


def _which(talk: Talk, children: Sequence[Child], intent: str, slots: Slots) -> Answer:
    """The buttons are numbers into an order that stays here."""
    order = tuple((child.school_id, child.pupil_id) for child in children)
    talk.remember(asked=intent, slots=slots, children=order)
    buttons = [
        Button(f"{child.full_name} ({child.class_name})" if child.class_name else child.full_name, f"c:{number}")
        for number, child in enumerate(children)
    ]
    return talk.answer(talk.say("which_child"), buttons, intent=intent)


async def _names_child(talk: Talk, text: str) -> Answer | None:
    """After “which child?”, a short reply that names one of them."""
    words = _plain(text)
    if talk.chat.account_id is None or len(words) > _REPLY_WORDS_MAX:
        return None
    named = [child for child in await talk.children() if _is_answered_by(child, " ".join(words))]
    if len(named) != 1:
        return None
    chosen = (named[0].school_id, named[0].pupil_id)
    return await _personal(talk, talk.memory.asked, talk.memory.slots, (), chosen=chosen)


def _is_answered_by(child: Child, reply: str) -> bool:
    name = fold(child.full_name)
    given = name.rpartition(" ")[2]
    return (
        reply in (name, given)
        or reply.endswith(" " + given)
        or reply.removeprefix("lop ") == fold(child.class_name or "-")
    )


def _plain(text: str) -> tuple[str, ...]:
    """The words as typed, folded. Names are compared with these: the understanding has put names aside."""
    return tuple(fold(text).split())


def _next_steps(talk: Talk, intent: str) -> list[Button]:
    if intent == "my-balance":
        return [talk.intent_button("fee-pay-how")]
    if intent in personal.NOT_KEPT:
        return [talk.button("talk_to_person", "h")]
    return []
