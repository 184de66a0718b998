"""A twin of the SpeedSMS gateway: Basic sign-in, its codes, prices by parts, and no memory of who asked what. Telephones keep what they got.

python -m tests.twins.speedsms --port 9096
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.twins.hosting import Hosted, cut

_NUMBER = re.compile(r"84[35789]\d{8}")
_PART = 160
_PART_OF_MANY = 153


@dataclass(frozen=True)
class Fault:
    """`code` is an answer of the gateway's own; `http` a broken one; `cut` takes the text and drops the connection; `lost` drops it before."""

    code: str = ""
    http: int = 0
    cut: bool = False
    lost: bool = False


class SpeedSmsTwin(Hosted):
    def __init__(self, *, token: str = "twin-token", brand: str = "TRUONGHOC", port: int = 0) -> None:
        super().__init__(port=port)
        self.token, self.brand = token, brand
        self.telephones: dict[str, list[str]] = defaultdict(list)
        self.balance = 1_000_000
        self.requests = 0

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/index.php/sms/send", self._send)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        fault: Fault | None = self.next_fault()
        if fault is not None and fault.lost:
            cut(request)
            return web.Response(status=500)
        if fault is not None and fault.http:
            return web.Response(status=fault.http, text="busy")
        expected = "Basic " + base64.b64encode(f"{self.token}:x".encode()).decode()
        if request.headers.get("authorization") != expected:
            return web.Response(status=401, text="Unauthorized")
        try:
            asked = json.loads(await request.read())
        except ValueError:
            return _refused("101")
        code = fault.code if fault is not None and fault.code else self._judge(asked)
        if code:
            return _refused(code)
        content = asked["content"]
        parts = 1 if len(content) <= _PART else -(-len(content) // _PART_OF_MANY)
        invalid = [number for number in asked["to"] if not _NUMBER.fullmatch(number)]
        for number in asked["to"]:
            if number not in invalid:
                self.telephones["+" + number].append(content)
                self.balance -= 500 * parts
        if fault is not None and fault.cut:
            cut(request)
        sent = len(asked["to"]) - len(invalid)
        data = {
            "tranId": self.requests,
            "totalSMS": sent * parts,
            "totalPrice": 500 * sent * parts,
            "invalidPhone": invalid,
        }
        return web.json_response({"status": "success", "code": "00", "data": data})

    def _judge(self, asked: dict[str, Any]) -> str:
        if (
            not isinstance(asked.get("to"), list)
            or not asked["to"]
            or set(asked) - {"to", "content", "sms_type", "sender"}
        ):
            return "101"
        content = asked.get("content")
        if not isinstance(content, str) or not content:
            return "101"
        if asked.get("sms_type") != 3 or asked.get("sender") != self.brand:
            return "101"
        if not content.isascii():
            return "110"
        if len(content) > 3 * _PART_OF_MANY:
            return "113"
        return "300" if self.balance < 500 else ""


def _refused(code: str) -> web.Response:
    return web.json_response({"status": "error", "code": code, "message": f"error {code}", "invalidPhone": []})


async def _run(port: int) -> None:
    twin = SpeedSmsTwin(port=port)
    await twin.start()
    print(json.dumps({"base_url": twin.base_url, "token": twin.token, "brand": twin.brand}), flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await twin.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="A twin of the SpeedSMS gateway.")
    parser.add_argument("--port", type=int, default=9096)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args().port))


if __name__ == "__main__":
    main()
