"""A twin of the eSMS gateway: its JSON wire, its codes, its memory of RequestIds, and telephones that keep what they got.

python -m tests.twins.sms --port 9098
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

_PATH = "/MainService.svc/json/SendMultipleMessage_V4_post_json/"
_NUMBER = re.compile(r"(84|0)\d{9}")
_GSM = re.compile(
    r"[\n\r !\"$%'()*+,./0-9:;<=>?@A-Z_a-z-]*"
)  # what gateways take with IsUnicode 0: plain GSM-7, no # and &
_BRAND = re.compile(r"[A-Za-z0-9._-]{1,11}")


class _Request(msgspec.Struct, forbid_unknown_fields=True):
    """Every field is text on this wire, figures as well."""

    ApiKey: str
    SecretKey: str
    Phone: str
    Content: str
    SmsType: str
    Brandname: str = ""
    IsUnicode: str = "0"
    RequestId: str = ""
    SendDate: str = ""
    CallbackUrl: str = ""
    Sandbox: str = "0"
    campaignid: str = ""


@dataclass(frozen=True)
class Fault:
    """`code` is an answer of eSMS's own; `http` a broken gateway; `cut` accepts the message and drops the connection."""

    code: str = ""
    http: int = 0
    cut: bool = False
    times: int | None = 1


class SmsTwin:
    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str = "twin-key",
        secret_key: str = "twin-secret",
        brand: str = "TRUONGHOC",
    ) -> None:
        self.api_key, self.secret_key, self.brand = api_key, secret_key, brand
        self.telephones: dict[str, list[str]] = defaultdict(list)
        self.accepted: dict[str, str] = {}
        self.requests = 0
        # Numbers in E.164 that no network knows.
        self.dead: set[str] = set()
        self._host, self._port = host, port
        self._faults: deque[Fault] = deque()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post(_PATH, self._send)
        app.router.add_get("/twin/telephones", self._listing)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        return f"http://{self._host}:{self._port}"

    def misbehave(self, *faults: Fault) -> None:
        self._faults = deque(faults)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        try:
            asked = msgspec.json.decode(await request.read(), type=_Request)
        except msgspec.DecodeError as error:
            return _answer("99", str(error))
        fault = self._next_fault()
        if fault is not None and fault.http:
            return web.Response(status=fault.http, text="Service unavailable")
        if fault is not None and fault.code:
            return _answer(fault.code)
        code = self._judge(asked)
        if code != "100":
            return _answer(code)
        name = f"sms-{len(self.accepted) + 1}"
        if asked.RequestId:
            self.accepted[asked.RequestId] = name
        self.telephones["+84" + asked.Phone[-9:]].append(asked.Content)
        if fault is not None and fault.cut and request.transport is not None:
            request.transport.abort()
        return _answer("100", name=name)

    def _judge(self, asked: _Request) -> str:
        if (asked.ApiKey, asked.SecretKey) != (self.api_key, self.secret_key):
            return "101"
        if asked.SmsType not in ("1", "2", "8"):
            return "118"
        if asked.SmsType == "2" and (asked.Brandname != self.brand or not _BRAND.fullmatch(asked.Brandname)):
            return "104"
        if not _NUMBER.fullmatch(asked.Phone):
            return "108"
        if "+84" + asked.Phone[-9:] in self.dead:
            return "177"
        if (
            len(asked.RequestId) > 50
            or not asked.Content
            or (asked.IsUnicode == "0" and not _GSM.fullmatch(asked.Content))
        ):
            return "99"
        return "124" if asked.RequestId in self.accepted else "100"

    def _next_fault(self) -> Fault | None:
        if not self._faults:
            return None
        fault = self._faults[0]
        if fault.times is not None:
            self._faults.popleft()
            if fault.times > 1:
                self._faults.appendleft(Fault(fault.code, fault.http, fault.cut, fault.times - 1))
        return fault

    async def _listing(self, request: web.Request) -> web.Response:
        return web.json_response({"requests": self.requests, "telephones": self.telephones})


def _answer(code: str, message: str = "", name: str = "") -> web.Response:
    body: dict[str, Any] = {"CodeResult": code, "CountRegenerate": 0}
    if name:
        body["SMSID"] = name
    if code != "100":
        body["ErrorMessage"] = message or f"code {code}"
    return web.json_response(body)


async def _run(port: int) -> None:
    twin = SmsTwin(port=port)
    await twin.start()
    print(
        json.dumps(
            {"base_url": twin.base_url, "api_key": twin.api_key, "secret_key": twin.secret_key, "brand": twin.brand}
        ),
        flush=True,
    )
    try:
        await asyncio.Event().wait()
    finally:
        await twin.stop()


def main() -> None:
    parser = argparse.ArgumentParser(
        description="A twin of the eSMS gateway; GET /twin/telephones lists what was received."
    )
    parser.add_argument("--port", type=int, default=9098)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args().port))


if __name__ == "__main__":
    main()
