"""After a batch was sent: which channel must rest, what becomes of each delivery, which addresses are dead, who goes to the next channel."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
import structlog

from backend.core.house import House
from backend.core.metrics import DELIVERIES
from notifications import pauses, resting
from notifications.addresses import Dead, retire
from notifications.bounces import bounce_of
from notifications.cascade import PAID, Reached, next_step
from notifications.channels.fcm_answers import PLATFORM_DOWN
from notifications.leases import Batch
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.retries import Verdict, decide
from notifications.rounds import Item, Try
from notifications.settling import Attempt, Result, give_back
from notifications.turns import ENDS, PUTS_OFF, Turn

log = structlog.get_logger()


@dataclass(slots=True, frozen=True)
class Aftermath:
    """`early` are verdicts given without sending; `whole` is false when the sending was interrupted."""

    house: House
    batch: Batch
    items: Sequence[Item]
    turns: Sequence[Turn]
    early: Mapping[tuple[UUID, UUID, str], Verdict]
    states: pauses.States
    rests: Mapping[str, datetime]
    began_at: datetime
    whole: bool

    async def settle(self) -> None:
        now = self.house.clock.now()
        until = {**self.rests, **await self._rest(now)}
        results = [Result(row, self.early[row.key], []) for row in self.batch.rows if row.key in self.early]
        for item in self.items:
            results.append(Result(item.row, self._judge(item, until, now), _attempts(item, now)))
        results = self._climb(results, now)
        done = await give_back(self.house.database, self.batch, results, now=now)
        if done < len(results):
            log.warning("leases_lost", school_id=self.batch.school_id, lost=len(results) - done)
        await self._retire_dead(now)
        self._count(results)

    def _judge(self, item: Item, until: Mapping[str, datetime], now: datetime) -> Verdict:
        row = item.row
        if item.ruled is not None:
            held_until = until.get(row.channel) if item.ruled.state == "due" else None
            return msgspec.structs.replace(item.ruled, due_at=held_until) if held_until else item.ruled
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
        for channel in {item.row.channel for item in self.items} - stops.keys():
            before = self.states.pauses.get(channel)
            outcomes = [one.outcome for item in self.items if item.row.channel == channel for one in item.tries]
            if away := resting.outage(channel, outcomes, trial=before is not None and bool(before.in_a_row)):
                stops[channel] = away
        rests = {}
        for channel, (code, after) in stops.items():
            before, chance = self.states.pauses.get(channel), random.random()
            rests[channel] = await pauses.pause(
                self.house.database, channel, code, after, before=before, now=now, chance=chance
            )
        for channel in sorted(working - stops.keys()):
            before = self.states.pauses.get(channel)
            if before is not None and before.in_a_row and not before.holds(now):
                await pauses.resume(self.house.database, channel, now=now)
        return rests

    def _climb(self, results: Sequence[Result], now: datetime) -> list[Result]:
        """Whoever is not reached, or has not read, gets a next step where one leads to them."""
        turns = {turn.row.key: turn for turn in self.turns}
        took = {(r.row.notice.notice_id, r.row.guardian_id) for r in results if r.verdict.state == "sent"}
        return [
            msgspec.structs.replace(
                r, next_step=_next(r, turns[r.row.key], r.row.key[:2] in took, now), calms=_calms(r)
            )
            for r in results
        ]

    async def _retire_dead(self, now: datetime) -> None:
        dead = [
            Dead(one.account_id, one.address_hash, one.outcome.code, self.began_at)
            for item in self.items
            for one in item.tries
            if item.row.channel in ("push", "webpush")
            and one.account_id is not None
            and isinstance(one.outcome, Refused)
            and one.outcome.why == "address_dead"
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


def _next(result: Result, turn: Turn, took_now: bool, now: datetime) -> tuple[str, datetime] | None:
    row, verdict = result.row, result.verdict
    if verdict.reason == "prefers":
        own = turn.prefers()
        return (own, now) if own else None
    if verdict.reason in ENDS or verdict.reason in PUTS_OFF or verdict.state == "held":
        return None
    reached: Reached = (
        "uncertain" if verdict.reason == "uncertain"
        else "paid" if verdict.state == "sent" and row.channel in PAID
        else "free" if verdict.state == "sent" or row.reached_before or took_now or _took(result)
        else "tried" if verdict.state == "due"
        else "no"
    )  # fmt: skip
    # What bounced has been unread since it left, not since we know.
    began = row.due_at if bounce_of(row.reason) is not None else None
    step = next_step(
        row.notice.urgency,
        row.channel,
        reached=reached,
        leads=turn.leads,
        now=began or now,
        since=row.due_at,
        preferred=turn.wishes.preferred,
    )
    return (step[0], max(step[1], now)) if step else None


def _took(result: Result) -> bool:
    """One address of the family has it, though others are still tried."""
    if bounce_of(result.row.reason) is not None:
        return False
    return result.row.sent_before or any(attempt.outcome == "sent" for attempt in result.attempts)


def _calms(result: Result) -> bool:
    """An urgent step got through after it was given up on for a while: the one after it has its own time again."""
    row = result.row
    return row.notice.urgency == "urgent" and not row.sent_before and not row.reached_before and _took(result)


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
