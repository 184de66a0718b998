"""Telling the school that a child stays away: understood from words, shown back, sent on a yes, taken back by a button.

What is sent is the same typed message as the app's, in the thread with the homeroom teacher, under the same rules; so the roll shows
it as told. It owns nothing; the absence that is being told lies in the talk's memory until it is sent.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from backend.core.ids import new_id
from backend.core.problems import INVALID, NOT_FOUND, Problem
from backend.core.text import clean, fold
from backend.messages import rules
from backend.messages.acceptance import RULES_NOT_ACCEPTED
from backend.messages.actions import send
from backend.messages.changing import withdraw
from backend.messages.opening import open_thread
from backend.messages.queries import thread_of_message
from bots import absence_words, hours_told
from bots.context import OwnChild
from bots.intents import Understanding, understand
from bots.intents_phrases import NONE
from bots.memory import ToldAbsence
from bots.slots import Slots
from bots.talk import Talk
from bots.telling import INTENT as INTENT
from bots.telling import SchoolDays, ask, remark, span, wrong, yes_or_no
from schemas.chat import Answer, Button
from schemas.messages import Absent, NewMessage, NewThread, Request

DEED: Final = "do-absence"
_NAMESPACE: Final = UUID("2f0a3d52-77c5-4a5e-9a0c-9a6b3a2f5f10")
_REASONS: Final = ("sick", "doctor", "family")
_YES: Final = re.compile(
    r"^(?:da |vang |uh |u )*(?:dung|dung roi|phai|ok|oke|okay|gui|gui di|gui luon|co|vang|da|dong y|chuan|xac nhan|"
    r"yes|yep|sure|correct|send|send it)(?: a| nhe| co| thay| ban)*$"
)
_NO: Final = re.compile(
    r"^(?:da |thoi )*(?:khong|ko|k|thoi|huy|bo|sai|khong dung|chua|no|nope|cancel|stop)(?: a| nhe| co| thay| gui)*$"
)
_WORDS_MAX: Final = 40
_A_DAY: Final = re.compile(r"[0-9]{1,2}")
_PLAINLY: Final = 0.8


def reports(meant: Understanding, text: str) -> bool:
    """Told so plainly that it needs no sure understanding, which a Sunday alone can shake."""
    return absence_words.reports(text) or (meant.suggestions[:1] == (INTENT,) and absence_words.plainly(text))


def tells(meant: Understanding, text: str) -> bool:
    """Whether this tells of an absence rather than asks how one is told."""
    if meant.intent == INTENT:
        return absence_words.is_told(text)
    return INTENT in meant.suggestions and absence_words.pleads(text)


async def begin(talk: Talk, child: OwnChild, slots: Slots) -> Answer:
    """From the words that were understood, or from nothing after a button."""
    if not child.can_act:
        return talk.answer(talk.say("absence_may_not", child=child.full_name), intent=INTENT)
    text = talk.memory.question
    days = absence_words.days(text, talk.today)
    draft = ToldAbsence(
        key=talk.key,
        child=(child.school_id, child.pupil_id),
        first=days.first if days else None,
        last=days.last if days else None,
        why=_why(talk, text),
    )
    return await _show(talk, child, draft)


def _why(talk: Talk, text: str) -> str:
    why, half = absence_words.reason(text), absence_words.half(text)
    return f"{why} ({talk.say(f'only_{half}')})" if why and half else why


async def _show(talk: Talk, child: OwnChild, draft: ToldAbsence) -> Answer:
    """The next thing that is missing, or the whole to say yes to. Whatever is shown has a key of its own: the button under older words
    must not send newer ones."""
    if draft.kind != "absent":
        return await hours_told.show(talk, child, draft)
    draft = msgspec.structs.replace(draft, key=talk.key)
    if draft.first is None or draft.last is None:
        return ask(talk, draft, "days", "absence_which_days", child, _days_buttons(talk, draft))
    if sentences := wrong(talk, Absent(draft.first, draft.last, "-")):
        again = msgspec.structs.replace(draft, first=None, last=None)
        asked = ask(talk, again, "days", "absence_which_days", child, _days_buttons(talk, draft))
        return msgspec.structs.replace(asked, text="\n".join([*sentences, asked.text]))
    if (instead := remark(talk, child, draft, await SchoolDays.read(talk, child, draft))) is not None:
        return instead
    if not draft.why:
        buttons = [talk.button(f"absence_why_{reason}", f"x:{draft.key}:{reason}") for reason in _REASONS]
        return ask(talk, draft, "why", "absence_why", child, buttons)
    return ask(talk, draft, "yes", "absence_show", child, yes_or_no(talk, draft))


def _days_buttons(talk: Talk, draft: ToldAbsence) -> list[Button]:
    return [talk.button("absence_today", f"s:{draft.key}:0"), talk.button("absence_tomorrow", f"s:{draft.key}:1")]


async def go_on(talk: Talk, text: str) -> Answer | None:
    """What is written while an absence is being told. None where it is something else; then the absence is let go."""
    draft = talk.memory.absence
    if draft is None or not draft.waits:
        return None
    child = await _child(talk, draft)
    reply = fold(text)
    if child is None or len(reply.split()) > _WORDS_MAX:
        talk.remember(absence=None)
        return None
    if _NO.match(reply):
        return _dropped(talk, draft)
    if draft.waits == "yes" and _YES.match(reply):
        return await _send(talk, child, draft, None)
    if draft.kind != "absent":
        return await _other_hours(talk, child, draft, text)
    days, why = absence_words.days(text, talk.today), _why(talk, text)
    asked = absence_words.asks(text) or _is_something_else(text)
    if draft.waits == "why" and not asked and not (days and not why):
        return await _show(talk, child, msgspec.structs.replace(draft, why=why or clean(text)[:300]))
    if asked or (days is None and not why):
        talk.remember(absence=None)
        return None
    changed = msgspec.structs.replace(
        draft,
        first=days.first if days else draft.first,
        last=days.last if days else draft.last,
        why=why or draft.why,
        sure=draft.sure and days is None,
    )
    return await _show(talk, child, changed)


async def _other_hours(talk: Talk, child: OwnChild, draft: ToldAbsence, text: str) -> Answer | None:
    changed = None if absence_words.asks(text) or _is_something_else(text) else hours_told.changed(draft, text, talk)
    if changed is None:
        talk.remember(absence=None)
        return None
    return await _show(talk, child, changed)


def _is_something_else(text: str) -> bool:
    """A request for somebody else's child is refused as ever, and what is plainly another matter is not sent on as a reason."""
    meant = understand(text)
    if meant.intent == NONE:
        return not meant.suggestions
    return meant.score >= _PLAINLY and meant.intent != INTENT and not meant.intent.startswith(("health-", "sys-"))


