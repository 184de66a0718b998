"""Shapes of a class's feed: posts with pictures, each child's consent, comments, reports, and what a school has set."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.drafts import Found
from schemas.messages import ReportReason as MessageReason

PostKind = Literal["news", "class_praise", "pupil_praise"]
PostState = Literal["draft", "waiting", "published", "hidden", "expired"]
CommentState = Literal["waiting", "shown", "refused", "withdrawn", "hidden"]
Approval = Literal["none", "admin", "teacher"]
PhotoWish = Literal["none", "class", "school"]
PraiseWish = Literal["none", "class"]
# `my_child`: the reader's child is on a picture and should not be; the picture is out of sight until that is decided.
FeedReason = Literal[MessageReason, "my_child"]

PHOTOS_MAX = 10
Body = Annotated[str, Meta(max_length=3000, examples=["Sáng nay cả lớp trồng cây ở vườn trường."])]
CommentText = Annotated[str, Meta(min_length=1, max_length=500, examples=["Cảm ơn cô, các con vui quá!"])]
Note = Annotated[str, Meta(max_length=300)]


class FeedSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`approval`: who looks at a post before families do; never its author. `keep_days` counts from the end of the school year."""

    approval: Approval = "admin"
    moderate_comments: bool = True
    keep_days: Annotated[int, Meta(ge=0, le=365, examples=[30])] = 30


class PhotoIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A picture that was uploaded before, with the children on it; or without any who can be recognised, which is said."""

    file_id: UUID
    pupil_ids: Annotated[list[UUID], Meta(max_length=100)] = []
    nobody_recognisable: bool = False


class PostIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A draft as a whole. `pupil_id` goes with the praise of one child."""

    class_id: UUID
    body: Body = ""
    kind: PostKind = "news"
    pupil_id: UUID | None = None
    comments_allowed: bool = False
    photos: Annotated[list[PhotoIn], Meta(max_length=PHOTOS_MAX)] = []


class PostKept(msgspec.Struct, frozen=True):
    """`findings`: what the notice checker says of its words, a child's private data or children compared. They refuse nothing: whoever
    hands it in, or approves it, decides."""

    post_id: UUID
    state: PostState
    findings: list[Found] = []


class SentBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it went back to its author, or out of sight."""

    note: Note = ""


class MoreTags(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Children who are on a picture, too. Nobody is taken off one that families may have seen."""

    file_id: UUID
    pupil_ids: Annotated[list[UUID], Meta(min_length=1, max_length=100)]


class Tag(msgspec.Struct, frozen=True):
    """`allowed`: its family agrees to this picture in this class's feed."""

    pupil_id: UUID
    full_name: str
    allowed: bool


class StaffPhoto(msgspec.Struct, frozen=True):
    """`seen`: families can see it."""

    file_id: UUID
    name: str
    width: int | None
    height: int | None
    nobody_recognisable: bool
    held_at: datetime | None
    seen: bool
    tags: list[Tag]


class Comment(msgspec.Struct, frozen=True):
    """`author` is a guardian by its role ("Mẹ An"). Without `text` it was withdrawn or hidden: its place stays."""

    comment_id: UUID
    author: Annotated[str, Meta(examples=["Mẹ An"])]
    text: str | None
    state: CommentState
    made_at: datetime
    mine: bool


class StaffPost(msgspec.Struct, frozen=True):
    """`thanks` only the author is told. `may_approve`: the reader may decide on it now."""

    post_id: UUID
    class_id: UUID
    class_name: str
    author: str
    kind: PostKind
    pupil_id: UUID | None
    pupil_name: str | None
    body: str
    comments_allowed: bool
    state: PostState
    changed_at: datetime
    published_at: datetime | None
    decision_note: str | None
    mine: bool
    may_approve: bool
    thanks: int | None
    photos: list[StaffPhoto]
    comments: list[Comment]
    findings: list[Found] = []


class StaffFeed(msgspec.Struct, frozen=True):
    class_id: UUID
    class_name: str
    posts: list[StaffPost]


class WaitingComment(msgspec.Struct, frozen=True):
    comment_id: UUID
    post_id: UUID
    class_name: str
    post_body: str
    author: Annotated[str, Meta(examples=["Mẹ An"])]
    text: str
    made_at: datetime


class Waiting(msgspec.Struct, frozen=True):
    """What the reader may decide on, the longest waiting first."""

    posts: list[StaffPost]
    comments: list[WaitingComment]


class CommentDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: Literal["shown", "refused", "hidden"]


class PupilConsent(msgspec.Struct, frozen=True):
    """What counts today, of all wishes of the child's guardians."""

    pupil_id: UUID
    full_name: str
    photo: PhotoWish
    praise: PraiseWish


class ClassConsents(msgspec.Struct, frozen=True):
    class_id: UUID
    class_name: str
    pupils: list[PupilConsent]


class FamilyPhoto(msgspec.Struct, frozen=True):
    file_id: UUID
    width: int | None
    height: int | None


class FamilyPost(msgspec.Struct, frozen=True):
    """Without `body` the school has taken it out of sight. `pupil_name` is who is praised, where the reader may know."""

    school_id: int
    post_id: UUID
    class_name: str
    author: str
    kind: PostKind
    pupil_name: str | None
    body: str | None
    hidden: bool
    published_at: datetime
    comments_allowed: bool
    thanked: bool
    photos: list[FamilyPhoto]
    comments: list[Comment]


class FamilyFeed(msgspec.Struct, frozen=True):
    posts: list[FamilyPost]
    next: Annotated[str | None, Meta(description="`before` of the next page")] = None


class NewComment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    comment_id: UUID
    text: CommentText
    accepts_rules: Annotated[int | None, Meta(description="The version of the community rules taken note of.")] = None


class CommentKept(msgspec.Struct, frozen=True):
    comment_id: UUID
    state: CommentState


class NewFeedReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """About the post, one of its pictures, or one of its comments."""

    report_id: UUID
    reason: FeedReason
    file_id: UUID | None = None
    comment_id: UUID | None = None
    note: Annotated[str, Meta(max_length=500)] = ""


class FeedReport(msgspec.Struct, frozen=True):
    report_id: UUID
    post_id: UUID
    class_name: str
    file_id: UUID | None
    comment_id: UUID | None
    text: str
    reason: FeedReason
    note: str | None
    reported_by: str | None
    reported_at: datetime
    state: Literal["waiting", "kept", "hidden"]


class FeedReports(msgspec.Struct, frozen=True):
    reports: list[FeedReport]


class FeedReportDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: Literal["kept", "hidden"]
    note: Note = ""


class ConsentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`child_agrees`: a child of seven years or more was asked and agrees; needed for any yes."""

    photo: PhotoWish
    praise: PraiseWish = "none"
    child_agrees: bool = False


class Wish(msgspec.Struct, frozen=True):
    """One guardian's wish, as it was said."""

    guardian: str
    mine: bool
    photo: PhotoWish | None
    praise: PraiseWish | None


class Wished(msgspec.Struct, frozen=True):
    purpose: Literal["photo", "praise"]
    wish: PhotoWish
    guardian: str
    wished_at: datetime


class Consents(msgspec.Struct, frozen=True):
    """What counts (the strictest wish of all guardians), what each wishes now, and everything that was ever said, newest first."""

    school_id: int
    pupil_id: UUID
    full_name: str
    asks_child: Annotated[bool, Meta(description="The child is seven or older, so it is asked, too.")]
    photo: PhotoWish
    praise: PraiseWish
    wishes: list[Wish]
    history: list[Wished]
