"""Shapes of the knowledge: the text of one answer, what an editor saves, what is told, and who changed what."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

# "" stands for every level of school.
Level = Literal["", "preschool", "primary", "lower-secondary", "upper-secondary"]
LEVELS: tuple[Level, ...] = ("", "preschool", "primary", "lower-secondary", "upper-secondary")
Deed = Literal["published", "withdrawn", "confirmed", "unconfirmed"]
TopicState = Literal["default", "area", "own", "draft", "expired"]
VersionState = Literal["draft", "current", "coming", "ended", "earlier"]

LINES_MAX = 12
PHRASES_MAX = 30
_Line = Annotated[str, Meta(min_length=1, max_length=500, examples=["Gọi văn phòng trường."])]
_Lines = Annotated[list[_Line], Meta(max_length=LINES_MAX)]
_Phrase = Annotated[str, Meta(min_length=3, max_length=200, examples=["mấy giờ con vào lớp"])]
_Short = Annotated[str, Meta(max_length=600)]
Topic = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9-]{3,60}$",
        examples=["school-hours"],
        description="An intent, or own-… for a question of the school's own.",
    ),
]


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One answer in one language. first answers in a sentence or two; school is shown only where the school's own data fill it."""

    title: Annotated[str, Meta(min_length=1, max_length=120, examples=["Giờ vào lớp, giờ tan học"])]
    first: Annotated[str, Meta(min_length=1, max_length=900, examples=["Học sinh vào lớp lúc 7 giờ 15."])]
    detail: _Lines = []
    school: _Lines = []
    steps: _Lines = []
    papers: _Lines = []
    where: _Short = ""
    time: _Short = ""
    fee: _Short = ""
    note: _Lines = []
    basis: _Short = ""
    code: _Short = ""


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An answer as somebody wrote it: at least one language. phrases: how families ask, for a question of one's own."""

    vi: Text | None = None
    en: Text | None = None
    phrases: Annotated[list[_Phrase], Meta(max_length=PHRASES_MAX)] = []


class NewDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an editor saves. It is told to nobody before it is published."""

    content: Content
    level: Level = ""
    from_on: Annotated[date | None, Meta(description="The first day on which it holds; without it, today.")] = None
    until_on: Annotated[date | None, Meta(description="The last day; an expired text is never told.")] = None
    based_on: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(description="The newest version the editor saw (0: none); a newer one is a conflict."),
    ] = None


class NewPublication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version to tell from now on (an earlier one takes back what came after); without a version, nothing of one's own is told any more."""

    level: Level = ""
    version: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class NewConfirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact marked "to be confirmed" is right (or right with other words); confirmed = false takes that back."""

    fact: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$", examples=["0f3a9c51d2e4b678"])]
    confirmed: bool = True
    words_vi: Annotated[str, Meta(max_length=900)] = ""
    words_en: Annotated[str, Meta(max_length=900)] = ""


class TopicLine(msgspec.Struct, frozen=True):
    """One answer in the list. told_by: whose text families hear; to_confirm: how many of its facts are still marked."""

    topic: Topic
    title: str
    group: str
    state: TopicState
    told_by: Annotated[str, Meta(description="default, area or school.")]
    to_confirm: int
    levels: list[Level]


class Topics(msgspec.Struct, frozen=True):
    topics: list[TopicLine]


class Fact(msgspec.Struct, frozen=True):
    """A statement that rests on older rules or local practice, in both languages, and who has confirmed it."""

    fact: str
    level: Level
    vi: str | None
    en: str | None
    confirmed: bool
    words_vi: str | None = None
    words_en: str | None = None
    by: Annotated[str | None, Meta(description="Whoever confirmed it, as the account is named.")] = None
    owner: Annotated[str | None, Meta(description="school or area: where it was confirmed.")] = None
    at: datetime | None = None


class Version(msgspec.Struct, frozen=True):
    level: Level
    version: int
    state: VersionState
    content: Content
    from_on: date
    until_on: date | None
    made_by: str | None
    made_at: datetime


class KnowledgeDeed(msgspec.Struct, frozen=True):
    """Who did what to the answer, newest first."""

    deed: Deed
    level: Level
    version: int | None
    line: str | None
    by: str | None
    at: datetime


class TopicPage(msgspec.Struct, frozen=True):
    """One answer with everything about it: what families hear by level and language, versions, facts, deeds."""

    topic: Topic
    told: Annotated[
        dict[str, dict[str, str]], Meta(description="By level (general for every level), then by language.")
    ]
    versions: list[Version]
    facts: list[Fact]
    deeds: list[KnowledgeDeed]


class Saved(msgspec.Struct, frozen=True):
    topic: Topic
    level: Level
    version: int


class UnansweredGroup(msgspec.Struct, frozen=True):
    """Questions that look alike and were not answered. Numbers, names and addresses are masked."""

    group: Annotated[str, Meta(description="A name for the group, for setting it aside.")]
    question: str
    examples: list[str]
    asked: int
    people: int
    last_at: datetime
    nearest: Annotated[str | None, Meta(description="The intent it is most like, if it is like any.")]


class AreaUnansweredGroup(UnansweredGroup, frozen=True, kw_only=True):
    """The same over the schools of an area, of at least three people; in how many `schools`."""

    schools: int


class AreaUnanswered(msgspec.Struct, frozen=True):
    groups: list[AreaUnansweredGroup]


class Unanswered(msgspec.Struct, frozen=True):
    groups: list[UnansweredGroup]