async def _child(talk: Talk, draft: ToldAbsence) -> OwnChild | None:
    return next((child for child in await talk.children() if (child.school_id, child.pupil_id) == draft.child), None)


def _dropped(talk: Talk, draft: ToldAbsence) -> Answer:
    talk.remember(absence=None)
    return talk.answer(talk.say("absence_dropped" if draft.kind == "absent" else "hours_dropped"), intent=INTENT)


async def pressed(talk: Talk, kind: str, value: str) -> Answer | None:
    """y send, z drop, s a day, x a reason; each of the newest draft only. w takes back what was sent."""
    if kind == "w":
        return await _take_back(talk, value)
    key, _, more = value.partition(":")
    draft = talk.memory.absence
    if draft is None or draft.key != key or talk.chat.account_id is None:
        return None
    child = await _child(talk, draft)
    if child is None:
        return None
    if kind == "z":
        return _dropped(talk, draft) if draft.waits else None
    if kind == "s" and _A_DAY.fullmatch(more) and draft.waits:
        day = talk.today + timedelta(days=int(more))
        return await _show(talk, child, _on_day(draft, day))
    if kind == "x" and more in _REASONS and draft.waits:
        return await _show(talk, child, msgspec.structs.replace(draft, why=talk.say(f"absence_why_{more}")))
    if kind == "y" and draft.first is not None and draft.last is not None and (draft.why or draft.at):
        return await _send(talk, child, draft, int(more) if more.isdigit() else None)
    return None


