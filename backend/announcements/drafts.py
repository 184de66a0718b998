"""Letters before they leave: draft → (waiting) → scheduled → published, and the ways back. It owns announcement_drafts and their versions.

Every change of state looks at the row under its lock, so that of two people, or of a person and the sweep, one is first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.announcements import carried, draft_rows, letters
from backend.announcements.audiences import require_audience
from backend.announcements.rules import is_held, rules_of
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import CONFLICT, FORBIDDEN, INVALID, NOT_FOUND, FieldError, Problem, problem
from backend.core.text import clean
from backend.identity.audit import record
from backend.identity.entitlement import Standing, standing
from schemas.announcements import NewAnnouncement, To
from schemas.drafts import DraftIn, DraftSend, Letter

JOB = "publish_letters"

NOT_NOW = problem(
    "draft-state",
    409,
    vi="Thông báo này không còn ở bước đó nữa, xin tải lại trang.",
    en="This letter is no longer at that step; please reload.",
)
NOT_YOUR_OWN = problem(
    "draft-own-approval",
    403,
    vi="Không ai tự duyệt thông báo của mình.",
    en="Nobody approves the own letter.",
)
_NOBODY = ("Chọn nơi nhận.", "Choose who should get this.")
_TOO_FAR = ("Không hẹn giờ quá một năm.", "Not more than a year ahead.")


async def save(house: House, account_id: UUID, school_id: int, announcement_id: UUID, new: DraftIn) -> int:
    """The version that was saved. The same words again are no new version; somebody else's words are never overwritten."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await standing(tx, school_id, account_id, on=school_day(now))
        letter = _read(new.letter)
        require_near(letter, now)
        row = await draft_rows.locked(tx, announcement_id)
        if row is None:
            if new.version != 0 or await draft_rows.is_published(tx, announcement_id):
                raise CONFLICT()
            await letters.hang_files(tx, letter.file_ids, account_id, now, had=[])
            if not await draft_rows.begin(tx, announcement_id, who.staff_id, letter, account_id, now):
                raise CONFLICT()  # somebody else began under this id at the same moment
            return 1
        require_author(row, who)
        if row["carries"] is not None:
            raise NOT_NOW()  # a form or message is written anew through carrying.py
        was = draft_rows.letter_of(row)
        if letter == was and row["version"] - new.version in (0, 1):
            return int(row["version"])
        require_state(row, "draft")
        if row["version"] != new.version:
            raise CONFLICT()
        await letters.hang_files(tx, letter.file_ids, account_id, now, had=was.file_ids)
        await draft_rows.add_version(tx, announcement_id, row["version"] + 1, letter, account_id, now)
        return int(row["version"]) + 1


async def send(house: House, account_id: UUID, school_id: int, announcement_id: UUID, how: DraftSend) -> str:
    """`waiting` where the school wants a second person, else `scheduled`: it leaves after the moment to think again, or at its hour."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        row = await draft_rows.one(tx, announcement_id)
        who = await standing(tx, school_id, account_id, on=school_day(now))
        require_author(row, who)
        if row["state"] in ("waiting", "scheduled") and row["version"] == how.version:
            return str(row["state"])  # the same request again
        require_state(row, "draft")
        require_version(row, how.version)
        letter, rules = draft_rows.letter_of(row), await rules_of(tx, school_id)
        undo = rules.undo_seconds if how.undo_seconds is None else how.undo_seconds
        await require_ready(tx, account_id, row, now, leaves=leaves_at(letter, now, undo))
        return await set_off(tx, account_id, announcement_id, letter, now, held=is_held(who, rules), undo_seconds=undo)


async def set_off(
    tx: SchoolTx,
    account_id: UUID,
    announcement_id: UUID,
    letter: Letter,
    now: datetime,
    *,
    held: bool,
    undo_seconds: int,
) -> str:
    """The state that it goes to: waiting for a second person, or for its hour."""
    state = "waiting" if held else "scheduled"
    due_at = None if held else leaves_at(letter, now, undo_seconds)
    await draft_rows.move(tx, announcement_id, state, now, due_at=due_at, undo_seconds=undo_seconds)
    action = "announcement.submitted" if held else "announcement.scheduled"
    await record(tx, action, "announcement", announcement_id, at=now, actor=account_id)
    if due_at is not None and due_at <= now:
        tx.ring(JOB, tx.school_id)
    return state


async def take_back(house: House, account_id: UUID, school_id: int, announcement_id: UUID) -> None:
    """Undo, before anything has left: it is a draft again. For the author and the administrator; twice is once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        row = await draft_rows.one(tx, announcement_id)
        require_author(row, await standing(tx, school_id, account_id, on=school_day(now)))
        if row["state"] == "draft":
            return
        require_state(row, "waiting", "scheduled")
        await draft_rows.move(tx, announcement_id, "draft", now)
        await record(tx, "announcement.taken_back", "announcement", announcement_id, at=now, actor=account_id)


