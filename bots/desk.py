"""What a person of the school does in a family's conversation: take it, give it to somebody, answer, hand back. Each deed one transaction.

Reading stands in desk_reading.py, the row itself in handoffs.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

import msgspec

from backend.core.catalogue import say
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError, problem
from backend.core.text import clean_lines
from backend.files import actions as files
from backend.identity.audit import record
from backend.identity.entitlement import STANDING, standing_of
from backend.messages.names import teacher_name
from bots import handoffs, waking, weblines, words
from bots.words import Place
from schemas.chat import HandoffAnswered
from schemas.conversations import AssignTo, Ending, NewWord, Said, TakenBy

TAKEN_ALREADY = problem(
    "conversation-taken",
    409,
    vi="{name} đã nhận cuộc trò chuyện này.",
    en="{name} has taken this conversation already.",
)
ENDED_ALREADY = problem(
    "handoff-already-answered",
    409,
    vi="Cuộc trò chuyện này đã kết thúc.",
    en="This conversation has ended already.",
)
_NOBODY = (
    "Người này không làm việc trong trường hoặc chưa có tài khoản.",
    "This person does not work here or has no account.",
)
_NO_PICTURE = ("Ở đây chỉ gửi được ảnh.", "Only a picture can be sent here.")
_EMPTY = ("Chưa viết gì.", "Nothing is written yet.")


class _Desk(msgspec.Struct, frozen=True):
    """The conversation under lock, and who stands before it."""

    place: Place
    state: str
    taken_by: UUID | None
    taker: str | None
    name: str

    def mine(self, account_id: UUID) -> bool:
        return self.taken_by == account_id


_LOCKED = f"""
WITH who AS ({STANDING})
SELECT h.handoff_id, h.channel, h.chat_id, h.account_id, h.language, h.state, h.taken_by, who.staff_id, who.roles, who.subjects,
       (SELECT t.full_name FROM staff t WHERE t.school_id = $1 AND t.account_id = h.taken_by LIMIT 1) AS taker,
       (SELECT t.full_name FROM staff t WHERE t.school_id = $1 AND t.staff_id = who.staff_id) AS name
  FROM chat_handoffs h
  JOIN who
    ON who.roles && ARRAY['school_admin', 'inbox'] OR h.taken_by = $2
 WHERE h.school_id = $1
   AND h.handoff_id = $5
   FOR UPDATE OF h
"""


async def _at_desk(tx: SchoolTx, account_id: UUID, handoff_id: UUID, now: datetime) -> _Desk:
    """Whoever comes second waits here, and reads what the first has done. Raises NOT_FOUND, ENDED_ALREADY."""
    row = await tx.fetchrow(_LOCKED, tx.school_id, account_id, None, school_day(now), handoff_id)
    if row is None:
        await _refuse_stranger(tx, account_id, now)
        raise NOT_FOUND()
    if row["state"] not in ("waiting", "taken"):
        raise ENDED_ALREADY()
    place = Place(row["handoff_id"], row["channel"], row["chat_id"], row["account_id"], row["language"])
    return _Desk(place, row["state"], row["taken_by"], row["taker"], row["name"])


async def _refuse_stranger(tx: SchoolTx, account_id: UUID, now: datetime) -> None:
    standing_of(await tx.fetchrow(STANDING, tx.school_id, account_id, None, school_day(now)))


# -- Who has it -------------------------------------------------------------------------------------------------------


async def take(house: House, account_id: UUID, school_id: int, handoff_id: UUID) -> TakenBy:
    """Two who take at once: one has it, the other is told who. Taking what one has is no fault."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        desk = await _at_desk(tx, account_id, handoff_id, now)
        await _take(house, tx, desk, account_id, now)
    return TakenBy(handoff_id, "taken", account_id)


async def _take(house: House, tx: SchoolTx, desk: _Desk, account_id: UUID, now: datetime) -> None:
    if desk.mine(account_id):
        return
    if desk.state == "taken":
        raise TAKEN_ALREADY(name=desk.taker or "–")
    await _give(house, tx, desk.place, account_id, desk.name, by=account_id, now=now)


async def assign(house: House, account_id: UUID, school_id: int, handoff_id: UUID, wanted: AssignTo) -> TakenBy:
    """To somebody who works here: a homeroom teacher sees a conversation from then on, and only that one."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        desk = await _at_desk(tx, account_id, handoff_id, now)
        row = await tx.fetchrow(
            """
            SELECT t.account_id, t.full_name
              FROM staff t
             WHERE t.school_id = $1
               AND t.staff_id = $2
               AND t.status = 'active'
               AND t.account_id IS NOT NULL
            """,
            school_id,
            wanted.staff_id,
        )
        if row is None:
            raise INVALID(FieldError("/staff_id", *_NOBODY))
        if not desk.mine(row["account_id"]):
            await _give(house, tx, desk.place, row["account_id"], row["full_name"], by=account_id, now=now)
    return TakenBy(handoff_id, "taken", row["account_id"])


async def _give(
    house: House, tx: SchoolTx, place: Place, to: UUID, name: str, *, by: UUID, now: datetime
) -> None:  # fmt: skip
    await tx.execute(
        """
        UPDATE chat_handoffs h
           SET state = 'taken', taken_by = $3, taken_at = $4
         WHERE h.school_id = $1
           AND h.handoff_id = $2
        """,
        tx.school_id,
        place.handoff_id,
        to,
        now,
    )
    await handoffs.point(tx, place, taken=True, at=now)
    said = say("bots.person_took", place.language, name=teacher_name(name, place.language))
    await _notice(house, tx, place, f"taken/{to}/{now.isoformat()}", said, now)
    detail = {"to": str(to)} if to != by else {}
    if to != by:
        await waking.given(tx, place.handoff_id, to, now)
    action = "handoff.taken" if to == by else "handoff.assigned"
    await record(tx, action, "handoff", place.handoff_id, at=now, actor=by, detail=detail)


async def _notice(house: House, tx: SchoolTx, place: Place, key: str, said: str, now: datetime) -> None:
    """What the assistant says about the conversation itself."""
    word_id = uuid5(place.handoff_id, key)
    await words.tell_family(tx, house.cipher, place, word_id, "house", said, by=None, name="", at=now)


# -- Speaking ---------------------------------------------------------------------------------------------------------


async def reply(house: House, account_id: UUID, school_id: int, handoff_id: UUID, new: NewWord) -> Said:
    """Whoever answers what nobody has taken has taken it by that."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        desk = await _at_desk(tx, account_id, handoff_id, now)
        number = await _say(house, tx, desk, account_id, new.word_id, new.text, now, new.file_id)
    return Said(number, desk.place.channel != "web")


