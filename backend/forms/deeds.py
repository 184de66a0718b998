"""What is written when somebody signs: who they are to these pupils, the very text, the newest that counts. It owns form_signatures, where
rows are only added, and form_answers, their newest state. The rules of when stand in signing.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.problems import CONFLICT, FORBIDDEN, NOT_FOUND
from backend.core.versions import TOUCH_FAMILIES
from backend.forms import slip
from backend.identity.audit import record
from schemas.forms import Answers, Device, Per, Question, Signed, SlipSeal

QUESTIONS = msgspec.json.Decoder(list[Question])
ANSWERS = msgspec.json.Decoder(Answers)


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The form as it stands while the transaction holds it: nobody words it anew or closes it meanwhile."""

    school_name: str
    form_id: UUID
    version: int
    signature: Any
    title: str
    body: str
    questions: list[Question]
    open: bool
    notice_id: UUID
    per: Per


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What is about to be written under one signature."""

    signature_id: UUID
    deed: Any
    via: Any
    signer_name: str
    drawing: bytes | None
    account_id: UUID
    device: Device
    at: datetime
    entered_by: str | None = None
    copied: bool = False


_HOLD = """
SELECT s.name AS school_name, f.version, f.signature, v.title, v.body, v.questions::text AS questions,
       f.closed_at IS NULL AND f.due_on >= $3 AS open, f.notice_id, f.per
  FROM forms f
  JOIN form_versions v
    ON v.school_id = f.school_id
   AND v.form_id = f.form_id
   AND v.version = f.version
  JOIN schools s
    ON s.school_id = f.school_id
 WHERE f.school_id = $1
   AND f.form_id = $2
   FOR SHARE OF f
"""

# The guardians that an account is to these pupils, with what of theirs came last. The pupils are held one after the other in one order,
# so that two people who sign for the same children at the same moment number their deeds one after the other.
_WHOSE = """
SELECT a.pupil_id, bond.guardian_id, bond.can_act, bond.kind, family.full_name AS guardian_name, p.full_name AS pupil_name,
       (SELECT room.name
          FROM enrolments seat
          JOIN classes room
            ON room.school_id = seat.school_id
           AND room.class_id = seat.class_id
         WHERE seat.school_id = $1
           AND seat.pupil_id = a.pupil_id
           AND (seat.to_on IS NULL OR seat.to_on >= $5)
         ORDER BY seat.from_on DESC
         LIMIT 1) AS class_name
  FROM form_pupils a
  JOIN pupils p
    ON p.school_id = a.school_id
   AND p.pupil_id = a.pupil_id
  JOIN guardianships bond
    ON bond.school_id = a.school_id
   AND bond.pupil_id = a.pupil_id
   AND bond.can_view
   AND bond.valid_from <= $5
   AND (bond.valid_to IS NULL OR bond.valid_to >= $5)
  JOIN guardians family
    ON family.school_id = bond.school_id
   AND family.guardian_id = bond.guardian_id
 WHERE a.school_id = $1
   AND {whose} = $2
   AND a.form_id = $3
   AND a.pupil_id = ANY ($4::uuid[])
 ORDER BY a.pupil_id, bond.guardian_id
   FOR UPDATE OF a
"""
OF_ACCOUNT = _WHOSE.format(whose="family.account_id")
BY_NAME = _WHOSE.format(whose="family.guardian_id")
_NEWEST = """
SELECT s.pupil_id, s.guardian_id, s.number, s.deed, s.via, s.version, s.answers::text AS answers, s.signer_name
  FROM form_answers d
  JOIN form_signatures s
    ON s.school_id = d.school_id
   AND s.form_id = d.form_id
   AND s.pupil_id = d.pupil_id
   AND s.guardian_id = d.guardian_id
   AND s.number = d.number
 WHERE d.school_id = $1
   AND d.form_id = $2
   AND d.pupil_id = ANY ($3::uuid[])
"""


async def hold(tx: SchoolTx, form_id: UUID, now: datetime) -> Words:
    row = await tx.fetchrow(_HOLD, tx.school_id, form_id, school_day(now))
    if row is None:
        raise NOT_FOUND()
    return Words(
        school_name=row["school_name"],
        form_id=form_id,
        version=row["version"],
        signature=row["signature"],
        title=row["title"],
        body=row["body"],
        questions=QUESTIONS.decode(row["questions"]),
        open=row["open"],
        notice_id=row["notice_id"],
        per=row["per"],
    )


async def people_of(
    tx: SchoolTx, whose: UUID, form_id: UUID, pupil_ids: Sequence[UUID], now: datetime, *, sql: str = OF_ACCOUNT
) -> list[dict[str, Any]]:
    """Raises NOT_FOUND for other people's children and for those the form does not ask about, FORBIDDEN without custody."""
    rows = await tx.fetch(sql, tx.school_id, whose, form_id, list(pupil_ids), school_day(now))
    if {row["pupil_id"] for row in rows} != set(pupil_ids):
        raise NOT_FOUND()
    entitled = [row for row in rows if row["can_act"]]
    if {row["pupil_id"] for row in entitled} != set(pupil_ids):
        raise FORBIDDEN()
    # Read once the pupils are held: what came last may have come while we waited.
    newest = {
        (row["pupil_id"], row["guardian_id"]): row
        for row in await tx.fetch(_NEWEST, tx.school_id, form_id, list(pupil_ids))
    }
    return [_with_newest(row, newest.get((row["pupil_id"], row["guardian_id"]))) for row in entitled]


