"""The chat stations: a notice goes to the chats that a family linked, as guarded as on a lock screen. They know no wire."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final, Protocol
from uuid import UUID

from backend.core.catalogue import say
from backend.core.crypto import token_hash
from backend.core.house import House
from notifications.addresses import chats_of, still_linked
from notifications.allowances import Allowance
from notifications.leases import Batch, Claimed
from notifications.outcomes import Outcome, Refused
from notifications.posting import Posting, made, post_living
from notifications.rounds import Item, Try
from notifications.texts import notice_path, on_lock_screen

UNLINKED: Final = Refused("unreachable", "unlinked")


class ChatSender(Protocol):
    limit: Allowance | None

    async def post(self, chat_id: str, text: str) -> Outcome:
        """In a turn already taken."""
        ...


class ChatStation:
    """Telegram and the Zalo bot: free, and whoever linked a chat may be written to at any time."""

    def __init__(self, sender: ChatSender, channel: str = "telegram") -> None:
        self.sender = sender
        self.channel = channel

    async def reaches(self, house: House, accounts: Sequence[UUID]) -> Collection[UUID]:
        return list(await chats_of(house.database.reader, accounts, self.channel))

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        accounts = list({item.row.account_id for item in items if item.row.account_id is not None})
        chats = await chats_of(house.database.reader, accounts, self.channel)
        postings: list[Posting] = []
        for item in items:
            if item.row.account_id is None:
                continue
            text = made(item.row, partial(text_of, house, batch, item.row))
            for chat_id in chats.get(item.row.account_id, ()):
                hashed = token_hash(chat_id)
                if hashed not in item.row.done_with:
                    one = Try(hashed, item.row.account_id)
                    item.tries.append(one)
                    if isinstance(text, Refused):
                        one.outcome = text
                    else:
                        send = partial(self._post, house, item.row.account_id, chat_id, text)
                        postings.append(Posting(one, send))
        await post_living(house, self.channel, postings, self.sender.limit)

    async def _post(self, house: House, account_id: UUID, chat_id: str, text: str) -> Outcome:
        if not await still_linked(house.database.reader, self.channel, chat_id, account_id):
            return UNLINKED
        return await self.sender.post(chat_id, text)


def text_of(house: House, batch: Batch, row: Claimed) -> str:
    notice = row.notice
    words = on_lock_screen(
        notice.kind,
        row.language,
        school_name=batch.school_name,
        title=notice.title,
        params=notice.params,
        children=row.children,
        urgent=notice.urgent,
    )
    link = house.settings.public_url + notice_path(batch.school_id, notice.notice_id)
    return f"{words.title}\n{words.body}\n{say('notifications.chat_read', row.language, link=link)}"
