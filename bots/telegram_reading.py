"""What a kept update of Telegram's says, as its library reads it: words, a button, one's own number, a sticker, blocked or let in again. Pure."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from telegram import Bot, Message, Update

from bots.hearing import Contact, Heard, Kind, Standing
from bots.turns import Claimed
from schemas.chat import Incoming

# Members of a message that stand for what a bot cannot read, and what each is to us.
_UNREAD: tuple[tuple[str, Kind], ...] = (
    ("sticker", "sticker"), ("animation", "sticker"), ("dice", "sticker"), ("voice", "voice"), ("audio", "voice"),
    ("video_note", "voice"), ("photo", "picture"), ("video", "picture"), ("document", "file"), ("location", "place"), ("venue", "place"),
)  # fmt: skip


def read_update(claimed: Claimed, bot: Bot) -> Heard | Standing | None:
    try:
        update = Update.de_json(msgspec.json.decode(claimed.body), bot)
    except (msgspec.DecodeError, TypeError, KeyError, ValueError, AttributeError):
        return None
    if update.my_chat_member is not None:
        # Telegram tells whole seconds; the number of the update keeps the order of two changes within one.
        nth = timedelta(microseconds=update.update_id % 1_000_000)
        change = update.my_chat_member
        if change.chat.type != "private":
            return None
        return Standing(change.new_chat_member.status in ("kicked", "left"), change.date + nth)
    query, message, chat = update.callback_query, update.message, update.effective_chat
    if chat is None or (query is None and message is None):
        return None
    incoming = Incoming(
        channel="telegram",
        chat_id=str(chat.id),
        update_id=claimed.update_id,
        at=claimed.received_at,
        text=_words(message) if message is not None and query is None else "",
        button=query.data if query is not None else None,
        private=chat.type == "private",
    )
    if query is not None or message is None:
        return Heard(incoming, receipt=query.id if query is not None else "")
    return Heard(
        incoming, _kind(message), _contact(message), picture=message.photo[-1].file_id if message.photo else ""
    )


def _words(message: Message) -> str:
    return message.text or message.caption or ""


def _kind(message: Message) -> Kind:
    if _words(message):
        return "words"
    for name, kind in _UNREAD:
        if getattr(message, name):
            return kind
    return "words" if message.contact is not None else "other"


def _contact(message: Message) -> Contact | None:
    """Telegram names the owner of a number that is known to it; a forwarded card proves nothing of who forwards it."""
    contact = message.contact
    if contact is None:
        return None
    sender = message.from_user
    own = sender is not None and contact.user_id == sender.id and message.forward_origin is None
    return Contact(contact.phone_number, own)