def _with_newest(row: Any, newest: Any) -> dict[str, Any]:
    last = {"number": 0, "deed": None, "via": None, "version": None, "answers": "{}", "signer_name": None}
    return {**dict(row), **last, **(dict(newest) if newest is not None else {})}


_REPEATED = """
SELECT form_id, deed, account_id, pupil_id, slip_sha256, happened_at
  FROM form_signatures
 WHERE school_id = $1
   AND signature_id = $2
 ORDER BY pupil_id, guardian_id
"""


async def repeated(
    tx: SchoolTx, form_id: UUID, signature_id: UUID, deed: str, *, account_id: UUID, pupil_ids: Sequence[UUID]
) -> Signed | None:
    """The answer of the first time. The same id for another form, deed, person or child is a conflict: that one is not signed."""
    rows = await tx.fetch(_REPEATED, tx.school_id, signature_id)
    if not rows:
        return None
    same = all((row["form_id"], row["deed"], row["account_id"]) == (form_id, deed, account_id) for row in rows)
    if not same or {row["pupil_id"] for row in rows} != set(pupil_ids):
        raise CONFLICT()
    return _signed(signature_id, rows[0]["happened_at"], [(row["pupil_id"], row["slip_sha256"]) for row in rows])


def _signed(signature_id: UUID, at: datetime, slips: Sequence[tuple[UUID, bytes]]) -> Signed:
    """A person who stands twice in the roll signs once for each child."""
    seals = {pupil_id: sha256.hex() for pupil_id, sha256 in reversed(slips)}
    return Signed(signature_id, at, [SlipSeal(pupil_id, seals[pupil_id]) for pupil_id in sorted(seals)])


_WRITE = f"""
WITH deed AS (
        INSERT INTO form_signatures (school_id, form_id, pupil_id, guardian_id, number, signature_id, deed, via, version,
                                     answers, signer_name, drawing, slip, slip_sha256, account_id, device, happened_at, copied)
        SELECT $1, $2, n.pupil_id, n.guardian_id, n.number, $3, $4, $5, $6, n.answers::jsonb, $7, $8, n.slip, n.sha256, $9, $10, $11, $18
          FROM unnest($12::uuid[], $13::uuid[], $14::int[], $15::text[], $16::text[], $17::bytea[])
            AS n (pupil_id, guardian_id, number, answers, slip, sha256)
     RETURNING pupil_id, guardian_id, number, deed, version),
     newest AS (
        INSERT INTO form_answers (school_id, form_id, pupil_id, guardian_id, number, deed, version)
        SELECT $1, $2, d.pupil_id, d.guardian_id, d.number, d.deed, d.version
          FROM deed d
            ON CONFLICT (school_id, form_id, pupil_id, guardian_id)
            DO UPDATE SET number = excluded.number, deed = excluded.deed, version = excluded.version)
{TOUCH_FAMILIES.format(pupils="SELECT unnest($12::uuid[])")}
"""


async def write(
    tx: SchoolTx, form: Words, deed: Deed, people: Sequence[dict[str, Any]], answers: Sequence[Answers]
) -> Signed:
    """One deed for each child and guardian, each with the very text that is signed and its SHA-256."""
    drawing = hashlib.sha256(deed.drawing).hexdigest() if deed.drawing else None
    slips = [_slip(form, deed, one, said, drawing) for one, said in zip(people, answers, strict=True)]
    hashes = [hashlib.sha256(text.encode()).digest() for text in slips]
    await tx.execute(
        _WRITE,
        tx.school_id,
        form.form_id,
        deed.signature_id,
        deed.deed,
        deed.via,
        form.version,
        deed.signer_name,
        deed.drawing,
        deed.account_id,
        deed.device,
        deed.at,
        [one["pupil_id"] for one in people],
        [one["guardian_id"] for one in people],
        [one["number"] + 1 for one in people],
        [msgspec.json.encode(said).decode() for said in answers],
        slips,
        hashes,
        deed.copied,
    )
    detail = {"pupils": len({one["pupil_id"] for one in people}), "version": form.version, "via": deed.via}
    await record(tx, f"form.{deed.deed}", "form", form.form_id, at=deed.at, actor=deed.account_id, detail=detail)
    pairs = [(one["pupil_id"], sha256) for one, sha256 in zip(people, hashes, strict=True)]
    return _signed(deed.signature_id, deed.at, pairs)


def _slip(form: Words, deed: Deed, one: dict[str, Any], answers: Answers, drawing: str | None) -> str:
    return slip.text_of(
        slip.Signing(
            deed=deed.deed,
            school_name=form.school_name,
            form_id=str(form.form_id),
            version=form.version,
            title=form.title,
            body=form.body,
            questions=form.questions,
            signature=form.signature,
            pupil_name=one["pupil_name"],
            class_name=one["class_name"],
            answers=answers,
            relation=one["kind"],
            guardian_name=one["guardian_name"],
            signer_name=deed.signer_name,
            drawing_sha256=drawing,
            at=deed.at,
            device=deed.device,
            entered_by=deed.entered_by,
        )
    )
