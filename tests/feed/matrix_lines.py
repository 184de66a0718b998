"""Lines of the authorisation matrix for classes' feeds."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from backend.core.ids import new_id
from backend.feed import consents, drafts, posts, reports, settings, talk
from backend.files.actions import keep
from schemas.feed import ConsentIn, FeedSettings, NewComment, NewFeedReport, PhotoIn, PostIn
from tests.factories import Person
from tests.feed.scenes import PICTURE
from tests.identity.matrix import (
    ADMINS,
    BY_SCHOOL,
    FAMILY,
    GUARDIANS,
    HOMEROOM,
    NOTHING,
    STAFF,
    TEACHERS,
    Ask,
    Line,
    Scene,
    on_any,
)

# Whoever has a child in the target's class; the classmate's family and the child's read the same feed.
CLASS_FAMILIES = FAMILY | {("classmate_parent", "own"), ("parent", "classmate"), ("parent2", "classmate")}
# The author of the posts below runs the school; whoever else teaches the class.
CLASS_STAFF = TEACHERS | ADMINS
WRITERS = CLASS_STAFF


class Made(NamedTuple):
    post_id: UUID
    file_id: UUID
    other_id: UUID = UUID(int=0)


def school(scene: Scene, rest: str) -> str:
    return f"/v1/schools/{scene.target.school_id}{rest}"


def family(scene: Scene, rest: str) -> str:
    return f"/v1/family/schools/{scene.target.school_id}{rest}"


def head(scene: Scene) -> Person:
    return scene.world.other_admin if scene.target.name == "foreign" else scene.world.admin


def teaches(scene: Scene) -> Person:
    """Whose post it is: the homeroom teacher's; the other school's class of the world has none, so its administrator's."""
    if scene.target.name == "foreign":
        return scene.world.other_admin
    return scene.world.other_teacher if scene.target.name == "neighbour" else scene.world.teacher


async def settled(scene: Scene, **more: Any) -> None:
    kept = FeedSettings(**{"approval": "none", "moderate_comments": False, **more})
    await settings.keep(scene.house, head(scene).account_id, scene.target.school_id, kept)


async def a_draft(scene: Scene, by: Person | None = None, *, photo: bool = True) -> Made:
    author, school_id = by or teaches(scene), scene.target.school_id
    post_id, file_id = new_id(), new_id()
    if photo:
        async with scene.house.database.school(school_id) as tx:
            await keep(
                tx, file_id=file_id, name="ảnh.png", data=PICTURE, made_by=author.account_id, at=scene.house.clock.now()
            )
    photos = [PhotoIn(file_id, nobody_recognisable=True)] if photo else []
    draft = PostIn(scene.target.class_id, "Cả lớp trồng cây.", comments_allowed=True, photos=photos)
    await drafts.keep_draft(scene.house, author.account_id, school_id, post_id, draft)
    return Made(post_id, file_id)


async def a_draft_of_asker(scene: Scene) -> Made:
    """The asker's own where the asker writes in the class, otherwise somebody else's."""
    writes = (scene.asker_name, scene.target.name) in WRITERS
    return await a_draft(scene, scene.asker if writes else None)


async def a_post(scene: Scene) -> Made:
    await settled(scene)
    made = await a_draft(scene)
    await posts.hand_in(scene.house, teaches(scene).account_id, scene.target.school_id, made.post_id)
    return made


async def a_waiting_post(scene: Scene) -> Made:
    """Of somebody other than the asker: in the other school a second head writes it."""
    await settled(scene, approval="teacher")
    author = scene.world.other_admin if scene.target.name == "foreign" else scene.world.teacher
    made = await a_draft(scene, author)
    await posts.hand_in(scene.house, author.account_id, scene.target.school_id, made.post_id)
    return made


async def a_hidden_post(scene: Scene) -> Made:
    made = await a_post(scene)
    await posts.hide(scene.house, head(scene).account_id, scene.target.school_id, made.post_id, "")
    return made


