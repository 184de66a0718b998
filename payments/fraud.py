"""Reports that somebody poses as the school. It owns fraud_cases and fraud_reports.

The same account, number or link is one case however many report it. The first report warns the school's administrators; when one of them
confirms, every guardian gets one warning, in the transaction that confirms.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from backend.core.catalogue import say
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import INVALID, NOT_FOUND, FieldError, problem
from backend.core.text import clean, fold
from backend.identity import audit
from backend.identity.entitlement import require_role
from notifications.audience import WholeSchool
from notifications.outbox import Notice, publish
from payments.verify import verdict
from schemas.verify import FraudCase, FraudReported, NewFraudReport, Verdict

Kind = Literal["account", "phone", "link", "message"]

CASE_DECIDED = problem(
    "fraud-case-decided",
    409,
    vi="Trường hợp này đã được xử lý theo hướng khác.",
    en="This case has already been decided the other way.",
)

_TEXTS_SHOWN = 5
_NO_SCHOOL = FieldError(
    "/school",
    "Không tìm thấy trường này; xin ghi đúng tên hoặc mã trường.",
    "There is no such school here; please give its exact name or code.",
)
_SEVERAL = FieldError(
    "/school", "Có nhiều trường cùng tên; xin ghi mã trường.", "Several schools have this name; please give its code."
)


class Subject(msgspec.Struct, frozen=True):
    """What poses as the school, as one thing that can be recognised again."""

    kind: Kind
    text: str
    fingerprint: str


def subject_of(found: Verdict, text: str) -> Subject:
    """The account before the number before the link before the words."""
    foreign = [finding for finding in found.findings if finding.told == "not_school"]
    for what, kind in (("qr", "account"), ("account", "account"), ("phone", "phone"), ("link", "link")):
        for finding in foreign:
            if finding.what == what and finding.shown != "QR":
                return Subject(kind, finding.shown, f"{kind}:{finding.shown.casefold()}")  # type: ignore[arg-type]
    digest = hashlib.sha256(fold(text).encode()).hexdigest()
    return Subject("message", clean(text)[:80], f"message:{digest}")


async def report(house: House, account_id: UUID | None, new: NewFraudReport) -> FraudReported:
    """Kept as it came. Sent twice, it is one report."""
    now = house.clock.now()
    school_id = await _school(house, new.school)
    subject = subject_of(await verdict(house, new.text), new.text)
    async with house.database.school(school_id) as tx:
        case_id, first = await _case(tx, subject, at=now)
        await tx.execute(
            """
            INSERT INTO fraud_reports (school_id, report_id, case_id, content, reported_by, reported_at)
            VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (school_id, report_id) DO NOTHING
            """,
            school_id,
            new.report_id,
            case_id,
            new.text.replace("\0", ""),
            account_id,
            now,
        )
        if first:
            await audit.record(tx, "fraud.reported", "fraud_case", case_id, at=now, actor=account_id)
    return FraudReported(new.report_id, first)


async def _school(house: House, named: str) -> int:
    rows = await house.database.reader.fetch(
        """
        SELECT school_id, code = $1 AS by_code
          FROM schools
         WHERE code = $1
            OR lower(name) = lower($1)
         ORDER BY code = $1 DESC, school_id
         LIMIT 3
        """,
        clean(named),
    )
    if len(rows) == 1 or (rows and rows[0]["by_code"]):
        return int(rows[0]["school_id"])
    raise INVALID(_SEVERAL if rows else _NO_SCHOOL)


async def _case(tx: SchoolTx, subject: Subject, *, at: datetime) -> tuple[UUID, bool]:
    made = await tx.fetchval(
        """
        INSERT INTO fraud_cases (school_id, case_id, fingerprint, kind, subject, state, opened_at)
        VALUES ($1, $2, $3, $4, $5, 'reported', $6)
            ON CONFLICT (school_id, fingerprint) DO NOTHING
        RETURNING case_id
        """,
        tx.school_id,
        new_id(),
        subject.fingerprint,
        subject.kind,
        subject.text,
        at,
    )
    if made is not None:
        return made, True
    known: UUID = await tx.fetchval(
        """
        SELECT case_id
          FROM fraud_cases
         WHERE school_id = $1
           AND fingerprint = $2
        """,
        tx.school_id,
        subject.fingerprint,
    )
    return known, False


async def cases(house: House, actor: UUID, school_id: int) -> list[FraudCase]:
    """For the school's administrators, undecided ones first."""
    reader = house.database.reader
    await require_role(reader, school_id, actor, "school_admin", on=school_day(house.clock.now()))
    rows = await reader.fetch(
        """
        SELECT c.case_id, c.kind, c.subject, c.state, c.opened_at, c.decided_at, count(r.report_id) AS reports,
               coalesce((array_agg(r.content ORDER BY r.reported_at))[1:$2], '{}') AS texts
          FROM fraud_cases c
          LEFT JOIN fraud_reports r
            ON r.school_id = c.school_id
           AND r.case_id = c.case_id
         WHERE c.school_id = $1
         GROUP BY c.case_id, c.kind, c.subject, c.state, c.opened_at, c.decided_at
         ORDER BY c.state <> 'reported', c.opened_at DESC
         LIMIT 100
        """,
        school_id,
        _TEXTS_SHOWN,
    )
    return [FraudCase(**row) for row in rows]


