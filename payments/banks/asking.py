"""How the house asks gateways over HTTP: with limits on time and size, each at its own pace. It knows no gateway's words.

Every gateway has its own few connections, so that a slow one keeps nobody else waiting. Weather is a value.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx
import msgspec

_SECONDS_MAX = 25.0
_ANSWER_BYTES_MAX = 16 * 1024 * 1024
_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
_LIMITS = httpx.Limits(max_connections=4, max_keepalive_connections=2)


class Away(msgspec.Struct, frozen=True):
    """No answer, or none that can be used. The same question may be answered later."""

    reason: str


class Refused(msgspec.Struct, frozen=True):
    """They said no, and will until somebody changes something: a key, the account, the question."""

    reason: str


class Asker:
    """Open for the life of a process."""

    def __init__(self) -> None:
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._asked_at: dict[str, float] = {}

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def ask(
        self,
        provider: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        pace: tuple[str, float] | None = None,
    ) -> bytes | Away | Refused:
        """`pace`: what is counted together (a token), and how many seconds lie between two of its calls."""
        if pace is not None:
            await self._wait_for_turn(*pace)
        try:
            async with asyncio.timeout(_SECONDS_MAX):
                client = self._client(provider)
                async with client.stream(method, url, headers=headers, params=params, content=content) as answer:
                    return _judged(answer.status_code, await _limited(answer))
        except TimeoutError:
            return Away("timeout")
        except httpx.ConnectError:
            return Away("connection_refused")
        except (httpx.HTTPError, OSError):
            return Away("connection_lost")
        finally:
            if pace is not None:
                # The other side counts when a call came to it, which is between its leaving here and its answer.
                self._asked_at[pace[0]] = asyncio.get_running_loop().time()

    def _client(self, provider: str) -> httpx.AsyncClient:
        if provider not in self._clients:
            self._clients[provider] = httpx.AsyncClient(timeout=_TIMEOUT, limits=_LIMITS, follow_redirects=False)
        return self._clients[provider]

    async def _wait_for_turn(self, who: str, seconds: float) -> None:
        async with self._turns.setdefault(who, asyncio.Lock()):
            loop = asyncio.get_running_loop()
            wait = self._asked_at.get(who, 0.0) + seconds - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            self._asked_at[who] = loop.time()


async def _limited(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > _ANSWER_BYTES_MAX:
            raise httpx.RemoteProtocolError("answer too large")
    return bytes(body)


def _judged(status: int, body: bytes) -> bytes | Away | Refused:
    if status == 429 or status >= 500:
        return Away(f"HTTP_{status}")
    if not 200 <= status < 300:
        return Refused(f"HTTP_{status}")
    return body
