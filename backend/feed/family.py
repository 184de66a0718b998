"""The feed as families read it. Each statement carries who is asking; visible.py says what that person may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.core.problems import INVALID, NOT_FOUND, FieldError
from backend.feed.names import relation_name
from backend.feed.visible import MINE, READABLE, SEEN, WITH_CLASS
from backend.messages.names import teacher_name
from schemas.feed import Comment, CommentState, FamilyFeed, FamilyPhoto, FamilyPost

PAGE = 20
_FIRST = UUID(int=0)
_NO_CURSOR = ("Hãy dùng `next` của trang trước.", "Use the `next` of the page before.")
_NO_ZONE = (
    "Thời điểm cần có múi giờ, ví dụ 2026-10-14T07:40:00+07:00.",
    "An instant needs a zone, such as 2026-10-14T07:40:00+07:00.",
)
_PHOTOS = msgspec.json.Decoder(list[FamilyPhoto])


class RawComment(msgspec.Struct, frozen=True):
    comment_id: UUID
    kin: str | None
    child: str
    body: str | None
    state: CommentState
    made_at: datetime
    account_id: UUID


_COMMENTS = msgspec.json.Decoder(list[RawComment])

# Comments under `p`: {which} are those that the reader may know of.
COMMENTS_JSON = """
       coalesce((SELECT json_agg(json_build_object('comment_id', k.comment_id, 'kin', bond.kind, 'child', kid.full_name,
                                                   'body', k.body, 'state', k.state, 'made_at', k.made_at, 'account_id', k.account_id)
                                 ORDER BY k.made_at, k.comment_id)
                   FROM feed_comments k
                   JOIN pupils kid
                     ON kid.school_id = k.school_id
                    AND kid.pupil_id = k.pupil_id
                   LEFT JOIN guardianships bond
                     ON bond.school_id = k.school_id
                    AND bond.pupil_id = k.pupil_id
                    AND bond.guardian_id = k.guardian_id
                  WHERE k.school_id = $1
                    AND k.post_id = p.post_id
                    AND ({which})), '[]'::json)::text
"""

_FEED = f"""
WITH {MINE}
SELECT p.post_id, c.name AS class_name, author.full_name AS author, p.kind, praised.full_name AS pupil_name, p.body,
       p.state = 'hidden' AS hidden, p.published_at, p.comments_allowed,
       EXISTS (SELECT
                 FROM feed_thanks t
                WHERE t.school_id = $1
                  AND t.post_id = p.post_id
                  AND t.guardian_id IN (SELECT m.guardian_id FROM mine m)) AS thanked,
       coalesce((SELECT json_agg(json_build_object('file_id', photo.file_id, 'width', kept.width, 'height', kept.height)
                                 ORDER BY photo.place)
                   FROM feed_photos photo
                   JOIN files kept
                     ON kept.school_id = photo.school_id
                    AND kept.file_id = photo.file_id
                  WHERE photo.school_id = $1
                    AND photo.post_id = p.post_id
                    AND {SEEN}), '[]'::json)::text AS photos,
       {COMMENTS_JSON.format(which="k.state IN ('shown', 'withdrawn', 'hidden') OR k.account_id = $2")} AS comments
  FROM feed_posts p
{WITH_CLASS}
  JOIN staff author
    ON author.school_id = p.school_id
   AND author.staff_id = p.author_staff_id
  LEFT JOIN pupils praised
    ON praised.school_id = p.school_id
   AND praised.pupil_id = p.pupil_id
 WHERE {READABLE}
   AND ($4::timestamptz IS NULL OR (p.published_at, p.post_id) < ($4, $7::uuid))
   AND ($5::uuid IS NULL OR p.post_id = $5)
 ORDER BY p.published_at DESC, p.post_id DESC
 LIMIT $6
"""


async def feed(
    reader: Reader,
    account_id: UUID,
    school_ids: Sequence[int],
    today: date,
    language: str,
    *,
    before: str | None = None,
    limit: int = PAGE,
) -> FamilyFeed:
    """Over all children and schools, newest first. Raises INVALID for a `before` that is no page's `next`."""
    at, post_id = read_cursor(before) if before else (None, _FIRST)
    posts: list[FamilyPost] = []
    for school_id in school_ids:
        rows = await reader.fetch(_FEED, school_id, account_id, today, at, None, limit + 1, post_id)
        posts += [_post(school_id, row, account_id, language) for row in rows]
    posts.sort(key=lambda post: (post.published_at, post.post_id), reverse=True)
    shown = posts[:limit]
    return FamilyFeed(shown, cursor_of(shown[-1]) if len(posts) > limit else None)


