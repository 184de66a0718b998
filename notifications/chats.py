"""The chat station: a notice that no push could bring goes to the family's linked Telegram chat, as guarded as on a lock screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from backend.core.catalogue import say
from backend.core.crypto import token_hash
from backend.core.house import House
from notifications.addresses import chats_of
from notifications.channels.telegram import TelegramSender
from notifications.leases import Batch, Claimed
from notifications.outcomes import Outcome, Refused, TryLater
from notifications.rounds import Item, Try
from notifications.texts import notice_path, on_lock_screen


class ChatStation:
    channel = "telegram"

    def __init__(self, sender: TelegramSender) -> None:
        self.sender = sender

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        accounts = list({item.row.account_id for item in items if item.row.account_id is not None})
        chats = await chats_of(house.database.reader, accounts, self.channel)
        letters: list[tuple[Try, str, str]] = []
        for item in items:
            for chat_id in chats.get(item.row.account_id, ()) if item.row.account_id else ():
                hashed = token_hash(chat_id)
                if hashed not in item.row.done_with and item.row.account_id is not None:
                    one = Try(hashed, item.row.account_id)
                    item.tries.append(one)
                    letters.append((one, chat_id, text_of(house, batch, item.row)))
        for one, chat_id, text in letters:
            one.outcome = await self.sender.send(chat_id, text)
            if _stops(one.outcome):
                break


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


def _stops(outcome: Outcome) -> bool:
    if isinstance(outcome, TryLater):
        return outcome.pauses_channel
    return isinstance(outcome, Refused) and outcome.why == "channel_down"
