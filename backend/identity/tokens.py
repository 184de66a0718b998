"""Access tokens: short-lived JWT (RFC 7519, HS256), verified once and then remembered. Refresh tokens are rows, see actions.py."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import jwt
import msgspec

from backend.core.crypto import Cipher
from backend.identity.principal import Principal

_ISSUER = "nhipcau"
_CACHE_MAX = 50_000
_SIGNATURE_LETTERS = (
    43  # 32 bytes in base64url. Decoders skip what they do not know, so one token could be written in endless ways.
)


class TokenOffice:
    """Verifying costs 100 µs and a request's other work 50: so a token is verified once in a process and looked up after that."""

    def __init__(self, cipher: Cipher) -> None:
        self._key = cipher.key("access-token")
        self._verified: dict[str, Principal] = {}
        # Sessions revoked within the life of an access token; every process reloads it each few seconds (watch.py).
        self.revoked: frozenset[UUID] | set[UUID] = frozenset()
        self._revoked_here: dict[UUID, float] = {}

    def revoke(self, session_id: UUID, *, now: float) -> None:
        """At once in this process; the others read the row within seconds."""
        self._revoked_here[session_id] = now
        self.revoked = self.revoked | {session_id}

    def reload(self, revoked: frozenset[UUID], *, since: float) -> None:
        """What the rows say, and what was revoked here while they were being read."""
        self._revoked_here = {session_id: at for session_id, at in self._revoked_here.items() if at >= since}
        self.revoked = revoked | self._revoked_here.keys()

    def issue(self, principal: Principal, *, issued_at: int) -> str:
        claims = {
            "iss": _ISSUER,
            "sub": str(principal.account_id),
            "sid": str(principal.session_id),
            "iat": issued_at,
            "exp": principal.expires_at,
            "tfa": principal.second_factor,
            "lang": principal.language,
            "g": principal.guardian_in,
            "s": principal.staff_in,
            "a": principal.areas,
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    def verify(self, token: str, *, now: float) -> Principal | None:
        """The principal, or None for anything that is not our own, unexpired, unrevoked token."""
        principal = self._verified.get(token)
        if principal is None:
            principal = self._decode(token, now)
            if principal is None:
                return None
            if len(self._verified) >= _CACHE_MAX:
                self._verified.clear()
            self._verified[token] = principal
        if principal.expires_at <= now:
            self._verified.pop(token, None)
            return None
        return None if principal.session_id in self.revoked else principal

    def _decode(self, token: str, now: float) -> Principal | None:
        if len(token.rpartition(".")[2]) != _SIGNATURE_LETTERS:
            return None
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                issuer=_ISSUER,
                # Our own clock decides on expiry (tests move it); the library only checks form and signature.
                options={"require": ["exp", "sub", "sid"], "verify_exp": False, "verify_iat": False},
            )
            return msgspec.convert(
                {
                    "account_id": claims["sub"],
                    "session_id": claims["sid"],
                    "expires_at": claims["exp"],
                    "second_factor": claims["tfa"],
                    "language": claims["lang"],
                    "guardian_in": claims["g"],
                    "staff_in": claims["s"],
                    "areas": claims["a"],
                },
                Principal,
            )
        except (jwt.PyJWTError, KeyError, msgspec.ValidationError, ValueError):
            return None


def token_office(request: Any) -> TokenOffice:
    """The office of the application that answers `request`: the one whose list of revoked sessions is asked."""
    return cast(TokenOffice, request.app.state.tokens)
