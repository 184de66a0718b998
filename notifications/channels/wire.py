"""One HTTP session to a provider. What went wrong on the way is an outcome: refused before it left, or lost with its fate unknown."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
import msgspec
from yarl import URL

from notifications.outcomes import TryLater

_TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5)
_RETRY_AFTER_SECONDS_MAX = 3600.0


class Answer(msgspec.Struct, frozen=True):
    """`retry_after`: the seconds that the provider asks us to wait, where it says so in seconds."""

    status: int
    body: bytes
    retry_after: float | None = None


class Wire:
    def __init__(self, *, connections: int = 16) -> None:
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections),
            timeout=_TIMEOUT,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def post(self, url: str | URL, data: bytes, headers: Mapping[str, str]) -> Answer | TryLater:
        """Errors carry no text of the library's: an address with a token in it must not reach a log."""
        assert self._session is not None, "open() comes first"
        try:
            async with self._session.post(url, data=data, headers=headers, allow_redirects=False) as response:
                body = await response.read()
                return Answer(response.status, body, _seconds(response.headers.get("Retry-After")))
        except TimeoutError:
            return TryLater("timeout", uncertain=True)
        except aiohttp.ClientConnectorError:
            return TryLater("connection_refused")
        except (aiohttp.ClientError, OSError):
            return TryLater("connection_lost", uncertain=True)

    async def post_json(self, url: str | URL, body: object, headers: Mapping[str, str]) -> Answer | TryLater:
        return await self.post(url, msgspec.json.encode(body), {"content-type": "application/json", **headers})


def _seconds(retry_after: str | None) -> float | None:
    if retry_after and retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), _RETRY_AFTER_SECONDS_MAX)
    return None
