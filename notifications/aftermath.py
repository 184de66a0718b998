"""After a batch was sent: which channel must rest, what becomes of each delivery, which addresses are dead, who goes to the next channel."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from backend.core.house import House
from backend.core.metrics import DELIVERIES
from notifications import pauses
from notifications.addresses import Dead, chats_of, retire
from notifications.channels.fcm_answers import PLATFORM_DOWN
from notifications.leases import Attempt, Batch, Result, give_back
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.retries import Verdict, decide
from notifications.rounds import Item, Try
from notifications.stations import Stations

log = structlog.get_logger()

# Reasons for which no other channel would be right either.
_ENDS = frozenset({"recalled", "not_entitled", "already_read", "too_late", "no_account"})


@dataclass(slots=True, frozen=True)
class Aftermath:
    """`early` are verdicts given without sending; `whole` is false when the sending was interrupted."""

    house: House
    stations: Stations
    batch: Batch
    items: Sequence[Item]
    early: Mapping[tuple[UUID, UUID, str], Verdict]
    known: Mapping[str, pauses.Pause]
    resting: Mapping[str, datetime]
    began_at: datetime
    whole: bool

    async def settle(self) -> None:
        now = self.house.clock.now()
        until = {**self.resting, **await self._rest(now)}
        results = [Result(row, self.early[row.key], []) for row in self.batch.rows if row.key in self.early]
        for item in self.items:
            results.append(Result(item.row, self._judge(item, until, now), _attempts(item, now)))
        results = await self._climb(results)
        done = await give_back(self.house.database, self.batch, results, now=now)
        if done < len(results):
            log.warning("leases_lost", school_id=self.batch.school_id, lost=len(results) - done)
        await self._retire_dead(now)
        self._count(results)

    def _judge(self, item: Item, until: Mapping[str, datetime], now: datetime) -> Verdict:
        row = item.row
        if not self.whole and not any(one.outcome for one in item.tries):
            return Verdict("due", "interrupted", now)
        held = [
            until[key] for one in item.tries for key in (row.channel, f"{row.channel}:{one.platform}") if key in until
        ]
        return decide(
            [one.outcome for one in item.tries],
            sent_before=row.sent_before,
            failures=row.failures,
            now=now,
            paused_until=max(held, default=None),
            chance=random.random(),
        )

    async def _rest(self, now: datetime) -> dict[str, datetime]:
        """Stop what the answers say must stop, let go what works again. The new rests."""
        stops: dict[str, tuple[str, float | None]] = {}
        working: set[str] = set()
        for channel, one in ((item.row.channel, one) for item in self.items for one in item.tries):
            if stop := _stop(channel, one):
                stops[stop[0]] = stop[1:]
            elif isinstance(one.outcome, Sent):
                working |= {channel, f"{channel}:{one.platform}"}
        rests = {}
        for channel, (code, after) in stops.items():
            before, chance = self.known.get(channel), random.random()
            rests[channel] = await pauses.pause(
                self.house.database, channel, code, after, before=before, now=now, chance=chance
            )
        for channel in sorted(working - stops.keys()):
            before = self.known.get(channel)
            if before is not None and before.in_a_row and not before.holds(now):
                await pauses.resume(self.house.database, channel, now=now)
        return rests

    async def _climb(self, results: list[Result]) -> list[Result]:
        """A family that a push cannot reach is handed to its linked chat, where it has one."""
        if self.stations.telegram is None:
            return results
        missed = {r.row.key: r.row.account_id for r in results if _missed(r) and r.row.account_id is not None}
        if not missed:
            return results
        chats = await chats_of(self.house.database.reader, list(set(missed.values())), "telegram")
        return [
            Result(r.row, r.verdict, r.attempts, "telegram") if missed.get(r.row.key) in chats else r for r in results
        ]

    async def _retire_dead(self, now: datetime) -> None:
        dead = [
            Dead(one.account_id, one.address_hash, one.outcome.code, self.began_at)
            for item in self.items
            for one in item.tries
            if item.row.channel == "push" and isinstance(one.outcome, Refused) and one.outcome.why == "address_dead"
        ]
        if not dead:
            return
        async with self.house.database.directory() as tx:
            await retire(tx, dead, at=now)
        mismatched = sum(one.why == "SENDER_ID_MISMATCH" for one in dead)
        if mismatched > len(self.items) // 10 + 1:
            log.error("many_sender_mismatches", count=mismatched, hint="credentials of another Firebase project?")

    def _count(self, results: Sequence[Result]) -> None:
        for (channel, state), number in Counter((r.row.channel, r.verdict.state) for r in results).items():
            DELIVERIES.labels(channel, state).inc(number)


def _missed(result: Result) -> bool:
    verdict = result.verdict
    return (
        result.row.channel == "push" and verdict.state in ("refused", "dead", "skipped") and verdict.reason not in _ENDS
    )


def _stop(channel: str, one: Try) -> tuple[str, str, float | None] | None:
    """(what must rest, why, for how many seconds the provider asks)."""
    match one.outcome:
        case Refused(why="channel_down", code=code):
            return (f"{channel}:{one.platform}" if code in PLATFORM_DOWN else channel), code, None
        case TryLater(pauses_channel=True, code=code, after_seconds=after):
            return channel, code, after
        case _:
            return None


def _attempts(item: Item, now: datetime) -> list[Attempt]:
    return [_attempt(one.address_hash, one.outcome, now) for one in item.tries if one.outcome is not None]


def _attempt(address_hash: bytes, outcome: Outcome, now: datetime) -> Attempt:
    match outcome:
        case Sent(provider_id):
            return Attempt(address_hash, "sent", None, provider_id or None, now)
        case TryLater(code=code, uncertain=uncertain):
            return Attempt(address_hash, "unknown" if uncertain else "try_later", code, None, now)
        case Refused(why="channel_down", code=code):
            # Not the address was refused but we; it stays open for the next round.
            return Attempt(address_hash, "try_later", code, None, now)
        case Refused(code=code):
            return Attempt(address_hash, "refused", code, None, now)
