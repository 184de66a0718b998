"""Writing in a thread: what a family or the school's side may say, to whom it goes, and what is promised. One message, one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import CONFLICT, FORBIDDEN, INVALID, FieldError, problem
from backend.core.ratelimit import Bucket
from backend.core.text import clean_lines
from backend.core.versions import touch_families
from backend.files.actions import hang
from backend.identity.audit import record
from backend.messages.acceptance import require_rules
from backend.messages.alerts import wake
from backend.messages.duty import on_duty
from backend.messages.entitled import Party, party
from backend.messages.hours import hours_of
from backend.messages.opening import ensure_thread
from backend.messages.promises import promise_sentence
from backend.messages.queries import desk_name
from backend.messages.shield import promised_by
from backend.messages.telling import tell_family
from backend.messages.thanks import is_nod
from backend.messages.typed import Asked, read_request
from backend.messages.writing import Draft, keep_message
from schemas.messages import NewMessage, Posted

BLOCKED = problem(
    "messages-blocked",
    403,
    vi="Nhà trường tạm dừng nhận tin thường của anh chị ở đây. Tin báo nghỉ, đón con, gửi thuốc và việc khẩn vẫn đến nơi.",
    en="The school has paused ordinary messages from you here. Absences, pick-ups, medicines and urgent matters still arrive.",
)
DESK_EMPTY = problem(
    "teacher-no-longer-there",
    409,
    vi="Thầy cô này không còn dạy em nên không nhận tin ở đây nữa. Xin nhắn giáo viên chủ nhiệm.",
    en="This teacher no longer teaches your child and gets no messages here. Please write to the homeroom teacher.",
)

_EMPTY = ("Tin nhắn còn trống.", "The message is empty.")
_SCHOOL_ASKS_NOT = ("Mục này chỉ dành cho gia đình.", "Only families send this.")
_FAMILY_ASKS_NOT = ("Mục này chỉ dành cho nhà trường.", "Only the school marks this.")
_URGENT_ONLY = (
    "Người trực chỉ nhận việc khẩn: xin chọn lý do và nói rõ.",
    "The person on duty takes urgent matters only: please choose a reason and say what happened.",
)
_BOTH = ("Việc khẩn gửi riêng, không kèm mục này.", "An urgent message comes without this.")
# An urgent talk goes on for this long without a new reason each time.
_TALK = timedelta(hours=12)


async def send(
    house: House, account_id: UUID, school_id: int, thread_id: UUID, new: NewMessage, language: str = "vi"
) -> tuple[Posted, bool]:
    """What was kept, and whether it is new: the same request again keeps nothing twice."""
    now = house.clock.now()
    await house.limits.take(Bucket(f"messages:{account_id}", 30, 4.0), now=now.timestamp())
    async with house.database.school(school_id) as tx:
        who = await party(tx, school_id, account_id, thread_id, school_day(now), lock=True)
        before = await _before(tx, new.message_id)
        if before is not None:
            return _repeated(before, account_id, who, now, language), False
        await require_rules(tx, account_id, new.accepts_rules, now)
        await _refuse(tx, who, new, now)
        draft = await _draft(tx, who, new, account_id, now)
        who = await _to_duty(tx, who, draft, account_id, now)
        await keep_message(tx, who, account_id, draft, now)
        await _tell(tx, who, account_id, draft, now)
        return _posted(who, draft.message_id, now, draft.folded, draft.promised_at, now, language), True


async def _refuse(tx: SchoolTx, who: Party, new: NewMessage, now: datetime) -> None:
    """Who may not write at all; what is wrong with the message is another matter."""
    if not who.staffed:
        raise DESK_EMPTY()
    if who.side == "school":
        return
    assert who.guardian_id is not None
    if new.request is not None and not who.can_act:
        raise FORBIDDEN()
    plain = new.request is None and new.urgent is None
    if plain and who.desk in ("homeroom", "teacher") and await _is_blocked(tx, who, now):
        raise BLOCKED()


async def _draft(tx: SchoolTx, who: Party, new: NewMessage, account_id: UUID, now: datetime) -> Draft:
    """Read whole before anything is kept: every wrong field is named at once."""
    body, asked, wrong = _read(who, new, now)
    if who.side == "family" and who.desk == "duty" and new.urgent is None and not await _talking(tx, who, now):
        wrong.append(FieldError("/urgent", *_URGENT_ONLY))
    if wrong:
        raise INVALID(*wrong)
    await hang(tx, new.file_ids, by=account_id, at=now, pointer="/file_ids")
    urgent_to = await on_duty(tx, now) if new.urgent else None
    plain = asked is None and new.urgent is None and not new.file_ids
    folded = who.side == "family" and plain and is_nod(body)
    promised_at = None
    if who.side == "family" and not folded and new.urgent is None and who.desk != "duty":
        hours, closed = await hours_of(tx, tx.school_id, who.other_staff_id, now)
        promised_at = promised_by(now, hours, closed)
    return Draft(
        message_id=new.message_id,
        body=body,
        kind=asked.kind if asked else "text",
        folded=folded,
        asked=asked,
        urgent_reason=new.urgent.reason if new.urgent else None,
        urgent_to=urgent_to,
        file_ids=tuple(dict.fromkeys(new.file_ids)),
        promised_at=promised_at,
        awaits_answer=new.awaits_answer,
    )


def _read(who: Party, new: NewMessage, now: datetime) -> tuple[str, Asked | None, list[FieldError]]:
    wrong: list[FieldError] = []
    words = clean_lines(new.text)
    if new.urgent is not None:
        words = "\n".join(part for part in (clean_lines(new.urgent.words), words) if part)
    asked: Asked | None = None
    if who.side == "family" and new.awaits_answer:
        wrong.append(FieldError("/awaits_answer", *_FAMILY_ASKS_NOT))
    if who.side == "school":
        fields = (("/request", new.request), ("/urgent", new.urgent))
        wrong += [FieldError(pointer, *_SCHOOL_ASKS_NOT) for pointer, value in fields if value is not None]
    elif new.request is not None:
        if new.urgent is not None:
            wrong.append(FieldError("/request", *_BOTH))
        asked, errors = read_request(new.request, school_day(now))
        wrong += errors
    if not words and new.request is None and not new.file_ids:
        wrong.append(FieldError("/text", *_EMPTY))
    return words, asked, wrong


async def _to_duty(tx: SchoolTx, who: Party, draft: Draft, account_id: UUID, now: datetime) -> Party:
    """What is urgent stands with the duty, wherever it was written, and each one is in the record."""
    if draft.urgent_reason is None:
        return who
    detail = {"reason": draft.urgent_reason, "to": str(draft.urgent_to)}
    await record(tx, "messages.urgent", "message", draft.message_id, at=now, actor=account_id, detail=detail)
    if who.desk == "duty":
        return who
    thread_id, _ = await ensure_thread(tx, new_id(), who.pupil_id, "duty", None, who.only_guardian_id, account_id, now)
    return msgspec.structs.replace(who, thread_id=thread_id, desk="duty", other_staff_id=None, other_name=None)


async def _tell(tx: SchoolTx, who: Party, account_id: UUID, draft: Draft, now: datetime) -> None:
    if who.side == "family":
        await touch_families(tx, [who.pupil_id])
        if not draft.folded:
            await wake(tx, who, now, urgent_to=draft.urgent_to)
    else:
        if draft.awaits_answer:
            await touch_families(tx, [who.pupil_id])
        await tell_family(tx, who, draft.message_id, account_id, now)


_BEFORE = """
SELECT m.message_id, m.thread_id, m.account_id, m.sent_at, m.folded, m.promised_at, t.desk, t.pupil_id
  FROM messages m
  JOIN threads t
    ON t.school_id = m.school_id
   AND t.thread_id = m.thread_id
 WHERE m.school_id = $1
   AND m.message_id = $2
