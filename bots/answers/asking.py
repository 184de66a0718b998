"""Who asks and when: what every personal answer starts from. It reads nothing."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import msgspec

from backend.core.catalogue import say
from backend.core.house import House
from bots.slots import Slots


class Told(msgspec.Struct, frozen=True):
    """An answer of which a part is held back until the family has shown in the app that it is the family.

    ask_person: nothing could be told, so a person is offered.
    also: questions that lie near, as buttons.
    """

    text: str
    held_back: bool = False
    ask_person: bool = False
    also: tuple[str, ...] = ()


class Asker(msgspec.Struct, frozen=True):
    """account_id comes from a linked chat or a signed-in session; every reading function gets it and joins the right to read.

    confirmed: whether the sensitive may be told in this chat now (confirming.py). question: the words it was asked in.
    """

    house: House
    account_id: UUID
    today: date
    language: str
    confirmed: bool = False
    question: str = ""

    def say(self, key: str, **params: object) -> str:
        return say(f"bots.{key}", self.language, **params)

    def day(self, day: date) -> str:
        return f"{self.say(f'weekday_{day.weekday()}')} {day:%d/%m/%Y}"


def day_meant(slots: Slots, today: date) -> date | None:
    """The day a question about the past or today is about; None when it names none. A weekday means the last one."""
    match str(slots.get("day", "")):
        case "today":
            return today
        case "yesterday":
            return today - timedelta(days=1)
        case "tomorrow":
            return today + timedelta(days=1)
        case "day-after-tomorrow":
            return today + timedelta(days=2)
        case day if day.startswith("weekday-"):
            return today - timedelta(days=(today.isoweekday() - int(day.removeprefix("weekday-"))) % 7)
        case day if "/" in day:
            return _calendar_day(day, today)
    return None


def _calendar_day(text: str, today: date) -> date | None:
    """dd/mm means the nearest such day around today; dd/mm/yyyy is plain."""
    parts = [int(part) for part in text.split("/")]
    try:
        if len(parts) == 3:
            return date(parts[2] + (2000 if parts[2] < 100 else 0), parts[1], parts[0])
        around = [date(year, parts[1], parts[0]) for year in (today.year - 1, today.year, today.year + 1)]
    except ValueError:
        return None
    return min(around, key=lambda day: abs((day - today).days))


def month_meant(slots: Slots, today: date) -> date:
    """The first day of the month asked about; a month still to come this year was last year's."""
    month = slots.get("month")
    first = today.replace(day=1)
    if month == "last":
        return (first - timedelta(days=1)).replace(day=1)
    if isinstance(month, int):
        return date(today.year if month <= today.month else today.year - 1, month, 1)
    return first
