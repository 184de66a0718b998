"""Shapes of a conversation between a family and a person of the school, begun where the bot knew no answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.chat import Button, Channel, HandoffState
from schemas.files import Kept

WORDS_MAX = 2000
Side = Literal["family", "school", "house"]
SendState = Literal["due", "sent", "refused", "dropped"]
Ending = Literal["answered", "handed_back", "closed", "family", "stopped"]
Words = Annotated[str, Meta(min_length=1, max_length=WORDS_MAX, examples=["Nhà trường đã nhận hồ sơ của cháu ạ."])]


class Sending(msgspec.Struct, frozen=True):
    """A word on its way to a messenger. `refused` names why: `blocked`, `window_closed`, `unlinked` …"""

    channel: Channel
    state: SendState
    outcome: str | None = None


class Word(msgspec.Struct, frozen=True):
    """`house`: what the assistant told the family about the conversation itself."""

    number: int
    side: Side
    channel: Annotated[str, Meta(description="Where it was said; `console` for the school.")]
    said_by: Annotated[str | None, Meta(description="The member of staff.")]
    text: str
    said_at: datetime
    sendings: list[Sending] = []
    picture: Annotated[Kept | None, Meta(description="Read at the conversation's own `files`.")] = None


class Conversation(msgspec.Struct, frozen=True):
    """A question that went to people, and what has been said since."""

    handoff_id: UUID
    channel: Annotated[Channel, Meta(description="Where the family wrote last.")]
    language: Annotated[Literal["vi", "en"], Meta(description="The family's; the school is asked to keep to it.")]
    question: str
    asked_at: datetime
    state: HandoffState
    ended_how: Ending | None
    ended_at: datetime | None
    waiting_since: Annotated[datetime | None, Meta(description="The family's first word that nobody has answered.")]
    due_at: Annotated[
        datetime | None, Meta(description="Until when an answer is promised, counted in the school's hours.")
    ]
    asked_by: str | None
    phone: str | None
    pupils: Annotated[list[str], Meta(description="The children of the family in this school, with their classes.")]
    taken_by: UUID | None
    taken_by_name: str | None
    mine: bool
    words: list[Word]


class TakenBy(msgspec.Struct, frozen=True):
    handoff_id: UUID
    state: HandoffState
    taken_by: UUID | None


class AssignTo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    staff_id: UUID


class Assignee(msgspec.Struct, frozen=True):
    staff_id: UUID
    full_name: str
    homeroom: Annotated[bool, Meta(description="Homeroom teacher of one of the family's children.")]


class Assignees(msgspec.Struct, frozen=True):
    staff: list[Assignee]


class NewWord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`word_id` makes a repeated post the same word."""

    word_id: UUID
    text: Annotated[str, Meta(max_length=WORDS_MAX, examples=["Nhà trường đã nhận hồ sơ của cháu ạ."])] = ""
    file_id: Annotated[
        UUID | None,
        Meta(description="A picture that the writer uploaded to the school before; the text may then be empty."),
    ] = None


class Said(msgspec.Struct, frozen=True):
    number: int
    will_be_sent: Annotated[
        bool, Meta(description="Whether it also goes to a messenger; the app shows it in any case.")
    ]


class EndConversation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`hand_back`: the assistant answers again. `close`: nothing is left to be said."""

    how: Literal["hand_back", "close"]


class InboxSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    answer_minutes: Annotated[
        int, Meta(ge=5, le=4800, description="Minutes of the school's hours within which a family has an answer.")
    ]
    kept_days: Annotated[
        int,
        Meta(ge=30, le=1825, description="Days after its end for which a conversation is kept; then every word goes."),
    ] = 365


class CannedAnswer(msgspec.Struct, frozen=True):
    canned_id: UUID
    title: str
    body_vi: str
    body_en: str


class CannedAnswers(msgspec.Struct, frozen=True):
    answers: list[CannedAnswer]


class CannedIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Blanks in braces are filled for the family at hand: {ten_phu_huynh}, {ten_con}, {ten_truong}, {dien_thoai}, {nguoi_tra_loi}."""

    title: Annotated[str, Meta(min_length=1, max_length=80, examples=["Đã nhận hồ sơ"])]
    body_vi: Words
    body_en: Annotated[
        str, Meta(min_length=1, max_length=WORDS_MAX, examples=["We have received the papers of {ten_con}."])
    ]


class ChatLine(msgspec.Struct, frozen=True):
    """One line of the web chat. Numbers rise by one within a chat, so that a page asks for what it has not seen."""

    number: int
    line_id: UUID
    side: Literal["family", "bot", "person"]
    text: str
    said_at: datetime
    buttons: tuple[Button, ...] = ()
    by: Annotated[str, Meta(description="Who of the school says it.")] = ""
    via: Annotated[str, Meta(description="The messenger where the family said it, when it was not here.")] = ""
    image: Annotated[str, Meta(description="A picture as a data: address, or empty.")] = ""
    image_alt: str = ""


class ChatLines(msgspec.Struct, frozen=True):
    """`taken`: a person answers here now, and the assistant is silent."""

    lines: list[ChatLine]
    last: int
    taken: bool
