"""The web chat's own record: numbered lines of a chat, sealed, so that a page that lay closed or lost its network finds what it missed.

It owns web_chats and web_lines. An answer about a child is told again for as long as a thread lasts; after that it is asked anew, with
the right of that moment.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from backend.core.catalogue import say
from backend.core.crypto import Cipher
from backend.core.database import Reader, Tx
from backend.core.house import House
from schemas.chat import Button
from schemas.conversations import ChatLine, ChatLines

Side = Literal["family", "bot", "person"]
SHOWN_MAX: Final = 60
TYPING: Final = timedelta(seconds=6)
_PERSONAL: Final = timedelta(minutes=10)
_ACCOUNT: Final = timedelta(days=30)
_VISITOR: Final = timedelta(days=1)
_PURPOSE: Final = "web-line"


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a line says. `ask_again`: the intent of an answer about a child, which is not told again for long."""

    text: str
    buttons: tuple[Button, ...] = ()
    by: str = ""
    via: str = ""
    image: bytes = b""
    image_alt: str = ""
    ask_again: str = ""


class Line(msgspec.Struct, frozen=True):
    line_id: UUID
    side: Side
    content: Content


def chat_of(account_id: UUID) -> str:
    """The web chat of an account: where its conversations can be read whatever channel they began in."""
    return f"account:{account_id}"


async def append(tx: Tx, cipher: Cipher, chat_id: str, lines: Sequence[Line], *, at: datetime) -> None:
    """Numbers are given under the lock of the chat's row, so that who has seen number n has seen all before it."""
    last = await tx.fetchval(
        """
        INSERT INTO web_chats AS w (chat_id, lines, changed_at)
        VALUES ($1, $2, $3)
            ON CONFLICT (chat_id) DO UPDATE SET lines = w.lines + $2, changed_at = $3
     RETURNING lines
        """,
        chat_id,
        len(lines),
        at,
    )
    await tx.executemany(
        """
        INSERT INTO web_lines (chat_id, number, line_id, side, sealed, said_at, until)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT DO NOTHING
        """,
        [
            (chat_id, last - len(lines) + place, line.line_id, line.side, _sealed(cipher, line), at, at + _life(chat_id, line))
            for place, line in enumerate(lines, 1)
        ],
    )  # fmt: skip


def _sealed(cipher: Cipher, line: Line) -> bytes:
    return cipher.seal(msgspec.json.encode(line.content).decode(), _PURPOSE)


def _life(chat_id: str, line: Line) -> timedelta:
    if line.content.ask_again:
        return _PERSONAL
    return _ACCOUNT if chat_id.startswith("account:") else _VISITOR


# The same in one round trip, for who has nothing else to write. $1 chat, $2 now, $3 how many lines.
_KEEP = """
  WITH counted AS (
INSERT INTO web_chats AS w (chat_id, lines, changed_at)
VALUES ($1, $3, $2)
    ON CONFLICT (chat_id) DO UPDATE SET lines = w.lines + excluded.lines, changed_at = excluded.changed_at
RETURNING w.lines
  )
INSERT INTO web_lines (chat_id, number, line_id, side, sealed, said_at, until)
SELECT $1, c.lines - $3 + l.place, l.line_id, l.side, l.sealed, $2, l.until
  FROM counted c
 CROSS JOIN unnest($4::uuid[], $5::text[], $6::bytea[], $7::timestamptz[]) WITH ORDINALITY AS l (line_id, side, sealed, until, place)
    ON CONFLICT DO NOTHING
"""


async def keep(house: House, chat_id: str, *lines: Line, at: datetime) -> None:
    await house.database.keep(
        _KEEP, chat_id, at, len(lines),
        [line.line_id for line in lines],
        [line.side for line in lines],
        [_sealed(house.cipher, line) for line in lines],
        [at + _life(chat_id, line) for line in lines],
    )  # fmt: skip


_LINES = """
SELECT l.number, l.line_id, l.side, l.sealed, l.said_at, l.until, w.lines AS last,
       coalesce(s.person_taken, false) AS taken
  FROM (VALUES ($1::text)) AS me (chat_id)
  LEFT JOIN web_chats w
    ON w.chat_id = me.chat_id
  LEFT JOIN chat_states s
    ON s.channel = 'web'
   AND s.chat_id = me.chat_id
  LEFT JOIN web_lines l
    ON l.chat_id = me.chat_id
   AND l.number > $2
 ORDER BY l.number DESC
 LIMIT $3
"""


async def lines_after(house: House, chat_id: str, after: int, language: str) -> ChatLines:
    """The newest that the page has not seen, in the order in which they were said."""
    rows = await house.database.reader.fetch(_LINES, chat_id, after, SHOWN_MAX)
    now = house.clock.now()
    told = [_told(house.cipher, row, now, language) for row in reversed(rows) if row["number"] is not None]
    return ChatLines([line for line in told if line is not None], rows[0]["last"] or 0, rows[0]["taken"])


def _told(cipher: Cipher, row: Any, now: datetime, language: str) -> ChatLine | None:
    """What is past its time is not told; an answer about a child leaves a button behind that asks it anew."""
    content = msgspec.json.decode(cipher.open(row["sealed"], _PURPOSE), type=Content)
    if row["until"] <= now:
        if not content.ask_again:
            return None
        again = Button(say("bots.ask_again", language), f"i:{content.ask_again}")
        content = Content(say("bots.line_gone", language), (again,))
    image = data_url(content.image) if content.image else ""
    return ChatLine(
        row["number"], row["line_id"], row["side"], content.text, row["said_at"], content.buttons, content.by, content.via,
        image, content.image_alt,
    )  # fmt: skip


def data_url(image: bytes) -> str:
    """Inside the line, so that no address exists under which somebody else's picture could be fetched."""
    kind = "jpeg" if image.startswith(b"\xff\xd8") else "png"
    return f"data:image/{kind};base64,{base64.b64encode(image).decode()}"


# -- Live -------------------------------------------------------------------------------------------------------------

_STATE = """
SELECT coalesce(w.lines, 0) AS last, coalesce(w.typing_at > $2, false) AS typing,
       coalesce(s.person_taken, false) AS taken
  FROM (VALUES ($1::text)) AS me (chat_id)
  LEFT JOIN web_chats w
    ON w.chat_id = me.chat_id
  LEFT JOIN chat_states s
    ON s.channel = 'web'
   AND s.chat_id = me.chat_id
"""


def look_of(house: House, chat_id: str) -> Callable[[], Awaitable[str]]:
    """How far the chat has come, and whether somebody is writing. What was said is fetched by number, so that nothing is lost or doubled."""

    async def look() -> str:
        return await state(house.database.reader, chat_id, house.clock.now())

    return look


async def state(reader: Reader, chat_id: str, now: datetime) -> str:
    row = await reader.fetchrow(_STATE, chat_id, now - TYPING)
    assert row is not None, "a row of one chat"
    return msgspec.json.encode(dict(row)).decode()


async def person_types(tx: Tx, chat_id: str, *, at: datetime | None) -> None:
    await tx.execute("UPDATE web_chats SET typing_at = $2 WHERE chat_id = $1", chat_id, at)


async def forget_old(house: House) -> None:
    await house.database.keep("DELETE FROM web_lines WHERE until < $1", house.clock.now() - timedelta(days=1))
