"""Which chat belongs to which account, by whatever way it was linked. It owns chat_links, account_chats, phone_chats.

A link is bound to the chat that opened it or that proved a number, never to a phone number or a name typed into a chat.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core.database import Reader, Tx
from backend.core.house import House
from backend.core.problems import NOT_FOUND
from backend.identity import audit
from bots import with_person
from bots.chats import Chat
from bots.link_codes import count_wrong, paused, use
from notifications.dead_addresses import chat_hash, revive
from notifications.preferences import take_templates
from schemas.chat import LinkedChat, LinkedChats

CHATS_MAX = 10
# What Zalo's reader takes for one sender: whoever says stop in one of them means all of it.
ZALO = frozenset({"zalo", "zalo_bot"})


class Linked(msgspec.Struct, frozen=True):
    account_id: UUID


class Refused(msgspec.Struct, frozen=True):
    """why: wrong (unknown, used or old code), paused (too many of those), full (no family has so many chats)."""

    why: str


async def link_chat(house: House, chat: Chat, code: str) -> Linked | Refused:
    """Bind a private chat to the account whose link it opened. The same chat opening the same link again is linked already."""
    now = house.clock.now()
    if paused(chat, now):
        return Refused("paused")
    async with house.database.directory() as tx:
        account_id = await use(house, tx, code, chat, now)
        if account_id is None:
            await count_wrong(tx, chat, now)
            return Refused("wrong")
        if await is_full(tx, account_id, chat):
            return Refused("full")
        await bind(tx, chat, account_id, now)
        await audit.record_account(tx, account_id, "chat.linked", at=now, detail={"channel": chat.channel})
    return Linked(account_id)


async def bind(tx: Tx, chat: Chat, account_id: UUID, now: datetime, *, phone: str | None = None) -> None:
    """`phone`: the number by which the chat was linked; it holds for as long as the number leads to the account."""
    before = await _leave_account(tx, chat.channel, chat.chat_id)
    if before not in (None, account_id):
        await with_person.leave(tx, channel=chat.channel, chat_id=chat.chat_id)
    await tx.execute(
        """
        INSERT INTO chat_links AS l (channel, chat_id, account_id, linked_at, phone_e164)
        VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (channel, chat_id)
            DO UPDATE SET account_id = excluded.account_id, linked_at = excluded.linked_at, phone_e164 = excluded.phone_e164,
                          unlinked_at = NULL, blocked_at = NULL
        """,
        chat.channel,
        chat.chat_id,
        account_id,
        now,
        phone,
    )
    await revive(tx, chat.channel, chat_hash(chat.chat_id), at=now)
    if chat.channel in ZALO:
        await take_templates(tx, account_id, at=now)
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
    if phone is not None:
        await tx.execute(
            """
            INSERT INTO phone_chats AS p (phone_e164, channel, chat_id, account_id, linked_at)
            VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (phone_e164, channel, chat_id)
                DO UPDATE SET account_id = excluded.account_id, linked_at = excluded.linked_at
            """,
            phone,
            chat.channel,
            chat.chat_id,
            account_id,
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


async def is_full(tx: Tx, account_id: UUID, chat: Chat) -> bool:
    """So many chats are no family's any more. One that is linked already may be linked again."""
    count: int = await tx.fetchval(
        """
        SELECT count(*)
          FROM account_chats c
         WHERE c.account_id = $1
           AND (c.channel, c.chat_id) <> ($2, $3)
        """,
        account_id,
        chat.channel,
        chat.chat_id,
    )
    return count >= CHATS_MAX


async def unlink_chat(house: House, chat: Chat) -> bool:
    """The chat forgets the account. True when it knew one."""
    if chat.account_id is None:
        return False
    await _unlink(house, chat.account_id, chat.channel, chat.chat_id)
    return True


async def unlink_named(house: House, account_id: UUID, channel: str, name: str) -> None:
    """From the app: the account lets one of its chats go. Raises NOT_FOUND for other people's."""
    for known, chat_id, _ in await _chats_of(house.database.reader, account_id):
        if known == channel and name_of(house, channel, chat_id) == name:
            await _unlink(house, account_id, channel, chat_id)
            return
    raise NOT_FOUND()


async def _unlink(house: House, account_id: UUID, channel: str, chat_id: str) -> None:
    now = house.clock.now()
    async with house.database.directory() as tx:
        await let_go(tx, account_id, channel, chat_id, now, "chat.unlinked")


