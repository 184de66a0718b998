"""A twin of an IMAP server with one mailbox (RFC 9051, as much as a reader of unread letters speaks): sign-in, UIDs, flags, literals."""

from __future__ import annotations

import asyncio
import re
import shlex
import ssl
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass
class Kept:
    raw: bytes
    flags: set[str] = field(default_factory=set)


class ImapTwin:
    """Letters by UID. What is marked \\Deleted goes when the mailbox is closed, as the standard has it."""

    def __init__(self, *, user: str = "hop-thu", password: str = "mat-khau", tls: ssl.SSLContext | None = None) -> None:
        self.user, self.password = user, password
        self.letters: dict[int, Kept] = {}
        self.refused: list[str] = []
        self.sign_ins = 0
        self._last = 100
        self._tls = tls
        self._server: asyncio.Server | None = None

    def put(self, raw: bytes) -> int:
        self._last += 1
        self.letters[self._last] = Kept(raw)
        return self._last

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await _Talk(self, reader, writer).hold()
        writer.close()


class _Talk:
    def __init__(self, twin: ImapTwin, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._twin, self._reader, self._writer = twin, reader, writer
        self._known = self._chosen = False

    async def hold(self) -> None:
        self._say(b"* OK twin ready")
        while line := await self._reader.readline():
            tag, _, rest = line.decode().rstrip("\r\n").partition(" ")
            verb, _, rest = rest.partition(" ")
            if verb.upper() == "UID":
                verb, _, rest = rest.partition(" ")
                verb = f"UID {verb}"
            answer = self._answer(verb.upper(), rest)
            if not answer.startswith("OK"):
                self._twin.refused.append(line.decode().strip())
            self._say(f"{tag} {answer}".encode())
            await self._writer.drain()
            if verb.upper() == "LOGOUT":
                return

    def _answer(self, verb: str, rest: str) -> str:
        letters = self._twin.letters
        if verb == "CAPABILITY":
            self._say(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN")
        elif verb == "LOGIN":
            self._known = shlex.split(rest) == [self._twin.user, self._twin.password]
            self._twin.sign_ins += self._known
            return "OK signed in" if self._known else "NO [AUTHENTICATIONFAILED] wrong"
        elif verb == "LOGOUT":
            self._say(b"* BYE")
        elif not self._known:
            return "BAD sign in first"
        elif verb == "SELECT":
            self._chosen = True
            self._say(f"* {len(letters)} EXISTS".encode())
            return "OK [READ-WRITE] chosen"
        elif not self._chosen:
            return "BAD choose a mailbox first"
        elif verb == "UID SEARCH" and rest == "UNSEEN":
            found = [str(uid) for uid, one in letters.items() if "\\Seen" not in one.flags]
            self._say(" ".join(["* SEARCH", *found]).encode())
        elif verb == "UID FETCH" and (asked := re.fullmatch(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", rest)):
            uid, most = int(asked[1]), int(asked[2])
            part = letters[uid].raw[:most]
            head = f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(part)}}}\r\n".encode()
            self._say(head + part + b")")
        elif verb == "UID STORE" and (asked := re.fullmatch(r"(\d+) \+FLAGS \(([^)]*)\)", rest)):
            letters[int(asked[1])].flags |= set(asked[2].split())
        elif verb == "CLOSE":
            self._chosen = False
            for uid in [uid for uid, one in letters.items() if "\\Deleted" in one.flags]:
                del letters[uid]
        else:
            return "BAD not spoken here"
        return "OK done"

    def _say(self, line: bytes) -> None:
        self._writer.write(line + b"\r\n")
