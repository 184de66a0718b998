"""The roof of the background: one list of arq jobs and cron lines. Each job is a few lines that call a room; no rule stands here."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from uuid import UUID

import structlog
import uvloop
from arq import Retry, Worker, cron, func
from redis.exceptions import RedisError

from backend.announcements import drafts, leaving
from backend.core import logs
from backend.core.clock import Clock, SystemClock
from backend.core.crypto import Cipher
from backend.core.database import Database
from backend.core.house import House
from backend.core.problems import Problem
from backend.core.queue import Queue, redis_settings, worker_options
from backend.core.settings import Settings
from backend.family import claims
from backend.feed import retention
from backend.files.actions import FORGET_AFTER, forget_hanging_nowhere
from backend.files.area import forget_area
from backend.forms import area_counting, chasing
from backend.identity import codes, forgetting, sending
from backend.messages import alerts, alerts_sending, late_reads
from bots import forgetting as conversations
from bots import pictures, updates, waking, weblines, word_sending
from bots.editor import unanswered
from bots.wires import Wires
from bots.words import SEND_JOB
from notifications import digest_round, emails, past, returned_mailbox, sent_texts
from notifications.bells import BELL, BELL_BEHIND
from notifications.delivery import drain, due_schools, sweep
from notifications.stations import Stations
from payments import hooks, pulls, reconcile, reminders, understanding
from payments.banks.asking import Asker
from payments.documents import outbox as documents
from payments.documents import promises
from payments.documents.meinvoice import MeInvoice

log = structlog.get_logger()

# A job that failed is tried again after 2 and 10 seconds and then given up: the sweep of its room finds what was left undone.
_RETRY_AFTER_SECONDS = (2, 10)
_REDIS_AWAY_SECONDS = 5.0


@dataclass(slots=True)
class Work:
    """What a job leans on: the house, and the stations through which it speaks to the world outside."""

    house: House
    stations: Stations
    wires: Wires
    documents: MeInvoice | None = None
    asker: Asker = dataclasses.field(default_factory=Asker)


Job = Callable[..., Awaitable[None]]


def job(call: Job) -> Any:
    """A Problem is expected trouble and final; anything else is weather and tried again. arq alone would do neither."""

    @functools.wraps(call)
    async def run(ctx: dict[str, Any], *arguments: Any) -> None:
        try:
            await call(ctx["work"], *arguments)
        except Problem as problem:
            log.warning("job_refused", job=call.__name__, problem=problem.kind.name)
        except Exception as error:
            tries = ctx.get("job_try", 1)
            log.error("job_failed", job=call.__name__, kind=type(error).__name__, tries=tries, exc_info=True)
            if tries <= len(_RETRY_AFTER_SECONDS):
                raise Retry(defer=_RETRY_AFTER_SECONDS[tries - 1]) from error

    return run


@job
async def deliver(work: Work, school_id: int) -> None:
    await drain(work.house, work.stations, school_id)


@job
async def sweep_deliveries(work: Work) -> None:
    await sweep(work.house)


@job
async def send_digests(work: Work) -> None:
    await digest_round.send_due(work.house, work.stations)


@job
async def settle_bank_event(work: Work, school_id: int, provider: str, hook_key: str, event_key: str) -> None:
    await understanding.settle_event(work.house, school_id, provider, hook_key, event_key)


@job
async def sweep_bank_events(work: Work) -> None:
    await understanding.settle_waiting(work.house)


@job
async def send_documents(work: Work, school_id: int) -> None:
    if work.documents is not None:
        await documents.drain(work.house, work.documents, school_id)


@job
async def sweep_documents(work: Work) -> None:
    if work.documents is not None:
        await documents.sweep(work.house, work.documents)


@job
async def pull_gateways(work: Work) -> None:
    await pulls.pull_due(work.house, work.asker)


@job
async def pull_gateways_whole(work: Work) -> None:
    await pulls.pull_due(work.house, work.asker, everything=True)


@job
async def check_books(work: Work) -> None:
    await reconcile.check_every_school(work.house)


@job
async def remind_families(work: Work) -> None:
    await reminders.run_everywhere(work.house)


@job
async def send_code(work: Work, code_id: str) -> None:
    await sending.send_code(work.house, work.stations, UUID(code_id))


@job
async def sweep_codes(work: Work) -> None:
    await sending.send_waiting(work.house, work.stations)


@job
async def confirm_email(work: Work, account_id: str) -> None:
    await emails.send_confirmation(work.house, work.stations.email_sender, UUID(account_id))


@job
async def sweep_emails(work: Work) -> None:
    await emails.send_waiting(work.house, work.stations.email_sender)


@job
async def read_returned_letters(work: Work) -> None:
    await returned_mailbox.poll(work.house)


@job
async def renew_channel_tokens(work: Work) -> None:
    await work.stations.renew_tokens()


@job
async def forget_old_sign_ins(work: Work) -> None:
    await forgetting.forget_old(work.house)
    await sent_texts.forget_old(work.house)


@job
async def alert_staff(work: Work, school_id: int) -> None:
    await alerts_sending.drain_alerts(work.house, work.stations, school_id)


@job
async def wake_for_inbox(work: Work, school_id: int) -> None:
    await waking.drain(work.house, work.stations, school_id)


@job
async def sweep_staff_alerts(work: Work) -> None:
    await alerts_sending.sweep_alerts(work.house)
    await waking.ring_everywhere(work.house)
    await waking.sweep(work.house)
    await late_reads.tell_everywhere(work.house)


@job
async def answer_chat(work: Work, channel: str, chat_id: str) -> None:
    await work.wires.answer(channel, chat_id)


@job
async def send_chat_words(work: Work, school_id: int, handoff_id: str) -> None:
    await word_sending.drain(work.house, school_id, UUID(handoff_id))


@job
async def sweep_chat_words(work: Work) -> None:
    await word_sending.sweep(work.house)


@job
async def sweep_chats(work: Work) -> None:
    await work.wires.sweep()


@job
async def release_moved_numbers(work: Work) -> None:
    await work.wires.release_moved_numbers()


@job
async def fold_past_deliveries(work: Work) -> None:
    await past.fold_everywhere(work.house)


@job
async def forget_old_chats(work: Work) -> None:
    await updates.forget_old(work.house)
    await unanswered.forget_old(work.house)
    await weblines.forget_old(work.house)
    await pictures.forget_old(work.house)
    await conversations.forget_old(work.house)


@job
async def publish_letters(work: Work, school_id: int) -> None:
    await leaving.publish_due(work.house, school_id)


@job
async def sweep_letters(work: Work) -> None:
    await leaving.sweep(work.house)


@job
async def forget_loose_files(work: Work) -> None:
    await forget_hanging_nowhere(work.house)
    await forget_area(work.house, work.house.clock.now() - FORGET_AFTER)


@job
async def remove_old_posts(work: Work) -> None:
    await retention.run_everywhere(work.house)


@job
async def chase_forms(work: Work) -> None:
    await chasing.run_everywhere(work.house)


@job
async def count_area_forms(work: Work) -> None:
    await area_counting.count_everywhere(work.house)


@job
async def forget_old_claims(work: Work) -> None:
    await claims.forget_old(work.house)


def _every_ten(second: int) -> set[int]:
    """Every ten seconds, each room's sweep at its own second, so that they do not all fall on the full minute."""
    return set(range(second, 60, 10))


