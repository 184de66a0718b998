"""A twin of Zalo: an Official Account's tokens, its consultation messages with windows and quotas, and ZNS templates. HTTP 200, `error` decides.

It refuses what Zalo refuses, by the codes of its tables: tokens used twice, old and unknown; windows closed; readers who left or blocked;
templates unknown, unapproved, filled wrongly; quotas used up. Telephones and readers remember what they got.

    python -m tests.twins.zalo --port 9097
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import hashlib
import json
import re
import secrets
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.twins.hosting import Hosted, cut
from tests.twins.zalo_wire import wrong_message

_WINDOW_FREE = 48 * 3600
_WINDOW_API = 7 * 24 * 3600
_PHONE = re.compile(r"(\+?84|0)[35789]\d{8}")


@dataclass(frozen=True)
class Fault:
    """`error` is a code of Zalo's own; `http` a broken gateway; `cut` takes the request and drops the connection; `lost` drops it before."""

    error: int = 0
    http: int = 0
    cut: bool = False
    lost: bool = False


@dataclass
class Reader:
    """Somebody in Zalo who may have met our account. `last` is when they last wrote, in the twin's own seconds."""

    last: float | None = None
    free_left: int = 8
    follows: bool = True
    blocked: bool = False
    banned: bool = False
    heard: list[str] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Template:
    """`parameters`: the longest value of each. `price` is what the account pays for one."""

    parameters: dict[str, int]
    price: int = 300
    approved: bool = True
    enabled: bool = True
    daily_left: int | None = None


