"""Asks the mailbox of what came back, over IMAP (the standard library's client, in a thread), and the command that a mail server pipes into.

What was understood as ours is deleted there; anything else stays, read, for whoever looks after the mailbox.
"""

from __future__ import annotations

import asyncio
import imaplib
import ssl
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

import structlog

from backend.core.clock import SystemClock
from backend.core.crypto import Cipher
from backend.core.database import Database, DatabaseAway
from backend.core.house import House
from backend.core.queue import SilentBell
from backend.core.settings import Settings
from notifications.channels.dsn import BYTES_MAX
from notifications.returned import Told, take

log = structlog.get_logger()

_TIMEOUT_SECONDS: Final = 30
# A mailbox that filled up is emptied in several rounds.
_LETTERS_MAX: Final = 200
_OURS: Final[frozenset[Told]] = frozenset({"no_failure", "known", "soft", "dead"})
# sysexits.h: the mail server keeps the letter and comes again.
_TRY_AGAIN: Final = 75


async def poll(house: House, *, trust: ssl.SSLContext | None = None) -> int:
    """How many letters were read. What cannot be reached now is asked again in five minutes."""
    if not house.settings.imap_host:
        return 0
    box = _Mailbox(house.settings, trust)
    try:
        return await _read_all(house, box)
    except (OSError, imaplib.IMAP4.error) as error:
        log.error("mailbox_not_read", error=type(error).__name__)
        return 0
    finally:
        await asyncio.to_thread(box.close)


async def _read_all(house: House, box: _Mailbox) -> int:
    names = await asyncio.to_thread(box.unread)
    for name in names:
        told = await take(house, await asyncio.to_thread(box.letter, name))
        # Only now: whoever dies before reads it once more, and twice is once.
        await asyncio.to_thread(box.done, name, ours=told in _OURS)
    return len(names)


class _Mailbox:
    def __init__(self, settings: Settings, trust: ssl.SSLContext | None) -> None:
        self._settings, self._trust = settings, trust
        self._wire: imaplib.IMAP4 | None = None

    def unread(self) -> list[str]:
        """The names (UIDs) of what nobody has read."""
        settings = self._settings
        if settings.imap_security == "tls":
            trust = self._trust or ssl.create_default_context()
            self._wire = imaplib.IMAP4_SSL(
                settings.imap_host, settings.imap_port, ssl_context=trust, timeout=_TIMEOUT_SECONDS
            )
        else:
            self._wire = imaplib.IMAP4(settings.imap_host, settings.imap_port, timeout=_TIMEOUT_SECONDS)
        self._wire.login(settings.imap_user, settings.imap_password)
        _good(self._wire.select("INBOX"))
        found = _good(self._wire.uid("SEARCH", "UNSEEN"))
        return [name.decode() for line in found if isinstance(line, bytes) for name in line.split()][:_LETTERS_MAX]

    def letter(self, name: str) -> bytes:
        """Unread until it is done with, and never more of it than a report needs."""
        assert self._wire is not None, "unread() comes first"
        parts = _good(self._wire.uid("FETCH", name, f"(BODY.PEEK[]<0.{BYTES_MAX}>)"))
        return next((bytes(part[1]) for part in parts if isinstance(part, tuple)), b"")

    def done(self, name: str, *, ours: bool) -> None:
        assert self._wire is not None, "unread() comes first"
        _good(self._wire.uid("STORE", name, "+FLAGS", r"(\Seen \Deleted)" if ours else r"(\Seen)"))

    def close(self) -> None:
        """Closing the mailbox is what ends the deleted ones."""
        if self._wire is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                self._wire.close()
            with suppress(OSError, imaplib.IMAP4.error):
                self._wire.logout()


def _good(answer: tuple[str, Iterable[object]]) -> list[object]:
    verdict, data = answer
    if verdict != "OK":
        raise imaplib.IMAP4.error(verdict)
    return list(data)


async def piped(settings: Settings, raw: bytes) -> tuple[int, str]:
    """(exit status, what to say): a mail server hands over one letter on standard input."""
    try:
        database = await Database.open(settings.database_url, writers=1, readers=1)
    except OSError:
        return _TRY_AGAIN, "the database is away"
    house = House(settings, database, SilentBell(), SystemClock(), Cipher(settings.secret_key), "")
    try:
        return 0, await take(house, raw)
    except DatabaseAway:
        return _TRY_AGAIN, "the database is away"
    finally:
        await house.limits.close()
        await database.close()
