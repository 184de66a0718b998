"""One-time codes that bind a chat to an account: made for the app, used in the chat, wrong ones counted. It owns chat_link_codes.

Telegram carries a long code in its deep link. Zalo has no such link, so its codes are short enough to be typed and live as briefly.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from backend.core.crypto import token_hash
from backend.core.database import Tx
from backend.core.house import House
from backend.core.problems import problem
from backend.core.ratelimit import Bucket
from backend.core.text import fold
from bots.chats import Chat
from schemas.chat import ChatLinkOut

NO_BOT = problem(
    "no-chat-channel",
    409,
    vi="Nhà trường chưa mở kênh trò chuyện này.",
    en="The school has not opened this channel.",
)
CODE_BYTES = 24  # 192 bits; 32 characters in a link that may hold 64
CODE_LIFE = timedelta(minutes=15)
# No letter that is taken for another when read aloud or copied: 39 bits, and a chat may guess five times in fifteen minutes.
_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_TYPED_LENGTH = 8
WRONG_CODES_MAX = 5
PAUSE = timedelta(minutes=15)
# What is typed in front of a short code, as people write it.
_TYPED = re.compile(r"(?:lien ?ket|link)[\s:]+([a-z0-9][a-z0-9 \-]{6,14})")
_COMMANDS = {
    "lien ket": "/link", "lienket": "/link", "huy lien ket": "/unlink", "huylienket": "/unlink", "bo lien ket": "/unlink",
}  # fmt: skip


def open_channels(house: House) -> list[str]:
    """Messengers that a family can link, in the order in which they are offered."""
    settings = house.settings
    zalo = settings.zalo_app_id and settings.zalo_oa_id
    known = {"zalo": zalo, "telegram": settings.telegram_bot_name, "zalo_bot": settings.zalo_bot_token}
    return [channel for channel, is_open in known.items() if is_open]


async def offer_link(house: House, account_id: UUID, channel: str) -> ChatLinkOut:
    """A fresh link for the account. Only its hash is kept."""
    if channel not in open_channels(house):
        raise NO_BOT()
    now = house.clock.now()
    await house.limits.take(Bucket(f"chatlink:{account_id}", 10, 60.0), now=now.timestamp(), strict=True)
    code = _new_code(channel)
    async with house.database.directory() as tx:
        await tx.execute("DELETE FROM chat_link_codes WHERE expires_at < $1", now - timedelta(days=1))
        await tx.execute(
            """
            INSERT INTO chat_link_codes (code_hash, account_id, channel, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5)
            """,
            _hash(house, channel, code),
            account_id,
            channel,
            now,
            now + CODE_LIFE,
        )
    settings, expires_at = house.settings, now + CODE_LIFE
    if channel == "telegram":
        return ChatLinkOut(f"https://t.me/{settings.telegram_bot_name}?start={code}", expires_at)
    url = f"https://zalo.me/{settings.zalo_oa_id}" if channel == "zalo" else settings.zalo_bot_link
    return ChatLinkOut(url, expires_at, f"LIENKET {code}")


def typed_code(text: str) -> str | None:
    """The short code in “LIENKET ABCD 2345”; None for any other sentence that begins so."""
    found = _TYPED.fullmatch(fold(text).strip(" ."))
    code = re.sub(r"[\s\-]", "", found[1]).upper() if found else ""
    return code if len(code) == _TYPED_LENGTH and set(code) <= set(_ALPHABET) else None


def typed_command(text: str) -> str:
    """Zalo has no menu of commands: what is typed there by its name in Vietnamese becomes the command it means."""
    if (code := typed_code(text)) is not None:
        return f"/start {code}"
    return _COMMANDS.get(fold(text).strip(" .!"), text)


async def use(house: House, tx: Tx, code: str, chat: Chat, now: datetime) -> UUID | None:
    """The account whose code this is. The same chat may use its own code again."""
    hashed = _hash(house, chat.channel, code)
    row = await tx.fetchrow(
        """
        SELECT k.account_id, k.used_at, k.expires_at
          FROM chat_link_codes k
         WHERE k.code_hash = $1
           AND k.channel = $2
           FOR UPDATE
        """,
        hashed,
        chat.channel,
    )
    if row is None or row["expires_at"] <= now:
        return None
    account_id: UUID = row["account_id"]
    if row["used_at"] is not None:
        return account_id if chat.account_id == account_id else None
    await tx.execute("UPDATE chat_link_codes SET used_at = $2 WHERE code_hash = $1", hashed, now)
    return account_id


def paused(chat: Chat, now: datetime) -> bool:
    return chat.paused_until is not None and chat.paused_until > now


async def count_wrong(tx: Tx, chat: Chat, now: datetime) -> None:
    """The fifth wrong guess in a row closes the door for a while."""
    await tx.execute(
        """
        INSERT INTO chat_states AS s (channel, chat_id, language, wrong_codes, updated_at)
        VALUES ($1, $2, '', 1, $3)
            ON CONFLICT (channel, chat_id)
            DO UPDATE SET wrong_codes = CASE WHEN s.wrong_codes + 1 >= $4 THEN 0 ELSE s.wrong_codes + 1 END,
                          paused_until = CASE WHEN s.wrong_codes + 1 >= $4 THEN $5 ELSE s.paused_until END,
                          updated_at = excluded.updated_at
        """,
        chat.channel,
        chat.chat_id,
        now,
        WRONG_CODES_MAX,
        now + PAUSE,
    )


def _new_code(channel: str) -> str:
    if channel == "telegram":
        return secrets.token_urlsafe(CODE_BYTES)
    return "".join(secrets.choice(_ALPHABET) for _ in range(_TYPED_LENGTH))


def _hash(house: House, channel: str, code: str) -> bytes:
    """A short code is kept under a key: there are few enough of them to try all against a plain hash."""
    return token_hash(code) if channel == "telegram" else house.cipher.blind_index(f"{channel}:{code}", "chat-link")
