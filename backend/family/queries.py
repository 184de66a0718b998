"""What a family reads across the rooms, each in one statement with the right to read joined in. It owns no table."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from backend.core.database import Reader
from schemas.family import NoticeRow

_NOTICES = msgspec.json.Decoder(list[NoticeRow])


async def unread_notices(
    reader: Reader, school_id: int, account_id: UUID, on: date, *, limit: int = 10
) -> list[NoticeRow]:
    """The newest notices to an account that it has not opened, newest first. Empty for a stranger.

    Being addressed is not enough: a guardian who has since lost the right to see the child reads nothing about it.
    """
    found = await reader.fetchval(
        """
        SELECT coalesce(json_agg(json_build_object('notice_id', u.notice_id, 'kind', u.kind, 'title', u.title,
                                                   'body', u.body, 'params', u.params, 'urgent', u.urgent,
                                                   'needs_acknowledgement', u.needs_acknowledgement,
                                                   'created_at', u.created_at, 'opened_at', null,
                                                   'acknowledged_at', u.acknowledged_at, 'pupil_ids', u.pupil_ids)
                                 ORDER BY u.created_at DESC, u.notice_id), '[]'::json)::text
          FROM (SELECT n.notice_id, n.kind, n.title, n.body, n.params, n.urgent, n.needs_acknowledgement, n.created_at,
                       r.acknowledged_at, r.pupil_ids
                  FROM guardians family
                  JOIN notice_recipients r
                    ON r.school_id = family.school_id
                   AND r.guardian_id = family.guardian_id
                   AND r.opened_at IS NULL
                  JOIN notices n
                    ON n.school_id = r.school_id
                   AND n.notice_id = r.notice_id
                   AND n.recalled_at IS NULL
                 WHERE family.school_id = $1
                   AND family.account_id = $2
                   AND EXISTS (SELECT
                                 FROM guardianships bond
                                WHERE bond.school_id = r.school_id
                                  AND bond.guardian_id = r.guardian_id
                                  AND bond.pupil_id = ANY (r.pupil_ids)
                                  AND bond.can_view
                                  AND bond.valid_from <= $3
                                  AND (bond.valid_to IS NULL OR bond.valid_to >= $3))
                 ORDER BY r.created_at DESC
                 LIMIT $4) AS u
        """,
        school_id,
        account_id,
        on,
        limit,
    )
    return _NOTICES.decode(found)
