"""A post's way: handed in, approved by somebody else, published, taken out of sight. No picture passes without every child's consent.

Consent is asked when a post is handed in, again when it is approved, and by visible.py at every reading.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import FORBIDDEN, INVALID, NOT_FOUND, FieldError
from backend.core.text import clean
from backend.core.versions import TOUCH_FAMILIES
from backend.feed import drafts, problems, settings
from backend.feed.visible import AGREED
from backend.identity.audit import record
from backend.identity.entitlement import Standing, standing
from notifications.audience import OneClass, SomePupils
from notifications.outbox import Notice, publish, recall
from schemas.feed import MoreTags, PostKept


async def hand_in(house: House, account_id: UUID, school_id: int, post_id: UUID) -> PostKept:
    """By its author. It is published at once where the school wants no approval, otherwise it waits. Twice is once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        post, _ = await _of_class(tx, account_id, post_id, school_day(now))
        if post["author_account_id"] != account_id:
            raise NOT_FOUND()
        if post["state"] in ("waiting", "published"):
            return PostKept(post_id, post["state"])
        if post["state"] != "draft":
            raise problems.NOT_DRAFT()
        await _require_ready(tx, post, school_day(now))
        if (await settings.of_school(tx, school_id)).approval == "none":
            await _publish(tx, post, None, now)
            await record(tx, "feed.published", "feed_post", post_id, at=now, actor=account_id)
            return PostKept(post_id, "published")
        await tx.execute(
            """
            UPDATE feed_posts
               SET state = 'waiting', changed_at = $3, decided_by = NULL, decided_at = NULL, decision_note = NULL
             WHERE school_id = $1
               AND post_id = $2
            """,
            school_id,
            post_id,
            now,
        )
        await record(tx, "feed.handed_in", "feed_post", post_id, at=now, actor=account_id)
        return PostKept(post_id, "waiting")


async def approve(house: House, account_id: UUID, school_id: int, post_id: UUID) -> PostKept:
    """Never by its author. A consent that was withdrawn meanwhile stops it here."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        post = await _to_decide(tx, account_id, post_id, school_day(now))
        if post["state"] == "published":
            return PostKept(post_id, "published")
        if post["state"] != "waiting":
            raise problems.NOT_WAITING()
        await _require_ready(tx, post, school_day(now))
        await _publish(tx, post, account_id, now)
        await record(tx, "feed.approved", "feed_post", post_id, at=now, actor=account_id)
        return PostKept(post_id, "published")


async def send_back(house: House, account_id: UUID, school_id: int, post_id: UUID, note: str) -> None:
    """To its author, who reads why."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        post = await _to_decide(tx, account_id, post_id, school_day(now))
        if post["state"] != "waiting":
            raise problems.NOT_WAITING()
        await _decide(tx, post_id, "draft", account_id, now, clean(note) or None)
        await record(tx, "feed.sent_back", "feed_post", post_id, at=now, actor=account_id)


def may_approve(approval: str, who: Standing, *, author: bool) -> bool:
    """Where a second teacher approves, it is one of the class; an administrator may always, except for the own post."""
    return not author and (who.admin or (approval == "teacher" and who.of_class))


def oversees(who: Standing, *, author: bool) -> bool:
    """Whether somebody may hide the post, and decides on the comments under it."""
    return author or who.admin or who.homeroom


async def _to_decide(tx: SchoolTx, account_id: UUID, post_id: UUID, today: date) -> Any:
    post, who = await _of_class(tx, account_id, post_id, today)
    if post["author_account_id"] == account_id:
        raise problems.OWN_POST()
    if not may_approve((await settings.of_school(tx, tx.school_id)).approval, who, author=False):
        raise FORBIDDEN()
    return post


async def _of_class(tx: SchoolTx, account_id: UUID, post_id: UUID, today: date) -> tuple[Any, Standing]:
    """The post, locked, and what the account is to its class. Raises NOT_FOUND for who is nothing to it."""
    post = await tx.fetchrow(drafts.POST, tx.school_id, post_id)
    who = await standing(tx, tx.school_id, account_id, class_id=post["class_id"] if post else None, on=today)
    if post is None or not who.of_class:
        raise NOT_FOUND()
    if post["state"] == "draft" and post["author_account_id"] != account_id:
        raise NOT_FOUND()
    return post, who


_PHOTOS = f"""
SELECT dense_rank() OVER (ORDER BY photo.place) - 1 AS photo_number, photo.nobody_recognisable, tag.pupil_id, kid.full_name,
       tag.pupil_id IS NOT NULL AND {AGREED} AS agreed
  FROM feed_posts p
  JOIN feed_photos photo
    ON photo.school_id = p.school_id
   AND photo.post_id = p.post_id
  LEFT JOIN feed_photo_pupils tag
    ON tag.school_id = photo.school_id
   AND tag.post_id = photo.post_id
   AND tag.file_id = photo.file_id
  LEFT JOIN pupils kid
    ON kid.school_id = tag.school_id
   AND kid.pupil_id = tag.pupil_id
 WHERE p.school_id = $1
   AND p.post_id = $2
 ORDER BY photo.place, kid.sort_key, tag.pupil_id
"""


