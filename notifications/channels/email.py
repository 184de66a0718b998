"""E-mail over SMTP (the standard library's client, in a thread): TLS, a kept connection or two, and every reply of the server as an outcome."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
import threading
import time
from contextlib import suppress
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final, Literal

import msgspec
import structlog

from notifications.allowances import Allowance
from notifications.outcomes import Outcome, Refused, Sent, TryLater

log = structlog.get_logger()

Security = Literal["starttls", "tls", "none"]
CONNECTIONS: Final = 2
_TIMEOUT_SECONDS: Final = 15
_IDLE_SECONDS: Final = 20.0
_BUSY_SECONDS: Final = 60.0

# RFC 3463: no such box, no such host, moved away, disabled, and a domain that takes no mail (RFC 7505).
_DEAD: Final = ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")
# Without such a status a reply does not say whether the box or the letter was meant.
INVALID: Final = frozenset(f"SMTP_{code}_{status}" for code in (550, 551, 553, 554) for status in _DEAD)


class Letter(msgspec.Struct, frozen=True):
    """`message_id` is the same for every attempt, so that a letter which came twice is shown once where the reader's program folds.

    `return_address`: where a server that cannot deliver it sends its report; the sender where there is none.
    """

    to: str
    subject: str
    text: str
    message_id: str
    language: str
    unsubscribe_url: str = ""
    return_address: str = ""


class EmailSender:
    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: Security,
        sender: str,
        sender_name: str = "",
        user: str = "",
        password: str = "",
        limit: Allowance | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._host, self._port, self._security = host, port, security
        self._sender, self._sender_name = sender, sender_name
        self._user, self._password = user, password
        self._trust = trust or ssl.create_default_context()
        self._idle: list[tuple[smtplib.SMTP, float]] = []
        self._lock = threading.Lock()
        self.limit = limit

    async def post(self, letter: Letter) -> Outcome:
        """In a turn already taken."""
        return await asyncio.to_thread(self._post, letter)

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    def _post(self, letter: Letter) -> Outcome:
        try:
            connection = self._connected()
        except smtplib.SMTPAuthenticationError as error:
            return Refused("channel_down", f"SMTP_{error.smtp_code}")
        except ssl.SSLCertVerificationError:
            return Refused("channel_down", "SMTP_certificate")
        except (smtplib.SMTPNotSupportedError, smtplib.SMTPHeloError) as error:
            return Refused("channel_down", type(error).__name__)
        except smtplib.SMTPResponseException as error:
            return _connection_reply(error.smtp_code)
        except (OSError, smtplib.SMTPException):
            return TryLater("connection_refused")
        outcome = self._say(connection, letter)
        kept = isinstance(outcome, Sent) or (isinstance(outcome, Refused) and outcome.why != "channel_down")
        self._give_back(connection, kept=kept)
        return outcome

    def _say(self, connection: smtplib.SMTP, letter: Letter) -> Outcome:
        """Step by step, since only after the last dot may the server have the letter."""
        dotted = False
        try:
            code, reply = connection.mail(letter.return_address or self._sender)
            if code != 250:
                return _sender_reply(code)
            code, reply = connection.rcpt(letter.to)
            if code not in (250, 251):
                return read_reply(code, reply)
            dotted = True
            code, said = connection.data(self._written(letter).as_bytes(policy=policy.SMTP))
            return Sent(_queue_name(said)) if code == 250 else read_reply(code, said)
        except smtplib.SMTPDataError as error:  # DATA itself was refused: nothing was said yet
            text = error.smtp_error
            return read_reply(error.smtp_code, text if isinstance(text, bytes) else str(text).encode())
        except TimeoutError:
            return TryLater("timeout", uncertain=dotted)
        except (OSError, smtplib.SMTPException):
            return TryLater("connection_lost", uncertain=dotted)

    def _written(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = " ".join(letter.subject.split())
        message["From"] = Address(display_name=self._sender_name, addr_spec=self._sender)
        message["To"] = Address(addr_spec=letter.to)
        message["Message-ID"] = f"<{letter.message_id}@{self._sender.rpartition('@')[2]}>"
        message["Content-Language"] = letter.language
        message["Auto-Submitted"] = "auto-generated"
        if letter.unsubscribe_url:
            message["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(letter.text, cte="quoted-printable")
        return message

    def _connected(self) -> smtplib.SMTP:
        with self._lock:
            while self._idle:
                connection, since = self._idle.pop()
                if time.monotonic() - since < _IDLE_SECONDS:
                    with suppress(OSError, smtplib.SMTPException):
                        if connection.rset()[0] == 250:
                            return connection
                _quit(connection)
        if self._security == "tls":
            connection = smtplib.SMTP_SSL(self._host, self._port, timeout=_TIMEOUT_SECONDS, context=self._trust)
        else:
            connection = smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT_SECONDS)
        try:
            if self._security == "starttls":
                connection.starttls(context=self._trust)
            connection.ehlo_or_helo_if_needed()
            if self._user:
                connection.login(self._user, self._password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _give_back(self, connection: smtplib.SMTP, *, kept: bool) -> None:
        with self._lock:
            if kept and len(self._idle) < CONNECTIONS:
                self._idle.append((connection, time.monotonic()))
                return
        _quit(connection)

    def _close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            _quit(connection)


def read_reply(code: int, reply: bytes) -> Outcome:
    """What was said to a recipient or to a letter. The enhanced status decides where there is one (RFC 3463)."""
    status = reply.split(b" ", 1)[0].decode("ascii", "replace")
    name = f"SMTP_{code}" + (f"_{status}" if status.count(".") == 2 else "")
    if code == 421:
        return TryLater(name, _BUSY_SECONDS, pauses_channel=True)
    if 400 <= code < 500 or code == 552 or status == "5.2.2":  # a full box is emptied some day
        return TryLater(name)
    if status in _DEAD or (status.count(".") != 2 and code in (550, 551, 553)):
        return Refused("address_dead", name)
    if code in (530, 535, 538) or status in ("5.7.0", "5.7.8"):
        return Refused("channel_down", name)
    return Refused("our_bug" if code in (500, 501, 555) else "unknown", name)


def _connection_reply(code: int) -> Outcome:
    if code >= 500:
        return Refused("channel_down", f"SMTP_{code}")
    return TryLater(f"SMTP_{code}", _BUSY_SECONDS, pauses_channel=True)


def _sender_reply(code: int) -> Outcome:
    """Our own address was refused: nobody's fault who was to be written to."""
    if code >= 500:
        return Refused("channel_down", f"SMTP_{code}_sender")
    return TryLater(f"SMTP_{code}", _BUSY_SECONDS, pauses_channel=True)


def _queue_name(reply: bytes) -> str:
    return reply.decode("ascii", "replace").rpartition(" ")[2][:100]


def _quit(connection: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):
        connection.quit()
    connection.close()
