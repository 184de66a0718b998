"""The notices a family has not opened, over all its schools. Read through the family's inbox, which carries the right to read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from backend.core.clock import SCHOOL_ZONE
from backend.family.queries import folded, in_words, unread_notices
from bots.answers.asking import Asker
from schemas.family import FamilyNotice

_SHOWN = 5
_BODY_MAX = 160
_COUNTED_MAX = 50


class Unread(msgspec.Struct, frozen=True):
    text: str
    shown: list[FamilyNotice]


async def unread(asker: Asker, schools: Sequence[int]) -> Unread:
    """All schools are asked side by side; what an area wrote to several of them is one."""
    reader = asker.house.database.reader
    rows = await asyncio.gather(
        *(unread_notices(reader, school, asker.account_id, asker.today, limit=_COUNTED_MAX) for school in schools)
    )
    read = folded([(school, row) for school, own in zip(schools, rows, strict=True) for row in own])
    found = [in_words(school, row, asker.language) for school, row in read]
    if not found:
        return Unread(asker.say("unread_none"), [])
    found.sort(key=lambda notice: notice.created_at, reverse=True)
    lines = [asker.say("unread_head", count=len(found))]
    for notice in found[:_SHOWN]:
        day = f"{notice.created_at.astimezone(SCHOOL_ZONE):%d/%m %H:%M}"
        lines.append(asker.say("unread_line", day=day, title=notice.title, body=_short(notice.body)))
    lines.append(asker.say("unread_where"))
    return Unread("\n".join(lines), found[:_SHOWN])


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _BODY_MAX else one_line[: _BODY_MAX - 1] + "…"
