"""What was signed, to be shown and proved: the family its own, the author and the administrator everybody's. It owns no table.

The text is kept byte for byte as it was signed, so its SHA-256 can be checked by anybody who has a copy.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.core.house import House
from backend.core.problems import NOT_FOUND
from backend.forms import queries
from schemas.forms import SignedSlip, SlipHistory


class Stored(msgspec.Struct, frozen=True):
    slip: SignedSlip
    drawing: bytes | None


_DEEDS = """
SELECT s.name AS school_name, v.title, p.full_name AS pupil_name, z.slip, encode(z.slip_sha256, 'hex') AS sha256, z.deed,
       z.signer_name, z.via, z.device, z.happened_at, z.version, z.number, z.drawing,
       z.deed = 'signed' AND z.version = f.version AND d.number = z.number AS counts
  FROM form_signatures z
  JOIN form_answers d
    ON d.school_id = z.school_id
   AND d.form_id = z.form_id
   AND d.pupil_id = z.pupil_id
   AND d.guardian_id = z.guardian_id
  JOIN forms f
    ON f.school_id = z.school_id
   AND f.form_id = z.form_id
  JOIN form_versions v
    ON v.school_id = z.school_id
   AND v.form_id = z.form_id
   AND v.version = z.version
  JOIN pupils p
    ON p.school_id = z.school_id
   AND p.pupil_id = z.pupil_id
  JOIN schools s
    ON s.school_id = z.school_id
 WHERE z.school_id = $1
   AND z.form_id = $2
   AND z.pupil_id = $3
   AND {whose}
 ORDER BY z.number
"""
# $5 the school's day: who may no longer see the child reads nothing more about it, not even what they signed themselves.
_OWN = _DEEDS.format(
    whose="""z.guardian_id = (SELECT family.guardian_id
                           FROM guardians family
                           JOIN guardianships bond
                             ON bond.school_id = family.school_id
                            AND bond.guardian_id = family.guardian_id
                            AND bond.pupil_id = $3
                            AND bond.can_view
                            AND bond.valid_from <= $5
                            AND (bond.valid_to IS NULL OR bond.valid_to >= $5)
                          WHERE family.school_id = $1
                            AND family.account_id = $4
                          ORDER BY bond.can_act DESC, family.guardian_id
                          LIMIT 1)"""
)
_SOMEBODYS = _DEEDS.format(whose="z.guardian_id = $4")


async def own(
    reader: Reader, school_id: int, account_id: UUID, form_id: UUID, pupil_id: UUID, *, on: date
) -> list[Stored]:
    """The reader's own deeds for a child, oldest first. Raises NOT_FOUND where there are none."""
    return _stored(await reader.fetch(_OWN, school_id, form_id, pupil_id, account_id, on))


async def somebodys(
    house: House,
    school_id: int,
    account_id: UUID,
    form_id: UUID,
    pupil_id: UUID,
    guardian_id: UUID,
    *,
    on: date,
    how: str,
) -> list[Stored]:
    """A guardian's deeds for a pupil, for the author and the administrator; the reading is recorded."""
    reader = house.database.reader
    await queries.require_answers(reader, school_id, account_id, form_id, today=on)
    await queries.recorded(house, school_id, account_id, form_id, how)
    return _stored(await reader.fetch(_SOMEBODYS, school_id, form_id, pupil_id, guardian_id))


# A file that some answer to the form names; {whose} narrows it to the reader's own.
_FILE = """
SELECT true
  FROM form_signatures z
 CROSS JOIN LATERAL jsonb_each_text(z.answers) AS said
 WHERE z.school_id = $1
   AND z.form_id = $2
   AND said.value = $3
   {whose}
 LIMIT 1
"""
_ANY_FILE = _FILE.format(whose="")
_OWN_FILE = _FILE.format(
    whose="""AND EXISTS (SELECT
                 FROM guardians family
                 JOIN guardianships bond
                   ON bond.school_id = family.school_id
                  AND bond.guardian_id = family.guardian_id
                  AND bond.can_view
                  AND bond.valid_from <= $5
                  AND (bond.valid_to IS NULL OR bond.valid_to >= $5)
                WHERE family.school_id = $1
                  AND family.account_id = $4
                  AND family.guardian_id = z.guardian_id
                  AND bond.pupil_id = z.pupil_id)"""
)


async def require_own_file(
    reader: Reader, school_id: int, account_id: UUID, form_id: UUID, file_id: UUID, *, on: date
) -> None:
    """Raises NOT_FOUND for a file that is not in an answer of the reader's own."""
    if not await reader.fetchval(_OWN_FILE, school_id, form_id, str(file_id), account_id, on):
        raise NOT_FOUND()


async def require_file(
    house: House, school_id: int, account_id: UUID, form_id: UUID, file_id: UUID, *, on: date
) -> None:
    """For the author and the administrator; the reading is recorded."""
    reader = house.database.reader
    await queries.require_answers(reader, school_id, account_id, form_id, today=on)
    if not await reader.fetchval(_ANY_FILE, school_id, form_id, str(file_id)):
        raise NOT_FOUND()
    await queries.recorded(house, school_id, account_id, form_id, "file")


def history(found: list[Stored]) -> SlipHistory:
    return SlipHistory([one.slip for one in found])


def numbered(found: list[Stored], number: int) -> Stored:
    """Raises NOT_FOUND for a number that the history has not."""
    for one in found:
        if one.slip.number == number:
            return one
    raise NOT_FOUND()


def _stored(rows: list[Any]) -> list[Stored]:
    if not rows:
        raise NOT_FOUND()
    return [Stored(_slip(row), row["drawing"]) for row in rows]


def _slip(row: Any) -> SignedSlip:
    return SignedSlip(
        school_name=row["school_name"],
        title=row["title"],
        pupil_name=row["pupil_name"],
        text=row["slip"],
        sha256=row["sha256"],
        deed=row["deed"],
        signer_name=row["signer_name"],
        via=row["via"],
        device=row["device"],
        at=row["happened_at"],
        version=row["version"],
        counts=row["counts"],
        drawn=row["drawing"] is not None,
        number=row["number"],
    )
