"""What a school says about itself in chat: phones, address, hours, account, and its own answers. It reads reference tables only."""

from __future__ import annotations

from typing import Any

import msgspec

from backend.core.database import Reader
from backend.people.about import FACTS as OWN_FACTS

_NAMES = (
    "school_id", "name", "address", "phone", "duty_phone", "email", "office_hours", "website", "level",
    "account_number", "account_name", "bank_bin", "knowledge_stamps",
)  # fmt: skip
# $1 school_id; without one, the house's only school.
FACTS = """
SELECT s.school_id, s.name, s.address, s.phone, s.duty_phone, s.email, s.office_hours, s.website, s.level, s.facts::text AS facts,
       b.account_number, b.account_name, b.bank_bin,
       (SELECT string_agg(k.owner || '@' || k.stamp, ' '
                          ORDER BY k.owner NOT LIKE 'school:%', k.owner IS DISTINCT FROM 'area:' || s.commune_code)
          FROM knowledge_stamps k
         WHERE k.owner IN ('school:' || s.school_id, 'area:' || s.commune_code, 'area:' || s.province_code)) AS knowledge_stamps
  FROM schools s
  LEFT JOIN LATERAL (SELECT a.account_number, a.account_name, a.bank_bin
                       FROM bank_accounts a
                      WHERE a.school_id = s.school_id
                        AND a.closed_at IS NULL
                      ORDER BY a.bank_account_id
                      LIMIT 1) AS b
    ON true
 WHERE s.school_id = coalesce($1, (SELECT min(o.school_id)
                                    FROM schools o
                                  HAVING count(*) = 1))
"""

# What a line of an answer may leave blank for the school to fill.
FACT_NAMES = frozenset(OWN_FACTS) | {
    "name", "address", "phone", "duty_phone", "email", "office_hours", "website", "account_number", "account_name",
}  # fmt: skip


def facts_of(row: Any) -> dict[str, str]:
    """Names of blanks → what the school says; what it has not said is missing. `row` has the columns of FACTS."""
    facts = {name: str(row[name]) for name in _NAMES if row[name]}
    return facts | _own(msgspec.json.decode(row["facts"]))


async def read_facts(reader: Reader, school_id: int | None) -> dict[str, str]:
    """Of one school; empty without one. A turn reads them with its context instead."""
    row = None if school_id is None else await reader.fetchrow(FACTS, school_id)
    return {} if row is None else facts_of(row)


def _own(raw: Any) -> dict[str, str]:
    """`{"answers": {intent: {"vi": …, "en": …}}, "school_hours": …}` flattened to answer.<intent>.<language> and plain names."""
    found: dict[str, str] = {}
    if not isinstance(raw, dict):
        return found
    for name, value in raw.items():
        if isinstance(value, str) and value.strip():
            found[name] = value.strip()
    answers = raw.get("answers")
    for intent, texts in answers.items() if isinstance(answers, dict) else ():
        for language, text in texts.items() if isinstance(texts, dict) else ():
            if isinstance(text, str) and text.strip():
                found[f"answer.{intent}.{language}"] = text.strip()
    return found


async def schools_of(reader: Reader, account_id: Any) -> list[int]:
    """Schools where the account is somebody's guardian. It says where to ask, not what may be read."""
    rows = await reader.fetch(
        """
        SELECT DISTINCT p.school_id
          FROM account_persons p
         WHERE p.account_id = $1
           AND p.person_kind = 'guardian'
         ORDER BY p.school_id
         LIMIT 20
        """,
        account_id,
    )
    return [row["school_id"] for row in rows]
