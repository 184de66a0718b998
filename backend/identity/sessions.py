"""Signed-in devices: opening a session, renewing its tokens, ending it. It owns sessions and refresh_tokens.

Refresh tokens rotate in one straight line: each is used once and derives its successor. A phone that lost the answer, or two tabs
that renew at once, get the same successor again within GRACE_SECONDS, so that no second line grows which a thief could follow
unseen. A used token that comes back later was copied: the session ends, for whoever holds it.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from backend.core.crypto import Cipher, token_hash
from backend.core.database import Tx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import NOT_FOUND, Problem, problem
from backend.identity.accounts import Claims, claims_of
from backend.identity.audit import record_account
from backend.identity.principal import Principal
from backend.identity.tokens import TokenOffice
from schemas.identity import DeviceKind, Session, SignedIn

GRACE_SECONDS = 60
# A console stands in staff rooms: it signs out after a working day without use. Families keep the setting's days.
CONSOLE_UNUSED = timedelta(hours=14)

RENEWAL_REFUSED = problem(
    "renewal-refused",
    401,
    vi="Phiên đăng nhập đã hết, xin đăng nhập lại.",
    en="This sign-in has ended, please sign in again.",
)
RENEWED_ELSEWHERE = problem(
    "renewed-elsewhere",
    409,
    vi="Phiên này vừa được gia hạn ở một yêu cầu khác; hãy dùng mã mới nhất.",
    en="This session has just been renewed by another request; use the newest token.",
)


@dataclass(frozen=True)
class Device:
    name: str
    kind: DeviceKind
    address: str


async def open_session(
    house: House, tokens: TokenOffice, tx: Tx, account_id: UUID, device: Device, *, method: str, second_factor: bool
) -> SignedIn:
    """Within the caller's transaction. `method`: code or password."""
    now = house.clock.now()
    claims = await claims_of(tx, account_id)
    session_id = new_id()
    refresh = secrets.token_urlsafe(32)
    expires_at = now + _unused_life(house, device.kind)
    await tx.execute(
        """
        INSERT INTO sessions
               (session_id, account_id, device_name, device_kind, address, method, second_factor, created_at, last_used_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)
        """,
        session_id, account_id, device.name, device.kind, device.address, method, second_factor, now, expires_at,
    )  # fmt: skip
    await _keep_token(tx, refresh, session_id, account_id, now, expires_at)
    await record_account(
        tx, account_id, f"signed_in.{method}", at=now, address=device.address, detail={"session_id": str(session_id)}
    )
    session = {
        "session_id": session_id, "account_id": account_id, "device_kind": device.kind, "method": method,
        "second_factor": second_factor,
    }  # fmt: skip
    return _signed_in(house, tokens, claims, session, refresh, expires_at)


async def renew(house: House, tokens: TokenOffice, refresh_token: str, address: str) -> SignedIn:
    """The next pair of tokens. Raises RENEWAL_REFUSED, and RENEWED_ELSEWHERE for the loser of a race that went on."""
    async with house.database.directory() as tx:
        outcome = await _renew(house, tokens, tx, refresh_token, address)
    # Raised only now: the revocation of a copied token must be committed.
    if isinstance(outcome, Problem):
        raise outcome
    if isinstance(outcome, UUID):
        tokens.revoke(outcome, now=house.clock.now().timestamp())
        raise RENEWAL_REFUSED()
    return outcome


async def _renew(
    house: House, tokens: TokenOffice, tx: Tx, refresh_token: str, address: str
) -> SignedIn | Problem | UUID:
    now = house.clock.now()
    successor = _successor(house.cipher, refresh_token)
    row = await tx.fetchrow(
        """
        UPDATE refresh_tokens
           SET used_at = $2
         WHERE token_hash = $1
           AND used_at IS NULL
           AND expires_at > $2
        RETURNING session_id, account_id
        """,
        token_hash(refresh_token), now,
    )  # fmt: skip
    again = row is None
    if row is None:
        judged = await _judge_used(tx, refresh_token, successor, now)
        if isinstance(judged, Problem):
            return judged
        row, copied = judged
        if copied:
            await _end(tx, row["session_id"], "reuse", now)
            await record_account(
                tx, row["account_id"], "session.token_reused", at=now, address=address,
                detail={"session_id": str(row["session_id"])},
            )  # fmt: skip
            session_id: UUID = row["session_id"]
            return session_id
    session = await _prolong(house, tx, row["session_id"], address, now)
    if session is None:
        return RENEWAL_REFUSED()
    if not again:
        await _keep_token(tx, successor, session["session_id"], session["account_id"], now, session["expires_at"])
    claims = await claims_of(tx, session["account_id"])
    if claims.closed:
        return RENEWAL_REFUSED()
    return _signed_in(house, tokens, claims, session, successor, session["expires_at"])