JOBS: list[Any] = [
    func(deliver, name=BELL, timeout=120),
    func(deliver, name=BELL_BEHIND, timeout=120),
    func(settle_bank_event, name=hooks.JOB),
    func(send_documents, name=promises.JOB, timeout=300),
    func(publish_letters, name=drafts.JOB, timeout=120),
    func(send_code, name=codes.SEND_JOB),
    func(confirm_email, name=emails.JOB),
    func(answer_chat, name=updates.JOB),
    func(alert_staff, name=alerts.JOB, timeout=120),
    func(wake_for_inbox, name=waking.JOB, timeout=120),
    func(send_chat_words, name=SEND_JOB),
]
CRONS: list[Any] = [
    cron(sweep_deliveries, name="sweep_deliveries", second=_every_ten(3), run_at_startup=True, timeout=30),
    cron(send_digests, name="send_digests", second=_every_ten(6), run_at_startup=True, timeout=120),
    cron(sweep_bank_events, name="sweep_bank_events", second=_every_ten(7), run_at_startup=True, timeout=60),
    cron(sweep_documents, name="sweep_documents", second=_every_ten(9), run_at_startup=True, timeout=300),
    cron(sweep_chats, name="sweep_chats", second=_every_ten(5), run_at_startup=True, timeout=60),
    cron(sweep_chat_words, name="sweep_chat_words", second=_every_ten(8), run_at_startup=True, timeout=60),
    cron(release_moved_numbers, name="release_moved_numbers", second={38}, run_at_startup=True, timeout=60),
    cron(sweep_staff_alerts, name="sweep_staff_alerts", second=_every_ten(4), run_at_startup=True, timeout=60),
    cron(sweep_codes, name="sweep_codes", second=_every_ten(1), run_at_startup=True, timeout=60),
    cron(sweep_emails, name="sweep_emails", second={26, 56}, run_at_startup=True, timeout=120),
    cron(read_returned_letters, name="read_returned_letters", minute=set(range(2, 60, 5)), second=20, timeout=280),
    cron(renew_channel_tokens, name="renew_channel_tokens", minute={17}, second=0, run_at_startup=True, timeout=60),
    cron(forget_old_sign_ins, name="forget_old_sign_ins", hour={20}, minute={20}, second=0, timeout=600),
    cron(forget_old_chats, name="forget_old_chats", hour={20}, minute={10}, second=0, timeout=600),
    cron(fold_past_deliveries, name="fold_past_deliveries", hour={18}, minute={10}, second=0, timeout=3600),
    cron(sweep_letters, name="sweep_letters", second=_every_ten(0), run_at_startup=True, timeout=60),
    cron(forget_loose_files, name="forget_loose_files", hour={20}, minute={30}, second=0, timeout=600),
    cron(remove_old_posts, name="remove_old_posts", hour={20}, minute={50}, second=0, timeout=1800),
    # 02:00 in UTC is nine in the morning in Vietnam: banks have reported the day before, and nobody is asleep.
    cron(remind_families, name="remind_families", hour={2}, minute={0}, second=0, timeout=1800),
    cron(forget_old_claims, name="forget_old_claims", hour={20}, minute={40}, second=0, timeout=600),
    # Every hour: each school has its own hour for reminders, and what ran out at midnight is closed in the first one after.
    cron(count_area_forms, name="count_area_forms", minute=set(range(2, 60, 5)), second=50, timeout=290),
    cron(chase_forms, name="chase_forms", minute={5}, second=40, timeout=1200),
    # Between two of these a gateway like SePay is still trying by itself. The nightly one ends before the books are checked.
    cron(pull_gateways, name="pull_gateways", minute=set(range(4, 60, 10)), second=30, timeout=540),
    cron(pull_gateways_whole, name="pull_gateways_whole", hour={18}, minute={40}, second=0, timeout=1800),
    # 19:30 in UTC is half past two at night in Vietnam, when the banks have closed their day.
    cron(check_books, name="check_books", hour={19}, minute={30}, second=0, timeout=600),
]


