"""A twin of Telegram's Bot API and of the people who write to a bot: the real wire, its strictness, its fault menu, its webhooks.

It refuses what the real service refuses (a wrong token, texts beyond 4096 characters, broken markup, callback data beyond 64 bytes,
getUpdates beside a webhook), delivers webhooks in order with the secret header, and tries again until it hears 2xx.

    python -m tests.twins.telegram --port 9100 --token 1:x
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.twins import telegram_profile
from tests.twins import telegram_wire as wire
from tests.twins.telegram_wire import Refusal, bad

_HOOK_SECONDS = 30.0
_RETRY_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
_METHODS: dict[str, Callable[[TelegramTwin, dict[str, str]], Awaitable[Any]]] = {**telegram_profile.METHODS}


@dataclass
class Fault:
    """One programmed misbehaviour of a method. `times` None means always.

    names: too_many (429 with retry_after), server (502), slow (answers late), cut (the connection is cut before an answer; the message
    was sent), lost (cut, and nothing was sent), unauthorized (401), blocked (403), parse (400).
    """

    name: str
    times: int | None = 1
    retry_after: int = 1
    seconds: float = 0.0
    chat_id: int | None = None


@dataclass
class TwinChat:
    """A person (or a group) and what the bot wrote there. `say` and `press` return once the update was delivered."""

    twin: TelegramTwin
    chat_id: int
    first_name: str
    kind: str = "private"
    language_code: str = "vi"
    heard: list[dict[str, Any]] = field(default_factory=list)
    blocked: bool = False
    started: bool = False

    async def say(self, text: str, *, wait: bool = True, **extra: Any) -> int:
        """The person types a text. Returns the update's id."""
        self.started = True
        message = {**self._message(), "text": text, **extra}
        if text.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        return await self.twin.deliver({"message": message}, wait=wait)

    async def sends(self, *, wait: bool = True, **content: Any) -> int:
        """Anything but a text: a sticker, a voice message, a picture, somebody's contact."""
        self.started = True
        return await self.twin.deliver({"message": {**self._message(), **content}}, wait=wait)

    async def shares_own_number(self, phone: str, *, wait: bool = True) -> int:
        """The key that the bot asked with: Telegram fills in the person's own number and id."""
        keys = [key for message in self.heard for row in _reply_keys(message) for key in row]
        assert any(key.get("request_contact") for key in keys), "the bot has not asked for the number"
        contact = {"phone_number": phone, "first_name": self.first_name, "user_id": abs(self.chat_id)}
        return await self.sends(contact=contact, wait=wait)

    async def ask(self, text: str, *, seconds: float = 30) -> str:
        """Say it and wait for the next answer."""
        before = len(self.heard)
        await self.say(text)
        return await self.hears(before, seconds=seconds)

    async def press(self, label_or_data: str, *, wait: bool = True) -> int:
        """Press a button of the newest message that has it."""
        for message in reversed(self.heard):
            for row in (message.get("reply_markup") or {}).get("inline_keyboard", []):
                for button in row:
                    if label_or_data in (button["text"], button.get("callback_data")):
                        return await self._pressed(message, button["callback_data"], wait)
        raise AssertionError(f"no button {label_or_data!r} in this chat")

    async def press_and_hear(self, label_or_data: str, *, seconds: float = 30) -> str:
        before = len(self.heard)
        await self.press(label_or_data)
        return await self.hears(before, seconds=seconds)

    async def hears(self, before: int, *, seconds: float = 30) -> str:
        deadline = time.monotonic() + seconds
        while len(self.heard) <= before:
            if time.monotonic() > deadline:
                raise AssertionError(f"no answer in chat {self.chat_id} within {seconds:.0f} s")
            await asyncio.sleep(0.02)
        text: str = self.heard[before]["text"]
        return text

    def buttons(self) -> list[str]:
        """The labels under the newest message."""
        markup = (self.heard[-1].get("reply_markup") or {}) if self.heard else {}
        return [button["text"] for row in markup.get("inline_keyboard", []) for button in row]

    async def block(self, *, blocked: bool = True, wait: bool = True) -> int:
        self.blocked = blocked
        old, new = ("member", "kicked") if blocked else ("kicked", "member")
        me = self.twin.me
        member = {"user": me, "status": new, **({"until_date": 0} if blocked else {})}
        change = {
            "chat": self.chat(),
            "from": self._user(),
            "date": int(time.time()),
            "old_chat_member": {"user": me, "status": old, **({} if blocked else {"until_date": 0})},
            "new_chat_member": member,
        }
        return await self.twin.deliver({"my_chat_member": change}, wait=wait)

    async def _pressed(self, message: dict[str, Any], data: str, wait: bool) -> int:
        query = {
            "id": str(next(self.twin.query_ids)),
            "from": self._user(),
            "chat_instance": str(self.chat_id),
            "message": message,
            "data": data,
        }
        self.twin.open_queries.add(str(query["id"]))
        return await self.twin.deliver({"callback_query": query}, wait=wait)

    def chat(self) -> dict[str, Any]:
        named = {"first_name": self.first_name} if self.kind == "private" else {"title": self.first_name}
        return {"id": self.chat_id, "type": self.kind, **named}

    def _user(self) -> dict[str, Any]:
        return {
            "id": abs(self.chat_id),
            "is_bot": False,
            "first_name": self.first_name,
            "language_code": self.language_code,
        }

    def _message(self) -> dict[str, Any]:
        return {
            "message_id": next(self.twin.message_ids),
            "from": self._user(),
            "chat": self.chat(),
            "date": int(time.time()),
        }