async def _judge_used(tx: Tx, refresh_token: str, successor: str, now: datetime) -> Problem | tuple[Any, bool]:
    """A token that is not simply usable: unknown, expired, used a moment ago (its row, False) or copied (its row, True)."""
    row = await tx.fetchrow(
        """
        SELECT session_id, account_id, used_at, expires_at
          FROM refresh_tokens
         WHERE token_hash = $1
        """,
        token_hash(refresh_token),
    )
    if row is None or row["used_at"] is None:
        return RENEWAL_REFUSED()
    if now - row["used_at"] > timedelta(seconds=GRACE_SECONDS):
        return row, True
    gone_on = await tx.fetchval(
        """
        SELECT used_at IS NOT NULL
          FROM refresh_tokens
         WHERE token_hash = $1
        """,
        token_hash(successor),
    )
    return RENEWED_ELSEWHERE() if gone_on else (row, False)


async def _prolong(house: House, tx: Tx, session_id: UUID, address: str, now: datetime) -> dict[str, Any] | None:
    row = await tx.fetchrow(
        """
        UPDATE sessions
           SET last_used_at = $2,
               address = $3,
               expires_at = CASE device_kind WHEN 'console' THEN $4::timestamptz ELSE $5::timestamptz END
         WHERE session_id = $1
           AND revoked_at IS NULL
           AND expires_at > $2
        RETURNING session_id, account_id, device_kind, method, second_factor, expires_at
        """,
        session_id, now, address, now + CONSOLE_UNUSED, now + _unused_life(house, "app"),
    )  # fmt: skip
    return None if row is None else dict(row)


async def access_token_of(house: House, tokens: TokenOffice, tx: Tx, session_id: UUID) -> tuple[str, datetime, bool]:
    """A new access token of a living session, after what it may claim has changed: (token, expiry, second factor)."""
    row = await tx.fetchrow(
        """
        SELECT session_id, account_id, method, second_factor
          FROM sessions
         WHERE session_id = $1
           AND revoked_at IS NULL
        """,
        session_id,
    )
    if row is None:
        raise RENEWAL_REFUSED()
    principal = _principal(house, await claims_of(tx, row["account_id"]), row)
    return _access(house, tokens, principal), _expiry(house), principal.second_factor


async def upgrade(tx: Tx, session_id: UUID, *, method: str | None = None, second_factor: bool | None = None) -> None:
    """The session has just proved more than at sign-in."""
    await tx.execute(
        """
        UPDATE sessions
           SET method = coalesce($2, method),
               second_factor = coalesce($3, second_factor)
         WHERE session_id = $1
        """,
        session_id, method, second_factor,
    )  # fmt: skip


async def sign_out(
    house: House, tokens: TokenOffice, account_id: UUID, session_id: UUID, *, why: str = "signed_out"
) -> None:
    """Ends one session of the account, in this process at once, in others within seconds. Raises NOT_FOUND for another's."""
    now = house.clock.now()
    async with house.database.directory() as tx:
        ended = await tx.fetchval(
            """
            UPDATE sessions
               SET revoked_at = $3,
                   revoked_why = $4
             WHERE session_id = $2
               AND account_id = $1
               AND revoked_at IS NULL
            RETURNING session_id
            """,
            account_id, session_id, now, why,
        )  # fmt: skip
        if ended is None:
            raise NOT_FOUND()
        await record_account(tx, account_id, f"session.{why}", at=now, detail={"session_id": str(session_id)})
    tokens.revoke(session_id, now=now.timestamp())


