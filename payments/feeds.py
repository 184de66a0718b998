"""Where gateways call for an account, with the secrets that prove them. It owns bank_hooks; secrets are shown once and kept sealed.

An account may have several hooks at once, SePay and Casso for example: the same movement told by both is one in the books.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from backend.core.clock import school_day
from backend.core.crypto import Cipher
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError, problem
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments.banks.providers import PROVIDERS
from payments.banks.wire import Provider
from schemas.gateways import HookKeys, HookShown, NewHook, OpenedHook

# What the secrets of a hook are sealed for (see core/crypto.py).
HOOK_SECRET_PURPOSE = "bank-hook"  # noqa: S105  (a name, not a secret)
HOOK_KEYS_PURPOSE = "bank-hook-keys"
_HOOKS_MAX = 20

WRONG_KIND = problem(
    "wrong-kind-of-account",
    409,
    vi="{title} không báo có cho loại tài khoản này.",
    en="{title} does not report to this kind of account.",
)
TOO_MANY_HOOKS = problem(
    "too-many-hooks",
    409,
    vi="Tài khoản này đã có quá nhiều cổng báo có.",
    en="This account has too many bank feeds already.",
)


class Hook(msgspec.Struct, frozen=True):
    """One address where a gateway calls, and how it proves itself there."""

    hook_key: str
    provider: str
    auth: str
    secret: str
    school_id: int
    bank_account_id: int
    keys: Mapping[str, str] = {}


async def hook_of(door: Any, cipher: Cipher, provider: str, hook_key: str) -> Hook | None:
    """None for a hook that was never made, was closed or lost its secret: an unset secret closes the door."""
    row = await door.fetchrow(
        """
        SELECT hook_key, provider, auth, secret_sealed, keys_sealed, school_id, bank_account_id
          FROM bank_hooks
         WHERE hook_key = $1
           AND provider = $2
           AND closed_at IS NULL
        """,
        hook_key,
        provider,
    )
    return None if row is None or row["secret_sealed"] is None else opened(cipher, row)


async def hooks_of_school(door: Any, cipher: Cipher, school_id: int, provider: str) -> list[Hook]:
    """The open hooks of one gateway, the oldest first, with their keys."""
    rows = await door.fetch(
        """
        SELECT hook_key, provider, auth, secret_sealed, keys_sealed, school_id, bank_account_id
          FROM bank_hooks
         WHERE school_id = $1
           AND provider = $2
           AND closed_at IS NULL
           AND secret_sealed IS NOT NULL
         ORDER BY created_at, hook_key
         LIMIT 20
        """,
        school_id,
        provider,
    )
    return [opened(cipher, row) for row in rows]


def opened(cipher: Cipher, row: asyncpg.Record) -> Hook:
    sealed, keys = row["secret_sealed"], row["keys_sealed"]
    return Hook(
        hook_key=row["hook_key"],
        provider=row["provider"],
        auth=row["auth"],
        secret=cipher.open(sealed, HOOK_SECRET_PURPOSE) if sealed else "",
        school_id=row["school_id"],
        bank_account_id=row["bank_account_id"],
        keys=msgspec.json.decode(cipher.open(keys, HOOK_KEYS_PURPOSE), type=dict[str, str]) if keys else {},
    )


async def add_hook(house: House, actor: UUID, school_id: int, bank_account_id: int, new: NewHook) -> OpenedHook:
    """Another gateway for an account. A secret that is made here is shown this once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "school_admin", on=school_day(now))
        account = await tx.fetchrow(
            """
            SELECT kind
              FROM bank_accounts
             WHERE bank_account_id = $1
               AND school_id = $2
               AND closed_at IS NULL
               FOR UPDATE
            """,
            bank_account_id,
            school_id,
        )
        if account is None:
            raise NOT_FOUND()
        provider = PROVIDERS[new.provider]
        if provider.settles_into != account["kind"]:
            raise WRONG_KIND(title=provider.title)
        count = await tx.fetchval(
            "SELECT count(*) FROM bank_hooks WHERE bank_account_id = $1 AND closed_at IS NULL", bank_account_id
        )
        if count >= _HOOKS_MAX:
            raise TOO_MANY_HOOKS()
        return await make_hook(tx, house.cipher, actor, bank_account_id, new, at=now)