def _on_day(draft: ToldAbsence, day: date) -> ToldAbsence:
    """Pressed below “there is no school then”, the same days once more mean that they are meant."""
    if draft.first is not None and draft.first == day:
        return msgspec.structs.replace(draft, sure=True)
    return msgspec.structs.replace(draft, first=day, last=day)


async def _send(talk: Talk, child: OwnChild, draft: ToldAbsence, accepts: int | None) -> Answer:
    """Pressed again it is the same message. The rooms decide who may; here is only said what they answered."""
    account_id = talk.chat.account_id
    assert account_id is not None and draft.first is not None and draft.last is not None
    message_id = uuid5(_NAMESPACE, f"{talk.chat.channel}/{talk.chat.chat_id}/{draft.key}")
    request = await _request(talk, child, draft)
    if request is None:
        return talk.answer(talk.say("pickup_no_number"), intent=INTENT)
    new = NewMessage(message_id, request=request, accepts_rules=accepts)
    try:
        thread_id, _ = await open_thread(
            talk.house, account_id, child.school_id, NewThread(new_id(), child.pupil_id, "homeroom")
        )
        posted, _ = await send(talk.house, account_id, child.school_id, thread_id, new, talk.language)
    except Problem as problem:
        return _refused(talk, draft, problem)
    talk.remember(absence=msgspec.structs.replace(draft, waits=""))
    lines = [
        talk.say(f"{draft.kind}_sent", child=child.full_name, days=span(talk, draft), why=draft.why, at=draft.at),
        posted.promise or "",
    ]
    take_back = talk.button(
        "absence_take_back" if draft.kind == "absent" else "hours_take_back", f"w:{child.school_id}:{message_id.hex}"
    )
    return talk.answer("\n".join(line for line in lines if line), [take_back], intent=INTENT)


async def _request(talk: Talk, child: OwnChild, draft: ToldAbsence) -> Request | None:
    if draft.kind != "absent":
        return await hours_told.request_of(talk, child, draft)
    assert draft.first is not None and draft.last is not None
    return Absent(draft.first, draft.last, draft.why)


def _refused(talk: Talk, draft: ToldAbsence, problem: Problem) -> Answer:
    if problem.kind is RULES_NOT_ACCEPTED:
        now = rules.current(talk.today)
        lines = [talk.say("rules_first"), now.title(talk.language), *(f"• {line}" for line in now.lines(talk.language))]
        buttons = [
            talk.button("rules_accept", f"y:{draft.key}:{now.number}"),
            talk.button("absence_drop", f"z:{draft.key}"),
        ]
        return talk.answer("\n".join(lines), buttons, intent=INTENT)
    sentences = [problem.sentence(talk.language)]
    if problem.kind is INVALID:
        sentences = [error.en if talk.language == "en" else error.vi for error in problem.errors]
    return talk.answer("\n".join(sentences), intent=INTENT)


async def _take_back(talk: Talk, value: str) -> Answer | None:
    school_id, message_id = read_pair(value)
    account_id = talk.chat.account_id
    if message_id is None or account_id is None:
        return None
    thread_id = await thread_of_message(talk.house.database.reader, school_id, account_id, message_id)
    if thread_id is None:
        return None
    try:
        await withdraw(talk.house, account_id, school_id, thread_id, message_id)
    except Problem as problem:
        if problem.kind is NOT_FOUND:
            return None
        return talk.answer(problem.sentence(talk.language), intent=INTENT)
    return talk.answer(talk.say("absence_taken_back"), intent=INTENT)


def read_pair(value: str) -> tuple[int, Any]:
    """`<school>:<id in hex>` of a button. (0, None) for anything else: buttons come from outside."""
    school, _, found = value.partition(":")
    if not (school.isascii() and school.isdigit() and len(school) <= 18 and re.fullmatch(r"[0-9a-f]{32}", found)):
        return 0, None
    return int(school), UUID(hex=found)
