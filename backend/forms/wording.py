"""A form's words: read from what was typed, kept as a version, and told again to those who had signed others. It owns form_versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from backend.announcements.area_folding import told_elsewhere
from backend.core.database import SchoolTx
from backend.core.ids import new_id
from backend.core.problems import INVALID, FieldError
from backend.core.text import clean, clean_lines
from backend.forms import problems, questions, slip
from notifications.outbox import GuardiansNotice, publish_to_guardians
from schemas.forms import Question


class Words(msgspec.Struct, frozen=True):
    """A form's words as they are kept."""

    title: str
    body: str
    questions: list[Question]

    @property
    def sha256(self) -> bytes:
        return slip.text_sha256(self.title, self.body, self.questions)


def read_words(title: str, body: str, asked: Sequence[Question], *, signature: str) -> Words:
    """The title on one line; the body keeps its lines, at most one empty one between two."""
    title, body = clean(title), clean_lines(body)
    tidied, wrong = questions.tidy(asked)
    if not title:
        wrong.insert(0, FieldError("/title", *problems.EMPTY))
    if signature == "answer" and not tidied:
        wrong.append(FieldError("/questions", *problems.NOTHING_ASKED))
    if not body and not tidied:
        wrong.append(FieldError("/body", *problems.EMPTY))
    if wrong:
        raise INVALID(*wrong)
    return Words(title, body, tidied)


async def insert_version(
    tx: SchoolTx, form_id: UUID, version: int, words: Words, account_id: UUID, at: datetime
) -> None:
    await tx.execute(
        """
        INSERT INTO form_versions (school_id, form_id, version, title, body, questions, text_sha256, made_by, made_at)
        VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9)
        """,
        tx.school_id,
        form_id,
        version,
        words.title,
        words.body,
        msgspec.json.encode(words.questions).decode(),
        words.sha256,
        account_id,
        at,
    )


async def tell_again(tx: SchoolTx, form: Any, words: Words, signed: Sequence[Any], *, at: datetime) -> int:
    """Those who had signed hear that the words are others now; everybody else meets the new words when they open the form."""
    together: dict[tuple[UUID, ...], list[UUID]] = {}
    told_of = await _told_elsewhere(tx, form, signed, at)
    for row in signed:
        if row["guardian_id"] in told_of:
            continue
        together.setdefault(tuple(row["pupil_ids"]), []).append(row["guardian_id"])
    params = {**told(form["form_id"], words.title, form["due_on"], form["signature"]), "changed": True}
    notices = [
        GuardiansNotice(
            notice_id=new_id(),
            guardian_ids=tuple(guardian_ids),
            pupil_ids=pupil_ids,
            kind="form",
            source_kind="form",
            source_id=str(form["form_id"]),
            params=params,
        )
        for pupil_ids, guardian_ids in together.items()
    ]
    return (await publish_to_guardians(tx, notices, at=at)).guardians


async def _told_elsewhere(tx: SchoolTx, form: Any, signed: Sequence[Any], at: datetime) -> set[UUID]:
    if form["per"] != "family":
        return set()
    guardian_ids = [row["guardian_id"] for row in signed]
    return await told_elsewhere(tx, uuid5(form["form_id"], f"after version {form['version']}"), guardian_ids, at)


def told(form_id: UUID, title: str, due_on: date, signature: str, *, per: str = "pupil") -> dict[str, Any]:
    """What a notice about one form carries, for its words and its way to the form. Of one that a family answers once for all its
    children, the notices in several schools are copies of one."""
    copies = {"area": str(form_id)} if per == "family" else {}
    return copies | {
        "forms": [{"form_id": str(form_id), "title": title, "due_on": due_on.isoformat(), "signature": signature}]
    }