async def _require_ready(tx: SchoolTx, post: Any, today: date) -> None:
    rows = await tx.fetch(_PHOTOS, tx.school_id, post["post_id"], today)
    if not post["body"]:
        if post["kind"] != "news":
            raise INVALID(FieldError("/body", *problems.PRAISE_EMPTY))
        if not rows:
            raise INVALID(FieldError("/body", *problems.EMPTY))
    wrong = []
    for row in rows:
        pointer = f"/photos/{row['photo_number']}"
        if row["pupil_id"] is None and not row["nobody_recognisable"]:
            wrong.append(FieldError(pointer, *problems.UNTAGGED))
        elif row["pupil_id"] is not None and not row["agreed"]:
            wrong.append(FieldError(f"{pointer}/pupil_ids/{row['pupil_id']}", *problems.lacking(row["full_name"])))
    if wrong:
        raise problems.PHOTOS_NOT_READY(*wrong)


_CLASSMATES = """
SELECT seat.pupil_id
  FROM enrolments seat
 WHERE seat.school_id = $1
   AND seat.class_id = (SELECT p.class_id
                          FROM feed_posts p
                         WHERE p.school_id = $1
                           AND p.post_id = $2)
"""
_SET_PUBLISHED = """
UPDATE feed_posts
   SET state = 'published', changed_at = $3, published_at = $3, decided_by = $4, decided_at = $5, decision_note = NULL, notice_id = $6
 WHERE school_id = $1
   AND post_id = $2
"""
_TOUCH_CLASS = TOUCH_FAMILIES.format(pupils=_CLASSMATES)


async def _publish(tx: SchoolTx, post: Any, decided_by: UUID | None, now: datetime) -> None:
    """The praise of one child is told to its family alone, also where others may read it."""
    notice_id = new_id()
    decided_at = now if decided_by else None
    await tx.execute(_SET_PUBLISHED, tx.school_id, post["post_id"], now, decided_by, decided_at, notice_id)
    praised = post["pupil_id"]
    to = OneClass(post["class_id"]) if praised is None else SomePupils((praised,))
    notice = Notice(
        notice_id=notice_id,
        kind="feed",
        source_kind="feed_post",
        source_id=str(post["post_id"]),
        params={"praise": post["kind"] != "news"},
        created_by=post["author_account_id"],
        created_at=now,
    )
    await publish(tx, notice, to)
    await touch_class(tx, post["post_id"])


async def touch_class(tx: SchoolTx, post_id: UUID) -> None:
    """The families of everybody who ever sat in the post's class: what they see of it may have changed."""
    await tx.execute(_TOUCH_CLASS, tx.school_id, post_id)


async def _decide(tx: SchoolTx, post_id: UUID, state: str, by: UUID, at: datetime, note: str | None) -> None:
    await tx.execute(
        """
        UPDATE feed_posts
           SET state = $3, changed_at = $5, decided_by = $4, decided_at = $5, decision_note = $6
         WHERE school_id = $1
           AND post_id = $2
        """,
        tx.school_id,
        post_id,
        state,
        by,
        at,
        note,
    )


async def hide(house: House, account_id: UUID, school_id: int, post_id: UUID, note: str) -> None:
    """By its author, the homeroom teacher or an administrator. Families see that something stood there. Twice is once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        post, who = await _of_class(tx, account_id, post_id, school_day(now))
        if not oversees(who, author=post["author_account_id"] == account_id):
            raise FORBIDDEN()
        if post["state"] == "hidden":
            return
        if post["state"] != "published":
            raise problems.NOT_PUBLISHED()
        await take_down(tx, post, account_id, now, clean(note) or None)
        await record(tx, "feed.hidden", "feed_post", post_id, at=now, actor=account_id)


async def take_down(tx: SchoolTx, post: Any, by: UUID, at: datetime, note: str | None) -> None:
    await _decide(tx, post["post_id"], "hidden", by, at, note)
    if post["notice_id"] is not None:
        await recall(tx, post["notice_id"], at=at)
    await touch_class(tx, post["post_id"])


async def show(house: House, account_id: UUID, school_id: int, post_id: UUID) -> None:
    """An administrator brings a hidden post back; nobody is told of it again."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        post, who = await _of_class(tx, account_id, post_id, school_day(now))
        if not who.admin:
            raise FORBIDDEN()
        if post["state"] == "published":
            return
        if post["state"] != "hidden":
            raise problems.NOT_PUBLISHED()
        await bring_back(tx, post_id, account_id, now)
        await record(tx, "feed.shown", "feed_post", post_id, at=now, actor=account_id)


async def bring_back(tx: SchoolTx, post_id: UUID, by: UUID, at: datetime) -> None:
    await _decide(tx, post_id, "published", by, at, None)
    await touch_class(tx, post_id)


async def tag_more(house: House, account_id: UUID, school_id: int, post_id: UUID, more: MoreTags) -> None:
    """By whoever teaches the class, also after publication: a child without consent takes the picture out of sight."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await _of_class(tx, account_id, post_id, school_day(now))
        there = await tx.fetchval(
            """
            UPDATE feed_photos
               SET nobody_recognisable = false
             WHERE school_id = $1
               AND post_id = $2
               AND file_id = $3
            RETURNING true
            """,
            school_id,
            post_id,
            more.file_id,
        )
        if not there:
            raise NOT_FOUND()
        known = await drafts.known_pupils(tx, more.pupil_ids)
        wrong = [
            FieldError(f"/pupil_ids/{n}", *problems.NO_SUCH_PUPIL)
            for n, one in enumerate(more.pupil_ids)
            if one not in known
        ]
        if wrong:
            raise INVALID(*wrong)
        await drafts.tag(tx, post_id, [(more.file_id, one) for one in more.pupil_ids], account_id, now)
        await touch_class(tx, post_id)
        detail = {"file_id": str(more.file_id), "pupils": len(more.pupil_ids)}
        await record(tx, "feed.tagged", "feed_post", post_id, at=now, actor=account_id, detail=detail)
