"""The notices a family has not opened, over all its schools. Read through the family's inbox, which carries the right to read."""

from __future__ import annotations

from collections.abc import Sequence

from backend.core.clock import SCHOOL_ZONE
from backend.family.queries import in_words, unread_notices
from bots.answers.asking import Asker

_SHOWN = 5
_BODY_MAX = 160
_COUNTED_MAX = 50


async def unread(asker: Asker, schools: Sequence[int]) -> str:
    reader = asker.house.database.reader
    found = []
    for school_id in schools:
        rows = await unread_notices(reader, school_id, asker.account_id, asker.today, limit=_COUNTED_MAX)
        found += [in_words(school_id, row, asker.language) for row in rows]
    if not found:
        return asker.say("unread_none")
    found.sort(key=lambda notice: notice.created_at, reverse=True)
    lines = [asker.say("unread_head", count=len(found))]
    for notice in found[:_SHOWN]:
        day = f"{notice.created_at.astimezone(SCHOOL_ZONE):%d/%m %H:%M}"
        lines.append(asker.say("unread_line", day=day, title=notice.title, body=_short(notice.body)))
    lines.append(asker.say("unread_where"))
    return "\n".join(lines)


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _BODY_MAX else one_line[: _BODY_MAX - 1] + "…"
