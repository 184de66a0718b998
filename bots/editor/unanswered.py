"""Questions that found no answer, gathered into groups that a school can turn into answers. It owns chat_unanswered and unanswered_set_aside.

Words are masked before they are kept, and who asked is a hash that only serves to count people.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from backend.core.across_schools import schools_with_old_unanswered
from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import FORBIDDEN, NOT_FOUND
from backend.identity import audit
from backend.identity.entitlement import STANDING, require_role, standing_of
from backend.identity.principal import Principal
from bots import intents, intents_alike, intents_own
from bots.answers.knowledge import every_entry
from bots.answers.layers import Question
from bots.chats import Chat
from bots.editor.masks import masked, of_several_words, without_known_names
from bots.editor.published import knowledge_of
from bots.intents_phrases import NONE
from bots.schools import read_facts
from schemas.knowledge import Unanswered, UnansweredGroup

KEPT: Final = timedelta(days=90)
_QUESTION_MAX: Final = 500
_READ_MAX: Final = 1000
_A_DAY_MAX: Final = 20  # kept of one chat
_GROUPS_MAX: Final = 50
_EXAMPLES_MAX: Final = 5
_NAMESPACE = UUID("0d4c1c6e-6e0b-4a43-9a52-6d0c3b0f5a27")

# Whoever floods the chat fills nobody's list.
_NOTE = """
INSERT INTO chat_unanswered (school_id, asked_id, question, asker, nearest, asked_at)
SELECT $1, $2::uuid, $3::text, $4::bytea, $5::text, $6::timestamptz
 WHERE (SELECT count(*)
          FROM chat_unanswered u
         WHERE u.school_id = $1
           AND u.asker = $4
           AND u.asked_at > $7) < $8
    ON CONFLICT (school_id, asked_id) DO NOTHING
"""
# Newest first: both those that nobody took up, and those that were put to a person.
_READ = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects,
       (SELECT coalesce(json_agg(json_build_object('question', q.question, 'asker', q.asker, 'nearest', q.nearest,
                                                   'asked_at', q.asked_at) ORDER BY q.asked_at DESC, q.question), '[]'::json)
          FROM (SELECT u.question, encode(u.asker, 'hex') AS asker, u.nearest, u.asked_at
                  FROM (SELECT *
                          FROM chat_unanswered
                         WHERE school_id = $1
                           AND asked_at > $5
                         ORDER BY asked_at DESC
                         LIMIT $6) AS u
                 UNION ALL
                SELECT h.question, h.channel || '/' || h.chat_id, '', h.asked_at
                  FROM (SELECT *
                          FROM chat_handoffs
                         WHERE school_id = $1
                           AND asked_at > $5
                         ORDER BY asked_at DESC
                         LIMIT $6) AS h) AS q)::text AS questions,
       array(SELECT words
               FROM unanswered_set_aside
              WHERE school_id = $1
              ORDER BY set_at DESC
              LIMIT $6) AS aside,
       array(SELECT p.name_fold
               FROM pupils p
              WHERE p.school_id = $1
              UNION
             SELECT g.name_fold
               FROM guardians g
              WHERE g.school_id = $1) AS names
  FROM (SELECT 1) AS once
  LEFT JOIN who
    ON true
"""
_SET_ASIDE = """
INSERT INTO unanswered_set_aside (school_id, words, set_by, set_at)
VALUES ($1, $2, $3, $4)
    ON CONFLICT (school_id, words) DO NOTHING
"""
_FORGET = """
DELETE FROM chat_unanswered
 WHERE school_id = $1
   AND asked_at < $2
"""


class Asked(msgspec.Struct, frozen=True):
    """`school_id` is of a question among those of many schools."""

    question: str
    asker: str
    nearest: str
    asked_at: datetime
    school_id: int = 0


_ASKED = msgspec.json.Decoder(list[Asked])


async def note(house: House, school_id: int, chat: Chat, update_id: str, question: str, nearest: str) -> None:
    """Keep what the bot could not place. The same update is kept once."""
    words = masked(question)[:_QUESTION_MAX]
    if not words:
        return
    now = house.clock.now()
    asked_id = uuid5(_NAMESPACE, f"{chat.channel}/{chat.chat_id}/{update_id}")
    asker = _asker(chat.channel, chat.chat_id)
    async with house.database.school(school_id) as tx:
        await tx.execute(
            _NOTE, school_id, asked_id, words, asker, nearest, now, now - timedelta(days=1), _A_DAY_MAX
        )  # fmt: skip


def _asker(channel: str, chat_id: str) -> bytes:
    return hashlib.sha256(f"{channel}/{chat_id}".encode()).digest()[:16]


