"""Shapes of the chat: what arrives from any channel, what is answered, links to accounts, and questions handed to people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Channel = Literal["telegram", "zalo", "zalo_bot", "web"]
HandoffState = Literal["waiting", "taken", "answered", "closed"]

MESSAGE_MAX = 4096


class Incoming(msgspec.Struct, frozen=True):
    """One message or pressed button, whatever the wire. `private` is false in groups, where the bot stays silent."""

    channel: Channel
    chat_id: str
    update_id: str
    at: datetime
    text: str = ""
    button: str | None = None
    private: bool = True


class Button(msgspec.Struct, frozen=True):
    """`press` comes back as it is when the button is pressed; at most 64 bytes, as Telegram allows. It never names a person."""

    label: str
    press: Annotated[str, Meta(max_length=64)]


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the bot says: plain text, and buttons below it, each in a row of its own.

    `image` is a PNG that stands above the text; `image_alt` says in words what it shows, for who cannot see it. `keyboard`: where the
    messenger can, ask for the reader's own number, or take that key away.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    intent: str = ""
    image: bytes | None = None
    image_alt: str = ""
    keyboard: Literal["", "contact", "remove"] = ""


class ChatMessageIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line typed into the web chat, or a button pressed there. `message_id` makes a repeated post the same message."""

    message_id: UUID
    text: Annotated[str, Meta(max_length=MESSAGE_MAX, examples=["Hôm nay con có đi học không?"])] = ""
    button: Annotated[str, Meta(max_length=64)] | None = None
    label: Annotated[str, Meta(max_length=200, description="What the pressed button said.")] = ""


class ChatAnswer(msgspec.Struct, frozen=True):
    text: str
    buttons: tuple[Button, ...]
    intent: Annotated[str, Meta(description="What the message was understood as; empty when it was not.")]
    image: Annotated[
        str | None,
        Meta(description="A picture to show above the text, such as a payment code: a PNG as a `data:` URL."),
    ] = None
    image_alt: Annotated[str, Meta(description="What the picture shows, in words.")] = ""
    silent: Annotated[bool, Meta(description="A person of the school has the chat: the words went there.")] = False


class ChatLinkIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    channel: Annotated[
        Literal["telegram", "zalo", "zalo_bot"], Meta(description="Where the family wants to write.")
    ] = "telegram"


class ChatLinkOut(msgspec.Struct, frozen=True):
    """A link that works once: opening it, or sending `typed` in the chat that it opens, binds that chat to the account that asked."""

    url: Annotated[
        str,
        Meta(
            description="Opens the chat; empty for a Zalo bot whose address the school has not set.",
            examples=["https://t.me/truong_bot?start=Zm9vYmFyYmF6…"],
        ),
    ]
    expires_at: datetime
    typed: Annotated[
        str,
        Meta(
            description="What to send there, where the messenger has no links that carry a code; else empty.",
            examples=["LIENKET K7QM2XNP"],
        ),
    ] = ""


class LinkedChat(msgspec.Struct, frozen=True):
    channel: Channel
    chat: Annotated[str, Meta(description="A name for this chat in the API; not the messenger's own id.")]
    linked_at: datetime
    resting: Annotated[
        bool,
        Meta(
            description="Its reader has blocked the bot or left the account: nothing goes there until they come back."
        ),
    ] = False


class LinkedChats(msgspec.Struct, frozen=True):
    chats: list[LinkedChat]


class Handoff(msgspec.Struct, frozen=True):
    """A question that the bot could not answer or that its asker wants to put to a person."""

    handoff_id: UUID
    channel: Channel
    question: str
    asked_at: datetime
    state: HandoffState
    asked_by: Annotated[str | None, Meta(description="The guardian's name, if the chat is linked.")]
    phone: Annotated[str | None, Meta(description="The guardian's phone in the roll, if the chat is linked.")]
    taken_by: UUID | None
    answer: Annotated[str | None, Meta(description="What the school said last.")]
    answered_at: Annotated[datetime | None, Meta(description="When it ended.")]
    language: str = "vi"
    due_at: Annotated[
        datetime | None, Meta(description="Until when an answer is promised; null while none is owed.")
    ] = None
    taken_by_name: str | None = None
    mine: Annotated[bool, Meta(description="Whether the reader has it.")] = False
    last_words: Annotated[str | None, Meta(description="What the family said last.")] = None
    words: int = 0


class Handoffs(msgspec.Struct, frozen=True):
    """Open ones first, the earliest promise first; then the newest of those that are done."""

    handoffs: list[Handoff]


class HandoffAnswerIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """With a text, the answer goes to the family and the conversation ends; without, it is closed."""

    text: Annotated[str, Meta(max_length=2000)] = ""


class HandoffAnswered(msgspec.Struct, frozen=True):
    handoff_id: UUID
    state: HandoffState
    will_be_sent: Annotated[
        bool, Meta(description="Whether the answer also goes to a messenger; the web chat shows it in any case.")
    ]


class Nickname(msgspec.Struct, frozen=True):
    """What this guardian calls a child at home; in chat it leads to that child."""

    school_id: int
    pupil_id: UUID
    full_name: str
    nickname: Annotated[str, Meta(examples=["Na"])]


class Nicknames(msgspec.Struct, frozen=True):
    nicknames: list[Nickname]


class NicknameIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Given to another child of the family before, the name moves to this one."""

    school_id: int
    pupil_id: UUID
    nickname: Annotated[str, Meta(min_length=1, max_length=60, examples=["Na"])]