async def confirm(house: House, actor: UUID, school_id: int, case_id: UUID) -> None:
    """It is a fraud: every guardian of the school is warned, once. Confirming twice is once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "school_admin", on=school_day(now))
        row = await _decided(tx, case_id, "confirmed", by=actor, at=now)
        if row is None:
            return
        sent = await publish(tx, _warning(house, case_id, row["kind"], row["subject"], actor), WholeSchool())
        await audit.record(
            tx, "fraud.confirmed", "fraud_case", case_id, at=now, actor=actor, detail={"guardians": sent.guardians}
        )


async def dismiss(house: House, actor: UUID, school_id: int, case_id: UUID) -> None:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "school_admin", on=school_day(now))
        if await _decided(tx, case_id, "dismissed", by=actor, at=now) is not None:
            await audit.record(tx, "fraud.dismissed", "fraud_case", case_id, at=now, actor=actor)


async def _decided(tx: SchoolTx, case_id: UUID, state: str, *, by: UUID, at: datetime) -> asyncpg.Record | None:
    """None when it was decided so before. A case that was dismissed may still be confirmed, never the other way round."""
    row = await tx.fetchrow(
        """
        SELECT kind, subject, state
          FROM fraud_cases
         WHERE school_id = $1
           AND case_id = $2
           FOR NO KEY UPDATE
        """,
        tx.school_id,
        case_id,
    )
    if row is None:
        raise NOT_FOUND()
    if row["state"] == state:
        return None
    if row["state"] == "confirmed":
        raise CASE_DECIDED()
    await tx.execute(
        """
        UPDATE fraud_cases
           SET state = $3,
               decided_by = $4,
               decided_at = $5
         WHERE school_id = $1
           AND case_id = $2
        """,
        tx.school_id,
        case_id,
        state,
        by,
        at,
    )
    return row


def _warning(house: House, case_id: UUID, kind: Kind, subject: str, by: UUID) -> Notice:
    """In both languages, because it goes to everybody at once. The words of a reported message are not spread."""
    link = f"{house.settings.public_url.rstrip('/')}/verify"
    bodies = [
        say(f"verify.warning_{kind}", language, subject=subject) + " " + say("verify.warning_do", language, link=link)
        for language in ("vi", "en")
    ]
    return Notice(
        notice_id=case_id,
        kind="announcement",
        source_kind="fraud_case",
        source_id=str(case_id),
        title=say("verify.warning_title", "vi"),
        body="\n\n".join(bodies),
        urgent=True,
        created_by=by,
        created_at=house.clock.now(),
    )