async def make_hook(
    tx: SchoolTx, cipher: Cipher, actor: UUID | None, bank_account_id: int, new: NewHook, *, at: datetime
) -> OpenedHook:
    provider = PROVIDERS[new.provider]
    auth = new.auth or provider.proofs[0]
    secret, keys = _secrets(provider, auth, new.secret, new.keys)
    hook_key = secrets.token_urlsafe(18)
    await tx.execute(
        """
        INSERT INTO bank_hooks
               (hook_key, provider, school_id, bank_account_id, auth, secret_sealed, keys_sealed, created_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        hook_key,
        provider.name,
        tx.school_id,
        bank_account_id,
        auth,
        cipher.seal(secret, HOOK_SECRET_PURPOSE),
        _sealed_keys(cipher, keys),
        actor,
        at,
    )
    await audit.record(tx, "bank_hook.added", "bank_hook", _audited(hook_key), at=at, actor=actor)
    made = _is_made(provider, auth, new.secret)
    return OpenedHook(_shown(provider, hook_key, bank_account_id, auth, keys, at), secret if made else None)


async def rotate_hook(house: House, actor: UUID, school_id: int, hook_key: str, new: HookKeys) -> OpenedHook:
    """A new secret; the old one is dead at once, in every process within a minute of its last use at the latest."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "school_admin", on=school_day(now))
        row = await tx.fetchrow(
            """
            SELECT hook_key, provider, auth, secret_sealed, keys_sealed, school_id, bank_account_id
              FROM bank_hooks
             WHERE hook_key = $1
               AND school_id = $2
               AND closed_at IS NULL
               FOR UPDATE
            """,
            hook_key,
            school_id,
        )
        if row is None:
            raise NOT_FOUND()
        provider, kept = PROVIDERS[row["provider"]], opened(house.cipher, row)
        # Somebody who only adds a key (the token of a list) does not silence the hook.
        given = new.secret or (kept.secret if new.keys else None)
        secret, keys = _secrets(
            provider, kept.auth, given, dict(kept.keys) | {str(name): text for name, text in new.keys.items()}
        )
        await tx.execute(
            """
            UPDATE bank_hooks
               SET secret_sealed = $2,
                   keys_sealed = $3,
                   rotated_at = $4
             WHERE hook_key = $1
            """,
            hook_key,
            house.cipher.seal(secret, HOOK_SECRET_PURPOSE),
            _sealed_keys(house.cipher, keys),
            now,
        )
        await audit.record(tx, "bank_hook.rotated", "bank_hook", _audited(hook_key), at=now, actor=actor)
    made = _is_made(provider, kept.auth, given)
    return OpenedHook(
        _shown(provider, hook_key, row["bank_account_id"], kept.auth, keys, now), secret if made else None
    )


async def close_hook(house: House, actor: UUID, school_id: int, hook_key: str) -> None:
    """Calls are refused from now on; what it has told stays."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "school_admin", on=school_day(now))
        closed = await tx.fetchval(
            """
            UPDATE bank_hooks
               SET closed_at = coalesce(closed_at, $3)
             WHERE hook_key = $1
               AND school_id = $2
            RETURNING hook_key
            """,
            hook_key,
            school_id,
            now,
        )
        if closed is None:
            raise NOT_FOUND()
        await audit.record(tx, "bank_hook.closed", "bank_hook", _audited(hook_key), at=now, actor=actor)


def hook_path(provider: str, hook_key: str) -> str:
    return f"/hooks/{provider}/{hook_key}"


def _secrets(provider: Provider, auth: str, secret: str | None, keys: Mapping[Any, str]) -> tuple[str, dict[str, str]]:
    """Every key that is missing or strange is pointed at."""
    wrong = []
    if auth not in provider.proofs:
        wrong.append(
            FieldError(
                "/auth", f"{provider.title} không xác thực theo cách này.", f"{provider.title} has no such proof."
            )
        )
    given = {name: text.strip() for name, text in keys.items() if text.strip()}
    for name in provider.keys:
        if name not in given:
            wrong.append(FieldError(f"/keys/{name}", "Cần nhập khóa này.", "This key is needed."))
    for name in given.keys() - {*provider.keys, *provider.pull_keys}:
        wrong.append(FieldError(f"/keys/{name}", "Cổng này không có khóa như vậy.", "This gateway has no such key."))
    text = (secret or "").strip()
    if not text and not _is_made(provider, auth, secret):
        wrong.append(
            FieldError("/secret", "Cần nhập khóa bí mật do cổng cấp.", "The secret given by the gateway is needed.")
        )
    if wrong:
        raise INVALID(*wrong)
    return text or secrets.token_urlsafe(32), given


def _is_made(provider: Provider, auth: str, secret: str | None) -> bool:
    """A shared token or our own secret is made here; a key that the gateway made has to be typed in."""
    return not (secret or "").strip() and (provider.secret_made_here or auth == "token")


def _sealed_keys(cipher: Cipher, keys: Mapping[str, str]) -> bytes | None:
    return cipher.seal(msgspec.json.encode(dict(keys)).decode(), HOOK_KEYS_PURPOSE) if keys else None


def _shown(
    provider: Provider, hook_key: str, bank_account_id: int, auth: str, keys: Mapping[str, str], at: datetime
) -> HookShown:
    return HookShown(
        hook_key=hook_key,
        provider=provider.name,
        title=provider.title,
        bank_account_id=bank_account_id,
        path=hook_path(provider.name, hook_key),
        auth=auth,
        pulls=can_pull(provider, keys),
        created_at=at,
    )


def can_pull(provider: Provider, keys: Mapping[str, str]) -> bool:
    return provider.understand_pulled is not None and all(
        keys.get(name) for name in (*provider.keys, *provider.pull_keys)
    )


def _audited(hook_key: str) -> str:
    """Enough to find it, too little to call it."""
    return hook_key[:8]
