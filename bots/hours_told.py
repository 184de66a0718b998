"""Telling the school that a child comes late or is collected early: as an absence is told (absences.py), by the app's own typed messages.

Only the asker's own coming is told here; who else may collect a child is named in the app.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, cast

import msgspec

from bots import absence_words, hours_words
from bots.context import OwnChild
from bots.hours_words import Kind
from bots.intents import Understanding
from bots.memory import ToldAbsence
from bots.slots import Slots
from bots.talk import Talk
from bots.telling import INTENT, SchoolDays, ask, remark, wrong, yes_or_no
from schemas.chat import Answer
from schemas.messages import Late, Pickup

LATE, EARLY = "do-late", "do-early"
_DEED: Final[dict[Kind, str]] = {"late": LATE, "pickup": EARLY}
_NEAR: Final = frozenset({INTENT, "late-pickup", "pickup-authorise"})

_WHO = """
SELECT g.full_name, g.phone_e164
  FROM guardians g
 WHERE g.school_id = $1
   AND g.account_id = $2
   AND g.phone_e164 IS NOT NULL
 ORDER BY g.guardian_id
 LIMIT 1
"""


def tells(meant: Understanding, text: str) -> str | None:
    """The deed that is told of; None where it is none of these."""
    kind = hours_words.told(text) if _NEAR & {meant.intent, *meant.suggestions} else None
    return None if kind is None else _DEED[kind]


async def begin_late(talk: Talk, child: OwnChild, slots: Slots) -> Answer:
    return await _begin(talk, child, "late")


async def begin_early(talk: Talk, child: OwnChild, slots: Slots) -> Answer:
    return await _begin(talk, child, "pickup")


async def _begin(talk: Talk, child: OwnChild, kind: Kind) -> Answer:
    if not child.can_act:
        return talk.answer(talk.say("absence_may_not", child=child.full_name), intent=INTENT)
    text = talk.memory.question
    days, said = absence_words.days(text, talk.today), hours_words.hour(text)
    on = days.first if days else talk.today
    draft = ToldAbsence(
        key=talk.key, child=(child.school_id, child.pupil_id), first=on, last=on, why=absence_words.reason(text),
        kind=kind, at=said.at, minutes=said.minutes,
    )  # fmt: skip
    return await show(talk, child, draft)


async def show(talk: Talk, child: OwnChild, draft: ToldAbsence) -> Answer:
    """One day, one hour. Whatever is shown has a key of its own: the button under older words must not send newer ones."""
    draft = msgspec.structs.replace(draft, key=talk.key, last=draft.first)
    days = await SchoolDays.read(talk, child, draft)
    if (instead := remark(talk, child, draft, days)) is not None:
        return instead
    draft = _on_the_clock(draft, days)
    if not draft.at:
        return ask(talk, draft, "at", f"{draft.kind}_when", child, [talk.button("absence_drop", f"z:{draft.key}")])
    request = await request_of(talk, child, draft)
    if request is None:
        talk.remember(absence=None)
        return talk.answer(talk.say("pickup_no_number"), intent=INTENT)
    if sentences := wrong(talk, request):
        asked = ask(talk, draft, "days", "hours_which_day", child, [talk.button("absence_drop", f"z:{draft.key}")])
        return msgspec.structs.replace(asked, text="\n".join([*sentences, asked.text]))
    why = "_why" if draft.why else ""
    return ask(talk, draft, "yes", f"{draft.kind}_show{why}", child, yes_or_no(talk, draft))


def changed(draft: ToldAbsence, text: str, talk: Talk) -> ToldAbsence | None:
    """Other particulars, written while it is shown. None: it is about something else."""
    days, said, why = absence_words.days(text, talk.today), hours_words.hour(text), absence_words.reason(text)
    if days is None and not (said.at or said.minutes or why):
        return None
    if days is not None:
        draft = msgspec.structs.replace(draft, first=days.first, last=days.first, sure=False)
    if said.at or said.minutes:
        draft = msgspec.structs.replace(draft, at=said.at, minutes=said.minutes)
    return msgspec.structs.replace(draft, why=why or draft.why)


def _on_the_clock(draft: ToldAbsence, days: SchoolDays | None) -> ToldAbsence:
    """“Half an hour late”: after the bell of that day, where the school keeps its hours."""
    if draft.at or not draft.minutes or days is None or draft.first is None:
        return draft
    bell = days.begins(draft.first) if draft.kind == "late" else days.ends(draft.first)
    if not bell:
        return draft
    minutes = timedelta(minutes=draft.minutes if draft.kind == "late" else -draft.minutes)
    return msgspec.structs.replace(draft, at=f"{datetime.strptime(bell, '%H:%M') + minutes:%H:%M}")


async def request_of(talk: Talk, child: OwnChild, draft: ToldAbsence) -> Late | Pickup | None:
    """The app's typed message. None: the school has no number of the asker's, and nobody is handed a child without one."""
    assert draft.first is not None
    if draft.kind == "late":
        return Late(draft.first, draft.at, draft.why)
    row = await talk.house.database.reader.fetchrow(_WHO, child.school_id, talk.chat.account_id)
    if row is None:
        return None
    kin = talk.say(f"kin_{child.relation}") if child.relation in ("mother", "father") else talk.say("kin_guardian")
    collector = f"{row['full_name']} ({kin})" if row["full_name"] else kin
    return Pickup(draft.first, collector[:100], cast(str, row["phone_e164"]), leaves_at=draft.at, reason=draft.why)
