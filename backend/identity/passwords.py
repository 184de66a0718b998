"""Passwords of staff: hashing, judging, setting. It writes the password columns of accounts.

argon2id costs about 50 ms and 64 MiB by intention, so two threads do all of it: a crowd at the door waits in line instead of taking
the whole machine.
"""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from backend.core.database import Tx
from backend.core.house import House
from backend.core.problems import FORBIDDEN, INVALID, FieldError, problem
from backend.core.ratelimit import Bucket
from backend.core.text import fold
from backend.identity.audit import record_account
from backend.identity.principal import Principal
from backend.identity.sessions import access_token_of, end_all, upgrade
from backend.identity.tokens import TokenOffice
from schemas.identity import AccessToken

_HASHER = PasswordHasher()
_POOL = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
# A password may be set without an old one only soon after the code that proved the phone.
FRESH = timedelta(minutes=30)
_COMMON = (
    "password", "matkhau", "qwerty", "asdfgh", "iloveyou", "anhyeuem", "emyeuanh", "vietnam", "giaovien", "nhipcau", "admin",
    "12345", "67890", "98765", "54321", "abcde", "00000", "11111",
)  # fmt: skip

PASSWORD_WRONG = problem(
    "password-wrong",
    401,
    vi="Số điện thoại hoặc mật khẩu không đúng, hoặc tài khoản đang tạm khóa vì nhập sai nhiều lần. Hãy thử lại sau ít phút.",
    en="The number or the password is not right, or the account is locked for a while after many attempts. Try again in some minutes.",
)
SIGN_IN_AGAIN = problem(
    "sign-in-again",
    403,
    vi="Để đặt mật khẩu, xin đăng nhập lại bằng mã một lần rồi đặt ngay.",
    en="To set a password, please sign in again with a one-time code and set it right away.",
)


async def matches(password_hash: str | None, password: str) -> bool:
    """Without a hash the same work is done, so that time does not tell who has a password."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, _matches, password_hash, password)


async def hashed(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_POOL, _HASHER.hash, _normal(password))


def outdated(password_hash: str) -> bool:
    """Made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


async def set_password(
    house: House, tokens: TokenOffice, who: Principal, password: str, *, current: str | None
) -> AccessToken:
    """Sets or changes one's own password; every other session of the account ends."""
    now = house.clock.now()
    account = await house.database.reader.fetchrow(
        """
        SELECT a.password_hash, a.phone_e164, a.name_fold,
               EXISTS (SELECT 1 FROM account_persons p WHERE p.account_id = a.account_id AND p.person_kind = 'staff')
            OR EXISTS (SELECT 1 FROM account_areas r WHERE r.account_id = a.account_id) AS works
          FROM accounts a
         WHERE a.account_id = $1
        """,
        who.account_id,
    )
    if account is None or not account["works"]:
        raise FORBIDDEN()
    await house.limits.take(Bucket(f"password-set:{who.account_id}", 10, 60), now=now.timestamp(), strict=True)
    if account["password_hash"] is None:
        await _require_fresh_code(house, who, now)
    elif not await matches(account["password_hash"], current or ""):
        raise PASSWORD_WRONG()
    require_strong(password, account["phone_e164"], account["name_fold"])
    password_hash = await hashed(password)
    async with house.database.directory() as tx:
        await keep_hash(tx, who.account_id, password_hash)
        await upgrade(tx, who.session_id, method="password")
        ended = await end_all(tx, who.account_id, at=now, why="password_set", but=who.session_id)
        await record_account(tx, who.account_id, "password.set", at=now)
        access_token, expires_at, second_factor = await access_token_of(house, tokens, tx, who.session_id)
    for session_id in ended:
        tokens.revoke(session_id, now=now.timestamp())
    return AccessToken(access_token=access_token, access_expires_at=expires_at, second_factor=second_factor)


async def keep_hash(tx: Tx, account_id: UUID, password_hash: str) -> None:
    await tx.execute(
        """
        UPDATE accounts
           SET password_hash = $2,
               failed_sign_ins = 0,
               locked_until = NULL
         WHERE account_id = $1
        """,
        account_id, password_hash,
    )  # fmt: skip


async def forget_password(tx: Tx, account_id: UUID) -> None:
    """Password and second factor go; the next sign-in is by one-time code."""
    await tx.execute(
        """
        UPDATE accounts
           SET password_hash = NULL,
               totp_sealed = NULL,
               totp_confirmed_at = NULL,
               totp_last_step = NULL,
               failed_sign_ins = 0,
               locked_until = NULL
         WHERE account_id = $1
        """,
        account_id,
    )


def require_strong(password: str, phone: str, name_fold: str) -> None:
    """Long enough (the shape's bound), and neither everybody's nor one's own name or number. Raises INVALID."""
    folded = fold(password).replace(" ", "")
    digits = "".join(character for character in password if character.isdigit())
    own = [phone[-9:], *(word for word in name_fold.split() if len(word) > 3)]
    rest = folded
    for weak in (*_COMMON, *own):
        rest = rest.replace(weak, "")
    if len(set(password)) < 5 or len(rest) < 5 or (digits and phone[-9:] in digits and len(password) < 14):
        raise INVALID(
            FieldError(
                "/password",
                "Mật khẩu này quá dễ đoán. Hãy dùng một câu dài mà chỉ bạn biết.",
                "This password is too easy to guess. Use a long phrase only you know.",
            )
        )


async def _require_fresh_code(house: House, who: Principal, now: datetime) -> None:
    created_at = await house.database.reader.fetchval(
        """
        SELECT created_at
          FROM sessions
         WHERE session_id = $1
           AND method = 'code'
           AND revoked_at IS NULL
        """,
        who.session_id,
    )
    if created_at is None or now - created_at > FRESH:
        raise SIGN_IN_AGAIN()


def _matches(password_hash: str | None, password: str) -> bool:
    try:
        right = _HASHER.verify(password_hash or _nobodys(), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")


def _normal(password: str) -> str:
    """Keyboards differ in how they compose Vietnamese letters; the password is the same."""
    return unicodedata.normalize("NFC", password)