async def a_comment(scene: Scene) -> Made:
    made, new = await a_post(scene), NewComment(new_id(), "Cảm ơn cô!", 1)
    guardian = scene.target.guardian.account_id
    await talk.comment(scene.house, guardian, scene.target.school_id, made.post_id, new)
    return made._replace(other_id=new.comment_id)


async def a_report(scene: Scene) -> Made:
    made, new = await a_post(scene), NewFeedReport(new_id(), "other")
    await reports.report(scene.house, scene.target.guardian.account_id, scene.target.school_id, made.post_id, new)
    return made._replace(other_id=new.report_id)


async def a_wish(scene: Scene) -> None:
    said = ConsentIn("class", child_agrees=True)
    await consents.wish(
        scene.house, scene.target.guardian.account_id, scene.target.school_id, scene.target.pupil_id, said
    )


def of_post(scene: Scene, rest: str = "") -> str:
    return school(scene, f"/feed/posts/{scene.made.post_id}{rest}")


def seen_post(scene: Scene, rest: str = "") -> str:
    return family(scene, f"/feed/posts/{scene.made.post_id}{rest}")


def new_draft(scene: Scene) -> Ask:
    body = {"class_id": str(scene.target.class_id), "body": "Cả lớp trồng cây."}
    return Ask(school(scene, f"/feed/posts/{new_id()}"), json=body)


SETTINGS = {"approval": "teacher", "moderate_comments": True, "keep_days": 30}
_POST = "/v1/schools/{school_id}/feed/posts/{post_id}"
_SEEN = "/v1/family/schools/{school_id}/feed/posts/{post_id}"
_APPROVERS = (ADMINS | {(who, where) for who, where in TEACHERS if who != "teacher"}) - {("other_admin", "foreign")}
# The other school has one administrator, who wrote what is reported there: nobody in it may decide.
_DECIDERS = ADMINS - {("other_admin", "foreign")}

