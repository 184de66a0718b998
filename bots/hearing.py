"""What a wire hears before anybody understands it: words, a button, a contact, a sticker, somebody who left. Shapes, and what a wire can do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from bots.turns import Claimed
from notifications.outcomes import Outcome
from schemas.chat import Button, Channel, Incoming

# What came instead of words. A picture with words below it is words.
Kind = Literal["words", "sticker", "voice", "picture", "file", "place", "card", "other"]


class Contact(msgspec.Struct, frozen=True):
    """A number that was shared as a contact. `own`: the messenger proves that it is the sender's, and it was not forwarded."""

    phone: str
    own: bool


class Heard(msgspec.Struct, frozen=True):
    """`receipt`: what the messenger wants to hear of a pressed button, by its own name for it."""

    incoming: Incoming
    kind: Kind = "words"
    contact: Contact | None = None
    receipt: str = ""
    # A picture that came with it, by the messenger's own name for it.
    picture: str = ""


class Standing(msgspec.Struct, frozen=True):
    """The reader left us (blocked the bot, unfollowed the account), or came back."""

    blocked: bool
    at: datetime


class Part(msgspec.Struct, frozen=True):
    """One message of an answer, within the wire's limits. `keyboard`: ask for the reader's own number, or take that key away."""

    text: str = ""
    buttons: tuple[Button, ...] = ()
    image: bytes | None = None
    keyboard: Literal["", "contact", "remove"] = ""


class Limits(msgspec.Struct, frozen=True):
    """Lengths in UTF-16 units, which is how the stricter messengers count. Buttons beyond `buttons` become numbers to reply with."""

    text: int
    caption: int
    buttons: int
    label: int
    buttons_below_image: bool


class Wire(Protocol):
    """A messenger, opened once a worker."""

    channel: Channel
    limits: Limits
    # A reader who came back says nothing by themselves (Zalo's follow); Telegram's say /start.
    greets: bool

    def read(self, claimed: Claimed) -> Heard | Standing | None:
        """What was kept, as this messenger means it. None: nothing that we answer."""
        ...

    async def post(self, chat_id: str, part: Part) -> Outcome: ...

    async def picture(self, name: str) -> bytes:
        """The bytes of what was heard. Raises where the messenger does not give them now."""
        ...

    async def take_receipt(self, receipt: str) -> None:
        """The answer is out: a pressed button stops turning."""
        ...


Parts = Sequence[Part]