async def sign_out_everywhere(
    house: House, tokens: TokenOffice, account_id: UUID, *, why: str = "signed_out_everywhere", but: UUID | None = None
) -> int:
    """Ends all sessions of the account, save `but`. How many there were."""
    async with house.database.directory() as tx:
        ended = await end_all(tx, account_id, at=house.clock.now(), why=why, but=but)
    for session_id in ended:
        tokens.revoke(session_id, now=house.clock.now().timestamp())
    return len(ended)


async def end_all(tx: Tx, account_id: UUID, *, at: datetime, why: str, but: UUID | None = None) -> list[UUID]:
    rows = await tx.fetch(
        """
        UPDATE sessions
           SET revoked_at = $2,
               revoked_why = $3
         WHERE account_id = $1
           AND revoked_at IS NULL
           AND session_id IS DISTINCT FROM $4
        RETURNING session_id
        """,
        account_id, at, why, but,
    )  # fmt: skip
    await record_account(tx, account_id, f"session.{why}", at=at, detail={"sessions": len(rows)})
    return [row["session_id"] for row in rows]


async def sessions_of(house: House, account_id: UUID, current: UUID) -> list[Session]:
    rows = await house.database.reader.fetch(
        """
        SELECT session_id, device_name, device_kind, address, created_at, last_used_at
          FROM sessions
         WHERE account_id = $1
           AND revoked_at IS NULL
           AND expires_at > $2
         ORDER BY last_used_at DESC, session_id DESC
         LIMIT 100
        """,
        account_id, house.clock.now(),
    )  # fmt: skip
    return [Session(**dict(row), current=row["session_id"] == current) for row in rows]


async def _end(tx: Tx, session_id: UUID, why: str, at: datetime) -> None:
    await tx.execute(
        """
        UPDATE sessions
           SET revoked_at = $2,
               revoked_why = $3
         WHERE session_id = $1
           AND revoked_at IS NULL
        """,
        session_id, at, why,
    )  # fmt: skip


async def _keep_token(
    tx: Tx, token: str, session_id: UUID, account_id: UUID, at: datetime, expires_at: datetime
) -> None:
    await tx.execute(
        """
        INSERT INTO refresh_tokens (token_hash, session_id, account_id, issued_at, expires_at)
        VALUES ($1, $2, $3, $4, $5)
        """,
        token_hash(token), session_id, account_id, at, expires_at,
    )  # fmt: skip


def _successor(cipher: Cipher, refresh_token: str) -> str:
    """Derived, so that asking twice gives the same one; without the house's key nobody can derive it."""
    digest = hmac.digest(cipher.key("refresh-token"), refresh_token.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _signed_in(
    house: House, tokens: TokenOffice, claims: Claims, session: Any, refresh: str, refresh_expires_at: datetime
) -> SignedIn:
    principal = _principal(house, claims, session)
    return SignedIn(
        account_id=principal.account_id,
        session_id=principal.session_id,
        full_name=claims.full_name,
        language=claims.language,
        device_kind=session["device_kind"],
        second_factor=principal.second_factor,
        access_token=_access(house, tokens, principal),
        access_expires_at=_expiry(house),
        refresh_token=refresh,
        refresh_expires_at=refresh_expires_at,
    )


def _principal(house: House, claims: Claims, session: Any) -> Principal:
    """Whoever has set a password, or turned a second factor on, works as staff only in a session that has passed it.

    A code by SMS must not be a way around the password, nor a session from before, or a password set anew, around the second factor.
    """
    as_staff = (session["method"] == "password" or not claims.has_password) and (
        session["second_factor"] or not claims.has_second_factor
    )
    return Principal(
        account_id=session["account_id"],
        session_id=session["session_id"],
        expires_at=int(_expiry(house).timestamp()),
        second_factor=session["second_factor"],
        language=claims.language,
        guardian_in=claims.guardian_in,
        staff_in=claims.staff_in if as_staff else (),
        areas=claims.areas if as_staff else (),
    )


def _access(house: House, tokens: TokenOffice, principal: Principal) -> str:
    return tokens.issue(principal, issued_at=int(house.clock.now().timestamp()))


def _expiry(house: House) -> datetime:
    return house.clock.now().replace(microsecond=0) + timedelta(seconds=house.settings.access_token_seconds)


def _unused_life(house: House, kind: str) -> timedelta:
    return CONSOLE_UNUSED if kind == "console" else timedelta(days=house.settings.refresh_token_days)
