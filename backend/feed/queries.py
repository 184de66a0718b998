"""The feed as staff read it: a class's posts, what waits for the reader's decision, and pictures with who is on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.core.problems import NOT_FOUND
from backend.feed import settings
from backend.feed.checking import context_of, found_in
from backend.feed.family import COMMENTS_JSON, comments_of
from backend.feed.names import relation_name
from backend.feed.posts import may_approve, oversees
from backend.feed.visible import AGREED, EXPIRED, SEEN, WITH_CLASS
from backend.identity.entitlement import Standing, require_class, standing
from backend.messages.names import teacher_name
from schemas.drafts import Found
from schemas.feed import FeedSettings, StaffFeed, StaffPhoto, StaffPost, Waiting, WaitingComment

_PHOTOS = msgspec.json.Decoder(list[StaffPhoto])
_PAGE = 50
_WAITING_MAX = 100

# $1 school, $2 account, $3 today.
_STAFF_POST = f"""
SELECT p.post_id, p.class_id, c.name AS class_name, author.full_name AS author, p.kind, p.pupil_id, praised.full_name AS pupil_name,
       p.body, p.comments_allowed, CASE WHEN {EXPIRED} THEN 'expired' ELSE p.state END AS state, p.changed_at, p.published_at,
       p.decision_note, p.author_account_id = $2 AS mine,
       (SELECT count(*)
          FROM feed_thanks t
         WHERE t.school_id = $1
           AND t.post_id = p.post_id) AS thanks,
       coalesce((SELECT json_agg(json_build_object(
                          'file_id', photo.file_id, 'name', kept.name, 'width', kept.width, 'height', kept.height,
                          'nobody_recognisable', photo.nobody_recognisable, 'held_at', photo.held_at, 'seen', {SEEN},
                          'tags', coalesce((SELECT json_agg(json_build_object('pupil_id', tag.pupil_id, 'full_name', kid.full_name,
                                                                              'allowed', {AGREED})
                                                            ORDER BY kid.sort_key, tag.pupil_id)
                                              FROM feed_photo_pupils tag
                                              JOIN pupils kid
                                                ON kid.school_id = tag.school_id
                                               AND kid.pupil_id = tag.pupil_id
                                             WHERE tag.school_id = $1
                                               AND tag.post_id = photo.post_id
                                               AND tag.file_id = photo.file_id), '[]'::json))
                        ORDER BY photo.place)
                   FROM feed_photos photo
                   JOIN files kept
                     ON kept.school_id = photo.school_id
                    AND kept.file_id = photo.file_id
                  WHERE photo.school_id = $1
                    AND photo.post_id = p.post_id), '[]'::json)::text AS photos,
       {COMMENTS_JSON.format(which="true")} AS comments
  FROM feed_posts p
{WITH_CLASS}
  JOIN staff author
    ON author.school_id = p.school_id
   AND author.staff_id = p.author_staff_id
  LEFT JOIN pupils praised
    ON praised.school_id = p.school_id
   AND praised.pupil_id = p.pupil_id
 WHERE p.school_id = $1
   AND (p.state <> 'draft' OR p.author_account_id = $2)
"""
_OF_CLASS = (
    _STAFF_POST
    + """
   AND p.class_id = $4
 ORDER BY coalesce(p.published_at, p.changed_at) DESC, p.post_id
 LIMIT $5
"""
)
_ONE = (
    _STAFF_POST
    + """
   AND p.post_id = $4
"""
)
_TEACHES = """
SELECT a.class_id
          FROM assignments a
         WHERE a.school_id = $1
           AND a.staff_id = {staff}
           AND a.from_on <= $3
           AND (a.to_on IS NULL OR a.to_on >= $3)
           {which}
"""
_WAITING_POSTS = (
    _STAFF_POST
    + f"""
   AND p.state = 'waiting'
   AND p.author_account_id <> $2
   AND ($4 OR ($5 AND p.class_id IN ({_TEACHES.format(staff="$6", which="")})))
 ORDER BY p.changed_at, p.post_id
 LIMIT $7
"""
)
_WAITING_COMMENTS = f"""
SELECT k.comment_id, k.post_id, c.name AS class_name, p.body AS post_body, bond.kind AS kin, kid.full_name AS child, k.body, k.made_at
  FROM feed_comments k
  JOIN feed_posts p
    ON p.school_id = k.school_id
   AND p.post_id = k.post_id
{WITH_CLASS}
  JOIN pupils kid
    ON kid.school_id = k.school_id
   AND kid.pupil_id = k.pupil_id
  LEFT JOIN guardianships bond
    ON bond.school_id = k.school_id
   AND bond.pupil_id = k.pupil_id
   AND bond.guardian_id = k.guardian_id
 WHERE k.school_id = $1
   AND k.state = 'waiting'
   AND NOT {EXPIRED}
   AND ($4
        OR (p.author_account_id = $2 AND p.class_id IN ({_TEACHES.format(staff="$5", which="")}))
        OR p.class_id IN ({_TEACHES.format(staff="$5", which="AND a.kind = 'homeroom'")}))
 ORDER BY k.made_at, k.comment_id
 LIMIT $6
