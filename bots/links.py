"""Which chat belongs to which account: one-time links, wrong codes counted, unlinking. It owns chat_links, account_chats, chat_link_codes.

A link is bound to the chat that opens it, never to a phone number or a name typed into a chat.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from backend.core.crypto import token_hash
from backend.core.database import Reader, Tx
from backend.core.house import House
from backend.core.problems import NOT_FOUND, problem
from backend.core.ratelimit import Bucket
from backend.identity import audit
from bots import with_person
from bots.chats import Chat
from notifications.dead_addresses import chat_hash, revive
from schemas.chat import ChatLinkOut, LinkedChat, LinkedChats

NO_BOT = problem(
    "no-chat-channel",
    409,
    vi="Nhà trường chưa mở kênh trò chuyện này.",
    en="The school has not opened this channel.",
)
CODE_BYTES = 24  # 192 bits; 32 characters in a link that may hold 64
CODE_LIFE = timedelta(minutes=15)
WRONG_CODES_MAX = 5
PAUSE = timedelta(minutes=15)
CHATS_MAX = 10


async def offer_link(house: House, account_id: UUID, channel: str) -> ChatLinkOut:
    """A fresh link for the account. Only its hash is kept."""
    if not house.settings.telegram_bot_name:
        raise NO_BOT()
    now = house.clock.now()
    await house.limits.take(Bucket(f"chatlink:{account_id}", 10, 60.0), now=now.timestamp(), strict=True)
    code = secrets.token_urlsafe(CODE_BYTES)
    async with house.database.directory() as tx:
        await tx.execute("DELETE FROM chat_link_codes WHERE expires_at < $1", now - timedelta(days=1))
        await tx.execute(
            """
            INSERT INTO chat_link_codes (code_hash, account_id, channel, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5)
            """,
            token_hash(code),
            account_id,
            channel,
            now,
            now + CODE_LIFE,
        )
    return ChatLinkOut(f"https://t.me/{house.settings.telegram_bot_name}?start={code}", now + CODE_LIFE)


class Linked(msgspec.Struct, frozen=True):
    account_id: UUID


class Refused(msgspec.Struct, frozen=True):
    """why: wrong (unknown, used or old code) or paused (too many of those)."""

    why: str


async def link_chat(house: House, chat: Chat, code: str) -> Linked | Refused:
    """Bind a private chat to the account whose link it opened. The same chat opening the same link again is linked already."""
    now = house.clock.now()
    if chat.paused_until is not None and chat.paused_until > now:
        return Refused("paused")
    async with house.database.directory() as tx:
        account_id = await _use(tx, code, chat, now)
        if account_id is None:
            await _count_wrong(tx, chat, now)
            return Refused("wrong")
        await _bind(tx, chat, account_id, now)
        await audit.record_account(tx, account_id, "chat.linked", at=now, detail={"channel": chat.channel})
    return Linked(account_id)


async def _use(tx: Tx, code: str, chat: Chat, now: datetime) -> UUID | None:
    row = await tx.fetchrow(
        """
        SELECT k.account_id, k.used_at, k.expires_at
          FROM chat_link_codes k
         WHERE k.code_hash = $1
           AND k.channel = $2
           FOR UPDATE
        """,
        token_hash(code),
        chat.channel,
    )
    if row is None or row["expires_at"] <= now:
        return None
    account_id: UUID = row["account_id"]
    if row["used_at"] is not None:
        return account_id if chat.account_id == account_id else None
    await tx.execute("UPDATE chat_link_codes SET used_at = $2 WHERE code_hash = $1", token_hash(code), now)
    return account_id


async def _count_wrong(tx: Tx, chat: Chat, now: datetime) -> None:
    """The fifth wrong code in a row closes the door for a while; guessing 192 bits is hopeless anyway, but noise is stopped."""
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


async def _bind(tx: Tx, chat: Chat, account_id: UUID, now: datetime) -> None:
    if chat.account_id is not None and chat.account_id != account_id:
        await _release(tx, chat.channel, chat.chat_id, chat.account_id)
    await tx.execute(
        """
        INSERT INTO chat_links AS l (channel, chat_id, account_id, linked_at)
        VALUES ($1, $2, $3, $4)
            ON CONFLICT (channel, chat_id)
            DO UPDATE SET account_id = excluded.account_id, linked_at = excluded.linked_at, unlinked_at = NULL, blocked_at = NULL
        """,
        chat.channel,
        chat.chat_id,
        account_id,
        now,
    )
    await revive(tx, chat.channel, chat_hash(chat.chat_id), at=now)
    await tx.execute(
        """
        INSERT INTO account_chats AS c (account_id, channel, chat_id, linked_at)
        VALUES ($1, $2, $3, $4)
            ON CONFLICT (account_id, channel, chat_id)
            DO UPDATE SET linked_at = excluded.linked_at
        """,
        account_id,
        chat.channel,
        chat.chat_id,
        now,
    )
    # A talk that another person had in this chat must not be carried on, nor may its wrong codes count.
    await tx.execute(
        """
        UPDATE chat_states s
           SET state = '{}', wrong_codes = 0, paused_until = NULL, updated_at = $3
         WHERE s.channel = $1
           AND s.chat_id = $2
        """,
        chat.channel,
        chat.chat_id,
        now,
    )
    await with_person.join(tx, channel=chat.channel, chat_id=chat.chat_id, account_id=account_id)


async def unlink_chat(house: House, chat: Chat) -> bool:
    """The chat forgets the account. True when it knew one."""
    if chat.account_id is None:
        return False
    await _unlink(house, chat.account_id, chat.channel, chat.chat_id)
    return True


async def unlink_named(house: House, account_id: UUID, channel: str, name: str) -> None:
    """From the app: the account lets one of its chats go. Raises NOT_FOUND for other people's."""
    for chat_id, _ in await _chats_of(house.database.reader, account_id, channel):
        if name_of(house, channel, chat_id) == name:
            await _unlink(house, account_id, channel, chat_id)
            return
    raise NOT_FOUND()


