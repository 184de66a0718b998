"""Questions over an area's schools that found no answer, in groups, for its officers: numbers and masked words. It owns no table.

An area is entitled to what many ask, not to what a family asks: a group is shown from three people on, questions put to a person of a
school are not among them, and the names of each school's roll are taken out besides whatever was masked when the question was kept.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from backend.core.across_schools import unanswered_in_area
from backend.core.clock import school_day
from backend.core.database import Reader
from backend.core.house import House
from backend.core.problems import NOT_FOUND
from backend.core.text import fold
from backend.identity.principal import Principal
from bots.answers.layers import Question
from bots.editor import rows
from bots.editor.masks import of_several_words, without_known_names
from bots.editor.owners import Owner, require, with_those_above
from bots.editor.unanswered import KEPT, Asked, as_group, clustered, each_once_a_day
from schemas.knowledge import AreaUnanswered, AreaUnansweredGroup

PEOPLE_LEAST = 3
_READ_MAX = 3000
_OF_A_SCHOOL_MAX = 100
# $2 the folded words of this school's questions that are about to be shown.
_NAMES_IN = """
SELECT p.name_fold
  FROM pupils p
 WHERE p.school_id = $1
   AND strpos($2, p.name_fold) > 0
 UNION
SELECT g.name_fold
  FROM guardians g
 WHERE g.school_id = $1
   AND strpos($2, g.name_fold) > 0
"""


async def unanswered(house: House, who: Principal, area_code: str) -> AreaUnanswered:
    """For the area's officers: of the last ninety days, what neither the area nor what was shipped answers, what most people asked first."""
    now, reader, owner = house.clock.now(), house.database.reader, Owner(area_code=area_code)
    today = school_day(now)
    await require(reader, who, owner, today)
    found = await unanswered_in_area(reader, area_code, now - KEPT, of_a_school=_OF_A_SCHOOL_MAX, limit=_READ_MAX)
    asked = [msgspec.convert(dict(row), Asked) for row in found]
    questions = (await rows.published(reader, await with_those_above(reader, owner))).questions(today)
    groups = await asyncio.to_thread(_grouped, asked, questions)
    return AreaUnanswered([await _told(reader, members, leader) for members, leader in groups])


async def group_of(house: House, who: Principal, area_code: str, name: str) -> AreaUnansweredGroup:
    for group in (await unanswered(house, who, area_code)).groups:
        if group.group == name:
            return group
    raise NOT_FOUND()


def _grouped(asked: Sequence[Asked], questions: Sequence[Question]) -> list[tuple[list[Asked], str]]:
    groups = clustered(each_once_a_day(asked), questions, [])
    return [(members, leader) for members, leader in groups if len({one.asker for one in members}) >= PEOPLE_LEAST]


async def _told(reader: Reader, members: Sequence[Asked], leader: str) -> AreaUnansweredGroup:
    by_school: dict[int, list[str]] = defaultdict(list)
    for one in members:
        by_school[one.school_id].append(one.question)
    hidden = {
        school_id: of_several_words(
            row["name_fold"] for row in await reader.fetch(_NAMES_IN, school_id, fold("\n".join(texts)))
        )
        for school_id, texts in by_school.items()
    }
    shown = [
        msgspec.structs.replace(one, question=without_known_names(one.question, hidden[one.school_id]))
        for one in members
    ]
    group = as_group(shown, leader)
    return AreaUnansweredGroup(**msgspec.structs.asdict(group), schools=len(by_school))