async def let_go(tx: Tx, account_id: UUID, channel: str, chat_id: str, now: datetime, deed: str) -> None:
    """The chat is a stranger's from this moment on."""
    await _leave_account(tx, channel, chat_id)
    await with_person.leave(tx, channel=channel, chat_id=chat_id)
    ended = await tx.fetchval(
        """
        UPDATE chat_links l
           SET unlinked_at = $4, phone_e164 = NULL
         WHERE l.channel = $1
           AND l.chat_id = $2
           AND l.account_id = $3
           AND l.unlinked_at IS NULL
     RETURNING true
        """,
        channel,
        chat_id,
        account_id,
        now,
    )
    if ended:
        await audit.record_account(tx, account_id, deed, at=now, detail={"channel": channel})


async def _leave_account(tx: Tx, channel: str, chat_id: str) -> UUID | None:
    """Whoever had the chat, and the number by which it was linked, know it no longer. Whose it was until now."""
    row = await tx.fetchrow(
        """
        SELECT l.account_id, l.phone_e164, l.unlinked_at
          FROM chat_links l
         WHERE l.channel = $1
           AND l.chat_id = $2
           FOR UPDATE
        """,
        channel,
        chat_id,
    )
    if row is None:
        return None
    await tx.execute(
        "DELETE FROM account_chats WHERE account_id = $1 AND channel = $2 AND chat_id = $3",
        row["account_id"],
        channel,
        chat_id,
    )
    if row["phone_e164"] is not None:
        await tx.execute(
            "DELETE FROM phone_chats WHERE phone_e164 = $1 AND channel = $2 AND chat_id = $3",
            row["phone_e164"],
            channel,
            chat_id,
        )
    account_id: UUID = row["account_id"]
    return account_id if row["unlinked_at"] is None else None


async def linked_chats(house: House, account_id: UUID) -> LinkedChats:
    rows = await _chats_of(house.database.reader, account_id)
    resting = await _resting(house.database.reader, rows)
    return LinkedChats(
        [
            LinkedChat(channel, name_of(house, channel, chat_id), at, (channel, chat_id) in resting)  # type: ignore[arg-type]
            for channel, chat_id, at in rows
        ]
    )


async def _chats_of(reader: Reader, account_id: UUID) -> list[tuple[str, str, datetime]]:
    rows = await reader.fetch(
        """
        SELECT c.channel, c.chat_id, c.linked_at
          FROM account_chats c
         WHERE c.account_id = $1
         ORDER BY c.linked_at DESC, c.channel, c.chat_id
         LIMIT $2
        """,
        account_id,
        CHATS_MAX,
    )
    return [(row["channel"], row["chat_id"], row["linked_at"]) for row in rows]


async def _resting(reader: Reader, chats: Sequence[tuple[str, str, datetime]]) -> set[tuple[str, str]]:
    """Those whose reader has blocked us or left. Chats and accounts are spread by different keys, so this is a statement of its own."""
    if not chats:
        return set()
    rows = await reader.fetch(
        """
        SELECT l.channel, l.chat_id
          FROM chat_links l
         WHERE l.chat_id = ANY ($1::text[])
           AND l.blocked_at IS NOT NULL
        """,
        [chat_id for _, chat_id, _ in chats],
    )
    return {(row["channel"], row["chat_id"]) for row in rows}


def name_of(house: House, channel: str, chat_id: str) -> str:
    """A chat's name in the API. The messenger's own id stays with us."""
    return house.cipher.blind_index(f"{channel}:{chat_id}", "chat-name").hex()[:20]


async def mark_blocked(house: House, channel: str, chat_id: str, *, blocked: bool, at: datetime | None = None) -> None:
    """The reader left (blocked the bot, unfollowed) or came back; notices follow at once. News older than the last changes nothing."""
    at = at or house.clock.now()
    row = await house.database.keep(
        """
        UPDATE chat_links l
           SET blocked_at = CASE WHEN $3 THEN coalesce(l.blocked_at, $4) END,
               standing_at = $4
         WHERE l.channel = $1
           AND l.chat_id = $2
           AND (l.standing_at IS NULL OR l.standing_at <= $4)
     RETURNING true
        """,
        channel,
        chat_id,
        blocked,
        at,
    )
    if row is not None and not blocked:
        async with house.database.directory() as tx:
            await revive(tx, channel, chat_hash(chat_id), at=at)
