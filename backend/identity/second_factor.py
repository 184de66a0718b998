"""The second factor of staff: a code from an authenticator app (TOTP, RFC 6238). It writes the totp columns of accounts.

A code is good for its own half minute and the one before and after, and once: the step it belongs to is remembered, so that a code
read over a shoulder is worth nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pyotp

from backend.core.crypto import Cipher, same
from backend.core.database import Tx
from backend.core.house import House
from backend.core.problems import FORBIDDEN, problem
from backend.core.ratelimit import Bucket
from backend.identity.audit import record_account
from backend.identity.principal import Principal
from backend.identity.sessions import access_token_of, upgrade
from backend.identity.tokens import TokenOffice
from schemas.identity import AccessToken, SecondFactorSecret

_SEALED_FOR = "totp"
_STEP_SECONDS = 30
_ISSUER = "Nhịp Cầu"

TOTP_WRONG = problem(
    "totp-wrong",
    401,
    vi="Mã từ ứng dụng xác thực không đúng hoặc đã dùng; hãy chờ mã mới.",
    en="The code of the authenticator app is not right or was used already; wait for the next one.",
)
PASSWORD_FIRST = problem(
    "password-first",
    409,
    vi="Hãy đặt mật khẩu trước khi bật xác thực hai lớp.",
    en="Set a password before turning the second factor on.",
)
ALREADY_ON = problem(
    "second-factor-already-on",
    409,
    vi="Xác thực hai lớp đã được bật; hãy tắt trước khi đổi thiết bị.",
    en="The second factor is on already; turn it off before changing the device.",
)
NOT_ON = problem(
    "second-factor-not-on", 409, vi="Xác thực hai lớp chưa được bật.", en="The second factor has not been turned on."
)


def matching_step(secret: str, code: str, at: datetime, last_step: int | None) -> int | None:
    """The time step whose code this is, if it is newer than the last one used."""
    digits = "".join(character for character in code if character.isdigit())
    totp = pyotp.TOTP(secret, interval=_STEP_SECONDS)
    now = int(at.timestamp()) // _STEP_SECONDS
    found = None
    for step in (now - 1, now, now + 1):
        if same(totp.at(step * _STEP_SECONDS), digits) and step > (last_step if last_step is not None else -1):
            found = step
    return found


async def use_code(tx: Tx, cipher: Cipher, account_id: UUID, account: Any, code: str, at: datetime) -> bool:
    """Whether the code is right; then its step is used up, also against the same code arriving twice at once."""
    if account["totp_sealed"] is None:
        return False
    step = matching_step(cipher.open(account["totp_sealed"], _SEALED_FOR), code, at, account["totp_last_step"])
    if step is None:
        return False
    used = await tx.fetchval(
        """
        UPDATE accounts
           SET totp_last_step = $2
         WHERE account_id = $1
           AND (totp_last_step IS NULL OR totp_last_step < $2)
        RETURNING true
        """,
        account_id, step,
    )  # fmt: skip
    return used is True


async def begin(house: House, who: Principal) -> SecondFactorSecret:
    """A new secret for the reader's authenticator app. It counts after `confirm`; until then it may be begun again."""
    async with house.database.directory() as tx:
        account = await _account(tx, who)
        if account["totp_confirmed_at"] is not None:
            raise ALREADY_ON()
        if not account["has_password"]:
            raise PASSWORD_FIRST()
        secret = pyotp.random_base32()
        await tx.execute(
            """
            UPDATE accounts
               SET totp_sealed = $2,
                   totp_last_step = NULL
             WHERE account_id = $1
               AND totp_confirmed_at IS NULL
            """,
            who.account_id, house.cipher.seal(secret, _SEALED_FOR),
        )  # fmt: skip
    uri = pyotp.TOTP(secret, interval=_STEP_SECONDS).provisioning_uri(name=account["full_name"], issuer_name=_ISSUER)
    return SecondFactorSecret(secret=secret, otpauth_uri=uri)


async def confirm(house: House, tokens: TokenOffice, who: Principal, code: str) -> AccessToken:
    """The app shows the right code: the second factor is on, and this session has passed it."""
    return await _prove(house, tokens, who, code, "second_factor.on")


async def check(house: House, tokens: TokenOffice, who: Principal, code: str) -> AccessToken:
    """This session passes the second factor, e.g. after a sign-in that did not ask for it."""
    return await _prove(house, tokens, who, code, "second_factor.passed")


async def turn_off(house: House, who: Principal, code: str) -> None:
    """By whoever can still show a code; without the device an administrator resets the sign-in."""
    now = house.clock.now()
    await _limit(house, who)
    async with house.database.directory() as tx:
        account = await _account(tx, who)
        if account["totp_confirmed_at"] is None:
            raise NOT_ON()
        if not await use_code(tx, house.cipher, who.account_id, account, code, now):
            raise TOTP_WRONG()
        await tx.execute(
            """
            UPDATE accounts
               SET totp_sealed = NULL,
                   totp_confirmed_at = NULL,
                   totp_last_step = NULL
             WHERE account_id = $1
            """,
            who.account_id,
        )
        await record_account(tx, who.account_id, "second_factor.off", at=now)


async def _prove(house: House, tokens: TokenOffice, who: Principal, code: str, action: str) -> AccessToken:
    now = house.clock.now()
    await _limit(house, who)
    turning_on = action == "second_factor.on"
    async with house.database.directory() as tx:
        # Without its second factor a session is nobody's staff; whoever gave the password there may still pass it.
        account = await _account(tx, who, by_password=not turning_on and await _gave_password(tx, who))
        if turning_on and account["totp_confirmed_at"] is not None:
            raise ALREADY_ON()
        if account["totp_sealed"] is None or (not turning_on and account["totp_confirmed_at"] is None):
            raise NOT_ON()
        if not await use_code(tx, house.cipher, who.account_id, account, code, now):
            raise TOTP_WRONG()
        if turning_on:
            await tx.execute(
                """
                UPDATE accounts
                   SET totp_confirmed_at = $2
                 WHERE account_id = $1
                """,
                who.account_id, now,
            )  # fmt: skip
        await upgrade(tx, who.session_id, second_factor=True)
        await record_account(tx, who.account_id, action, at=now)
        access_token, expires_at, second_factor = await access_token_of(house, tokens, tx, who.session_id)
    return AccessToken(access_token=access_token, access_expires_at=expires_at, second_factor=second_factor)


async def _gave_password(tx: Tx, who: Principal) -> bool:
    method = await tx.fetchval(
        """
        SELECT method
          FROM sessions
         WHERE session_id = $1
           AND account_id = $2
        """,
        who.session_id, who.account_id,
    )  # fmt: skip
    return bool(method == "password")


async def _account(tx: Tx, who: Principal, *, by_password: bool = False) -> Any:
    """The row, locked; only for people who work in a school or an area."""
    if not (who.staff_in or who.areas or by_password):
        raise FORBIDDEN()
    return await tx.fetchrow(
        """
        SELECT full_name, password_hash IS NOT NULL AS has_password, totp_sealed, totp_confirmed_at, totp_last_step
          FROM accounts
         WHERE account_id = $1
           FOR UPDATE
        """,
        who.account_id,
    )


async def _limit(house: House, who: Principal) -> None:
    bucket = Bucket(f"totp:{who.account_id}", 5, 60)
    await house.limits.take(bucket, now=house.clock.now().timestamp(), strict=True)
