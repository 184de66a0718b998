"""What families add to a post: a comment where the teacher takes some, and thanks that only the author is told, as a number.

It owns feed_comments and feed_thanks. There is no talk between families beside it: no page of a person, nobody to follow.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import CONFLICT, FORBIDDEN, INVALID, NOT_FOUND, FieldError
from backend.core.ratelimit import Bucket
from backend.core.text import clean_lines
from backend.core.versions import touch_families
from backend.feed import problems, settings
from backend.feed.family import SEAT
from backend.feed.posts import oversees, touch_class
from backend.identity.audit import record
from backend.identity.entitlement import standing
from backend.messages.acceptance import require_rules
from schemas.feed import CommentKept, CommentState, NewComment

_EMPTY = ("Viết vài chữ.", "Write something.")
# From which states a decision may come: what its writer took back stays taken back.
_FROM = {"shown": ("waiting", "refused", "hidden"), "refused": ("waiting",), "hidden": ("shown",)}


async def comment(
    house: House, account_id: UUID, school_id: int, post_id: UUID, new: NewComment
) -> tuple[CommentKept, bool]:
    """By a guardian of the class. It waits where the school looks first. The same request again is the same comment."""
    now = house.clock.now()
    body = clean_lines(new.text)
    async with house.database.school(school_id) as tx:
        post = await _seat(tx, account_id, post_id, now)
        if not body:
            raise INVALID(FieldError("/text", *_EMPTY))
        before = await tx.fetchrow(_BEFORE, school_id, new.comment_id)
        if before is not None:
            if (before["post_id"], before["account_id"], before["body"]) != (post_id, account_id, body):
                raise CONFLICT()
            return CommentKept(new.comment_id, before["state"]), False
        if not post["comments_allowed"]:
            raise problems.COMMENTS_CLOSED()
        await require_rules(tx, account_id, new.accepts_rules, now)
        await house.limits.take(Bucket(f"feed-comment:{account_id}", 20, 30.0), now=now.timestamp())
        state: CommentState = "waiting" if (await settings.of_school(tx, school_id)).moderate_comments else "shown"
        await tx.execute(
            """
            INSERT INTO feed_comments (school_id, comment_id, post_id, guardian_id, pupil_id, account_id, body, state, made_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            school_id, new.comment_id, post_id, post["guardian_id"], post["pupil_id"], account_id, body, state, now,
        )  # fmt: skip
        if state == "shown":
            await touch_class(tx, post_id)
        else:  # only its writer sees what waits
            await touch_families(tx, [post["pupil_id"]])
        return CommentKept(new.comment_id, state), True


_BEFORE = """
SELECT post_id, account_id, body, state
  FROM feed_comments
 WHERE school_id = $1
   AND comment_id = $2
   FOR UPDATE
"""


async def _seat(tx: SchoolTx, account_id: UUID, post_id: UUID, at: datetime) -> Any:
    """The post and the reader's seat below it. Raises NOT_FOUND for everybody who may not see it."""
    row = await tx.fetchrow(SEAT, tx.school_id, account_id, school_day(at), post_id)
    if row is None:
        raise NOT_FOUND()
    return row


async def withdraw(house: House, account_id: UUID, school_id: int, comment_id: UUID) -> None:
    """One's own comment. Its place stays where it was shown. Twice is once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        before = await tx.fetchrow(_BEFORE, school_id, comment_id)
        if before is None or before["account_id"] != account_id:
            raise NOT_FOUND()
        if before["state"] in ("withdrawn", "hidden", "refused"):
            return
        await _set(tx, comment_id, "withdrawn", account_id, now)
        await touch_class(tx, before["post_id"])
        await record(tx, "feed.comment_withdrawn", "feed_comment", comment_id, at=now, actor=account_id)


async def decide(house: House, account_id: UUID, school_id: int, comment_id: UUID, state: str) -> None:
    """By the post's author, the class's homeroom teacher or an administrator. Twice is once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        before = await tx.fetchrow(_BEFORE, school_id, comment_id)
        post = await tx.fetchrow(_POST_OF, school_id, before["post_id"] if before else None)
        who = await standing(
            tx, school_id, account_id, class_id=post["class_id"] if post else None, on=school_day(now)
        )  # fmt: skip
        if before is None or post is None or not who.of_class:
            raise NOT_FOUND()
        if not oversees(who, author=post["author_account_id"] == account_id):
            raise FORBIDDEN()
        if before["state"] == state:
            return
        if before["state"] not in _FROM[state]:
            raise problems.COMMENT_DECIDED()
        await _set(tx, comment_id, state, account_id, now)
        await touch_class(tx, before["post_id"])
        await record(tx, f"feed.comment_{state}", "feed_comment", comment_id, at=now, actor=account_id)


_POST_OF = """
SELECT class_id, author_account_id
  FROM feed_posts
 WHERE school_id = $1
   AND post_id = $2
"""


async def set_by_report(tx: SchoolTx, comment_id: UUID, state: str, by: UUID, at: datetime) -> None:
    """What a report decided: hidden, or shown again where it was hidden."""
    before = await tx.fetchrow(_BEFORE, tx.school_id, comment_id)
    if before is not None and before["state"] != state and before["state"] in _FROM[state]:
        await _set(tx, comment_id, state, by, at)
        await touch_class(tx, before["post_id"])


async def _set(tx: SchoolTx, comment_id: UUID, state: str, by: UUID, at: datetime) -> None:
    await tx.execute(
        """
        UPDATE feed_comments
           SET state        = $3,
               decided_by   = CASE WHEN $3 = 'withdrawn' THEN decided_by ELSE $4::uuid END,
               decided_at   = CASE WHEN $3 = 'withdrawn' THEN decided_at ELSE $5::timestamptz END,
               withdrawn_at = CASE WHEN $3 = 'withdrawn' THEN $5::timestamptz ELSE withdrawn_at END
         WHERE school_id = $1
           AND comment_id = $2
        """,
        tx.school_id,
        comment_id,
        state,
        by,
        at,
    )


async def thank(house: House, account_id: UUID, school_id: int, post_id: UUID) -> None:
    """Once for each guardian. Nobody else sees it, and no notice tells of it."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        seat = await _seat(tx, account_id, post_id, now)
        await tx.execute(
            """
            INSERT INTO feed_thanks (school_id, post_id, guardian_id, thanked_at)
            VALUES ($1, $2, $3, $4)
                ON CONFLICT DO NOTHING
            """,
            school_id,
            post_id,
            seat["guardian_id"],
            now,
        )
