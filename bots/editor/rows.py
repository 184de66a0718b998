"""The rows of the knowledge: versions, what is published, confirmed facts, and the deeds that made them so. It owns knowledge_*; no rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import Reader, Tx
from bots.answers.layers import Confirmed, Knowledge, Page
from schemas.knowledge import Content

_VERSIONS_SHOWN = 60
_DEEDS_SHOWN = 100

# Taken first in every deed: the lock under which one owner's deeds follow one another.
_STAMP = """
INSERT INTO knowledge_stamps AS k (owner, stamp)
VALUES ($1, 1)
    ON CONFLICT (owner)
    DO UPDATE SET stamp = k.stamp + 1
RETURNING stamp
"""
_NEWEST = """
SELECT coalesce(max(version), 0)
  FROM knowledge_versions
 WHERE owner = $1
   AND topic = $2
   AND level = $3
"""
_ADD = """
INSERT INTO knowledge_versions (owner, topic, level, version, content, from_on, until_on, made_by, made_at)
VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9)
"""
_VERSION = """
SELECT content::text AS content, from_on, until_on
  FROM knowledge_versions
 WHERE owner = $1
   AND topic = $2
   AND level = $3
   AND version = $4
"""
# What began before makes room; what begins later waits on.
_MAKE_ROOM = """
DELETE FROM knowledge_published
 WHERE owner = $1
   AND topic = $2
   AND level = $3
   AND ($4::date IS NULL OR from_on <= $5 AND $4 <= $5 OR from_on = $4 OR version = $6)