LINES = {
    ("GET", "/v1/schools/{school_id}/feed-settings"): Line(
        ask=lambda s: Ask(school(s, "/feed-settings")), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("PUT", "/v1/schools/{school_id}/feed-settings"): Line(
        ask=lambda s: Ask(school(s, "/feed-settings"), json=SETTINGS), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/classes/{class_id}/feed"): Line(
        ask=lambda s: Ask(school(s, f"/classes/{s.target.class_id}/feed")), allowed=CLASS_STAFF, prepare=a_post
    ),
    ("GET", "/v1/schools/{school_id}/classes/{class_id}/feed/consents"): Line(
        ask=lambda s: Ask(school(s, f"/classes/{s.target.class_id}/feed/consents")), allowed=CLASS_STAFF, prepare=a_wish
    ),
    ("GET", "/v1/schools/{school_id}/feed/waiting"): Line(
        ask=lambda s: Ask(school(s, "/feed/waiting")), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("GET", _POST): Line(ask=lambda s: Ask(of_post(s)), allowed=CLASS_STAFF, prepare=a_post),
    ("PUT", _POST): Line(ask=new_draft, allowed=WRITERS, passes={201}),
    ("DELETE", _POST): Line(ask=lambda s: Ask(of_post(s)), allowed=WRITERS, prepare=a_draft_of_asker),
    ("POST", _POST + "/hand-in"): Line(
        ask=lambda s: Ask(of_post(s, "/hand-in")), allowed=WRITERS, prepare=a_draft_of_asker
    ),
    ("POST", _POST + "/approve"): Line(
        ask=lambda s: Ask(of_post(s, "/approve")), allowed=_APPROVERS, targets=("own",), prepare=a_waiting_post
    ),
    ("POST", _POST + "/send-back"): Line(
        ask=lambda s: Ask(of_post(s, "/send-back"), json={"note": "Thiếu ngày"}),
        allowed=_APPROVERS,
        targets=("own",),
        prepare=a_waiting_post,
    ),
    ("POST", _POST + "/hide"): Line(
        ask=lambda s: Ask(of_post(s, "/hide"), json={}), allowed=HOMEROOM | ADMINS, prepare=a_post
    ),
    ("POST", _POST + "/show"): Line(ask=lambda s: Ask(of_post(s, "/show")), allowed=ADMINS, prepare=a_hidden_post),
    ("POST", _POST + "/tags"): Line(
        ask=lambda s: Ask(
            of_post(s, "/tags"), json={"file_id": str(s.made.file_id), "pupil_ids": [str(s.target.pupil_id)]}
        ),
        allowed=CLASS_STAFF,
        prepare=a_post,
    ),
    ("GET", _POST + "/files/{file_id}"): Line(
        ask=lambda s: Ask(of_post(s, f"/files/{s.made.file_id}")), allowed=CLASS_STAFF, prepare=a_post
    ),
    ("POST", "/v1/schools/{school_id}/feed/comments/{comment_id}"): Line(
        ask=lambda s: Ask(school(s, f"/feed/comments/{s.made.other_id}"), json={"state": "hidden"}),
        allowed=HOMEROOM | ADMINS,
        prepare=a_comment,
    ),
    ("GET", "/v1/schools/{school_id}/feed/reports"): Line(
        ask=lambda s: Ask(school(s, "/feed/reports")), allowed=ADMINS, targets=BY_SCHOOL, prepare=a_report
    ),
    ("POST", "/v1/schools/{school_id}/feed/reports/{report_id}"): Line(
        ask=lambda s: Ask(school(s, f"/feed/reports/{s.made.other_id}"), json={"state": "hidden"}),
        allowed=_DECIDERS,
        prepare=a_report,
    ),
    ("GET", "/v1/family/feed"): Line(
        ask=lambda s: Ask("/v1/family/feed"), allowed=on_any(*GUARDIANS), targets=NOTHING, prepare=a_post
    ),
    ("GET", _SEEN): Line(ask=lambda s: Ask(seen_post(s)), allowed=CLASS_FAMILIES, prepare=a_post),
    ("GET", _SEEN + "/files/{file_id}"): Line(
        ask=lambda s: Ask(seen_post(s, f"/files/{s.made.file_id}")), allowed=CLASS_FAMILIES, prepare=a_post
    ),
    ("POST", _SEEN + "/thanks"): Line(
        ask=lambda s: Ask(seen_post(s, "/thanks")), allowed=CLASS_FAMILIES, prepare=a_post
    ),
    ("POST", _SEEN + "/comments"): Line(
        ask=lambda s: Ask(
            seen_post(s, "/comments"), json={"comment_id": str(new_id()), "text": "Vui quá!", "accepts_rules": 1}
        ),
        allowed=CLASS_FAMILIES,
        prepare=a_post,
        passes={201},
    ),
    ("POST", "/v1/family/schools/{school_id}/feed/comments/{comment_id}/withdraw"): Line(
        ask=lambda s: Ask(family(s, f"/feed/comments/{s.made.other_id}/withdraw")),
        allowed=FAMILY - {("parent2", "own")},
        prepare=a_comment,
    ),
    ("POST", _SEEN + "/reports"): Line(
        ask=lambda s: Ask(
            seen_post(s, "/reports"),
            json={"report_id": str(new_id()), "reason": "my_child", "file_id": str(s.made.file_id)},
        ),
        allowed=CLASS_FAMILIES,
        prepare=a_post,
    ),
    ("GET", "/v1/family/schools/{school_id}/pupils/{pupil_id}/consents"): Line(
        ask=lambda s: Ask(family(s, f"/pupils/{s.target.pupil_id}/consents")), allowed=FAMILY, prepare=a_wish
    ),
    ("PUT", "/v1/family/schools/{school_id}/pupils/{pupil_id}/consents"): Line(
        ask=lambda s: Ask(
            family(s, f"/pupils/{s.target.pupil_id}/consents"), json={"photo": "class", "child_agrees": True}
        ),
        allowed=FAMILY,
    ),
    ("GET", "/app/feed"): Line(
        ask=lambda s: Ask("/app/feed"), allowed=on_any(*GUARDIANS), targets=NOTHING, by_cookie=True
    ),
    ("POST", "/app/{school_id}/feed/{post_id}/{deed}"): Line(
        ask=lambda s: Ask(f"/app/{s.target.school_id}/feed/{s.made.post_id}/thanks", form={}),
        allowed=CLASS_FAMILIES,
        prepare=a_post,
        by_cookie=True,
    ),
    ("GET", "/app/{school_id}/children/{pupil_id}/consents"): Line(
        ask=lambda s: Ask(f"/app/{s.target.school_id}/children/{s.target.pupil_id}/consents"),
        allowed=FAMILY,
        by_cookie=True,
    ),
    ("POST", "/app/{school_id}/children/{pupil_id}/consents"): Line(
        ask=lambda s: Ask(
            f"/app/{s.target.school_id}/children/{s.target.pupil_id}/consents",
            form={"photo": "class", "praise": "none", "child_agrees": "yes"},
        ),
        allowed=FAMILY,
        by_cookie=True,
    ),
    ("GET", "/console/{school_id}/feed"): Line(
        ask=lambda s: Ask(f"/console/{s.target.school_id}/feed"), allowed=STAFF, targets=BY_SCHOOL, by_cookie=True
    ),
    ("GET", "/console/{school_id}/classes/{class_id}/feed"): Line(
        ask=lambda s: Ask(f"/console/{s.target.school_id}/classes/{s.target.class_id}/feed"),
        allowed=CLASS_STAFF,
        prepare=a_post,
        by_cookie=True,
    ),
    ("GET", "/console/{school_id}/classes/{class_id}/feed/{post_id}"): Line(
        ask=lambda s: Ask(f"/console/{s.target.school_id}/classes/{s.target.class_id}/feed/{new_id()}"),
        allowed=CLASS_STAFF,
        by_cookie=True,
    ),
    ("POST", "/console/{school_id}/classes/{class_id}/feed/{post_id}"): Line(
        ask=lambda s: Ask(
            f"/console/{s.target.school_id}/classes/{s.target.class_id}/feed/{new_id()}",
            form={"body": "Cả lớp trồng cây.", "do": "save"},
        ),
        allowed=CLASS_STAFF,
        by_cookie=True,
    ),
    ("POST", "/console/{school_id}/feed/posts/{post_id}/{deed}"): Line(
        ask=lambda s: Ask(f"/console/{s.target.school_id}/feed/posts/{s.made.post_id}/hide", form={}),
        allowed=HOMEROOM | ADMINS,
        prepare=a_post,
        by_cookie=True,
    ),
    ("POST", "/console/{school_id}/feed/comments/{comment_id}"): Line(
        ask=lambda s: Ask(f"/console/{s.target.school_id}/feed/comments/{s.made.other_id}", form={"state": "hidden"}),
        allowed=HOMEROOM | ADMINS,
        prepare=a_comment,
        by_cookie=True,
    ),
    ("POST", "/console/{school_id}/feed/reports/{report_id}"): Line(
        ask=lambda s: Ask(f"/console/{s.target.school_id}/feed/reports/{s.made.other_id}", form={"state": "hidden"}),
        allowed=_DECIDERS,
        prepare=a_report,
        by_cookie=True,
    ),
    ("POST", "/console/{school_id}/feed/settings"): Line(
        ask=lambda s: Ask(
            f"/console/{s.target.school_id}/feed/settings", form={"approval": "teacher", "keep_days": "30"}
        ),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        by_cookie=True,
    ),
}