async def unanswered(house: House, who: Principal, school_id: int) -> Unanswered:
    """For the school's administrators: groups of the last ninety days that nothing published answers, what most people asked first."""
    return Unanswered([group for group, _ in await _groups(house, who, school_id)])


async def group_of(house: House, who: Principal, school_id: int, name: str) -> UnansweredGroup:
    found = next((group for group, _ in await _groups(house, who, school_id) if group.group == name), None)
    if found is None:
        raise NOT_FOUND()
    return found


async def set_aside(house: House, who: Principal, school_id: int, name: str) -> None:
    """No answer is wanted: this group, and whatever is asked like it, is shown no more. Twice is once."""
    now = house.clock.now()
    words = next((words for group, words in await _groups(house, who, school_id) if group.group == name), None)
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, who.account_id, "school_admin", on=school_day(now))
        if words is None:
            return
        await tx.execute(_SET_ASIDE, school_id, words, who.account_id, now)
        await audit.record(tx, "knowledge.set_aside", "knowledge", name, at=now, actor=who.account_id)


async def _groups(house: House, who: Principal, school_id: int) -> list[tuple[UnansweredGroup, str]]:
    now = house.clock.now()
    today = school_day(now)
    reader = house.database.reader
    row = await reader.fetchrow(_READ, school_id, who.account_id, None, today, now - KEPT, _READ_MAX)
    if row is None or not standing_of(row).admin:
        raise FORBIDDEN()
    questions = (await knowledge_of(reader, await read_facts(reader, school_id))).questions(today)
    # Two thousand questions keep a core busy for a second; other requests go on meanwhile.
    return await asyncio.to_thread(_gathered, row, questions)


def _gathered(row: Any, questions: Sequence[Question]) -> list[tuple[UnansweredGroup, str]]:
    asked = _apart(_ASKED.decode(row["questions"]), of_several_words(row["names"]))
    return [(as_group(members, leader), leader) for members, leader in clustered(asked, questions, row["aside"])]


def clustered(
    asked: Sequence[Asked], questions: Sequence[Question], aside: Sequence[str]
) -> list[tuple[list[Asked], str]]:
    """What nothing published answers and nobody set aside, in groups with the words of their first, what most people asked first."""
    asked = [one for one in asked if intents_own.nearest(one.question, questions) is None]
    words = [intents_alike.words_of(one.question) for one in asked]
    kept = [place for place, text in enumerate(words) if text]
    members = [[kept[place] for place in group] for group in intents_alike.grouped([words[place] for place in kept])]
    wanted = [group for group in members if not intents_alike.like_any(words[group[0]], aside)]
    wanted.sort(key=lambda group: (-len({asked[place].asker for place in group}), group[0]))
    return [([asked[place] for place in group], words[group[0]]) for group in wanted[:_GROUPS_MAX]]


def each_once_a_day(asked: Sequence[Asked]) -> list[Asked]:
    """Somebody who says the same again on a day counts once."""
    seen: set[tuple[Any, ...]] = set()
    found = []
    for one in asked:
        key = (one.asker, school_day(one.asked_at), intents_alike.words_of(one.question))
        if key not in seen:
            seen.add(key)
            found.append(one)
    return found


def _apart(asked: Sequence[Asked], names: frozenset[str]) -> list[Asked]:
    """A note to a person joins two messages by a line; each is a question."""
    found = []
    for one in asked:
        asker = one.asker if one.nearest else _asker(*one.asker.split("/", 1)).hex()
        for line in one.question.splitlines():
            shown = without_known_names(masked(line), names)[:_QUESTION_MAX]
            if shown:
                found.append(Asked(shown, asker, one.nearest, one.asked_at))
    return each_once_a_day(found)


def as_group(members: Sequence[Asked], leader: str) -> UnansweredGroup:
    examples = list(dict.fromkeys(one.question for one in members))
    nearest = next((one.nearest for one in members if one.nearest in every_entry()), None)
    return UnansweredGroup(
        hashlib.sha256(leader.encode()).hexdigest()[:16],
        examples[0],
        examples[1 : 1 + _EXAMPLES_MAX],
        len(members),
        len({one.asker for one in members}),
        max(one.asked_at for one in members),
        nearest or _nearest_intent(examples[0]),
    )


def _nearest_intent(question: str) -> str | None:
    """Only what the model itself takes for a question it knows; of one it does not, the nearest would mislead."""
    meant = intents.understand(question)
    return None if meant.intent == NONE or meant.intent.startswith(("my-", "sys-")) else meant.intent


async def forget_old(house: House) -> None:
    """What families asked is not kept longer than a term's questions are of use."""
    before = house.clock.now() - KEPT
    for school_id in await schools_with_old_unanswered(house.database.reader, before):
        async with house.database.school(school_id) as tx:
            await tx.execute(_FORGET, school_id, before)
