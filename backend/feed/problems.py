"""What can go wrong in a feed, each with its name and its sentence."""

from __future__ import annotations

from backend.core.problems import problem

OWN_POST = problem(
    "feed-own-post",
    403,
    vi="Bài của chính mình phải do người khác duyệt.",
    en="A post is approved by somebody other than its author.",
)
NOT_DRAFT = problem(
    "feed-not-draft",
    409,
    vi="Bài đã đăng nên không sửa được nữa; có thể gỡ xuống và viết bài mới.",
    en="The post has been published and cannot be changed; take it down and write a new one.",
)
NOT_WAITING = problem(
    "feed-not-waiting", 409, vi="Bài này không còn chờ duyệt.", en="This post does not wait for approval any more."
)
NOT_PUBLISHED = problem("feed-not-published", 409, vi="Bài này chưa đăng.", en="This post is not published.")
# The names are for the teacher alone; families never meet this problem.
PHOTOS_NOT_READY = problem(
    "feed-photos-not-ready",
    409,
    vi="Chưa đăng được vì ảnh: xem từng ảnh bên dưới.",
    en="It cannot be published because of its pictures: see each of them below.",
)
COMMENTS_CLOSED = problem(
    "feed-comments-closed",
    409,
    vi="Bài này không nhận bình luận.",
    en="This post takes no comments.",
)
COMMENT_DECIDED = problem(
    "feed-comment-decided",
    409,
    vi="Bình luận này không còn ở trạng thái đó nữa.",
    en="This comment is not in that state any more.",
)

EMPTY = ("Viết vài chữ hoặc chọn ít nhất một ảnh.", "Write something or choose at least one picture.")
PRAISE_EMPTY = ("Ghi lời khen.", "Write the praise.")
NOT_IN_CLASS = ("Học sinh này không học ở lớp.", "This pupil is not in the class.")
NO_SUCH_PUPIL = ("Không có học sinh này trong trường.", "There is no such pupil in the school.")
WHOM = ("Chọn học sinh được khen.", "Choose the pupil who is praised.")
NOBODY_ELSE = ("Bài này không khen riêng một em.", "This post praises no single pupil.")
PICTURES_ONLY = ("Bảng tin chỉ nhận ảnh.", "A feed takes pictures only.")
TWICE = ("Ảnh này đã có trong bài.", "This picture is in the post already.")
UNTAGGED = (
    "Đánh dấu các em có trong ảnh, hoặc ghi rõ là không nhận ra em nào.",
    "Tag the children on the picture, or say that no child can be recognised.",
)
BOTH = (
    "Đã đánh dấu học sinh thì không thể ghi là không nhận ra em nào.",
    "With children tagged, it cannot be said that none can be recognised.",
)


def lacking(full_name: str) -> tuple[str, str]:
    return (
        f"Gia đình em {full_name} chưa đồng ý cho đăng ảnh ở lớp này.",
        f"The family of {full_name} has not agreed to pictures in this class's feed.",
    )


OWN_REPORTED = problem(
    "feed-own-reported",
    403,
    vi="Bài hay bình luận bị báo cáo là của bạn; một người khác phải quyết định.",
    en="The reported post or comment is your own; somebody else has to decide.",
)