"""


async def _before(tx: SchoolTx, message_id: UUID) -> Any:
    return await tx.fetchrow(_BEFORE, tx.school_id, message_id)


def _repeated(row: Any, account_id: UUID, who: Party, now: datetime, language: str) -> Posted:
    """The answer of the first time; for somebody else's message under this id, or another conversation's, a conflict."""
    same = row["account_id"] == account_id and (
        row["thread_id"] == who.thread_id or (row["desk"] == "duty" and row["pupil_id"] == who.pupil_id)
    )
    if not same:
        raise CONFLICT()
    who = msgspec.structs.replace(who, thread_id=row["thread_id"])
    return _posted(who, row["message_id"], row["sent_at"], row["folded"], row["promised_at"], now, language)


def _posted(
    who: Party,
    message_id: UUID,
    sent_at: datetime,
    folded: bool,
    promised_at: datetime | None,
    now: datetime,
    language: str,
) -> Posted:
    name = desk_name(who.desk, who.other_name, language)
    return Posted(
        message_id=message_id,
        thread_id=who.thread_id,
        sent_at=sent_at,
        folded=folded,
        promised_at=promised_at,
        promise=promise_sentence(promised_at, name, now, language),
    )


_TALKING = """
SELECT EXISTS (SELECT
                 FROM messages m
                WHERE m.school_id = $1
                  AND m.thread_id = $2
                  AND m.sent_at > $3
                  AND (m.urgent_reason IS NOT NULL OR m.side = 'school'))
"""


async def _talking(tx: SchoolTx, who: Party, now: datetime) -> bool:
    return bool(await tx.fetchval(_TALKING, tx.school_id, who.thread_id, now - _TALK))


_BLOCKED_BY = """
SELECT EXISTS (SELECT
                 FROM message_blocks b
                WHERE b.school_id = $1
                  AND b.guardian_id = $2
                  AND b.staff_id = $3
                  AND b.state = 'granted'
                  AND b.until_on >= $4)
"""


async def _is_blocked(tx: SchoolTx, who: Party, now: datetime) -> bool:
    return bool(await tx.fetchval(_BLOCKED_BY, tx.school_id, who.guardian_id, who.other_staff_id, school_day(now)))
