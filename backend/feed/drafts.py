"""Writing a post: its words, its pictures, and the children on them. It owns feed_posts, feed_photos and feed_photo_pupils with posts.py.

A draft is kept as a whole. Whoever changes a post that waits for approval takes it back to a draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import CONFLICT, INVALID, NOT_FOUND, FieldError
from backend.core.text import clean_lines
from backend.feed import problems
from backend.files import actions as files
from backend.identity.audit import record
from backend.identity.entitlement import Standing, require_class
from schemas.feed import PostIn, PostKept

POST = """
SELECT post_id, class_id, author_account_id, kind, pupil_id, body, state, notice_id
  FROM feed_posts
 WHERE school_id = $1
   AND post_id = $2
   FOR UPDATE
"""


_NO_CLASS = ("Không có lớp này trong trường.", "There is no such class in this school.")
_CLASS = """
SELECT true
  FROM classes
 WHERE school_id = $1
   AND class_id = $2
"""


async def keep_draft(
    house: House, account_id: UUID, school_id: int, post_id: UUID, draft: PostIn
) -> tuple[PostKept, bool]:
    """By whoever teaches the class. The second value says whether the post is new."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await require_class(tx, school_id, account_id, draft.class_id, on=school_day(now), subject="*")
        if not await tx.fetchval(_CLASS, school_id, draft.class_id):
            raise INVALID(FieldError("/class_id", *_NO_CLASS))
        await _require_pupils(tx, draft, school_day(now))
        before = await tx.fetchrow(POST, school_id, post_id)
        if before is not None:
            _require_same(before, draft, account_id)
        await _write(tx, post_id, draft, who, account_id, now)
        await _hang_photos(tx, post_id, draft, account_id, now)
        if before is None:
            await record(tx, "feed.drafted", "feed_post", post_id, at=now, actor=account_id)
        return PostKept(post_id, "draft"), before is None


def _require_same(before: Any, draft: PostIn, account_id: UUID) -> None:
    if before["author_account_id"] != account_id:
        raise NOT_FOUND()
    if before["class_id"] != draft.class_id:
        raise CONFLICT()
    if before["state"] not in ("draft", "waiting"):
        raise problems.NOT_DRAFT()


async def _require_pupils(tx: SchoolTx, draft: PostIn, today: date) -> None:
    """Raises INVALID with every field that is wrong in itself; what a publication needs is asked later."""
    wrong = _wrong_photos(draft)
    if draft.kind == "pupil_praise" and draft.pupil_id is None:
        wrong.append(FieldError("/pupil_id", *problems.WHOM))
    elif draft.kind != "pupil_praise" and draft.pupil_id is not None:
        wrong.append(FieldError("/pupil_id", *problems.NOBODY_ELSE))
    elif draft.pupil_id is not None and not await tx.fetchval(
        _SITS, tx.school_id, draft.class_id, draft.pupil_id, today
    ):
        wrong.append(FieldError("/pupil_id", *problems.NOT_IN_CLASS))
    known = await known_pupils(tx, [one for photo in draft.photos for one in photo.pupil_ids])
    for n, photo in enumerate(draft.photos):
        for m, pupil_id in enumerate(photo.pupil_ids):
            if pupil_id not in known:
                wrong.append(FieldError(f"/photos/{n}/pupil_ids/{m}", *problems.NO_SUCH_PUPIL))
    if wrong:
        raise INVALID(*wrong)


def _wrong_photos(draft: PostIn) -> list[FieldError]:
    wrong, seen = [], set()
    for n, photo in enumerate(draft.photos):
        if photo.file_id in seen:
            wrong.append(FieldError(f"/photos/{n}/file_id", *problems.TWICE))
        if photo.pupil_ids and photo.nobody_recognisable:
            wrong.append(FieldError(f"/photos/{n}/nobody_recognisable", *problems.BOTH))
        seen.add(photo.file_id)
    return wrong


_SITS = """
SELECT true
  FROM enrolments
 WHERE school_id = $1
   AND class_id = $2
   AND pupil_id = $3
   AND from_on <= $4
   AND (to_on IS NULL OR to_on >= $4)
"""


async def known_pupils(tx: SchoolTx, pupil_ids: Sequence[UUID]) -> set[UUID]:
    if not pupil_ids:
        return set()
    rows = await tx.fetch(
        """
        SELECT pupil_id
          FROM pupils
         WHERE school_id = $1
           AND pupil_id = ANY ($2::uuid[])
        """,
        tx.school_id,
        list(pupil_ids),
    )
    return {row["pupil_id"] for row in rows}