def create_worker(
    settings: Settings, *, redis_url: str, database_url: str, burst: bool = False, clock: Clock | None = None
) -> WorkerProcess:
    """`burst`: do what is queued and return, for tests and commands."""
    return WorkerProcess(settings, redis_url, database_url, burst, clock or SystemClock())


def _settle_memory() -> None:
    """What was imported and opened stays: the collector need not look through it again after every batch, a sixth of a delivery's CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


class WorkerProcess:
    """arq's worker in a loop that outlives Redis: while Redis is away, deliveries are found and sent without it, only slower."""

    def __init__(self, settings: Settings, redis_url: str, database_url: str, burst: bool, clock: Clock) -> None:
        self._settings = settings
        self._redis_url = redis_url
        self._database_url = database_url
        self._burst = burst
        self._clock = clock
        self._signals = False

    def run(self) -> None:
        """Until SIGTERM or SIGINT; the jobs that run then may finish."""
        logs.configure()
        self._signals = True
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self.async_run())

    async def async_run(self) -> None:
        async with self._opened() as work:
            while not await self._serve(work):
                log.error("redis_away", again_in_seconds=_REDIS_AWAY_SECONDS)
                await leaving.publish_everywhere(work.house)
                for school_id in await due_schools(work.house):
                    await drain(work.house, work.stations, school_id)
                await understanding.settle_waiting(work.house)
                await sending.send_waiting(work.house, work.stations)
                await asyncio.sleep(_REDIS_AWAY_SECONDS)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Work]:
        settings = self._settings
        database = await Database.open(
            self._database_url,
            writers=settings.database_writers,
            readers=settings.database_readers,
            slow_milliseconds=settings.slow_query_milliseconds,
        )
        queue = Queue.for_url(self._redis_url)
        house = House(settings, database, queue, self._clock, Cipher(settings.secret_key), self._redis_url)
        stations = await Stations.open(house)
        wires = await Wires.open(house, stations, webhooks=not self._burst)
        office = None
        if settings.meinvoice_app_id:
            office = MeInvoice(base_url=settings.meinvoice_base_url, app_id=settings.meinvoice_app_id)
            await office.open()
        work = Work(house, stations, wires, office)
        hearing = asyncio.create_task(house.flags.hear(self._database_url))
        _settle_memory()
        try:
            yield work
        finally:
            hearing.cancel()
            await work.asker.close()
            if office is not None:
                await office.close()
            await wires.close()
            await stations.close()
            with suppress(RedisError, OSError):
                await queue.close()
            await house.limits.close()
            await database.close()

    async def _serve(self, work: Work) -> bool:
        """Serve jobs until told to stop (True) or until Redis goes away (False)."""
        worker = Worker(
            functions=JOBS,
            # arq keeps the next run in the line itself; a new worker begins anew, with the sweeps that run at its start.
            cron_jobs=[dataclasses.replace(line, next_run=None) for line in CRONS],
            redis_settings=redis_settings(self._redis_url),
            ctx={"work": work},
            burst=self._burst,
            handle_signals=self._signals,
            timezone=UTC,  # cron lines mean UTC wherever the machine stands
            **worker_options(),
        )
        try:
            await worker.async_run()
        except (RedisError, OSError):
            return False
        except asyncio.CancelledError:
            # A signal makes arq cancel its own loop; when we ourselves are cancelled, that goes on up.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
        finally:
            with suppress(RedisError, OSError, asyncio.CancelledError):
                await worker.close()
        return True
