"""Reminding families of what is due: by the school's days and by what is unpaid at this moment. It owns reminders.

Never reminded: of gifts; where nothing is left to pay (paid, exempt, written off); where something was paid within a day for any of the
family's children; where a credit that may be theirs waits for a person, or lies with the school; and where the bank has told nothing
for a day, since then nobody knows who has paid. One message a family and day, over all its children. A day that had to be skipped is
made good on the next ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import msgspec
import structlog

from backend.core.clock import school_day
from backend.core.crypto import Cipher
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.identity.entitlement import require_role
from notifications.outbox import GuardiansNotice, publish_to_guardians
from payments import accounts, asking_rules, requests
from payments.balance import BALANCE
from payments.codes import VOLUNTARY
from schemas.asking import RemindedBill, RemindedFamily, ReminderPreview, Spared

log = structlog.get_logger()

# How long after its day a reminder may still be sent, where the bank was silent or the machine stood still.
CATCH_UP_DAYS = 5
SILENCE = timedelta(hours=24)


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...


# Bills that the school's days touch today or touched a few days ago, each with the reason to leave it alone if there is one, and the
# guardians who may see it and get notices, with the last day they were reminded of it. $2 the day, $3 the days, $4 a day ago, $5 catching up.
_OPEN = f"""
    SELECT i.invoice_id, i.reference, i.pupil_id, i.due_on, i.bank_account_id, f.title, balance.remaining,
           p.full_name AS pupil_name, p.sort_key, seat.name AS class_name, touched.day AS touched_on,
           CASE WHEN (SELECT coalesce(sum(CASE WHEN l.credit_account = 'family_credit' THEN l.amount ELSE -l.amount END), 0)
                        FROM ledger_transfers l
                       WHERE l.school_id = $1
                         AND (l.credit_account = 'family_credit' AND l.credit_ref = i.pupil_id::text
                              OR l.debit_account = 'family_credit' AND l.debit_ref = i.pupil_id::text)) > 0
                THEN 'credit'
                WHEN NOT EXISTS (SELECT
                                   FROM bank_transactions heard
                                  WHERE heard.school_id = $1
                                    AND heard.bank_account_id = i.bank_account_id
                                    AND heard.received_at > $4)
                 AND NOT EXISTS (SELECT
                                   FROM statement_files sheet
                                  WHERE sheet.school_id = $1
                                    AND sheet.bank_account_id = i.bank_account_id
                                    AND sheet.applied_at > $4)
                 AND NOT EXISTS (SELECT
                                   FROM bank_hooks hook
                                   JOIN gateway_pulls pull
                                     ON pull.hook_key = hook.hook_key
                                  WHERE hook.school_id = $1
                                    AND hook.bank_account_id = i.bank_account_id
                                    AND hook.closed_at IS NULL
                                    AND pull.succeeded_at > $4)
                THEN 'bank_silent'
           END AS spared,
           array(SELECT bond.guardian_id
                   FROM guardianships bond
                  WHERE bond.school_id = $1
                    AND bond.pupil_id = i.pupil_id
                    AND bond.can_view
                    AND bond.gets_notices
                    AND bond.valid_from <= $2
                    AND (bond.valid_to IS NULL OR bond.valid_to >= $2)
                    AND NOT EXISTS (SELECT
                                      FROM reminders r
                                     WHERE r.school_id = $1
                                       AND r.guardian_id = bond.guardian_id
                                       AND r.run_on >= touched.day
                                       AND i.invoice_id = ANY (r.invoice_ids))
                  ORDER BY bond.guardian_id) AS guardian_ids
      FROM invoices i
      JOIN fees f
        ON f.school_id = i.school_id
       AND f.fee_id = i.fee_id
      JOIN pupils p
        ON p.school_id = i.school_id
       AND p.pupil_id = i.pupil_id
      {BALANCE}
      LEFT JOIN LATERAL (SELECT max(i.due_on + offered.day) AS day
                           FROM unnest($3::int[]) AS offered (day)
                          WHERE i.due_on + offered.day BETWEEN $2::date - $5::int AND $2::date) touched
        ON true
      LEFT JOIN LATERAL (SELECT room.name
                           FROM enrolments e
                           JOIN classes room
                             ON room.school_id = e.school_id
                            AND room.class_id = e.class_id
                          WHERE e.school_id = $1
                            AND e.pupil_id = i.pupil_id
                            AND (e.to_on IS NULL OR e.to_on >= $2)
                          ORDER BY e.from_on DESC
                          LIMIT 1) seat
        ON true
     WHERE i.school_id = $1
       AND i.cancelled_at IS NULL
       AND NOT {VOLUNTARY}
       AND balance.remaining > 0
       AND touched.day IS NOT NULL
     ORDER BY p.sort_key, i.due_on, i.invoice_id
