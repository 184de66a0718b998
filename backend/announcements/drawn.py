"""Whether a date made of a letter says only what the letter says, so that whoever approved the letter has approved it. It owns no table."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Any

import msgspec

from backend.announcements.looking import Door, checked
from backend.core.text import fold
from schemas.announcements import To
from schemas.drafts import Letter
from schemas.happenings import NewEvent


async def says_no_more(door: Door, school_id: int, letter: Any, event: NewEvent, at: datetime) -> bool:
    """Its words stand in the letter, its day is one that the letter names or means, and its hours are written there."""
    text = fold(f"{letter['title']}\n{letter['body']}")
    words = [fold(event.title), *([fold(event.place)] if event.place else [])]
    hours = [one for one in (event.starts_at, event.ends_at) if one is not None]
    if not all(one in text for one in words) or not all(_is_written(one, text) for one in hours):
        return False
    audience = msgspec.json.decode(letter["audience"], type=To)
    found = await checked(door, school_id, Letter(letter["title"], letter["body"], audience), audience, at)
    return event.held_on in {*found.facts.dates, *(one.on for one in found.resolved)}


def _is_written(hour: time, text: str) -> bool:
    """18 giờ, 18h, 18g30, 18:30, 6 giờ chiều is another matter: whoever means it may write it plainly."""
    minutes = f"{hour.minute:02d}" if hour.minute else "(?:00)?"
    return re.search(rf"(?<!\d)0?{hour.hour}\s*(?:gio|h|g|:)\s*{minutes}(?!\d)", text) is not None
