"""What a kept event of a Zalo Official Account says: words, a pressed button, a form with a number, follow and unfollow. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from bots.hearing import Contact, Heard, Kind, Standing
from bots.link_codes import typed_command
from bots.turns import Claimed
from schemas.chat import Incoming

# A pressed button comes back as a message of the reader's that begins so; the reader does not see it.
PRESS_MARK: Final = "#"
_EVENTS: dict[str, Kind] = {
    "user_send_text": "words", "user_send_link": "words", "user_send_image": "picture", "user_send_gif": "sticker",
    "user_send_sticker": "sticker", "user_send_audio": "voice", "user_send_video": "picture", "user_send_file": "file",
    "user_send_location": "place", "user_send_business_card": "card", "user_submit_info": "words",
}  # fmt: skip


class _Party(msgspec.Struct):
    id: str = ""


class _Message(msgspec.Struct):
    msg_id: str = ""
    text: str = ""


class _Info(msgspec.Struct):
    phone: str | int = ""


class Event(msgspec.Struct):
    """As much as the bot needs of it. `timestamp`: milliseconds, as text."""

    event_name: str = ""
    timestamp: str = ""
    sender: _Party | None = None
    follower: _Party | None = None
    message: _Message | None = None
    info: _Info | None = None

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(int(self.timestamp) / 1000, UTC)

    @property
    def user_id(self) -> str:
        party = self.follower if self.event_name in ("follow", "unfollow") else self.sender
        return party.id if party is not None else ""

    @property
    def update_id(self) -> str:
        """Messages have ids; what has none happens once a moment."""
        message_id = self.message.msg_id if self.message is not None else ""
        return message_id or f"{self.event_name}:{self.timestamp}"


_DECODER = msgspec.json.Decoder(Event, strict=False)


def decoded(body: bytes) -> Event | None:
    """The event, when it is one that the bot answers: a reader's own deed, outside of groups."""
    try:
        event = _DECODER.decode(body)
    except msgspec.MsgspecError:
        return None
    ours = event.event_name in _EVENTS or event.event_name in ("follow", "unfollow")
    return event if ours and event.user_id else None


def read_event(claimed: Claimed) -> Heard | Standing | None:
    event = decoded(claimed.body)
    if event is None:
        return None
    if event.event_name in ("follow", "unfollow"):
        return Standing(event.event_name == "unfollow", event.at)
    text = event.message.text if event.message is not None else ""
    incoming = Incoming(
        channel="zalo",
        chat_id=claimed.chat.chat_id,
        update_id=claimed.update_id,
        at=claimed.received_at,
        text=typed_command(text),
    )
    if event.event_name == "user_submit_info":
        # Zalo tells what its reader typed into the form, not whose number it is.
        phone = _number(event)
        return Heard(msgspec.structs.replace(incoming, text=""), contact=Contact(phone, own=False))
    if text.startswith(PRESS_MARK) and len(text) <= 65:
        return Heard(msgspec.structs.replace(incoming, text="", button=text.removeprefix(PRESS_MARK)))
    return Heard(incoming, "words" if text.strip() else _unread(event.event_name))


def _unread(event_name: str) -> Kind:
    kind = _EVENTS[event_name]
    return "other" if kind == "words" else kind


def _number(event: Event) -> str:
    """In `info`, or, from older accounts, as JSON in the message's text."""
    if event.info is not None:
        return str(event.info.phone)
    try:
        info = msgspec.json.decode(event.message.text if event.message is not None else "", type=_Info, strict=False)
    except msgspec.MsgspecError:
        return ""
    return str(info.phone)
