"""The bearer token of FCM: firebase-admin reads the service account, a thread fetches the token before the old one ends."""

from __future__ import annotations

import asyncio
import functools
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from firebase_admin import credentials
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import Request

log = structlog.get_logger()

# The one right that sending and topics need; firebase-admin would ask for six.
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
# Tokens live an hour. Ten minutes before the end a new one is fetched while the old one still serves.
_AHEAD = timedelta(minutes=10)
_SPARE = timedelta(seconds=30)
_AFTER_FAILURE = timedelta(seconds=30)
_TIMEOUT_SECONDS = 10


class NoToken(Exception):
    """`final`: the account itself was refused, so waiting does not help."""

    def __init__(self, code: str, *, final: bool) -> None:
        super().__init__(code)
        self.code = code
        self.final = final


class FcmCredentials:
    """Google's library blocks while it fetches, so it only ever runs in a thread; one fetch at a time, whoever waits shares it."""

    def __init__(self, service_account: str | dict[str, Any]) -> None:
        certificate = credentials.Certificate(service_account)
        self.project_id: str = certificate.project_id
        self._google = certificate.get_credential().with_scopes([_SCOPE])
        self._fetching: asyncio.Task[None] | None = None
        self._not_before = datetime.min.replace(tzinfo=UTC)

    async def bearer(self) -> str:
        """A token that is good for at least another half minute. Raises NoToken."""
        left = self._left()
        if left < _SPARE:
            await asyncio.shield(self._fetch())
        elif left < _AHEAD and datetime.now(UTC) >= self._not_before:
            self._fetch().add_done_callback(_swallow)
        token: str = self._google.token
        return token

    def forget(self) -> None:
        """The service refused the token before its time: fetch another when next asked."""
        self._google.token = None

    async def close(self) -> None:
        if self._fetching is not None and not self._fetching.done():
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _left(self) -> timedelta:
        if not self._google.token or self._google.expiry is None:
            return timedelta(0)
        expiry: datetime = self._google.expiry.replace(tzinfo=UTC)
        return expiry - datetime.now(UTC)

    def _fetch(self) -> asyncio.Task[None]:
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch_in_thread())
        return self._fetching

    async def _fetch_in_thread(self) -> None:
        request = functools.partial(Request(), timeout=_TIMEOUT_SECONDS)
        try:
            await asyncio.to_thread(self._google.refresh, request)
        except GoogleAuthError as error:
            self._not_before = datetime.now(UTC) + _AFTER_FAILURE
            final = isinstance(error, RefreshError) and not error.retryable
            log.error("fcm_token_not_fetched", kind=type(error).__name__, final=final)
            code = "token_endpoint" if isinstance(error, TransportError) or not final else "credential_refused"
            raise NoToken(code, final=final) from error


def _swallow(task: asyncio.Task[None]) -> None:
    """A refresh ahead of time may fail: the old token still serves, and the failure is already in the log."""
    if not task.cancelled():
        task.exception()
