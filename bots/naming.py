"""Names for use at home, in chat: "bé An ở nhà gọi là Na", and the offer to keep a name after the child was picked by a button."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from backend.core.problems import INVALID, NOT_FOUND, Problem
from backend.core.text import clean, fold
from bots import nicknames
from bots.absence_words import flat
from bots.answers import which_child
from bots.context import OwnChild
from bots.slots import Slots
from bots.talk import Talk
from schemas.chat import Answer, Button

INTENT: Final = "sys-help"
_CHILD: Final = r"(?:(?:be|con|chau|em|thang|cu|nhoc) )?(?P<child>[^,.;:!?]{1,40}?)"
_NAME: Final = r"(?:(?:be|con|chau|em|cu) )?(?P<name>[^,.;:!?]{1,30}?)"
_WHAT: Final = r"(?:ten o nha|ten goi o nha|biet danh|ten than mat|nickname)"
_TAIL: Final = r"(?: (?:a|nhe|nha|day|do|ban|please))*[.!]*$"
_SHAPES: Final = tuple(
    re.compile(shape + _TAIL)
    for shape in (
        r"^(?:toi |minh |em |gia dinh |nha (?:toi|minh) )?(?:o nha |nha )?(?:hay |thuong |cu )?"
        rf"(?:goi|dat ten(?: goi)?(?: cho)?) {_CHILD} (?:o nha )?la {_NAME}",
        rf"^{_CHILD} (?:o nha )?(?:hay |thuong |con )?(?:duoc )?goi la {_NAME}",
        rf"^{_CHILD} (?:co )?{_WHAT}(?: la)? {_NAME}",
        rf"^{_WHAT} cua {_CHILD} la {_NAME}",
        rf"^(?:at home )?(?:we|i) call {_CHILD} {_NAME}",
        rf"^{_CHILD} is called {_NAME} at home",
        rf"^(?:the )?nickname of {_CHILD} is {_NAME}",
    )
)


async def told(talk: Talk, text: str) -> Answer | None:
    """None where no name is given, or the child is none of theirs: then it is an ordinary message."""
    if talk.chat.account_id is None:
        return None
    said = clean(text)
    words = flat(said)
    match = next((found for shape in _SHAPES if (found := shape.match(words))), None)
    if match is None or len(words) != len(said):
        return None
    child = await _meant(talk, said[slice(*match.span("child"))])
    if child is None:
        return None
    return await _give(talk, child, said[slice(*match.span("name"))])


async def _meant(talk: Talk, named: str) -> OwnChild | None:
    children = await talk.children()
    found = [child for child in children if which_child.answers_to(child, fold(named))]
    if len(found) == 1:
        return found[0]
    order: Slots = {}
    for word, place in (("ut", "youngest"), ("ca", "oldest"), ("lon", "oldest"), ("nho", "youngest")):
        if fold(named) in (word, f"con {word}", f"be {word}", f"dua {word}"):
            order = {"child_order": place}
    chosen = which_child.choose(children, order, (), None) if order and children else None
    return chosen if isinstance(chosen, OwnChild) else None


async def _give(talk: Talk, child: OwnChild, name: str) -> Answer:
    assert talk.chat.account_id is not None
    try:
        kept = await nicknames.give(
            talk.house, talk.chat.account_id, child.school_id, child.pupil_id, name, on=talk.today
        )
    except Problem as problem:
        if problem.kind is NOT_FOUND:
            return talk.answer(talk.say("no_children"), intent=INTENT)
        sentences = [problem.sentence(talk.language)]
        if problem.kind is INVALID:
            sentences = [error.en if talk.language == "en" else error.vi for error in problem.errors]
        return talk.answer("\n".join(sentences), intent=INTENT)
    talk.remember(child=(child.school_id, child.pupil_id), called="")
    drop = talk.button("nickname_drop", f"v:{child.school_id}:{fold(kept)}", name=kept)
    return talk.answer(talk.say("nickname_given", name=kept, child=child.full_name), [drop], intent=INTENT)


def offered(talk: Talk, child: OwnChild, answer: Answer) -> Answer:
    """After a child was picked by a button for a name that nobody bore: shall it be called so from now on?"""
    called = talk.memory.called
    if not called or talk.memory.list_key == "":
        return answer
    keep = Button(talk.say("nickname_keep", name=called, child=child.full_name), f"m:{talk.memory.list_key}")
    return msgspec.structs.replace(answer, buttons=(*answer.buttons, keep))


async def pressed(talk: Talk, kind: str, value: str) -> Answer | None:
    """m keeps the name that was asked about; v lets one go."""
    if talk.chat.account_id is None:
        return None
    if kind == "m":
        memory = talk.memory
        child = next((c for c in await talk.children() if (c.school_id, c.pupil_id) == memory.child), None)
        if not memory.called or value != memory.list_key or child is None:
            return None
        return await _give(talk, child, memory.called)
    school, _, name = value.partition(":")
    if not (school.isascii() and school.isdigit() and len(school) <= 18 and name):
        return None
    if not await nicknames.drop(talk.house, talk.chat.account_id, int(school), name):
        return None
    return talk.answer(talk.say("nickname_dropped"), intent=INTENT)