async def _write(tx: SchoolTx, post_id: UUID, draft: PostIn, who: Standing, account_id: UUID, at: datetime) -> None:
    body = clean_lines(draft.body)
    await tx.execute(
        """
        INSERT INTO feed_posts (school_id, post_id, class_id, author_staff_id, author_account_id, kind, pupil_id, body,
                                comments_allowed, state, made_at, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'draft', $10, $10)
            ON CONFLICT (school_id, post_id)
            DO UPDATE SET kind = excluded.kind, pupil_id = excluded.pupil_id, body = excluded.body,
                          comments_allowed = excluded.comments_allowed, state = 'draft', changed_at = excluded.changed_at
        """,
        tx.school_id, post_id, draft.class_id, who.staff_id, account_id, draft.kind, draft.pupil_id, body,
        draft.comments_allowed, at,
    )  # fmt: skip


async def _hang_photos(tx: SchoolTx, post_id: UUID, draft: PostIn, account_id: UUID, at: datetime) -> None:
    """The pictures anew. What is no longer on the post and on nothing else is deleted."""
    had = await unhang(tx, post_id)
    wanted = [photo.file_id for photo in draft.photos]
    kept = await files.hang(tx, wanted, by=account_id, at=at, pointer="/photos", had=had)
    papers = {one.file_id for one in kept if one.width is None}
    wrong = [
        FieldError(f"/photos/{n}/file_id", *problems.PICTURES_ONLY) for n, one in enumerate(wanted) if one in papers
    ]
    if wrong:
        raise INVALID(*wrong)
    await tx.executemany(
        """
        INSERT INTO feed_photos (school_id, post_id, file_id, place, nobody_recognisable)
        VALUES ($1, $2, $3, $4, $5)
        """,
        [
            (tx.school_id, post_id, photo.file_id, place, photo.nobody_recognisable)
            for place, photo in enumerate(draft.photos)
        ],
    )
    await tag(tx, post_id, [(photo.file_id, one) for photo in draft.photos for one in photo.pupil_ids], account_id, at)
    await files.forget(tx, [one for one in had if one not in wanted])


async def tag(tx: SchoolTx, post_id: UUID, pairs: Sequence[tuple[UUID, UUID]], account_id: UUID, at: datetime) -> None:
    """Pairs of a file and a pupil. Twice is once."""
    await tx.execute(
        """
        INSERT INTO feed_photo_pupils (school_id, post_id, file_id, pupil_id, tagged_by, tagged_at)
        SELECT $1, $2, pair.file_id, pair.pupil_id, $5, $6
          FROM unnest($3::uuid[], $4::uuid[]) AS pair (file_id, pupil_id)
            ON CONFLICT DO NOTHING
        """,
        tx.school_id,
        post_id,
        [file_id for file_id, _ in pairs],
        [pupil_id for _, pupil_id in pairs],
        account_id,
        at,
    )


async def unhang(tx: SchoolTx, post_id: UUID) -> list[UUID]:
    """Takes all pictures off a post; the files are still there."""
    await tx.execute(
        """
        DELETE FROM feed_photo_pupils
         WHERE school_id = $1
           AND post_id = $2
        """,
        tx.school_id,
        post_id,
    )
    rows = await tx.fetch(
        """
        DELETE FROM feed_photos
         WHERE school_id = $1
           AND post_id = $2
        RETURNING file_id
        """,
        tx.school_id,
        post_id,
    )
    return [row["file_id"] for row in rows]


async def delete_draft(house: House, account_id: UUID, school_id: int, post_id: UUID) -> None:
    """By its author, before anybody could read it. What was published is hidden instead, so that its place stays."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        before = await tx.fetchrow(POST, school_id, post_id)
        if before is None or before["author_account_id"] != account_id:
            raise NOT_FOUND()
        if before["state"] not in ("draft", "waiting"):
            raise problems.NOT_DRAFT()
        had = await unhang(tx, post_id)
        await tx.execute("DELETE FROM feed_posts WHERE school_id = $1 AND post_id = $2", school_id, post_id)
        await files.forget(tx, had)
        await record(tx, "feed.draft_deleted", "feed_post", post_id, at=now, actor=account_id)
