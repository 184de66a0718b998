"""How an editor sees the knowledge: all answers with their state, and one answer with its versions, facts and deeds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import msgspec

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import NOT_FOUND
from backend.identity.principal import Principal
from bots.answers.knowledge import every_entry
from bots.answers.layers import CHECK, OWN_PREFIX, SHIPPED, Knowledge, Told
from bots.answers.render import render
from bots.editor import rows
from bots.editor.owners import Owner, require, with_those_above
from bots.schools import read_facts
from schemas.knowledge import (
    LEVELS,
    Content,
    Fact,
    KnowledgeDeed,
    Level,
    TopicLine,
    TopicPage,
    Topics,
    TopicState,
    Version,
    VersionState,
)

LANGUAGES = ("vi", "en")
_OWN_TOPIC = re.compile(rf"{OWN_PREFIX}[a-z0-9-]{{1,50}}")
_STATES_FIRST: tuple[TopicState, ...] = ("expired", "draft", "own", "area", "default")


class Marked(msgspec.Struct, frozen=True):
    """A statement to be confirmed as it stands in both languages."""

    fact: str
    level: Level
    vi: str | None
    en: str | None


async def topics(house: House, who: Principal, owner: Owner) -> Topics:
    """Every answer, and the owner's own questions, those that need a hand first."""
    reader, today = house.database.reader, school_day(house.clock.now())
    await require(reader, who, owner, today)
    owners = await with_those_above(reader, owner)
    knowledge = await rows.published(reader, owners)
    drafted = await rows.drafted(reader, owner.key)
    own = await rows.own_questions(reader, owner.key)
    confirmed = await rows.all_facts(reader, owners)
    lines = [_line(knowledge, owner, topic, today, drafted, confirmed, None) for topic in every_entry()]
    lines += [_line(knowledge, owner, topic, today, drafted, confirmed, content) for topic, content in own.items()]
    return Topics(sorted(lines, key=lambda line: (_STATES_FIRST.index(line.state), -line.to_confirm, line.group)))


def _line(
    knowledge: Knowledge, owner: Owner, topic: str, today: date, drafted: set[str], confirmed: set[tuple[str, str]],
    written: Content | None,
) -> TopicLine:  # fmt: skip
    told = knowledge.raw(topic, "vi", None, today)
    title = told.text.title if told else _written_title(written) or topic
    waiting = sum((topic, one.fact) not in confirmed for one in marked(knowledge, topic, today))
    levels: list[Level] = [level for level in LEVELS if level and level in (told.levels if told else ())]
    told_by = told.told_by.partition(":")[0] if told else SHIPPED
    group = told.group if told else OWN_PREFIX.rstrip("-") if written else every_entry()[topic][0].group
    return TopicLine(
        topic, title, group, _state(knowledge, owner, topic, today, drafted, told), told_by, waiting, levels
    )


def _state(
    knowledge: Knowledge, owner: Owner, topic: str, today: date, drafted: set[str], told: Told | None
) -> TopicState:
    if topic in drafted:
        return "draft"
    if told is None or knowledge.ended(owner.key, topic, today):
        return "expired"
    if any(knowledge.page(owner.key, topic, level, today) for level in LEVELS):
        return "own"
    return "default" if told.told_by == SHIPPED else "area"


def _written_title(content: Content | None) -> str:
    text = content and (content.vi or content.en)
    return text.title if text else ""


# -- One answer -------------------------------------------------------------------------------------------------------


async def topic_page(house: House, who: Principal, owner: Owner, topic: str) -> TopicPage:
    reader, today = house.database.reader, school_day(house.clock.now())
    await require(reader, who, owner, today)
    owners = await with_those_above(reader, owner)
    knowledge = await rows.published(reader, owners)
    found = [_version(row) for row in await rows.versions(reader, owner.key, topic)]
    require_topic(topic)
    facts = await read_facts(reader, owner.school_id)
    confirmed = await rows.facts(reader, owners, topic)
    return TopicPage(
        topic,
        {
            level or "general": {
                language: render(told, facts, today, level=level or None)
                for language in LANGUAGES
                if (told := knowledge.told(topic, language, level or None, today)) is not None
            }
            for level in ("", *levels_of(knowledge, topic, today))
        },
        [_with_state(one, published, found, today) for one, published in found],
        [_fact(one, owner, owners, confirmed) for one in marked(knowledge, topic, today)],
        [msgspec.convert(dict(row), KnowledgeDeed) for row in await rows.deeds(reader, owner.key, topic)],
    )


