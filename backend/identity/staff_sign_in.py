"""Signing in by password, for staff: one answer for wrong numbers, wrong passwords and locked accounts, and the same work for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.core.database import Tx
from backend.core.house import House
from backend.core.problems import Problem, problem
from backend.core.ratelimit import Bucket, address_block
from backend.identity import passwords
from backend.identity.audit import record_refusal
from backend.identity.passwords import PASSWORD_WRONG
from backend.identity.phones import limit_key
from backend.identity.second_factor import TOTP_WRONG, use_code
from backend.identity.sessions import Device, open_session
from backend.identity.sign_in import link_persons, people_at
from backend.identity.tokens import TokenOffice
from schemas.identity import SignedIn

# After the fifth failure in a row the account rests 15 seconds, then longer with every further one, at last a quarter of an hour.
# Longer would let any pupil who knows the number keep a teacher out.
FREE_FAILURES = 4
REST_SECONDS = (15, 30, 60, 2 * 60, 5 * 60, 15 * 60)

TOTP_NEEDED = problem(
    "totp-needed",
    401,
    vi="Hãy nhập thêm mã 6 số từ ứng dụng xác thực.",
    en="Please add the six-digit code of your authenticator app.",
)


async def sign_in_with_password(
    house: House, tokens: TokenOffice, phone: str, password: str, totp: str | None, device: Device
) -> SignedIn:
    now = house.clock.now()
    limits = _limits(house, phone, device.address)
    await house.limits.take(*limits, now=now.timestamp(), strict=True)
    candidates = await _candidates(house, phone)
    found = await _whose(candidates, password)
    # The address from which the account signed in before is not held up by strangers' failures; its own are limited above.
    if found is not None and _resting(found, now) and not await _known_address(house, found["account_id"], device):
        found = None
    if found is not None:
        await _link_news(house, phone, found["account_id"])
    rehashed = None
    if found is not None and passwords.outdated(found["password_hash"]):
        rehashed = await passwords.hashed(password)
    async with house.database.directory() as tx:
        outcome: SignedIn | Problem
        if found is None:
            await _count_failure(tx, [row["account_id"] for row in candidates if not _resting(row, now)], now)
            await record_refusal(tx, phone, "sign_in.password_refused", at=now, address=device.address)
            outcome = PASSWORD_WRONG()
        else:
            outcome = await _enter(house, tokens, tx, found, totp, device, now)
            if rehashed is not None and isinstance(outcome, SignedIn):
                await passwords.keep_hash(tx, found["account_id"], rehashed)
    # Raised only now, since the counted failure must be committed.
    if isinstance(outcome, Problem):
        if outcome.kind is TOTP_NEEDED:
            await house.limits.give_back(*limits, now=now.timestamp(), strict=True)
        raise outcome
    await house.limits.give_back(*limits, now=now.timestamp(), strict=True)
    return outcome


def _limits(house: House, phone: str, address: str) -> tuple[Bucket, ...]:
    """Failures only (see give_back). A staff room shares one address, so its own limit is wide."""
    key, block = limit_key(house.cipher, phone), address_block(address)
    return (
        Bucket(f"password:{key}:{block}", 10, 120),
        Bucket(f"password:{key}", 40, 60),
        Bucket(f"password::{block}", 100, 5),
    )


async def _candidates(house: House, phone: str) -> list[Any]:
    """Accounts at this number that have a password; nearly always one or none. Two statements, whoever it is."""
    ids = await house.database.reader.fetch(
        """
        SELECT account_id
          FROM phone_accounts
         WHERE phone_e164 = $1
         ORDER BY account_id
         LIMIT 10
        """,
        phone,
    )
    return await house.database.reader.fetch(
        """
        SELECT account_id, phone_e164, password_hash, totp_sealed, totp_confirmed_at, totp_last_step, failed_sign_ins, locked_until
          FROM accounts
         WHERE account_id = ANY ($1)
           AND password_hash IS NOT NULL
           AND closed_at IS NULL
         ORDER BY account_id
        """,
        [row["account_id"] for row in ids],
    )


async def _whose(candidates: Sequence[Any], password: str) -> Any:
    found = None
    for row in candidates:
        if await passwords.matches(row["password_hash"], password):
            found = row
    if not candidates:
        await passwords.matches(None, password)
    return found


def _resting(account: Any, now: datetime) -> bool:
    return account["locked_until"] is not None and account["locked_until"] > now


async def _link_news(house: House, phone: str, account_id: UUID) -> None:
    """Schools may have come to know the person since the last sign-in."""
    async with house.database.directory() as tx:
        who = next((one for one in await people_at(tx, house.cipher, phone) if one.account_id == account_id), None)
    if who is not None:
        await link_persons(house, account_id, phone, who.persons)


async def _known_address(house: House, account_id: UUID, device: Device) -> bool:
    known = await house.database.reader.fetchval(
        """
        SELECT true
          FROM sessions s
         WHERE s.account_id = $1
           AND s.address = $2
           AND s.revoked_why IS DISTINCT FROM 'reuse'
         LIMIT 1
        """,
        account_id, device.address,
    )  # fmt: skip
    return known is True


async def _enter(
    house: House, tokens: TokenOffice, tx: Tx, account: Any, totp: str | None, device: Device, now: datetime
) -> SignedIn | Problem:
    account_id = account["account_id"]
    with_second_factor = account["totp_confirmed_at"] is not None
    if with_second_factor:
        if totp is None:
            return TOTP_NEEDED()
        if not await use_code(tx, house.cipher, account_id, account, totp, now):
            await _count_failure(tx, [account_id], now)
            await record_refusal(tx, account["phone_e164"], "sign_in.totp_refused", at=now, address=device.address)
            return TOTP_WRONG()
    await tx.execute(
        """
        UPDATE accounts
           SET failed_sign_ins = 0,
               locked_until = NULL
         WHERE account_id = $1
        """,
        account_id,
    )
    return await open_session(
        house, tokens, tx, account_id, device, method="password", second_factor=with_second_factor
    )


async def _count_failure(tx: Tx, account_ids: Sequence[UUID], now: datetime) -> None:
    """One statement, also for nobody."""
    await tx.execute(
        """
        UPDATE accounts
           SET failed_sign_ins = least(failed_sign_ins + 1, 1000),
               locked_until = CASE
                 WHEN failed_sign_ins < $3 THEN NULL
                 ELSE $2::timestamptz
                    + make_interval(secs => ($4::int[])[least(failed_sign_ins - $3 + 1, cardinality($4::int[]))])
               END
         WHERE account_id = ANY ($1)
        """,
        list(account_ids), now, FREE_FAILURES, list(REST_SECONDS),
    )  # fmt: skip
