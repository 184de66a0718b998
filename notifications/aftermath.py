"""After a batch was sent: which channel must rest, what becomes of each delivery, which addresses are dead, who goes to the next channel."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
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
from notifications.leases import Batch, Claimed
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.retries import SENT, Verdict, decide
from notifications.rounds import Item, Try
from notifications.settling import Attempt, Result, give_back_for_sure
from notifications.turns import ENDS, PUTS_OFF, Turn

log = structlog.get_logger()


class Case(msgspec.Struct):
    """One delivery of a batch: what was decided `early`, without sending, or the item that stations filled."""

    turn: Turn
    item: Item
    early: Verdict | None


@dataclass(slots=True, frozen=True)
class Aftermath:
    """`whole` is false when the sending was interrupted."""

    house: House
    batch: Batch
    cases: Sequence[Case]
    states: pauses.States
    rests: Mapping[str, datetime]
    began_at: datetime
    whole: bool

    async def settle(self) -> None:
        now = self.house.clock.now()
        items = [case.item for case in self.cases if case.early is None]
        until = {**self.rests, **await self._rest(items, now)}
        judged = [(case, case.early or self._judge(case.item, until, now)) for case in self.cases]
        here, took = _side_by_side(judged)
        results = [_result(case, verdict, here, took, now) for case, verdict in judged]
        done = await give_back_for_sure(self.house.database, self.batch, results, now=now)
        if done < len(results):
            log.warning("leases_lost", school_id=self.batch.school_id, lost=len(results) - done)
        await self._retire_dead(items, now)
        _count(results)

    def _judge(self, item: Item, until: Mapping[str, datetime], now: datetime) -> Verdict:
        row = item.row
        if item.ruled is None and len(item.tries) == 1 and isinstance(item.tries[0].outcome, Sent):
            return SENT  # nearly always
        if item.ruled is not None:
            held_until = until.get(row.channel) if item.ruled.state == "due" else None
            return msgspec.structs.replace(item.ruled, due_at=held_until) if held_until else item.ruled
        if not self.whole and not any(one.outcome for one in item.tries):
            return Verdict("due", "interrupted", now)
        held = until and [
            until[key] for one in item.tries for key in (row.channel, f"{row.channel}:{one.platform}") if key in until
        ]
        return decide(
            [one.outcome for one in item.tries],
            sent_before=row.sent_before,
            failures=row.failures,
            now=now,
            paused_until=max(held, default=None) if held else None,
            chance=random.random(),
        )

    async def _rest(self, items: Sequence[Item], now: datetime) -> dict[str, datetime]:
        """Stop what the answers say must stop, let go what works again. The new rests."""
        answers: dict[str, list[Try]] = {}
        for item in items:
            answers.setdefault(item.row.channel, []).extend(item.tries)
        stops: dict[str, tuple[str, float | None]] = {}
        working: set[str] = set()
        for channel, tries in answers.items():
            platforms = {one.platform for one in tries if isinstance(one.outcome, Sent)}
            working |= {f"{channel}:{platform}" for platform in platforms} | ({channel} if platforms else set())
            for one in tries:
                if not isinstance(one.outcome, Sent) and (stop := _stop(channel, one)):
                    stops[stop[0]] = stop[1:]
        for channel, tries in answers.items():
            if channel in stops or channel in working:
                continue
            before = self.states.pauses.get(channel)
            outcomes = [one.outcome for one in tries]
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

    async def _retire_dead(self, items: Sequence[Item], now: datetime) -> None:
        dead = [
            Dead(one.account_id, one.address_hash, one.outcome.code, self.began_at)
            for item in items
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
        if mismatched > len(items) // 10 + 1:
            log.error("many_sender_mismatches", count=mismatched, hint="credentials of another Firebase project?")


_Key = tuple[UUID, UUID, str]


def _side_by_side(judged: Sequence[tuple[Case, Verdict]]) -> tuple[Collection[_Key], Collection[tuple[UUID, UUID]]]:
    """Where a batch holds several channels: what has its turn in it, and the families that a notice reached in it."""
    if len({case.turn.row.channel for case, _ in judged}) < 2:
        return (), ()
    here = {case.turn.row.key for case, _ in judged}
    return here, {case.turn.row.key[:2] for case, verdict in judged if verdict.state == "sent"}


def _result(
    case: Case, verdict: Verdict, here: Collection[_Key], took: Collection[tuple[UUID, UUID]], now: datetime
) -> Result:
    """With the next step, where one leads to whoever is not reached, or has not read; not if it has its turn in this very batch."""
    row = case.turn.row
    attempts = [_attempt(one.address_hash, one.outcome) for one in case.item.tries if one.outcome is not None]
    took_now = bool(took) and row.key[:2] in took
    step = _next(case.turn, verdict, attempts, took_now, now)
    if step and here and (*row.key[:2], step[0]) in here:
        step = None
    return Result(row, verdict, attempts, step, _calms(row, attempts))


def _count(results: Sequence[Result]) -> None:
    for (channel, state), number in Counter((r.row.channel, r.verdict.state) for r in results).items():
        DELIVERIES.labels(channel, state).inc(number)


def _next(
    turn: Turn, verdict: Verdict, attempts: Sequence[Attempt], took_now: bool, now: datetime
) -> tuple[str, datetime] | None:
    row = turn.row
    if verdict.reason == "prefers":
        own = turn.prefers()
        return (own, now) if own else None
    if verdict.reason in ENDS or verdict.reason in PUTS_OFF or verdict.state == "held":
        return None
    reached: Reached = (
        "uncertain" if verdict.reason == "uncertain"
        else "paid" if verdict.state == "sent" and row.channel in PAID
        else "free" if verdict.state == "sent" or row.reached_before or took_now or _took(row, attempts)
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
        since=row.due_at if reached == "tried" else None,
        preferred=turn.wishes.preferred,
    )
    return (step[0], max(step[1], now)) if step else None


def _took(row: Claimed, attempts: Sequence[Attempt]) -> bool:
    """One address of the family has it, though others are still tried."""
    if bounce_of(row.reason) is not None:
        return False
    return row.sent_before or any(attempt.outcome == "sent" for attempt in attempts)


def _calms(row: Claimed, attempts: Sequence[Attempt]) -> bool:
    """An urgent step got through after it was given up on for a while: the one after it has its own time again."""
    return row.notice.urgency == "urgent" and not row.sent_before and not row.reached_before and _took(row, attempts)


def _stop(channel: str, one: Try) -> tuple[str, str, float | None] | None:
    """(what must rest, why, for how many seconds the provider asks)."""
    match one.outcome:
        case Refused(why="channel_down", code=code):
            return (f"{channel}:{one.platform}" if code in PLATFORM_DOWN else channel), code, None
        case TryLater(pauses_channel=True, code=code, after_seconds=after):
            return channel, code, after
        case _:
            return None


def _attempt(address_hash: bytes, outcome: Outcome) -> Attempt:
    if isinstance(outcome, Sent):
        return Attempt(address_hash, "sent", None, outcome.provider_id or None)
    match outcome:
        case TryLater(code=code, uncertain=uncertain):
            return Attempt(address_hash, "unknown" if uncertain else "try_later", code, None)
        case Refused(why="channel_down", code=code):
            # Not the address was refused but we; it stays open for the next round.
            return Attempt(address_hash, "try_later", code, None)
        case Refused(code=code):
            return Attempt(address_hash, "refused", code, None)
