"""What was said in a conversation with a person, and the way of each word to the messenger where the family reads.

It owns chat_words, and makes the rows of chat_word_sends.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

import msgspec

from backend.core.catalogue import say
from backend.core.crypto import Cipher
from backend.core.database import SchoolTx
from bots import weblines
from schemas.conversations import Side

SEND_JOB = "send_chat_words"
_NAMESPACE = UUID("6b0b4f3e-3f0e-4f64-9a35-0f3f2f1a9d11")
_LABEL_MAX = 80


class Place(msgspec.Struct, frozen=True):
    """A conversation as far as a word has to know it: where the family wrote last, and who it is."""

    handoff_id: UUID
    channel: str
    chat_id: str
    account_id: UUID | None
    language: str

    @property
    def web_chat(self) -> str | None:
        """Where the whole thread can be read: an account's, or the visitor's own."""
        if self.account_id is not None:
            return weblines.chat_of(self.account_id)
        return self.chat_id if self.channel == "web" else None


def id_of(channel: str, chat_id: str, update_id: str) -> UUID:
    """The same update is the same word, however often it is read."""
    return uuid5(_NAMESPACE, f"{channel}/{chat_id}/{update_id}")


_ADD = """
WITH place AS (
UPDATE chat_handoffs h
   SET words = h.words + 1
 WHERE h.school_id = $1
   AND h.handoff_id = $2
   AND NOT EXISTS (SELECT
                     FROM chat_words w
                    WHERE w.school_id = $1
                      AND w.handoff_id = $2
                      AND w.word_id = $3)
RETURNING h.words
)
INSERT INTO chat_words (school_id, handoff_id, number, word_id, side, channel, account_id, body, said_at, file_id)
SELECT $1, $2, place.words, $3, $4, $5, $6, $7, $8, $9
  FROM place
    ON CONFLICT (school_id, handoff_id, word_id) DO NOTHING
RETURNING number
"""


async def add(
    tx: SchoolTx,
    handoff_id: UUID,
    word_id: UUID,
    side: Side,
    body: str,
    *,
    channel: str,
    by: UUID | None,
    at: datetime,
    file_id: UUID | None = None,
) -> int | None:
    """The word's number; None when it was kept before."""
    number: int | None = await tx.fetchval(
        _ADD, tx.school_id, handoff_id, word_id, side, channel, by, body, at, file_id
    )
    return number


class Picture(msgspec.Struct, frozen=True):
    """Kept with the school's files under `file_id`; `shown` are the bytes for the web chat's own record, the small ones."""

    file_id: UUID
    shown: bytes


async def family_said(
    tx: SchoolTx,
    cipher: Cipher,
    place: Place,
    word_id: UUID,
    body: str,
    *,
    at: datetime,
    picture: Picture | None = None,
) -> bool:
    """Keep what the family wrote, and show it in the app as well when it was written elsewhere. False: kept before."""
    number = await add(
        tx, place.handoff_id, word_id, "family", body, channel=place.channel, by=place.account_id, at=at,
        file_id=picture.file_id if picture else None,
    )  # fmt: skip
    if number is None:
        return False
    if (place.channel != "web" or picture is not None) and place.web_chat is not None:
        via = "" if place.channel == "web" else place.channel
        image = picture.shown if picture else b""
        line = weblines.Line(
            word_id, "family", weblines.Content(body, via=via, image=image, image_alt=body if image else "")
        )
        await weblines.append(tx, cipher, place.web_chat, [line], at=at)
    return True


async def tell_family(
    tx: SchoolTx,
    cipher: Cipher,
    place: Place,
    word_id: UUID,
    side: Side,
    body: str,
    *,
    by: UUID | None,
    name: str,
    at: datetime,
    picture: Picture | None = None,
) -> int | None:
    """A word to the family: into the app at once, and to the messenger where it wrote last. None: said before."""
    number = await add(
        tx, place.handoff_id, word_id, side, body, channel="console", by=by, at=at,
        file_id=picture.file_id if picture else None,
    )  # fmt: skip
    if number is None:
        return None
    if place.web_chat is not None:
        image = picture.shown if picture else b""
        content = weblines.Content(
            body, by=name if side == "school" else "", image=image, image_alt=body if image else ""
        )
        line = weblines.Line(word_id, "person" if side == "school" else "bot", content)
        await weblines.append(tx, cipher, place.web_chat, [line], at=at)
        await weblines.person_types(tx, place.web_chat, at=None)
    if place.channel != "web":
        await tx.execute(
            """
            INSERT INTO chat_word_sends (school_id, handoff_id, number, channel, chat_id, state, due_at)
            VALUES ($1, $2, $3, $4, $5, 'due', $6)
            """,
            tx.school_id,
            place.handoff_id,
            number,
            place.channel,
            place.chat_id,
            at,
        )
        tx.ring(SEND_JOB, tx.school_id, str(place.handoff_id))
    return number


def signed(side: str, body: str, name: str, language: str) -> str:
    """As a messenger shows it, where every word comes from the same bot: who of the school says it stands above."""
    return body if side == "house" else say("bots.word_of_person", language, name=name[:_LABEL_MAX], text=body)
