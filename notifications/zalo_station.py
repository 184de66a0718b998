"""The station of the Zalo Official Account: free answers inside a reader's window of 48 hours; outside it the notice goes another way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from backend.core.house import House
from notifications import zalo_followers
from notifications.addresses import chats_of, still_linked
from notifications.channels.zalo import ZaloSender
from notifications.chats import UNLINKED, text_of
from notifications.dead_addresses import chat_hash
from notifications.leases import Batch
from notifications.outcomes import Outcome, Refused, Sent
from notifications.posting import Posting, made, post_living
from notifications.rounds import Item, Try

_NOBODY = zalo_followers.Follower(None, 0, False)


class ZaloStation:
    channel = zalo_followers.CHANNEL

    def __init__(self, sender: ZaloSender) -> None:
        self.sender = sender

    async def reaches(self, house: House, accounts: Sequence[UUID]) -> Collection[UUID]:
        """Only whose window is open: for others this step would find nobody."""
        chats = await chats_of(house.database.reader, accounts, self.channel)
        known = await self._followers(house, chats)
        now = house.clock.now()
        return [a for a, users in chats.items() if any(known.get(u, _NOBODY).closed(now) is None for u in users)]

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        accounts = list({item.row.account_id for item in items if item.row.account_id is not None})
        chats = await chats_of(house.database.reader, accounts, self.channel)
        known = await self._followers(house, chats)
        now = house.clock.now()
        round_ = _Round(self.sender, {user: follower.replies_left for user, follower in known.items()})
        postings: list[Posting] = []
        for item in items:
            if item.row.account_id is None:
                continue
            text = made(item.row, partial(text_of, house, batch, item.row))
            for user_id in chats.get(item.row.account_id, ()):
                if chat_hash(user_id) in item.row.done_with:
                    continue
                one = Try(chat_hash(user_id), item.row.account_id)
                item.tries.append(one)
                if isinstance(text, Refused):
                    one.outcome = text
                elif closed := known.get(user_id, _NOBODY).closed(now):
                    one.outcome = Refused("unreachable", closed)
                else:
                    postings.append(Posting(one, partial(round_.post, house, item.row.account_id, user_id, text)))
        try:
            await post_living(house, self.channel, postings, self.sender.limit)
        finally:
            await zalo_followers.answered(house.database, round_.left, began_at=now)

    async def _followers(
        self, house: House, chats: Mapping[UUID, Sequence[str]]
    ) -> Mapping[str, zalo_followers.Follower]:
        return await zalo_followers.followers(
            house.database.reader, [user for users in chats.values() for user in users]
        )


class _Round:
    """Counts within a batch, too: nine notices for one reader are eight free answers and one that goes another way."""

    def __init__(self, sender: ZaloSender, free: dict[str, int]) -> None:
        self._sender = sender
        self._free = free
        self.left: dict[str, int] = {}

    async def post(self, house: House, account_id: UUID, user_id: str, text: str) -> Outcome:
        if not await still_linked(house.database.reader, zalo_followers.CHANNEL, user_id, account_id):
            return UNLINKED
        if self._free[user_id] <= 0:
            return Refused("unreachable", "replies_used")
        self._free[user_id] -= 1
        read = await self._sender.post(user_id, text)
        if read.replies_left is not None:
            self._free[user_id] = read.replies_left
        if isinstance(read.outcome, Sent) or read.replies_left is not None:
            self.left[user_id] = self._free[user_id]
        return read.outcome
