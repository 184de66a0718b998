"""The sensitive is told in a chat only after its family has said in the app that the chat is its own. It owns chat_confirmations.

A messenger lies open on many a kitchen table, and its account can be taken over; the app has its own sign-in. No code is ever typed
into a chat: families are taught to give codes to nobody. A confirmation holds for ten minutes, for one chat of one account.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from backend.core.crypto import Cipher
from backend.core.house import House
from backend.core.ids import new_id
from backend.identity.audit import record_account
from bots.chats import Chat
from bots.talk import Talk
from schemas.chat import Answer

ASKED_FOR: Final = timedelta(minutes=10)
HOLDS: Final = timedelta(minutes=10)
PATH: Final = "/chat/confirm"
_SEALED_FOR: Final = "chat-confirmation"


class Ask(msgspec.Struct, frozen=True):
    """What a link says: which chat asks, of which account, until when it may be confirmed."""

    channel: str
    chat_id: str
    account_id: UUID
    ask_id: UUID
    until: datetime


def ask(talk: Talk, intent: str) -> Answer:
    """The link names nobody and opens nothing by itself: only the chat's own account, signed in to the app, may say yes."""
    account_id = talk.chat.account_id
    assert account_id is not None
    talk.remember(locked=intent)
    found = Ask(talk.chat.channel, talk.chat.chat_id, account_id, new_id(), talk.house.clock.now() + ASKED_FOR)
    link = f"{talk.house.settings.public_url.rstrip('/')}{PATH}?ask={_written(talk.house.cipher, found)}"
    buttons = [talk.button("confirmed_now", "u"), talk.button("talk_to_person", "h")]
    return talk.answer(talk.say("confirm_first", link=link), buttons, intent=intent)


def _written(cipher: Cipher, asked: Ask) -> str:
    return base64.urlsafe_b64encode(cipher.seal(msgspec.json.encode(asked).decode(), _SEALED_FOR)).decode()


def read(house: House, text: str, account_id: UUID) -> Ask | None:
    """None for what we did not write, what is too old, and another account's."""
    try:
        asked = msgspec.json.decode(
            house.cipher.open(base64.urlsafe_b64decode(text.encode("ascii")), _SEALED_FOR), type=Ask
        )
    except (binascii.Error, UnicodeError, InvalidTag, AssertionError, msgspec.DecodeError, ValueError):
        return None
    return asked if asked.account_id == account_id and house.clock.now() < asked.until else None


# One asking is one confirmation: the same link opened again does not make it hold longer. A chat that has changed hands gets none.
_CONFIRM = """
INSERT INTO chat_confirmations AS c (channel, chat_id, account_id, ask_id, confirmed_at, holds_until)
SELECT l.channel, l.chat_id, l.account_id, $4, $5, $6
  FROM chat_links l
 WHERE l.channel = $1
   AND l.chat_id = $2
   AND l.account_id = $3
   AND l.unlinked_at IS NULL
    ON CONFLICT (channel, chat_id)
    DO UPDATE SET account_id = excluded.account_id, ask_id = excluded.ask_id, confirmed_at = excluded.confirmed_at,
                  holds_until = excluded.holds_until
            WHERE c.ask_id <> excluded.ask_id
RETURNING true
"""


async def confirm(house: House, asked: Ask) -> bool:
    """True when the chat may be told now, or might already by the same asking."""
    now = house.clock.now()
    async with house.database.directory() as tx:
        fresh = await tx.fetchval(
            _CONFIRM, asked.channel, asked.chat_id, asked.account_id, asked.ask_id, now, now + HOLDS
        )
        if fresh:
            await record_account(tx, asked.account_id, "chat.confirmed", at=now, detail={"channel": asked.channel})
            return True
        held = await tx.fetchval(
            """
            SELECT c.holds_until > $4
              FROM chat_confirmations c
             WHERE c.channel = $1
               AND c.chat_id = $2
               AND c.ask_id = $3
            """,
            asked.channel,
            asked.chat_id,
            asked.ask_id,
            now,
        )
    return bool(held)


def chat_of(asked: Ask) -> Chat:
    """For letting the chat go, when it was not the family who asked."""
    from bots.memory import Memory

    return Chat(asked.channel, asked.chat_id, asked.account_id, "", Memory())