"""


# Families of whom some money may just have come, for whichever child: a bill paid within a day, a credit that a person has yet to
# decide and that was suggested for one of theirs. $2 a day ago, $3 the day.
_RESTING = """
    SELECT bond.guardian_id, max(moved.why) AS why
      FROM (SELECT wanted.pupil_id, 'money_on_its_way' AS why
              FROM bank_transactions t
             CROSS JOIN LATERAL jsonb_array_elements(t.suggestions) AS suggested (bill)
              JOIN invoices wanted
                ON wanted.school_id = t.school_id
               AND wanted.invoice_id = (suggested.bill ->> 'invoice_id')::uuid
             WHERE t.school_id = $1
               AND t.state IN ('ambiguous', 'unmatched', 'over', 'unreadable')
             UNION ALL
            SELECT paid.pupil_id, 'just_paid'
              FROM allocations a
              JOIN invoices paid
                ON paid.school_id = a.school_id
               AND paid.invoice_id = a.invoice_id
             WHERE a.school_id = $1
               AND a.amount > 0
               AND a.made_at > $2) moved
      JOIN guardianships bond
        ON bond.school_id = $1
       AND bond.pupil_id = moved.pupil_id
       AND bond.valid_from <= $3
       AND (bond.valid_to IS NULL OR bond.valid_to >= $3)
     GROUP BY bond.guardian_id
"""


class _Family(msgspec.Struct, frozen=True):
    """Guardians with the same bills to hear about."""

    guardian_ids: tuple[UUID, ...]
    bills: tuple[asyncpg.Record, ...]

    @property
    def amount(self) -> int:
        return sum(bill["remaining"] for bill in self.bills)


async def preview(house: House, actor: UUID, school_id: int, *, on: date | None = None) -> ReminderPreview:
    """Whom a run today would reach and what it would leave alone, for accountant and administrator. Sends nothing."""
    now = house.clock.now()
    reader = house.database.reader
    await require_role(reader, school_id, actor, "accountant", "school_admin", on=school_day(now))
    how = await asking_rules.rules(reader, school_id)
    families, spared = await _families(reader, school_id, how.reminder_days, on=on or school_day(now), at=now)
    shown = [
        RemindedFamily(len(one.guardian_ids), one.amount, [_shown(bill) for bill in one.bills]) for one in families
    ]
    left = [Spared(why, count) for why, count in sorted(spared.items())]  # type: ignore[arg-type]
    return ReminderPreview(on or school_day(now), how, shown, left)


async def run(house: House, school_id: int) -> int:
    """Today's messages of one school; how many families got one. A second run of the day says nothing."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        how = await asking_rules.rules(tx, school_id)
        if not how.reminders:
            return 0
        families, _ = await _families(tx, school_id, how.reminder_days, on=school_day(now), at=now)
        return await _send(tx, house.cipher, families, at=now)


_SCHOOLS = """
    SELECT school_id
      FROM schools
     ORDER BY school_id
"""


async def run_everywhere(house: House) -> int:
    """The morning's round. One school that fails keeps no other from its families."""
    total = 0
    for row in await house.database.reader.fetch(_SCHOOLS):
        try:
            total += await run(house, row["school_id"])
        except (asyncpg.PostgresError, OSError) as error:
            log.error("reminders_failed", school_id=row["school_id"], kind=type(error).__name__)
    return total


async def _families(
    door: Door, school_id: int, days: list[int], *, on: date, at: datetime
) -> tuple[list[_Family], Counter[str]]:
    rows = await door.fetch(_OPEN, school_id, on, days, at - SILENCE, CATCH_UP_DAYS)
    resting = {row["guardian_id"]: row["why"] for row in await door.fetch(_RESTING, school_id, at - SILENCE, on)}
    spared: Counter[str] = Counter()
    by_guardian: dict[UUID, list[asyncpg.Record]] = defaultdict(list)
    for row in rows:
        awake = [guardian_id for guardian_id in row["guardian_ids"] if guardian_id not in resting]
        if row["spared"] is not None:
            spared[row["spared"]] += 1
        elif row["guardian_ids"] and not awake:
            spared[resting[row["guardian_ids"][0]]] += 1
        else:
            for guardian_id in awake:
                by_guardian[guardian_id].append(row)
    together: dict[tuple[UUID, ...], list[UUID]] = defaultdict(list)
    for guardian_id, bills in by_guardian.items():
        together[tuple(bill["invoice_id"] for bill in bills)].append(guardian_id)
    families = [_Family(tuple(ids), tuple(by_guardian[ids[0]])) for ids in together.values()]
    return families, spared


