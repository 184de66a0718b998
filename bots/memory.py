"""Where a talk stands between two messages. Ids and the asker's own words only; what was answered is not kept."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

ChildKey = tuple[int, UUID]


class ToldAbsence(msgspec.Struct, frozen=True, omit_defaults=True):
    """An absence, a late coming or a collecting early as it was understood so far. It counts only once the family has said yes to what
    was shown back.

    key: what its buttons carry, so that an older one's buttons do nothing to it. waits: for days, why, at or yes; "" when it was sent.
    kind: as the app's typed messages are called. at: the hour; minutes: after the first bell or before the last, until it is one.
    sure: the family means this day although there is no school.
    """

    key: str
    child: ChildKey
    first: date | None = None
    last: date | None = None
    why: str = ""
    waits: str = ""
    kind: str = "absent"
    at: str = ""
    minutes: int = 0
    sure: bool = False


class Memory(msgspec.Struct, kw_only=True, omit_defaults=True):
    intent: str = ""
    intent_at: datetime | None = None
    child: ChildKey | None = None
    asked: str = ""  # the intent or deed that waits for the child or the level to be named
    slots: dict[str, str | int] = {}
    children: tuple[ChildKey, ...] = ()  # the order of the children's buttons
    list_key: str = ""  # what the newest buttons that point into this memory carry; older ones are stale
    called: str = ""  # a name of the asker's that none of the children bears as far as we know
    unsure: int = 0
    question: str = ""  # what was asked last in words, for the note to the school
    noting: bool = False  # the next message is the question for the school
    handoff: tuple[int, UUID] | None = None  # a note whose asker is unknown: a phone number may follow
    english: bool = False  # the reader wrote in English; a chosen language overrides
    absence: ToldAbsence | None = None
    offered: tuple[str, ...] = ()  # what the numbers below the last answer stand for, where there are no buttons
    proved: str = ""  # sealed: the number that the reader has just shared, until it is known whose it is (contacts.py)
    locked: str = ""  # the intent that waits for the family to show in the app that it is the family
