"""A twin of the Zalo Bot Platform and of the people who write to a bot: the token in the address, an envelope whose `error_code` decides.

It refuses what the platform refuses: texts and captions beyond 2,000 letters, pictures without an address, getUpdates beside a
webhook, secrets that are too short. Updates have no number and are told once; chats remember what they heard.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from tests.twins.hosting import Hosted, cut

TEXT_MAX = 2000
# Takes a body and its headers to the webhook, and gives back the HTTP status.
Hook = Callable[[bytes, dict[str, str]], Awaitable[int]]


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
    photos: list[str] = field(default_factory=list)


class ZaloBotTwin(Hosted):
    def __init__(self, token: str = "12345:twin-secret", *, port: int = 0) -> None:
        super().__init__(port=port)
        self.token = token
        self.chats: dict[str, Chat] = defaultdict(lambda: Chat(started=False))
        self.webhook: dict[str, Any] = {"url": "", "updated_at": 0}
        self.secret = ""
        self.methods: list[str] = []
        self._waiting: deque[dict[str, Any]] = deque()

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/bot{token}/{method}", self._call)

    # -- Updates to the bot -------------------------------------------------------------------------------------------

    def update(
        self,
        chat_id: str,
        event: str = "message.text.received",
        *,
        group: bool = False,
        ago: float = 0.0,
        **content: Any,
    ) -> dict[str, Any]:
        """What the platform tells of a message; `date` is in milliseconds."""
        self.chats[chat_id].started = True
        message = {
            "message_id": secrets.token_hex(8),
            "date": int((time.time() - ago) * 1000),
            "chat": {"id": chat_id, "chat_type": "GROUP" if group else "PRIVATE"},
            "from": {"id": chat_id, "display_name": "Ted", "is_bot": False},
            **content,
        }
        return {"ok": True, "result": {"event_name": event, "message": message}}

    async def post(self, hook: Hook, update: dict[str, Any], *, times: int = 1) -> None:
        body = json.dumps(update, ensure_ascii=False).encode()
        for _ in range(times):
            status = await hook(body, {"X-Bot-Api-Secret-Token": self.secret, "content-type": "application/json"})
            assert status == 200, f"the webhook answered {status}"

    def queue(self, update: dict[str, Any]) -> None:
        """For getUpdates: one a call, and never again."""
        self._waiting.append(update)

    # -- Calls from the bot -------------------------------------------------------------------------------------------

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        fault: Fault | None = self.next_fault()
        if fault is not None and fault.lost:
            cut(request)
            return web.Response(status=500)
        headers = {"Retry-After": fault.retry_after} if fault is not None and fault.retry_after else {}
        if fault is not None and fault.http:
            return web.Response(status=fault.http, text="busy", headers=headers)
        if request.match_info["token"] != self.token:
            return _refused(401, "Unauthorized")
        answer = _METHODS.get(method)
        if answer is None:
            return _refused(404, "Method not found")
        if fault is not None and fault.code:
            return _refused(fault.code, "Too many requests" if fault.code == 429 else "Error", headers)
        self.methods.append(method)
        said = await answer(self, json.loads(await request.read() or b"{}"))
        if fault is not None and fault.cut:
            cut(request)
        return said

    def _to(self, body: dict[str, Any]) -> Chat | web.Response:
        chat = self.chats[str(body.get("chat_id"))]
        if not chat.started:
            return _refused(404, "chat not found")
        return _refused(403, "Forbidden: bot was blocked by the user") if chat.blocked else chat

    async def _send_message(self, body: dict[str, Any]) -> web.Response:
        text = body.get("text")
        known = {"chat_id", "text", "parse_mode", "text_styles"}
        if not isinstance(text, str) or not 1 <= len(text) <= TEXT_MAX or set(body) - known:
            return _refused(400, "Bad Request: text must be 1-2000 characters")
        chat = self._to(body)
        if isinstance(chat, web.Response):
            return chat
        chat.heard.append(text)
        return _sent()

    async def _send_photo(self, body: dict[str, Any]) -> web.Response:
        photo, caption = body.get("photo"), body.get("caption")
        if not isinstance(photo, str) or urlsplit(photo).scheme not in ("http", "https"):
            return _refused(400, "Bad Request: photo must be a URL")
        if caption is not None and not 1 <= len(str(caption)) <= TEXT_MAX:
            return _refused(400, "Bad Request: caption must be 1-2000 characters")
        chat = self._to(body)
        if isinstance(chat, web.Response):
            return chat
        chat.photos.append(photo)
        chat.heard.append(caption or "")
        return _sent()

    async def _get_me(self, body: dict[str, Any]) -> web.Response:
        me = {
            "id": "1459232241454765289",
            "account_name": "Bot Trường Hoa Mai",
            "account_type": "BASIC",
            "can_join_groups": False,
        }
        return web.json_response({"ok": True, "result": me})

    async def _get_updates(self, body: dict[str, Any]) -> web.Response:
        if self.webhook["url"]:
            return _refused(400, "Bad Request: can't use getUpdates while a webhook is set")
        until = time.monotonic() + min(float(body.get("timeout", 30)), 0.3)  # a twin has no half minute to wait
        while not self._waiting and time.monotonic() < until:
            await asyncio.sleep(0.01)
        return web.json_response(self._waiting.popleft()) if self._waiting else _refused(408, "Request timeout")

    async def _set_webhook(self, body: dict[str, Any]) -> web.Response:
        url, secret = str(body.get("url", "")), str(body.get("secret_token", ""))
        # HTTPS only, as the platform wants it; loopback besides, since that is where a twin lives.
        if urlsplit(url).scheme != "https" and urlsplit(url).hostname not in ("127.0.0.1", "localhost", "testserver"):
            return _refused(400, "Bad Request: webhook must be HTTPS")
        if not 8 <= len(secret) <= 256:
            return _refused(400, "Bad Request: secret_token must be 8-256 characters")
        self.webhook, self.secret = {"url": url, "updated_at": int(time.time() * 1000)}, secret
        return web.json_response({"ok": True, "result": self.webhook})

    async def _delete_webhook(self, body: dict[str, Any]) -> web.Response:
        self.webhook = {"url": "", "updated_at": int(time.time() * 1000)}
        return web.json_response({"ok": True, "result": self.webhook})

    async def _get_webhook_info(self, body: dict[str, Any]) -> web.Response:
        return web.json_response({"ok": True, "result": self.webhook})

    async def _send_chat_action(self, body: dict[str, Any]) -> web.Response:
        return (
            web.json_response({"ok": True}) if body.get("action") == "typing" else _refused(400, "Bad Request: action")
        )


_METHODS: dict[str, Callable[[ZaloBotTwin, dict[str, Any]], Awaitable[web.Response]]] = {
    "sendMessage": ZaloBotTwin._send_message,
    "sendPhoto": ZaloBotTwin._send_photo,
    "sendChatAction": ZaloBotTwin._send_chat_action,
    "getMe": ZaloBotTwin._get_me,
    "getUpdates": ZaloBotTwin._get_updates,
    "setWebhook": ZaloBotTwin._set_webhook,
    "deleteWebhook": ZaloBotTwin._delete_webhook,
    "getWebhookInfo": ZaloBotTwin._get_webhook_info,
}


def _sent() -> web.Response:
    return web.json_response(
        {"ok": True, "result": {"message_id": secrets.token_hex(8), "date": int(time.time() * 1000)}}
    )


def _refused(code: int, description: str, headers: dict[str, str] | None = None) -> web.Response:
    """HTTP 200 does not mean that it went."""
    return web.json_response({"ok": False, "error_code": code, "description": description}, headers=headers)
