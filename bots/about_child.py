"""What only the family may know or do: which of its children is meant, then the answer or the deed, asked with its own account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from backend.core.text import fold
from bots import absences, confirming, hours_told, naming, noticing, paying, system
from bots.answers import personal, which_child
from bots.answers.asking import Told
from bots.answers.render import call_line
from bots.context import OwnChild
from bots.intents_phrases import NONE
from bots.memory import ChildKey
from bots.slots import Slots
from bots.talk import Talk
from schemas.chat import Answer, Button

# Deeds stand beside the intents about a child: which child is meant is asked in the same way.
DEEDS: Final[dict[str, Callable[[Talk, OwnChild, Slots], Awaitable[Answer]]]] = {
    absences.DEED: absences.begin,
    hours_told.LATE: hours_told.begin_late,
    hours_told.EARLY: hours_told.begin_early,
    paying.DEED: paying.codes_of_child,
}
_GROWN_FROM: Final = {
    absences.DEED: absences.INTENT, hours_told.LATE: absences.INTENT, hours_told.EARLY: absences.INTENT, paying.DEED: "fee-pay-how",
}  # fmt: skip
# Safety first: these show a number to ring before any other text (the general ones carry it in their knowledge).
_CALL_FIRST: Final = frozenset({"my-attendance-today"})
_REPLY_WORDS_MAX: Final = 6


async def about(
    talk: Talk, intent: str, slots: Slots, words: tuple[str, ...], *, chosen: ChildKey | None = None
) -> Answer:
    """`intent` may be a deed. `words` are those in which a child may be named; `chosen` the child whose button was pressed."""
    call = [call_line(talk.language, await talk.facts())] if intent in _CALL_FIRST else []
    if talk.chat.account_id is None:
        return _with_call(call, system.link_first(talk, intent if intent not in DEEDS else ""))
    if intent in personal.ABOUT_THE_FAMILY:
        return await _of_family(talk, intent, slots)
    children = await talk.children()
    if not children:
        return _with_call(call, talk.answer(talk.say("no_children"), intent=_told_as(intent)))
    last = None if intent in personal.ABOUT_ALL else talk.last_child
    choice = _chosen(children, chosen) if chosen else which_child.choose(children, slots, words, last)
    if isinstance(choice, which_child.NotYours):
        return talk.answer(talk.say("child_not_yours", name=choice.name), intent=NONE)
    if isinstance(choice, which_child.Ask) and not choice.called and intent in personal.ABOUT_ALL:
        return await _about_all(talk, intent, children, slots)
    if isinstance(choice, which_child.Ask):
        return _with_call(call, _which(talk, children, intent, slots, choice.called))
    return _with_call(call, await _about_one(talk, intent, choice, slots))


def _chosen(children: Sequence[OwnChild], key: ChildKey) -> which_child.Choice:
    return next((child for child in children if (child.school_id, child.pupil_id) == key), which_child.Ask())


async def _about_one(talk: Talk, intent: str, child: OwnChild, slots: Slots) -> Answer:
    talk.remember(child=(child.school_id, child.pupil_id), asked="", unsure=0)
    deed = DEEDS.get(intent)
    if deed is not None:
        return naming.offered(talk, child, await deed(talk, child, slots))
    assert talk.chat.account_id is not None
    talk.remember(intent=intent, intent_at=talk.incoming.at, slots=slots)
    if intent in personal.SENSITIVE and not talk.confirmed:
        return confirming.ask(talk, intent)
    told = await personal.about(talk.asker(talk.chat.account_id), intent, child, slots)
    if told is None:  # the right ended between two statements
        return talk.answer(talk.say("no_children"), intent=intent)
    return naming.offered(talk, child, _answered(talk, intent, told))


async def _about_all(talk: Talk, intent: str, children: Sequence[OwnChild], slots: Slots) -> Answer:
    assert talk.chat.account_id is not None
    talk.remember(child=None, asked="", unsure=0, intent=intent, intent_at=talk.incoming.at, slots=slots)
    asker = talk.asker(talk.chat.account_id)
    return _answered(talk, intent, await personal.ABOUT_ALL[intent](asker, children, slots))


def _answered(talk: Talk, intent: str, told: Told) -> Answer:
    if told.held_back:
        talk.remember(locked=intent)
    held_back = [talk.button("show_held_back", "u")] if told.held_back else []
    person = [talk.button("talk_to_person", "h")] if told.ask_person else []
    also = [talk.intent_button(other) for other in told.also]
    return talk.answer(told.text, [*_next_steps(talk, intent), *held_back, *person, *also], intent=intent)


async def _of_family(talk: Talk, intent: str, slots: Slots) -> Answer:
    talk.remember(intent=intent, intent_at=talk.incoming.at, slots=slots, asked="")
    return await noticing.unread(talk, intent)


def _with_call(call: list[str], answer: Answer) -> Answer:
    return msgspec.structs.replace(answer, text="\n".join([*call, answer.text])) if call else answer


def _told_as(intent: str) -> str:
    """Deeds are counted under the intent they grew from."""
    return _GROWN_FROM.get(intent, intent)


def _which(talk: Talk, children: Sequence[OwnChild], intent: str, slots: Slots, called: str) -> Answer:
    """The buttons are numbers into an order that stays here, under a key that the next question makes stale."""
    order = tuple((child.school_id, child.pupil_id) for child in children)
    talk.remember(asked=intent, slots=slots, children=order, list_key=talk.key, called=called)
    buttons = [
        Button(
            f"{child.full_name} ({child.class_name})" if child.class_name else child.full_name, f"c:{talk.key}:{number}"
        )
        for number, child in enumerate(children)
    ]
    if called:
        buttons.append(talk.button("not_mine", f"c:{talk.key}:none"))
    text = talk.say("which_child_called", name=called) if called else talk.say("which_child")
    return talk.answer(text, buttons, intent=_told_as(intent))


async def pressed(talk: Talk, value: str) -> Answer | None:
    """`<key>:<number>` of a child's button. None where it is not of the newest question."""
    key, _, number = value.partition(":")
    memory = talk.memory
    if not memory.asked or key != memory.list_key:
        return None
    if number == "none" and memory.called:
        talk.remember(asked="", called="", list_key="")
        return talk.answer(talk.say("child_not_yours", name=memory.called), intent=NONE)
    if not number.isdigit() or int(number) >= len(memory.children):
        return None
    return await about(talk, memory.asked, memory.slots, (), chosen=memory.children[int(number)])


async def named(talk: Talk, text: str) -> Answer | None:
    """After “which child?”, a short reply that names one of them."""
    words = plain(text)
    if talk.chat.account_id is None or len(words) > _REPLY_WORDS_MAX:
        return None
    found = [child for child in await talk.children() if which_child.answers_to(child, " ".join(words))]
    if len(found) != 1:
        return None
    talk.remember(called="")
    return await about(talk, talk.memory.asked, talk.memory.slots, (), chosen=(found[0].school_id, found[0].pupil_id))


def plain(text: str) -> tuple[str, ...]:
    """The words as typed, folded. Names are compared with these: the understanding has put names aside."""
    return tuple(fold(text).split())


def _next_steps(talk: Talk, intent: str) -> list[Button]:
    if intent == "my-balance":
        return [talk.button("pay_by_code", "d:pay"), talk.intent_button("fee-pay-how")]
    if intent == "my-homework":
        return [talk.intent_button("contact-teacher")]
    return []
