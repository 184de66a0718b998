"""Sends what is due of the digests: gathers each person's news, folds what is the same, sends one message, and ends what it told of."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from backend.core.catalogue import say
from backend.core.clock import school_day
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.metrics import DELIVERIES
from notifications import digests, pauses
from notifications.cascade import CHANNELS, PAID, next_step
from notifications.digest_news import News, end, news_of
from notifications.digests import Digest, Done, Piece
from notifications.leads import leads_of, open_channels
from notifications.leases import Batch, Claimed, Told
from notifications.outcomes import Refused, Sent
from notifications.preferences import NONE, Wishes, wishes_of
from notifications.retries import decide
from notifications.rounds import Item
from notifications.stations import Stations

_FREE = tuple(channel for channel in CHANNELS if channel not in PAID and channel != "call")
_HELD_UP = timedelta(minutes=1)
# A digest belongs to no school; what is written under this number leads to the family's home.
_NO_SCHOOL = 0


async def send_due(house: House, stations: Stations, *, batches_max: int = 100) -> int:
    """How many people were written to or found with nothing left to read."""
    handled = 0
    for _ in range(batches_max):
        lease, now = new_id(), house.clock.now()
        mine, pieces = await digests.claim(house.database, lease, now=now)
        if mine:
            await _Round(house, stations, lease, mine, pieces, now).send()
        handled += len(mine)
        if len(mine) < digests.BATCH:
            break
    return handled


class _Round:
    def __init__(
        self, house: House, stations: Stations, lease: UUID, mine: Sequence[Digest], pieces: Sequence[Piece], now: datetime
    ) -> None:  # fmt: skip
        self._house, self._stations, self._lease, self._now = house, stations, lease, now
        self._mine = mine
        self._pieces: dict[UUID, list[Piece]] = {}
        for piece in pieces:
            self._pieces.setdefault(piece.account_id, []).append(piece)
        self._done: list[Done] = []

    async def send(self) -> None:
        """Also when this worker is told to stop in the middle, what is known is written before it stops."""
        reader = self._house.database.reader
        all_pieces = [piece for digest in self._mine for piece in self._of(digest)]
        news: dict[UUID, list[News]] = {}
        for one in await news_of(reader, all_pieces, on=school_day(self._now)):
            news.setdefault(one.piece.account_id, []).append(one)
        wishes = await wishes_of(reader, [digest.account_id for digest in self._mine])
        states = await pauses.states(reader)
        open_now = open_channels(self._stations, states.off)
        batches = self._batches(news, wishes)
        rows = [row for batch in batches for row in batch.rows]
        found = await leads_of(self._house, self._stations, open_now, rows)
        leads = {row.notice.notice_id: ways for row, ways in zip(rows, found, strict=True)}
        # By digest, not by person: whoever changed the hour may have two that are due.
        items = {row.notice.notice_id: Item(row) for row in rows}
        resting = states.resting(self._now)
        whole = False
        try:
            for batch in batches:
                await self._post(batch, items, resting, open_now)
            whole = True
        finally:
            for digest in self._mine:
                item = items.get(digest.digest_id)
                if item is None:
                    self._done.append(Done(digest, "skipped", digest.channel, reason="nothing_left"))
                elif not item.tries and (not whole or item.row.channel in resting):
                    again_at = resting.get(item.row.channel, self._now)
                    self._done.append(Done(digest, "due", item.row.channel, again_at, "channel_paused"))
                else:
                    self._judge(digest, item, leads[item.row.notice.notice_id], wishes.get(digest.account_id, NONE))
            await asyncio.shield(asyncio.create_task(self._write()))

    def _of(self, digest: Digest) -> list[Piece]:
        return [piece for piece in self._pieces.get(digest.account_id, ()) if piece.due_at == digest.due_at]

    def _batches(self, news: dict[UUID, list[News]], wishes: dict[UUID, Wishes]) -> list[Batch]:
        """By the name that stands above the message: of the school, or of us where there are several."""
        named: dict[str, list[Claimed]] = {}
        for digest in self._mine:
            mine = [one for one in news.get(digest.account_id, ()) if one.piece.due_at == digest.due_at]
            if not mine or self._now - digest.due_at > digests.USEFUL_FOR:
                continue
            language = wishes.get(digest.account_id, NONE).language or mine[0].language
            several = len({one.piece.school_id for one in mine}) > 1
            name = say("notifications.digest_several", language) if several else mine[0].school_name
            named.setdefault(name, []).append(_row(digest, mine, language, wishes.get(digest.account_id, NONE)))
        return [Batch(_NO_SCHOOL, name, self._lease, rows) for name, rows in named.items()]

    async def _post(
        self, batch: Batch, items: dict[UUID, Item], resting: dict[str, datetime], open_now: frozenset[str]
    ) -> None:
        for channel in _FREE:
            mine = [items[row.notice.notice_id] for row in batch.rows if row.channel == channel]
            station = self._stations.of(channel)
            if mine and station is not None and channel in open_now and channel not in resting:
                await station.deliver(self._house, batch, mine, resting)

    def _judge(self, digest: Digest, item: Item, leads: frozenset[str], wishes: Wishes) -> None:
        row = item.row
        verdict = decide(
            [one.outcome for one in item.tries],
            sent_before=False,
            failures=digest.failures,
            now=self._now,
            paused_until=self._now + _HELD_UP,
            chance=random.random(),
        )
        spent = frozenset(one.address_hash for one in item.tries if isinstance(one.outcome, Sent | Refused))
        state, channel, again_at = verdict.state, row.channel, verdict.due_at
        if state not in ("sent", "due"):
            step = next_step("ordinary", row.channel, reached="no", leads=leads, now=self._now, preferred=wishes.preferred)  # fmt: skip
            if step is not None:
                state, (channel, again_at) = "due", step
        self._done.append(Done(digest, state, channel, again_at, verdict.reason, verdict.failed, spent))
        DELIVERIES.labels("digest", state).inc()

    async def _write(self) -> None:
        """First the schools, then the digest: a worker that dies between them sends again under the same msg_id."""
        ended = {piece: _end_of(one) for one in self._done if one.over for piece in self._of(one.digest)}
        now = self._house.clock.now()
        if ended:
            await end(self._house.database, ended, at=now)
        async with self._house.database.directory() as tx:
            await digests.settle(tx, self._lease, self._done, at=now)


def _row(digest: Digest, news: Sequence[News], language: str, wishes: Wishes) -> Claimed:
    folded = {one.same: one for one in news}
    counts = Counter(one.kind for one in folded.values())
    children = dict(child for one in news for child in one.children)
    told = Told(digest.digest_id, "digest", None, {"counts": dict(sorted(counts.items()))}, False, digest.due_at, False)
    first = wishes.preferred if digest.attempts == 1 and wishes.preferred else digest.channel
    return Claimed(
        told, digest.account_id, first, digest.account_id, language, digest.attempts, digest.failures,
        False, True, tuple(children.values()), False, digest.done_with,
    )  # fmt: skip


def _end_of(done: Done) -> tuple[str, str]:
    if done.state == "sent":
        return "sent", "digest"
    return "skipped", done.reason or "digest"