async def _say(
    house: House,
    tx: SchoolTx,
    desk: _Desk,
    account_id: UUID,
    word_id: UUID,
    text: str,
    now: datetime,
    file_id: UUID | None = None,
) -> int:
    picture = await _picture(tx, account_id, file_id, now) if file_id is not None else None
    body = clean_lines(text) or (say("bots.a_picture", desk.place.language) if picture else "")
    if not body:
        raise INVALID(FieldError("/text", *_EMPTY))
    await _take(house, tx, desk, account_id, now)
    name = teacher_name(desk.name, desk.place.language)
    number = await words.tell_family(
        tx, house.cipher, desk.place, word_id, "school", body, by=account_id, name=name, at=now, picture=picture
    )
    if number is None:
        return int(await tx.fetchval(_NUMBER_OF, tx.school_id, desk.place.handoff_id, word_id))
    await tx.execute(
        """
        UPDATE chat_handoffs h
           SET waiting_since = NULL, due_at = NULL
         WHERE h.school_id = $1
           AND h.handoff_id = $2
        """,
        tx.school_id,
        desk.place.handoff_id,
    )
    return number


async def _picture(tx: SchoolTx, account_id: UUID, file_id: UUID, now: datetime) -> words.Picture:
    """What the writer uploaded, as long as it is a picture."""
    [kept] = await files.hang(tx, [file_id], by=account_id, at=now, pointer="/file_id")
    if kept.width is None:
        raise INVALID(FieldError("/file_id", *_NO_PICTURE))
    return words.Picture(file_id, await tx.fetchval(_SMALL, tx.school_id, file_id))


_SMALL = """
SELECT coalesce((SELECT v.content
                   FROM file_variants v
                  WHERE v.school_id = $1
                    AND v.file_id = $2
                  ORDER BY v.edge
                  LIMIT 1), f.content)
  FROM files f
 WHERE f.school_id = $1
   AND f.file_id = $2
"""
_NUMBER_OF = "SELECT w.number FROM chat_words w WHERE w.school_id = $1 AND w.handoff_id = $2 AND w.word_id = $3"


async def types(house: House, account_id: UUID, school_id: int, handoff_id: UUID) -> None:
    """The family sees that an answer is being written; only while it is in the hands of whoever writes."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        desk = await _at_desk(tx, account_id, handoff_id, now)
        if desk.mine(account_id) and desk.place.web_chat is not None:
            await weblines.person_types(tx, desk.place.web_chat, at=now)


# -- The end ----------------------------------------------------------------------------------------------------------


async def finish(
    house: House, account_id: UUID, school_id: int, handoff_id: UUID, how: Literal["hand_back", "close"]
) -> TakenBy:
    """The family is told, unless nobody ever took it: a question that was closed unread got no person to take leave of."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        desk = await _at_desk(tx, account_id, handoff_id, now)
        if desk.state == "taken":
            key = "handed_back" if how == "hand_back" else "conversation_closed"
            await _notice(house, tx, desk.place, f"end/{now.isoformat()}", say(f"bots.{key}", desk.place.language), now)
        state = await _end(tx, desk, account_id, "handed_back" if how == "hand_back" else "closed", now)
    return TakenBy(handoff_id, state, desk.taken_by)


async def _end(tx: SchoolTx, desk: _Desk, account_id: UUID, how: Ending, now: datetime) -> Any:
    state = await handoffs.end(tx, desk.place.handoff_id, how, by=account_id, at=now)
    await record(
        tx, f"handoff.{state}", "handoff", desk.place.handoff_id, at=now, actor=account_id, detail={"how": how}
    )
    return state


async def answer(house: House, account_id: UUID, school_id: int, handoff_id: UUID, text: str) -> HandoffAnswered:
    """One answer and the end of it, or the end without one."""
    now = house.clock.now()
    body = clean_lines(text)
    async with house.database.school(school_id) as tx:
        desk = await _at_desk(tx, account_id, handoff_id, now)
        if body:
            await _say(house, tx, desk, account_id, uuid5(handoff_id, "answer"), body, now)
        state = await _end(tx, desk, account_id, "answered" if body else "closed", now)
    return HandoffAnswered(handoff_id, state, bool(body) and desk.place.channel != "web")