def require_topic(topic: str) -> None:
    """An intent that has an answer, or a name that a question of one's own may have."""
    if topic not in every_entry() and not _OWN_TOPIC.fullmatch(topic):
        raise NOT_FOUND()


def levels_of(knowledge: Knowledge, topic: str, on: date) -> list[Level]:
    told = knowledge.raw(topic, "vi", None, on) or knowledge.raw(topic, "en", None, on)
    return [level for level in LEVELS if told is not None and level and level in told.levels]


def marked(knowledge: Knowledge, topic: str, on: date) -> Iterator[Marked]:
    """Every statement that bears the mark, level by level, each once."""
    seen = set()
    for level in ("", *levels_of(knowledge, topic, on)):
        texts = [knowledge.raw(topic, language, level or None, on) for language in LANGUAGES]
        vi, en = (list(_lines(told)) for told in texts)
        for (place_vi, line_vi), (place_en, line_en) in _paired(vi, en):
            one = Marked(_name(topic, line_vi, line_en), level, line_vi, line_en)
            if one.fact not in seen and (place_vi or place_en):
                seen.add(one.fact)
                yield one


_Placed = tuple[str, str | None]


def _lines(told: Told | None) -> Iterator[tuple[str, str]]:
    """Place and words of each marked line: `steps.2`."""
    for name in told.text.__struct_fields__ if told else ():
        value = getattr(told.text, name)  # type: ignore[union-attr]
        for number, line in enumerate((value,) if isinstance(value, str) else value):
            if CHECK in line:
                yield f"{name}.{number}", line


def _paired(vi: Sequence[tuple[str, str]], en: Sequence[tuple[str, str]]) -> Iterator[tuple[_Placed, _Placed]]:
    """The same statement stands in the same place in both languages; what does not is a statement of its own."""
    there = dict(en)
    for place, line in vi:
        yield (place, line), (place, there.pop(place, None))
    for place, line in there.items():
        yield ("", None), (place, line)


def _name(topic: str, vi: str | None, en: str | None) -> str:
    return hashlib.sha256("\0".join((topic, vi or "", en or "")).encode()).hexdigest()[:16]


def _fact(one: Marked, owner: Owner, owners: Sequence[str], confirmed: Sequence[Any]) -> Fact:
    rows_of_it = {row["owner"]: row for row in confirmed if row["fact"] == one.fact}
    row = next((rows_of_it[name] for name in owners if name in rows_of_it), None)
    if row is None:
        return Fact(one.fact, one.level, one.vi, one.en, False)
    return Fact(
        one.fact, one.level, one.vi, one.en, True, row["words_vi"], row["words_en"], row["by"],
        "own" if row["owner"] == owner.key else "area", row["confirmed_at"],
    )  # fmt: skip


def _version(row: Any) -> tuple[Version, bool]:
    content = msgspec.json.decode(row["content"], type=Content)
    one = Version(
        row["level"], row["version"], "draft", content, row["from_on"], row["until_on"], row["made_by"], row["made_at"]
    )
    return one, row["published"]


def _with_state(one: Version, published: bool, everything: Sequence[tuple[Version, bool]], today: date) -> Version:
    return msgspec.structs.replace(one, state=_state_of(one, published, everything, today))


def _state_of(one: Version, published: bool, everything: Sequence[tuple[Version, bool]], today: date) -> VersionState:
    if published:
        if one.until_on is not None and one.until_on < today:
            return "ended"
        return "coming" if one.from_on > today else "current"
    newest = max(other.version for other, _ in everything if other.level == one.level)
    return "draft" if one.version == newest else "earlier"
