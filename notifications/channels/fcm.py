"""Sends pushes over FCM's HTTP v1 wire with one client of a Rust core. It knows addresses and bodies, no notice and no table.

Not firebase-admin's own sender: its async path costs about twenty times the CPU and hangs for good after some hundred retried
answers (docs/decisions/own-fcm-sender.md). firebase-admin keeps the credentials and the topics, and checks our encoding in tests.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import structlog
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import RequestError, RequestTimeoutError

from notifications.allowances import Allowance
from notifications.channels.fcm_answers import PLATFORM_DOWN, read_answer, read_sent
from notifications.channels.fcm_credentials import FcmCredentials, NoToken
from notifications.channels.fcm_message import AddressKind, splice, too_large
from notifications.outcomes import INTERRUPTED, Outcome, Refused, Sent, TryLater, stops_channel

log = structlog.get_logger()

CONNECTIONS = 64
_TIMEOUT, _CONNECT_TIMEOUT = timedelta(seconds=15), timedelta(seconds=5)
_TOKEN_WAIT_SECONDS = 30.0
# Together with one last timeout these stay below a lease (leases.py): what has not begun by then goes back untouched.
_TOKEN_PATIENCE_SECONDS = 15.0
_PATIENCE_SECONDS = 45.0


class Letter(msgspec.Struct, frozen=True, gc=False):
    """One body for one address. `tail` is shared by all letters of a notice in one language."""

    kind: AddressKind
    address: str
    tail: bytes


def never() -> bool:
    return False


class FcmSender:
    """One per process and event loop. Every answer becomes an Outcome; nothing here retries, the outbox does."""

    def __init__(
        self,
        credentials: FcmCredentials,
        *,
        project_id: str,
        base_url: str,
        limit: Allowance | None = None,
        held: Callable[[], bool] = never,
    ) -> None:
        """`held`: asked before each letter; from the moment it says yes none more begins."""
        self._credentials = credentials
        self._limit = limit
        self._held = held
        self._url = f"{base_url}/v1/projects/{project_id}/messages:send"
        self._client: Client | None = None

    async def open(self) -> None:
        """HTTP/1.1 kept alive; nothing of the environment but its trusted certificates, no redirects, no packed answers."""
        self._client = (
            ClientBuilder()
            .http1_only()
            .max_connections(CONNECTIONS)
            .pool_max_idle_per_host(CONNECTIONS)
            .timeout(_TIMEOUT)
            .connect_timeout(_CONNECT_TIMEOUT)
            .no_proxy()
            .follow_redirects(False)
            .gzip(False)
            .brotli(False)
            .zstd(False)
            .deflate(False)
            .default_headers({"content-type": "application/json"})
            .build()
        )

    async def close(self) -> None:
        await self._credentials.close()
        await self.hang_up()

    async def hang_up(self) -> None:
        """Close the connections and leave the credentials to whoever else uses them."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def send_all(self, letters: Sequence[Letter], outcomes: list[Outcome | None]) -> None:
        """Fill `outcomes` beside `letters`. It stays None where the channel stopped before a letter's turn.

        A list that is handed in tells what is known even when the sending is interrupted.
        """
        assert len(outcomes) == len(letters), "one outcome a letter"
        try:
            async with asyncio.timeout(_TOKEN_PATIENCE_SECONDS):
                bearer = await self._credentials.bearer()
        except (NoToken, TimeoutError) as error:
            outcomes[:] = [_no_token(error)] * len(letters)
            return
        authorization = f"Bearer {bearer}"
        until = time.monotonic() + _PATIENCE_SECONDS
        waiting = _until(until, len(letters))
        async with asyncio.TaskGroup() as senders:
            for _ in range(min(CONNECTIONS, len(letters))):
                senders.create_task(self._sender(waiting, until, letters, outcomes, authorization))

    async def _sender(
        self,
        waiting: Iterator[int],
        until: float,
        letters: Sequence[Letter],
        outcomes: list[Outcome | None],
        authorization: str,
    ) -> None:
        limit = self._limit
        for position in waiting:
            if not (limit is None or limit.ready() or await limit.turn(until)) or self._held():
                return
            outcomes[position] = INTERRUPTED
            outcome = outcomes[position] = await self._send(letters[position], authorization)
            if not isinstance(outcome, Sent) and _stops_channel(outcome):
                # Whoever shares the iterator finds it empty: what was not begun stays None.
                for _ in waiting:
                    pass

    async def _send(self, letter: Letter, authorization: str) -> Outcome:
        if too_large(letter.tail):
            return Refused("our_bug", "payload_too_large")
        assert self._client is not None, "open() comes first"
        request = (
            self._client.post(self._url)
            .header("authorization", authorization)
            .body_bytes(splice(letter.kind, letter.address, letter.tail))
            .build()
        )
        try:
            response = await request.send()
            body = (await response.bytes()).to_bytes()
        except RequestError as error:
            return _unanswered(error)
        if response.status == 200:
            return read_sent(body)
        outcome = read_answer(response.status, body, response.get_header("retry-after"), now=datetime.now(UTC))
        if response.status == 401 and _stops_channel(outcome):
            self._credentials.forget()
        return outcome


def _stops_channel(outcome: Outcome) -> bool:
    """A platform that stops is not the channel: the letters to the others go on."""
    return stops_channel(outcome) and not (isinstance(outcome, Refused) and outcome.code in PLATFORM_DOWN)


def _until(deadline: float, count: int) -> Iterator[int]:
    """Positions for the senders to share, none after the deadline."""
    for position in range(count):
        if time.monotonic() > deadline:
            return
        yield position


def _unanswered(error: RequestError) -> TryLater:
    """Whether the letter left is in the causes alone: the library's ConnectError is also a line that was cut while we waited."""
    causes = error.details.get("causes") or ()
    if any("(Connect)" in cause["message"] for cause in causes):
        return TryLater("connection_refused")
    return TryLater("timeout" if isinstance(error, RequestTimeoutError) else "connection_lost", uncertain=True)


def _no_token(error: NoToken | TimeoutError) -> Outcome:
    if isinstance(error, TimeoutError):
        return TryLater("token_endpoint", _TOKEN_WAIT_SECONDS, pauses_channel=True)
    if error.final:
        return Refused("channel_down", error.code)
    return TryLater(error.code, _TOKEN_WAIT_SECONDS, pauses_channel=True)
