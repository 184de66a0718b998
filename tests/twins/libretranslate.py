"""A twin of LibreTranslate: POST /translate with its JSON, its key check, its limits and its errors. It translates by turning words around."""

from __future__ import annotations

from typing import Any

from aiohttp import web

_LANGUAGES = {"vi", "en"}


class LibreTranslateTwin:
    def __init__(self, *, api_key: str = "", char_limit: int = 5000) -> None:
        self.api_key, self.char_limit = api_key, char_limit
        self.asked: list[str] = []
        self.status = 0  # an answer to give instead of a translation
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/translate", self._translate)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def _translate(self, request: web.Request) -> web.Response:
        if self.status:
            return web.json_response({"error": "Slowdown: too many requests"}, status=self.status)
        body: dict[str, Any] = await request.json()
        if self.api_key and body.get("api_key") != self.api_key:
            return web.json_response({"error": "Please contact the server operator to get an API key"}, status=400)
        if not body.get("q"):
            return web.json_response({"error": "Invalid request: missing q parameter"}, status=400)
        if len(body["q"]) > self.char_limit:
            return web.json_response({"error": "Invalid request: request exceeds text limit"}, status=400)
        if body.get("target") not in _LANGUAGES:
            return web.json_response({"error": f"{body.get('target')} is not supported"}, status=400)
        self.asked.append(body["q"])
        answer: dict[str, Any] = {"translatedText": f"[{body['target']}] " + " ".join(reversed(body["q"].split()))}
        if body.get("source") == "auto":
            answer["detectedLanguage"] = {"confidence": 90, "language": "vi"}
        return web.json_response(answer)
