"""One-time codes: making one for a phone, and proving one. It owns one_time_codes; sending.py carries them out of the house.

Known and unknown phones are treated alike in every step that can be seen from outside: the same row is written, the same statements
run, the same bell rings. Only a known phone's code is kept to be sent.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core.crypto import Cipher, same
from backend.core.database import Tx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import Problem, problem
from backend.core.ratelimit import Bucket, address_block
from backend.identity.phones import limit_key
from schemas.identity import CodeAsked

ATTEMPTS = 5
ASK_AGAIN_SECONDS = 60
SEALED_FOR = "one-time-code"
SEND_JOB = "send_code"
_DIGITS = 6

CODE_WRONG = problem(
    "code-wrong",
    401,
    vi="Mã không đúng. Còn {attempts_left} lần thử.",
    en="This code is not right. {attempts_left} attempts are left.",
)
CODE_GONE = problem(
    "code-gone",
    401,
    vi="Mã đã hết hạn, đã dùng hoặc đã nhập sai quá số lần. Xin lấy mã mới.",
    en="This code has expired, was used, or was entered wrongly too often. Please ask for a new one.",
)


class Proof(msgspec.Struct, frozen=True):
    """The right code was given for a phone, and is used up."""

    phone: str
    code_id: UUID
    purpose: str


def ask_limits(house: House, phone: str, address: str) -> tuple[Bucket, ...]:
    """A stranger at one address must not be able to use up what the owner of a phone may ask for, so there are two for the phone.

    Many families share one address (a school's network, a carrier's): its own limit is wide.
    """
    key, block = limit_key(house.cipher, phone), address_block(address)
    return (
        Bucket(f"code:{key}:{block}", 4, 900),
        Bucket(f"code:{key}", 10, 3600),
        Bucket(f"code::{block}", 100, 2),
    )


def guess_limits(house: House, phone: str, address: str) -> tuple[Bucket, ...]:
    """Only failures count (see give_back). A six-digit code is guessed once in a million, so these keep years between the hits."""
    key, block = limit_key(house.cipher, phone), address_block(address)
    return (
        Bucket(f"guess:{key}:{block}", 10, 1800),
        Bucket(f"guess:{key}", 30, 1800),
        Bucket(f"guess::{block}", 60, 20),
    )


async def ask_code(house: House, phone: str, *, address: str, language: str) -> CodeAsked:
    """Promise a code. The answer never depends on whether we know the phone."""
    now = house.clock.now()
    await house.limits.take(*ask_limits(house, phone, address), now=now.timestamp(), strict=True)
    async with house.database.directory() as tx:
        await promise_code(
            house, tx, phone, purpose="sign_in", life=timedelta(seconds=house.settings.one_time_code_seconds),
            address=address, language=language, at=now,
        )  # fmt: skip
    return CodeAsked(expires_in_seconds=house.settings.one_time_code_seconds, ask_again_in_seconds=ASK_AGAIN_SECONDS)


async def promise_code(
    house: House, tx: Tx, phone: str, *, purpose: str, life: timedelta, address: str, language: str, at: datetime,
    params: dict[str, str] | None = None,
) -> None:  # fmt: skip
    """Replaces the phone's code within the caller's transaction; the bell rings after the commit."""
    code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"
    code_id = new_id()
    known = await _is_known(tx, phone)
    sealed = house.cipher.seal(code, SEALED_FOR)
    await tx.execute(
        """
        INSERT INTO one_time_codes AS c
               (phone_e164, code_id, purpose, known, code_hash, code_sealed, language, params, address,
                created_at, expires_at, attempts_left, send_after)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11, $12, $10)
            ON CONFLICT (phone_e164)
            DO UPDATE SET code_id = excluded.code_id,
                          purpose = excluded.purpose,
                          known = excluded.known,
                          code_hash = excluded.code_hash,
                          code_sealed = excluded.code_sealed,
                          language = excluded.language,
                          params = excluded.params,
                          address = excluded.address,
                          created_at = excluded.created_at,
                          expires_at = excluded.expires_at,
                          attempts_left = excluded.attempts_left,
                          used_at = NULL,
                          chosen_at = NULL,
                          send_after = excluded.send_after,
                          send_attempts = 0,
                          sent_at = NULL,
                          sent_channel = NULL
        """,
        phone, code_id, purpose, known, _hash(house.cipher, phone, code_id, code), sealed if known else None, language,
        msgspec.json.encode(params or {}).decode(), address, at, at + life, ATTEMPTS,
    )  # fmt: skip
    tx.ring(SEND_JOB, str(code_id))


async def prove_code(house: House, tx: Tx, phone: str, code: str, *, at: datetime) -> Proof | Problem:
    """The problem is returned, not raised, so that the counted attempt is committed."""
    row = await tx.fetchrow(
        """
        UPDATE one_time_codes
           SET attempts_left = attempts_left - 1
         WHERE phone_e164 = $1
           AND used_at IS NULL
           AND expires_at > $2
           AND attempts_left > 0
        RETURNING code_id, code_hash, purpose, attempts_left, known
        """,
        phone, at,
    )  # fmt: skip
    # Without a row the same hash is still computed, over a code that cannot be right.
    digits = "".join(character for character in code if character.isdigit())
    hashed = _hash(house.cipher, phone, row["code_id"] if row else UUID(int=0), digits)
    right = same(hashed, row["code_hash"] if row else bytes(32))
    if row is None:
        return CODE_GONE()
    if not (right and row["known"]):
        return CODE_WRONG(attempts_left=row["attempts_left"]) if row["attempts_left"] else CODE_GONE()
    await tx.execute(
        """
        UPDATE one_time_codes
           SET used_at = $3,
               code_sealed = NULL
         WHERE phone_e164 = $1
           AND code_id = $2
        """,
        phone, row["code_id"], at,
    )  # fmt: skip
    return Proof(phone, row["code_id"], row["purpose"])


async def take_ticket(tx: Tx, phone: str, code_id: UUID, *, at: datetime) -> bool:
    """The choice after a proven code is made once."""
    taken = await tx.fetchval(
        """
        UPDATE one_time_codes
           SET chosen_at = $3
         WHERE phone_e164 = $1
           AND code_id = $2
           AND used_at IS NOT NULL
           AND chosen_at IS NULL
        RETURNING true
        """,
        phone, code_id, at,
    )  # fmt: skip
    return taken is True


async def shown_in_demo(house: House, phone: str) -> str | None:
    """The open code of a phone, for the demo's sign-in page. None outside the demo, whatever the caller thinks it is doing."""
    if not (house.settings.demo and house.settings.code_channel == "print"):
        return None
    sealed = await house.database.reader.fetchval(
        """
        SELECT code_sealed
          FROM one_time_codes
         WHERE phone_e164 = $1
           AND used_at IS NULL
           AND expires_at > $2
        """,
        phone, house.clock.now(),
    )  # fmt: skip
    return None if sealed is None else house.cipher.open(sealed, SEALED_FOR)


async def _is_known(tx: Tx, phone: str) -> bool:
    return (
        await tx.fetchval(
            """
            SELECT true
              FROM phone_directory d
             WHERE d.phone_e164 = $1
             UNION ALL
            SELECT true
              FROM phone_accounts a
             WHERE a.phone_e164 = $1
             LIMIT 1
            """,
            phone,
        )
        is True
    )


def _hash(cipher: Cipher, phone: str, code_id: UUID, code: str) -> bytes:
    """Keyed: whoever reads the table cannot try the million codes."""
    return cipher.blind_index(f"{phone}:{code_id}:{code}", "one-time-code")


def row_params(row: Any) -> dict[str, str]:
    return msgspec.json.decode(row["params"], type=dict[str, str])