async def approve(house: House, account_id: UUID, school_id: int, announcement_id: UUID, version: int) -> None:
    """Of exactly the version that was read. The author's own letter is somebody else's to approve."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        row, who = await _to_decide(tx, account_id, announcement_id, now)
        if row["state"] == "scheduled" and row["approved_by"] == who.staff_id and row["version"] == version:
            return
        require_state(row, "waiting")
        require_version(row, version)
        due_at = leaves_at(draft_rows.letter_of(row), now, row["undo_seconds"])
        await draft_rows.move(
            tx,
            announcement_id,
            "scheduled",
            now,
            due_at=due_at,
            undo_seconds=row["undo_seconds"],
            approved_by=who.staff_id,
        )
        await record(
            tx,
            "announcement.approved",
            "announcement",
            announcement_id,
            at=now,
            actor=account_id,
            detail={"version": version},
        )
        if due_at <= now:
            tx.ring(JOB, school_id)


async def give_back(house: House, account_id: UUID, school_id: int, announcement_id: UUID, reason: str) -> None:
    """Returned to the author with what to mend."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        row, who = await _to_decide(tx, account_id, announcement_id, now)
        text = clean(reason)
        if not text:
            raise INVALID(FieldError("/reason", "Mục này còn trống.", "This field is empty."))
        require_state(row, "waiting")
        await draft_rows.move(tx, announcement_id, "draft", now, returned_by=who.staff_id, reason=text)
        await record(tx, "announcement.returned", "announcement", announcement_id, at=now, actor=account_id)


async def discard(house: House, account_id: UUID, school_id: int, announcement_id: UUID) -> None:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        row = await draft_rows.one(tx, announcement_id)
        require_author(row, await standing(tx, school_id, account_id, on=school_day(now)))
        if row["state"] == "discarded":
            return
        require_state(row, "draft")
        await draft_rows.move(tx, announcement_id, "discarded", now)
        await record(tx, "announcement.discarded", "announcement", announcement_id, at=now, actor=account_id)


async def require_ready(tx: SchoolTx, account_id: UUID, row: Any, now: datetime, *, leaves: datetime) -> None:
    """Whether what the draft holds is whole and its writer's to send: the letter, or what it carries."""
    what = draft_rows.carried_of(row)
    if what is None:
        await require_sendable(tx, account_id, draft_rows.letter_of(row), now, leaves=leaves)
    else:
        await carried.require_whole(tx, account_id, what, now)


async def require_sendable(tx: SchoolTx, account_id: UUID, letter: Letter, now: datetime, *, leaves: datetime) -> None:
    """Whether a letter that is to leave is whole, and its writer may write to these families."""
    to = require_whole(letter, now)
    letters.require_end(letter.expires_at, leaves)
    who = await require_audience(tx, tx.school_id, account_id, to, school_day(now))
    await letters.require_corrected(tx, who, letter.corrects)


def require_whole(letter: Letter, now: datetime) -> To:
    """Raises INVALID with every wrong field."""
    wrong: list[FieldError] = []
    try:
        letters.read_texts(letter.title, letter.body)
    except Problem as refused:
        wrong.extend(refused.errors)
    if letter.audience is None:
        wrong.append(FieldError("/audience", *_NOBODY))
    try:
        require_near(letter, now)
    except Problem as refused:
        wrong.extend(refused.errors)
    if wrong:
        raise INVALID(*wrong)
    assert letter.audience is not None, "a missing audience is refused above"
    return letter.audience


def require_near(letter: Letter, now: datetime) -> None:
    if letter.send_at is not None and letter.send_at > now + letters.AHEAD_MAX:
        raise INVALID(FieldError("/send_at", *_TOO_FAR))


def leaves_at(letter: Letter, now: datetime, undo_seconds: int) -> datetime:
    soonest = now + timedelta(seconds=undo_seconds)
    return max(soonest, letter.send_at) if letter.send_at else soonest


def as_announcement(announcement_id: UUID, letter: Letter) -> NewAnnouncement:
    assert letter.audience is not None, "only a letter that may be sent becomes an announcement"
    title, body = letters.read_texts(letter.title, letter.body)
    return NewAnnouncement(
        announcement_id,
        title,
        body,
        letter.audience,
        letter.needs_acknowledgement,
        letter.urgent,
        letter.expires_at,
        letter.file_ids,
        letter.corrects,
    )


def _read(letter: Letter) -> Letter:
    return msgspec.structs.replace(
        letter,
        title=letters.read_title(letter.title),
        body=letters.read_body(letter.body),
        file_ids=list(dict.fromkeys(letter.file_ids)),
    )


def require_author(row: Any, who: Standing) -> None:
    if row["author_staff_id"] != who.staff_id and not (who.admin and row["state"] in ("waiting", "scheduled")):
        raise FORBIDDEN() if who.admin else NOT_FOUND()


def require_state(row: Any, *states: str) -> None:
    if row["state"] not in states:
        raise NOT_NOW()


def require_version(row: Any, version: int) -> None:
    if row["version"] != version:
        raise CONFLICT()


async def _to_decide(tx: SchoolTx, account_id: UUID, announcement_id: UUID, now: datetime) -> tuple[Any, Standing]:
    who = await standing(tx, tx.school_id, account_id, on=school_day(now))
    if not who.admin:
        raise FORBIDDEN()
    row = await draft_rows.one(tx, announcement_id)
    if row["author_staff_id"] == who.staff_id:
        raise NOT_YOUR_OWN()
    return row, who
