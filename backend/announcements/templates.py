"""Models of letters: the school's own, and those that come with the house as data. It owns announcement_templates."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from uuid import UUID

from backend.announcements.letters import gaps_of, read_body, read_title
from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError
from backend.core.text import clean
from backend.identity.audit import record
from backend.identity.entitlement import require_role, standing
from schemas.templates import Template, TemplateIn, TemplateList

_FILE = Path(__file__).parent / "templates.toml"
_EMPTY = ("Mục này còn trống.", "This field is empty.")


@cache
def _house() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return found


_OWN = """
SELECT m.template_id, m.name, m.title, m.body
  FROM announcement_templates m
 WHERE m.school_id = $1
   AND m.closed_at IS NULL
 ORDER BY m.name, m.template_id
 LIMIT 200
"""
_KNOWN = """
SELECT s.name AS truong,
       (SELECT c.name
          FROM classes c
         WHERE c.school_id = $1
           AND c.class_id = $2) AS lop
  FROM schools s
 WHERE s.school_id = $1
"""


async def templates(
    house: House, account_id: UUID, school_id: int, *, language: str, class_id: UUID | None = None
) -> TemplateList:
    """For everybody who works in the school, with what is known filled in: the school, and the class that is written to."""
    reader = house.database.reader
    await standing(reader, school_id, account_id, on=school_day(house.clock.now()))
    known = dict(await reader.fetchrow(_KNOWN, school_id, class_id) or {})
    own = [
        _filled(str(row["template_id"]), row["name"], row["title"], row["body"], known, own=True)
        for row in await reader.fetch(_OWN, school_id)
    ]
    coming = [
        _filled(
            key, one[f"name_{language}"], one[f"title_{language}"], one[f"body_{language}"].strip(), known, own=False
        )
        for key, one in _house().items()
    ]
    return TemplateList(own + coming)


def _filled(key: str, name: str, title: str, body: str, known: dict[str, str | None], *, own: bool) -> Template:
    for gap, text in known.items():
        if text:
            title, body = title.replace(f"{{{gap}}}", text), body.replace(f"{{{gap}}}", text)
    return Template(key, name, title, body, own, list(dict.fromkeys([*gaps_of(title), *gaps_of(body)])))


async def put_template(house: House, account_id: UUID, school_id: int, template_id: UUID, new: TemplateIn) -> Template:
    """An administrator's; the same again changes nothing."""
    now = house.clock.now()
    name, title, body = clean(new.name), read_title(new.title), read_body(new.body)
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        wrong = [FieldError(f"/{field}", *_EMPTY) for field, text in (("name", name), ("body", body)) if not text]
        if wrong:
            raise INVALID(*wrong)
        await tx.execute(
            """
            INSERT INTO announcement_templates (school_id, template_id, name, title, body, changed_by, changed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (school_id, template_id)
                DO UPDATE SET name = $3, title = $4, body = $5, changed_by = $6, changed_at = $7, closed_at = NULL
            """,
            school_id,
            template_id,
            name,
            title,
            body,
            account_id,
            now,
        )
        await record(tx, "announcement.template", "template", template_id, at=now, actor=account_id)
    return _filled(str(template_id), name, title, body, {}, own=True)


async def close_template(house: House, account_id: UUID, school_id: int, template_id: UUID) -> None:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        found = await tx.fetchval(
            """
            UPDATE announcement_templates
               SET closed_at = coalesce(closed_at, $3)
             WHERE school_id = $1
               AND template_id = $2
            RETURNING true
            """,
            school_id,
            template_id,
            now,
        )
        if not found:
            raise NOT_FOUND()
        await record(tx, "announcement.template_closed", "template", template_id, at=now, actor=account_id)
