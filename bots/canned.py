"""Ready answers of a school, in both languages, with blanks for the family at hand. It owns canned_answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import Reader, SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError, problem
from backend.core.text import clean, clean_lines
from backend.identity.audit import record
from backend.identity.entitlement import STANDING, require_role
from backend.messages.names import teacher_name
from schemas.conversations import CannedAnswer, CannedAnswers, CannedIn, Conversation

BLANKS: Final = ("ten_phu_huynh", "ten_con", "ten_truong", "dien_thoai", "nguoi_tra_loi")
ANSWERS_MAX: Final = 100
TOO_MANY_CANNED = problem(
    "too-many-canned-answers",
    409,
    vi="Mỗi trường giữ tối đa {most} câu trả lời mẫu. Xin bỏ bớt câu không dùng.",
    en="A school keeps {most} ready answers at most. Please remove one that is not used.",
)
_BLANK = re.compile(r"\{([^{}]*)\}")
_UNKNOWN = (
    "Không có chỗ trống tên {name}. Có thể dùng: {known}.",
    "There is no blank named {name}. There are: {known}.",
)
_BRACES = ("Ngoặc nhọn chỉ dùng cho chỗ trống, ví dụ {ten_con}.", "Braces are for blanks only, such as {ten_con}.")
_EMPTY = ("Chưa viết gì.", "Nothing is written yet.")

_ALL = """
SELECT c.canned_id, c.title, c.body_vi, c.body_en
  FROM canned_answers c
 WHERE c.school_id = $1
   AND c.removed_at IS NULL
 ORDER BY lower(c.title), c.canned_id
 LIMIT $2
"""


async def read(house: House, account_id: UUID, school_id: int) -> CannedAnswers:
    """For everybody who works here: who was given a conversation may use them."""
    reader, today = house.database.reader, school_day(house.clock.now())
    if await reader.fetchrow(STANDING, school_id, account_id, None, today) is None:
        await require_role(reader, school_id, account_id, on=today)
    rows = await reader.fetch(_ALL, school_id, ANSWERS_MAX)
    return CannedAnswers([CannedAnswer(*row) for row in rows])


async def keep(house: House, account_id: UUID, school_id: int, canned_id: UUID, wanted: CannedIn) -> CannedAnswer:
    """New, or in the place of what had this id. For who runs the school or keeps its inbox."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", "inbox", on=school_day(now))
        answer = _checked(canned_id, wanted)
        await _refuse_too_many(tx, canned_id)
        await tx.execute(
            """
            INSERT INTO canned_answers AS c (school_id, canned_id, title, body_vi, body_en, changed_by, changed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (school_id, canned_id)
                DO UPDATE SET title = $3, body_vi = $4, body_en = $5, changed_by = $6, changed_at = $7, removed_at = NULL
            """,
            school_id, canned_id, answer.title, answer.body_vi, answer.body_en, account_id, now,
        )  # fmt: skip
        await record(tx, "canned_answer.kept", "canned_answer", canned_id, at=now, actor=account_id)
    return answer


async def _refuse_too_many(tx: SchoolTx, canned_id: UUID) -> None:
    others = await tx.fetchval(
        """
        SELECT count(*)
          FROM canned_answers c
         WHERE c.school_id = $1
           AND c.canned_id <> $2
           AND c.removed_at IS NULL
        """,
        tx.school_id,
        canned_id,
    )
    if others >= ANSWERS_MAX:
        raise TOO_MANY_CANNED(most=ANSWERS_MAX)


async def remove(house: House, account_id: UUID, school_id: int, canned_id: UUID) -> None:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", "inbox", on=school_day(now))
        gone = await tx.fetchval(
            """
            UPDATE canned_answers c
               SET removed_at = $3, changed_by = $4
             WHERE c.school_id = $1
               AND c.canned_id = $2
               AND c.removed_at IS NULL
         RETURNING true
            """,
            school_id,
            canned_id,
            now,
            account_id,
        )
        if gone is None:
            raise NOT_FOUND()
        await record(tx, "canned_answer.removed", "canned_answer", canned_id, at=now, actor=account_id)


def _checked(canned_id: UUID, wanted: CannedIn) -> CannedAnswer:
    """Raises INVALID with a pointer to every text whose blanks nobody could fill."""
    found = CannedAnswer(canned_id, clean(wanted.title), clean_lines(wanted.body_vi), clean_lines(wanted.body_en))
    wrong = [] if found.title else [FieldError("/title", *_EMPTY)]
    for name in ("body_vi", "body_en"):
        wrong += _wrong_blanks(f"/{name}", getattr(found, name))
    if wrong:
        raise INVALID(*wrong)
    return found


def _wrong_blanks(pointer: str, body: str) -> list[FieldError]:
    if not body:
        return [FieldError(pointer, *_EMPTY)]
    unknown = [name for name in _BLANK.findall(body) if name not in BLANKS]
    if unknown:
        named = {"name": "{" + unknown[0] + "}", "known": ", ".join("{" + name + "}" for name in BLANKS)}
        return [FieldError(pointer, *(text.format(**named) for text in _UNKNOWN))]
    return [FieldError(pointer, *_BRACES)] if set("{}") & set(_BLANK.sub("", body)) else []


# -- Filled for a family ----------------------------------------------------------------------------------------------


async def blanks_of(reader: Reader, school_id: int, talk: Conversation, answerer: str) -> dict[str, str]:
    """What stands in the blanks, in the family's language."""
    row: Any = await reader.fetchrow("SELECT s.name, s.phone FROM schools s WHERE s.school_id = $1", school_id)
    english = talk.language == "en"
    children = [one.rpartition(" (")[0] or one for one in talk.pupils]
    return {
        "ten_phu_huynh": talk.asked_by or ("you" if english else "anh/chị"),
        "ten_con": children[0] if len(children) == 1 else ("your child" if english else "con"),
        "ten_truong": row["name"],
        "dien_thoai": row["phone"] or ("the school's office" if english else "văn phòng trường"),
        "nguoi_tra_loi": teacher_name(answerer, talk.language),
    }


def filled(answer: CannedAnswer, language: str, blanks: Mapping[str, str]) -> str:
    body = answer.body_en if language == "en" else answer.body_vi
    return _BLANK.sub(lambda found: blanks.get(found.group(1), found.group()), body)
