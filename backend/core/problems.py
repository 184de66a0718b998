"""Problems (RFC 9457): a stable type, a status, a sentence in Vietnamese and English, and a pointer to every wrong field.

Problem types are declared beside the rule that raises them; this module only knows their shape and how they are shown.
"""

from __future__ import annotations

from typing import Any

import msgspec


class ProblemType(msgspec.Struct, frozen=True):
    name: str
    status: int
    vi: str
    en: str

    def __call__(self, *errors: FieldError, headers: dict[str, str] | None = None, **params: Any) -> Problem:
        return Problem(self, errors=errors, headers=headers, params=params)


class FieldError(msgspec.Struct, frozen=True):
    """pointer: a JSON pointer (RFC 6901) into the body, or `?name` for a query parameter."""

    pointer: str
    vi: str
    en: str


class Problem(Exception):
    """Expected trouble with a name. Jobs treat it as final; HTTP and chat show its sentence in the reader's language."""

    def __init__(
        self,
        kind: ProblemType,
        *,
        errors: tuple[FieldError, ...] = (),
        headers: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(kind.name)
        self.kind = kind
        self.errors = errors
        self.headers = headers or {}
        self.params = params or {}

    def sentence(self, language: str) -> str:
        return (self.kind.en if language == "en" else self.kind.vi).format(**self.params)

    def document(self, language: str, instance: str) -> dict[str, Any]:
        document: dict[str, Any] = {
            "type": f"/problems/{self.kind.name}",
            "title": self.sentence(language),
            "status": self.kind.status,
            "instance": instance,
            "sentences": {"vi": self.sentence("vi"), "en": self.sentence("en")},
        }
        if self.errors:
            document["errors"] = [
                {
                    "pointer": e.pointer,
                    "detail": e.en if language == "en" else e.vi,
                    "sentences": {"vi": e.vi, "en": e.en},
                }
                for e in self.errors
            ]
        document.update({k: v for k, v in self.params.items() if isinstance(v, str | int)})
        return document


REGISTRY: dict[str, ProblemType] = {}


def problem(name: str, status: int, *, vi: str, en: str) -> ProblemType:
    """Declare a problem type. Names are stable and unique; `{placeholders}` are filled from the parameters of the raise."""
    assert name not in REGISTRY, f"problem {name} is declared twice"
    REGISTRY[name] = ProblemType(name, status, vi, en)
    return REGISTRY[name]


BAD_REQUEST = problem("bad-request", 400, vi="Yêu cầu không đọc được.", en="The request could not be read.")
INVALID = problem(
    "invalid", 422, vi="Có chỗ chưa đúng trong dữ liệu gửi lên.", en="Some of what was sent is not right."
)
NOT_SIGNED_IN = problem("not-signed-in", 401, vi="Bạn cần đăng nhập.", en="Please sign in.")
FORBIDDEN = problem("forbidden", 403, vi="Bạn không có quyền làm việc này.", en="You are not entitled to do this.")
NOT_FOUND = problem("not-found", 404, vi="Không tìm thấy.", en="Not found.")
METHOD_NOT_ALLOWED = problem(
    "method-not-allowed", 405, vi="Địa chỉ này không nhận cách gọi đó.", en="This address does not take that method."
)
CONFLICT = problem(
    "conflict", 409, vi="Dữ liệu vừa được thay đổi, xin tải lại.", en="The data has just changed, please reload."
)
TOO_LARGE = problem("too-large", 413, vi="Nội dung gửi lên quá lớn.", en="What was sent is too large.")
WRONG_MEDIA = problem(
    "wrong-media-type", 415, vi="Định dạng gửi lên không được nhận.", en="This media type is not accepted."
)
TOO_MANY = problem(
    "too-many-requests",
    429,
    vi="Bạn thao tác quá nhanh, xin thử lại sau {retry_after} giây.",
    en="Too many requests, please try again in {retry_after} seconds.",
)
BUSY = problem(
    "busy", 503, vi="Hệ thống đang bận, xin thử lại sau ít phút.", en="The system is busy, please try again shortly."
)
INTERNAL = problem(
    "internal",
    500,
    vi="Có lỗi ở phía chúng tôi; lỗi đã được ghi lại.",
    en="Something went wrong on our side; it has been recorded.",
)
