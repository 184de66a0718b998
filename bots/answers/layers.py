"""What a school's families are told: its own published texts over its commune's, its province's, and the shipped ones. Pure.

Whose text stands is decided owner by owner, the nearest first: its text for the asked level, else its text for every level. A language that
the owner did not write comes from the next one. An ended text is told by nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from bots.answers.knowledge import Entry, entry_of
from schemas.knowledge import Content, Text

CHECK = "[?]"
OWN_PREFIX = "own-"
SHIPPED = "default"


class Page(msgspec.Struct, frozen=True):
    """One published version."""

    owner: str
    topic: str
    level: str
    version: int
    content: Content
    from_on: date
    until_on: date | None
    published_on: date


class Confirmed(msgspec.Struct, frozen=True):
    """A marked statement that its owner stands for; with words, those are told instead."""

    owner: str
    topic: str
    vi: str | None
    en: str | None
    words_vi: str | None
    words_en: str | None


class Told(msgspec.Struct, frozen=True):
    """One answer as it stands for a reader: the text before its blanks are filled. aside: the owner's own words, where it wrote Vietnamese only."""

    topic: str
    language: str
    text: Text
    level: str
    told_by: str
    checked: date
    group: str = ""
    call: bool = False
    instead: bool = False
    also: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    aside: str = ""


class Question(msgspec.Struct, frozen=True):
    """A question of the owner's own, as families ask it."""

    topic: str
    phrases: tuple[str, ...]


class Knowledge:
    """All that one school tells beside the shipped texts. Without owners it is the shipped texts alone."""

    def __init__(
        self, owners: Sequence[str] = (), pages: Sequence[Page] = (), confirmed: Sequence[Confirmed] = ()
    ) -> None:
        self.owners = tuple(owners)
        self.confirmed = tuple(confirmed)
        self._pages: dict[tuple[str, str, str], list[Page]] = {}
        for page in pages:
            self._pages.setdefault((page.owner, page.topic, page.level), []).append(page)
        self._own_topics = tuple(dict.fromkeys(page.topic for page in pages if page.topic.startswith(OWN_PREFIX)))
        self._words = _words_of(self.owners, confirmed)

    def told(self, topic: str, language: str, level: str | None, on: date) -> Told | None:
        raw = self.raw(topic, language, level, on)
        return None if raw is None else msgspec.structs.replace(raw, text=self._confirmed(topic, raw.text))

    def raw(self, topic: str, language: str, level: str | None, on: date) -> Told | None:
        """As told() but with every mark still in it."""
        entry = entry_of(topic, on)
        levels = tuple(dict.fromkeys([*(entry.levels if entry else ()), *self._levels(topic, on)]))
        aside = ""
        for owner in self.owners:
            page = self.page(owner, topic, level or "", on) or self.page(owner, topic, "", on)
            if page is None:
                continue
            text = page.content.en if language == "en" else page.content.vi
            if text is not None:
                return _from_page(page, entry, language, text, levels, aside)
            other = page.content.vi or page.content.en
            aside = aside or (other.first if other is not None else "")
        return _from_entry(entry, language, level, levels, aside) if entry else _only_other(self, topic, language, on)

    def page(self, owner: str, topic: str, level: str, on: date) -> Page | None:
        """Of what one owner published, the newest that has begun, unless it has ended."""
        begun = [page for page in self._pages.get((owner, topic, level), ()) if page.from_on <= on]
        newest = max(begun, key=lambda page: page.from_on, default=None)
        return None if newest is None or (newest.until_on or date.max) < on else newest

    def ended(self, owner: str, topic: str, on: date) -> bool:
        """Has the owner a published text that is over, and none that holds?"""
        found = [
            page for (who, what, _), pages in self._pages.items() if (who, what) == (owner, topic) for page in pages
        ]
        over = [page for page in found if (page.until_on or date.max) < on]
        return bool(over) and not any(page.from_on <= on <= (page.until_on or date.max) for page in found)

    def questions(self, on: date) -> list[Question]:
        """The owners' own questions that hold today, the nearest owner's first."""
        return [
            Question(topic, (_title(page.content), *page.content.phrases))
            for owner in self.owners
            for topic in self._own_topics
            if (page := self.page(owner, topic, "", on)) is not None
        ]

    def title(self, topic: str, language: str, on: date) -> str | None:
        told = self.raw(topic, language, None, on)
        return None if told is None else told.text.title

    def _levels(self, topic: str, on: date) -> list[str]:
        """Levels for which some owner has a text of its own."""
        held = {(owner, level) for owner, what, level in self._pages if what == topic and level}
        return sorted(level for owner, level in held if self.page(owner, topic, level, on))

    def _confirmed(self, topic: str, text: Text) -> Text:
        if not self._words:
            return text
        changes: dict[str, object] = {}
        for name in text.__struct_fields__:
            value = getattr(text, name)
            told = self._said(topic, value) if isinstance(value, str) else [self._said(topic, one) for one in value]
            if told != value:
                changes[name] = told
        return msgspec.structs.replace(text, **changes) if changes else text

    def _said(self, topic: str, line: str) -> str:
        return self._words.get((topic, line), line) if CHECK in line else line


def unmarked(line: str) -> str:
    return line.replace(f" {CHECK}", "").replace(CHECK, "")


def _words_of(owners: Sequence[str], confirmed: Sequence[Confirmed]) -> dict[tuple[str, str], str]:
    """Marked line → what is told instead; the nearest owner's word stands."""
    words: dict[tuple[str, str], str] = {}
    for owner in reversed(owners):
        for one in confirmed:
            if one.owner == owner:
                for line, said in ((one.vi, one.words_vi), (one.en, one.words_en)):
                    if line:
                        words[one.topic, line] = said or unmarked(line)
    return words


def _title(content: Content) -> str:
    text = content.vi or content.en
    assert text is not None, "an answer has at least one language"
    return text.title


def _from_page(page: Page, entry: Entry | None, language: str, text: Text, levels: tuple[str, ...], aside: str) -> Told:
    """An owner's text keeps what belongs to the question itself: that a number stands first, and which questions lie near."""
    return Told(
        page.topic, language, text, page.level, page.owner, page.published_on,
        group=entry.group if entry else OWN_PREFIX.rstrip("-"), call=entry.call if entry else False,
        also=entry.also if entry else (), levels=levels, aside=aside,
    )  # fmt: skip


def _from_entry(entry: Entry, language: str, level: str | None, levels: tuple[str, ...], aside: str) -> Told:
    held = level if level in entry.levels else ""
    return Told(
        entry.intent, language, entry.text(language, level), held or "", SHIPPED, entry.checked,
        group=entry.group, call=entry.call, instead=entry.instead, also=entry.also, levels=levels, aside=aside,
    )  # fmt: skip


def _only_other(knowledge: Knowledge, topic: str, language: str, on: date) -> Told | None:
    """A question of one's own in one language is told in that language rather than not at all."""
    other = "vi" if language == "en" else "en"
    for owner in knowledge.owners:
        page = knowledge.page(owner, topic, "", on)
        text = None if page is None else page.content.vi if other == "vi" else page.content.en
        if page is not None and text is not None:
            return _from_page(page, None, language, text, (), "")
    return None