async def _send(tx: SchoolTx, cipher: Cipher, families: list[_Family], *, at: datetime) -> int:
    """The rows first: who has one for today is not written to again, whatever came between."""
    notice_ids = [new_id() for _ in families]
    made = await tx.fetch(
        """
        INSERT INTO reminders (school_id, run_on, guardian_id, notice_id, invoice_ids, amount, made_at)
        SELECT $1, $2, n.guardian_id, n.notice_id,
               array(SELECT b.invoice_id
                       FROM unnest($3::uuid[], $4::uuid[]) AS b (notice_id, invoice_id)
                      WHERE b.notice_id = n.notice_id),
               n.amount, $5
          FROM unnest($6::uuid[], $7::uuid[], $8::bigint[]) AS n (guardian_id, notice_id, amount)
         ORDER BY n.guardian_id
            ON CONFLICT (school_id, run_on, guardian_id) DO NOTHING
        RETURNING guardian_id
        """,
        tx.school_id,
        school_day(at),
        [notice_id for notice_id, one in zip(notice_ids, families, strict=True) for _ in one.bills],
        [bill["invoice_id"] for one in families for bill in one.bills],
        at,
        [guardian_id for one in families for guardian_id in one.guardian_ids],
        [notice_id for notice_id, one in zip(notice_ids, families, strict=True) for _ in one.guardian_ids],
        [one.amount for one in families for _ in one.guardian_ids],
    )
    fresh = {row["guardian_id"] for row in made}
    lines = await _lines(tx, cipher, families, on=school_day(at))
    notices = []
    for notice_id, one in zip(notice_ids, families, strict=True):
        guardian_ids = tuple(guardian_id for guardian_id in one.guardian_ids if guardian_id in fresh)
        if guardian_ids:
            notices.append(_notice(notice_id, guardian_ids, one, lines))
    await publish_to_guardians(tx, notices, at=at)
    return len(notices)


async def _lines(
    tx: SchoolTx, cipher: Cipher, families: Sequence[_Family], *, on: date
) -> dict[UUID, dict[str, str | int]]:
    """What is said of each bill, with the seal over what is left of it."""
    bills = {bill["invoice_id"]: bill for one in families for bill in one.bills}
    ids = {bill["bank_account_id"] for bill in bills.values()}
    accounts_by_id = {one: await accounts.receiving(tx, one) for one in sorted(ids)}
    return {
        invoice_id: {
            "title": bill["title"],
            "amount": bill["remaining"],
            "seal": requests.notice_seal(
                cipher,
                accounts_by_id[bill["bank_account_id"]],
                tx.school_id,
                bill["reference"],
                bill["remaining"],
                due_on=bill["due_on"],
                on=on,
            ),
        }
        for invoice_id, bill in bills.items()
    }


def _notice(
    notice_id: UUID, guardian_ids: tuple[UUID, ...], one: _Family, lines: dict[UUID, dict[str, str | int]]
) -> GuardiansNotice:
    params = {
        "reminder": True,
        "bills": len(one.bills),
        "amount": one.amount,
        "due_on": min(bill["due_on"] for bill in one.bills).isoformat(),
        "lines": [lines[bill["invoice_id"]] for bill in one.bills],
    }
    pupil_ids = tuple(dict.fromkeys(bill["pupil_id"] for bill in one.bills))
    return GuardiansNotice(
        notice_id=notice_id,
        guardian_ids=guardian_ids,
        pupil_ids=pupil_ids,
        kind="invoice",
        source_kind="reminder",
        source_id=str(notice_id),
        params=params,
    )


def _shown(bill: asyncpg.Record) -> RemindedBill:
    return RemindedBill(
        bill["invoice_id"],
        bill["pupil_id"],
        bill["pupil_name"],
        bill["class_name"],
        bill["title"],
        bill["due_on"],
        bill["remaining"],
    )