"""
_PUBLISH = """
INSERT INTO knowledge_published (owner, topic, level, version, from_on, until_on, published_by, published_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_CONFIRM = """
INSERT INTO knowledge_facts (owner, topic, fact, vi, en, words_vi, words_en, confirmed_by, confirmed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (owner, topic, fact)
    DO UPDATE SET vi = excluded.vi, en = excluded.en, words_vi = excluded.words_vi, words_en = excluded.words_en,
                  confirmed_by = excluded.confirmed_by, confirmed_at = excluded.confirmed_at
"""
_UNCONFIRM = """
DELETE FROM knowledge_facts
 WHERE owner = $1
   AND topic = $2
   AND fact = $3
RETURNING true
"""
_DEED = """
INSERT INTO knowledge_deeds (owner, number, deed, topic, level, version, line, done_by, done_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


async def stamp(tx: Tx, owner: str) -> int:
    number: int = await tx.fetchval(_STAMP, owner)
    return number


async def newest(tx: Tx, owner: str, topic: str, level: str) -> int:
    number: int = await tx.fetchval(_NEWEST, owner, topic, level)
    return number


async def add_version(
    tx: Tx, owner: str, topic: str, level: str, version: int, content: Content,
    from_on: date, until_on: date | None, *, by: UUID, at: datetime,
) -> None:  # fmt: skip
    encoded = msgspec.json.encode(content).decode()
    await tx.execute(_ADD, owner, topic, level, version, encoded, from_on, until_on, by, at)


async def version(tx: Tx, owner: str, topic: str, level: str, number: int) -> Any:
    return await tx.fetchrow(_VERSION, owner, topic, level, number)


async def publish(
    tx: Tx, owner: str, topic: str, level: str, number: int, from_on: date, until_on: date | None,
    *, by: UUID, at: datetime, today: date,
) -> None:  # fmt: skip
    await tx.execute(_MAKE_ROOM, owner, topic, level, from_on, today, number)
    await tx.execute(_PUBLISH, owner, topic, level, number, from_on, until_on, by, at)


async def withdraw(tx: Tx, owner: str, topic: str, level: str, today: date) -> int:
    """How many published versions were taken away."""
    status = await tx.execute(_MAKE_ROOM, owner, topic, level, None, today, None)
    return int(status.rpartition(" ")[2])


async def confirm(tx: Tx, owner: str, topic: str, fact: str, lines: Confirmed, *, by: UUID, at: datetime) -> None:
    await tx.execute(
        _CONFIRM, owner, topic, fact, lines.vi, lines.en, lines.words_vi, lines.words_en, by, at
    )  # fmt: skip


async def unconfirm(tx: Tx, owner: str, topic: str, fact: str) -> bool:
    return bool(await tx.fetchval(_UNCONFIRM, owner, topic, fact))


async def own_count(tx: Tx, owner: str) -> int:
    number: int = await tx.fetchval(_OWN_COUNT, owner)
    return number


async def add_deed(
    tx: Tx, owner: str, number: int, deed: str, topic: str, level: str, version: int | None, line: str | None,
    *, by: UUID, at: datetime,
) -> None:  # fmt: skip
    await tx.execute(_DEED, owner, number, deed, topic, level, version, line, by, at)


# -- Reads ------------------------------------------------------------------------------------------------------------

_PUBLISHED = """
SELECT p.owner, p.topic, p.level, p.version, v.content::text AS content, p.from_on, p.until_on,
       (p.published_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS published_on,
       NULL AS vi, NULL AS en, NULL AS words_vi, NULL AS words_en
  FROM knowledge_published p
  JOIN knowledge_versions v
    ON v.owner = p.owner
   AND v.topic = p.topic
   AND v.level = p.level
   AND v.version = p.version
 WHERE p.owner = ANY ($1)
 UNION ALL
SELECT f.owner, f.topic, NULL, NULL, NULL, NULL, NULL, NULL, f.vi, f.en, f.words_vi, f.words_en
  FROM knowledge_facts f
 WHERE f.owner = ANY ($1)
"""
_VERSIONS = f"""
SELECT v.topic, v.level, v.version, v.content::text AS content, v.from_on, v.until_on, v.made_at, a.full_name AS made_by,
       p.version IS NOT NULL AS published
  FROM knowledge_versions v
  LEFT JOIN knowledge_published p
    ON p.owner = v.owner
   AND p.topic = v.topic
   AND p.level = v.level
   AND p.version = v.version
  LEFT JOIN accounts a
    ON a.account_id = v.made_by
 WHERE v.owner = $1
   AND v.topic = $2
 ORDER BY v.made_at DESC, v.level, v.version DESC
 LIMIT {_VERSIONS_SHOWN}
"""
_FACTS = """
SELECT f.owner, f.fact, f.words_vi, f.words_en, f.confirmed_at, a.full_name AS by
  FROM knowledge_facts f
  LEFT JOIN accounts a
    ON a.account_id = f.confirmed_by
 WHERE f.owner = ANY ($1)
   AND f.topic = $2
"""
_ALL_FACTS = """
SELECT DISTINCT f.topic, f.fact
  FROM knowledge_facts f
 WHERE f.owner = ANY ($1)
"""
_DEEDS = f"""
SELECT d.deed, d.level, d.version, d.line, d.done_at AS at, a.full_name AS by
  FROM knowledge_deeds d
  LEFT JOIN accounts a
    ON a.account_id = d.done_by
 WHERE d.owner = $1
   AND d.topic = $2
 ORDER BY d.number DESC
 LIMIT {_DEEDS_SHOWN}
"""
# Topics with a newer version than any that was ever published: somebody is at work on them.
_DRAFTED = """
SELECT v.topic
  FROM knowledge_versions v
 WHERE v.owner = $1
 GROUP BY v.topic, v.level
HAVING max(v.version) > coalesce((SELECT max(d.version)
                                    FROM knowledge_deeds d
                                   WHERE d.owner = $1
                                     AND d.deed = 'published'
                                     AND d.topic = v.topic
                                     AND d.level = v.level), 0)
"""
_OWN_COUNT = """
SELECT count(DISTINCT topic)
  FROM knowledge_versions
 WHERE owner = $1
   AND topic LIKE 'own-%'
"""
_OWN_QUESTIONS = """
SELECT DISTINCT ON (v.topic) v.topic, v.content::text AS content
  FROM knowledge_versions v
 WHERE v.owner = $1
   AND v.topic LIKE 'own-%'
 ORDER BY v.topic, v.version DESC
"""


async def published(reader: Reader | Tx, owners: Sequence[str]) -> Knowledge:
    """Everything that these owners tell beside the shipped texts, the nearest owner first: one statement."""
    pages, confirmed = [], []
    for row in await reader.fetch(_PUBLISHED, list(owners)):
        if row["version"] is None:
            confirmed.append(
                Confirmed(row["owner"], row["topic"], row["vi"], row["en"], row["words_vi"], row["words_en"])
            )
        else:
            pages.append(_page(row))
    return Knowledge(owners, pages, confirmed)


def _page(row: Any) -> Page:
    content = msgspec.json.decode(row["content"], type=Content)
    return Page(
        row["owner"], row["topic"], row["level"], row["version"], content,
        row["from_on"], row["until_on"], row["published_on"],
    )  # fmt: skip


async def versions(reader: Reader, owner: str, topic: str) -> Sequence[Any]:
    return await reader.fetch(_VERSIONS, owner, topic)


async def facts(reader: Reader, owners: Sequence[str], topic: str) -> Sequence[Any]:
    return await reader.fetch(_FACTS, list(owners), topic)


async def all_facts(reader: Reader, owners: Sequence[str]) -> set[tuple[str, str]]:
    return {(row["topic"], row["fact"]) for row in await reader.fetch(_ALL_FACTS, list(owners))}


async def deeds(reader: Reader, owner: str, topic: str) -> Sequence[Any]:
    return await reader.fetch(_DEEDS, owner, topic)


async def drafted(reader: Reader, owner: str) -> set[str]:
    return {row["topic"] for row in await reader.fetch(_DRAFTED, owner)}


async def own_questions(reader: Reader, owner: str) -> dict[str, Content]:
    """Also those that were never published."""
    rows = await reader.fetch(_OWN_QUESTIONS, owner)
    return {row["topic"]: msgspec.json.decode(row["content"], type=Content) for row in rows}
