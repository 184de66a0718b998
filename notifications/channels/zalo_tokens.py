"""The token wire of Zalo's Official Accounts: a code or a refresh token in, a new pair out (OAuth 4 with PKCE). It keeps nothing."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlencode

import msgspec

from notifications.channel_tokens import NoPair, Pair
from notifications.channels.wire import Wire
from notifications.outcomes import TryLater

# The refresh token was used or has expired. Whatever else Zalo says may be weather, or a setting that somebody mends.
_FINAL = frozenset({-14020})


class _Body(msgspec.Struct):
    access_token: str = ""
    refresh_token: str = ""
    expires_in: int | str = 0
    error: int = 0


class ZaloTokenWire:
    def __init__(self, wire: Wire, *, app_id: str, app_secret: str, base_url: str) -> None:
        self._wire = wire
        self._app_id = app_id
        self._secret = app_secret
        self._base_url = base_url

    async def refresh(self, refresh_token: str) -> Pair | NoPair:
        return await self._ask({"refresh_token": refresh_token, "grant_type": "refresh_token"})

    async def exchange(self, code: str, verifier: str) -> Pair | NoPair:
        """The code that the callback of the permission page carries; it lives ten minutes."""
        return await self._ask({"code": code, "grant_type": "authorization_code", "code_verifier": verifier})

    def permission_url(self, redirect_uri: str, verifier: str, state: str) -> str:
        """Where an administrator of the Official Account gives the permission."""
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        asked = {"app_id": self._app_id, "redirect_uri": redirect_uri, "code_challenge": challenge, "state": state}
        return f"{self._base_url}/v4/oa/permission?{urlencode(asked)}"

    async def _ask(self, fields: dict[str, str]) -> Pair | NoPair:
        answer = await self._wire.post(
            f"{self._base_url}/v4/oa/access_token",
            urlencode({**fields, "app_id": self._app_id}).encode(),
            {"content-type": "application/x-www-form-urlencoded", "secret_key": self._secret},
        )
        if isinstance(answer, TryLater):
            return NoPair(answer.code, final=False)
        try:
            body = msgspec.json.decode(answer.body, type=_Body, strict=False)
            lives = int(body.expires_in)
        except (msgspec.MsgspecError, ValueError):
            return NoPair(f"HTTP_{answer.status}", final=False)
        if body.access_token and body.refresh_token:
            return Pair(body.access_token, body.refresh_token, lives)
        return NoPair(f"ZALO_{body.error}" if body.error else f"HTTP_{answer.status}", final=body.error in _FINAL)