def cursor_of(post: FamilyPost) -> str:
    """The instant and the post, since several may be published at one instant."""
    return f"{post.published_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}~{post.post_id}"


def read_cursor(text: str) -> tuple[datetime, UUID]:
    """An instant alone, as older clients send it, means before everything of that instant. It needs a zone."""
    said, _, last = text.partition("~")
    try:
        at, post_id = datetime.fromisoformat(said.replace(" ", "+")), UUID(last) if last else _FIRST
    except ValueError as error:
        raise INVALID(FieldError("/before", *_NO_CURSOR)) from error
    if at.tzinfo is None:
        raise INVALID(FieldError("/before", *_NO_ZONE))
    return at, post_id


async def post(
    reader: Reader, school_id: int, account_id: UUID, post_id: UUID, today: date, language: str
) -> FamilyPost:
    """Raises NOT_FOUND for everybody who may not see it: they do not learn that it exists."""
    rows = await reader.fetch(_FEED, school_id, account_id, today, None, post_id, 1, _FIRST)
    if not rows:
        raise NOT_FOUND()
    return _post(school_id, rows[0], account_id, language)


def _post(school_id: int, row: Any, account_id: UUID, language: str) -> FamilyPost:
    hidden = row["hidden"]
    return FamilyPost(
        school_id=school_id,
        post_id=row["post_id"],
        class_name=row["class_name"],
        author=teacher_name(row["author"], language),
        kind=row["kind"],
        pupil_name=None if hidden else row["pupil_name"],
        body=None if hidden else row["body"],
        hidden=hidden,
        published_at=row["published_at"],
        comments_allowed=row["comments_allowed"] and not hidden,
        thanked=row["thanked"],
        photos=[] if hidden else _PHOTOS.decode(row["photos"]),
        comments=[] if hidden else comments_of(row["comments"], account_id, language),
    )


def comments_of(raw: str, account_id: UUID, language: str, *, oversees: bool = False) -> list[Comment]:
    """`oversees`: whoever decides on comments reads what waits and what was hidden, but never what its writer took back."""
    found = []
    for one in _COMMENTS.decode(raw):
        mine = one.account_id == account_id
        told = one.state == "shown" or (one.state != "withdrawn" and oversees) or (mine and one.state == "waiting")
        text = one.body if told else None
        name = relation_name(one.kin, one.child, language)
        found.append(Comment(one.comment_id, name, text, one.state, one.made_at, mine))
    return found


_PHOTO = f"""
WITH {MINE}
SELECT true
  FROM feed_photos photo
  JOIN feed_posts p
    ON p.school_id = photo.school_id
   AND p.post_id = photo.post_id
{WITH_CLASS}
 WHERE photo.school_id = $1
   AND photo.post_id = $4
   AND photo.file_id = $5
   AND {READABLE}
   AND p.state = 'published'
   AND {SEEN}
 LIMIT 1
"""


async def require_photo(
    reader: Reader, school_id: int, account_id: UUID, post_id: UUID, file_id: UUID, today: date
) -> None:
    if not await reader.fetchval(_PHOTO, school_id, account_id, today, post_id, file_id):
        raise NOT_FOUND()


# One seat of the reader's from which a post is seen, for a deed under it. The lock holds the post still.
SEAT = f"""
WITH {MINE}
SELECT p.post_id, p.class_id, p.comments_allowed, seat.guardian_id, seat.pupil_id
  FROM feed_posts p
{WITH_CLASS}
  JOIN LATERAL (
       SELECT m.guardian_id, m.pupil_id
         FROM mine m
        WHERE m.class_id = p.class_id
        ORDER BY m.pupil_id = p.pupil_id DESC NULLS LAST, m.pupil_id
        LIMIT 1) AS seat
    ON true
 WHERE p.post_id = $4
   AND {READABLE}
   AND p.state = 'published'
   FOR NO KEY UPDATE OF p
"""