class ZaloTwin(Hosted):
    def __init__(
        self, *, app_id: str = "431812345678901234", app_secret: str = "twin-app-secret", port: int = 0
    ) -> None:
        super().__init__(port=port)
        self.app_id, self.app_secret = app_id, app_secret
        self.oa_id = "1646843870823903717"
        self.oa_secret = "testOaSecretKey"
        self.readers: dict[str, Reader] = defaultdict(Reader)
        self.templates: dict[str, Template] = {}
        self.attachments: dict[str, bytes] = {}
        self.without_zalo: set[str] = set()
        self.telephones: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.balance = 1_000_000
        self.daily_left = 5_000
        self.calls_left: int | None = None
        self.refreshes = 0
        self.access_seconds = 90_000
        self.now = time.time
        self._access: dict[str, float] = {}
        self._refresh: str | None = None
        self._codes: dict[str, str] = {}

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/v4/oa/access_token", self._token)
        app.router.add_post("/v3.0/oa/message/cs", self._consult)
        app.router.add_post("/v2.0/oa/upload/image", self._upload)
        app.router.add_post("/message/template", self._template)

    # What a person does at Zalo's own pages.

    def permit(self, challenge: str) -> str:
        """An administrator gave the permission: the code that the callback carries."""
        code = secrets.token_urlsafe(16)
        self._codes[code] = challenge
        return code

    def grant(self) -> dict[str, Any]:
        """A fresh pair; whatever was before it is dead at once."""
        self._access = {f"access-{secrets.token_urlsafe(12)}": self.now() + self.access_seconds}
        self._refresh = f"refresh-{secrets.token_urlsafe(12)}"
        # As Zalo does, the seconds are text.
        return {
            "access_token": next(iter(self._access)),
            "refresh_token": self._refresh,
            "expires_in": str(self.access_seconds),
        }

    def expire_access(self) -> None:
        self._access = dict.fromkeys(self._access, 0.0)

    # The wires.

    async def _token(self, request: web.Request) -> web.StreamResponse:
        self.refreshes += 1
        fault = self._stumble(request)
        if isinstance(fault, web.Response):
            return fault
        form = await request.post()
        if request.headers.get("secret_key") != self.app_secret or form.get("app_id") != self.app_id:
            return _oauth_error(-14004, "Invalid app id or secret key")
        if form.get("grant_type") == "authorization_code":
            challenge = self._codes.pop(str(form.get("code")), None)
            digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
            if challenge is None or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
                return _oauth_error(-14019, "Invalid authorization code")
        elif form.get("grant_type") != "refresh_token" or form.get("refresh_token") != self._refresh:
            return _oauth_error(-14020, "Invalid refresh token")
        pair = self.grant()
        if fault is not None and fault.cut:
            cut(request)
        return web.json_response(pair)

    async def _consult(self, request: web.Request) -> web.StreamResponse:
        fault, body, refusal = await self._entered(request)
        if refusal is not None:
            return refusal
        message = body.get("message", {})
        user_id = body.get("recipient", {}).get("user_id")
        if not isinstance(user_id, str) or set(body) - {"recipient", "message"}:
            return _error(-201, "Params is invalid")
        if (wrong := wrong_message(message, self.attachments)) is not None:
            return _error(*wrong)
        text = message.get("text", "")
        reader = self.readers[user_id]
        age = None if reader.last is None else self.now() - reader.last
        if reader.banned:
            return _error(-227, "User is banned or inactive")
        if reader.blocked:
            return _error(-217, "User has blocked OA")
        if age is None:
            return _error(-232, "User has not interacted")
        if age > _WINDOW_API:
            return _error(-230, "User has not interacted with the OA in the past 7 days")
        if age > _WINDOW_FREE or reader.free_left <= 0:
            return _error(-211, "Out of quota")  # this account has bought none
        reader.free_left -= 1
        reader.heard.append(text)
        reader.messages.append(message)
        if fault is not None and fault.cut:
            cut(request)
        quota = {
            "quota_type": "reply",
            "remain": str(reader.free_left),
            "total": "8",
            "expired_date": "",
            "owner_type": "OA",
        }
        data = {
            "message_id": secrets.token_hex(10),
            "user_id": user_id,
            "sent_time": str(int(self.now() * 1000)),
            "quota": quota,
        }
        return _ok(data)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        """JPG or PNG of up to a megabyte, as one file of a form; named for a week by what is answered."""
        fault = self._stumble(request)
        if isinstance(fault, web.Response):
            return fault
        until = self._access.get(request.headers.get("access_token", ""))
        if until is None or until <= self.now():
            return _error(-216 if until is None else -220, "Access token is invalid")
        upload = (await request.post()).get("file")
        picture = upload.file.read() if isinstance(upload, web.FileField) else b""
        if not picture.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
            return _error(-201, "Params is invalid: file")
        if len(picture) > 1_048_576:
            return _error(-210, "File size exceeds the limit")
        name = secrets.token_urlsafe(40)
        self.attachments[name] = picture
        return _ok({"attachment_id": name})

    async def _template(self, request: web.Request) -> web.StreamResponse:
        fault, body, refusal = await self._entered(request, token_code=-124)
        if refusal is not None:
            return refusal
        code = self._judge(body)
        if code:
            return _error(code, f"error {code}")
        template = self.templates[body["template_id"]]
        if body.get("mode") != "development":
            self.balance -= template.price
            self.daily_left -= 1
        if template.daily_left is not None:
            template.daily_left -= 1
        # The tracking id is kept beside the message and told again with the receipt; it stops no second message.
        message = {**body, "msg_id": secrets.token_hex(10)}
        self.telephones["+84" + body["phone"][-9:]].append(message)
        if fault is not None and fault.cut:
            cut(request)
        quota = {"dailyQuota": "5000", "remainingQuota": str(self.daily_left)}
        return _ok(
            {"msg_id": message["msg_id"], "sent_time": str(int(self.now() * 1000)), "sending_mode": "1", "quota": quota}
        )

    def _judge(self, body: dict[str, Any]) -> int:
        data, template = body.get("template_data"), self.templates.get(str(body.get("template_id")))
        if not _PHONE.fullmatch(str(body.get("phone"))):
            return -108
        if template is None:
            return -109
        if not data:
            return -111
        if set(body) - {"phone", "template_id", "template_data", "tracking_id", "mode", "sending_mode"}:
            return -132
        if len(str(body.get("tracking_id", ""))) > 48:
            return -132
        if set(data) != set(template.parameters):
            return -112
        if any(not isinstance(v, str) or not v or len(v) > template.parameters[k] for k, v in data.items()):
            return -112
        if not template.approved:
            return -131
        if not template.enabled:
            return -146
        if "+84" + body["phone"][-9:] in self.without_zalo:
            return -118
        if self.daily_left <= 0:
            return -144
        if template.daily_left is not None and template.daily_left <= 0:
            return -147
        return -115 if self.balance < template.price else 0

    async def _entered(
        self, request: web.Request, *, token_code: int = -216
    ) -> tuple[Fault | None, dict[str, Any], web.Response | None]:
        fault = self._stumble(request)
        if isinstance(fault, web.Response):
            return None, {}, fault
        until = self._access.get(request.headers.get("access_token", ""))
        if until is None:
            return fault, {}, _error(token_code, "Access token is invalid")
        if until <= self.now():
            return fault, {}, _error(-220 if token_code == -216 else token_code, "Access token is expired or removed")
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                headers = {"X-RateLimit-Limit": "4000", "X-RateLimit-Remain": "0"}
                return fault, {}, _error(-32, "Your application reached limit call api", headers)
        try:
            body = json.loads(await request.read())
        except ValueError:
            return fault, {}, _error(-201, "Params is invalid")
        return fault, body, None

    def _stumble(self, request: web.Request) -> Fault | web.Response | None:
        fault: Fault | None = self.next_fault()
        if fault is None or fault.cut:
            return fault
        if fault.lost:
            cut(request)
            return web.Response(status=500)
        if fault.http:
            return web.Response(status=fault.http, text="<html>busy</html>")
        return _error(fault.error, f"error {fault.error}")

    def signed(self, event: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        """An event as the webhook gets it, with the signature of the account's secret key."""
        body = json.dumps({"app_id": self.app_id, **event}, ensure_ascii=False, separators=(",", ":")).encode()
        mac = hashlib.sha256(self.app_id.encode() + body + str(event["timestamp"]).encode() + self.oa_secret.encode())
        return body, {"X-ZEvent-Signature": f"mac={mac.hexdigest()}", "content-type": "application/json"}


def _ok(data: dict[str, Any]) -> web.Response:
    return web.json_response({"error": 0, "message": "Success", "data": data})


def _error(code: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": code, "message": message}, headers=headers)


def _oauth_error(code: int, message: str) -> web.Response:
    return web.json_response(
        {"error": code, "error_name": message, "error_description": message, "error_reason": message}
    )


async def _run(port: int) -> None:
    twin = ZaloTwin(port=port)
    await twin.start()
    print(json.dumps({"base_url": twin.base_url, "app_id": twin.app_id, **twin.grant()}), flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await twin.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="A twin of Zalo's Official Account and ZNS.")
    parser.add_argument("--port", type=int, default=9097)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args().port))


if __name__ == "__main__":
    main()
