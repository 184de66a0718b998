"""A twin of a mail server: SMTP as it is spoken (RFC 5321) with STARTTLS and AUTH PLAIN, boxes that remember, and replies told beforehand."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections import defaultdict, deque
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage


class SmtpTwin:
    """`replies` are answered to RCPT for an address, instead of 250, once each; `lost_after_dot` cuts the line with the letter taken."""

    def __init__(self, *, user: str = "", password: str = "", tls: ssl.SSLContext | None = None) -> None:
        self.boxes: dict[str, list[EmailMessage]] = defaultdict(list)
        self.replies: dict[str, deque[str]] = defaultdict(deque)
        self.data_replies: deque[str] = deque()
        self.greeting = "220 twin ESMTP"
        self.sender_reply = ""
        self.senders: list[str] = []  # whom MAIL named, letter by letter
        self.lost_after_dot = False
        self.connections = 0
        self._user, self._password, self._tls = user, password, tls
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            await _Talk(self, reader, writer).hold()
        writer.close()


class _Talk:
    def __init__(self, twin: SmtpTwin, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._twin, self._reader, self._writer = twin, reader, writer
        self._secure = self._known = self._sender = False
        self._to: list[str] = []

    async def hold(self) -> None:
        await self._say(self._twin.greeting)
        if not self._twin.greeting.startswith("220"):
            return
        while line := await self._reader.readline():
            verb, _, rest = line.decode().rstrip("\r\n").partition(" ")
            if not await self._answer(verb.upper(), rest):
                return

    async def _answer(self, verb: str, rest: str) -> bool:
        twin = self._twin
        if verb in ("EHLO", "HELO"):
            more = ["STARTTLS"] if twin._tls is not None and not self._secure else []
            more += ["AUTH PLAIN"] if twin._user and (self._secure or twin._tls is None) else []
            names = ["twin", *more, "ENHANCEDSTATUSCODES", "8BITMIME", "SIZE 1000000"]
            for name in names[:-1]:
                await self._say(f"250-{name}")
            await self._say(f"250 {names[-1]}")
        elif verb == "STARTTLS":
            await self._say("220 2.0.0 go ahead")
            await self._writer.start_tls(twin._tls)  # type: ignore[arg-type]
            self._secure = True
        elif verb == "AUTH":
            said = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
            self._known = said[1:] == [twin._user, twin._password]
            await self._say("235 2.7.0 accepted" if self._known else "535 5.7.8 bad credentials")
        elif verb == "MAIL":
            if twin._user and not self._known:
                await self._say("530 5.7.0 authentication required")
            elif twin.sender_reply:
                await self._say(twin.sender_reply)
            else:
                self._sender, self._to = True, []
                twin.senders.append(rest.partition("<")[2].partition(">")[0])
                await self._say("250 2.1.0 ok")
        elif verb == "RCPT":
            address = rest.partition("<")[2].partition(">")[0]
            if not self._sender:
                await self._say("503 5.5.1 MAIL first")
            elif twin.replies[address]:
                await self._say(twin.replies[address].popleft())
            else:
                self._to.append(address)
                await self._say("250 2.1.5 ok")
        elif verb == "DATA":
            return await self._take()
        elif verb in ("RSET", "NOOP"):
            self._sender, self._to = False, []
            await self._say("250 2.0.0 ok")
        elif verb == "QUIT":
            await self._say("221 2.0.0 bye")
            return False
        else:
            await self._say("502 5.5.2 unknown")
        return True

    async def _take(self) -> bool:
        twin = self._twin
        if not self._to:
            await self._say("554 5.5.1 no valid recipients")
            return True
        await self._say("354 go ahead")
        lines = []
        while (line := await self._reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        if twin.data_replies:
            await self._say(twin.data_replies.popleft())
            return True
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(message, EmailMessage)
        for address in self._to:
            twin.boxes[address].append(message)
        if twin.lost_after_dot:
            twin.lost_after_dot = False
            self._writer.transport.abort()
            return False
        await self._say(f"250 2.0.0 queued as Q{len(lines)}")
        return True

    async def _say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")
        await self._writer.drain()
