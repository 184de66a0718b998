"""A twin of the Zalo Bot Platform's `sendMessage`: the token in the address, an envelope whose `error_code` decides, chats that remember."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from dataclasses import dataclass, field

from aiohttp import web

from tests.twins.hosting import Hosted, cut


@dataclass(frozen=True)
class Fault:
    code: int = 0
    http: int = 0
    retry_after: str = ""
    cut: bool = False
    lost: bool = False


@dataclass
class Chat:
    started: bool = True
    blocked: bool = False
    heard: list[str] = field(default_factory=list)


class ZaloBotTwin(Hosted):
    def __init__(self, token: str = "12345:twin-secret", *, port: int = 0) -> None:
        super().__init__(port=port)
        self.token = token
        self.chats: dict[str, Chat] = defaultdict(lambda: Chat(started=False))

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/bot{token}/{method}", self._call)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        fault: Fault | None = self.next_fault()
        if fault is not None and fault.lost:
            cut(request)
            return web.Response(status=500)
        headers = {"Retry-After": fault.retry_after} if fault is not None and fault.retry_after else {}
        if fault is not None and fault.http:
            return web.Response(status=fault.http, text="busy", headers=headers)
        if request.match_info["token"] != self.token:
            return _refused(401, "Unauthorized")
        if request.match_info["method"] != "sendMessage":
            return _refused(404, "Method not found")
        if fault is not None and fault.code:
            return _refused(fault.code, "Too many requests" if fault.code == 429 else "Error", headers)
        body = json.loads(await request.read())
        text, chat_id = body.get("text"), body.get("chat_id")
        if not isinstance(text, str) or not 1 <= len(text) <= 2000 or set(body) - {"chat_id", "text", "parse_mode"}:
            return _refused(400, "Bad Request: text must be 1-2000 characters")
        chat = self.chats[str(chat_id)]
        if not chat.started:
            return _refused(404, "chat not found")
        if chat.blocked:
            return _refused(403, "Forbidden: bot was blocked by the user")
        chat.heard.append(text)
        if fault is not None and fault.cut:
            cut(request)
        return web.json_response({"ok": True, "result": {"message_id": secrets.token_hex(8), "date": 1750316131602}})


def _refused(code: int, description: str, headers: dict[str, str] | None = None) -> web.Response:
    """HTTP 200 does not mean that it went."""
    return web.json_response({"ok": False, "error_code": code, "description": description}, headers=headers)
