"""What the notice checker says of a post: a child's private data, and children compared. It owns no table; a person decides."""

from __future__ import annotations

from datetime import datetime

from backend.announcements.checking import Audience, Checked, Context, check
from backend.core.database import Reader
from schemas.drafts import Found

# A feed asks for no deadline and no place; what it must not do is expose a child or rank children.
_ASKED = ("personal_data_exposed", "comparison_of_pupils")
_SCHOOL = """
SELECT s.name, s.level, s.ownership,
       array(SELECT c.name
               FROM classes c
               JOIN school_years y
                 ON y.school_id = c.school_id
                AND y.school_year = c.school_year
                AND y.is_current
              WHERE c.school_id = $1
              ORDER BY c.name_fold) AS classes
  FROM schools s
 WHERE s.school_id = $1
"""


async def context_of(reader: Reader, school_id: int) -> Context:
    row = await reader.fetchrow(_SCHOOL, school_id)
    assert row is not None, "whoever works in a school has it"
    return Context(
        ownership=row["ownership"],
        level=None if row["level"] == "mixed" else row["level"],
        school_name=row["name"],
        classes=tuple(row["classes"]),
    )


def found_in(body: str, context: Context, at: datetime, language: str) -> list[Found]:
    """Pure."""
    if not body.strip():
        return []
    judged = check(Checked(text=body, sent_at=at, audience=Audience(), attachments=()), context)
    return [Found(one.name, one.sentence(language), one.span or None) for one in judged.defects if one.name in _ASKED]
