"""For whom a plan's form asks: the whole school, grades, classes, or pupils named by their codes. One kind at a time."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from backend.core.database import Reader
from backend.core.problems import INVALID, FieldError

_BETWEEN = re.compile(r"[\s,;]+")
_NAMED_MAX = 500


async def chosen(reader: Reader, school_id: int, form: dict[str, str]) -> dict[str, Any]:
    """The audience as NewPlan wants it. Raises INVALID where two kinds were chosen or a code is nobody's."""
    grades = [int(name[6:]) for name in form if name.startswith("grade-") and name[6:].isdecimal()]
    classes = [name.removeprefix("class-") for name in form if name.startswith("class-")]
    codes = list(dict.fromkeys(code.casefold() for code in _BETWEEN.split(form.get("pupils", "")) if code))
    if sum(map(bool, (grades, classes, codes))) > 1:
        raise INVALID(
            FieldError(
                "/pupils", "Chỉ chọn một cách: khối, lớp hoặc học sinh.", "Choose one: grades, classes or pupils."
            )
        )
    if codes:
        return {"scope": "pupils", "pupil_ids": await _pupils(reader, school_id, codes[: _NAMED_MAX + 1])}
    if grades:
        return {"scope": "grade", "grades": grades}
    return {"scope": "class", "class_ids": classes} if classes else {"scope": "school"}


async def _pupils(reader: Reader, school_id: int, codes: list[str]) -> list[str]:
    if len(codes) > _NAMED_MAX:
        raise INVALID(FieldError("/pupils", f"Nhiều nhất {_NAMED_MAX} học sinh.", f"At most {_NAMED_MAX} pupils."))
    rows = await reader.fetch(
        """
        SELECT pupil_id, lower(school_code) AS school_code, lower(moedu_id) AS moedu_id
          FROM pupils
         WHERE school_id = $1
           AND (lower(school_code) = ANY ($2::text[])
                OR lower(moedu_id) = ANY ($2::text[])
                OR pupil_id::text = ANY ($2::text[]))
        """,
        school_id,
        codes,
    )
    by_code: dict[str, UUID] = {}
    for row in rows:
        by_code |= {
            name: row["pupil_id"] for name in (row["moedu_id"], row["school_code"], str(row["pupil_id"])) if name
        }
    unknown = ", ".join([code for code in codes if code not in by_code][:10])
    if unknown:
        raise INVALID(
            FieldError("/pupils", f"Không có học sinh mang mã: {unknown}.", f"No pupil has the code: {unknown}.")
        )
    return list(dict.fromkeys(str(by_code[code]) for code in codes))