async def _unlink(house: House, account_id: UUID, channel: str, chat_id: str) -> None:
    now = house.clock.now()
    async with house.database.directory() as tx:
        await tx.execute(
            """
            UPDATE chat_links l
               SET unlinked_at = $4
             WHERE l.channel = $1
               AND l.chat_id = $2
               AND l.account_id = $3
            """,
            channel,
            chat_id,
            account_id,
            now,
        )
        await _release(tx, channel, chat_id, account_id)
        await audit.record_account(tx, account_id, "chat.unlinked", at=now, detail={"channel": channel})


async def _release(tx: Tx, channel: str, chat_id: str, account_id: UUID) -> None:
    await with_person.leave(tx, channel=channel, chat_id=chat_id)
    await tx.execute(
        "DELETE FROM account_chats WHERE account_id = $1 AND channel = $2 AND chat_id = $3",
        account_id,
        channel,
        chat_id,
    )


async def linked_chats(house: House, account_id: UUID) -> LinkedChats:
    rows = await _chats_of(house.database.reader, account_id, "telegram")
    return LinkedChats([LinkedChat("telegram", name_of(house, "telegram", chat_id), at) for chat_id, at in rows])


async def _chats_of(reader: Reader, account_id: UUID, channel: str) -> list[tuple[str, datetime]]:
    rows = await reader.fetch(
        """
        SELECT c.chat_id, c.linked_at
          FROM account_chats c
         WHERE c.account_id = $1
           AND c.channel = $2
         ORDER BY c.linked_at DESC
         LIMIT $3
        """,
        account_id,
        channel,
        CHATS_MAX,
    )
    return [(row["chat_id"], row["linked_at"]) for row in rows]


def name_of(house: House, channel: str, chat_id: str) -> str:
    """A chat's name in the API. The messenger's own id stays with us."""
    return house.cipher.blind_index(f"{channel}:{chat_id}", "chat-name").hex()[:20]


async def mark_blocked(house: House, channel: str, chat_id: str, *, blocked: bool) -> None:
    """The reader blocked the bot or let it in again; notices follow at once."""
    await house.database.keep(
        """
        UPDATE chat_links l
           SET blocked_at = CASE WHEN $3 THEN coalesce(l.blocked_at, $4) END
         WHERE l.channel = $1
           AND l.chat_id = $2
        """,
        channel,
        chat_id,
        blocked,
        house.clock.now(),
    )
    if not blocked:
        async with house.database.directory() as tx:
            await revive(tx, channel, chat_hash(chat_id), at=house.clock.now())
