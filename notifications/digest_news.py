"""What a digest has to say: the held notices of one school that are still news, and the end of their deliveries. One school a statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import Database, Reader
from notifications.digests import Piece


class News(msgspec.Struct, frozen=True):
    """One held notice that its reader has not read and may read."""

    piece: Piece
    kind: str
    title: str | None
    children: tuple[tuple[UUID, str], ...]
    language: str
    school_name: str

    @property
    def same(self) -> tuple[object, ...]:
        """What a family would call the same news: one announcement in two schools, one bill reminder for two children."""
        return (self.kind, self.title) if self.title else (self.kind, self.piece.notice_id)


_NEWS = """
SELECT p.notice_id, p.guardian_id, n.kind, n.title, g.language, s.name AS school_name,
       still.children
  FROM unnest($2::uuid[], $3::uuid[]) AS p (notice_id, guardian_id)
  JOIN deliveries d
    ON d.school_id = $1
   AND d.notice_id = p.notice_id
   AND d.guardian_id = p.guardian_id
   AND d.channel = 'push'
   AND d.state = 'held'
  JOIN notices n
    ON n.school_id = $1
   AND n.notice_id = p.notice_id
   AND n.recalled_at IS NULL
  JOIN notice_recipients r
    ON r.school_id = $1
   AND r.notice_id = p.notice_id
   AND r.guardian_id = p.guardian_id
   AND r.opened_at IS NULL
  JOIN guardians g
    ON g.school_id = $1
   AND g.guardian_id = p.guardian_id
  JOIN schools s
    ON s.school_id = $1
 CROSS JOIN LATERAL (
       SELECT json_agg(json_build_array(pupil.pupil_id, pupil.full_name) ORDER BY pupil.sort_key)::text AS children
         FROM guardianships bond
         JOIN pupils pupil
           ON pupil.school_id = bond.school_id
          AND pupil.pupil_id = bond.pupil_id
        WHERE bond.school_id = $1
          AND bond.guardian_id = p.guardian_id
          AND bond.pupil_id = ANY (r.pupil_ids)
          AND bond.can_view
          AND bond.gets_notices
          AND bond.valid_from <= $4
          AND (bond.valid_to IS NULL OR bond.valid_to >= $4)) AS still
 WHERE still.children IS NOT NULL
 ORDER BY r.notice_id, r.guardian_id
"""

_CHILDREN = msgspec.json.Decoder(tuple[tuple[UUID, str], ...])


async def news_of(reader: Reader, pieces: Sequence[Piece], *, on: date) -> list[News]:
    found: list[News] = []
    for school_id, mine in by_school(pieces).items():
        rows = await reader.fetch(
            _NEWS, school_id, [one.notice_id for one in mine], [one.guardian_id for one in mine], on
        )
        whose = {(one.notice_id, one.guardian_id): one for one in mine}
        found += [_news(whose[row["notice_id"], row["guardian_id"]], row) for row in rows]
    return found


def _news(piece: Piece, row: Any) -> News:
    children = _CHILDREN.decode(row["children"])
    return News(piece, row["kind"], row["title"], children, row["language"], row["school_name"])


# A family that had read meanwhile was reached without us; whatever else is no longer news had lost its reader.
_END = """
UPDATE deliveries d
   SET state       = CASE WHEN o.state = 'sent' THEN 'sent' ELSE 'skipped' END,
       reason      = CASE WHEN r.opened_at IS NOT NULL THEN 'already_read' ELSE o.reason END,
       finished_at = $6
  FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) AS o (notice_id, guardian_id, state, reason)
  JOIN notice_recipients r
    ON r.school_id = $1
   AND r.notice_id = o.notice_id
   AND r.guardian_id = o.guardian_id
 WHERE d.school_id = $1
   AND d.notice_id = o.notice_id
   AND d.guardian_id = o.guardian_id
   AND d.channel = 'push'
   AND d.state = 'held'
"""


async def end(database: Database, ended: Mapping[Piece, tuple[str, str]], *, at: datetime) -> None:
    """(state, reason) of each delivery whose digest is over."""
    for school_id, pieces in by_school(list(ended)).items():
        async with database.school(school_id) as tx:
            await tx.execute(
                _END,
                school_id,
                [one.notice_id for one in pieces],
                [one.guardian_id for one in pieces],
                [ended[one][0] for one in pieces],
                [ended[one][1] for one in pieces],
                at,
            )


def by_school(pieces: Sequence[Piece]) -> dict[int, list[Piece]]:
    found: dict[int, list[Piece]] = {}
    for piece in pieces:
        found.setdefault(piece.school_id, []).append(piece)
    return found