def _reply_keys(message: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return (message.get("reply_markup") or {}).get("keyboard", [])  # type: ignore[no-any-return]


class TelegramTwin:
    def __init__(
        self, token: str, *, username: str = "nhipcau_twin_bot", host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.token = token
        self.username = username
        self.me = {"id": int(token.partition(":")[0]), "is_bot": True, "first_name": "Nhịp Cầu", "username": username}
        self.chats: dict[int, TwinChat] = {}
        self.webhook: dict[str, Any] = {"url": ""}
        self.commands: dict[str, list[dict[str, str]]] = {}
        self.profile: dict[tuple[str, str], str] = {}
        self.name_changes = 0
        self.menu_button = {"type": "default"}
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.photos: dict[int, bytes] = {}
        # What people sent, by its file_id.
        self.files: dict[str, bytes] = {}
        self.answered_queries: list[str] = []
        self.open_queries: set[str] = set()
        self.query_ids, self.message_ids, self.update_ids = (
            itertools.count(1),
            itertools.count(1),
            itertools.count(1_000),
        )
        self.hook_answers: list[int] = []
        self._host, self._port = host, port
        self._pending: deque[dict[str, Any]] = deque()
        self._delivered: dict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._deliverer: asyncio.Task[None] | None = None
        self._polls = 0
        self._stopping = False
        # Instead of the webhook's address: for an application that listens at none.
        self.direct: Callable[[dict[str, Any]], Awaitable[None]] | None = None

    @property
    def base_url(self) -> str:
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        application = web.Application(client_max_size=60 * 1024 * 1024)
        application.router.add_route("*", "/bot{token}/{method}", self._called)
        application.router.add_get("/file/bot{token}/{path:.+}", self._file)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._deliverer = asyncio.create_task(self._deliver_webhooks())

    async def stop(self) -> None:
        self._stopping = True  # whoever polls is answered, not waited for
        if self._deliverer is not None:
            self._deliverer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._deliverer
        if self._runner is not None:
            await self._runner.cleanup()

    def open_chat(
        self, chat_id: int, first_name: str = "Phụ huynh", *, kind: str = "private", language_code: str = "vi"
    ) -> TwinChat:
        """Somebody who has found the bot. Groups have negative ids."""
        return self.chats.setdefault(chat_id, TwinChat(self, chat_id, first_name, kind, language_code))

    def program(self, method: str, fault: Fault) -> None:
        self._faults[method].append(fault)

    def heal(self) -> None:
        self._faults.clear()

    # -- Updates to the bot -------------------------------------------------------------------------------------------

    async def deliver(self, update: dict[str, Any], *, wait: bool = True, update_id: int | None = None) -> int:
        """Queue an update; with `wait`, return once the bot has taken it (2xx, or confirmed by getUpdates)."""
        number = next(self.update_ids) if update_id is None else update_id
        if self.direct is not None:
            await self.direct({"update_id": number, **update})
            return number
        self._pending.append({"update_id": number, **update})
        self._changed.set()
        if wait:
            await asyncio.wait_for(self._delivered[number].wait(), _HOOK_SECONDS)
        return number

    async def _deliver_webhooks(self) -> None:
        """One at a time and in order, as Telegram does for a slow bot; a refused update is tried again before the next."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_HOOK_SECONDS)) as session:
            tries = 0
            while True:
                if not self._pending or not self.webhook["url"]:
                    self._changed.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._changed.wait(), 0.2)
                    continue
                update = self._pending[0]
                if not self._wanted(update) or await self._posted(session, update):
                    self._take_first(update)
                    tries = 0
                    continue
                await asyncio.sleep(_RETRY_SECONDS[min(tries, len(_RETRY_SECONDS) - 1)])
                tries += 1

    def _wanted(self, update: dict[str, Any]) -> bool:
        allowed = self.webhook.get("allowed_updates")
        return not allowed or any(kind in update for kind in allowed)

    def _take_first(self, update: dict[str, Any]) -> None:
        if self._pending and self._pending[0] is update:
            self._pending.popleft()
        self._delivered[update["update_id"]].set()

    async def _posted(self, session: aiohttp.ClientSession, update: dict[str, Any]) -> bool:
        headers = (
            {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret_token"]}
            if self.webhook.get("secret_token")
            else {}
        )
        try:
            async with session.post(self.webhook["url"], json=update, headers=headers) as response:
                await response.read()
                self.hook_answers.append(response.status)
                if not 200 <= response.status < 300:
                    self._hook_failed(f"Wrong response from the webhook: {response.status}")
                return 200 <= response.status < 300
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._hook_failed(f"Connection failed: {type(error).__name__}")
            return False

    def _hook_failed(self, message: str) -> None:
        self.webhook.update(last_error_date=int(time.time()), last_error_message=message)

    # -- Calls from the bot -------------------------------------------------------------------------------------------

    async def _called(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.match_info["token"] != self.token:
            return _refused(Refusal(401, "Unauthorized"))
        call = _METHODS.get(method.lower())
        if call is None:
            return _refused(Refusal(404, "Not Found"))
        fields, files = await _fields(request)
        self.calls.append((method, fields))
        fault = self._fault_of(method, fields)
        try:
            if fault is not None:
                await self._misbehave(fault, request)
            if "photo" in files:
                wire.check_photo(files["photo"])
            result = await call(self, fields)
            if "photo" in files:
                self.photos[result["message_id"]] = files["photo"]
            if fault is not None and fault.name == "cut":
                _cut(request)
        except Refusal as refusal:
            return _refused(refusal)
        return web.json_response({"ok": True, "result": result})

    def _fault_of(self, method: str, fields: dict[str, str]) -> Fault | None:
        for fault in self._faults[method]:
            if fault.chat_id is None or str(fault.chat_id) == fields.get("chat_id"):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults[method].remove(fault)
                return fault
        return None

    async def _file(self, request: web.Request) -> web.Response:
        data = self.files.get(request.match_info["path"].removeprefix("photos/"))
        if request.match_info["token"] != self.token or data is None:
            return web.json_response({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        return web.Response(body=data, content_type="image/jpeg")

    async def _misbehave(self, fault: Fault, request: web.Request) -> None:
        match fault.name:
            case "too_many":
                raise Refusal(429, f"Too Many Requests: retry after {fault.retry_after}", retry_after=fault.retry_after)
            case "server":
                raise Refusal(502, "Bad Gateway")
            case "unauthorized":
                raise Refusal(401, "Unauthorized")
            case "blocked":
                raise Refusal(403, "Forbidden: bot was blocked by the user")
            case "parse":
                raise bad("can't parse entities: Unsupported start tag")
            case "slow":
                await asyncio.sleep(fault.seconds)
            case "lost":
                _cut(request)

    def writable(self, fields: dict[str, str]) -> TwinChat:
        """The chat a message goes to. A bot cannot write first, nor to who blocked it."""
        text = fields.get("chat_id", "")
        chat = self.chats.get(int(text)) if text.lstrip("-").isdigit() else None
        if chat is None:
            raise bad("chat not found")
        if chat.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if not chat.started:
            raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def wrote(self, chat: TwinChat, **content: Any) -> dict[str, Any]:
        message = {
            "message_id": next(self.message_ids),
            "from": self.me,
            "chat": chat.chat(),
            "date": int(time.time()),
            **content,
        }
        chat.heard.append({"text": content.get("text", content.get("caption", "")), **message})
        # The person sees the keys; the bot is told again only of buttons below the message.
        if "inline_keyboard" not in content.get("reply_markup", {}):
            message.pop("reply_markup", None)
        return message


def _method(function: Callable[[TelegramTwin, dict[str, str]], Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    _METHODS[function.__name__.replace("_", "")] = function
    return function


@_method
async def get_me(twin: TelegramTwin, fields: dict[str, str]) -> Any:
    return {**twin.me, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}


@_method
async def set_webhook(twin: TelegramTwin, fields: dict[str, str]) -> Any:
    url = fields.get("url", "")
    if url:
        wire.check_webhook(url, fields.get("secret_token"))
    twin.webhook = {
        "url": url,
        "secret_token": fields.get("secret_token"),
        "allowed_updates": json.loads(fields.get("allowed_updates", "[]")),
        "max_connections": int(fields.get("max_connections", "40")),
    }
    if fields.get("drop_pending_updates") == "true":
        twin._pending.clear()
    twin._changed.set()
    return True


@_method
async def delete_webhook(twin: TelegramTwin, fields: dict[str, str]) -> Any:
    twin.webhook = {"url": ""}
    return True


@_method
async def get_webhook_info(twin: TelegramTwin, fields: dict[str, str]) -> Any:
    shown = {key: value for key, value in twin.webhook.items() if key != "secret_token" and value is not None}
    return {**shown, "has_custom_certificate": False, "pending_update_count": len(twin._pending)}


@_method
async def send_message(twin: TelegramTwin, fields: dict[str, str]) -> Any:
    chat = twin.writable(fields)
    wire.check_text(fields.get("text", ""), fields.get("parse_mode"))
    markup = wire.read_keyboard(fields.get("reply_markup"), private=chat.kind == "private")
    return twin.wrote(chat, text=fields["text"].strip(), **({"reply_markup": markup} if markup else {}))


@_method
async def send_photo(twin: TelegramTwin, fields: dict[str, str]) -> Any:
    chat = twin.writable(fields)
    if not fields.get("photo"):
        raise bad("there is no photo in the request")
    wire.check_caption(fields.get("caption", ""), fields.get("parse_mode"))
    markup = wire.read_keyboard(fields.get("reply_markup"))
    photo = [{"file_id": "twin-photo", "file_unique_id": "twin", "width": 1, "height": 1}]
    return twin.wrote(
        chat, photo=photo, caption=fields.get("caption", ""), **({"reply_markup": markup} if markup else {})
    )


@_method
async def get_file(twin: TelegramTwin, fields: dict[str, str]) -> Any:
    name = fields.get("file_id", "")
    if name not in twin.files:
        raise bad("wrong file_id or the file is temporarily unavailable")
    size = len(twin.files[name])
    if size > 20 * 1024 * 1024:
        raise bad("file is too big")
    return {"file_id": name, "file_unique_id": name, "file_size": size, "file_path": f"photos/{name}"}


@_method
async def send_chat_action(twin: TelegramTwin, fields: dict[str, str]) -> Any:
    twin.writable(fields)
    wire.check_action(fields.get("action", ""))
    return True


@_method
async def answer_callback_query(twin: TelegramTwin, fields: dict[str, str]) -> Any:
    query_id = fields.get("callback_query_id", "")
    if query_id not in twin.open_queries:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    if len(fields.get("text", "")) > 200:
        raise bad("MESSAGE_TOO_LONG")
    twin.open_queries.discard(query_id)
    twin.answered_queries.append(query_id)
    return True


@_method
async def get_updates(twin: TelegramTwin, fields: dict[str, str]) -> Any:
    if twin.webhook["url"]:
        raise Refusal(
            409,
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        )
    if twin._polls:
        raise Refusal(
            409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
        )
    twin._polls += 1
    try:
        return await _poll(
            twin,
            int(fields.get("offset", "0") or 0),
            int(fields.get("limit", "100")),
            float(fields.get("timeout", "0")),
        )
    finally:
        twin._polls -= 1


async def _poll(twin: TelegramTwin, offset: int, limit: int, seconds: float) -> list[dict[str, Any]]:
    while twin._pending and twin._pending[0]["update_id"] < offset:
        twin._take_first(twin._pending[0])
    deadline = time.monotonic() + seconds
    while not twin._pending and not twin._stopping and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    return list(itertools.islice(twin._pending, limit))


async def _fields(request: web.Request) -> tuple[dict[str, str], dict[str, bytes]]:
    """The fields of a call, and the files that came with it. A field may point at a file of the same body: `attach://<name>`."""
    if request.content_type == "application/json":
        body = await request.json()
        return {key: value if isinstance(value, str) else json.dumps(value) for key, value in body.items()}, {}
    fields, files = dict(request.query.items()), {}
    for key, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            fields[key], files[key] = f"file:{value.filename}", value.file.read()
        else:
            fields[key] = value if isinstance(value, str) else value.decode()
    for key, text in list(fields.items()):
        if text.startswith("attach://") and text.removeprefix("attach://") in files:
            files[key] = files[text.removeprefix("attach://")]
    return fields, files


def _refused(refusal: Refusal) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    return web.json_response(body, status=refusal.code)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
    raise asyncio.CancelledError


async def _serve(port: int, token: str) -> None:
    twin = TelegramTwin(token, port=port)
    await twin.start()
    print(f"Telegram twin at {twin.base_url}")
    try:
        await asyncio.Event().wait()
    finally:
        await twin.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A twin of Telegram's Bot API")
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--token", default="1:x")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(given.port, given.token))
