"""Carries one-time codes out of the house: by Telegram chat, by SMS, or, in the demo only, onto the console.

The row in one_time_codes is the promise; a bell names it, a sweep finds it when the bell was lost. Between taking and giving back no
transaction is open. The code stays sealed until it has been sent, and is gone then.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import structlog

from backend.core.catalogue import say
from backend.core.house import House
from backend.core.metrics import DELIVERIES
from backend.core.phones import masked
from backend.identity.codes import SEALED_FOR, row_params
from backend.identity.sign_in import people_at
from notifications.addresses import chats_of
from notifications.channels.telegram import TelegramSender
from notifications.outcomes import Outcome, Refused, Sent, TryLater

log = structlog.get_logger()

# After the first failure wait 5 seconds, after the second 10 … A code lives minutes, so after the fifth the family asks for another.
RETRY_AFTER_SECONDS = (5, 10, 20, 40)
# Longer than any station's patience; whoever holds a code for longer has died.
LEASE = timedelta(seconds=60)
_BATCH = 200
_SCHOOL_NAME_MAX = 40


class TextSender(Protocol):
    """A gateway for SMS, or several behind one another."""

    async def send(self, phone_e164: str, text: str, request_id: str) -> Outcome: ...


class Senders(Protocol):
    """What a worker has opened; None where the settings name none."""

    @property
    def sms(self) -> TextSender | None: ...

    @property
    def telegram_sender(self) -> TelegramSender | None: ...


async def send_waiting(house: House, senders: Senders) -> int:
    """The sweep: codes whose bell was lost or whose time to be tried again has come. How many were tried."""
    rows = await house.database.reader.fetch(
        """
        SELECT code_id
          FROM one_time_codes
         WHERE sent_at IS NULL
           AND code_sealed IS NOT NULL
           AND send_after <= $1
           AND expires_at > $1
           AND send_attempts <= $2
         ORDER BY send_after
         LIMIT $3
        """,
        house.clock.now(), len(RETRY_AFTER_SECONDS), _BATCH,
    )  # fmt: skip
    for row in rows:
        await send_code(house, senders, row["code_id"])
    return len(rows)


async def send_code(house: House, senders: Senders, code_id: UUID) -> None:
    """Sends a code once, however often it is called. Nothing happens for codes that are replaced, used, sent or not to be sent."""
    row = await _take(house, code_id)
    if row is None:
        return
    code = house.cipher.open(row["code_sealed"], SEALED_FOR)
    # Without a station nothing can be sent, and yet nobody has refused: the settings may be mended before the code expires.
    failed: TryLater | Refused = TryLater("no_station")
    tried: list[Outcome] = []
    for station in _stations(house, senders):
        outcome = await _send_by(station, house, senders, row, code)
        DELIVERIES.labels(f"code_{station}", type(outcome).__name__.lower()).inc()
        if isinstance(outcome, Sent):
            await _keep_sent(house, row, station)
            return
        # One station that may yet take it outweighs another that never will.
        if not tried or isinstance(outcome, TryLater):
            failed = outcome
        tried.append(outcome)
    await _keep_failed(house, row, failed)


def text_of(code: str, row: Any, at: datetime) -> str:
    """What the phone shows. It names no child and no fee: it lies on a lock screen."""
    left = row["expires_at"] - at
    if row["purpose"] == "invitation":
        school = row_params(row).get("school", "")[:_SCHOOL_NAME_MAX].rstrip()
        return say("identity.invitation_text", row["language"], school=school, code=code, hours=_rounded(left, 3600))
    return say("identity.code_text", row["language"], code=code, minutes=_rounded(left, 60))


def _rounded(left: timedelta, unit_seconds: int) -> int:
    return max(1, round(left.total_seconds() / unit_seconds))


def _stations(house: House, senders: Senders) -> Sequence[str]:
    """In the order in which they are tried."""
    wanted = house.settings.code_channel
    if wanted == "print":
        return ("print",) if house.settings.demo else ()
    stations = []
    if wanted == "telegram" and senders.telegram_sender is not None:
        stations.append("telegram")
    if senders.sms is not None:
        stations.append("sms")
    return stations


async def _send_by(station: str, house: House, senders: Senders, row: Any, code: str) -> Outcome:
    text = text_of(code, row, house.clock.now())
    if station == "print":
        sys.stderr.write(f"\n  {masked(row['phone_e164'])}  {text}\n\n")
        sys.stderr.flush()
        return Sent()
    if station == "telegram":
        return await _send_to_chats(house, senders.telegram_sender, row, text)
    assert senders.sms is not None
    return await senders.sms.send(row["phone_e164"], text, str(row["code_id"]))


async def _send_to_chats(house: House, sender: TelegramSender | None, row: Any, text: str) -> Outcome:
    """Only where one person has the number: the chat is that person's, while a shared phone's code lets in whoever shares it."""
    assert sender is not None
    async with house.database.directory() as tx:
        people = await people_at(tx, house.cipher, row["phone_e164"])
    account_id = people[0].account_id if len(people) == 1 else None
    if account_id is None:
        return Refused("address_dead", "no_chat")
    outcome: Outcome = Refused("address_dead", "no_chat")
    for chat_id in (await chats_of(house.database.reader, [account_id], "telegram")).get(account_id, []):
        outcome = await sender.send(chat_id, text)
        if isinstance(outcome, Sent):
            break
    return outcome


async def _take(house: House, code_id: UUID) -> Any:
    async with house.database.directory() as tx:
        return await tx.fetchrow(
            """
            UPDATE one_time_codes
               SET send_attempts = send_attempts + 1,
                   send_after = $3
             WHERE code_id = $1
               AND sent_at IS NULL
               AND used_at IS NULL
               AND code_sealed IS NOT NULL
               AND send_after <= $2
               AND expires_at > $2
               AND send_attempts <= $4
            RETURNING phone_e164, code_id, purpose, code_sealed, language, params::text AS params, expires_at, send_attempts
            """,
            code_id, house.clock.now(), house.clock.now() + LEASE, len(RETRY_AFTER_SECONDS),
        )  # fmt: skip


async def _keep_sent(house: House, row: Any, channel: str) -> None:
    """In the demo the code stays sealed in its row a little longer: its sign-in page shows it."""
    async with house.database.directory() as tx:
        await tx.execute(
            """
            UPDATE one_time_codes
               SET sent_at = $3,
                   sent_channel = $4,
                   code_sealed = CASE WHEN $5 THEN code_sealed END
             WHERE phone_e164 = $1
               AND code_id = $2
            """,
            row["phone_e164"], row["code_id"], house.clock.now(), channel, channel == "print",
        )  # fmt: skip


async def _keep_failed(house: House, row: Any, outcome: TryLater | Refused) -> None:
    """A refusal by every station is final: the number takes no SMS, or the account at the gateway needs a person."""
    failures = row["send_attempts"]
    over = failures > len(RETRY_AFTER_SECONDS) or isinstance(outcome, Refused)
    log.error("code_not_sent", code_id=str(row["code_id"]), reason=outcome.code, attempts=failures, final=over)
    wait = timedelta(0) if over else timedelta(seconds=RETRY_AFTER_SECONDS[failures - 1])
    async with house.database.directory() as tx:
        await tx.execute(
            """
            UPDATE one_time_codes
               SET send_after = $3,
                   code_sealed = CASE WHEN $4 THEN NULL ELSE code_sealed END
             WHERE phone_e164 = $1
               AND code_id = $2
            """,
            row["phone_e164"], row["code_id"], house.clock.now() + wait, over,
        )  # fmt: skip
