"""A step is told to the guardians who may act for the child, but to whoever took it. A sensitive kind is not named, not even after signing in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.ids import new_id
from notifications.outbox import GuardiansNotice, publish_to_guardians


class About(msgspec.Struct, frozen=True):
    """`said` is the state, or `postponed`."""

    dossier_id: UUID
    number: str
    pupil_id: UUID
    title_vi: str
    title_en: str
    sensitive: bool
    said: str
    promised_on: date | None


_TOLD = """
SELECT DISTINCT b.guardian_id
  FROM guardianships b
  JOIN guardians g
    ON g.school_id = b.school_id
   AND g.guardian_id = b.guardian_id
 WHERE b.school_id = $1
   AND b.pupil_id = $2
   AND b.can_view
   AND b.can_act
   AND b.valid_from <= $3
   AND (b.valid_to IS NULL OR b.valid_to >= $3)
   AND g.account_id IS DISTINCT FROM $4
 ORDER BY b.guardian_id
"""


async def tell(tx: SchoolTx, about: About, *, by: UUID, at: datetime) -> None:
    rows = await tx.fetch(_TOLD, tx.school_id, about.pupil_id, school_day(at), by)
    if not rows:
        return
    notice = GuardiansNotice(
        notice_id=new_id(),
        guardian_ids=tuple(row["guardian_id"] for row in rows),
        pupil_ids=(about.pupil_id,),
        kind="dossier",
        source_kind="dossier",
        source_id=str(about.dossier_id),
        params=_params(about),
    )
    await publish_to_guardians(tx, [notice], at=at)


def _params(about: About) -> dict[str, Any]:
    params: dict[str, Any] = {"number": about.number, "said": about.said}
    if not about.sensitive:
        params |= {"title_vi": about.title_vi, "title_en": about.title_en}
    if about.promised_on is not None:
        params["promised_on"] = about.promised_on.isoformat()
    return params
