"""What an editor has on the desk: the text to begin from, a look at it as families would read it, and what differs between two versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from backend.core.clock import school_day
from backend.core.house import House
from backend.identity.principal import Principal
from bots.answers.layers import Knowledge, Page
from bots.answers.render import render
from bots.editor import rows
from bots.editor.looking import LANGUAGES
from bots.editor.owners import Owner, require, with_those_above
from bots.schools import read_facts
from schemas.knowledge import Content, Level, NewDraft, Text, Version


class Change(msgspec.Struct, frozen=True):
    """One field that differs. Lists as lines."""

    language: str
    field: str
    before: str
    after: str


async def begin_from(
    house: House,
    who: Principal,
    owner: Owner,
    topic: str,
    level: Level,
    versions: Sequence[Version],
    number: int | None,
) -> Content:
    """The asked version, else the newest of the level, else what families hear now, with its marks."""
    of_level = [one for one in versions if one.level == level]
    chosen = next((one for one in of_level if one.version == number), of_level[0] if of_level else None)
    if chosen is not None:
        return chosen.content
    reader, today = house.database.reader, school_day(house.clock.now())
    knowledge = await rows.published(reader, await with_those_above(reader, owner))
    told = {name: knowledge.raw(topic, name, level or None, today) for name in LANGUAGES}
    texts = {name: one.text for name, one in told.items() if one is not None and one.language == name}
    return Content(vi=texts.get("vi"), en=texts.get("en"))


async def preview(house: House, who: Principal, owner: Owner, topic: str, new: NewDraft) -> dict[str, str]:
    """By language, as it would stand in the chat once published; nothing is kept."""
    reader, today = house.database.reader, school_day(house.clock.now())
    await require(reader, who, owner, today)
    owners = await with_those_above(reader, owner)
    said = await rows.published(reader, owners)
    page = Page(owner.key, topic, new.level, 0, new.content, today, None, today)
    knowledge = Knowledge(owners, [page], said.confirmed)
    facts = await read_facts(reader, owner.school_id)
    return {
        language: render(told, facts, today, level=new.level or None)
        for language in LANGUAGES
        if (told := knowledge.told(topic, language, new.level or None, today)) is not None
    }


def changes(before: Content | None, after: Content) -> list[Change]:
    found = []
    for language in LANGUAGES:
        old, new = (getattr(one, language) if one else None for one in (before, after))
        for name in Text.__struct_fields__:
            was, is_now = _typed(old, name), _typed(new, name)
            if was != is_now:
                found.append(Change(language, name, was, is_now))
    was, is_now = ("\n".join(one.phrases) if one else "" for one in (before, after))
    if was != is_now:
        found.append(Change("", "phrases", was, is_now))
    return found


def with_changes(versions: Sequence[Version]) -> Iterator[tuple[Version, list[Change]]]:
    """Each version with what it changed in the one before it, of the same level."""
    for one in versions:
        before = next(
            (other for other in versions if (other.level, other.version) == (one.level, one.version - 1)), None
        )
        yield one, changes(before.content if before else None, one.content)


def _typed(text: Text | None, name: str) -> str:
    value = getattr(text, name) if text else ""
    return value if isinstance(value, str) else "\n".join(value)