"""


async def of_class(
    reader: Reader, school_id: int, account_id: UUID, class_id: UUID, today: date, language: str
) -> StaffFeed:
    """For whoever teaches the class and the administrator; drafts only for their author."""
    who = await require_class(reader, school_id, account_id, class_id, on=today, subject="*")
    kept = await settings.of_school(reader, school_id)
    name = await reader.fetchval(
        "SELECT name FROM classes WHERE school_id = $1 AND class_id = $2", school_id, class_id
    )  # fmt: skip
    rows = await reader.fetch(_OF_CLASS, school_id, account_id, today, class_id, _PAGE)
    judged = await _judged(reader, school_id, rows, language)
    return StaffFeed(class_id, name or "", [_post(row, who, kept, account_id, language, judged) for row in rows])


async def post(
    reader: Reader, school_id: int, account_id: UUID, post_id: UUID, today: date, language: str
) -> StaffPost:
    """Raises NOT_FOUND for staff who are nothing to the class."""
    row = await reader.fetchrow(_ONE, school_id, account_id, today, post_id)
    who = await standing(reader, school_id, account_id, class_id=row["class_id"] if row else None, on=today)
    if row is None or not who.of_class:
        raise NOT_FOUND()
    kept = await settings.of_school(reader, school_id)
    return _post(row, who, kept, account_id, language, await _judged(reader, school_id, [row], language))


async def waiting(reader: Reader, school_id: int, account_id: UUID, today: date, language: str) -> Waiting:
    """Posts and comments on which the reader may decide now; for most teachers none."""
    who = await standing(reader, school_id, account_id, on=today)
    kept = await settings.of_school(reader, school_id)
    second = kept.approval == "teacher"
    rows = await reader.fetch(
        _WAITING_POSTS, school_id, account_id, today, who.admin, second, who.staff_id, _WAITING_MAX
    )
    talked = await reader.fetch(
        _WAITING_COMMENTS, school_id, account_id, today, who.admin, who.staff_id, _WAITING_MAX
    )  # fmt: skip
    judged = await _judged(reader, school_id, rows, language)
    return Waiting(
        [_post(row, who, kept, account_id, language, judged, asked=True) for row in rows],
        [
            WaitingComment(
                row["comment_id"],
                row["post_id"],
                row["class_name"],
                row["post_body"],
                relation_name(row["kin"], row["child"], language),
                row["body"],
                row["made_at"],
            )
            for row in talked
        ],
    )


async def _judged(reader: Reader, school_id: int, rows: Sequence[Any], language: str) -> dict[UUID, list[Found]]:
    """What the checker says of posts that families have not seen yet, for their writer and for who approves them."""
    unseen = [row for row in rows if row["state"] in ("draft", "waiting")]
    if not unseen:
        return {}
    context = await context_of(reader, school_id)
    return {row["post_id"]: found_in(row["body"], context, row["changed_at"], language) for row in unseen}


def _post(
    row: Any,
    who: Standing,
    kept: FeedSettings,
    account_id: UUID,
    language: str,
    judged: Mapping[UUID, list[Found]],
    *,
    asked: bool = False,
) -> StaffPost:
    """`asked`: the statement has chosen only what the reader may decide on."""
    waits = row["state"] == "waiting"
    return StaffPost(
        post_id=row["post_id"],
        class_id=row["class_id"],
        class_name=row["class_name"],
        author=teacher_name(row["author"], language),
        kind=row["kind"],
        pupil_id=row["pupil_id"],
        pupil_name=row["pupil_name"],
        body=row["body"],
        comments_allowed=row["comments_allowed"],
        state=row["state"],
        changed_at=row["changed_at"],
        published_at=row["published_at"],
        decision_note=row["decision_note"],
        mine=row["mine"],
        may_approve=waits and (asked or may_approve(kept.approval, who, author=row["mine"])),
        thanks=row["thanks"] if row["mine"] else None,
        photos=_PHOTOS.decode(row["photos"]),
        comments=comments_of(row["comments"], account_id, language, oversees=oversees(who, author=row["mine"])),
        findings=judged.get(row["post_id"], []),
    )


_PHOTO = """
SELECT p.class_id, p.state = 'draft' AS draft, p.author_account_id = $4 AS mine
  FROM feed_photos photo
  JOIN feed_posts p
    ON p.school_id = photo.school_id
   AND p.post_id = photo.post_id
 WHERE photo.school_id = $1
   AND photo.post_id = $2
   AND photo.file_id = $3
"""


async def require_photo(
    reader: Reader, school_id: int, account_id: UUID, post_id: UUID, file_id: UUID, today: date
) -> None:
    """For whoever teaches the class and the administrator: they must see what families may not, to decide on it."""
    row = await reader.fetchrow(_PHOTO, school_id, post_id, file_id, account_id)
    who = await standing(reader, school_id, account_id, class_id=row["class_id"] if row else None, on=today)
    if row is None or not who.of_class or (row["draft"] and not row["mine"]):
        raise NOT_FOUND()


async def own_words(reader: Reader, school_id: int, account_id: UUID, post_id: UUID) -> str:
    """Of a post of the reader's own; empty for anybody else's."""
    found = await reader.fetchval(
        """
        SELECT body
          FROM feed_posts
         WHERE school_id = $1
           AND post_id = $2
           AND author_account_id = $3
        """,
        school_id,
        post_id,
        account_id,
    )
    return found or ""
